"""Search of a scope for steps that violate, or witness, obligations: what the explorer visits, seen by monitors.

States are visited in order of their distance from the initial state, so a trace found here is a shortest one of its
scope. The obligations' formulas are evaluated on thousands of steps at a time.
"""

from collections.abc import Sequence
from functools import lru_cache

from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.engines.search.deciding import NOTHING_LOOKED_FOR, AreaResult, SearchArea, decide
from proofs.engines.search.monitor import Monitor
from proofs.obligation import Obligation

_monitor = lru_cache(maxsize=1024)(Monitor)  # one serves all areas


def search(
    dialect: Dialect, area: SearchArea, obligations: Sequence[Obligation], *, first: bool = False
) -> AreaResult[Trace]:
    """Look for a step that violates each obligation (or, for one of «sometimes», that is as it says).

    Obligations that speak of a single state are looked for in the states that steps lead to. The search ends when
    each has a trace, when every state was visited, or at the area's limit; with ``first``, when any has a trace.
    """
    from proofs.explorer.searches.stepped import SteppedSearch  # imports the compiler, which not every caller needs

    if not obligations:
        return AreaResult(area, NOTHING_LOOKED_FOR, {})
    states = SteppedSearch(area.scope, dialect, area.rights, area.max_states)
    ways = decide(states, [_monitor(obligation, dialect) for obligation in obligations], first=first)
    by_id, traces = {obligation.id: obligation for obligation in obligations}, {}
    for name, operations in ways.items():
        sometimes = by_id[name].sometimes
        shows = f"{name}: {'an example' if sometimes else 'violated'}: {by_id[name].sentence}"
        traces[name] = Trace(dialect.name, area.scope, operations, shows, "" if sometimes else name)
    return AreaResult(area, states.counts, traces)
