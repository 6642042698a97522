"""What each action does, in full: who derives from whom afterwards, and that nothing else changes.

Invariants alone do not catch a grant that forgets or orphans the children, or a flush that takes too much.
"""

from collections.abc import Iterator

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.dialect import Ancestor, GrantedChildren, Occupied, OwnPage, Passing, Readings
from model.theory import Formula, a, r, x, y
from proofs.obligation import Obligation, Step
from proofs.obligations.preservation import offers_grant
from proofs.obligations.terms import everything_unchanged, is_or_derives, keeps_a_right, unchanged


def _all_rights(step: Step) -> dict[str, Formula]:
    return {"all rights are taken": ForAll([a], step.called.mask(a))}


def _nil_page(step: Step) -> dict[str, Formula]:
    return {"the page is nil": Not(step.before.live(step.called.src))}


def _keeps_own_page(readings: Readings) -> bool:
    return readings.own_page == OwnPage.KEPT


def _replaces(readings: Readings) -> bool:
    """An occupied destination is replaced (or refused), never extended."""
    return readings.occupied in (Occupied.REFUSED, Occupied.REPLACED)


def _links(readings: Readings) -> bool:
    """The destination shows the source afterwards, whatever was there."""
    return readings.ancestor != Ancestor.EMPTIED


def _links_and_replaces(readings: Readings) -> bool:
    return _links(readings) and _replaces(readings)


def _intersects_and_replaces(readings: Readings) -> bool:
    return _links_and_replaces(readings) and readings.passing == Passing.INTERSECTED


def _grants_to(readings: Readings) -> bool:
    return offers_grant(readings) and _links(readings)


def _grants_narrowed(readings: Readings) -> bool:
    return _grants_to(readings) and readings.passing == Passing.INTERSECTED


def _children_kept(readings: Readings) -> bool:
    return _grants_narrowed(readings) and readings.granted_children == GrantedChildren.KEPT


def _children_flushed(readings: Readings) -> bool:
    return readings.granted_children == GrantedChildren.FLUSHED


# flush


def flush_leaves_nothing_below(step: Step) -> Formula:
    """Nothing derives from the page any more."""
    return ForAll([x], Not(step.after.derives(x, step.called.src)))


def flush_takes_access(step: Step) -> Formula:
    """What derived from the page shows no frame any more."""
    return ForAll([x, r], Implies(step.before.derives(x, step.called.src), Not(step.after.phys(x, r))))


def flush_takes_exactly_the_rights_named(step: Step) -> Formula:
    """What derived from the page has lost the rights named, and no others."""
    return ForAll(
        [x, a],
        Implies(
            step.before.derives(x, step.called.src),
            step.after.right(x, a) == And(step.before.right(x, a), Not(step.called.mask(a))),
        ),
    )


def flush_removes_exactly_what_has_none_left(step: Step) -> Formula:
    """What derived from the page stays exactly as long as it has a right."""
    kept = keeps_a_right(step, x, lambda a: Not(step.called.mask(a)))
    return ForAll([x], Implies(step.before.derives(x, step.called.src), step.after.live(x) == kept))


def flush_keeps_own_page(step: Step) -> Formula:
    """The page itself is unchanged."""
    return unchanged(step.before, step.after, step.called.src)


def flush_changes_nothing_else(step: Step) -> Formula:
    """A slot that did not derive from the page is unchanged."""
    outside = Not(is_or_derives(step.before, x, step.called.src))
    return ForAll([x], Implies(outside, unchanged(step.before, step.after, x)))


def flush_keeps_links_of_what_remains(step: Step) -> Formula:
    """What is still in use derives from the same slots as before."""
    return ForAll([x, y], Implies(step.after.live(x), step.after.derives(x, y) == step.before.derives(x, y)))


# map


def map_links_destination(step: Step) -> Formula:
    """The destination derives from the source, and from all that the source derives from, and from nothing else."""
    before, src, dst = step.before, step.called.src, step.called.dst
    return ForAll([y], step.after.derives(dst, y) == is_or_derives(before, src, y))


def shows_frame_at_destination(step: Step) -> Formula:
    """P of the destination is what P of the source was."""
    return ForAll([r], step.after.phys(step.called.dst, r) == step.before.phys(step.called.src, r))


def passes_rights(step: Step) -> Formula:
    """The destination has those rights asked for that the source had."""
    passed = And(step.before.right(step.called.src, a), step.called.mask(a))
    return ForAll([a], step.after.right(step.called.dst, a) == passed)


