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


def test_zero_is_a_value() -> None:
    assert Quantity(0, 5) * 2 == Quantity(0, 10)
    assert Quantity(-1, 0) * 2 == Quantity(-2, 0)
    assert Quantity(-1, 0) + Quantity(0, 3) == Quantity(-1, 3)
    assert between(exactly(0), exactly(4)) == Quantity(0, 4)
    assert between(Quantity(-4, -1), Quantity(-2, 0)) == Quantity(-4, 0)
    assert (str(exactly(0)), str(Quantity(0, 1)), exactly(0).exact, Quantity(0, 1).bounds()) == ("0", "0…1", 0, (0, 1))
    for least, most in ((0, -1), (1, 0)):
        with pytest.raises(ValueError, match="is no range"):
            Quantity(least, most)


def test_which_unknown_a_sum_is() -> None:
    assert exactly(1) + NOT_APPLICABLE == NOT_APPLICABLE + exactly(1) == NOT_APPLICABLE + UNKNOWN == NOT_APPLICABLE
    assert between(NOT_APPLICABLE, UNKNOWN) == NOT_APPLICABLE
    assert between(exactly(1), NOT_APPLICABLE) == NOT_APPLICABLE
    assert str(Quantity(20, 100)) == "20…100"
    assert Quantity(1, 3) * -2 == Quantity(-6, -2)


def test_whole_numbers_are_printed_whole() -> None:
    assert str(exactly(10**17 + 1)) == "100000000000000001"
