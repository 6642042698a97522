"""The code of the page tables does what the kernel is promised of it, and keeps tables apart and counts right.

Each method of :class:`refinement.page_table.PageTables` is executed, with those that it calls and those of the pool, on
tables of any number, for formats of each number of levels that there is. What it does to the four things that the
kernel knows is demanded by the same contracts that the kernel's proof uses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, If, Implies, IntVal, Not, Or

from machine.formats import FORMATS
from model.theory import Formula, Right, Slot, Term, owner
from proofs.execution.contract import Contract, Named
from proofs.execution.instrument import instrumented
from proofs.execution.monitor import UNROLLED, Rules
from proofs.execution.path import ExecutionError, Path, Point, conjunction, paths
from proofs.execution.syntax import source_of
from proofs.execution.values import Physical, Rights, Value
from proofs.obligation import Condition
from proofs.refinement.code import Build, CodeObligation, Split, conditions_of
from proofs.refinement.source import CODE, Code
from proofs.refinement.symbolic_tables import INDEX, MARKS, POINTED, Entry, Place, SlotValue, SymbolicTables, accessed, dirty
from proofs.refinement.table_contracts import CLEAR, RELEASE, RESERVE, WRITE, TableState
from proofs.refinement.table_state import (
    Mark,
    Table,
    Tables,
    accounted,
    addresses,
    among,
    apart,
    before,
    counted,
    index,
    numbers,
    root,
    same,
)

FORMAT_OF = {format.levels: format for format in reversed(FORMATS)}
"""For each number of levels a format that has it."""

slot = Const("slot", Slot)
frame = Const("written_frame", Physical)
asked = Function("asked", Right, BoolSort())
last = Const("last_table", Table)
some = Const("some_table", Table)
t = Const("each_table", Table)
x = Const("each_slot", Slot)
f, r, m = Const("each_frame", Physical), Const("each_right", Right), Const("each_mark", Mark)

DOES, APART, COUNTS = "does", "apart", "counts"

RULES: Rules = {("PageTables.release", 0): UNROLLED}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was executed on a path, and what came of it."""

    tables: SymbolicTables
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


@dataclass(frozen=True, slots=True)
class Unit:
    """A method to be executed.

    :param call: calls it; one call for each way to be called.
    :param does: what must hold in the end.
    :param after: the end state with what is kept for the proof alone.
    :param requires: what holds at the call, beside the invariants.
    :param entries: how many entries may be read or written, of a format with so many levels.
    """

    name: str
    claim: str
    sentence: str
    call: Callable[[SymbolicTables, int], tuple[Any, tuple[Term, ...]]]
    does: Callable[[Call], Named]
    after: Callable[[Call], Tables]
    requires: Callable[[Tables, int], Named]
    entries: Callable[[int], int]
    ways: Callable[[int], int] = lambda levels: 1
    removes: bool = False


def _slot(tables: SymbolicTables) -> SlotValue:
    return SlotValue(slot, tables.path)


def _calls(name: str, *more: Callable[[Path], Any]) -> Callable[[SymbolicTables, int], tuple[Any, tuple[Term, ...]]]:
    return lambda tables, way: (
        getattr(tables.code, name)(_slot(tables), *(each(tables.path) for each in more)),
        (),
    )


def _unchanged(call: Call) -> Tables:
    return call.end


def _by(contract: Contract[TableState], *arguments: Any) -> Callable[[Tables, int], Named]:
    return lambda start, way: contract.requires(start.abstraction(), slot, *arguments)


def _nothing(start: Tables, way: int) -> Named:
    return {}


def _effect(call: Call, contract: Contract[TableState], *arguments: Any) -> TableState:
    return contract.effect(call.start.abstraction(), slot, *arguments)


def _shows(end: Tables, promised: TableState) -> Formula:
    return ForAll([x, f, r], end.entry(x, f, r) == promised.entry(x, f, r))


# reserve


def _reserved(call: Call) -> Tables:
    if call.result is not True:
        return call.end
    promised = _effect(call, RESERVE)
    return replace(call.end, reserved=promised.reserved, twice=promised.twice)


