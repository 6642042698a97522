"""The small machines with many cores that are searched, each to its end."""

from model.cores.scope import CORE_SCOPES
from proofs.engines.search.deciding import SearchArea

MOST_STATES = 60_000
CORE_AREAS = tuple(SearchArea(scope, max_states=MOST_STATES) for scope in CORE_SCOPES)
