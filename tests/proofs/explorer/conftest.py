"""Fixtures of the explorer's tests: a plain search, and generated kernels kept between runs."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import Dialect
from model.spaces.operation import Kind, Operation
from proofs.explorer.states.properties import PROPERTIES

MASKS = {"none": (7,), "rw": (2, 4, 6), "rwx": (1, 2, 3, 4, 5, 6, 7)}
State = tuple[tuple[int, ...], ...]


def frozen(s: spaces.Spaces) -> State:
    return tuple(tuple(int(value) for value in column) for column in s)


def thawed(state: State) -> spaces.Spaces:
    return spaces.Spaces(*(np.array(column, np.int64) for column in state))


def operations(scope: Scope, rights: str) -> Iterator[Operation]:
    full = max(MASKS[rights])
    for mask in MASKS[rights]:
        for src in range(scope.slots):
            for dst in range(scope.slots):
                yield Operation("map", src, dst, mask)
                yield Operation("grant", src, dst, mask)
            yield Operation("flush", src, -1, ALL_RIGHTS if mask == full else mask)


def does_nothing_for_nil(state: State, operation: Operation, dialect: Dialect) -> bool:
    """The operations that end without an error because there was nothing to act on."""
    src = operation.src
    if state[0][src] != spaces.NIL:
        return False
    if operation.kind == Kind.FLUSH:
        return src not in state[0]
    return dialect.readings.own_slot.name == "NOTHING" and src == operation.dst


def search(scope: Scope, dialect: Dialect, rights: str = "none", steps: bool = True) -> dict[str, object]:
    """Breadth-first over the literal model: a dictionary and tuples, nothing packed or compiled."""
    start = spaces.initial(scope)
    start.rights[:] &= max(MASKS[rights])
    depth = {frozen(start): 0}
    queue = [frozen(start)]
    transitions = 0
    violated: dict[str, int] = {}
    for state in queue:
        for p in PROPERTIES:
            if not p.of_step and not p.holds(thawed(state), scope.frames):
                violated.setdefault(p.id, depth[state])
        for operation in operations(scope, rights):
            if does_nothing_for_nil(state, operation, dialect):
                continue
            after = thawed(state)
            if operation.apply(after, dialect.readings) != spaces.DONE:
                continue
            transitions += 1
            kind = operation.kind
            for p in PROPERTIES:
                if steps and p.of_step and p.id not in violated:
                    step = thawed(state), after, kind, operation.src, operation.dst, operation.rights
                    if not p.holds(*step):
                        violated[p.id] = depth[state] + 1
            if frozen(after) not in depth:
                depth[frozen(after)] = depth[state] + 1
                queue.append(frozen(after))
    layers = Counter(depth.values())
    return {
        "states": len(depth),
        "transitions": transitions,
        "layers": tuple(layers[d] for d in range(len(layers))),
        "violated": violated,
    }


@pytest.fixture(scope="session")
def plain_search() -> Callable[..., dict[str, object]]:
    return search


@pytest.fixture(autouse=True)
def _numbers_wrap() -> Iterator[None]:
    """What is not compiled makes numpy tell that a number of 64 bits wrapped round, which hashes are meant to do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "overflow encountered", RuntimeWarning)
        yield