def _reserve_does(call: Call) -> Named:
    start, end = call.start, call.end
    if call.result is True:
        return {"entries are as promised": _shows(end, _effect(call, RESERVE))}
    if call.result is not False:
        raise ExecutionError(f"reserve returns {call.result!r}, which is neither True nor False")
    few = And(*(Implies(start.ends(level, slot), start.frames < level) for level in range(start.levels)))
    return {"the pool has too few frames": few, **same(start, end)}


# release


def _released(call: Call) -> Tables:
    promised, gone = _effect(call, RELEASE), _tables_of(call.result)
    detached = lambda t: Or(call.end.detached(t), among(t, gone))  # noqa: E731
    return replace(call.end, reserved=promised.reserved, twice=promised.twice, detached=detached)


def _tables_of(result: Any) -> list[Term]:
    if not isinstance(result, list):
        raise ExecutionError(f"{result!r} is no list of tables")
    return [value.term for value in result]


def _release_does(call: Call) -> Named:
    gone, start, end = _tables_of(call.result), call.start, call.end
    return {
        "entries are as promised": _shows(end, _effect(call, RELEASE)),
        "returned are the tables that hung and hang no more": And(start.hangs(some), Not(end.hangs(some)))
        == among(some, gone),
        "none twice": And(*(one != other for n, one in enumerate(gone) for other in gone[:n])),
        "none if the slot stays reserved": Implies(start.twice(slot), BoolVal(not gone)),
    }


# give_back


def _given(way: int) -> tuple[Term, ...]:
    return tuple(Const(f"detached {n}", Table) for n in range(way))


def _give(tables: SymbolicTables, way: int) -> tuple[Any, tuple[Term, ...]]:
    given = _given(way)
    return tables.code.give_back([tables.value(each) for each in given]), given


def _detached(start: Tables, way: int) -> Named:
    given = _given(way)
    found = {f"table {n} is detached": start.detached(each) for n, each in enumerate(given)}
    if way > 1:
        found["they differ"] = And(*(one != other for n, one in enumerate(given) for other in given[:n]))
    return found


def _given_back(call: Call) -> Tables:
    return replace(call.end, detached=lambda t: And(call.start.detached(t), Not(among(t, call.given))))


def _give_back_does(call: Call) -> Named:
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


def _write_does(call: Call) -> Named:
    start, end = call.start, call.end
    promised = _effect(call, WRITE, frame, call.tables.granted(_asked(call.tables.path)))
    kept = And(start.marked(slot, m), Or(m == accessed, m == dirty), Exists([f, r], end.entry(slot, f, r)))
    return {
        "entries are as promised": _shows(end, promised),
        "accessed and dirty stay, nothing else is marked": ForAll([m], end.marked(slot, m) == kept),
        "other marks stay": ForAll([x, m], Implies(x != slot, end.marked(x, m) == start.marked(x, m))),
    }


def _asked(path: Path) -> Rights:
    return Rights(asked, path)


def _clear_does(call: Call) -> Named:
    start, end = call.start, call.end
    return {
        "entries are as promised": _shows(end, _effect(call, CLEAR)),
        "other marks stay": ForAll([x, m], Implies(x != slot, end.marked(x, m) == start.marked(x, m))),
    }


# What only reads.


def _path_does(call: Call) -> Named:
    found, start, top = _tables_of(call.result), call.start, call.start.levels - 1
    levels = range(top, top - len(found), -1)
    on = {f"level {k} is on the path": start.on(k, slot, each) for k, each in zip(levels, found, strict=True)}
    return {**on, "there is no more": start.ends(top + 1 - len(found), slot), **same(start, call.end)}


def _missing_does(call: Call) -> Named:
    return {f"{call.result} are missing": call.start.ends(call.result, slot), **same(call.start, call.end)}


def _place_does(call: Call) -> Named:
    if not isinstance(call.result, Place):
        raise ExecutionError(f"{call.result!r} is no place of an entry")
    there = And(call.start.on(0, slot, call.result.table), call.result.index == index(0, slot))
    return {"the entry is there": there, **same(call.start, call.end)}


def _entry_does(call: Call) -> Named:
    if isinstance(call.result, Entry):
        shows = call.result.shows
    elif type(call.result) is int and call.result == 0:
        shows = lambda *_: BoolVal(False)  # noqa: E731
    else:
        raise ExecutionError(f"{call.result!r} is no entry")
    said = ForAll([f, r], call.start.entry(slot, f, r) == shows(f, r))
    return {"it says what the slot's entry says": said, **same(call.start, call.end)}


