"""Shortest traces of ranges: every state that the literal model reaches in a scope, nearest first.

The steps are the literal model's, so that readings that no formula describes have traces as well. Whether a step breaks
an obligation is what its own formula says, evaluated on the states before and after.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from types import MappingProxyType
from typing import Any

import numpy as np

from model.counting import counted
from model.ranges.abstraction import steps_structure
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import CANONICAL_RANGES, NO_CROSSING, RangeDialect, range_dialect_named
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, State, state_of
from model.ranges.trace import RangeTrace
from model.scope import ALL_RIGHTS, RIGHTS
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE
from proofs.engines.search.monitor import Monitor
from proofs.obligation import Obligation
from proofs.obligations.ranges.inventory import of_ranges

AT_ONCE = 2048  # steps evaluated together
MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RangeArea:
    """A scope to search, how many steps at most, and the sets of rights that are asked for."""

    scope: RangeScope
    depth: int
    rights: tuple[int, ...] = (ALL_RIGHTS,)

    def __str__(self) -> str:
        """The scope and the depth."""
        return f"{self.scope}, up to {self.depth} steps"


AREAS = (
    RangeArea(RangeScope(2, 2, 2, 0b11), 3),
    RangeArea(RangeScope(2, 2, 2, 0b11), 2, (ALL_RIGHTS, RIGHTS["r"])),
    RangeArea(RangeScope(2, 4, 4, 0b11), 2),
    RangeArea(RangeScope(3, 2, 2, 0b11), 4),
)

WRONG_READINGS: Mapping[str, str] = MappingProxyType(
    {
        "crossing=allowed": "ranges__map_range__preserves__no_dangling_link",
        "window=rotated, crossing=allowed": "ranges__map_range__preserves__irreflexive",
        "own=range": "ranges__flush_range__preserves__no_dangling_link",
        "holes=emptied": "ranges__map_range__changes__nothing_else",
        "unit=mapping": "ranges__flush_range__changes__nothing_else",
        "unit=mapping, part_granted=mapped": "ranges__grant_range__takes__sources",
        "unit=fitting": "ranges__flush_range__takes__access_below",
        "unit=mapping, part_granted=lost": "ranges__grant_range__preserves__no_dangling_link",
        "timing=ascending, crossing=allowed": "ranges__map_range__shows__frames",
    }
)
"""For each reading of ranges with which something fails, the obligation that tells it best."""


@dataclass(frozen=True, slots=True)
class RangeFound:
    """A shortest trace, the obligation that its last step breaks, and where it was looked for.

    :param late: the search ended because its time was over.
    """

    obligation: Obligation[Any, Any] | None
    trace: RangeTrace | None
    searched: tuple[str, ...]
    complete: bool
    late: bool = False


def to_reading(reading: str, dialect: Dialect = CANONICAL) -> RangeFound:
    """The shortest trace to what a wrong reading breaks.

    :raises KeyError: nothing is known to break with it.
    """
    ranges = range_dialect_named(f"{CANONICAL_RANGES.name} with {reading}")
    return shortest([of_ranges()[WRONG_READINGS[reading]]], ranges, dialect)


def without_crossing(dialect: Dialect = CANONICAL) -> RangeFound:
    """The shortest trace to an invariant that falls where sources may derive from destinations of other pages."""
    ranges = CANONICAL_RANGES.reading(**NO_CROSSING.dropped)
    return shortest([o for o in of_ranges().values() if o.invariant and o.action], ranges, dialect)


def to_obligation(
    name: str, ranges: RangeDialect, dialect: Dialect = CANONICAL, seconds: float = MOST_SECONDS
) -> RangeFound:
    """The shortest trace to an obligation about ranges.

    :raises KeyError: there is no such obligation.
    """
    return shortest([of_ranges()[name]], ranges, dialect, seconds)


def shortest(
    obligations: Sequence[Obligation[Any, Any]],
    ranges: RangeDialect,
    dialect: Dialect = CANONICAL,
    seconds: float = MOST_SECONDS,
) -> RangeFound:
    """The shortest trace of the first area that has one, to whichever of the obligations it breaks first.

    :param seconds: after so long no further layer of states is looked at, which the found areas say; they count from
        the first layer's end, since what it runs is compiled then.
    """
    searched: list[str] = []
    until, late = inf, False
    for area in AREAS:
        search = _Search(area, ranges, dialect, obligations)
        for layer in search.layers.layers(area.depth - 1):
            if monotonic() > until:
                search.layers.complete, late = False, True
                break
            found = search.broken_from(layer)
            until = min(until, monotonic() + seconds)
            if found is not None:
                obligation, operations = found
                ends = "holds" if obligation.sometimes else "does not hold"
                shows = f"{obligation.id} ({obligation.claim}) {ends}"
                trace = RangeTrace(dialect.name, ranges.name, area.scope, operations, shows, obligation.id)
                return RangeFound(obligation, trace, (*searched, search.words), complete=True)
        searched.append(search.words)
    return RangeFound(None, None, tuple(searched), complete=False, late=late)


class _Search:
    """An area, and which steps in it break an obligation, or are as one says that some step is."""

    def __init__(
        self, area: RangeArea, ranges: RangeDialect, dialect: Dialect, obligations: Sequence[Obligation[Any, Any]]
    ) -> None:
        from model.ranges import compiled  # it imports numba, which takes a while

        tried = tuple(operations_of(area.scope, ranges.readings, area.rights))
        self.area = area
        self.layers = RangeLayers(area.scope, dialect.readings, ranges.readings, tried, compiled.every_step)
        self._monitors = {o.id: Monitor(_at_home(o), CANONICAL) for o in obligations}
        self._obligations = obligations
        self._actions = {o.action for o in obligations}
        self._last = [o for o in tried if f"{o.kind.word}_range" in self._actions]
        self._calls = np.array(self._last, np.int64).reshape(len(self._last), len(RangeOperation._fields))

    @property
    def words(self) -> str:
        """Return where it was searched, in words."""
        cut = "" if self.layers.complete else ", cut short"
        return f"{self.area} ({counted(len(self.layers.came), 'state')}{cut})"

    def broken_from(self, layer: Sequence[State]) -> tuple[Obligation[Any, Any], tuple[RangeOperation, ...]] | None:
        """A step from one of the states that breaks an obligation; the operations up to it."""
        for steps in self._steps(layer):
            structure = steps_structure(
                [(before, call, after) for _, before, call, after in steps],
                self.area.scope,
                self.layers.d,
                self.layers.w,
            )
            for obligation in self._obligations:
                holds = self._monitors[obligation.id].holds(structure)
                mine = np.array([f"{call.kind.word}_range" == obligation.action for _, _, call, _ in steps])
                wanted = np.flatnonzero(mine & (holds if obligation.sometimes else ~holds))
                if len(wanted):
                    state, _, call, _ = steps[int(wanted[0])]
                    return obligation, (*self.layers.way(state), call)
        return None

    def _steps(self, layer: Sequence[State]) -> Iterator[list[tuple[State, Any, RangeOperation, Any]]]:
        some: list[tuple[State, Any, RangeOperation, Any]] = []
        for start in range(0, len(layer), 64):
            part = layer[start : start + 64]
            rows = self.layers.rows(part)
            statuses, later = self.layers.after(rows, self._calls)
            for (k, n), row in zip(np.argwhere(statuses == DONE).tolist(), later, strict=True):
                some.append((part[k], state_of(rows[k]), self._last[n], state_of(row)))
            if len(some) >= AT_ONCE:
                yield some
                some = []
        if some:
            yield some


def _at_home(obligation: Obligation[Any, Any]) -> Obligation[Any, Any]:
    """The obligation in the canonical theory, whose guards and states are looked up in what was executed."""
    return replace(obligation, theory=of_ranges()[obligation.id].theory)
