"""A log, line by line, against what is known: whether the dialect allows the answer, and what it teaches. Compiled."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.spaces.dialect import GrantedChildren, Occupied, OwnPage, OwnSlot, PartialFlush, Readings
from model.spaces.literal import DONE, REFUSED
from refinement.check.driver.compiling import Integer, compiled
from refinement.monitor.knowledge import (
    AGE,
    CONTENT,
    EPOCH,
    FIRST,
    FRAME,
    FRAME_OF,
    IN_TREE,
    LEAST,
    MOST,
    NOBODY,
    NOTHING,
    PARENT,
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


class LineKind(IntEnum):
    """What a line tells; the first are operations, by the numbers of their kinds."""

    HEAD = 0
    MAP = 1
    GRANT = 2
    FLUSH = 3
    LOOKUP = 4
    LOST = 5


class Wrong(IntEnum):
    """Why no state that the log allows explains an answer."""

    NOTHING_WRONG = 0
    SOURCE_NIL = 1
    OWN_SLOT = 2
    ANCESTOR = 3
    FRAME_HOLDER = 4
    OCCUPIED = 5
    NO_RIGHTS = 6
    OUT_OF_RANGE = 7
    NO_GRANT = 8
    PARTIAL_FLUSH = 9
    REFUSED_WITHOUT_REASON = 10
    NO_STATUS = 11
    SHOWS_SOMETHING = 12
    SHOWS_NOTHING = 13
    OTHER_FRAME = 14
    TOO_MANY_RIGHTS = 15
    TOO_FEW_RIGHTS = 16
    NO_SUCH_FRAME = 17


# Columns of a line. Slots are -1 where they are out of range. ``STATUS`` of a look-up is the frame,
# ``NUMBER`` the line in the log.
KIND, SRC, DST, RIGHTS, STATUS, BEGIN, END, CORE, NUMBER = range(9)
WIDTH = 9

# Cells of a run: what is wrong and in which line of the block; lines whose answer was decided by what came before,
# whose was not, that overlap; and marks of lost lines.
WRONG, WRONG_LINE, DECIDED, OPEN, OVERLAP, LOST = range(6)
CELLS = 8

YES, NO, PERHAPS = 1, 0, 2


@compiled
def is_nil(k: Knowledge, x: Integer) -> int:
    """Whether a slot shows nothing."""
    if k.slots[x, CONTENT] == NOTHING:
        return YES
    return NO if is_sure(k, x) else PERHAPS


@compiled
def derives(k: Knowledge, x: Integer, y: Integer) -> int:
    """Whether x, if it shows anything, derives from y."""
    if k.slots[y, CONTENT] == NOTHING:
        return NO
    if k.slots[x, CONTENT] != IN_TREE:
        return PERHAPS
    at = x
    while k.slots[at, PARENT] >= 0:
        at = k.slots[at, PARENT]
        if at == y:
            return YES
    if k.slots[at, PARENT] == FRAME:
        return NO
    if k.slots[y, CONTENT] == IN_TREE:
        other = root_of(k, y)
        if other == at:
            return NO
        mine, theirs = k.trees[k.slots[at, TREE], FRAME_OF], k.trees[k.slots[other, TREE], FRAME_OF]
        if mine >= 0 and theirs >= 0 and mine != theirs:
            return NO
    return PERHAPS


@compiled
def holds_frame(k: Knowledge, x: Integer) -> int:
    """Whether a slot holds a frame itself."""
    if k.slots[x, CONTENT] == NOTHING:
        return NO
    if k.slots[x, CONTENT] == IN_TREE:
        if k.slots[x, PARENT] == FRAME:
            return YES
        if k.slots[x, PARENT] >= 0:
            return NO
    return PERHAPS


@compiled
def has_no_right(k: Knowledge, x: Integer, rights: Integer) -> int:
    """Whether a slot, if it shows anything, has none of these rights."""
    most = k.slots[x, MOST] if k.slots[x, CONTENT] == IN_TREE else ALL_RIGHTS
    if most & rights == 0:
        return YES
    return NO if is_sure(k, x) and k.slots[x, LEAST] & rights != 0 else PERHAPS


@compiled
def expected_pass(k: Knowledge, line: NDArray[np.int64], d: Readings) -> tuple[int, int]:
    """Whether a map or grant is refused, and if so why."""
    src, dst, rights = line[SRC], line[DST], line[RIGHTS]
    if src < 0 or dst < 0 or rights > ALL_RIGHTS:
        return YES, Wrong.OUT_OF_RANGE.value
    if line[KIND] == LineKind.GRANT and d.granted_children == GrantedChildren.NO_GRANT:
        return YES, Wrong.NO_GRANT.value
    if src == dst:
        if d.own_slot == OwnSlot.NOTHING:
            return NO, 0
        return YES, Wrong.OWN_SLOT.value
    answer, reason = NO, 0
    for number in range(5):
        if number == 0:
            one, why = is_nil(k, src), Wrong.SOURCE_NIL.value
        elif number == 1:
            one, why = derives(k, src, dst), Wrong.ANCESTOR.value
        elif number == 2:
            one, why = holds_frame(k, dst), Wrong.FRAME_HOLDER.value
        elif number == 3:
            one, why = has_no_right(k, src, rights), Wrong.NO_RIGHTS.value
        elif d.occupied == Occupied.REFUSED:
            nil = is_nil(k, dst)
            one, why = (PERHAPS if nil == PERHAPS else 1 - nil), Wrong.OCCUPIED.value
        else:
            one, why = NO, 0
        if one == YES:
            return YES, why
        if one == PERHAPS:
            answer = PERHAPS
    return answer, reason


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
    """Whether a line begins before others have ended; at the same time, if cores are told apart."""
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
