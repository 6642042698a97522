"""Calls of a target's functions for ranges from compiled code; the signatures are those of ``musigma2.h``."""

from enum import IntEnum
from typing import Any

from numba import types

from refinement.check.target.calls import caller, function


class RangeCall(IntEnum):
    """The functions for ranges, by their place in a table of addresses."""

    INIT = 0
    MAP = 1
    GRANT = 2
    FLUSH = 3
    LOOKUP = 4
    LOOKUP_HW = 5
    LOOKUP_TLB = 6

    @property
    def export(self) -> str:
        """What a library calls it, without ``musigma_``."""
        return f"{self.name.lower()}2"


OPTIONAL_RANGES = ("musigma_lookup_hw2", "musigma_lookup_tlb2")

MOST_CORES = 64
ANY_CORE = -1
"""What a target that does not tell how many cores it has is asked for."""

_u32, _i32, _address = types.uint32, types.int32, types.int64
_init = caller(types.int32, (_u32, _u32, _u32, types.uint64))
_pass = caller(types.int32, (_address, _address, _u32, _u32))
_flush = caller(types.int32, (_address, _u32, _u32))
_lookup = caller(types.int64, (_u32, _u32, _address, _address))
_lookup_tlb = caller(types.int64, (_i32, _u32, _u32, _address, _address))


@function
def call_init2(context: Any, address: Any, spaces: Any, pages: Any, frames: Any, orders: Any) -> Any:
    """``int init2(spaces, pages, frames, orders)``."""
    return _init()


@function
def call_pass2(context: Any, address: Any, src: Any, dst: Any, offset: Any, rights: Any) -> Any:
    """``int map2(src, dst, offset, rights)``, and grant; ranges by their addresses."""
    return _pass()


@function
def call_flush2(context: Any, address: Any, src: Any, rights: Any, flags: Any) -> Any:
    """``int flush2(range, rights, flags)``."""
    return _flush()


@function
def call_lookup2(context: Any, address: Any, space: Any, page: Any, rights: Any, order: Any) -> Any:
    """``int64_t lookup2(space, page, rights, order)``; the last two are addresses."""
    return _lookup()


@function
def call_lookup_tlb2(context: Any, address: Any, core: Any, space: Any, page: Any, rights: Any, order: Any) -> Any:
    """``int64_t lookup_tlb2(core, space, page, rights, order)``."""
    return _lookup_tlb()
