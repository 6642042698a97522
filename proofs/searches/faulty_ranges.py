"""Every state that the theory of ranges reaches with a fault in it, nearest first, and what its steps break.

Each step is what the formulas say (:mod:`proofs.engines.search.theory_of_ranges`), and each obligation is asked of each
step of its action, so the first that falls ends a shortest trace.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

import numpy as np

from model.counting import counted
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from model.theory import Actions
from proofs.engines.search.executed import Tables, joined, keys_of, number_of, rows_of
from proofs.engines.search.monitor import Monitor
from proofs.engines.search.theory_of_ranges import ExecutedRanges, RangeSteps
from proofs.explorer.result import OnProgress, Progress, SearchEnd, Violation
from proofs.obligation import Obligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.searches.range_exploration import RIGHTS, RangeExploration, most_states, properties_of_ranges
from proofs.searches.range_renamings import RangeNames


class WrongOperations(Protocol):
    """The operations of the canonical theory, one of them wrong."""

    @property
    def name(self) -> str:
        """What the fault is called."""

    def actions(self) -> Actions[Any]:
        """The theory's operations, this one wrong."""


def explore_faulty(
    scope: RangeScope,
    fault: WrongOperations | None,
    *,
    rights: str = "none",
    properties: Collection[str] = (),
    symmetry: bool = False,
    first: bool = False,
    max_states: int | None = None,
    on_progress: OnProgress | None = None,
) -> RangeExploration:
    """Visit the states that operations with a fault reach, and check obligations in each step.

    :param fault: what is wrong with the canonical theory; none runs that theory as it is.
    :param rights: as in :func:`proofs.searches.range_exploration.explore_ranges`, and so the rest.
    :param first: end with the layer in which the first obligation falls.
    :raises ArgumentError: an argument makes no sense.
    """
    chosen = properties_of_ranges(",".join(properties) or "all")
    return _Faulty(scope, fault, rights, chosen, most_states(rights, max_states), symmetry, first, on_progress).result()


@dataclass
class _Faulty:
    """An exploration under way: the states of a layer are tables, a row a state."""

    scope: RangeScope
    fault: WrongOperations | None
    rights: str
    chosen: tuple[str, ...]
    most: int
    symmetry: bool
    first: bool
    on_progress: OnProgress | None
    begun: float = field(default_factory=monotonic)
    violations: dict[str, Violation[RangeTrace]] = field(default_factory=dict)
    transitions: int = 0
    stands_for_transitions: int = 0
    sizes: list[int] = field(default_factory=list)
    met: set[bytes] = field(default_factory=set)
    came: list[tuple[int, RangeOperation]] = field(default_factory=list)
    alike: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        tried = operations_of(self.scope, CANONICAL_RANGES.readings, RIGHTS[self.rights])
        actions = () if self.fault is None else (self.fault.actions(),)
        self.executed = ExecutedRanges(self.scope, tried, *actions)
        names = RangeNames(self.scope, CANONICAL_RANGES.readings) if self.symmetry else None
        self.names = names if names and names.count > 1 else None
        known = of_ranges()
        self.asked: dict[str, Obligation[Any, Any]] = {id: known[id] for id in self.chosen}
        self.monitors = {id: Monitor(each, CANONICAL) for id, each in self.asked.items()}

    def result(self) -> RangeExploration:
        """Layer by layer, until nothing is left, or enough was seen, or there are too many states."""
        layer, reason = self.executed.first, ""
        self._meet(layer, None)
        while number_of(layer):
            self.sizes.append(number_of(layer))
            layer = self._expand(layer)
            if self.first and self.violations:
                reason = "it ended where something first falls" if number_of(layer) else ""
                break
            if len(self.alike) > self.most:
                reason = f"more than {counted(self.most, 'state')}"
                break
        complete = not reason
        ended = SearchEnd.VIOLATED if self.violations else SearchEnd.EXHAUSTED if complete else SearchEnd.TRUNCATED
        return RangeExploration(
            verdict=ended,
            complete=complete,
            reason=reason,
            states=len(self.alike),
            transitions=self.transitions,
            layers=tuple(self.sizes),
            violations=tuple(self.violations.values()),
            properties=self.chosen,
            bytes_per_state=float(len(next(iter(self.met)))),
            seconds=monotonic() - self.begun,
            scope=self.scope,
            dialect=CANONICAL.name,
            ranges=CANONICAL_RANGES.name,
            rights=self.rights,
            engine="the theory's formulas, obligations evaluated",
            symmetry=str(self.names) if self.names else "none",
            faults=(self.fault.name,) if self.fault else (),
            stands_for=sum(self.alike) if self.names and complete else None,
            stands_for_transitions=self.stands_for_transitions if self.names and complete else None,
        )

    def _expand(self, layer: Tables) -> Tables:
        """Ask of every step from a layer, and meet the states that they lead to."""
        found, begun = [], len(self.alike) - number_of(layer)
        for steps in self.executed.steps(layer, begun):
            self._tell((int(steps.origin[0]) - begun) / number_of(layer) if len(steps.calls) else 0.0)
            self.transitions += len(steps.calls)
            self.stands_for_transitions += sum(self.alike[place] for place in steps.origin.tolist())
            if steps.calls:
                self._ask(steps)
                found.append(self._meet(steps.after, steps))
        return joined(found, layer) if found else rows_of(layer, np.array([], np.int64))

    def _meet(self, tables: Tables, by: RangeSteps | None) -> Tables:
        """Give places to the states of which none of the same name was met; these.

        :param by: the steps that lead to them; none to the first state.
        """
        named = self.names.of_tables(tables) if self.names else [(key, 1) for key in keys_of(tables)]
        new = []
        for row, (name, alike) in enumerate(named):
            if name not in self.met:
                self.met.add(name)
                self.alike.append(alike)
                self.came += [] if by is None else [(int(by.origin[row]), by.calls[row])]
                new.append(row)
        return rows_of(tables, np.array(new, np.int64))

    def _ask(self, steps: RangeSteps) -> None:
        """Note the first step that breaks an obligation, for each."""
        for id, obligation in self.asked.items():
            if obligation.action != steps.action or id in self.violations:
                continue
            wrong = np.flatnonzero(~self.monitors[id].holds(steps.structure))
            if len(wrong):
                row = int(wrong[0])
                operations = (*self._way(int(steps.origin[row])), steps.calls[row])
                shows, fault = f"{id} ({obligation.claim}) does not hold", self.fault.name if self.fault else ""
                trace = RangeTrace(
                    CANONICAL.name, CANONICAL_RANGES.name, self.scope, operations, shows, id, fault=fault
                )
                self.violations[id] = Violation(id, obligation.claim, obligation.sentence, trace)

    def _way(self, place: int) -> Sequence[RangeOperation]:
        """The calls that first led to a state."""
        calls: list[RangeOperation] = []
        while place:
            place, call = self.came[place - 1]
            calls.insert(0, call)
        return calls

    def _tell(self, done: float) -> None:
        if self.on_progress is not None:
            states, passed = len(self.alike), monotonic() - self.begun
            used = states * len(next(iter(self.met)))
            self.on_progress(Progress(states, len(self.sizes) - 1, done, used, passed, sum(self.sizes[:-1])))