def flushes_destination(step: Step) -> Formula:
    """What derived from the destination is gone."""
    src, dst = step.called.src, step.called.dst
    return ForAll([x], Implies(And(step.before.derives(x, dst), x != dst, x != src), Not(step.after.live(x))))


def map_leaves_nothing_below_destination(step: Step) -> Formula:
    """The destination is a leaf."""
    return ForAll([x], Not(step.after.derives(x, step.called.dst)))


def map_changes_nothing_else(step: Step) -> Formula:
    """A slot that neither is the destination nor derived from it is unchanged, the source among them."""
    outside = Not(is_or_derives(step.before, x, step.called.dst))
    return ForAll([x], Implies(outside, unchanged(step.before, step.after, x)))


# grant


def grant_moves_link(step: Step) -> Formula:
    """The destination has the link or the frame that the source had: the link itself moves, no new one is made."""
    before, after, src, dst = step.before, step.after, step.called.src, step.called.dst
    return And(
        ForAll([y], after.derives(dst, y) == before.derives(src, y)),
        ForAll([r], after.holds(dst, r) == before.holds(src, r)),
    )


def grant_empties_source(step: Step) -> Formula:
    """The source is nil, and nothing derives from it."""
    after, src = step.after, step.called.src
    return And(
        Not(after.live(src)),
        ForAll([r], Not(after.phys(src, r))),
        ForAll([a], Not(after.right(src, a))),
        ForAll([y], And(Not(after.derives(src, y)), Not(after.derives(y, src)))),
    )


def _follows(step: Step) -> Formula:
    """x derived from the source, was not flushed with the destination, and has a right left."""
    before, src, dst = step.before, step.called.src, step.called.dst
    return And(before.derives(x, src), Not(is_or_derives(before, x, dst)), keeps_a_right(step, x, step.called.mask))


def grant_moves_children(step: Step) -> Formula:
    """Exactly what derived from the source and has a right left derives from the destination."""
    return ForAll([x], step.after.derives(x, step.called.dst) == _follows(step))


def grant_keeps_links_of_children(step: Step) -> Formula:
    """What follows the page derives from the same other slots as before."""
    others = And(y != step.called.src, y != step.called.dst)
    return ForAll([x, y], Implies(And(_follows(step), others), step.after.derives(x, y) == step.before.derives(x, y)))


def grant_narrows_children(step: Step) -> Formula:
    """What follows the page keeps the rights asked for, and no others."""
    kept = And(step.before.right(x, a), step.called.mask(a))
    return ForAll([x, a], Implies(_follows(step), step.after.right(x, a) == kept))


def grant_keeps_frame_of_children(step: Step) -> Formula:
    """What follows the page shows the same frame as before."""
    return ForAll([x, r], Implies(_follows(step), step.after.phys(x, r) == step.before.phys(x, r)))


def grant_flushes_children(step: Step) -> Formula:
    """What derived from the source is gone."""
    src, dst = step.called.src, step.called.dst
    return ForAll([x], Implies(And(step.before.derives(x, src), x != dst), Not(step.after.live(x))))


def grant_changes_nothing_else(step: Step) -> Formula:
    """A slot that derived neither from the source nor from the destination is unchanged."""
    before, src, dst = step.before, step.called.src, step.called.dst
    outside = Not(Or(is_or_derives(before, x, src), is_or_derives(before, x, dst)))
    return ForAll([x], Implies(outside, unchanged(before, step.after, x)))


def something_is_flushed(step: Step) -> Formula:
    """Some slot derives from the page (used to show that the effects are not vacuous)."""
    return Exists([x], step.before.derives(x, step.called.src))


