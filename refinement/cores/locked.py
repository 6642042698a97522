"""The kernel's operations under locks, as plain code: run an access a step, and executed in the proofs.

One lock, held during each operation; or a lock for the tree of each frame and for each slot that is named, where frames
come before slots and lower numbers before higher ones; or a lock for each slot that is touched, which is tried. The
lock of the free list is the last.
"""

from typing import Any

from refinement.cores.stepping import Around, acquire, release, takes_steps, try_acquire
from refinement.kernel.mapping_tree import NONE, ROOTS
from refinement.kernel.primitives import tour_step

POOL, TURN = "pool", "turn"
FREE_LIST = Around((("create_leaf", POOL), ("remove_leaf", POOL)))
"""A lock of the free list, held while a node is taken from it or given back."""
UNLOCKED = Around()


class OneLock:
    """One lock, held during each operation.

    :param kernel: whose map, grant and flush are called.
    """

    around = UNLOCKED

    def __init__(self, kernel: Any) -> None:
        """Nothing is held."""
        self.kernel = kernel

    @takes_steps
    def map(self, src: int, dst: int, rights: int) -> int:
        """Map, alone."""
        acquire("kernel")
        status: int = self.kernel.map(src, dst, rights)
        release("kernel")
        return status

    @takes_steps
    def grant(self, src: int, dst: int, rights: int) -> int:
        """Grant, alone."""
        acquire("kernel")
        status: int = self.kernel.grant(src, dst, rights)
        release("kernel")
        return status

    @takes_steps
    def flush(self, slot: int, rights: int) -> int:
        """Flush, alone."""
        acquire("kernel")
        status: int = self.kernel.flush(slot, rights)
        release("kernel")
        return status


class FrameLocks:
    """A lock for the tree of each frame and for each slot that is named; what was seen is looked at again.

    :param kernel: whose map, grant and flush are called.
    """

    around = FREE_LIST

    def __init__(self, kernel: Any) -> None:
        """Nothing is held."""
        self.kernel = kernel
        self.tree = kernel.tree

    @takes_steps
    def map(self, src: int, dst: int, rights: int) -> int:
        """Map, while nobody else touches the two trees and slots."""
        one, two = self.take(src, dst)
        status: int = self.kernel.map(src, dst, rights)
        self.give_back(src, dst, one, two)
        return status

    @takes_steps
    def grant(self, src: int, dst: int, rights: int) -> int:
        """Grant, while nobody else touches the two trees and slots."""
        one, two = self.take(src, dst)
        status: int = self.kernel.grant(src, dst, rights)
        self.give_back(src, dst, one, two)
        return status

    @takes_steps
    def flush(self, slot: int, rights: int) -> int:
        """Flush, while nobody else touches the tree and the slot."""
        one, two = self.take(slot, NONE)
        status: int = self.kernel.flush(slot, rights)
        self.give_back(slot, NONE, one, two)
        return status

    @takes_steps
    def take(self, src: int, dst: int) -> tuple[int, int]:
        """Hold the locks of both slots and of the frames that they show; which frames these are.

        What a slot shows may change until its locks are held. So it is looked at again then, and the locks are given
        back if it is something else.
        """
        one, two = self.frame_of(src), self.frame_of(dst)
        self.hold(src, dst, one, two)
        while self.has_moved(src, one) or self.has_moved(dst, two):
            self.give_back(src, dst, one, two)
            one, two = self.frame_of(src), self.frame_of(dst)
            self.hold(src, dst, one, two)
        return one, two

    @takes_steps
    def has_moved(self, slot: int, frame: int) -> bool:
        """Return whether a slot shows another frame than it did."""
        moved: bool = self.frame_of(slot) != frame
        return moved

    @takes_steps
    def frame_of(self, slot: int) -> int:
        """The frame that a slot shows at present; ``NONE`` if it is nil or no slot."""
        if slot == NONE:
            return NONE
        node = self.tree.node_of[slot]
        if node == NONE:
            return NONE
        frame: int = self.tree.frame[node]
        return frame

    @takes_steps
    def hold(self, src: int, dst: int, one: int, two: int) -> None:
        """Take the locks of two frames, then those of two slots."""
        self.lock("frame", one, two)
        self.lock("slot", src, dst)

    @takes_steps
    def give_back(self, src: int, dst: int, one: int, two: int) -> None:
        """Give these locks back."""
        self.unlock("slot", src, dst)
        self.unlock("frame", one, two)

    @takes_steps
    def lock(self, kind: str, one: int, two: int) -> None:
        """Take two locks of a kind, the lower first; of two that are one only one, and none for ``NONE``."""
        low, high = one, two
        if two <= one:
            low, high = two, one
        if low != NONE:
            acquire(kind, low)
        if high != low:
            acquire(kind, high)

    @takes_steps
    def unlock(self, kind: str, one: int, two: int) -> None:
        """Give two locks of a kind back, as they were taken."""
        if one != NONE:
            release(kind, one)
        if two != NONE and two != one:
            release(kind, two)


