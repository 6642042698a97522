"""Breadth-first search of the literal model for steps that violate, or witness, obligations.

States are visited in order of their distance from the initial state, so a trace found here is a shortest one of its
scope. The obligations' formulas are evaluated on thousands of steps at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from model import spaces
from model.dialect import Dialect
from model.scope import ALL_RIGHTS, Scope
from model.spaces import Spaces
from model.trace import Operation, Trace
from proofs.engines.monitor import Monitor, steps_structure
from proofs.obligation import Obligation

Packed = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
_Taken = tuple[Packed, Operation, Packed]

BATCH = 8192


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

    def operations(self) -> tuple[Operation, ...]:
        """Every operation of the scope."""
        slots = range(self.scope.slots)
        return tuple(
            [Operation("flush", src, -1, rights) for src in slots for rights in self.rights]
            + [
                Operation(kind, src, dst, rights)
                for kind in ("map", "grant")
                for src in slots
                for dst in slots
                for rights in self.rights
            ]
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: for some obligations a shortest trace, and whether the area was searched to its end."""

    area: Area
    states: int
    complete: bool
    traces: dict[str, Trace]


def _pack(state: Spaces) -> Packed:
    return (tuple(state.sigma), tuple(state.phys), tuple(state.rights))


def _unpack(packed: Packed) -> Spaces:
    # Lists: plain Python indexes them much faster than arrays.
    return Spaces(*(list(column) for column in packed))  # type: ignore[arg-type]


def successors(packed: Packed, operations: Iterable[Operation], dialect: Dialect) -> Iterator[tuple[Operation, Packed]]:
    """What each operation that is not refused leads to. One whose recursion does not end leads nowhere."""
    for operation in operations:
        state = _unpack(packed)
        if operation.apply(state, dialect.readings) == spaces.DONE:
            yield operation, _pack(state)


def reachable(dialect: Dialect, area: Area) -> set[Packed]:
    """Every state that the dialect reaches in the area.

    :raises ValueError: there are more than the area's limit.
    """
    initial = _pack(Spaces(*(column.tolist() for column in spaces.initial(area.scope))))
    seen, layer, operations = {initial}, [initial], area.operations()
    while layer:
        following = []
        for packed in layer:
            for _, later in successors(packed, operations, dialect):
                if later not in seen:
                    seen.add(later)
                    following.append(later)
        if len(seen) > area.max_states:
            raise ValueError(f"{dialect.name} reaches more than {area.max_states} states in {area}")
        layer = following
    return seen


def search(dialect: Dialect, area: Area, obligations: Sequence[Obligation], *, first: bool = False) -> Found:
    """Look for a step that violates each obligation (or, for one of «sometimes», that is as it says).

    Obligations that speak of a single state are looked for in the states that steps lead to. The search ends when
    each has a trace, when every state was visited, or at the area's limit; with ``first``, when any has a trace.
    """
    pending = [Monitor(obligation, dialect) for obligation in obligations]
    initial = _pack(Spaces(*(column.tolist() for column in spaces.initial(area.scope))))
    origin: dict[Packed, tuple[Packed, Operation] | None] = {initial: None}
    traces: dict[str, Trace] = {}
    operations = area.operations()
    layer = [initial]

    def steps() -> Iterator[_Taken]:
        for packed in layer:
            for operation, later in successors(packed, operations, dialect):
                if later not in origin:
                    origin[later] = (packed, operation)
                    following.append(later)
                yield packed, operation, later

    while layer and pending:
        following: list[Packed] = []
        taken = steps()
        while batch := list(islice(taken, BATCH)):
            for obligation, step in _decided(pending, batch, area.scope):
                shows = ("an example: " if obligation.sometimes else "violated: ") + obligation.sentence
                traces[obligation.id] = Trace(
                    dialect.name, area.scope, (*_path(origin, step[0]), step[1]), f"{obligation.id}: {shows}"
                )
            pending = [monitor for monitor in pending if monitor.obligation.id not in traces]
            if first and traces:
                pending = []
            if not pending:
                break
        if len(origin) > area.max_states:
            break
        layer = following
    return Found(area, len(origin), not pending or not layer, traces)


def _decided(pending: Sequence[Monitor], batch: Sequence[_Taken], scope: Scope) -> Iterator[tuple[Obligation, _Taken]]:
    """The obligations that some step of the batch decides, each with the first such step."""
    by_action = {"": list(batch)}
    for step in batch:
        by_action.setdefault(step[1].kind, []).append(step)
    for action, steps in by_action.items():
        monitors = [monitor for monitor in pending if monitor.obligation.action == action]
        if not monitors or not steps:
            continue
        structure = steps_structure(
            [Spaces(*earlier) for earlier, _, _ in steps],  # type: ignore[arg-type]
            [operation for _, operation, _ in steps],
            [Spaces(*later) for _, _, later in steps],  # type: ignore[arg-type]
            scope,
        )
        for monitor in monitors:
            holds = monitor.holds(structure)
            wanted = holds if monitor.obligation.sometimes else ~holds
            if wanted.any():
                yield monitor.obligation, steps[int(wanted.argmax())]


def _path(origin: dict[Packed, tuple[Packed, Operation] | None], packed: Packed) -> tuple[Operation, ...]:
    """The operations that lead from the initial state to this one."""
    operations: list[Operation] = []
    while (came := origin[packed]) is not None:
        packed, operation = came
        operations.append(operation)
    return tuple(reversed(operations))
