"""The states that a closure has met, and every operation in each, compiled.

A state is kept once for all that a renaming makes of it, in bytes: links, frames, rights and units of the model, and
behind them the order of the mapping that the target shows each page in. Beside it stands from which state it came by
which operation. The index of states compares them whole, so that no two are taken for one.

The first state is kept as it is before anything was asked, and no other is compared with it: what an operation that
leads back to it shows is a state, too.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from model.ranges.readings import RangeReadings
from model.running.compiling import compile_on_disk
from model.spaces.dialect import Readings
from refinement.check.ranges.driver import DIFFERED, WAS_DONE, Journal, Sized, attempt
from refinement.check.ranges.symmetry import Renamings, least

MOST_SLOTS = 120  # of a scope whose states are kept in bytes
ROOM = 1 << 14  # states for which there is room at first
LONGEST = 64  # and operations of a path
NEXT, KEPT, CALL, PROBE, RENAMED, AGREED = range(6)  # of the progress
MORE, ALL, DEEP, FULL, LONG, CALL_DIFFERS, PROBE_DIFFERS = range(7)  # how a piece of the search ended


class Met(NamedTuple):
    """The states met, their index, and the progress.

    ``states``: as they were met, the first of them before all; ``keys``: the least that a renaming makes of each;
    ``parent``, ``via``, ``level``: from which state by which operation, and how many operations that takes; ``places``:
    the index, by a hash of the keys; ``path``: the operations that lead to the state that is looked at;
    ``after``: the state after the last call.
    """

    states: NDArray[np.int8]
    keys: NDArray[np.int8]
    parent: NDArray[np.int32]
    via: NDArray[np.int32]
    level: NDArray[np.int32]
    places: NDArray[np.int32]
    path: NDArray[np.int64]
    after: NDArray[np.int64]
    progress: NDArray[np.int64]


class Tried(NamedTuple):
    """The operations, and the numbers of those that are tried: near the first state, and farther away.

    ``spelled``: so many operations away every way to say an operation is tried, farther one of each meaning;
    ``probes``: what is done besides after an operation that leads to a known state; ``deepest``: no state so far away
    is gone on from, 0 if none is too far.
    """

    calls: NDArray[np.int64]
    near: NDArray[np.int64]
    far: NDArray[np.int64]
    probes: NDArray[np.int64]
    spelled: int
    deepest: int


def first_met(state: NDArray[np.int64], *, renaming: bool, room: int) -> Met:
    """Room for so many states, and the first of them.

    :raises ValueError: a state of so many slots is not kept in bytes.
    """
    slots = len(state) // 4
    if slots > MOST_SLOTS:
        raise ValueError(f"no states of {slots} slots are kept")
    states = np.zeros((room, 5 * slots), np.int8)
    states[0, : 4 * slots] = state
    parent, via, level = (np.zeros(room, np.int32) for _ in range(3))
    keys = np.zeros_like(states) if renaming else states
    places, path, progress = (
        np.full(4 * room, -1, np.int32),
        np.zeros((min(room, LONGEST), 8), np.int64),
        np.zeros(6, np.int64),
    )
    met = Met(states, keys, parent, via, level, places, path, state.copy(), progress)
    met.progress[KEPT] = 1
    return met


def with_room(met: Met) -> Met:
    """The same with room for twice as many states."""
    states, keys, parent, via, level = (np.concatenate([each, np.zeros_like(each)]) for each in met[:5])
    keys = states if met.keys is met.states else keys
    larger = met._replace(states=states, keys=keys, parent=parent, via=via, level=level)
    larger = larger._replace(places=np.full(2 * len(met.places), -1, np.int32))
    index(larger)
    return larger


def with_long_paths(met: Met) -> Met:
    """The same with room for paths twice as long."""
    return met._replace(path=np.zeros((2 * len(met.path), 8), np.int64))


def place_of(met: Met, key: NDArray[np.int8]) -> int:
    """Where a key stands in the index, or would stand."""
    number = np.uint64(0xCBF29CE484222325)
    for k in range(len(key)):
        number = (number ^ np.uint64(np.int64(key[k]) & 0xFF)) * np.uint64(0x100000001B3)
    at = np.int64((number ^ (number >> np.uint64(29))) & np.uint64(len(met.places) - 1))
    while met.places[at] >= 0:
        known, same = met.places[at], True
        for k in range(len(key)):
            if met.keys[known, k] != key[k]:
                same = False
                break
        if same:
            break
        at = (at + 1) & (len(met.places) - 1)
    return int(at)


def index(met: Met) -> None:
    """Write down where each state stands, the first apart."""
    for n in range(1, met.progress[KEPT]):
        met.places[place_of(met, met.keys[n])] = n


def is_new(
    met: Met, state: NDArray[np.int64], orders: NDArray[np.int64], g: Renamings, key: NDArray[np.int64], via: int
) -> bool:
    """Return whether a state was not met before, nor one that a renaming makes of it; then it is kept.

    There must be room. :param key: room for the least of those that renamings make of it.
    """
    new, slots, at = met.progress[KEPT], len(orders), met.progress[NEXT]
    count = least(state, orders, g, key)
    for k in range(5 * slots):
        met.keys[new, k] = key[k]
    place = place_of(met, met.keys[new])
    if met.places[place] >= 0:
        return False
    met.places[place] = new
    for k in range(4 * slots):
        met.states[new, k] = state[k]
    met.parent[new], met.via[new], met.level[new] = at, via, met.level[at] + 1
    met.progress[KEPT] += 1
    met.progress[RENAMED] += count
    return True


def write_path(met: Met, tried: Tried, state: int) -> int:
    """Write the operations that lead to a state; how many these are."""
    length, at = int(met.level[state]), state
    for place in range(length):
        for k in range(8):
            met.path[length - 1 - place, k] = tried.calls[met.via[at], k]
        at = met.parent[at]
    return length


def is_other(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    """Return whether two states differ."""
    differs = False
    for k in range(len(one)):
        differs = differs or one[k] != other[k]
    return differs


def go_on(met: Met, tried: Tried) -> None:
    """The probe or call that was tried is done with."""
    if 0 < met.progress[PROBE] < len(tried.probes):
        met.progress[PROBE] += 1
    else:
        met.progress[PROBE] = 0
        met.progress[CALL] += 1


def search(
    t: Sized,
    j: Journal,
    met: Met,
    tried: Tried,
    g: Renamings,
    d: Readings,
    w: RangeReadings,
    count: int,
) -> int:
    """Try every operation in the next so many states; how that ended, and what is next is in the progress.

    After ``CALL_DIFFERS`` and ``PROBE_DIFFERS`` the same call or probe is next, but for :func:`go_on`;
    ``FULL`` and ``LONG`` ask for room.
    """
    slots = t.spaces * t.pages
    state, probed = np.empty(4 * slots, np.int64), np.empty(4 * slots, np.int64)
    orders, key = np.empty(slots, np.int64), np.empty(5 * slots, np.int64)
    for _ in range(count):
        at = met.progress[NEXT]
        if at == met.progress[KEPT]:
            return ALL
        if 0 < tried.deepest <= met.level[at]:
            return DEEP
        if met.level[at] + 2 > len(met.path):
            return LONG
        for k in range(4 * slots):
            state[k] = met.states[at, k]
        length = write_path(met, tried, at)
        chosen = tried.near if length <= tried.spelled else tried.far
        while met.progress[CALL] < len(chosen):
            if met.progress[KEPT] == len(met.states):
                return FULL
            number, probe = chosen[met.progress[CALL]], met.progress[PROBE]
            before, after, done = state, met.after, length
            o = tried.calls[number]
            if probe > 0:
                before, after, done = met.after, probed, length + 1
                o = tried.probes[probe - 1]
            ended = attempt(t, j, before, met.path, done, o, d, w, after, orders)
            if ended == DIFFERED:
                return CALL_DIFFERS if probe == 0 else PROBE_DIFFERS
            if probe == 0 and ended == WAS_DONE:
                if is_other(after, state):
                    met.progress[AGREED] |= 1 << o[0]
                if not is_new(met, after, orders, g, key, number) and len(tried.probes) > 0:
                    met.path[length] = o
                    met.progress[PROBE] = 1
                    continue
            go_on(met, tried)
        met.progress[CALL] = 0
        met.progress[NEXT] += 1
    return MORE


for _helper in (place_of, is_new, is_other, write_path, go_on):
    register_jitable(_nrt=False)(_helper)

index = compile_on_disk(index, _nrt=False)
search_compiled = compile_on_disk(search)
