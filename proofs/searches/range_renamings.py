"""States of ranges that differ by names only, taken for one: of spaces, of pages in all spaces alike, of frames.

The renamings are those of :func:`refinement.check.ranges.symmetry.renamings`: no operation on ranges can tell them, nor
does any formula of the theory, a wrong one included, name a page. A state's *name* is the least of what it is under
all of them. Of states that share a name one is visited, the first that is met, so that the way there is a real one.
"""

from math import prod

import numpy as np
from numpy.typing import NDArray

from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from proofs.engines.search.executed import Tables
from refinement.check.ranges.symmetry import least_compiled, renamings

Table = NDArray[np.int64]


class RangeNames:
    """The renamings of a scope, and the names of states under them.

    :ivar count: how many renamings there are, the one that changes nothing among them.

    >>> RangeNames(RangeScope(3, 2, 2, 0b11), RangeReadings()).count
    4
    """

    def __init__(self, scope: RangeScope, w: RangeReadings) -> None:
        """Find the renamings."""
        self._group = renamings(scope, w)
        self.count = len(self._group.slots)
        self._orders = np.zeros(scope.slots, np.int64)  # what a target shows; there is none
        self._out = np.empty(5 * scope.slots, np.int64)
        self._came = [
            (np.argsort(s), np.argsort(f), s) for s, f in zip(self._group.slots, self._group.frames, strict=True)
        ]

    def __str__(self) -> str:
        """Say how many there are."""
        return f"of names, {self.count} renamings"

    def of_row(self, row: Table) -> tuple[bytes, int]:
        """The name of a literal state, given as a row, and how many states share it."""
        alike = least_compiled(row, self._orders, self._group, self._out)
        return self._out.tobytes(), int(alike)

    def of_tables(self, tables: Tables) -> list[tuple[bytes, int]]:
        """The name of each of the theory's states, and how many states share it."""
        every = zip(*(self._under(tables, n) for n in range(self.count)), strict=True)
        return [(min(each), len(set(each))) for each in every]

    def _under(self, tables: Tables, n: int) -> list[bytes]:
        """The states under a renaming, as bytes."""
        slots, frames, to = self._came[n]
        renamed = [
            tables["derives"][:, slots][:, :, slots],
            tables["live"][:, slots],
            *(tables[name][:, slots][:, :, frames] for name in ("holds", "phys")),
            tables["right"][:, slots],
            to[tables["holder"]][:, frames],
        ]
        batch = len(tables["live"])
        columns = [table.reshape(batch, prod(table.shape[1:])).astype(np.uint8) for table in renamed]
        return [row.tobytes() for row in np.concatenate(columns, axis=1)]
