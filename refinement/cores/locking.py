"""Ways to lock the kernel's operations, right and wrong: what is wrapped around each call of map, grant and flush.

A wait for a lock is one step that is possible when the lock is free. Where an operation has to begin anew, it gives
back what it holds first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE, REFUSED
from refinement.cores.locked import UNLOCKED, FrameLocks, OneLock, SlotLocks
from refinement.cores.machine import Entry, SharedKernel
from refinement.cores.stepping import Around, Steps, acquire, release, stepped
from refinement.cores.wrong_locks import (
    NilOnly,
    NoPool,
    NotAgain,
    SlotLocksKept,
    SlotsNotAgain,
    SlotsWithoutSource,
    SlotsWithoutTurn,
    Unordered,
)


class Call(NamedTuple):
    """A call of the kernel: the name of its method, source, destination (-1 for a flush), rights."""

    kind: str
    src: int
    dst: int = -1
    rights: int = ALL_RIGHTS

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots that it names."""
        return (self.src,) if self.dst < 0 else (self.src, self.dst)

    @property
    def arguments(self) -> tuple[int, ...]:
        """What the kernel's method is called with."""
        return (self.src, self.rights) if self.dst < 0 else (self.src, self.dst, self.rights)


def done(kernel: SharedKernel, call: Call, around: Around) -> Steps:
    """The kernel's own method, step by step."""
    method = getattr(type(kernel), call.kind)
    return stepped(method, around)(kernel, *call.arguments)


@dataclass(frozen=True, slots=True)
class Locking:
    """A way to lock.

    :param sentence: what is locked, and when.
    :param operation: the steps of a call under it.
    :param right: it is claimed to be right.
    """

    name: str
    sentence: str
    operation: Callable[[SharedKernel, Call], Steps]
    right: bool = True


def _no_lock(kernel: SharedKernel, call: Call) -> Steps:
    return (yield from done(kernel, call, UNLOCKED))


def under(locks: type[OneLock] | type[FrameLocks] | type[SlotLocks]) -> Callable[[SharedKernel, Call], Steps]:
    """The calls under these locks, step by step."""

    def operation(kernel: SharedKernel, call: Call) -> Steps:
        method = getattr(locks, call.kind)
        return stepped(method, locks.around)(locks(kernel), *call.arguments)

    return operation


_one_lock = under(OneLock)


def _early_unlock(kernel: SharedKernel, call: Call) -> Steps:
    """The lock is given back between the test and the link, and the source is not looked up again."""
    if call.kind != "map":
        return (yield from _one_lock(kernel, call))
    yield from acquire("kernel")
    admitted = yield from stepped(type(kernel).admit, UNLOCKED)(kernel, *call.arguments)
    source = yield from kernel.tree.node_of.reading(call.src)  # type: ignore[attr-defined]
    yield from release("kernel")
    if not admitted:
        return REFUSED
    yield from acquire("kernel")
    if (yield from stepped(type(kernel).replace, UNLOCKED)(kernel, call.src, call.dst)):
        frame = yield from kernel.tree.frame.reading(source)  # type: ignore[attr-defined]
        rights = yield from stepped(type(kernel).passed_on, UNLOCKED)(kernel, source, call.rights)
        yield from stepped(type(kernel).create_leaf, UNLOCKED)(kernel, source, call.dst, frame, rights)
        yield from stepped(type(kernel).write_entry, UNLOCKED)(kernel, call.dst)
    yield from release("kernel")
    return DONE


def _entry_outside(kernel: SharedKernel, call: Call) -> Steps:
    """The lock is given back before the new mapping's entry is written."""
    if call.kind != "map":
        return (yield from _one_lock(kernel, call))
    yield from acquire("kernel")
    admitted = yield from stepped(type(kernel).admit, UNLOCKED)(kernel, *call.arguments)
    made = admitted and (yield from stepped(type(kernel).replace, UNLOCKED)(kernel, call.src, call.dst))
    if made:
        source = yield from kernel.tree.node_of.reading(call.src)  # type: ignore[attr-defined]
        frame = yield from kernel.tree.frame.reading(source)  # type: ignore[attr-defined]
        rights = yield from stepped(type(kernel).passed_on, UNLOCKED)(kernel, source, call.rights)
        yield from stepped(type(kernel).create_leaf, UNLOCKED)(kernel, source, call.dst, frame, rights)
    yield from release("kernel")
    if made:
        yield from kernel.shared.entries.writing(call.dst, Entry(frame, rights))
    return DONE if admitted else REFUSED


LOCKINGS = {
    each.name: each
    for each in (
        Locking("one", "one lock, held during each operation", _one_lock),
        Locking(
            "frame", "a lock a frame and named slot, in order, looked at again; one of the free list", under(FrameLocks)
        ),
        Locking("slot", "a lock a slot that is touched, tried and tried again; one of the free list", under(SlotLocks)),
        Locking("none", "no lock", _no_lock, right=False),
        Locking("frame-not-again", "a lock a frame, and not looked at again", under(NotAgain), right=False),
        Locking("frame-nil-only", "a lock a frame, and of slots that are nil alone", under(NilOnly), right=False),
        Locking("frame-unordered", "a lock a frame, in the order of arguments", under(Unordered), right=False),
        Locking("frame-no-pool", "a lock a frame, and none of the free list", under(NoPool), right=False),
        Locking("slot-not-again", "a lock a slot, and not looked at again", under(SlotsNotAgain), right=False),
        Locking("slot-no-source", "a lock a slot, and none of the source's", under(SlotsWithoutSource), right=False),
        Locking("slot-kept", "a lock a slot, waited for with others held", under(SlotLocksKept), right=False),
        Locking("slot-no-turn", "a lock a slot, tried for ever", under(SlotsWithoutTurn), right=False),
        Locking("entry-outside", "one lock, given back before the entry is written", _entry_outside, right=False),
        Locking("early-unlock", "one lock, given back between test and link", _early_unlock, right=False),
    )
}
"""By name; the first three are right."""
