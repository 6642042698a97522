"""The subset: each kind of construct outside is refused with its file and line, and all that code uses passes."""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs.execution.instrument import instrumented
from proofs.execution.path import ExecutionError
from proofs.execution.syntax import OtherCodeError, OutsideSubsetError, check, outside_of_subset, source_of
from proofs.obligations.source import making, on_the_tree
from proofs.verdict import EXIT_INCOMPLETE
from refinement.kernel.kernel import Kernel

Write = Callable[[str], Callable[..., Any]]

ROOT = Path(__file__).parents[3]

EDITS = """
import os, pathlib, re
import refinement.kernel.primitives as imported
_file = pathlib.Path(imported.__file__)
_edit = f"t.prev_sibling[node] = {os.getpid()}"
_file.write_text(re.sub(r"t.prev_sibling.node. = (NONE|\\d+)", _edit, _file.read_text("utf-8")), "utf-8")
"""

REFUSED = {
    "f(x)[0]: int": "a target without a value that is no name",
    "f(x).field: int": "a target without a value that is no name",
    "raise x from f(x)": "the cause of an exception",
    "y = f'{x:{f(x)}}'": "the form of a value in a text",
    "y = f'{x:z}'": "the form of a value in a text",
    "__y = x": "a variable called __y",
    "y = __x": "a variable called __x",
    "y = __monitor__": "a variable called __monitor__",
    "y = x.__field": "an attribute called __field",
    "locals = x": "a variable called locals",
    "super = x": "a variable called super",
    "for locals in x: pass": "a variable called locals",
    "f(__x=1)": "an argument called __x",
    "with open(x): pass": "a statement of the kind With",
    "try: y = x\n    except ValueError: pass": "a statement of the kind Try",
    "assert x": "a statement of the kind Assert",
    "global other": "a statement of the kind Global",
    "import os": "a statement of the kind Import",
    "def inner(): return x": "a statement of the kind FunctionDef",
    "class Inner: pass": "a statement of the kind ClassDef",
    "match x:\n        case 1: pass": "a statement of the kind Match",
    "y = lambda: x": "an expression of the kind Lambda",
    "y = [z for z in x]": "an expression of the kind ListComp",
    "y = sum(z for z in x)": "an expression of the kind GeneratorExp",
    "y = {1: x}": "an expression of the kind Dict",
    "y = {x}": "an expression of the kind Set",
    "yield x": "an expression of the kind Yield",
    "if (y := x): pass": "an expression of the kind NamedExpr",
    "while x: pass\n    else: pass": "a loop with else",
    "for y in x: pass\n    else: pass": "a loop with else",
    "y = 1 < x < 3": "more than one comparison at a time",
    "y = x in z": "a comparison of the kind In",
    "y = x not in z": "a comparison of the kind NotIn",
    "y = x is z": "is, of anything but None",
    "y = x is not True": "is, of anything but None",
    "y = x == None": "None compared with == or !=",
    "y = x != None": "None compared with == or !=",
    "x.field = 1": "a field of something else than self is assigned",
    "x[0].field += 1": "a field of something else than self is assigned",
    "y = f(*x)": "arguments spread out",
    "y = f(*x, 1)": "arguments spread out",
    "y = f(1, *x)": "arguments spread out",
    "y = f(1, *x, 2)": "arguments spread out",
    "y = f(**x)": "arguments spread out",
    "y = x[1, 2]": "an index that is more than one element",
    "x[1, 2] = y": "an index that is more than one element",
    "y = None is x": "is, of anything but None",
    "y = x < None": "None compared with == or !=",
    "y = x is z is None": "more than one comparison at a time",
    "y = 1 < x in z": "more than one comparison at a time",
    "y = x in z in y": "more than one comparison at a time",
    "self.a.b.c = 1": "a field of something else than self is assigned",
    "f(x).field = 1": "a field of something else than self is assigned",
    "for self.field in x: pass": "a loop over what is not assigned to names",
    "for x[0] in y: pass": "a loop over what is not assigned to names",
    "for y, (z, x[0]) in x: pass": "a loop over what is not assigned to names",
    "del x": "something else than an element is deleted",
    "del self.field": "something else than an element is deleted",
    "del x[0], y": "something else than an element is deleted",
    "del y, x[0]": "something else than an element is deleted",
    "x, y.field = z": "a field of something else than self is assigned",
}

