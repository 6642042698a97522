"""What steps on the tree require of page tables and buffers: entries go first, then translations, then the node.

Page tables are no part of the tree, and nothing is proved here of what stands in them. But the kernel's code is
executed with its steps on them, so that their order is known: the last change of entries before a step on the tree, and
whether the same slot was invalidated since. Where the tree has become another one, nothing of that is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Or

from model.spaces.theory import Formula, Slot, Term, a
from proofs.execution.values import lift, rights_of
from proofs.obligations.sized.state import SizedState

CLEARS, NARROWS, INVALIDATES = "clear_entry", "narrow_entry", "invalidate"
WRITES = ("divide_leaf", "settle", "write_entry")
"""Steps after which entries stand that did not."""


@dataclass(slots=True)
class Entries:
    """The last change of entries: the step, the slot, the rights if there are any, and whether it was invalidated."""

    step: str = ""
    slot: Term | None = None
    rights: Any = None
    invalidated: bool = False

    @staticmethod
    def cleared(slot: Term) -> "Entries":
        """Those of the slot are cleared, and its translations gone."""
        return Entries(CLEARS, slot, None, True)

    def note(self, step: str, given: Mapping[str, object]) -> None:
        """A step is made."""
        if step in (CLEARS, NARROWS):
            self.step, self.slot, self.invalidated = step, lift(given["slot"], Slot), False
            self.rights = rights_of(given["rights"]) if step == NARROWS else None
        elif step == INVALIDATES and self.slot is not None:
            self.invalidated |= lift(given["slot"], Slot).eq(self.slot)
        elif step in WRITES:
            self.forget()

    def forget(self) -> None:
        """Nothing is known."""
        self.step, self.slot, self.rights, self.invalidated = "", None, None, False

    def are_at(self, slot: Term) -> bool:
        """Whether those of the slot were changed last."""
        return self.slot is not None and slot.eq(self.slot)

    def gone(self, f: SizedState, node: Term) -> Formula:
        """Nothing translates the node's slot any more."""
        return f.slot(node, self.slot) if self.step == CLEARS and self.invalidated else BoolVal(False)

    def narrowed(self, f: SizedState, node: Term, kept: Any) -> Formula:
        """What translates the node's slot grants none but these rights."""
        loses_nothing = ForAll([a], Implies(f.rights(node, a), kept(a)))
        if self.step != NARROWS or not self.invalidated:
            return Or(loses_nothing, self.gone(f, node))
        rights = self.rights
        return Or(loses_nothing, And(f.slot(node, self.slot), ForAll([a], Implies(rights(a), kept(a)))))


TAKING: dict[str, Callable[..., Formula]] = {
    "drop_block": Entries.gone,
    "move_block": lambda entries, f, node, slot: entries.gone(f, node),
    "narrow_block": Entries.narrowed,
}
"""What is required of the entries where a step takes a node from its slot, or rights from it."""
