"""Python's integers, exactly: bit-vectors that grow with each operation, so that nothing is ever cut off or wraps.

Code under proof that computes with addresses and entries is executed on these. Unlike a bit-vector of one width, an
:class:`Integer` has no overflow, its ``<`` and ``>>`` are Python's, and a negative one is negative.
"""

from functools import cache
from typing import Any, NoReturn

import z3

from model.spaces.theory import Formula
from proofs.execution.path import ExecutionError


class Integer:
    """An integer of Python's.

    ``term`` has as many bits as the value may need: without a sign if ``natural``, as two's complement otherwise.
    ``width`` is how many those are: each operation asks for it, and z3 is slow to tell.
    """

    __slots__ = ("natural", "term", "width")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: z3.BitVecRef, natural: bool = True) -> None:
        """The value of a bit-vector."""
        self.term = term
        self.natural = natural
        self.width = int(term.size())

    def __repr__(self) -> str:
        """The term."""
        return str(self.term)

    def __format__(self, spec: str) -> str:
        """The term, whatever format was asked for."""
        return str(self.term)

    def __bool__(self) -> NoReturn:
        """None: Python would take one way for all values."""
        raise ExecutionError(f"the truth of {self.term} is no formula: compare it, with == or !=")

    __iter__ = __len__ = __bool__

    def __index__(self) -> NoReturn:
        """None: where Python wants a number, a proof has none."""
        raise ExecutionError(f"{self.term} stands where a number is needed")

    @property
    def _signed(self) -> int:
        """The bits that it takes as two's complement."""
        return self.width + self.natural

    def bits(self, width: int) -> z3.BitVecRef:
        """The value in so many bits.

        :raises ExecutionError: it may not fit.
        """
        more = width - self.width
        if more < 0:
            raise ExecutionError(f"a value of {self.width} bits may not fit in {width}")
        return (z3.ZeroExt if self.natural else z3.SignExt)(more, self.term) if more else self.term

    def low(self, width: int) -> z3.BitVecRef:
        """Its lowest bits."""
        return self.bits(width) if self.width <= width else z3.Extract(width - 1, 0, self.term)

    def _both(self, other: object, more: int = 0) -> tuple[z3.BitVecRef, z3.BitVecRef, bool]:
        """Both in one width that has room for either, and whether neither can be negative."""
        right = integer(other)
        if self.natural and right.natural:
            width = max(self.width, right.width) + more
        else:
            width = max(self._signed, right._signed) + more
        return self.bits(width), right.bits(width), self.natural and right.natural

    def __add__(self, other: object) -> "Integer":
        """Sum."""
        one, two, natural = self._both(other, 1)
        return Integer(one + two, natural)

    __radd__ = __add__

    def __sub__(self, other: object) -> "Integer":
        """Difference."""
        right = integer(other)
        width = max(self._signed, right._signed) + 1
        return Integer(self.bits(width) - right.bits(width), natural=False)

    def __rsub__(self, other: object) -> "Integer":
        """Difference."""
        return integer(other) - self

    def __mul__(self, other: object) -> "Integer":
        """Product; a factor that is one bit decides."""
        right = integer(other)
        for bit, value in ((self, right), (right, self)):
            if bit.natural and bit.width == 1:
                zero = z3.BitVecVal(0, value.width)
                return Integer(z3.If(bit.term == 1, value.term, zero), value.natural)
        positive = self.natural and right.natural
        width = self.width + right.width if positive else self._signed + right._signed
        return Integer(self.bits(width) * right.bits(width), positive)

    __rmul__ = __mul__

    def __lshift__(self, places: int) -> "Integer":
        """The bits moved up."""
        _check_distance(places)
        return Integer(z3.Concat(self.term, z3.BitVecVal(0, places)), self.natural) if places else self

    def __rshift__(self, places: int) -> "Integer":
        """The bits moved down; of a negative integer the sign stays."""
        _check_distance(places)
        size = self.width
        if places < size:
            return Integer(z3.Extract(size - 1, places, self.term), self.natural)
        return integer(0) if self.natural else Integer(z3.Extract(size - 1, size - 1, self.term), natural=False)

    def __floordiv__(self, number: int) -> "Integer":
        """Divided by a power of two, which is a shift."""
        if type(number) is not int or number < 1 or number & (number - 1):
            raise ExecutionError(f"{self.term} // {number!r}: write a power of two")
        return self >> number.bit_length() - 1

    def __rlshift__(self, other: object) -> NoReturn:
        """Refused: the distance of a shift is a plain number."""
        raise _no_distance(self)

    __rrshift__ = __rlshift__

    def __and__(self, other: object) -> "Integer":
        """Bits of both; no more than the one of them has that is not negative."""
        right = integer(other)
        naturals = [each.width for each in (self, right) if each.natural]
        if naturals:
            return Integer(self.low(min(naturals)) & right.low(min(naturals)))
        one, two, _ = self._both(other)
        return Integer(one & two, natural=False)

    __rand__ = __and__

    def __or__(self, other: object) -> "Integer":
        """Bits of either."""
        one, two, natural = self._both(other)
        return Integer(one | two, natural)

    __ror__ = __or__

    def __xor__(self, other: object) -> "Integer":
        """Bits of one of them."""
        one, two, natural = self._both(other)
        return Integer(one ^ two, natural)

    __rxor__ = __xor__

    def __invert__(self) -> "Integer":
        """All bits turned over, the sign with them."""
        return Integer(~self.bits(self._signed), natural=False)

    def __eq__(self, other: object) -> Formula:
        """The formula that both are equal."""
        one, two, _ = self._both(other)
        return one == two

    def __ne__(self, other: object) -> Formula:
        """The formula that they differ."""
        return z3.Not(self == other)

    def __lt__(self, other: object) -> Formula:
        """The formula that this one is less."""
        one, two, natural = self._both(other)
        return z3.ULT(one, two) if natural else one < two

    def __le__(self, other: object) -> Formula:
        """The formula that this one is not greater."""
        one, two, natural = self._both(other)
        return z3.ULE(one, two) if natural else one <= two

    def __gt__(self, other: object) -> Formula:
        """The formula that this one is greater."""
        return z3.Not(self <= other)

    def __ge__(self, other: object) -> Formula:
        """The formula that this one is not less."""
        return z3.Not(self < other)


def integer(value: object) -> Integer:
    """A number of the code, or an integer already.

    :raises ExecutionError: it is neither.
    """
    if isinstance(value, Integer):
        return value
    if isinstance(value, int):
        return _number(int(value))
    raise ExecutionError(f"{value!r} is no integer")


@cache
def _number(value: int) -> Integer:
    natural = value >= 0
    width = max(1, value.bit_length()) if natural else (~value).bit_length() + 1
    return Integer(z3.BitVecVal(value, width), natural)


def _check_distance(value: object) -> None:
    if not isinstance(value, int) or value < 0:
        raise _no_distance(value)


def _no_distance(value: object) -> ExecutionError:
    return ExecutionError(f"a shift by {value!r}: its distance must be a number that is not negative")


def natural(name: str, bits: int) -> Integer:
    """Any integer of so many bits that is not negative."""
    return Integer(z3.BitVec(name, bits))


def signed(name: str, bits: int) -> Integer:
    """Any integer that so many bits and a sign can write."""
    return Integer(z3.BitVec(name, bits + 1), natural=False)


def choice(condition: Formula, one: Any, other: Any) -> Integer:
    """The one where the condition holds, the other where not."""
    first, second, positive = integer(one)._both(other)
    return Integer(z3.If(condition, first, second), positive)
