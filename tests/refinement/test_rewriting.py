"""A function with one piece of its text replaced is otherwise the same."""

import ast
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from refinement.rewriting import EditedError, carry, definition_of, enclosed, replaced
from tests import ROOT


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


LAMBDAS = """one, other, (outer) = lambda x: x + 1, lambda x, y=2: (
    x +
    y), lambda x: lambda y: x - y
inner = outer(1)
same = [lambda x: x, lambda x: x]
"""


@pytest.fixture
def lambdas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "lambdas_in_a_row.py"
    file.write_text(LAMBDAS, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lambdas_in_a_row", raising=False)
    importlib.import_module("lambdas_in_a_row")
    return file


@pytest.mark.usefixtures("lambdas")
@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("one", "return x + 1", 22),
        ("other", "return x + y", 39),
        ("outer", "return lambda y: x - y", 8),
        ("inner", "return x - y", 18),
    ],
)
def test_of_several_lambdas_the_one_that_runs_is_read(name: str, text: str, column: int) -> None:
    function = getattr(sys.modules["lambdas_in_a_row"], name)
    tree, first = definition_of(function)
    assert (ast.unparse(tree).splitlines()[1].strip(), tree.col_offset) == (text, column)
    assert first + tree.lineno - 1 == function.__code__.co_firstlineno


@pytest.mark.usefixtures("lambdas")
def test_a_lambda_keeps_what_is_around_it_when_rewritten() -> None:
    found = sys.modules["lambdas_in_a_row"]
    assert replaced(found.inner, "x - y", "y - x")(3) == 2
    assert replaced(found.other, "x + y", "x * y")(3) == 6


@pytest.mark.parametrize(("old", "new"), [("x + 1", "x + 3"), ("lambda x: x + 1", " lambda x: x + 1")])
def test_a_lambda_whose_line_was_edited_is_not_read(lambdas: Path, old: str, new: str) -> None:
    lambdas.write_text(LAMBDAS.replace(old, new), "utf-8")
    with pytest.raises(ValueError, match=r"lambdas_in_a_row.*(other code|no lambda is where its code says)"):
        definition_of(sys.modules["lambdas_in_a_row"].one)


def test_a_lambda_whose_code_says_no_place_is_not_read(lambdas: Path) -> None:
    words = [sys.executable, "-X", "no_debug_ranges", "-c", READING]
    done = subprocess.run(words, cwd=lambdas.parent, env={**os.environ, "PYTHONPATH": f"{ROOT}"}, capture_output=True)
    assert b"has no source that can be read: no lambda is where its code says" in done.stderr


READING = """
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, ".")
from refinement.rewriting import definition_of
exec(compile(open("lambdas_in_a_row.py").read(), "lambdas_in_a_row.py", "exec"))
definition_of(one)
"""


def right(number: int) -> int:
    """One more."""
    return number + 1


def test_a_definition_that_is_not_what_runs_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replaced(right, "+ 1", "+ 2")
    assert ast.unparse(definition_of(changed)[0]).endswith("return number + 2")
    monkeypatch.setattr(right, "__syntax__", definition_of(right)[0], raising=False)
    assert definition_of(right)[0].name == "right"
    monkeypatch.setattr(right, "__syntax__", definition_of(changed)[0])
    with pytest.raises(EditedError, match="right runs other code than the definition that it carries as __syntax__"):
        definition_of(right)


def test_what_a_function_carries_is_what_it_runs_however_its_lines_are_numbered() -> None:
    """A compiler does nothing, for the sake of a line's number, where a value is written before its statement."""
    module = ast.parse("def twice(number):\n    double = number\n    double += number\n    return 0")
    (statement,) = (node for node in ast.walk(module) if isinstance(node, ast.Return))
    assert statement.value is not None
    statement.value.lineno = statement.value.end_lineno = 2
    made: dict[str, Any] = {}
    exec(compile(module, "twice.py", "exec"), made)
    function, (tree,) = made["twice"], ast.parse(ast.unparse(module)).body
    assert isinstance(tree, ast.FunctionDef)
    before, function.__syntax__ = function.__code__, tree
    with pytest.raises(EditedError):
        definition_of(function)
    carry(function, tree)
    assert definition_of(function)[0] is tree
    assert function(2) == 0
    same = ("co_firstlineno", "co_qualname", "co_flags", "co_filename")
    assert all(getattr(function.__code__, each) == getattr(before, each) for each in same)
    (other,) = ast.parse("async def twice(number): return number").body
    assert isinstance(other, ast.AsyncFunctionDef)
    carry(function, other)  # that is executed in no proof
    assert function(2) == 0


def test_exchanged_code_of_a_changed_function_is_not_read() -> None:
    changed = replaced(right, "+ 1", "+ 2")
    changed.__code__ = right.__code__
    with pytest.raises(EditedError, match="runs other code"):
        definition_of(changed)
