"""A walk over entries that the kernel wrote finds what the entry shows, exactly.

The walker's code is executed; what is added to :mod:`proofs.obligations.machine.walk` is which entries are on the
way: absent
ones, pointers to tables in memory and a leaf, all as the format encodes them, with whatever walks marked in them.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from z3 import And, Bool, BoolVal, Implies

from machine.events import ACCESSES
from machine.formats import FORMATS, Format
from machine.formats.base import ACCESSED, DIRTY
from machine.walker import Translation
from model.spaces.theory import Formula
from proofs.execution.integers import Integer, choice, integer, natural
from proofs.execution.path import conjunction
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine import agreement
from proofs.obligations.machine.bits import prefix
from proofs.obligations.machine.walk import setting_of, truth_of, walked
from proofs.obligations.machine.walk_spec import Walked
from proofs.obligations.source import CODE, Code

FINDS_EXACTLY = "walk__finds__exactly_the_entry"
STAYS_TAGGED = "walk__finds__pages_of_one_space"


class Written:
    """The entries on the way of an address, as the kernel wrote them."""

    def __init__(self, format: Format, walk: Walked) -> None:
        """Tables may be missing, and the page may have any rights."""
        self.format = format
        self.walk = walk
        self.frame = natural("frame", format.frame_mask(0).bit_length())
        self.rights = natural("rights", 3)
        self.flags = natural("flags", 3)
        self.there = {level: Bool(f"a table hangs at level {level}") for level in range(1, format.levels)}

    @property
    def given(self) -> dict[str, Formula]:
        """Return what the entries are, and how the access is made."""
        walk, above = self.walk, conjunction(self.there.values())
        leaf = integer(self.format.encode_leaf(self.frame, self.rights, 1, 0, self.flags))
        return {
            **self.of_access,
            **self.above(0),
            "the entry at level 0 is the page's or absent": Implies(
                above, walk.entry[0] == choice(leaf == 0, 0, self.as_marked(leaf, 0, True))
            ),
            "the last table is in memory": Implies(above, walk.inside(0)),
        }

    @property
    def of_access(self) -> dict[str, Formula]:
        """Return how the access is made."""
        return {
            "modes are those that a kernel chooses": integer(self.walk.control) == self.format.default_control,
            "the access is the user's": self.walk.user == 1,
            "the address is one that the format translates": self.walk.translated,
            "flags are accessed and dirty": self.flags & ~(ACCESSED | DIRTY) == 0,
        }

    def above(self, bottom: int) -> dict[str, Formula]:
        """Return what the entries are above a level: pointers to tables in memory, or absent."""
        format, walk, given = self.format, self.walk, dict[str, Formula]()
        above = BoolVal(True)
        for level in range(format.root_level, bottom, -1):
            table = natural(f"table{level}", format.table_mask.bit_length())
            entry = self.as_marked(integer(format.encode_pointer(table)), level, False)
            given[f"the entry at level {level} is a pointer or absent"] = Implies(
                above, walk.entry[level] == choice(self.there[level], entry, 0)
            )
            given[f"the table at level {level} is in memory"] = Implies(above, walk.inside(level))
            above = And(above, self.there[level])
        return given

    def as_marked(self, entry: Integer, level: int, leaf: bool) -> Integer:
        """The entry with what walks for any accesses have marked in it."""
        for access in ACCESSES:
            marks = integer(self.format.mark(integer(0), int(leaf), access))
            entry = entry | choice(Bool(f"marked for {access} at level {level}"), marks, 0)
        return entry

    @property
    def expressible(self) -> Formula:
        """The format grants just these rights."""
        return integer(self.format.granted(self.rights)) == self.rights

    def shows(self, frame: Integer) -> Formula:
        """The page is in the tables, shows that frame, and has the right that the access needs."""
        return And(*self.there.values(), self.frame == frame, self.rights & self.walk.access != 0)


@cache
def written(format: Format) -> Written:
    """The entries of a format."""
    return Written(format, setting_of(format))


def found(walk: Walked, result: object, frame: Integer) -> Formula:
    """The translation succeeds, in that frame, at the same place in it."""
    if not isinstance(result, Translation):
        return BoolVal(False)
    return integer(result.physical) == frame * 4096 + (walk.address & 0xFFF)


def conditions(format: Format, what: str, code: Code = CODE) -> Iterator[Condition]:
    """One condition for each path through the translation."""
    walk, entries = setting_of(format), written(format)
    given = {**walk.arguments, **walk.read, **entries.given}
    frame = natural("any_frame", 52)
    for one in walked(format, code):
        if one.result is None:
            continue
        if what == FINDS_EXACTLY:
            goal = agreement.finds_exactly(entries.expressible, found(walk, one.result, frame), entries.shows(frame))
        elif isinstance(one.result, Translation):
            goal = And(BoolVal(one.result.level == 0), truth_of(one.result.shared) == BoolVal(False))
        else:
            continue
        yield Condition(given, dict.fromkeys(given, "assumption"), Implies(conjunction(one.path.facts), goal))


THEOREMS = {
    FINDS_EXACTLY: ("C4", "a walk over entries that the kernel wrote finds what the page's entry shows, exactly"),
    STAYS_TAGGED: ("C4", "a walk over entries that the kernel wrote finds one page, and nothing global"),
}


def _build(format: Format, what: str) -> Build:
    return lambda dialect, code: conditions(code.of_format(format), what, code)


def obligations(formats: Iterable[Format] = FORMATS) -> Iterator[CodeObligation]:
    """For each format what a walk finds in the kernel's tables."""
    for format in formats:
        for name, (claim, sentence) in THEOREMS.items():
            yield CodeObligation(f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(format, name))
