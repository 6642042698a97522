"""Every step of ranges from a state, and every state of a scope that can be reached, nearest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.ranges.literal import Ranged, first, flush_range, grant_range, map_range
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import DONE
from model.spaces.operation import Kind

Table: TypeAlias = NDArray[np.int64]
State: TypeAlias = bytes
"""A state as a key: σ, P, rights and units, one after the other."""

EveryStep: TypeAlias = Callable[[Table, Table, Readings, RangeReadings, Table, Table], int]

Named: TypeAlias = Callable[[Table], tuple[bytes, int]]
"""What a state, given as a row, is called, and how many states are called so."""


def every_step(rows: Table, calls: Table, d: Readings, w: RangeReadings, later: Table, statuses: Table) -> int:
    """Do each of the calls from each state in ``rows``, and write down how they ended.

    :param later: where the states go that those calls lead to which are done, one after the other.
    :returns: how many these are.
    """
    done, slots = 0, rows.shape[1] // 4
    row = np.empty_like(rows[0])
    s = Ranged(row[:slots], row[slots : 2 * slots], row[2 * slots : 3 * slots], row[3 * slots :])
    for k in range(len(rows)):
        for n in range(len(calls)):
            c = calls[n]
            row[:] = rows[k]
            if c[0] == Kind.FLUSH:
                status = flush_range(s, c[1], c[2], c[6], c[7] != 0, d, w)
            elif c[0] == Kind.MAP:
                status = map_range(s, c[1], c[2], c[3], c[4], c[5], c[6], d, w)
            else:
                status = grant_range(s, c[1], c[2], c[3], c[4], c[5], c[6], d, w)
            statuses[k, n] = status
            if status == DONE:
                later[done] = row
                done += 1
    return done


def row_of(s: Ranged) -> Table:
    """The state as one row of integers."""
    return np.concatenate(s)


def state_of(row: Table) -> Ranged:
    """The state that a row stands for, which shares its memory."""
    return Ranged(*row.reshape(4, -1))


@dataclass
class RangeLayers:
    """The states of a scope with ranges in the order of their distance from the first, with a way to each.

    :param tried: the operations that are tried in each state; by default one of each meaning, with all rights.
    :param run: what does the steps, perhaps compiled.
    :param most: so many states at most are expanded in a layer; a search that meets more is not complete.
    :param named: of states with the same name the first that is met stands for all; by default each has its own.
    """

    scope: RangeScope
    d: Readings
    w: RangeReadings
    tried: tuple[RangeOperation, ...] = ()
    run: EveryStep = every_step
    most: int = 20_000
    complete: bool = True
    came: dict[State, tuple[State, int] | None] = field(default_factory=dict)
    named: Named | None = None
    stands_for: dict[State, int] = field(default_factory=dict)
    """For how many states each stands, if they have names."""
    _names: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Try everything, if nothing is chosen."""
        self.tried = self.tried or tuple(operations_of(self.scope, self.w, (ALL_RIGHTS,)))

    @cached_property
    def calls(self) -> Table:
        """The operations as rows of integers."""
        return np.array(self.tried, np.int64).reshape(len(self.tried), len(RangeOperation._fields))

    @cached_property
    def first(self) -> State:
        """The state that everything begins with."""
        return row_of(first(self.scope, self.scope.orders, self.w)).tobytes()

    def rows(self, states: Iterable[State]) -> Table:
        """The states as rows of integers."""
        return np.frombuffer(b"".join(states), np.int64).reshape(-1, 4 * self.scope.slots)

    def after(self, rows: Table, calls: Table | None = None) -> tuple[Table, Table]:
        """Return how each operation ended from each state, a row each; and the states after those that were done."""
        calls = self.calls if calls is None else calls
        statuses = np.empty((len(rows), len(calls)), np.int64)
        later = np.empty((statuses.size, rows.shape[1]), np.int64)
        return statuses, later[: self.run(rows, calls, self.d, self.w, later, statuses)]

    def layers(self, depth: int | None = None) -> Iterator[list[State]]:
        """The states at each distance, up to that one; a layer that is too large is none, and ends it."""
        layer = [self.first]
        self.came, self.stands_for, self._names = {}, {}, set()
        self._meet(self.rows(layer)[0], None)
        distance = 0
        while layer:
            self.complete = len(layer) <= self.most
            if not self.complete:
                return
            yield layer
            if distance == depth:
                return
            layer = self._next(layer)
            distance += 1

    def _next(self, layer: Sequence[State]) -> list[State]:
        found = []
        for start in range(0, len(layer), 256):
            part = layer[start : start + 256]
            statuses, later = self.after(self.rows(part))
            places = np.argwhere(statuses == DONE)
            for (k, n), row in zip(places.tolist(), later, strict=True):
                key = row.tobytes()
                if key not in self.came and self._meet(row, (part[k], n)):
                    found.append(key)
        return found

    def _meet(self, row: Table, link: tuple[State, int] | None) -> bool:
        """Note the way to a state that was not met, unless one of its name was."""
        key = row.tobytes()
        if self.named is not None:
            name, alike = self.named(row)
            if name in self._names:
                return False
            self._names.add(name)
            self.stands_for[key] = alike
        self.came[key] = link
        return True

    def way(self, state: State) -> tuple[RangeOperation, ...]:
        """The operations that lead to a state."""
        operations: list[RangeOperation] = []
        while (link := self.came[state]) is not None:
            state, call = link
            operations.insert(0, self.tried[call])
        return tuple(operations)
