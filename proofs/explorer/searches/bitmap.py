"""The fastest engine: forest dialects without rights, on a direct-address bitmap.

A state without rights is a digit for each slot: 0 for nil, r for frame r - 1, FRAMES + k for a link to the slot k
places further on, round the corner; a link to itself is left out, so FRAMES + SLOTS digits do. The number with these
digits addresses two bits. About a tenth of all numbers are reachable states, so a state costs some 2 bytes.

The bitmap forgets the layers. Where a property is violated, :mod:`proofs.explorer.explore` searches again, as deep as
needed, with a set that remembers them.
"""

import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.counting import counted
from model.scope import Scope
from model.spaces.dialect import Ancestor, Dialect, FrameHolder, GrantedChildren, Occupied, OwnPage, OwnSlot
from proofs.explorer.result import OnProgress, Progress, SearchResult
from proofs.explorer.searches.resources import Team, memory_to_use, threads_to_use
from proofs.explorer.searches.specialise import specialised
from proofs.explorer.states.properties import IDS, STATE_IDS

THIS, NEXT = 2, 3  # tags of the first two layers
NOT_FOUND = np.iinfo(np.int64).max
UNLIMITED = np.iinfo(np.int64).max


def bitmap_bytes(scope: Scope) -> int:
    """The memory that the bitmap of a scope takes.

    >>> bitmap_bytes(Scope(4, 2, 2))
    25000000
    """
    encodings: int = (scope.slots + scope.frames) ** scope.slots
    return 8 * ((encodings + 31) // 32)


def constants(scope: Scope, dialect: Dialect) -> list[str]:
    """The lines that specialise the kernel for a scope and a forest dialect."""
    r = dialect.readings
    values = {
        "SLOTS": scope.slots,
        "FRAMES": scope.frames,
        "ANCESTOR_REFUSED": r.ancestor == Ancestor.REFUSED,
        "FRAME_HOLDER_REFUSED": r.frame_holder == FrameHolder.REFUSED,
        "OWN_SLOT_COUNTS": r.own_slot == OwnSlot.NOTHING,
        "OWN_PAGE_INCLUDED": r.own_page == OwnPage.INCLUDED,
        "OCCUPIED_REFUSED": r.occupied == Occupied.REFUSED,
        "EXTENDED_CHILD": r.occupied == Occupied.EXTENDED_CHILD,
        "EXTENDED_FRAME": r.occupied == Occupied.EXTENDED_FRAME,
        "NO_GRANT": r.granted_children == GrantedChildren.NO_GRANT,
        "CHILDREN_FLUSHED": r.granted_children == GrantedChildren.FLUSHED,
    }
    return [f"{name} = {value}" for name, value in values.items()]


def weights_of(scope: Scope) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What a code in a slot adds to the number of a state, and what moving a child from parent to parent adds."""
    slots, frames = scope.slots, scope.frames
    link, radix = frames + 1, slots + frames
    weights = np.zeros((slots, slots + link), np.int64)
    for x in range(slots):
        digits = [0, *range(1, link), *(frames + (y - x) % slots if y != x else 0 for y in range(slots))]
        weights[x] = np.array(digits) * radix**x
    moves = np.zeros((slots, slots, slots), np.int64)
    for child in range(slots):
        for old in range(slots):
            for new in range(slots):
                if child not in (old, new):
                    moves[child, old, new] = weights[child, link + new] - weights[child, link + old]
    return weights, moves


def search_bitmap(
    scope: Scope,
    dialect: Dialect,
    *,
    properties: tuple[str, ...],
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[SearchResult, tuple[str, ...]]:
    """Visit every state of a forest dialect without rights: the counts, and the ids of the violated properties.

    The flaws are left empty; the caller finds traces to the violated properties by other means.

    :param properties: ids of state properties.
    :raises ValueError: an argument makes no sense.
    :raises MemoryError: the bitmap does not fit the memory; ask :func:`bitmap_bytes` before.
    """
    if not set(properties) <= set(STATE_IDS):
        raise ValueError(f"the bitmap checks {', '.join(STATE_IDS)}, not {', '.join(properties)}")
    size = bitmap_bytes(scope)
    if size > memory_to_use(memory):
        raise MemoryError(f"the bitmap of {scope} takes {size:,} bytes")
    kernel = specialised("proofs.explorer.searches.kernels.bitmap", constants(scope, dialect), ["model.spaces.literal"])
    weights, moves = weights_of(scope)
    team = Team(threads_to_use(threads))
    wanted = sum(1 << IDS.index(id) for id in properties)
    started = time.perf_counter()
    bitmap = np.zeros(size // 8, np.uint64)
    first = int(sum(weights[r, r + 1] for r in range(scope.frames)))
    bitmap[first >> 5] = THIS << (first & 31) * 2
    layers: list[int] = []
    transitions, violated, reason, tag = 0, 0, "", THIS
    while not reason:
        done = sum(layers)
        limit = UNLIMITED if max_states is None else max_states - done
        control = np.zeros(kernel.CONTROL_SIZE, np.int64)
        found = np.full((team.threads, len(STATE_IDS)), NOT_FOUND)
        arguments = (bitmap, weights.ravel(), moves, tag, THIS + NEXT - tag, limit, wanted, control)
        report = partial(_report, on_progress, kernel, control, done, len(layers), size, started)
        _run(kernel, team, arguments, control, found, report)
        transitions += int(control[kernel.TRANSITIONS])
        violated |= sum(1 << p for p in range(len(STATE_IDS)) if found[:, p].min() != NOT_FOUND)
        expanded = int(control[kernel.EXPANDED])
        if expanded:
            layers.append(expanded)
        if team.interrupted:
            reason = "interrupted"
        elif int(control[kernel.NEXT]) * kernel.CHUNK < kernel.WORDS:
            reason = f"more than {counted(max_states or 0, 'state')}"
        elif not expanded:
            break
        tag = THIS + NEXT - tag
    result = SearchResult(
        complete=not reason,
        reason=reason,
        states=sum(layers),
        transitions=transitions,
        layers=tuple(layers),
        flaws=(),
        checked=properties,
        bytes_used=size,
        seconds=time.perf_counter() - started,
        interrupted=team.interrupted,
    )
    return result, tuple(id for p, id in enumerate(STATE_IDS) if violated >> p & 1)


def _run(kernel: Any, team: Team, arguments: tuple[Any, ...], control: Any, found: Any, report: Any) -> None:
    """One layer on all threads."""

    def work(number: int) -> None:
        kernel.expand_layer(*arguments, found[number])

    def stop() -> None:
        control[kernel.STOP] = 1

    team.run(work, stop, report)


def _report(
    on_progress: OnProgress | None, kernel: Any, control: Any, done: int, depth: int, size: int, started: float
) -> None:
    """Tell the caller how far the search is."""
    if on_progress is not None:
        part = min(1.0, int(control[kernel.NEXT]) * kernel.CHUNK / kernel.WORDS)
        states = done + int(control[kernel.EXPANDED])
        on_progress(Progress(states, depth, part, size, time.perf_counter() - started, states))
