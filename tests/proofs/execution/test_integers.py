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
