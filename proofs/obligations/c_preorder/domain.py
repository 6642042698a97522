"""What code that keeps lists in pre-order computes with: as for trees, and depths, as numbers of their real width."""

from typing import Any

import z3
from z3 import BitVecVal, Extract, SignExt, ZeroExt

from model.spaces.theory import Term
from proofs.execution.llvm.interpreter import OVERFLOW, width, wrapped
from proofs.execution.llvm.program import Program
from proofs.execution.values import Node, Rights, Truth, Value, equal
from proofs.obligations.c_code.binding import Binding
from proofs.obligations.c_code.domain import CDomain
from proofs.obligations.c_code.values import any_number, described
from proofs.obligations.c_preorder.memory import Memory

COMPARED = {
    "eq": lambda one, other: equal(one, other),
    "ne": lambda one, other: z3.Not(equal(one, other)),
    "ult": z3.ULT,
    "ule": z3.ULE,
    "ugt": z3.UGT,
    "uge": z3.UGE,
    "slt": lambda one, other: one < other,
    "sle": lambda one, other: one <= other,
    "sgt": lambda one, other: one > other,
    "sge": lambda one, other: one >= other,
}


class Domain(CDomain):
    """The data of lists in pre-order on a path."""

    def __init__(self, program: Program, binding: Binding, memory: Memory) -> None:
        """Of a program, as a binding says."""
        super().__init__(program, binding, memory)  # type: ignore[arg-type]

    def _touch(self, index: Value) -> None:
        """An ignored field of a node is accessed where a bound one may be."""
        if index.term.sort() == Node:
            self.memory.columns["prev"].place(index)

    def _kept(self, value: object, column: str, type: str) -> Value | Rights:
        """What a column keeps of a value."""
        if column != "depth":
            return super()._kept(value, column, type)
        found = bits(value, type)
        return Value(_any(type, described(value)) if found is None else found, self.path)

    def compare(self, predicate: str, type: str, one: Any, other: Any) -> object:
        """A truth of two values that are not both constants."""
        pair = self._depths(type, one, other)
        if pair is None:
            return super().compare(predicate, type, one, other)
        return Truth(COMPARED[predicate](*pair), self.path)

    def binary(self, op: str, flags: tuple[str, ...], type: str, one: Any, other: Any) -> object:
        """A value of two that are not both constants: sums and differences of depths are what C computes."""
        pair = self._depths(type, one, other)
        if pair is None or op not in ("add", "sub"):
            return super().binary(op, flags, type, one, other)
        left, right = pair
        for flag in flags:
            fits = _fits(op, left, right, signed=flag == "nsw")
            self.path.demand(OVERFLOW, lambda fits=fits: fits, self.interpreter.place())  # type: ignore[misc]
        return Value(left + right if op == "add" else left - right, self.path)

    def cast(self, op: str, start: str, value: Any, end: str) -> object:
        """A value with another width: with fewer bits a depth loses the high ones."""
        if not is_depth(value) or end == "i1":
            if is_depth(value):
                value = any_number(described(value), self.path)
            return super().cast(op, start, value, end)
        more = width(end) - width(start)
        term = value.term
        if op == "trunc":
            return Value(Extract(width(end) - 1, 0, term), self.path)
        return Value(ZeroExt(more, term) if op == "zext" else SignExt(more, term), self.path)

    def _depths(self, type: str, one: object, other: object) -> tuple[Term, Term] | None:
        """Both as numbers of that width, if one is a depth and so can be the other."""
        if not (is_depth(one) or is_depth(other)):
            return None
        left, right = bits(one, type), bits(other, type)
        return None if left is None or right is None else (left, right)


def is_depth(value: object) -> bool:
    """Return whether a value was computed from depths."""
    return isinstance(value, Value) and z3.is_bv(value.term)


def bits(value: object, type: str) -> Term | None:
    """The value as a number of that width; nothing if it is no depth and no constant."""
    if isinstance(value, Value) and z3.is_bv(value.term):
        return value.term
    if isinstance(value, int):
        return BitVecVal(wrapped(int(value), type), width(type))
    return None


def _any(type: str, what: str) -> Term:
    """A number of which nothing is known but that it is the same wherever this is said."""
    return z3.BitVec(f"any depth: {what}", width(type))


def _fits(op: str, left: Term, right: Term, *, signed: bool) -> Term:
    """The exact result has room in as many bits: computed with one more."""

    def wider(term: Term) -> Term:
        return SignExt(1, term) if signed else ZeroExt(1, term)

    exact = wider(left) + wider(right) if op == "add" else wider(left) - wider(right)
    return wider(left + right if op == "add" else left - right) == exact
