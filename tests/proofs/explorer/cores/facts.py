"""States of many cores as words: which bit of a packed state each fact has, written down apart from the explorer."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import numpy as np

from model.cores.scope import CoreScope

SORTS = {
    "auth": "spr", "entry": "spr", "tlb": "ctpr", "tagged": "st", "runs": "cs", "under": "ct", "may": "sc",
    "busy": "sp", "asked": "sp", "owed": "spc", "fenced": "spc", "clean": "tc",
}  # fmt: skip
ALL = 3
"""Both properties."""


class Facts:
    """The facts of a scope, in the order of their bits: ``tlb 1 0 0 1`` is core, tag, page and frame."""

    def __init__(self, scope: CoreScope) -> None:
        sizes = {"s": scope.spaces, "p": scope.pages, "r": scope.frames, "c": scope.cores, "t": scope.tags}
        self.names = [
            " ".join((name, *map(str, elements)))
            for name, letters in SORTS.items()
            for elements in product(*(range(sizes[letter]) for letter in letters))
        ]

    def matching(self, patterns: str) -> list[str]:
        """The facts that patterns with commas between them name; a star is any element."""
        wanted = [each.strip() for each in patterns.split(",") if each.strip()]
        assert all(any(fnmatchcase(name, each) for name in self.names) for each in wanted), patterns
        return [name for name in self.names if any(fnmatchcase(name, each) for each in wanted)]

    def number(self, patterns: str) -> int:
        """The state in which these facts hold, and no others."""
        return sum(1 << self.names.index(name) for name in self.matching(patterns))

    def of(self, number: int) -> list[str]:
        """The facts that hold in a state."""
        assert number >> len(self.names) == 0
        return [name for place, name in enumerate(self.names) if number >> place & 1]


def steps_of(system: Any, state: int, function: Any = None) -> list[tuple[int, int]]:
    """Label and state after of each step that a packed state allows, as plain Python takes it."""
    after, labels = np.full(system.fanout, 7, np.uint64), np.full(system.fanout, -7, np.int64)
    flaws, scratch = np.full(system.fanout, -7, np.int64), np.zeros(system.scratch, np.int64)
    parameters = np.array(system.parameters, np.int64)
    count = (function or system.successors)(np.uint64(state), after, labels, flaws, ALL, parameters, scratch)
    assert flaws[:count].tolist() == [0] * count
    assert set(labels[count:].tolist()) <= {-7}
    return list(zip(labels[:count].tolist(), after[:count].tolist(), strict=True))


def violated(system: Any, state: int, wanted: int = ALL) -> int:
    """The properties that a packed state violates."""
    parameters = np.array(system.parameters, np.int64)
    return int(system.check(np.uint64(state), wanted, parameters, np.zeros(system.scratch, np.int64)))


def words(names: Iterable[str]) -> str:
    """Facts with commas between them."""
    return ", ".join(names)
