"""How a state of the literal model is packed: the numbers that compiled functions get, and the numbers of steps."""

from model.dialect import Readings
from model.trace import Operation
from proofs.explorer.properties import FLUSH, KINDS

# Places of the parameters of a mapping system.
SLOTS, PAGES, FRAMES, CODE_BITS, PHYS_BITS, RIGHT_BITS, UNIVERSE, SINGLE, SYMMETRY, BY_MASKS, FAULTS = range(11)
READINGS = 11
PROGRAM = READINGS + len(Readings._fields)

SCRATCH = 11  # arrays of one number a slot


def operation_of(label: int) -> Operation:
    """The operation that a step's number stands for."""
    kind, rights, src, dst = label >> 15, label >> 12 & 7, label >> 6 & 63, label & 63
    return Operation(KINDS[kind], src, -1 if kind == FLUSH else dst, rights)
