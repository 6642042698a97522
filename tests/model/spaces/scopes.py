"""Every state that the literal model reaches in a scope, and every operation there."""

from collections.abc import Iterable

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import Readings
from model.spaces.literal import Spaces
from model.spaces.operation import Operation

State = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def as_lists(state: State) -> Spaces:
    """The state for the literal model to change; lists, since plain Python indexes them faster than arrays."""
    return Spaces(*(list(column) for column in state))  # type: ignore[arg-type]


def as_tuples(state: Spaces) -> State:
    return tuple(tuple(int(element) for element in column) for column in state)  # type: ignore[return-value]


def operations(scope: Scope, rights: Iterable[int] = (ALL_RIGHTS,)) -> list[Operation]:
    slots, rights = range(scope.slots), tuple(rights)
    passing = [
        Operation(kind, src, dst, given)
        for kind in ("map", "grant")
        for src in slots
        for dst in slots
        for given in rights
    ]
    return passing + [Operation("flush", src, -1, taken) for src in slots for taken in rights]


def reachable(scope: Scope, readings: Readings, rights: Iterable[int] = (ALL_RIGHTS,)) -> list[State]:
    """Breadth first from σ0; sorted, so that failures name the same state each time."""
    allowed = operations(scope, rights)
    first = as_tuples(spaces.initial(scope))
    seen, layer = {first}, [first]
    while layer:
        found = []
        for state in layer:
            for operation in allowed:
                later = as_lists(state)
                if operation.apply(later, readings) == spaces.DONE and (packed := as_tuples(later)) not in seen:
                    seen.add(packed)
                    found.append(packed)
        layer = found
    return sorted(seen)


def forests(scope: Scope) -> list[State]:
    """Every well-formed state with all rights: each slot nil, a frame of its own, or below a slot in use; no cycle."""
    found: list[State] = []

    def extend(sigma: list[int]) -> None:
        if len(sigma) == scope.slots:
            held = [element for element in sigma if element < spaces.NIL]
            roots = [_root(sigma, x) for x in range(scope.slots)]
            if len(held) == len(set(held)) and all(root is not None for root in roots):
                phys = [spaces.frame_of(root) if root != spaces.NIL else spaces.NIL for root in roots]  # type: ignore
                rights = [ALL_RIGHTS if element != spaces.NIL else 0 for element in sigma]
                found.append((tuple(sigma), tuple(phys), tuple(rights)))
            return
        for element in (spaces.NIL, *map(spaces.frame, range(scope.frames)), *range(scope.slots)):
            extend([*sigma, element])

    extend([])
    return found


def _root(sigma: list[int], x: int) -> int | None:
    """What the links from x end at; None where they end at φ without x being φ, or nowhere."""
    start = x
    for _ in sigma:
        if sigma[x] < 0:
            return sigma[x] if sigma[x] != spaces.NIL or x == start else None
        x = sigma[x]
    return None
