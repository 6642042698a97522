"""The data of a mapping database in C at one time, and the mapping tree that it stands for.

The C code keeps less than our kernel does, and leaves old values in nodes that it does not use. So the tree is read out
of its columns: what a node says counts while some slot names it, or while it is in the list of free nodes. A node whose
parent is NULL is a child of ``ROOTS``; that nothing links such nodes shows as relations that are empty there. All
invariants of our tree are then stated of the C data by the formulas that they are anyway.

At first the symbols are those of the tree, and the columns are what they must be for it; where something was written
the tree is read out of the columns, node by node.

Ghosts: ``named``, the nodes that some slot names; ``listed``, those in the list of free nodes; and those of our tree.
"""

from collections.abc import Callable, Mapping
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
    tree: TreeState
    name: str = ""


def slot_relation(named: Predicate, space: Field, page: Field) -> Relation:
    """Return the relation of a node to its slot: the one with its numbers, while some slot names it."""

    def slot(node: Term, held: Term) -> Formula:
        if held.eq(no_slot):
            return Not(named(node))
        numbered = And(held != no_slot, space(node) == space_of(held), page(node) == page_of(held))
        return If(named(node), numbered, held == no_slot)

    return slot


@cache
def fresh(name: str) -> CState:
    """Data of which nothing is known; the name tells its symbols apart from those of others."""
    boolean = z3.BoolSort()
    symbol = {
        column: z3.Function(f"{column}{name}", kind.index, kind.value, *([boolean] if kind.related else []))
        for column, kind in COLUMNS.items()
    }
    old = {link: z3.Function(f"old_{link}{name}", Node, Node, boolean) for link in LINKS}
    named = z3.Function(f"named{name}", Node, boolean)
    below, left = (z3.Function(f"{ghost}{name}", Node, Node, boolean) for ghost in ("below", "left"))
    tree = TreeState(
        **{link: symbol[link] for link in LINKS},
        slot=slot_relation(named, symbol["space"], symbol["page"]),
        frame=symbol["frame"],
        rights=symbol["rights"],
        node_of=symbol["node_of"],
        below=below,
        left=left,
        spare=z3.Function(f"spare{name}", Slot, Node),
    )

    def parent(node: Term, above: Term) -> Formula:
        if above.eq(no_node):
            return If(named(node), tree.parent(node, roots), old["parent"](node, above))
        pointer = And(above != roots, tree.parent(node, above))
        return If(named(node), Or(And(above == no_node, tree.parent(node, roots)), pointer), old["parent"](node, above))

    def sibling(link: str, node: Term, other: Term) -> Formula:
        kept = If(tree.parent(node, roots), other == no_node, symbol[link](node, other))
        return kept if link == "next_sibling" else If(named(node), kept, old[link](node, other))

    columns = {
        **symbol,
        "parent": parent,
        "first_child": lambda node, child: If(
            named(node), tree.first_child(node, child), old["first_child"](node, child)
        ),
        "next_sibling": lambda node, after: sibling("next_sibling", node, after),
        "prev_sibling": lambda node, before: sibling("prev_sibling", node, before),
    }
    head = z3.Const(f"free_list{name}", Node)
    return CState(**columns, head=head, named=named, listed=lambda node: tree.parent(node, free), tree=tree, name=name)


BEFORE = fresh("")
"""The data before whatever is executed."""


def tree_of(c: CState) -> TreeState:
    """The mapping tree that the data stands for."""
    return c.tree


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of the tree out of columns and ghosts at one node."""

    columns: Mapping[str, Callable[..., Term]]
    head: Term
    named: Predicate
    listed: Predicate

    def _root(self, node: Term) -> Formula:
        return And(self.named(node), self.columns["parent"](node, no_node))

    def _unlinked(self, node: Term) -> Formula:
        return Not(Or(self.named(node), self.listed(node)))

    def parent(self, node: Term, above: Term) -> Formula:
        """The node's parent: ``FREE`` in the list of free nodes, and ``ROOTS`` where C has NULL."""
        mapped = And(self.named(node), Not(self.listed(node)))
        column = self.columns["parent"]
        if above.eq(free):
            return self.listed(node)
        if above.eq(roots):
            return And(mapped, column(node, no_node))
        if above.eq(no_node):
            return self._unlinked(node)
        return Or(
            And(self.listed(node), above == free),
            And(mapped, If(above == roots, column(node, no_node), And(is_node(above), column(node, above)))),
            And(self._unlinked(node), above == no_node),
        )

    def first_child(self, node: Term, child: Term) -> Formula:
        """The first child; of a node that no slot names there is none."""
        return If(self.named(node), self.columns["first_child"](node, child), child == no_node)

    def next_sibling(self, node: Term, after: Term) -> Formula:
        """Return the next among siblings or free nodes."""
        linked = And(Not(self._root(node)), self.columns["next_sibling"](node, after))
        return If(self._unlinked(node), after == no_node, linked)

    def prev_sibling(self, node: Term, before: Term) -> Formula:
        """What comes before; free nodes keep no such link, so that it is the node whose next one this is."""
        column = self.columns["next_sibling"]
        listed = If(before == no_node, self.head == node, And(self.listed(before), column(before, node)))
        linked = And(Not(self._root(node)), self.columns["prev_sibling"](node, before))
        return If(self.listed(node), listed, If(self.named(node), linked, before == no_node))


@dataclass(frozen=True, slots=True)
class CInvariant:
    """A predicate on the data: of the tree that it stands for, or on what only C data has."""

    name: str
    sentence: str
    formula: Callable[[CState], Formula]
    structural: bool = False


def _of_tree(invariant: TreeInvariant) -> CInvariant:
    return CInvariant(invariant.name, invariant.sentence, lambda c: invariant.formula(tree_of(c)), invariant.structural)


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
        [x],
        And(
            Implies(is_node(node), shown), Implies(And(Not(is_node(node)), x != no_slot), c.entry_frame(x) == no_frame)
        ),
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
    """What data owes to being columns, which no step could break: a field holds one value at a time."""
    one, other = z3.Consts("one other", Node)
    pool = And(c.head != free, c.head != roots, ForAll([x], And(c.node_of(x) != free, c.node_of(x) != roots)))
    old = Or(*(z3.Function(f"old_{link}{c.name}", Node, Node, z3.BoolSort())(n, one) for link in LINKS))
    t = c.tree
    linked = Or(t.next_sibling(n, one), t.prev_sibling(n, one))
    return {
        "pointers name nodes of the pool, or are NULL": And(
            pool, ForAll([n, one], Implies(old, And(one != free, one != roots)))
        ),
        "the list of free nodes is below FREE": t.first_child(free, c.head),
        "nothing links nodes without a parent": And(
            ForAll([n, one], Implies(t.parent(n, roots), Not(linked))), ForAll([n], Not(t.first_child(roots, n)))
        ),
        **{
            f"one {name}": ForAll([n, one, other], Implies(And(held(n, one), held(n, other)), one == other))
            for name, held in ((link, getattr(t, link)) for link in LINKS)
        },
    }


@lru_cache(maxsize=256)
def formula_of(name: str, c: CState) -> Formula:
    """An invariant of some data, built once."""
    return INVARIANTS[name].formula(c)


def holds(c: CState, names: tuple[str, ...]) -> Named:
    """The invariants of those names, and that each column has one value at each index."""
    shown = (name for name in names if name != "roots_alone")  # that is how the columns are made from the tree
    return {**columns_hold_one(c), **{name: formula_of(name, c) for name in shown}}
