"""A target's pages beside the model's: one operation on both, and what differs between them.

As in the driver of address spaces, the journal says what is called before it is, so that a target that crashes or
hangs leaves a record of the steps that led there.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.ownership.literal import DONE, REFUSED
from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation
from model.ownership.readings import OwnershipReadings
from model.scope import Scope
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import (
    CALL,
    CALLS,
    EXPECTED,
    EXPECTED_RIGHTS,
    FAULT,
    GOT,
    GOT_RIGHTS,
    INSIDE,
    OPERATIONS,
    PAGE,
    ROWS,
    SPACE,
    Mismatch,
    StepKind,
)
from refinement.check.ownership.graph import Graph
from refinement.check.target.ownership_calls import (
    ACCESSES,
    EVERYBODY,
    FIRST_OWNERSHIP,
    NOT_TOLD,
    SIGNATURES,
    OwnershipCall,
    never_offered,
)
from refinement.check.target.target import TargetError

NOT_OFFERED = (
    "it has no ownership of pages: a library exports musigma_ownership.h, a class has donate and no map, and a command "
    "has 'ownership'"
)
FIRST_KIND = 1  # what is added to a kind in the journal


class DiffersError(Exception):
    """The target differs from the model; the journal's cells say how."""


class Asked:
    """A target in a scope, and the journal of what it is asked."""

    def __init__(self, bench: Bench, scope: Scope) -> None:
        """Nothing is called before :meth:`begin`.

        :raises TargetError: the target offers no ownership.
        """
        addresses = bench.loaded.ownership
        if not addresses:
            raise TargetError(NOT_OFFERED)
        self.bench, self.scope = bench, scope
        self.parties = [(party, page) for party in range(scope.spaces) for page in range(scope.pages)]
        self._functions = [SIGNATURES[call](addresses[call]) if addresses[call] else None for call in OwnershipCall]

    def offers(self, call: int) -> bool:
        """Return whether the target has that function."""
        return self._functions[call] is not None

    def begin(self) -> None:
        """A fresh state.

        :raises DiffersError: the target refuses the size.
        """
        self._record(StepKind.INIT, self.scope.spaces, self.scope.pages, 0)
        status = self.call(OwnershipCall.INIT_OWNERSHIP, self.scope.spaces, self.scope.pages)
        if status != 0:
            self.fail(Mismatch.UNFIT if status > 0 else Mismatch.ERROR, OwnershipCall.INIT_OWNERSHIP, 0, status)

    def ask(self, operation: PageOperation) -> int:
        """Do an operation; the status."""
        kind, by, other, page = operation
        self._record(kind + FIRST_KIND, by, other & EVERYBODY, page)
        if kind in (Kind.RETRIEVE, Kind.RELINQUISH):
            got = self.call(OwnershipCall(kind), by, page)
        else:
            got = self.call(OwnershipCall(kind), by, EVERYBODY if other == NOBODY_ELSE else other, page)
        self.bench.cells[OPERATIONS] += 1
        return got

    def shown(self) -> list[int]:
        """What the target says that everybody has of each page."""
        return [self.call(OwnershipCall.HAS, party, page, at=(party, page)) for party, page in self.parties]

    def call(self, call: OwnershipCall, *arguments: int, at: tuple[int, int] = (-1, -1)) -> int:
        """Call a function; what it returned."""
        cells, function = self.bench.cells, self._functions[call]
        assert function is not None
        cells[INSIDE], cells[SPACE], cells[PAGE] = call + FIRST_OWNERSHIP + 1, *at
        cells[CALLS] += 1
        got = int(function(*arguments))
        cells[INSIDE] = 0
        return got

    def fail(self, fault: int, call: int, expected: int, got: int, at: tuple[int, int] = (-1, -1)) -> None:
        """Write down a difference.

        :raises DiffersError: always.
        """
        cells = self.bench.cells
        cells[FAULT], cells[CALL] = fault, call + FIRST_OWNERSHIP
        cells[EXPECTED], cells[EXPECTED_RIGHTS], cells[GOT], cells[GOT_RIGHTS] = expected, 0, got, 0
        cells[SPACE], cells[PAGE] = at
        raise DiffersError

    def _record(self, kind: int, a: int, b: int, c: int) -> None:
        cells, rows = self.bench.cells, self.bench.rows
        rows[cells[ROWS] % len(rows)] = kind, a, b, c, 0, 0
        cells[ROWS] += 1


