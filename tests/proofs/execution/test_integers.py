"""Integers of proofs are Python's: operations on small ones give what Python gives; what has no answer is refused."""

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import z3

from proofs.execution.integers import Integer, choice, integer, natural, signed
from proofs.execution.path import ExecutionError

SMALL = range(-5, 10)
OPERATIONS = (operator.add, operator.sub, operator.mul, operator.and_, operator.or_, operator.xor)
COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


def number(value: Integer) -> int:
    term = z3.simplify(value.term)
    number: int = term.as_long() if value.natural else term.as_signed_long()
    return number


def terms(value: int) -> list[Integer]:
    """The value as short as it may be written, and with room."""
    wide = integer(value)
    room = Integer(wide.bits(9), wide.natural)
    return [wide, room]


@pytest.mark.long
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.__name__)
def test_arithmetic(operation: Callable[..., Any]) -> None:
    for one, other in product(SMALL, SMALL):
        for left, right in product([*terms(one), one], terms(other)):
            assert number(operation(left, right)) == operation(one, other), (one, other)
            assert number(operation(right, left)) == operation(other, one), (other, one)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda each: each.__name__)
def test_comparisons(comparison: Callable[..., Any]) -> None:
    for one, other in product(SMALL, SMALL):
        for left, right in product([*terms(one), one], terms(other)):
            assert z3.is_true(z3.simplify(comparison(left, right))) == comparison(one, other), (one, other)


def test_shifts_and_complement() -> None:
    for value, distance in product(SMALL, range(12)):
        for term in terms(value):
            assert number(term << distance) == value << distance
            assert number(term >> distance) == value >> distance
            assert number(~term) == ~value


def test_choice() -> None:
    for one, other in product(SMALL, SMALL):
        assert number(choice(z3.BoolVal(True), one, other)) == one
        assert number(choice(z3.BoolVal(False), one, other)) == other


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (bool, "no formula"),
        (len, "no formula"),
        (list, "no formula"),
        (lambda x: [0, 1][x], "stands where a number is needed"),
        (lambda x: 1 << x, "its distance must be a number"),
        (lambda x: x >> -1, "its distance must be a number"),
        (lambda x: x + 0.5, "is no integer"),
        (lambda x: x.bits(3), "may not fit"),
    ],
)
def test_what_has_no_answer_is_refused(use: Callable[[Integer], object], message: str) -> None:
    with pytest.raises(ExecutionError, match=message):
        use(natural("x", 4))
    with pytest.raises(TypeError, match="unhashable"):
        hash(signed("x", 4))


def size(value: Integer) -> tuple[int, bool]:
    return value.term.size(), value.natural


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (3, 2), (4, 4), (5, 1), (1, 5)])
def test_a_value_takes_as_many_bits_as_it_may_need(n: int, m: int) -> None:
    one, two = natural("x", n), natural("y", m)
    minus, other = signed("z", n), signed("w", m)  # a bit more for the sign
    most = max(n, m)
    assert (size(one), size(minus)) == ((n, True), (n + 1, False))
    assert (size(one + two), size(one + other), size(minus + two)) == (
        (most + 1, True),
        (most + 2, False),
        (most + 2, False),
    )
    assert size(one - two) == size(minus - other) == size(minus - two) == (most + 2, False)
    product = n + m if min(n, m) > 1 else most
    assert size(one * two) == (product, True)
    assert size(minus * other) == (n + m + 2, False)
    assert size(minus * two) == ((n + m + 2, False) if m > 1 else (n + 1, False))
    assert size(one & two) == (min(n, m), True)
    assert size(minus & two) == (m, True)
    assert size(one & other) == (n, True)
    assert size(minus & other) == (most + 1, False)
    assert size(one | two) == size(one ^ two) == (most, True)
    assert size(minus | two) == size(minus ^ two) == (most + 1, False)
    assert (size(~one), size(~minus)) == ((n + 1, False), (n + 1, False))
    for places in range(7):
        assert (size(one << places), size(minus << places)) == ((n + places, True), (n + 1 + places, False))
        assert size(one >> places) == (max(1, n - places), True)
        assert size(minus >> places) == (max(1, n + 1 - places), False)
    assert size(choice(z3.Bool("c"), one, two)) == (most, True)
    assert size(choice(z3.Bool("c"), one, other)) == (most + 1, False)
    assert (one << 0) is one


@pytest.mark.parametrize(
    ("number", "bits", "positive"),
    [(0, 1, True), (1, 1, True), (4, 3, True), (-1, 1, False), (-2, 2, False), (-5, 4, False)],
)
def test_a_number_takes_as_many_bits_as_it_needs(number: int, bits: int, positive: bool) -> None:
    assert size(integer(number)) == (bits, positive)
    made = integer(number)
    assert integer(made) is made


def test_a_value_in_so_many_bits_keeps_its_sign_and_one_that_may_not_fit_is_refused() -> None:
    x, z = natural("x", 4), signed("z", 3)
    assert x.bits(4) is x.term
    assert x.bits(6).eq(z3.ZeroExt(2, x.term))
    assert z.bits(6).eq(z3.SignExt(2, z.term))
    assert z.low(4).eq(z.term)
    assert z.low(6).eq(z3.SignExt(2, z.term))
    assert x.low(3).eq(z3.Extract(2, 0, x.term))
    assert x.low(1).eq(z3.Extract(0, 0, x.term))
    for value in (x, z):
        with pytest.raises(ExecutionError, match=r"^a value of 4 bits may not fit in 3$"):
            value.bits(3)


def test_a_value_is_shown_as_its_term() -> None:
    assert repr(natural("x", 4)) == f"{natural('x', 4)}" == f"{natural('x', 4):#x}" == "x"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (bool, "the truth of x is no formula: compare it, with == or !="),
        (lambda x: [0][x], "x stands where a number is needed"),
        (lambda x: 1 << x, "a shift by x: its distance must be a number that is not negative"),
        (lambda x: 1 >> x, "a shift by x: its distance must be a number that is not negative"),
        (lambda x: x << x, "a shift by x: its distance must be a number that is not negative"),
        (lambda x: x << -1, "a shift by -1: its distance must be a number that is not negative"),
        (lambda x: x >> 1.5, "a shift by 1.5: its distance must be a number that is not negative"),
        (lambda x: x == "1", "'1' is no integer"),
    ],
)
def test_a_refusal_says_why(use: Callable[[Integer], object], message: str) -> None:
    with pytest.raises(ExecutionError) as error:
        use(natural("x", 4))
    assert str(error.value) == message


def test_of_values_that_are_not_known_a_comparison_is_the_right_formula() -> None:
    x, y, z, w = natural("x", 3), natural("y", 3), signed("z", 2), signed("w", 2)
    solver = z3.Solver()
    for one, two in ((x, y), (x, z), (z, y), (z, w)):
        left, right = z3.SignExt(3, z3.ZeroExt(1, one.term)), z3.SignExt(3, z3.ZeroExt(1, two.term))
        if not one.natural:
            left = z3.SignExt(4, one.term)
        if not two.natural:
            right = z3.SignExt(4, two.term)
        for compare in COMPARISONS:
            solver.push()
            solver.add(compare(one, two) != compare(left, right))
            assert solver.check() == z3.unsat
            solver.pop()
