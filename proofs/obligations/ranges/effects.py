"""Effects of operations on ranges, in full: every page that goes, and nothing else."""

from collections.abc import Iterator

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.ranges.theory import is_source, is_target, some, some_pair
from model.ranges.vocabulary import RangeCall, d_, e_, s_, t_
from model.signature import Formula, Term
from model.spaces.theory import a, r, x, y
from model.spaces.vocabulary import State
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.ranges.each import RangeStep, about
from proofs.terms import unchanged


def _derives_from_some(step: RangeStep, slot: Term, *, sources: bool) -> Formula:
    """The slot derives from a page that goes, or from a place where one goes."""
    return some_pair(step.called.to, lambda src, dst: step.before.derives(slot, src if sources else dst), slot)


def links_destinations(step: RangeStep) -> Formula:
    """Each destination derives from its source, and from all that the source derives from, and from nothing else."""
    s, n, to = step.before, step.after, step.called.to
    return ForAll([s_, d_, y], Implies(to(s_, d_), n.derives(d_, y) == Or(y == s_, s.derives(s_, y))))


def shows_frames(step: RangeStep) -> Formula:
    """P of each destination is what P of its source was."""
    s, n, to = step.before, step.after, step.called.to
    return ForAll([s_, d_, r], Implies(to(s_, d_), n.phys(d_, r) == s.phys(s_, r)))


def passes_rights(step: RangeStep) -> Formula:
    """Each destination has those rights asked for that its source had."""
    s, n, c = step.before, step.after, step.called
    return ForAll([s_, d_, a], Implies(c.to(s_, d_), n.right(d_, a) == And(s.right(s_, a), c.mask(a))))


def leaves_nothing_below(step: RangeStep) -> Formula:
    """Each destination is a leaf."""
    return ForAll([s_, d_, x], Implies(step.called.to(s_, d_), Not(step.after.derives(x, d_))))


def keeps_sources(step: RangeStep) -> Formula:
    """Each source is as it was."""
    return ForAll([s_, d_], Implies(step.called.to(s_, d_), unchanged(step.before, step.after, s_)))


def map_changes_nothing_else(step: RangeStep) -> Formula:
    """A slot that is no destination and derives from none is unchanged."""
    outside = And(Not(is_target(step.called.to, x)), Not(_derives_from_some(step, x, sources=False)))
    return ForAll([x], Implies(outside, unchanged(step.before, step.after, x)))


def takes_sources(step: RangeStep) -> Formula:
    """Each source is nil."""
    return ForAll([s_, d_], Implies(step.called.to(s_, d_), Not(step.after.live(s_))))


def takes_their_place(step: RangeStep) -> Formula:
    """Each destination derives from what its source derived from, or from where that went."""
    s, n, to = step.before, step.after, step.called.to
    above = ForAll([s_, d_, y], Implies(And(to(s_, d_), s.derives(s_, y), Not(is_source(to, y))), n.derives(d_, y)))
    went = ForAll([s_, d_, t_, e_], Implies(And(to(s_, d_), to(t_, e_), s.derives(s_, t_)), n.derives(d_, e_)))
    return And(above, went)


def children_follow(step: RangeStep) -> Formula:
    """What was mapped from a source derives from where that went, if it has a right left."""
    s, n, c = step.before, step.after, step.called
    kept = Exists([a], And(s.right(x, a), c.mask(a)))
    stays = And(Not(is_source(c.to, x)), Not(is_target(c.to, x)), Not(_derives_from_some(step, x, sources=False)))
    return ForAll([x, s_, d_], Implies(And(c.to(s_, d_), s.derives(x, s_), kept, stays), n.derives(x, d_)))


def children_keep_rights(step: RangeStep) -> Formula:
    """What was mapped from a source and is still in use has those rights asked for that it had."""
    s, n, c = step.before, step.after, step.called
    after = And(Not(is_source(c.to, x)), Not(is_target(c.to, x)), n.live(x))
    same = n.right(x, a) == And(s.right(x, a), c.mask(a))
    return ForAll([x, s_, d_, a], Implies(And(c.to(s_, d_), s.derives(x, s_), after), same))


def grant_changes_nothing_else(step: RangeStep) -> Formula:
    """A slot that neither goes nor is gone to, and derives from neither, is unchanged."""
    to = step.called.to
    apart = And(Not(is_source(to, x)), Not(is_target(to, x)))
    outside = And(apart, *(Not(_derives_from_some(step, x, sources=which)) for which in (True, False)))
    return ForAll([x], Implies(outside, unchanged(step.before, step.after, x)))


def _all_rights(step: RangeStep) -> dict[str, Formula]:
    return {"all rights are taken": ForAll([a], step.called.mask(a))}


