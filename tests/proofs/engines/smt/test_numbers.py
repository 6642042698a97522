"""The evaluator of numbers and bits against z3: every operator that it knows, on values at the edges and between."""

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
import z3

from model.running.evaluate import UnsupportedTermError
from model.running.z3_terms import read
from proofs.engines.smt.numbers import numeral, speaks_of_numbers, told_apart, value_of

X, Y = z3.BitVecs("x y", 5)
N, M = z3.Ints("n m")
P, Q = z3.Bools("p q")
BITS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x & y,
    lambda x, y: x | y,
    lambda x, y: x ^ y,
    lambda x, y: x << y,
    lambda x, y: x >> y,
    z3.LShR,
    z3.UDiv,
    z3.URem,
    lambda x, y: ~x,
    lambda x, y: -x,
    lambda x, y: z3.Concat(x, y),
    lambda x, y: z3.Extract(3, 1, x),
    lambda x, y: z3.ZeroExt(3, x),
    lambda x, y: z3.SignExt(3, x),
    lambda x, y: z3.If(x == y, x + 1, y),
    lambda x, y: x == y,
    lambda x, y: x != y,
    lambda x, y: x <= y,
    lambda x, y: x < y,
    lambda x, y: x >= y,
    lambda x, y: x > y,
    z3.ULE,
    z3.ULT,
    z3.UGE,
    z3.UGT,
]
NUMBERS: list[Callable[[Any, Any], Any]] = [
    lambda n, m: n + m,
    lambda n, m: n - m,
    lambda n, m: n * m,
    lambda n, m: -n,
    lambda n, m: n / 3,
    lambda n, m: n % 3,
    lambda n, m: n / -3,
    lambda n, m: n % -3,
    lambda n, m: n <= m,
    lambda n, m: n < m,
    lambda n, m: n >= m,
    lambda n, m: n > m,
    lambda n, m: z3.Distinct(n, m, n + 1),
]
TRUTH: list[Callable[[Any, Any], Any]] = [
    z3.And,
    z3.Or,
    z3.Implies,
    z3.Xor,
    lambda p, q: z3.Not(p),
    lambda p, q: p == q,
    lambda p, q: z3.If(p, q, z3.Not(q)),
    lambda p, q: z3.And(p, z3.BoolVal(True)),
    lambda p, q: z3.Or(p, z3.BoolVal(False)),
]


F = z3.Function("f", z3.IntSort(), z3.IntSort())
REALS: list[Callable[[Any, Any], Any]] = [
    lambda r, s: r + s,
    lambda r, s: r - s,
    lambda r, s: r * s,
    lambda r, s: -r,
    lambda r, s: r * z3.RealVal("2/7"),
    lambda r, s: r <= s,
    lambda r, s: r < s,
    lambda r, s: r == s,
    lambda r, s: z3.If(r > s, r, s),
]


def by_z3(term: z3.ExprRef, *values: tuple[z3.ExprRef, z3.ExprRef]) -> int | bool:
    value: Any = z3.simplify(z3.substitute(term, *values))
    return z3.is_true(value) if z3.is_bool(value) else int(value.as_long())


@pytest.mark.parametrize("number", range(len(BITS)))
def test_bits(number: int) -> None:
    term = BITS[number](X, Y)
    assert speaks_of_numbers(read(term))
    for x in range(32):
        for y in {0, 1, 4, 5, 6, 15, 16, 31, random.Random(x).randrange(32)}:
            values = (X, z3.BitVecVal(x, 5)), (Y, z3.BitVecVal(y, 5))
            assert value_of(term, {"x": x, "y": y}) == by_z3(term, *values), (term, x, y)


@pytest.mark.parametrize("number", range(len(NUMBERS)))
def test_numbers(number: int) -> None:
    term = NUMBERS[number](N, M)
    for n in (-7, -6, -1, 0, 1, 2, 3, 10**20):
        for m in (-7, -1, 0, 1, 2, 3, 10**20):
            assert value_of(term, {"n": n, "m": m}) == by_z3(term, (N, z3.IntVal(n)), (M, z3.IntVal(m))), (term, n, m)


@pytest.mark.parametrize("number", range(len(REALS)))
def test_fractions(number: int) -> None:
    one, other = z3.Reals("r s")
    term = REALS[number](one, other)
    for r, s in product((Fraction(-7, 3), Fraction(0), Fraction(1, 2), Fraction(5)), repeat=2):
        values = (one, z3.RealVal(r)), (other, z3.RealVal(s))
        expected = numeral(z3.simplify(z3.substitute(term, *values)))
        assert expected is not None
        assert value_of(term, {"r": r, "s": s}) == expected, (term, r, s)


def test_a_function_has_the_value_of_its_place() -> None:
    two = z3.Function("two", z3.IntSort(), z3.BitVecSort(5), z3.BoolSort())
    term = z3.And(two(F(F(N)), X + 1), F(N) != N)
    values: dict[str, Any] = {"n": 3, "x": 31, "f": {(3,): 5, (5,): 3}, "two": {(3, 0): True, (3, 31): False}}
    assert value_of(term, values) is True
    assert value_of(term, {**values, "x": 30}) is False
    assert value_of(term, {**values, "f": {(3,): 3}}) is False


def test_what_is_neither_number_nor_truth_has_no_value_though_one_is_given() -> None:
    one, other = z3.Consts("one other", z3.DeclareSort("S"))
    with pytest.raises(UnsupportedTermError, match="no number, bits or truth value"):
        value_of(one == other, {"one": 3, "other": 3})


