"""Functions that are called with words as they are: nothing in them tells a term from a number."""

from collections.abc import Callable
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import pytest

from machine.bits import field, select
from machine.formats import FORMATS, SECOND_STAGES, SV39, VARIANTS
from machine.formats.base import Format
from model.ranges import blocks
from model.spaces.dialect import CANONICAL
from proofs.execution.on_words import METHODS, check_format, check_on_words
from proofs.execution.path import ExecutionError
from proofs.obligations.machine import bits, walk
from proofs.obligations.ranges import blocks as block_lemmas
from proofs.obligations.sized.blocks import law_obligations
from proofs.obligations.source import CODE, Code

Write = Callable[[str], Callable[..., Any]]


@pytest.mark.parametrize("format", [*FORMATS, *SECOND_STAGES, *VARIANTS], ids=lambda format: format.name)
def test_the_formats_run_on_words(format: Format) -> None:
    check_format(format)


def test_helpers_of_the_formats_run_on_words() -> None:
    check_on_words(field)
    check_on_words(select)


def test_every_method_that_proofs_call_is_looked_at() -> None:
    called = {name for name, value in vars(Format).items() if callable(value) and not name.startswith("__")}
    assert called - METHODS == {"expressible"}  # of which the theorem's pages may be any


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return x * isinstance(x, int)", "uses isinstance, which could tell a term from a number"),
        ("return x * hasattr(x, 'sexpr')", "uses hasattr"),
        ("return type(x)", "uses type"),
        ("return x.__class__", "the attribute __class__"),
        ("return 1 if x else 2", "a decision on a word"),
        ("return 1 if x == 7 else 2", "a decision on a word"),
        ("if x == 7:\n        return 1\n    return 2", "a decision on a word"),
        ("y = x\n    return 1 if y == level else 2", "a decision on a word"),
        ("return x and 1", "a decision on a word"),
        ("return not x", "a decision on a word"),
        ("return 0 < x < 7", "a decision on a word"),
        ("level = x & 1\n    return 1 if level == 0 else 2", "a decision on a word"),
        ("X = x & 1\n    return 1 if X == 0 else 2", "a decision on a word"),
        ("return int(x in (1, 2))", "a decision on a word"),
        ("return int(x is level)", "a decision on a word"),
        ("return ~(x == 1)", "a decision on a word"),
        ("return '%s' % x", "a text that is a form"),
        ("return [1, 2][x == 7]", "an expression of the kind"),
        ("return f'{x}'[0]", "an expression of the kind"),
        ("return [y for y in (x,)]", "an expression of the kind ListComp"),
        ("try:\n        return x + 1\n    except ValueError:\n        return 1", "a statement of the kind Try"),
        ("match x:\n        case int():\n            return 1\n    return 2", "a statement of the kind Match"),
        ("while x:\n        return 1\n    return 2", "a statement of the kind While"),
        ("return (lambda: x)()", "an expression of the kind Lambda"),
        ("assert x\n    return 1", "a statement of the kind Assert"),
        ("return x.size()", "the attribute size"),
        ("return ~(x == 7)", "a decision on a word"),
        ("return (x == 7) & (x in (1, 2))", "a decision on a word"),
        ("return x & 3 if (x == 7) & (x == 8) else 1", "a decision on a word"),
    ],
)
def test_what_tells_a_term_from_a_number_is_refused(body: str, reason: str, written: Write) -> None:
    function = written(f"def f(x, level, control):\n    {body}")
    with pytest.raises(ExecutionError, match=reason):
        check_on_words(function)


@pytest.mark.parametrize(
    "body",
    [
        "self.last = x\n    return x",
        "self.last += 1\n    return x & self.last",
        "y, self.last = x, x\n    return y",
        "self.last: int = 1\n    return x",
    ],
)
def test_nothing_is_kept_from_one_call_to_the_next(body: str, written: Write) -> None:
    with pytest.raises(ExecutionError, match=r"self\.last assigned, which the next call finds"):
        check_on_words(written(f"def f(self, x):\n    {body}"))


def test_what_a_function_calls_is_looked_at_as_well() -> None:
    def tells(word: Any) -> Any:
        return isinstance(word, int)

    def calls(word: Any) -> Any:
        return tells(word) + 1

    with pytest.raises(ExecutionError, match=r"tells uses isinstance, which could tell a term from a number"):
        check_on_words(calls)


def test_a_word_is_handed_on_for_no_plain_number() -> None:
    def asks(level: Any) -> Any:
        return 1 if level == 0 else 2

    def by_place(word: Any) -> Any:
        return asks(word & 1)

    def by_name(word: Any) -> Any:
        return asks(level=word & 1)

    def plain(word: Any, level: int) -> Any:
        return asks(level + 1) + word

    check_on_words(plain)
    for each in (by_place, by_name):
        with pytest.raises(ExecutionError, match="a word handed on for a plain number"):
            check_on_words(each)


def test_a_method_hands_on_no_word_for_a_plain_number() -> None:
    class Wrong(Format):
        def decode(self, entry: Any, level: Any = 0, control: int | None = None) -> Any:
            return self.frame(entry, entry)

    wrong = Wrong(**{each.name: getattr(SV39, each.name) for each in fields(Format)})
    with pytest.raises(ExecutionError, match="a word handed on for a plain number"):
        check_format(wrong)


def test_an_argument_left_out_is_a_constant() -> None:
    class Other:
        def __and__(self, word: Any) -> Any:
            return word + isinstance(word, int)

    def hides(word: Any, other: Any = Other()) -> Any:  # noqa: B008
        return other & word

    with pytest.raises(ExecutionError, match="hides has a Other for an argument left out"):
        check_on_words(hides)


@pytest.mark.parametrize(
    "body",
    [
        "return x + 1 if level == 0 else x",
        "y: int = x & 3\n    return y",
        "return x >> min(level, 2)",
        "return x & 3 == 0",
        "return (x == 7) & (x <= 9)",
    ],
)
def test_plain_numbers_may_be_asked(body: str, written: Write) -> None:
    check_on_words(written(f"def f(x, level, control):\n    {body}"))


def test_what_is_proved_of_a_format_is_proved_of_one_that_runs_on_words() -> None:
    """Each obligation that speaks of a format takes it from the same place, where it is looked at."""

    def frame(entry: Any, level: int) -> Any:
        return SV39.frame(entry, level) + isinstance(entry, int)

    wrong = Code(formats={SV39.name: replace(SV39, frame=frame)})
    found = [each for each in (*bits.obligations(), *walk.obligations()) if each.id.startswith("sv39__")]
    assert found
    for each in found:
        with pytest.raises(ExecutionError, match="could tell a term from a number"):
            list(each.conditions(CANONICAL, frozenset(), wrong))
    assert CODE.of_format(SV39) is SV39


@pytest.mark.parametrize("name", ["is_block", "has", "around"])
def test_functions_on_blocks_that_branch_are_refused_before_a_law_is_asked(name: str) -> None:
    """A branch on a bit-vector would be taken as the terms are written, without a question to a solver."""

    def wrong(base: Any, order: Any, page: Any = 0) -> Any:
        return base if base == 7 else page

    functions = SimpleNamespace(**{**vars(blocks), name: wrong})
    for law in law_obligations.obligations():
        with pytest.raises(ExecutionError, match="a decision on a word"):
            law.law.condition(functions)
    for lemma in block_lemmas.obligations():
        with pytest.raises(ExecutionError, match="a decision on a word"):
            list(lemma.conditions(CANONICAL, frozenset(), functions))
