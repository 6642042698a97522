"""Explore a scope of the literal model: which engine to use, and what comes back as traces.

Three engines give the same counts. The *bitmap* and the *forest set* find successors by masks; they know the forest
dialects without rights, and check the state properties. The *literal set* executes the literal model and knows
everything else. A property is never left out to make a faster engine possible: the caller chooses the properties.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypedDict

from model import spaces
from model.dialect import Dialect
from model.scope import Scope
from model.trace import Trace
from proofs.explorer.bitmap import bitmap_bytes, search_bitmap
from proofs.explorer.forest import is_forest_dialect
from proofs.explorer.goal import Goal, parse_goal, reached
from proofs.explorer.layout import operation_of
from proofs.explorer.mapping import mapping_system
from proofs.explorer.properties import GOAL, KINDS, Property, chosen, property_named
from proofs.explorer.resources import memory_to_use
from proofs.explorer.result import Flaw, Found, OnProgress, Verdict
from proofs.explorer.search import kernel_of, search
from proofs.explorer.symmetry import concrete_operations, largest_group
from proofs.explorer.system import ScopeTooLargeError, System


class UnconfirmedError(AssertionError):
    """A trace does not show on the literal model what the explorer says it shows: the explorer is wrong."""


class Limits(TypedDict):
    """What a search may use, and whom it tells how far it is."""

    max_states: int | None
    memory: int
    threads: int | None
    on_progress: OnProgress | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that does not hold, with a shortest trace; the last operation of the trace shows it."""

    property: str
    clause: str
    sentence: str
    trace: Trace


@dataclass(frozen=True, slots=True)
class Exploration:
    """What exploring a scope found.

    ``states`` are representatives if ``symmetry`` is not ``none``. ``layers`` counts them by distance from the initial
    state, ``transitions`` the operations tried that were not refused, those that change nothing included, but no flush
    of a nil page. ``properties`` were checked in every state and step that was visited, no others. ``complete`` says
    whether that was all; ``reason`` why not. ``bytes_per_state`` is the memory of the visited set.
    """

    scope: Scope
    dialect: str
    rights: str
    symmetry: str
    engine: str
    verdict: Verdict
    complete: bool
    reason: str
    states: int
    transitions: int
    layers: tuple[int, ...]
    violations: tuple[Violation, ...]
    properties: tuple[str, ...]
    bytes_per_state: float
    seconds: float

    @property
    def depth(self) -> int:
        """The distance of the farthest state from the initial one, as far as was searched."""
        return max(0, len(self.layers) - 1)

    @property
    def rate(self) -> float:
        """States a second."""
        return self.states / self.seconds if self.seconds else 0.0


def explore(
    scope: Scope,
    dialect: Dialect,
    rights: str = "none",
    *,
    properties: Collection[str] | None = None,
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    symmetry: bool | str = False,
    on_progress: OnProgress | None = None,
) -> Exploration:
    """Visit every state of a scope that operations of a dialect can reach, and check properties in each.

    :param rights: ``none``, ``rw`` or ``rwx``: the rights that operations choose non-empty subsets of; ``none`` means
        that each passes or takes all.
    :param properties: ids out of :data:`proofs.explorer.properties.PROPERTIES`; all unless given. With state properties
        only, the forest dialects without rights are explored by the fast engines.
    :param max_states: give up once more states are found.
    :param memory: bytes for the visited states; three quarters of what is available unless given.
    :param threads: one for each processor unless given.
    :param symmetry: ``True`` for the largest symmetry that all properties respect, or ``"pages"`` or ``"slots"``.
    :param on_progress: called with a :class:`~proofs.explorer.result.Progress` some times a second.
    :raises ValueError: an argument makes no sense.
    :raises UnconfirmedError: a violation cannot be replayed; a defect of the explorer.
    """
    wanted = chosen(properties)
    group = largest_group(wanted, symmetry)
    ids = tuple(p.id for p in wanted)
    fast = rights == "none" and is_forest_dialect(dialect.readings) and not any(p.of_step for p in wanted)
    limits = Limits(max_states=max_states, memory=memory_to_use(memory), threads=threads, on_progress=on_progress)
    try:
        if fast and group == "none" and bitmap_bytes(scope) <= limits["memory"]:
            return _by_bitmap(scope, dialect, ids, limits)
        system = mapping_system(scope, dialect, rights, symmetry=group, masks=fast)
        found = search(system, properties=ids, **limits)
    except ScopeTooLargeError as error:
        return _refused(scope, dialect, rights, group, ids, str(error))
    engine = "forest set" if fast else "literal set"
    return _exploration(scope, dialect, rights, group, engine, found, _violations(found, scope, dialect, system))


def _by_bitmap(scope: Scope, dialect: Dialect, ids: tuple[str, ...], limits: Limits) -> Exploration:
    """Explore on the bitmap; what is violated is found again, with its trace, by the forest set."""
    found, violated = search_bitmap(scope, dialect, properties=ids, **limits)
    violations: tuple[Violation, ...] = ()
    if violated:
        with suppress(ScopeTooLargeError):  # the memory that held the bitmap may not hold a set
            system = mapping_system(scope, dialect, masks=True)
            again = search(system, properties=violated, stop_when_violated=True, **limits)
            violations = _violations(again, scope, dialect, system)
        missing = set(violated) - {v.property for v in violations}
        if missing:
            found = replace(
                found, reason=f"{found.reason} no room to find a trace to {', '.join(sorted(missing))}".strip()
            )
    result = _exploration(scope, dialect, "none", "none", "bitmap", found, violations)
    return replace(result, verdict=Verdict.VIOLATED) if violated else result


