"""Numbers, pointers, frames and sets of rights that C code compares, computes and casts, on a path."""

from typing import Any

import z3
from z3 import And, BoolVal, If, Implies, Not, Or

from model.spaces.theory import Frame, Right, Slot, Term
from proofs.execution.llvm.interpreter import OVERFLOW, Interpreter, signed, width
from proofs.execution.path import Path
from proofs.execution.values import Node, Rights, Truth, Value, equal, no_frame, no_node, no_slot
from proofs.obligations.c_code.binding import Binding
from proofs.obligations.c_code.state import Count, less, pages, spaces
from proofs.obligations.c_code.values import RightsBits, any_number, any_truth, both, described, rights_number


def is_same(one: object, other: object) -> bool:
    """Return whether two values are one number: the same term, or the same set of rights."""
    if isinstance(one, Value) and isinstance(other, Value):
        return bool(one.term.eq(other.term))
    return one is other


class Arithmetic:
    """What values are taken for, and what operations make of them; of what is not understood any number."""

    def __init__(self, binding: Binding, path: Path) -> None:
        """On a path, with the rights of a binding."""
        self.binding, self.path = binding, path
        self.interpreter: Interpreter
        self._widths: list[tuple[object, int]] = []

    def fits(self, value: object, bits: int) -> None:
        """The number has no more bits than these."""
        self._widths.append((value, bits))

    def _is_narrow(self, value: object, bits: int) -> bool:
        """Whether a number is known to have no more bits than these."""
        return any(most <= bits and is_same(known, value) for known, most in self._widths)

    def _is_positive(self, value: object, type: str) -> bool:
        """Whether a number has no sign at this width, as what C promotes from narrower types without one."""
        if isinstance(value, int):
            return signed(value, type) >= 0
        return self._is_narrow(value, width(type) - 1)

    def _cut(self, number: Term, bits: int, what: str) -> Value:
        """A number with fewer bits: itself if it is less than one that has no more, and else any one."""
        left = any_number(what, self.path)
        for most in (spaces, pages):
            if self._is_narrow(Value(most, self.path), bits):
                self.path.note(Implies(less(number, most), left.term == number))
        return left

    def node(self, value: object) -> Term:
        """The node that a pointer names, or none."""
        if value is None:
            return no_node
        if isinstance(value, Value) and value.term.sort() == Node:
            return value.term
        raise self.interpreter.unsupported(f"{described(value)} taken for a pointer to struct {self.binding.struct}")

    def count(self, value: object) -> Term:
        """The number that it is; any one if it is none of those that are compared."""
        if isinstance(value, Value) and value.term.sort() == Count:
            return value.term
        return any_number(described(value), self.path).term

    def frame(self, value: object, type: str) -> Term:
        """The frame that a number is."""
        if isinstance(value, Value) and value.term.sort() == Frame:
            return value.term
        if isinstance(value, int) and signed(value, type) == -1:
            return no_frame
        return z3.Const(f"any frame: {described(value)}", Frame)

    def rights(self, value: object) -> RightsBits:
        """The set of rights that a number is."""
        if isinstance(value, RightsBits):
            return value
        if isinstance(value, int):
            return rights_number(value, dict(self.binding.rights), self.path)
        what = described(value)
        has = z3.Function(f"any rights: {what}", Right, z3.BoolSort())
        return RightsBits(has, self.path, z3.Bool(f"other bits: {what}"))

    def compare(self, predicate: str, type: str, one: Any, other: Any) -> object:
        """A truth of two values that are not both constants."""
        kinds = {each.term.sort() for each in (one, other) if isinstance(each, Value)}
        if predicate[0] == "s" and all(self._is_positive(each, type) for each in (one, other)):
            predicate = f"u{predicate[1:]}"
        if predicate in ("eq", "ne"):
            same = self._same(kinds, type, one, other)
            if same is not None:
                return same if predicate == "eq" else same.negated()
        elif any(isinstance(each, RightsBits) for each in (one, other)):
            most = self.binding.all_rights
            if (
                predicate in ("ugt", "ule")
                and isinstance(one, RightsBits)
                and isinstance(other, int)
                and (other == most and not most & (most + 1))
            ):
                wide = Truth(one.wide, self.path)
                return wide if predicate == "ugt" else wide.negated()
        elif kinds == {Count} and predicate[0] == "u":
            left, right = self.count(one), self.count(other)
            strict = less(left, right) if predicate in ("ult", "uge") else less(right, left)
            found = Truth(strict, self.path)
            return found if predicate in ("ult", "ugt") else found.negated()
        elif kinds == {Frame} and isinstance(one, Value) and isinstance(other, int) and type == "i64":
            none = Truth(equal(one.term, no_frame), self.path)
            if (predicate, signed(other, type)) in (("slt", 0), ("sle", -1)):
                return none
            if (predicate, signed(other, type)) in (("sge", 0), ("sgt", -1)):
                return none.negated()
        return any_truth(f"{predicate} {type} {described(one)} {described(other)}", self.path)

    def _same(self, kinds: set[z3.SortRef], type: str, one: Any, other: Any) -> Truth | None:
        if type == "ptr":
            left, right = self.node(one), self.node(other)
            return Truth(equal(left, right), self.path)
        if any(isinstance(each, RightsBits) for each in (one, other)):
            return self._same_rights(self.rights(one), self.rights(other))
        if kinds == {Frame}:
            return Truth(equal(self.frame(one, type), self.frame(other, type)), self.path)
        if kinds == {Count} and all(isinstance(each, Value) for each in (one, other)):
            return Truth(equal(one.term, other.term), self.path)
        if kinds == {Slot} and all(isinstance(each, Value) for each in (one, other)):
            return self._same_slot(type, one, other)
        return None

    def _same_slot(self, type: str, one: Value, other: Value) -> Truth:
        """Whether two slots have one number: not known where one is out of range, whose number may be any."""
        if is_same(one, other):
            return Truth(BoolVal(True), self.path)
        outside = Or(one.term == no_slot, other.term == no_slot)
        unknown = any_truth(f"eq {type} {described(one)} {described(other)}", self.path)
        return Truth(If(outside, unknown.term, one.term == other.term), self.path)

    def _same_rights(self, one: RightsBits, other: RightsBits) -> Truth | None:
        """Whether two sets are one number: not known where both may have other bits, which need not be the same."""
        others = [each.wide for each in (one, other) if not z3.is_false(each.wide)]
        same = Rights(one.has, self.path).same(Rights(other.has, self.path))
        if not others:
            return same
        return Truth(And(Not(others[0]), same.term), self.path) if len(others) == 1 else None

    def binary(self, op: str, flags: tuple[str, ...], type: str, one: Any, other: Any) -> object:
        """A value of two that are not both constants; of what is not understood any number."""
        some_rights = any(isinstance(each, RightsBits) for each in (one, other))
        every = self.binding.all_rights
        if op == "xor" and some_rights and any(isinstance(each, int) and each == every for each in (one, other)):
            inside = one if isinstance(one, RightsBits) else other
            text = f"(xor {every} {described(inside)})"
            return RightsBits(lambda a: Not(inside.has(a)), self.path, inside.wide, text)
        if op == "xor" and some_rights:
            ones = (1 << width(type)) - 1
            if any(isinstance(each, int) and each == ones for each in (one, other)):
                inside = one if isinstance(one, RightsBits) else other
                text = f"(not {type} {described(inside)})"
                sure = z3.is_false(inside.wide) and ones & ~self.binding.all_rights
                wide = BoolVal(True) if sure else z3.Bool(f"other bits: {text}")
                return RightsBits(lambda a: Not(inside.has(a)), self.path, wide, text)
        if op in ("and", "or") and some_rights and all(isinstance(each, RightsBits | int) for each in (one, other)):
            return both(self.rights(one), self.rights(other), op)
        what = f"{op} {type} {described(one)} {described(other)}"
        if flags:
            self._cannot_exclude(f"overflow of {what}")
        if op in ("shl", "lshr", "ashr") and not (isinstance(other, int) and other < width(type)):
            self._cannot_exclude(f"too far a shift: {what}")
        if op in ("udiv", "urem", "sdiv", "srem") and not (isinstance(other, int) and other):
            self._cannot_exclude(f"division by zero: {what}")
        if op in ("sdiv", "srem") and isinstance(other, int) and signed(other, type) == -1:
            self._cannot_exclude(f"overflow of {what}")  # of the least number, whose negative has no room
        return any_number(what, self.path)

    def _cannot_exclude(self, what: str) -> None:
        happens = z3.Bool(what)
        self.path.demand(OVERFLOW, lambda: Not(happens), self.interpreter.place())

    def cast(self, op: str, start: str, value: Any, end: str) -> object:
        """A value with another width: with more bits it is the same; with fewer too, where it has no others."""
        if op == "trunc" and isinstance(value, Value) and self._is_narrow(value, width(end)):
            return value
        if op == "zext" and isinstance(value, Value) and value.term.sort() == Frame:
            # The number for no frame, -1, is another one with more bits.
            other = z3.Const(f"any frame: {op} {start} {described(value)} {end}", Frame)
            wider = Value(If(value.term == no_frame, other, value.term), self.path)
            self.fits(wider, width(start))
            return wider
        if op == "zext" and isinstance(value, Value | RightsBits):
            self.fits(value, width(start))
            return value
        what = f"{op} {start} {described(value)} {end}"
        if op == "trunc" and isinstance(value, RightsBits) and not self.binding.all_rights >> width(end):
            # All rights are among the low bits; whether some other bit is left is not known.
            wide = value.wide if z3.is_false(value.wide) else z3.Bool(f"other bits: {what}")
            return RightsBits(value.has, self.path, wide, f"({what})")
        if end == "i1":
            return any_truth(what, self.path)
        counted = op == "trunc" and isinstance(value, Value) and value.term.sort() == Count
        return self._cut(value.term, width(end), what) if counted else any_number(what, self.path)
