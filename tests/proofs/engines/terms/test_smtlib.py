"""Conditions as text: every line; and the least models, by the number of elements of each sort."""

from typing import Any

import numpy as np
import pytest
import z3

from proofs.engines.smt import smallest
from proofs.engines.smt.smallest import is_finite, least_model, read_tables
from proofs.engines.terms.smtlib import has_finite_models, is_uninterpreted, smtlib, symbol, symbols
from proofs.obligation import Condition

S, T = z3.DeclareSort("S"), z3.DeclareSort("a sort")
C, D = z3.Consts("c d", S)
E = z3.Const("e", T)
P, Q = z3.Bools("p q")
N, M = z3.Ints("n m")
BOOL, INT = z3.BoolSort(), z3.IntSort()
F, R = z3.Function("f", S, T), z3.Function("r", T, S, BOOL)
ARRAY = z3.Const("array", z3.ArraySort(T, z3.ArraySort(INT, S)))


def test_every_line_of_a_condition() -> None:
    condition = Condition(
        {"first": z3.ForAll([C], F(C) == E), "second|one": P}, {"first": "invariant"}, z3.Exists([C], R(E, C))
    )
    assert smtlib(condition, name="a__b__c", clause="A.1", status="unsat", about='says "so"') == "\n".join(
        [
            "(set-info :smt-lib-version 2.6)",
            "(set-logic UF)",
            '(set-info :musigma-obligation "a__b__c")',
            '(set-info :musigma-clause "A.1")',
            '(set-info :source "says ""so""")',
            "(set-info :status unsat)",
            "(declare-sort S 0)",
            "(declare-sort |a sort| 0)",
            "(declare-fun f (S) |a sort|)",
            "(declare-fun e () |a sort|)",
            "(declare-fun p () Bool)",
            "(declare-fun r (|a sort| S) Bool)",
            "; invariant",
            "(assert (! (forall ((c S)) (= (f c) e)) :named |hypothesis first|))",
            "; assumption",
            "(assert (! p :named |hypothesis second/one|))",
            "(assert (! (not (exists ((c S)) (r e c))) :named |negated goal|))",
            "(check-sat)",
        ]
    )
    bare = smtlib(Condition({}, {}, N > 2)).splitlines()
    assert bare == [
        "(set-info :smt-lib-version 2.6)",
        "(set-logic ALL)",
        "(set-info :status unknown)",
        "(declare-fun n () Int)",
        "(assert (! (not (> n 2)) :named |negated goal|))",
        "(check-sat)",
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a_1", "a_1"),
        ("_A", "_A"),
        ("1a", "|1a|"),
        ("", "||"),
        ("a b", "|a b|"),
        ("σ φ ü", "|s phi ?|"),
        ("a|b\\c", "|a/b/c|"),
    ],
)
def test_names(name: str, written: str) -> None:
    assert symbol(name) == written


def test_symbols_in_the_order_in_which_they_occur() -> None:
    def names(*formulas: z3.ExprRef) -> tuple[list[str], list[str]]:
        sorts, declarations = symbols(formulas)
        return [each.name() for each in sorts], [each.name() for each in declarations]

    assert names() == ([], [])
    assert names(P, z3.And(Q, P), N > 2) == ([], ["p", "q", "n"])
    assert names(R(E, C)) == (["a sort", "S"], ["r", "e", "c"])
    assert names(F(C) == E, C != D) == (["S", "a sort"], ["f", "c", "e", "d"])
    assert names(F(C) == F(D)) == (["S", "a sort"], ["f", "c", "d"])  # no term but the function's leads to the sort
    assert names(z3.ForAll([C], P)) == (["S"], ["p"])  # bound and not spoken of
    assert names(z3.ForAll([N, C], N > 2)) == (["S"], [])
    assert names(ARRAY == ARRAY) == (["a sort", "S"], ["array"])


@pytest.mark.parametrize(
    ("formula", "only"),
    [
        (P, True),
        (z3.ForAll([C], F(C) == E), True),
        (z3.Exists([C], R(F(C), C)), True),
        (z3.And(P, N > 2), False),
        (z3.ForAll([N], N > 2), False),
        (z3.ForAll([N, M], N == M), False),  # no number but bound ones
        (z3.Exists([N], P), False),
        (z3.ForAll([C, N], C == D), False),
        (z3.Lambda([C], P)[C], False),
        (z3.ForAll([P], P), True),
        (z3.ForAll([P, C], z3.And(P, C == D)), True),
        (z3.Function("h", S, INT)(C) == 2, False),
    ],
)
def test_what_is_uninterpreted(formula: z3.BoolRef, only: bool) -> None:
    assert is_uninterpreted([formula]) is only
    assert is_uninterpreted([P, formula, Q]) is only
    assert ("(set-logic UF)" in smtlib(Condition({"a": formula}, {}, P))) is only
    assert ("(set-logic UF)" in smtlib(Condition({}, {}, formula))) is only


# least models


