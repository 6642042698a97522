"""Symmetry: states that differ only by names are explored once.

Two groups act on the states of a scope.

- ``pages``: the spaces other than σ0 interchange, and the pages within each; σ0's pages that held a frame at first
  interchange together with their frames, its other pages among themselves.
- ``slots``: all slots interchange, and all frames. No operation looks at the space or the page of a slot.

A renaming of slots and frames turns operations into operations, so the states reached from a renamed state are the
renamed states. The search keeps one representative of each orbit; it finds an orbit at the distance at which it finds
its nearest member. A property that means the same under every renaming in the group is violated in an orbit or not.

The representative is found by colour refinement: each slot's colour is a hash of what it holds and of its
neighbours' colours, round after round; slots are then sorted by colour. Where a tie is left, one of the tied slots gets
a colour of its own and the refinement goes on. Whatever the colours, what comes out is a renaming of what went in, so
nothing is ever lost; two slots that refinement cannot tell apart, or a collision of hashes, could at worst give
one orbit two representatives.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numba.extending import register_jitable

from model.scope import ArgumentError, Scope
from model.spaces.operation import Operation
from proofs.explorer.result import Flaw
from proofs.explorer.states.layout import CODE_BITS, FRAMES, PAGES, PHYS_BITS, RIGHT_BITS, SLOTS, SYMMETRY, operation_of
from proofs.explorer.states.properties import Property
from proofs.explorer.system import System

GROUPS = ("none", "pages", "slots")  # each is part of the next
PAGES_GROUP, SLOTS_GROUP = 1, 2
ROUNDS = 3  # of refinement before ties are looked for; most states need no more

_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_C, _D, _E = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(0xC2B2AE3D27D4EB4F)
_S32, _S29, _ONE = np.uint64(32), np.uint64(29), np.uint64(1)


def largest_group(wanted: Iterable[Property], symmetry: bool | str, symmetric_steps: bool = True) -> str:
    """The group to use: the one named, or with ``True`` the largest that all the properties respect.

    :param symmetric_steps: whether the operations treat all slots alike; if not, no group will do.
    :raises ValueError: there is no such group, or a property does not respect it.
    """
    respected = min((GROUPS.index(p.symmetry) for p in wanted), default=SLOTS_GROUP) if symmetric_steps else 0
    if symmetry is True or symmetry is False:
        return GROUPS[respected if symmetry else 0]
    if symmetry not in GROUPS:
        raise ArgumentError(f"there is no symmetry {symmetry!r}; there are {', '.join(GROUPS)}")
    if GROUPS.index(symmetry) > respected:
        raise ArgumentError(f"a property or a fault does not mean the same under the symmetry {symmetry!r}")
    return symmetry


@register_jitable(_nrt=False)
def _mix(value: Any) -> Any:
    """A hash of 64 bits."""
    value = (value ^ value >> _S32) * _A
    return value ^ value >> _S29


@register_jitable(_nrt=False)
def _class(x: int, p: Any) -> int:
    """Which slots may change places with x at all, before anything is known about their contents."""
    if p[SYMMETRY] == SLOTS_GROUP or x >= p[PAGES]:
        return 3
    return 1 if x < p[FRAMES] else 2


@register_jitable(_nrt=False)
def _colour_frames(code: Any, facts: Any, colour: Any, held: Any, p: Any) -> None:
    """One round of refinement of the frames, from the slots that hold them."""
    slots, frames, by_pages = p[SLOTS], p[FRAMES], p[SYMMETRY] == PAGES_GROUP
    phys_mask = (1 << p[PHYS_BITS]) - 1
    for r in range(frames):
        held[r] = _mix(held[r] + (colour[r] if by_pages else _C))
    for x in range(slots):
        if code[x] > 0 and code[x] <= frames:
            held[code[x] - 1] += _mix(colour[x] + _A)
        if facts[x] & phys_mask:
            held[(facts[x] & phys_mask) - 1] += _mix(colour[x] + _B)


@register_jitable(_nrt=False)
def _refine(code: Any, facts: Any, base: Any, colour: Any, held: Any, gathered: Any, space: Any, p: Any) -> None:
    """Some rounds of refinement of the colours of slots and of frames (``held``); ``base`` joins in each."""
    slots, pages, frames, by_pages = p[SLOTS], p[PAGES], p[FRAMES], p[SYMMETRY] == PAGES_GROUP
    phys_mask = (1 << p[PHYS_BITS]) - 1
    for _ in range(ROUNDS):
        for x in range(slots):
            gathered[x] = base[x]
        for s in range(slots // pages):
            space[s] = np.uint64(0)
        for x in range(slots):
            if code[x] > frames:
                parent = code[x] - frames - 1
                gathered[x] += _mix(colour[parent] + _A)
                gathered[parent] += _mix(colour[x] + _B)
            elif code[x] > 0:
                gathered[x] += _mix(held[code[x] - 1] + _C)
            if facts[x] & phys_mask:
                gathered[x] += _mix(held[(facts[x] & phys_mask) - 1] + _D)
            space[x // pages] += _mix(colour[x] + _E)
        _colour_frames(code, facts, colour, held, p)
        for x in range(slots):
            if by_pages:
                gathered[x] += space[x // pages]
                if x < frames:
                    gathered[x] += _mix(held[x])
            colour[x] = _mix(gathered[x])
    _colour_frames(code, facts, colour, held, p)
    for s in range(slots // pages):
        space[s] = np.uint64(0)
    for x in range(slots):
        space[x // pages] += _mix(colour[x] + _E)


@register_jitable(_nrt=False)
def _interchange(x: int, y: int, code: Any, facts: Any, p: Any) -> bool:
    """Whether two slots of one colour may simply be swapped: they hold the same, and nothing was mapped from them."""
    same = code[x] == code[y] and facts[x] == facts[y]
    if p[SYMMETRY] == PAGES_GROUP:
        same = same and x // p[PAGES] == y // p[PAGES] and x >= p[FRAMES] and y >= p[FRAMES]
    for z in range(p[SLOTS]):
        same = same and code[z] != x + p[FRAMES] + 1 and code[z] != y + p[FRAMES] + 1
    return bool(same)


@register_jitable(_nrt=False)
def _tied(code: Any, facts: Any, colour: Any, p: Any) -> int:
    """A slot of the least colour that several slots share which cannot simply be swapped; -1 if there is none."""
    tied = -1
    for x in range(p[SLOTS]):
        if code[x] == 0 or (tied >= 0 and colour[x] >= colour[tied]):
            continue
        for y in range(p[SLOTS]):
            if y != x and colour[x] == colour[y] and not _interchange(x, y, code, facts, p):
                tied = x
                break
    return tied


@register_jitable(_nrt=False)
def _separate(code: Any, facts: Any, base: Any, colour: Any, held: Any, gathered: Any, space: Any, p: Any) -> None:
    """Refine until no tie is left that matters; one that survives as many rounds as there are slots is broken."""
    for x in range(p[SLOTS]):
        colour[x] = base[x]
    for r in range(p[FRAMES]):
        held[r] = _C
    rounds, broken = 0, 0
    while True:
        _refine(code, facts, base, colour, held, gathered, space, p)
        rounds += ROUNDS
        x = _tied(code, facts, colour, p)
        if x < 0 or broken == p[SLOTS]:
            return
        if rounds >= p[SLOTS]:
            base[x] += _D
            rounds, broken = 0, broken + 1


@register_jitable(_nrt=False)
def _is_home(x: int, code: Any, p: Any) -> bool:
    """Whether a page of σ0 shows the frame it held at first, which refinement would not see."""
    if p[SYMMETRY] != PAGES_GROUP or x >= p[FRAMES]:
        return False
    at, steps = code[x], 0
    while at > p[FRAMES] and steps < p[SLOTS]:
        at = code[at - p[FRAMES] - 1]
        steps += 1
    return bool(at == x + 1)


@register_jitable(_nrt=False)
def _sort(order: Any, first: int, last: int, key: Any) -> None:
    """Sort a part of ``order`` by ``key``."""
    for i in range(first + 1, last):
        item, at = order[i], i
        while at > first and key[order[at - 1]] > key[item]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = item


@register_jitable(_nrt=False)
def _places(colour: Any, held: Any, space: Any, order: Any, spaces: Any, place: Any, frame: Any, p: Any) -> None:
    """Where each slot goes (``place``), and what each frame becomes (``frame``)."""
    slots, pages, frames = p[SLOTS], p[PAGES], p[FRAMES]
    for x in range(slots):
        order[x] = x
    for s in range(slots // pages):
        spaces[s] = s
    for r in range(frames):
        frame[r] = r
    if p[SYMMETRY] == SLOTS_GROUP:
        _sort(order, 0, slots, colour)
        _sort(frame, 0, frames, held)
        for i in range(slots):
            place[order[i]] = i
        for i in range(frames):  # invert the order of the frames, in memory that is not needed any more
            spaces[frame[i]] = i
        for i in range(frames):
            frame[i] = spaces[i]
        return
    _sort(order, 0, frames, colour)
    _sort(order, frames, pages, colour)
    _sort(spaces, 1, slots // pages, space)
    for s in range(1, slots // pages):
        _sort(order, s * pages, (s + 1) * pages, colour)
    for s in range(slots // pages):
        for v in range(pages):
            place[order[spaces[s] * pages + v]] = s * pages + v
    for r in range(frames):
        frame[r] = place[r]


@register_jitable(_nrt=False)
def _canonical(state: Any, p: Any, scratch: Any) -> Any:
    """As :func:`canonical`."""
    if p[SYMMETRY] == 0:
        return state
    n = p[SLOTS]
    place, frame, order, spaces = scratch[0:n], scratch[n : 2 * n], scratch[2 * n : 3 * n], scratch[3 * n : 4 * n]
    code, facts = scratch[4 * n : 5 * n], scratch[5 * n : 6 * n]
    base, colour = scratch[6 * n : 7 * n].view(np.uint64), scratch[7 * n : 8 * n].view(np.uint64)
    held, gathered = scratch[8 * n : 9 * n].view(np.uint64), scratch[9 * n : 10 * n].view(np.uint64)
    space = scratch[10 * n : 11 * n].view(np.uint64)
    code_bits, other_bits = np.uint64(p[CODE_BITS]), np.uint64(p[PHYS_BITS] + p[RIGHT_BITS])
    code_mask, other_mask = (_ONE << code_bits) - _ONE, (_ONE << other_bits) - _ONE
    phys_mask = (1 << p[PHYS_BITS]) - 1
    rest = state
    for x in range(n):
        code[x] = np.int64(rest & code_mask)
        rest = rest >> code_bits
        other = np.int64(rest & other_mask)
        rest = rest >> other_bits
        facts[x] = other  # P in the low bits, the rights above
        base[x] = np.uint64(facts[x] >> p[PHYS_BITS])
    for x in range(n):
        parent = code[x] - p[FRAMES] - 1
        within = parent >= 0 and p[SYMMETRY] == PAGES_GROUP and parent // p[PAGES] == x // p[PAGES]
        kind = 0 if code[x] == 0 else (1 if parent < 0 else (3 if within else 2))
        fixed = (4 if _is_home(x, code, p) else 0) + kind
        base[x] = _mix((base[x] * np.uint64(32) + np.uint64(fixed * 4 + _class(x, p)) + _ONE) * _C)
    _separate(code, facts, base, colour, held, gathered, space, p)
    _places(colour, held, space, order, spaces, place, frame, p)
    found, stride = np.uint64(0), code_bits + other_bits
    for x in range(n):
        new = code[x]
        if new > p[FRAMES]:
            new = place[new - p[FRAMES] - 1] + p[FRAMES] + 1
        elif new > 0:
            new = frame[new - 1] + 1
        phys = facts[x] & phys_mask
        if phys:
            phys = frame[phys - 1] + 1
        contents = new | (phys | facts[x] >> p[PHYS_BITS] << p[PHYS_BITS]) << p[CODE_BITS]
        found |= np.uint64(contents) << np.uint64(place[x]) * stride
    return found


def canonical(state: Any, p: Any, scratch: Any) -> Any:
    """The representative of the state's orbit; the place of each slot in it is left at the start of ``scratch``."""
    return _canonical(state, p, scratch)


