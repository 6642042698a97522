"""Discharge obligations of a dialect: by solver, then by search for what the solver refutes or cannot speak of.

Which invariants may be used as hypotheses is not taken for granted. The solver starts with all of them and drops
those that the initial state lacks or that some action does not preserve, until the rest is inductive; only these are
hypotheses of everything else. Where it has no answer for one of the rest, what is proved from them is undecided.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeGuard

from model.cores.trace import step_words
from model.ranges.readings import range_dialect_named
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.spaces.dialect import Dialect, NoRights
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.engines.pool import Workers
from proofs.engines.search.deciding import AreaResult, SearchArea
from proofs.engines.search.induction import InductionCounterexample, replay
from proofs.engines.search.pairs import search_areas
from proofs.engines.search.searched import SearchLog
from proofs.engines.search.shortest import search
from proofs.engines.search.theory_search import search_theory
from proofs.engines.search.unrolled import UnrolledRun
from proofs.engines.smt.outcome import Outcome
from proofs.inductive import Inductive, inductive_invariants
from proofs.input.extension import Specification, theory_of
from proofs.obligation import Obligation, Provable
from proofs.result import Result, Run
from proofs.searches.core_areas import CORE_AREAS
from proofs.searches.message_runs import lines_of, shortest
from proofs.searches.ownership_areas import OWNERSHIP_AREAS
from proofs.searches.range_search import to_obligation
from proofs.servers.steps import told_steps
from proofs.two_runs import TwoRuns, about_model, known_to_fail
from proofs.verdict import Verdict

MOST_STEPS = 5  # of a run of threads and messages that is looked for

OnResult = Callable[[Result], None]


def areas(dialect: Dialect) -> tuple[SearchArea, ...]:
    """The areas searched for traces: one page shown through many spaces, with rights; then more pages; then frames."""
    sets = (ALL_RIGHTS, RIGHTS["r"] | RIGHTS["w"], RIGHTS["r"])
    empty = (0,) if dialect.readings.no_rights == NoRights.ALLOWED else ()
    return (
        SearchArea(Scope(spaces=3, pages=1, frames=1), sets + empty),
        SearchArea(Scope(spaces=2, pages=2, frames=1)),
        SearchArea(Scope(spaces=2, pages=2, frames=2)),
        SearchArea(Scope(spaces=4, pages=1, frames=1), (ALL_RIGHTS, RIGHTS["r"])),
    )


def areas_of(theory: Specification, dialect: Dialect) -> tuple[SearchArea, ...]:
    """The areas searched for traces of a theory; those of many cores and of ownership are small."""
    if theory.ownership:
        return OWNERSHIP_AREAS
    return CORE_AREAS if theory.cores else areas(dialect)


def nothing(result: Result) -> None:
    """Report no progress."""


def prove(
    dialect: Dialect,
    chosen: Iterable[Provable],
    workers: Workers,
    on_result: OnResult = nothing,
    *,
    induction: bool = False,
    known: Inductive | None = None,
) -> Run:
    """Discharge the chosen obligations of a dialect.

    :param on_result: called with each result as soon as it is final, so that an interrupted run keeps what it decided.
    :param induction: look for counterexamples to induction of what the solver refutes, and replay them.
    :param known: what :func:`inductive_invariants` found for this dialect and theory, if it was asked before.
    :returns: a result for each chosen obligation, in their order; ``NOT_CLAIMED`` for those the dialect does not claim.
    """
    chosen = list(chosen)
    theory = theory_of(workers.settings.theory)
    results: dict[str, Result] = {}
    wanted = {obligation.id for obligation in chosen}

    def settle(result: Result) -> None:
        results[result.obligation.id] = result
        on_result(result)

    refuted: list[Result] = []

    def decide(obligation: Provable, outcome: Outcome) -> None:
        outcome = inductive.judged(obligation, outcome)
        result = Result(obligation, dialect.name, outcome)
        if about_model(obligation) and outcome.verdict == Verdict.UNPROVED:
            refuted.append(result)
        else:  # of the model's obligations a least counterexample is looked for, and replayed
            bits = outcome.counterexample
            settle(result if bits is None else replace(result, counterexample=InductionCounterexample(bits)))

    def at_once(name: str, outcome: Outcome) -> None:
        if name in wanted and name not in results and outcome.verdict == Verdict.PROVED:
            settle(Result(theory.registry[name], dialect.name, outcome))

    inductive = known or inductive_invariants(dialect, workers, theory, at_once, wanted)
    invariants, outcomes = inductive.assumed, inductive.outcomes
    rest = []
    for obligation in chosen:
        if not obligation.applies(dialect.readings):
            why = _why_not_claimed(obligation, dialect)
            settle(Result(obligation, dialect.name, Outcome(Verdict.NOT_CLAIMED, reason=why)))
        elif obligation.id not in outcomes and not _is_shown_by_search(obligation):
            rest.append(obligation.id)
    for name, outcome in outcomes.items():
        if name in wanted and name not in results:
            decide(theory.registry[name], outcome)
    for name, outcome in workers.discharge(rest, dialect.name, invariants):
        decide(theory.registry[name], outcome)
    if induction:
        refuted = _with_counterexamples(refuted, dialect, workers, invariants)
    to_search = refuted + [
        Result(obligation, dialect.name, Outcome(Verdict.UNPROVED))
        for obligation in chosen
        if _is_shown_by_search(obligation) and obligation.applies(dialect.readings)
    ]
    if theory.beneath:
        for result in told_steps(theory.source, dialect, to_search):
            settle(result)
    elif theory.messages:
        _search_messages(dialect, to_search, settle, workers.settings.seconds)
    elif theory.ranges:
        _search_ranges(dialect, theory.ranges, to_search, settle, workers.settings.seconds)
    else:
        _search_all(dialect, theory, to_search, settle)
    decided = tuple(results[obligation.id] for obligation in chosen)
    of_model = {obligation.id for obligation in theory.own if about_model(obligation)}
    return Run(dialect, decided, inductive.shown, whole=wanted >= of_model and not theory.beneath)


def _why_not_claimed(obligation: Provable, dialect: Dialect) -> str:
    if known_to_fail(obligation, dialect.readings):
        return f"known not to hold in {dialect.name}: musigma counterexample {obligation.id} shows it"
    return f"{dialect.name} does not have it"


def _is_shown_by_search(obligation: Provable) -> TypeGuard[Obligation]:
    """Whether the obligation asks for a reachable step, which a solver cannot show."""
    return isinstance(obligation, Obligation) and obligation.sometimes


def _with_counterexamples(
    refuted: list[Result], dialect: Dialect, workers: Workers, invariants: frozenset[str]
) -> list[Result]:
    """The refuted results, each with its counterexample to induction; one that does not replay is an error."""
    from proofs.engines.search.reachability import classified

    by_id = {result.obligation.id: result for result in refuted}
    for name, found in workers.counterexamples(list(by_id), dialect.name, invariants):
        result, obligation = by_id[name], by_id[name].obligation
        if found is None:
            by_id[name] = result.ended(result.verdict, "its counterexample was not found as a finite state")
            continue
        structure, literal = found
        if literal and isinstance(obligation, Obligation):
            counterexample = replay(structure, obligation, dialect, invariants)
        else:
            counterexample = InductionCounterexample(structure)
        by_id[name] = replace(result, counterexample=counterexample)
        if counterexample.fault:
            reason = f"the counterexample does not replay: {counterexample.fault}"
            by_id[name] = by_id[name].ended(Verdict.ERROR, reason)
    names = [name for name, result in by_id.items() if result.counterexample]
    found_ones = [result.counterexample for result in by_id.values() if result.counterexample]
    for name, counterexample in zip(names, classified(found_ones, dialect), strict=True):
        by_id[name] = replace(by_id[name], counterexample=counterexample)
    return [by_id[result.obligation.id] for result in refuted]


def _look(
    dialect: Dialect, area: SearchArea, theory: Specification, obligations: list[Obligation]
) -> AreaResult[Trace] | AreaResult[str]:
    """Search an area for a trace to each obligation.

    The literal model knows no actions but its own: an extended theory is searched by its formulas, and its traces are
    words.
    """
    if not theory.source:
        return search(dialect, area, obligations)
    found = search_theory(dialect, area, theory.theory, obligations)

    def said(operation: Operation) -> str:
        return step_words(operation) if theory.cores else operation.text(area.scope)

    words = {name: "reached by " + "; ".join(map(said, operations)) for name, operations in found.traces.items()}
    return AreaResult(area, found.counts, words)


def _search_all(
    dialect: Dialect, theory: Specification, pending: list[Result], settle: Callable[[Result], None]
) -> None:
    """Look for a trace for each obligation, area by area; an error stays one."""
    for result in pending:
        if result.verdict == Verdict.ERROR:
            settle(result)
    pending = [result for result in pending if result.verdict != Verdict.ERROR]
    _search_all_pairs(dialect, theory, [r for r in pending if isinstance(r.obligation, TwoRuns)], settle)
    pending = [result for result in pending if not isinstance(result.obligation, TwoRuns)]
    log = SearchLog()
    for area in areas_of(theory, dialect):
        if not pending:
            return
        obligations = [r.obligation for r in pending if isinstance(r.obligation, Obligation)]
        looked = _look(dialect, area, theory, obligations)
        log.add(area, looked.counts)
        left = []
        for result in pending:
            found = looked.traces.get(result.obligation.id)
            if found is None:
                left.append(result)
                continue
            verdict = Verdict.WITNESSED if _is_shown_by_search(result.obligation) else Verdict.REFUTED
            if isinstance(found, str):
                result = result.ended(verdict, found)
            else:
                result = replace(result.ended(verdict), trace=found)
            settle(replace(result, searched=log.words))
        pending = left
    for result in pending:
        shown = _is_shown_by_search(result.obligation)
        what = "no such step" if shown else "not inductive, but no counterexample"
        verdict = Verdict.EXHAUSTED if log.complete and not shown else Verdict.UNPROVED
        settle(result.searched_in_vain(verdict, what, log.words))


def _search_messages(dialect: Dialect, pending: list[Result], settle: Callable[[Result], None], seconds: float) -> None:
    """Look for a shortest run for each obligation about messages, on machines of every size."""
    for result in pending:
        obligation = result.obligation
        if result.verdict == Verdict.ERROR or not about_model(obligation):
            settle(result)
            continue
        found = shortest(obligation, dialect, most=MOST_STEPS, seconds=3 * seconds)
        if isinstance(found, UnrolledRun):
            verdict = Verdict.WITNESSED if obligation.sometimes else Verdict.REFUTED
            settle(result.ended(verdict, "reached by " + "; ".join(lines_of(obligation, found))))
        else:
            why = f", {found.reason}" if found.reason else ""
            reason = f"no run of up to {found.steps} steps shows it, on a machine of any size{why}"
            undecided = obligation.sometimes and found.reason
            settle(result.ended(Verdict.UNKNOWN if undecided else result.verdict, reason))


def _search_ranges(
    dialect: Dialect, ranges: str, pending: list[Result], settle: Callable[[Result], None], seconds: float
) -> None:
    """Look for a shortest trace for each obligation about ranges, on the literal model."""
    for result in pending:
        obligation = result.obligation
        if result.verdict == Verdict.ERROR or not isinstance(obligation, Obligation):
            settle(result)
            continue
        found = to_obligation(obligation.id, range_dialect_named(ranges), dialect, seconds)
        if found.trace is not None:
            operations = "; ".join(operation.text(found.trace.scope) for operation in found.trace.operations)
            verdict = Verdict.WITNESSED if obligation.sometimes else Verdict.REFUTED
            settle(result.ended(verdict, f"reached by {operations}"))
        else:
            what = "no such step" if obligation.sometimes else "not inductive, but no counterexample"
            verdict = Verdict.UNKNOWN if obligation.sometimes and found.late else Verdict.UNPROVED
            settle(result.searched_in_vain(verdict, what, found.searched))


def _search_all_pairs(
    dialect: Dialect, theory: Specification, pending: list[Result], settle: Callable[[Result], None]
) -> None:
    """Look for a pair of runs for each obligation about two."""
    obligations = [result.obligation for result in pending if isinstance(result.obligation, TwoRuns)]
    found, searched, complete = search_areas(dialect, areas(dialect), obligations, theory.theory)
    for result in pending:
        if result.obligation.id in found:
            pair, until = found[result.obligation.id]
            settle(replace(result.ended(Verdict.REFUTED, pair.words()), pair=pair, searched=until))
        else:
            verdict = Verdict.EXHAUSTED if complete else Verdict.UNPROVED
            settle(result.searched_in_vain(verdict, "not proved, but no two runs show it", searched))
