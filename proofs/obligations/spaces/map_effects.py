"""Effects of a map, in full: the destination becomes a leaf below the source, and nothing else changes."""

from collections.abc import Iterator

from z3 import And, ForAll, Implies, Not

from model.spaces.theory import Formula, a, r, x, y
from proofs.applies import intersects_and_replaces, links, links_and_replaces, replaces
from proofs.obligation import Obligation, Step
from proofs.terms import is_or_derives, unchanged


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


def obligations() -> Iterator[Obligation]:
    """The effects of map."""
    yield Obligation(
        "map__links__destination",
        "A.map",
        "the destination becomes a link to the source",
        "map",
        map_links_destination,
        applies=links_and_replaces,
    )
    yield Obligation(
        "map__shows__frame_at_destination",
        "A.P",
        "map includes P′_v′ := P_v",
        "map",
        shows_frame_at_destination,
        applies=links,
    )
    yield Obligation(
        "map__passes__rights",
        "B.rights",
        "the destination has the rights asked for that the source has",
        "map",
        passes_rights,
        applies=intersects_and_replaces,
    )
    yield Obligation(
        "map__flushes__destination",
        "A.replace",
        "what derived from the destination is gone",
        "map",
        flushes_destination,
        applies=replaces,
    )
    yield Obligation(
        "map__leaves__nothing_below_destination",
        "A.tree.map",
        "the destination is a leaf",
        "map",
        map_leaves_nothing_below_destination,
        applies=replaces,
    )
    yield Obligation(
        "map__changes__nothing_else",
        "A.map",
        "only the destination and what derived from it changes",
        "map",
        map_changes_nothing_else,
    )
