"""Models of least size: none smaller satisfies the formulas, and their tables are what z3 says."""

import numpy as np
import pytest
import z3

from model.running.evaluate import MOST_BITS
from proofs.engines.smt import smallest
from proofs.engines.smt.smallest import is_finite, least_model

S, T = z3.DeclareSort("S"), z3.DeclareSort("T")
TRUTH, SMALL, LARGEST = z3.BoolSort(), z3.BitVecSort(5), z3.BitVecSort(MOST_BITS)
X, Y = z3.Consts("x y", S)
U, V = z3.Consts("u v", T)
TWO_S, TWO_T = z3.Exists([X, Y], X != Y), z3.Exists([U, V], U != V)


@pytest.mark.parametrize(
    ("declaration", "finite"),
    [
        (z3.Function("f", S, T, S), True),
        (z3.Function("f", S, T, TRUTH), True),
        (z3.Const("c", S).decl(), True),
        (z3.Bool("p").decl(), True),
        (z3.Function("f", S, SMALL), True),
        (z3.Function("f", S, LARGEST), True),
        (z3.Function("f", S, z3.BitVecSort(MOST_BITS + 1)), False),
        (z3.BitVec("b", 5).decl(), False),
        (z3.Function("f", SMALL, SMALL), False),
        (z3.Function("f", S, SMALL, SMALL), False),
        (z3.Function("f", S, z3.IntSort()), False),
        (z3.Function("f", z3.IntSort(), S), False),
        (z3.Function("f", S, SMALL, TRUTH), False),
    ],
)
def test_what_has_a_finite_table(declaration: z3.FuncDeclRef, finite: bool) -> None:
    assert is_finite(declaration) == finite


def test_two_symbols_of_one_name_have_no_table() -> None:
    one, other = z3.Function("p", S, TRUTH), z3.Function("p", S, T, TRUTH)
    assert least_model([one(X)]) is not None
    assert least_model([one(X), z3.Not(other(X, U))]) is None


def test_numbers_are_in_the_table_as_they_are() -> None:
    height = z3.Function("height", S, LARGEST)
    high, low = z3.Consts("high low", S)
    most = 2**MOST_BITS - 1
    model = least_model([height(high) == most, height(low) == 3])
    assert model is not None
    assert model.sizes == {"S": 2}
    table = model.symbols["height"]
    assert table.shape == (1, 2)
    assert [table[0, model.symbols[name][0]] for name in ("high", "low")] == [most, 3]


@pytest.mark.parametrize("both", [[TWO_S, TWO_T], [TWO_T, TWO_S]])
@pytest.mark.parametrize("limited", ["S", "T"])
def test_another_sort_grows_where_one_must_not(both: list[z3.BoolRef], limited: str) -> None:
    model = least_model([z3.Or(*both)], largest={limited: 1})
    assert model is not None
    assert model.sizes == {"S": 2, "T": 2, limited: 1}
    assert least_model([z3.Or(*both)], largest={"S": 1, "T": 1}) is None


def test_every_formula_is_satisfied_also_of_those_that_are_read_once() -> None:
    model = least_model(iter([TWO_S, z3.Const("c", T) == z3.Const("d", T)]))
    assert model is not None
    assert model.sizes == {"S": 2, "T": 1}


@pytest.mark.parametrize("number", [1, 5])
def test_as_many_elements_as_are_needed(number: int) -> None:
    some = [z3.Const(f"c{i}", S) for i in range(number)]
    apart = [one != some[i] for place, one in enumerate(some) for i in range(place)]
    model = least_model([some[0] == some[0], *apart])
    assert model is not None
    assert model.sizes == {"S": number}
    assert sorted(int(model.symbols[f"c{i}"][0]) for i in range(number)) == list(range(number))


def test_a_batch_of_one_with_the_truth_of_each_place() -> None:
    has = z3.Function("has", S, T, TRUTH)
    one, other = z3.Consts("one other", S)
    model = least_model([z3.ForAll([U], has(one, U)), z3.ForAll([U], z3.Not(has(other, U))), TWO_T])
    assert model is not None
    assert model.batch == 1
    table = model.symbols["has"]
    assert table.dtype == np.bool_
    assert table.shape == (1, 2, 2)
    assert table[0, model.symbols["one"][0]].all()
    assert not table[0, model.symbols["other"][0]].any()


def test_without_a_model_or_without_time_there_is_none() -> None:
    assert least_model([TWO_S, z3.ForAll([X, Y], X == Y)]) is None
    assert least_model([TWO_S], seconds=0.0) is None
    assert least_model([TWO_S, z3.Int("n") > 3]) is None


def test_all_sorts_together_have_so_many_elements_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    def apart(sort: z3.SortRef, number: int) -> z3.BoolRef:
        return z3.Distinct(*(z3.Const(f"{sort.name()} {i}", sort) for i in range(number)))

    monkeypatch.setattr(smallest, "MOST_ELEMENTS", 4)
    for one, other in ((4, 0), (3, 1), (2, 2), (1, 3)):
        model = least_model([apart(S, one), apart(T, other)] if other else [apart(S, one)])
        assert model is not None
        assert list(model.sizes.values()) == [one, other][: len(model.sizes)]
    for one, other in ((5, 1), (3, 2), (2, 3)):
        assert least_model([apart(S, one), apart(T, other)]) is None


def test_the_time_is_over_when_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smallest, "process_time", lambda: 5.0)
    assert least_model([TWO_S], seconds=1.0) is not None

    def asked(*given: object) -> None:
        raise AssertionError("a solver may have no model within its least time as well")

    monkeypatch.setattr(smallest, "answer_of", asked)
    assert least_model([TWO_S], seconds=0.0) is None


def test_the_solver_has_what_is_left_of_the_time_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(smallest, "process_time", lambda: 5.0)
    monkeypatch.setattr(smallest, "limit", lambda solver, seconds: told.append(seconds))
    assert least_model([TWO_S], 2.5) is not None
    assert told == [2.5, 2.5], "for one element, and for two"


def test_a_value_that_z3_leaves_open_is_no_number() -> None:
    word = z3.BitVec("word", 8)
    asked = z3.Solver()
    asked.add(word == 5)
    assert asked.check() == z3.sat
    assert smallest._number(asked.model(), word) == 5
    with pytest.raises(KeyError, match="another"):
        smallest._number(asked.model(), z3.BitVec("another", 8))


def test_a_value_that_z3_cannot_say_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    some = z3.Bool("some")
    asked = z3.Solver()
    asked.add(some)
    assert asked.check() == z3.sat
    assert z3.is_true(smallest._value(asked.model(), some))
    monkeypatch.setattr(z3, "Z3_model_eval", lambda *arguments: False)
    with pytest.raises(KeyError, match="some"):
        smallest._value(asked.model(), some)
