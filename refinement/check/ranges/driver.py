"""The compiled driver of ranges: an operation in a state, on a target and on the literal model.

A state is reached by its operations on a fresh target; then one operation more is done, and everything is compared:
status, what each page shows, in the database and in page table and translation buffer where the target shows these.
The steps go into the journal, so that a target that crashes leaves a record of them. An operation is a row of eight
numbers (:class:`~model.ranges.operation.RangeOperation`); in the journal it has six, see :func:`record`.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

import model.ranges.compiled as _ranges  # it registers what the literal model calls
from model.ranges.literal import Ranged, flush_range, grant_range, map_range
from model.ranges.readings import RangeReadings
from model.running.compiling import compile_on_disk
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED
from model.spaces.operation import Kind
from refinement.check.driver.compiling import Integer
from refinement.check.driver.driver import (
    CALLS,
    FRAMES_GO,
    INSIDE,
    OPERATIONS,
    PAGE,
    ROWS,
    SPACE,
    Mismatch,
    StepKind,
    cannot_be_said,
)
from refinement.check.target.calls import UNKNOWN, Call, call_check, call_flush, call_init, call_lookup, call_pass
from refinement.check.target.range_calls import (
    ANY_CORE,
    RangeCall,
    call_flush2,
    call_init2,
    call_lookup2,
    call_lookup_tlb2,
    call_pass2,
)

assert _ranges

STALE = 20  # a mismatch of ranges alone: a translation buffer shows what is not mapped
WRONG_ORDER = 21  # and this: a look-up tells of a mapping that cannot be
WINDOW_AT, ORDERS_AT = 8, 16  # bits of a journal's numbers
FAULT, CALL, EXPECTED, EXPECTED_RIGHTS, GOT, GOT_RIGHTS, IN_SPACE, AT_PAGE, ON_CORE = range(9)  # of a failure
NOT_TRIED, WAS_DONE, WAS_REFUSED, DIFFERED = range(4)  # how a call ended that was tried


class Journal(NamedTuple):
    """The journal, and what functions of the target write and are given.

    ``failure``: what went wrong last; ``words``: the two ranges of a call, then rights and order of a look-up.
    """

    cells: NDArray[np.int64]
    rows: NDArray[np.uint32]
    failure: NDArray[np.int64]
    words: NDArray[np.uint32]


class Sized(NamedTuple):
    """A target in a scope: its functions of either version, the scope, and its cores, 0 if it does not tell."""

    plain: NDArray[np.int64]
    ranges: NDArray[np.int64]
    spaces: int
    pages: int
    frames: int
    orders: int
    cores: int


def write(j: Journal, a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    """A step goes into the journal."""
    row = j.rows[j.cells[ROWS] % len(j.rows)]
    row[0], row[1], row[2], row[3], row[4], row[5] = a, b, c, d, e, f
    j.cells[ROWS] += 1


def record(j: Journal, o: NDArray[np.int64]) -> None:
    """An operation goes into the journal: kind, source, orders, window, offset, rights and whether own pages go."""
    write(j, o[0], o[1], o[2] | o[4] << WINDOW_AT, max(o[3], 0), o[5], o[6] | o[7] << ORDERS_AT)


def enter(j: Journal, call: int) -> None:
    """The next thing that happens is that call."""
    j.cells[INSIDE] = call + 1
    j.cells[CALLS] += 1


def fail(j: Journal, fault: int, call: int, expected: int, got: Integer) -> int:
    """Record a failure."""
    j.failure[:] = 0
    j.failure[FAULT], j.failure[CALL], j.failure[EXPECTED], j.failure[GOT] = fault, call, expected, got
    j.failure[IN_SPACE] = j.failure[AT_PAGE] = j.failure[ON_CORE] = -1
    return fault


def begin(t: Sized, j: Journal) -> int:
    """A fresh target."""
    write(j, StepKind.INIT, t.spaces, t.pages, t.frames, t.orders, 0)
    enter(j, Call.INIT)
    spaces, pages, frames = np.uint32(t.spaces), np.uint32(t.pages), np.uint32(t.frames)
    if t.ranges[RangeCall.INIT] != 0:
        status = np.int64(call_init2(t.ranges[RangeCall.INIT], spaces, pages, frames, np.uint64(t.orders)))
    else:
        status = np.int64(call_init(t.plain[Call.INIT], spaces, pages, frames))
    j.cells[INSIDE] = 0
    if status == 0:
        return 0
    return fail(j, Mismatch.UNFIT if status > 0 else Mismatch.ERROR, Call.INIT, 0, status)


def call(t: Sized, j: Journal, o: NDArray[np.int64]) -> Integer:
    """An operation on the target; what it returned."""
    record(j, o)
    enter(j, o[0])
    src, dst = o[1], max(o[3], 0)
    from_space, to_space = src // t.pages, dst // t.pages
    j.words[0], j.words[1], j.words[2] = from_space, src - from_space * t.pages, o[2]
    j.words[3], j.words[4], j.words[5] = to_space, dst - to_space * t.pages, o[4]
    offset, rights, flags = np.uint32(o[5]), np.uint32(o[6]), np.uint32(o[7])
    if t.ranges[RangeCall.INIT] == 0:
        w = j.words
        if o[0] == Kind.FLUSH:
            status = np.int64(call_flush(t.plain[Call.FLUSH], w[0], w[1], rights))
        else:
            status = np.int64(call_pass(t.plain[o[0]], w[0], w[1], w[3], w[4], rights))
    elif o[0] == Kind.FLUSH:
        status = np.int64(call_flush2(t.ranges[RangeCall.FLUSH], j.words[0:].ctypes.data, rights, flags))
    else:
        one, other = j.words[0:].ctypes.data, j.words[3:].ctypes.data
        status = np.int64(call_pass2(t.ranges[o[0]], one, other, offset, rights))
    j.cells[INSIDE] = 0
    j.cells[OPERATIONS] += 1
    return status


def look(t: Sized, j: Journal, which: int, in_space: int, at_page: int, core: int) -> Integer:
    """Return what a page shows; the rights are then in ``words[6]``, the order in ``words[7]``.

    :param core: whose translation buffer is asked.
    """
    space, page = np.uint32(in_space), np.uint32(at_page)
    j.cells[SPACE], j.cells[PAGE] = in_space, at_page
    j.words[6], j.words[7] = 0xFFFF_FFFF, 0
    rights, order = j.words[6:].ctypes.data, j.words[7:].ctypes.data
    enter(j, Call.LOOKUP if which == RangeCall.LOOKUP else Call.LOOKUP_HW)
    if t.ranges[RangeCall.INIT] == 0:
        got = call_lookup(t.plain[which], space, page, rights)
    elif which == RangeCall.LOOKUP_TLB:
        got = call_lookup_tlb2(t.ranges[which], np.int32(core), space, page, rights, order)
    else:
        got = call_lookup2(t.ranges[which], space, page, rights, order)
    j.cells[INSIDE] = 0
    return np.int64(got)


def is_mapping(t: Sized, s: Ranged, x: int, page: int, order: int) -> bool:
    """Return whether a page can be shown by a mapping of that order: of one that there is, whose pages lie together."""
    if order < 0 or order > 62 or (t.orders >> order) & 1 == 0:
        return False
    inside, size = page & ((1 << order) - 1), 1 << order
    base = x - inside
    if page - inside + size > t.pages:
        return False
    for n in range(size):
        if s.phys[base + n] != s.phys[x] + (base + n - x) or s.rights[base + n] != s.rights[x]:
            return False
    return True


def is_told_alike(page: int, before: int, order: int) -> bool:
    """Return whether a page and the one before it are said to be in one mapping, or each to be in another.

    :param before: the order that the page before it was said to be in a mapping of, -1 if in none.
    """
    begins = page % (1 << order) == 0
    ended = before < 0 or page % (1 << before) == 0
    return begins == ended and (begins or before == order)


def compare_look(
    t: Sized, j: Journal, which: int, space: int, page: int, core: int, s: Ranged, orders: NDArray[np.int64]
) -> int:
    """What one look-up shows of a page with the model."""
    got = look(t, j, which, space, page, core)
    x = space * t.pages + page
    rights = np.int64(j.words[6])
    fault = 0
    if got < NIL:
        fault = Mismatch.ERROR
    elif which == RangeCall.LOOKUP_TLB:
        extra = rights & ~s.rights[x]
        fault = STALE if got != NIL and (got != s.phys[x] or extra != 0) else 0
    else:
        if which == RangeCall.LOOKUP:
            orders[x] = np.int64(j.words[7]) if got >= 0 else -1
        if got != s.phys[x] or (got >= 0 and rights != s.rights[x]):
            fault = Mismatch.LOOKUP if which == RangeCall.LOOKUP else Mismatch.LOOKUP_HW
        elif got >= 0 and not is_mapping(t, s, x, page, int(j.words[7])):
            fault = WRONG_ORDER
        elif got >= 0 and which == RangeCall.LOOKUP and page > 0:
            fault = 0 if is_told_alike(page, orders[x - 1], orders[x]) else WRONG_ORDER
    if fault != 0:
        fail(j, fault, Call.LOOKUP if which == RangeCall.LOOKUP else Call.LOOKUP_HW, s.phys[x], got)
        j.failure[EXPECTED_RIGHTS], j.failure[GOT_RIGHTS] = s.rights[x], rights
        j.failure[IN_SPACE], j.failure[AT_PAGE] = space, page
        j.failure[ON_CORE] = core if which == RangeCall.LOOKUP_TLB else -1
        if fault == WRONG_ORDER:
            j.failure[EXPECTED], j.failure[GOT] = got, j.words[7]
    return fault


def compare_page(
    t: Sized, j: Journal, in_table: bool, cores: int, space: int, page: int, s: Ranged, orders: NDArray[np.int64]
) -> int:
    """All that is shown of one page with the model.

    :param in_table: the page table can be asked; ``cores``: how many buffers.
    """
    fault = compare_look(t, j, RangeCall.LOOKUP, space, page, ANY_CORE, s, orders)
    if fault == 0 and in_table:
        fault = compare_look(t, j, RangeCall.LOOKUP_HW, space, page, ANY_CORE, s, orders)
    for core in range(cores):
        if fault == 0:
            asked = core if t.cores > 0 else ANY_CORE
            fault = compare_look(t, j, RangeCall.LOOKUP_TLB, space, page, asked, s, orders)
    return fault


def compare(t: Sized, j: Journal, s: Ranged, orders: NDArray[np.int64]) -> int:
    """Every page of the target with the model; the orders that it shows are written down. Then its own check."""
    of_pages = t.ranges[RangeCall.INIT] == 0
    in_table = t.plain[Call.LOOKUP_HW] != 0 if of_pages else t.ranges[RangeCall.LOOKUP_HW] != 0
    cores = max(t.cores, 1) if not of_pages and t.ranges[RangeCall.LOOKUP_TLB] != 0 else 0
    for space in range(t.spaces):
        for page in range(t.pages):
            fault = compare_page(t, j, in_table, cores, space, page, s, orders)
            if fault != 0:
                return fault
    if t.plain[Call.CHECK] != 0:
        enter(j, Call.CHECK)
        status = np.int64(call_check(t.plain[Call.CHECK]))
        j.cells[INSIDE] = 0
        if status != 0:
            return fail(j, Mismatch.CHECK, Call.CHECK, 0, status)
    return 0


def is_range(t: Sized, x: int, order: int) -> bool:
    """Return whether a range of that order begins with that slot."""
    if x < 0 or x >= t.spaces * t.pages or order < 0 or order > 62 or (t.orders >> order) & 1 == 0:
        return False
    return (x % t.pages) % (1 << order) == 0 and x % t.pages + (1 << order) <= t.pages


def is_in_range(t: Sized, o: NDArray[np.int64]) -> bool:
    """Return whether an operation's ranges are some of the scope, and its rights a set; others are refused."""
    passes = o[0] != Kind.FLUSH
    return is_range(t, o[1], o[2]) and (not passes or is_range(t, o[3], o[4])) and 0 <= o[6] <= ALL_RIGHTS


