"""Ownership, literally: who owns, borrows and accesses each page, as tables; and the six operations on them.

A page has one element in ``owner`` and ``lent``, and a column in ``lender`` and ``access``, which have a row a space.
``lender[y, r]`` is who lent or shared page r to y, or ``NOBODY``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ownership.readings import (
    Access,
    Borrowers,
    Donation,
    Ends,
    Lending,
    LentOwner,
    Onward,
    OwnershipReadings,
    Reclaim,
    Relinquishing,
)
from model.scope import Scope

NOBODY = -1
DONE, REFUSED = 0, 1  # a refused operation changes nothing


class Owned(NamedTuple):
    """All pages at one time."""

    owner: NDArray[np.int64]
    lent: NDArray[np.bool_]
    lender: NDArray[np.int64]
    access: NDArray[np.bool_]


def initial(scope: Scope) -> Owned:
    """σ0 owns a page for each frame, and has access; nothing is lent or shared."""
    access = np.zeros((scope.spaces, scope.frames), np.bool_)
    access[0] = True
    return Owned(
        np.zeros(scope.frames, np.int64),
        np.zeros(scope.frames, np.bool_),
        np.full((scope.spaces, scope.frames), NOBODY, np.int64),
        access,
    )


def copy(s: Owned) -> Owned:
    """The same state once more."""
    return Owned(s.owner.copy(), s.lent.copy(), s.lender.copy(), s.access.copy())


def borrowers(s: Owned, page: int) -> list[int]:
    """To whom the page is lent or shared."""
    return [y for y in range(len(s.lender)) if s.lender[y, page] != NOBODY]


def donate(s: Owned, by: int, other: int, page: int, m: OwnershipReadings) -> int:
    """The page is another's for good."""
    if s.owner[page] != by or by == other:
        return REFUSED
    if m.donation == Donation.REFUSED and borrowers(s, page):
        return REFUSED
    s.owner[page] = other
    s.access[by, page] = False
    s.access[other, page] = True
    return DONE


def _offer(s: Owned, by: int, other: int, page: int, m: OwnershipReadings) -> int:
    """What lending and sharing have in common."""
    may = s.owner[page] == by
    if m.onward == Onward.ALLOWED and s.lender[by, page] != NOBODY and s.access[by, page]:
        may = True
    if not may or by == other or s.lender[other, page] != NOBODY:
        return REFUSED
    if m.borrowers == Borrowers.ONE and borrowers(s, page):
        return REFUSED
    s.lender[other, page] = by
    if m.access == Access.AT_ONCE:
        s.access[other, page] = True
    return DONE


def lend(s: Owned, by: int, other: int, page: int, m: OwnershipReadings) -> int:
    """The other may access the page, and the caller may not meanwhile."""
    if m.lending == Lending.ABSENT or (borrowers(s, page) and not s.lent[page]):
        return REFUSED
    if _offer(s, by, other, page, m) == REFUSED:
        return REFUSED
    s.lent[page] = True
    if m.lent_owner == LentOwner.LOSES_ACCESS:
        s.access[by, page] = False
    return DONE


def share(s: Owned, by: int, other: int, page: int, m: OwnershipReadings) -> int:
    """The other may access the page as well."""
    return REFUSED if s.lent[page] else _offer(s, by, other, page, m)


def retrieve(s: Owned, by: int, page: int, m: OwnershipReadings) -> int:
    """A borrower takes the access that was offered to it."""
    if m.access == Access.AT_ONCE or s.lender[by, page] == NOBODY or s.access[by, page]:
        return REFUSED
    s.access[by, page] = True
    return DONE


def relinquish(s: Owned, by: int, page: int, m: OwnershipReadings) -> int:
    """A borrower gives up its access; the loan stands until the owner takes the page back."""
    if m.relinquishing == Relinquishing.ABSENT or s.lender[by, page] == NOBODY or not s.access[by, page]:
        return REFUSED
    s.access[by, page] = False
    return DONE


def reclaim(s: Owned, by: int, other: int, page: int, m: OwnershipReadings) -> int:
    """The owner takes the page back: from the other, or from all who borrow it."""
    ended = [y for y in borrowers(s, page) if m.ends == Ends.EVERY_LOAN or y == other]
    if s.owner[page] != by or not ended:
        return REFUSED
    if m.reclaim == Reclaim.REFUSED and any(s.access[y, page] for y in ended):
        return REFUSED
    for y in ended:
        s.lender[y, page] = NOBODY
        if m.reclaim == Reclaim.FORCED:
            s.access[y, page] = False
    if not borrowers(s, page):
        s.lent[page] = False
        s.access[by, page] = True
    return DONE
