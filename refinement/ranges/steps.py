"""The steps of the kernel with ranges: each does one thing to a mapping, which is named by its first slot.

They are those of :class:`~refinement.kernel.kernel.Kernel` on mappings of many pages, and those that take a large leaf
apart or put one together. A monitor wraps them, a fault replaces one.
"""

from collections.abc import Sequence
from typing import Any

from machine.core import Core
from model.ranges.blocks import low
from model.ranges.scope import RangeScope
from model.spaces.dialect import CANONICAL
from refinement.kernel.kernel import STEPS, Kernel, Mapping
from refinement.kernel.mapping_tree import NONE, mappings
from refinement.ranges import sized_tree as trees
from refinement.ranges.sized_tables import SizedTables

RANGE_STEPS = (*STEPS, "create_block", "halve", "join", "lift_leaf", "divide_leaf", "detach_table", "settle")
"""The names of the steps of this kernel, each a method."""


class SizedSteps(Kernel):
    """The state of a kernel with ranges, and its steps.

    :raises ValueError: frames that do not begin where the largest mapping can, or spaces that end within one; and what
        Kernel and :class:`~refinement.ranges.sized_tables.SizedTables` refuse.
    """

    scope: RangeScope
    tables: SizedTables
    page_tables = SizedTables

    def __init__(self, scope: RangeScope, *, cores: Sequence[Core], first_frame: int, **machine: Any) -> None:
        """Every core enters σ0."""
        if first_frame & low(scope.sizes[-1]):
            raise ValueError(
                f"frame {first_frame} begins no range of order {scope.sizes[-1]}: give a multiple of its size"
            )
        super().__init__(scope, CANONICAL, cores=cores, first_frame=first_frame, **machine)

    def _show_sigma0(self) -> None:
        self.sized = trees.initial(self.scope)
        self.tree = self.sized.links
        for node in mappings(self.tree):
            slot = self.tree.slot[node]
            if not self.tables.reserve(slot, self.sized.order[node]):
                raise ValueError(f"the pool of {self.tables.pool.count} frames is too small for the tables of σ0")
            self.write_entry(slot)

    def order_at(self, slot: int) -> int:
        """The order of the mapping that begins at the slot."""
        return self.sized.order[self.tree.node_of[slot]]

    def lookup(self, slot: int) -> Mapping | None:
        """What the slot shows (A.P, A.tree); nothing if it is nil."""
        node = trees.find(self.sized, slot)
        return None if node == NONE else Mapping(trees.frame_at(self.sized, node, slot), self.tree.rights[node])

    # The steps.

    def create_block(self, parent: int, slot: int, order: int, first: int, rights: int) -> int:
        """A node for a new mapping; the entries are not written yet."""
        return trees.create_block(self.sized, parent, slot, order, first, rights)

    def move_node(self, node: int, slot: int) -> None:
        """The node stands for other slots; the entries of the old ones are gone."""
        trees.move_block(self.sized, node, slot)

    def remove_leaf(self, node: int) -> None:
        """The node is free; its entries are gone."""
        trees.drop_block(self.sized, node)

    def restrict_rights(self, node: int, kept: int) -> None:
        """The node keeps only those rights; its entries grant no more."""
        trees.narrow_block(self.sized, node, kept)

    def flush_step(self, top: int, cursor: int) -> int:
        """One step of a flush; if it removes a node, the entries are gone."""
        return trees.flush_step(self.sized, cursor)

    def restrict_step(self, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
        """One step of a partial flush; if it takes rights, the entries grant them no more."""
        return trees.restrict_step(self.sized, cursor, leaving, kept)

    def halve(self, node: int) -> None:
        """The node is two; no entry changes."""
        trees.halve(self.sized, node)

    def join(self, one: int, other: int) -> int:
        """The nodes are one; no entry changes."""
        return trees.join(self.sized, one, other)

    def reserve(self, slot: int) -> bool:
        """The tables of the mapping that begins at the slot exist and stay; there were frames enough."""
        return self.tables.reserve(slot, self.order_at(slot))

    def provide(self, slot: int) -> None:
        """The tables of the mapping that begins at the slot exist and stay; the pool was asked for them before.

        :raises RuntimeError: it has too few frames all the same.
        """
        if not self.reserve(slot):
            raise RuntimeError("the pool has too few frames for what it was asked to have frames for")

    def write_entry(self, slot: int) -> None:
        """The entries of the mapping that begins at the slot show what the database says."""
        node = self.tree.node_of[slot]
        self.tables.write(
            slot, self.first_frame + self.tree.frame[node], self.tree.rights[node], self.sized.order[node]
        )

    def narrow_entry(self, slot: int, rights: int) -> None:
        """The mapping's entries show the same frames with fewer rights."""
        node = self.tree.node_of[slot]
        self.tables.write(slot, self.first_frame + self.tree.frame[node], rights, self.sized.order[node])

    def clear_entry(self, slot: int) -> None:
        """The mapping's entries are absent."""
        self.tables.clear(slot, self.order_at(slot))

    def release_tables(self, slot: int) -> list[int]:
        """Tables in which nothing stands any more without the mapping are detached."""
        return self.tables.release(slot, self.order_at(slot))

    def lift_leaf(self, slot: int) -> int:
        """The mapping's one leaf is absent; what the processor noted in it."""
        return self.tables.lift(slot, self.order_at(slot))

    def divide_leaf(self, slot: int, noted: int) -> None:
        """A table of smaller leaves stands where the mapping's one leaf stood."""
        node = self.tree.node_of[slot]
        first, rights = self.first_frame + self.tree.frame[node], self.tree.rights[node]
        self.tables.divide(slot, self.sized.order[node], first, rights, noted)

    def detach_table(self, slot: int, order: int) -> list[int]:
        """The table of the leaves of a block that one leaf can show is detached."""
        return self.tables.detach(slot, order)

    def settle(self, slot: int, detached: list[int]) -> None:
        """The detached table is free again, and one leaf, with what was noted in its own, stands where it stood."""
        node = self.tree.node_of[slot]
        noted = self.tables.noted_in(detached[0])
        self.free_tables(detached)
        self.tables.promise()
        first, rights = self.first_frame + self.tree.frame[node], self.tree.rights[node]
        self.tables.write(slot, first, rights, self.sized.order[node], noted)

    def invalidate(self, slot: int) -> None:
        """No core's buffer translates a page of the mapping that begins at the slot any more (shootdown)."""
        tag, leaves = self.tags.current(self.scope.space(slot)), self.tables.leaves(self.order_at(slot))
        if tag is not None:
            for core in self.cores:
                for leaf in range(leaves):
                    core.tlb.invalidate_page(self.leaf_address(slot, leaf), tag)

    def leaf_address(self, slot: int, leaf: int) -> int:
        """The virtual address of a leaf of the mapping that begins at the slot, by its number."""
        return self.tables.address(slot) + (leaf << 12 + self.tables.leaf_order(self.order_at(slot)))
