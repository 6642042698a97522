"""Every state that operations on ranges reach in a scope, and what a step breaks: by the obligations' own formulas.

The steps are the literal model's. Whether an invariant holds is asked of the step that reaches a state first, since all
before it have it; whether an effect is as it should be is asked of every step.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.counting import counted
from model.ranges.abstraction import Step, steps_structure
from model.ranges.operation import operations_of
from model.ranges.readings import CANONICAL_RANGES, RangeDialect
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, State, state_of
from model.ranges.trace import RangeTrace
from model.scope import ALL_RIGHTS, ArgumentError
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE
from proofs.engines.search.monitor import Monitor
from proofs.explorer.result import Explored, OnProgress, Progress, SearchEnd, Violation
from proofs.obligation import Obligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.searches.range_renamings import RangeNames

MOST_STATES = 50_000
"""Unless the caller says otherwise; what is asked of each takes about a millisecond."""

RIGHTS = {"none": (ALL_RIGHTS,), "rw": (2, 4, 6), "rwx": tuple(range(1, ALL_RIGHTS + 1))}
"""The sets of rights that operations choose from, by the names that ``musigma explore`` has for them."""

AT_ONCE = 2048  # steps evaluated together


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeExploration(Explored[RangeTrace]):
    """The result of exploring a scope with ranges.

    ``states`` are representatives if ``symmetry`` is not ``none``; then ``stands_for`` says for how many states they
    stand, and ``stands_for_transitions`` for how many transitions.
    """

    scope: RangeScope
    dialect: str
    ranges: str
    rights: str
    engine: str = "literal model, obligations evaluated"
    symmetry: str = "none"
    faults: tuple[str, ...] = ()
    stands_for: int | None = None
    stands_for_transitions: int | None = None


def invariants() -> tuple[str, ...]:
    """The ids of what is asked of states: that each action keeps each invariant."""
    return tuple(id for id, each in of_ranges().items() if each.invariant and each.action)


def effects() -> tuple[str, ...]:
    """The ids of what is asked of each step; that a step is its pages one after the other is no property of one."""
    others = (id for id, each in of_ranges().items() if not each.invariant and not each.sometimes)
    return tuple(id for id in others if "page_by_page" not in id and "last_page" not in id)


def properties_of_ranges(text: str) -> tuple[str, ...]:
    """The ids that ``all``, ``states`` or a list of ids separated by commas stands for.

    :raises ArgumentError: an id is unknown.
    """
    if text in ("all", "states"):
        return (*invariants(), *(effects() if text == "all" else ()))
    known = (*invariants(), *effects())
    asked = tuple(id.strip() for id in text.split(","))
    for id in asked:
        if id not in known:
            raise ArgumentError(f"ranges have no property {id!r}; write all, states, or some of {', '.join(known)}")
    return asked


def explore_ranges(
    scope: RangeScope,
    ranges: RangeDialect = CANONICAL_RANGES,
    pages: Dialect | None = None,
    *,
    rights: str = "none",
    properties: Collection[str] = (),
    symmetry: bool = False,
    max_states: int | None = None,
    on_progress: OnProgress | None = None,
) -> RangeExploration:
    """Visit every state of a scope with ranges, and check obligations in each step, or where a state is first met.

    :param pages: the dialect of pages; by default that of the dialect of ranges.
    :param rights: ``none`` (every operation passes or takes all rights), ``rw`` or ``rwx`` (any non-empty subset).
    :param properties: ids of obligations; by default all.
    :param symmetry: visit one state of those that differ by names only (:mod:`proofs.searches.range_renamings`).
    :param max_states: give up once more states are found; 50,000 unless given.
    :raises ArgumentError: an argument makes no sense.
    """
    of_pages = ranges.pages if pages is None else pages
    chosen = properties_of_ranges(",".join(properties) or "all")
    most = most_states(rights, max_states)
    return _Exploration(scope, ranges, of_pages, rights, chosen, most, on_progress, symmetry).result()


def most_states(rights: str, max_states: int | None) -> int:
    """How many states are visited at most.

    :raises ArgumentError: none, or the sets of rights have no such name.
    """
    if rights not in RIGHTS:
        raise ArgumentError(f"rights are {', '.join(RIGHTS)}, not {rights!r}")
    if max_states is not None and max_states < 1:
        raise ArgumentError(f"at least one state is visited, not {max_states}")
    return MOST_STATES if max_states is None else max_states


@dataclass
class _Exploration:
    """An exploration under way."""

    scope: RangeScope
    ranges: RangeDialect
    pages: Dialect
    rights: str
    chosen: tuple[str, ...]
    most: int
    on_progress: OnProgress | None
    symmetry: bool = False
    begun: float = field(default_factory=monotonic)
    violations: dict[str, Violation[RangeTrace]] = field(default_factory=dict)
    transitions: int = 0
    stands_for_transitions: int = 0
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        from model.ranges import compiled  # it imports numba, which takes a while

        tried = tuple(operations_of(self.scope, self.ranges.readings, RIGHTS[self.rights]))
        readings = self.pages.readings, self.ranges.readings
        names = RangeNames(self.scope, self.ranges.readings) if self.symmetry else None
        self.names = names if names and names.count > 1 else None
        named = self.names.of_row if self.names else None
        self.layers = RangeLayers(self.scope, *readings, tried, compiled.every_step, self.most, named=named)
        known = of_ranges()
        self.asked: dict[str, Obligation[Any, Any]] = {id: known[id] for id in self.chosen}
        self.monitors = {id: Monitor(each, CANONICAL) for id, each in self.asked.items()}

    def result(self) -> RangeExploration:
        """Layer by layer, until nothing is left or there are too many states."""
        reason = ""
        for layer in self.layers.layers():
            self.sizes.append(len(layer))
            self._check_first(layer)
            self._tell(0.0)
            if len(self.layers.came) > self.most:
                reason = f"more than {counted(self.most, 'state')}"
                break
            self._check_steps(layer)
        if not reason and not self.layers.complete:
            reason = f"more than {counted(self.most, 'state')}"
        states = len(self.layers.came)
        complete = not reason
        ended = SearchEnd.VIOLATED if self.violations else SearchEnd.EXHAUSTED if complete else SearchEnd.TRUNCATED
        return RangeExploration(
            verdict=ended,
            complete=complete,
            reason=reason,
            states=states,
            transitions=self.transitions,
            layers=tuple(self.sizes),
            violations=tuple(self.violations.values()),
            properties=self.chosen,
            bytes_per_state=float(4 * 8 * self.scope.slots),
            seconds=monotonic() - self.begun,
            scope=self.scope,
            dialect=self.pages.name,
            ranges=self.ranges.name,
            rights=self.rights,
            symmetry=str(self.names) if self.names else "none",
            stands_for=sum(self.layers.stands_for.values()) if self.names and complete else None,
            stands_for_transitions=self.stands_for_transitions if self.names and complete else None,
        )

    def _check_first(self, layer: Sequence[State]) -> None:
        """Ask of the steps that first led to these states whether they keep the invariants."""
        asked = [id for id, each in self.asked.items() if each.invariant and id not in self.violations]
        came = [(state, self.layers.came[state]) for state in layer]
        links = [(state, link) for state, link in came if link is not None]
        for at in range(0, len(links) if asked else 0, AT_ONCE):
            part = links[at : at + AT_ONCE]
            before = self.layers.rows([link[0] for _, link in part])
            after = self.layers.rows([state for state, _ in part])
            steps = [
                (state_of(b), self.layers.tried[link[1]], state_of(a))
                for b, (_, link), a in zip(before, part, after, strict=True)
            ]
            self._ask(asked, steps, [(link[0], link[1]) for _, link in part])

    def _check_steps(self, layer: Sequence[State]) -> None:
        """Ask of every step from these states whether its effects are as they should be."""
        for steps, places in self._steps(layer):
            asked = [id for id, each in self.asked.items() if not each.invariant and id not in self.violations]
            self.transitions += len(steps)
            self.stands_for_transitions += sum(self.layers.stands_for.get(state, 1) for state, _ in places)
            if asked:
                self._ask(asked, steps, places)

    def _steps(self, layer: Sequence[State]) -> Iterator[tuple[list[Step], list[tuple[State, int]]]]:
        for start in range(0, len(layer), 64):
            part = layer[start : start + 64]
            self._tell(start / len(layer))
            rows = self.layers.rows(part)
            statuses, later = self.layers.after(rows)
            done = np.argwhere(statuses == DONE).tolist()
            for at in range(0, len(done), AT_ONCE):
                some = done[at : at + AT_ONCE]
                after = [state_of(row) for row in later[at : at + AT_ONCE]]
                steps = [(state_of(rows[k]), self.layers.tried[n], s) for (k, n), s in zip(some, after, strict=True)]
                yield steps, [(part[k], n) for k, n in some]

    def _ask(self, asked: Sequence[str], steps: Sequence[Step], places: Sequence[tuple[State, int]]) -> None:
        """Note the first step that breaks an obligation, for each."""
        structure = steps_structure(steps, self.scope, self.layers.d, self.layers.w)
        actions: NDArray[np.str_] = np.array([f"{o.kind.word}_range" for _, o, _ in steps])
        for id in asked:
            obligation = self.asked[id]
            wrong = np.flatnonzero((actions == obligation.action) & ~self.monitors[id].holds(structure))
            if len(wrong):
                state, call = places[int(wrong[0])]
                operations = (*self.layers.way(state), self.layers.tried[call])
                shows = f"{id} ({obligation.claim}) does not hold"
                trace = RangeTrace(self.pages.name, self.ranges.name, self.scope, operations, shows, id)
                self.violations[id] = Violation(id, obligation.claim, obligation.sentence, trace)

    def _tell(self, done: float) -> None:
        if self.on_progress is not None:
            states = len(self.layers.came)
            depth, passed = len(self.sizes) - 1, monotonic() - self.begun
            expanded = sum(self.sizes[:-1])
            self.on_progress(Progress(states, depth, done, states * 32 * self.scope.slots, passed, expanded))
