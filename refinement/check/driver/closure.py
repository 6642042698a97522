"""Every state of a scope by one shortest path, every operation in it, and then every flush.

States are those of the model, each visited once. A target is in the same state if it shows the same pages and if, of
each page, a flush takes the same others away; both are compared after each operation, the flushes on a copy each that
is made by replaying the path. So are, where asked for, flushes of single rights and grants.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from model.spaces.literal import NIL
from refinement.check.driver.bench import Bench, in_slices
from refinement.check.driver.compiling import Integer, compile_for, compiled
from refinement.check.driver.driver import (
    FAULT,
    FIRST_STEP,
    FRAMES,
    PAGES,
    SLOTS,
    Mismatch,
    Session,
    StepKind,
    look_all,
    operate,
    start,
)
from refinement.check.driver.sequences import alphabet, init_row
from refinement.check.driver.walk import scramble

MOST_SLOTS = 12  # of a scope whose states fit two words of a key
MOST_FRAMES = 3
MOST_STATES = 1 << 22
LONGEST = 64
PROBES = ((int(StepKind.FLUSH), ALL_RIGHTS),)
PARTIAL_PROBES = (
    *((int(StepKind.FLUSH), rights) for rights in (ALL_RIGHTS, 4, 2, 1)),
    (int(StepKind.GRANT), ALL_RIGHTS),
)
NEW_STATE, STATES, TRANSITIONS = 0, 1, 2  # cells of progress


class Store(NamedTuple):
    """The states met: keys, from which state by which operation, an index of the keys, and the progress."""

    keys: NDArray[np.uint64]
    parent: NDArray[np.int32]
    via: NDArray[np.int32]
    level: NDArray[np.int32]
    places: NDArray[np.int32]
    path: NDArray[np.int64]
    probes: NDArray[np.uint32]
    progress: NDArray[np.int64]


def new_store(states: int, probes: tuple[tuple[int, int], ...]) -> Store:
    """Room for so many states; their index has four times as many places, a power of two."""
    return Store(
        np.zeros((states, 2), np.uint64),
        np.zeros(states, np.int32),
        np.zeros(states, np.int32),
        np.zeros(states, np.int32),
        np.full(4 * states, -1, np.int32),
        np.zeros(LONGEST, np.int64),
        np.array([[kind, 0, 0, 0, 0, rights] for kind, rights in probes], np.uint32),
        np.zeros(3, np.int64),
    )


@compiled
def find(s: Session, store: Store, parent: Integer, via: Integer, level: Integer) -> bool:
    """Return whether the model's state is new; if so it is kept. There must be room."""
    links, rest = np.uint64(0), np.uint64(0)
    for x in range(s.cells[SLOTS]):
        links = links * np.uint64(s.cells[SLOTS] + s.cells[FRAMES] + 1) + np.uint64(
            s.model.sigma[x] + s.cells[FRAMES] + 1
        )
        rest = (rest * np.uint64(4) + np.uint64(s.model.phys[x] + 1)) * np.uint64(8) + np.uint64(s.model.rights[x])
    at = np.int64(scramble(links ^ scramble(rest)) & np.uint64(len(store.places) - 1))
    while store.places[at] >= 0:
        known = store.places[at]
        if store.keys[known, 0] == links and store.keys[known, 1] == rest:
            return False
        at = (at + 1) % len(store.places)
    new = store.progress[STATES]
    store.places[at] = new
    store.keys[new, 0], store.keys[new, 1] = links, rest
    store.parent[new], store.via[new], store.level[new] = parent, via, level
    store.progress[STATES] += 1
    return True


@compiled
def arrive(s: Session, init: NDArray[np.uint32], operations: NDArray[np.uint32], store: Store, state: Integer) -> int:
    """Target and model into a known state, from a fresh ``INIT``."""
    length = store.level[state]
    at = state
    for place in range(length):
        store.path[length - 1 - place] = store.via[at]
        at = store.parent[at]
    fault = start(s, init, FIRST_STEP)
    for place in range(length):
        if fault == 0:
            fault = operate(s, operations, store.path[place])
    return fault


