"""The mapping tree with sizes on terms: orders beside the links, and the invariants in the abstract order of blocks.

The links are those of :mod:`proofs.obligations.tree`, and keep its invariants but one: a child no longer has its
parent's frame, its frames lie within its parent's. Where a node is halved, one with children changes its parent, so
that the ghosts follow a whole subtree. What ``count`` keeps is a set: the slots at which nodes begin.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import z3
from z3 import And, Exists, ForAll, Implies, Not, Or

from model.running.z3_terms import remembered
from model.spaces.theory import Formula, Frame, Predicate, Slot, Term, x
from proofs.execution.contract import Named
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, Opaque, Truth, Value, no_node, no_slot, roots
from proofs.obligations.sized.blocks.laws import law_of
from proofs.obligations.sized.blocks.order import ABSTRACT, Order, largest
from proofs.obligations.tree.invariants import TREE_INVARIANTS, columns_are_functions, is_node, m, n, p, room
from proofs.obligations.tree.tree import INDEX, ColumnType, Field, SymbolicColumn, SymbolicTree, TreeState, fresh_state

s, t = z3.Consts("s t", Slot)
k = z3.Const("k", Order)
has, is_block, at_most = ABSTRACT.has, ABSTRACT.is_block, ABSTRACT.at_most


@dataclass(frozen=True, slots=True)
class SizedState(TreeState):
    """A tree with sizes at one time: orders, and the slots that ``begins`` counts."""

    order: Field
    counted: Predicate


@cache
def fresh_sized(name: str) -> SizedState:
    """A tree of which nothing is known."""
    links = fresh_state(name)
    return SizedState(
        **{each.name: getattr(links, each.name) for each in fields(TreeState)},
        order=z3.Function(f"order{name}", Node, Order),
        counted=z3.Function(f"counted{name}", Slot, z3.BoolSort()),
    )


BEFORE = fresh_sized("")


class OrderValue(Value):
    """An order, which code compares and counts up and down by one."""

    __slots__ = ()

    def _one(self, other: object) -> None:
        if type(other) is not int or other != 1:
            raise ExecutionError(f"an order is changed by {other!r} and not by one")

    def __sub__(self, other: object) -> "OrderValue":
        """The order below."""
        self._one(other)
        return OrderValue(ABSTRACT.less(self.term), self.path)

    def __ge__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is at least as large."""
        return Truth(at_most(lifted(other, Order), self.term), self.path)

    def __gt__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is larger: orders are a chain."""
        return Truth(z3.Not(at_most(self.term, lifted(other, Order))), self.path)

    def __lt__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is smaller."""
        return Truth(z3.Not(at_most(lifted(other, Order), self.term)), self.path)

    def __add__(self, other: object) -> "OrderValue":
        """The order above."""
        self._one(other)
        return OrderValue(ABSTRACT.more(self.term), self.path)


