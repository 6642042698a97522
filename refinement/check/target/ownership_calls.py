"""A target's functions for ownership, which a library offers beside its mapping database, or alone.

The signatures are those of ``musigma_ownership.h``. They are called by :mod:`ctypes`: the scopes in which something can
be wrong are so small that nothing has to be compiled.
"""

import ctypes
from enum import IntEnum
from typing import Any

from model.ownership.operation import Kind
from model.ownership.readings import Access, Lending, OwnershipReadings, Relinquishing
from refinement.check.target.target import TargetError

VERSION = 1

EVERYBODY = 0xFFFF_FFFF
"""The other, of a reclaim that ends all loans."""

NOT_TOLD = 2
"""The status of an operation that does not tell whether it was done."""

OWNS, BORROWS, ACCESSES = 1, 2, 4
"""What a party has of a page."""


class OwnershipCall(IntEnum):
    """The functions of ownership, by their place in a table of addresses; those of operations are their kinds."""

    DONATE = Kind.DONATE
    LEND = Kind.LEND
    SHARE = Kind.SHARE
    RECLAIM = Kind.RECLAIM
    RETRIEVE = Kind.RETRIEVE
    RELINQUISH = Kind.RELINQUISH
    INIT_OWNERSHIP = 6
    HAS = 7
    MAPPED = 8
    CHECK_OWNERSHIP = 9


FIRST_OWNERSHIP = 64
"""What is added to a call of ownership, where all calls have numbers."""

OPTIONAL_OWNERSHIP = (OwnershipCall.MAPPED, OwnershipCall.CHECK_OWNERSHIP)
BY_DIALECT = (OwnershipCall.LEND, OwnershipCall.RETRIEVE, OwnershipCall.RELINQUISH)

_u32 = ctypes.c_uint32
_TWO = ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32)
_THREE = ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32)
SIGNATURES: dict[OwnershipCall, Any] = {
    **dict.fromkeys(OwnershipCall, _TWO),
    **dict.fromkeys((OwnershipCall.DONATE, OwnershipCall.LEND, OwnershipCall.SHARE, OwnershipCall.RECLAIM), _THREE),
    OwnershipCall.CHECK_OWNERSHIP: ctypes.CFUNCTYPE(ctypes.c_int),
}


def never_offered(m: OwnershipReadings) -> set[Kind]:
    """Return the operations that a dialect always refuses, so that a target need not have them."""
    found = set()
    if m.lending == Lending.ABSENT:
        found.add(Kind.LEND)
    if m.access == Access.AT_ONCE:
        found.add(Kind.RETRIEVE)
    if m.relinquishing == Relinquishing.ABSENT:
        found.add(Kind.RELINQUISH)
    return found


def has_ownership(library: Any) -> bool:
    """Return whether a library means to have these functions."""
    return hasattr(library, "musigma_ownership_version")


def ownership_of(library: Any, path: str) -> list[int]:
    """The addresses of a library's functions for ownership; 0 stands for one that is not there.

    :raises TargetError: it is of another version, or lacks one that every dialect needs.
    """
    version = library.musigma_ownership_version()
    if version != VERSION:
        raise TargetError(f"{path}: musigma_ownership_version() returns {version}; version {VERSION} is known")
    found = []
    for call in OwnershipCall:
        function = getattr(library, f"musigma_{call.name.lower()}", None)
        if function is None and call not in (*OPTIONAL_OWNERSHIP, *BY_DIALECT):
            raise TargetError(f"{path}: it does not export musigma_{call.name.lower()}; see musigma_ownership.h")
        found.append(0 if function is None else ctypes.cast(function, ctypes.c_void_p).value or 0)
    return found