@compiled
def arrive_after(
    s: Session, init: NDArray[np.uint32], operations: NDArray[np.uint32], store: Store, state: Integer, n: Integer
) -> int:
    """Target and model into a known state, and operation n in it."""
    fault = arrive(s, init, operations, store, state)
    return operate(s, operations, n) if fault == 0 else fault


@compiled
def probe_all(
    s: Session, init: NDArray[np.uint32], operations: NDArray[np.uint32], store: Store, state: Integer, n: Integer
) -> int:
    """After operation n in that state: each probe of each live slot, on a copy each; a grant is onto the next slot."""
    for x in range(s.cells[SLOTS]):
        if s.model.sigma[x] == NIL:
            continue
        onto = (x + 1) % s.cells[SLOTS]
        for number in range(len(store.probes)):
            store.probes[number, 1], store.probes[number, 2] = x // s.cells[PAGES], x % s.cells[PAGES]
            store.probes[number, 3], store.probes[number, 4] = onto // s.cells[PAGES], onto % s.cells[PAGES]
            fault = operate(s, store.probes, number)
            if fault == 0:
                fault = look_all(s)
            if fault == 0 or fault == Mismatch.CYCLE:
                fault = arrive_after(s, init, operations, store, state, n)
            if fault != 0:
                return int(fault)
    return 0


@compiled
def expand(s: Session, init: NDArray[np.uint32], operations: NDArray[np.uint32], store: Store, count: Integer) -> bool:
    """Try all operations in the next so many states. Whether it goes on: a state is left, and nothing has differed."""
    for _ in range(count):
        state = store.progress[NEW_STATE]
        if state == store.progress[STATES]:
            return False
        for n in range(len(operations)):
            fault = arrive_after(s, init, operations, store, state, n)
            if fault == Mismatch.CYCLE:
                continue
            if fault == 0:
                fault = look_all(s)
            if fault != 0:
                return False
            store.progress[TRANSITIONS] += 1
            if s.model.changed[0] > 0:
                if store.progress[STATES] < len(store.keys):
                    find(s, store, state, n, store.level[state] + 1)
                if probe_all(s, init, operations, store, state, n) != 0:
                    return False
        store.progress[NEW_STATE] += 1
    return True


@dataclass(frozen=True, slots=True)
class Closure:
    """The closure of a scope under the operations with those sets of rights, as far as the time goes.

    ``partly``: each page is also flushed of one right, and granted, and not only flushed of all.
    """

    readings: Readings
    scope: Scope
    rights: tuple[int, ...]
    seconds: float
    states: int = MOST_STATES
    partly: bool = False

    def do(self, bench: Bench) -> dict[str, Any]:
        """``states`` met, of which ``level`` steps deep all were left, ``transitions``, and whether it is complete.

        It is not complete if there was no room for one state more: nobody can say whether there is one.
        """
        if self.scope.slots > MOST_SLOTS or self.scope.frames > MOST_FRAMES:
            raise ValueError(f"the states of {self.scope} do not fit the keys")
        probes = PARTIAL_PROBES if self.partly else PROBES
        session, store = bench.session(self.readings, self.scope.slots), new_store(self.states, probes)
        init, operations = init_row(self.scope), alphabet(self.scope, self.rights)
        start_state(session, init, store)
        bench.cells[FAULT] = Mismatch.NONE
        in_slices(self.seconds, 1, lambda batch: not expand(session, init, operations, store, batch))
        expanded, states, transitions = (int(number) for number in store.progress)
        return {
            "failure": bench.failure(),
            "states": states,
            "expanded": expanded,
            "level": int(store.level[min(expanded, states - 1)]),
            "transitions": transitions,
            "complete": expanded == states < self.states,
        }


@compiled
def start_state(s: Session, init: NDArray[np.uint32], store: Store) -> None:
    """The initial state is the first, and comes from none."""
    start(s, init, FIRST_STEP)
    find(s, store, -1, -1, 0)


def warm_up(session: Session) -> None:
    """Compile; ``session`` is not used otherwise."""
    rows, store = session.rows, new_store(1, PROBES)
    compile_for(start_state, session, rows, store)
    compile_for(expand, session, rows, rows, store, 0)
