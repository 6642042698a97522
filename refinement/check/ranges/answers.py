"""Record what a target answers to programs of ranges, compared with nothing."""

import ctypes
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.spaces.operation import Kind
from refinement.check.driver.driver import CALLS, INSIDE, cannot_be_said
from refinement.check.target.range_calls import RangeCall

_u32 = ctypes.c_uint32
_word = ctypes.POINTER(_u32)
_range = _u32 * 3
_Init = ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32, ctypes.c_uint64)
_Pass = ctypes.CFUNCTYPE(ctypes.c_int, _word, _word, _u32, _u32)
_Flush = ctypes.CFUNCTYPE(ctypes.c_int, _word, _u32, _u32)
_Lookup = ctypes.CFUNCTYPE(ctypes.c_int64, _u32, _u32, _word, _word)

Answer = tuple[list[int], list[tuple[int, int]]] | None
"""The status of each operation, and what each page shows in the end: a frame, or -1, and rights; None: no words."""


def answers(
    addresses: Sequence[int], cells: NDArray[Any], programs: Sequence[tuple[RangeScope, Sequence[RangeOperation]]]
) -> list[Answer]:
    """The target's answer to each program; none if it has no ranges.

    :param cells: where it is noted that the target is called.
    """
    return [_answer(addresses, cells, scope, operations) for scope, operations in programs] if addresses else []


def _answer(
    addresses: Sequence[int], cells: NDArray[Any], scope: RangeScope, operations: Sequence[RangeOperation]
) -> Answer:
    pages = scope.pages
    if any(cannot_be_said(cells, o.kind, o.src // pages, max(o.dst, 0) // pages) for o in operations):
        return None

    def enter(call: RangeCall) -> None:
        cells[CALLS] += 1
        cells[INSIDE] = call + 1

    def range_of(slot: int, order: int) -> Any:
        return _range(slot // scope.pages, slot % scope.pages, order)

    enter(RangeCall.INIT)
    statuses = []
    _Init(addresses[RangeCall.INIT])(scope.spaces, scope.pages, scope.frames, scope.orders)
    for o in operations:
        enter(RangeCall(int(o.kind)))
        src = range_of(o.src, o.order)
        if o.kind == Kind.FLUSH:
            statuses.append(int(_Flush(addresses[RangeCall.FLUSH])(src, o.rights, int(o.own))))
        else:
            window = range_of(o.dst, o.dst_order)
            statuses.append(int(_Pass(addresses[int(o.kind)])(src, window, o.offset, o.rights)))
    shows = []
    for x in range(scope.slots):
        enter(RangeCall.LOOKUP)
        rights, order = _u32(0), _u32(0)
        look = _Lookup(addresses[RangeCall.LOOKUP])
        frame = int(look(x // scope.pages, x % scope.pages, ctypes.byref(rights), ctypes.byref(order)))
        shows.append((frame, rights.value if frame >= 0 else 0))
    cells[INSIDE] = 0
    return statuses, shows
