"""Faults of the theory against exploration: every state that the faulty theory reaches in a scope, nearest first.

The theory's formulas, the fault in them, are executed from the first state on. A step that violates an obligation ends
a shortest trace of the scope. If there is none, what is sometimes so is looked for: a fault that takes away the last
example is found as well, though no trace shows it. If none is taken away, two runs are compared.
"""

from collections.abc import Iterator
from functools import cache
from time import perf_counter

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.theory import APPENDIX_A, Theory
from model.trace import Trace
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.pairs import Pair, search_pairs
from proofs.engines.search.theory_search import search_theory
from proofs.faults.hunts.cores import with_core_fault
from proofs.faults.hunts.ownership import way_to
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.faults.theory import (
    ALL_THEORY_FAULTS,
    CORE_FAULTS,
    OWNERSHIP_FAULTS,
    THEORY_FAULTS,
    CoreFault,
    OwnershipFault,
    TheoryFault,
)
from proofs.obligation import Obligation
from proofs.obligations.ownership.inventory import prefix
from proofs.registry import known, registry
from proofs.two_runs import TwoRuns

AREAS = (
    SearchArea(Scope(3, 1, 1), (ALL_RIGHTS, 4)),
    SearchArea(Scope(2, 2, 2)),
    SearchArea(Scope(2, 1, 1), tuple(range(ALL_RIGHTS, 0, -1))),
)


def is_meant(change: str) -> bool:
    """Whether exploration can find the change: it must be one of an action, not of what is assumed of a state."""
    fault = ALL_THEORY_FAULTS[change]
    return isinstance(fault, TheoryFault) or (isinstance(fault, CoreFault | OwnershipFault) and bool(fault.shows))


def dialect_for(fault: TheoryFault) -> Dialect:
    """The canonical dialect if it can have the fault, else the first that can."""
    return next(d for d in (CANONICAL, *DIALECTS.values()) if fault.applies(d.readings))


def _obligations(fault: TheoryFault, dialect: Dialect, sometimes: bool) -> list[Obligation]:
    return [
        o
        for o in registry().values()
        if isinstance(o, Obligation)
        and o.sometimes == sometimes
        and o.action == fault.action
        and o.applies(dialect.readings)
    ]


@cache
def _violated_anyway(dialect: str, area: int, action: str) -> frozenset[str]:
    """What the theory without a fault violates in an area: nothing, where the dialect keeps what it claims."""
    fault = next(f for f in THEORY_FAULTS.values() if f.action == action)
    chosen = _obligations(fault, DIALECTS[dialect], sometimes=False)
    return frozenset(search_theory(DIALECTS[dialect], AREAS[area], APPENDIX_A, chosen).traces)


def find(change: str) -> HuntResult:
    """Explore the areas in turn until an obligation is violated; if none is, until an example is missing."""
    begun = perf_counter()
    if change in CORE_FAULTS:
        return _find_in_cores(change)
    if change in OWNERSHIP_FAULTS:
        return _find_in_ownership(change)
    fault = THEORY_FAULTS[change]
    dialect, theory = dialect_for(fault), fault.theory()
    complete, states = True, 0
    for number, area in enumerate(AREAS):
        reached = search_theory(dialect, area, theory, _obligations(fault, dialect, sometimes=False))
        complete, states = complete and reached.complete, states + reached.states
        traces = reached.traces
        if traces and dialect is not CANONICAL:
            anyway = _violated_anyway(dialect.name, number, fault.action)
            traces = {name: trace for name, trace in traces.items() if name not in anyway}
        if traces:
            steps = min(traces.values(), key=len)
            fell = tuple(sorted(traces, key=lambda name: len(traces[name])))
            said = f"{fell[0]}: {registry()[fell[0]].sentence}"
            trace = Trace(dialect.name, area.scope, steps, said)
            seconds = perf_counter() - begun
            return HuntResult(
                Engine.EXPLORATION, change, HuntEnding.KILLED, fell, len(steps), True, trace, said, seconds
            )
    missing = [o.id for o in _obligations(fault, dialect, sometimes=True) if _takes_away(theory, o, dialect)]
    pair = None if missing else _pair(fault, dialect)
    seconds = perf_counter() - begun
    if pair is not None:
        said = f"{pair.obligation}: {pair.words()}"
        fell = (pair.obligation,)
        return HuntResult(
            Engine.EXPLORATION, change, HuntEnding.KILLED, fell, pair.length, True, said=said, seconds=seconds
        )
    if missing:
        said = f"no step in {len(AREAS)} scopes is an example of {missing[0]}"
        return HuntResult(Engine.EXPLORATION, change, HuntEnding.KILLED, tuple(missing), said=said, seconds=seconds)
    said = f"nothing violated in {states} states"
    ending = HuntEnding.SURVIVED if complete else HuntEnding.ERROR
    return HuntResult(Engine.EXPLORATION, change, ending, said=said, seconds=seconds)


