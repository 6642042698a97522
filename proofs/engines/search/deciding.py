"""Obligations decided by a search: monitors watch its steps, and the first step that decides one ends a shortest way.

The search may be of the literal model or of a theory's formulas; only the protocol is known here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from model.running.evaluate import Structure
from model.running.search import Search, SearchCounts
from model.scope import ALL_RIGHTS, Scope
from model.spaces.operation import Operation
from proofs.engines.search.monitor import Monitor

Shown = TypeVar("Shown")

NOTHING_LOOKED_FOR = SearchCounts(states=1, transitions=0, complete=True)


@dataclass(frozen=True, slots=True)
class SearchArea:
    """The area of a search: a scope, the sets of rights that operations name, and a limit on the number of states."""

    scope: Scope
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    max_states: int = 20_000

    def __str__(self) -> str:
        """The area in words."""
        sets = "" if self.rights == (ALL_RIGHTS,) else f", {len(self.rights)} sets of rights"
        return f"{self.scope}{sets}"


@dataclass(frozen=True, slots=True)
class AreaResult(Generic[Shown]):
    """What a search of an area found: for some obligations, by their ids, what decides them: a trace, or two runs."""

    area: SearchArea
    counts: SearchCounts
    traces: dict[str, Shown]

    @property
    def states(self) -> int:
        """Return the number of states met."""
        return self.counts.states

    @property
    def complete(self) -> bool:
        """All was found that was looked for, or the area was searched to its end."""
        return self.counts.complete


class Part(Protocol):
    """Some of the steps that a search shows at once."""

    @property
    def origin(self) -> NDArray[np.int64]:
        """The place of the state where each step begins."""

    @property
    def structure(self) -> Structure:
        """The steps as the theory sees them: a batch of states before, calls, and states after."""

    def __len__(self) -> int:
        """How many."""

    def operation(self, row: int) -> Operation:
        """The operation of one step."""


class WatchedSteps(Protocol):
    """Steps that a search shows at once."""

    def by_action(self) -> Mapping[str, Part]:
        """All, under no name, and those of each action."""


def decide(
    search: Search[WatchedSteps, Operation], monitors: Iterable[Monitor], *, first: bool = False
) -> dict[str, tuple[Operation, ...]]:
    """Search until a step violates each obligation (or, for one of «sometimes», is as it says).

    :param first: end as soon as one is decided.
    :returns: the operations up to that step, for each obligation that has one.
    """
    pending, ways = list(monitors), dict[str, tuple[Operation, ...]]()

    def watch(steps: WatchedSteps) -> bool:
        nonlocal pending
        for action, some in steps.by_action().items():
            concerned = [monitor for monitor in pending if monitor.obligation.action == action]
            if not concerned or not len(some):
                continue
            structure = some.structure
            for monitor in concerned:
                holds = monitor.holds(structure)
                wanted = holds if monitor.obligation.sometimes else ~holds
                if wanted.any():
                    row = int(wanted.argmax())
                    ways[monitor.obligation.id] = (*search.path(int(some.origin[row])), some.operation(row))
        pending = [monitor for monitor in pending if monitor.obligation.id not in ways]
        return not pending or (first and bool(ways))

    search.run(watch)
    return ways