def _root_does(call: Call) -> Named:
    table = getattr(call.result, "table", None)
    if table is None:
        raise ExecutionError(f"{call.result!r} is no physical address of a table")
    return {"it is the space's root": table == root(owner(slot)), **same(call.start, call.end)}


# _take: how a space gets its root, and reserve its tables.


def _take(tables: SymbolicTables, way: int) -> tuple[Any, tuple[Term, ...]]:
    taken = tables.code._take()
    return taken, (taken.term,)


def _take_does(call: Call) -> Named:
    (new,), start, end = call.given, call.start, call.end
    i, j = index(0, x), index(1, x)
    return {
        "the table was free": start.free(new),
        "it is in use, counts nothing": And(end.used(new), end.uses(new) == 0, Not(end.free(new))),
        "nothing stands in it": ForAll([x], And(end.absent(new, i), end.absent(new, j))),
        "one frame fewer is free": end.frames == start.frames - 1,
        "no other is touched": ForAll(
            [t],
            Implies(
                t != new,
                And(end.used(t) == start.used(t), end.free(t) == start.free(t), end.uses(t) == start.uses(t)),
            ),
        ),
    }


def _waiting(call: Call) -> Tables:
    """The new table hangs nowhere yet: it waits, as one that is detached does."""
    return replace(call.end, detached=lambda t: Or(call.start.detached(t), among(t, call.given)))


