"""A log, line by line, against what is known: whether the dialect allows the answer, and what it teaches. Compiled."""

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.spaces.dialect import OwnPage, PartialFlush, Readings
from model.spaces.literal import DONE, REFUSED
from refinement.check.driver.compiling import Integer, compiled
from refinement.monitor.expecting import (
    BEGIN,
    CORE,
    DECIDED,
    DST,
    END,
    KIND,
    LOST,
    NO,
    OPEN,
    OVERLAP,
    PERHAPS,
    RIGHTS,
    SRC,
    STATUS,
    WRONG,
    WRONG_LINE,
    YES,
    LineKind,
    Wrong,
    expected_pass,
)
from refinement.monitor.knowledge import (
    AGE,
    CONTENT,
    EPOCH,
    FIRST,
    FRAME_OF,
    IN_TREE,
    LEAST,
    MOST,
    NOBODY,
    NOTHING,
    SOMEBODY,
    TREE,
    UNKNOWN,
    Knowledge,
    drop,
    flush_outside,
    forget_all,
    is_sure,
    link,
    move,
    narrow_below,
    narrow_slot,
    plant,
    root_of,
    see,
    see_own,
)


@compiled
def clear_destination(k: Knowledge, dst: Integer) -> None:
    """What a slot showed is replaced: all that derives from it goes."""
    flush_outside(k, dst, False)
    drop(k, dst, NOTHING)


@compiled
def do_map(k: Knowledge, src: Integer, dst: Integer, rights: Integer) -> None:
    """A map was done."""
    see(k, src)
    clear_destination(k, dst)
    see_own(k, src)  # what was cleared is not above it: else it would have been refused
    link(k, dst, src)
    k.slots[dst, CONTENT] = IN_TREE
    k.slots[dst, LEAST] = k.slots[src, LEAST] & rights
    k.slots[dst, MOST] = k.slots[src, MOST] & rights
    k.slots[dst, FIRST] = NOBODY
    k.slots[dst, EPOCH] = k.trees[k.slots[root_of(k, src), TREE], AGE]


@compiled
def do_grant(k: Knowledge, src: Integer, dst: Integer, rights: Integer) -> None:
    """A grant was done."""
    see(k, src)
    clear_destination(k, dst)
    see_own(k, src)
    if rights != ALL_RIGHTS:
        flush_outside(k, src, True)
        see_own(k, src)
    narrow_below(k, src, rights)
    k.slots[src, MOST] &= rights
    k.slots[src, LEAST] &= rights
    move(k, src, dst)


@compiled
def do_flush(k: Knowledge, x: Integer, rights: Integer, d: Readings) -> None:
    """A flush was done."""
    if rights == 0:
        return
    flush_outside(k, x, rights != ALL_RIGHTS)
    if k.slots[x, CONTENT] == IN_TREE:
        narrow_below(k, x, ALL_RIGHTS & ~rights)
    if d.own_page == OwnPage.INCLUDED:
        if k.slots[x, CONTENT] == IN_TREE:
            if narrow_slot(k, x, ALL_RIGHTS & ~rights):
                drop(k, x, NOTHING)
        elif rights == ALL_RIGHTS:
            k.slots[x, CONTENT] = NOTHING


@compiled
def look(k: Knowledge, cells: NDArray[np.int64], x: Integer, frame: Integer, rights: Integer) -> int:
    """A look-up: what is wrong with it; else it is learnt."""
    content, sure = k.slots[x, CONTENT], is_sure(k, x)
    cells[DECIDED if sure or content == NOTHING else OPEN] += 1
    if frame < 0:
        if sure:
            return Wrong.SHOWS_NOTHING.value
        drop(k, x, NOTHING)
        return 0
    if frame >= len(k.flushes) - 2:
        return Wrong.NO_SUCH_FRAME.value
    if content == NOTHING:
        return Wrong.SHOWS_SOMETHING.value
    if rights == 0 or rights > ALL_RIGHTS:
        return Wrong.TOO_FEW_RIGHTS.value if rights == 0 else Wrong.TOO_MANY_RIGHTS.value
    if content == IN_TREE:
        tree = k.slots[root_of(k, x), TREE]
        if k.trees[tree, FRAME_OF] >= 0 and k.trees[tree, FRAME_OF] != frame:
            return Wrong.OTHER_FRAME.value
        if rights & ~k.slots[x, MOST] != 0:
            return Wrong.TOO_MANY_RIGHTS.value
        if sure and k.slots[x, LEAST] & ~rights != 0:
            return Wrong.TOO_FEW_RIGHTS.value
        k.trees[tree, FRAME_OF] = frame
        see(k, x)
    else:
        plant(k, x, SOMEBODY, frame, rights, rights)
    k.slots[x, LEAST] = rights
    k.slots[x, MOST] = rights
    return 0


