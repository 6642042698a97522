"""The directive for the named dialects of ranges: each choice, its reading, and the public source that shows it."""

from collections.abc import Iterable, Sequence

from docutils import nodes

from model.ranges.readings import RANGE_CHOICES, RANGE_DIALECTS
from model.ranges.sources import SOURCES
from musigma_docs.base.build import Cell, Musigma, table

NOT_KNOWN = "not known"


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
