"""The proof about the code of page tables can fail: wrong code falls by a named obligation, or is refused."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import z3

from machine.formats import FORMATS, X86_32, X86_64, Format
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Right, Slot
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.execution.contract import Contract
from proofs.execution.path import ExecutionError, TooManyPathsError
from proofs.execution.values import Physical
from proofs.faults.code import wrong_entries
from proofs.faults.code.page_tables import PAGE_TABLES, POOLS
from proofs.obligation import Condition
from proofs.obligations.code import conditions_of
from proofs.obligations.of_code import obligations
from proofs.obligations.page_tables import places, table_contracts, table_walks
from proofs.obligations.page_tables.page_tables import FORMAT_OF, UNITS, TableMethod
from proofs.obligations.page_tables.table_state import Tables
from proofs.obligations.source import CODE, Code
from proofs.verdict import Verdict
from refinement.kernel.page_table import PageTables

ALL = {obligation.id: obligation for obligation in obligations() if obligation.id.startswith("page_tables_")}
satisfiable = Satisfiable()


def verdict(conditions: Iterable[Condition]) -> Verdict:
    return discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict


def of(name: str, code: Code) -> Iterable[Condition]:
    return ALL[f"page_tables_{name}"].conditions(CANONICAL, frozenset(), code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "falls"),
    [
        ("table-slot-uncounted", "reserve__counts__what_stands"),
        ("table-pointer-uncounted", "reserve__counts__what_stands"),
        ("table-taken-first", "reserve__does__reserve"),
        ("table-one-too-few", "reserve__accesses__tables"),
        ("table-one-too-many", "reserve__does__reserve"),
        ("table-pointer-first", "reserve__clears__tables_first"),
        ("table-wrong-level", "reserve__keeps__tables_apart"),
        ("table-not-cleared", "take__does__take"),
        ("table-not-cleared", "start__has__invariants"),
        ("table-counts-one", "take__counts__what_stands"),
        ("table-pointer-below", "release__keeps__tables_apart"),
        ("table-above-counted", "release__counts__what_stands"),
        ("table-kept", "release__counts__what_stands"),
        ("table-root-detached", "release__keeps__tables_apart"),
        ("table-unreturned", "release__keeps__tables_apart"),
        ("table-detached-twice", "release__does__release"),
        ("table-freed-at-once", "release__accesses__tables"),
        ("table-given-twice", "give_back__accesses__tables"),
        ("table-still-counted", "give_back__counts__what_stands"),
        ("table-first-given-back", "give_back__does__give_back"),
        ("table-marks-lost", "write__does__write"),
        ("table-marks-of-absent", "write__accesses__tables"),
        ("table-written-in-root", "write__does__write"),
        ("table-written-in-root", "clear__keeps__tables_apart"),
        ("table-wrong-index", "place__does__place"),
        ("table-counted-again", "write__counts__what_stands"),
        ("table-entry-stays", "clear__does__clear"),
        ("table-path-too-far", "clear__accesses__tables"),
        ("table-path-from-last", "path__accesses__tables"),
        ("table-path-too-short", "path__does__path"),
        ("table-path-read-twice", "place__touches__few_entries"),
        ("table-miscounts-missing", "missing__does__missing"),
        ("table-entry-of-any", "entry__does__entry"),
        ("table-new-root", "root__does__root"),
        ("table-branch-idle", "reserve__is__executed_whole"),
    ],
)
def test_wrong_page_tables_fell_what_they_should(fault: str, falls: str) -> None:
    assert verdict(of(falls, Code(page_tables=PAGE_TABLES[fault].cls))) == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "falls"),
    [("table-shared", "reserve__keeps__tables_apart"), ("table-frame-lost", "take__keeps__tables_apart")],
)
def test_wrong_pools_fell_what_they_should(fault: str, falls: str) -> None:
    assert verdict(of(falls, Code(table_pool=POOLS[fault].cls))) == Verdict.UNPROVED


# What the proof assumes is needed, and there is enough of it.


def _walked(unit: TableMethod, what: str) -> Iterator[Condition]:
    for walk in table_walks.walked_unit(unit, 3, CODE):
        for each in dict.fromkeys(demand.what for path in walk.paths for demand in path.demands):
            if each.startswith(what):
                yield from conditions_of(walk.paths, walk.known, each)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "requirement", "falls"),
    [
        ("release", "the slot's entry is absent, or the slot stays reserved", "does"),
        ("write", "the slot is reserved", "does"),
        ("clear", "the slot is reserved", "apart"),
        ("give_back", "table 0 is detached", "apart"),
        ("take", "there is a free frame", "index"),
    ],
)
def test_each_requirement_is_needed(name: str, requirement: str, falls: str) -> None:
    unit = UNITS[name]

    def fewer(start: Tables, way: int) -> dict[str, Any]:
        return {each: formula for each, formula in unit.requires(start, way).items() if each != requirement}

    assert verdict(_walked(unit, falls)) == Verdict.PROVED
    assert verdict(_walked(replace(unit, requires=fewer), falls)) == Verdict.UNPROVED


NEEDED = {
    "a table hangs in one place at most": ("write", "does"),
    "a place has one table at most": ("release", "does"),
    "only tables in use hang, and hang on such": ("reserve", "apart"),
    "what is detached is in use, hangs nowhere, holds no table and is no root": ("give_back", "apart"),
    "a free frame is not in use": ("reserve", "apart"),
    "a reserved slot has all its tables": ("write", "does"),
    "a slot's entry shows something only if the slot is reserved": ("write", "apart"),
    "a table that hangs is of one space at most": ("reserve", "apart"),
    "a table that hangs has one level": ("reserve", "apart"),
    "a table hangs one level below": ("write", "does"),
    "the code counts what stands in a table": ("release", "counts"),
    "something stands in a table that hangs": ("write", "counts"),
    "no number is negative": ("reserve", "counts"),
    "a root is in use, its space's, and at the root level": ("reserve", "index"),
    "what hangs below a table is its space's": ("reserve", "apart"),
    "pages are shown by last tables only": ("write", "apart"),
    "a slot reserved twice is reserved": ("release", "apart"),
    "a frame is free or in use": ("give_back", "apart"),
    "the table is not lost": ("release", "apart"),
    "a slot is a space and a page": ("write", "does"),
    "no two pages are at one address": ("write", "does"),
    "addresses that agree at all levels are equal": ("write", "does"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", NEEDED)
def test_invariants_are_needed(name: str) -> None:
    unit, what = NEEDED[name]
    conditions = list(table_walks.conditions(unit, what))
    assert any(name in condition.hypotheses for condition in conditions)
    fewer = (
        replace(condition, hypotheses={n: f for n, f in condition.hypotheses.items() if n != name})
        for condition in conditions
    )
    assert verdict(fewer) == Verdict.UNPROVED


@pytest.mark.long
def test_the_conditions_are_in_the_decidable_fragment() -> None:
    for name in (
        "reserve__keeps__tables_apart",
        "release__does__release",
        "write__does__write",
        "start__has__invariants",
    ):
        assert [outside_of_fragment(condition) for condition in of(name, CODE)] == [""] * len(list(of(name, CODE)))


def test_every_number_of_levels_is_executed() -> None:
    assert set(FORMAT_OF) == {format.levels for format in FORMATS} == {2, 3, 4}


# What is refused.


class BranchesOnEntry(PageTables):
    def write(self, slot: int, frame: int, rights: int) -> None:
        place = self.place(slot)
        old = self.entries[place]
        flags = self.format.flags(old) & 3 if old else 0
        self.entries[place] = self.format.encode_leaf(frame, rights, flags=flags)


class PointsToPage(PageTables):
    def write(self, slot: int, frame: int, rights: int) -> None:
        self.entries[self.place(slot)] = self.format.encode_pointer(frame)


class ShowsTable(PageTables):
    def write(self, slot: int, frame: int, rights: int) -> None:
        self.entries[self.place(slot)] = self.format.encode_leaf(self.path(slot)[-1], rights)


class NotTheUsers(PageTables):
    def write(self, slot: int, frame: int, rights: int) -> None:
        self.entries[self.place(slot)] = self.format.encode_leaf(frame, rights, 0)


class ClearsHalf(PageTables):
    def _take(self) -> int:
        frame = self.pool.take()
        self.memory.write_bytes(frame << 12, bytes(self.format.table_bytes // 2))
        self.uses[frame] = 0
        return frame


class ClearsElsewhere(PageTables):
    def _take(self) -> int:
        frame = self.pool.take()
        self.memory.write_bytes(frame << 11, bytes(self.format.table_bytes))
        self.uses[frame] = 0
        return frame


class Endless(PageTables):
    def release(self, slot: int) -> list[int]:
        while len(self.roots_of(slot)) > 0:
            pass
        return []

    def roots_of(self, slot: int) -> list[int]:
        return [self.roots[self.scope.space(slot)]]


class NoAnswer(PageTables):
    def reserve(self, slot: int) -> None:  # type: ignore[override]
        super().reserve(slot)


@pytest.mark.parametrize(
    ("cls", "name", "why"),
    [
        (BranchesOnEntry, "write", "the truth of a symbolic entry is no formula"),
        (PointsToPage, "write", "is a PhysicalFrame and no PageTable"),
        (ShowsTable, "write", "is a PageTable and no PhysicalFrame"),
        (NotTheUsers, "write", "no user's page"),
        (ClearsHalf, "take", "do not clear one whole table"),
        (ClearsElsewhere, "take", "a frame shifted by 11"),
        (NoAnswer, "reserve", "neither True nor False"),
    ],
)
def test_what_mixes_things_up_is_refused(cls: type, name: str, why: str) -> None:
    with pytest.raises(ExecutionError, match=why):
        table_walks.walked(name, 2, Code(page_tables=cls))


def test_code_that_does_not_end_is_refused() -> None:
    with pytest.raises(TooManyPathsError, match="does not end"):
        table_walks.walked("release", 2, Code(page_tables=Endless))


def test_a_place_that_is_never_reached_is_named() -> None:
    code = Code(page_tables=PAGE_TABLES["table-branch-idle"].cls)
    missed = [c for c in table_walks.executed_whole("reserve", code) if z3.is_false(c.goal)]
    names = [name for c in missed for name in c.hypotheses if name.startswith("no way leads")]
    assert [name.partition(": ")[2] for name in names] == ["0 == 1 is True", "return None"]


# Contracts.

slot, other = z3.Consts("slot other", Slot)
frame, right = z3.Const("frame", Physical), z3.Const("right", Right)


def nothing(*_: Any) -> z3.BoolRef:
    return z3.BoolVal(False)


def demanded(contract: Contract[Any], state: Any, *more: Any) -> bool:
    """Whether what the contract requires holds of the state."""
    solver = z3.Solver()
    solver.add(z3.Not(z3.And(*contract.requires(state, slot, *more).values())))
    return bool(solver.check() == z3.unsat)


def test_tables_are_given_back_once_and_not_while_a_core_translates_through_them() -> None:
    reserved = table_contracts.TableState(nothing, lambda x: x == slot, nothing)
    released = table_contracts.RELEASE.effect(reserved, slot)
    assert demanded(table_contracts.RELEASE, reserved)
    assert demanded(table_contracts.GIVE_BACK, released, nothing)
    assert not demanded(table_contracts.GIVE_BACK, released, lambda x, f, a: x == slot)
    assert demanded(table_contracts.GIVE_BACK, released, lambda x, f, a: z3.And(x == other, other != slot))
    assert not demanded(table_contracts.GIVE_BACK, reserved, nothing)
    given = table_contracts.GIVE_BACK.effect(released, slot, nothing)
    assert not demanded(table_contracts.GIVE_BACK, given, nothing)


def test_a_release_of_a_slot_that_stays_reserved_detaches_nothing() -> None:
    twice = table_contracts.TableState(nothing, lambda x: x == slot, lambda x: x == slot)
    assert not demanded(table_contracts.GIVE_BACK, table_contracts.RELEASE.effect(twice, slot), nothing)


# Places, bit by bit.


@pytest.mark.parametrize(
    ("cls", "theorem"),
    [
        (wrong_entries.HalfIndex, places.distinct_pages_have_distinct_entries),
        (wrong_entries.HalfIndex, places.walker_finds_places),
        (wrong_entries.BesideTable, places.place_is_inside_its_table),
        (wrong_entries.BesideTable, places.walker_finds_places),
    ],
)
@pytest.mark.parametrize("format", [X86_32, X86_64], ids=lambda format: format.name)
def test_wrong_places_fall(cls: type, theorem: Any, format: Format) -> None:
    assert verdict(theorem(format, CODE)) == Verdict.PROVED
    assert verdict(theorem(format, Code(page_tables=cls))) == Verdict.UNPROVED


def test_a_slot_whose_address_is_its_spaces_falls() -> None:
    assert verdict(places.slot_is_space_and_page(Code(page_tables=wrong_entries.PageOfSpace))) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("theorem", "broken"),
    [
        (places.pointer_leads_to_its_table, replace(X86_64, pointer=lambda frame: frame & 0)),
        (places.leaf_is_absent_without_rights, replace(X86_64, flags=lambda entry: entry & 0)),
        (places.marks_change_nothing_else, replace(X86_64, mark=lambda entry, leaf, access: entry & ~0x60)),
    ],
)
def test_wrong_entries_fall(theorem: Any, broken: Format) -> None:
    assert verdict(theorem(broken, CODE)) == Verdict.UNPROVED


def test_the_walk_is_asked_for_every_level() -> None:
    words = [z3.BitVec(f"w{n}", 64) for n in range(5)]
    assert len(places.looked_at(X86_64, words[0], words[1:4], words[4])) == X86_64.levels
