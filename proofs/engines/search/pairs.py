"""Search of a scope for two runs that look alike to a set of spaces, and in which the same call shows a difference.

Every state that the theory's actions reach is visited, nearest first, and every call is made in it. Calls are put
together by what the set sees of the state before; where what it gets then is not the same for all of a group, two of
them are the counterexample. That is exact: all pairs are compared, without making any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_term
from model.scope import RIGHTS, Scope
from model.spaces.abstraction import structure_of
from model.spaces.dialect import Dialect
from model.spaces.literal import initial
from model.spaces.operation import Operation
from model.spaces.theory import ACTIONS, a, before, called, r, x, y
from model.trace import Trace
from proofs.engines.search.monitor import AFTER, after
from proofs.engines.search.shortest import Area
from proofs.obligation import Actions, Step
from proofs.searched import SearchLog
from proofs.two_runs import SECOND, Seen, TwoRuns

_TABLES = ("derives", "live", "holds", "phys", "right", "holder")
_KINDS = {"derives": (x, y), "live": (x,), "holds": (x, r), "phys": (x, r), "right": (x, a), "holder": (r,)}
DONE, REFUSED = "done", "refused"
CHUNK = 4096  # calls evaluated at once

Tables = dict[str, NDArray[Any]]
Origin = dict[bytes, tuple[bytes, Operation] | None]
"""For each state that was reached the one before it and the operation that led to it; none for the first."""


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
        """How the last operation ends, and what is not the same then."""
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
class Pairs:
    """What a search found: for some obligations a pair of least length together."""

    area: Area
    states: int
    complete: bool
    found: dict[str, Pair]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that was made in some state: how far that state is, which it is, and whether the call was possible."""

    depth: int
    state: bytes
    operation: Operation
    possible: bool


class _Action:
    """An action's guard and state after, compiled."""

    def __init__(self, actions: Actions, name: str, dialect: Dialect) -> None:
        made = actions[name](dialect)
        self.guard = made.guard
        self._possible = compile_term(z3.And(z3.BoolVal(True), *made.guard.values()))
        self._after = {
            table: compile_term(getattr(made.after, table)(*variables), list(variables))
            for table, variables in _KINDS.items()
        }

    def steps(self, structure: Structure) -> tuple[NDArray[np.bool_], Tables]:
        """Which calls of the batch are possible, and the tables after each."""
        return self._possible(structure), {table: run(structure) for table, run in self._after.items()}


class _Watched:
    """An obligation of two runs, compiled: what is assumed, what is seen before, and what a call shows then."""

    def __init__(self, obligation: TwoRuns, dialect: Dialect, actions: Actions) -> None:
        self.obligation = obligation
        step, guard = Step(dialect, before, after, called), actions[obligation.action](dialect).guard
        assumed = [*obligation.assumes(step).values(), *(guard.values() if obligation.taken else ())]
        self._assumed = compile_term(z3.And(z3.BoolVal(True), *assumed))
        self._seen = _compiled(obligation.seen(before))
        self._gets = _compiled(obligation.gets(step, guard))
        self._groups: dict[tuple[int, Operation, bytes], dict[bytes, _Call]] = {}
        self.best: tuple[int, int, _Call, _Call] | None = None

    def watch(self, structure: Structure, operations: Sequence[Operation], calls: Sequence[_Call]) -> None:
        """Put the calls of a batch beside those seen before, and keep the nearest two that differ."""
        for number, chosen in enumerate(product((False, True), repeat=structure.sizes["Space"])):
            members = np.broadcast_to(np.array(chosen), (structure.batch, len(chosen)))
            (free,) = self.obligation.free
            interpreted = structure.with_symbols(**{free.name(): members})
            seen, gets = _rows_of(self._seen, interpreted), _rows_of(self._gets, interpreted)
            for row in np.nonzero(self._assumed(interpreted))[0].tolist():
                self._compare((number, operations[row], seen[row].tobytes()), gets[row].tobytes(), calls[row])

    def _compare(self, key: tuple[int, Operation, bytes], outcome: bytes, call: _Call) -> None:
        group = self._groups.setdefault(key, {})
        if outcome in group:
            return
        for other in group.values():
            length = other.depth + call.depth
            if self.best is None or length < self.best[0]:
                self.best = (length, key[0], other, call)
        group[outcome] = call


def _compiled(seen: Seen) -> list[Any]:
    return [compile_term(z3.And(where, formula), list(variables)) for variables, where, formula in seen]


def _rows_of(compiled: Sequence[Any], structure: Structure) -> NDArray[np.bool_]:
    """What is seen in each structure of a batch, a row each."""
    parts = [run(structure).reshape(structure.batch, -1) for run in compiled]
    return np.concatenate(parts, axis=1) if parts else np.zeros((structure.batch, 0), bool)


