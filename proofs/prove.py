"""Discharge obligations of a dialect: by solver, then by search for what the solver refutes or cannot speak of.

Which invariants may be used as hypotheses is not taken for granted. The solver starts with all of them and drops
those that the initial state lacks or that some action does not preserve, until the rest is inductive; only these are
hypotheses of everything else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeGuard

from model.dialect import Dialect, NoRights
from model.invariants import INVARIANTS
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.theory import ACTIONS
from model.trace import Trace
from proofs.engines.pool import Workers
from proofs.engines.search import Area, search
from proofs.engines.solver import Outcome
from proofs.obligation import Obligation, Provable
from proofs.obligations import registry
from proofs.verdict import Verdict

OnResult = Callable[["Result"], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of an obligation in a dialect, and how.

    ``used`` are the hypotheses of the unsatisfiable core, ``unused`` the others; ``outside`` says why the condition is
    outside the decidable fragment, if it is; ``searched`` are the areas searched for a trace, in words.
    """

    obligation: Provable
    dialect: str
    verdict: Verdict
    seconds: float = 0.0
    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    outside: str = ""
    reason: str = ""
    trace: Trace | None = None
    searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """The results for a dialect, and the invariants that were found inductive and used as hypotheses."""

    dialect: Dialect
    results: tuple[Result, ...]
    invariants: frozenset[str]


def areas(dialect: Dialect) -> tuple[Area, ...]:
    """The areas searched for traces: one page shown through many spaces, with rights; then more pages; then frames."""
    sets = (ALL_RIGHTS, RIGHTS["r"] | RIGHTS["w"], RIGHTS["r"])
    empty = (0,) if dialect.readings.no_rights == NoRights.ALLOWED else ()
    return (
        Area(Scope(spaces=3, pages=1, frames=1), sets + empty),
        Area(Scope(spaces=2, pages=2, frames=1)),
        Area(Scope(spaces=2, pages=2, frames=2)),
        Area(Scope(spaces=4, pages=1, frames=1), (ALL_RIGHTS, RIGHTS["r"])),
    )


def _nothing(result: Result) -> None:
    """Report no progress."""


def prove(
    dialect: Dialect, chosen: Iterable[Provable], workers: Workers, on_result: OnResult = _nothing, seed: int = 0
) -> Run:
    """Discharge the chosen obligations of a dialect.

    :param on_result: called with each result as soon as it is final.
    :param seed: the solver's.
    :returns: a result for each chosen obligation, in their order; ``NOT_CLAIMED`` for those the dialect does not claim.
    """
    chosen = list(chosen)
    results: dict[str, Result] = {}

    def settle(
        obligation: Provable, outcome: Outcome, trace: Trace | None = None, searched: tuple[str, ...] = ()
    ) -> None:
        result = Result(
            obligation,
            dialect.name,
            outcome.verdict,
            outcome.seconds,
            outcome.used,
            outcome.unused,
            outcome.outside,
            outcome.reason,
            trace,
            searched,
        )
        results[obligation.id] = result
        if obligation.id in wanted:
            on_result(result)

    wanted = {obligation.id for obligation in chosen}
    invariants, outcomes = inductive_invariants(dialect, workers, seed)
    rest = []
    for obligation in chosen:
        if not obligation.applies(dialect.readings):
            settle(obligation, Outcome(Verdict.NOT_CLAIMED, reason=f"{dialect.name} does not have it"))
        elif obligation.id not in outcomes and not _is_shown_by_search(obligation):
            rest.append(obligation.id)
    to_search: list[tuple[Obligation, Outcome]] = []

    def decide(obligation: Provable, outcome: Outcome) -> None:
        if isinstance(obligation, Obligation) and outcome.verdict == Verdict.UNPROVED:
            to_search.append((obligation, outcome))
        else:
            settle(obligation, outcome)

    for name, outcome in outcomes.items():
        if name in wanted:
            decide(registry()[name], outcome)
    for name, outcome in workers.discharge(rest, dialect.name, invariants, seed):
        decide(registry()[name], outcome)
    to_search += [
        (obligation, Outcome(Verdict.UNPROVED))
        for obligation in chosen
        if _is_shown_by_search(obligation) and obligation.applies(dialect.readings)
    ]
    _search_all(dialect, to_search, settle)
    return Run(dialect, tuple(results[obligation.id] for obligation in chosen), invariants)


def _is_shown_by_search(obligation: Provable) -> TypeGuard[Obligation]:
    """Whether the obligation asks for a reachable step, which a solver cannot show."""
    return isinstance(obligation, Obligation) and obligation.sometimes


def inductive_invariants(
    dialect: Dialect, workers: Workers, seed: int = 0
) -> tuple[frozenset[str], dict[str, Outcome]]:
    """The largest set of invariants that the initial state has and that every action preserves.

    :returns: their names, and the outcomes of the obligations that show it (for the other invariants: those that fail).
    """
    actions = [
        action for action in ACTIONS if registry()[f"{action}__preserves__irreflexive"].applies(dialect.readings)
    ]
    matrix = {
        name: [f"initial__has__{name}", *(f"{action}__preserves__{name}" for action in actions)] for name in INVARIANTS
    }
    invariants = frozenset(INVARIANTS)
    while True:
        asked = [obligation for obligations in matrix.values() for obligation in obligations]
        outcomes = dict(workers.discharge(asked, dialect.name, invariants, seed))
        kept = frozenset(
            name for name in invariants if all(outcomes[o].verdict == Verdict.PROVED for o in matrix[name])
        )
        if kept == invariants:
            return invariants, outcomes
        invariants = kept


def _search_all(dialect: Dialect, pending: list[tuple[Obligation, Outcome]], settle: Callable[..., None]) -> None:
    """Look for a trace for each obligation, area by area."""
    searched: list[str] = []
    complete = True
    for area in areas(dialect):
        if not pending:
            return
        found = search(dialect, area, [obligation for obligation, _ in pending])
        searched.append(f"{area} ({found.states} states{'' if found.complete else ', cut short'})")
        complete = complete and found.complete
        left = []
        for obligation, outcome in pending:
            trace = found.traces.get(obligation.id)
            if trace is None:
                left.append((obligation, outcome))
            else:
                verdict = Verdict.WITNESSED if obligation.sometimes else Verdict.REFUTED
                settle(obligation, replace(outcome, verdict=verdict), trace, tuple(searched))
        pending = left
    for obligation, outcome in pending:
        what = "no such step" if obligation.sometimes else "not inductive, but no counterexample"
        reason = f"{what} within {'; '.join(searched)}"
        verdict = Verdict.EXHAUSTED if complete and not obligation.sometimes else Verdict.UNPROVED
        settle(obligation, replace(outcome, verdict=verdict, reason=reason), None, tuple(searched))
