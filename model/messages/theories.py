"""The theory of threads and messages as a value: one for each of its dialects."""

from collections.abc import Callable
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from model.messages.invariants import ASSIGNED, MESSAGE_INVARIANTS, claimed_by, initial
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.theory import MAKERS, offered
from model.messages.vocabulary import System, before, machine
from model.signature import Formula
from model.spaces.invariants import INVARIANTS, Invariant
from model.theory import APPENDIX_A, Theory, offers_grant


def _initial(state: System, invariant: Invariant[Any], /) -> dict[str, Formula]:
    return {**APPENDIX_A.initial(state, invariant), **initial(state)}


@cache
def theory_of_messages(dialect: MessageDialect = CANONICAL_MESSAGES) -> Theory[System]:
    """The theory of threads and messages in one of its dialects: the address spaces change by its actions only.

    >>> sorted(set(theory_of_messages().actions) & {"map", "send_map", "flush"})
    ['flush', 'send_map']
    """
    readings = dialect.readings
    actions: dict[str, Callable[..., Any]] = {
        name: partial(make, readings) for name, make in MAKERS.items() if offered(name, readings)
    }
    own = {**MESSAGE_INVARIANTS, ASSIGNED.name: ASSIGNED}
    invariants = {name: invariant for name, invariant in own.items() if claimed_by(name, readings)}
    return Theory(
        name="messages",
        before=before,
        rigid=machine,
        actions=MappingProxyType(actions),
        invariants=MappingProxyType({**INVARIANTS, **invariants}),
        initial=_initial,
        offered=MappingProxyType({"send_grant": offers_grant}),
    )


MESSAGES = theory_of_messages()
"""Threads and messages in the canonical dialect."""
