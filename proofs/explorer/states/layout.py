"""How a state of the literal model is packed: the numbers that compiled functions get, and the numbers of steps.

:mod:`proofs.explorer.states.mapping` packs and unpacks one state at a time, compiled; here the same is done for many
at once.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import Spaces
from model.spaces.operation import Kind, Operation

# Places of the parameters of a mapping system.
SLOTS, PAGES, FRAMES, CODE_BITS, PHYS_BITS, RIGHT_BITS, UNIVERSE, MASKS, IDLE, SYMMETRY, FAULTS, GOAL_AT = range(12)
READINGS = 12
OWN_SLOT = READINGS + Readings._fields.index("own_slot")
PROGRAM = READINGS + len(Readings._fields)

SCRATCH = 11  # arrays of one number a slot


@register_jitable(_nrt=False)
def label_of(kind: int, src: int, dst: int, rights: int) -> int:
    """The number of a step, which :func:`split` takes apart again."""
    return ((kind * 8 + rights) * 64 + src) * 64 + dst


def split(label: Any) -> tuple[Any, Any, Any, Any]:
    """Kind, source, destination and rights in a step's number, or in an array of them."""
    return label >> 15, label >> 6 & 63, label & 63, label >> 12 & 7


def operation_of(label: int) -> Operation:
    """The operation that a step's number stands for."""
    kind, src, dst, rights = split(label)
    return Operation(Kind(kind), src, dst if Kind(kind).names_destination else -1, rights)


def decoded(states: NDArray[np.uint64], p: Any) -> Spaces:
    """The literal states that packed ones stand for, a row each."""
    fields = []
    shift = 0
    for _ in range(p[SLOTS]):
        for bits in (p[CODE_BITS], p[PHYS_BITS], p[RIGHT_BITS]):
            fields.append((states >> np.uint64(shift) & np.uint64((1 << int(bits)) - 1)).astype(np.int64))
            shift += int(bits)
    codes, phys, rights = (np.stack(fields[part::3], axis=1) for part in range(3))
    sigma = np.where(codes > p[FRAMES], codes - p[FRAMES] - 1, -1 - codes)
    if p[PHYS_BITS]:
        phys = phys - 1
    else:
        root = sigma
        for _ in range(p[SLOTS]):
            root = np.where(root >= 0, np.take_along_axis(sigma, np.maximum(root, 0), axis=1), root)
        phys = -2 - root  # the frame; NIL stays what it is
    if p[RIGHT_BITS] == 0:
        rights = np.where(codes == 0, 0, ALL_RIGHTS)
    elif p[RIGHT_BITS] == 1:
        rights = rights * ALL_RIGHTS
    elif p[RIGHT_BITS] == 2:
        rights = rights << 1
    return Spaces(sigma, phys, rights)


def encoded(state: Spaces, p: Any) -> np.uint64 | None:
    """The packed state that stands for a literal one; None if the packing has none."""
    packed, shift = 0, 0
    narrow = 1 if p[RIGHT_BITS] == 2 else 0
    for sigma, phys, rights in zip(*state, strict=True):
        code = -1 - int(sigma) if sigma < 0 else int(sigma) + int(p[FRAMES]) + 1
        values = code, int(phys) + 1, int(rights) >> narrow
        for value, bits in zip(values, (p[CODE_BITS], p[PHYS_BITS], p[RIGHT_BITS]), strict=True):
            packed |= (value & (1 << int(bits)) - 1) << shift
            shift += int(bits)
    found = np.uint64(packed)
    kept = decoded(np.array([found]), p)
    same = all(np.array_equal(ours[0], theirs) for ours, theirs in zip(kept, state, strict=True))
    return found if same else None
