"""Faults of the theory of ranges against exploration: every state that the faulty theory reaches, nearest first.

The theory's formulas, the fault in them, are executed from the first state on, in small scopes one after the other. A
step that violates an obligation ends a shortest trace of its scope.
"""

from functools import cache
from time import perf_counter

from model.ranges.scope import RangeScope
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.faults.theory import RANGE_FAULTS
from proofs.obligations.ranges.inventory import of_ranges
from proofs.searches.faulty_ranges import explore_faulty

AREAS = ((RangeScope(2, 2, 2, 0b11), "none"), (RangeScope(2, 2, 1, 0b11), "rw"), (RangeScope(3, 2, 1, 0b11), "none"))
"""The scopes, and the sets of rights that operations choose from; larger ones would only take longer."""

BY_ARITHMETIC = dict.fromkeys(
    ("range-two-pages-to-one-place-map", "range-two-pages-to-one-place-grant", "range-page-to-two-places"),
    "by the arithmetic of windows, which is proved, no call sends two pages to one place, or a page to two",
)
"""Faults that no call shows, and why: they are of relations between pages of which no range and window makes one."""


@cache
def find(change: str) -> HuntResult:
    """Explore the scopes in turn until an obligation is violated."""
    begun, states = perf_counter(), 0
    fault, complete = RANGE_FAULTS[change], True
    asked = [o.id for o in of_ranges().values() if o.action == fault.action and not o.sometimes]
    properties = [id for id in asked if "page_by_page" not in id and "last_page" not in id]
    for scope, rights in AREAS if change not in BY_ARITHMETIC else ():
        found = explore_faulty(scope, fault, rights=rights, properties=properties, symmetry=True, first=True)
        states, complete = states + found.states, complete and found.complete
        if found.violations:
            fell, trace = tuple(each.property for each in found.violations), found.violations[0].trace
            said = f"{fell[0]}: {found.violations[0].sentence}"
            steps, seconds = len(trace.operations), perf_counter() - begun
            return HuntResult(Engine.EXPLORATION, change, HuntEnding.KILLED, fell, steps, True, trace, said, seconds)
    said = BY_ARITHMETIC.get(change, f"nothing violated in {states} states")
    ending = HuntEnding.SURVIVED if complete else HuntEnding.ERROR
    return HuntResult(Engine.EXPLORATION, change, ending, said=said, seconds=perf_counter() - begun)
