"""The paths through the code of the page tables, and what is to be proved of all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from z3 import And, Const, ForAll, If, Implies, IntVal

from model.spaces.theory import Formula, Term
from proofs.execution import coverage
from proofs.execution.contract import Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.path import Path, conjunction, paths
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.page_tables.page_tables import FORMAT_OF, UNITS, Slots, TableMethod
from proofs.obligations.page_tables.symbolic_tables import INDEX, POINTED, SymbolicTables
from proofs.obligations.page_tables.table_contracts import RELEASE
from proofs.obligations.page_tables.table_effects import ExecutedCall, last, slot, some, t, x
from proofs.obligations.page_tables.table_state import (
    Table,
    Tables,
    accounted,
    addresses,
    apart,
    before,
    counted,
    numbers,
)
from proofs.obligations.source import CODE, Code

DOES, APART, COUNTS = "does", "apart", "counts"
ENTRIES = "entries"

ON_PATHS = (
    "a slot's entry shows something only if the slot is reserved",
    "a reserved slot has all its tables",
    "no table is lost",
    "reserved slots keep their tables",
)
"""What speaks of slots' paths: asked alone, where the rest is easy enough to be asked together."""


@dataclass(frozen=True, slots=True)
class UnitPaths:
    """All paths through a unit that is called in one way, for a number of levels, and what is known before."""

    known: Named
    paths: tuple[Path, ...]


@cache
def walked(name: str, levels: int, code: Code = CODE) -> tuple[UnitPaths, ...]:
    """The unit, executed: a walk for each way to call it."""
    return walked_unit(UNITS[name], levels, code)


def walked_unit(unit: TableMethod, levels: int, code: Code = CODE) -> tuple[UnitPaths, ...]:
    """The same of any unit."""
    return tuple(_walk(unit, levels, way, code) for way in range(unit.ways(levels)))


def hypotheses(start: Tables) -> Named:
    """Return what holds before every call."""
    return {**addresses(start.levels), **apart(start), **counted(start), **numbers(start)}


def _walk(unit: TableMethod, levels: int, way: int, code: Code) -> UnitPaths:
    start = before(levels)
    known = {**hypotheses(start), **unit.requires(start, way), "the table is not lost": accounted(start, some)}
    if unit.slots == Slots.LEAVES:
        known |= _leaves(start)

    def run(path: Path) -> None:
        path.learn(known)
        tables = SymbolicTables(path, start, FORMAT_OF[levels], code)
        if unit.slots == Slots.LEAVES:
            tables.now = replace(start, number=lambda t: start.number(t) - _one_if(t == last))
        call = ExecutedCall(tables, *unit.call(tables, way))
        end = unit.after(call)
        _demand(path, DOES, unit.does(call))
        if not unit.reads:
            _demand(path, APART, {**apart(end), "no table is lost": accounted(end, some)})
            joins = unit.slots == Slots.JOINS and call.result is True
            if joins:
                complete = "a reserved slot has all its tables"  # the slot is reserved now
                _demand(path, COUNTS, {complete: apart(end)[complete]})
                path.note(end.way(slot, [*(Const(f"end {k}", Table) for k in range(levels - 2)), last]))
            _demand(path, COUNTS, _counts(start, end, joins))
        path.writes[ENTRIES] += tables.touched

    return UnitPaths(known, tuple(path for path, _ in paths(run)))


def _demand(path: Path, what: str, formulas: Named) -> None:
    for name, formula in formulas.items():
        path.demand(what, partial(conjunction, [formula]), name)


def _one_if(condition: Formula) -> Term:
    return If(condition, IntVal(1), IntVal(0))


def _leaves(start: Tables) -> Named:
    """The slot stands in one table; without it one thing fewer does, and at least as many as there are others."""
    stays = RELEASE.effect(start.abstraction(), slot).reserved
    return {
        "the slot stands in the last of its tables": start.on(0, slot, last),
        "without the slot a table with a reserved slot counts one at least": ForAll(
            [x], Implies(And(stays(x), start.on(0, x, last)), start.number(last) - 1 >= 1)
        ),
    }


