"""What executed code may call: only what is executed as well, and what a proof put in its place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from machine.bits import Word
from machine.formats import SV39
from machine.formats.base import Format
from proofs.execution import callees
from proofs.execution.callees import Callees
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path
from proofs.obligations.tree.arrays import Arrays

Write = Callable[[str], Callable[..., Any]]


def helper(value: object) -> bool:
    return isinstance(value, int)


class Pair(NamedTuple):
    one: object = 1


class Called:
    def __call__(self, value: object) -> bool:
        return helper(value)


@dataclass
class Doing:
    number: int = 0

    def done(self, value: object) -> bool:
        return helper(value)


def executed(value: int) -> int:
    return value


STANDS = SimpleNamespace(go=lambda value: value)


@pytest.mark.parametrize(
    "function",
    [
        bind(executed, Path()), partial(bind(executed, Path()), 1), Pair, range, len, ValueError, [].append, [1].pop,
        SV39.span_bits, SV39.kind, Arrays, Arrays.full,
    ],
    ids=lambda function: getattr(function, "__qualname__", type(function).__name__),
)  # fmt: skip
def test_what_is_executed_and_what_makes_a_record_may_be_called(function: object) -> None:
    Callees().check(function)


@pytest.mark.parametrize(
    "function",
    [
        helper, partial(helper, 1), Called(), Called, Doing, Doing().done, isinstance, int, [].sort, "{}".format,
        Pair()._replace, int.from_bytes, print, None, SimpleNamespace(),
    ],
    ids=lambda function: getattr(function, "__qualname__", type(function).__name__),
)  # fmt: skip
def test_all_else_is_refused(function: object) -> None:
    with pytest.raises(ExecutionError, match="is called, which is not executed on terms"):
        Callees().check(function)


def test_what_stands_for_something_is_itself_and_not_what_equals_it() -> None:
    stands = Called()
    Callees([stands]).check(stands)
    Callees([helper]).check(partial(helper))
    with pytest.raises(ExecutionError, match="a Called is called"):
        Callees([stands]).check(Called())


def test_code_calls_what_a_proof_gives_it_and_nothing_that_it_finds(written: Write) -> None:
    function = written("def f(x):\n    return x.go(1)")
    assert bind(function, Path(), stands=[STANDS.go])(STANDS) == 1
    with pytest.raises(ExecutionError, match=r"done is called, which is not executed on terms"):
        bind(function, Path(), stands=[STANDS.go])(SimpleNamespace(go=Doing().done))


def _of_proofs(text: str) -> Any:
    """A function as if a proof had it."""
    space: dict[str, Any] = {}
    exec(text, vars(callees), space)
    return space["f"]


class Standing:
    __call__ = _of_proofs("def f(self, one): return None")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (_of_proofs("f = lambda *asked: None"), "asked"),
        (_of_proofs("f = lambda **named: None"), "named"),
        (_of_proofs("f = lambda scope, number: number"), "scope"),
        (_of_proofs("def f(one, *, two): return one"), "two"),
        (_of_proofs("def f(one, two): one = two"), "one"),
        (partial(_of_proofs("def f(one, two): return one"), 1), "two"),
        (Standing(), "one"),
    ],
)
def test_what_stands_for_a_function_looks_at_its_arguments(function: object, name: str) -> None:
    with pytest.raises(ExecutionError, match=f"stands for a function and does not look at its argument {name}"):
        Callees([function]).check(function)


@pytest.mark.parametrize(
    "text",
    [
        "f = lambda: None",
        "f = lambda *asked: asked",
        "def f(self, one): return one",
        "def f(one, two): return lambda: (one, two)",
    ],
)
def test_what_looks_at_its_arguments_stands_for_a_function(text: str) -> None:
    function = _of_proofs(text)
    Callees([function]).check(function)


def test_a_name_that_claims_to_be_of_the_proofs_is_refused() -> None:
    space: dict[str, Any] = {"__name__": "proofs.execution.path"}
    exec("def forged(value):\n    return value", space)
    with pytest.raises(ExecutionError, match="forged is called"):
        Callees().check(space["forged"])


def test_a_format_whose_functions_tell_words_apart_is_refused_where_it_is_called(written: Write) -> None:
    def pointer(frame: Word) -> Word:
        return int(isinstance(frame, int))

    class Wrong(Format):
        def index(self, address: Word, level: int) -> Word:
            return [1, 2][isinstance(address, int)]

    fields = {name: getattr(SV39, name) for name in Format.__slots__}
    for wrong in (replace(SV39, pointer=pointer), Wrong(**fields)):
        with pytest.raises(ExecutionError, match=r"could tell a term from a number"):
            Callees().check(wrong.encode_pointer)
