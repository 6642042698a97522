"""Wrong maps and grants: what the two have in common, the destination, its rights and the side conditions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from z3 import And, Not, Or

from model.spaces.dialect import (
    Ancestor,
    FrameHolder,
    NoRights,
    Occupied,
    OwnSlot,
    Passing,
    Reading,
    Readings,
    Source,
)
from model.spaces.theory import Formula, Term, same_frame
from proofs.applies import offers_grant
from proofs.faults.theory.fault import Made, Maker, TheoryFault, changed, compose, misread, refused
from proofs.obligation import Step, always, something_is_done
from proofs.terms import is_or_derives

Change = Callable[[Made], Mapping[str, Any]]


def _extends(readings: Readings) -> bool:
    return readings.occupied in (Occupied.EXTENDED_CHILD, Occupied.EXTENDED_FRAME)


def _idles(readings: Readings) -> bool:
    return readings.own_slot == OwnSlot.NOTHING or readings.no_rights == NoRights.NOTHING


def _replaces(readings: Readings) -> bool:
    return readings.occupied == Occupied.REPLACED


def _below_dst(m: Made, x: Term) -> Formula:
    return m.before.derives(x, m.called.dst)


def _subtree_stays(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    return {
        "derives": lambda x, y: Or(t.derives(x, y), And(_below_dst(m, x), s.derives(x, y))),
        "live": lambda x: Or(t.live(x), And(_below_dst(m, x), s.live(x))),
        "phys": lambda x, r: Or(t.phys(x, r), And(_below_dst(m, x), s.phys(x, r))),
        "right": lambda x, a: Or(t.right(x, a), And(_below_dst(m, x), s.right(x, a))),
    }


def _subtree_follows(m: Made) -> dict[str, Any]:
    s, t, src, dst = m.before, m.after, m.called.src, m.called.dst

    def inner(y: Term) -> Formula:
        return Or(y == dst, _below_dst(m, y))

    return {
        "derives": lambda x, y: Or(
            t.derives(x, y), And(_below_dst(m, x), Or(And(inner(y), s.derives(x, y)), t.derives(dst, y)))
        ),
        "live": lambda x: Or(t.live(x), _below_dst(m, x)),
        "phys": lambda x, r: Or(t.phys(x, r), And(_below_dst(m, x), s.phys(src, r))),
        "right": lambda x, a: Or(t.right(x, a), And(_below_dst(m, x), s.right(x, a), t.right(dst, a))),
    }


def _entries_of_subtree_stay(m: Made) -> dict[str, Any]:
    return {"phys": lambda x, r: Or(m.after.phys(x, r), And(_below_dst(m, x), m.before.phys(x, r)))}


def _no_entry(m: Made) -> dict[str, Any]:
    return {"phys": lambda x, r: And(m.after.phys(x, r), x != m.called.dst)}


def _old_entry_stays(m: Made) -> dict[str, Any]:
    dst = m.called.dst
    return {"phys": lambda x, r: Or(And(m.after.phys(x, r), x != dst), And(x == dst, m.before.phys(dst, r)))}


def _entry_ored(m: Made) -> dict[str, Any]:
    dst = m.called.dst
    return {"phys": lambda x, r: Or(m.after.phys(x, r), And(x == dst, m.before.phys(dst, r)))}


def _rights_ored(m: Made) -> dict[str, Any]:
    dst = m.called.dst
    return {"right": lambda x, a: Or(m.after.right(x, a), And(x == dst, m.before.right(dst, a)))}


def _asked_rights_ored(m: Made) -> dict[str, Any]:
    return {"right": lambda x, a: Or(m.after.right(x, a), And(x == m.called.dst, m.called.mask(a)))}


def _mask_ignored(m: Made) -> dict[str, Any]:
    src, dst = m.called.src, m.called.dst
    return {"right": lambda x, a: Or(m.after.right(x, a), And(x == dst, m.before.right(src, a)))}


def _old_link_stays(m: Made) -> dict[str, Any]:
    dst = m.called.dst
    return {"derives": lambda x, y: Or(m.after.derives(x, y), And(x == dst, m.before.derives(dst, y)))}


def _not_marked_in_use(m: Made) -> dict[str, Any]:
    return {"live": lambda x: And(m.after.live(x), x != m.called.dst)}


def _marked_in_use(m: Made) -> dict[str, Any]:
    return {"live": lambda x: Or(m.after.live(x), x == m.called.dst)}


def _entry_everywhere(m: Made) -> dict[str, Any]:
    s = m.before
    return {"phys": lambda x, r: Or(m.after.phys(x, r), And(Not(s.live(x)), s.phys(m.called.src, r)))}


def _whole_frame_unmapped(m: Made) -> dict[str, Any]:
    t, src, dst = m.after, m.called.src, m.called.dst

    def hit(x: Term) -> Formula:
        return And(x != src, x != dst, same_frame(m.before, x, dst))

    return {
        "derives": lambda x, y: And(t.derives(x, y), Not(hit(x))),
        "live": lambda x: And(t.live(x), Not(hit(x))),
        "holds": lambda x, r: And(t.holds(x, r), Not(hit(x))),
        "phys": lambda x, r: And(t.phys(x, r), Not(hit(x))),
        "right": lambda x, a: And(t.right(x, a), Not(hit(x))),
    }


def _holds_as_well(m: Made) -> dict[str, Any]:
    s, src, dst = m.before, m.called.src, m.called.dst
    return {"holds": lambda x, r: Or(s.holds(x, r), m.after.holds(x, r), And(x == dst, s.phys(src, r)))}


def _first_link_only(m: Made) -> dict[str, Any]:
    s, src, dst = m.before, m.called.src, m.called.dst
    # Of all that the destination derives from, the ancestors of the mapper are left out.
    return {"derives": lambda x, y: And(m.after.derives(x, y), Not(And(x == dst, s.derives(src, y))))}


def _leaf_below_itself(m: Made) -> dict[str, Any]:
    dst = m.called.dst
    return {"derives": lambda x, y: Or(m.after.derives(x, y), And(x == dst, y == dst))}


_SIDE_CONDITIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "rights-not-intersected",
        "the rights asked for are installed, whatever the source has",
        {"passing": Passing.AS_GIVEN},
    ),
    (
        "empty-rights",
        "an empty set of rights makes a mapping all the same",
        {"no_rights": NoRights.ALLOWED},
    ),
    ("onto-itself", "nothing stops a page that goes onto itself", {"own_slot": OwnSlot.ALLOWED}),
    (
        "ancestor-slot",
        "nothing stops a page that goes onto one it came from",
        {"ancestor": Ancestor.ALLOWED},
    ),
    (
        "frame-lost",
        "the slot that holds a frame is overwritten, and nobody holds the frame then",
        {"frame_holder": FrameHolder.REPLACED},
    ),
    (
        "source-unchecked",
        "a page that nobody can access is passed on",
        {"source": Source.ALLOWED, "no_rights": NoRights.ALLOWED},
    ),
)

_CHANGES: tuple[tuple[str, str, Change], ...] = (
    ("destination-not-flushed", "what derived from the destination stays as it was", _subtree_stays),
    (
        "destination-carries-subtree",
        "what derived from the destination stays below it and shows the new page",
        _subtree_follows,
    ),
    (
        "entry-survives-overmap",
        "page-table entries of what derived from the destination are not erased",
        _entries_of_subtree_stay,
    ),
    ("entry-not-written", "the destination's page-table entry is left empty", _no_entry),
    ("old-entry-stays", "the destination's old page-table entry stays", _old_entry_stays),
    ("entry-ored", "the new page-table entry is written over the old without clearing it", _entry_ored),
    ("rights-ored", "the destination keeps the rights that it had before", _rights_ored),
    ("mask-ignored", "all rights of the source are passed on, whatever was asked for", _mask_ignored),
    ("old-link-stays", "the destination stays in its old tree as well", _old_link_stays),
    ("not-marked-in-use", "the destination's node is linked but still counts as free", _not_marked_in_use),
    ("entry-everywhere", "the new translation shows in every empty slot of every space", _entry_everywhere),
    (
        "foreign-unmap",
        "whatever else shows the destination's old frame is unmapped, wherever it came from",
        _whole_frame_unmapped,
    ),
    (
        "ancestors-forgotten",
        "the new node does not derive from what its mapper derives from",
        _first_link_only,
    ),
    ("loop-in-list", "the new node is linked below itself", _leaf_below_itself),
)


def faults() -> Iterator[TheoryFault]:
    """Faults that both map and grant can have."""
    for action in ("map", "grant"):
        offered = offers_grant if action == "grant" else always
        for what, mechanism, readings in _SIDE_CONDITIONS:
            yield TheoryFault(f"{action}-{what}", mechanism, action, misread(**readings), offered)
        for what, mechanism, change in _CHANGES:
            yield TheoryFault(f"{action}-{what}", mechanism, action, changed(change), offered)
        yield TheoryFault(f"{action}-refused", f"every {action} is refused", action, refused, offered, refuses=True)
        holds: Callable[[Maker], Maker] = compose(misread(frame_holder=FrameHolder.REPLACED), changed(_holds_as_well))
        yield TheoryFault(
            f"{action}-frame-held-twice",
            "the destination becomes a holder of the frame, and stays one of what it held",
            action,
            holds,
            offered,
        )
    yield TheoryFault(
        "grant-ancestor-read-before",
        "a page is granted onto one it came from, and its link was read before the flush",
        "grant",
        misread(ancestor=Ancestor.ALLOWED, reading=Reading.BEFORE),
        offers_grant,
    )
    yield TheoryFault(
        "grant-of-nothing",
        "a page that nobody can access is granted, and its destination counts as in use",
        "grant",
        compose(misread(source=Source.ALLOWED, no_rights=NoRights.ALLOWED), changed(_marked_in_use)),
        offers_grant,
    )
    for action in ("map", "grant"):
        yield TheoryFault(
            f"{action}-occupied-refused",
            "a destination in use is refused",
            action,
            misread(occupied=Occupied.REFUSED),
            lambda readings: readings.occupied != Occupied.REFUSED,
            refuses=True,
        )
    yield TheoryFault(
        "map-upgrade-wrong",
        "a page mapped again gets the rights asked for, not those of them that its source has",
        "map",
        changed(_asked_rights_ored),
        _extends,
    )
    yield TheoryFault(
        "map-upgrade-replaces",
        "a page mapped again replaces what is there, and what was mapped from it is flushed",
        "map",
        misread(occupied=Occupied.REPLACED),
        _extends,
    )
    for action in ("map", "grant"):
        yield TheoryFault(
            f"{action}-idle-erases-entry",
            f"a {action} that should do nothing erases the destination's page-table entry",
            action,
            changed(_entry_erased_in_vain),
            _idles,
        )
    yield TheoryFault(
        "map-copies-link",
        "map passes on the source's own link or frame instead of a link to the source",
        "map",
        changed(_source_link),
    )
    yield TheoryFault(
        "map-moves-entry", "the page-table entry moves instead of being copied", "map", changed(_entry_moves)
    )
    yield TheoryFault("map-empties-source", "the source is emptied as by a grant", "map", changed(_source_emptied))
    yield TheoryFault(
        "map-flushes-source",
        "what derives from the source is flushed, not what derives from the destination",
        "map",
        changed(_source_flushed),
    )


def _entry_erased_in_vain(m: Made) -> dict[str, Any]:
    done = And(*something_is_done(Step(m.dialect, m.before, m.after, m.called)).values())
    return {"phys": lambda x, r: And(m.after.phys(x, r), Or(done, x != m.called.dst))}


def _source_link(m: Made) -> dict[str, Any]:
    s, t, src, dst = m.before, m.after, m.called.src, m.called.dst
    return {
        "derives": lambda x, y: And(t.derives(x, y), Or(x != dst, s.derives(src, y))),
        "holds": lambda x, r: Or(t.holds(x, r), And(x == dst, s.holds(src, r))),
    }


def _entry_moves(m: Made) -> dict[str, Any]:
    return {"phys": lambda x, r: And(m.after.phys(x, r), x != m.called.src)}


def _source_emptied(m: Made) -> dict[str, Any]:
    t, src = m.after, m.called.src
    return {
        "derives": lambda x, y: And(t.derives(x, y), x != src),
        "live": lambda x: And(t.live(x), x != src),
        "holds": lambda x, r: And(t.holds(x, r), x != src),
        "phys": lambda x, r: And(t.phys(x, r), x != src),
        "right": lambda x, a: And(t.right(x, a), x != src),
    }


def _source_flushed(m: Made) -> dict[str, Any]:
    s, t, src, dst = m.before, m.after, m.called.src, m.called.dst

    def hit(x: Term) -> Formula:
        return And(s.derives(x, src), x != dst, Not(is_or_derives(s, x, dst)))

    return {
        "derives": lambda x, y: And(t.derives(x, y), Not(hit(x))),
        "live": lambda x: And(t.live(x), Not(hit(x))),
        "phys": lambda x, r: And(t.phys(x, r), Not(hit(x))),
        "right": lambda x, a: And(t.right(x, a), Not(hit(x))),
    }