def _counts(start: Tables, end: Tables, joins: bool) -> Named:
    """The code counts what stands in tables, and what it counted stays where it was.

    :param joins: the slot is counted in the last table once more than before.
    """
    number = end.number(t) + _one_if(t == last) if joins else end.number(t)
    stays = start.reserved if joins else end.reserved
    hangs = "something stands in a table that hangs"
    return {
        "the code counts what stands in a table": ForAll([t], Implies(end.used(t), end.uses(t) == number)),
        hangs: counted(end)[hangs],
        "reserved slots keep their tables": ForAll([x, t], Implies(stays(x), end.on(0, x, t) == start.on(0, x, t))),
    }


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a unit on all its paths, whatever the number of levels."""
    for levels in FORMAT_OF:
        for walk in walked(name, levels, code):
            demanded = (demand for path in walk.paths for demand in path.demands if demand.what == what)
            found = [
                (part, condition)
                for part in dict.fromkeys(demand.part for demand in demanded)
                for condition in conditions_of(walk.paths, walk.known, what, part=part)
            ]
            together = what in (APART, COUNTS) and UNITS[name].slots == Slots.STAY
            easy = [condition for each, condition in found if together and each not in ON_PATHS]
            if easy:
                yield replace(easy[0], goal=conjunction(condition.goal for condition in easy))
            yield from (condition for each, condition in found if not together or each in ON_PATHS)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(name, what, code)


def executed_whole(name: str, code: Code = CODE) -> Iterator[Condition]:
    """Every statement of the unit, and both ways of every branch, is on a path that some state takes.

    For the fewest levels, and the call that gets the most tables.
    """
    walk = walked(name, min(FORMAT_OF), code)[-1]
    return coverage.conditions(covered(name, code), map(CoveringPath, walk.paths), walk.known)


def covered(name: str, code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """The functions that a unit has to cover."""
    classes = (code.page_tables, code.table_pool)
    return tuple(next(found for cls in classes if (found := _function(cls, each))) for each in UNITS[name].covers)


def _function(cls: type, name: str) -> Callable[..., Any] | None:
    found = getattr(cls, name, None)
    return found.fget if isinstance(found, property) else found


def few_entries(name: str, code: Code = CODE) -> Iterator[Condition]:
    """No path reads and writes more entries than the bound, whatever the number of levels."""
    for levels in FORMAT_OF:
        touched = [IntVal(path.writes[ENTRIES]) for walk in walked(name, levels, code) for path in walk.paths]
        yield Condition({}, {}, conjunction(number <= UNITS[name].entries(levels) for number in touched))


OBLIGATIONS = (
    (APART, "keeps__tables_apart", "B.integrity",
     "after {} every table in use hangs in one place at most, below tables of one space, and none is lost"),
    (COUNTS, "counts__what_stands", "A.P", "after {} each table counts what stands in it, and one that hangs not 0"),
    (INDEX, "accesses__tables", "A.P",
     "{} reads and writes entries of tables in use only, follows pointers only, and takes only frames that are free"),
    (POINTED, "clears__tables_first", "A.P", "{} points to a table only after it was cleared"),
)  # fmt: skip


def _applies(unit: TableMethod, what: str) -> bool:
    if what == POINTED:
        return unit.slots == Slots.JOINS
    return unit.accesses if what == INDEX else not unit.reads


def obligations() -> Iterator[CodeObligation]:
    """Units × what is demanded of each."""
    for unit in UNITS.values():
        prefix = f"page_tables_{unit.name}"
        yield CodeObligation(f"{prefix}__does__{unit.name}", unit.claim, unit.sentence, _build(unit.name, DOES))
        for what, verb, claim, sentence in OBLIGATIONS:
            if _applies(unit, what):
                yield CodeObligation(f"{prefix}__{verb}", claim, sentence.format(unit.name), _build(unit.name, what))
        yield CodeObligation(
            f"{prefix}__is__executed_whole",
            "A.P",
            f"every statement of {unit.name}, and both ways of every branch, is executed in some state",
            _of(executed_whole, unit.name),
        )
        if unit.entries(2):
            yield CodeObligation(
                f"{prefix}__touches__few_entries",
                "C12",
                f"{unit.name} reads and writes at most so many entries: {_bounds(unit)}",
                _of(few_entries, unit.name),
            )


def _of(conditions: Callable[[str, Code], Iterator[Condition]], name: str) -> Build:
    return lambda dialect, code: conditions(name, code)


def _bounds(unit: TableMethod) -> str:
    return ", ".join(f"{unit.entries(levels)} with {levels} levels" for levels in sorted(FORMAT_OF))