def search_pairs(dialect: Dialect, area: Area, obligations: Sequence[TwoRuns], actions: Actions = ACTIONS) -> Pairs:
    """Look for a pair of runs that violates each obligation."""
    start = structure_of([initial(area.scope)], area.scope)
    fixed = {name: table for name, table in start.symbols.items() if name not in _TABLES}
    every = {name: _Action(actions, name, dialect) for name in actions}
    watched = [_Watched(obligation, dialect, actions) for obligation in obligations]
    layer = {name: start.symbols[name] for name in _TABLES}
    origin: Origin = {_keys(layer)[0]: None}
    depth = 0
    while len(layer["live"]) and len(origin) <= area.max_states and any(_open(each, depth) for each in watched):
        found: list[Tables] = []
        for name, action in every.items():
            concerned = [each for each in watched if each.obligation.action == name and _open(each, depth)]
            for operations, table in _batches(layer, _operations(name, area)):
                structure = Structure(len(operations), start.sizes, table | _repeated(fixed, len(operations)))
                structure = structure.with_symbols(**_called(operations))
                possible, later = action.steps(structure)
                earlier, keys = _keys(table), _keys(later)
                calls = [_Call(depth, *each) for each in zip(earlier, operations, possible.tolist(), strict=True)]
                marked = structure.with_symbols(**{key + AFTER: each for key, each in later.items()})
                for each in concerned:
                    each.watch(marked, operations, calls)
                new = []
                for row in np.nonzero(possible)[0].tolist():
                    if keys[row] not in origin:
                        origin[keys[row]] = (earlier[row], operations[row])
                        new.append(row)
                if new:
                    found.append({key: each[np.array(new)] for key, each in later.items()})
        layer = {name: np.concatenate([each[name] for each in found] or [layer[name][:0]]) for name in _TABLES}
        depth += 1
    pairs = {each.obligation.id: _pair(each, dialect, area.scope, origin) for each in watched if each.best}
    complete = not len(layer["live"]) or not any(_open(each, depth) for each in watched)
    return Pairs(area, len(origin), complete, pairs)


def search_areas(
    dialect: Dialect, areas: Sequence[Area], obligations: Sequence[TwoRuns], actions: Actions = ACTIONS
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
        looked = search_pairs(dialect, area, left, actions)
        log.add(area, looked)
        found.update((name, (pair, log.words)) for name, pair in looked.found.items())
    return found, log.words, log.complete


def _open(watched: _Watched, depth: int) -> bool:
    """Whether states as far away as that can still make a pair, or one of less length."""
    return watched.best is None or depth < watched.best[0]


def _pair(watched: _Watched, dialect: Dialect, scope: Scope, origin: Origin) -> Pair:
    assert watched.best is not None
    _, number, *calls = watched.best
    members = list(product((False, True), repeat=scope.spaces))[number]
    inside = tuple(space for space, member in enumerate(members) if member)
    names = ", ".join(f"σ{space}" for space in inside)
    one, two = (DONE if call.possible else REFUSED for call in calls)
    runs = []
    for call, which in zip(calls, ("first", "second"), strict=True):
        shows = f"{watched.obligation.id}: the {which} of two runs that look alike to {names} until the last call"
        runs.append(Trace(dialect.name, scope, (*_path(origin, call.state), call.operation), shows))
    return Pair(watched.obligation.id, inside, (runs[0], runs[1]), (one, two))


def differs(
    pair_of: TwoRuns, dialect: Dialect, one: Structure, two: Structure, actions: Actions = ACTIONS
) -> NDArray[np.bool_]:
    """Whether two states with a call are a counterexample by the very formula that is proved, without invariants."""
    (condition,) = pair_of.conditions(dialect, frozenset(), actions)
    both = one.with_symbols(**{name + SECOND: two.symbols[name] for name in _TABLES})
    hypotheses = compile_term(z3.And(*condition.hypotheses.values()))(both)
    return np.logical_and(hypotheses, np.logical_not(compile_term(condition.goal)(both)))


def _operations(name: str, area: Area) -> list[Operation]:
    slots = range(area.scope.slots)
    return [
        Operation(name, src, dst, rights)
        for src in slots
        for dst in ((-1,) if name == "flush" else slots)
        for rights in area.rights
    ]


def _batches(layer: Tables, every: list[Operation]) -> Iterator[tuple[list[Operation], Tables]]:
    """Every state of the layer with every operation, some thousands at a time."""
    at_once = max(1, CHUNK // len(every))
    for first in range(0, len(layer["live"]), at_once):
        part = {name: table[first : first + at_once] for name, table in layer.items()}
        states = len(part["live"])
        yield every * states, {name: np.repeat(table, len(every), axis=0) for name, table in part.items()}


def _called(operations: Sequence[Operation]) -> Tables:
    rights = np.array([operation.rights for operation in operations])
    return {
        "src": np.array([operation.src for operation in operations]),
        "dst": np.array([max(operation.dst, 0) for operation in operations]),
        "mask": (rights[:, None] & np.array(list(RIGHTS.values()))) != 0,
    }


def _repeated(tables: Tables, times: int) -> Tables:
    return {name: np.repeat(table, times, axis=0) for name, table in tables.items()}


def _keys(tables: Tables) -> list[bytes]:
    """Each state as bytes."""
    batch = len(tables["live"])
    columns = [tables[name].reshape(batch, -1).astype(np.uint8) for name in _TABLES]
    return [row.tobytes() for row in np.concatenate(columns, axis=1)]


def _path(origin: Origin, key: bytes) -> tuple[Operation, ...]:
    operations: list[Operation] = []
    while (came := origin[key]) is not None:
        key, operation = came
        operations.append(operation)
    return tuple(reversed(operations))
