"""The small scopes of pages with an owner that are searched, each to its end: three spaces, and then two pages."""

from model.scope import Scope
from proofs.engines.search.deciding import SearchArea

MOST_STATES = 60_000
OWNERSHIP_AREAS = (
    SearchArea(Scope(3, 1, 1), max_states=MOST_STATES),
    SearchArea(Scope(2, 2, 2), max_states=MOST_STATES),
)
