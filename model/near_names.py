"""Names near a wrong one, as the end of what is said of it."""

import difflib
import re
from collections.abc import Iterable


def near_names(name: str, names: Iterable[str]) -> str:
    """The names nearest to a wrong one, or of which a part is, as the end of a sentence; else the first.

    >>> near_names("KeySever", ["KeyServer", "Tenant"])
    '; did you mean KeyServer?'
    >>> near_names("one_lokc*", ["tree_map__ends", "one_lock_map__gives__locks_back"])
    '; did you mean one_lock_map__gives__locks_back?'
    >>> near_names("", ["P1", "P2"])
    '; there are P1, P2'
    >>> near_names("ofset", ["dst", "offset"])
    '; did you mean offset?'
    >>> near_names("x", [f"n{number}" for number in range(30)])
    '; there are n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 18 more'
    """
    names = list(names)
    near = {each: _nearness(name.strip("*?"), each) for each in names}
    least = max(near.values(), default=0.0) - FARTHER
    found = [each for each in sorted(names, key=lambda each: -near[each]) if near[each] and near[each] >= least][:4]
    if found:
        return f"; did you mean {', '.join(found)}?"
    more = f" and {len(names) - 12} more" if len(names) > 13 else ""
    return f"; there are {', '.join(names[: 12 if more else None])}{more}"


WHOLE, PART, FARTHER = 0.5, 0.75, 0.25
"""How near a name is at least, and a part of one; and how much farther than the nearest one that is named beside it."""


def _nearness(name: str, other: str) -> float:
    """How near another name is, or a part as long that begins with a word; 0 if neither is near.

    >>> _nearness("flush_rnage", "sized_flush_range__ends") > _nearness("flush_rnage", "flush__keeps__page") > 0
    True
    """
    matcher = difflib.SequenceMatcher()
    matcher.set_seq2(name)

    def ratio(some: str, least: float) -> float:
        matcher.set_seq1(some)
        near = matcher.quick_ratio() >= least and (found := matcher.ratio()) >= least
        return found if near else 0.0

    begins = [place.start() for place in re.finditer(r"(?<![^_\W])[^_\W]", other)]
    parts = {other[at : at + len(name)] for at in begins if len(name) > 2}  # of one or two letters all are alike
    return max(ratio(other, WHOLE), *(ratio(part, PART) for part in parts), 0.0)
