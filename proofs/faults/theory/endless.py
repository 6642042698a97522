"""Protocols of many cores under which a flush need not end: nothing unsafe is done, and somebody waits for ever."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from z3 import And, Exists, ForAll, Not, Or

from model.cores.readings import PROTOCOLS, Flush
from model.cores.sets import CoreStep
from model.cores.vocabulary import before, c
from model.signature import Formula, Term

Change: TypeAlias = Callable[[CoreStep], CoreStep]
ENDLESS = "cores-endless"
"""How the names of these protocols begin."""


def _asks_more(condition: Callable[[CoreStep], Formula]) -> Change:
    """The step is not taken unless something more is so."""
    return lambda step: replace(step, guard={**step.guard, "something more": condition(step)})


def _elsewhere(step: CoreStep) -> Formula:
    """The core executes elsewhere."""
    return Not(before.runs(step.called.core, step.called.space))


def _left_alone(step: CoreStep) -> Formula:
    """Nobody executes in the space."""
    return ForAll([c], Not(before.runs(c, step.called.space)))


def _somebody_there(step: CoreStep) -> Formula:
    """Somebody executes in the space."""
    return Exists([c], before.runs(c, step.called.space))


def _owes_as_well(step: CoreStep) -> CoreStep:
    """The core owes an answer wherever others do."""
    k = step.called

    def owed(z: Term, p: Term, c: Term) -> Formula:
        return Or(before.owed(z, p, c), And(c == k.core, z == k.space, before.asked(z, p)))

    return replace(step, after=replace(step.after, owed=owed))


def _unheard(step: CoreStep) -> CoreStep:
    """What the core says is lost."""
    return replace(step, after=replace(step.after, owed=before.owed, fenced=before.fenced, seen=before.seen))


def endless() -> Iterator[tuple[str, str, str, str, Change]]:
    """Flushes that need not end: name, mechanism, protocol, action, and how it is changed."""
    for name, protocol in PROTOCOLS.items():
        batch = protocol.readings.flush == Flush.BATCH
        yield (
            f"{name}-answers-idle",
            "a core answers when it executes elsewhere",
            name,
            "answer",
            _asks_more(_elsewhere),
        )
        yield (
            f"{name}-returns-idle",
            "a flush returns when nobody executes in the space, though all have answered",
            name,
            "finish",
            _asks_more(_left_alone),
        )
        yield f"{name}-answer-lost", "an answer is lost", name, "answer", _unheard
        if batch:
            continue
        yield f"{name}-entered-is-told", "a core that enters owes an answer as well", name, "enter", _owes_as_well
        yield (
            f"{name}-tells-nobody",
            "nobody is told while nobody executes there",
            name,
            "ask",
            _asks_more(_somebody_there),
        )
    yield "message-fence-lost", "that a core has fenced is not noted", "message", "fence", _unheard