class SlotValue(Value):
    """A slot that code compares with others."""

    __slots__ = ()

    def __lt__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is earlier."""
        return Truth(ABSTRACT.earlier(self.term, lifted(other, Slot)), self.path)


class OrderColumn(SymbolicColumn):
    """The column of orders."""

    def __getitem__(self, index: object) -> OrderValue:
        """The order of a node."""
        found = super().__getitem__(index)
        assert isinstance(found, Value)
        return OrderValue(found.term, found.path)


@dataclass(frozen=True, slots=True, eq=False)
class SizedColumns:
    """The object that code gets for a :class:`~refinement.ranges.sized_tree.SizedTree`."""

    links: Any
    order: OrderColumn
    largest: OrderValue
    begins: "Begins"


class SymbolicSized(SymbolicTree):
    """A tree with sizes for one path: ``sized`` is what code gets."""

    def __init__(self, path: Path, start: SizedState = BEFORE) -> None:
        """Starts in a state, the state before if none is given."""
        self.orders = OrderColumn(self, "order", ColumnType(Node, Order, False))
        self.with_subtrees = False  # whether what changes its parent may have children
        super().__init__(path, start)
        self.sized = SizedColumns(self.tree, self.orders, OrderValue(largest, path), Begins(self))

    def become(self, state: TreeState) -> None:
        """Be in another state."""
        assert isinstance(state, SizedState)
        super().become(state)
        self.orders.base, self.orders.written = state.order, []
        self.counted = state.counted

    def state(self) -> SizedState:
        """The tree as it is now."""
        links = super().state()
        kept = {each.name: getattr(links, each.name) for each in fields(TreeState)}
        return SizedState(**kept, order=self.orders.frozen(), counted=self.counted)

    def follow(self, node: Term, parent: Term) -> None:
        """The ghosts follow a write to ``parent``: of a leaf, or with all that is below the node."""
        if not self.with_subtrees:
            super().follow(node, parent)
            return
        below, left = self.below, self.left

        @remembered
        def inside(n: Term) -> Formula:
            return Or(n == node, below(n, node))

        if parent.eq(no_node):
            self.below = remembered(lambda n, m: And(below(n, m), Not(And(inside(n), below(node, m)))))
            self.left = remembered(lambda n, m: And(left(n, m), inside(n) == inside(m)))
            return

        @remembered
        def left_with(n: Term, m: Term) -> Formula:
            return Or(
                left(n, m),
                And(inside(n), Not(inside(m)), Or(below(m, parent), left(parent, m))),
                And(inside(m), Not(inside(n)), left(n, parent)),
            )

        self.below = remembered(lambda n, m: Or(below(n, m), And(inside(n), Or(m == parent, below(parent, m)))))
        self.left = left_with

    def count(self, slot: object, by: object) -> None:
        """So many more nodes begin there: one or none does."""
        term, counted = lifted(slot, Slot), self.counted
        if type(by) is not int or by not in (1, -1):
            raise ExecutionError(f"{by!r} more nodes begin at a slot, and not one more or one less")
        was = counted(term)
        self.path.demand(COUNTS, lambda: Not(was) if by == 1 else was)
        self.counted = lambda x: z3.If(x == term, z3.BoolVal(by == 1), counted(x))


COUNTS = "counts__each_node_once"


@dataclass(frozen=True, slots=True, eq=False)
class Beginning(Opaque):
    """How many nodes begin in a block, of which code may ask whether there are any."""

    some: Formula
    path: Path

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether there is none."""
        return (self != other).negated()

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether there are any."""
        if type(other) is not int or other != 0:
            raise ExecutionError(f"a number of nodes is compared with {other!r} and not with 0")
        return Truth(self.some, self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Begins:
    """What stands for the columns that count nodes: of blocks of an order and, after that, of a slot."""

    owner: SymbolicSized
    below: Term | None = None

    def __getitem__(self, index: object) -> Any:
        """The column for blocks of the order above; in it the number for the block that begins at a slot."""
        path, counted = self.owner.path, self.owner.counted
        if self.below is None:
            below = ABSTRACT.zero if type(index) is int and index == 0 else lifted(index, Order)
            path.demand(INDEX, lambda: And(at_most(below, largest), below != largest))
            return Begins(self.owner, below)
        slot, order = lifted(index, Slot), ABSTRACT.more(self.below)
        path.demand(INDEX, lambda: And(slot != no_slot, is_block(slot, order)))
        return Beginning(Exists([s], And(has(slot, order, s), counted(s))), path)


def lifted(value: object, *sorts: z3.SortRef) -> Term:
    """The term of a value of one of these sorts.

    :raises ExecutionError: it is of another.
    """
    if not isinstance(value, Value) or value.term.sort() not in sorts:
        raise ExecutionError(f"{value!r} is none of {', '.join(map(str, sorts))}")
    return value.term


class BlockFunctions:
    """Stand-ins for the functions of :mod:`model.ranges.blocks` in executed code, with laws about what they give."""

    def __init__(self, path: Path) -> None:
        """On a path."""
        self.path = path
        self.names: dict[str, Callable[..., Any]] = {
            name: getattr(self, name) for name in ("has", "is_block", "meet", "moved", "upper", "around", "buddy_of")
        }

    def _given(self, *found: Named) -> None:
        for laws in found:
            self.path.assume({name: law for name, law in laws.items() if name not in self.path.assumed})

    def has(self, base: object, order: object, page: object) -> Truth:
        """Return whether the page lies in the block."""
        first = lifted(base, Slot, Frame)
        return Truth(has(first, lifted(order, Order), lifted(page, first.sort())), self.path)

    def is_block(self, base: object, order: object) -> Truth:
        """Return whether a block begins there."""
        return Truth(is_block(lifted(base, Slot, Frame), lifted(order, Order)), self.path)

    def meet(self, one: object, order: object, other: object, second: object) -> Truth:
        """Return whether two blocks have a page in common."""
        first = lifted(one, Slot, Frame)
        orders = lifted(order, Order), lifted(second, Order)
        return Truth(ABSTRACT.meet(first, orders[0], lifted(other, first.sort()), orders[1]), self.path)

    def moved(self, page: object, start: object, to: object) -> Value:
        """A frame of a page of a mapping, a page of a frame, or where a page goes."""
        at, begin = lifted(page, Slot, Frame), lifted(start, Slot, Frame)
        end = lifted(to, *((Slot, Frame) if at.sort() == Slot else (Slot,)))
        if at.sort() == end.sort():
            self._given(law_of("page__is__sent", lifted(start, Slot), end, at))
            return SlotValue(ABSTRACT.moved(at, begin, end), self.path)
        self._given(
            law_of("alongside__is__moved", lifted(start, at.sort()), end, at)
            if at.sort() == Slot
            else law_of("frame__is__moved_back", end, lifted(start, at.sort()), at)
        )
        return Value(ABSTRACT.moved(at, begin, end), self.path)

    def upper(self, base: object, order: object) -> Value:
        """The first page of the upper half; what is behind the block."""
        found = ABSTRACT.upper(lifted(base, Slot, Frame), lifted(order, Order))
        return SlotValue(found, self.path) if isinstance(base, SlotValue) else Value(found, self.path)

    def around(self, page: object, order: object) -> Value:
        """The first page of the block around one."""
        found = ABSTRACT.around(lifted(page, Slot, Frame), lifted(order, Order))
        self._given(law_of("around__is__a_block", lifted(page, Slot, Frame), lifted(order, Order)))
        return Value(found, self.path)

    def buddy_of(self, base: object, order: object) -> Value:
        """The first page of the other half."""
        first, k = lifted(base, Slot, Frame), lifted(order, Order)
        self._given(law_of("buddy__is__the_other", first, k, largest))
        return Value(ABSTRACT.buddy(first, k), self.path)


# Invariants.


def within(f: SizedState, one: Term, other: Term) -> Formula:
    """The frames of a node lie within those of another."""
    return And(at_most(f.order(one), f.order(other)), has(f.frame(other), f.order(other), f.frame(one)))


def _within(f: SizedState) -> Formula:
    return ForAll([n, p], Implies(And(f.live(n), f.parent(n, p), f.live(p)), within(f, n, p)))


def _within_below(f: SizedState) -> Formula:
    return ForAll([n, m], Implies(And(f.below(n, m), f.live(m)), within(f, n, m)))


def _aligned(f: SizedState) -> Formula:
    slots = ForAll([n, s], Implies(And(f.live(n), f.slot(n, s)), is_block(s, f.order(n))))
    frames = ForAll([n], Implies(f.live(n), And(is_block(f.frame(n), f.order(n)), at_most(f.order(n), largest))))
    return And(slots, frames)


def _one_mapping(f: SizedState) -> Formula:
    both = And(f.live(n), f.live(m), f.slot(n, s), f.slot(m, t), has(s, f.order(n), x), has(t, f.order(m), x))
    return ForAll([n, m, s, t, x], Implies(both, n == m))


def _begins(f: SizedState) -> Formula:
    return ForAll([x], f.counted(x) == is_node(f.node_of(x)))


def _siblings(f: SizedState) -> Formula:
    return ForAll([n, m, p], Implies(And(f.next_sibling(n, m), is_node(m)), f.below(n, p) == f.below(m, p)))


def _room(f: SizedState) -> Formula:
    return And(*room(f).values())


INVARIANTS: dict[str, tuple[str, Callable[[Any], Formula]]] = {
    **{i.name: (i.sentence, i.formula) for i in TREE_INVARIANTS.values() if i.name != "same_frame"},
    "siblings": ("ghost: siblings are below the same nodes", _siblings),
    "aligned": ("a mapping is an aligned block of slots and of frames, no larger than the largest", _aligned),
    "one_mapping": ("a page is in one mapping", _one_mapping),
    "frames_within": ("the frames of a live node lie within those of its live parent", _within),
    "frames_within_below": ("ghost: the frames of a node lie within those of every node above it", _within_below),
    "begins": ("a node is counted where it begins, and nothing else is", _begins),
    "room": ("there is a free node for every slot at which none begins", _room),
}
"""What holds of every tree with sizes between two steps: a sentence and a formula each."""

WITHIN = frozenset({"frames_within", "frames_within_below"})


@cache
def holds(f: SizedState, but: frozenset[str] = frozenset()) -> Named:
    """All invariants but some, and that columns are functions."""
    return {**columns_are_functions(f), **{name: of(f) for name, (_, of) in INVARIANTS.items() if name not in but}}


# What a tree stands for.


def shows(f: SizedState, node: Term, page: Term, frame: Term) -> Formula:
    """A node shows a frame at a page."""
    first, k = f.frame(node), f.order(node)
    there = And(f.slot(node, s), has(s, k, page), ABSTRACT.alongside(s, first, page, frame))
    return And(f.live(node), has(first, k, frame), Exists([s], there))


@dataclass(frozen=True, slots=True)
class Shown:
    """The pages that a tree with sizes stands for, each with its frame: a page derives through one frame."""

    derives: Callable[[Term, Term, Term], Formula]
    phys: Callable[[Term, Term], Formula]
    holds: Callable[[Term, Term], Formula]
    right: Callable[[Term, Term, Term], Formula]


def shown(f: SizedState) -> Shown:
    """A page derives from the page that shows the same frame in a node above."""
    return Shown(
        lambda one, other, frame: Exists(
            [n, m], And(f.below(n, m), shows(f, n, one, frame), shows(f, m, other, frame))
        ),
        lambda page, frame: Exists([n], shows(f, n, page, frame)),
        lambda page, frame: Exists([n], And(shows(f, n, page, frame), f.parent(n, roots))),
        lambda page, right, frame: Exists([n], And(shows(f, n, page, frame), f.rights(n, right))),
    )
