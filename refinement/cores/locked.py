"""The kernel's operations under locks, as plain code: run an access a step, and executed in the proofs.

One lock, held during each operation; or a lock for the tree of each frame and for each slot that is named. Frames come
before slots, lower numbers before higher ones, and the lock of the free list is the last.
"""

from typing import Any

from refinement.cores.stepping import Around, acquire, release, takes_steps
from refinement.kernel.mapping_tree import NONE

POOL = "pool"
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
        """Whether a slot shows another frame than it did."""
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
