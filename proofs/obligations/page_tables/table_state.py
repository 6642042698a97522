"""The state of all page tables, as relations, and the invariants that hold of it between calls.

Tables are the frames of the pool, a sort of their own: no frame of a user is one. In a table an *index* names a place.
What stands there points to a table, or shows a physical frame with rights and marks, or is absent. Where a slot's
entries are is the path down from its space's root, by the index that its address has at each level.

Some of the state is kept for the proof alone and no code reads it: which slots are reserved, once or twice; which
tables are detached and not given back; a table's level and space; and ``number``, how many things stand in a table:
pointers in it, slots reserved whose path ends in it, those reserved twice once more. Of ``number`` it is used that it
counts a finite set: one more element raises it by one, one less lowers it by one, and it is 0 only of an empty set.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

from z3 import (
    And,
    BoolSort,
    BoolVal,
    Const,
    Consts,
    DeclareSort,
    Exists,
    ForAll,
    Function,
    Implies,
    Int,
    IntSort,
    Not,
    Or,
)

from model.running.z3_terms import remembered
from model.spaces.theory import Formula, Predicate, Right, Slot, Space, Term, owner
from proofs.execution.contract import Named
from proofs.execution.values import Page, Physical
from proofs.obligations.page_tables.table_contracts import TableState

Table, Index, Address, Mark = (DeclareSort(name) for name in ("PageTable", "Index", "Address", "Mark"))
Relation = Callable[..., Formula]

page = Function("page", Slot, Page)
address = Function("address", Page, Address)
root = Function("root", Space, Table)

t, u, v = Consts("t u v", Table)
i, j = Consts("i j", Index)
s, s2 = Consts("s s2", Space)
x, y = Consts("slot_x slot_y", Slot)
f = Const("any_physical_frame", Physical)
a = Const("any_right_shown", Right)


@remembered
def index(level: int, slot: Term) -> Term:
    """The index of a slot's address at a level."""
    return index_of(level, address(page(slot)))


@remembered
def index_of(level: int, virtual: Term) -> Term:
    """The index of an address at a level."""
    return Function(f"index{level}", Address, Index)(virtual)


@dataclass(frozen=True, slots=True)
class LinkedTables:
    """All page tables at one moment, whatever is reserved in them.

    :param levels: how many levels the format has.
    :param points: table, index, table: the entry is a pointer to the table.
    :param shows: table, index, physical frame, right: the entry is a leaf that grants the frame's user the right.
    :param marks: table, index, mark: what is noted in the leaf.
    :param uses: what the code counts of a table; ``used`` are the tables that it counts anything of.
    :param free: the frames that are free in the pool; ``frames`` is how many.
    :param at: for each level, the tables of that level.
    :param of: table, space: the table is the space's.
    """

    levels: int
    points: Relation
    shows: Relation
    marks: Relation
    uses: Callable[[Term], Term]
    used: Predicate
    free: Predicate
    frames: Term
    at: tuple[Predicate, ...]
    of: Relation
    number: Callable[[Term], Term]
    detached: Predicate

    def absent(self, table: Term, place: Term) -> Formula:
        """Nothing stands there."""
        return And(Not(self.has_pointer(table, place)), Not(self.has_leaf(table, place)))

    def has_pointer(self, table: Term, place: Term) -> Formula:
        """A pointer stands there."""
        return Exists([_below], self.points(table, place, _below))

    def has_leaf(self, table: Term, place: Term) -> Formula:
        """A leaf stands there; one that grants nothing is absent."""
        return Exists([_frame, _right], self.shows(table, place, _frame, _right))

    def on(self, level: int, slot: Term, table: Term) -> Formula:
        """The table is the one of that level on the slot's path."""
        top = self.levels - 1
        if level == top:
            return root(owner(slot)) == table
        between = [Const(f"on_path_{k}", Table) for k in range(top - 1, level, -1)]
        steps = self.way(slot, [*between, table])
        return Exists(between, steps) if between else steps

    def way(self, slot: Term, tables: Sequence[Term]) -> Formula:
        """These are the tables on the slot's path below the root, as far as they go."""
        way, top = [root(owner(slot)), *tables], self.levels - 1
        return And(*(self.points(one, index(top - k, slot), next_) for k, (one, next_) in enumerate(pairwise(way))))

    def ends(self, level: int, slot: Term) -> Formula:
        """The slot has a table of that level, and none below it."""
        here = self.exists(level, slot)
        return And(here, Not(self.exists(level - 1, slot))) if level else here

    def exists(self, level: int, slot: Term) -> Formula:
        """The slot has a table of that level."""
        return Exists([_end], self.on(level, slot, _end))

    def hangs(self, table: Term) -> Formula:
        """Some entry points to the table."""
        return Exists([_above, _place], self.points(_above, _place, table))


