"""The kernel with ranges on its machine and the literal model of ranges, step by step; every difference is named.

It is the lockstep of single pages (:mod:`refinement.kernel.lockstep`): after each step of the kernel the cores try
every base page. Besides, each invalidation is held against what every core's buffer had: an entry goes if and only
if it meets the range, whatever its size; and where leaves of another size are about to stand, no core has any there
(break before make). And whether the pool has frames for an operation is told from the model
alone: it depends on which pages the spaces show, and not on how these are mapped.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, TypeVar

from machine.core import Core
from machine.formats.base import Format
from machine.memory import Memory
from machine.tlb import Entry, TranslationBuffer
from model.ranges import literal
from model.ranges.blocks import low
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.spaces.literal import NIL, Spaces
from model.spaces.operation import Kind
from refinement.kernel.broken import Broken
from refinement.kernel.lockstep import Difference, Lockstep
from refinement.kernel.mapping_tree import CheckedColumn, Column, on_checked_lists
from refinement.kernel.page_table import TablePool
from refinement.ranges.check import check_tables, check_tree
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.sized_tree import SizedTree, abstraction
from refinement.ranges.steps import RANGE_STEPS

CANONICAL = RangeReadings()
T = TypeVar("T")


def boot(
    scope: RangeScope,
    *,
    format: Format,
    buffer: Callable[[Format], TranslationBuffer],
    cores: int,
    core: Callable[[Memory, Format, Any], Core] = Core,
    tables: int = 0,
    tags: int = 64,
    kernel: type[SizedKernel] = SizedKernel,
) -> SizedKernel:
    """A machine with that many cores (``core`` makes each) and just enough memory, and a kernel with ranges on it.

    ``tables`` is the size of the pool, by default enough for every page of every space. Pages stand one after the other
    from the address on at which the largest mapping can begin, 0 where the format has few addresses. The tree is on
    checked columns, so that reading at ``NONE`` is an error and not the last element.

    >>> from machine import tlb
    >>> from refinement.ranges.small import small
    >>> kernel = boot(RangeScope(2, 4, 4, 0b111), format=small(1), buffer=tlb.riscv_asid, cores=1)
    >>> kernel.map_range(0, 2, 4, 2, 0), kernel.lookup(6), kernel.sized.order[kernel.tree.node_of[4]]
    (0, Mapping(frame=2, rights=7), 2)
    """
    size = 1 << scope.sizes[-1]
    tables = tables or scope.spaces * (1 + most_tables(scope, format))
    first_frame = -(-(tables + 1) // size) * size
    memory = Memory((first_frame + scope.frames) << 12)
    booted = kernel(
        scope,
        cores=[core(memory, format, buffer(format)) for _ in range(cores)],
        pool=TablePool(1, tables),
        first_frame=first_frame,
        addresses=[page << 12 for page in range(scope.pages)],
        tags=tags,
    )
    order, *begins = (checked(column) for column in (booted.sized.order, *booted.sized.begins))
    booted.sized = SizedTree(on_checked_lists(booted.tree), order, tuple(begins))
    booted.tree = booted.sized.links
    return booted


def checked(column: Column) -> CheckedColumn:
    """The same column, in which an index that is none is an error."""
    return CheckedColumn(column[index] for index in range(len(column)))


def most_tables(scope: RangeScope, format: Format) -> int:
    """Return how many tables below the root a space has whose pages are all mapped one by one."""
    return len({region for page in range(scope.pages) for region in regions(page << 12, format)})


def regions(address: int, format: Format) -> Iterator[tuple[int, int]]:
    """The tables below the root through which a single page is mapped at an address: their levels and places."""
    return ((level, address >> format.span_bits(level + 1)) for level in range(format.root_level))


class RangeLockstep(Lockstep):
    """A kernel with ranges in its first state, and the literal model in the same.

    :param pages: the pages of a space that cores try; all, if none are given.
    """

    steps = RANGE_STEPS
    kernel: SizedKernel
    exact: ClassVar[bool] = True
    """Is an invalidation to take nothing but what meets its range?"""

    def __init__(self, kernel: SizedKernel, pages: Sequence[int] = ()) -> None:
        """Core n stays in space n, the last one roams."""
        kernel.divide_leaf = self._broken_before(kernel.divide_leaf)  # type: ignore[assignment, method-assign]
        kernel.settle = self._broken_before(kernel.settle)  # type: ignore[assignment, method-assign]
        kernel.invalidate = self._held_against_buffers(kernel.invalidate)  # type: ignore[assignment, method-assign]
        super().__init__(kernel)
        self._unit = literal.first(kernel.scope, 1, CANONICAL).unit
        self._pages = pages or self._pages

    def do_range(self, operation: RangeOperation) -> list[Difference]:
        """The operation on both; what differs, in the order in which it was seen."""
        return self._watched(lambda: self.skip_range(operation))

    def skip_range(self, operation: RangeOperation) -> None:
        """The operation on both, on the way to a state of interest; only how it ended is compared."""

        def apply(after: Spaces) -> int:
            return operation.apply(literal.Ranged(*after, self._unit.copy()), self.kernel.readings, CANONICAL)

        self._both(apply, lambda: self.kernel.do(operation), lacking=not self._has_frames(self._targets(operation)))

    def _targets(self, o: RangeOperation) -> list[int]:
        """The slots to which pages go."""
        if o.kind == Kind.FLUSH:
            return []
        pairs = literal.sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, CANONICAL)
        model = self.model
        return [int(y) for x, y in zip(*pairs, strict=True) if model.sigma[x] != NIL and model.rights[x] & o.rights]

    def _has_tables(self, slot: int) -> bool:
        return self._has_frames([slot])

    def _has_frames(self, targets: Sequence[int]) -> bool:
        """Whether the pool has a frame for every table of pages that are shown, or that go there."""
        scope, tables = self.kernel.scope, self.kernel.tables
        shown = {int(slot) for slot in (self.model.phys != NIL).nonzero()[0]}
        needed = {
            (scope.space(slot), *region)
            for slot in shown.union(targets)
            for region in regions(tables.address(slot), tables.format)
        }
        return not targets or len(needed) + scope.spaces <= tables.pool.count

    def _abstraction(self) -> Spaces:
        return abstraction(self.kernel.sized)

    def _check_tree(self) -> list[Broken]:
        return check_tree(self.kernel.sized)

    def _check_tables(self) -> list[Broken]:
        return check_tables(self.kernel)

    def _held_against_buffers(self, invalidate: Callable[[int], None]) -> Callable[[int], None]:
        """The same, and what each core's buffer lost by it is what meets the range.

        A buffer without tags may hold what another space has at these addresses: that may go or stay.
        """

        def held(slot: int) -> None:
            kernel, name = self.kernel, self._named_range(slot)
            before = [core.tlb.entries() for core in kernel.cores]
            invalidate(slot)
            for number, (core, entries) in enumerate(zip(kernel.cores, before, strict=True)):
                left, own = (
                    core.tlb.entries(),
                    core.tlb.tagged or core.root == kernel.tables.root(kernel.scope.space(slot)),
                )
                for entry in entries:
                    if self._meets(entry, slot) and own and entry in left:
                        self._saw("buffer", f"core {number} still has {self._told(entry)} after invalidating {name}")
                    if self.exact and not self._meets(entry, slot) and entry not in left:
                        self._saw("buffer", f"core {number} lost {self._told(entry)} by invalidating {name}")

        return held

    def _broken_before(self, make: Callable[[int, T], None]) -> Callable[[int, T], None]:
        """The same, and no core has a translation of the mapping's pages when it begins."""

        def made(slot: int, argument: T) -> None:
            for number, core in enumerate(self.kernel.cores):
                own = core.tlb.tagged or core.root == self.kernel.tables.root(self.kernel.scope.space(slot))
                for entry in core.tlb.entries() if own else ():
                    if self._meets(entry, slot):
                        self._saw(
                            "buffer",
                            f"core {number} has {self._told(entry)} where leaves of another size come to stand",
                        )
            make(slot, argument)

        return made

    def _meets(self, entry: Entry, slot: int) -> bool:
        """Whether a buffer's entry translates a page of the mapping that begins at the slot, under the space's tag."""
        kernel = self.kernel
        first, span = kernel.tables.address(slot), 12 + kernel.order_at(slot)
        bits = kernel.format.span_bits(entry.level)
        alike = entry.tag == kernel.tags.current(kernel.scope.space(slot))
        return alike and (entry.page << bits ^ first) >> max(bits, span) == 0

    def _told(self, entry: Entry) -> str:
        """A buffer's entry in words: whose pages it translates, and to which frames."""
        kernel, order = self.kernel, entry.level * self.kernel.format.index_bits
        scope, page = kernel.scope, (entry.page << order) - (kernel.tables.address(0) >> 12)
        spaces = [space for space in range(scope.spaces) if kernel.tags.current(space) == entry.tag]
        whose = (
            scope.range_name(spaces[0] * scope.pages + page, order) if spaces else f"page {page} under tag {entry.tag}"
        )
        first = entry.frame - kernel.first_frame
        return f"{whose} as frame{f's {first}..{first + low(order)}' if order else f' {first}'}"

    def _named_range(self, slot: int) -> str:
        return self.kernel.scope.range_name(slot, self.kernel.order_at(slot))
