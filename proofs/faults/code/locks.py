"""Operations under locks that are wrong in one way each, when executed on terms; alone, each operation is right."""

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from proofs.faults.code.slot_locks import KEPT, OF_SLOTS, TAKEN_TWICE, TRIES, UNGUARDED
from proofs.faults.code.text import with_idle_branch
from proofs.faults.code.wrong import WrongCode
from proofs.obligations.source import Code
from refinement.cores.locked import POOL, UNLOCKED, FrameLocks, OneLock, SlotLocks
from refinement.cores.stepping import Around
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
from refinement.kernel import operations, primitives
from refinement.kernel.kernel import Kernel
from refinement.rewriting import replaced

OPERATIONS = ("map", "grant", "flush")
SEEN_BETWEEN, IDLE = "frame-gone-before-slot", "locks-branch-idle"
"""Rows of the catalogue that are of this part alone."""


def _one(old: str, new: str) -> Code:
    """One lock, with a piece of each operation's text replaced."""
    methods = {name: replaced(getattr(OneLock, name), old, new) for name in OPERATIONS}
    return Code(locks={"OneLock": type("OneLock", (OneLock,), methods)})


def _frame(name: str, old: str, new: str) -> Code:
    """A lock a frame, with a piece of a method's text replaced."""
    return _locks(type("FrameLocks", (FrameLocks,), {name: replaced(getattr(FrameLocks, name), old, new)}))


def _locks(locks: type) -> Code:
    return Code(locks={"FrameLocks": locks})


def _functions(module: object, name: str, old: str, new: str) -> Code:
    return Code({name: replaced(getattr(module, name), old, new)})


def _kernel(method: str, old: str, new: str) -> Code:
    return Code(kernel=type("Kernel", (Kernel,), {method: replaced(getattr(Kernel, method), old, new)}))


def _idle(locks: type, method: str) -> Code:
    name = locks.__name__
    return Code(locks={name: type(name, (locks,), {method: with_idle_branch(getattr(locks, method))})})


_KERNEL = {
    "flush": ("self.tree.node_of[slot]", "self.tree.node_of[slot if self.tree.parent[0] != 0 else slot]", "flush"),
    "passed_on": ("& rights", "& rights & (rights | self.tree.rights[0])", "map grant"),
    "flush_below": ("children[cursor] ==", "children[cursor if children[0] != 0 else cursor] ==", "flush_below"),
    "narrow": ("rights & kept == 0", "rights & kept & (kept | self.tree.rights[0]) == 0", "restrict_below"),
}
"""Methods of the kernel that look at the free list: pieces of their texts, and what can notice it."""

_TWO_POOLS = Around((("create_leaf", POOL), ("remove_leaf", "other")))


