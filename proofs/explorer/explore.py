"""Explore a scope of the literal model: which engine to use, and what comes back as traces.

Three engines give the same counts. The *bitmap* and the *forest set* find successors by masks; they know the forest
dialects without rights, and check the state properties. The *literal set* steps as the literal model does and
knows everything else. A property is never left out to make a faster engine possible: the caller chooses the properties.
"""

from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypedDict

from model.scope import ArgumentError, Scope
from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.explorer.case import Case, UnconfirmedError
from proofs.explorer.result import Explored, OnProgress, Progress, SearchEnd, SearchResult, Violation
from proofs.explorer.searches.bitmap import bitmap_bytes, search_bitmap
from proofs.explorer.searches.breadth_first import search
from proofs.explorer.searches.partition import search_parts
from proofs.explorer.searches.resources import memory_to_use
from proofs.explorer.states.goal import Goal, parse_goal
from proofs.explorer.states.properties import GOAL, Property, chosen, property_named
from proofs.explorer.states.symmetry import largest_group
from proofs.explorer.states.wrong_operations import faults_named
from proofs.explorer.system import ScopeTooLargeError, System

__all__ = ["Exploration", "UnconfirmedError", "Violation", "explore", "shortest_trace", "trace_to"]


class SearchLimits(TypedDict):
    """The limits of a search, and whom it tells how far it is."""

    max_states: int | None
    memory: int
    threads: int | None
    on_progress: OnProgress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration(Explored[Trace]):
    """The result of exploring a scope.

    ``states`` are representatives if ``symmetry`` is not ``none``; ``layers`` counts them. ``transitions`` includes
    operations that change nothing, but no flush of a nil page.
    """

    scope: Scope
    dialect: str
    rights: str
    faults: tuple[str, ...]
    symmetry: str
    engine: str


def explore(
    scope: Scope,
    dialect: Dialect,
    rights: str = "none",
    *,
    properties: Collection[str] | None = None,
    faults: Collection[str] = (),
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    symmetry: bool | str = False,
    executors: Sequence[Executor] = (),
    on_progress: OnProgress | None = None,
) -> Exploration:
    """Visit every state of a scope that operations of a dialect can reach, and check properties in each.

    :param rights: ``none``, ``rw`` or ``rwx``: the rights that operations choose non-empty subsets of; ``none`` means
        that each passes or takes all.
    :param properties: ids out of :data:`proofs.explorer.states.properties.PROPERTIES`; all unless given. With state
        properties only, the forest dialects without rights are explored by the fast engines.
    :param faults: names out of :data:`proofs.explorer.states.wrong_operations.FAULTS`: what the operations do wrong.
    :param max_states: give up once more states are found.
    :param memory: bytes for the visited states; three quarters of what is available unless given.
    :param threads: one for each processor unless given.
    :param symmetry: ``True`` for the largest symmetry that all properties and faults respect, or ``"pages"`` or
        ``"slots"``.
    :param executors: spread the search over these workers; see :func:`proofs.explorer.searches.partition.search_parts`.
    :param on_progress: called with a :class:`~proofs.explorer.result.Progress` some times a second.
    :raises ValueError: an argument makes no sense.
    :raises UnconfirmedError: a violation cannot be replayed; a defect of the explorer.
    """
    case, wanted = Case(scope, dialect, rights, faults_named(faults)), chosen(properties)
    group = largest_group(wanted, symmetry, all(fault.symmetric for fault in case.faults))
    ids = tuple(p.id for p in wanted)
    fast = case.known_to_masks(wanted)
    limits = _limits(max_states, memory, threads, executors, _estimated(on_progress, case, group))
    try:
        if fast and group == "none" and not executors and bitmap_bytes(scope) <= limits["memory"]:
            return _by_bitmap(case, ids, limits)
        system = case.system(wanted, symmetry=group)
        found = _search(system, ids, limits, executors)
    except ScopeTooLargeError as error:
        return _refused(case, group, ids, str(error))
    engine = ("forest set" if fast else "literal set") + (f", {len(executors)} workers" if executors else "")
    return _exploration(case, group, engine, found, _violations(found, case, system))


def _limits(
    max_states: int | None,
    memory: int | None,
    threads: int | None,
    executors: Sequence[Executor],
    on_progress: OnProgress | None,
) -> SearchLimits:
    """The limits of a search, if they make sense together."""
    if executors and threads is not None:
        raise ArgumentError("each worker of an executor is one thread: choose the number of workers, not of threads")
    return SearchLimits(max_states=max_states, memory=memory_to_use(memory), threads=threads, on_progress=on_progress)


def _search(
    system: System, ids: tuple[str, ...], limits: SearchLimits, executors: Sequence[Executor], stop: bool = False
) -> SearchResult:
    """Search here, or in the workers of the executors."""
    if not executors:
        return search(system, properties=ids, stop_when_violated=stop, **limits)
    return search_parts(
        system,
        executors,
        properties=ids,
        max_states=limits["max_states"],
        memory=limits["memory"],
        stop_when_violated=stop,
        on_progress=limits["on_progress"],
    )


