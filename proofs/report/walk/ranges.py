"""Ranges to walk in: the literal model in a scope with orders, and what is proved of ranges evaluated on each step.

Steps are evaluated many at a time, in the order in which a graph asks for them: the obligations' formulas take as long
for one step as for a thousand.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import z3

from model.ranges.abstraction import spaces_of, steps_structure
from model.ranges.literal import Ranged
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import RangeDialect, Unit
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, State, state_of
from model.ranges.trace import RangeTrace
from model.running.evaluate import compile_term
from model.spaces.abstraction import structure_of
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE, NIL, Spaces
from model.spaces.operation import Kind
from proofs.engines.search.monitor import Monitor
from proofs.obligation import Obligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.report.walk.graph import Label, Look, PropertyText, Step
from proofs.report.walk.spaces import facts_of, goal_predicates, lines_of
from proofs.searches.range_exploration import RIGHTS

AT_ONCE = 64  # states whose steps are evaluated together
MOST_EDGES = 400_000
"""Steps that a page can hold, about: larger scopes have more operations in each state."""


@dataclass(frozen=True)
class RangesToWalk:
    """A scope with ranges as a system to walk in.

    :param checked: ids of obligations; of those that keep an invariant, the invariant is asked of each state, and the
        others of each step.
    """

    scope: RangeScope
    ranges: RangeDialect
    pages: Dialect
    rights: str
    checked: tuple[str, ...]
    _waiting: deque[State] = field(default_factory=deque, compare=False)
    _steps: dict[State, tuple[Step[State], ...]] = field(default_factory=dict, compare=False)
    _violated: dict[State, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """The scope, the dialects and the rights."""
        rights = "" if self.rights == "none" else f", rights {self.rights}"
        return f"{self.scope}, dialect {self.pages.name}, ranges {self.ranges.name}{rights}"

    @property
    def most(self) -> int:
        """So many states, about, fit on a page."""
        return max(1, MOST_EDGES // len(self._operations))

    @property
    def cells(self) -> tuple[str, ...]:
        """The slots."""
        return tuple(map(self.scope.name, range(self.scope.slots)))

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The slots by space."""
        firsts = range(0, self.scope.slots, self.scope.pages)
        return tuple((f"σ{n}", tuple(range(x, x + self.scope.pages))) for n, x in enumerate(firsts))

    @cached_property
    def _asked(self) -> dict[str, Obligation[Any, Any]]:
        known = of_ranges()
        return {id: known[id] for id in self.checked}

    @cached_property
    def _invariants(self) -> dict[str, Any]:
        """The invariants, each with its formula on a state."""
        found = {}
        for each in self._asked.values():
            if each.invariant and each.invariant not in found:
                invariant = each.theory.invariants[each.invariant]
                found[each.invariant] = compile_term(z3.And(z3.BoolVal(True), invariant.formula(each.theory.before)))
        return found

    @cached_property
    def _effects(self) -> dict[str, Monitor]:
        return {id: Monitor(each, CANONICAL) for id, each in self._asked.items() if not each.invariant}

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The invariants, and what is asked of steps."""
        of_states = {
            each.invariant: each.theory.invariants[each.invariant] for each in self._asked.values() if each.invariant
        }
        states = (PropertyText(each.name, each.claim, each.sentence) for each in of_states.values())
        steps = (PropertyText(id, self._asked[id].claim, self._asked[id].sentence) for id in self._effects)
        return (*states, *steps)

    @property
    def predicates(self) -> Mapping[str, str]:
        """The predicates of the language of goals."""
        return goal_predicates()

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """One operation of each meaning."""
        return tuple((operation.text(self.scope),) for operation in self._operations)

    @cached_property
    def _operations(self) -> tuple[RangeOperation, ...]:
        return tuple(operations_of(self.scope, self.ranges.readings, RIGHTS[self.rights]))

    @cached_property
    def _layers(self) -> RangeLayers:
        from model.ranges import compiled  # it imports numba, which takes a while

        readings = self.pages.readings, self.ranges.readings
        return RangeLayers(self.scope, *readings, self._operations, compiled.every_step)

    @property
    def first(self) -> State:
        """The state in which σ0 holds the frames."""
        state = self._layers.first
        self._meet([state])
        return state

    def _meet(self, states: Sequence[State]) -> None:
        """States come up: what does not hold in them is asked, and their steps are to be looked at."""
        new = [state for state in dict.fromkeys(states) if state not in self._violated]
        if not new:
            return
        rows = self._layers.rows(new)
        structure = structure_of(spaces_of([state_of(row) for row in rows]), self.scope)
        wrong: list[list[str]] = [[] for _ in new]
        for name, holds in self._invariants.items():
            for row in np.flatnonzero(~holds(structure).reshape(len(new), -1).all(axis=1)).tolist():
                wrong[row].append(name)
        self._violated.update((state, tuple(names)) for state, names in zip(new, wrong, strict=True))
        self._waiting.extend(new)

    def steps(self, state: State) -> tuple[Step[State], ...]:
        """The operations that are done; a flush of nil pages alone, which does nothing, is left out."""
        self._meet([state])
        while state not in self._steps:
            self._expand([self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))])
        return self._steps[state]

    def _expand(self, states: Sequence[State]) -> None:
        rows = self._layers.rows(states)
        statuses, later = self._layers.after(rows)
        done = np.argwhere(statuses == DONE).tolist()
        after = [row.tobytes() for row in later]
        self._meet(after)
        steps = [
            (state_of(rows[k]), self._operations[n], state_of(row)) for (k, n), row in zip(done, later, strict=True)
        ]
        wrong: list[list[str]] = [[] for _ in steps]
        if steps and self._effects:
            structure = steps_structure(steps, self.scope, self.pages.readings, self.ranges.readings)
            actions = np.array([f"{o.kind.word}_range" for _, o, _ in steps])
            for id, monitor in self._effects.items():
                bad = (actions == self._asked[id].action) & ~monitor.holds(structure)
                for at in np.flatnonzero(bad).tolist():
                    wrong[at].append(id)
        found: dict[State, list[Step[State]]] = {state: [] for state in states}
        for (k, n), (before, operation, _), key, names in zip(done, steps, after, wrong, strict=True):
            if not _of_nothing(before, operation):
                found[states[k]].append(Step(self.labels[n], key, tuple(names)))
        self._steps.update((state, tuple(each)) for state, each in found.items())

    def violated(self, state: State) -> tuple[str, ...]:
        """The invariants that do not hold, by their formulas."""
        self._meet([state])
        return self._violated[state]

    def look(self, state: State) -> Look:
        """Each slot as on the page of single pages, and the mapping that it belongs to where that has more pages."""
        (row,) = self._layers.rows([state])
        ranged = state_of(row)
        spaces = Spaces(ranged.sigma, ranged.phys, ranged.rights)
        slots = range(self.scope.slots)
        cells = tuple((*lines_of(spaces, x), *self._mapping(ranged, x)) for x in slots)
        comes_from = tuple(max(-1, int(spaces.sigma[x])) for x in slots)
        return Look(cells, comes_from, {name: facts for name, facts in facts_of(spaces) if facts})

    def _mapping(self, s: Ranged, x: int) -> Iterator[str]:
        """The mapping that shows a slot, in dialects whose mappings are whole."""
        pages: list[int] = np.flatnonzero(s.unit == s.unit[x]).tolist() if s.sigma[x] != NIL else []
        if self.ranges.readings.unit == Unit.MAPPING and len(pages) > 1:
            yield f"in {self.scope.name(pages[0])[:-1]}..{pages[-1] % self.scope.pages}]"

    def canonical(self, state: State) -> tuple[State, tuple[int, ...]]:
        """The state itself: nothing is renamed."""
        return state, tuple(range(self.scope.slots))


def _of_nothing(s: Ranged, o: RangeOperation) -> bool:
    """Return whether an operation flushes nil pages alone."""
    return o.kind == Kind.FLUSH and bool((s.sigma[o.src : o.src + (1 << o.order)] == NIL).all())


def way_of(trace: RangeTrace) -> tuple[Label, ...]:
    """The operations of a trace under the names that the steps of a graph have."""
    return tuple((operation.text(trace.scope),) for operation in trace.operations)
