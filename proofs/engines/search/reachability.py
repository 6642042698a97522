"""Whether a counterexample to induction is a state that operations lead to: asked of the explorer, in its own scope."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Dialect, NoRights
from proofs.engines.search.induction import InductionCounterexample, Reach

if TYPE_CHECKING:
    from proofs.explorer.searches.stepped import SteppedSearch

MAX_STATES = 30_000  # a search through so many takes about a second


def classified(found: Iterable[InductionCounterexample], dialect: Dialect) -> list[InductionCounterexample]:
    """The counterexamples, each literal one with whether and how its state is reached; a scope is searched once."""
    searches: dict[Scope, SteppedSearch | None] = {}
    result = []
    for each in found:
        if each.scope is not None and each.state is not None:
            if each.scope not in searches:
                searches[each.scope] = _searched(each.scope, dialect)
            each = replace(each, reach=_reach(each, searches[each.scope]))
        result.append(each)
    return result


def _searched(scope: Scope, dialect: Dialect) -> "SteppedSearch | None":
    """A search of a scope with every set of rights; None if its states are too large to be packed."""
    from proofs.explorer.searches.stepped import SteppedSearch
    from proofs.explorer.system import ScopeTooLargeError

    least = 0 if dialect.readings.no_rights == NoRights.ALLOWED else 1
    try:
        return SteppedSearch(scope, dialect, range(ALL_RIGHTS, least - 1, -1), MAX_STATES).run()
    except ScopeTooLargeError:
        return None


def _reach(found: InductionCounterexample, search: "SteppedSearch | None") -> Reach:
    assert found.state is not None
    if search is None:
        return Reach(None, 0)
    place = search.place_of(found.state)
    if place is None:
        return Reach(False if search.complete else None, search.states)
    return Reach(True, search.states, search.path(place))
