"""What is held, what each lock guards, and what others leave alone meanwhile.

A frame's lock guards the nodes that have the frame, and each slot that shows it: its place in the table of slots, its
entry and its translations. A slot's lock guards the slot while it is nil. The lock of the free list guards the nodes
that stand for nothing, and the links among those that hold a frame themselves.

A slot that becomes nil passes from its frame's lock to its own, and a node that becomes free to the lock of the free
list: whoever made it so touches it no more, unless it holds that lock as well. Nobody makes a slot show anything
without the slot's own lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from z3 import And, BoolSort, BoolVal, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Predicate, Slot, Term, r, x
from proofs.execution.contract import Named
from proofs.execution.values import no_frame, no_node, roots
from proofs.obligations.tree.invariants import is_node, n
from proofs.obligations.tree.tree import TreeState

LINKS = ("next_sibling", "prev_sibling")


@dataclass(frozen=True, slots=True)
class Held:
    """The locks that a core holds: of which frames, of which slots, and whether the one of the whole kernel."""

    frame: Predicate
    slot: Predicate
    kernel: Formula

    def nothing(self) -> Formula:
        """It holds none."""
        return And(ForAll([r], Not(self.frame(r))), ForAll([x], Not(self.slot(x))), Not(self.kernel))


NOTHING = Held(lambda _: BoolVal(False), lambda _: BoolVal(False), BoolVal(False))
HELD = Held(Function("held_frame", Frame, BoolSort()), Function("held_slot", Slot, BoolSort()), BoolVal(False))
"""Any locks of frames and slots."""


def has_frames(t: TreeState) -> Named:
    """What is in the table of slots has a frame, at every moment: each write is shown to keep it so."""
    node = t.node_of(x)
    return {"a slot's node has a frame": ForAll([x], Implies(is_node(node), t.frame(node) != no_frame))}


def owns(held: Held, t: TreeState, node: Term) -> Formula:
    """The node stands for a mapping, of a frame whose lock is held."""
    return And(t.live(node), held.frame(t.frame(node)))


def shows_held(held: Held, t: TreeState, slot: Term) -> Formula:
    """The slot shows a frame whose lock is held."""
    return And(is_node(t.node_of(slot)), held.frame(t.frame(t.node_of(slot))))


def guards_slot(held: Held, t: TreeState, slot: Term) -> Formula:
    """The lock is held that guards the slot: of the frame that it shows, or else its own."""
    return Or(shows_held(held, t, slot), And(Not(is_node(t.node_of(slot))), held.slot(slot)))


def guards_node(held: Held, t: TreeState, column: str, node: Term, *, pool: bool) -> Formula:
    """The lock is held that guards a field of a node.

    :param pool: the lock of the free list is held.
    """
    own, of_list = owns(held, t, node), BoolVal(pool)
    if column in LINKS:
        holds_a_frame = t.parent(node, roots)
        own, of_list = And(own, Not(holds_a_frame)), And(of_list, Or(holds_a_frame, Not(t.live(node))))
    else:
        of_list = And(of_list, Not(t.live(node)))
    return Or(own, of_list)


def needed(held: Held, t: TreeState, slots: Iterable[Term]) -> Formula:
    """Of slots that an operation names, it holds their own locks, and those of the frames that they show."""
    return And(
        *(
            And(held.slot(each), Implies(is_node(t.node_of(each)), held.frame(t.frame(t.node_of(each)))))
            for each in slots
        )
    )


def frame_may_change(held: Held, t: TreeState, node: Term, new: Term) -> Formula:
    """A node may lose and get frames whose locks are held only, and loses its frame when no slot names it any more."""
    old = t.frame(node)
    unnamed = ForAll([x], Implies(is_node(t.node_of(x)), t.node_of(x) != node))
    return And(
        Or(old == no_frame, held.frame(old)),
        Or(new == no_frame, held.frame(new)),
        Implies(new == no_frame, unnamed),
    )


def slot_may_change(held: Held, t: TreeState, slot: Term, new: Term) -> Formula:
    """A slot may lose a node of a frame whose lock is held; and get one, if its own lock is held as well."""
    return And(
        Implies(is_node(t.node_of(slot)), held.frame(t.frame(t.node_of(slot)))),
        Implies(is_node(new), And(held.slot(slot), held.frame(t.frame(new)))),
    )


def left_alone(held: Held, before: TreeState, after: TreeState) -> Named:
    """What others do, any number of them and of their steps, while these locks are held."""
    old, new = before.node_of(x), after.node_of(x)
    return {
        "nodes of a held frame stay, and none is new": ForAll(
            [n, r], Implies(held.frame(r), (before.frame(n) == r) == (after.frame(n) == r))
        ),
        "a held slot stays as it is, or becomes nil": ForAll(
            [x], Implies(held.slot(x), Or(new == old, new == no_node))
        ),
        "what shows a held frame stays": ForAll([x], Implies(shows_held(held, before, x), new == old)),
        **has_frames(after),
    }
