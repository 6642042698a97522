"""Numpy arrays on terms, as far as a tree is made of them: numbers of elements are integers without a bound.

What numpy would refuse or answer otherwise is demanded not to happen: an index outside, a range whose length is not
that of what is assigned to it, a value that does not fit the element.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from z3 import And, ArithRef, If, IntVal

from model.spaces.theory import Formula, Term
from proofs.execution.path import Path

ELEMENTS = "accesses__elements"

INT32 = (-(1 << 31), (1 << 31) - 1)
UINT8 = (0, 255)

Number: TypeAlias = Any
"""An integer, or a term for one."""


def term(number: Number) -> Term:
    """The term for a number."""
    return number if isinstance(number, ArithRef) else IntVal(number)


@dataclass(slots=True, eq=False)
class Elements:
    """An array: its length, its values by index, and between which numbers they lie."""

    path: Path
    length: Term
    read: Callable[[Term], Term]
    fits: tuple[int, int] = INT32

    def __setitem__(self, index: Any, value: Any) -> None:
        """One element changes, or a range of them."""
        read = self.read
        if isinstance(index, slice):
            self._assign(index, value)
            return
        place, new = term(index), term(value)
        inside = And(place >= 0, place < self.length, *self._fit(new))
        self.path.demand(ELEMENTS, lambda: inside)
        self.read = lambda i: If(i == place, new, read(i))

    def _assign(self, where: slice, value: Any) -> None:
        if not isinstance(value, Elements) or where.step is not None:
            raise TypeError("a range is given other elements, one after the other")
        start, stop, read = term(where.start), term(where.stop), self.read
        inside = And(start >= 0, start <= stop, stop <= self.length, value.length == stop - start)
        self.path.demand(ELEMENTS, lambda: inside)
        self.read = lambda i: If(And(i >= start, i < stop), value.read(i - start), read(i))

    def _fit(self, value: Term) -> list[Formula]:
        return [value >= self.fits[0], value <= self.fits[1]]


class Arrays:
    """The arrays that code finds under numpy's name."""

    int32 = INT32
    uint8 = UINT8

    def __init__(self, path: Path) -> None:
        """On a path."""
        self._path = path

    def full(self, size: Number, value: Number, fits: tuple[int, int]) -> Elements:
        """An array with the same value everywhere."""
        new = Elements(self._path, term(size), lambda i: term(value), fits)
        self._path.demand(ELEMENTS, lambda: And(new.length >= 0, *new._fit(term(value))))
        return new

    def zeros(self, size: Number, fits: tuple[int, int]) -> Elements:
        """An array of zeros."""
        return self.full(size, 0, fits)

    def arange(self, start: Number, stop: Number) -> Elements:
        """The numbers from one to before another; empty if that is no larger."""
        first, last = term(start), term(stop)
        length = If(last > first, last - first, 0)
        self._path.demand(ELEMENTS, lambda: And(first >= INT32[0], last <= INT32[1]))
        return Elements(self._path, length, lambda i: first + i)


def are_apart(arrays: Sequence[object]) -> bool:
    """Return whether each array is an object of its own, so that none changes with another."""
    return len({id(each) for each in arrays}) == len(arrays)


def is_array(value: Any) -> bool:
    """Return whether it is one of these."""
    return isinstance(value, Elements)
