"""What steps on the tree require of page tables and buffers: entries go first, then translations, then the node.

Page tables are no part of the tree, and nothing is proved here of what stands in them. But the kernel's code is
executed with its steps on them, so that their order is known: the last change of entries before a step on the tree, and
whether the same slot was invalidated since. Where the tree has become another one, nothing of that is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Or

from model.spaces.theory import Formula, Slot, Term, a
from proofs.execution.values import lift, rights_of
from proofs.obligations.sized.state import SizedState

CLEARS, NARROWS, RELEASES, INVALIDATES = "clear_entry", "narrow_entry", "release_tables", "invalidate"
WRITES = ("divide_leaf", "settle", "write_entry")
"""Steps after which entries stand that did not."""


@dataclass(slots=True)
class Entries:
    """The last change of entries: the step, the slot, the rights if there are any, and whether it was invalidated.

    ``released`` is whether tables are released that were needed for them alone, ``pending`` whether a node has to lose
    the rights that they no longer grant.
    """

    step: str = ""
    slot: Term | None = None
    rights: Any = None
    invalidated: bool = False
    released: bool = False
    pending: list[Term] = field(default_factory=list)

    @staticmethod
    def cleared(slot: Term) -> "Entries":
        """Those of the slot are cleared, and its translations gone."""
        return Entries(CLEARS, slot, None, True, True)

    def note(self, step: str, given: Mapping[str, object]) -> None:
        """A step is made."""
        if step in (CLEARS, NARROWS):
            self.step, self.slot, self.invalidated, self.released = step, lift(given["slot"], Slot), False, False
            self.pending = [each for each in self.pending if not each.eq(self.slot)] + [self.slot] * (step == NARROWS)
            self.rights = rights_of(given["rights"]) if step == NARROWS else None
        elif step == INVALIDATES and self.slot is not None:
            self.invalidated |= lift(given["slot"], Slot).eq(self.slot)
        elif step == RELEASES:
            self.released = self.may_be_released(lift(given["slot"], Slot))
        elif step in WRITES:
            self.forget()

    def forget(self) -> None:
        """Nothing is known but which nodes have rights that their entries no longer grant."""
        self.step, self.slot, self.rights, self.invalidated, self.released = "", None, None, False, False

    def follow(self) -> None:
        """A node goes, or loses rights, as its entries did."""
        self.pending = [each for each in self.pending if not self.are_at(each)]

    def may_be_released(self, slot: Term) -> bool:
        """Whether tables may be released that were needed for the slot alone: its entries were cleared last."""
        return self.step == CLEARS and self.are_at(slot) and not self.released

    def are_at(self, slot: Term) -> bool:
        """Whether those of the slot were changed last."""
        return self.slot is not None and slot.eq(self.slot)

    def is_gone(self, slot: Term) -> bool:
        """Whether nothing translates the slot any more."""
        return self.step == CLEARS and self.are_at(slot) and self.invalidated and self.released

    def gone(self, f: SizedState, node: Term) -> Formula:
        """Nothing translates the node's slot any more."""
        is_gone = self.slot is not None and self.is_gone(self.slot)
        return f.slot(node, self.slot) if is_gone else BoolVal(False)

    def narrowed(self, f: SizedState, node: Term, kept: Any) -> Formula:
        """What translates the node's slot grants exactly those rights of the node's."""
        if not self.pending:
            return Or(ForAll([a], Implies(f.rights(node, a), kept(a))), self.gone(f, node))
        if self.step != NARROWS or not self.invalidated:
            return BoolVal(False)
        rights = self.rights
        return And(f.slot(node, self.slot), ForAll([a], rights(a) == And(f.rights(node, a), kept(a))))


TAKING: dict[str, Callable[..., Formula]] = {
    "drop_block": Entries.gone,
    "move_block": lambda entries, f, node, slot: entries.gone(f, node),
    "narrow_block": Entries.narrowed,
}
"""What is required of the entries where a step takes a node from its slot, or rights from it."""
