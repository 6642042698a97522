"""Decide from bounds alone what answers a dialect allows: yes, no or perhaps. Compiled."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.spaces.dialect import GrantedChildren, Occupied, OwnSlot, Readings
from refinement.check.driver.compiling import Integer, compiled
from refinement.monitor.knowledge import (
    CONTENT,
    FRAME,
    FRAME_OF,
    IN_TREE,
    LEAST,
    MOST,
    NOTHING,
    PARENT,
    TREE,
    Knowledge,
    is_sure,
    root_of,
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
