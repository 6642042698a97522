"""Effects of a flush, in full: exactly what derives from the page loses what is named, and nothing else changes."""

from collections.abc import Iterator

from z3 import And, ForAll, Implies, Not

from model.spaces.theory import Formula, a, r, x, y
from proofs.applies import keeps_own_page
from proofs.obligation import Obligation, Step
from proofs.terms import everything_unchanged, is_or_derives, keeps_a_right, unchanged


def _all_rights(step: Step) -> dict[str, Formula]:
    return {"all rights are taken": ForAll([a], step.called.mask(a))}


def _nil_page(step: Step) -> dict[str, Formula]:
    return {"the page is nil": Not(step.before.live(step.called.src))}


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


def obligations() -> Iterator[Obligation]:
    """The effects of flush."""
    yield Obligation(
        "flush__leaves__nothing_below",
        "C2",
        "after a flush of all rights nothing derives from the page",
        "flush",
        flush_leaves_nothing_below,
        assumes=_all_rights,
    )
    yield Obligation(
        "flush__takes__access_below",
        "C2",
        "after a flush of all rights what derived from the page shows no frame",
        "flush",
        flush_takes_access,
        assumes=_all_rights,
    )
    yield Obligation(
        "flush__takes__exactly_the_rights_named",
        "C2",
        "what derives from the page loses the rights named, no others",
        "flush",
        flush_takes_exactly_the_rights_named,
    )
    yield Obligation(
        "flush__removes__exactly_what_has_none_left",
        "C2",
        "what derives from the page goes when it has no right left",
        "flush",
        flush_removes_exactly_what_has_none_left,
    )
    yield Obligation(
        "flush__keeps__own_page",
        "C2",
        "the page flushed stays as it is",
        "flush",
        flush_keeps_own_page,
        applies=keeps_own_page,
    )
    yield Obligation(
        "flush__changes__nothing_else",
        "C2",
        "what does not derive from the page is unchanged",
        "flush",
        flush_changes_nothing_else,
    )
    yield Obligation(
        "flush__keeps__links_of_what_remains",
        "C2",
        "what remains derives from the same slots as before",
        "flush",
        flush_keeps_links_of_what_remains,
    )
    yield Obligation(
        "flush__does__nothing_to_a_nil_page",
        "A.flush",
        "a flush of a nil page changes nothing",
        "flush",
        everything_unchanged,
        assumes=_nil_page,
    )
