"""All that is to be proved of many cores, for each protocol that is right.

The paper knows one processor. What it says of flush and of P is what cores have to keep: when a flush has returned
nobody reaches the page (A.flush), what a core uses is what P shows (A.P), and one frame comes in the place of another
by a flush (A.replace).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from z3 import And, Exists, ForAll, Not, Or

from model.cores.invariants import ALIKE, SAFE, remembers, uses
from model.cores.readings import PROTOCOLS, CoreReadings, Protocol
from model.cores.theories import theory_of_cores
from model.cores.vocabulary import CoreCall, Cores, c, d, p, r, t, z
from model.signature import Formula, Term
from model.theory import Theory
from proofs.obligation import Obligation, Step
from proofs.obligations.cores.progress import progress
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.spaces.preservation import matrix

CoreObligation: TypeAlias = Obligation[Cores, CoreCall]
Goal: TypeAlias = Callable[[Step[Cores, CoreCall]], Formula]

PREFIX = "cores_"
"""What the ids of all of them begin with; the name of the protocol follows."""


def prefix(protocol: Protocol) -> str:
    """Return how the ids of the obligations of a protocol, or of a wrong one made of it, begin.

    >>> prefix(PROTOCOLS["batch"])
    'cores_batch__'
    """
    return f"{PREFIX}{re.split(' with | without ', protocol.name)[0]}__"


def _effects(theory: Theory[Cores], m: CoreReadings) -> Iterator[CoreObligation]:
    """What a program can rely on when an operation has returned."""
    invariants = tuple(theory.invariants)
    yield Obligation(
        id="finish__leaves__nobody",
        claim="A.flush",
        sentence="when a flush has returned, no core reaches the page",
        action="finish",
        goal=lambda step: ForAll([c, t, r], Not(uses(step.after, m, c, step.called.space, t, step.called.page, r))),
        invariants=invariants,
        theory=theory,
    )
    yield Obligation(
        id="frame__without_holder__is_forgotten",
        claim="A.flush",
        sentence="a frame that nobody holds, and that may go to a new holder, is a frame that no core can use",
        action="",
        goal=lambda step: ForAll([r], Or(Exists([z, p], step.before.auth(z, p, r)), _unused(step.before, m, r))),
        invariants=invariants,
        theory=theory,
    )
    yield Obligation(
        id="assign__finds__nothing_remembered",
        claim="A.P",
        sentence="a space that gets a tag finds nothing remembered under it",
        action="assign",
        goal=lambda step: ForAll([c, p, r], Not(step.after.tlb(c, step.called.tag, p, r))),
        invariants=invariants,
        theory=theory,
    )


def _unused(s: Cores, m: CoreReadings, frame: Term) -> Formula:
    return ForAll([c, z, t, p], Not(uses(s, m, c, z, t, p, frame)))


def _forgets(step: Step[Cores, CoreCall]) -> Formula:
    """The core that acts forgets something that it remembered of the space."""
    s, k = step.before, step.called
    return Exists([t, p, r], And(remembers(s, k.core, k.space, t, p, r), Not(step.after.tlb(k.core, t, p, r))))


def _while_another(step: Step[Cores, CoreCall]) -> Formula:
    """While another core executes in the space, too."""
    return Exists([c, d], And(c != d, step.before.runs(c, step.called.space), step.before.runs(d, step.called.space)))


def _wipes(step: Step[Cores, CoreCall]) -> Formula:
    """Something is remembered under the tag."""
    return Exists([p, r], step.before.tlb(step.called.core, step.called.tag, p, r))


def _again(step: Step[Cores, CoreCall]) -> Formula:
    """A core has executed in the space, which had a tag then."""
    return Exists([c], step.before.may(step.called.space, c))


def _stale(step: Step[Cores, CoreCall]) -> Formula:
    """Some core remembers something under the tag."""
    return Exists([c, p, r], step.before.tlb(c, step.called.tag, p, r))


def _told(step: Step[Cores, CoreCall]) -> Formula:
    """Of a page whose entry is cleared, in a space that has the tag."""
    return Exists([z], And(step.before.tagged(z, step.called.tag), step.before.busy(z, step.called.page)))


POSSIBLE: Mapping[str, tuple[str, Goal]] = MappingProxyType(
    {
        "load": ("a core remembers what it did not", lambda step: Not(_knows(step))),
        "evict": ("a core forgets of its own accord what others are still to forget", _told),
        "enter": ("a core enters a space that another executes in", lambda step: _is_there(step)),
        "leave": ("a core forgets a space as it leaves its mask", _forgets),
        "install": ("a page gets a frame while two cores execute there", _while_another),
        "clear": ("an entry is cleared while two cores execute there", _while_another),
        "ask": ("cores are told while two execute there", _while_another),
        "fence": ("a core forgets what it was told to", _forgets),
        "answer": ("a core that answers forgets something", _forgets),
        "finish": ("a flush returns while two cores execute there", _while_another),
        "retire": ("a space loses a tag under which a core remembers something", _stale),
        "wipe": ("a core wipes a tag under which it remembers something", _wipes),
        "assign": ("a space that lost its tag gets one again", _again),
    }
)
"""For each action what is to be seen in some run, so that nothing is proved of steps that never happen."""


def _knows(step: Step[Cores, CoreCall]) -> Formula:
    k = step.called
    return Exists([t], remembers(step.before, k.core, k.space, t, k.page, k.frame))


def _is_there(step: Step[Cores, CoreCall]) -> Formula:
    return Exists([c], step.before.runs(c, step.called.space))


def _possible(theory: Theory[Cores]) -> Iterator[CoreObligation]:
    for action in theory.actions:
        sentence, goal = POSSIBLE[action]
        if action == "answer" and "fence" in theory.actions:
            sentence, goal = "a core says that it has forgotten", _while_another
        yield Obligation(
            id=f"{action}__can__happen",
            claim="A.flush",
            sentence=sentence,
            action=action,
            goal=goal,
            invariants=(),
            sometimes=True,
            theory=theory,
        )


def obligations(protocol: Protocol, theory: Theory[Cores] | None = None) -> Iterator[CoreObligation]:
    """All obligations about a protocol, a wrong one perhaps.

    Of an invariant that an action leaves word for word as it is there is nothing to ask, but for the two that a
    program notices: these are asked of every action.

    :param theory: the protocol's, with an action that is changed: it may leave alone less than the right one.
    """
    theory = theory or theory_of_cores(protocol)
    begin = prefix(protocol)
    for each in matrix(theory):
        told = each.of_initial_state or each.invariant in (SAFE, ALIKE)
        if told or not says_the_same(theory, each.action, each.invariant):
            yield replace(each, id=begin + each.id)
    for each in (*_effects(theory, protocol.readings), *progress(theory, protocol.readings), *_possible(theory)):
        yield replace(each, id=begin + each.id)


@cache
def of_protocol(protocol: Protocol) -> Mapping[str, CoreObligation]:
    """The obligations of a protocol by id.

    :raises ValueError: two have the same id.
    """
    found: dict[str, CoreObligation] = {}
    for obligation in obligations(protocol):
        if obligation.id in found:
            raise ValueError(f"two obligations are called {obligation.id}")
        found[obligation.id] = obligation
    return MappingProxyType(found)


@cache
def of_cores() -> Mapping[str, CoreObligation]:
    """The obligations of all protocols that are right, by id."""
    return MappingProxyType({name: o for protocol in PROTOCOLS.values() for name, o in of_protocol(protocol).items()})


def protocol_of(obligation: str) -> Protocol | None:
    """The protocol that an obligation of that id speaks of; none, if it speaks of no cores.

    >>> protocol_of("cores_batch__finish__leaves__nobody").name
    'batch'
    """
    return next((each for each in PROTOCOLS.values() if obligation.startswith(prefix(each))), None)
