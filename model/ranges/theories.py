"""The theory of ranges as a value: one for each of its dialects that it describes."""

from collections.abc import Callable
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from model.ranges.readings import CANONICAL_RANGES, Crossing, RangeDialect
from model.ranges.theory import MAKERS
from model.spaces.dialect import CANONICAL, Readings
from model.spaces.vocabulary import State
from model.theory import APPENDIX_A, Theory


def canonical_pages(readings: Readings) -> bool:
    """The dialect treats pages as the canonical one does: of others the theory of ranges says nothing."""
    return readings == CANONICAL.readings


def _never(readings: Readings) -> bool:
    return False


@cache
def theory_of_ranges(dialect: RangeDialect = CANONICAL_RANGES) -> Theory[State]:
    """The theory of ranges in one of its dialects: address spaces change by operations on ranges only.

    Where sources may derive from destinations, links that a grant makes can lead on through other pages of the same
    range, any number of times, which no formula says: that grant is left to the literal model.

    :raises ValueError: the dialect is one that the theory cannot describe.

    >>> list(theory_of_ranges().actions)
    ['map_range', 'grant_range', 'flush_range']
    """
    m = dialect.readings
    if not m.in_theory:
        raise ValueError(f"the theory of ranges does not describe {dialect.name}: there, what goes depends on sizes")
    actions: dict[str, Callable[..., Any]] = {name: partial(make, m) for name, make in MAKERS.items()}
    grants = canonical_pages if m.crossing == Crossing.REFUSED else _never
    return Theory(
        name="ranges",
        before=APPENDIX_A.before,
        rigid=APPENDIX_A.rigid,
        actions=MappingProxyType(actions),
        invariants=APPENDIX_A.invariants,
        initial=APPENDIX_A.initial,
        start=APPENDIX_A.start,
        offered=MappingProxyType(dict.fromkeys(MAKERS, canonical_pages) | {"grant_range": grants}),
    )


RANGES = theory_of_ranges()
"""Ranges in the canonical dialect."""