@dataclass(frozen=True, slots=True)
class Tables(LinkedTables):
    """All page tables at one moment, with leaves on the last level only."""

    reserved: Predicate
    twice: Predicate

    def entry(self, slot: Term, frame: Term, right: Term) -> Formula:
        """The slot's entry shows the frame with the right."""
        return Exists([_end], And(self.on(0, slot, _end), self.shows(_end, index(0, slot), frame, right)))

    def marked(self, slot: Term, mark: Term) -> Formula:
        """The slot's entry is present and has the mark."""
        there = And(self.on(0, slot, _end), self.has_leaf(_end, index(0, slot)), self.marks(_end, index(0, slot), mark))
        return Exists([_end], there)

    def abstraction(self) -> TableState:
        """Return the part of it that the kernel needs."""
        return TableState(self.entry, self.reserved, self.twice)


_below, _above, _end = Consts("below above_it end", Table)
_frame, _right, _place = Const("some_frame", Physical), Const("some_right", Right), Const("some_place", Index)


def linked(levels: int) -> dict[str, Any]:
    """What any page tables of that many levels have: the symbols of :class:`LinkedTables`."""
    yes = BoolSort()
    return {
        "levels": levels,
        "points": Function("points", Table, Index, Table, yes),
        "shows": Function("shows", Table, Index, Physical, Right, yes),
        "marks": Function("marks", Table, Index, Mark, yes),
        "uses": Function("uses", Table, IntSort()),
        "used": Function("used", Table, yes),
        "free": Function("free", Table, yes),
        "frames": Int("free_frames"),
        "at": tuple(Function(f"level{k}", Table, yes) for k in range(levels)),
        "of": Function("of", Table, Space, yes),
        "number": Function("number", Table, IntSort()),
        "detached": Function("detached", Table, yes),
    }


def before(levels: int) -> Tables:
    """Any page tables of that many levels."""
    yes = BoolSort()
    return Tables(**linked(levels), reserved=Function("reserved", Slot, yes), twice=Function("twice", Slot, yes))


def addresses(levels: int) -> Named:
    """Slots are pairs of space and page, and each page has an address of its own."""
    k = range(levels)
    one, other = Consts("one_address other_address", Address)
    p, q = Consts("one_page other_page", Page)
    same = And(*(index_of(level, one) == index_of(level, other) for level in k))
    return {
        "a slot is a space and a page": ForAll([x, y], Implies(And(owner(x) == owner(y), page(x) == page(y)), x == y)),
        "no two pages are at one address": ForAll([p, q], Implies(address(p) == address(q), p == q)),
        "addresses that agree at all levels are equal": ForAll([one, other], Implies(same, one == other)),
    }


