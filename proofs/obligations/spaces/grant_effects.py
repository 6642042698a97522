"""Effects of a grant, in full: the page and what was mapped from it move, and nothing else changes.

Invariants alone do not catch a grant that forgets or orphans the children.
"""

from collections.abc import Iterator

from z3 import And, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, a, r, x, y
from proofs.applies import flushes_children, grants_narrowed, grants_to, keeps_children, leaves_source, offers_grant
from proofs.obligation import Obligation, Step
from proofs.obligations.spaces.map_effects import flushes_destination, passes_rights, shows_frame_at_destination
from proofs.terms import is_or_derives, keeps_a_right, unchanged


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


def obligations() -> Iterator[Obligation]:
    """The effects of grant."""
    yield Obligation(
        "grant__moves__link",
        "A.grant",
        "the link itself is transferred, not a new one made",
        "grant",
        grant_moves_link,
        applies=grants_to,
    )
    yield Obligation(
        "grant__shows__frame_at_destination",
        "A.P",
        "grant includes P′_v′ := P_v",
        "grant",
        shows_frame_at_destination,
        applies=grants_to,
    )
    yield Obligation(
        "grant__passes__rights",
        "B.rights",
        "the destination has the rights asked for that the source has",
        "grant",
        passes_rights,
        applies=grants_narrowed,
    )
    yield Obligation(
        "grant__empties__source",
        "C6",
        "the granted page is no longer in the granter's space",
        "grant",
        grant_empties_source,
        applies=leaves_source,
    )
    yield Obligation(
        "grant__flushes__destination",
        "A.replace",
        "what derived from the destination is gone",
        "grant",
        flushes_destination,
        applies=leaves_source,
    )
    yield Obligation(
        "grant__moves__children",
        "A.tree.grant",
        "what derived from the source follows the page",
        "grant",
        grant_moves_children,
        applies=keeps_children,
    )
    yield Obligation(
        "grant__keeps__links_of_children",
        "A.tree.grant",
        "what follows the page keeps its place in the tree",
        "grant",
        grant_keeps_links_of_children,
        applies=keeps_children,
    )
    yield Obligation(
        "grant__narrows__rights_of_children",
        "B.rights",
        "what follows the page keeps only the rights granted",
        "grant",
        grant_narrows_children,
        applies=keeps_children,
    )
    yield Obligation(
        "grant__keeps__frame_of_children",
        "C3",
        "what follows the page shows the same frame",
        "grant",
        grant_keeps_frame_of_children,
        applies=keeps_children,
    )
    yield Obligation(
        "grant__flushes__children",
        "A.grant",
        "σ_v ← φ flushes what derived from the granted page",
        "grant",
        grant_flushes_children,
        applies=flushes_children,
    )
    yield Obligation(
        "grant__changes__nothing_else",
        "A.grant",
        "only what derives from source or destination changes",
        "grant",
        grant_changes_nothing_else,
        applies=offers_grant,
    )
