"""The state of page tables with leaves on every level, and the invariants that hold of it between calls.

Beside what :mod:`proofs.obligations.page_tables.table_state` says of tables it is kept for the proof alone where leaves
*stand*: a mapping's do from its reservation on, before they are written, until its release, after they were cleared.
``number`` is how many things stand in a table, pointers and leaves, and ``owed`` how many tables it takes to take all
leaves apart that stand. Of both it is used that they are a number and a sum over a finite set. Two tables of leaves may
be joined to one that is not written yet: ``due`` is how many of those are not promised yet.
"""

from dataclasses import dataclass

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies, Int, Not, Or

from model.spaces.theory import Formula, Right, Term
from proofs.execution.contract import Named
from proofs.execution.values import Physical
from proofs.obligations.page_tables.table_state import (
    Index,
    LinkedTables,
    Relation,
    Table,
    a,
    f,
    hanging,
    i,
    index,
    linked,
    t,
    u,
    x,
)
from proofs.obligations.sized_tables.leaves import seen

_table, _held = Const("table_of_leaf", Table), Const("what_it_holds", Physical)
_place, _right = Const("some_place", Index), Const("some_right", Right)


@dataclass(frozen=True, slots=True)
class SizedState(LinkedTables):
    """All page tables at one moment.

    :param taken: table, index: a leaf stands there.
    """

    taken: Relation
    promised: Term
    owed: Term
    due: Term

    def stands(self, table: Term, place: Term) -> Formula:
        """Something stands there: a pointer, or a leaf."""
        return Or(self.has_pointer(table, place), self.taken(table, place))

    def entry(self, level: int, slot: Term, frame: Term, right: Term) -> Formula:
        """Of a page: its walk ends on the level, and finds the frame with the right."""
        here = And(self.on(level, slot, _table), self.shows(_table, index(level, slot), _held, right))
        return Exists([_table, _held], And(here, frame == seen(level)(_held, slot)))

    def marked(self, level: int, slot: Term, mark: Term) -> Formula:
        """Of a page: its walk ends on the level, at a leaf with the mark."""
        here = index(level, slot)
        there = And(self.has_leaf(_table, here), self.marks(_table, here, mark))
        return Exists([_table], And(self.on(level, slot, _table), there))

    def held(self, level: int, slot: Term) -> Formula:
        """Of a page: a leaf of that level stands on its way."""
        return Exists([_table], And(self.on(level, slot, _table), self.taken(_table, index(level, slot))))

    def is_held(self, slot: Term) -> Formula:
        """Of a page: a leaf stands on its way."""
        return Or(*(self.held(level, slot) for level in range(self.levels)))


def before(levels: int) -> SizedState:
    """Any page tables of that many levels."""
    return SizedState(
        **linked(levels),
        taken=Function("taken", Table, Index, BoolSort()),
        promised=Int("promised"),
        owed=Int("owed"),
        due=Int("due"),
    )


def in_use(b: SizedState, table: Term) -> Formula:
    """The table is used, and no walk's end waits for it to be given back."""
    return And(b.used(table), Not(b.detached(table)))


def apart(b: SizedState) -> Named:
    """Which table hangs where, and where leaves stand."""
    return {
        **hanging(b),
        "leaves stand in tables in use": ForAll([t, i], Implies(b.taken(t, i), in_use(b, t))),
        "where a leaf stands no table hangs": ForAll([t, i, u], Not(And(b.taken(t, i), b.points(t, i, u)))),
        "something is shown only where a leaf stands": ForAll(
            [t, i, f, a], Implies(And(in_use(b, t), b.shows(t, i, f, a)), b.taken(t, i))
        ),
        **{has_page(k): _has_page(b, k) for k in range(b.levels)},
    }


def has_page(level: int) -> str:
    """What an invariant is called."""
    return f"on the way of some page is each leaf that stands on level {level}"


def _has_page(b: SizedState, level: int) -> Formula:
    page = Exists([x], And(b.on(level, x, t), index(level, x) == i))
    return ForAll([t, i], Implies(And(b.taken(t, i), b.at[level](t)), page))


COUNTED = "the code counts what stands in a table"


def counted(b: SizedState) -> Named:
    """What the code counts."""
    return {
        COUNTED: ForAll([t], Implies(in_use(b, t), b.uses(t) == b.number(t))),
        "something stands in a table that hangs": ForAll([t, i, u], Implies(b.points(t, i, u), b.uses(u) != 0)),
        "the code counts what is owed": b.promised + b.due == b.owed,
        "the pool has as many frames as are promised": b.frames >= b.promised,
    }


def numbers(b: SizedState) -> Named:
    """What holds of any number of things that stand somewhere, and of any sum over leaves."""
    some = Exists([_place], b.stands(t, _place))
    return {
        "no number is negative": And(b.frames >= 0, b.promised >= 0, b.due >= 0, ForAll([t], b.number(t) >= 0)),
        "it is 0 only of nothing": ForAll([t, i], Implies(b.stands(t, i), b.number(t) >= 1)),
        "of nothing it is 0": ForAll([t], Implies(b.number(t) >= 1, some)),
    }


def nothing_below(b: SizedState, level: int) -> Named:
    """Below a table of that level that hangs some page is held: which follows from the invariants."""
    page = Exists([x], And(b.on(level, x, u), Or(*(b.held(k, x) for k in range(level + 1)))))
    return {
        f"below a table that hangs on level {level} some page is held": ForAll(
            [t, i, u], Implies(And(b.points(t, i, u), b.at[level](u)), page)
        )
    }


def none(*_: Term) -> Formula:
    """Holds of nothing."""
    return BoolVal(False)
