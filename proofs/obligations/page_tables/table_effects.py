"""Effects of calls of the page tables' methods, as formulas about the states before and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Right, Slot, Term, owner
from proofs.execution.contract import Contract, Named
from proofs.execution.path import ExecutionError, Path, conjunction
from proofs.execution.values import Physical, Rights
from proofs.obligations.page_tables.symbolic_tables import SymbolicTables
from proofs.obligations.page_tables.table_contracts import CLEAR, RELEASE, RESERVE, WRITE, TableState
from proofs.obligations.page_tables.table_state import Index, Mark, Table, Tables, among, index, root, same
from proofs.obligations.page_tables.table_values import (
    EntryPlace,
    SlotValue,
    Start,
    SymbolicEntry,
    accessed,
    dirty,
    fixed,
)

slot = Const("slot", Slot)
frame = Const("written_frame", Physical)
asked = Function("asked", Right, BoolSort())
last = Const("last_table", Table)
some = Const("some_table", Table)
t, u, i = Const("each_table", Table), Const("each_other", Table), Const("each_index", Index)
x = Const("each_slot", Slot)
f, r, m = Const("each_frame", Physical), Const("each_right", Right), Const("each_mark", Mark)


@dataclass(frozen=True, slots=True)
class ExecutedCall:
    """A call that was executed on a path, and what came of it."""

    tables: SymbolicTables[Tables]
    result: Any
    given: tuple[Term, ...] = ()

    @property
    def start(self) -> Tables:
        """The state before."""
        return self.tables.start

    @property
    def end(self) -> Tables:
        """The state after, without what is kept for the proof alone."""
        return self.tables.now


def _slot(tables: SymbolicTables[Tables]) -> SlotValue:
    return SlotValue(slot, tables.path)


def calls(
    name: str, *more: Callable[[Path], Any]
) -> Callable[[SymbolicTables[Tables], int], tuple[Any, tuple[Term, ...]]]:
    """Call the method for the slot, and with what more it takes."""
    return lambda tables, way: (
        getattr(tables.code, name)(_slot(tables), *(each(tables.path) for each in more)),
        (),
    )


def unchanged(call: ExecutedCall) -> Tables:
    """Nothing is kept for the proof beside what the code changes."""
    return call.end


def required(contract: Contract[TableState], *arguments: Any) -> Callable[[Tables, int], Named]:
    """Return what the contract requires of the slot."""
    return lambda start, way: contract.requires(start.abstraction(), slot, *arguments)


def nothing(start: Tables, way: int) -> Named:
    """Nothing is required."""
    return {}


def _effect(call: ExecutedCall, contract: Contract[TableState], *arguments: Any) -> TableState:
    return contract.effect(call.start.abstraction(), slot, *arguments)


def _shows(end: Tables, promised: TableState) -> Formula:
    return ForAll([x, f, r], end.entry(x, f, r) == promised.entry(x, f, r))


# reserve


def reserved(call: ExecutedCall) -> Tables:
    """If it succeeded the slot is reserved, once more."""
    if call.result is not True:
        return call.end
    promised = _effect(call, RESERVE)
    return replace(call.end, reserved=promised.reserved, twice=promised.twice)


def reserve_does(call: ExecutedCall) -> Named:
    """Reserve shows nothing new; if it refuses, the pool was too small and nothing changed."""
    start, end = call.start, call.end
    if call.result is True:
        return {"entries are as promised": _shows(end, _effect(call, RESERVE))}
    if call.result is not False:
        raise ExecutionError(f"reserve returns {call.result!r}, which is neither True nor False")
    few = And(*(Implies(start.ends(level, slot), start.frames < level) for level in range(start.levels)))
    return {"the pool has too few frames": few, **same(start, end)}


# release


def released(call: ExecutedCall) -> Tables:
    """The slot is reserved once less, and what is returned is detached."""
    promised, gone = _effect(call, RELEASE), _tables_of(call.result)
    return replace(
        call.end,
        reserved=promised.reserved,
        twice=promised.twice,
        detached=lambda t: Or(call.end.detached(t), among(t, gone)),
    )


def _tables_of(result: Any) -> list[Term]:
    if not isinstance(result, list):
        raise ExecutionError(f"{result!r} is no list of tables")
    return [value.term for value in result]


def release_does(call: ExecutedCall) -> Named:
    """Release shows nothing new and returns exactly what it detached, each table once."""
    gone, start, end = _tables_of(call.result), call.start, call.end
    return {
        "entries are as promised": _shows(end, _effect(call, RELEASE)),
        "returned are the tables that hung and hang no more": And(start.hangs(some), Not(end.hangs(some)))
        == among(some, gone),
        "none twice": conjunction(one != other for n, one in enumerate(gone) for other in gone[:n]),
        "none if the slot stays reserved": Implies(start.twice(slot), BoolVal(not gone)),
    }


# give_back


def _given(way: int) -> tuple[Term, ...]:
    return tuple(Const(f"detached {n}", Table) for n in range(way))


def give(tables: SymbolicTables[Tables], way: int) -> tuple[Any, tuple[Term, ...]]:
    """Give back so many tables as the way says."""
    given = _given(way)
    return tables.code.give_back([tables.value(each) for each in given]), given


def detached(start: Tables, way: int) -> Named:
    """The tables are detached, and differ."""
    given = _given(way)
    found = {f"table {n} is detached": start.detached(each) for n, each in enumerate(given)}
    if way > 1:
        found["they differ"] = And(*(one != other for n, one in enumerate(given) for other in given[:n]))
    return found


def given_back(call: ExecutedCall) -> Tables:
    """The tables are detached no more."""
    return replace(call.end, detached=lambda t: And(call.start.detached(t), Not(among(t, call.given))))


def give_back_does(call: ExecutedCall) -> Named:
    """The tables are free, and nothing else is any different."""
    start, end = call.start, call.end
    kept = same(start, end)
    return {
        **{name: kept[name] for name in ("pointers", "leaves", "marks")},
        "these are free": ForAll([t], end.free(t) == Or(start.free(t), among(t, call.given))),
        "there are as many more": end.frames == start.frames + len(call.given),
        "no other is free or out of use": ForAll([t], end.used(t) == And(start.used(t), Not(among(t, call.given)))),
        "other counts stay": ForAll([t], Implies(end.used(t), end.uses(t) == start.uses(t))),
    }


# write and clear


def write_does(call: ExecutedCall) -> Named:
    """The slot's entry shows the frame with the rights granted, and what was noted stays."""
    start, end = call.start, call.end
    promised = _effect(call, WRITE, frame, call.tables.granted(asked_rights(call.tables.path)))
    stays = And(start.marked(slot, m), Or(m == accessed, m == dirty))
    kept = And(Or(stays, fixed(m)), Exists([f, r], end.entry(slot, f, r)))
    return {
        "entries are as promised": _shows(end, promised),
        "accessed and dirty stay, nothing else is noted": ForAll([m], end.marked(slot, m) == kept),
        "other marks stay": ForAll([x, m], Implies(x != slot, end.marked(x, m) == start.marked(x, m))),
    }