def test_symbols_of_one_name_are_told_apart_by_all_their_sorts() -> None:
    sorts = z3.IntSort(), z3.BitVecSort(5), z3.BoolSort()
    assert told_apart(z3.Function("two", *sorts)) == "two of Int → BitVec(5) → Bool"
    assert told_apart(N.decl()) == "n of Int"


def test_a_numeral_is_read_and_nothing_else() -> None:
    written = [
        z3.IntVal(-3),
        z3.RealVal("3/4"),
        z3.RealVal(2),
        z3.BitVecVal(31, 5),
        z3.BoolVal(True),
        z3.BoolVal(False),
    ]
    assert [numeral(each) for each in written] == [-3, Fraction(3, 4), 2, 31, True, False]
    assert [type(numeral(each)) for each in written] == [int, Fraction, int, int, bool, bool]
    others = (N, N + 1, P, z3.ForAll([N], N == N), z3.simplify(z3.Sqrt(z3.RealVal(2))))
    assert [numeral(each) for each in others] == [None] * 5


@pytest.mark.parametrize("number", range(len(TRUTH)))
def test_truth_values(number: int) -> None:
    term = TRUTH[number](P, Q)
    for p in (False, True):
        for q in (False, True):
            assert value_of(term, {"p": p, "q": q}) is by_z3(term, (P, z3.BoolVal(p)), (Q, z3.BoolVal(q)))


@pytest.mark.parametrize(
    "term",
    [
        z3.Real("r") / z3.Real("s") == 1,
        z3.ToReal(N) == z3.Real("r"),
        z3.AtMost(P, Q, 1),
        z3.Int2BV(N, 4) == 3,
        z3.RotateLeft(X, 1) == Y,
        F(N + 1) == N,  # at a place where it has no value
        z3.Function("g", z3.IntSort(), z3.IntSort())(N) == N,
        z3.Int("f") == N,
        N / M == 0,  # by zero
        z3.Int("a constant without a value") == N,
        z3.ForAll([N], N == N),
    ],
)
def test_what_is_not_known_has_no_value(term: z3.BoolRef) -> None:
    with pytest.raises(UnsupportedTermError):
        value_of(
            term, {"n": 3, "m": 0, "x": 1, "y": 2, "r": 4, "s": 4, "f": {(3,): 3}, "g": 3, "p": True, "q": False}
        )  # however much is given


S = z3.DeclareSort("S")
C = z3.Const("c", S)


@pytest.mark.parametrize(
    ("term", "only"),
    [
        (P, True),
        (z3.And(P, N > 2, X == 3), True),
        (z3.BoolVal(True), True),
        (z3.If(P, N, M) > 3, True),
        (z3.ForAll([N], N == N), False),
        (z3.And(P, z3.ForAll([N], N == M), Q), False),
        (z3.Exists([C], P), False),
        (C == C, False),
        (z3.And(P, z3.Const("d", S) == C), False),
        (z3.And(z3.Real("r") > 1, P), True),
        (z3.And(P, M == 2, F(N) == 2), True),
        (z3.Function("yes", z3.IntSort(), z3.BoolSort())(N), True),
        (z3.Function("height", S, z3.IntSort())(C) == 2, False),
        (z3.Select(z3.Array("a", z3.IntSort(), z3.IntSort()), N) == 2, False),
        (z3.Lambda([N], N)[M] == 2, False),
    ],
)
def test_what_speaks_of_numbers_alone(term: z3.BoolRef, only: bool) -> None:
    assert speaks_of_numbers(read(term)) is only


def test_shifts_by_more_than_there_is() -> None:
    x, y = z3.BitVecs("x y", 64)
    for far in (63, 64, 65, 1 << 40, (1 << 64) - 1):
        values = {"x": (1 << 63) + 1, "y": far}
        assert value_of(x << y, values) == (1 << 63 if far == 63 else 0)
        assert value_of(z3.LShR(x, y), values) == (1 if far == 63 else 0)
        assert value_of(x >> y, values) == (1 << 64) - 1


def test_more_than_two_arguments() -> None:
    values: dict[str, int | bool] = {"x": 7, "y": 12, "n": 5, "m": 3, "p": True, "q": False}
    z = z3.BitVecVal(9, 5)
    assert value_of(z3.Sum(N, M, N), values) == 13
    assert value_of(z3.Product(N, M, N), values) == 75
    assert value_of(z3.And(P, P, Q), values) is False
    assert value_of(z3.Or(Q, Q, P), values) is True
    assert value_of(z3.Concat(X, Y, z), values) == (7 << 10) + (12 << 5) + 9
    for made, expected in ((X & Y & z, 7 & 12 & 9), (X | Y | z, 15), (X ^ Y ^ z, 7 ^ 12 ^ 9), (X + Y + z, 28)):
        assert value_of(made, values) == expected
    assert value_of(z3.Distinct(N, M, z3.IntVal(5)), values) is False


def test_the_same_term_twice_is_evaluated_once_and_has_one_value() -> None:
    twice = (N + 1) * (N + 1) - (N + 1)
    assert value_of(twice, {"n": 4}) == 20


def test_constants_of_one_name_and_two_sorts_have_two_values() -> None:
    number, truth = z3.Int("x"), z3.Bool("x")
    assert [told_apart(each.decl()) for each in (number, truth)] == ["x of Int", "x of Bool"]
    values: dict[str, int | bool] = {"x of Int": 3, "x of Bool": False, "x": 7}
    assert value_of(number + 1, values) == 4
    assert value_of(truth, values) is False
    assert value_of(number + 1, {"x": 7, "x of Bool": True}) == 8
