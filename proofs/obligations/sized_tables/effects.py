"""Effects of calls of the methods of page tables with large leaves, as formulas about the states before and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, If, Implies, Not, Or

from model.spaces.theory import Formula, Right, Slot, Term
from proofs.execution.contract import Contract, Named
from proofs.execution.path import ExecutionError, conjunction
from proofs.execution.values import Physical, Rights
from proofs.obligations.page_tables.table_state import Index, Mark, Table, among, index, same
from proofs.obligations.page_tables.table_values import (
    EntryPlace,
    MarkSet,
    SlotValue,
    SymbolicEntry,
    accessed,
    dirty,
    fixed,
    marks_of,
    nothing,
)
from proofs.obligations.sized_tables.contracts import DETACH, DIVIDE, LIFT, RESERVE, Shown
from proofs.obligations.sized_tables.leaf_loops import LeafLoop, NotedLoop, noted_at
from proofs.obligations.sized_tables.leaves import Leaves, field, filling, frame, moved, slot
from proofs.obligations.sized_tables.state import SizedState
from proofs.obligations.sized_tables.symbolic import OWED, FrameValue, SymbolicSized

asked, asked_marks = Function("asked", Right, BoolSort()), Function("asked_marks", Mark, BoolSort())
below = Const("table_of_leaves", Table)
some = Const("some_table", Table)
t, u, i = Const("each_table", Table), Const("each_other", Table), Const("each_index", Index)
x = Const("each_slot", Slot)
f, r, m = Const("each_frame", Physical), Const("each_right", Right), Const("each_mark", Mark)


@dataclass(frozen=True, slots=True)
class SizedCall:
    """A call that was executed on a path, and what came of it."""

    tables: SymbolicSized
    leaves: Leaves
    result: Any

    @property
    def start(self) -> SizedState:
        """The state before."""
        return self.tables.start

    @property
    def end(self) -> SizedState:
        """The state after, without what is kept for the proof alone."""
        return self.tables.ends()

    def promised(self, contract: Contract[Shown], *arguments: Any) -> Shown:
        """Return what the contract promises."""
        return contract.effect(shown(self.start), self.leaves, *arguments)


def shown(b: SizedState) -> Shown:
    """The part of it that a kernel needs."""
    return Shown(b.levels, b.entry, b.held)


def slot_of(tables: SymbolicSized) -> SlotValue:
    """The slot that the code gets."""
    return SlotValue(slot, tables.path)


def rights_asked(tables: SymbolicSized) -> Rights:
    """The rights that it gets: any."""
    return Rights(asked, tables.path)


def granted(tables: SymbolicSized) -> Callable[[Term], Formula]:
    """What the format grants of them."""
    return tables.granted(rights_asked(tables))


def first_frame(tables: SymbolicSized) -> FrameValue:
    """The first frame that it gets: any."""
    return FrameValue(frame, tables.path)


def marks_asked(tables: SymbolicSized) -> MarkSet:
    """The marks that it gets: any."""
    return MarkSet(asked_marks)


# Ghosts: what is kept for the proof alone.


def stood_up(b: SizedState, leaves: Leaves, table: Term, number: Term, owed: Term) -> SizedState:
    """The mapping's leaves stand in the table."""
    return replace(
        b,
        taken=lambda t, i: Or(b.taken(t, i), And(t == table, leaves.stands(i))),
        number=lambda t: b.number(t) + If(t == table, number, 0),
        owed=b.owed + owed,
    )


def taken_down(b: SizedState, leaves: Leaves, table: Term, number: Term, owed: Term) -> SizedState:
    """They stand there no more."""
    return replace(
        b,
        taken=lambda t, i: And(b.taken(t, i), Not(And(t == table, leaves.stands(i)))),
        number=lambda t: b.number(t) - If(t == table, number, 0),
        owed=b.owed - owed,
    )


