"""Calls that lead to a counterexample's state: frames are granted to where they are, then mapped from there on."""

from collections.abc import Iterator
from itertools import islice, permutations, product

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Dialect
from model.spaces.literal import NIL, Spaces, frame_of, initial
from model.spaces.operation import Kind, Operation

MOST_ORDERS = 6
"""Orders of mapping from one page that are tried: data may depend on them where address spaces do not."""


def ways(scope: Scope, state: Spaces, dialect: Dialect) -> Iterator[tuple[Scope, tuple[Operation, ...]]]:
    """Traces to the state, each run on the literal model; none if it is no state that operations lead to.

    A space more than the scope has keeps frames that have to change places.
    """
    large = Scope(scope.spaces + 1, scope.pages, scope.frames)
    roots = {frame_of(int(state.sigma[slot])): slot for slot in range(scope.slots) if state.sigma[slot] < NIL}
    moved = [r for r, slot in sorted(roots.items()) if slot != r or state.rights[slot] != ALL_RIGHTS]
    aside = {r: large.slot(scope.spaces, r) for r in moved}
    begins = [Operation(Kind.GRANT, r, aside[r]) for r in moved]
    begins += [Operation(Kind.GRANT, aside[r], roots[r], int(state.rights[roots[r]])) for r in moved]
    for maps in islice(_orders(state, list(roots.values())), MOST_ORDERS):
        trace = (*begins, *maps)
        reached = initial(large)
        for operation in trace:
            operation.apply(reached, dialect.readings)
        if all((found[: scope.slots] == wanted).all() for found, wanted in zip(reached, state, strict=True)):
            yield large, trace


def _orders(state: Spaces, roots: list[int]) -> Iterator[list[Operation]]:
    children: dict[int, list[int]] = {}
    for slot, above in enumerate(state.sigma.tolist()):
        if above >= 0:
            children.setdefault(above, []).append(slot)
    for order in product(*(list(permutations(some)) for some in children.values())):
        chosen, found = dict(zip(children, order, strict=True)), list[Operation]()
        pending = list(roots)
        while pending:
            at = pending.pop(0)
            for child in chosen.get(at, ()):
                found.append(Operation(Kind.MAP, at, child, int(state.rights[child])))
                pending.append(child)
        yield found