def _faults() -> Iterator[WrongCode]:
    one, frame = ("one_lock_",), ("frame_locks_",)
    take, wait, free = "acquire('kernel')", "acquire('kernel')\n    acquire('kernel')", "release('kernel')"
    yield WrongCode("one-lock-not-taken", "The lock is not taken.", "no-lock", one, partial(_one, take, "pass"))
    twice = partial(_one, take, wait)
    yield WrongCode("one-lock-taken-twice", "Who holds the lock waits for it.", TAKEN_TWICE, one, twice)
    yield WrongCode("one-lock-kept", "The lock is not given back.", KEPT, one, partial(_one, free, "pass"))
    for name, sentence, mechanism, locks in (
        ("locks-not-looked-again", "What was seen is not looked at again.", "lock-not-looked-again", NotAgain),
        ("locks-of-nil-only", "Of slots only those that are nil are locked.", "slot-nil-meanwhile", NilOnly),
        ("locks-by-argument", "Locks are taken in the order of the arguments.", "locks-unordered", Unordered),
        ("locks-without-pool", "The free list has no lock.", "free-list-unlocked", NoPool),
    ):
        yield WrongCode(name, sentence, mechanism, frame, partial(_locks, locks))
    for name, sentence, mechanism, of, old, new in (
        (
            "locks-slots-first",
            "Slots are locked before frames.",
            "locks-unordered",
            "hold",
            "self.lock('frame', one, two)\n    self.lock('slot', src, dst)",
            "self.lock('slot', src, dst)\n    self.lock('frame', one, two)",
        ),
        (
            "locks-kept",
            "Locks of frames are not given back.",
            KEPT,
            "give_back",
            "self.unlock('frame', one, two)",
            "pass",
        ),
        ("locks-second-kept", "Of two locks one is given back.", KEPT, "unlock", "two != one", "two == one"),
        ("locks-lower-only", "Of two locks the lower is taken.", UNGUARDED, "lock", "high != low", "high == NONE"),
        (
            "locks-taken-again-unseen",
            "Locks are given back and taken again after the look, without another.",
            "lock-not-looked-again",
            "take",
            "return (one, two)",
            "self.give_back(src, dst, one, two)\n    self.hold(src, dst, one, two)\n    return (one, two)",
        ),
        (
            "locks-compared-crosswise",
            "What a slot shows is compared with what the other slot showed: locks are taken anew for ever.",
            TRIES,
            "take",
            "self.has_moved(src, one) or self.has_moved(dst, two)",
            "self.has_moved(src, two) or self.has_moved(dst, one)",
        ),
        (
            "locks-nil-looked-at",
            "The frame is read of a node that is none, since a slot is nil.",
            UNGUARDED,
            "frame_of",
            "if node == NONE:\n        return NONE",
            "pass",
        ),
        (
            "locks-kernel-each-turn",
            "Who looks again takes the lock of the kernel, and keeps it.",
            KEPT,
            "take",
            "self.give_back(src, dst, one, two)",
            "self.give_back(src, dst, one, two)\n        acquire('kernel')",
        ),
        (
            "locks-kernel-last",
            "Who holds frames and slots waits for the lock of the kernel.",
            "locks-unordered",
            "flush",
            "status: int = self.kernel.flush(slot, rights)",
            "acquire('kernel')\n    status: int = self.kernel.flush(slot, rights)\n    release('kernel')",
        ),
    ):
        yield WrongCode(name, sentence, mechanism, frame, partial(_frame, of, old, new))
    yield WrongCode(
        "locks-two-pools",
        "Nodes are given back under another lock than they are taken from the free list.",
        "free-list-unlocked",
        frame,
        partial(_locks, type("FrameLocks", (FrameLocks,), {"around": _TWO_POOLS})),
    )
    for method, (old, new, noticed) in _KERNEL.items():
        yield WrongCode(
            f"kernel-{method.replace('_', '-')}-looks-at-free-list",
            f"The kernel's {method} looks at the free list without its lock.",
            UNGUARDED,
            tuple(f"{locks}_{each}__" for locks in ("frame_locks", "slot_locks") for each in noticed.split()),
            partial(_kernel, method, old, new),
        )
    beside = "while up != ROOTS", "while up != ROOTS and t.next_sibling[upper] != upper"
    yield WrongCode(
        "is-below-looks-beside",
        "The search looks at what stands beside the tree.",
        UNGUARDED,
        ("frame_locks_is_below__", "slot_locks_is_below__"),
        partial(_functions, operations, "is_below", *beside),
    )
    for step, old, new in (
        ("move_node", "t.slot[node] = slot", "t.slot[node] = slot\n    t.frame[node] = t.frame[t.first_child[0]]"),
        ("restrict_rights", "t.rights[node] & kept", "t.rights[node] & kept & (kept | t.rights[t.first_child[0]])"),
    ):
        yield WrongCode(
            f"{step.replace('_', '-')}-looks-at-free-list",
            f"{step} looks at a free node without the lock of the free list.",
            UNGUARDED,
            (f"frame_locks_{step}__", f"slot_locks_{step}__"),
            partial(_functions, primitives, step, old, new),
        )
    gone = "t.frame[node] = NONE"
    yield WrongCode(
        "remove-leaf-frame-first",
        "A node loses its frame while its slot still names it.",
        SEEN_BETWEEN,
        ("frame_locks_remove_leaf__",),
        partial(
            _functions,
            primitives,
            "remove_leaf",
            "t.node_of[t.slot[node]] = NONE",
            f"{gone}\n    t.node_of[t.slot[node]] = NONE",
        ),
    )
    slot_first = "t.slot[node] = slot", "t.slot[node] = slot\n    t.node_of[slot] = node"
    yield WrongCode(
        "create-leaf-slot-first",
        "A slot names a node that has no frame yet.",
        SEEN_BETWEEN,
        ("frame_locks_create_leaf__",),
        partial(_functions, primitives, "create_leaf", *slot_first),
    )
    yield WrongCode(
        "move-node-without-frame",
        "A node that moves is without its frame for a moment.",
        SEEN_BETWEEN,
        ("frame_locks_move_node__",),
        partial(
            _functions,
            primitives,
            "move_node",
            "t.node_of[slot] = node",
            "frame = t.frame[node]\n    t.frame[node] = NONE\n    t.node_of[slot] = node\n    t.frame[node] = frame",
        ),
    )
    yield from _of_slots()
    for name, of_class, method, subject in (
        ("one-lock", OneLock, "map", one),
        ("locks", FrameLocks, "take", frame),
        ("slots", SlotLocks, "attempt", ("slot_locks_",)),
    ):
        yield WrongCode(
            f"{name}-branch-idle",
            "There is a branch that is never taken.",
            IDLE,
            subject,
            partial(_idle, of_class, method),
        )


