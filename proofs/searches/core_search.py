"""Explore a protocol of many cores on a machine: every state once, invariants in each, and shortest traces.

What a program notices of a protocol that takes a page at a time is checked on packed states; everything else by the
theory's formulas, which are slower and know each protocol and each invariant.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from model.cores.invariants import ALIKE, SAFE
from model.cores.readings import Protocol
from model.cores.scope import CoreScope
from model.cores.theories import theory_of_cores
from model.cores.trace import CoreTrace
from model.cores.vocabulary import Cores
from model.counting import counted
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Operation
from model.theory import Theory
from proofs.engines.search.deciding import SearchArea, decide
from proofs.engines.search.monitor import Monitor
from proofs.engines.search.theory_search import TheorySearch, TheorySteps, replay_theory
from proofs.explorer.case import UnconfirmedError
from proofs.explorer.cores.protocol import label_operation, protocol_system
from proofs.explorer.cores.result import CoreExploration
from proofs.explorer.result import OnProgress, SearchEnd, Violation
from proofs.explorer.searches.breadth_first import search
from proofs.explorer.system import System
from proofs.obligation import Obligation
from proofs.obligations.cores.inventory import prefix
from proofs.obligations.spaces.preservation import preserves
from proofs.searches.core_areas import CORE_AREAS

NOTICED = tuple(name.replace("_", "-") for name in (SAFE, ALIKE))
"""The ids of the invariants that a program notices."""
MOST_STATES = 1_000_000  # by formulas, unless the caller says otherwise: a state takes about a kilobyte there


def invariants_named(ids: Collection[str], protocol: Protocol) -> tuple[str, ...]:
    """The names of the invariants of these ids, in the order of the theory.

    :raises ArgumentError: the protocol has no such invariant.
    """
    known = {name.replace("_", "-"): name for name in theory_of_cores(protocol).invariants}
    for id in ids:
        if id not in known:
            raise ArgumentError(f"{protocol.name} has no property {id!r}; it has {', '.join(known)}")
    return tuple(name for id, name in known.items() if id in ids)


def explore_cores(
    scope: CoreScope,
    protocol: Protocol,
    *,
    properties: Collection[str] = NOTICED,
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> CoreExploration:
    """Visit every state that the steps of a protocol lead to on a machine, and check invariants in each.

    :param properties: ids of invariants, hyphens for underscores.
    :param max_states: give up once more states are found; a million unless given where formulas are evaluated.
    :param memory: bytes for packed states.
    :param threads: of the search of packed states; one for each processor unless given.
    :raises ArgumentError: an argument makes no sense.
    :raises UnconfirmedError: the theory does not show what packed states do; a defect of the explorer.
    """
    wanted = invariants_named(properties, protocol)
    if max_states is not None and max_states < 1:
        raise ArgumentError(f"at least one state is visited, not {max_states}")
    case = _Case(scope, protocol, wanted)
    if set(wanted) <= {SAFE, ALIKE}:
        try:
            system = protocol_system(protocol, scope)
        except ValueError:  # too large a state, or a protocol that is not packed: the formulas know it
            return case.by_formulas(max_states)
        limits = {"max_states": max_states, "memory": memory, "threads": threads, "on_progress": on_progress}
        return case.packed(system, limits)
    return case.by_formulas(max_states)


@dataclass(frozen=True, slots=True)
class CoreFound:
    """A shortest trace to what a wrong protocol breaks; none if there is none where it was looked for."""

    obligation: Obligation[Any, Any] | None
    trace: CoreTrace | None
    searched: tuple[str, ...]
    complete: bool


def shortest_violation(
    theory: Theory[Cores], protocol: Protocol, wanted: Iterable[Obligation[Any, Any]], fault: str = ""
) -> CoreFound:
    """The shortest trace of the first small machine in which a theory breaks one of these obligations.

    :param protocol: which the trace names.
    :param fault: that the theory has beyond it.
    """
    searched, complete, obligations = [], True, {obligation.id: obligation for obligation in wanted}
    monitors = [Monitor(obligation, CANONICAL) for obligation in obligations.values()]
    for area in CORE_AREAS:
        scope = area.scope
        assert isinstance(scope, CoreScope)
        states = TheorySearch(theory, CANONICAL, area)
        ways = decide(states, monitors, first=True)
        searched.append(f"{scope} ({counted(states.states, 'state')})")
        complete = complete and states.complete
        if ways:
            name, steps = min(ways.items(), key=lambda item: len(item[1]))
            broken = obligations[name]
            id = name if name.startswith(prefix(protocol)) else prefix(protocol) + name
            shows = f"{id} ({broken.claim}) does not hold" + (f", with the fault {fault}" if fault else "")
            trace = CoreTrace(protocol.name, scope, steps, shows, id, fault)
            return CoreFound(broken, trace, (searched[-1],), True)
    return CoreFound(None, None, tuple(searched), complete)


class _Layered(TheorySearch):
    """A search of a theory that counts its layers."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.layers = [1]

    def _expand(self, first: int, last: int) -> Iterator[TheorySteps]:
        yield from super()._expand(first, last)
        self.layers.append(self.states - sum(self.layers))