def detached(b: SizedState, gone: list[Term]) -> SizedState:
    """These tables wait to be given back."""
    return replace(b, detached=lambda t: Or(b.detached(t), among(t, gone)))


def tables_of(result: Any) -> list[Term]:
    """The tables of a list that the code returned."""
    if not isinstance(result, list):
        raise ExecutionError(f"{result!r} is no list of tables")
    return [value.term for value in result]


# What is promised.


def shows(call: SizedCall, promised: Shown) -> Named:
    """Walks find what is promised."""
    return {
        f"walks that end on level {k} find what is promised": sees_alike(call.end, promised, k) for k in levels_of(call)
    }


def levels_of(call: SizedCall) -> range:
    """All levels."""
    return range(call.start.levels)


def sees_alike(one: SizedState | Shown, other: SizedState | Shown, level: int) -> Formula:
    """Walks that end on the level find the same."""
    return ForAll([x, f, r], one.entry(level, x, f, r) == other.entry(level, x, f, r))


def holds(end: SizedState, promised: Shown) -> Named:
    """Leaves stand as is promised."""
    same_at = (ForAll([x], end.held(k, x) == promised.held(k, x)) for k in range(end.levels))
    return {f"leaves of level {k} stand as is promised": formula for k, formula in enumerate(same_at)}


def kept_marks(call: SizedCall, of_pages: Callable[[int, Term, Term], Formula]) -> Named:
    """What is noted of the mapping's pages, and that nothing else is noted of others."""
    start, end, leaves, found = call.start, call.end, call.leaves, {}
    for k in levels_of(call):
        inside = end.marked(k, x, m) == of_pages(k, x, m)
        found[f"what is noted of its pages on level {k}"] = ForAll([x, m], Implies(leaves.has(x), inside))
        kept = end.marked(k, x, m) == start.marked(k, x, m)
        found[f"what is noted of other pages on level {k} stays"] = ForAll([x, m], Implies(Not(leaves.has(x)), kept))
    return found


# What loops write.


def leaves_written(flags: Callable[[SizedState, Term, Term, Term], Formula]) -> Callable[[SymbolicSized, Leaves], Any]:
    """Leaves for the frames of the mapping.

    :param flags: of the state, a table, a place and a mark: it is noted.
    """

    def written(tables: SymbolicSized, leaves: Leaves) -> Any:
        distance, level = leaves.level * tables.format.index_bits, leaves.level
        has = granted(tables)

        def entry(was: SizedState, table: Term, place: Term) -> SymbolicEntry:
            held = field(level)(moved(distance)(frame, place))
            return SymbolicEntry(
                tables.path, nothing, lambda f, r: And(f == held, has(r)),
                lambda m: Or(flags(was, table, place, m), fixed(m)), False,
            )  # fmt: skip

        return entry

    return written


def kept_or_asked(was: SizedState, table: Term, place: Term, mark: Term) -> Formula:
    """The mark is asked for, or the processor noted it in the leaf that stands there."""
    return Or(asked_marks(mark), noted_at(was, table, place, mark))


def only_asked(was: SizedState, table: Term, place: Term, mark: Term) -> Formula:
    """The mark is asked for."""
    return asked_marks(mark)


def write_loop(tables: SymbolicSized, leaves: Leaves, flags: Any = kept_or_asked) -> LeafLoop:
    """The loop that writes a mapping's leaves."""
    return LeafLoop(tables, "place", leaves.stands, leaves_written(flags)(tables, leaves))


def clear_loop(tables: SymbolicSized, leaves: Leaves) -> LeafLoop:
    """The loop that clears them."""
    absent = SymbolicEntry(tables.path, nothing, nothing, nothing, False)
    return LeafLoop(tables, "place", leaves.stands, lambda was, table, place: absent)


def divide_loop(tables: SymbolicSized, leaves: Leaves) -> LeafLoop:
    """The loop that fills a table with leaves of the size below."""
    finer = filling(leaves.level - 1, leaves.levels)
    return LeafLoop(tables, "first", finer.stands, leaves_written(only_asked)(tables, finer))


