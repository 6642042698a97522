"""Lists of mappings in pre-order, at one time: for each frame one doubly linked list, with a depth for each node.

A mapping derives from another iff it stands behind it and every node between, itself included, is deeper than that one.
This is a statement about paths of links; so that all stays in the decidable fragment it is kept as ghosts, relations
that no code keeps and that the invariants pin down:

``before``: the order of each list, total and without cycles; ``next`` and ``prev`` are its neighbours.
``below``: what derives from what. ``derived`` says it from neighbour to neighbour: the next node is below an earlier
one iff it is deeper than it, and the node just before it is that one or is below it. What the sentence above says is
the one relation for which this holds: the obligations ``lists__define__below`` and ``lists__pin__below``.

A depth is a number of as many bits as its field has, and wraps around as that does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import z3
from z3 import And, BitVecSort, BitVecVal, BoolVal, Consts, Exists, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Predicate, Relation, Right, Slot, Term, a, x, y
from proofs.execution.contract import Named
from proofs.execution.values import Node, free, no_frame, no_node, no_slot, roots
from proofs.obligations.c_code.state import Count, less, pages, slot_relation, spaces
from proofs.obligations.tree.tree import ColumnType, Field, TreeState

n, m, k, one, other = Consts("n m k one other", Node)

LINKS = ("next", "prev")


def column_types(width: int) -> dict[str, ColumnType]:
    """Return the types of the columns that lists in C can be bound to, where a depth has so many bits."""
    return {
        "next": ColumnType(Node, Node, True),
        "prev": ColumnType(Node, Node, True),
        "depth": ColumnType(Node, BitVecSort(width), False),
        "space": ColumnType(Node, Count, False),
        "page": ColumnType(Node, Count, False),
        "frame": ColumnType(Node, Frame, False),
        "rights": ColumnType(Node, Right, True),
        "node_of": ColumnType(Slot, Node, False),
    }


@dataclass(frozen=True, slots=True)
class Lists:
    """The columns, the head of the list of free nodes, and the ghosts.

    ``named`` are the nodes that some slot names, ``listed`` those in the list of free nodes, which has no links back;
    ``spare`` gives each nil slot a free node of its own; ``width`` is how many bits a depth has.
    """

    next: Relation
    prev: Relation
    depth: Field
    space: Field
    page: Field
    frame: Field
    rights: Relation
    node_of: Field
    head: Term
    named: Predicate
    listed: Predicate
    before: Relation
    below: Relation
    spare: Field
    width: int
    name: str = ""

    def deeper(self, lower: Term, upper: Term) -> Formula:
        """The one has the greater depth."""
        return z3.ULT(self.depth(upper), self.depth(lower))

    @property
    def deepest(self) -> Term:
        """The largest number that a depth can be."""
        return BitVecVal(2**self.width - 1, self.width)


@cache
def fresh(name: str, width: int) -> Lists:
    """Lists of which nothing is known; the name tells their symbols apart from those of others."""
    boolean = z3.BoolSort()
    columns = {
        column: z3.Function(f"{column}{name}", kind.index, kind.value, *([boolean] if kind.related else []))
        for column, kind in column_types(width).items()
    }
    sets = {ghost: z3.Function(f"{ghost}{name}", Node, boolean) for ghost in ("named", "listed")}
    relations = {ghost: z3.Function(f"{ghost}{name}", Node, Node, boolean) for ghost in ("before", "below")}
    return Lists(
        **columns,
        **sets,
        **relations,
        head=z3.Const(f"free_list{name}", Node),
        spare=z3.Function(f"spare{name}", Slot, Node),
        width=width,
        name=name,
    )


def as_tree(c: Lists) -> TreeState:
    """What the lists say, as far as the theory's state needs it: roots are the nodes of depth 0."""

    def parent(node: Term, above: Term) -> Formula:
        return And(c.named(node), c.depth(node) == 0) if above.eq(roots) else BoolVal(False)

    nothing: Relation = lambda *_: BoolVal(False)  # noqa: E731
    return TreeState(
        parent=parent,
        first_child=nothing,
        next_sibling=nothing,
        prev_sibling=nothing,
        slot=slot_relation(c.named, c.space, c.page),
        frame=c.frame,
        rights=c.rights,
        node_of=c.node_of,
        below=c.below,
        left=nothing,
        spare=c.spare,
    )


