"""Wrong protocols of many cores: each is a right one with one choice read wrongly, or with one condition left out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from z3 import BoolVal

from model.cores.invariants import ALIKE, SAFE
from model.cores.readings import (
    PROTOCOLS,
    Answers,
    Busy,
    Counter,
    Entering,
    Frees,
    Leaves,
    Order,
    Protocol,
    Replaces,
    Tags,
    Told,
    Wait,
)
from model.cores.sets import CoreStep
from model.cores.theories import theory_of_cores
from model.cores.vocabulary import Cores, before, called
from model.signature import fresh
from model.spaces.dialect import Dialect
from model.theory import Actions, Theory
from proofs.faults.theory.endless import ENDLESS, Change, endless
from proofs.obligation import Condition, Obligation, condition_of


@dataclass(frozen=True)
class CoreFault:
    """A protocol that is wrong in one way.

    :param name: what it is called.
    :param mechanism: how it goes wrong, in one sentence.
    :param right: the protocol that it is made of.
    :param wrong: the protocol with the wrong reading, or without a condition; the right one, if an action is changed.
    :param action: the action that is changed, or lacks a condition; empty for a reading, which may change several.
    :param change: makes the wrong step of the right one.
    :param shows: the invariant that a shortest trace breaks; empty if none is looked for.
    :param refuses: the action is never taken: only what is to be possible can fall.
    """

    name: str
    mechanism: str
    right: Protocol
    wrong: Protocol
    action: str = ""
    change: Change | None = None
    shows: str = ""
    refuses: bool = False

    @cached_property
    def _theory(self) -> Theory[Cores]:
        theory = theory_of_cores(self.wrong)
        if self.change is None:
            return theory
        actions = {**theory.actions, self.action: _changed(theory.actions[self.action], self.change)}
        return replace(theory, actions=MappingProxyType(actions))

    def theory(self) -> Theory[Cores]:
        """The wrong protocol."""
        return self._theory

    def actions(self) -> Actions[Any]:
        """The actions of the wrong protocol."""
        return self._theory.actions

    def condition(self, obligation: Obligation[Any, Any], dialect: Dialect, invariants: frozenset[str]) -> Condition:
        """The verification condition of an obligation, with the wrong action."""
        return condition_of(obligation, dialect, invariants, actions=self.actions())


def _changed(make: Callable[..., CoreStep], change: Change) -> Callable[..., CoreStep]:
    return lambda dialect, s=before, k=called: change(make(dialect, s, k))


_ANYTHING = fresh(Cores, "_anything")


def _anything(step: CoreStep) -> CoreStep:
    """It leaves anything at all behind, from whatever state."""
    return replace(step, guard={}, after=_ANYTHING)


def _never(step: CoreStep) -> CoreStep:
    """It is never taken."""
    return replace(step, guard={"nothing is ever done": BoolVal(False)})


def _misread() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Name, mechanism, protocol, and what is read wrongly."""
    yield "no-wait", "the frame is given on while cores have not answered", "interrupt", {"wait": Wait.NONE}
    yield (
        "frees-before-answers",
        "the database forgets the page when its entry is cleared, before the cores have answered",
        "interrupt",
        {"frees": Frees.AT_ONCE},
    )
    yield (
        "invalidates-first",
        "cores are told to forget while the entry stands, and load it again",
        "interrupt",
        {"order": Order.TELL_FIRST},
    )
    yield (
        "mask-read-first",
        "the mask is read before the entry is cleared: a core that comes in between is not told",
        "interrupt",
        {"order": Order.MASK_FIRST},
    )
    yield (
        "lazy-core-skipped",
        "a core that executes elsewhere leaves the mask, and remembers the space all the same",
        "interrupt",
        {"leaves": Leaves.OUT_OF_MASK},
    )
    yield (
        "tag-reused-early",
        "a tag is given to another space while a core remembers something under it",
        "interrupt",
        {"tags": Tags.AT_ONCE},
    )
    yield "initiator-alone", "only the core that takes the page away forgets it", "interrupt", {"told": Told.ITSELF}
    yield (
        "answers-early",
        "a core answers when it is told, and forgets later",
        "interrupt",
        {"answers": Answers.AT_ONCE},
    )
    yield (
        "entry-reused-busy",
        "a new mapping is written where the shootdown of the old one goes on",
        "interrupt",
        {"busy": Busy.REUSED},
    )
    yield (
        "replaced-in-place",
        "an entry is written over and the cores are told afterwards: two cores of one space see two frames",
        "interrupt",
        {"replaces": Replaces.IN_PLACE},
    )
    yield (
        "broadcast-not-awaited",
        "the broadcast is sent, and its end is not awaited (DSB left out)",
        "broadcast",
        {"wait": Wait.NONE},
    )
    yield (
        "broadcast-in-place",
        "an entry is written over without break before make",
        "broadcast",
        {"replaces": Replaces.IN_PLACE},
    )
    yield (
        "broadcast-before-clearing",
        "the broadcast is sent before the entry is cleared",
        "broadcast",
        {"order": Order.TELL_FIRST},
    )
    yield (
        "message-answered-unfenced",
        "a core says that it has fenced when it gets the message",
        "message",
        {"answers": Answers.AT_ONCE},
    )
    yield (
        "message-mask-read-first",
        "messages go to those that the mask named before the entry was cleared",
        "message",
        {"order": Order.MASK_FIRST},
    )
    yield (
        "batch-without-counter",
        "a page joins a batch for which a core has forgotten already, and counts as forgotten with it",
        "batch",
        {"counter": Counter.STANDS},
    )
    yield (
        "batch-entered-unchecked",
        "a core that executed elsewhere comes back and does not compare generations",
        "batch",
        {"entering": Entering.UNCHECKED},
    )
    yield (
        "batch-not-awaited",
        "a page of a batch is given on before the cores have forgotten",
        "batch",
        {"wait": Wait.NONE},
    )
    yield (
        "batch-seen-unforgotten",
        "a core counts as having seen a generation before it has forgotten",
        "batch",
        {"answers": Answers.AT_ONCE},
    )


