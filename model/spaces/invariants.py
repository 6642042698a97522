"""The invariants of every reachable state, one line and one name each; and the initial state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, State, a, accessible, owner, q, r, sigma0, x, y, z
from model.spaces.vocabulary import S


@dataclass(frozen=True, slots=True)
class Invariant(Generic[S]):
    """A predicate on states, with the claim or clause of the paper that it stands for.

    ``names_some_frame`` marks those that say «some frame» of every slot, ``names_holder`` those that name the holder of
    every frame. Together they would leave the decidable fragment, so no verification condition has both.
    """

    name: str
    claim: str
    sentence: str
    formula: Callable[[S], Formula]
    names_holder: bool = False
    names_some_frame: bool = False


INVARIANTS: dict[str, Invariant] = {
    invariant.name: invariant
    for invariant in (
        Invariant(
            "irreflexive",
            "C1",
            "no slot derives from itself",
            lambda s: ForAll([x], Not(s.derives(x, x))),
        ),
        Invariant(
            "transitive",
            "C1",
            "what derives from a slot derives from all that the slot derives from",
            lambda s: ForAll([x, y, z], Implies(And(s.derives(x, y), s.derives(y, z)), s.derives(x, z))),
        ),
        Invariant(
            "forest",
            "A.tree",
            "the slots that a slot derives from stand in one line",
            lambda s: ForAll(
                [x, y, z],
                Implies(And(s.derives(x, y), s.derives(x, z)), Or(y == z, s.derives(y, z), s.derives(z, y))),
            ),
        ),
        Invariant(
            "holds_functional",
            "A.sigma",
            "a slot holds at most one frame",
            lambda s: ForAll([x, r, q], Implies(And(s.holds(x, r), s.holds(x, q)), r == q)),
        ),
        Invariant(
            "holds_injective",
            "A.tree",
            "a frame is held by at most one slot, the root of its tree",
            lambda s: ForAll([x, y, r], Implies(And(s.holds(x, r), s.holds(y, r)), x == y)),
        ),
        Invariant(
            "holder_derives_from_nothing",
            "A.sigma",
            "a slot that holds a frame has no link",
            lambda s: ForAll([x, y, r], Implies(s.holds(x, r), Not(s.derives(x, y)))),
        ),
        Invariant(
            "phys_functional",
            "A.P",
            "P_v is one frame at most",
            lambda s: ForAll([x, r, q], Implies(And(s.phys(x, r), s.phys(x, q)), r == q)),
        ),
        Invariant(
            "held_frame_shows",
            "C4",
            "P_v of a slot that holds a frame is that frame",
            lambda s: ForAll([x, r], Implies(s.holds(x, r), s.phys(x, r))),
        ),
        Invariant(
            "phys_coherent",
            "C4",
            "P is the same along every link",
            lambda s: ForAll([x, y, r], Implies(s.derives(x, y), s.phys(x, r) == s.phys(y, r))),
        ),
        Invariant(
            "access_ends_at_holder",
            "C4",
            "the links from a slot with a frame in P lead to the slot that holds it",
            lambda s: ForAll(
                [x, r],
                Implies(s.phys(x, r), And(s.holds(s.holder(r), r), Or(x == s.holder(r), s.derives(x, s.holder(r))))),
            ),
            names_holder=True,
        ),
        Invariant(
            "no_frame_lost",
            "C11",
            "every frame is held by some slot",
            lambda s: ForAll([r], s.holds(s.holder(r), r)),
            names_holder=True,
        ),
        Invariant(
            "no_dangling_link",
            "C4",
            "no link leads to a page that is gone",
            lambda s: ForAll([x, y], Implies(s.derives(x, y), s.live(y))),
        ),
        Invariant(
            "links_are_live",
            "A.sigma",
            "only a slot in use has a link",
            lambda s: ForAll([x, y], Implies(s.derives(x, y), s.live(x))),
        ),
        Invariant(
            "access_is_live",
            "C4",
            "only a slot in use has a frame in P",
            lambda s: ForAll([x, r], Implies(s.phys(x, r), s.live(x))),
        ),
        Invariant(
            "live_is_accessible",
            "C4",
            "a slot in use has a frame in P",
            lambda s: ForAll([x], Implies(s.live(x), accessible(s, x))),
            names_some_frame=True,
        ),
        Invariant(
            "rights_never_grow",
            "C9",
            "a slot has no right that a slot it derives from lacks",
            lambda s: ForAll([x, y, a], Implies(And(s.derives(x, y), s.right(x, a)), s.right(y, a))),
        ),
        Invariant(
            "rights_need_access",
            "B.rights",
            "only a slot in use has rights",
            lambda s: ForAll([x, a], Implies(s.right(x, a), s.live(x))),
        ),
        Invariant(
            "live_has_a_right",
            "B.rights",
            "a slot in use has some right",
            lambda s: ForAll([x], Implies(s.live(x), Exists([a], s.right(x, a)))),
        ),
    )
}


def together_with(
    invariant: Invariant[Any], among: Iterable[Invariant[Any]] = tuple(INVARIANTS.values())
) -> tuple[str, ...]:
    """The invariants that can be assumed beside this one without leaving the decidable fragment, itself included.

    >>> "no_frame_lost" in together_with(INVARIANTS["live_is_accessible"])
    False
    """
    return tuple(
        other.name
        for other in among
        if not (other.names_holder if invariant.names_some_frame else other.names_some_frame)
    )


def initial(s: State) -> dict[str, Formula]:
    """σ0 holds every frame, each in one page, with all rights; nothing else is mapped (A.sigma0)."""
    return {
        "nothing derives": ForAll([x, y], Not(s.derives(x, y))),
        "σ0 holds": ForAll([x, r], Implies(s.holds(x, r), owner(x) == sigma0)),
        "one frame a page": ForAll([x, r, q], Implies(And(s.holds(x, r), s.holds(x, q)), r == q)),
        "one page a frame": ForAll([x, y, r], Implies(And(s.holds(x, r), s.holds(y, r)), x == y)),
        "P shows what is held": ForAll([x, r], s.phys(x, r) == s.holds(x, r)),
        "only holders are live": ForAll([x, r], Implies(s.holds(x, r), s.live(x))),
        "all rights": ForAll([x, a], s.right(x, a) == s.live(x)),
    }


def every_frame_is_held(s: State) -> dict[str, Formula]:
    """The part of the initial state that names the holder of each frame (A.sigma0)."""
    return {"every frame is held": ForAll([r], s.holds(s.holder(r), r))}


def live_holds_a_frame(s: State) -> dict[str, Formula]:
    """The part of the initial state that says «some frame» of each slot in use (A.sigma0)."""
    return {"what is live holds": ForAll([x], Implies(s.live(x), Exists([r], s.holds(x, r))))}
