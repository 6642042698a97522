"""Two ways to share out cells among locks: what each lock guards, and what an operation has to hold.

A lock a frame is described in :mod:`proofs.obligations.locks.held`. With a lock a slot, the slot's lock guards its
place in the table of slots, its entry and its translations, and the fields of the node that stands for it. The links
among siblings are guarded by the lock of their parent's slot. The lock of the free list guards the nodes that stand for
nothing, and the links among those that hold a frame themselves.

The parent of a node that is above one whose lock is held may be read too: who would change it would have to remove all
that is below first, and nobody removes a node without its lock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Slot, Term, x
from proofs.execution.contract import Named
from proofs.execution.values import Node, no_frame, no_node, no_slot, roots
from proofs.obligations.locks import held
from proofs.obligations.locks.held import HELD, LINKS, Held, has_frames
from proofs.obligations.tree.contracts import CONTRACTS
from proofs.obligations.tree.invariants import is_node, m, n, p
from proofs.obligations.tree.tree import BEFORE, TreeState


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """The scheme of a class's locks: what they guard.

    :param locks: the class.
    :param name: how its obligations begin.
    :param words: in sentences.
    :param known: of what is held at any time.
    :param needed: of an operation, a tree and the slots that it names, what it holds.
    :param slot: of a tree and a slot, that the slot's guard is held.
    :param node: of a tree, a column, a node, whether the free list's lock is held, and a node from which the search
        climbs, if it is one: that the guard of the node's field is held.
    :param change: of the tree before a primitive and now, a column, an index and what is written there: that nobody
        relies on it not to be; nothing for columns that no guard depends on.
    :param asks: of a function's name, the tree and the arguments: what it asks of the locks.
    :param walked: of a tree, the top and a cursor: what is held in a loop of the kernel's.
    :param searched: of the climber and the cursor: what is held in the search.
    """

    locks: str
    name: str
    words: str
    known: Named
    needed: Callable[[str, TreeState, list[Term]], Formula]
    slot: Callable[[TreeState, Term], Formula]
    node: Callable[[TreeState, str, Term, bool, Term | None], Formula]
    change: Callable[[TreeState, TreeState, str, Term, Term], Formula | None]
    asks: Callable[..., Named]
    walked: Callable[[TreeState, Term, Term], Formula]
    searched: Callable[[Term, Term], Formula]


def of_sort(name: str, given: tuple[Any, ...], sort: Any) -> list[Term]:
    """The arguments of a function that are of a sort."""
    return [term for term, of in zip(given, CONTRACTS[name].sorts, strict=True) if of == sort]


# A lock a frame.


def _frame_change(before: TreeState, now: TreeState, column: str, place: Term, new: Term) -> Formula | None:
    if column == "node_of":
        return held.slot_may_change(HELD, now, place, new)
    return held.frame_may_change(HELD, now, place, new) if column == "frame" else None


def _frame_asks(name: str, t: TreeState, *given: Any) -> Named:
    """What a primitive or a loop asks of the locks: those of the trees, and of a slot that it gives a node."""
    nodes, slots = of_sort(name, given, Node), of_sort(name, given, Slot)
    return {
        "the locks of the trees are held": And(*(held.owns(HELD, t, node) for node in nodes)),
        "the locks of slots that get a node are held": And(*(HELD.slot(slot) for slot in slots)),
    }


FRAME_LOCKS = Scheme(
    "FrameLocks",
    "frame_locks",
    "under a lock a frame",
    {**has_frames(BEFORE), "NONE is no frame with a lock": Not(HELD.frame(no_frame))},
    lambda _, t, slots: held.needed(HELD, t, slots),
    lambda t, slot: held.guards_slot(HELD, t, slot),
    lambda t, column, node, pool, _: held.guards_node(HELD, t, column, node, pool=pool),
    _frame_change,
    _frame_asks,
    lambda t, top, cursor: held.owns(HELD, t, cursor),
    lambda up, cursor: And(Or(up == roots, held.owns(HELD, BEFORE, up)), held.owns(HELD, BEFORE, cursor)),
)


# A lock a slot.


def stands_held(locks: Held, t: TreeState, node: Term) -> Formula:
    """The node stands for a slot whose lock is held."""
    return And(t.live(node), ForAll([x], Implies(t.slot(node, x), locks.slot(x))))


def all_below_held(locks: Held, t: TreeState, top: Term) -> Formula:
    """So does every node below one."""
    return ForAll([n], Implies(t.below(n, top), stands_held(locks, t, n)))


def parent_held(locks: Held, t: TreeState, node: Term) -> Formula:
    """So does the parent of a node, unless it is ``ROOTS``."""
    return ForAll([p], Implies(And(t.parent(node, p), p != roots), stands_held(locks, t, p)))


def slots_needed(locks: Held, t: TreeState, source: Term, target: Term | None, *, deep: bool) -> Formula:
    """What an operation holds: the slots that it names, what the destination was mapped from, and what derives."""
    parts = [locks.slot(source)]
    if deep:
        top = t.node_of(source)
        parts.append(Implies(is_node(top), all_below_held(locks, t, top)))
    if target is not None:
        top = t.node_of(target)
        parts += [
            locks.slot(target),
            Implies(is_node(top), And(all_below_held(locks, t, top), parent_held(locks, t, top))),
        ]
    return And(*parts)


def slot_guards_node(locks: Held, t: TreeState, column: str, node: Term, pool: bool, lower: Term | None) -> Formula:
    """The lock is held that guards a field of a node."""
    if column in LINKS:
        first = t.parent(node, roots)
        own = And(t.live(node), Not(first), ForAll([p], Implies(t.parent(node, p), stands_held(locks, t, p))))
        return Or(own, And(BoolVal(pool), Or(first, Not(t.live(node)))))
    ways = [stands_held(locks, t, node), And(BoolVal(pool), Not(t.live(node)))]
    if column == "parent" and lower is not None:
        ways.append(And(t.below(lower, node), stands_held(locks, t, lower)))
    return Or(*ways)


def _slot_change(before: TreeState, now: TreeState, column: str, place: Term, new: Term) -> Formula | None:
    """A node stands for slots whose locks are held, hangs below such nodes, and moves while nothing is below it."""
    if column == "slot":
        return Or(new == no_slot, HELD.slot(new))
    if column == "parent":
        to_held = Or(new == no_node, Not(before.live(new)), stands_held(HELD, before, new))
        return And(to_held, ForAll([m], Not(before.below(m, place))))
    return None


def _slot_asks(name: str, t: TreeState, *given: Any) -> Named:
    """What a primitive or a loop asks of the locks: those of its nodes and slots, and of what else it goes through."""
    nodes, slots = of_sort(name, given, Node), of_sort(name, given, Slot)
    found: Named = {
        "the locks of the nodes' slots are held": And(
            *(Or(node == roots, stands_held(HELD, t, node)) for node in nodes)
        ),
        "the locks of slots that get a node are held": And(*(HELD.slot(slot) for slot in slots)),
    }
    if name == "remove_leaf":
        found["the lock of the parent's slot is held"] = parent_held(HELD, t, nodes[0])
    if name in ("flush_below", "restrict_below", "is_below"):
        found["the locks of what is below are held"] = all_below_held(HELD, t, nodes[-1])
    return found


def _slots_of(name: str, t: TreeState, slots: list[Term]) -> Formula:
    return slots_needed(HELD, t, slots[0], slots[1] if len(slots) > 1 else None, deep=name != "map")


SLOT_LOCKS = Scheme(
    "SlotLocks",
    "slot_locks",
    "under a lock a slot",
    {"NONE is no slot with a lock": Not(HELD.slot(no_slot))},
    _slots_of,
    lambda t, slot: HELD.slot(slot),
    lambda t, column, node, pool, lower: slot_guards_node(HELD, t, column, node, pool, lower),
    _slot_change,
    _slot_asks,
    lambda t, top, cursor: And(stands_held(HELD, t, top), all_below_held(HELD, t, top)),
    lambda up, cursor: BoolVal(True),
)
SCHEMES = (FRAME_LOCKS, SLOT_LOCKS)
