"""Non-interference: what a set of spaces does not see makes no difference to what it gets to see (C10).

The policy. A set of spaces *sees* all that there is to its own slots: whether each is in use, the frame that it holds,
the frame and the rights with which it is accessed, and the slots that it derives from. It does not see the slots of
others, nor who got its pages from it. The set is *closed* if what lies inside derives only from what lies inside; what
it then sees of derivations is those among its own slots. What a closed set does not see shall make no difference to it,
as long as it agrees to nothing from outside. Four conditions, each of one step, carry that to whole runs (unwinding):

- local respect: what nobody inside agreed to changes nothing that is seen (``respects__chain_of_trust``);
- step consistency: states that look alike still do after the same call of somebody inside (``keeps__states_alike``);
- same answers: whether a call of somebody inside is refused is the same in states that look alike (``answers``);
- a closed set stays closed (``keeps__set_closed``).

Where the answer to a map outward is not the same, whether it is taken makes no difference to what is seen then
(``map__outward__changes__nothing_seen``).

Which of these need a closed set is said by their hypotheses. Local respect needs it of each slot that it speaks of.
Step consistency needs it only where a slot between the source and what changes is looked at; elsewhere it holds for any
set with the actor inside, so somebody outside who passes a page in is covered by counting it in: what it passes depends
on what it sees. Same answers never need it.

The induction over the steps of a run is not made here. The last two fail under some readings; there they are not
claimed, and a counterexample is shown.
"""

from collections.abc import Callable, Iterator

from z3 import And, BoolSort, BoolVal, ForAll, Function, Implies, Not

from model.spaces.dialect import Ancestor, FrameHolder, GrantedChildren, Occupied, Reading, Readings
from model.spaces.theory import ACTIONS, Formula, Space, State, Term, owner, x, y
from proofs.applies import flushes_children, offers_grant
from proofs.obligation import Obligation, Step, always
from proofs.terms import observed
from proofs.two_runs import Guard, Seen, TwoRuns, alike

inside = Function("inside", Space, BoolSort())


def is_inside(slot: Term) -> Formula:
    """The slot belongs to a space of the set."""
    return inside(owner(slot))


def seen_inside(state: State) -> Seen:
    """Return what the set sees of a state: all that there is to its slots."""
    return tuple(((x, *variables), is_inside(x), formula) for variables, formula in observed(state, x))


def sees_afterwards(step: Step, guard: Guard) -> Seen:
    """Return what the set sees of the state after the step."""
    return seen_inside(step.after)


def is_refused(step: Step, guard: Guard) -> Seen:
    """Whether the call is refused."""
    return (((), BoolVal(True), Not(And(BoolVal(True), *guard.values()))),)


def is_told_why(step: Step, guard: Guard) -> Seen:
    """Which of the conditions under which the action is possible hold: whether the call is refused, and for what."""
    return tuple(((), BoolVal(True), condition) for condition in guard.values())


def is_closed(state: State) -> Formula:
    """What lies inside derives only from what lies inside."""
    return ForAll([x, y], Implies(And(is_inside(x), state.derives(x, y)), is_inside(y)))


def _insider_acts(step: Step) -> dict[str, Formula]:
    return {"the actor is inside": is_inside(step.called.src)}


def _insider_acts_inside(step: Step) -> dict[str, Formula]:
    return {"the actor is inside": is_inside(step.called.src), "the destination is inside": is_inside(step.called.dst)}


def _looks_between(action: str, readings: Readings) -> bool:
    """What the action does to a slot depends on a slot between it and the source, which may be of a space outside."""
    if action == "map":
        return readings.occupied == Occupied.EXTENDED_CHILD  # whether the destination is a child of the source
    onto_ancestor = readings.ancestor in (Ancestor.ALLOWED, Ancestor.EMPTIED)
    if action == "grant" and onto_ancestor and readings.reading == Reading.BEFORE:
        return True  # which slot is the parent of the source
    keeps = readings.granted_children == GrantedChildren.KEPT
    return readings.rights_can_grow and (action == "flush" or keeps)  # whether a slot between is left without a right


def _step_of_insider(action: str) -> Callable[[Step], dict[str, Formula]]:
    def assumes(step: Step) -> dict[str, Formula]:
        assumed = _insider_acts(step)
        if _looks_between(action, step.dialect.readings):
            assumed["the set is closed"] = is_closed(step.before)
        return assumed

    return assumes


