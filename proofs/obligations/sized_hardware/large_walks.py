"""A walk over entries that the kernel wrote finds what the leaf on its way shows, whatever the leaf's size.

It is :mod:`proofs.obligations.machine.kernel_walk` with a leaf on any level that has leaves: what a page sees through a
large leaf is the frame that is as far from the leaf's first as the page is, and the translation says the leaf's level,
so that a buffer keeps it as an entry of that size.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from z3 import And, Bool, BoolVal, Implies

from machine.formats import FORMATS, Format
from machine.walker import Translation
from model.spaces.theory import Formula
from proofs.execution.integers import Integer, choice, integer, natural
from proofs.execution.path import conjunction
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine import agreement
from proofs.obligations.machine.bits import prefix
from proofs.obligations.machine.kernel_walk import Written, found
from proofs.obligations.machine.walk import setting_of, truth_of, walked
from proofs.obligations.machine.walk_spec import Walked
from proofs.obligations.source import CODE, Code

FINDS_EXACTLY = "walk__finds__exactly_the_leaf"
OF_ITS_SIZE = "walk__finds__leaves_of_one_space"


class WrittenLeaf(Written):
    """The entries on the way of an address where the kernel wrote leaves on one level, or nothing yet."""

    def __init__(self, format: Format, walk: Walked, level: int) -> None:
        """The leaf may have any rights, and a first frame as its size demands.

        :param level: on which the leaf stands, if all tables above it do.
        """
        super().__init__(format, walk)
        self.level = level
        self.there = {upper: Bool(f"a table hangs at level {upper}") for upper in range(level + 1, format.levels)}

    @property
    def given(self) -> dict[str, Formula]:
        """Return what the entries are, and how the access is made."""
        leaf = integer(self.format.encode_leaf(self.frame, self.rights, 1, self.level, self.flags))
        size = 1 << self.format.span_bits(self.level) - 12
        return {
            **self.of_access,
            **self.above(self.level),
            "a leaf begins where one of its size can": self.frame & (size - 1) == 0,
            "the entry of the leaf is one or absent": Implies(
                conjunction(self.there.values()),
                self.walk.entry[self.level] == choice(leaf == 0, 0, self.as_marked(leaf, self.level, True)),
            ),
            "the table of the leaf is in memory": Implies(
                conjunction(self.there.values()), self.walk.inside(self.level)
            ),
        }

    def shows(self, frame: Integer) -> Formula:
        """The page is in the tables, sees that frame through the leaf, and has the right that the access needs."""
        distance = (self.walk.address & ((1 << self.format.span_bits(self.level)) - 1)) >> 12
        return And(*self.there.values(), self.frame + distance == frame, self.rights & self.walk.access != 0)


@cache
def written(format: Format, level: int) -> WrittenLeaf:
    """The entries of a format with a leaf on that level."""
    return WrittenLeaf(format, setting_of(format), level)


def conditions(format: Format, what: str, code: Code = CODE) -> Iterator[Condition]:
    """One condition for each level of leaves and each path through the translation."""
    walk = setting_of(format)
    frame = natural("any_frame", 52)
    for level in range(format.page_levels):
        entries = written(format, level)
        given = {**walk.arguments, **walk.read, **entries.given}
        for one in walked(format, code):
            if one.result is None:
                continue
            if what == FINDS_EXACTLY:
                shown = entries.shows(frame)
                goal = agreement.finds_exactly(entries.expressible, found(walk, one.result, frame), shown)
            elif isinstance(one.result, Translation):
                goal = And(BoolVal(one.result.level == level), truth_of(one.result.shared) == BoolVal(False))
            else:
                continue
            yield Condition(given, dict.fromkeys(given, "assumption"), Implies(conjunction(one.path.facts), goal))


THEOREMS = {
    FINDS_EXACTLY: ("C4", "a walk over entries that the kernel wrote finds what the leaf, of whatever size, shows"),
    OF_ITS_SIZE: ("C4", "a walk over entries that the kernel wrote ends on the leaf's level, and finds nothing global"),
}


def _build(format: Format, what: str) -> Build:
    return lambda dialect, code: conditions(code.of_format(format), what, code)


def obligations(formats: Iterable[Format] = FORMATS) -> Iterator[CodeObligation]:
    """For each format what a walk finds in tables with large leaves."""
    for format in formats:
        for name, (claim, sentence) in THEOREMS.items():
            yield CodeObligation(f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(format, name))
