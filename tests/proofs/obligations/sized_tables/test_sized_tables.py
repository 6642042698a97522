"""The proof about the code of page tables with large leaves can fail: wrong code falls by name, or is refused."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace

import pytest

from machine.bits import Word
from machine.formats import AARCH64, FORMATS, LEAF, SV39, SV48, X86_32, Format
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.faults.code.machine import with_method
from proofs.faults.code.sized_tables import SIZED_TABLES
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, hints
from proofs.obligation import Condition
from proofs.obligations.sized_tables import arithmetic, execution, leaf_bits
from proofs.obligations.sized_tables.inventory import executed, obligations
from proofs.obligations.sized_tables.units import UNITS
from proofs.obligations.source import CODE, Code
from proofs.verdict import Verdict
from refinement.ranges.sized_tables import SizedTables
from tests.proofs.obligations.bits_shown import says_what_is_wrong

ALL = {obligation.id: obligation for obligation in obligations()}
FALLS = [(fault, fell) for fault in SIZED_TABLES for fell in hints()[fault]]
QUICK = ("sized_tables_promise__", "sized_tables_give_back__", "x86_32__mapping__has__largest_leaves")
satisfiable = Satisfiable()


def verdict(conditions: Iterable[Condition]) -> Verdict:
    return discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict


def of(name: str, code: Code = CODE) -> Iterable[Condition]:
    return ALL[name].conditions(CANONICAL, frozenset(), code)


def changed(name: str, old: str, new: str) -> Code:
    return Code(sized_tables=with_method(SizedTables, name, old, new))


@pytest.mark.long
@pytest.mark.parametrize("name", [each for each in ALL if each.startswith(QUICK)])
def test_the_quick_ones_are_proved(name: str) -> None:
    assert verdict(of(name)) == Verdict.PROVED


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "falls"), FALLS)
def test_each_fault_falls(fault: str, falls: str) -> None:
    assert verdict(of(falls, CODE_FAULTS[fault].code)) not in (Verdict.PROVED, Verdict.UNKNOWN)


def test_every_obligation_falls_by_a_fault() -> None:
    fell = {each for some in hints().values() for each in some}
    assert ALL.keys() <= fell


@pytest.mark.parametrize(
    ("name", "old", "new", "unit", "words"),
    [
        ("write", "range(self.leaves(order))", "range(self.leaves(order) - 1)", "write", "neither a mapping's leaves"),
        ("write", "range(self.leaves(order))", "range(1)", "write", "neither a mapping's leaves"),
        ("write", "noted = flags", "self.promised += 1\n        noted = flags", "write", "assigned in a loop"),
        ("write", "self.place(slot, order)", "self.place(slot, 0)", "write", "order"),
        (
            "clear",
            "place = self.place(slot, order)",
            "self.pool = 0\n    place = self.place(slot, order)",
            "clear",
            "no proof looks",
        ),
        ("divide", "self.level(order) - 1", "self.level(order) - 2", "divide", "for level"),
        ("lift", "self.clear(slot, order)", "self.clear(slot)", "lift", "order"),
    ],
)
def test_what_no_rule_speaks_of_is_refused(name: str, old: str, new: str, unit: str, words: str) -> None:
    code = changed(name, old, new)
    first = execution.ways(UNITS[unit])[0]
    with pytest.raises(ExecutionError, match=words):
        execution.walked(unit, *first, code)


def test_a_loop_over_leaves_is_of_one_time() -> None:
    code = changed("clear", "for leaf in range(self.leaves(order)):", TWICE)
    with pytest.raises(ExecutionError, match="entered twice on one path"):
        execution.walked("clear", *execution.ways(UNITS["clear"])[0], code)


TWICE = """leaves = range(self.leaves(order))
    for again in leaves:
        self.entries[place + again] = 0
    for leaf in leaves:"""
ONE_LEAF_STAYS = "self.entries[place + leaf] = self.entries[place + leaf]"
POINTER_STAYS = "self.entries[place] = self.format.encode_pointer(table)"


@pytest.mark.parametrize(
    ("name", "old", "new", "falls"),
    [
        ("clear", "self.entries[place + leaf] = 0", ONE_LEAF_STAYS, "clear__does__clear"),
        ("detach", "self.entries[place] = 0", POINTER_STAYS, "detach__does__detach"),
        ("divide", "self.promised -= 1", "pass", "divide__counts__what_stands"),
    ],
)
def test_code_against_the_rules_falls(name: str, old: str, new: str, falls: str) -> None:
    found = of(f"sized_tables_{falls}", changed(name, old, new))
    with pytest.raises(ExecutionError) if "self.entries[place + leaf]" in new else nullcontext():
        assert verdict(found) not in (Verdict.PROVED, Verdict.UNKNOWN)


def test_every_size_of_leaf_is_executed() -> None:
    found = {level for levels, level in execution.ways(UNITS["write"]) if levels == 4}
    assert found == set(range(SV48.page_levels))
    assert {format.levels for format in FORMATS} == execution.FORMAT_OF.keys()


def test_the_whole_class_is_at_home_here() -> None:
    names = {function.__name__ for _, function in executed() if function.__qualname__.startswith("SizedTables.")}
    left = {name for name, value in vars(SizedTables).items() if callable(value) or isinstance(value, property)} - names
    assert left == {"__init__"}


def test_mappings_end_where_addresses_do() -> None:
    assert len(leaf_bits.mappable(X86_32)) == len(arithmetic.orders(X86_32)) == 21
    assert len(leaf_bits.mappable(SV48)) == 36 < len(arithmetic.orders(SV48))


@pytest.mark.parametrize("name", leaf_bits.THEOREMS)
@pytest.mark.parametrize("format", [X86_32, AARCH64], ids=lambda format: format.name)
def test_every_condition_of_leaves_shows_the_bits(name: str, format: Format) -> None:
    conditions = leaf_bits.THEOREMS[name][2](format, CODE)
    silent = [number for number, each in enumerate(conditions) if not says_what_is_wrong(each)]
    assert silent == [0, 3, 6][: format.page_levels] * (name == "large_leaf__says__what_was_encoded")


def bits_of(name: str, format: Format) -> dict[str, int]:
    """The bits by which a wrong format refutes an obligation about leaves."""
    conditions = leaf_bits.THEOREMS[name][2](format, CODE)
    found = discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).counterexample
    assert found is not None
    return {symbol: int(table[0]) for symbol, table in found.symbols.items()}


@pytest.mark.long
def test_the_bits_of_a_wrong_leaf() -> None:
    """A large leaf without its dirty flag, and one whose frame is off by one page."""

    def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
        return SV39.leaf(frame, rights, user, level, flags & 0b101 if level else flags)

    undirty = bits_of("large_leaf__says__what_was_encoded", replace(SV39, leaf=leaf))
    assert undirty["level"] == 1
    assert undirty["expected_flags"] == undirty["got_flags"] | 2 == undirty["flags"]
    assert undirty["entry"] == SV39.leaf(
        undirty["frame"], undirty["rights"], undirty["user"], 1, undirty["flags"] & 0b101
    )
    off = bits_of("pages__see__their_frames", replace(SV39, frame=lambda entry, level: SV39.frame(entry, level) ^ 1))
    assert off["got_frame"] == off["expected_frame"] ^ 1
    assert off["expected_frame"] == off["frame"] + (off["page"] - off["first"] >> 12)
    assert SV39.kind(off["entry"], off["level"], 0) == LEAF