def _violations(found: Found, scope: Scope, dialect: Dialect, system: System) -> tuple[Violation, ...]:
    """The flaws that a search found, as traces."""
    return tuple(_violation(property_named(flaw.property), flaw, scope, dialect, system) for flaw in found.flaws)


def shortest_trace(
    scope: Scope,
    dialect: Dialect,
    property: str,
    rights: str = "none",
    *,
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Trace | None, Verdict]:
    """A shortest trace to a violation of one property in a scope, or none and how the search ended.

    Without a trace only ``Verdict.EXHAUSTED`` says that there is none in this scope.

    :raises ValueError: an argument makes no sense.
    """
    wanted = property_named(property)
    return _first(scope, dialect, rights, wanted, None, max_states, memory, threads, on_progress)


def trace_to(
    scope: Scope,
    dialect: Dialect,
    goal: str,
    rights: str = "none",
    *,
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Trace | None, Verdict]:
    """A shortest trace to a state that satisfies a goal, such as ``accessible(σ1[0])``; see :mod:`~.goal`.

    The verdict ``VIOLATED`` comes with a trace, and means: reached.

    :raises GoalError: the goal cannot be read.
    :raises ValueError: another argument makes no sense.
    """
    parsed = parse_goal(goal, scope)
    return _first(scope, dialect, rights, None, parsed, max_states, memory, threads, on_progress)


def _first(
    scope: Scope,
    dialect: Dialect,
    rights: str,
    wanted: Property | None,
    goal: Goal | None,
    max_states: int | None,
    memory: int | None,
    threads: int | None,
    on_progress: OnProgress | None,
) -> tuple[Trace | None, Verdict]:
    """Search until a property is violated or a goal reached."""
    try:
        fast = rights == "none" and is_forest_dialect(dialect.readings) and not (wanted and wanted.of_step)
        system = mapping_system(scope, dialect, rights, goal=goal, masks=fast)
        found = search(
            system,
            properties=[wanted.id if wanted else GOAL],
            max_states=max_states,
            memory=memory,
            threads=threads,
            stop_when_violated=True,
            on_progress=on_progress,
        )
    except ScopeTooLargeError:
        return None, Verdict.REFUSED
    if not found.flaws:
        return None, found.verdict
    if wanted:
        return _violation(wanted, found.flaws[0], scope, dialect, system).trace, found.verdict
    return _reached(goal, found.flaws[0], scope, dialect), found.verdict


def _reached(goal: Goal | None, flaw: Flaw, scope: Scope, dialect: Dialect) -> Trace:
    """The trace to a goal, replayed."""
    assert goal is not None
    trace = Trace(dialect.name, scope, tuple(operation_of(step) for step in flaw.steps), goal.text)
    if not reached(replayed(trace, dialect)[1], goal.program, 0):
        raise UnconfirmedError(f"{trace} does not reach {goal.text}")
    return trace


def _violation(violated: Property, flaw: Flaw, scope: Scope, dialect: Dialect, system: System) -> Violation:
    """A flaw as a trace, replayed on the literal model by the uncompiled predicate."""
    operations = concrete_operations(flaw, system, kernel_of(system), scope)
    trace = Trace(dialect.name, scope, operations, f"{violated.id} ({violated.clause}) does not hold")
    before, after = replayed(trace, dialect)
    if violated.of_step:
        last = trace.operations[-1]
        holds = violated.holds(before, after, KINDS.index(last.kind), last.src, last.dst, last.rights)
    else:
        holds = violated.holds(after, scope.frames)
    if holds:
        raise UnconfirmedError(f"on the literal model {violated.id} holds after {trace}")
    return Violation(violated.id, violated.clause, violated.sentence, trace)


def replayed(trace: Trace, dialect: Dialect) -> tuple[spaces.Spaces, spaces.Spaces]:
    """The states before and after the last operation of a trace on the literal model.

    :raises UnconfirmedError: the model refuses an operation.
    """
    state = spaces.initial(trace.scope)
    before = spaces.Spaces(*(column.copy() for column in state))
    for operation in trace.operations:
        before = spaces.Spaces(*(column.copy() for column in state))
        if operation.apply(state, dialect.readings) != spaces.DONE:
            raise UnconfirmedError(f"the literal model refuses {operation.text(trace.scope)} in {trace}")
    return before, state


def _exploration(
    scope: Scope,
    dialect: Dialect,
    rights: str,
    group: str,
    engine: str,
    found: Found,
    violations: tuple[Violation, ...],
) -> Exploration:
    """The result of a search in the terms of the model."""
    return Exploration(
        scope=scope,
        dialect=dialect.name,
        rights=rights,
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


def _refused(scope: Scope, dialect: Dialect, rights: str, group: str, ids: tuple[str, ...], reason: str) -> Exploration:
    """The result of not searching at all."""
    nothing = Found(False, reason, 1, 0, (), (), ids, 0, 0.0)
    result = _exploration(scope, dialect, rights, group, "none", nothing, ())
    return replace(result, verdict=Verdict.REFUSED, states=0)
