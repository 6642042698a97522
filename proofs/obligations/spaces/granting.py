"""The granting example of Fig. 1, and C11: what a mapper gave, it can take back, no more and no less (C6, C11).

In Fig. 1 the standard pager maps a page to f1, f1 maps it to F, and F grants it to user A. Steps are composed by
applying an action to the state after another.
"""

from collections.abc import Callable, Iterator

from z3 import And, Const, ForAll, Implies, Not, Or

from model.spaces.dialect import Readings
from model.spaces.theory import Formula, Parameters, Slot, State, Term, flush, parent, r, x
from proofs.applies import keeps_own_page, leaves_source, maps_over_ancestor, offers_grant
from proofs.obligation import Obligation, Step
from proofs.terms import access_unchanged, every_right, is_or_derives

f1, pager = Const("f1", Slot), Const("pager", Slot)


def flushed(step: Step, page: Term) -> State:
    """The state after the step and then a flush of all rights of a page."""
    return flush(step.dialect, step.after, Parameters(page, page, every_right)).after


def _shows_nothing(s: State, slot: Term) -> Formula:
    return ForAll([r], Not(s.phys(slot, r)))


def _fig_1(step: Step) -> dict[str, Formula]:
    """F's page was mapped from f1's, which derives from one of the standard pager."""
    return {
        "F mapped from f1": parent(step.before, step.called.src, f1),
        "f1 derives from the standard pager": step.before.derives(f1, pager),
        "the page did not come from the user": Not(is_or_derives(step.before, step.called.src, step.called.dst)),
    }


def flush_by_f1_reaches_user(step: Step) -> Formula:
    """A flush by f1 takes the page from the user, and leaves it with f1."""
    after = flushed(step, f1)
    return And(_shows_nothing(after, step.called.dst), access_unchanged(step.before, after, f1))


def flush_by_pager_reaches_user(step: Step) -> Formula:
    """A flush by the standard pager takes the page from the user and from f1."""
    after = flushed(step, pager)
    return And(_shows_nothing(after, step.called.dst), _shows_nothing(after, f1))


def flush_by_granter_changes_nothing(step: Step) -> Formula:
    """A flush by F changes no access at all."""
    after = flushed(step, step.called.src)
    return ForAll([x], access_unchanged(step.after, after, x))


def every_mapper_reaches_grantee(step: Step) -> Formula:
    """A flush by whoever the granted page derived from takes it from the grantee."""
    return ForAll(
        [x], Implies(step.before.derives(step.called.src, x), _shows_nothing(flushed(step, x), step.called.dst))
    )


def flush_takes_back_what_map_gave(step: Step) -> Formula:
    """After a map, a flush of the source leaves exactly the slots that neither derived from it nor were replaced."""
    before, src, dst = step.before, step.called.src, step.called.dst
    after = flushed(step, src)
    left = And(before.live(x), Not(Or(before.derives(x, src), is_or_derives(before, x, dst))))
    return ForAll([x], after.live(x) == left)


def flush_takes_nothing_from_above(step: Step) -> Formula:
    """After a map, a flush of the source leaves access to the source and all above it as it was."""
    after, src = step.after, step.called.src
    return ForAll([x], Implies(is_or_derives(after, src, x), access_unchanged(after, flushed(step, src), x)))


def _grants_keep_own(readings: Readings) -> bool:
    return offers_grant(readings) and keeps_own_page(readings)


def obligations() -> Iterator[Obligation]:
    """Fig. 1, and what a flush takes back."""
    fig_1: list[tuple[str, str, Callable[[Step], Formula]]] = [
        ("reaches_user_from_f1", "Fig. 1: a flush by f1 takes the page from the user only", flush_by_f1_reaches_user),
        (
            "reaches_user_from_pager",
            "Fig. 1: a flush by the standard pager takes the page from f1 and the user",
            flush_by_pager_reaches_user,
        ),
        ("spares_user_from_granter", "Fig. 1: a flush by F changes nothing", flush_by_granter_changes_nothing),
    ]
    for name, sentence, goal in fig_1:
        yield Obligation(
            f"grant__then_flush__{name}",
            "C6",
            sentence,
            "grant",
            goal,
            assumes=_fig_1,
            applies=_grants_keep_own,
            free=(f1, pager),
        )
    yield Obligation(
        "grant__then_flush__reaches_grantee_from_every_mapper",
        "C6",
        "the bookkeeping of a granted page runs past the granter to all it derived from",
        "grant",
        every_mapper_reaches_grantee,
        applies=leaves_source,
    )
    yield Obligation(
        "map__then_flush__takes_back_what_was_given",
        "C11",
        "a flush takes back exactly what was given from the page",
        "map",
        flush_takes_back_what_map_gave,
        applies=maps_over_ancestor,
    )
    yield Obligation(
        "map__then_flush__takes_nothing_from_above",
        "C11",
        "a flush takes nothing from the levels above",
        "map",
        flush_takes_nothing_from_above,
        applies=keeps_own_page,
    )
