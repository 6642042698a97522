"""Operators in executed code: what they give on terms, and what Python would answer by itself."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any, TypeAlias

import z3

from proofs.execution.integers import Integer
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Numbered, Option, Rights, Truth, Value, in_words

NUMBERS = (Integer, Numbered, Option, Path, Rights, Truth, Value)
"""What stands for a number or a truth of the code's, and what a proof keeps beside it; what derives from these may
stand for a record."""

OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "Eq": (operator.eq, operator.eq),
    "NotEq": (operator.ne, operator.ne),
    "Lt": (operator.lt, z3.ULT),
    "LtE": (operator.le, z3.ULE),
    "Gt": (operator.gt, z3.UGT),
    "GtE": (operator.ge, z3.UGE),
}
"""For each comparison what it is of values, and what it is of words, which have no sign."""

Signs: TypeAlias = Mapping[str, Callable[[Any, Any], Any]]

ARITHMETIC: Signs = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "Pow": operator.pow, "MatMult": operator.matmul,
    "LShift": operator.lshift, "RShift": operator.rshift,
    "BitAnd": operator.and_, "BitOr": operator.or_, "BitXor": operator.xor,
}  # fmt: skip
"""For each sign between two values what it does."""

IN_PLACE: Signs = {
    "Add": operator.iadd, "Sub": operator.isub, "Mult": operator.imul, "Div": operator.itruediv,
    "FloorDiv": operator.ifloordiv, "Mod": operator.imod, "Pow": operator.ipow, "MatMult": operator.imatmul,
    "LShift": operator.ilshift, "RShift": operator.irshift,
    "BitAnd": operator.iand, "BitOr": operator.ior, "BitXor": operator.ixor,
}  # fmt: skip
"""The same for a sign before ``=``."""

JOINING = frozenset({"BitAnd", "BitOr", "BitXor"})
"""The signs that give of words what they give of numbers."""


class Text:
    """A text that code makes of values; what is in it is not known."""

    def __init__(self, parts: tuple[object, ...]) -> None:
        """Of these parts."""
        self._parts = parts

    def __repr__(self) -> str:
        """For a message: the parts that are known."""
        return "".join(part if isinstance(part, str) else "..." for part in self._parts)


def check_fits(value: object, word: object) -> None:
    """A number that stands beside a word of some bits can be written in so many: a solver would cut it off.

    :raises ExecutionError: it cannot, with a sign or without.
    """
    if isinstance(word, z3.BitVecRef) and isinstance(value, int):
        bits = word.size()
        if not -(1 << bits - 1) <= value < 1 << bits:
            raise ExecutionError(f"the number {int(value)} has no room in the word of {bits} bits beside it")


def check_stays(sign: str, *operands: object) -> None:
    """A word as a solver has it stays one: Python's sum has no width that cuts it off, its shift copies no sign.

    :raises ExecutionError: another sign than one that joins bits is applied to it.
    """
    if sign not in JOINING and any(isinstance(each, z3.BitVecRef) for each in operands):
        raise ExecutionError(f"what {sign} makes of a word may have no room in it: compute with integers")


def check_compared(value: object) -> None:
    """Python compares a value by what it says of itself, and what has parts by the truth of what these say.

    :raises ExecutionError: it says nothing, or a part of it says a formula, of which Python would take the truth.
    """
    if (type(value).__eq__ is object.__eq__ and not isinstance(value, Enum)) or isinstance(value, SimpleNamespace):
        raise ExecutionError(f"{named(value)} is compared, which would tell one object from another only")
    for part in _parts(value):
        if isinstance(part, Integer | z3.AstRef):
            raise ExecutionError(f"{named(part)} is compared as a part of {named(value)}: compare it by itself")
        check_compared(part)


def _parts(value: object) -> Iterator[object]:
    """What Python compares where it compares two of these."""
    if isinstance(value, tuple | list | frozenset | set):
        yield from value
    elif isinstance(value, dict):
        yield from (*value, *value.values())
    elif is_dataclass(value) and type(value).__eq__.__code__.co_filename == "<string>":  # written by dataclass
        yield from (getattr(value, each.name) for each in fields(value) if each.compare)


def named(value: object) -> str:
    """Return the name of a value in messages: the term, or its kind."""
    term = getattr(value, "term", None)
    return str(term) if term is not None else f"a {in_words(type(value))}"
