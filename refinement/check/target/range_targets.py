"""A database with ranges that is driven from Python, of a class or a command, as the C functions of ``musigma2.h``.

Its single pages are ranges of one page: nothing else is asked for them.
"""

import ctypes
from collections.abc import Callable, Collection
from typing import Any, Protocol

from refinement.check.target.calls import Call
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.range_calls import ANY_CORE, MOST_CORES, OPTIONAL_RANGES, RangeCall
from refinement.check.target.target import AnswerError, TargetError

Range = tuple[int, int, int]
"""Space, first page and order."""

OWN_PAGES = 1  # MUSIGMA_OWN_PAGES
STATUS = "0 for done, 1 for refused, 2 if that is not told"

_u32, _i32 = ctypes.c_uint32, ctypes.c_int32
_word = ctypes.POINTER(_u32)
_pass = ctypes.CFUNCTYPE(ctypes.c_int, _word, _word, _u32, _u32)
_lookup = ctypes.CFUNCTYPE(ctypes.c_int64, _u32, _u32, _word, _word)
RANGE_SIGNATURES: dict[RangeCall, Any] = {
    RangeCall.INIT: ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32, ctypes.c_uint64),
    RangeCall.MAP: _pass,
    RangeCall.GRANT: _pass,
    RangeCall.FLUSH: ctypes.CFUNCTYPE(ctypes.c_int, _word, _u32, _u32),
    RangeCall.LOOKUP: _lookup,
    RangeCall.LOOKUP_HW: _lookup,
    RangeCall.LOOKUP_TLB: ctypes.CFUNCTYPE(ctypes.c_int64, _i32, _u32, _u32, _word, _word),
}


class Sized(Protocol):
    """A database with ranges, driven from Python."""

    def init_sized(self, spaces: int, pages: int, frames: int, orders: tuple[int, ...]) -> int:
        """A fresh state; 0 on success."""

    def pass_range(self, call: RangeCall, src: Range, dst: Range, offset: int, rights: int) -> int:
        """Map or grant: the status."""

    def flush_range(self, of: Range, rights: int, *, own: bool) -> int:
        """Flush, with the range's own pages or without: the status."""

    def lookup_sized(self, call: RangeCall, core: int | None, space: int, page: int) -> tuple[int, int, int]:
        """The frame, or -1, the rights and the order; of a core's buffer if ``call`` asks that."""

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        """Check, or normalise."""

    def converse(self, call: MessageCall, asked: dict[str, Any]) -> int:
        """An operation of threads."""

    def thread(self, thread: int) -> tuple[int, int, int, int]:
        """What a thread shows."""


class SinglePages:
    """Single pages of a database with ranges, as ``MUSIGMA_PAGES_BY_RANGES`` has them."""

    def __init__(self, of: Sized) -> None:
        """Threads and messages are the database's own."""
        self._of = of
        self.converse, self.thread = of.converse, of.thread

    def init(self, spaces: int, pages: int, frames: int) -> int:
        """A fresh state in which all ranges are of one page."""
        return self._of.init_sized(spaces, pages, frames, (0,))

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        """Map, grant and flush of ranges of one page; what has no range is the database's own."""
        if call == Call.FLUSH:
            space, page, rights = arguments
            return self._of.flush_range((space, page, 0), rights, own=False)
        if call in (Call.MAP, Call.GRANT):
            src_space, src_page, dst_space, dst_page, rights = arguments
            src, dst = (src_space, src_page, 0), (dst_space, dst_page, 0)
            return self._of.pass_range(RangeCall(int(call)), src, dst, 0, rights)
        return self._of.operate(call, arguments)

    def lookup(self, call: Call, space: int, page: int) -> tuple[int, int]:
        """What the page shows, whatever mapping it is in."""
        frame, rights, _ = self._of.lookup_sized(RangeCall(int(call)), None, space, page)
        return frame, rights


def orders_in(bits: int) -> tuple[int, ...]:
    """The orders in a set of bits.

    >>> orders_in(0b1011)
    (0, 1, 3)
    """
    return tuple(order for order in range(bits.bit_length()) if bits >> order & 1)


