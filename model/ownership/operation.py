"""Operations of ownership as records of numbers: a caller, who else takes part, a page."""

from enum import IntEnum
from typing import NamedTuple

from model.ownership import literal
from model.ownership.literal import Owned
from model.ownership.readings import Ends, OwnershipReadings
from model.scope import Scope

NOBODY_ELSE = -1
"""In place of another party: nobody takes part but the caller, or all borrowers do."""


class Kind(IntEnum):
    """The operations of ownership."""

    DONATE = 0
    LEND = 1
    SHARE = 2
    RECLAIM = 3
    RETRIEVE = 4
    RELINQUISH = 5

    @property
    def word(self) -> str:
        """The name of the action."""
        return self.name.lower()


OF_TWO = (Kind.DONATE, Kind.LEND, Kind.SHARE, Kind.RECLAIM)
"""The operations that name another party beside the caller; a reclaim does where it ends one loan."""

_SAID = {
    Kind.DONATE: "σ{by} donates page {page} to σ{other}",
    Kind.LEND: "σ{by} lends page {page} to σ{other}",
    Kind.SHARE: "σ{by} shares page {page} with σ{other}",
    Kind.RECLAIM: "σ{by} reclaims page {page} from σ{other}",
    Kind.RETRIEVE: "σ{by} retrieves page {page}",
    Kind.RELINQUISH: "σ{by} relinquishes page {page}",
}
_DONE_TO_TWO = {Kind.DONATE: literal.donate, Kind.LEND: literal.lend, Kind.SHARE: literal.share}
_DONE_TO_ONE = {Kind.RETRIEVE: literal.retrieve, Kind.RELINQUISH: literal.relinquish}


class PageOperation(NamedTuple):
    """One call of an operation.

    >>> PageOperation(Kind.SHARE, 0, 1, 2).text()
    'σ0 shares page 2 with σ1'
    >>> PageOperation(Kind.RECLAIM, 0, NOBODY_ELSE, 2).text()
    'σ0 reclaims page 2'
    """

    kind: Kind
    by: int
    other: int
    page: int

    def text(self) -> str:
        """The operation as people write it."""
        said = _SAID[self.kind] if self.other != NOBODY_ELSE else _SAID[self.kind].removesuffix(" from σ{other}")
        return said.format(by=self.by, other=self.other, page=self.page)

    def apply(self, s: Owned, m: OwnershipReadings) -> int:
        """Do it on the literal model, in place: ``DONE`` or ``REFUSED``."""
        if self.kind in _DONE_TO_ONE:
            return _DONE_TO_ONE[self.kind](s, self.by, self.page, m)
        if self.kind == Kind.RECLAIM:
            return literal.reclaim(s, self.by, self.other, self.page, m)
        return _DONE_TO_TWO[self.kind](s, self.by, self.other, self.page, m)


def names_other(kind: Kind, m: OwnershipReadings) -> bool:
    """Return whether a call of the operation says who else takes part."""
    return kind in OF_TWO and (kind != Kind.RECLAIM or m.ends == Ends.ONE_LOAN)


def operations_of(scope: Scope, m: OwnershipReadings, kinds: tuple[Kind, ...] = tuple(Kind)) -> list[PageOperation]:
    """Every call of these operations: who may call, who may not, and with oneself as the other.

    >>> len(operations_of(Scope(2, 1, 1), OwnershipReadings()))
    18
    """
    everyone = range(scope.spaces)
    return [
        PageOperation(kind, by, other, page)
        for kind in kinds
        for page in range(scope.frames)
        for by in everyone
        for other in (everyone if names_other(kind, m) else (NOBODY_ELSE,))
    ]
