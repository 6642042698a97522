"""Every state of a scope with ranges by a shortest path, and every operation in it, on a target and on the model.

A state is the model's, with the orders that the target shows: a mapping that was taken apart on the way and one that
was not are two states. Each is expanded once, or one of those that differ only by a renaming. A difference ends the
search, or, where differences are collected, only what lies behind it: then one of each cause is kept, and what has a
cause that is known already is passed over.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.ranges.literal import first
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of, state_of
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.operation import Kind
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges.cause import cause_of
from refinement.check.ranges.driver import FAULT, Journal, Sized, as_numbers, expand_compiled
from refinement.check.ranges.symmetry import least_compiled, renamings
from refinement.check.target.range_calls import RangeCall

SPELLED = 1  # so deep, every way to say an operation is tried; deeper, one of each meaning


def alphabet(
    scope: RangeScope, w: RangeReadings, rights: tuple[int, ...], *, spellings: bool, sized: bool
) -> list[RangeOperation]:
    """The operations that are tried in a state.

    :param sized: the target can be asked for flushes with their own pages, which version 1 of the interface cannot say.
    """
    found = operations_of(scope, w, rights, spellings=spellings)
    own = [o._replace(own=True) for o in found if sized and o.kind == Kind.FLUSH and o.src >= scope.pages]
    if spellings:  # an offset may be said beyond the larger range, or off a multiple of the smaller
        wide = [o for o in found if o.dst >= 0 and o.rights == ALL_RIGHTS and o.offset == 0 and o.order != o.dst_order]
        found += [o._replace(offset=(1 << max(o.order, o.dst_order)) + (1 << min(o.order, o.dst_order))) for o in wide]
        found += [o._replace(offset=(1 << min(o.order, o.dst_order)) + 1) for o in wide if min(o.order, o.dst_order)]
        found += list(beyond(scope)) if sized else []
    return found + own


def beyond(scope: RangeScope) -> Iterator[RangeOperation]:
    """Calls with ranges that are none, which are refused: misaligned, too large, of another order, of no space."""
    largest = scope.sizes[-1]
    others = [order for order in range(1, largest + 2) if order not in scope.sizes]
    ranges = [(scope.pages, order) for order in (*others, 31, 32)]  # of the space above σ0
    ranges += [(scope.pages + 1, order) for order in scope.sizes[1:]]  # they begin with an odd page
    ranges += [(2 * scope.pages - 1, order) for order in scope.sizes[1:]]  # and leave the space
    ranges.append((scope.slots, 0))
    for bad in ranges:
        yield RangeOperation(Kind.FLUSH, *bad)
        for kind in (Kind.MAP, Kind.GRANT):
            yield RangeOperation(kind, *bad, scope.pages, 0)
            yield RangeOperation(kind, 0, 0, *bad)


@dataclass(frozen=True, slots=True)
class RangeClosure:
    """The closure of a scope under operations on ranges, as far as the time goes.

    :param depth: no state further than that is expanded; 0: none is too far.
    :param known: causes that are passed over; with ``collecting`` all others are collected.
    :param probing: after an operation that leads to a state met before, every range is flushed as well, which tells
        whether the target is in that state, too.
    """

    readings: Readings
    ranges: RangeReadings
    scope: RangeScope
    seconds: float
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    depth: int = 0
    collecting: bool = False
    known: tuple[str, ...] = ()
    probing: bool = False
    symmetric: bool = False

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        scope = RangeScope(1, 1, 1)
        d, w = as_numbers(Readings(), RangeReadings())
        nothing = np.zeros((0, 8), np.int64)
        state = row_of(first(scope, 1, w))
        none = np.zeros(len(RangeCall), np.int64)
        expand_compiled(_sized(none, none, scope), journal_of(), state, nothing, nothing, 0, d, w, nothing, nothing)
        least_compiled(state, np.zeros(1, np.int64), renamings(scope, w), np.zeros(5, np.int64))

    def do(self, bench: Bench) -> dict[str, Any]:
        """``states`` met, ``depth`` to which all were expanded, and whether that is all; differences in ``found``.

        ``agreed``: the kinds of operations that changed something at least once, and rightly. ``renamed``: how many
        states there are with those that only a renaming tells apart.
        """
        return _Walk(self, bench).result()


def journal_of(bench: Bench | None = None) -> Journal:
    """The journal of a bench, or one for nobody."""
    cells = np.zeros(96, np.int64) if bench is None else bench.cells
    rows = np.zeros((1, 6), np.uint32) if bench is None else bench.rows
    return Journal(cells, rows, np.zeros(9, np.int64), np.zeros(8, np.uint32))


def _sized(plain: Any, ranges: Any, scope: RangeScope, cores: int = 0) -> Sized:
    return Sized(plain, ranges, scope.spaces, scope.pages, scope.frames, scope.orders, cores)


def sized(bench: Bench, scope: RangeScope) -> Sized:
    """The target of a bench in a scope."""
    plain = np.array(bench.loaded.addresses, np.int64)
    ranges = np.array(bench.loaded.ranges or [0] * len(RangeCall), np.int64)
    return _sized(plain, ranges, scope, bench.loaded.cores)


def _short(numbers: Any) -> Any:
    """The numbers in two bytes each, as keys hold them; no closed scope has more slots than fit."""
    return numbers.astype(np.int16)


class _Walk:
    """One closure under way."""

    def __init__(self, closure: RangeClosure, bench: Bench) -> None:
        self.of, self.bench, self.journal = closure, bench, journal_of(bench)
        self.target = sized(bench, closure.scope)
        is_sized = bool(self.target.ranges[RangeCall.INIT])
        self.calls = {
            spelled: alphabet(closure.scope, closure.ranges, closure.rights, spellings=spelled, sized=is_sized)
            for spelled in (True, False)
        }
        self.rows = {spelled: np.array(calls, np.int64).reshape(-1, 8) for spelled, calls in self.calls.items()}
        flushes = [RangeOperation(Kind.FLUSH, *each) for each in closure.scope.ranges()]
        self.probes = np.array(flushes, np.int64).reshape(-1, 8)
        self.found: list[dict[str, Any]] = []
        self.causes = set(closure.known)
        self.passed_over: dict[str, int] = {}
        self.agreed: set[str] = set()
        self.met: set[bytes] = set()  # also those that a renaming makes of another
        self.group = renamings(closure.scope, closure.ranges)
        self.renamed = 0
        self.least = np.zeros(5 * closure.scope.slots, np.int64)
        self.end = time.monotonic() + closure.seconds

    def result(self) -> dict[str, Any]:
        """Breadth first until nothing is left, the time is over, or something is found."""
        scope = self.of.scope
        start = first(scope, scope.orders, self.of.ranges)
        layer = [(row_of(start), np.zeros((0, 8), np.int64))]
        seen: set[bytes] = set()
        depth, differs = 0, False
        while layer and not differs:
            if self.of.depth and depth >= self.of.depth:
                break
            following = []
            for state, path in layer:
                if time.monotonic() > self.end:
                    return self._answer(len(seen), depth, complete=False)
                new = self._expand(state, path, depth, seen)
                following += new
                differs = bool(self.found) and not self.of.collecting
                if differs:
                    break
            layer, depth = following, depth + (not differs)
        complete = not layer and not differs
        return self._answer(len(seen), depth, complete=complete)

    def _answer(self, states: int, depth: int, *, complete: bool) -> dict[str, Any]:
        return {
            "states": max(states, 1),
            "renamed": max(self.renamed, 1),
            "depth": depth,
            "complete": complete,
            "found": self.found,
            "passed_over": self.passed_over,
            "agreed": sorted(self.agreed),
        }

    def _expand(self, state: Any, path: Any, depth: int, seen: set[bytes]) -> list[tuple[Any, Any]]:
        spelled = depth <= SPELLED
        rows, calls = self.rows[spelled], self.calls[spelled]
        later = np.zeros((len(rows), len(state)), np.int64)
        orders = np.zeros((len(rows), self.of.scope.slots), np.int64)
        at, new, before = 0, [], _short(state).tobytes()
        while at < len(rows):
            end = self._run(state, path, rows, at, later, orders)
            keys = _short(np.hstack([later[at:end], orders[at:end]]))
            for n in (np.flatnonzero(later[at:end, 0]) + at).tolist():
                key = keys[n - at].tobytes()
                if not key.startswith(before):
                    self.agreed.add(calls[n].kind.word)
                if self._is_new(key, later[n], orders[n], seen):
                    new.append((later[n].copy(), np.vstack([path, rows[n : n + 1]])))
                elif self.of.probing and not self._probe(later[n], np.vstack([path, rows[n : n + 1]])):
                    return new
            if end < len(rows) and not self._keep(state, path, calls[end]):
                return new
            at = end + 1
        return new

    def _is_new(self, key: bytes, state: Any, orders: Any, seen: set[bytes]) -> bool:
        """Whether neither the state was met before nor, where these are one, one that a renaming makes of it."""
        if key in self.met:
            return False
        self.met.add(key)
        count = 1
        if self.of.symmetric and len(self.group.slots) > 1:
            count = least_compiled(state, orders, self.group, self.least)
            key = _short(self.least).tobytes()
            if key in seen:
                return False
        seen.add(key)
        self.renamed += count
        return True

    def _run(self, state: Any, path: Any, rows: Any, at: int, later: Any, orders: Any) -> int:
        d, w = as_numbers(self.of.readings, self.of.ranges)
        return int(expand_compiled(self.target, self.journal, state, path, rows, at, d, w, later, orders))

    def _probe(self, state: Any, path: Any) -> bool:
        """Flush every range, on a copy each; whether the search goes on."""
        later = np.zeros((len(self.probes), len(state)), np.int64)
        orders = np.zeros((len(self.probes), self.of.scope.slots), np.int64)
        at = 0
        while at < len(self.probes):
            end = self._run(state, path, self.probes, at, later, orders)
            flush = RangeOperation.of_row(self.probes[end]) if end < len(self.probes) else None
            if flush is not None and not self._keep(state, path, flush):
                return False
            at = end + 1
        return True

    def _keep(self, state: Any, path: Any, call: RangeOperation) -> bool:
        """Keep a difference, unless its cause is known; whether the search goes on."""
        failure = [int(cell) for cell in self.journal.failure]
        if failure[FAULT] == Mismatch.UNFIT:
            self.found.append({"cells": failure, "path": [], "cause": "", "message": ""})
            return False
        cause = cause_of(state_of(state), call, failure, self.of.scope, self.of.ranges)
        if cause in self.causes:
            self.passed_over[cause] = self.passed_over.get(cause, 0) + 1
            return True
        self.causes.add(cause)
        steps = [[int(v) for v in row] for row in path] + [[int(v) for v in call]]
        self.found.append({"cells": failure, "path": steps, "cause": cause, "message": ""})
        return self.of.collecting