UNITS: Mapping[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit(
            "reserve",
            "A.P",
            "reserve completes the slot's tables and shows nothing new; it refuses only if the pool is too small, and "
            "then changes nothing",
            _calls("reserve"),
            _reserve_does,
            _reserved,
            _by(RESERVE),
            lambda levels: 2 * (levels - 1),
        ),
        Unit(
            "release",
            "A.P",
            "release changes no entry of a slot, and returns exactly the tables that it detached",
            _calls("release"),
            _release_does,
            _released,
            _by(RELEASE),
            lambda levels: 2 * (levels - 1),
            removes=True,
        ),
        Unit(
            "give_back",
            "A.P",
            "give_back makes exactly the detached tables that it gets free frames of the pool",
            _give,
            _give_back_does,
            _given_back,
            _detached,
            lambda levels: 0,
            ways=lambda levels: levels,
        ),
        Unit(
            "write",
            "A.P",
            "write makes the slot's entry show the frame with what the format grants of the rights, keeps accessed and "
            "dirty, and changes no other slot's entry",
            _calls("write", lambda path: Value(frame, path), _asked),
            _write_does,
            _unchanged,
            _by(WRITE, frame, asked),
            lambda levels: levels + 1,
        ),
        Unit(
            "clear",
            "A.P",
            "clear makes the slot's entry absent and changes no other slot's",
            _calls("clear"),
            _clear_does,
            _unchanged,
            _by(CLEAR),
            lambda levels: levels,
        ),
        Unit(
            "path",
            "A.P",
            "path gives the slot's tables from the root down, as far as they exist",
            _calls("path"),
            _path_does,
            _unchanged,
            _nothing,
            lambda levels: levels - 1,
        ),
        Unit(
            "missing",
            "A.P",
            "missing says how many tables the slot lacks",
            _calls("missing"),
            _missing_does,
            _unchanged,
            _nothing,
            lambda levels: levels - 1,
        ),
        Unit(
            "place",
            "A.P",
            "place finds the entry of a reserved slot",
            _calls("place"),
            _place_does,
            _unchanged,
            _by(CLEAR),
            lambda levels: levels - 1,
        ),
        Unit(
            "entry",
            "A.P",
            "entry reads what the slot's entry says, nothing if there is no table for it",
            _calls("entry"),
            _entry_does,
            _unchanged,
            _nothing,
            lambda levels: levels,
        ),
        Unit(
            "root",
            "A.P",
            "root gives the physical address of the space's root table",
            lambda tables, way: (tables.code.root(tables.value(owner(slot))), ()),
            _root_does,
            _unchanged,
            _nothing,
            lambda levels: 0,
        ),
        Unit(
            "take",
            "A.P",
            "a table that is taken was free, is in use and cleared, and no other changes",
            _take,
            _take_does,
            _waiting,
            lambda start, way: {"there is a free frame": start.frames >= 1},
            lambda levels: 0,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Walk:
    """All paths through a unit that is called in one way, for a number of levels, and what is known before."""

    known: Named
    paths: tuple[Path, ...]


@cache
def walked(name: str, levels: int, code: Code = CODE) -> tuple[Walk, ...]:
    """The unit, executed: a walk for each way to call it."""
    unit = UNITS[name]
    return tuple(_walk(unit, levels, way, code) for way in range(unit.ways(levels)))


def hypotheses(start: Tables) -> Named:
    """What holds before every call."""
    return {**addresses(start.levels), **apart(start), **counted(start), **numbers(start), **MARKS}


def _walk(unit: Unit, levels: int, way: int, code: Code) -> Walk:
    start = before(levels)
    known = {**hypotheses(start), **unit.requires(start, way), "the table is not lost": accounted(start, some)}
    if unit.removes:
        known |= _leaves(start)

    def run(path: Path) -> None:
        path.learn(known)
        tables = SymbolicTables(path, start, FORMAT_OF[levels], code, RULES)
        if unit.removes:
            tables.now = replace(start, number=lambda t: start.number(t) - _if(t == last))
        call = Call(tables, *unit.call(tables, way))
        end = unit.after(call)
        for what, demanded in (
            (DOES, unit.does(call)),
            (APART, {**apart(end), "no table is lost": accounted(end, some)}),
            (COUNTS, _counts(call, end)),
        ):
            for each, formula in demanded.items():
                path.demand(f"{what}: {each}", _constant(formula))
        path.writes["entries"] += tables.touched

    return Walk(known, tuple(path for path, _ in paths(run)))


def _constant(formula: Formula) -> Callable[[], Formula]:
    return lambda: formula


def _if(condition: Formula) -> Term:
    return If(condition, IntVal(1), IntVal(0))


def _leaves(start: Tables) -> Named:
    """The slot stands in one table; without it one thing fewer does, and at least as many as there are others."""
    stays = RELEASE.effect(start.abstraction(), slot).reserved
    return {
        "the slot stands in the last of its tables": start.on(0, slot, last),
        "with another reserved slot in it the table counts one more": ForAll(
            [x], Implies(And(stays(x), start.on(0, x, last)), start.number(last) - 1 >= 1)
        ),
    }


def _counts(call: Call, end: Tables) -> Named:
    """The code counts what stands in tables, and what it counted stays where it was."""
    start, added = call.start, call.result is True
    more = And(end.uses(t) == end.number(t) + 1, end.used(t))
    exact = Implies(end.used(t), end.uses(t) == end.number(t))
    stays = end.reserved if not added else start.reserved
    exactly = And(Implies(end.on(0, slot, t), more), Or(end.on(0, slot, t), exact)) if added else exact
    return {
        "the code counts what stands in a table": ForAll([t], exactly),
        "something stands in a table that hangs": counted(end)["something stands in a table that hangs"],
        "reserved slots keep their tables": ForAll([x, t], Implies(stays(x), end.on(0, x, t) == start.on(0, x, t))),
    }


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a unit on all its paths, whatever the number of levels."""
    for levels in FORMAT_OF:
        for walk in walked(name, levels, code):
            names = dict.fromkeys(d.what for p in walk.paths for d in p.demands if d.what.partition(":")[0] == what)
            for each in names:
                yield from conditions_of(walk.paths, walk.known, each, Split.NOT)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(name, what, code)


OBLIGATIONS = (
    (APART, "keeps__tables_apart", "B.integrity",
     "after {} every table in use hangs in one place at most, below tables of one space, and none is lost"),
    (COUNTS, "counts__what_stands", "A.P", "after {} each table counts what stands in it, and one that hangs not 0"),
    (INDEX, "accesses__tables", "A.P", "{} reads and writes entries of tables in use only, pointers where it follows them"),
)  # fmt: skip


def obligations() -> Iterator[CodeObligation]:
    """Units × what is demanded of each."""
    for unit in UNITS.values():
        prefix = f"page_tables_{unit.name}"
        yield CodeObligation(f"{prefix}__does__{unit.name}", unit.claim, unit.sentence, _build(unit.name, DOES))
        for what, verb, claim, sentence in OBLIGATIONS:
            yield CodeObligation(f"{prefix}__{verb}", claim, sentence.format(unit.name), _build(unit.name, what))
