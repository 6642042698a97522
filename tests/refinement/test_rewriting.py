"""A function with one piece of its text replaced is otherwise the same."""

from collections.abc import Callable

import pytest

from refinement.rewriting import enclosed, replaced


def counting(step: int) -> Callable[[int], int]:
    def count(number: int) -> int:
        return number + step

    return count


def countdown(number: int) -> int:
    return 0 if number == 0 else countdown(number - 1)


def inner_countdown() -> Callable[[int], int]:
    def down(number: int) -> int:
        return 0 if number == 0 else down(number - 1)

    return down


class Base:
    def said(self) -> str:
        return "base"


class Derived(Base):
    def said(self) -> str:
        return super().said() + " and derived"


def test_what_a_function_has_from_those_around_it_stays() -> None:
    changed = replaced(counting(3), "number + step", "number - step")
    assert changed(10) == 7
    assert enclosed(changed) == {"step": 3}


@pytest.mark.parametrize("function", [countdown, inner_countdown()])
def test_what_calls_itself_calls_what_it_was_made_from(function: Callable[[int], int]) -> None:
    assert replaced(function, "return 0", "return 7")(5) == 0


def test_super_leads_where_it_did() -> None:
    assert replaced(Derived.said, "and derived", "and changed")(Derived()) == "base and changed"


@pytest.mark.parametrize(("old", "times"), [("no such text", 0), ("number", 2)])
def test_a_piece_that_is_not_there_once_is_refused(old: str, times: int) -> None:
    with pytest.raises(ValueError, match=f"{times} times, not once"):
        replaced(counting(3), old, "1")