def flush_leaves_nothing_below(step: RangeStep) -> Formula:
    """Nothing derives from a page of the range any more."""
    return ForAll([x, y], Implies(step.called.within(y), Not(step.after.derives(x, y))))


def flush_takes_access(step: RangeStep) -> Formula:
    """What derived from a page of the range shows no frame any more."""
    s, n, within = step.before, step.after, step.called.within
    return ForAll([x, y, r], Implies(And(within(y), s.derives(x, y)), Not(n.phys(x, r))))


def flush_takes_the_rights_named(step: RangeStep) -> Formula:
    """What derived from a page of the range has lost the rights named, and no others."""
    s, n, c = step.before, step.after, step.called
    same = n.right(x, a) == And(s.right(x, a), Not(c.mask(a)))
    return ForAll([x, y, a], Implies(And(c.within(y), s.derives(x, y)), same))


def flush_changes_nothing_else(step: RangeStep) -> Formula:
    """A slot that derives from no page of the range is unchanged, pages of the range among them."""
    s, within = step.before, step.called.within
    below = some(lambda of: And(within(of), s.derives(x, of)), x)
    return ForAll([x], Implies(Not(below), unchanged(s, step.after, x)))


def flush_keeps_links(step: RangeStep) -> Formula:
    """What is still in use derives from the same slots as before."""
    s, n = step.before, step.after
    return ForAll([x, y], Implies(n.live(x), n.derives(x, y) == s.derives(x, y)))


def two_pages_of_one_tree(step: RangeStep) -> Formula:
    """Two pages go, one of which derived from the other."""
    s, to = step.before, step.called.to
    return Exists([s_, d_, t_, e_], And(to(s_, d_), to(t_, e_), s.derives(s_, t_)))


def two_pages_lose(step: RangeStep) -> Formula:
    """Two pages of the range lose what derived from them."""
    s, n, within = step.before, step.after, step.called.within
    lost = And(within(x), within(y), x != y, s.derives(s_, x), s.derives(t_, y), Not(n.live(s_)), Not(n.live(t_)))
    return Exists([x, y, s_, t_], And(lost, s_ != t_))


def obligations(theory: Theory[State]) -> Iterator[Obligation[State, RangeCall]]:
    """The effects of map, grant and flush of ranges."""
    rows = (
        ("map_range", "links__destinations", "A.map", links_destinations),
        ("map_range", "shows__frames", "A.P", shows_frames),
        ("map_range", "passes__rights", "B.rights", passes_rights),
        ("map_range", "leaves__nothing_below_destinations", "A.replace", leaves_nothing_below),
        ("map_range", "keeps__sources", "A.map", keeps_sources),
        ("map_range", "changes__nothing_else", "A.map", map_changes_nothing_else),
        ("grant_range", "takes__sources", "A.grant", takes_sources),
        ("grant_range", "takes__their_place", "A.tree.grant", takes_their_place),
        ("grant_range", "shows__frames", "A.P", shows_frames),
        ("grant_range", "passes__rights", "B.rights", passes_rights),
        ("grant_range", "moves__children", "A.tree.grant", children_follow),
        ("grant_range", "narrows__children", "B.rights", children_keep_rights),
        ("grant_range", "changes__nothing_else", "A.grant", grant_changes_nothing_else),
        ("flush_range", "takes__the_rights_named", "B.rights", flush_takes_the_rights_named),
        ("flush_range", "changes__nothing_else", "A.flush", flush_changes_nothing_else),
        ("flush_range", "keeps__links_of_what_remains", "A.flush", flush_keeps_links),
    )
    for action, name, claim, goal in rows:
        yield about(theory, action, name, claim, _said(action, goal.__doc__), goal)
    for name, goal in (
        ("leaves__nothing_below", flush_leaves_nothing_below),
        ("takes__access_below", flush_takes_access),
    ):
        said = _said("flush_range", goal.__doc__) + ", if all rights are taken"
        yield about(theory, "flush_range", name, "A.flush", said, goal, _all_rights)


def _said(action: str, doc: str | None) -> str:
    """The first sentence of what a goal says, with the operation before it."""
    text = (doc or "").partition(".\n")[0].rstrip(".")
    return f"after {action}: {text[:1].lower()}{text[1:]}"


def possible(theory: Theory[State]) -> Iterator[Obligation[State, RangeCall]]:
    """Each operation can happen, with several pages that have to do with each other."""
    for action, claim, goal in (
        ("map_range", "A.map", two_pages_of_one_tree),
        ("grant_range", "A.grant", two_pages_of_one_tree),
        ("flush_range", "A.flush", two_pages_lose),
    ):
        sentence = f"it can happen in a {action} that {_said('', goal.__doc__).removeprefix('after : ')}"
        yield about(theory, action, "can_happen", claim, sentence, goal, invariants=(), sometimes=True)
