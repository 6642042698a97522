"""Numbers of tables, by the code itself: what may not be asked of a page, and what must not change."""

from typing import Any

import pytest
import z3

from machine import Memory
from machine.formats import X86_64
from model.ranges.scope import RangeScope
from proofs.execution.objects import STANDS_FOR
from proofs.execution.path import ExecutionError
from proofs.faults.code.machine import with_method
from proofs.obligation import Condition
from proofs.obligations.sized_tables import arithmetic, table_numbers
from proofs.obligations.sized_tables.arithmetic import Asked
from proofs.obligations.source import Code
from refinement.kernel.mapping_tree import NONE
from refinement.kernel.page_table import TablePool
from refinement.ranges.sized_tables import SizedTables


def conditions(theorem: Any, method: str, old: str, new: str) -> list[Condition]:
    return list(theorem(X86_64, Code(sized_tables=with_method(SizedTables, method, old, new))))


@pytest.mark.parametrize(
    ("theorem", "method", "old", "new", "said"),
    [
        (table_numbers.needed, "inside", "found = 0", "found = 1 if slot == 0 else 0", "an equation"),
        (table_numbers.needed, "inside", "found = 0", "found = 1 if slot else 0", "the truth"),
        (table_numbers.needed, "inside", "found = 0", "found = 1 if last == 0 else 0", "an equation"),
        (table_numbers.needed, "inside", "self.apart(slot, last", "self.apart(last, slot", "other pages are apart"),
        (table_numbers.needed, "inside", "found = 0", "self.promised = found = 0", "promised of .* is assigned"),
        (table_numbers.apart, "apart", "last == NONE", "slot == 0 or last == NONE", "an equation"),
        (table_numbers.apart, "apart", "last == NONE", "last == 8 or last == NONE", "an equation"),
        (table_numbers.apart, "apart", "last == NONE", "last < 0", "the order"),
        (table_numbers.apart, "apart", "last == NONE", "type(slot) is int or last == NONE", "is, of anything but None"),
        (table_numbers.apart, "apart", "!= 0", "in (0, 1)", "a comparison of the kind In"),
        (table_numbers.apart, "apart", "space(slot)", "space(NONE)", "which is no page"),
        (arithmetic.conditions, "below", "found = 0", "self.promised = found = 0", "promised of .* is assigned"),
        (arithmetic.conditions, "below", "found = 0", "del self.format; found = 0", "else than an element is deleted"),
    ],
)
def test_a_number_is_of_no_particular_page_and_nothing_changes(
    theorem: Any, method: str, old: str, new: str, said: str
) -> None:
    with pytest.raises(ExecutionError, match=said):
        conditions(theorem, method, old, new)


BITS = "return (self.address(slot) ^ self.address(last)) >> self.format.span_bits(level + 1) != 0"
DIFFER = BITS.replace("return", "differ =").replace(" != 0", "")
SPACES = "self.scope.space(slot) != self.scope.space(last)"


@pytest.mark.parametrize(
    ("theorem", "method", "old", "new"),
    [
        (
            table_numbers.apart,
            "apart",
            BITS,
            f"{DIFFER}\n    if differ == 1:\n        return False\n    return differ != 0",
        ),
        (table_numbers.apart, "apart", "!= 0", "!= 1 << 64"),
        (table_numbers.apart, "apart", SPACES, SPACES.replace("slot", "last")),
        (table_numbers.apart, "apart", SPACES, SPACES.replace("last", "slot")),
        (table_numbers.apart, "apart", BITS, f"if level > 7:\n        return False\n    {BITS}"),
        (table_numbers.needed, "inside", "found = 0", "found = 0\n    if order > 99:\n        return 0"),
        (arithmetic.conditions, "below", "found = 0", "found = 0\n    if order > 99:\n        return 0"),
        (arithmetic.conditions, "level", "return", "if order > 99:\n        return 0\n    return"),
    ],
)
def test_a_wrong_number_is_refuted_and_what_is_not_executed_is_missed(
    theorem: Any, method: str, old: str, new: str
) -> None:
    assert not all(map(holds, conditions(theorem, method, old, new)))


def holds(condition: Condition) -> bool:
    solver = z3.Solver()
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    return bool(solver.check() == z3.unsat)


def test_pages_of_two_spaces_lie_below_two_tables() -> None:
    scope = RangeScope(2, 8, 8, 0b1)
    tables = SizedTables(scope, Memory(64 << 12), X86_64, TablePool(1, 8), [page << 12 for page in range(8)])
    for level in range(X86_64.levels - 1):
        assert not tables.apart(1, 0, level)
        assert tables.apart(8, 0, level)
        assert tables.apart(1, NONE, level)


def test_what_is_asked_keeps_what_it_has() -> None:
    made: Any = Asked(SizedTables, one=1)
    with pytest.raises(ExecutionError, match="one is set"):
        made.one = 2
    with pytest.raises(ExecutionError, match="two is set"):
        made.two = 2
    with pytest.raises(ExecutionError, match="one is deleted"):
        del made.one
    assert vars(made) == {STANDS_FOR: SizedTables, "one": 1}
