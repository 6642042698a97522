"""The kernel with ranges in lockstep with the model on cores that may hold whatever a manual allows.

It is :mod:`refinement.kernel.any_cache` for mappings of many pages, where tables come and go while pages stay mapped:
a table takes the place of a large leaf, or a large leaf that of a table.
"""

from machine.caching import Allowed, AnyCore, MayHold
from machine.formats.base import Format
from model.ranges.scope import RangeScope
from refinement.kernel.any_cache import AnyLockstep, FencingKernel
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep, boot


class PagewiseSizedKernel(SizedKernel):
    """A kernel with ranges for x86, where smaller pages may be held of a large one, and outlive it one by one."""

    def invalidate(self, slot: int) -> None:
        """No core's buffer translates a page of the mapping any more; each page is invalidated by its own address."""
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            first = self.tables.address(slot)
            for core in self.cores:
                for page in range(1 << self.order_at(slot)):
                    core.tlb.invalidate_page(first + (page << 12), tag)


class FencingSizedKernel(FencingKernel, SizedKernel):
    """A kernel with ranges for RISC-V, which fences all of a space, and does so after an entry became valid as well.

    Such entries are not only those of new mappings: where a leaf is taken apart or put together, its place is absent
    for a moment, and a core may hold that.
    """

    def divide_leaf(self, slot: int, noted: int) -> None:
        """A table of smaller leaves stands where one leaf stood, and no core holds its place as absent."""
        super().divide_leaf(slot, noted)
        self.invalidate(slot)

    def settle(self, slot: int, detached: list[int]) -> None:
        """One leaf stands where the detached table stood, and no core holds its place as absent."""
        super().settle(slot, detached)
        self.invalidate(slot)


def boot_any(
    scope: RangeScope,
    *,
    format: Format,
    allowed: Allowed,
    tagged: bool = True,
    cores: int,
    kernel: type[SizedKernel] = FencingSizedKernel,
    tables: int = 0,
    tags: int = 64,
) -> SizedKernel:
    """As :func:`refinement.ranges.lockstep.boot`, with buffers that may hold what is allowed."""

    def buffer(format: Format) -> MayHold:
        return MayHold(format, allowed, tagged=tagged)

    return boot(scope, format=format, buffer=buffer, cores=cores, core=AnyCore, tables=tables, tags=tags, kernel=kernel)


class AnyRangeLockstep(RangeLockstep, AnyLockstep):
    """A kernel of :func:`boot_any` and the literal model of ranges: what may be reached, and what may be missed.

    An invalidation must take what meets its range, and may take more.
    """

    exact = False
