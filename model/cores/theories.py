"""The theory of many cores as a value: one for each protocol, a wrong one perhaps."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from model.cores import buffers, shootdown
from model.cores.invariants import initial, invariants_of, ordered
from model.cores.readings import CHOICES, CoreReadings, Flush, Protocol, Reach
from model.cores.scope import start
from model.cores.vocabulary import Cores, before, generations
from model.signature import Formula
from model.spaces.invariants import Invariant
from model.theory import Theory

__all__ = ["CHOICES", "makers", "theory_of_cores"]


def makers(m: CoreReadings) -> Mapping[str, Callable[..., Any]]:
    """What makes each action of a protocol that reaches cores, and takes pages, in these ways."""
    found: dict[str, Callable[..., Any]] = {"load": buffers.load, "evict": buffers.evict, "enter": buffers.enter}
    if m.flush == Flush.PAGE:
        found["leave"] = buffers.leave
    found["install"] = buffers.install
    if m.flush == Flush.BATCH:
        found |= {
            "clear": shootdown.clear_in_batch,
            "answer": shootdown.answer_for_all,
            "finish": shootdown.finish_in_batch,
        }
    else:
        found |= {"clear": shootdown.clear, "ask": shootdown.ask}
        if m.reach == Reach.MESSAGE:
            found["fence"] = shootdown.fence
        found |= {"answer": shootdown.answer, "finish": shootdown.finish}
    return found | {"retire": buffers.retire, "wipe": buffers.wipe, "assign": buffers.assign}


def _initial(state: Cores, invariant: Invariant[Any], /) -> dict[str, Formula]:
    return {**initial(state), **ordered()}


@cache
def theory_of_cores(protocol: Protocol) -> Theory[Cores]:
    """The theory of a protocol.

    >>> from model.cores.readings import PROTOCOLS
    >>> list(theory_of_cores(PROTOCOLS["batch"]).actions)[:6]
    ['load', 'evict', 'enter', 'install', 'clear', 'answer']
    """
    m = protocol.readings
    actions = {name: partial(make, m) for name, make in makers(m).items()}
    return Theory(
        name=f"cores:{protocol.name}",
        before=before,
        rigid=generations,
        actions=MappingProxyType(actions),
        invariants=MappingProxyType(dict(invariants_of(m))),
        initial=_initial,
        start=start,
    )
