"""Operations on address spaces, as traces hold them."""

from dataclasses import dataclass

from model.scope import ALL_RIGHTS, Scope, rights_name
from model.spaces import literal as spaces
from model.spaces.dialect import Readings


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One operation on slots of a scope; ``dst`` is -1 for a flush, ``rights`` are r = 4, w = 2, x = 1.

    >>> Operation("map", 0, 2, 7).text(Scope(2, 2, 1))
    'map σ0[0] → σ1[0]'
    """

    kind: str
    src: int
    dst: int = -1
    rights: int = ALL_RIGHTS

    def apply(self, state: spaces.Spaces, readings: Readings) -> int:
        """Execute on the literal model, in place: ``DONE``, ``REFUSED`` or ``CYCLE_MET``."""
        if self.kind == "map":
            return spaces.map_(state, self.src, self.dst, self.rights, readings)
        if self.kind == "grant":
            return spaces.grant(state, self.src, self.dst, self.rights, readings)
        return spaces.flush(state, self.src, self.rights, readings)

    def text(self, scope: Scope) -> str:
        """The operation as people write it; all rights are not mentioned."""
        to = f" → {scope.name(self.dst)}" if self.dst >= 0 else ""
        rights = "" if self.rights == ALL_RIGHTS else f" {rights_name(self.rights)}"
        return f"{self.kind} {scope.name(self.src)}{to}{rights}"
