"""Where the paper's text leaves a choice: what the readings do at their edges (C1, C4, C5, C11).

Each of these is claimed only of dialects that let the situation happen.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from z3 import And, Exists, ForAll, Implies, Not

from model.spaces.dialect import Ancestor, GrantedChildren, OwnSlot, Readings
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import Formula, a, grant, r, x, y
from proofs.applies import offers_grant
from proofs.obligation import Obligation, Step

Assumptions = Callable[[Step], dict[str, Formula]]


def _onto_itself(step: Step) -> dict[str, Formula]:
    return {"onto itself": step.called.src == step.called.dst}


def _onto_ancestor(step: Step) -> dict[str, Formula]:
    return {"onto an ancestor": step.before.derives(step.called.src, step.called.dst)}


def _assuming(situation: Assumptions, invariant: str) -> Assumptions:
    """The situation, in a state that has the invariant still: only the step that breaks it counts."""

    def assumes(step: Step) -> dict[str, Formula]:
        held = {invariant: INVARIANTS[invariant].formula(step.before)} if invariant else {}
        return {**situation(step), **held}

    return assumes


def _lets_onto_itself(readings: Readings) -> bool:
    return readings.own_slot == OwnSlot.ALLOWED


def _lets_onto_ancestor(readings: Readings) -> bool:
    return readings.ancestor != Ancestor.REFUSED


def _grants_onto_itself(readings: Readings) -> bool:
    return _lets_onto_itself(readings) and offers_grant(readings)


def _grants_onto_ancestor(readings: Readings) -> bool:
    return _lets_onto_ancestor(readings) and offers_grant(readings)


def makes_no_cycle(step: Step) -> Formula:
    """No slot derives from itself."""
    return INVARIANTS["irreflexive"].formula(step.after)


def leaves_no_dangling_link(step: Step) -> Formula:
    """No link leads to a page that is gone."""
    return INVARIANTS["no_dangling_link"].formula(step.after)


def loses_no_frame(step: Step) -> Formula:
    """A frame that the source showed shows somewhere afterwards."""
    return ForAll([r], Implies(step.before.phys(step.called.src, r), Exists([x], step.after.phys(x, r))))


def equals_tree_grant(step: Step) -> Formula:
    """The grant does what replacing the values stored in the source's node of the mapping tree does (A.tree.grant)."""
    tree_readings = step.dialect.readings._replace(granted_children=GrantedChildren.KEPT)
    tree = grant(replace(step.dialect, readings=tree_readings), step.before, step.called).after
    after = step.after
    return And(
        ForAll([x, y], after.derives(x, y) == tree.derives(x, y)),
        ForAll([x, r], And(after.phys(x, r) == tree.phys(x, r), after.holds(x, r) == tree.holds(x, r))),
        ForAll([x, a], after.right(x, a) == tree.right(x, a)),
    )


def _differs_from_tree(readings: Readings) -> bool:
    return readings.granted_children == GrantedChildren.FLUSHED


def _apart_from_those(step: Step) -> dict[str, Formula]:
    """Neither onto itself nor onto an ancestor, so that only the children make a difference."""
    src, dst = step.called.src, step.called.dst
    return {
        "not onto itself": src != dst,
        "not onto an ancestor": Not(step.before.derives(src, dst)),
    }


def obligations() -> Iterator[Obligation]:
    """What happens onto the page itself and onto an ancestor, and A.grant against A.tree.grant."""
    for situation, assumes, words in (
        ("onto_itself", _onto_itself, "onto itself"),
        ("onto_ancestor", _onto_ancestor, "onto a page it came from"),
    ):
        for action in ("map", "grant"):
            itself = situation == "onto_itself"
            if action == "map":
                applies = _lets_onto_itself if itself else _lets_onto_ancestor
            else:
                applies = _grants_onto_itself if itself else _grants_onto_ancestor
            for name, claim, sentence, goal, invariant in (
                ("makes_no_cycle", "C1", "makes no cycle", makes_no_cycle, "irreflexive"),
                (
                    "leaves_no_dangling_link",
                    "C4",
                    "leaves no link to a page that is gone",
                    leaves_no_dangling_link,
                    "no_dangling_link",
                ),
                ("loses_no_frame", "C11", "loses no frame", loses_no_frame, ""),
            ):
                yield Obligation(
                    f"{action}__{situation}__{name}",
                    claim,
                    f"{action} of a page {words} {sentence}",
                    action,
                    goal,
                    assumes=_assuming(assumes, invariant),
                    applies=applies,
                )
    yield Obligation(
        "grant__equals__tree_grant",
        "C5",
        "A.grant does what A.tree.grant does",
        "grant",
        equals_tree_grant,
        assumes=_apart_from_those,
        applies=_differs_from_tree,
    )
