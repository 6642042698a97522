"""Make a program that fails shorter by leaving operations out, whatever its operations are."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from refinement.check.finding.finding import Failure

P = TypeVar("P")
O = TypeVar("O")

WHOLE, IN_PART = "no step can be left out", "it was not tried whether each step can be left out"
"""What is said of a program that may not be the shortest: all single steps were left out, each alone, or not all."""


def descend(
    first: Callable[[list[P]], tuple[P, Failure] | None],
    found: tuple[P, Failure],
    candidates: Callable[[P], Iterator[list[P]]],
    end: float,
) -> tuple[P, Failure]:
    """Take the first candidate that fails, as long as there is one, and time.

    :param first: the first of some programs that fails, and how.
    :param candidates: programs that are simpler than one, in batches.
    """
    while time.monotonic() < end:
        better = None
        for batch in candidates(found[0]):
            better = first(batch)
            if better is not None or time.monotonic() > end:
                break
        if better is None:
            break
        found = better
    return found


def without_stretches(operations: tuple[O, ...]) -> Iterator[list[tuple[O, ...]]]:
    """The operations without a stretch of them, long stretches first.

    >>> [list(batch) for batch in without_stretches((1, 2, 3))]
    [[(2, 3), (1, 3), (1, 2)]]
    """
    length = max(1, len(operations) // 2) if operations else 0
    while length >= 1:
        yield [operations[:at] + operations[at + length :] for at in range(0, len(operations), length)]
        length //= 2
