"""After a switch an LRU buffer of one set refills at most min(n, s) pages: for every string, capacity and history (P2).

Two buffers of s places see the same references: *cold*, empty at the switch, and *warm*, which had no switch and holds
anything. n is the number of different pages referenced since. It is shown that at all times

* cold misses ≤ warm misses + min(n, s): the switch costs no more than that; and
* cold misses = n while n ≤ s: each page is refilled once.

The proof is by induction over the string, whose invariants are below; nothing in it is bounded. An invariant that
speaks of all places or pages is used at those places that the step names, which is sound since it holds at all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from types import MappingProxyType
from typing import Final

from z3 import And, Bool, BoolSort, Function, If, Implies, Int, IntSort, Not

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula
from proofs.obligation import Condition, always
from proofs.obligations.code import CodeObligation
from proofs.obligations.costs.replacement import LRU, Reference, Rule, Stack, Term
from proofs.obligations.source import Code


@dataclass(frozen=True, slots=True)
class Buffers:
    """Both buffers and what was referenced since the switch, as terms.

    :param stands: where in the cold buffer a page stands that was referenced; a ghost, that nothing executes.
    """

    capacity: Term
    cold: Stack
    warm: Stack
    cold_length: Term
    warm_length: Term
    cold_misses: Term
    warm_misses: Term
    pages: Term
    seen: Callable[[Term], Term]
    stands: Callable[[Term], Term]


@dataclass(frozen=True, slots=True)
class Point:
    """Two places and a page, of which an invariant is stated."""

    i: Term
    j: Term
    page: Term


Invariant = Callable[[Buffers, Point], Formula]


def _inside(place: Term, length: Term) -> Formula:
    return And(place >= 0, place < length)


def _least(one: Term, other: Term) -> Term:
    return If(one <= other, one, other)


INVARIANTS: Final[Mapping[str, tuple[str, Invariant]]] = MappingProxyType(
    {
        "lengths": (
            "no buffer holds more than s pages, and the cold one no more than the warm one",
            lambda b, at: And(b.cold_length >= 0, b.cold_length <= b.warm_length, b.warm_length <= b.capacity),
        ),
        "prefix": (
            "what the cold buffer holds is what the warm one used last, in the same order",
            lambda b, at: Implies(_inside(at.i, b.cold_length), b.cold(at.i) == b.warm(at.i)),
        ),
        "different": (
            "the warm buffer holds no page twice",
            lambda b, at: Implies(
                And(_inside(at.i, b.warm_length), _inside(at.j, b.warm_length), at.i != at.j),
                b.warm(at.i) != b.warm(at.j),
            ),
        ),
        "only_seen": (
            "the cold buffer holds only pages referenced since the switch",
            lambda b, at: Implies(_inside(at.i, b.cold_length), b.seen(b.cold(at.i))),
        ),
        "all_seen": (
            "while there were at most s pages, the cold buffer holds all of them",
            lambda b, at: Implies(
                And(b.pages <= b.capacity, b.seen(at.page)),
                And(_inside(b.stands(at.page), b.cold_length), b.cold(b.stands(at.page)) == at.page),
            ),
        ),
        "filled": (
            "the cold buffer holds min(n, s) pages",
            lambda b, at: b.cold_length == _least(b.pages, b.capacity),
        ),
        "extra": (
            "the cold buffer missed no more often, beyond the warm one, than it holds pages",
            lambda b, at: b.cold_misses <= b.warm_misses + b.cold_length,
        ),
        "once": (
            "while there were at most s pages, the cold buffer missed each once",
            lambda b, at: Implies(b.pages <= b.capacity, b.cold_misses == b.pages),
        ),
    }
)
"""The invariants of the induction: what each says, and the formula at a point."""


def before() -> Buffers:
    """Any two buffers."""
    page, place = IntSort(), IntSort()
    return Buffers(
        Int("capacity"),
        Function("cold", place, page),
        Function("warm", place, page),
        Int("cold_length"),
        Int("warm_length"),
        Int("cold_misses"),
        Int("warm_misses"),
        Int("pages"),
        Function("seen", page, BoolSort()),
        Function("stands", page, place),
    )


@dataclass(frozen=True, slots=True)
class Used:
    """A reference as both buffers see it: they hit or miss, each at its own depth."""

    page: Term
    cold: Reference
    warm: Reference


def any_reference(b: Buffers) -> Used:
    """A page, and of each buffer whether and where it hits; a miss stands behind the last page."""
    page = Int("page")

    def seen_by(name: str, length: Term) -> Reference:
        hit = Bool(f"{name}_hit")
        return Reference(page, hit, If(hit, Int(f"{name}_place"), length))

    return Used(page, seen_by("cold", b.cold_length), seen_by("warm", b.warm_length))


def after(b: Buffers, used: Used, rule: Rule = LRU) -> Buffers:
    """The buffers after a reference."""
    cold, warm = used.cold, used.warm
    return Buffers(
        b.capacity,
        lambda place: rule.after(b.cold, place, cold, If),
        lambda place: rule.after(b.warm, place, warm, If),
        rule.length(b.cold_length, cold, b.capacity, If),
        rule.length(b.warm_length, warm, b.capacity, If),
        b.cold_misses + rule.misses(cold, If),
        b.warm_misses + rule.misses(warm, If),
        If(b.seen(used.page), b.pages, b.pages + 1),
        lambda page: If(page == used.page, True, b.seen(page)),
        lambda page: If(page == used.page, 0, If(b.stands(page) < cold.depth, b.stands(page) + 1, b.stands(page))),
    )


def looked_up(stack: Stack, length: Term, used: Reference, places: list[Term]) -> Formula:
    """A hit is at its depth; of a miss the page is at none of these places."""
    nowhere = And(*(Implies(_inside(place, length), stack(place) != used.page) for place in places))
    return If(used.hit, And(_inside(used.depth, length), stack(used.depth) == used.page), nowhere)


def hypotheses(b: Buffers, used: Used, at: Point) -> dict[str, Formula]:
    """Return what the step from a state may use: each invariant at the places and pages that the step names."""
    places = [at.i, at.i - 1, at.j, at.j - 1, used.cold.depth, used.warm.depth, b.stands(at.page), b.stands(used.page)]
    pairs = [*combinations(places, 2)]
    pages = [at.page, used.page]
    points = [Point(i, j, pages[0]) for i, j in pairs] + [Point(at.i, at.j, page) for page in pages]
    found: dict[str, Formula] = {"there is a place": b.capacity >= 1}
    for name, (_, invariant) in INVARIANTS.items():
        found[name] = And(
            *{formula.get_id(): formula for formula in (invariant(b, point) for point in points)}.values()
        )
    found["the cold buffer is looked up"] = looked_up(b.cold, b.cold_length, used.cold, places)
    found["the warm buffer is looked up"] = looked_up(b.warm, b.warm_length, used.warm, places)
    return found


def _about(found: Mapping[str, Formula]) -> dict[str, str]:
    return {name: "invariant" if name in INVARIANTS else "assumption" for name in found}


ANYWHERE: Final = Point(Int("i"), Int("j"), Int("other"))


def preserved(name: str, rule: Rule = LRU) -> Condition:
    """A reference preserves the invariant."""
    state = before()
    used = any_reference(state)
    given = hypotheses(state, used, ANYWHERE)
    return Condition(given, _about(given), INVARIANTS[name][1](after(state, used, rule), ANYWHERE))


def switched(b: Buffers) -> dict[str, Formula]:
    """What holds right after a switch, by name: the cold buffer is empty, and whatever the warm one has."""
    return {
        "there is a place": b.capacity >= 1,
        "the cold buffer is empty": b.cold_length == 0,
        "the warm buffer fits": And(b.warm_length >= 0, b.warm_length <= b.capacity),
        "the warm buffer holds no page twice": INVARIANTS["different"][1](b, ANYWHERE),
        "no page counts": b.pages == 0,
        "no page was referenced": Not(b.seen(ANYWHERE.page)),
        "the cold buffer missed nothing": b.cold_misses == 0,
        "the warm buffer missed nothing": b.warm_misses == 0,
    }


def kept(b: Buffers) -> dict[str, Formula]:
    """The invariants of a state, by name."""
    return {name: invariant(b, ANYWHERE) for name, (_, invariant) in INVARIANTS.items()}


def at_switch(changed: Mapping[str, object]) -> Condition:
    """Right after a switch the invariants hold.

    :param changed: what holds by name is left out.
    """
    given = {name: formula for name, formula in switched(before()).items() if name not in changed}
    return Condition(given, _about(given), And(*kept(before()).values()))


def bounded(changed: Mapping[str, object]) -> Condition:
    """The invariants imply what is claimed.

    :param changed: invariants by name are left out.
    """
    b = before()
    given = {"there is a place": b.capacity >= 1}
    given |= {name: formula for name, formula in kept(b).items() if name not in changed}
    extra = b.cold_misses <= b.warm_misses + _least(b.pages, b.capacity)
    return Condition(given, _about(given), And(extra, Implies(b.pages <= b.capacity, b.cold_misses == b.pages)))


def _preserved(name: str, dialect: Dialect, code: Code) -> Iterable[Condition]:
    return (preserved(name, code.costs.get(RULE, LRU)),)


RULE: Final = "replacement"
"""The part of what is proved of costs that is the rule of replacement; what holds at the switch are others."""


def obligations() -> Iterator[CodeObligation]:
    """The start, the steps, and what follows."""
    yield CodeObligation(
        "switch__starts__refills",
        "P2",
        "right after a switch the invariants of the refills hold, whatever the buffer without the switch has",
        lambda dialect, code: (at_switch(code.costs),),
        always,
    )
    for name, (sentence, _) in INVARIANTS.items():
        yield CodeObligation(
            f"reference__preserves__{name}", "P2", f"after any reference: {sentence}", partial(_preserved, name), always
        )
    yield CodeObligation(
        "refills__stay__below_min",
        "P2",
        "after a switch a buffer of one set, least recently used replaced, misses at most min(n, s) times more than"
        " without it, and n times in all while n pages fit",
        lambda dialect, code: (bounded(code.costs),),
        always,
    )
