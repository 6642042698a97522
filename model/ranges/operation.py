"""Operations on ranges: what they are called with, how they are written, and all of them that a scope has."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from model.ranges import literal
from model.ranges.literal import Ranged, sources_and_targets
from model.ranges.readings import RangeReadings, Window
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS, rights_name
from model.spaces.dialect import Readings
from model.spaces.operation import Kind


class RangeOperation(NamedTuple):
    """A call with ranges; each is given by its first slot and its order.

    >>> scope = RangeScope(2, 4, 4, 0b111)
    >>> RangeOperation(Kind.MAP, 0, 2, 6, 1, 2).text(scope)
    'map σ0[0..3] → σ1[2..3] at 2'
    >>> RangeOperation(Kind.FLUSH, 4, 1, rights=2, own=True).text(scope)
    'flush σ1[0..1] -w- with its own pages'

    :param dst: the window of a map or grant; -1 for none.
    :param offset: where the smaller of range and window lies in the larger.
    :param own: a flush takes the range's own pages as well.
    """

    kind: Kind
    src: int
    order: int
    dst: int = -1
    dst_order: int = 0
    offset: int = 0
    rights: int = ALL_RIGHTS
    own: bool = False

    @staticmethod
    def of_row(row: Iterable[Any]) -> "RangeOperation":
        """The operation that a row of its eight numbers stands for."""
        kind, src, order, dst, dst_order, offset, rights, own = (int(number) for number in row)
        return RangeOperation(Kind(kind), src, order, dst, dst_order, offset, rights, bool(own))

    def apply(self, s: Ranged, d: Readings, w: RangeReadings, functions: Any = literal) -> int:
        """Execute on a literal state, in place: ``DONE``, ``REFUSED`` or ``CYCLE_MET``.

        :param functions: a module of functions that do the same as :mod:`model.ranges.literal`.
        """
        if self.kind == Kind.FLUSH:
            return int(functions.flush_range(s, self.src, self.order, self.rights, self.own, d, w))
        act = functions.map_range if self.kind == Kind.MAP else functions.grant_range
        return int(act(s, self.src, self.order, self.dst, self.dst_order, self.offset, self.rights, d, w))

    def is_in(self, scope: RangeScope) -> bool:
        """Return whether its ranges are some of the scope; what names others is refused, and changes nothing.

        >>> RangeOperation(Kind.FLUSH, 5, 1).is_in(RangeScope(2, 4, 4, 0b11))
        False
        """
        return scope.has(self.src, self.order) and (self.kind == Kind.FLUSH or scope.has(self.dst, self.dst_order))

    def meaning(self, w: RangeReadings) -> tuple[Any, ...]:
        """Return which page goes where: equal for two operations that only say the same in two ways."""
        if self.kind == Kind.FLUSH:
            return self.kind, self.src, self.order, self.rights, self.own
        sources, targets = sources_and_targets(self.src, self.order, self.dst, self.dst_order, self.offset, w)
        return self.kind, tuple(sources.tolist()), tuple(targets.tolist()), self.rights

    def text(self, scope: RangeScope) -> str:
        """The operation as people write it; all rights are not mentioned."""
        words = [self.kind.word, scope.range_name(self.src, self.order)]
        words += ["→", scope.range_name(self.dst, self.dst_order)] if self.dst >= 0 else []
        words += [f"at {self.offset}"] if self.offset else []
        words += [rights_name(self.rights)] if self.rights != ALL_RIGHTS else []
        words += ["with its own pages"] if self.own else []
        return " ".join(words)


def operations_of(
    scope: RangeScope, w: RangeReadings, rights: Sequence[int] = (ALL_RIGHTS,), *, spellings: bool = False
) -> list[RangeOperation]:
    """All map, grant and flush of ranges; one of each meaning, unless all ``spellings`` are wanted.

    >>> len(operations_of(RangeScope(2, 2, 2, 0b11), RangeReadings()))
    46
    """
    every = list(_every(scope, w, rights))
    if spellings:
        return every
    return list({operation.meaning(w): operation for operation in reversed(every)}.values())[::-1]


def _every(scope: RangeScope, w: RangeReadings, rights: Sequence[int]) -> Iterator[RangeOperation]:
    ranges = list(scope.ranges())
    for kind in (Kind.MAP, Kind.GRANT):
        for src, order in ranges:
            for dst, dst_order in ranges:
                step = 1 << min(order, dst_order) if w.window == Window.ALIGNED else 1
                for offset in range(0, 1 << max(order, dst_order), step):
                    for mask in rights:
                        yield RangeOperation(kind, src, order, dst, dst_order, offset, mask)
    for src, order in ranges:
        for mask in rights:
            yield RangeOperation(Kind.FLUSH, src, order, rights=mask)
