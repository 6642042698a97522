"""Formulas on machines of a given size: the same answers as another solver's, and definitions that are kept."""

import time
from itertools import product
from threading import Timer
from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import compile_term
from proofs.engines.smt.confirm import false_in
from proofs.engines.terms import expanded
from proofs.engines.terms.expanded import Expansion, OutOfTimeError
from proofs.engines.terms.smtlib import symbols

A, B = z3.DeclareSort("A"), z3.DeclareSort("B")
x, y = z3.Consts("x y", A)
b, c = z3.Consts("b c", B)
d = z3.Const("d", A)
p, q = z3.Function("p", A, z3.BoolSort()), z3.Function("q", A, B, z3.BoolSort())
f, g = z3.Function("f", A, B), z3.Function("g", A, A)
s, t = z3.Bools("s t")

FORMULAS = [
    z3.ForAll([x], p(x)),
    z3.Exists([x], p(x)),
    z3.ForAll([x], z3.Exists([b], q(x, b))),
    z3.Exists([b], z3.ForAll([x], z3.Not(q(x, b)))),
    z3.ForAll([x, y], z3.Implies(f(x) == f(y), x == y)),
    z3.ForAll([b], z3.Exists([x], f(x) == b)),
    z3.Exists([x, y], x != y),
    z3.ForAll([x], g(x) != x),
    z3.ForAll([x], g(g(x)) == x),
    p(d) != p(g(d)),
    z3.If(s, p(d), z3.Not(p(d))) == t,
    z3.Xor(s, t),
    f(z3.If(s, d, g(d))) == f(d),
    z3.Distinct(s, t),
    z3.And(s, z3.Or(t, z3.Not(s)), z3.Implies(t, p(d))),
    z3.BoolVal(False),
    z3.Not(z3.ForAll([x, b], z3.Implies(p(x), q(x, b)))),
]


def closed(n: int, sort: z3.SortRef) -> z3.BoolRef:
    """There are just n elements."""
    elements = [z3.Const(f"{sort.name()}{i}", sort) for i in range(n)]
    some = z3.Const("some", sort)
    distinct = z3.Distinct(*elements) if n > 1 else z3.BoolVal(True)
    return z3.And(distinct, z3.ForAll([some], z3.Or(*(some == each for each in elements))))


