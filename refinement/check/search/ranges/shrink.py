"""A difference in ranges made small: fewer operations, plainer ones, a smaller scope, as long as its cause stays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from refinement.check.finding.finding import Failure, failure_of
from refinement.check.finding.range_finding import operations_in
from refinement.check.process import isolation
from refinement.check.process.order import Limits, Order
from refinement.check.ranges.sampling import RangeTrials, Tried
from refinement.check.target.target import Target


@dataclass(frozen=True, slots=True)
class Small:
    """The smallest program found, the cells of its failure, none of a target that dies, and what the target said."""

    scope: RangeScope
    operations: tuple[RangeOperation, ...]
    cells: tuple[int, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Shrinking:
    """How programs are tried for the failure that is wanted.

    :param cause: of a difference; empty where the target dies, and then ``died`` is how.
    """

    target: Target
    readings: tuple[Readings, RangeReadings]
    limits: Limits
    cause: str
    died: Failure | None
    over: Callable[[], bool]

    def shrink(self, found: Small) -> Small:
        """Make it smaller until nothing helps, or the time is over."""
        best, before = found, None
        while best != before and not self.over():
            before = best
            for candidates in (_shorter, _plainer, _smaller):
                while not self.over() and (less := self._first(list(candidates(best)))) is not None:
                    best = less
        return best

    def _first(self, programs: list[Tried]) -> Small | None:
        """The first of the programs that fails as is wanted, cut after the step that does."""
        while programs:
            part, programs = (programs[:1], programs[1:]) if self.died else (programs, [])
            work = RangeTrials(*self.readings, tuple(part), self.cause)
            ending = isolation.perform(Order(self.target, work, self.limits))
            if ending.how == "answered":
                index, steps = int(ending.value["index"]), int(ending.value["steps"])
                if index < len(part):
                    scope, operations = part[index]
                    cells = tuple(int(cell) for cell in ending.value["cells"])
                    return Small(scope, operations[:steps], cells, str(ending.value["message"]))
            elif self.died is not None:
                failure = failure_of(ending, self.limits)
                if failure is not None and failure.verdict == self.died.verdict:
                    return Small(part[0][0], operations_in(ending.journal), ())
            if self.over():
                return None
        return None


def _shorter(of: Small) -> Iterator[Tried]:
    """Without some of the operations, many at first."""
    size = len(of.operations) // 2
    while size:
        for start in range(0, len(of.operations), size):
            left = of.operations[:start] + of.operations[start + size :]
            if left:
                yield of.scope, left
        size //= 2


def _plainer(of: Small) -> Iterator[Tried]:
    """With one operation that says less: all rights, no offset, smaller ranges, without its own pages."""
    for n, operation in enumerate(of.operations):
        for other in _plain(operation, of.scope):
            yield of.scope, (*of.operations[:n], other, *of.operations[n + 1 :])


def _plain(o: RangeOperation, scope: RangeScope) -> Iterator[RangeOperation]:
    if o.rights != ALL_RIGHTS:
        yield o._replace(rights=ALL_RIGHTS)
    if o.own:
        yield o._replace(own=False)
    if o.offset:
        yield o._replace(offset=0)
        large = 1 << max(o.order, o.dst_order)
        if o.offset >= large:
            yield o._replace(offset=o.offset % large)
    for order in scope.sizes:
        if order < o.order:
            yield o._replace(order=order)
        if o.dst >= 0 and order < o.dst_order:
            yield o._replace(dst_order=order)
        if o.dst >= 0 and order < min(o.order, o.dst_order):
            yield o._replace(order=order, dst_order=order, offset=0)


def _smaller(of: Small) -> Iterator[Tried]:
    """The same in a scope with fewer spaces, pages, frames or sizes, if it fits there."""
    s = of.scope
    for spaces, pages, frames in (
        (s.spaces - 1, s.pages, s.frames),
        (s.spaces, s.pages // 2, min(s.frames, s.pages // 2)),
        (s.spaces, s.pages, s.frames // 2),
    ):
        orders = s.orders & (2 * pages - 1 if pages & pages - 1 == 0 else s.orders)
        fits = spaces > 0 and pages > 0 and frames > 0 and 1 << orders.bit_length() - 1 <= pages
        moved = _moved(of, RangeScope(spaces, pages, frames, orders)) if fits else None
        if moved:
            yield moved
    for order in s.sizes[1:]:
        orders = s.orders & ~(1 << order)
        if all(order not in (o.order, o.dst_order) for o in of.operations):
            yield RangeScope(s.spaces, s.pages, s.frames, orders), of.operations


def _moved(of: Small, to: RangeScope) -> Tried | None:
    """The operations in another scope; the last spaces that they name come down where there is room."""
    moved = []
    for o in of.operations:
        places = []
        for slot, order in ((o.src, o.order), (o.dst, o.dst_order)):
            space, page = divmod(slot, of.scope.pages) if slot >= 0 else (0, 0)
            if space >= to.spaces or page + (1 << order) > to.pages or order not in to.sizes:
                return None
            places.append(to.slot(space, page) if slot >= 0 else -1)
        moved.append(o._replace(src=places[0], dst=places[1]))
    return to, tuple(moved)
