"""The directives for readings of ranges: the choices, and those of named dialects with the source that shows each."""

from collections.abc import Iterable, Sequence

from docutils import nodes

from model.ranges.readings import RANGE_CHOICES, RANGE_DIALECTS
from model.ranges.sources import SOURCES
from musigma_docs.base.build import Cell, Musigma, table

NOT_KNOWN = "not known"


class RangeChoiceTable(Musigma):
    """``.. range-choice-table::``: what is open, the readings, canonical first, and which named dialects read it so."""

    def make(self) -> list[nodes.Node]:
        return [table(("choice", "reading", "what happens", "who reads it so"), self._rows(), (3, 3, 8, 3))]

    def _rows(self) -> Iterable[Sequence[Cell]]:
        for name, choice in RANGE_CHOICES.items():
            for number, reading in enumerate(choice):
                readers = [each.name for each in RANGE_DIALECTS.values() if getattr(each.readings, name) == reading]
                said = [nodes.literal("", f"{name}={reading.name.lower()}")]
                about = (choice.__doc__ or "").strip().rstrip(".") if number == 0 else ""
                yield about, said, reading.prose, ", ".join(readers) or "·"


class RangeDialectTable(Musigma):
    """``.. range-dialect-table::``: what the dialects read after a kernel choose, and by what source."""

    def make(self) -> list[nodes.Node]:
        return [table(("dialect", "reading", "what the source does"), self._rows(), (2, 4, 8))]

    def _rows(self) -> Iterable[Sequence[Cell]]:
        for name, sources in SOURCES.items():
            for choice in RANGE_CHOICES:
                reading = getattr(RANGE_DIALECTS[name].readings, choice).name.lower()
                named = [nodes.literal("", f"{choice}={reading}")]
                cited = sources.get(choice)
                if cited is None:
                    yield [nodes.literal("", name)], named, NOT_KNOWN
                    continue
                place = nodes.reference("", "", nodes.literal("", cited.function), refuri=cited.where)
                nearest = "" if cited.fits else f"; this reading is the nearest, and does not say: {cited.left}"
                yield [nodes.literal("", name)], named, [place, nodes.Text(f": {cited.says}{nearest}")]
