"""The small machines with many cores that are searched, each to its end, and shortest ways to a violation there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model.cores.scope import CORE_SCOPES, CoreScope
from model.cores.vocabulary import Cores
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Operation
from model.theory import Theory
from proofs.engines.search.deciding import SearchArea, decide
from proofs.engines.search.monitor import Monitor
from proofs.engines.search.theory_search import TheorySearch
from proofs.obligation import Obligation

MOST_STATES = 60_000
CORE_AREAS = tuple(SearchArea(scope, max_states=MOST_STATES) for scope in CORE_SCOPES)


@dataclass(frozen=True, slots=True)
class Shortest:
    """A shortest way to a step that violates one of some obligations; none if there is none where it was looked for."""

    obligation: Obligation[Any, Any] | None
    scope: CoreScope | None
    steps: tuple[Operation, ...]
    searched: tuple[str, ...]
    complete: bool


def shortest_of(theory: Theory[Cores], wanted: Sequence[Obligation[Any, Any]]) -> Shortest:
    """The shortest way in the first small machine that has any."""
    searched, complete = [], True
    for area in CORE_AREAS:
        assert isinstance(area.scope, CoreScope)
        states = TheorySearch(theory, CANONICAL, area)
        ways = decide(states, [Monitor(obligation, CANONICAL) for obligation in wanted], first=True)
        searched.append(f"{area.scope} ({states.states:,} states)")
        complete = complete and states.complete
        if ways:
            name, steps = min(ways.items(), key=lambda item: len(item[1]))
            broken = next(obligation for obligation in wanted if obligation.id == name)
            return Shortest(broken, area.scope, steps, (searched[-1],), True)
    return Shortest(None, None, (), tuple(searched), complete)
