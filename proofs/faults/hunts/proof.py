"""Faults of the theory against the solver: which obligations fall.

An obligation falls by a fault if the solver proves it without the fault and has a counterexample with it, in the same
dialect and from the same invariants.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from time import perf_counter
from typing import Any

from model.cores.readings import PROTOCOLS
from model.messages.readings import CANONICAL_MESSAGES
from model.ownership.readings import OWNERSHIP, OWNERSHIP_DIALECTS
from model.ranges.readings import CANONICAL_RANGES
from model.spaces.dialect import CANONICAL, dialect_named
from proofs.engines.pool import Workers
from proofs.engines.search.theory_search import search_theory
from proofs.engines.search.unrolled import UnrolledRun
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.faults.theory import (
    ALL_THEORY_FAULTS,
    THEORY_FAULTS,
    AnyTheoryFault,
    CoreFault,
    InvariantFault,
    MessageFault,
    OwnershipFault,
    RangeFault,
    TheoryFault,
)
from proofs.inductive import inductive_invariants
from proofs.input.extension import CORES, MESSAGES, RANGES, theory_of
from proofs.obligation import Obligation
from proofs.obligations.cores.inventory import of_cores, of_protocol, prefix
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.ownership import inventory as ownership
from proofs.obligations.ranges.inventory import of_ranges
from proofs.registry import CLAIMING, known, registry
from proofs.searches.core_areas import CORE_AREAS
from proofs.searches.message_runs import shortest
from proofs.searches.ownership_areas import OWNERSHIP_AREAS
from proofs.two_runs import about_model
from proofs.verdict import Verdict

SETTINGS = Settings(solvers=Solvers.Z3)

_satisfiable = Satisfiable()


OF_MESSAGES = MESSAGES + CANONICAL_MESSAGES.name
"""The theory of threads and messages that their faults are faults of."""

OF_RANGES = RANGES + CANONICAL_RANGES.name
"""The theory of ranges that their faults are faults of."""


@dataclass(frozen=True, slots=True)
class ProofContext:
    """The context of an obligation's proof: a dialect and the invariants that hold there."""

    obligation: str
    dialect: str
    invariants: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where each obligation is proved.

    :param proved: the first dialect that proves it, and from what.
    :param more: the same for the other dialects that were asked for.
    :param refuted: of obligations that no dialect proves, the dialects that claim it and in which it is refuted: there
        the reading takes the place of a fault.
    :param failed: what is not as it should be, by obligation: one that the canonical dialect claims and does not prove,
        one that no dialect claims.
    :param undecided: obligations, and dialects that they were wanted in, of which the solvers did not say whether they
        are proved, each with the reason.
    """

    proved: Mapping[str, ProofContext]
    more: tuple[ProofContext, ...]
    refuted: Mapping[str, tuple[str, ...]]
    failed: Mapping[str, str]
    undecided: Mapping[str, str] = field(default_factory=dict)


def grounds(workers: Workers, obligations: Iterable[str], dialects: Container[str] = ()) -> Grounds:
    """Look for a dialect that proves each obligation, the canonical one first.

    :param dialects: those in which obligations are wanted even if another dialect proves them already.
    """
    proved: dict[str, ProofContext] = {}
    refuted: dict[str, list[str]] = {}
    failed: dict[str, str] = {}
    undecided: dict[tuple[str, str], str] = {}
    more: list[ProofContext] = []
    wanted = set(obligations)
    for source, known_there in ((OF_MESSAGES, of_messages()), (OF_RANGES, of_ranges())):
        _of_theory(workers, source, [name for name in known_there if name in wanted], proved, failed, undecided)
    for name, protocol in PROTOCOLS.items():
        of = [each for each in of_protocol(protocol) if each in wanted]
        _of_theory(workers, CORES + name, of, proved, failed, undecided)
    for name, dialect_of in OWNERSHIP_DIALECTS.items():
        of = [each for each in ownership.of_dialect(dialect_of) if each in wanted]
        _of_theory(workers, OWNERSHIP + name, of, proved, failed, undecided)
    pending = [name for name in registry() if name in wanted]
    for dialect in CLAIMING:
        asked = registry() if dialect.name in dialects else pending
        claimed = [name for name in asked if name in wanted and registry()[name].applies(dialect.readings)]
        if not claimed:
            continue
        inductive = inductive_invariants(dialect, workers, theory_of())
        invariants, found = inductive.assumed, dict(inductive.outcomes)
        found.update(workers.discharge([n for n in claimed if n not in found], dialect.name, invariants))
        for name in claimed:
            outcome = inductive.judged(registry()[name], found[name])
            verdict = outcome.verdict
            if verdict == Verdict.PROVED and name in proved:
                more.append(ProofContext(name, dialect.name, invariants))
            elif verdict == Verdict.PROVED:
                proved[name] = ProofContext(name, dialect.name, invariants)
                failed.pop(name, None)
                refuted.pop(name, None)
            elif name not in proved and verdict == Verdict.UNPROVED and dialect.name != "canonical":
                refuted.setdefault(name, []).append(dialect.name)
            elif verdict != Verdict.UNPROVED:
                undecided[name, dialect.name] = f"{verdict.value} in {dialect.name}: {outcome.reason}"
            elif name not in proved:
                failed.setdefault(name, f"{verdict.value} in {dialect.name}")
        pending = [name for name in pending if name not in proved]
    left = {at: why for at, why in undecided.items() if at[0] not in proved or at[1] in dialects}
    unclear = {name for name, _ in left}
    for name in pending:
        if name not in refuted and name not in unclear:
            failed.setdefault(name, "claimed by no dialect")
    by_reading = {name: tuple(some) for name, some in refuted.items() if name not in failed and name not in unclear}
    return Grounds(
        proved, tuple(more), by_reading, failed, {f"{name} in {dialect}": why for (name, dialect), why in left.items()}
    )


def _of_theory(
    workers: Workers,
    source: str,
    wanted: Sequence[str],
    proved: dict[str, ProofContext],
    failed: dict[str, str],
    undecided: dict[tuple[str, str], str],
) -> None:
    """The same for obligations of another theory, in its canonical dialect on the canonical spaces."""
    theory = theory_of(source)
    every = theory.registry
    claimed = [name for name in wanted if every[name].applies(CANONICAL.readings)]
    if not claimed:
        return
    own = replace(workers, settings=replace(workers.settings, theory=source))
    inductive = inductive_invariants(CANONICAL, own, theory)
    found = dict(inductive.outcomes)
    shown = [o for n in claimed if isinstance(o := every[n], Obligation) and o.sometimes]
    found.update((name, Outcome(verdict)) for name, verdict in _possible(shown).items())
    found.update(own.discharge([n for n in claimed if n not in found], CANONICAL.name, inductive.assumed))
    for name in claimed:
        verdict = inductive.judged(every[name], found[name]).verdict
        if verdict == Verdict.PROVED:
            proved[name] = ProofContext(name, CANONICAL.name, inductive.assumed)
        elif verdict == Verdict.UNPROVED:
            failed[name] = f"{verdict.value} in {CANONICAL.name}"
        else:
            undecided[name, CANONICAL.name] = f"{verdict.value} in {CANONICAL.name}: {found[name].reason}"


@cache
def hints() -> Mapping[str, Sequence[str]]:
    """For a fault, obligations that fell by it before: what to try first. It decides nothing."""
    text = resources.files("proofs.faults.hunts").joinpath("hints.json").read_text("utf-8")
    found: dict[str, list[str]] = json.loads(text)
    return found


def concerns(fault: AnyTheoryFault, ground: ProofContext) -> bool:
    """Whether an obligation can notice a fault at all: it speaks of the action, and the dialect can have the fault."""
    obligation = known()[ground.obligation]
    assert about_model(obligation)
    if isinstance(fault, CoreFault | OwnershipFault):
        begin = prefix(fault.right) if isinstance(fault, CoreFault) else ownership.prefix(fault.right)
        mine = ground.obligation.startswith(begin)
        of_action = fault.action in ("", obligation.action) or not obligation.action
        return mine and of_action and obligation.sometimes == fault.refuses
    if isinstance(fault, MessageFault):
        mine = ground.obligation in of_messages() and obligation.action == fault.action
        return mine and obligation.sometimes == fault.refuses
    if isinstance(fault, RangeFault):
        return ground.obligation in of_ranges() and obligation.action == fault.action
    if isinstance(fault, TheoryFault):
        return (
            ground.obligation in registry()
            and obligation.action == fault.action
            and fault.applies(dialect_named(ground.dialect).readings)
        )
    if isinstance(fault, InvariantFault):
        return obligation.action == "" and fault.missing in obligation.invariants
    return isinstance(obligation, Obligation) and obligation.of_initial_state


def _possible(obligations: Sequence[Obligation[Any, Any]]) -> dict[str, Verdict]:
    """Whether some run of messages, of cores or of pages shows what each obligation says may happen.

    :param obligations: of one theory, so that one search of an area is for all of them.
    """
    if not obligations or obligations[0].id in of_messages():
        return {obligation.id: _possible_by_message(obligation) for obligation in obligations}
    verdicts, left, complete = dict[str, Verdict](), list(obligations), True
    for area in CORE_AREAS if obligations[0].id in of_cores() else OWNERSHIP_AREAS:
        searched = search_theory(CANONICAL, area, obligations[0].theory, left)
        verdicts |= dict.fromkeys(searched.traces, Verdict.PROVED)
        left = [obligation for obligation in left if obligation.id not in searched.traces]
        complete = complete and searched.complete
    return verdicts | {o.id: Verdict.UNPROVED if complete else Verdict.UNKNOWN for o in left}


def _possible_by_message(obligation: Obligation[Any, Any]) -> Verdict:
    found = shortest(obligation, CANONICAL)
    if isinstance(found, UnrolledRun):
        return Verdict.PROVED
    return Verdict.UNKNOWN if found.reason else Verdict.UNPROVED


def _verdict(fault: AnyTheoryFault, ground: ProofContext) -> Verdict:
    obligation, dialect = known()[ground.obligation], dialect_named(ground.dialect)
    of_step = isinstance(obligation, Obligation) and obligation.sometimes
    if of_step and isinstance(fault, MessageFault | CoreFault | OwnershipFault):
        assert isinstance(obligation, Obligation)
        return _possible([replace(obligation, theory=fault.theory())])[obligation.id]
    if isinstance(fault, TheoryFault | MessageFault | CoreFault | OwnershipFault):
        assert about_model(obligation)
        about: Any = obligation
        condition = fault.condition(about, dialect, ground.invariants)
    else:
        assert isinstance(obligation, Obligation)
        condition = fault.condition(obligation, dialect, ground.invariants)
    return discharge(condition, _satisfiable, SETTINGS).verdict


def _order(fault: str, all_of: Iterable[ProofContext]) -> Iterator[ProofContext]:
    possible = [ground for ground in all_of if concerns(ALL_THEORY_FAULTS[fault], ground)]
    first = hints().get(fault, ())
    yield from (ground for ground in possible if ground.obligation in first)
    yield from (ground for ground in possible if ground.obligation not in first)


def find(change: str, all_of: Sequence[ProofContext], whole: bool = False) -> HuntResult:
    """Try obligations until one falls, and all that were hinted at; with ``whole``, every one."""
    begun = perf_counter()
    fell: list[str] = []
    unknown: list[str] = []
    first = hints().get(change, ())
    for ground in _order(change, all_of):
        if fell and not whole and ground.obligation not in first:
            break
        verdict = _verdict(ALL_THEORY_FAULTS[change], ground)
        if verdict == Verdict.UNPROVED:
            fell.append(ground.obligation)
        elif verdict != Verdict.PROVED:
            unknown.append(f"{ground.obligation}: {verdict.value}")
    seconds = perf_counter() - begun
    if fell:
        return HuntResult(Engine.PROOF, change, HuntEnding.KILLED, tuple(fell), seconds=seconds)
    if unknown:
        return HuntResult(Engine.PROOF, change, HuntEnding.ERROR, said="; ".join(unknown), seconds=seconds)
    return HuntResult(Engine.PROOF, change, HuntEnding.SURVIVED, said="no obligation falls", seconds=seconds)


def find_for(ground: ProofContext) -> HuntResult | None:
    """The first fault by which an obligation falls; its finding names the obligation. None if there is none.

    Where it falls by none, but the solver did not decide it for some, the finding is an error.
    """
    begun = perf_counter()
    unknown: HuntResult | None = None
    said = [name for name, obligations in hints().items() if ground.obligation in obligations]
    names = [name for name in said if name in ALL_THEORY_FAULTS]
    names += [name for name in ALL_THEORY_FAULTS if name not in said]
    for name in names:
        fault = ALL_THEORY_FAULTS[name]
        verdict = _verdict(fault, ground) if concerns(fault, ground) else Verdict.PROVED
        if verdict == Verdict.UNPROVED:
            return HuntResult(
                Engine.PROOF, name, HuntEnding.KILLED, (ground.obligation,), seconds=perf_counter() - begun
            )
        if verdict != Verdict.PROVED:
            why = f"{ground.obligation}: {verdict.value}"
            unknown = HuntResult(Engine.PROOF, name, HuntEnding.ERROR, said=why, seconds=perf_counter() - begun)
    return unknown


def is_meant(change: str) -> bool:
    """Return whether a proof can find the change: one that only refuses takes no step to speak of."""
    fault = ALL_THEORY_FAULTS[change]
    return not (isinstance(fault, TheoryFault) and fault.refuses)


__all__ = [
    "SETTINGS",
    "THEORY_FAULTS",
    "Grounds",
    "ProofContext",
    "concerns",
    "find",
    "find_for",
    "grounds",
    "hints",
    "is_meant",
]