def noted_loop(tables: SymbolicSized, leaves: Leaves) -> LeafLoop:
    """The loop that reads what is noted in a table's leaves."""
    return NotedLoop(tables, "first")


# What methods do.


def reserve_does(call: SizedCall) -> Named:
    """Reserve shows nothing new; if it refuses, too few frames were free and not promised, and nothing changed."""
    start, end = call.start, call.end
    if call.result is True:
        return shows(call, call.promised(RESERVE))
    if call.result is not False:
        raise ExecutionError(f"reserve returns {call.result!r}, which is neither True nor False")
    spare, bottom = start.frames - start.promised, call.leaves.level
    few = And(
        *(Implies(start.ends(level, slot), spare < level - bottom + OWED) for level in range(bottom, start.levels))
    )
    return {"too few frames are free and not promised": few, **unchanged(start, end)}


def unchanged(start: SizedState, end: SizedState) -> Named:
    """Nothing that the code keeps differs."""
    return {**same(start, end), "what is promised": start.promised == end.promised}


def release_does(call: SizedCall) -> Named:
    """Release shows nothing new and returns exactly what it detached, each table once."""
    gone, start, end = tables_of(call.result), call.start, call.end
    return {
        **shows(call, shown(start)),
        "returned are the tables that hung and hang no more": And(start.hangs(some), Not(end.hangs(some)))
        == among(some, gone),
        "none twice": conjunction(one != other for n, one in enumerate(gone) for other in gone[:n]),
    }


def detach_does(call: SizedCall) -> Named:
    """Detach returns the table that hung below, and no other hangs no more."""
    gone, start, end = tables_of(call.result), call.start, call.end
    return {
        **shows(call, call.promised(DETACH)),
        "returned is the table that hung below": And(start.hangs(some), Not(end.hangs(some))) == among(some, gone),
        "it has the mapping's leaves": conjunction(
            And(start.on(call.leaves.level - 1, slot, t), BoolVal(len(gone) == 1)) for t in gone
        ),
        **kept_marks(call, lambda k, x, m: BoolVal(False)),
    }


def written_marks(call: SizedCall) -> Callable[[int, Term, Term], Formula]:
    """Accessed and dirty stay, what is asked for is noted besides, of a page that sees something."""
    start, end = call.start, call.end

    def noted(level: int, x: Term, m: Term) -> Formula:
        stays = And(start.marked(level, x, m), Or(m == accessed, m == dirty))
        return And(Or(stays, asked_marks(m), fixed(m)), Exists([f, r], end.entry(level, x, f, r)))

    return noted


def path_does(call: SizedCall) -> Named:
    """What is returned are the slot's tables, all of them, from the root down."""
    found, start, top = tables_of(call.result), call.start, call.start.levels - 1
    levels = range(top, top - len(found), -1)
    on = {f"level {k} is on the path": start.on(k, slot, each) for k, each in zip(levels, found, strict=True)}
    return {**on, "there is no more": start.ends(top + 1 - len(found), slot), **unchanged(start, call.end)}


def place_does(call: SizedCall) -> Named:
    """What is returned is where the mapping's first leaf is."""
    level = call.leaves.level
    if not isinstance(call.result, EntryPlace):
        raise ExecutionError(f"{call.result!r} is no place of an entry")
    there = And(call.start.on(level, slot, call.result.table), call.result.index == index(level, slot))
    return {"the leaf is there": there, **unchanged(call.start, call.end)}


