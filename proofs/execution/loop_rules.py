"""Rules of proof for loops: what takes the place of all turns, or executes each of them."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from proofs.execution.path import ExecutionError

Values = dict[str, Any]
"""The local variables of executed code, by name."""


class LoopRule(Protocol):
    """A rule of proof for a loop: it takes the place of all iterations."""

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The execution comes to the loop: demand the invariant, be in any state that has it.

        :param values: the local variables.
        :param assigned: the names that the loop's body assigns.
        :returns: values for those of them that are known already.
        """

    def each(self, iterable: object) -> Iterator[object]:
        """For a loop over elements: one element if there is another, on this path; nothing otherwise."""

    def tail(self, values: Values) -> None:
        """The loop's body was executed once: demand that the invariant is kept. Ends the path."""


class OfCondition:
    """What rules for loops with a condition have in common."""

    __slots__ = ()

    def each(self, iterable: object) -> Iterator[object]:
        """No loop of these runs over elements.

        :raises ExecutionError: always.
        """
        raise ExecutionError(f"a loop over {iterable!r} where one with a condition is proved")


class Unrolled:
    """A loop that is executed as often as it runs: what it runs over, or its number of turns, is known."""

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing is assumed."""
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """All of them.

        :raises ExecutionError: how many there are is not known.
        """
        if not isinstance(iterable, range | list | tuple):
            raise ExecutionError(f"a loop over {iterable!r} needs an invariant")
        yield from iterable

    def tail(self, values: Values) -> None:
        """On to the next turn."""


UNROLLED = Unrolled()

Rules = Mapping[tuple[str, int], LoopRule]
"""By the function's name and the number of the loop in it, from 0."""
