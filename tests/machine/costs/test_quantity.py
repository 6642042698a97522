"""Arithmetic on quantities: unknown stays unknown, and ranges are as wide as they must be."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, between, exactly

numbers = st.integers(-1000, 1000)
ranges = st.tuples(numbers, numbers).map(lambda ends: Quantity(min(ends), max(ends)))


@given(ranges, ranges, st.data())
def test_a_sum_holds_every_sum(one: Quantity, other: Quantity, data: st.DataObject) -> None:
    (low, high), (low_other, high_other) = one.bounds(), other.bounds()
    first = data.draw(st.integers(int(low), int(high)))
    second = data.draw(st.integers(int(low_other), int(high_other)))
    least, most = (one + other).bounds()
    assert least <= first + second <= most
    least, most = (one - other).bounds()
    assert least <= first - second <= most
    assert (least, most) == (low - high_other, high - low_other)


@given(ranges, numbers)
def test_a_multiple_is_a_range(one: Quantity, factor: int) -> None:
    assert set((one * factor).bounds()) == {each * factor for each in one.bounds()}


def test_unknown_stays_unknown() -> None:
    assert UNKNOWN + exactly(1) == UNKNOWN
    assert exactly(1) - UNKNOWN == UNKNOWN
    assert UNKNOWN * 3 == UNKNOWN
    assert (UNKNOWN * 0).exact == 0
    assert UNKNOWN + NOT_APPLICABLE == NOT_APPLICABLE
    assert between(UNKNOWN, exactly(1)) == UNKNOWN
    assert between(exactly(1), UNKNOWN) == UNKNOWN
    assert not UNKNOWN.known
    for ask in (lambda: UNKNOWN.bounds(), lambda: UNKNOWN.exact, lambda: Quantity(1, 2).exact):
        with pytest.raises(ValueError, match="no "):
            ask()


def test_what_is_no_quantity_is_refused() -> None:
    for least, most, applies in ((1, None, True), (None, 1, True), (2, 1, True), (1, 1, False)):
        with pytest.raises(ValueError, match=r"quantity|range"):
            Quantity(least, most, applies)


def test_how_quantities_print() -> None:
    shown = [exactly(7), Quantity(9, 13), UNKNOWN, NOT_APPLICABLE, exactly(Fraction("16.7")), exactly(Fraction(1, 3))]
    assert list(map(str, shown)) == ["7", "9…13", "?", "n/a", "16.7", "0.333"]
