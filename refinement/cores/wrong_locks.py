"""Ways to lock a frame at a time, and a slot at a time, that are wrong in one way each."""

from refinement.cores.locked import TURN, UNLOCKED, FrameLocks, SlotLocks
from refinement.cores.stepping import acquire, takes_steps
from refinement.kernel.mapping_tree import NONE


class NotAgain(FrameLocks):
    """What was seen before the locks were held is not looked at again."""

    @takes_steps
    def has_moved(self, slot: int, frame: int) -> bool:
        """Nobody looks."""
        return False


class NilOnly(FrameLocks):
    """Locks slots only if they are nil."""

    @takes_steps
    def hold(self, src: int, dst: int, one: int, two: int) -> None:
        """Take the locks of two frames, then those of the slots that have none."""
        self.lock("frame", one, two)
        self.lock("slot", src if one == NONE else NONE, dst if two == NONE else NONE)

    @takes_steps
    def give_back(self, src: int, dst: int, one: int, two: int) -> None:
        """Give these locks back."""
        self.unlock("slot", src if one == NONE else NONE, dst if two == NONE else NONE)
        self.unlock("frame", one, two)


class Unordered(FrameLocks):
    """Locks are taken in the order of the arguments."""

    @takes_steps
    def lock(self, kind: str, one: int, two: int) -> None:
        """Take two locks of a kind, the first argument's first."""
        if one != NONE:
            acquire(kind, one)
        if two != NONE and two != one:
            acquire(kind, two)


class NoPool(FrameLocks):
    """The free list has no lock."""

    around = UNLOCKED


class SlotsNotAgain(SlotLocks):
    """Which slot a node stands for is not looked at again once the slot's lock is held."""

    @takes_steps
    def node(self, node: int, waits: bool) -> bool:
        """Take the lock of the slot that was seen."""
        slot = self.tree.slot[node]
        if slot == NONE:
            return False
        done: bool = self.one(slot, waits)
        return done


class SlotsWithoutSource(SlotLocks):
    """A map links a node below its source without the source's lock."""

    @takes_steps
    def map(self, src: int, dst: int, rights: int) -> int:
        """Map, while nobody else touches what the destination touches."""
        waits = self.take(dst, NONE, True)
        status: int = self.kernel.map(src, dst, rights)
        self.give_back(waits)
        return status


class SlotLocksKept(SlotLocks):
    """A core that has to try again keeps what it holds."""

    @takes_steps
    def take(self, src: int, dst: int, deep: bool) -> bool:
        """Wait for the turn, and for locks, with others held."""
        waits = False
        while not self.attempt(src, dst, deep, waits):
            if not waits:
                acquire(TURN)
                waits = True
        return waits


class SlotsWithoutTurn(SlotLocks):
    """A core that has to try again does so at once."""

    @takes_steps
    def take(self, src: int, dst: int, deep: bool) -> bool:
        """Try until all are held."""
        waits = False
        while not self.attempt(src, dst, deep, waits):
            self.let_go()
            waits = False
        return waits