@dataclass(frozen=True, slots=True)
class Invariant:
    """A predicate on the lists."""

    name: str
    sentence: str
    formula: Callable[[Lists], Formula]


def in_one_list(c: Lists, one: Term, other: Term) -> Formula:
    """Both show one frame, or both are free."""
    shown = And(c.named(one), c.named(other), c.frame(one) == c.frame(other))
    return Or(shown, And(c.listed(one), c.listed(other)))


def _pool(c: Lists) -> Formula:
    nodes = And(n != no_node, n != free, n != roots)
    return And(
        *(And(Not(c.named(node)), Not(c.listed(node))) for node in (no_node, free, roots)),
        ForAll([n], Not(And(c.named(n), c.listed(n)))),
        ForAll([n], Implies(nodes, Or(c.named(n), c.listed(n)))),
    )


def _order(c: Lists) -> Formula:
    before = c.before
    return And(
        ForAll([n], Not(before(n, n))),
        ForAll([n, m, k], Implies(And(before(n, m), before(m, k)), before(n, k))),
        ForAll([n, m], Implies(before(n, m), in_one_list(c, n, m))),
        ForAll([n, m], Implies(And(in_one_list(c, n, m), n != m), Or(before(n, m), before(m, n)))),
    )


def _next(c: Lists) -> Formula:
    linked, before = Or(c.named(n), c.listed(n)), c.before
    nearest = And(before(n, m), Implies(before(n, k), Or(k == m, before(m, k))))
    return And(
        ForAll([n, m, k], Implies(And(linked, c.next(n, m), m != no_node), nearest)),
        ForAll([n, m], Implies(And(linked, c.next(n, no_node)), Not(before(n, m)))),
    )


def _prev(c: Lists) -> Formula:
    before = c.before
    nearest = And(before(m, n), Implies(before(k, n), Or(k == m, before(k, m))))
    return And(
        ForAll([n, m, k], Implies(And(c.named(n), c.prev(n, m), m != no_node), nearest)),
        ForAll([n, m], Implies(And(c.named(n), c.prev(n, no_node)), Not(before(m, n)))),
    )


def _inverse(c: Lists) -> Formula:
    return ForAll([n, m], Implies(And(c.named(n), c.named(m)), c.next(n, m) == c.prev(m, n)))


def _free_list(c: Lists) -> Formula:
    first = And(c.listed(c.head), ForAll([n], Implies(And(c.listed(n), n != c.head), c.before(c.head, n))))
    return And(Implies(c.head != no_node, first), Implies(c.head == no_node, ForAll([n], Not(c.listed(n)))))


def _first(c: Lists) -> Formula:
    return ForAll([n], Implies(c.named(n), (c.depth(n) == 0) == c.prev(n, no_node)))


def _steps(c: Lists) -> Formula:
    step = Or(z3.ULE(c.depth(m), c.depth(n)), c.depth(m) == c.depth(n) + 1)
    return ForAll([n, m], Implies(And(c.named(n), c.next(n, m), m != no_node), step))


def derived_rules(below: Relation, c: Lists) -> Named:
    """What is said from neighbour to neighbour of the relation ``below``."""
    next_of = And(c.named(n), c.next(n, m), m != no_node)
    return {
        "what is below stands behind, and is deeper": ForAll(
            [n, m], Implies(below(n, m), And(c.named(n), c.named(m), c.before(m, n), c.deeper(n, m)))
        ),
        "what is between is below as well": ForAll(
            [n, m, k], Implies(And(below(n, m), c.before(m, k), c.before(k, n)), below(k, m))
        ),
        "the next is below what it is deeper than and its neighbour is, or is below": ForAll(
            [n, m, k], Implies(And(next_of, Or(n == k, below(n, k)), c.deeper(m, k)), below(m, k))
        ),
    }