def _slot(locks: type) -> Code:
    return Code(locks={"SlotLocks": locks})


def _changed_slot(of: str, old: str, new: str) -> Code:
    return _slot(type("SlotLocks", (SlotLocks,), {of: replaced(getattr(SlotLocks, of), old, new)}))


def _of_slots() -> Iterator[WrongCode]:
    subject = ("slot_locks_",)
    for name, sentence, mechanism, locks in (
        ("slots-not-again", "What was seen of a node is not looked at again.", "slot-not-looked-again", SlotsNotAgain),
        ("slots-without-source", "A map does not lock its source.", "linked-without-source", SlotsWithoutSource),
        ("slots-kept", "Who has to try again keeps what it holds.", "locks-kept-waiting", SlotLocksKept),
        ("slots-without-turn", "Who has to try again tries again at once.", "tried-for-ever", SlotsWithoutTurn),
    ):
        yield WrongCode(name, sentence, mechanism, subject, partial(_slot, locks))
    yield WrongCode(
        "slots-without-pool",
        "The free list has no lock.",
        "free-list-unlocked",
        subject,
        partial(_slot, type("SlotLocks", (SlotLocks,), {"around": UNLOCKED})),
    )
    for name, sentence, mechanism, of, old, new in OF_SLOTS:
        yield WrongCode(name, sentence, mechanism, subject, partial(_changed_slot, of, old, new))
    for step, other in (("create_leaf", "parent"), ("remove_leaf", "t.parent[node]"), ("move_node", "node")):
        value = "NONE" if step == "remove_leaf" else "slot"
        written, above = f"t.slot[node] = {value}", f"t.slot[node] = t.slot[t.parent[{other}]]"
        yield WrongCode(
            f"{step.replace('_', '-')}-takes-slot-above",
            f"In {step} a node stands for another's slot for a moment, without its lock.",
            UNGUARDED,
            (f"slot_locks_{step}__",),
            partial(_functions, primitives, step, written, f"{above}\n    {written}"),
        )


OF_LOCKS: Final[Mapping[str, WrongCode]] = MappingProxyType({fault.name: fault for fault in _faults()})
"""All of them, by name."""