def _unguarded() -> Iterator[tuple[str, str, str, str, str]]:
    """Name, mechanism, the action, the condition of its guard that is left out, and what a trace breaks then."""
    yield "nobody-asked", "a flush returns before any core was told", "finish", "the cores were told", SAFE
    yield (
        "retired-in-use",
        "a space loses its tag while a core executes there, and the core goes on under the tag",
        "retire",
        "nobody executes there",
        SAFE,
    )
    yield "second-tag", "a space that has a tag gets another", "assign", "the space has none", "one_tag_a_space"
    yield (
        "wiped-in-use",
        "a tag counts as wiped while a space has it and cores load under it",
        "wipe",
        "no space has the tag",
        SAFE,
    )
    yield "two-frames-a-page", "a page that shows a frame gets another", "install", "the page shows nothing", ALIKE


def faults() -> Iterator[CoreFault]:
    """All of them; the last are there so that every obligation is seen to fall."""
    for name, mechanism, of, changed in _misread():
        right = PROTOCOLS[of]
        shows = ALIKE if "replaces" in changed else SAFE
        yield CoreFault(f"cores-{name}", mechanism, right, right.reading(**changed), shows=shows)
    interrupt = PROTOCOLS["interrupt"]
    for name, mechanism, action, condition, shows in _unguarded():
        yield CoreFault(
            f"cores-{name}", mechanism, interrupt, interrupt.without(action, condition), action, shows=shows
        )
    for name, mechanism, of, action, change in endless():
        yield CoreFault(f"{ENDLESS}-{name}", mechanism, PROTOCOLS[of], PROTOCOLS[of], action, change)
    for name, protocol in PROTOCOLS.items():
        for action in theory_of_cores(protocol).actions:
            said = f"{action} leaves anything at all behind"
            yield CoreFault(f"cores-anything-{name}-{action}", said, protocol, protocol, action, _anything)
            yield CoreFault(
                f"cores-never-{name}-{action}",
                f"{action} is never taken",
                protocol,
                protocol,
                action,
                _never,
                refuses=True,
            )


CORE_FAULTS: dict[str, CoreFault] = {fault.name: fault for fault in faults()}
