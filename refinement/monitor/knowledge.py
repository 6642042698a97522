"""Knowledge of a state that was never seen whole: bounds that hold of every state that the log allows.

A slot is *unknown*, *nil*, or *in a tree*: linked by links that the log has shown, up to a root of which it may not be
known where it comes from. All slots of a tree show one frame, which may not be known either. Of each slot there is a
set of rights that it has at least and one that it has at most.

What nobody has seen may lie above a root: a flush in another tree of the same frame, or of a page that is unknown, may
have taken the tree. So each tree has the time at which it was last seen, and each frame the times of the last flushes;
a tree is *trusted* while no flush outside of it came after. Flushes that take some rights may have taken these from
some slots and others away; then each slot must be seen again (its *epoch*). All this errs to one side: what is said to
be known holds in every state that the log allows, so that no kernel is accused wrongly.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from refinement.check.driver.compiling import Integer, compiled

UNKNOWN, NOTHING, IN_TREE = 0, 1, 2
NOBODY, SOMEBODY, FRAME = -1, -2, -3  # as a parent: none, one that is not known, the slot holds its frame itself
MAYBE = -1  # as an epoch

# Columns of a slot.
CONTENT, PARENT, FIRST, AFTER, BEFORE, LEAST, MOST, EPOCH, TREE = range(9)
# Columns of a tree: its name is never used again; its number is.
NAME, FRAME_OF, SEEN, AGE = range(4)
# The last flush, by which tree, and the last by another: of all rights or some, and of some.
ANY, PARTIAL = 0, 4
# Cells.
CLOCK, NAMES, FREE = range(3)


class Knowledge(NamedTuple):
    """Slots, trees, flushes by frame (the last two rows: of an unknown frame, and of all), and some numbers.

    ``free``: a stack of numbers of trees that are not in use.
    """

    slots: NDArray[np.int64]
    trees: NDArray[np.int64]
    flushes: NDArray[np.int64]
    free: NDArray[np.int64]
    cells: NDArray[np.int64]


def allocate(slots: int, frames: int) -> Knowledge:
    """Nothing is known of so many slots."""
    made = Knowledge(
        np.zeros((slots, 9), np.int64),
        np.zeros((slots + 1, 4), np.int64),
        np.zeros((frames + 2, 8), np.int64),
        np.zeros(slots + 1, np.int64),
        np.zeros(4, np.int64),
    )
    forget_all(made)
    return made


@compiled
def forget_all(k: Knowledge) -> None:
    """Nothing is known."""
    for x in range(len(k.slots)):
        k.slots[x, CONTENT] = UNKNOWN
        k.slots[x, PARENT] = NOBODY
        k.slots[x, FIRST] = NOBODY
    for n in range(len(k.trees)):
        k.free[n] = n
    k.cells[FREE] = len(k.trees)


@compiled
def root_of(k: Knowledge, x: Integer) -> int:
    """The root of the slot's tree."""
    while k.slots[x, PARENT] >= 0:
        x = k.slots[x, PARENT]
    return int(x)


@compiled
def last_by_others(k: Knowledge, row: Integer, part: Integer, name: Integer) -> int:
    """The time of the last flush that was not by this tree."""
    return int(k.flushes[row, part + 2] if k.flushes[row, part] == name else k.flushes[row, part + 1])


@compiled
def last_flush(k: Knowledge, tree: Integer, part: Integer) -> int:
    """The time of the last flush that may have reached into a tree from outside."""
    frame, name, unknown = k.trees[tree, FRAME_OF], k.trees[tree, NAME], len(k.flushes) - 2
    if frame < 0:
        return last_by_others(k, unknown + 1, part, name)
    return max(last_by_others(k, frame, part, name), last_by_others(k, unknown, part, name))


@compiled
def note_flush(k: Knowledge, row: Integer, part: Integer, name: Integer) -> None:
    """A flush by a tree happens now."""
    if k.flushes[row, part] != name:
        k.flushes[row, part + 2] = k.flushes[row, part + 1]
        k.flushes[row, part] = name
    k.flushes[row, part + 1] = k.cells[CLOCK]


@compiled
def flush_outside(k: Knowledge, x: Integer, partly: bool) -> None:
    """What derives from a slot by links that are not known may go, or lose rights."""
    content = k.slots[x, CONTENT]
    if content == NOTHING:
        return
    k.cells[CLOCK] += 1
    unknown = len(k.flushes) - 2
    name, frame = -1, -1
    if content == IN_TREE:
        tree = k.slots[root_of(k, x), TREE]
        name, frame = k.trees[tree, NAME], k.trees[tree, FRAME_OF]
    row = unknown if frame < 0 else frame
    note_flush(k, row, ANY, name)
    note_flush(k, unknown + 1, ANY, name)
    if partly:
        note_flush(k, row, PARTIAL, name)
        note_flush(k, unknown + 1, PARTIAL, name)


@compiled
def is_trusted(k: Knowledge, root: Integer) -> bool:
    """Return whether nothing outside can have reached into the tree since it was seen."""
    if k.slots[root, PARENT] == FRAME:
        return True
    tree = k.slots[root, TREE]
    return bool(last_flush(k, tree, ANY) < k.trees[tree, SEEN])


@compiled
def is_sure(k: Knowledge, x: Integer) -> bool:
    """Return whether a slot shows something in every state."""
    if k.slots[x, CONTENT] != IN_TREE:
        return False
    root = root_of(k, x)
    return bool(is_trusted(k, root) and k.slots[x, EPOCH] == k.trees[k.slots[root, TREE], AGE])


