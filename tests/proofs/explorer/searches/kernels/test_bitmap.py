"""One layer on the bitmap against the literal model, for every reading that it knows; and every state that is none."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from numba import config

from model.scope import Scope
from model.spaces.dialect import (
    CANONICAL,
    Ancestor,
    Dialect,
    FrameHolder,
    GrantedChildren,
    Occupied,
    OwnPage,
    OwnSlot,
    Reading,
)
from model.spaces.literal import DONE, NIL, Spaces
from model.spaces.operation import Operation
from proofs.explorer.searches.bitmap import bitmap_bytes, constants, weights_of
from proofs.explorer.searches.specialise import specialised
from proofs.explorer.states.properties import IDS, PROPERTIES, STATE_IDS

ROWS: Any = Spaces  # with plain numbers in lists where the code has arrays

NOT_FOUND = np.iinfo(np.int64).max
EMPTIED: dict[str, Any] = {"ancestor": Ancestor.EMPTIED, "reading": Reading.AFTER}
REPLACED: dict[str, Any] = {"frame_holder": FrameHolder.REPLACED}
VARIANTS: list[dict[str, Any]] = [
    {**EMPTIED, **REPLACED},
    {},
    REPLACED,
    EMPTIED,
    {"own_slot": OwnSlot.REFUSED, **EMPTIED},
    {"own_page": OwnPage.INCLUDED, **REPLACED},
    *(
        {"occupied": each, **more}
        for each in Occupied
        if each != Occupied.MAP_REFUSED  # not of its dialects
        for more in (REPLACED, {**EMPTIED, **REPLACED})
    ),
    *({"granted_children": each, **more} for each in GrantedChildren for more in ({}, {**EMPTIED, **REPLACED})),
]
UNCOMPILED = bool(config.DISABLE_JIT)  # type: ignore[attr-defined]  # compiled code writes anywhere for a state that is none
if not UNCOMPILED:  # a kernel is compiled for each
    VARIANTS = VARIANTS[:1]


class Bitmap:
    """A kernel, an empty bitmap, and the numbers of states."""

    def __init__(self, size: tuple[int, int, int], readings: Any) -> None:
        self.scope = Scope(*size)
        self.dialect = Dialect("any", "", CANONICAL.readings._replace(**readings))
        self.kernel = specialised(
            "proofs.explorer.searches.kernels.bitmap", constants(self.scope, self.dialect), ["model.spaces.literal"]
        )
        self.weights, self.moves = weights_of(self.scope)
        self.bits = np.zeros(bitmap_bytes(self.scope) // 8, np.uint64)

    def number(self, sigma: Any) -> int:
        """A digit for each slot: nil, a frame, or how many slots further on the link leads."""
        slots, frames = self.scope.slots, self.scope.frames
        digits = [0 if e == -1 else -1 - e if e < 0 else frames + (e - x) % slots for x, e in enumerate(sigma)]
        return sum(digit * (slots + frames) ** x for x, digit in enumerate(digits))

    def tag(self, number: int, value: Any) -> None:
        self.bits[number >> 5] |= np.uint64(value << (number & 31) * 2)

    def tagged(self) -> Any:
        found = {}
        for word, value in enumerate(self.bits.tolist()):
            for place in range(32):
                if value >> 2 * place & 3:
                    found[word * 32 + place] = value >> 2 * place & 3
        return found

    def expand(
        self, tag: Any = 2, next_tag: Any = 3, limit: int = 10**9, wanted: int = 63, control: Any = None
    ) -> tuple[Any, ...]:
        control = np.zeros(self.kernel.CONTROL_SIZE, np.int64) if control is None else control
        found = np.full(len(STATE_IDS), NOT_FOUND)
        self.kernel.expand_layer(
            self.bits, self.weights.ravel(), self.moves, tag, next_tag, limit, wanted, control, found
        )
        return control, [int(value) for value in found]


def operations(scope: Any, dialect: Any) -> Iterator[Any]:
    for src in range(scope.slots):
        yield Operation("flush", src, -1, 7)
        for dst in range(scope.slots):
            yield Operation("map", src, dst, 7)
            yield Operation("grant", src, dst, 7)


def shown(sigma: Any, x: int) -> Any:
    for _ in sigma:
        x = sigma[x] if x >= 0 and sigma[x] >= 0 else x
    return -2 - sigma[x] if sigma[x] < NIL else NIL


def after(sigma: Any, scope: Any, dialect: Any) -> Iterator[Any]:
    """What each operation that is tried and not refused leads to."""
    for operation in operations(scope, dialect):
        if sigma[operation.src] == NIL:
            if operation.action == "flush" and operation.src not in sigma:
                continue
            if operation.action != "flush" and operation.src == operation.dst and dialect.readings.own_slot == 2:
                continue
        rights = [0 if e == NIL else 7 for e in sigma]
        state = ROWS(list(sigma), [shown(sigma, x) for x in range(len(sigma))], rights)
        if operation.apply(state, dialect.readings) == DONE:
            yield tuple(int(e) for e in state.sigma)


def closure(scope: Any, dialect: Any) -> Any:
    states = [tuple(-2 - x if x < scope.frames else NIL for x in range(scope.slots))]
    for sigma in states:
        states += {each: None for each in after(sigma, scope, dialect) if each not in states}
    return states


@pytest.mark.long
@pytest.mark.parametrize("size", [(2, 1, 1), (3, 1, 1), (1, 3, 2)], ids=str)
@pytest.mark.parametrize("readings", VARIANTS, ids=lambda each: " ".join(value.name for value in each.values()))
def test_every_state_alone(size: tuple[int, int, int], readings: Any) -> None:
    case = Bitmap(size, readings)
    for number, sigma in enumerate(closure(case.scope, case.dialect)):
        case.bits[:] = 0
        own, reached = case.number(sigma), [case.number(each) for each in after(sigma, case.scope, case.dialect)]
        tag = 2 + number % 2
        case.tag(own, tag)
        control, _ = case.expand(tag, 5 - tag)
        assert case.tagged() == {own: 1} | {each: 5 - tag for each in reached if each != own}
        assert control[case.kernel.EXPANDED] == 1
        assert control[case.kernel.TRANSITIONS] == len(reached)
        assert control[case.kernel.NEXT] == 2


@pytest.mark.skipif(not UNCOMPILED, reason="a kernel is compiled for each")
@pytest.mark.parametrize("occupied", [Occupied.REPLACED, Occupied.EXTENDED_CHILD, Occupied.EXTENDED_FRAME])
def test_a_child_of_the_source_with_two_children(occupied: Occupied) -> None:
    """What is left of it if it is mapped once more: no flush of one page makes that state."""
    case = Bitmap((1, 4, 1), {"occupied": occupied, "own_page": OwnPage.INCLUDED, **REPLACED})
    for sigma in ((-2, 0, 1, 1), (1, -2, 0, 0)):
        case.bits[:] = 0
        own, reached = case.number(sigma), {case.number(each) for each in after(sigma, case.scope, case.dialect)}
        case.tag(own, 2)
        case.expand()
        assert case.tagged() == {each: 3 for each in reached if each != own} | {own: 1}


def holds(p: Any, sigma: Any, frames: int) -> Any:
    rights = [0 if e == NIL else 7 for e in sigma]
    return p.holds(ROWS(list(sigma), [shown(sigma, x) for x in range(len(sigma))], rights), frames)


@pytest.mark.long
@pytest.mark.parametrize("size", [(2, 1, 1), (3, 1, 1), (1, 3, 2), (1, 3, 3)], ids=str)
def test_every_state_that_could_be(size: tuple[int, int, int]) -> None:
    case = Bitmap(size, VARIANTS[0])
    slots, frames = case.scope.slots, case.scope.frames
    for sigma in product(range(-1 - frames, slots), repeat=slots):
        if any(e == x for x, e in enumerate(sigma)) or not (UNCOMPILED or is_forest(sigma)):
            continue  # a link to itself has no digit
        case.bits[:] = 0
        number = case.number(sigma)
        case.tag(number, 2)
        _, found = case.expand()
        violated = [number if not holds(p, sigma, frames) else NOT_FOUND for p in PROPERTIES if not p.of_step]
        circle, _, twice, lost, _, _ = violated
        ends = any(e != NIL and shown(sigma, x) == NIL and not in_circle(sigma, x) for x, e in enumerate(sigma))
        assert found[:1] + found[2:4] == [circle, twice, lost]
        assert found[1] == (number if ends else NOT_FOUND)
        assert found[4] == found[1]
        case.bits[:] = 0
        case.tag(number, 2)
        assert case.expand(wanted=0)[1] == [NOT_FOUND] * 6
        case.bits[:] = 0
        case.tag(number, 2)
        assert case.expand(wanted=8)[1] == [NOT_FOUND] * 3 + [lost] + [NOT_FOUND] * 2


def in_circle(sigma: Sequence[int], x: int) -> bool:
    for _ in sigma:
        x = sigma[x] if sigma[x] >= 0 else x
    return sigma[x] >= 0


def is_forest(sigma: Any) -> bool:
    held = [e for e in sigma if e < NIL]
    return len(held) == len(set(held)) and all(e == NIL or shown(sigma, x) != NIL for x, e in enumerate(sigma))


def test_the_least_of_several_states_is_found() -> None:
    case = Bitmap((2, 1, 1), VARIANTS[0])
    if not UNCOMPILED:
        for sigma in ((-1, -1), (-1, -2)):
            case.tag(case.number(sigma), 2)
        assert case.expand()[1] == [NOT_FOUND] * 3 + [0] + [NOT_FOUND] * 2
        return
    for sigma in ((-1, -1), (-1, -2), (1, 0), (-2, -2)):
        case.tag(case.number(sigma), 2)
    control, found = case.expand()
    assert control[case.kernel.EXPANDED] == 4
    assert found == [8, NOT_FOUND, 4, 0, NOT_FOUND, NOT_FOUND]
    assert [case.number(sigma) for sigma in ((1, 0), (-2, -2), (-1, -1))] == [8, 4, 0]


def test_layers_take_turns() -> None:
    case = Bitmap((3, 1, 1), VARIANTS[0])
    met, layer = [(-2, -1, -1)], [(-2, -1, -1)]
    case.tag(case.number(layer[0]), 2)
    tag = 2
    while layer:
        control, _ = case.expand(tag, 5 - tag)
        assert control[case.kernel.EXPANDED] == len(layer)
        new = dict.fromkeys(e for sigma in layer for e in after(sigma, case.scope, case.dialect) if e not in met)
        met, layer, tag = [*met, *new], list(new), 5 - tag
        assert {n for n, value in case.tagged().items() if value == tag} == {case.number(each) for each in layer}
        assert len(case.tagged()) == len(met)


def test_a_layer_that_has_to_stop() -> None:
    case = Bitmap((2, 1, 1), VARIANTS[0])
    case.tag(1, 2)
    control = np.zeros(case.kernel.CONTROL_SIZE, np.int64)
    control[case.kernel.STOP] = 1
    case.expand(control=control)
    assert control.tolist() == [int(at == case.kernel.STOP) for at in range(case.kernel.CONTROL_SIZE)]
    control[case.kernel.STOP], control[case.kernel.EXPANDED] = 0, 6
    case.expand(control=control, limit=5)
    assert control[case.kernel.NEXT] == 0
    case.expand(control=control, limit=6)
    assert control[case.kernel.NEXT] == 1
    assert control[case.kernel.EXPANDED] == 7


@pytest.mark.long
def test_a_chunk_has_its_own_words() -> None:
    case = Bitmap((1, 5, 2), VARIANTS[0])
    every = 7**5
    assert case.kernel.WORDS == (every + 31) // 32 == 526
    last = every - 1 if UNCOMPILED else 2401
    for number, chunk in ((0, 0), (last, 0), (last, 1)):
        case.bits[:] = 0
        case.tag(number, 2)
        control = np.zeros(case.kernel.CONTROL_SIZE, np.int64)
        control[case.kernel.NEXT] = chunk
        case.expand(control=control, wanted=0)
        assert case.tagged()[number] == (2 if chunk else 1)
        assert control[case.kernel.NEXT] == 2
    case = Bitmap((2, 3, 2), VARIANTS[0])
    assert case.kernel.WORDS == 8 * case.kernel.CHUNK == 8192
    several = ((32 * 1024 - 1, 0), (8**6 - 1, 7)) if UNCOMPILED else ()
    for number, chunk in ((0, 0), (32 * 1024, 1), *several):
        case.bits[:] = 0
        case.tag(number, 2)
        control = np.zeros(case.kernel.CONTROL_SIZE, np.int64)
        control[case.kernel.NEXT] = chunk
        case.expand(control=control, wanted=0, limit=0)
        assert case.tagged()[number] == 1
        assert control[case.kernel.NEXT] == chunk + 1
    case.bits[:] = 0
    first = 0, 32 * 8, 32 * 1024, 2 * 32 * 1024
    for number in first:
        case.tag(number, 2)
    control = np.zeros(case.kernel.CONTROL_SIZE, np.int64)
    control[case.kernel.NEXT] = 1
    case.expand(control=control, wanted=0, limit=0)
    assert [case.tagged()[number] for number in first] == [2, 2, 1, 2]
    control[case.kernel.NEXT] = 8
    case.expand(control=control, wanted=0)
    assert control[case.kernel.NEXT] == 9  # of no more than one chunk is found that there is none


def test_noting() -> None:
    found = np.array([5, NOT_FOUND, 7])
    case = Bitmap((2, 1, 1), VARIANTS[0])
    case.kernel.note(found, 0b011, 6)
    assert found.tolist() == [5, 6, 7]
    case.kernel.note(found, 0b1101, 5)
    assert found.tolist() == [5, 6, 5]


def test_marking() -> None:
    case = Bitmap((2, 1, 1), VARIANTS[0])
    for number in (0, 1, 8):
        case.kernel.mark(case.bits, number, np.uint64(3))
    assert case.tagged() == {0: 3, 1: 3, 8: 3}
    case.kernel.mark(case.bits, 1, np.uint64(2))
    assert case.tagged() == {0: 3, 1: 3, 8: 3}
    assert IDS[:4] == ("no-cycle", "no-dangling-link", "frame-held-once", "no-frame-lost")