def _estimated(on_progress: OnProgress | None, case: Case, group: str) -> OnProgress | None:
    """Tell the caller how many states to expect as well, where that is known."""
    expected = case.expected_states(group) if on_progress else None
    if on_progress is None or expected is None:
        return on_progress

    def tell(progress: Progress) -> None:
        on_progress(replace(progress, expected=expected))

    return tell


def _by_bitmap(case: Case, ids: tuple[str, ...], limits: SearchLimits) -> Exploration:
    """Explore on the bitmap; what is violated is found again, with its trace, by the forest set."""
    dialect = replace(case.dialect, readings=case.readings)
    found, violated = search_bitmap(case.scope, dialect, properties=ids, **limits)
    violations: tuple[Violation[Trace], ...] = ()
    if violated:
        with suppress(ScopeTooLargeError):  # the memory that held the bitmap may not hold a set
            system = case.system(map(property_named, violated))
            again = _search(system, violated, limits, (), stop=True)
            violations = _violations(again, case, system)
        missing = set(violated) - {v.property for v in violations}
        if missing:
            found = replace(
                found, reason=f"{found.reason} no room to find a trace to {', '.join(sorted(missing))}".strip()
            )
    result = _exploration(case, "none", "bitmap", found, violations)
    return replace(result, verdict=SearchEnd.VIOLATED) if violated else result


def _violations(found: SearchResult, case: Case, system: System) -> tuple[Violation[Trace], ...]:
    """The flaws that a search found, as traces."""
    return tuple(case.violation(flaw, system) for flaw in found.flaws)


def shortest_trace(
    scope: Scope,
    dialect: Dialect,
    property: str,
    rights: str = "none",
    *,
    faults: Collection[str] = (),
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    executors: Sequence[Executor] = (),
    on_progress: OnProgress | None = None,
) -> tuple[Trace | None, SearchEnd]:
    """A shortest trace to a violation of one property in a scope, or none and how the search ended.

    Without a trace only ``SearchEnd.EXHAUSTED`` says that there is none in this scope.

    :raises ValueError: an argument makes no sense.
    """
    case = Case(scope, dialect, rights, faults_named(faults))
    limits = _limits(max_states, memory, threads, executors, on_progress)
    return _first(case, property_named(property), None, limits, executors)


def trace_to(
    scope: Scope,
    dialect: Dialect,
    goal: str,
    rights: str = "none",
    *,
    faults: Collection[str] = (),
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    executors: Sequence[Executor] = (),
    on_progress: OnProgress | None = None,
) -> tuple[Trace | None, SearchEnd]:
    """A shortest trace to a state that satisfies a goal, such as ``accessible(σ1[0])``; see :mod:`~.goal`.

    The verdict ``VIOLATED`` comes with a trace, and means: reached.

    :raises GoalError: the goal cannot be read.
    :raises ValueError: another argument makes no sense.
    """
    case = Case(scope, dialect, rights, faults_named(faults))
    limits = _limits(max_states, memory, threads, executors, on_progress)
    return _first(case, None, parse_goal(goal, scope), limits, executors)


def _first(
    case: Case, wanted: Property | None, goal: Goal | None, limits: SearchLimits, executors: Sequence[Executor]
) -> tuple[Trace | None, SearchEnd]:
    """Search until a property is violated or a goal reached."""
    try:
        system = case.system([wanted] if wanted else [], goal=goal)
        found = _search(system, (wanted.id if wanted else GOAL,), limits, executors, stop=True)
    except ScopeTooLargeError:
        return None, SearchEnd.REFUSED
    if not found.flaws:
        return None, found.verdict
    if goal is not None:
        return case.way_to(goal, found.flaws[0]), found.verdict
    return case.violation(found.flaws[0], system).trace, found.verdict


def _exploration(
    case: Case, group: str, engine: str, found: SearchResult, violations: tuple[Violation[Trace], ...]
) -> Exploration:
    """The result of a search in the terms of the model."""
    return Exploration(
        scope=case.scope,
        dialect=case.dialect.name,
        rights=case.rights,
        faults=tuple(fault.name for fault in case.faults),
        symmetry=group,
        engine=engine,
        verdict=found.verdict,
        complete=found.complete,
        reason=found.reason,
        states=found.states,
        transitions=found.transitions,
        layers=found.layers,
        violations=violations,
        properties=found.checked,
        bytes_per_state=found.bytes_used / found.states,
        seconds=found.seconds,
    )


def _refused(case: Case, group: str, ids: tuple[str, ...], reason: str) -> Exploration:
    """The result of not searching at all."""
    nothing = SearchResult(False, reason, 1, 0, (), (), ids, 0, 0.0)
    return replace(_exploration(case, group, "none", nothing, ()), verdict=SearchEnd.REFUSED, states=0)
