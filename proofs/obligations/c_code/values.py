"""The values that C code computes with beside nodes, slots, frames and sets of rights: addresses and numbers.

A number that is none of these is any number: an operation that is not understood gives another one of which nothing is
known, the same for the same operands. So what is proved holds whatever it gives; a refutation may be about a number
that C code never has, and is to be replayed.
"""

from dataclasses import dataclass
from typing import Any

import z3
from z3 import And, BoolVal, Or

from model.spaces.theory import Formula, Right, Term
from proofs.execution.path import ExecutionError
from proofs.execution.values import Rights, Truth, Value, all_rights, no_rights
from proofs.obligations.c_code.state import Count

NARROW = z3.BoolVal(False)


@dataclass(frozen=True, slots=True, eq=False)
class RightsBits(Rights):
    """A set of rights in an integer; ``wide`` says whether it has bits that are no rights.

    :param text: how it was computed, which tells it apart from numbers with the same rights and other bits.
    """

    wide: Formula = NARROW
    text: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """The address of a variable outside functions."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrayStart:
    """The value of a variable that stands for an array: the address of its first element."""

    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """The address of an element of an array."""

    name: str
    index: Value


@dataclass(frozen=True, slots=True)
class Cell:
    """The address of a field, of a node or of an entry of the page table."""

    struct: str
    index: Value
    offset: int


@dataclass(slots=True)
class Out:
    """The place of an answer that a function writes besides its value: so many bits."""

    bits: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Constant:
    """The address of a constant, so many bytes in."""

    name: str
    offset: int = 0


def rights_number(number: int, bits: dict[str, int], path: Any) -> RightsBits:
    """The set of rights for a number that code writes down."""
    known = sum(bits.values())
    wide = BoolVal(bool(number & ~known))
    if number & known == known:
        return RightsBits(all_rights, path, wide, str(number))
    if not number & known:
        return RightsBits(no_rights, path, wide, str(number))
    some = [right_named(name) for name, bit in sorted(bits.items()) if number & bit]
    return RightsBits(lambda a: Or(*(a == right for right in some)), path, wide, str(number))


def right_named(name: str) -> Term:
    """One right."""
    return z3.Const(f"right_{name}", Right)


def any_number(what: str, path: Any) -> Value:
    """A number of which nothing is known but that it is the same wherever this is said."""
    return Value(z3.Const(f"any number: {what}", Count), path)


def any_truth(what: str, path: Any) -> Truth:
    """A truth of which nothing is known."""
    return Truth(z3.Bool(f"whether {what}"), path)


def both(one: RightsBits, other: RightsBits, op: str) -> RightsBits:
    """What is in both, or in one of them."""
    text = f"({op} {described(one)} {described(other)})"
    if op == "and":
        narrow = z3.is_false(one.wide) or z3.is_false(other.wide)
        wide = NARROW if narrow else z3.Bool(f"other bits: {text}")  # each may have some, and none that both have
        return RightsBits(lambda a: And(one.has(a), other.has(a)), one.path, wide, text)
    if op == "or":
        wide = z3.simplify(Or(one.wide, other.wide))
        return RightsBits(lambda a: Or(one.has(a), other.has(a)), one.path, wide, text)
    raise ExecutionError(f"{op} of sets of rights")


def written(term: Term) -> str:
    """A term as it can stand in a name, in which the marks around names may not stand again.

    >>> written(z3.Bool("two words"))
    'two words'
    """
    return str(term.sexpr()).replace("|", "")


def described(value: object) -> str:
    """A value as it stands in names of numbers of which nothing is known."""
    if isinstance(value, Value):
        return written(value.term)
    if isinstance(value, RightsBits):
        return value.text or f"{written(value.has(z3.Const('a', Right)))}, other bits {written(value.wide)}"
    if isinstance(value, Truth):
        return written(value.term)
    if isinstance(value, Cell):
        return f"byte {value.offset} of struct {value.struct} at {described(value.index)}"
    if isinstance(value, Element):
        return f"{value.name}[{described(value.index)}]"
    if isinstance(value, tuple):
        return ", ".join(map(described, value))
    return repr(value)