def hanging(b: LinkedTables) -> Named:
    """Which table hangs where, which are detached, and which are free."""
    top = b.levels - 1
    hang = b.points(t, i, u)
    named: Named = {
        "a table hangs in one place at most": ForAll(
            [t, u, v, i, j], Implies(And(b.points(t, i, v), b.points(u, j, v)), And(t == u, i == j))
        ),
        "a place has one table at most": ForAll([t, i, u, v], Implies(And(hang, b.points(t, i, v)), u == v)),
        "what hangs below a table is its space's": ForAll([t, i, u, s], Implies(And(hang, b.of(t, s)), b.of(u, s))),
        "a table that hangs is of one space at most": ForAll(
            [t, s, s2], Implies(And(b.used(t), Not(b.detached(t)), b.of(t, s), b.of(t, s2)), s == s2)
        ),
        "only tables in use hang, and hang on such": ForAll([t, i, u], Implies(hang, And(b.used(t), b.used(u)))),
        "a root hangs nowhere": ForAll([t, i, s], Not(b.points(t, i, root(s)))),
        "a root is in use, its space's, and at the root level": ForAll(
            [s], And(b.used(root(s)), b.of(root(s), s), b.at[top](root(s)))
        ),
        "a table that hangs has one level": ForAll(
            [t], Implies(And(b.used(t), Not(b.detached(t))), And(Or(*(p(t) for p in b.at)), *_one(b)))
        ),
        "a table hangs one level below": ForAll(
            [t, i, u], Implies(hang, Or(*(And(b.at[k](t), b.at[k - 1](u)) for k in range(1, b.levels))))
        ),
        "what is detached is in use, hangs nowhere, holds no table and is no root": ForAll(
            [t, i, u, s],
            Implies(b.detached(t), And(b.used(t), Not(b.points(u, i, t)), Not(b.points(t, i, u)), t != root(s))),
        ),
        "a free frame is not in use": ForAll([t], Not(And(b.free(t), b.used(t)))),
        "a frame is free or in use": ForAll([t], Or(b.free(t), b.used(t))),
    }
    return named


def apart(b: Tables) -> Named:
    """Which table hangs where, and what stands in it."""
    return {
        **hanging(b),
        "pages are shown by last tables only": ForAll(
            [t, i, f, a], Implies(And(b.used(t), Not(b.detached(t)), b.shows(t, i, f, a)), b.at[0](t))
        ),
        "a slot's entry shows something only if the slot is reserved": ForAll(
            [x, f, a], Implies(b.entry(x, f, a), b.reserved(x))
        ),
        "a reserved slot has all its tables": ForAll([x], Implies(b.reserved(x), b.exists(0, x))),
        "a slot reserved twice is reserved": ForAll([x], Implies(b.twice(x), b.reserved(x))),
    }


def _one(b: LinkedTables) -> Iterator[Formula]:
    yield from (Not(And(one(t), other(t))) for one, other in combinations(b.at, 2))


def counted(b: Tables) -> Named:
    """What the code counts."""
    return {
        "the code counts what stands in a table": ForAll([t], Implies(b.used(t), b.uses(t) == b.number(t))),
        "something stands in a table that hangs": ForAll([t, i, u], Implies(b.points(t, i, u), b.uses(u) != 0)),
    }


def numbers(b: LinkedTables) -> Named:
    """Of how many there are of something."""
    return {"no number is negative": And(b.frames >= 0, ForAll([t], b.number(t) >= 0))}


def accounted(b: LinkedTables, table: Term) -> Formula:
    """The table is free, or a root, or hangs somewhere, or waits to be given back: none is lost."""
    is_root = Exists([s], root(s) == table)
    return Or(b.free(table), is_root, b.hangs(table), b.detached(table))


def same(one: LinkedTables, other: LinkedTables) -> Named:
    """Nothing that the code keeps differs."""
    m = Const("any_mark", Mark)
    return {
        "pointers": ForAll([t, i, u], one.points(t, i, u) == other.points(t, i, u)),
        "leaves": ForAll([t, i, f, a], one.shows(t, i, f, a) == other.shows(t, i, f, a)),
        "marks": ForAll([t, i, m], one.marks(t, i, m) == other.marks(t, i, m)),
        "counts": ForAll([t], And(one.used(t) == other.used(t), one.uses(t) == other.uses(t))),
        "the pool": And(one.frames == other.frames, ForAll([t], one.free(t) == other.free(t))),
    }


def among(table: Term, some: Sequence[Term]) -> Formula:
    """The table is one of these."""
    return Or(*(table == each for each in some)) if some else BoolVal(False)
