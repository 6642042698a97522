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
from refinement.check.driver.bench import SLICE, Bench
from refinement.check.driver.compiling import compile_for
from refinement.check.driver.driver import FRAMES_GO, Mismatch
from refinement.check.ranges import states
from refinement.check.ranges.cause import cause_of
from refinement.check.ranges.driver import FAULT, Journal, Sized, as_numbers
from refinement.check.ranges.symmetry import Renamings, renamings
from refinement.check.target.range_calls import RangeCall

SPELLED = 1  # so deep, every way to say an operation is tried; deeper, one of each meaning


def alphabet(
    scope: RangeScope,
    w: RangeReadings,
    rights: tuple[int, ...],
    *,
    spellings: bool,
    sized: bool,
    frames_go: bool = False,
) -> list[RangeOperation]:
    """The operations that are tried in a state.

    :param frames_go: σ0's own pages can be flushed, too.
    :param sized: the target can be asked for flushes with their own pages, which version 1 of the interface cannot say.
    """
    found = operations_of(scope, w, rights, spellings=spellings)
    own = [
        o._replace(own=True) for o in found if sized and o.kind == Kind.FLUSH and (frames_go or o.src >= scope.pages)
    ]
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
    :param room: for so many states there is room at first, a power of two.
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
    room: int = states.ROOM

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        work = RangeClosure(Readings(), RangeReadings(), RangeScope(1, 1, 1), 0.0)
        walk = _Walk(work, sized_of(work.scope), journal_of())
        compile_for(states.search_compiled, *walk.arguments, 0)
        compile_for(states.index, walk.met)

    def do(self, bench: Bench) -> dict[str, Any]:
        """``states`` met, ``depth`` to which all were expanded, and whether that is all; differences in ``found``.

        ``unfit``: init refused the size, so that there is nothing to go through.

        ``agreed``: the kinds of operations that changed something at least once, and rightly. ``renamed``: how many
        states there are with those that only a renaming tells apart.
        """
        return _Walk(self, sized(bench, self.scope), journal_of(bench), bench).result()


def journal_of(bench: Bench | None = None) -> Journal:
    """The journal of a bench, or one for nobody."""
    cells = np.zeros(96, np.int64) if bench is None else bench.cells
    rows = np.zeros((1, 6), np.uint32) if bench is None else bench.rows
    return Journal(cells, rows, np.zeros(9, np.int64), np.zeros(8, np.uint32))


def message_of(bench: Bench | None, failure: list[int]) -> str:
    """What the target said, where it failed to answer."""
    return "" if bench is None or failure[FAULT] != Mismatch.ERROR else bench.loaded.message()


def lacks_of(bench: Bench | None) -> str:
    """What the target's last wrong answer lacked."""
    return "" if bench is None else bench.loaded.lacks()


def sized_of(scope: RangeScope, plain: Any = (), ranges: Any = (), cores: int = 0) -> Sized:
    """A scope for a target with those functions, or for none."""
    of_pages, of_ranges = (np.array(each or [0] * 8, np.int64) for each in (plain, ranges))
    return Sized(of_pages, of_ranges, scope.spaces, scope.pages, scope.frames, scope.orders, cores)


def sized(bench: Bench, scope: RangeScope) -> Sized:
    """The target of a bench in a scope."""
    return sized_of(scope, bench.loaded.addresses, bench.loaded.ranges, bench.loaded.cores)


