"""Search of a scope for two runs that look alike to a set of spaces, and in which the same call shows a difference.

Every state that the theory's actions reach is visited, nearest first, and every call is made in it. Calls are put
together by what the set sees of the state before; where what it gets then is not the same for all of a group, two of
them are the counterexample. That is exact: all pairs are compared, without making any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_term
from model.running.search import SearchCounts
from model.scope import Scope
from model.spaces.abstraction import AFTER
from model.spaces.dialect import Dialect
from model.spaces.operation import Operation
from model.theory import APPENDIX_A, Theory
from model.trace import Trace
from proofs.engines.search.calls import NotExecutableError
from proofs.engines.search.deciding import NOTHING_LOOKED_FOR, AreaResult, SearchArea
from proofs.engines.search.searched import SearchLog
from proofs.engines.search.theory_search import TheorySearch, TheorySteps
from proofs.obligation import Step
from proofs.two_runs import SECOND, Seen, TwoRuns

DONE, REFUSED = "done", "refused"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs whose states look alike to some spaces, and then the same call; ``told`` is how it ends in each."""

    obligation: str
    inside: tuple[int, ...]
    runs: tuple[Trace, Trace]
    told: tuple[str, str]

    @property
    def length(self) -> int:
        """The operations of both runs together."""
        return sum(len(run.operations) for run in self.runs)

    @property
    def call(self) -> str:
        """The last operation of both runs."""
        return self.runs[0].operations[-1].text(self.runs[0].scope)

    @property
    def watchers(self) -> str:
        """The spaces to which the runs look alike."""
        return ", ".join(f"σ{space}" for space in self.inside)

    @property
    def difference(self) -> str:
        """Say how the last operation ends, and what is not the same then."""
        if self.told[0] != self.told[1]:
            return f"{self.told[0]} in the first and {self.told[1]} in the second"
        if self.told[0] == REFUSED:
            return "refused in both, and not for the same reasons"
        return "done in both, and then they do not look alike"

    def words(self) -> str:
        """The pair in a sentence."""
        one, two = (", ".join(each.text(run.scope) for each in run.operations[:-1]) or "none" for run in self.runs)
        return f"to {self.watchers} the runs «{one}» and «{two}» look alike until {self.call}, {self.difference}"


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that was made in some state: how far that state is, its place, and whether the call was possible."""

    depth: int
    place: int
    operation: Operation
    possible: bool


class _Watched:
    """An obligation of two runs, compiled: what is assumed, what is seen before, and what a call shows then."""

    def __init__(self, obligation: TwoRuns, dialect: Dialect, theory: Theory[Any]) -> None:
        self.obligation = obligation
        action = theory.actions[obligation.action](dialect)
        before, guard = theory.before, action.guard
        step = Step(dialect, before, theory.after(AFTER), action.called)
        assumed = [*obligation.assumes(step).values(), *(guard.values() if obligation.taken else ())]
        self._assumed = compile_term(z3.And(z3.BoolVal(True), *assumed))
        self._seen = compiled_seen(obligation.seen(before))
        self._gets = compiled_seen(obligation.gets(step, guard))
        self._groups: dict[tuple[int, Operation, bytes], dict[bytes, _Call]] = {}
        self.best: tuple[int, int, _Call, _Call] | None = None

    def watch(self, structure: Structure, operations: Sequence[Operation], calls: Sequence[_Call]) -> None:
        """Put the calls of a batch beside those seen before, and keep the nearest two that differ."""
        for number, chosen in enumerate(product((False, True), repeat=structure.sizes["Space"])):
            members = np.broadcast_to(np.array(chosen), (structure.batch, len(chosen)))
            (free,) = self.obligation.free
            interpreted = structure.with_symbols(**{free.name(): members})
            seen, gets = rows_seen(self._seen, interpreted), rows_seen(self._gets, interpreted)
            for row in np.nonzero(self._assumed(interpreted))[0].tolist():
                self._compare((number, operations[row], seen[row].tobytes()), gets[row].tobytes(), calls[row])

    def is_open(self, depth: int) -> bool:
        """Return whether states as far away as that can still make a pair, or one of less length."""
        return self.best is None or depth < self.best[0]

    def _compare(self, key: tuple[int, Operation, bytes], outcome: bytes, call: _Call) -> None:
        group = self._groups.setdefault(key, {})
        if outcome in group:
            return
        for other in group.values():
            length = other.depth + call.depth
            if self.best is None or length < self.best[0]:
                self.best = (length, key[0], other, call)
        group[outcome] = call


def compiled_seen(seen: Seen) -> list[Any]:
    """Observations, each made ready to be evaluated."""
    return [compile_term(z3.And(where, formula), list(variables)) for variables, where, formula in seen]


def rows_seen(compiled: Sequence[Any], structure: Structure) -> NDArray[np.bool_]:
    """Return what is seen in each structure of a batch, a row each."""
    parts = [run(structure).reshape(structure.batch, -1) for run in compiled]
    return np.concatenate(parts, axis=1) if parts else np.zeros((structure.batch, 0), bool)


def search_pairs(
    dialect: Dialect, area: SearchArea, obligations: Sequence[TwoRuns], theory: Theory[Any] = APPENDIX_A
) -> AreaResult[Pair]:
    """Look for a pair of runs of least length together that violates each obligation.

    A theory that cannot be executed is not searched, which is no complete search.
    """
    try:
        states = TheorySearch(theory, dialect, area, all_varied=True)
    except NotExecutableError:
        return AreaResult(area, SearchCounts(0, 0, complete=False), {})
    if not obligations:
        return AreaResult(area, NOTHING_LOOKED_FOR, {})
    watched = [_Watched(obligation, dialect, theory) for obligation in obligations]

    def watch(steps: TheorySteps) -> bool:
        made = zip(steps.origin.tolist(), steps.operations, steps.possible.tolist(), strict=True)
        calls = [_Call(states.depth, *call) for call in made]
        for each in watched:
            if each.obligation.action == steps.action and each.is_open(states.depth):
                each.watch(steps.structure, steps.operations, calls)
        return not any(each.is_open(states.depth + 1) for each in watched)

    states.run(watch)
    pairs = {each.obligation.id: _pair(each, dialect, area.scope, states) for each in watched if each.best}
    return AreaResult(area, states.counts, pairs)


def search_areas(
    dialect: Dialect, areas: Sequence[SearchArea], obligations: Sequence[TwoRuns], theory: Theory[Any] = APPENDIX_A
) -> tuple[dict[str, tuple[Pair, tuple[str, ...]]], tuple[str, ...], bool]:
    """Search areas in turn for what was not found yet.

    :returns: for some obligations a pair, and the areas searched until then, in words; all areas searched; and whether
        each was searched to its end.
    """
    found: dict[str, tuple[Pair, tuple[str, ...]]] = {}
    log = SearchLog()
    for area in areas:
        left = [obligation for obligation in obligations if obligation.id not in found]
        if not left:
            break
        looked = search_pairs(dialect, area, left, theory)
        log.add(area, looked.counts)
        found.update((name, (pair, log.words)) for name, pair in looked.traces.items())
    return found, log.words, log.complete


def _pair(watched: _Watched, dialect: Dialect, scope: Scope, states: TheorySearch) -> Pair:
    assert watched.best is not None
    _, number, *calls = watched.best
    members = list(product((False, True), repeat=scope.spaces))[number]
    inside = tuple(space for space, member in enumerate(members) if member)
    names = ", ".join(f"σ{space}" for space in inside)
    obligation = watched.obligation
    one, two = (DONE if call.possible else REFUSED for call in calls)
    runs = []
    for call, which in zip(calls, ("first", "second"), strict=True):
        shows = f"Does not hold: {obligation.sentence} (the {which} of two runs, alike to {names} until the last call)"
        runs.append(Trace(dialect.name, scope, (*states.path(call.place), call.operation), shows, obligation.id))
    return Pair(obligation.id, inside, (runs[0], runs[1]), (one, two))


def differs(
    pair_of: TwoRuns, dialect: Dialect, one: Structure, two: Structure, theory: Theory[Any] = APPENDIX_A
) -> NDArray[np.bool_]:
    """Whether two states with a call are a counterexample by the very formula that is proved, without invariants."""
    (condition,) = pair_of.conditions(dialect, frozenset(), theory.actions)
    both = one.with_symbols(**{name + SECOND: two.symbols[name] for name in theory.state})
    hypotheses = compile_term(z3.And(*condition.hypotheses.values()))(both)
    return np.logical_and(hypotheses, np.logical_not(compile_term(condition.goal)(both)))
