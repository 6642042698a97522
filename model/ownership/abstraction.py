"""The abstraction of literal states of pages; and an operation of a trace, done on such a state."""

from collections.abc import Sequence

import numpy as np

from model.ownership import literal
from model.ownership.literal import Owned
from model.ownership.readings import OwnershipReadings
from model.running.evaluate import Structure
from model.spaces.operation import Operation

OF_TWO = {"donate": literal.donate, "lend": literal.lend, "share": literal.share, "reclaim": literal.reclaim}
OF_ONE = {"retrieve": literal.retrieve, "relinquish": literal.relinquish}


def structure_of(states: Sequence[Owned]) -> Structure:
    """The theory's relations in each of the states, all of one scope."""
    owner, lent, lender, access = (np.array(column) for column in zip(*states, strict=True))
    spaces, pages = access.shape[1:]
    everyone = np.arange(spaces)
    return Structure(
        len(states),
        {"Space": spaces, "Frame": pages},
        {
            "owns": owner[:, None, :] == everyone[None, :, None],
            "loan": lender[:, None, :, :] == everyone[None, :, None, None],
            "lent": lent,
            "access": access,
        },
    )


def apply(s: Owned, operation: Operation, m: OwnershipReadings) -> int:
    """Do the operation on the literal model, in place: ``DONE`` or ``REFUSED``.

    :raises KeyError: there is no such operation.
    :raises ValueError: it does not say of a party, or of the page, which one.
    """
    by, page = _number(operation, "by"), _number(operation, "page")
    if operation.action in OF_ONE:
        return OF_ONE[operation.action](s, by, page, m)
    return OF_TWO[operation.action](s, by, _number(operation, "other"), page, m)


def _number(operation: Operation, name: str) -> int:
    """The number that a call names for a parameter."""
    value = operation.value(name)
    if not isinstance(value, int):
        raise ValueError(f"{operation.action} needs {name!r}, a number; the call says {value!r}")
    return value
