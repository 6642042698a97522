"""What two differences have in common that are one defect, as far as can be told: the pattern of pages and the effect.

A cause is a line that people read and a file keeps, so that a search can go on past what is known.
"""

from collections.abc import Sequence

from model.ranges.literal import Ranged, sources_and_targets
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS
from model.spaces.literal import NIL, derives
from model.spaces.operation import Kind
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges.driver import EXPECTED, FAULT, GOT, IN_SPACE, STALE

CYCLE = "the links lead round"


def cause_of(s: Ranged, o: RangeOperation, failure: Sequence[int], scope: RangeScope, w: RangeReadings) -> str:
    """The cause of a difference in a state, by the operation that shows it."""
    rights = "" if o.rights == ALL_RIGHTS else ", some rights"
    return f"{_operation(s, o, scope, w)}{rights}: {_effect(failure, o, scope)}"


def _operation(s: Ranged, o: RangeOperation, scope: RangeScope, w: RangeReadings) -> str:
    """The kind of operation, how sizes compare, and what stands in the slots."""
    if o.kind == Kind.FLUSH:
        size = "a range" if o.order else "a page"
        return f"flush of {size}{' with its own pages' if o.own else ''}"
    sizes = "a page" if o.order == o.dst_order == 0 else "a range"
    if o.order > o.dst_order:
        sizes = "a part of a range"
    elif o.order < o.dst_order:
        sizes = "a range into a larger window" if o.order else "a page into a larger window"
    sources, targets = (each.tolist() for each in sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, w))
    told = []
    if any(s.sigma[x] == NIL for x in sources):
        told.append("with holes" if any(s.sigma[x] != NIL for x in sources) else "of nothing")
    if set(sources) & set(targets):
        told.append("onto itself")
    if any(s.sigma[y] < NIL for y in targets):
        told.append("onto frames")
    elif any(derives(s, x, y) for x in sources for y in targets):  # type: ignore[arg-type]
        told.append("onto an ancestor")
    elif any(s.sigma[y] != NIL for y in targets):
        told.append("onto an occupied window")
    if o.offset >> max(o.order, o.dst_order) or o.offset & ((1 << min(o.order, o.dst_order)) - 1):
        told.append("at an odd offset")
    return " ".join([f"{o.kind.word} of {sizes}", *told])


def _effect(failure: Sequence[int], o: RangeOperation, scope: RangeScope) -> str:
    """What differs."""
    fault, expected, got = failure[FAULT], failure[EXPECTED], failure[GOT]
    if fault == Mismatch.STATUS:
        return "refused, though it can be done" if got else "done, though it is to be refused"
    if fault == Mismatch.ERROR:
        return "no status"
    where = "another page" if o.kind == Kind.FLUSH or failure[IN_SPACE] != scope.space(o.dst) else "its space"
    if fault == STALE:
        return f"a stale translation stays in {where}"
    view = " in the page table" if fault == Mismatch.LOOKUP_HW else ""
    if got < 0:
        return f"{where} shows nothing{view}"
    if expected < 0:
        return f"{where} still shows something{view}"
    return f"{where} shows other rights{view}" if expected == got else f"{where} shows another frame{view}"
