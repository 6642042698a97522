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
from refinement.check.ranges.driver import EXPECTED, FAULT, GOT, IN_SPACE, ON_CORE, STALE


def cause_of(s: Ranged, o: RangeOperation, failure: Sequence[int], scope: RangeScope, w: RangeReadings) -> str:
    """The cause of a difference in a state, by the operation that shows it."""
    rights = "" if o.rights == ALL_RIGHTS else ", some rights"
    return f"{_operation(s, o, w)}{rights}: {_effect(failure, o, scope)}"


def _operation(s: Ranged, o: RangeOperation, w: RangeReadings) -> str:
    """The kind of operation, whether it is of one page, and what stands in the slots."""
    if o.kind == Kind.FLUSH:
        size = "a range" if o.order else "a page"
        return f"flush of {size}{' with its own pages' if o.own else ''}"
    size = "a page" if min(o.order, o.dst_order) == 0 else "a range"
    sources, targets = (each.tolist() for each in sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, w))
    if set(sources) & set(targets):
        where = " onto itself"
    elif any(s.sigma[y] < NIL for y in targets):
        where = " onto frames"
    elif any(derives(s, x, y) for x in sources for y in targets):  # type: ignore[arg-type]
        where = " onto an ancestor"
    elif any(s.sigma[y] != NIL for y in targets):
        where = " onto an occupied window"
    elif any(s.sigma[x] == NIL for x in sources):
        where = " with holes"
    else:
        where = ""
    return f"{o.kind.word} of {size}{where}"


def _effect(failure: Sequence[int], o: RangeOperation, scope: RangeScope) -> str:
    """What differs."""
    fault, expected, got = failure[FAULT], failure[EXPECTED], failure[GOT]
    if fault == Mismatch.STATUS:
        return "refused, though it can be done" if got else "done, though it is to be refused"
    if fault == Mismatch.ERROR:
        return "no status"
    where = "another page" if o.kind == Kind.FLUSH or failure[IN_SPACE] != scope.space(o.dst) else "its space"
    if fault == STALE:
        core = f" on core {failure[ON_CORE]}" if failure[ON_CORE] >= 0 else ""
        return f"a stale translation stays in {where}{core}"
    view = " in the page table" if fault == Mismatch.LOOKUP_HW else ""
    if got < 0:
        return f"{where} shows nothing{view}"
    if expected < 0:
        return f"{where} still shows something{view}"
    return f"{where} shows other rights{view}" if expected == got else f"{where} shows another frame{view}"