def _derived(c: Lists) -> Formula:
    return And(*derived_rules(c.below, c).values())


def _transitive(c: Lists) -> Formula:
    return ForAll([n, m, k], Implies(And(c.below(n, m), c.below(m, k)), c.below(n, k)))


def _fewer_rights(c: Lists) -> Formula:
    return ForAll([n, m, a], Implies(And(c.below(n, m), c.rights(n, a)), c.rights(m, a)))


def _some_right(c: Lists) -> Formula:
    return ForAll([n], Implies(c.named(n), Exists([a], c.rights(n, a))))


def _slot_node(c: Lists) -> Formula:
    slot = slot_relation(c.named, c.space, c.page)
    found = c.node_of(x)
    return And(
        ForAll([n, x], Implies(And(c.named(n), x != no_slot, slot(n, x)), c.node_of(x) == n)),
        ForAll([x], Implies(found != no_node, And(c.named(found), slot(found, x)))),
        c.node_of(no_slot) == no_node,
    )


def _in_range(c: Lists) -> Formula:
    return ForAll([n], Implies(c.named(n), And(less(c.space(n), spaces), less(c.page(n), pages))))


def _has_frame(c: Lists) -> Formula:
    return ForAll([n], Implies(c.named(n), c.frame(n) != no_frame))


def _room(c: Lists) -> Formula:
    nil, other_nil = (And(slot != no_slot, c.node_of(slot) == no_node) for slot in (x, y))
    return And(
        ForAll([x], Implies(nil, c.listed(c.spare(x)))),
        ForAll([x, y], Implies(And(nil, other_nil, c.spare(x) == c.spare(y)), x == y)),
    )


INVARIANTS: dict[str, Invariant] = {
    each.name: each
    for each in (
        Invariant("in_one_list", "every node of the pool is named by a slot or is free, and none is both", _pool),
        Invariant("order", "ghost: the nodes that show one frame stand in one order, and so do the free ones", _order),
        Invariant("next", "next is the nearest node behind, NULL where there is none", _next),
        Invariant("prev", "prev is the nearest node before, NULL where there is none", _prev),
        Invariant("inverse", "next and prev are inverse to each other", _inverse),
        Invariant("free_list", "the list of free nodes begins with its first", _free_list),
        Invariant("first", "the first node of a list, and no other, has depth 0", _first),
        Invariant("steps", "from a node to the next the depth grows by one, or does not grow", _steps),
        Invariant("derived", "ghost: what derives from a node is behind it and deeper, as all between is", _derived),
        Invariant("transitive", "ghost: what derives from what derives from a node derives from it", _transitive),
        Invariant("fewer_rights", "nothing has a right that a node from which it derives lacks", _fewer_rights),
        Invariant("some_right", "what a slot names has some right", _some_right),
        Invariant("slot_node", "a slot names the node that says so, and the other way round", _slot_node),
        Invariant("in_range", "what a slot names has the numbers of a slot", _in_range),
        Invariant("has_frame", "what a slot names has a frame", _has_frame),
        Invariant("room", "there is a free node for every nil slot", _room),
    )
}
"""All of them; each function that is proved by itself finds them and leaves them."""


def columns_hold_one(c: Lists) -> Named:
    """What lists owe to being data, which no step could break: a field holds one value at a time."""
    return {
        f"one {link}": ForAll([n, one, other], Implies(And(held(n, one), held(n, other)), one == other))
        for link, held in (("next", c.next), ("prev", c.prev))
    }


@lru_cache(maxsize=512)
def formula_of(name: str, c: Lists) -> Formula:
    """An invariant of some lists, built once."""
    return INVARIANTS[name].formula(c)


def holds(c: Lists) -> Mapping[str, Formula]:
    """All invariants, and that the columns are such."""
    return {**columns_hold_one(c), **{name: formula_of(name, c) for name in INVARIANTS}}
