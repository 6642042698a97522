"""Search of a scope for steps that violate, or witness, obligations: what the explorer visits, seen by monitors.

States are visited in order of their distance from the initial state, so a trace found here is a shortest one of its
scope. The obligations' formulas are evaluated on thousands of steps at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.engines.search.monitor import Monitor, steps_structure
from proofs.obligation import Obligation

if TYPE_CHECKING:
    from proofs.explorer.searches.walk import Steps


@dataclass(frozen=True, slots=True)
class Area:
    """Where to search: a scope, the sets of rights that operations name, and a limit on the number of states."""

    scope: Scope
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    max_states: int = 20_000

    def __str__(self) -> str:
        """The area in words."""
        sets = "" if self.rights == (ALL_RIGHTS,) else f", {len(self.rights)} sets of rights"
        return f"{self.scope}{sets}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: for some obligations a shortest trace, and whether the area was searched to its end."""

    area: Area
    states: int
    complete: bool
    traces: dict[str, Trace]


_monitor = lru_cache(maxsize=1024)(Monitor)  # one serves all areas


def search(dialect: Dialect, area: Area, obligations: Sequence[Obligation], *, first: bool = False) -> Found:
    """Look for a step that violates each obligation (or, for one of «sometimes», that is as it says).

    Obligations that speak of a single state are looked for in the states that steps lead to. The search ends when
    each has a trace, when every state was visited, or at the area's limit; with ``first``, when any has a trace.
    """
    from proofs.explorer.searches.walk import Walk  # imports the compiler, which not every caller needs

    pending = [_monitor(obligation, dialect) for obligation in obligations]
    traces: dict[str, Trace] = {}
    walk = Walk(area.scope, dialect, area.rights, area.max_states)
    for steps in walk.steps() if pending else ():
        for obligation, chosen in _decided(pending, steps, area.scope):
            what = "an example" if obligation.sometimes else "violated"
            operations = (*walk.path(int(chosen.origin[0])), chosen.operation)
            shows = f"{obligation.id}: {what}: {obligation.sentence}"
            violated = "" if obligation.sometimes else obligation.id
            traces[obligation.id] = Trace(dialect.name, area.scope, operations, shows, violated)
        pending = [monitor for monitor in pending if monitor.obligation.id not in traces]
        if not pending or (first and traces):
            return Found(area, len(walk), True, traces)
    return Found(area, len(walk), walk.complete or not pending, traces)


def _decided(pending: Sequence[Monitor], steps: "Steps", scope: Scope) -> Iterator[tuple[Obligation, "Steps"]]:
    """The obligations that some of the steps decide, each with the first such step."""
    by_action = {"": steps} | steps.by_kind()
    for action, some in by_action.items():
        monitors = [monitor for monitor in pending if monitor.obligation.action == action]
        if not monitors or not len(some):
            continue
        before, after = some.states
        structure = steps_structure(before, some.calls, after, scope)
        for monitor in monitors:
            holds = monitor.holds(structure)
            wanted = holds if monitor.obligation.sometimes else ~holds
            if wanted.any():
                number = int(wanted.argmax())
                yield monitor.obligation, some[number : number + 1]
