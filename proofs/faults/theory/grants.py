"""Wrong grants: what becomes of the source and of what was mapped from it."""

from collections.abc import Iterator
from typing import Any

from z3 import And, If, Not, Or

from model.spaces.dialect import GrantedChildren, Passing, Readings
from model.spaces.theory import Formula, Term, same_frame
from proofs.applies import offers_grant
from proofs.faults.theory.fault import Made, TheoryFault, changed, misread
from proofs.terms import is_or_derives


def _keeps(readings: Readings) -> bool:
    return readings.granted_children == GrantedChildren.KEPT and readings.passing == Passing.INTERSECTED


def _flushes(readings: Readings) -> bool:
    return readings.granted_children == GrantedChildren.FLUSHED


def _child(m: Made, x: Term) -> Formula:
    """The slot derived from the source and was not flushed with the destination."""
    s = m.before
    return And(s.derives(x, m.called.src), Not(is_or_derives(s, x, m.called.dst)))


def _children_forgotten(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    return {"derives": lambda x, y: If(And(_child(m, x), t.live(x)), s.derives(x, y), t.derives(x, y))}


def _children_orphaned(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    inner = m.called.src
    return {"derives": lambda x, y: And(t.derives(x, y), Not(And(_child(m, x), Not(s.derives(y, inner)))))}


def _children_keep_rights(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    return {"right": lambda x, a: Or(t.right(x, a), And(_child(m, x), t.live(x), s.right(x, a)))}


def _children_without_rights_stay(m: Made) -> dict[str, Any]:
    s, t, src, dst = m.before, m.after, m.called.src, m.called.dst
    return {
        "derives": lambda x, y: Or(
            t.derives(x, y), And(_child(m, x), Or(y == dst, And(y != src, s.derives(x, y), Not(y == dst))))
        ),
        "live": lambda x: Or(t.live(x), _child(m, x)),
        "phys": lambda x, r: Or(t.phys(x, r), And(_child(m, x), s.phys(x, r))),
    }


def _children_flattened(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    return {"derives": lambda x, y: And(t.derives(x, y), Not(And(_child(m, x), s.derives(y, m.called.src))))}


def _entries_of_children_erased(m: Made) -> dict[str, Any]:
    return {"phys": lambda x, r: And(m.after.phys(x, r), Not(_child(m, x)))}


def _entries_of_children_overwritten(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after
    return {"phys": lambda x, r: If(And(_child(m, x), t.live(x)), s.phys(m.called.dst, r), t.phys(x, r))}


def _source_stays(m: Made) -> dict[str, Any]:
    s, t, src = m.before, m.after, m.called.src
    return {
        "derives": lambda x, y: Or(t.derives(x, y), And(x == src, s.derives(src, y))),
        "live": lambda x: Or(t.live(x), And(x == src, s.live(src))),
        "phys": lambda x, r: Or(t.phys(x, r), And(x == src, s.phys(src, r))),
        "right": lambda x, a: Or(t.right(x, a), And(x == src, s.right(src, a))),
    }


def _entry_of_source_stays(m: Made) -> dict[str, Any]:
    src = m.called.src
    return {"phys": lambda x, r: Or(m.after.phys(x, r), And(x == src, m.before.phys(src, r)))}


def _rights_of_source_stay(m: Made) -> dict[str, Any]:
    src = m.called.src
    return {"right": lambda x, a: Or(m.after.right(x, a), And(x == src, m.before.right(src, a)))}


def _links_to_source(m: Made) -> dict[str, Any]:
    src, dst = m.called.src, m.called.dst
    return {"derives": lambda x, y: Or(m.after.derives(x, y), And(is_or_derives(m.after, x, dst), y == src))}


def _holder_not_updated(m: Made) -> dict[str, Any]:
    return {"holder": m.before.holder}


def _frame_not_passed(m: Made) -> dict[str, Any]:
    return {"holds": lambda x, r: And(m.after.holds(x, r), x != m.called.dst)}


def _siblings_flushed(m: Made) -> dict[str, Any]:
    s, t, src, dst = m.before, m.after, m.called.src, m.called.dst

    def hit(x: Term) -> Formula:
        return And(same_frame(s, x, src), x != dst, Not(s.derives(src, x)))

    return {
        "derives": lambda x, y: And(t.derives(x, y), Not(hit(x))),
        "live": lambda x: And(t.live(x), Not(hit(x))),
        "phys": lambda x, r: And(t.phys(x, r), Not(hit(x))),
        "right": lambda x, a: And(t.right(x, a), Not(hit(x))),
    }


def faults() -> Iterator[TheoryFault]:
    """Faults that only grant can have."""
    for what, mechanism, change, applies in (
        (
            "forgets-children",
            "what was mapped from the source still derives from it",
            _children_forgotten,
            _keeps,
        ),
        (
            "orphans-children",
            "what was mapped from the source stays, and derives from nothing",
            _children_orphaned,
            _keeps,
        ),
        (
            "restrict-child-keeps",
            "what follows the page keeps rights that the page lost",
            _children_keep_rights,
            _keeps,
        ),
        (
            "empty-child-stays",
            "what follows the page stays without any right",
            _children_without_rights_stay,
            _keeps,
        ),
        (
            "flattens-children",
            "what follows the page is linked to it directly, in one level",
            _children_flattened,
            _keeps,
        ),
        (
            "erases-children-entries",
            "page-table entries of what follows the page are erased",
            _entries_of_children_erased,
            _keeps,
        ),
        (
            "overwrites-children-entries",
            "what follows the page shows what the destination showed",
            _entries_of_children_overwritten,
            _keeps,
        ),
        ("source-stays", "the page stays in the granter's space", _source_stays, offers_grant),
        (
            "source-entry-stays",
            "the granter's page-table entry is not erased",
            _entry_of_source_stays,
            offers_grant,
        ),
        ("source-rights-stay", "the granter's rights are not erased", _rights_of_source_stay, offers_grant),
        (
            "makes-new-link",
            "the destination gets a link to the source, which is empty then",
            _links_to_source,
            offers_grant,
        ),
        (
            "holder-not-updated",
            "who holds the frame is still looked up at the source",
            _holder_not_updated,
            offers_grant,
        ),
        (
            "frame-not-passed",
            "the destination does not become the frame's holder",
            _frame_not_passed,
            offers_grant,
        ),
        (
            "flushes-siblings",
            "whatever shows the frame is flushed, but for what the source derives from",
            _siblings_flushed,
            offers_grant,
        ),
    ):
        yield TheoryFault(f"grant-{what}", mechanism, "grant", changed(change), applies)
    yield TheoryFault(
        "grant-drops-children",
        "what was mapped from the source is flushed, though it should follow the page",
        "grant",
        misread(granted_children=GrantedChildren.FLUSHED),
        _keeps,
    )
    yield TheoryFault(
        "grant-keeps-children",
        "what was mapped from the source follows the page, though it should be flushed",
        "grant",
        misread(granted_children=GrantedChildren.KEPT),
        _flushes,
    )
