"""What is proved of costs, made wrong in one way each: rules of replacement, switches, invariants, what a hit is."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final

from proofs.faults.code.wrong import WrongCode
from proofs.obligations.costs.refills import INVARIANTS, RULE
from proofs.obligations.costs.replacement import LRU, Reference, Rule, Select, Stack, Term, moved_to_front
from proofs.obligations.costs.strings import HIT, HITS
from proofs.obligations.source import Code


def _stays_on_hit(stack: Stack, place: Term, used: Reference, select: Select) -> Term:
    return select(used.hit, stack(place), moved_to_front(stack, place, used, select))


def _kept_twice(stack: Stack, place: Term, used: Reference, select: Select) -> Term:
    return select(place == 0, used.page, stack(place - 1))


def _next_page(stack: Stack, place: Term, used: Reference, select: Select) -> Term:
    return select(
        used.hit, moved_to_front(stack, place, used, select), select(place == 0, used.page + 1, stack(place - 1))
    )


def _newest_goes(stack: Stack, place: Term, used: Reference, select: Select) -> Term:
    return select(used.hit, moved_to_front(stack, place, used, select), select(place == 0, used.page, stack(place)))


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "first-in-first-out": replace(LRU, sentence="a hit does not count as a use", after=_stays_on_hit),
        "kept-twice": replace(LRU, sentence="a page that hits is kept in its old place too", after=_kept_twice),
        "next-page-filled": replace(LRU, sentence="a miss fills the page that follows", after=_next_page),
        "newest-goes": replace(LRU, sentence="a miss replaces what was used last", after=_newest_goes),
        "without-end": replace(
            LRU,
            sentence="a miss takes a place more than there are",
            length=lambda n, used, s, select: select(used.hit, n, n + 1),
        ),
        "place-not-taken": replace(
            LRU, sentence="a miss takes no place that was free", length=lambda n, used, s, select: n
        ),
        "counted-twice": replace(
            LRU, sentence="a miss is counted twice", misses=lambda used, select: select(used.hit, 0, 2)
        ),
    }
)
"""Rules of replacement that are wrong in one way each."""


BUFFER, SWITCH = "buffer-replaces-wrongly", "switch-starts-wrongly"


AT_SWITCH: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "the cold buffer is empty": ("switch-keeps-entries", "A switch leaves entries in the buffer."),
        "the warm buffer fits": ("switch-overfills", "Without a switch the buffer may hold more than it has places."),
        "the warm buffer holds no page twice": ("switch-doubles", "Without a switch the buffer may hold a page twice."),
        "no page counts": ("switch-keeps-count", "Pages that were used before the switch are counted."),
        "no page was referenced": ("switch-keeps-pages", "Pages that were used before the switch count as used."),
        "the cold buffer missed nothing": ("switch-keeps-misses", "Misses before the switch are counted."),
        "the warm buffer missed nothing": (
            "switch-credits-misses",
            "Without the switch misses are counted that nothing led to.",
        ),
    }
)
"""What need not hold right after a switch, each with a fault's name and how it goes wrong."""


def _faults() -> Iterator[WrongCode]:
    for name, rule in RULES.items():
        sentence = f"{rule.sentence[0].upper()}{rule.sentence[1:]}."
        yield WrongCode(
            f"buffer-{name}", sentence, "buffer-replaces-wrongly", ("reference__",), partial(Code, costs={RULE: rule})
        )
    for what, (name, sentence) in AT_SWITCH.items():
        yield WrongCode(name, sentence, SWITCH, ("switch__",), partial(Code, costs={what: None}))
    for what in ("filled", "extra", "once"):
        name, sentence = f"refills-without-{what}", f"It is not held to this: {INVARIANTS[what][0]}."
        yield WrongCode(name, sentence, "invariant-missing", ("refills__",), partial(Code, costs={what: None}))
    for name, hit, sentence in (
        ("hit-one-way-less", replace(HIT, outlives=lambda n, ways: n < ways - 1), "A page goes a use too early."),
        (
            "hit-each-use-displaces",
            replace(HIT, displaces=lambda page, earlier: True),
            "A page used again counts again.",
        ),
    ):
        yield WrongCode(name, sentence, BUFFER, ("strings__",), partial(Code, costs={HITS: hit}))


OF_COSTS: Final[Mapping[str, WrongCode]] = MappingProxyType({fault.name: fault for fault in _faults()})
"""All of them, by name."""
