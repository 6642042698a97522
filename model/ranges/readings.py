"""The readings of ranges: what a kernel does with many pages at once, and what real kernels chose.

Appendix A knows single pages. As for these (:mod:`model.spaces.dialect`), a *dialect* of ranges holds one member of
each choice; it names the dialect of pages that it goes with. The named ones are our reading of public sources, which
:mod:`model.ranges.sources` cites choice by choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from model.choice import Choice, NamedChoice, choices_of, read_named
from model.spaces.dialect import DIALECTS, Dialect, SideCondition


class Timing(Choice):
    """When the pages of a range go."""

    AT_ONCE = 0, "a range goes at once: all is read in the state before, all destinations are flushed, all is written"
    ASCENDING = 1, "a range goes one mapping after another from below, each from what the last one left"


class Refusal(Choice):
    """A page of the range may not go."""

    WHOLE = 0, "one page that may not go refuses the whole range"
    PAGE = 1, "a page that may not go is left out, and the others go"


class Crossing(Choice):
    """A source derives from the destination of another page of the range, or is it."""

    REFUSED = 0, "no source of a range derives from any destination of it, or is one"
    ALLOWED = 1, "a source may derive from the destination of another page, or be it"


class Holes(Choice):
    """A page of the source that has nothing to pass on."""

    SKIPPED = 0, "where the source has nothing to pass on, the destination stays as it is"
    EMPTIED = 1, "where the source has nothing to pass on, the destination is flushed and left nil"


class Unit(Choice):
    """What can be taken apart."""

    PAGE = 0, "a mapping is split wherever a range ends"
    MAPPING = 1, "a mapping of many pages that a flush meets goes as a whole"
    FITTING = (
        2,
        "a mapping that a flush or what replaces it meets in part stays whole, with what derives from it; a flush with "
        "its own pages grows to it",
    )


class PartGranted(Choice):
    """A part of a mapping is granted."""

    SPLIT = 0, "a part of a mapping is granted, and the rest stays"
    MAPPED = 1, "a part of a mapping is mapped instead of granted"
    REFUSED = 2, "a part of a mapping is never granted"
    LOST = 3, "a part of a mapping is granted, and the rest is lost, but for what was mapped from it"


class Own(Choice):
    """What a flush of a range does with pages of the range that derive from others of it."""

    EACH = 0, "a page of the flushed range that derives from another page of it goes"
    RANGE = 1, "all pages of the flushed range stay"


class Window(Choice):
    """Where the smaller of two ranges lies in the larger."""

    ALIGNED = 0, "the offset is cut to a multiple of the smaller range"
    ROTATED = 1, "the offset is taken as it is, and what leaves the larger range at its end comes in at its beginning"


class RangeReadings(NamedTuple):
    """One member of each choice; a plain tuple of small integers, so that compiled code takes it too."""

    timing: Timing = Timing.AT_ONCE
    refusal: Refusal = Refusal.WHOLE
    crossing: Crossing = Crossing.REFUSED
    holes: Holes = Holes.SKIPPED
    unit: Unit = Unit.PAGE
    part_granted: PartGranted = PartGranted.SPLIT
    own: Own = Own.EACH
    window: Window = Window.ALIGNED

    @property
    def in_theory(self) -> bool:
        """Whether the theory describes them: ranges go at once, any page is taken alone, no source is a destination.

        Which page goes where is a relation there, so that windows, and what is left out, only say which relation.
        """
        apart = (self.crossing, self.window) != (Crossing.ALLOWED, Window.ROTATED)
        return (self.timing, self.unit) == (Timing.AT_ONCE, Unit.PAGE) and apart


RANGE_CHOICES: Mapping[str, type[Choice]] = MappingProxyType(choices_of(RangeReadings()))

NO_CROSSING = SideCondition(
    "no-crossing",
    "no source of a range derives from any destination of the range, or is one",
    {"crossing": Crossing.ALLOWED},
)
"""The one side condition that is on the pages of a range together."""


@dataclass(frozen=True, slots=True)
class RangeDialect(NamedChoice[RangeReadings]):
    """A named choice of readings of ranges, and the dialect of pages that they go with.

    >>> CANONICAL_RANGES.reading(crossing=Crossing.ALLOWED).name
    'canonical with crossing=allowed'
    """

    pages: Dialect = field(kw_only=True)


CANONICAL_RANGES = RangeDialect(
    "canonical",
    "readings under which ranges do what their pages do, one after another in any order",
    RangeReadings(),
    pages=DIALECTS["canonical"],
)

_PAGE_BY_PAGE = RangeReadings(timing=Timing.ASCENDING, refusal=Refusal.PAGE, crossing=Crossing.ALLOWED)

RANGE_DIALECTS: Mapping[str, RangeDialect] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            CANONICAL_RANGES,
            RangeDialect(
                "appendix-a",
                "Appendix A has no ranges: whoever wants many pages moved moves one after another",
                _PAGE_BY_PAGE,
                pages=DIALECTS["literal-lazy"],
                hazard="a page granted onto its ancestor loses the frame, one mapped onto itself makes a cycle",
            ),
            RangeDialect(
                "x2",
                "L4 X.2 as Pistachio does it, our reading: mappings go one after another; one that a range meets "
                "in part stays whole, and who grants a part of one loses the rest",
                _PAGE_BY_PAGE._replace(unit=Unit.FITTING, part_granted=PartGranted.LOST),
                pages=DIALECTS["x2-keep"],
                hazard="extending rights by frame alone can give a slot a right that its parent lacks; a flush leaves "
                "what derives from its range, and a grant of a part leaves links to pages that are gone",
            ),
            RangeDialect(
                "fiasco",
                "Fiasco, our reading: mappings go one after another; one that a flush meets goes whole, and a part of "
                "one is mapped instead of granted",
                _PAGE_BY_PAGE._replace(unit=Unit.MAPPING, part_granted=PartGranted.MAPPED),
                pages=DIALECTS["fiasco"],
                hazard="a flush takes pages outside its range, and who grants a part keeps it",
            ),
            RangeDialect(
                "nova",
                "NOVA, our reading: delegation only, one mapping after another; one that a revocation meets goes whole",
                _PAGE_BY_PAGE._replace(unit=Unit.MAPPING),
                pages=DIALECTS["nova"],
                hazard="a flush takes pages outside its range",
            ),
        )
    }
)


def range_dialect_named(name: str) -> RangeDialect:
    """The dialect of that name; ``NAME with CHOICE=READING, ...`` is understood too.

    >>> range_dialect_named("canonical with holes=emptied, own=range").readings.own.name
    'RANGE'

    :raises KeyError: there is no such dialect, choice or reading.
    """
    return read_named(name, RANGE_DIALECTS.__getitem__)