def concrete_operations(flaw: Flaw, system: System, kernel: Any, scope: Scope) -> tuple[Operation, ...]:
    """The operations of a path through representatives, renamed so that they start from the initial state itself.

    Each step of the path leads from a representative to a state whose representative is the next. So the renaming from
    a representative to the concrete state is carried along: through the step, and back from the next representative.
    """
    if not system.parameters[SYMMETRY]:
        return tuple(operation_of(step) for step in flaw.steps)
    parameters, scratch = np.array(system.parameters, np.int64), np.zeros(system.scratch, np.int64)

    def carried(name: list[int], state: Any) -> list[int]:
        """The names of the slots of the state's representative, given the names of the state's slots."""
        kernel.representative(np.uint64(state), parameters, scratch)
        place = scratch[: scope.slots].tolist()
        return [name[place.index(x)] for x in range(scope.slots)]

    name = carried(list(range(scope.slots)), system.initial)
    operations = []
    for state, step in zip(flaw.states, flaw.steps, strict=False):
        operation = operation_of(step)
        dst = name[operation.dst] if operation.dst >= 0 else -1
        operations.append(Operation(operation.action, name[operation.src], dst, operation.rights))
        name = carried(name, kernel.after_step(np.uint64(state), step, system.fanout, parameters, scratch))
    return tuple(operations)