def _find_in_cores(change: str) -> HuntResult:
    """The shortest steps of many cores that break what a wrong protocol is known to break."""
    begun = perf_counter()
    found = with_core_fault(CORE_FAULTS[change])
    seconds = perf_counter() - begun
    if found.trace is None:
        ending = HuntEnding.SURVIVED if found.complete else HuntEnding.ERROR
        said = f"nothing violated in {'; '.join(found.searched)}"
        return HuntResult(Engine.EXPLORATION, change, ending, said=said, seconds=seconds)
    steps = len(found.trace.operations)
    said = f"{found.obligation.sentence}: {'; '.join(found.trace.words())}" if found.obligation else ""
    fell = (found.trace.obligation,)
    return HuntResult(Engine.EXPLORATION, change, HuntEnding.KILLED, fell, steps, True, None, said, seconds)


def _find_in_ownership(change: str) -> HuntResult:
    """The shortest steps of pages with an owner that break what a wrong dialect is known to break."""
    begun = perf_counter()
    fault, found = OWNERSHIP_FAULTS[change], way_to(OWNERSHIP_FAULTS[change])
    seconds = perf_counter() - begun
    obligation = known()[prefix(fault.right) + fault.shows]
    if found.way is None:
        ending = HuntEnding.SURVIVED if found.complete else HuntEnding.ERROR
        said = f"{obligation.id} is not violated in {found.states:,} states"
        return HuntResult(Engine.EXPLORATION, change, ending, said=said, seconds=seconds)
    said = f"{obligation.sentence}: {'; '.join(each.text(found.scope) for each in found.way)}"
    fell = (obligation.id,)
    return HuntResult(Engine.EXPLORATION, change, HuntEnding.KILLED, fell, len(found.way), True, None, said, seconds)


def _pair(fault: TheoryFault, dialect: Dialect) -> Pair | None:
    """Two runs of the faulty theory that look alike until a call shows a difference; none if it shows none anyway."""
    chosen = [
        o
        for o in registry().values()
        if isinstance(o, TwoRuns) and o.action == fault.action and o.applies(dialect.readings)
    ]
    for area in AREAS:
        found = search_pairs(dialect, area, chosen, fault.theory()).traces
        if found and dialect is not CANONICAL:
            anyway = search_pairs(dialect, area, chosen).traces
            found = {name: pair for name, pair in found.items() if name not in anyway}
        if found:
            return min(found.values(), key=lambda pair: pair.length)
    return None


def find_nothing(change: str = "") -> HuntResult:
    """The same of the theory without a fault, in the canonical dialect: nothing should be found."""
    begun = perf_counter()
    chosen = [o for o in registry().values() if isinstance(o, Obligation) and o.applies(CANONICAL.readings)]
    always = [o for o in chosen if not o.sometimes]
    two = [o for o in registry().values() if isinstance(o, TwoRuns) and o.applies(CANONICAL.readings)]
    for area in AREAS:
        reached = search_theory(CANONICAL, area, APPENDIX_A, always)
        fell = (*reached.traces, *search_pairs(CANONICAL, area, two).traces)
        if fell:
            return HuntResult(Engine.EXPLORATION, change, HuntEnding.KILLED, fell, seconds=perf_counter() - begun)
    return HuntResult(Engine.EXPLORATION, change, HuntEnding.SURVIVED, seconds=perf_counter() - begun)


def _takes_away(theory: Theory, obligation: Obligation, dialect: Dialect) -> bool:
    """Whether the areas hold an example without the fault, and, all of them searched to the end, none with it."""
    return _has_example(APPENDIX_A, obligation, dialect) is True and _has_example(theory, obligation, dialect) is False


def _has_example(theory: Theory, obligation: Obligation, dialect: Dialect) -> bool | None:
    """Whether there is an example in the areas; None if that stayed open."""
    complete = True
    for area in AREAS:
        reached = search_theory(dialect, area, theory, [obligation])
        if reached.traces:
            return True
        complete = complete and reached.complete
    return None if not complete else False


def candidates(obligation: Obligation) -> Iterator[tuple[str, Dialect]]:
    """The faults that could take away what is sometimes so, and a dialect for each."""
    dialect = next(d for d in (CANONICAL, *DIALECTS.values()) if obligation.applies(d.readings))
    possible = [f for f in THEORY_FAULTS.values() if f.action == obligation.action and f.applies(dialect.readings)]
    for fault in sorted(possible, key=lambda f: not f.refuses):
        yield fault.name, dialect


def find_for(obligation: str) -> HuntResult | None:
    """The first fault that takes away what is sometimes so."""
    begun = perf_counter()
    wanted = registry()[obligation]
    assert isinstance(wanted, Obligation)
    for name, dialect in candidates(wanted):
        if _takes_away(THEORY_FAULTS[name].theory(), wanted, dialect):
            seconds = perf_counter() - begun
            return HuntResult(Engine.EXPLORATION, name, HuntEnding.KILLED, (obligation,), seconds=seconds)
    return None