@dataclass(frozen=True, slots=True)
class _Case:
    """What is explored."""

    scope: CoreScope
    protocol: Protocol
    wanted: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(name.replace("_", "-") for name in self.wanted)

    def packed(self, system: System, limits: dict[str, Any]) -> CoreExploration:
        """By compiled steps on packed states."""
        found = search(system, properties=self.ids, **limits)
        ways = {flaw.property: tuple(map(label_operation, flaw.steps)) for flaw in found.flaws}
        return CoreExploration(
            scope=self.scope,
            protocol=self.protocol.name,
            engine=f"packed states of {system.bits} bits",
            verdict=found.verdict,
            complete=found.complete,
            reason=found.reason,
            states=found.states,
            transitions=found.transitions,
            layers=found.layers,
            violations=tuple(self.violation(id.replace("-", "_"), ways[id]) for id in self.ids if id in ways),
            properties=self.ids,
            bytes_per_state=found.bytes_used / found.states,
            seconds=found.seconds,
        )

    def by_formulas(self, max_states: int | None) -> CoreExploration:
        """By the theory's formulas, evaluated on batches of states."""
        started = time.perf_counter()
        theory, most = theory_of_cores(self.protocol), max_states or MOST_STATES
        states = _Layered(theory, CANONICAL, SearchArea(self.scope, max_states=most))
        watched = {
            preserves(theory, action, theory.invariants[name]): name
            for name in self.wanted
            for action in theory.actions
        }
        names = {obligation.id: name for obligation, name in watched.items()}
        monitors = [Monitor(obligation, CANONICAL) for obligation in watched]
        found = decide(states, monitors)
        ways: dict[str, tuple[Operation, ...]] = {}
        for id, way in found.items():
            ways[names[id]] = min(ways.get(names[id], way), way, key=len)
        violations = tuple(self.violation(name, ways[name]) for name in self.wanted if name in ways)
        cut = SearchEnd.EXHAUSTED if states.complete else SearchEnd.TRUNCATED
        return CoreExploration(
            scope=self.scope,
            protocol=self.protocol.name,
            engine="formulas of the theory",
            verdict=SearchEnd.VIOLATED if violations else cut,
            complete=states.complete,
            reason="" if states.complete else f"more than {counted(most, 'state')}",
            states=states.states,
            transitions=states.transitions,
            layers=tuple(layer for layer in states.layers if layer),
            violations=violations,
            properties=self.ids,
            bytes_per_state=0.0,
            seconds=time.perf_counter() - started,
        )

    def violation(self, name: str, operations: tuple[Operation, ...]) -> Violation[CoreTrace]:
        """A way to a state without the invariant, replayed by the theory's formulas.

        :raises UnconfirmedError: a step is not possible there, or the invariant holds at the end.
        """
        theory = theory_of_cores(self.protocol)
        invariant = theory.invariants[name]
        broken = preserves(theory, operations[-1].action, invariant)
        id = prefix(self.protocol) + broken.id
        shows = f"{id} ({invariant.claim}) does not hold"
        trace = CoreTrace(self.protocol.name, self.scope, operations, shows, id)
        steps = list(replay_theory(CANONICAL, theory, self.scope, operations))
        if not all(possible for possible, _ in steps) or Monitor(broken, CANONICAL).holds(steps[-1][1]).all():
            raise UnconfirmedError(f"by the theory's formulas {name} holds after {trace}")
        return Violation(name.replace("_", "-"), invariant.claim, invariant.sentence, trace)