PASSING = """
def passing(self, x, y=1, *, z=None):
    first, second = x, [y, (x, y)]
    third: int = first
    self.field = first
    self.inner.field = x.inner.field
    x[y] = x[1:y] if z is None else x[-1]
    third += ~y & 3
    for number, (other, each) in second:
        if not each or y == 1 and x != 2:
            continue
        break
    while x < y or x == 0 or x >= False:
        x = self.step(x, by=y)
    del x[0], y[1]
    z = {}
    pass
    if z is not None:
        raise ValueError(f"no {x}")
    return third
"""


@pytest.mark.parametrize("statement", REFUSED)
def test_what_is_outside_is_refused_with_its_line(statement: str, written: Write) -> None:
    source = source_of(written(f"def f(x):\n    y = 1\n    {statement}\n    return x"))
    with pytest.raises(OutsideSubsetError, match=re.escape(REFUSED[statement])) as refusal:
        check(source)
    assert str(refusal.value).startswith(f"{source.file}:3: ")


@pytest.mark.parametrize("parameters", ["__monitor__=1", "super=1", "*, locals=1", "__x, /"])
def test_an_argument_called_as_python_s_own_is_refused(parameters: str, written: Write) -> None:
    with pytest.raises(OutsideSubsetError, match=":1: an argument called "):
        check(source_of(written(f"def f({parameters}):\n    return 1")))


@pytest.mark.parametrize("parameters", ["*x", "**x"])
def test_any_number_of_arguments_is_refused(parameters: str, written: Write) -> None:
    with pytest.raises(OutsideSubsetError, match=":1: any number of arguments is outside the subset"):
        check(source_of(written(f"def f({parameters}):\n    return 1")))


def test_what_is_inside_passes(written: Write) -> None:
    assert list(outside_of_subset(source_of(written(PASSING)))) == []


def test_all_that_is_outside_is_listed(written: Write) -> None:
    source = source_of(written("def f(x):\n    assert x\n    return [y for y in x]"))
    assert [line for line in outside_of_subset(source) if line.startswith("2")] == ["2: a statement of the kind Assert"]
    assert "3: an expression of the kind ListComp" in list(outside_of_subset(source))


def test_what_is_outside_is_told_in_order_each_once_and_the_first_refuses(written: Write) -> None:
    text = "def f(*x, **y):\n    if x:\n        assert y\n    z = {1}\n    while {2}: pass\n    return [z, lambda: {1}]"
    source = source_of(written(text))
    assert list(outside_of_subset(source)) == [
        "1: any number of arguments",
        "1: any number of arguments",
        "3: a statement of the kind Assert",
        "4: an expression of the kind Set",
        "5: an expression of the kind Set",
        "6: an expression of the kind Lambda",
        "6: an expression of the kind Set",
    ]
    with pytest.raises(OutsideSubsetError) as error:
        check(source)
    assert str(error.value) == f"{source.file}:1: any number of arguments is outside the subset that is executed"


def test_what_has_nothing_in_it_is_told_once(written: Write) -> None:
    source = source_of(written("def f(x):\n    global y"))
    assert list(outside_of_subset(source)) == ["2: a statement of the kind Global"]
    source = source_of(written("def f(x):\n    y: 'a name' = {x}\n    if x:\n        global z"))
    assert list(outside_of_subset(source)) == [
        "2: an expression of the kind Set",
        "4: a statement of the kind Global",
    ]


