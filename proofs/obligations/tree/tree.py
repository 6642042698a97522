"""The mapping tree on terms: columns that the kernel's functions read and write, and the ghosts beside them.

A column that holds nodes or slots is a relation between an index and what is kept there, so that no function leads
from nodes to nodes and every verification condition stays in the decidable fragment, where a broken step is refuted
and not merely unproved. That a column is total is used only where code reads it: what is read gets a name.

A ghost is what no code keeps and the invariants pin down: ``below``, the transitive closure of parent, and ``left``,
the order in which a walk meets two subtrees of which neither holds the other. Both follow the writes to the column
``parent``: a node that loses its parent leaves both, a node that gets one stands below it, left of all else there. A
third, ``spare``, names for every nil slot a free node of its own; who changes what is free says what is spare then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import z3

from model.running.z3_terms import remembered
from model.spaces.theory import Formula, Frame, Relation, Right, Slot, State, Term
from proofs.execution.named_after import constant_after, named
from proofs.execution.path import Path
from proofs.execution.values import Node, Rights, Value, equal, lift, no_node, no_slot, rights_of, roots
from refinement.kernel.mapping_tree import MappingTree

Field = Callable[[Term], Term]


@dataclass(frozen=True, slots=True)
class TreeState:
    """A mapping tree at one time: its columns and the ghosts, as functions from terms to terms and formulas."""

    parent: Relation
    first_child: Relation
    next_sibling: Relation
    prev_sibling: Relation
    slot: Relation
    frame: Field
    rights: Relation
    node_of: Field
    below: Relation
    left: Relation
    spare: Field

    def live(self, node: Term) -> Formula:
        """The node stands for a mapping."""
        return z3.Not(self.slot(node, no_slot))


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column's index and of its values; ``related`` if it is a relation between the two."""

    index: z3.SortRef
    value: z3.SortRef
    related: bool


COLUMNS = {
    "parent": ColumnType(Node, Node, True),
    "first_child": ColumnType(Node, Node, True),
    "next_sibling": ColumnType(Node, Node, True),
    "prev_sibling": ColumnType(Node, Node, True),
    "slot": ColumnType(Node, Slot, True),
    "frame": ColumnType(Node, Frame, False),
    "rights": ColumnType(Node, Right, True),
    "node_of": ColumnType(Slot, Node, False),
}

FUNCTIONAL = tuple(name for name, kind in COLUMNS.items() if kind.related and name != "rights")
"""Relations that hold one value for an index."""


@cache
def fresh_state(name: str) -> TreeState:
    """A tree of which nothing is known; the name tells its symbols apart from those of others."""
    boolean = z3.BoolSort()
    columns = {
        column: z3.Function(f"{column}{name}", kind.index, kind.value, boolean)
        if kind.related
        else z3.Function(f"{column}{name}", kind.index, kind.value)
        for column, kind in COLUMNS.items()
    }
    ghosts = {ghost: z3.Function(f"{ghost}{name}", Node, Node, boolean) for ghost in ("below", "left")}
    return TreeState(**columns, **ghosts, spare=z3.Function(f"spare{name}", Slot, Node))


INDEX = "accesses nodes and slots only"
"""What is demanded of every index that code uses."""

BEFORE = fresh_state("")
"""The tree before whatever is executed."""


class ColumnOwner(Protocol):
    """The owner of columns, on a path, which is told of what is written to ``parent``."""

    path: Path

    def follow(self, node: Term, parent: Term) -> None:
        """The ghosts follow a write to ``parent``."""


