"""Random programs of ranges in one scope until the time is over, and programs that are tried for one difference."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.ranges.literal import first
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of, state_of
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.operation import Kind
from refinement.check.driver.bench import Bench
from refinement.check.driver.compiling import compile_for
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges import program
from refinement.check.ranges.cause import cause_of
from refinement.check.ranges.closure import journal_of, lacks_of, message_of, sized, sized_of
from refinement.check.ranges.driver import FAULT, as_numbers
from refinement.check.ranges.walk import KEPT, LAST, SITUATIONS, Draw, walk_compiled

BEGINNINGS = 256  # programs that are kept to go on from
RIGHTS = (ALL_RIGHTS, 6, 5, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class RangeSampling:
    """Random programs, as many as the time allows or as are asked for; the seed says which.

    :param length: of a program, in operations.
    :param programs: so many at most; 0: as the time allows.
    :param edges: of the ranges of each order the first and the last ones alone, and those beside a multiple of 256.
    """

    readings: Readings
    ranges: RangeReadings
    scope: RangeScope
    seconds: float
    seed: int
    length: int = 40
    programs: int = 0
    collecting: bool = False
    known: tuple[str, ...] = ()
    edges: bool = False

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        (d, w), scope = as_numbers(Readings(), RangeReadings()), RangeScope(1, 1, 1)
        p = _draw(scope, 1, random.Random(0))
        state, orders = row_of(first(scope, 1, w)), np.zeros(1, np.int64)
        compile_for(walk_compiled, sized_of(scope), journal_of(), p, state, 0, 0, d, w, orders)

    def do(self, bench: Bench) -> dict[str, Any]:
        """``programs`` done, ``situations`` met, and differences in ``found``, one of each cause that is not known."""
        d, w = as_numbers(self.readings, self.ranges)
        journal, target = journal_of(bench), sized(bench, self.scope)
        choose = random.Random(self.seed)
        p = _draw(self.scope, self.length, choose, edges=self.edges)
        start = row_of(first(self.scope, self.scope.orders, w))
        state, orders = start.copy(), np.zeros(self.scope.slots, np.int64)
        beginnings: list[Any] = []
        found: list[dict[str, Any]] = []
        causes, passed_over = set(self.known), dict[str, int]()
        end, done = time.monotonic() + self.seconds, 0
        while not self.programs or done < self.programs:
            if done and time.monotonic() > end:
                break
            begun = 0
            if beginnings and choose.random() < 0.5:
                kept = choose.choice(beginnings)
                begun = min(len(kept), self.length - 1)
                p.program[:begun] = kept[:begun]
            state[:], p.notes[LAST] = start, 0
            n = walk_compiled(target, journal, p, state, begun, self.length, d, w, orders)
            done += 1
            if last := int(p.notes[LAST]):
                _keep(beginnings, p.program[:last].copy(), choose)
            if n == self.length:
                continue
            failure = [int(cell) for cell in journal.failure]
            if failure[FAULT] == Mismatch.UNFIT:
                return {"unfit": True, "programs": 0, "situations": 0, "found": [], "passed_over": {}, "agreed": []}
            operation = RangeOperation.of_row(p.program[n])
            cause = cause_of(state_of(state), operation, failure, self.scope, w, lacks_of(bench))
            if cause in causes:
                passed_over[cause] = passed_over.get(cause, 0) + 1
                continue
            causes.add(cause)
            path = p.program[: n + 1].tolist()
            found.append({"cells": failure, "path": path, "cause": cause, "message": message_of(bench, failure)})
            if not self.collecting:
                break
        agreed = [kind.word for kind in (Kind.MAP, Kind.GRANT, Kind.FLUSH) if int(p.notes[KEPT]) >> kind & 1]
        answer = {"programs": done, "situations": int(p.met.sum()), "found": found}
        return {**answer, "passed_over": passed_over, "agreed": agreed}


def at_edges(scope: RangeScope) -> Iterator[tuple[int, int]]:
    """The first and last ranges of each order, and those beside a multiple of 256 of them.

    >>> len(list(at_edges(RangeScope(2, 1024, 1024, 0b10_0000_0001))))
    22
    """
    for space in range(scope.spaces):
        for order in scope.sizes:
            count = scope.pages >> order
            beside = {0, 1, count - 1, *(n + by for n in range(256, count, 256) for by in (-1, 0))}
            yield from ((scope.slot(space, n << order), order) for n in sorted(beside) if 0 <= n < count)


def _draw(scope: RangeScope, length: int, choose: random.Random, *, edges: bool = False) -> Draw:
    ranges = list(at_edges(scope) if edges else scope.ranges())
    if edges:  # about as many of each order
        count = Counter(order for _, order in ranges)
        ranges = [each for each in ranges for _ in range(max(count.values()) // count[each[1]])]
    return Draw(
        np.array(ranges, np.int64).reshape(-1, 2),
        np.array(RIGHTS, np.int64),
        np.array([choose.getrandbits(64)], np.uint64),
        np.zeros((length, 8), np.int64),
        np.zeros(SITUATIONS, np.bool_),
        np.zeros(4, np.int64),
    )


def _keep(beginnings: list[Any], program: Any, choose: random.Random) -> None:
    """Keep a program, in the place of another where there are many."""
    if len(beginnings) < BEGINNINGS:
        beginnings.append(program)
    else:
        beginnings[choose.randrange(BEGINNINGS)] = program


Tried = tuple[RangeScope, tuple[RangeOperation, ...]]


@dataclass(frozen=True, slots=True)
class RangeTrials:
    """Programs, one after the other, until one differs with that cause; a difference of another ends a program."""

    readings: Readings
    ranges: RangeReadings
    programs: tuple[Tried, ...]
    cause: str

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        program.warm_up()

    def do(self, bench: Bench) -> dict[str, Any]:
        """``index`` of the program that did, the ``steps`` of it that it took, and ``cells``; or the number of all."""
        journal = journal_of(bench)
        for index, (scope, operations) in enumerate(self.programs):
            readings = self.readings, self.ranges
            n, state = program.run(sized(bench, scope), journal, scope, operations, *readings)
            failure = [int(cell) for cell in journal.failure]
            if n == len(operations) or failure[FAULT] == Mismatch.UNFIT:
                continue
            if cause_of(state, operations[n], failure, scope, self.ranges, lacks_of(bench)) == self.cause:
                return {"index": index, "steps": n + 1, "cells": failure, "message": message_of(bench, failure)}
        return {"index": len(self.programs), "steps": 0, "cells": [], "message": ""}