def _stays_among(action: str) -> Callable[[Step], dict[str, Formula]]:
    """The set is closed, and nobody inside agrees to a page from outside; of a grant, that it takes no other out."""

    def assumes(step: Step) -> dict[str, Formula]:
        src, dst = step.called.src, step.called.dst
        assumed = {"the set is closed": is_closed(step.before)}
        if action != "flush":
            assumed["nobody inside agrees to a page from outside"] = Implies(is_inside(dst), is_inside(src))
        if action == "grant":
            goes_out = And(is_inside(src), Not(is_inside(dst)))
            nothing_below = ForAll([x], Implies(step.before.derives(x, src), Not(is_inside(x))))
            assumed["nothing inside derives from a page that is granted outward"] = Implies(goes_out, nothing_below)
        return assumed

    return assumes


def _insider_passes_outward(step: Step) -> dict[str, Formula]:
    return {
        "the set is closed": is_closed(step.before),
        "the actor is inside": is_inside(step.called.src),
        "the destination is outside": Not(is_inside(step.called.dst)),
    }


def looks_as_before(step: Step) -> Formula:
    """What the set sees after the step is what it saw before."""
    return alike(seen_inside(step.before), seen_inside(step.after))


def _closed_and_nothing_from_outside(step: Step) -> dict[str, Formula]:
    return _stays_among("map")(step)


def stays_closed(step: Step) -> Formula:
    """What lies inside derives only from what lies inside, after the step."""
    return is_closed(step.after)


def _asks_destination(readings: Readings) -> bool:
    """Whether the destination is asked before something is passed on: whether it holds a frame, or is in use."""
    return readings.frame_holder == FrameHolder.REFUSED or readings.occupied == Occupied.REFUSED


def _maps_and_asks(readings: Readings) -> bool:
    return _asks_destination(readings) or readings.occupied == Occupied.MAP_REFUSED


def _maps_and_never_asks(readings: Readings) -> bool:
    return not _maps_and_asks(readings)


def _grants_and_asks(readings: Readings) -> bool:
    return offers_grant(readings) and _asks_destination(readings)


def _grants_and_never_asks(readings: Readings) -> bool:
    return offers_grant(readings) and not _asks_destination(readings)


def _children_follow(readings: Readings) -> bool:
    return readings.granted_children == GrantedChildren.KEPT


def closedness() -> Iterator[Obligation]:
    """A closed set stays closed, and does not see what became of a page that it maps out."""
    yield Obligation(
        "map__outward__changes__nothing_seen",
        "C10",
        "a set of spaces whose pages come from within it sees nothing of what a page that it maps out replaces",
        "map",
        looks_as_before,
        assumes=_insider_passes_outward,
        free=(inside,),
    )
    for action in ACTIONS:
        yield Obligation(
            f"{action}__keeps__set_closed",
            "C10",
            "a set of spaces whose pages come from within it stays so as long as they agree to nothing from outside"
            + (" and grant out no page that others inside got" if action == "grant" else ""),
            action,
            stays_closed,
            assumes=_stays_among(action),
            applies=offers_grant if action == "grant" else always,
            free=(inside,),
        )
    yield Obligation(
        "grant__outward__keeps_set_closed",
        "C10",
        "a set of spaces whose pages come from within it stays so whatever they grant out",
        "grant",
        stays_closed,
        assumes=_closed_and_nothing_from_outside,
        applies=flushes_children,
        fails=_children_follow,
        free=(inside,),
    )


def two_runs() -> Iterator[TwoRuns]:
    """Step consistency and same answers."""
    for action in ACTIONS:
        applies: Callable[[Readings], bool] = offers_grant if action == "grant" else always
        yield TwoRuns(
            f"{action}__keeps__states_alike",
            "C10",
            "what a set of spaces does not see makes no difference to what it sees after a step of one of them",
            action,
            seen_inside,
            sees_afterwards,
            assumes=_step_of_insider(action),
            applies=applies,
            free=(inside,),
        )
        yield TwoRuns(
            f"{action}__answers__alike_inside",
            "C10",
            "what a set of spaces does not see makes no difference to whether, and why, a call among them is refused",
            action,
            seen_inside,
            is_told_why,
            assumes=_insider_acts if action == "flush" else _insider_acts_inside,
            taken=False,
            applies=applies,
            free=(inside,),
        )
    for action, claims, fails in (
        ("map", _maps_and_never_asks, _maps_and_asks),
        ("grant", _grants_and_never_asks, _grants_and_asks),
    ):
        yield TwoRuns(
            f"{action}__answers__alike_anywhere",
            "C10",
            "what a set of spaces does not see makes no difference to whether a call of one of them is refused",
            action,
            seen_inside,
            is_refused,
            assumes=_insider_acts,
            taken=False,
            applies=claims,
            fails=fails,
            free=(inside,),
        )