def asked_rights(path: Path) -> Rights:
    """Any rights."""
    return Rights(asked, path)


def clear_does(call: ExecutedCall) -> Named:
    """The slot's entry shows nothing, and no other changes."""
    start, end = call.start, call.end
    return {
        "entries are as promised": _shows(end, _effect(call, CLEAR)),
        "other marks stay": ForAll([x, m], Implies(x != slot, end.marked(x, m) == start.marked(x, m))),
    }


# What only reads.


def path_does(call: ExecutedCall) -> Named:
    """What is returned are the slot's tables, all of them, from the root down."""
    found, start, top = _tables_of(call.result), call.start, call.start.levels - 1
    levels = range(top, top - len(found), -1)
    on = {f"level {k} is on the path": start.on(k, slot, each) for k, each in zip(levels, found, strict=True)}
    return {**on, "there is no more": start.ends(top + 1 - len(found), slot), **same(start, call.end)}


def missing_does(call: ExecutedCall) -> Named:
    """What is returned is how many tables the slot lacks."""
    return {f"{call.result} are missing": call.start.ends(call.result, slot), **same(call.start, call.end)}


def place_does(call: ExecutedCall) -> Named:
    """What is returned is where the slot's entry is."""
    if not isinstance(call.result, EntryPlace):
        raise ExecutionError(f"{call.result!r} is no place of an entry")
    there = And(call.start.on(0, slot, call.result.table), call.result.index == index(0, slot))
    return {"the entry is there": there, **same(call.start, call.end)}


def entry_does(call: ExecutedCall) -> Named:
    """What is returned says what the slot's entry says."""
    if isinstance(call.result, SymbolicEntry):
        shows, points = call.result.shows, call.result.points
        no_pointer = {"it is no pointer": ForAll([u], Not(points(u)))}
    elif type(call.result) is int and call.result == 0:
        shows, no_pointer = _shows_nothing, {}
    else:
        raise ExecutionError(f"{call.result!r} is no entry")
    said = ForAll([f, r], call.start.entry(slot, f, r) == shows(f, r))
    return {"it says what the slot's entry says": said, **no_pointer, **same(call.start, call.end)}


def _shows_nothing(*_: Term) -> Formula:
    return BoolVal(False)


def root_does(call: ExecutedCall) -> Named:
    """What is returned is the address of the space's root."""
    if not isinstance(call.result, Start):
        raise ExecutionError(f"{call.result!r} is no physical address of a table")
    return {"it is the space's root": call.result.table == root(owner(slot)), **same(call.start, call.end)}


# take: how a space gets its root, and reserve its tables.


def take(tables: SymbolicTables[Tables], way: int) -> tuple[Any, tuple[Term, ...]]:
    """Take a table."""
    table = tables.code._take()
    return table, (table.term,)


def taken(start: Tables, end: Tables, new: Term) -> Named:
    """What a table is that was taken: free before, in use and empty now; and that nothing else is any different."""
    kept = (end.used(t) == start.used(t), end.free(t) == start.free(t), end.uses(t) == start.uses(t))
    return {
        "the table was free": start.free(new),
        "it is in use, counts nothing": And(end.used(new), end.uses(new) == 0, Not(end.free(new))),
        "no table hangs there": ForAll([i, u], Not(end.points(new, i, u))),
        "it shows nothing": ForAll([i, f, r], Not(end.shows(new, i, f, r))),
        "one frame fewer is free": end.frames == start.frames - 1,
        "no other is touched": ForAll([t], Implies(t != new, And(*kept))),
        "nor what hangs there": ForAll([t, i, u], Implies(t != new, end.points(t, i, u) == start.points(t, i, u))),
        "nor what it shows": ForAll([t, i, f, r], Implies(t != new, end.shows(t, i, f, r) == start.shows(t, i, f, r))),
    }


def take_does(call: ExecutedCall) -> Named:
    """The table is new."""
    return taken(call.start, call.end, *call.given)


def waiting(call: ExecutedCall) -> Tables:
    """The new table hangs nowhere yet: it waits, as one that is detached does."""
    return replace(call.end, detached=lambda t: Or(call.start.detached(t), among(t, call.given)))
