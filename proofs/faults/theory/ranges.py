"""Wrong operations on ranges, each of which some obligation must refute."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from z3 import And, Not, Or

from model.ranges.readings import Crossing, Own
from model.ranges.theory import is_source, is_target, some, some_pair
from model.signature import fresh
from model.spaces.vocabulary import State
from proofs.faults.theory.range_fault import Made, RangeAction, RangeFault, after, changed, misread, without

Row: TypeAlias = tuple[str, str, str, Callable[..., RangeAction]]
"""A fault's name, its mechanism, the operation that is wrong, and the wrong operation."""

PASSING = ("map_range", "grant_range")
_ANYTHING = fresh(State, "_anything")


def _unasked() -> Iterator[Row]:
    """What map and grant of a range do not ask for."""
    for action in PASSING:
        for name, guard, mechanism in (
            ("two-pages-to-one-place", "one page goes to a place", "two pages of a range go to one place"),
            ("frame-overwritten", "destinations hold no frame", "a page of the window that holds a frame is lost"),
            ("page-without-right", "some right is passed on of each", "a page of a range goes without a right"),
            ("overlap", "no source is a destination", "a range goes into a window that overlaps it"),
            ("crossing", "no source derives from any destination", "a source derives from the place of another page"),
        ):
            yield name, mechanism, action, changed(action, without(guard))
    twice = without("a page goes to one place")
    yield "page-to-two-places", "a page is granted to two places", "grant_range", changed("grant_range", twice)


def _passed() -> Iterator[Row]:
    """Wrong results of map and grant."""
    for action in PASSING:
        yield (
            "rights-not-intersected",
            "the destinations have the rights asked for",
            action,
            changed(
                action,
                after(lambda s, n, c: {"right": lambda x, a: Or(n.right(x, a), And(is_target(c.to, x), c.mask(a)))}),
            ),
        )
        yield (
            "wrong-offset",
            "a destination shows the frame of another page of the range",
            action,
            changed(
                action,
                after(
                    lambda s, n, c: {
                        "phys": lambda x, r: Or(
                            And(n.phys(x, r), Not(is_target(c.to, x))),
                            And(is_target(c.to, x), some_pair(c.to, lambda src, dst: s.phys(src, r), x)),
                        )
                    }
                ),
            ),
        )
        yield (
            "window-not-flushed",
            "what derived from the destinations stays in use",
            action,
            changed(action, after(lambda s, n, c: {"live": lambda x: Or(n.live(x), s.live(x))})),
        )
        yield (
            "no-links",
            "the destinations derive from nothing",
            action,
            changed(
                action, after(lambda s, n, c: {"derives": lambda x, y: And(n.derives(x, y), Not(is_target(c.to, x)))})
            ),
        )
    yield (
        "takes-sources",
        "a map takes the pages that it maps",
        "map_range",
        changed("map_range", after(lambda s, n, c: {"live": lambda x: And(n.live(x), Not(is_source(c.to, x)))})),
    )
    yield (
        "keeps-sources",
        "a grant leaves the pages that it grants",
        "grant_range",
        changed("grant_range", after(lambda s, n, c: {"live": lambda x: Or(n.live(x), is_source(c.to, x))})),
    )
    yield (
        "orphans-children",
        "what was mapped from granted pages derives from nothing",
        "grant_range",
        changed(
            "grant_range",
            after(lambda s, n, c: {"derives": lambda x, y: And(n.derives(x, y), Not(is_target(c.to, y)))}),
        ),
    )
    yield (
        "children-keep-rights",
        "what was mapped from granted pages keeps all its rights",
        "grant_range",
        changed(
            "grant_range",
            after(
                lambda s, n, c: {
                    "right": lambda x, a: Or(n.right(x, a), And(s.right(x, a), n.live(x), Not(is_target(c.to, x))))
                }
            ),
        ),
    )


def _flushed() -> Iterator[Row]:
    """Wrong flushes of ranges."""
    flush = "flush_range"
    yield (
        "own-stays",
        "pages of a flushed range stay that derive from others of it",
        flush,
        misread(flush, own=Own.RANGE),
    )
    yield (
        "takes-own",
        "a flush takes the range itself",
        flush,
        changed(flush, after(lambda s, n, c: {"live": lambda x: And(n.live(x), Not(c.within(x)))})),
    )
    yield (
        "too-wide",
        "a flush takes what the range derives from",
        flush,
        changed(
            flush,
            after(
                lambda s, n, c: {
                    "live": lambda x: And(n.live(x), Not(some(lambda of: And(c.within(of), s.derives(of, x)), x)))
                }
            ),
        ),
    )
    yield (
        "children-only",
        "what was mapped on from the children of a flushed range stays",
        flush,
        changed(
            flush,
            after(
                lambda s, n, c: {
                    "live": lambda x: Or(
                        n.live(x), And(s.live(x), some(lambda of: And(s.derives(x, of), Not(c.within(of))), x))
                    )
                }
            ),
        ),
    )
    yield (
        "rights-stay",
        "a flush of some rights takes none",
        flush,
        changed(flush, after(lambda s, n, c: {"right": lambda x, a: And(s.right(x, a), n.live(x))})),
    )
    yield (
        "entries-stay",
        "what a flush takes stays in P",
        flush,
        changed(flush, after(lambda s, n, c: {"phys": lambda x, r: s.phys(x, r)})),
    )
    yield (
        "cuts-links",
        "what a flush leaves derives from the range no more",
        flush,
        changed(flush, after(lambda s, n, c: {"derives": lambda x, y: And(n.derives(x, y), Not(c.within(y)))})),
    )


def _forgets(symbol: str) -> Made:
    """After the operation the relation is anything."""
    return after(lambda s, n, c: {symbol: getattr(_ANYTHING, symbol)})


def _forgotten() -> Iterator[Row]:
    """A relation that is anything at all after the operation."""
    for action in (*PASSING, "flush_range"):
        for symbol in ("derives", "live", "holds", "phys", "right"):
            told = f"an operation on a range leaves anything in {symbol}"
            yield f"forgets-{symbol}", told, action, changed(action, _forgets(symbol))


def _misread() -> Iterator[Row]:
    yield (
        "crosses-as-read",
        "links through pages that the flush of the window takes are cut there",
        "map_range",
        misread("map_range", crossing=Crossing.ALLOWED),
    )


def faults() -> Iterator[RangeFault]:
    """All faults of ranges; those that several operations can have are called after the operation too."""
    rows = (*_unasked(), *_passed(), *_flushed(), *_forgotten(), *_misread())
    times = Counter(name for name, *_ in rows)
    for name, mechanism, action, wrong in rows:
        of_action = f"-{action.removesuffix('_range')}" if times[name] > 1 else ""
        yield RangeFault(f"range-{name}{of_action}", mechanism, action, wrong)