def ranges_offered(has: Callable[[str], bool], who: str) -> list[RangeCall]:
    """The functions for ranges that there are, ``init`` among them; none if there is no ``map2``.

    :raises TargetError: others are missing.
    """
    if not has(RangeCall.MAP.export):
        return []
    offered = [call for call in RangeCall if call == RangeCall.INIT or has(call.export)]
    lacking = [c.export for c in RangeCall if c not in offered and f"musigma_{c.export}" not in OPTIONAL_RANGES]
    if lacking:
        raise TargetError(f"{who} has map2, but not {', '.join(lacking)}: ranges need that as well; see musigma2.h")
    return offered


def cores_told(said: Any, offered: Collection[RangeCall], who: str) -> int:
    """How many cores have a buffer that can be looked into; 0 if nothing is said.

    :raises TargetError: so many cannot be, or there is nothing to look into.
    """
    if said is None:
        return 0
    if RangeCall.LOOKUP_TLB not in offered:
        raise TargetError(f"{who} has cores, but not lookup_tlb2; see musigma2.h")
    if isinstance(said, bool) or not isinstance(said, int) or not 1 <= said <= MOST_CORES:
        raise TargetError(f"{who} says that it has {said!r} cores; say 1 to {MOST_CORES}")
    return int(said)


def shown_by(asked: str, answer: Any) -> tuple[int, int, int]:
    """What a look-up that is no dictionary answered: (frame, rights, order), or None where nothing is mapped.

    :raises AnswerError: it is neither.
    """
    if answer is None or (isinstance(answer, int) and answer == -1):
        return -1, 0, 0
    match answer:
        case (int(frame), int(rights), int(order)):
            return int(frame), int(rights), int(order)
    wanted = "(frame, rights, order)"
    said = f"{asked} returned {answer!r}: return {wanted}, or None where nothing is mapped"
    raise AnswerError(said, f"{asked} returns no {wanted}")


def as_functions_of_ranges(
    of: Sized, offered: Collection[RangeCall], guarded: Callable[[int, Callable[..., int]], Callable[..., int]]
) -> list[Any]:
    """Functions for what a database offers; None for what it does not.

    :param guarded: makes of an exception the number that is given with the function.
    """

    def init(spaces: int, pages: int, frames: int, orders: int) -> int:
        return of.init_sized(spaces, pages, frames, orders_in(orders))

    def passing(call: RangeCall) -> Callable[..., int]:
        return lambda src, dst, offset, rights: of.pass_range(call, _range(src), _range(dst), offset, rights)

    def flush(at: Any, rights: int, flags: int) -> int:
        return of.flush_range(_range(at), rights, own=bool(flags & OWN_PAGES))

    def lookup(call: RangeCall) -> Callable[..., int]:
        def look(core: int, space: int, page: int, rights: Any, order: Any) -> int:
            frame, some, size = of.lookup_sized(call, None if core == ANY_CORE else core, space, page)
            rights[0], order[0] = some & 0xFFFF_FFFF, size & 0xFFFF_FFFF
            return frame

        if call == RangeCall.LOOKUP_TLB:
            return look
        return lambda *arguments: look(ANY_CORE, *arguments)

    made: dict[RangeCall, Callable[..., int]] = {RangeCall.INIT: init, RangeCall.FLUSH: flush}
    made |= {call: passing(call) for call in (RangeCall.MAP, RangeCall.GRANT)}
    made |= {call: lookup(call) for call in (RangeCall.LOOKUP, RangeCall.LOOKUP_HW, RangeCall.LOOKUP_TLB)}
    wrong = {call: -2 if call.name.startswith("LOOKUP") else -1 for call in RangeCall}
    return [RANGE_SIGNATURES[c](guarded(wrong[c], made[c])) if c in offered else None for c in RangeCall]


def _range(at: Any) -> Range:
    return int(at[0]), int(at[1]), int(at[2])
