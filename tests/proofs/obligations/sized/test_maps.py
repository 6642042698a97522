"""Maps of ranges: what stands for the kernel where they are proved, and what would be let through otherwise."""

import pytest
import z3

from model.spaces.literal import DONE
from proofs.execution.path import Cut, ExecutionError, Path
from proofs.execution.values import Rights, Value
from proofs.obligations.sized import windows
from proofs.obligations.sized.contracts import given, node, order, slot
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES
from proofs.obligations.sized.search import Searching
from proofs.obligations.sized.state import OrderValue, SlotValue
from proofs.obligations.sized.with_tables import WRITTEN
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT, KEEPS
from refinement.ranges.kernel import SizedKernel
from refinement.rewriting import replaced


def demanded(path: Path, what: str, part: str) -> z3.BoolRef:
    (found,) = (each for each in path.demands if each.what == what and each.part == part)
    formula = found.formula()
    assert isinstance(formula, z3.BoolRef)
    return formula


@pytest.mark.parametrize("changed", [False, True])
def test_a_turn_that_changes_something_is_no_turn_of_a_search(changed: bool) -> None:
    path = Path()
    values = {"start": SlotValue(slot, path)}
    rule = Searching(path, lambda values: {}, lambda *_: z3.BoolVal(True), lambda values: {}, lambda: changed)
    rule.head(values, frozenset({"start"}))
    with pytest.raises(Cut):
        rule.tail(values)
    assert z3.is_false(demanded(path, KEEPS, "nothing changes")) == changed


def writes(*steps: str) -> bool:
    kernel = Kernel(Path(), CODE, "map_piece")
    kernel.bare = [node]
    kernel.look(node)
    begins = kernel.object.tree.slot[Value(node, kernel.path)]
    for step in steps:
        getattr(kernel.object, step)(begins)
    kernel.ends("map_piece", AT_EXIT, {}, None)
    return not z3.is_false(demanded(kernel.path, AT_EXIT, WRITTEN))


def test_entries_count_that_are_written_where_tables_were_asked_for() -> None:
    assert writes("provide", "write_entry")
    assert not writes("write_entry")
    assert not writes("provide")
    assert not writes("write_entry", "provide")


def test_what_a_call_leaves_out_is_what_the_method_says() -> None:
    kernel = Kernel(Path(), CODE)
    kernel.see(PAGES)
    path = kernel.path
    arguments = SlotValue(slot, path), OrderValue(order, path), Rights(given, path)
    assert kernel.object.flush_range(*arguments) == DONE
    assert kernel.object.flush_range(*arguments, own=True) == DONE
    with pytest.raises(ExecutionError, match="takes 4 arguments, not 2"):
        kernel.object.flush_range(*arguments[:2], mine=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return (src, dst + cut(offset, order, dst_order), order)", "return (src, dst)"),
        ("return (src, dst + cut(offset, order, dst_order), order)", "return src"),
        ("dst + cut(offset, order, dst_order), order)", "dst + cut(offset, order, dst_order), 0)"),
    ],
)
def test_what_returns_something_else_than_windows_is_not_proved(old: str, new: str) -> None:
    code = Code(sized={"windows": replaced(SizedKernel.windows, old, new)})
    solver = z3.Solver()
    (condition,) = windows.conditions("windows", AT_EXIT, code)
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    assert solver.check() == z3.sat
