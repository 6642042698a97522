"""Record what a target answers to programs of ranges, compared with nothing."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.spaces.operation import Kind
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import CALLS, INSIDE, cannot_be_said
from refinement.check.target.range_calls import ANY_CORE, RangeCall
from refinement.check.target.range_targets import RANGE_SIGNATURES

_range = ctypes.c_uint32 * 3

Shows = list[tuple[int, int]]
"""What each page shows: a frame, or -1, and rights."""

Answer = tuple[list[int], Shows] | None
"""The status of each operation, and what each page shows in the end; None: no words."""


def answers(
    addresses: Sequence[int], cells: NDArray[Any], programs: Sequence[tuple[RangeScope, Sequence[RangeOperation]]]
) -> list[Answer]:
    """The target's answer to each program, none where its init refuses the scope; nothing if it has no ranges.

    :param cells: where it is noted that the target is called.
    """
    return [_answer(addresses, cells, scope, operations) for scope, operations in programs] if addresses else []


def _answer(
    addresses: Sequence[int], cells: NDArray[Any], scope: RangeScope, operations: Sequence[RangeOperation]
) -> Answer:
    pages = scope.pages
    if any(cannot_be_said(cells, o.kind, o.src // pages, max(o.dst, 0) // pages) for o in operations):
        return None
    target = _Asked(addresses, cells, scope)
    if not target.init():
        return None
    return [target.operate(o) for o in operations], target.shows(RangeCall.LOOKUP)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A target's functions for ranges, in a scope; it is noted which of them is called."""

    addresses: Sequence[int]
    cells: NDArray[Any]
    scope: RangeScope

    def _enter(self, call: RangeCall) -> int:
        self.cells[CALLS] += 1
        self.cells[INSIDE] = call + 1
        return self.addresses[call]

    def _range(self, slot: int, order: int) -> Any:
        return _range(slot // self.scope.pages, slot % self.scope.pages, order)

    def init(self) -> bool:
        """A fresh state; false if the target refuses the scope."""
        scope, address = self.scope, self._enter(RangeCall.INIT)
        status = RANGE_SIGNATURES[RangeCall.INIT](address)(scope.spaces, scope.pages, scope.frames, scope.orders)
        return int(status) == 0
        self.cells[INSIDE] = 0

    def operate(self, o: RangeOperation) -> int:
        """An operation; the status."""
        src, address = self._range(o.src, o.order), self._enter(RangeCall(int(o.kind)))
        if o.kind == Kind.FLUSH:
            status = int(RANGE_SIGNATURES[RangeCall.FLUSH](address)(src, o.rights, int(o.own)))
        else:
            dst = self._range(o.dst, o.dst_order)
            status = int(RANGE_SIGNATURES[RangeCall.MAP](address)(src, dst, o.offset, o.rights))
        self.cells[INSIDE] = 0
        return status

    def shows(self, call: RangeCall, core: int = ANY_CORE) -> Shows:
        """What a look-up tells of each page.

        :param core: whose buffer is asked, if buffers are.
        """
        return [(frame, rights) for frame, rights, _ in self.looked(call, core)]

    def looked(self, call: RangeCall, core: int = ANY_CORE) -> list[tuple[int, int, int]]:
        """What a look-up tells of each page, and the order of the mapping that it is in."""
        found = []
        for x in range(self.scope.slots):
            page = x // self.scope.pages, x % self.scope.pages
            rights, order = ctypes.c_uint32(0), ctypes.c_uint32(0)
            out, address = (ctypes.byref(rights), ctypes.byref(order)), self._enter(call)
            if call == RangeCall.LOOKUP_TLB:
                frame = int(RANGE_SIGNATURES[call](address)(core, *page, *out))
            else:
                frame = int(RANGE_SIGNATURES[call](address)(*page, *out))
            found.append((frame, rights.value, order.value) if frame >= 0 else (frame, 0, 0))
        self.cells[INSIDE] = 0
        return found


@dataclass(frozen=True, slots=True)
class ShowingRanges:
    """A job that records all that a target shows before and after each operation, for a picture.

    With the database of each state it records in how large a mapping each page is said to be.
    """

    scope: RangeScope
    operations: tuple[RangeOperation, ...]

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """``steps``: of each state the status that led to it, and what its tables and the cores' buffers show."""
        loaded = bench.loaded
        target = _Asked(loaded.ranges, bench.cells, self.scope)
        tables = [call for call in (RangeCall.LOOKUP, RangeCall.LOOKUP_HW) if loaded.ranges[call]]
        cores = [] if not loaded.ranges[RangeCall.LOOKUP_TLB] else list(range(loaded.cores)) or [ANY_CORE]
        target.init()
        steps = []
        for o in (None, *self.operations):
            status = 0 if o is None else target.operate(o)
            looked = [target.looked(call) for call in tables]
            steps.append(
                {
                    "status": status,
                    "tables": [[(frame, rights) for frame, rights, _ in each] for each in looked],
                    "orders": [order for *_, order in looked[0]],
                    "buffers": [[core, target.shows(RangeCall.LOOKUP_TLB, core)] for core in cores],
                }
            )
        return {"steps": steps}
