"""Ways to lock a frame at a time that are wrong in one way each."""

from refinement.cores.locked import UNLOCKED, FrameLocks
from refinement.cores.stepping import acquire, takes_steps
from refinement.kernel.mapping_tree import NONE


class NotAgain(FrameLocks):
    """What was seen before the locks were held is not looked at again."""

    @takes_steps
    def has_moved(self, slot: int, frame: int) -> bool:
        """Nobody looks."""
        return False


class NilOnly(FrameLocks):
    """Of slots only those that are nil are locked."""

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
