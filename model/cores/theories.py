"""The theory of many cores as a value: one for each protocol, a wrong one perhaps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from model.cores import buffers, shootdown
from model.cores.invariants import initial, invariants_of, ordered
from model.cores.readings import CHOICES, CoreReadings, Flush, Protocol, Reach
from model.cores.scope import start
from model.cores.sets import CoreStep
from model.cores.vocabulary import Cores, before, generations
from model.signature import Formula
from model.spaces.dialect import CANONICAL
from model.spaces.invariants import Invariant
from model.theory import Theory

__all__ = ["CHOICES", "conditions", "makers", "theory_of_cores"]


def makers(m: CoreReadings) -> Mapping[str, Callable[..., Any]]:
    """Return the functions that make each action of a protocol that reaches cores, and takes pages, in these ways."""
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


def _without(make: Callable[..., CoreStep], condition: str, *arguments: Any, **more: Any) -> CoreStep:
    """The step of an action that does not ask for one condition of its guard."""
    step = make(*arguments, **more)
    return replace(step, guard={name: formula for name, formula in step.guard.items() if name != condition})


def conditions(protocol: Protocol) -> list[tuple[str, str]]:
    """Each condition of a guard: its action, and what it is called.

    >>> from model.cores.readings import PROTOCOLS
    >>> [condition for action, condition in conditions(PROTOCOLS["interrupt"]) if action == "finish"]
    ['the entry is cleared', 'the cores were told', 'all have answered']
    """
    return [(name, each) for name, make in theory_of_cores(protocol).actions.items() for each in make(CANONICAL).guard]


@cache
def theory_of_cores(protocol: Protocol) -> Theory[Cores]:
    """The theory of a protocol.

    >>> from model.cores.readings import PROTOCOLS
    >>> list(theory_of_cores(PROTOCOLS["batch"]).actions)[:6]
    ['load', 'evict', 'enter', 'install', 'clear', 'answer']

    :raises KeyError: a condition is dropped that no guard has.
    """
    m = protocol.readings
    actions: dict[str, Callable[..., CoreStep]] = {name: partial(make, m) for name, make in makers(m).items()}
    for action, condition in protocol.dropped:
        if condition not in actions[action](CANONICAL).guard:
            raise KeyError(f"{action}: {condition}")
        actions[action] = partial(_without, actions[action], condition)
    return Theory(
        name=f"cores:{protocol.name}",
        before=before,
        rigid=generations,
        actions=MappingProxyType(actions),
        invariants=MappingProxyType(dict(invariants_of(m))),
        initial=_initial,
        start=start,
    )