@compiled
def take(k: Knowledge, cells: NDArray[np.int64], line: NDArray[np.int64], d: Readings) -> int:
    """A line that overlaps no other: what is wrong with it, if anything."""
    kind, status = line[KIND], line[STATUS]
    if kind == LineKind.LOST:
        forget_all(k)
        return 0
    if kind == LineKind.LOOKUP:
        if line[SRC] < 0:
            cells[DECIDED] += 1
            return 0 if status < 0 else Wrong.OUT_OF_RANGE.value
        return look(k, cells, line[SRC], status, line[RIGHTS])
    if status != DONE and status != REFUSED:
        return Wrong.NO_STATUS.value
    if kind == LineKind.FLUSH:
        cells[DECIDED] += 1
        outside = line[SRC] < 0 or line[RIGHTS] > ALL_RIGHTS
        partial = d.partial_flush == PartialFlush.ALL_ONLY and line[RIGHTS] != ALL_RIGHTS
        if outside or partial:
            reason = Wrong.OUT_OF_RANGE.value if outside else Wrong.PARTIAL_FLUSH.value
            return 0 if status == REFUSED else reason
        if status == REFUSED:
            return Wrong.REFUSED_WITHOUT_REASON.value
        do_flush(k, line[SRC], line[RIGHTS], d)
        return 0
    refused, reason = expected_pass(k, line, d)
    cells[OPEN if refused == PERHAPS else DECIDED] += 1
    if status == REFUSED:
        return Wrong.REFUSED_WITHOUT_REASON.value if refused == NO else 0
    if refused == YES:
        return reason
    if line[SRC] != line[DST]:
        if kind == LineKind.MAP:
            do_map(k, line[SRC], line[DST], line[RIGHTS])
        else:
            do_grant(k, line[SRC], line[DST], line[RIGHTS])
    return 0


@compiled
def forget_touched(k: Knowledge, line: NDArray[np.int64]) -> None:
    """One of several operations in an order that nobody knows: what it may touch is not known any more."""
    for column in (SRC, DST):
        x = line[column]
        if x >= 0:
            drop(k, x, UNKNOWN)
            flush_outside(k, x, True)


@compiled
def is_beside(line: NDArray[np.int64], end: Integer) -> bool:
    """Return whether a line begins before others have ended; at the same time, if cores are told apart."""
    return bool(line[BEGIN] < end or (line[BEGIN] == end and line[CORE] >= 0))


@compiled
def follow(
    k: Knowledge, cells: NDArray[np.int64], lines: NDArray[np.int64], count: Integer, last: bool, d: Readings
) -> int:
    """The lines of a block, up to the last group, which may go on in the next block unless it is the ``last``.

    How many lines were done. ``cells[WRONG]`` says whether one is wrong, and ``cells[WRONG_LINE]`` which.
    """
    n = 0
    while n < count:
        end, changes, m = lines[n, END], 0, n
        while m < count and (m == n or is_beside(lines[m], end)) and lines[m, KIND] != LineKind.LOST:
            end = max(end, lines[m, END])
            changes += lines[m, KIND] != LineKind.LOOKUP
            m += 1
        if m == count and not last:
            return n
        if m - n <= 1 or changes <= 1:
            m = max(m, n + 1)
            for one in range(n, m):
                if changes == 1 and m - n > 1 and lines[one, KIND] == LineKind.LOOKUP:
                    cells[OVERLAP] += 1  # it may have been before the operation or after it
                    continue
                wrong = take(k, cells, lines[one], d)
                if wrong != 0:
                    cells[WRONG] = wrong
                    cells[WRONG_LINE] = one
                    return one
                cells[LOST] += lines[one, KIND] == LineKind.LOST
        else:
            for one in range(n, m):
                if lines[one, KIND] != LineKind.LOOKUP:
                    forget_touched(k, lines[one])
            cells[OVERLAP] += m - n
        n = m
    return n
