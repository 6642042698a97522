"""Models of hypotheses with as many elements as is said."""

import pytest
import z3

from model.spaces.theory import Slot, before, x, y
from proofs.engines.smt import given_sizes, solver
from proofs.engines.smt.confirm import false_in
from proofs.engines.smt.given_sizes import FEW, model_of_few, model_of_sizes
from proofs.engines.smt.outcome import Answer, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.engines.terms.expanded import TRUE, Expansion
from proofs.obligation import Condition
from proofs.verdict import Verdict

SIX = z3.Distinct(*(z3.Const(f"slot {number}", Slot) for number in range(6)))
P = z3.Bool("p")
NO_ANSWER = Answer("z3", "unknown", 0.0, "timeout")


def test_a_model_has_the_sizes_that_are_given() -> None:
    chain = {"six": SIX, "one way": z3.ForAll([x, y], z3.Not(z3.And(before.derives(x, y), before.derives(y, x))))}
    found = model_of_sizes(chain.values(), {"Slot": 7}, 10)
    assert found is not None
    assert found.sizes == {"Slot": 7}
    assert false_in(found, chain) == ""


def test_there_is_none_of_fewer_elements() -> None:
    assert model_of_sizes([SIX], {"Slot": 5}, 10) is None


def test_there_is_none_without_sizes_or_time_or_of_numbers() -> None:
    assert model_of_sizes([SIX], {}, 10) is None
    assert model_of_sizes([P], {}, 10) is None
    assert model_of_sizes([SIX], {"Slot": 6}, 0) is None
    assert model_of_sizes([z3.Int("number") == 1], {"Slot": 6}, 10) is None
    assert model_of_sizes([P, z3.Int("number") == 1], {"Slot": 6}, 10) is None
    depth = z3.Function("depth", Slot, z3.BitVecSort(8))
    for formulas in ([P, z3.ForAll([x], depth(x) == 0)], [depth(x) == 0, P]):
        assert model_of_sizes(formulas, {"Slot": 6}, 10) is None
    assert model_of_sizes([z3.Const("one", Slot) == x, z3.Bool("one")], {"Slot": 2}, 10) is None


def test_every_formula_counts_and_a_sort_of_which_nothing_is_said_has_one_element() -> None:
    assert model_of_sizes(iter([P, z3.Not(P)]), {"Slot": 1}, 10) is None
    one, other = z3.Consts("one other", z3.DeclareSort("Other"))
    found = model_of_sizes(iter([before.live(x), one == other]), {"Slot": 2}, 10)
    assert found is not None
    assert found.sizes == {"Slot": 2, "Other": 1}
    assert model_of_sizes([before.live(x), one != other], {"Slot": 2}, 10) is None


def test_the_solver_has_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, given = [100.0], []

    def state(self: Expansion, formula: z3.BoolRef) -> None:
        clock[0] += 2.0

    def solve(self: Expansion, assumed: int, seconds: float) -> frozenset[int]:
        given.append((assumed, seconds))
        return frozenset()

    monkeypatch.setattr(given_sizes, "process_time", lambda: clock[0])
    monkeypatch.setattr(Expansion, "state", state)
    monkeypatch.setattr(Expansion, "solve", solve)
    assert model_of_sizes([P, P], {"Slot": 1}, 7.0) is None
    assert given == [(TRUE, 3.0)]


def test_a_model_of_few_elements_has_as_few_as_do() -> None:
    a, b, c = (z3.Const(name, Slot) for name in "abc")
    one, other = z3.Consts("one other", z3.DeclareSort("Other"))
    for formulas, sizes in (([a == b], 2), ([a != b, one != other], 2), ([z3.Distinct(a, b, c), one == other], 3)):
        found = model_of_few(iter(formulas), 10)
        assert found is not None
        assert set(found.sizes.values()) == {sizes}
        assert false_in(found, dict(enumerate(formulas))) == ""  # type: ignore[arg-type]


def test_there_is_no_model_of_few_elements_of_many_numbers_or_truths_or_without_time() -> None:
    assert max(FEW) < 6
    assert model_of_few([SIX], 10) is None
    assert model_of_few([P], 10) is None
    assert model_of_few([P, z3.Int("number") == 1, z3.Const("a", Slot) == x], 10) is None
    assert model_of_few([z3.Const("one", Slot) == x, z3.Bool("one")], 10) is None
    assert model_of_few([z3.Const("a", Slot) == x], -1.0) is None  # of a second that is over


def test_more_elements_have_the_time_that_few_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, given = [100.0], list[tuple[set[int], float]]()

    def expanded(formulas: object, sizes: dict[str, int], declarations: object, seconds: float) -> None:
        given.append((set(sizes.values()), seconds))
        clock[0] += 3.0

    monkeypatch.setattr(given_sizes, "process_time", lambda: clock[0])
    monkeypatch.setattr(given_sizes, "_expanded", expanded)
    assert model_of_few([z3.Const("a", Slot) == x], 7.0) is None
    assert given == [({2}, 7.0), ({3}, 4.0)]


@pytest.mark.parametrize(("sizes", "verdict"), [({"Slot": 6}, Verdict.PROVED), ({"Slot": 5}, Verdict.UNKNOWN)])
def test_hypotheses_that_z3_does_not_decide_are_evaluated_in_it(
    sizes: dict[str, int], verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = solver._ask_z3
    monkeypatch.setattr(solver, "least", lambda formulas, seconds: None)
    monkeypatch.setattr(
        solver, "_ask_z3", lambda given, goal, *rest: (NO_ANSWER, ()) if goal is None else asked(given, goal, *rest)
    )
    condition = Condition({"six": SIX}, {"six": "assumption"}, z3.Exists([x, y], x != y), sizes=sizes)
    assert discharge(condition, Satisfiable(), Settings(solvers=Solvers.Z3, seconds=2.0)).verdict == verdict


def test_hypotheses_that_contradict_each_other_have_no_model_of_any_sizes() -> None:
    wrong = {"six": SIX, "one": z3.ForAll([x, y], x == y)}
    condition = Condition(wrong, dict.fromkeys(wrong, "assumption"), z3.BoolVal(False), sizes={"Slot": 6})
    assert discharge(condition, Satisfiable(), Settings(solvers=Solvers.Z3)).verdict == Verdict.VACUOUS
