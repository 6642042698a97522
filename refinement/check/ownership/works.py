"""Jobs that compare a target's ownership with the model: sequences, states, random programs, and programs by name."""

import random
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from model.ownership.literal import DONE, REFUSED
from model.ownership.operation import PageOperation, operations_of
from model.ownership.readings import OwnershipReadings
from model.scope import Scope
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import BEGUN, FAULT, PROGRAM, ROWS, Mismatch
from refinement.check.ownership.cause import cause_of
from refinement.check.ownership.graph import Graph
from refinement.check.ownership.lockstep import DiffersError, Lockstep, ending_of

Tried = tuple[Scope, tuple[PageOperation, ...]]
"""A scope, and operations from its first state on."""

TRIES = 60  # for an operation that ends as is wanted
MOST_STATES = 20_000  # that are kept while random programs run


def lockstep(bench: Bench, scope: Scope, readings: OwnershipReadings) -> Lockstep:
    """A target beside the model in a scope, with all operations of it.

    :raises TargetError: the target does not have what the dialect offers.
    """
    graph = Graph(scope, readings, operations_of(scope, readings))
    return Lockstep(bench, scope, graph, readings)


@dataclass(frozen=True, slots=True)
class OwnershipSequences:
    """Every sequence of a length: each step but the last possible, or, with ``refusals``, any."""

    readings: OwnershipReadings
    scope: Scope
    length: int
    seconds: float
    refusals: bool = False

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """How many sequences were ``tried``, and whether that is ``complete``."""
        pages = lockstep(bench, self.scope, OwnershipReadings(*self.readings))
        tried, end = 0, time.monotonic() + self.seconds
        waiting: list[tuple[int, tuple[PageOperation, ...]]] = [(0, ())]
        try:
            while waiting:
                if time.monotonic() > end:
                    return ending_of(bench, tried=tried, complete=False)
                state, path = waiting.pop()
                if len(path) + 1 == self.length:
                    tried += pages.around(path)
                    continue
                for each in reversed(pages.offered):
                    status, after = pages.graph.step(state, each)
                    if status == DONE or self.refusals:
                        waiting.append((after, (*path, each)))
        except DiffersError:
            return ending_of(bench, tried=tried, complete=False)
        return ending_of(bench, tried=tried, complete=True)


@dataclass(frozen=True, slots=True)
class OwnershipClosure:
    """Every operation after every step from each of the scope's states, which is reached by a shortest path."""

    readings: OwnershipReadings
    scope: Scope
    seconds: float

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """``states`` whose steps were all gone through, how many operations were ``tried``, and whether all were."""
        pages = lockstep(bench, self.scope, OwnershipReadings(*self.readings))
        end, met, states, tried = time.monotonic() + self.seconds, {0}, 0, 0
        waiting: deque[tuple[int, tuple[PageOperation, ...]]] = deque([(0, ())])
        try:
            tried += pages.around(())
            while waiting:
                state, path = waiting.popleft()
                for each in pages.offered:
                    status, after = pages.graph.step(state, each)
                    if status == REFUSED:
                        continue
                    if time.monotonic() > end:
                        return ending_of(bench, states=states, tried=tried, complete=False)
                    tried += pages.around((*path, each))
                    if after not in met:
                        met.add(after)
                        waiting.append((after, (*path, each)))
                states += 1
        except DiffersError:
            return ending_of(bench, states=states, tried=tried, complete=False)
        return ending_of(bench, states=states, tried=tried, complete=True)


@dataclass(frozen=True, slots=True)
class OwnershipWalk:
    """Random programs of at most so many operations in a scope, until the time is over; all is compared each time."""

    readings: OwnershipReadings
    scope: Scope
    length: int
    seed: int
    seconds: float

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """How many ``programs`` there were."""
        chosen = random.Random(self.seed)
        readings = OwnershipReadings(*self.readings)
        pages, programs, end = lockstep(bench, self.scope, readings), 0, time.monotonic() + self.seconds
        try:
            while programs == 0 or time.monotonic() < end:
                if len(pages.graph) > MOST_STATES:
                    pages = lockstep(bench, self.scope, readings)
                pages.start()
                for _ in range(chosen.randint(1, self.length)):
                    pages.do(next_operation(pages, chosen))
                    pages.look()
                programs += 1
        except DiffersError:
            pass
        return ending_of(bench, programs=programs)


def next_operation(pages: Lockstep, chosen: random.Random) -> PageOperation:
    """An operation that the model does, mostly by the owner of a page; one in six times one that it refuses."""
    wanted = REFUSED if chosen.random() < 1 / 6 else DONE
    for _ in range(TRIES):
        operation = chosen.choice(pages.offered)
        if chosen.random() < 0.5:
            operation = operation._replace(by=pages.graph.owner(pages.state, operation.page))
        if pages.graph.step(pages.state, operation)[0] == wanted:
            break
    return operation


@dataclass(frozen=True, slots=True)
class OwnershipPrograms:
    """Programs one after the other, until one differs.

    ``watched``: all is compared after each operation, and not only after the last. ``cause``: of the difference that is
    wanted; a program that differs otherwise is left there, and the next begins. Empty: any is.
    """

    readings: OwnershipReadings
    programs: tuple[Tried, ...]
    watched: bool = True
    cause: str = ""

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """What the target has shown after each step of the last program: ``shown``, from its first state on."""
        shown: list[list[int]] = []
        readings = OwnershipReadings(*self.readings)
        for number, (scope, operations) in enumerate(self.programs):
            bench.cells[PROGRAM], bench.cells[BEGUN] = number, bench.cells[ROWS]
            pages = Lockstep(bench, scope, Graph(scope, readings, ()), readings)
            shown = []
            try:
                self._run(pages, operations, shown)
            except DiffersError:
                if self._is_wanted(pages):
                    break
                bench.cells[FAULT] = Mismatch.NONE
        return ending_of(bench, shown=shown)

    def _run(self, pages: Lockstep, operations: tuple[PageOperation, ...], shown: list[list[int]]) -> None:
        pages.start()
        self._look(pages, shown, last=not operations)
        for n, operation in enumerate(operations, 1):
            if pages.offers(operation.kind):
                pages.do(operation)
            self._look(pages, shown, last=n == len(operations))

    def _is_wanted(self, pages: Lockstep) -> bool:
        """Whether the difference of now is one of that cause."""
        failure = pages.bench.failure()
        assert failure is not None
        return not self.cause or self.cause == cause_of(pages.scope, pages.done, failure["cells"], pages.readings)

    def _look(self, pages: Lockstep, shown: list[list[int]], *, last: bool) -> None:
        if self.watched or last:
            shown.append(pages.shown())
            pages.compare(shown[-1])
