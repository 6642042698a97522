"""What two differences have in common that are one defect, as far as can be told: the pattern of pages and the effect.

A cause is a line that people read and a file keeps, so that a search can go on past what is known. It names the reading
that says what is right there, if one does. Causes of single pages have numbers, too, see
:mod:`refinement.check.driver.masking`.
"""

from collections.abc import Sequence

from model.ranges.literal import Ranged, sources_and_targets
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS
from model.spaces.literal import NIL, derives
from model.spaces.operation import Kind
from refinement.check.driver import masking
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges.driver import EXPECTED, FAULT, GOT, IN_SPACE, ON_CORE, STALE, WRONG_ORDER


def cause_of(
    s: Ranged, o: RangeOperation, failure: Sequence[int], scope: RangeScope, w: RangeReadings, lacks: str = ""
) -> str:
    """The cause of a difference in a state, by the operation that shows it; or by the look-up that failed.

    :param lacks: what the answer lacks that could not be read, where that is known.
    """
    if failure[FAULT] == Mismatch.ERROR and failure[IN_SPACE] >= 0:
        return masking.unreadable(lacks)
    rights = "" if o.rights == ALL_RIGHTS else masking.SOME_RIGHTS[o.kind == Kind.FLUSH]
    return f"{_operation(s, o, scope, w)}{rights}: {_effect(failure, o, scope)}"


def _operation(s: Ranged, o: RangeOperation, scope: RangeScope, w: RangeReadings) -> str:
    """The kind of operation, whether it is of one page, and what stands in the slots."""
    order = o.order if o.kind == Kind.FLUSH else min(o.order, o.dst_order)
    own = " with its own pages" if o.own else ""
    said = f"{o.kind.word} of {'a range' if order else 'a page'}{own}"
    if not o.is_in(scope):
        return said + masking.WHERE[masking.BEYOND]
    return said + (_flushed(s, o) if o.kind == Kind.FLUSH else _passed(s, o, order, w))


def _flushed(s: Ranged, o: RangeOperation) -> str:
    """What stands in a range that is flushed, and what was mapped from there."""
    slots = range(o.src, o.src + (1 << o.order))
    held = 0 if all(s.sigma[x] == NIL for x in slots) else 1 if any(s.sigma[x] < NIL for x in slots) else 2
    below = [y for y in range(len(s.sigma)) if s.sigma[y] in slots]
    within = o.order and any(y in slots for y in below)
    return f" ({masking.HELD[held]}, {masking.WITHIN if within else masking.BELOW[bool(below)]})"


def _passed(s: Ranged, o: RangeOperation, order: int, w: RangeReadings) -> str:
    """What stands where a range comes from, and where it goes."""
    sources, targets = (each.tolist() for each in sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, w))
    pairs = list(zip(sources, targets, strict=True))
    if set(sources) & set(targets):
        return masking.WHERE[masking.ITSELF] if any(x == y for x, y in pairs) else " onto itself (reading crossing)"
    if any(s.sigma[y] < NIL for y in targets):
        return masking.WHERE[masking.FRAMES]
    if any(derives(s, x, y) for x, y in pairs):  # type: ignore[arg-type]
        return masking.WHERE[masking.ANCESTOR]
    if any(derives(s, x, y) for x in sources for y in targets):  # type: ignore[arg-type]
        return " onto an ancestor (reading crossing)"
    if any(s.sigma[y] != NIL for y in targets):
        return masking.WHERE[masking.OCCUPIED]
    if any(s.sigma[x] == NIL for x in sources):
        return masking.WHERE[masking.HOLES] + (" (reading holes)" if order else "")
    if not any(s.rights[x] & o.rights for x in sources):
        return masking.WHERE[masking.NO_COMMON]
    return ""


def _effect(failure: Sequence[int], o: RangeOperation, scope: RangeScope) -> str:
    """What differs."""
    fault, expected, got = failure[FAULT], failure[EXPECTED], failure[GOT]
    if fault == Mismatch.STATUS:
        return masking.ENDINGS[masking.REFUSED_WRONGLY if got else masking.DONE_WRONGLY]
    if fault == Mismatch.ERROR:
        return masking.ENDINGS[masking.NO_STATUS]
    if fault == Mismatch.CHECK:
        return masking.ENDINGS[masking.OWN_CHECK]
    where = masking.PLACES[o.kind != Kind.FLUSH and failure[IN_SPACE] == o.dst // scope.pages]
    if fault == WRONG_ORDER:
        return f"{where} shows a mapping that cannot be"
    if fault == STALE:
        core = f" on core {failure[ON_CORE]}" if failure[ON_CORE] >= 0 else ""
        return f"a stale translation stays in {where}{core}"
    view = masking.VIEWS[fault == Mismatch.LOOKUP_HW]
    return f"{where} {masking.SEEN[0 if got < 0 else 1 if expected < 0 else 2 if expected == got else 3]}{view}"
