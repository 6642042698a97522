"""The abstraction of literal states: ties :mod:`model.spaces.literal` to :mod:`model.spaces.theory`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.running.evaluate import Structure
from model.scope import RIGHTS, Scope
from model.spaces.literal import Spaces, frame
from model.spaces.operation import Operation

AFTER = "'"
"""What the symbols of the state after a step are marked with, where the state before is there as well."""

_BITS = np.array(list(RIGHTS.values()))


def stack(states: Sequence[Spaces]) -> Spaces:
    """The states as one record of arrays of shape (number of states, slots)."""
    return Spaces(*(np.array(column, np.int64) for column in zip(*states, strict=True)))


def structure_of(states: Sequence[Spaces] | Spaces, scope: Scope) -> Structure:
    """The theory's relations in each of the states, all of one scope.

    :param states: literal states, or the record that :func:`stack` makes of them.

    A frame that no slot holds has slot 0 for its ``holder``: the invariants then fail, as they should.
    """
    sigma, phys, rights = states if isinstance(states, Spaces) else stack(states)
    batch, slots = sigma.shape
    held = sigma[:, :, None] == frame(0) - np.arange(scope.frames)
    return Structure(
        batch=batch,
        sizes={"Slot": slots, "Frame": scope.frames, "Space": scope.spaces, "Right": len(_BITS)},
        symbols={
            "derives": closure(sigma),
            "live": sigma != -1,
            "holds": held,
            "phys": phys[:, :, None] == np.arange(scope.frames),
            "right": (rights[:, :, None] & _BITS) != 0,
            "holder": held.argmax(axis=1),
            "owner": np.broadcast_to(np.arange(slots) // scope.pages, (batch, slots)),
            "sigma0": np.zeros(batch, np.int64),
        },
    )


def closure(sigma: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the transitive closure of the links, who derives from whom; shape (batch, slots, slots).

    >>> closure(np.array([[-2, 0, 1]]))[0].astype(int).tolist()
    [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    """
    batch, slots = sigma.shape
    derives = np.zeros((batch, slots, slots), bool)
    row, slot = np.nonzero(sigma >= 0)
    of = sigma[row, slot]
    for _ in range(slots):
        derives[row, slot, of] = True
        of = sigma[row, of]
        linked = of >= 0
        row, slot, of = row[linked], slot[linked], of[linked]
    return derives


def called_with(structure: Structure, operations: Sequence[Operation] | NDArray[np.int64]) -> Structure:
    """The structure with source, destination and set of rights of each state's operation.

    :param operations: or an array of these three numbers, a row an operation; the destination of a flush is -1.
    """
    if not isinstance(operations, np.ndarray):
        rows = [(each.src, each.dst, each.rights) for each in operations]
        operations = np.array(rows, np.int64).reshape(len(rows), 3)
    src, dst, rights = operations.T
    return structure.with_symbols(src=src, dst=np.maximum(dst, 0), mask=(rights[:, None] & _BITS) != 0)


def steps_structure(
    earlier: Sequence[Spaces] | Spaces,
    operations: Sequence[Operation] | NDArray[np.int64],
    later: Sequence[Spaces] | Spaces,
    scope: Scope,
) -> Structure:
    """A batch of executed steps, with the state before and the state after each.

    :param operations: as for :func:`called_with`.
    """
    structure = called_with(structure_of(earlier, scope), operations)
    marked = {name + AFTER: table for name, table in structure_of(later, scope).symbols.items()}
    return structure.with_symbols(**marked)
