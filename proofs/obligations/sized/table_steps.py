"""What the kernel's steps require of page tables and buffers among each other: what is begun there is ended, in order.

A mapping that is made gets tables once, and then its entries are written once. Tables are released of a mapping whose
entries were cleared, and are free when buffers have been invalidated since. One leaf is lifted, its pages are
invalidated, and a table of leaves stands where it stood before the mapping is halved; a table of leaves is detached,
the pages of both mappings are invalidated, and one leaf stands where it stood when they have been joined.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from z3 import BoolVal

from model.spaces.theory import Formula, Slot, Term
from proofs.execution.contract import Named
from proofs.execution.values import Opaque, lift
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import b, node, other, slot_of
from proofs.obligations.sized.entries import INVALIDATES, Entries

BEGINS = {"release_tables": "free_tables", "lift_leaf": "divide_leaf", "detach_table": "settle"}
"""Steps by which something is begun, and those by which it is ended, which get what the first returned."""

ONLY_IN = {
    "lift_leaf": "divide", "divide_leaf": "divide", "halve": "divide",
    "detach_table": "unite", "settle": "unite", "join": "unite",
}  # fmt: skip
"""Steps by which mappings and leaves change their size, and the methods that make them: both at once."""

TAKE_APART = {
    "divide": ("split",), "split": ("isolate",), "isolate": ("flush_part", "take_block", "isolate_range"),
    "flush_part": ("flush_range",), "take_block": ("flush_range", "restrict_pieces"), "flush_range": ("clear_target",),
    "restrict_pieces": ("grant_range",), "isolate_range": ("grant_range",),
}  # fmt: skip
"""Methods by which a mapping may be halved, and those that call them: what is only looked at, or mapped from, stays in
one piece."""

BUFFERED = {"divide": (slot_of(node),), "unite": (slot_of(node), slot_of(other))}
"""At which slots the mappings begin that buffers may hold while leaves change their size."""


@dataclass(slots=True, eq=False)
class Begun(Opaque):
    """What was begun: by which step, at which slot, on the how-manieth tree, and which slots were invalidated since."""

    step: str
    slot: Term
    tree: int
    invalidated: list[Term] = field(default_factory=list)


@dataclass(slots=True)
class TableSteps:
    """Whether the steps on page tables came in order, of a method, and what is begun and not ended."""

    method: str = ""
    in_order: bool = True
    begun: list[Begun] = field(default_factory=list)
    provided: Term | None = None
    resized: bool = False

    def note(
        self, step: str, given: Mapping[str, object], tree: int, bare: Collection[Term], entries: Entries
    ) -> Begun | None:
        """A step is made; what it returns.

        :param given: its arguments, by name.
        :param tree: how often the tree has become another one.
        :param bare: the slots of nodes whose entries are not written yet.
        :param entries: their last change before the step.
        """
        self.take(step)
        if step == "free_tables":
            self._end(step, given["detached"], None, tree)
            return None
        at = lift(given["slot"], Slot)
        is_bare = any(each.eq(at) for each in bare)
        is_provided = self.provided is not None and self.provided.eq(at)
        if step == "provide":
            self.in_order &= is_bare and not is_provided
            self.provided = at
        elif step == "write_entry":
            self.in_order &= is_bare and is_provided
        elif step == INVALIDATES:
            for each in self.begun:
                each.invalidated.append(at)
        elif step in BEGINS:
            self.in_order &= step != "release_tables" or entries.may_be_released(at)
            self.begun.append(Begun(step, at, tree))
            return self.begun[-1]
        elif step in BEGINS.values():
            self._end(step, given.get("noted", given.get("detached")), at, tree)
        return None

    def take(self, step: str) -> None:
        """A step is made on page tables or on the tree, by the method that may make it."""
        self.in_order &= ONLY_IN.get(step, self.method) == self.method

    def _end(self, step: str, begun: object, at: Term | None, tree: int) -> None:
        """What was begun is ended: at the same slot, and nothing of it is in a buffer."""
        if not isinstance(begun, Begun) or not any(each is begun for each in self.begun) or BEGINS[begun.step] != step:
            self.in_order = False
            return
        self.begun = [each for each in self.begun if each is not begun]
        gone = (begun.slot,) if step == "free_tables" else BUFFERED.get(self.method, ())
        self.in_order &= all(any(each.eq(slot) for each in begun.invalidated) for slot in gone)
        self.in_order &= at is None or at.eq(begun.slot)
        if step == "divide_leaf":
            self.in_order &= tree == begun.tree
        if step == "settle":
            self.in_order &= tree != begun.tree
        self.resized |= step != "free_tables"

    @property
    def done(self) -> bool:
        """Whether all came in order, and what was begun is ended."""
        return self.in_order and not self.begun


RESIZED: dict[str, Callable[[], Term]] = {
    "divide": lambda: b.order(node),
    "unite": lambda: ABSTRACT.more(b.order(node)),
}
"""By method the order of the mapping that one leaf may show: it is taken apart then, or put together."""


def resizes(name: str, steps: TableSteps) -> Named:
    """Return what a method that halves or joins has to do with leaves."""
    if name not in RESIZED:
        return {}
    order = RESIZED[name]()
    one_leaf: Formula = ABSTRACT.of_leaf(order) == order
    return {"leaves change their size where one shows the whole": BoolVal(steps.resized) == one_leaf}