def obligations() -> Iterator[Obligation]:
    """The effects of flush, map and grant."""
    flush = "flush"
    yield Obligation(
        "flush__leaves__nothing_below",
        "C2",
        "after a flush of all rights nothing derives from the page",
        flush,
        flush_leaves_nothing_below,
        assumes=_all_rights,
    )
    yield Obligation(
        "flush__takes__access_below",
        "C2",
        "after a flush of all rights what derived from the page shows no frame",
        flush,
        flush_takes_access,
        assumes=_all_rights,
    )
    yield Obligation(
        "flush__takes__exactly_the_rights_named",
        "C2",
        "what derives from the page loses the rights named, no others",
        flush,
        flush_takes_exactly_the_rights_named,
    )
    yield Obligation(
        "flush__removes__exactly_what_has_none_left",
        "C2",
        "what derives from the page goes when it has no right left",
        flush,
        flush_removes_exactly_what_has_none_left,
    )
    yield Obligation(
        "flush__keeps__own_page",
        "C2",
        "the page flushed stays as it is",
        flush,
        flush_keeps_own_page,
        applies=_keeps_own_page,
    )
    yield Obligation(
        "flush__changes__nothing_else",
        "C2",
        "what does not derive from the page is unchanged",
        flush,
        flush_changes_nothing_else,
    )
    yield Obligation(
        "flush__keeps__links_of_what_remains",
        "C2",
        "what remains derives from the same slots as before",
        flush,
        flush_keeps_links_of_what_remains,
    )
    yield Obligation(
        "flush__does__nothing_to_a_nil_page",
        "A.flush",
        "a flush of a nil page changes nothing",
        flush,
        everything_unchanged,
        assumes=_nil_page,
    )
    yield Obligation(
        "map__links__destination",
        "A.map",
        "the destination becomes a link to the source",
        "map",
        map_links_destination,
        applies=_links_and_replaces,
    )
    yield Obligation(
        "map__shows__frame_at_destination",
        "A.P",
        "map includes P′_v′ := P_v",
        "map",
        shows_frame_at_destination,
        applies=_links,
    )
    yield Obligation(
        "map__passes__rights",
        "B.rights",
        "the destination has the rights asked for that the source has",
        "map",
        passes_rights,
        applies=_intersects_and_replaces,
    )
    yield Obligation(
        "map__flushes__destination",
        "A.replace",
        "what derived from the destination is gone",
        "map",
        flushes_destination,
        applies=_replaces,
    )
    yield Obligation(
        "map__leaves__nothing_below_destination",
        "A.tree.map",
        "the destination is a leaf",
        "map",
        map_leaves_nothing_below_destination,
        applies=_replaces,
    )
    yield Obligation(
        "map__changes__nothing_else",
        "A.map",
        "only the destination and what derived from it changes",
        "map",
        map_changes_nothing_else,
    )
    yield Obligation(
        "grant__moves__link",
        "A.grant",
        "the link itself is transferred, not a new one made",
        "grant",
        grant_moves_link,
        applies=_grants_to,
    )
    yield Obligation(
        "grant__shows__frame_at_destination",
        "A.P",
        "grant includes P′_v′ := P_v",
        "grant",
        shows_frame_at_destination,
        applies=_grants_to,
    )
    yield Obligation(
        "grant__passes__rights",
        "B.rights",
        "the destination has the rights asked for that the source has",
        "grant",
        passes_rights,
        applies=_grants_narrowed,
    )
    yield Obligation(
        "grant__empties__source",
        "C6",
        "the granted page is no longer in the granter's space",
        "grant",
        grant_empties_source,
        applies=offers_grant,
    )
    yield Obligation(
        "grant__flushes__destination",
        "A.replace",
        "what derived from the destination is gone",
        "grant",
        flushes_destination,
        applies=offers_grant,
    )
    yield Obligation(
        "grant__moves__children",
        "A.tree.grant",
        "what derived from the source follows the page",
        "grant",
        grant_moves_children,
        applies=_children_kept,
    )
    yield Obligation(
        "grant__keeps__links_of_children",
        "A.tree.grant",
        "what follows the page keeps its place in the tree",
        "grant",
        grant_keeps_links_of_children,
        applies=_children_kept,
    )
    yield Obligation(
        "grant__narrows__rights_of_children",
        "B.rights",
        "what follows the page keeps only the rights granted",
        "grant",
        grant_narrows_children,
        applies=_children_kept,
    )
    yield Obligation(
        "grant__keeps__frame_of_children",
        "C3",
        "what follows the page shows the same frame",
        "grant",
        grant_keeps_frame_of_children,
        applies=_children_kept,
    )
    yield Obligation(
        "grant__flushes__children",
        "A.grant",
        "σ_v ← φ flushes what derived from the granted page",
        "grant",
        grant_flushes_children,
        applies=_children_flushed,
    )
    yield Obligation(
        "grant__changes__nothing_else",
        "A.grant",
        "only what derives from source or destination changes",
        "grant",
        grant_changes_nothing_else,
        applies=offers_grant,
    )