@compiled
def plant(k: Knowledge, x: Integer, parent: Integer, frame: Integer, least: Integer, most: Integer) -> None:
    """An unknown or empty slot shows something, and is the root of a tree of its own."""
    k.cells[FREE] -= 1
    tree = k.free[k.cells[FREE]]
    k.cells[NAMES] += 1
    k.cells[CLOCK] += 1
    k.trees[tree, NAME] = k.cells[NAMES]
    k.trees[tree, FRAME_OF] = frame
    k.trees[tree, SEEN] = k.cells[CLOCK]
    k.trees[tree, AGE] = 0
    k.slots[x, CONTENT] = IN_TREE
    k.slots[x, PARENT] = parent
    k.slots[x, FIRST] = NOBODY
    k.slots[x, TREE] = tree
    k.slots[x, EPOCH] = 0
    k.slots[x, LEAST] = least
    k.slots[x, MOST] = most


@compiled
def see(k: Knowledge, x: Integer) -> None:
    """A slot was seen to show something; of its rights nothing was seen."""
    if k.slots[x, CONTENT] != IN_TREE:
        plant(k, x, SOMEBODY, -1, 0, 7)
        return
    root = root_of(k, x)
    tree = k.slots[root, TREE]
    if not is_trusted(k, root) and last_flush(k, tree, PARTIAL) >= k.trees[tree, SEEN]:
        k.trees[tree, AGE] += 1  # some of the others may have lost rights, or gone
    k.cells[CLOCK] += 1
    k.trees[tree, SEEN] = k.cells[CLOCK]
    if k.slots[x, EPOCH] != k.trees[tree, AGE]:
        k.slots[x, EPOCH] = k.trees[tree, AGE]
        k.slots[x, LEAST] = 0


@compiled
def link(k: Knowledge, x: Integer, parent: Integer) -> None:
    """A slot becomes a child."""
    follower = k.slots[parent, FIRST]
    k.slots[x, PARENT] = parent
    k.slots[x, BEFORE] = NOBODY
    k.slots[x, AFTER] = follower
    if follower != NOBODY:
        k.slots[follower, BEFORE] = x
    k.slots[parent, FIRST] = x


@compiled
def unlink(k: Knowledge, x: Integer) -> None:
    """A slot is no child any more; a root gives its tree back."""
    parent = k.slots[x, PARENT]
    if parent < 0:
        k.free[k.cells[FREE]] = k.slots[x, TREE]
        k.cells[FREE] += 1
        return
    before, after = k.slots[x, BEFORE], k.slots[x, AFTER]
    if before == NOBODY:
        k.slots[parent, FIRST] = after
    else:
        k.slots[before, AFTER] = after
    if after != NOBODY:
        k.slots[after, BEFORE] = before


@compiled
def drop(k: Knowledge, top: Integer, content: Integer) -> None:
    """A slot and all that is known to derive from it come to show nothing, or are not known any more."""
    if k.slots[top, CONTENT] != IN_TREE:
        k.slots[top, CONTENT] = content
        return
    at = top
    while True:
        if k.slots[at, FIRST] != NOBODY:
            at = k.slots[at, FIRST]
            continue
        parent = k.slots[at, PARENT]
        unlink(k, at)
        k.slots[at, CONTENT] = content
        k.slots[at, PARENT] = NOBODY
        if at == top:
            return
        at = parent


@compiled
def narrow_slot(k: Knowledge, x: Integer, kept: Integer) -> bool:
    """A slot keeps only those rights; whether it is gone for sure, which the caller sees to."""
    most = k.slots[x, MOST] & kept
    if most == k.slots[x, MOST]:
        return False
    k.slots[x, MOST] = most
    k.slots[x, LEAST] &= kept
    if k.slots[x, LEAST] == 0:
        k.slots[x, EPOCH] = MAYBE
    return bool(most == 0)


@compiled
def narrow_below(k: Knowledge, top: Integer, kept: Integer) -> None:
    """What is known to derive from a slot keeps only those rights."""
    at = k.slots[top, FIRST]
    while at != NOBODY:
        gone = narrow_slot(k, at, kept)
        if not gone and k.slots[at, FIRST] != NOBODY:
            at = k.slots[at, FIRST]
            continue
        follower, parent = k.slots[at, AFTER], k.slots[at, PARENT]
        if gone:
            drop(k, at, NOTHING)
        while follower == NOBODY and parent != top:
            follower = k.slots[parent, AFTER]
            parent = k.slots[parent, PARENT]
        at = follower


@compiled
def see_own(k: Knowledge, x: Integer) -> None:
    """What an operation on a slot did to the slot's own tree is known: nothing unknown lies between."""
    k.cells[CLOCK] += 1
    k.trees[k.slots[root_of(k, x), TREE], SEEN] = k.cells[CLOCK]


@compiled
def move(k: Knowledge, src: Integer, dst: Integer) -> None:
    """A slot's place in its tree goes to another, which is in none; the source shows nothing."""
    for column in (FIRST, LEAST, MOST, EPOCH, TREE):
        k.slots[dst, column] = k.slots[src, column]
    k.slots[dst, CONTENT] = IN_TREE
    parent = k.slots[src, PARENT]
    k.slots[dst, PARENT] = parent
    if parent >= 0:
        unlink(k, src)
        link(k, dst, parent)
    child = k.slots[dst, FIRST]
    while child != NOBODY:
        k.slots[child, PARENT] = dst
        child = k.slots[child, AFTER]
    k.slots[src, CONTENT] = NOTHING
    k.slots[src, PARENT] = NOBODY
    k.slots[src, FIRST] = NOBODY
