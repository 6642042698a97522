"""Broken kernels whose every result is right: what is wrong holds only in between, or is what it costs.

No comparison of results finds them; a proof of the code does.
"""

from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE
from refinement.faults.base import Fault, fault
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import NONE

UNSEEN: dict[str, Fault] = {}
"""All of them, by name."""


@fault(
    "own-entry-first",
    "tree",
    "our own",
    sentence="What is flushed or replaced loses its own entry before what was mapped from it.",
    register=UNSEEN,
)
class _OwnEntryFirst(Kernel):
    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        if self.tree.node_of[slot] != NONE:
            self.clear_entry(slot)
            self.invalidate(slot)
        status = super().flush(slot, rights)
        if self.tree.node_of[slot] != NONE:
            self.write_entry(slot)
        return status

    def replace(self, src: int, dst: int) -> bool:
        if self.tree.node_of[dst] != NONE:
            self.clear_entry(dst)
            self.invalidate(dst)
        return super().replace(src, dst)


@fault(
    "flush-asks-nil",
    "tree",
    "our own",
    sentence="A flush looks at the children of a page before it asks whether the page is nil.",
    register=UNSEEN,
)
class _FlushAsksNil(Kernel):
    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        if self.tree.first_child[self.tree.node_of[slot]] == NONE:
            return DONE
        return super().flush(slot, rights)


@fault(
    "looked-up-again",
    "tree",
    "our own",
    sentence="Operations look a page up again that they have looked up.",
    register=UNSEEN,
)
class _LookedUpAgain(Kernel):
    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        self.lookup(slot)
        return super().flush(slot, rights)

    def move_node(self, node: int, slot: int) -> None:
        self.lookup(self.tree.slot[node])
        super().move_node(node, slot)

    def write_entry(self, slot: int) -> None:
        self.lookup(slot)
        super().write_entry(slot)