def test_a_function_whose_code_was_exchanged_is_refused() -> None:
    def function() -> int:
        return 1

    def other() -> int:
        return 2

    own = function.__code__
    source_of(function)
    function.__code__ = other.__code__.replace(co_qualname=own.co_qualname, co_firstlineno=own.co_firstlineno)
    with pytest.raises(OtherCodeError, match="runs other code than its file holds"):
        source_of(function)


def test_a_source_is_named_and_placed_as_its_function_is() -> None:
    def inner(x: int) -> int:
        y = x
        return y

    source = source_of(inner)
    assert source.name == "test_a_source_is_named_and_placed_as_its_function_is.inner"
    assert source.file == __name__
    first = inner.__code__.co_firstlineno
    assert source.line == first
    assert [source.line_of(node) for node in (source.tree, *source.tree.body)] == [first, first + 1, first + 2]
    assert source.line_of(source.tree.args) == first  # what has no line of its own is on the first
    assert source_of(inner) is source


def test_annotations_are_not_looked_at(written: Write) -> None:
    text = "def f(x):\n    y: dict[int, {1: 2}] = x\n    return y"
    assert list(outside_of_subset(source_of(written(text)))) == []


EXECUTED = {**on_the_tree(), **making()}


@pytest.mark.parametrize("name", EXECUTED)
def test_what_runs_on_the_tree_is_inside(name: str) -> None:
    check(source_of(EXECUTED[name]))


@pytest.mark.parametrize("name", ["map", "grant", "flush", "narrow", "withdraw", "_show_sigma0"])
def test_what_the_kernel_does_is_inside(name: str) -> None:
    check(source_of(getattr(Kernel, name)))


def test_the_file_and_the_line_are_those_of_the_definition() -> None:
    source = source_of(check)
    assert source.line_of(source.tree) == check.__code__.co_firstlineno
    assert source.file == check.__module__


def test_what_is_no_function_has_no_source() -> None:
    with pytest.raises(ExecutionError, match="is no Python function"):
        source_of(len)
    with pytest.raises(ExecutionError, match="is no Python function"):
        source_of(functools.lru_cache(test_all_that_is_outside_is_listed))


def test_what_is_wrapped_is_refused() -> None:
    @functools.wraps(test_all_that_is_outside_is_listed)
    def around(*arguments: Any) -> None:
        test_all_that_is_outside_is_listed(*arguments)

    with pytest.raises(ExecutionError, match="its source is not what runs"):
        source_of(around)


def test_what_has_no_file_is_refused() -> None:
    namespace: dict[str, Any] = {}
    exec("def f():\n    return 1", namespace)
    with pytest.raises(ExecutionError, match="has no source that can be read"):
        source_of(namespace["f"])


@pytest.mark.long
def test_a_proof_of_a_file_that_was_edited_after_its_import_is_refused(tmp_path: Path) -> None:
    for package in ("model", "machine", "refinement", "proofs", "musigma"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    # Each process that imports the code edits its file afterwards, with a text of its own.
    with (tmp_path / "refinement/kernel/operations.py").open("a", encoding="utf-8") as file:
        file.write(EDITS)
    done = subprocess.run(
        [sys.executable, "-m", "musigma", "prove", "link_leaf__preserves__first_child", "--dialect", "tree"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "500"},
        capture_output=True,
        text=True,
    )
    said = "refinement.kernel.primitives.link_leaf runs other code than its file holds"
    assert re.search(rf"{re.escape(str(tmp_path))}/refinement/kernel/primitives.py:\d+: {said}", done.stdout)
    assert done.returncode == EXIT_INCOMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "me = self",
        "x = (self, x)",
        "f(self)",
        "return self",
        "self = x",
        "for self in x:\n        pass",
        "x[self]",
        "self == x",
    ],
)
def test_self_is_there_for_its_fields_alone(text: str, written: Write) -> None:
    before = "    x = self.field\n    self.field[x] = self.method(self.other)"
    function = written(f"def f(self, x):\n{before}\n    {text}\n    return x")
    with pytest.raises(OutsideSubsetError, match=":4: self but for its fields is outside the subset"):
        instrumented(source_of(function))