class Lockstep(Asked):
    """A target and the model in a scope, both in the same state, as far as is known.

    ``done``: the operations since the fresh state, the one that differs with them.
    """

    def __init__(self, bench: Bench, scope: Scope, graph: Graph, readings: OwnershipReadings) -> None:
        """Nothing is called before :meth:`start`.

        :raises TargetError: the target offers no ownership, or not all that the dialect does.
        """
        super().__init__(bench, scope)
        lacking = [kind.word for kind in Kind if not self.offers(kind) and kind not in never_offered(readings)]
        if lacking:
            raise TargetError(f"it does not have {', '.join(lacking)}, which the dialect offers: name another, or auto")
        self.graph, self.readings, self.state = graph, readings, 0
        self.done: list[PageOperation] = []
        self.offered = [each for each in graph.operations if self.offers(each.kind)]

    def start(self) -> None:
        """A fresh state on both.

        :raises DiffersError: the target refuses the size.
        """
        self.state = 0
        self.done.clear()
        self.begin()

    def do(self, operation: PageOperation) -> None:
        """An operation on both.

        :raises DiffersError: the statuses differ.
        """
        self.done.append(operation)
        expected, self.state = self.graph.step(self.state, operation)
        got = self.ask(operation)
        if got not in (expected, NOT_TOLD):
            known = got in (DONE, REFUSED)
            self.fail(Mismatch.STATUS if known else Mismatch.ERROR, OwnershipCall(operation.kind), expected, got)

    def look(self) -> None:
        """Compare what everybody has of each page, and ask for the target's own check.

        :raises DiffersError: something differs.
        """
        self.compare(self.shown())

    def compare(self, told: Sequence[int]) -> None:
        """The same, where it is known what the target tells of everybody and each page.

        :raises DiffersError: something differs.
        """
        mapped = self.offers(OwnershipCall.MAPPED)
        for (party, page), got, has in zip(self.parties, told, self.graph.has(self.state), strict=True):
            if got != has:
                fault = Mismatch.LOOKUP if got >= 0 else Mismatch.ERROR
                self.fail(fault, OwnershipCall.HAS, has, got, (party, page))
            if not mapped:
                continue
            entry = self.call(OwnershipCall.MAPPED, party, page, at=(party, page))
            if entry != has // ACCESSES:
                fault = Mismatch.LOOKUP_HW if entry in (0, 1) else Mismatch.ERROR
                self.fail(fault, OwnershipCall.MAPPED, has // ACCESSES, entry, (party, page))
        if self.offers(OwnershipCall.CHECK_OWNERSHIP):
            status = self.call(OwnershipCall.CHECK_OWNERSHIP)
            if status != 0:
                self.fail(Mismatch.CHECK, OwnershipCall.CHECK_OWNERSHIP, 0, status)

    def around(self, path: Iterable[PageOperation]) -> int:
        """Every operation after the path; how many were tried.

        What is refused there is tried one after the other, since it changes nothing, and all is compared once after
        that; what is possible is tried from a fresh start each.

        :raises DiffersError: something differs.
        """
        steps = list(path)
        self.follow(steps)
        self.look()
        ends = [self.graph.step(self.state, each)[0] for each in self.offered]
        for each, end in zip(self.offered, ends, strict=True):
            if end == REFUSED:
                self.do(each)
        self.look()
        for each, end in zip(self.offered, ends, strict=True):
            if end == DONE:
                self.follow([*steps, each])
                self.look()
        return len(self.offered)

    def follow(self, path: Iterable[PageOperation]) -> None:
        """From a fresh state, the operations of a path on both.

        :raises DiffersError: something differs.
        """
        self.start()
        for operation in path:
            self.do(operation)


def programs_in(journal: NDArray[np.uint32]) -> tuple[tuple[Scope, tuple[PageOperation, ...]], ...]:
    """The programs of a journal, the last one up to where it ended."""
    starts = np.flatnonzero(journal[:, 0] == StepKind.INIT).tolist()
    return tuple(_program(journal[at:end].tolist()) for at, end in pairwise([*starts, len(journal)]))


def program_in(journal: NDArray[np.uint32]) -> tuple[Scope, tuple[PageOperation, ...]] | None:
    """The last of them; None if there is none."""
    starts = np.flatnonzero(journal[:, 0] == StepKind.INIT)
    return _program(journal[int(starts[-1]) :].tolist()) if len(starts) else None


def _program(rows: list[list[int]]) -> tuple[Scope, tuple[PageOperation, ...]]:
    operations = []
    for kind, by, other, page, *_ in rows[1:]:
        party = NOBODY_ELSE if other == EVERYBODY else other
        operations.append(PageOperation(Kind(kind - FIRST_KIND), by, party, page))
    return Scope(rows[0][1], rows[0][2], rows[0][2]), tuple(operations)


def ending_of(bench: Bench, **more: Any) -> dict[str, Any]:
    """What a job answers: how the target differs, if it does, and more."""
    return {"failure": bench.failure(), **more}
