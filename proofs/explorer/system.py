"""Packed transition systems: states of at most 64 bits, and compiled functions on them.

The explorer knows nothing of address spaces. It searches a :class:`System`: named fields of a few bits each, the
initial state, and plain Python functions in numba's subset which it compiles.
:mod:`proofs.explorer.searches.shootdown` is a small example.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from model.scope import ArgumentError

WORD = 64


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a packed state: a name, and how many bits it takes."""

    name: str
    bits: int


@dataclass(frozen=True)
class System:
    """A transition system whose states are unsigned 64-bit numbers.

    The functions are plain Python of an importable module, in numba's subset; what they call is registered by
    ``numba.extending.register_jitable``. All get ``parameters`` (int64, one-dimensional) and a ``scratch`` array of
    their own (int64) that keeps nothing between calls.

    - ``successors(state, after, labels, flaws, wanted, parameters, scratch) -> int`` writes one entry for each step
      that the state allows (the next state, a number for the step, and a bit for each step property in ``wanted``
      that the step violates) and returns how many. ``LOST`` among the flaws says that the next state does not fit.
    - ``check(state, wanted, parameters, scratch) -> int`` gives a bit for each property in ``wanted`` that the state
      violates.
    - ``canonical(state, parameters, scratch) -> state`` gives the representative of a state's orbit under a symmetry;
      a system without one returns the state itself.

    :raises ValueError: the fields take more than 64 bits.
    """

    name: str
    fields: tuple[Field, ...]
    initial: int
    successors: Callable[..., int]
    check: Callable[..., int]
    canonical: Callable[..., int]
    fanout: int
    parameters: tuple[int, ...]
    scratch: int
    properties: tuple[str, ...]
    step_text: Callable[[int], str] = str
    expected: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be packed."""
        if self.bits > WORD:
            raise ScopeTooLargeError(
                f"{self.name}: a state takes {self.bits} bits and the packing has {WORD}; make the scope smaller"
            )

    @cached_property
    def bits(self) -> int:
        """The bits of a packed state."""
        return sum(field.bits for field in self.fields)

    def pack(self, values: Sequence[int]) -> int:
        """The state whose fields have these values, in the order of ``fields``.

        :raises ValueError: a value does not fit its field.
        """
        state, shift = 0, 0
        for field, value in zip(self.fields, values, strict=True):
            if not 0 <= value < 1 << field.bits:
                raise ValueError(f"{field.name} = {value} does not fit {field.bits} bits")
            state |= value << shift
            shift += field.bits
        return state

    def unpack(self, state: int) -> dict[str, int]:
        """The fields of a packed state by name."""
        values, shift = {}, 0
        for field in self.fields:
            values[field.name] = state >> shift & (1 << field.bits) - 1
            shift += field.bits
        return values


class ScopeTooLargeError(ArgumentError):
    """A scope whose states do not fit the packing or the memory; the message says by how much."""


def unreduced(state: Any, parameters: Any, scratch: Any) -> Any:
    """The canonical form of a system without symmetry: the state itself."""
    return state
