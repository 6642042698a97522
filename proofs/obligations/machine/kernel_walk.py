"""A walk over entries that the kernel wrote finds what the leaf on its way shows, exactly, whatever the leaf's size.

The walker's code is executed; what is added to :mod:`proofs.obligations.machine.walk` is which entries are on the
way: absent ones, pointers to tables in memory and a leaf, all as the format encodes them, with whatever walks marked in
them. What a page sees through a large leaf is the frame that is as far from the leaf's first as the page is, and the
translation says the leaf's level, so that a buffer keeps it as an entry of that size. Kernels of single pages have
leaves on the last level alone, and so what they rest on is stated by itself.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from z3 import And, Bool, BoolVal, Implies

from machine.events import ACCESSES
from machine.formats import Format
from machine.formats.base import ACCESSED, DIRTY
from machine.walker import Translation
from model.spaces.theory import Formula
from proofs.execution.integers import Integer, choice, integer, natural
from proofs.execution.path import conjunction
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine import agreement
from proofs.obligations.machine.bits import ALL_FORMATS, prefix
from proofs.obligations.machine.walk import setting_of, truth_of, walked
from proofs.obligations.machine.walk_spec import Walked
from proofs.obligations.source import CODE, Code

FINDS_EXACTLY = "walk__finds__exactly_the_entry"
STAYS_TAGGED = "walk__finds__pages_of_one_space"
FINDS_LEAF = "walk__finds__exactly_the_leaf"
OF_ITS_SIZE = "walk__finds__leaves_of_one_space"


class Written:
    """The entries on the way of an address, as the kernel wrote them: leaves on one level, or nothing yet."""

    def __init__(self, format: Format, walk: Walked, level: int) -> None:
        """Tables may be missing; the leaf may have any rights, and a first frame as its size demands.

        :param level: on which the leaf stands, if all tables above it do.
        """
        self.format, self.walk, self.level = format, walk, level
        self.frame = natural("frame", format.frame_mask(0).bit_length())
        self.rights = natural("rights", 3)
        self.flags = natural("flags", 3)
        self.there = {upper: Bool(f"a table hangs at level {upper}") for upper in range(level + 1, format.levels)}

    @property
    def given(self) -> dict[str, Formula]:
        """Return what the entries are, and how the access is made."""
        format, walk, level = self.format, self.walk, self.level
        given = {
            "modes are those that a kernel chooses": integer(walk.control) == format.default_control,
            "the access is the user's": walk.user == 1,
            "the address is one that the format translates": walk.translated,
            "flags are accessed and dirty": self.flags & ~(ACCESSED | DIRTY) == 0,
        }
        above = BoolVal(True)
        for upper in range(format.root_level, level, -1):
            table = natural(f"table{upper}", format.table_mask.bit_length())
            entry = self._as_marked(integer(format.encode_pointer(table)), upper)
            given[f"the entry at level {upper} is a pointer or absent"] = Implies(
                above, walk.entry[upper] == choice(self.there[upper], entry, 0)
            )
            given[f"the table at level {upper} is in memory"] = Implies(above, walk.inside(upper))
            above = And(above, self.there[upper])
        leaf = integer(format.encode_leaf(self.frame, self.rights, 1, level, self.flags))
        given[f"the entry at level {level} is the leaf or absent"] = Implies(
            above, walk.entry[level] == choice(leaf == 0, 0, self._as_marked(leaf, level))
        )
        given[f"the table at level {level} is in memory"] = Implies(above, walk.inside(level))
        size = 1 << format.span_bits(level) - 12
        if size > 1:
            given["a large leaf begins where one of its size can"] = self.frame & (size - 1) == 0
        return given

    def _as_marked(self, entry: Integer, level: int) -> Integer:
        """The entry with what walks for any accesses have marked in it."""
        for access in ACCESSES:
            marks = integer(self.format.mark(integer(0), int(level == self.level), access))
            entry = entry | choice(Bool(f"marked for {access} at level {level}"), marks, 0)
        return entry

    @property
    def expressible(self) -> Formula:
        """The format grants just these rights."""
        return integer(self.format.granted(self.rights)) == self.rights

    def shows(self, frame: Integer) -> Formula:
        """The page is in the tables, sees that frame through the leaf, and has the right that the access needs."""
        distance = (self.walk.address & ((1 << self.format.span_bits(self.level)) - 1)) >> 12
        return And(*self.there.values(), self.frame + distance == frame, self.rights & self.walk.access != 0)


@cache
def written(format: Format, level: int) -> Written:
    """The entries of a format with a leaf on that level."""
    return Written(format, setting_of(format), level)


def found(walk: Walked, result: object, frame: Integer) -> Formula:
    """The translation succeeds, in that frame, at the same place in it."""
    if not isinstance(result, Translation):
        return BoolVal(False)
    return integer(result.physical) == frame * 4096 + (walk.address & 0xFFF)


def conditions(format: Format, what: str, code: Code = CODE) -> Iterator[Condition]:
    """One condition for each level on which the leaf may stand, of all paths through the translation."""
    walk = setting_of(format)
    frame = natural("any_frame", 52)
    for level in range(format.page_levels if what in (FINDS_LEAF, OF_ITS_SIZE) else 1):
        entries = written(format, level)
        given = {**walk.arguments, **walk.read, **entries.given}
        goals: list[Formula] = []
        for one in walked(format, code):
            if one.result is None:
                continue
            if what in (FINDS_EXACTLY, FINDS_LEAF):
                shown = entries.shows(frame)
                goal = agreement.finds_exactly(entries.expressible, found(walk, one.result, frame), shown)
            elif isinstance(one.result, Translation):
                goal = And(BoolVal(one.result.level == level), truth_of(one.result.shared) == BoolVal(False))
            else:
                continue
            goals.append(Implies(conjunction(one.path.facts), goal))
        yield Condition(given, dict.fromkeys(given, "assumption"), conjunction(goals))


THEOREMS = {
    FINDS_EXACTLY: ("C4", "a walk over entries that the kernel wrote finds what the page's entry shows, exactly"),
    STAYS_TAGGED: ("C4", "a walk over entries that the kernel wrote finds one page, and nothing global"),
    FINDS_LEAF: ("C4", "a walk over entries that the kernel wrote finds what the leaf, of whatever size, shows"),
    OF_ITS_SIZE: ("C4", "a walk over entries that the kernel wrote ends on the leaf's level, and finds nothing global"),
}


def _build(format: Format, what: str) -> Build:
    return lambda dialect, code: conditions(code.of_format(format), what, code)


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """For each format what a walk finds in the kernel's tables."""
    for format in formats:
        for name, (claim, sentence) in THEOREMS.items():
            yield CodeObligation(f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(format, name))