class Mine:
    """The slots whose locks a core holds: a list of its own, which no other core sees."""

    def __init__(self) -> None:
        """None."""
        self.slots: list[int] = []

    def has(self, slot: int) -> bool:
        """Return whether the slot is one of them."""
        return slot in self.slots

    def some(self) -> bool:
        """Return whether there is one."""
        return bool(self.slots)

    def add(self, slot: int) -> None:
        """The slot is one of them."""
        self.slots.append(slot)

    def take_out(self) -> int:
        """One of them, which is none of them any more."""
        return self.slots.pop()


class SlotLocks:
    """A lock for each slot that is touched: tried, and all given back and tried again if another core has one.

    Who has to try again waits for its turn first. There is one turn, and whoever has it waits for locks instead of
    trying them: so two cores cannot go on making each other try again.

    :param kernel: whose map, grant and flush are called.
    """

    around = FREE_LIST

    def __init__(self, kernel: Any) -> None:
        """Nothing is held."""
        self.kernel = kernel
        self.tree = kernel.tree
        self.mine = Mine()

    @takes_steps
    def map(self, src: int, dst: int, rights: int) -> int:
        """Map, while nobody else touches the slots that it touches."""
        waits = self.take(src, dst, False)
        status: int = self.kernel.map(src, dst, rights)
        self.give_back(waits)
        return status

    @takes_steps
    def grant(self, src: int, dst: int, rights: int) -> int:
        """Grant, while nobody else touches the slots that it touches."""
        waits = self.take(src, dst, True)
        status: int = self.kernel.grant(src, dst, rights)
        self.give_back(waits)
        return status

    @takes_steps
    def flush(self, slot: int, rights: int) -> int:
        """Flush, while nobody else touches the slots that it touches."""
        waits = self.take(slot, NONE, True)
        status: int = self.kernel.flush(slot, rights)
        self.give_back(waits)
        return status

    @takes_steps
    def take(self, src: int, dst: int, deep: bool) -> bool:
        """Hold the locks of all slots that an operation touches; whether the core has the turn.

        :param deep: it may touch what derives from its source.
        """
        waits = False
        while not self.attempt(src, dst, deep, waits):
            self.let_go()
            if not waits:
                acquire(TURN)
                waits = True
        return waits

    @takes_steps
    def give_back(self, waits: bool) -> None:
        """Give all locks back, and the turn."""
        self.let_go()
        if waits:
            release(TURN)

    @takes_steps
    def let_go(self) -> None:
        """Give the locks of all slots back."""
        while self.mine.some():
            slot = self.mine.take_out()
            release("slot", slot)

    @takes_steps
    def attempt(self, src: int, dst: int, deep: bool, waits: bool) -> bool:
        """Take the locks of both slots, of what the destination was mapped from, and of what derives from them."""
        if not self.one(src, waits):
            return False
        if dst != NONE:
            if not self.one(dst, waits):
                return False
            if not self.above(dst, waits):
                return False
            if not self.below(dst, waits):
                return False
        if deep:
            done: bool = self.below(src, waits)
            return done
        return True

    @takes_steps
    def above(self, slot: int, waits: bool) -> bool:
        """Take the lock of what a slot was mapped from; the slot's own is held."""
        node = self.tree.node_of[slot]
        if node == NONE:
            return True
        parent = self.tree.parent[node]
        if parent == ROOTS:
            return True
        done: bool = self.node(parent, waits)
        return done

    @takes_steps
    def below(self, slot: int, waits: bool) -> bool:
        """Take the locks of all that derives from a slot, whose own is held.

        A node's links can be followed, since the locks of the node and of its parent are held.
        """
        top = self.tree.node_of[slot]
        if top == NONE:
            return True
        cursor, leaving = tour_step(self.tree, top, False)
        while cursor != top:
            if not leaving and not self.node(cursor, waits):
                return False
            cursor, leaving = tour_step(self.tree, cursor, leaving)
        return True

    @takes_steps
    def node(self, node: int, waits: bool) -> bool:
        """Take the lock of a node's slot. Which that is may change until the lock is held: it is looked at again."""
        slot = self.tree.slot[node]
        if slot == NONE:
            return False
        if not self.one(slot, waits):
            return False
        same: bool = self.tree.node_of[slot] == node
        return same

    @takes_steps
    def one(self, slot: int, waits: bool) -> bool:
        """Take the lock of a slot, or have it already; whether the core has it."""
        if self.mine.has(slot):
            return True
        if waits:
            acquire("slot", slot)
        elif not try_acquire("slot", slot):
            return False
        self.mine.add(slot)
        return True
