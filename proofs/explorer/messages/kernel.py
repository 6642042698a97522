"""The compiled search of states with threads: an exact set of keys, and the work on a part of a layer.

Keys stand in a queue in the order in which they were found; the set is a table of their places there, so a key is kept
once and compared whole. With each goes the place of the state that it was found from, and the number of the call, so a
shortest way is read off.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

import model.messages.compiled as _literal  # it registers what the literal model calls
from model.messages.literal_threads import is_acting
from model.messages.operation import Kind, Operation
from model.messages.readings import Item, MessageReadings, Window
from model.messages.tables import Board, Table, Threads
from model.running.compiling import compile_on_disk
from model.spaces import literal as spaces
from model.spaces.dialect import Readings
from model.spaces.literal import DONE
from proofs.explorer.messages import packing, step_properties, symmetry, wrong
from proofs.explorer.messages import properties as states
from proofs.explorer.messages.packing import Packing, unpack
from proofs.explorer.messages.properties import MESSAGE_PROPERTIES
from proofs.explorer.messages.symmetry import Renamings, Scratch, find_least
from proofs.explorer.messages.wrong import is_message, perform

assert _literal

for _helper in (
    spaces.derives,
    spaces.evaluate,
    packing.pack,
    packing.unpack,
    step_properties._agreed,
    step_properties._same_links,
    step_properties._same_slot,
    step_properties._is_told,
    wrong.is_message,
    wrong.prepare,
    wrong.put_back,
    wrong.spoil,
    wrong.perform,
    symmetry.renamed_set,
    symmetry.renamed_one,
    symmetry.rename,
    symmetry.find_least,
    *(p.holds for p in MESSAGE_PROPERTIES),
):
    register_jitable(_nrt=False)(_helper)  # type: ignore[type-var]

EMPTY = -1
TAIL, NEXT, TRANSITIONS, LOST, STANDS_FOR, ALL_TRANSITIONS = range(6)
NOWHERE = np.iinfo(np.int64).max


class Store(NamedTuple):
    """The states found: ``keys`` in order, ``table`` of their places, the place and the call that each came from."""

    keys: NDArray[np.uint64]
    table: NDArray[np.int32]
    origin: NDArray[np.int32]
    call: NDArray[np.int32]


@register_jitable(_nrt=False)
def broken_in_state(s: Threads, b: Board, wanted: int) -> int:
    """A bit, by the order of the register, for each wanted property that a state does not have."""
    broken = 0
    if wanted >> 0 & 1 and not states.no_cycle(s, b):
        broken |= 1 << 0
    if wanted >> 1 & 1 and not states.phys_is_sigma(s, b):
        broken |= 1 << 1
    if wanted >> 2 & 1 and not states.no_frame_lost(s, b):
        broken |= 1 << 2
    if wanted >> 3 & 1 and not states.windows_are_own(s, b):
        broken |= 1 << 3
    if wanted >> 4 & 1 and not states.waits_without_message(s, b):
        broken |= 1 << 4
    if wanted >> 5 & 1 and not states.calls_one(s, b):
        broken |= 1 << 5
    if wanted >> 6 & 1 and not states.ids_are_unique(s, b):
        broken |= 1 << 6
    if wanted >> 7 & 1 and not states.nothing_of_the_dead(s, b):
        broken |= 1 << 7
    if wanted >> 8 & 1 and not states.pages_where_threads_began(s, b):
        broken |= 1 << 8
    if wanted >> 9 & 1 and not states.ports_in_place(s, b):
        broken |= 1 << 9
    return broken


@register_jitable(_nrt=False)
def broken_in_step(s: Threads, n: Threads, b: Board, o: Operation, wanted: int) -> int:
    """A bit, by the order of the register, for each wanted property that a step does not have."""
    broken = 0
    if wanted >> 10 & 1 and not step_properties.maps_only_by_consent(s, n, b, o):
        broken |= 1 << 10
    if wanted >> 11 & 1 and not step_properties.passes_only_own(s, n, b, o):
        broken |= 1 << 11
    if wanted >> 12 & 1 and not step_properties.changes_others_only_by_consent(s, n, b, o):
        broken |= 1 << 12
    if wanted >> 13 & 1 and not step_properties.opens_what_was_asked(s, n, b, o):
        broken |= 1 << 13
    if wanted >> 14 & 1 and not step_properties.others_open_nothing(s, n, b, o):
        broken |= 1 << 14
    if wanted >> 15 & 1 and not step_properties.fault_window_is_missing_page(s, n, b, o):
        broken |= 1 << 15
    if wanted >> 16 & 1 and not step_properties.reaches_who_is_meant(s, n, b, o):
        broken |= 1 << 16
    if wanted >> 17 & 1 and not step_properties.leaves_third_threads_alone(s, n, b, o):
        broken |= 1 << 17
    if wanted >> 18 & 1 and not step_properties.never_gives_again(s, n, b, o):
        broken |= 1 << 18
    if wanted >> 19 & 1 and not step_properties.begins_where_it_may(s, n, b, o):
        broken |= 1 << 19
    if wanted >> 20 & 1 and not step_properties.stays_in_its_space(s, n, b, o):
        broken |= 1 << 20
    if wanted >> 21 & 1 and not step_properties.ends_only_own(s, n, b, o):
        broken |= 1 << 21
    if wanted >> 22 & 1 and not step_properties.learns_only_by_agreement(s, n, b, o):
        broken |= 1 << 22
    if wanted >> 23 & 1 and not step_properties.writes_only_what_it_can(s, n, b, o):
        broken |= 1 << 23
    if wanted >> 24 & 1 and not step_properties.answers_only_by_callee(s, n, b, o):
        broken |= 1 << 24
    return broken


@register_jitable(_nrt=False)
def place_of(key: NDArray[np.uint64], store: Store) -> np.int64:
    """Where in the table a key is, or the free place where it belongs."""
    mixed = np.uint64(0x9E3779B97F4A7C15)
    for k in range(len(key)):
        mixed = (mixed ^ key[k]) * np.uint64(0xD6E8FEB86659FD93)
        mixed ^= mixed >> np.uint64(32)
    mask = len(store.table) - 1
    at = np.int64(mixed & np.uint64(mask))
    while store.table[at] != EMPTY:
        other = store.keys[store.table[at]]
        same = True
        for k in range(len(key)):
            same = same and other[k] == key[k]
        if same:
            return at
        at = (at + 1) & mask
    return at


@register_jitable(_nrt=False)
def is_vain(s: Threads, b: Board, o: Operation, faults: int) -> bool:
    """Return whether every call of a group is refused: its program does not act, or its message has nobody to go to."""
    if o.kind == Kind.TIMEOUT or o.kind == Kind.INTERRUPT:
        return False
    if not is_acting(s, b, o.actor):
        return True
    return bool(faults == 0 and is_message(o.kind) and not s.awaits[o.other] >> b.ident[o.actor] & 1)


@register_jitable(_nrt=False)
def is_refused(s: Threads, b: Board, o: Operation, own: Table, m: MessageReadings) -> bool:
    """Whether a look tells that the kernel refuses a call that opens a window, or sends a page, and does no wrong.

    :param own: the slots of each space, as a set.
    """
    if o.opens & ~own[s.space[o.actor]]:
        return True
    if o.kind != Kind.SEND_MAP and o.kind != Kind.SEND_GRANT:
        return False
    if b.owner[o.src] != s.space[o.actor]:
        return True
    refuses = m.window == Window.CHECKED and m.item == Item.REFUSED
    return bool(refuses and not s.window[o.other] >> o.dst & 1)


def _expand(
    store: Store,
    first: int,
    last: int,
    limit: int,
    b: Board,
    own: Table,
    calls: Table,
    groups: Table,
    p: Packing,
    names: Renamings,
    m: MessageReadings,
    d: Readings,
    faults: int,
    wanted: int,
    seen: Table,
    control: Table,
    w: Scratch,
) -> None:
    """Do every call from the states ``first`` to ``last``, and add the states that are new.

    :param own: the slots of each space, as a set.
    :param groups: where each group of calls begins, of which all are vain if the first is; and their end.
    :param limit: stop before a state once so many are found.
    :param names: the renamings under which a state stands for others.
    :param seen: for each property the place of the first state from which a step breaks it, and that call; a property
        of states is broken by the state that the step leads to, and of the first state by no call.
    """
    width, history = len(p.bits), len(b.ident) ** 2
    before, after, s, n = w.rows[0], w.rows[1], w.before, w.after
    tail, k = control[TAIL], first
    while k < last and tail <= limit:
        unpack(store.keys[k], p, before)
        if k == 0:
            broken = broken_in_state(s, b, wanted)
            for property in range(len(seen)):
                if broken >> property & 1:
                    seen[property, 0], seen[property, 1] = 0, EMPTY
        group, number, changed, transitions = 0, 0, True, 0
        while number < len(calls):
            c = calls[number]
            o = Operation(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13])
            if number == groups[group]:
                group += 1
                if is_vain(s, b, o, faults):
                    number = groups[group]
                    continue
            tried = number
            number += 1
            if faults == 0 and o.actor >= 0 and is_refused(s, b, o, own, m):
                continue
            if changed:  # what is refused changes nothing, unless the kernel is wrong
                for field in range(width):
                    after[field] = before[field]
            changed = perform(s, n, b, o, m, d, faults) == DONE
            if not changed:
                changed = faults != 0
                continue
            transitions += 1
            for field in range(width - history, width):
                after[field] = 0
            broken = broken_in_step(s, n, b, o, wanted)
            if find_least(1, n, b, p, names, w) == 0:
                control[LOST] = 1
                return
            at = place_of(w.least, store)
            if store.table[at] == EMPTY:
                store.table[at] = tail
                for word in range(len(w.least)):
                    store.keys[tail, word] = w.least[word]
                store.origin[tail], store.call[tail] = k, tried
                tail += 1
                broken |= broken_in_state(n, b, wanted)
            if broken:
                for property in range(len(seen)):
                    if broken >> property & 1 and seen[property, 0] == NOWHERE:
                        seen[property, 0], seen[property, 1] = k, tried
        stands_for = len(names.slot) // find_least(0, s, b, p, names, w)
        control[STANDS_FOR] += stands_for
        control[TRANSITIONS] += transitions
        control[ALL_TRANSITIONS] += stands_for * transitions
        k += 1
    control[TAIL], control[NEXT] = tail, k


def _insert(store: Store, count: int) -> None:
    """Put the places of the first keys into an empty table."""
    for k in range(count):
        store.table[place_of(store.keys[k], store)] = k


expand = compile_on_disk(_expand, nogil=True, _nrt=False)
insert = compile_on_disk(_insert, nogil=True, _nrt=False)
