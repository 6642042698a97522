"""What the pool is asked before a range goes: numbers of tables that count each once, and kernels that ask wrongly."""

import operator

import pytest
import z3

from proofs.execution.contract import CALLS
from proofs.execution.path import ExecutionError, Path
from proofs.faults.code.sized import OF_SIZED
from proofs.obligations.sized import calls
from proofs.obligations.sized.contracts import given, size, source, target
from proofs.obligations.sized.going import room
from proofs.obligations.sized.pages import PAGES, fresh_pages
from proofs.obligations.sized.room import Number, NumberValue, Spare, Wanted, counts
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT


def number(name: str, path: Path) -> NumberValue:
    return NumberValue(z3.Const(name, Number), path)


def demanded(path: Path) -> list[z3.BoolRef]:
    found = [each.formula() for each in path.demands if each.what == CALLS]
    assert all(isinstance(each, z3.BoolRef) for each in found)
    return found


def follows(goal: z3.BoolRef, *known: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(*known, z3.Not(goal))
    return bool(solver.check() == z3.unsat)


def test_a_sum_of_what_is_counted_twice_is_refused() -> None:
    path = Path()
    one, other = number("one", path), number("other", path)
    total = one + other
    (apart,) = demanded(path)
    assert not follows(apart)
    assert follows(apart, z3.Not(counts(one.term)))
    assert follows(counts(total.term) == z3.Or(counts(one.term), counts(other.term)), *path.assumed.values())


def test_only_what_is_counted_is_taken_away() -> None:
    path = Path()
    one, other = number("one", path), number("other", path)
    rest = one - other
    (within,) = demanded(path)
    assert not follows(within)
    assert follows(within, counts(one.term))
    assert follows(z3.Not(counts(rest.term)), counts(other.term), *path.assumed.values())


def test_what_is_asked_for_has_to_be_what_is_wanted() -> None:
    path, there = Path(), z3.Bool("there")
    answer = number("one", path) <= Spare(lambda: Wanted(there, z3.Bool("room"), {}))
    assert answer.term.eq(z3.Bool("room"))
    (asked,) = demanded(path)
    assert not follows(asked)
    assert follows(asked, counts(z3.Const("one", Number)) == there)


def test_a_number_of_tables_is_compared_with_frames_alone() -> None:
    path = Path()
    with pytest.raises(ExecutionError, match="which are no frames"):
        number("one", path) <= 3  # noqa: B015
    with pytest.raises(ExecutionError, match="no number of tables"):
        number("one", path) + 1


def test_as_many_tables_are_not_the_same_ones() -> None:
    """A number stands for a set of tables, and equal numbers are no equal sets."""
    path = Path()
    for compare in (operator.eq, operator.ne):
        for other in (number("other", path), 0):
            with pytest.raises(ExecutionError, match="an equation"):
                compare(number("one", path), other)


def test_whether_there_is_room_depends_on_what_is_shown_and_on_what_goes() -> None:
    first = room(PAGES, given, source, target, size)
    assert first.eq(room(PAGES, given, source, target, size))
    assert not first.eq(room(PAGES, given, target, source, size))
    assert not first.eq(room(fresh_pages(" later"), given, source, target, size))


def proved(name: str, what: str, code: Code = CODE) -> bool:
    for condition in calls.conditions(name, what, code):
        solver = z3.Solver()
        solver.set("timeout", 5_000)
        solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
        if solver.check() != z3.unsat:
            return False
    return True


@pytest.mark.long
@pytest.mark.parametrize("fault", ["forgets-above", "counts-again", "looks-at-none", "passes-over-the-shown"])
def test_what_a_block_lacks_is_proved_and_falls(fault: str) -> None:
    assert proved("lacks", AT_EXIT)
    assert not proved("lacks", AT_EXIT, OF_SIZED[f"sized-lacks-{fault}"].code)


@pytest.mark.long
@pytest.mark.parametrize("name", ["map_piece", "move_piece"])
def test_tables_are_made_only_where_the_pool_was_asked(name: str) -> None:
    conditions = [
        each
        for each in calls.conditions(name, CALLS)
        if "is_asked_for" in each.goal.sexpr() and "phys" not in each.goal.sexpr()
    ]
    assert conditions
    known = [name for each in conditions for name in each.hypotheses if name.startswith("frames are asked for of all")]
    assert known
    for each in conditions:
        kept = [formula for name, formula in each.hypotheses.items() if not name.startswith("frames are asked for of")]
        solver = z3.Solver()
        solver.set("timeout", 5_000)
        solver.add(*kept, z3.Not(each.goal))
        assert solver.check() != z3.unsat
