"""Wrong by what the caller does not see: answers and changes that depend on who got a page from whom elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from z3 import And, Exists, If, Not, Or

from model.spaces.dialect import Dialect
from model.spaces.theory import Action, Formula, Parameters, State, Term, before, called, same_frame, x, y
from proofs.applies import offers_grant
from proofs.faults.theory.fault import Made, Maker, TheoryFault, changed
from proofs.obligation import always


def _refused_if(what: str, condition: Callable[[State, Parameters], Formula]) -> Callable[[Maker], Maker]:
    """The action is refused where the condition holds as well."""

    def wrong(maker: Maker) -> Maker:
        def make(dialect: Dialect, s: State = before, p: Parameters = called, /) -> Action:
            right = maker(dialect, s, p)
            return replace(right, guard={**right.guard, what: Not(condition(s, p))})

        return make

    return wrong


def _is_shared(s: State, p: Parameters) -> Formula:
    return Exists([x], s.derives(x, p.src))


def _is_passed_on_twice(s: State, p: Parameters) -> Formula:
    return Exists([x, y], And(s.derives(x, y), s.derives(y, p.src)))


def _shared_stays(m: Made) -> dict[str, Any]:
    s, t = m.before, m.after

    def kept(slot: Term) -> Formula:
        return And(s.derives(slot, m.called.src), Exists([y], s.derives(y, slot)))

    return {
        "derives": lambda x, y: If(kept(x), s.derives(x, y), t.derives(x, y)),
        "live": lambda x: If(kept(x), s.live(x), t.live(x)),
        "phys": lambda x, r: If(kept(x), s.phys(x, r), t.phys(x, r)),
        "right": lambda x, a: If(kept(x), s.right(x, a), t.right(x, a)),
    }


def _put_between(m: Made) -> dict[str, Any]:
    s, src, dst = m.before, m.called.src, m.called.dst
    return {"derives": lambda x, y: Or(m.after.derives(x, y), And(y == dst, x != dst, s.derives(x, src)))}


def _reversed(m: Made) -> dict[str, Any]:
    s, src, dst = m.before, m.called.src, m.called.dst
    return {"derives": lambda x, y: Or(m.after.derives(x, y), And(y == dst, x != dst, s.derives(src, x)))}


def _adopts_siblings(m: Made) -> dict[str, Any]:
    s, t, src = m.before, m.after, m.called.src

    def hung(slot: Term) -> Formula:
        return And(slot != src, t.live(slot), same_frame(s, slot, src), Not(s.derives(src, slot)))

    return {"derives": lambda x, y: Or(t.derives(x, y), And(y == src, hung(x)))}


def faults() -> Iterator[TheoryFault]:
    """Faults that are seen by comparing two runs, or by whom pages derive from afterwards."""
    for action, applies in (("map", always), ("grant", offers_grant)):
        yield TheoryFault(
            f"{action}-refused-if-shared",
            "a page that somebody else was given before is refused",
            action,
            _refused_if("nobody else was given the page", _is_shared),
            applies,
        )
    yield TheoryFault(
        "flush-refused-if-passed-on",
        "a flush that would have to go deeper than one level is refused",
        "flush",
        _refused_if("nobody passed the page on", _is_passed_on_twice),
    )
    yield TheoryFault(
        "flush-shared-stays",
        "what somebody else got from a page keeps that page from being taken",
        "flush",
        changed(_shared_stays),
    )
    yield TheoryFault(
        "map-put-between",
        "the new node is put between the source and what was mapped from it before",
        "map",
        changed(_put_between),
    )
    yield TheoryFault(
        "grant-reverses-links",
        "what the page was mapped from is linked below its new place",
        "grant",
        changed(_reversed),
        offers_grant,
    )
    yield TheoryFault(
        "flush-adopts-siblings",
        "whatever shows the frame and stays is linked below the page, but for what the page derives from",
        "flush",
        changed(_adopts_siblings),
    )
