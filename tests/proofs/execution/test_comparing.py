"""Operators on words: a number beside one has room in it, and only the bits of words are joined."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from z3 import BitVec, BitVecs

from proofs.execution.monitor import MAY_BE_STORED, bind
from proofs.execution.path import ExecutionError, Path

Write = Callable[[str], Any]


def _joined(word: int) -> int:
    return 256 | word


def _grown(word: int) -> int:
    word &= -129
    return word


def _equal(word: int) -> bool:
    return word == 256


def _grown_in_a_list(word: object) -> list[object]:
    words = [word]
    words[0] |= 256  # type: ignore[operator]
    return words


def _grow(self: Any) -> None:
    self.word &= -129


def _grow_inside(self: Any) -> None:
    self.inner.word |= 256


def _holder(bits: int) -> SimpleNamespace:
    """What has a word, and another one within."""
    fields: dict[str, object] = {"word": BitVec("word", bits), MAY_BE_STORED: {"word"}}
    return SimpleNamespace(**fields, inner=SimpleNamespace(**fields))


@pytest.mark.parametrize("function", [_grow, _grow_inside])
def test_a_field_has_room_for_the_number_beside_it(function: Any) -> None:
    with pytest.raises(ExecutionError, match=r"line \d+: the number (256|-129) has no room in the word of 8 bits"):
        bind(function, Path())(_holder(8))
    wide = _holder(9)
    bind(function, Path())(wide)
    assert {str(wide.word), str(wide.inner.word)} > {"word"}  # one of them is more now


@pytest.mark.parametrize("function", [_joined, _grown, _grown_in_a_list, _equal])
def test_a_number_without_room_in_the_word_beside_it_is_refused(function: object) -> None:
    said = rf"{function.__name__}, line \d+: the number (256|-129) has no room in the word of 8 bits"  # type: ignore[attr-defined]
    with pytest.raises(ExecutionError, match=said):
        bind(function, Path())(BitVec("word", 8))  # type: ignore[arg-type]
    assert bind(function, Path())(BitVec("word", 9)) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "computed",
    ["x + 1", "x - 1", "x * 2", "x // 2", "x % 2", "x ** 2", "x << 1", "1 << x", "x >> 1", "x + x", "-x", "~x", "+x"],
)
def test_only_the_bits_of_words_are_joined(computed: str, written: Write) -> None:
    """A solver's word is cut off where Python's number is not, and its first bit is a sign."""
    with pytest.raises(ExecutionError, match="makes of a word may have no room in it: compute with integers"):
        bind(written(f"def f(x):\n    return {computed}"), Path())(BitVec("word", 8))


@pytest.mark.parametrize("sign", ["+", "-", "*", "<<", ">>"])
def test_only_the_bits_of_words_are_joined_in_place(sign: str, written: Write) -> None:
    with pytest.raises(ExecutionError, match=r"line 2: what (Add|Sub|Mult|LShift|RShift) makes of a word"):
        bind(written(f"def f(x):\n    x {sign}= 1\n    return x"), Path())(BitVec("word", 8))


@pytest.mark.parametrize("sign", ["&", "|", "^"])
def test_the_bits_of_words_are_joined(sign: str, written: Write) -> None:
    assert str(bind(written(f"def f(x, y):\n    return x {sign} y"), Path())(*BitVecs("x y", 8))) == f"x {sign} y"
