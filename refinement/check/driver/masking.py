"""The causes of differences in single pages, by numbers, so that compiled code can pass over those that are known.

A cause says what an operation met, as the pattern of the slots, and what differed then. It reads as those of ranges do
(:mod:`refinement.check.ranges.cause`), of which it is the part that one page can have. Where differences are masked,
every operation is compared at once, for what it left would be taken for a later one's.
"""

from collections.abc import Iterable, Iterator

from model.scope import ALL_RIGHTS
from model.spaces.literal import NIL
from model.spaces.operation import Kind
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.indexed import Indexed, derives

ALONE, ITSELF, FRAMES, ANCESTOR, OCCUPIED, HOLES, BEYOND, NO_COMMON = range(8)
WHERE = (
    "",
    " onto itself (reading own_slot)",
    " onto frames (reading frame_holder)",
    " onto an ancestor (reading ancestor)",
    " onto an occupied window (reading occupied)",
    " with holes",
    " out of range",
    " with no right in common (reading no_rights)",
)
"""What a map or grant meets, in words."""

HELD = ("nil", "holding frames", "mapped from others")
BELOW = ("nothing mapped on", "mapped on")
WITHIN = "mapped on within itself, reading own"
OF_FLUSH = (*(f" ({held}, {below})" for held in HELD for below in BELOW), WHERE[BEYOND])
"""What a flush meets, in words."""

SOME_RIGHTS = (", some rights", ", some rights (reading partial_flush)")
"""Said of other rights than all: of map and grant, and of flush."""

DONE_WRONGLY, REFUSED_WRONGLY, NO_STATUS, OWN_CHECK, LOOKED = range(5)
ENDINGS = (
    "done, though it is to be refused",
    "refused, though it can be done",
    "no status",
    "the target's own check fails",
)
PLACES = ("another page", "its space")
SEEN = ("shows nothing", "still shows something", "shows other rights", "shows another frame")
VIEWS = ("", " in the page table")
EFFECTS = LOOKED + len(PLACES) * len(SEEN) * len(VIEWS)
UNREADABLE = 3 * len(WHERE) * 2 * EFFECTS
"""The number of a look-up whose answer cannot be read, whatever operation came before."""
CAUSES = UNREADABLE + 1
NO_CAUSE = -1


@compiled
def pattern(s: Indexed, kind: Integer, src: Integer, dst: Integer, rights: Integer, in_range: bool) -> int:
    """The number of what an operation meets in the state before it; the slots are looked at only if in range."""
    where = ALONE
    if kind == Kind.FLUSH:
        if not in_range:
            where = BEYOND
        else:
            held = 0 if s.sigma[src] == NIL else 1 if s.sigma[src] < NIL else 2
            where = 2 * held + (1 if s.links[src, 0] >= 0 else 0)
    elif not in_range:
        where = BEYOND
    elif src == dst:
        where = ITSELF
    elif s.sigma[dst] < NIL:
        where = FRAMES
    elif derives(s, src, dst):
        where = ANCESTOR
    elif s.sigma[dst] != NIL:
        where = OCCUPIED
    elif s.sigma[src] == NIL:
        where = HOLES
    elif s.rights[src] & rights == 0:
        where = NO_COMMON
    return int(((kind - 1) * len(WHERE) + where) * 2 + (1 if rights != ALL_RIGHTS else 0))


@compiled
def seen(expected: Integer, got: Integer, own_space: bool, in_table: bool) -> int:
    """The number of a look-up's effect."""
    what = 0 if got < 0 else 1 if expected < 0 else 2 if expected == got else 3
    return int(LOOKED + (what * len(PLACES) + own_space) * len(VIEWS) + in_table)


def texts() -> Iterator[str]:
    """All causes in words, by their numbers."""
    for kind in (Kind.MAP, Kind.GRANT, Kind.FLUSH):
        for where in range(len(WHERE)):
            for some in ("", SOME_RIGHTS[kind == Kind.FLUSH]):
                for effect in _effects():
                    met = OF_FLUSH[min(where, BEYOND)] if kind == Kind.FLUSH else WHERE[where]
                    yield f"{kind.word} of a page{met}{some}: {effect}"


def _effects() -> Iterator[str]:
    yield from ENDINGS
    for what in SEEN:
        for place in PLACES:
            for view in VIEWS:
                yield f"{place} {what}{view}"


def unreadable(lacks: str) -> str:
    """The cause of a look-up whose answer cannot be read.

    :param lacks: what the answer lacks, if the target is driven from Python.

    >>> unreadable("")
    'a look-up: its answer is neither a frame nor -1'
    """
    return f"{LOOK_UP}{lacks or 'its answer is neither a frame nor -1'}"


LOOK_UP = "a look-up: "
TEXTS = (*texts(), unreadable(""))


def numbers(causes: Iterable[str]) -> list[int]:
    """The numbers of those causes that one page can have."""
    wanted = set(causes)
    found = [number for number, text in enumerate(TEXTS[:UNREADABLE]) if text in wanted]
    return found + [UNREADABLE] * any(cause.startswith(LOOK_UP) for cause in wanted)