def expect(t: Sized, s: Ranged, o: NDArray[np.int64], d: Readings, w: RangeReadings) -> int:
    """An operation on the model, if its ranges are some of the scope."""
    return apply(s, o, d, w) if is_in_range(t, o) else REFUSED


def apply(s: Ranged, o: NDArray[np.int64], d: Readings, w: RangeReadings) -> int:
    """An operation on the model."""
    if o[0] == Kind.FLUSH:
        return flush_range(s, o[1], o[2], o[6], o[7] != 0, d, w)
    if o[0] == Kind.MAP:
        return map_range(s, o[1], o[2], o[3], o[4], o[5], o[6], d, w)
    return grant_range(s, o[1], o[2], o[3], o[4], o[5], o[6], d, w)


def holds_frame(s: Ranged, o: NDArray[np.int64]) -> bool:
    """Return whether a flush with its own pages would lose a frame."""
    found = False
    for x in range(o[1], o[1] + (1 << o[2])):
        found = found or s.sigma[x] < NIL
    return o[7] != 0 and found


def is_passed_over(t: Sized, j: Journal, s: Ranged, o: NDArray[np.int64]) -> bool:
    """Return whether an operation is not tried: the target has no words for it, or a frame would be lost."""
    untold = cannot_be_said(j.cells, o[0], o[1] // t.pages, max(o[3], 0) // t.pages)
    return untold or (j.cells[FRAMES_GO] == 0 and is_in_range(t, o) and holds_frame(s, o))


def lead(t: Sized, j: Journal, path: NDArray[np.int64], length: int) -> int:
    """A fresh target to the state that the first operations of a path lead to."""
    fault = begin(t, j)
    for k in range(length):
        if fault == 0:
            call(t, j, path[k])
    return fault


def attempt(
    t: Sized,
    j: Journal,
    state: NDArray[np.int64],
    path: NDArray[np.int64],
    length: int,
    o: NDArray[np.int64],
    d: Readings,
    w: RangeReadings,
    after: NDArray[np.int64],
    orders: NDArray[np.int64],
) -> int:
    """Do one call in the state to which the first operations of a path lead, and compare all that there is.

    :param after: where the state after the call goes, and ``orders`` where what the target shows of mappings goes.
    :returns: ``DIFFERED``, ``j.failure`` says how; ``NOT_TRIED``; or ``WAS_DONE`` or ``WAS_REFUSED``.
    """
    after[:] = state
    slots = len(after) // 4
    s = Ranged(after[:slots], after[slots : 2 * slots], after[2 * slots : 3 * slots], after[3 * slots :])
    if is_passed_over(t, j, s, o):
        return NOT_TRIED
    expected = expect(t, s, o, d, w)
    if expected == CYCLE_MET:
        return NOT_TRIED
    if lead(t, j, path, length) != 0:
        return DIFFERED
    got = call(t, j, o)
    if got != expected and got != UNKNOWN:
        known = got in (DONE, REFUSED)
        fail(j, Mismatch.STATUS if known else Mismatch.ERROR, o[0], expected, got)
        return DIFFERED
    if compare(t, j, s, orders) != 0:
        return DIFFERED
    return WAS_DONE if expected == DONE else WAS_REFUSED


def as_numbers(d: Readings, w: RangeReadings) -> tuple[Readings, RangeReadings]:
    """Readings with numbers in place of members, whose types numba would work out anew at each call, in Python.

    >>> as_numbers(Readings(), RangeReadings())[1][0]
    0
    """
    return Readings._make(map(int, d)), RangeReadings._make(map(int, w))


for _helper in (
    write,
    record,
    enter,
    fail,
    begin,
    call,
    look,
    is_mapping,
    is_told_alike,
    compare_look,
    compare_page,
    compare,
    is_range,
    is_in_range,
    holds_frame,
    is_passed_over,
    lead,
):
    register_jitable(_nrt=False)(_helper)  # they allocate nothing, and counting references costs more than they do
for _model in (map_range, grant_range, flush_range, apply, expect, attempt):
    register_jitable(_model)

attempt_compiled = compile_on_disk(attempt)