@pytest.mark.long
@pytest.mark.parametrize("sizes", [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_pairs_of_formulas_hold_where_another_solver_says_so(sizes: tuple[int, int]) -> None:
    answers = set()
    for one in range(len(FORMULAS)):
        for other in range(one, len(FORMULAS)):
            formulas = [FORMULAS[one], FORMULAS[other]]
            solver = z3.Solver()
            solver.add(*formulas, closed(sizes[0], A), closed(sizes[1], B))
            expected = solver.check() == z3.sat
            expansion = Expansion({"A": sizes[0], "B": sizes[1]})
            for formula in formulas:
                expansion.state(formula)
            true = expansion.solve(1, 60.0)
            assert true is not None
            assert bool(true) == expected, (sizes, formulas)
            if true:
                structure = expansion.structure(true, symbols(formulas)[1])
                assert all(compile_term(formula)(structure)[0] for formula in formulas)
            expansion.close()
            answers.add(expected)
    assert answers == {True, False}


@pytest.mark.parametrize(
    "formula",
    [
        *(z3.Not(s), z3.And(s, t), z3.Or(s, t), z3.Implies(s, t), s == t, s != t, z3.Xor(s, t), z3.Distinct(s, t)),
        *(z3.If(s, t, z3.Not(t)), z3.And(), z3.Or(), z3.BoolVal(True), z3.BoolVal(False), z3.And(s, z3.BoolVal(True))),
    ],
    ids=str,
)
def test_a_connective_has_its_truth_table(formula: z3.BoolRef) -> None:
    expansion = Expansion({})
    literal = expansion.literal(formula)
    for values in product((True, False), repeat=2):
        pairs = [(each, z3.BoolVal(value)) for each, value in zip((s, t), values, strict=True)]
        holds = z3.is_true(z3.simplify(z3.substitute(formula, *pairs)))
        row = expansion.literal(
            z3.And(*(each if value else z3.Not(each) for each, value in zip((s, t), values, strict=True)))
        )
        true = expansion.solve(row, 60.0)
        assert true
        assert (literal in true) is holds
        assert (-literal in true) is not holds


def test_a_defined_symbol_has_its_value() -> None:
    expansion = Expansion({"A": 3, "B": 2})
    later, where = z3.Function("later", A, B, z3.BoolSort()), z3.Function("where", A, A)
    expansion.define("later", [x, b], z3.And(q(x, b), p(x)))
    expansion.define("where", [x], z3.If(p(x), g(x), x))
    wrong = [
        z3.Exists([x, b], later(x, b) != z3.And(q(x, b), p(x))),
        z3.Exists([x], where(x) != z3.If(p(x), g(x), x)),
    ]
    assert all(expansion.solve(expansion.literal(each), 60.0) == frozenset() for each in wrong)
    possible = z3.And(later(d, b), where(d) != d)
    assert expansion.solve(expansion.literal(possible), 60.0)
    with pytest.raises(ValueError, match="later was spoken of before it is defined"):
        expansion.define("later", [x, b], p(x))
    with pytest.raises(ValueError, match="q was spoken of before"):
        expansion.define("q", [x, b], p(x))


def test_what_is_certain_of_a_value_stays_so() -> None:
    expansion = Expansion({"A": 2, "B": 1})
    expansion.define("g", [x], x)
    for formula in (z3.ForAll([x], g(x) == x), z3.ForAll([x], z3.If(p(x), g(x), x) == x)):
        assert expansion.solve(expansion.literal(formula), 60.0)
        assert expansion.solve(expansion.literal(z3.Not(formula)), 60.0) == frozenset()


def test_no_symbol_that_was_spoken_of_is_defined() -> None:
    expansion = Expansion({"A": 1, "B": 1})
    expansion.literal(p(d))
    for name in ("p", "d"):
        with pytest.raises(ValueError, match=f"{name} was spoken of before"):
            expansion.define(name, [], s)
    expansion.define("g", [x], x)
    with pytest.raises(ValueError, match="g was spoken of before"):
        expansion.define("g", [x], x)


def test_of_what_nothing_was_said_is_false_or_the_first_element() -> None:
    expansion = Expansion({"A": 2, "B": 3})
    expansion.state(s)
    true = expansion.solve(1, 60.0)
    assert true
    tables = expansion.structure(true, [each.decl() for each in (s, t, p(d), f(d), d)]).symbols
    assert {name: table.tolist() for name, table in tables.items()} == {
        **{"s": [True], "t": [False], "p": [[False, False]]},
        **{"f": [[0, 0]], "d": [0]},
    }
    assert {name for name, table in tables.items() if table.dtype == np.bool_} == {"s", "t", "p"}


def test_what_is_excluded_is_false_from_then_on() -> None:
    expansion = Expansion({"A": 2, "B": 1})
    literal = expansion.literal(z3.Exists([x], p(x)))
    assert expansion.solve(literal, 60.0)
    expansion.exclude(literal)
    assert expansion.solve(literal, 60.0) == frozenset()
    assert expansion.solve(1, 60.0)


def test_a_search_that_is_cut_short_is_no_answer() -> None:
    pigeons = Expansion({"A": 12, "B": 11})
    pigeons.state(z3.ForAll([x, y], z3.Implies(f(x) == f(y), x == y)))
    assert pigeons.solve(1, 0.3) is None


@pytest.mark.long
def test_what_is_asked_after_a_search_that_was_cut_short_has_an_answer() -> None:
    nine, eight = z3.DeclareSort("nine"), z3.DeclareSort("eight")
    one, other = z3.Consts("one other", nine)
    few = z3.Function("few", nine, eight)
    pigeons = Expansion({"A": 12, "B": 11, "nine": 9, "eight": 8})
    pigeons.state(z3.Implies(s, z3.ForAll([x, y], z3.Implies(f(x) == f(y), x == y))))
    pigeons.state(z3.Implies(t, z3.ForAll([one, other], z3.Implies(few(one) == few(other), one == other))))
    assert pigeons.solve(pigeons.literal(s), 0.1) is None
    assert pigeons.solve(pigeons.literal(t), 60.0) == frozenset()
    assert pigeons.solve(pigeons.literal(z3.Not(s)), 60.0)
    pigeons.close()
    assert pigeons.solve(1, 60.0) is None  # nothing is known of what was given up


def test_a_search_has_the_time_that_it_is_given_and_leaves_no_clock_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks: list[Timer] = []

    class Slow(Timer):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            clocks.append(self)

        def run(self) -> None:
            super().run()
            time.sleep(0.05)

    monkeypatch.setattr(expanded, "Timer", Slow)
    expansion = Expansion({})
    for seconds in (60.0, 0.5, 0.0, -1.0):
        expansion.solve(1, seconds)
        assert not clocks[-1].is_alive()
    assert [clock.interval for clock in clocks] == [60.0, 0.5, 0.01, 0.01]


def test_expanding_that_takes_too_long_is_no_answer_either(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Expansion({"A": 2, "B": 1}, deadline=0.0)
    looked: list[object] = []
    monkeypatch.setattr(late, "_expanded", lambda *given: looked.append(given))
    with pytest.raises(OutOfTimeError):
        late.state(p(d))
    assert looked == []  # it looks at the time first
    monkeypatch.setattr(expanded, "process_time", lambda: 5.0)
    in_time = Expansion({"A": 2, "B": 1}, deadline=5.0)
    in_time.state(z3.Exists([x], p(x)))
    assert in_time.solve(1, 60.0)


@pytest.mark.parametrize("named", [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 1, 2)])
def test_constants_name_elements_in_turn(named: tuple[int, int, int]) -> None:
    """Of all models that agree on which constants are equal there is one left, and it is never the last."""
    constants = [d, *z3.Consts("e k", A)]
    expansion = Expansion({"A": 3, "B": 1})
    for number, one in enumerate(constants):
        for before, other in enumerate(constants[:number]):
            equal = named[number] == named[before]
            expansion.state(one == other if equal else one != other)
    expansion.ordered([("d", "A"), ("e", "A")])
    expansion.ordered([("k", "A")])
    true = expansion.solve(1, 60.0)
    assert true
    tables = expansion.structure(true, [each.decl() for each in constants]).symbols
    assert tuple(int(tables[each.decl().name()][0]) for each in constants) == named
    expansion.close()


def test_numbers_of_some_bits_are_added_and_compared() -> None:
    node, depth = z3.DeclareSort("N"), z3.Function("d", z3.DeclareSort("N"), z3.BitVecSort(8))
    one, other = z3.Consts("one other", node)
    largest = z3.BitVecVal(255, 8)
    holds = {
        "one more": depth(one) == depth(other) + 1,
        "less": z3.ULT(depth(other), depth(one)),
        "around": z3.ULE(depth(one) + largest, depth(other)),
        "with a sign": depth(other) + largest < depth(other),
        "not more than itself": z3.And(depth(one) == 2, z3.ULE(depth(one), depth(one))),
        "the largest of both": depth(one) + depth(one) == 4,
        "wider": z3.ZeroExt(1, depth(one)) + 255 != z3.ZeroExt(1, depth(other)),
    }
    refused = {"none is less than 0": z3.ULT(depth(one), 0), "no value is so large": depth(one) == largest}
    for name, formula in {**holds, **refused}.items():
        expansion = Expansion({"N": 2, "8 bits": 3})
        expansion.state(formula)
        expansion.state(depth(other) == 0)
        true = expansion.solve(1, 10)
        assert bool(true) == (name in holds), name
        if true:
            found = expansion.structure(true, [depth, one.decl(), other.decl()])
            assert false_in(found, {name: formula}) == ""
        expansion.close()