class SymbolicColumn:
    """A column that code reads and writes by index: where it started, and what was written since, the latest last."""

    touched: Callable[[str, Term, Term | None], None] | None = None
    """Who is told of each access before it is made: of the column, the index, and of what is written.

    Nothing is told to be written by a read, nor of rights.
    """

    def __init__(self, owner: "ColumnOwner", name: str, kind: ColumnType | None = None) -> None:
        """Nothing is known of it until the owner has a state.

        :param kind: its type, if it is none of our tree's columns.
        """
        self.owner = owner
        self.name = name
        self.kind = kind or COLUMNS[name]
        self.base: Callable[..., Term]
        self.written: list[tuple[Term, Callable[..., Term]]] = []

    def frozen(self) -> Callable[..., Term]:
        """The column as it is now, as a relation or function."""
        base, written = self.base, tuple(self.written)
        if not written:
            return base

        def read(index: Term, *more: Term) -> Term:
            term = base(index, *more)
            for place, value in written:
                term = value(*more) if index.eq(place) else z3.If(index == place, value(*more), term)
            return term

        return remembered(read)

    def __getitem__(self, index: object) -> Value | Rights:
        """The field at an index, which must be one."""
        place = self.place(index)
        path = self.owner.path
        path.reads[self.name] += 1
        self._tell(place, None)
        if self.kind.value == Right:
            has = self.frozen()
            return Rights(lambda a: has(place, a), path)
        return Value(self.held(place), path)

    def held(self, place: Term) -> Term:
        """Return the field's value at an index now."""
        path = self.owner.path
        pending = []
        found: Term | None = None
        for other, value in reversed(self.written):
            same = path.known(equal(place, other))
            if same:
                found = value.term
                break
            if same is None:
                pending.append((other, value.term))
        term = self.named(place) if found is None else found
        for other, value in reversed(pending):
            term = z3.If(place == other, value, term)
        return term

    def named(self, place: Term) -> Term:
        """What the column held at first: a term for it, and the fact that it is held."""
        if not self.kind.related:
            return self.base(place)
        name = constant_after(f"{self.base}[{named(place)}]", self.kind.value, place)
        fact = self.base(place, name)
        if self.owner.path.known(fact) is None:
            self.owner.path.note(fact)
        return name

    def __setitem__(self, index: object, value: object) -> None:
        """The field at an index, which must be one, changes."""
        place = self.place(index)
        self.owner.path.writes[self.name] += 1
        new: Callable[..., Term]
        if self.kind.value == Right:
            new = rights_of(value)
            self._tell(place, None)
        else:
            term = lift(value, self.kind.value)
            self._tell(place, term)
            if self.name == "parent":
                self.owner.follow(place, term)
            new = Stored(term)
        self.written = [(other, old) for other, old in self.written if not other.eq(place)]
        self.written.append((place, new))

    def _tell(self, place: Term, new: Term | None) -> None:
        if self.touched is not None:
            self.touched(self.name, place, new)

    def place(self, index: object) -> Term:
        """The index as a term; the code relies on there being such an element."""
        term = lift(index, self.kind.index)
        nothing = no_node if self.kind.index == Node else no_slot
        if self.owner.path.known(equal(term, nothing)) is not False:
            self.owner.path.demand(INDEX, lambda: term != nothing)
        return term

    def __len__(self) -> int:
        """Nobody may ask: columns have no bound.

        :raises TypeError: always.
        """
        raise TypeError(f"the column {self.name} has no bound here: code under proof may not ask for its length")


@dataclass(frozen=True, slots=True)
class Stored:
    """The value written: the term itself, or for a relation the equation with it."""

    term: Term

    def __call__(self, *held: Term) -> Term:
        """The value, or whether that is the value."""
        return equal(held[0], self.term) if held else self.term


class SymbolicTree:
    """A mapping tree for one path: ``tree`` is what code gets."""

    def __init__(self, path: Path, start: TreeState = BEFORE) -> None:
        """Starts in a state, the state before if none is given."""
        self.path = path
        self.columns = {name: SymbolicColumn(self, name) for name in COLUMNS}
        self.tree = MappingTree(**self.columns)  # type: ignore[arg-type]
        self.become(start)

    def become(self, state: TreeState) -> None:
        """Be in another state; the columns stay the same objects."""
        for name, column in self.columns.items():
            column.base = getattr(state, name)
            column.written = []
        self.below, self.left, self.spare = state.below, state.left, state.spare

    def look(self, column: str, index: Term) -> Term:
        """Return a column's value where code does not read it: for the proof alone, since columns are total."""
        return self.columns[column].named(index)

    def follow(self, node: Term, parent: Term) -> None:
        """The ghosts follow a write to ``parent``."""
        below, left = self.below, self.left
        if parent.eq(no_node):
            self.below = remembered(lambda n, m: z3.And(n != node, m != node, below(n, m)))
            self.left = remembered(lambda n, m: z3.And(n != node, m != node, left(n, m)))
            return

        def below_with(n: Term, m: Term) -> Formula:
            return z3.Or(below(n, m), z3.And(n == node, z3.Or(m == parent, below(parent, m))))

        def left_with(n: Term, m: Term) -> Formula:
            return z3.Or(
                left(n, m),
                z3.And(n == node, m != node, z3.Or(below(m, parent), left(parent, m))),
                z3.And(m == node, n != node, left(n, parent)),
            )

        self.below, self.left = remembered(below_with), remembered(left_with)

    def state(self) -> TreeState:
        """The tree as it is now."""
        columns = {name: column.frozen() for name, column in self.columns.items()}
        return TreeState(**columns, below=self.below, left=self.left, spare=self.spare)


def abstraction(t: TreeState) -> State:
    """The theory's state that a tree stands for (C5's abstraction function).

    The witness ``holder`` is not in the tree, and no obligation about code speaks of it.
    """

    def live(x: Term) -> Formula:
        return t.node_of(x) != no_node

    return State(
        derives=lambda x, y: z3.And(live(x), live(y), t.below(t.node_of(x), t.node_of(y))),
        live=live,
        holds=lambda x, r: z3.And(live(x), t.parent(t.node_of(x), roots), t.frame(t.node_of(x)) == r),
        phys=lambda x, r: z3.And(live(x), t.frame(t.node_of(x)) == r),
        right=lambda x, a: z3.And(live(x), t.rights(t.node_of(x), a)),
        holder=z3.Function("holder", Frame, Slot),
    )