def entry_does(call: SizedCall) -> Named:
    """What is returned is what the slot's walk ends at: a leaf that shows what the walk finds, or nothing."""
    start = call.start
    if not isinstance(call.result, SymbolicEntry):
        raise ExecutionError(f"{call.result!r} is no entry")
    entry = call.result

    def ends(level: int) -> Formula:
        here = index(level, slot)
        said = ForAll([f, r], start.shows(t, here, f, r) == entry.shows(f, r))
        return Exists([t], And(start.on(level, slot, t), Not(start.has_pointer(t, here)), said))

    return {
        "it says what stands where the walk ends": Or(*map(ends, range(start.levels))),
        "it is no pointer": ForAll([u], Not(entry.points(u))),
        **unchanged(start, call.end),
    }


def missing_does(call: SizedCall) -> Named:
    """What is returned is how many tables the slot lacks, if nothing translates it."""
    start = call.start
    translated = Exists([f, r], Or(*(start.entry(k, slot, f, r) for k in levels_of(call))))
    return {
        f"{call.result} are missing": If(translated, BoolVal(call.result == 0), start.ends(call.result, slot)),
        **unchanged(start, call.end),
    }


def noted_does(call: SizedCall) -> Named:
    """What is returned is what is noted in any leaf of the table."""
    if not isinstance(call.result, MarkSet):
        raise ExecutionError(f"{call.result!r} are no marks")
    start = call.start
    in_some = Exists([i], noted_at(start, below, i, m))
    return {"noted is what some leaf has": ForAll([m], call.result.has(m) == in_some), **unchanged(start, call.end)}


def note(tables: SymbolicSized) -> Any:
    """Ask for what is noted in a detached table."""
    return tables.code.noted_in(tables.value(below))


def lift_does(call: SizedCall) -> Named:
    """The leaf is absent, and what was noted in it is returned."""
    if not isinstance(call.result, MarkSet) and not (type(call.result) is int and call.result == 0):
        raise ExecutionError(f"{call.result!r} are no marks")
    has, k = marks_of(call.result), call.leaves.level
    noted = And(call.start.marked(k, slot, m), Or(m == accessed, m == dirty))
    return {
        **shows(call, call.promised(LIFT)),
        **kept_marks(call, lambda k, x, m: BoolVal(False)),
        "noted is what the leaf has": ForAll([m], has(m) == noted),
    }


def divide_does(call: SizedCall) -> Named:
    """The mapping's pages see its frames through smaller leaves, with the marks that are asked for."""
    end, below_it = call.end, call.leaves.level - 1

    def noted(level: int, x: Term, m: Term) -> Formula:
        if level != below_it:
            return BoolVal(False)
        return And(Or(asked_marks(m), fixed(m)), Exists([f, r], end.entry(level, x, f, r)))

    return {
        **shows(call, call.promised(DIVIDE, frame, granted(call.tables))),
        **kept_marks(call, noted),
        "one table fewer is promised": end.promised == call.start.promised - 1,
    }


def promise_does(call: SizedCall) -> Named:
    """One table more is promised, and nothing else differs."""
    more = call.end.promised == call.start.promised + 1
    return {**same(call.start, call.end), "one table more is promised": more}


def given_tables(number: int) -> tuple[Term, ...]:
    """So many tables."""
    return tuple(Const(f"detached {n}", Table) for n in range(number))


def give(tables: SymbolicSized) -> Any:
    """Give back as many tables as there are levels down to the mapping's leaves."""
    return tables.code.give_back([tables.value(each) for each in given_tables(tables.level + 1)])


def give_back_does(call: SizedCall) -> Named:
    """The tables are free, and nothing else is any different."""
    start, end, given = call.start, call.end, given_tables(call.leaves.level + 1)
    kept = same(start, end)
    return {
        **{name: kept[name] for name in ("pointers", "leaves", "marks")},
        "these are free": ForAll([t], end.free(t) == Or(start.free(t), among(t, given))),
        "there are as many more": end.frames == start.frames + len(given),
        "no other is free or out of use": ForAll([t], end.used(t) == And(start.used(t), Not(among(t, given)))),
        "other counts stay": ForAll([t], Implies(end.used(t), end.uses(t) == start.uses(t))),
        "as many are promised": end.promised == start.promised,
    }