class _Walk:
    """One closure under way."""

    def __init__(self, closure: RangeClosure, target: Sized, journal: Journal, bench: Bench | None = None) -> None:
        self.of, self.target, self.journal, self.bench = closure, target, journal, bench
        is_sized = bool(target.ranges[RangeCall.INIT])
        frames_go = bool(journal.cells[FRAMES_GO])
        self.calls, far = (
            alphabet(
                closure.scope,
                closure.ranges,
                closure.rights,
                spellings=spelled,
                sized=is_sized,
                frames_go=frames_go,
            )
            for spelled in (True, False)
        )
        numbers = {call: number for number, call in reversed(list(enumerate(self.calls)))}
        flushes = [RangeOperation(Kind.FLUSH, *each) for each in closure.scope.ranges()] if closure.probing else []
        self.tried = states.Tried(
            np.array(self.calls, np.int64).reshape(-1, 8),
            np.arange(len(self.calls)),
            np.array([numbers[call] for call in far], np.int64),
            np.array(flushes, np.int64).reshape(-1, 8),
            SPELLED,
            closure.depth,
        )
        group = renamings(closure.scope, closure.ranges)
        self.group = group if closure.symmetric else Renamings(*(each[:1] for each in group))
        start = row_of(first(closure.scope, closure.scope.orders, closure.ranges))
        self.met = states.first_met(start, renaming=len(self.group.slots) > 1, room=closure.room)
        self.found: list[dict[str, Any]] = []
        self.causes = set(closure.known)
        self.passed_over: dict[str, int] = {}
        self.unfit = False

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Return what a piece of the search is given."""
        readings = as_numbers(self.of.readings, self.of.ranges)
        return self.target, self.journal, self.met, self.tried, self.group, *readings

    def result(self) -> dict[str, Any]:
        """Breadth first until nothing is left, the time is over, or something is found."""
        end, count, over = time.monotonic() + self.of.seconds, 1, self.of.seconds <= 0
        while not over:
            begun = time.monotonic()
            ended = states.search_compiled(*self.arguments, count)
            over = self._is_over(ended) or time.monotonic() > end
            took = time.monotonic() - begun
            if ended == states.MORE:
                count = 2 * count if took < SLICE / 2 else max(1, count // 2) if took > 2 * SLICE else count
        at, kept = int(self.met.progress[states.NEXT]), int(self.met.progress[states.KEPT])
        complete = at == kept
        depth = int(self.met.level[kept - 1]) + 1 if complete else int(self.met.level[at])
        agreed = int(self.met.progress[states.AGREED])
        return {
            "states": max(kept - 1, 1),
            "renamed": max(int(self.met.progress[states.RENAMED]), 1),
            "depth": depth,
            "complete": complete,
            "found": self.found,
            "passed_over": self.passed_over,
            "unfit": self.unfit,
            "agreed": sorted(kind.word for kind in (Kind.MAP, Kind.GRANT, Kind.FLUSH) if agreed >> kind & 1),
        }

    def _is_over(self, ended: int) -> bool:
        """Whether nothing is left after a piece of the search; else what the next one needs is made."""
        if ended == states.FULL:
            self.met = states.with_room(self.met)
        elif ended == states.LONG:
            self.met = states.with_long_paths(self.met)
        elif ended in (states.CALL_DIFFERS, states.PROBE_DIFFERS):
            return not self._goes_on(ended == states.PROBE_DIFFERS)
        return ended in (states.ALL, states.DEEP)

    def _goes_on(self, in_probe: bool) -> bool:
        """Keep a difference, unless its cause is known, and go to what is next; whether the search goes on."""
        progress, tried = self.met.progress, self.tried
        at = int(progress[states.NEXT])
        length = int(self.met.level[at])
        number = (tried.near if length <= SPELLED else tried.far)[progress[states.CALL]]
        state = self.met.states[at, : 4 * self.of.scope.slots].astype(np.int64)
        path, call = [RangeOperation.of_row(row) for row in self.met.path[:length]], self.calls[number]
        if in_probe:
            state = self.met.after.copy()
            path.append(call)
            call = RangeOperation.of_row(tried.probes[progress[states.PROBE] - 1])
        states.go_on(self.met, tried)
        return self._keep(state, path, call)

    def _keep(self, state: Any, path: list[RangeOperation], call: RangeOperation) -> bool:
        failure = [int(cell) for cell in self.journal.failure]
        if failure[FAULT] == Mismatch.UNFIT:
            self.unfit = True
            return False
        cause = cause_of(state_of(state), call, failure, self.of.scope, self.of.ranges, lacks_of(self.bench))
        if cause in self.causes:
            self.passed_over[cause] = self.passed_over.get(cause, 0) + 1
            return True
        self.causes.add(cause)
        steps = [[int(v) for v in row] for row in (*path, call)]
        self.found.append({"cells": failure, "path": steps, "cause": cause, "message": message_of(self.bench, failure)})
        return self.of.collecting
