"""The data of a mapping database in C at one time, and the mapping tree that it stands for.

The C code keeps less than our kernel does, and leaves old values in nodes that it does not use. So the tree is read out
of its columns: what a node says counts while some slot names it, or while it is in the list of free nodes. A node whose
parent is NULL is a child of ``ROOTS``; that nothing links such nodes shows as relations that are empty there. All
invariants of our tree are then stated of the C data by the formulas that they are anyway.

Ghosts: ``named``, the nodes that some slot names; ``listed``, those in the list of free nodes; and those of our tree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import z3
from z3 import And, ForAll, If, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Predicate, Relation, Right, Slot, Term, a, x, y
from proofs.execution.contract import Named
from proofs.execution.values import Node, free, no_frame, no_node, no_slot, roots
from proofs.obligations.tree.invariants import TREE_INVARIANTS, TreeInvariant, is_node, n, room
from proofs.obligations.tree.tree import ColumnType, Field, TreeState

Count = z3.DeclareSort("Count")
"""Numbers of C of which only equality and order matter, as those of spaces and pages."""

COLUMNS = {
    "parent": ColumnType(Node, Node, True),
    "first_child": ColumnType(Node, Node, True),
    "next_sibling": ColumnType(Node, Node, True),
    "prev_sibling": ColumnType(Node, Node, True),
    "space": ColumnType(Node, Count, False),
    "page": ColumnType(Node, Count, False),
    "frame": ColumnType(Node, Frame, False),
    "rights": ColumnType(Node, Right, True),
    "node_of": ColumnType(Slot, Node, False),
    "entry_frame": ColumnType(Slot, Frame, False),
    "entry_rights": ColumnType(Slot, Right, True),
}
"""What C data can be bound to: fields of a node, and of what is indexed by a slot."""

LINKS = ("parent", "first_child", "next_sibling", "prev_sibling")

space_of, page_of = (z3.Function(name, Slot, Count) for name in ("space_of_slot", "page_of_slot"))
less = z3.Function("less", Count, Count, z3.BoolSort())
spaces, pages = z3.Consts("number_of_spaces number_of_pages", Count)

NUMBERS: Named = {
    "a slot has the number of a space and of a page in range": ForAll(
        [x], Implies(x != no_slot, And(less(space_of(x), spaces), less(page_of(x), pages)))
    ),
    "NONE is out of range": Not(And(less(space_of(no_slot), spaces), less(page_of(no_slot), pages))),
    "a slot is one page of one space": ForAll(
        [x, y],
        Implies(And(x != no_slot, y != no_slot, space_of(x) == space_of(y), page_of(x) == page_of(y)), x == y),
    ),
}
"""How slots are numbered: shown of the function that numbers them, by arithmetic."""


@dataclass(frozen=True, slots=True)
class CState:
    """The columns that C data is bound to, the head of the list of free nodes, and the ghosts."""

    parent: Relation
    first_child: Relation
    next_sibling: Relation
    prev_sibling: Relation
    space: Field
    page: Field
    frame: Field
    rights: Relation
    node_of: Field
    entry_frame: Field
    entry_rights: Relation
    head: Term
    named: Predicate
    listed: Predicate
    below: Relation
    left: Relation
    spare: Field


@cache
def fresh(name: str) -> CState:
    """Data of which nothing is known; the name tells its symbols apart from those of others."""
    boolean = z3.BoolSort()
    columns = {
        column: z3.Function(f"{column}{name}", kind.index, kind.value, *([boolean] if kind.related else []))
        for column, kind in COLUMNS.items()
    }
    ghosts = {ghost: z3.Function(f"{ghost}{name}", Node, boolean) for ghost in ("named", "listed")}
    orders = {ghost: z3.Function(f"{ghost}{name}", Node, Node, boolean) for ghost in ("below", "left")}
    head, spare = z3.Const(f"free_list{name}", Node), z3.Function(f"spare{name}", Slot, Node)
    return CState(**columns, **ghosts, **orders, head=head, spare=spare)  # type: ignore[arg-type]


BEFORE = fresh("")
"""The data before whatever is executed."""


@lru_cache(maxsize=256)
def tree_of(c: CState) -> TreeState:
    """The mapping tree that the data stands for."""

    def mapped(node: Term) -> Formula:
        return And(c.named(node), Not(c.listed(node)))

    def unlinked(node: Term) -> Formula:
        return Not(Or(c.named(node), c.listed(node)))

    def parent(node: Term, above: Term) -> Formula:
        if above.eq(free):
            return c.listed(node)
        if above.eq(roots):
            return And(mapped(node), c.parent(node, no_node))
        if above.eq(no_node):
            return unlinked(node)
        return Or(
            And(c.listed(node), above == free),
            And(mapped(node), If(above == roots, c.parent(node, no_node), And(is_node(above), c.parent(node, above)))),
            And(unlinked(node), above == no_node),
        )

    def first_child(node: Term, child: Term) -> Formula:
        if node.eq(free):
            return child == c.head
        nothing = And(Not(mapped(node)), node != free, node != roots)
        if child.eq(no_node):
            return Or(And(mapped(node), c.first_child(node, child)), nothing, And(node == free, c.head == no_node))
        of_head = And(node == free, child == c.head)
        return Or(And(mapped(node), c.first_child(node, child)), of_head, And(nothing, child == no_node))

    def next_sibling(node: Term, after: Term) -> Formula:
        kept = And(c.next_sibling(node, after), Or(c.listed(node), And(c.named(node), Not(c.parent(node, no_node)))))
        return Or(kept, And(unlinked(node), after == no_node))

    def prev_sibling(node: Term, before: Term) -> Formula:
        kept = And(mapped(node), Not(c.parent(node, no_node)), c.prev_sibling(node, before))
        if before.eq(no_node):
            return Or(kept, And(c.listed(node), c.head == node), unlinked(node))
        listed = Or(And(before == no_node, c.head == node), And(c.listed(before), c.next_sibling(before, node)))
        return Or(kept, And(c.listed(node), listed), And(unlinked(node), before == no_node))

    def slot(node: Term, held: Term) -> Formula:
        if held.eq(no_slot):
            return Not(c.named(node))
        numbered = And(held != no_slot, c.space(node) == space_of(held), c.page(node) == page_of(held))
        return If(c.named(node), numbered, held == no_slot)

    return TreeState(
        parent=parent,
        first_child=first_child,
        next_sibling=next_sibling,
        prev_sibling=prev_sibling,
        slot=slot,
        frame=lambda node: If(c.named(node), c.frame(node), no_frame),
        rights=lambda node, right: And(c.named(node), c.rights(node, right)),
        node_of=c.node_of,
        below=c.below,
        left=c.left,
        spare=c.spare,
    )


@dataclass(frozen=True, slots=True)
class CInvariant:
    """A predicate on the data: of the tree that it stands for, or on what only C data has."""

    name: str
    sentence: str
    formula: Callable[[CState], Formula]
    structural: bool = False


def _of_tree(invariant: TreeInvariant) -> CInvariant:
    return CInvariant(
        invariant.name, invariant.sentence, lambda c: invariant.formula(tree_of(c)), invariant.structural
    )


def _roots_alone(c: CState) -> Formula:
    root = And(c.named(n), Not(c.listed(n)), c.parent(n, no_node))
    return ForAll([n], Implies(root, And(c.next_sibling(n, no_node), c.prev_sibling(n, no_node))))


def _has_frame(c: CState) -> Formula:
    return ForAll([n], Implies(c.named(n), c.frame(n) != no_frame))


def _numbered(c: CState) -> Formula:
    return ForAll([n], Implies(c.named(n), And(less(c.space(n), spaces), less(c.page(n), pages))))


def _shows(c: CState) -> Formula:
    node = c.node_of(x)
    shown = And(c.entry_frame(x) == c.frame(node), ForAll([a], c.entry_rights(x, a) == c.rights(node, a)))
    return ForAll(
        [x], And(Implies(is_node(node), shown), Implies(And(Not(is_node(node)), x != no_slot), c.entry_frame(x) == no_frame))
    )


def _room(c: CState) -> Formula:
    return And(*room(tree_of(c)).values())


OF_C = (
    CInvariant("roots_alone", "a node without a parent has no sibling", _roots_alone, True),
    CInvariant("in_range", "what a slot names has the numbers of a slot", _numbered),
    CInvariant("has_frame", "what a slot names has a frame", _has_frame),
)
ROOM = CInvariant("room", "there is a free node for every nil slot", _room)
SHOWS = CInvariant("page_table", "an entry of the page table shows what its slot's node says, or nothing", _shows)

LEFT_OUT = frozenset({"blank"})
"""Invariants of our tree that hold of any C data by how the tree is read out of it."""

INVARIANTS: dict[str, CInvariant] = {
    each.name: each
    for each in (
        *(_of_tree(each) for each in TREE_INVARIANTS.values() if each.name not in LEFT_OUT),
        *OF_C,
        ROOM,
        SHOWS,
    )
}
"""All of them; those of a binding leave out what it does not have."""


def columns_hold_one(c: CState) -> Named:
    """A field holds one value at a time: what the relations owe to being columns, and no step could break."""
    one, other = z3.Consts("one other", Node)
    links = (getattr(c, name) for name in LINKS)
    pool = ForAll([n, one], Implies(Or(*(link(n, one) for link in links)), And(one != free, one != roots)))
    heads = And(c.head != free, c.head != roots, ForAll([x], And(c.node_of(x) != free, c.node_of(x) != roots)))
    return {
        "pointers name nodes of the pool, or are NULL": And(pool, heads),
        **{f"one {name}": ForAll([n, one, other], Implies(And(getattr(c, name)(n, one), getattr(c, name)(n, other)), one == other))
        for name in LINKS},
    }


@lru_cache(maxsize=256)
def formula_of(name: str, c: CState) -> Formula:
    """An invariant of some data, built once."""
    return INVARIANTS[name].formula(c)


def holds(c: CState, names: tuple[str, ...]) -> Named:
    """Those invariants of the data, and that its columns are such."""
    return {**columns_hold_one(c), **{name: formula_of(name, c) for name in names}}
