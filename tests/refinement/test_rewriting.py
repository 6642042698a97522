"""A function with one piece of its text replaced is otherwise the same."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from refinement.rewriting import definition_of, enclosed, replaced


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


EDITED = """def kept(x):
    return x


def edited(x, y=1):
    if x > 1:
        return [x, 1, (y, 2.0)]
    return lambda z: z
"""


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "edited_after_import.py"
    file.write_text(EDITED, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "edited_after_import", raising=False)
    importlib.import_module("edited_after_import")
    return file


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x > 1", "x >= 1"),
        ("x > 1", "x > 2"),
        ("x > 1", "y > 1"),
        ("(y, 2.0)", "(y, 2)"),
        ("x, 1,", "x, True,"),
        ("y=1", "*, y=1"),
        ("lambda z: z", "lambda z: x"),
        ("lambda z: z", "lambda z: z + 1"),
        ("return [x", "return (yield) or [x"),
        ("def edited", "def renamed"),
        ("def kept(x):", "def kept(x):\n    pass"),
    ],
)
def test_code_that_its_file_holds_no_more_is_not_read(imported: Path, old: str, new: str) -> None:
    edited = sys.modules["edited_after_import"].edited
    assert definition_of(edited)[1] == 5
    imported.write_text(EDITED.replace(old, new), "utf-8")
    with pytest.raises(ValueError, match="edited_after_import"):
        definition_of(edited)


def test_the_place_of_an_edit_is_said(imported: Path) -> None:
    imported.write_text(EDITED.replace("x > 1", "x < 1"), "utf-8")
    with pytest.raises(ValueError, match=r"edited_after_import.py:5: .*\.edited runs other code than its file holds"):
        definition_of(sys.modules["edited_after_import"].edited)


@pytest.mark.parametrize(("old", "new"), [("return x\n", "return x  # said\n"), ("    if x > 1:", "\n    if (x > 1):")])
def test_an_edit_that_changes_no_code_is_read(imported: Path, old: str, new: str) -> None:
    imported.write_text(EDITED.replace(old, new), "utf-8")
    assert definition_of(sys.modules["edited_after_import"].edited)[0].name == "edited"


def test_exchanged_code_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(countdown, "__code__", countdown.__code__.replace(co_consts=(None, 1, 1)))
    with pytest.raises(ValueError, match="runs other code than its file holds"):
        definition_of(countdown)
