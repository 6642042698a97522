"""Wrong flushes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from z3 import And, Exists, If, Not, Or

from model.spaces.dialect import Dialect, OwnPage, PartialFlush, Readings
from model.spaces.theory import Action, Formula, Parameters, State, Term, a, before, called, owner, parent, same_frame
from proofs.faults.theory.fault import Made, Maker, TheoryFault, changed, misread, refused
from proofs.obligation import always


def _any_rights(readings: Readings) -> bool:
    return readings.partial_flush == PartialFlush.ANY


def _below(m: Made, x: Term) -> Formula:
    return m.before.derives(x, m.called.src)


def _gone(m: Made, x: Term) -> Formula:
    return And(_below(m, x), Not(m.after.live(x)))


def _stays(m: Made, kept: Any) -> dict[str, Any]:
    """Those slots are as they were."""
    s, t = m.before, m.after
    return {
        "derives": lambda x, y: If(kept(x), s.derives(x, y), t.derives(x, y)),
        "live": lambda x: If(kept(x), s.live(x), t.live(x)),
        "phys": lambda x, r: If(kept(x), s.phys(x, r), t.phys(x, r)),
        "right": lambda x, a: If(kept(x), s.right(x, a), t.right(x, a)),
    }


def _removed(m: Made, hit: Any) -> dict[str, Any]:
    """Those slots become nil as well."""
    t = m.after
    return {
        "derives": lambda x, y: And(t.derives(x, y), Not(hit(x))),
        "live": lambda x: And(t.live(x), Not(hit(x))),
        "holds": lambda x, r: And(t.holds(x, r), Not(hit(x))),
        "phys": lambda x, r: And(t.phys(x, r), Not(hit(x))),
        "right": lambda x, a: And(t.right(x, a), Not(hit(x))),
    }


def _stops_at_children(m: Made) -> dict[str, Any]:
    return _stays(m, lambda x: And(_below(m, x), Not(parent(m.before, x, m.called.src))))


def _too_wide(m: Made) -> dict[str, Any]:
    s, src = m.before, m.called.src
    return _removed(m, lambda x: And(same_frame(s, x, src), x != src, Not(s.derives(src, x))))


def _whole_frame(m: Made) -> dict[str, Any]:
    return _removed(m, lambda x: And(same_frame(m.before, x, m.called.src), x != m.called.src))


def _wrong_slot(m: Made) -> dict[str, Any]:
    src = m.called.src
    return {**_stays(m, lambda x: _below(m, x)), "live": lambda x: And(m.before.live(x), x != src)}


def _whole_space_if_nil(m: Made) -> dict[str, Any]:
    src = m.called.src
    return _removed(m, lambda x: And(Not(m.before.live(src)), owner(x) == owner(src)))


def _entries_stay(m: Made) -> dict[str, Any]:
    return {"phys": m.before.phys}


def _only_entries(m: Made) -> dict[str, Any]:
    t = m.after
    stays = _stays(m, lambda x: _gone(m, x))
    return {**stays, "phys": lambda x, r: And(t.phys(x, r), Not(_below(m, x)))}


def _own_entry(m: Made) -> dict[str, Any]:
    return {"phys": lambda x, r: And(m.after.phys(x, r), x != m.called.src)}


def _rights_stay(m: Made) -> dict[str, Any]:
    return {"right": m.before.right}


def _rights_assigned(m: Made) -> dict[str, Any]:
    t = m.after
    return {"right": lambda x, a: If(And(_below(m, x), t.live(x)), Not(m.called.mask(a)), t.right(x, a))}


def _without_rights_stays(m: Made) -> dict[str, Any]:
    t = m.after
    return {**_stays(m, lambda x: _gone(m, x)), "right": t.right}


def _orphans(m: Made) -> dict[str, Any]:
    return {**_stays(m, lambda x: _gone(m, x)), "derives": m.after.derives}


def _links_stay(m: Made) -> dict[str, Any]:
    return {"derives": m.before.derives}


def _ancestors_forgotten(m: Made) -> dict[str, Any]:
    s, src = m.before, m.called.src
    return {"derives": lambda x, y: And(m.after.derives(x, y), Not(And(s.derives(x, src), s.derives(src, y))))}


def _frame_released(m: Made) -> dict[str, Any]:
    return {"holds": lambda x, r: And(m.after.holds(x, r), x != m.called.src)}


def _frame_claimed(m: Made) -> dict[str, Any]:
    src = m.called.src
    return {"holds": lambda x, r: Or(m.after.holds(x, r), And(x == src, m.before.phys(src, r)))}


def _frame_back_to_space(m: Made) -> dict[str, Any]:
    s, src = m.before, m.called.src
    return {"holds": lambda x, r: Or(m.after.holds(x, r), And(owner(x) == owner(src), s.phys(src, r), s.live(x)))}


def _loops(m: Made) -> dict[str, Any]:
    src = m.called.src
    return {"derives": lambda x, y: Or(m.after.derives(x, y), And(x == src, y == src))}


def _reloads_space(m: Made) -> dict[str, Any]:
    s, src = m.before, m.called.src
    return {"phys": lambda x, r: Or(m.after.phys(x, r), And(owner(x) == owner(src), s.phys(src, r)))}


def _exposes(m: Made) -> dict[str, Any]:
    s, src = m.before, m.called.src
    return {"phys": lambda x, r: Or(m.after.phys(x, r), And(Not(s.live(x)), s.phys(src, r)))}


def _early_clear(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    return {"live": lambda x: And(t.live(x), Not(And(_below(m, x), Exists([a], And(s.right(x, a), m.called.mask(a))))))}


def _complement(maker: Maker) -> Maker:
    def make(dialect: Dialect, s: State = before, p: Parameters = called, /) -> Action:
        return replace(maker(dialect, s, replace(p, mask=lambda a: Not(p.mask(a)))), called=p)

    return make


def faults() -> Iterator[TheoryFault]:
    """Faults of flush."""
    for what, mechanism, change, applies in (
        (
            "stops-at-children",
            "only what was mapped directly from the page goes",
            _stops_at_children,
            always,
        ),
        ("too-wide", "whatever shows the frame goes, but for what the page derives from", _too_wide, always),
        ("whole-frame", "whatever shows the frame goes, even above the page", _whole_frame, always),
        ("wrong-slot-unmapped", "the page itself is emptied, what derives from it stays", _wrong_slot, always),
        (
            "nil-empties-space",
            "the flush of a nil page empties the whole space",
            _whole_space_if_nil,
            always,
        ),
        ("database-not-page-table", "the database is updated, page-table entries stay", _entries_stay, always),
        (
            "page-table-not-database",
            "page-table entries go, the database is not updated",
            _only_entries,
            always,
        ),
        ("own-entry-erased", "the page's own entry is erased as well", _own_entry, always),
        (
            "rights-cached",
            "rights stay as they were, since they count as taken already",
            _rights_stay,
            _any_rights,
        ),
        (
            "rights-assigned",
            "all rights but those named are set instead of those named being cleared",
            _rights_assigned,
            _any_rights,
        ),
        ("empty-stays", "what has no right left stays", _without_rights_stays, always),
        ("non-final-delete", "the node is deleted, the page stays mapped", _orphans, always),
        ("links-stay", "links of what is gone stay", _links_stay, always),
        (
            "ancestors-forgotten",
            "what remains no longer derives from what the page derives from",
            _ancestors_forgotten,
            _any_rights,
        ),
        ("frame-released", "the frame is given up with its last mapping", _frame_released, always),
        ("frame-claimed", "the flusher becomes the frame's holder", _frame_claimed, always),
        (
            "frame-held-by-space",
            "every page in use of the flusher's space becomes a holder of the frame",
            _frame_back_to_space,
            always,
        ),
        ("loop-in-list", "the page is linked below itself", _loops, always),
        (
            "reloads-space",
            "every entry of the flusher's space is loaded with the page's frame",
            _reloads_space,
            always,
        ),
        ("frame-exposed", "the frame shows in every empty slot of every space", _exposes, always),
    ):
        yield TheoryFault(f"flush-{what}", mechanism, "flush", changed(change), applies)
    yield TheoryFault(
        "flush-early-clear",
        "what loses some of its rights counts as free though it keeps others",
        "flush",
        changed(_early_clear),
        _any_rights,
    )
    yield TheoryFault("flush-refused", "every flush is refused", "flush", refused, refuses=True)
    yield TheoryFault(
        "flush-partly-refused",
        "a flush of some rights only is refused",
        "flush",
        misread(partial_flush=PartialFlush.ALL_ONLY),
        _any_rights,
        refuses=True,
    )
    yield TheoryFault(
        "flush-takes-own-page",
        "the page itself goes with what derives from it",
        "flush",
        misread(own_page=OwnPage.INCLUDED),
        lambda readings: readings.own_page == OwnPage.KEPT,
    )
    yield TheoryFault(
        "flush-rights-complement",
        "the complement of the rights named is taken",
        "flush",
        _complement,
        _any_rights,
    )
