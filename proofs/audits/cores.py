"""The audit of a protocol of many cores: which conditions of its steps, and which invariants of its proof, are needed.

A condition is *needed* if a step that does not ask for it leads to what a program relies on being broken: there is a
shortest run that shows it. It is *not needed* if all that a program relies on is proved without it, for any number of
cores. If neither is so, but machines were searched to their ends without a run that misses it, that is called
*exhausted*; all else is open. An invariant is needed if without it as hypothesis the rest is not inductive,
or does not carry what a program relies on; that is a word of the solvers, and no run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from model.cores.invariants import ALIKE, SAFE
from model.cores.readings import Protocol
from model.cores.theories import conditions, theory_of_cores
from model.cores.trace import CoreTrace
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL
from proofs.engines.pool import Workers
from proofs.engines.smt.outcome import Outcome
from proofs.inductive import inductive_invariants
from proofs.input.extension import CORES, theory_of
from proofs.obligations.cores.inventory import CoreObligation, of_protocol
from proofs.obligations.cores.progress import of_progress
from proofs.searches.core_search import shortest_violation
from proofs.verdict import Verdict


class Need(Enum):
    """Whether something is needed, as far as is known."""

    NEEDED = "needed"
    SPARE = "not needed"  # proved, for any number of cores
    EXHAUSTED = "exhausted"  # not proved without it, but in no state of the machines searched is it missed
    OPEN = "not decided"
    ALARM = "disagreement"  # two solvers, or a solver and an evaluation, contradict each other


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one part of a protocol or of its proof.

    :param action: whose guard asks for the condition; empty for an invariant.
    :param name: what the condition, or the invariant, is called.
    :param obligation: the id of what falls without it, or is not decided; empty if it is not needed.
    :param sentence: what that obligation says, or why nothing is known.
    :param fallen: the invariants that are not inductive without it.
    :param trace: a shortest run that breaks the obligation, of a condition that is needed.
    :param searched: the machines that were searched, in words.
    """

    action: str
    name: str
    need: Need
    obligation: str = ""
    sentence: str = ""
    fallen: tuple[str, ...] = ()
    trace: CoreTrace | None = None
    searched: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``finish: all have answered``; an invariant's name in words."""
        return f"{self.action}: {self.name}" if self.action else self.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class CoreAudit:
    """The audit of a protocol; ``left`` are the parts that an interrupt left out."""

    protocol: Protocol
    conditions: tuple[Part, ...] = ()
    invariants: tuple[Part, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Conditions and invariants."""
        return (*self.conditions, *self.invariants)

    @property
    def undecided(self) -> tuple[Part, ...]:
        """The parts that the audit owes an answer for."""
        return tuple(part for part in self.parts if part.need in (Need.OPEN, Need.ALARM))


def relied_on(protocol: Protocol) -> list[CoreObligation]:
    """What a program relies on: that two invariants hold at first and are kept, and what an operation has done.

    That a flush ends is asked apart: a condition that is dropped lets steps happen, and takes none away.

    >>> from model.cores.readings import PROTOCOLS
    >>> [each.id for each in relied_on(PROTOCOLS["batch"]) if not each.invariant][:1]
    ['cores_batch__finish__leaves__nobody']
    """
    every = [each for name, each in of_protocol(protocol).items() if not of_progress(name)]
    return [each for each in every if each.invariant in (SAFE, ALIKE) or not (each.invariant or each.sometimes)]


Question: TypeAlias = tuple[str, str]
"""An action and one of its conditions; or no action, and an invariant."""


def questions(protocol: Protocol) -> Iterator[Question]:
    """All that is asked of a protocol: its conditions, then the invariants that no program notices."""
    yield from conditions(protocol)
    for name in theory_of_cores(protocol).invariants:
        if name not in (SAFE, ALIKE):
            yield "", name


def audit_cores(
    protocol: Protocol, workers: Workers, on_part: Callable[[str, CoreAudit], None] = lambda name, known: None
) -> CoreAudit:
    """Audit the conditions and the invariants of a protocol.

    :param on_part: called with each part before it is worked on, and with what is known by then.
    :raises ArgumentError: the protocol is refuted as it is, so that nothing can be said of its parts.
    """
    whole = _shown(protocol, workers).open
    if whole is not None and whole[1].verdict == Verdict.UNPROVED:
        raise ArgumentError(f"{protocol.name} is refuted as it is ({whole[0]}): ask for one that is proved")
    asked = list(questions(protocol))
    names = [str(Part(action, name, Need.OPEN)) for action, name in asked]
    found = CoreAudit(protocol, left=tuple(names))
    for number, (action, name) in enumerate(asked):
        on_part(names[number], found)
        if action:
            part = audit_condition(protocol, action, name, workers)
            found = replace(found, conditions=(*found.conditions, part), left=found.left[1:])
        else:
            part = audit_invariant(protocol, name, workers)
            found = replace(found, invariants=(*found.invariants, part), left=found.left[1:])
    return found


def audit_condition(protocol: Protocol, action: str, condition: str, workers: Workers) -> Part:
    """Whether a condition is needed: by a shortest run without it, or by a proof without it."""
    weaker = protocol.without(action, condition)
    shown = _shown(weaker, workers)
    part = Part(action, condition, Need.OPEN, fallen=shown.fallen)
    if shown.open is None:
        return replace(part, need=Need.SPARE)
    if shown.open[1].verdict == Verdict.DISAGREEMENT:
        return replace(part, need=Need.ALARM, obligation=shown.open[0], sentence=shown.open[1].reason)
    found = shortest_violation(theory_of_cores(weaker), weaker, relied_on(weaker))
    if found.obligation is None:
        name, outcome = shown.open
        refuted = outcome.verdict == Verdict.UNPROVED
        need = Need.EXHAUSTED if refuted and found.complete else Need.OPEN
        said = outcome.reason or of_protocol(weaker)[name].sentence
        return replace(part, need=need, obligation=name, sentence=said, searched=found.searched)
    told = replace(part, need=Need.NEEDED, obligation=found.obligation.id, sentence=found.obligation.sentence)
    return replace(told, trace=found.trace, searched=found.searched)


def audit_invariant(protocol: Protocol, invariant: str, workers: Workers) -> Part:
    """Whether what a program relies on is proved without an invariant as hypothesis."""
    shown = _shown(protocol, workers, frozenset({invariant}))
    fallen = tuple(name for name in shown.fallen if name != invariant)
    part = Part("", invariant, Need.OPEN, fallen=fallen)
    if shown.open is None:
        return replace(part, need=Need.SPARE)
    name, outcome = shown.open
    need = {Verdict.UNPROVED: Need.NEEDED, Verdict.DISAGREEMENT: Need.ALARM}.get(outcome.verdict, Need.OPEN)
    sentence = outcome.reason if need != Need.NEEDED else of_protocol(protocol)[name].sentence
    return replace(part, need=need, obligation=name, sentence=sentence)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the solvers say: the first thing relied on that is not proved, if any; invariants that are not inductive."""

    open: tuple[str, Outcome] | None
    fallen: tuple[str, ...]


_FIRST = (Verdict.DISAGREEMENT, Verdict.UNPROVED)


def _shown(protocol: Protocol, workers: Workers, left_out: frozenset[str] = frozenset()) -> _Shown:
    """What is proved of a protocol, from all invariants that stay inductive, but for those that are left out."""
    source = CORES + protocol.name
    own = replace(workers, settings=replace(workers.settings, theory=source))
    theory = theory_of(source)
    hold = theory.every_invariant - left_out
    inductive = inductive_invariants(CANONICAL, own, theory, hypotheses=hold)
    outcomes, relied = dict(inductive.outcomes), [each.id for each in relied_on(protocol)]
    asked = [name for name in relied if name not in outcomes]
    outcomes |= dict(own.discharge(asked, CANONICAL.name, inductive.assumed))
    judged = {name: inductive.judged(theory.registry[name], outcomes[name]) for name in relied}
    ordered = sorted(relied, key=lambda name: judged[name].verdict not in _FIRST)
    left = [(name, judged[name]) for name in ordered if judged[name].verdict != Verdict.PROVED]
    return _Shown(left[0] if left else None, tuple(name for name in theory.invariants if name not in inductive.assumed))