@pytest.mark.parametrize(
    ("declaration", "finite"),
    [
        (P.decl(), True),
        (C.decl(), True),
        (F, True),
        (R, True),
        (N.decl(), False),
        (z3.Function("g", S, INT), False),
        (z3.Function("h", S, INT, BOOL), False),
        (z3.Function("i", INT, S), False),
        (ARRAY.decl(), False),
        (z3.Function("j", BOOL, S), False),
    ],
)
def test_what_is_finite(declaration: z3.FuncDeclRef, finite: bool) -> None:
    assert is_finite(declaration) is finite


def least(*formulas: z3.BoolRef, **more: Any) -> dict[str, int] | None:
    found = least_model(formulas, **more)
    return None if found is None else found.sizes


def some(number: int, sort: z3.SortRef = S) -> z3.BoolRef:
    constants = [z3.Const(f"{sort.name()}{i}", sort) for i in range(number)]
    return z3.Distinct(*constants) if number > 1 else constants[0] == constants[0]


def test_as_few_elements_as_possible() -> None:
    assert least(P) == {}
    assert least(some(1)) == {"S": 1}
    assert least(some(3)) == {"S": 3}
    assert least(some(3), some(2, T)) == {"S": 3, "a sort": 2}
    images = z3.Distinct(*(F(z3.Const(f"S{i}", S)) for i in range(3)))
    assert least(z3.Or(some(4), images)) == {"S": 4, "a sort": 1}
    assert least(z3.Or(some(5), images)) in ({"S": 5, "a sort": 1}, {"S": 3, "a sort": 3})
    assert least(some(2), P, z3.Not(P)) is None
    assert least(some(2), N > 3) is None


def test_no_more_elements_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert least(some(3), largest={"S": 3}) == {"S": 3}
    assert least(some(3), largest={"S": 2}) is None
    assert least(some(3), largest={"T": 2}) == {"S": 3}
    monkeypatch.setattr(smallest, "MOST_ELEMENTS", 3)
    assert least(some(3)) == {"S": 3}
    assert least(some(4)) is None
    assert least(some(2), some(2, T)) is None  # of all sorts together
    assert least(some(2), some(1, T)) == {"S": 2, "a sort": 1}


def test_no_more_time_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    now = [100.0]
    monkeypatch.setattr(smallest, "process_time", lambda: now[0])

    def limit(solver: z3.Solver, seconds: float) -> None:
        limits.append(seconds)
        now[0] += 1.0

    monkeypatch.setattr(smallest, "limit", limit)
    assert least(some(3), seconds=2.5) == {"S": 3}
    assert limits == [2.5, 1.5, 0.5]
    now[0], limits[:] = 100.0, []
    assert least(some(3), seconds=2.0) is None
    assert limits == [2.0, 1.0]
    now[0], limits[:] = 100.0, []
    assert least(some(1), seconds=0.0001) == {"S": 1}
    assert limits == [pytest.approx(0.0001)]


def test_what_z3_does_not_know_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    assert least(some(1)) is None


def test_tables_have_the_values_of_the_model() -> None:
    two = [C != D, z3.ForAll([z3.Const("x", S)], z3.Or(z3.Const("x", S) == C, z3.Const("x", S) == D))]
    rows = [R(E, C), z3.Not(R(E, D)), P, z3.Not(Q), F(C) == E, F(D) == E]
    solver = z3.Solver()
    solver.add(*two, *rows)
    assert solver.check() == z3.sat
    sorts, declarations = symbols([*two, *rows])
    assert [each.name() for each in sorts] == ["S", "a sort"]
    found = read_tables(solver.model(), (2, 1), sorts, declarations, [[C, D, C], [E, E]])
    assert (found.batch, found.sizes) == (1, {"S": 2, "a sort": 1})
    tables = {name: table.tolist() for name, table in found.symbols.items()}
    assert tables == {
        "c": [0],
        "d": [1],
        "e": [0],
        "f": [[0, 0]],
        "r": [[[True, False]]],
        "p": [True],
        "q": [False],
    }
    assert found.symbols["p"].dtype == bool
    assert found.symbols["f"].dtype == np.int64
    swapped = read_tables(solver.model(), (2, 1), sorts, declarations, [[D, C], [E]])
    assert (swapped.symbols["c"].tolist(), swapped.symbols["r"].tolist()) == ([1], [[[False, True]]])
    with pytest.raises(KeyError):
        read_tables(solver.model(), (1, 1), sorts, declarations, [[C, D], [E]])


def test_some_of_nothing_and_all_of_nothing_are_written_as_their_values() -> None:
    p, x = z3.Bool("p"), z3.Int("x")
    condition = Condition({"some": z3.Or(p, z3.Or())}, {}, z3.ForAll([x], z3.And(p, z3.And(), x == x)))
    text = smtlib(condition)
    assert "(assert (! (or p false) :named |hypothesis some|))" in text
    assert "(and p true (= x x))" in text


@pytest.mark.parametrize(
    ("formulas", "found"),
    [
        ([P], True),
        ([C == D], True),
        ([C == D, z3.BitVec("number", 8) == 0], True),
        ([z3.BitVec("number", 8) == 0], False),
        ([C == D, N == 0], False),
        ([N == 0], False),
    ],
)
def test_finite_models_are_of_uninterpreted_symbols_and_beside_them_of_numbers(
    formulas: list[z3.BoolRef], found: bool
) -> None:
    assert has_finite_models(formulas) is found
