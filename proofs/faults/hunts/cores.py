"""Shortest traces of many cores: of a wrong protocol, and whether the solver's own counterexamples are reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from z3 import Not

from model.cores.scope import CoreScope
from model.cores.theories import theory_of_cores
from model.cores.trace import CoreTrace
from model.cores.vocabulary import Cores
from model.running.evaluate import Structure
from model.signature import symbols_of
from model.spaces.dialect import CANONICAL
from model.theory import Theory
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.executed import keys_of
from proofs.engines.search.theory_search import TheorySearch
from proofs.engines.smt.smallest import least_model
from proofs.faults.theory.cores import CORE_FAULTS, CoreFault
from proofs.obligations.cores.inventory import obligations
from proofs.obligations.spaces.preservation import preserves
from proofs.searches.core_areas import MOST_STATES
from proofs.searches.core_search import CoreFound, shortest_violation


def core_fault_names() -> list[str]:
    """The wrong protocols that a trace shows."""
    return [fault.name for fault in CORE_FAULTS.values() if fault.shows]


def with_core_fault(fault: CoreFault) -> CoreFound:
    """The shortest trace of the first small machine in which a wrong protocol breaks what it is known to break."""
    theory = fault.theory()
    wanted = [preserves(theory, action, theory.invariants[fault.shows]) for action in theory.actions]
    return shortest_violation(theory, fault.right, wanted, fault.name)


def theory_of_trace(trace: CoreTrace) -> Theory[Cores]:
    """The theory that a trace is of: of its protocol, with the fault that it names.

    :raises ValueError: it names no fault of its protocol.
    """
    if not trace.fault:
        return theory_of_cores(trace.resolved())
    fault = CORE_FAULTS.get(trace.fault)
    if fault is None or not fault.shows or fault.right.name != trace.protocol:
        raise ValueError(f"no fault of the protocol {trace.protocol} that shows in a trace is called {trace.fault!r}")
    return fault.theory()


@dataclass(frozen=True, slots=True)
class Refuted:
    """An obligation that a wrong protocol breaks by the solver's word, with a least state in which it does.

    ``reached`` says whether the wrong protocol leads to that state, whatever its elements are called; None, if the
    search for it was cut short.
    """

    obligation: str
    state: Structure
    scope: CoreScope
    reached: bool | None


def refuted_by(fault: CoreFault, seconds: float = 10.0) -> Iterator[Refuted]:
    """Each obligation that falls by a wrong protocol, with the least counterexample, and whether it is reached."""
    hold = frozenset(theory_of_cores(fault.right).invariants)
    reached: dict[CoreScope, tuple[frozenset[bytes], bool]] = {}
    for obligation in obligations(fault.right, fault.theory()):
        if obligation.sometimes or obligation.of_initial_state or fault.action not in ("", obligation.action):
            continue
        condition = fault.condition(obligation, CANONICAL, hold)
        formulas = [*condition.hypotheses.values(), Not(condition.goal)]
        state = least_model(formulas, seconds)
        if state is None:
            continue
        scope = _scope_of(state.sizes)
        if scope not in reached:
            reached[scope] = reached_in(fault.theory(), scope)
        keys, complete = reached[scope]
        there = any(key in keys for key in renamed(state, scope))
        yield Refuted(obligation.id, state, scope, True if there else False if complete else None)


def _scope_of(sizes: Mapping[str, int]) -> CoreScope:
    of = {"spaces": "Space", "pages": "Page", "frames": "Frame", "cores": "Core", "tags": "Tag", "generations": "Gen"}
    return CoreScope(**{name: sizes.get(sort, 1) for name, sort in of.items()})


def reached_in(theory: Theory[Cores], scope: CoreScope) -> tuple[frozenset[bytes], bool]:
    """The states that a protocol leads to on a machine, as keys; and whether these are all."""
    search = TheorySearch(theory, CANONICAL, SearchArea(scope, max_states=MOST_STATES)).run()
    return frozenset(search.keys), search.complete


def renamed(state: Structure, scope: CoreScope) -> Iterator[bytes]:
    """The state as a key, with its elements called in every way."""
    sizes = scope.sizes
    declared = symbols_of(Cores)
    ways = [list(permutations(range(size))) for size in sizes.values()]
    for chosen in product(*ways):
        of = dict(zip(sizes, (np.array(each) for each in chosen), strict=True))
        tables = {}
        for name, symbol in declared.items():
            shape = (1, *(sizes[sort.name()] for sort in symbol.sorts))
            table = state.symbols.get(name)
            given = np.zeros(shape, bool if symbol.is_relation else np.int64) if table is None else table
            for axis, sort in enumerate(symbol.sorts, 1):
                given = np.take(given, of[sort.name()], axis=axis)
            if not symbol.is_relation:
                given = np.argsort(of[symbol.result.name()])[given]
            tables[name] = given
        yield keys_of(tables)[0]
