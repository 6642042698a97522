"""What is without entries while the kernel with ranges is executed, and the steps on page tables, whose order counts.

A node that was made or moved is bare until its entries are written; a slot is cleared until its node is gone. What the
walk of a grant clears is without entries until the walk that moves it; between the two nothing else happens.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Slot, Term
from proofs.execution.contract import CALLS
from proofs.execution.path import Path
from proofs.execution.values import lift
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import slot_of
from proofs.obligations.sized.entries import TAKING, Entries
from proofs.obligations.sized.pages import any_frame, any_page
from proofs.obligations.sized.promises import CONTRACTS, ON_BLOCKS, going_from
from proofs.obligations.sized.room import has_frames_for
from proofs.obligations.sized.state import SizedState, SymbolicSized, s, shown
from proofs.obligations.sized.table_steps import Begun, TableSteps
from proofs.obligations.source import Code

OF_TABLES = (
    "lift_leaf", "invalidate", "divide_leaf", "detach_table", "settle", "clear_entry", "narrow_entry", "release_tables",
    "free_tables", "provide", "write_entry",
)  # fmt: skip
"""Methods that take no tree: they change page tables and buffers."""

BARE = ("create_block", "move_block")
"""Steps after which a node has no entries."""

CLEARING = "withdraw_pieces"
"""The method after which what goes of a range has no entries; it takes no step on the tree."""

MOVING = "move_pieces"
"""The method that begins with that."""

GONE = ("move_piece",)
"""Methods of a mapping whose entries are gone."""

WRITTEN = "the entries are written of what was made or stays"
"""What is demanded where a method ends, and of each turn of a loop."""


class WithTables:
    """The steps on page tables of a method on a path, and what has no entries."""

    def __init__(self, path: Path, tree: SymbolicSized, code: Code, of: str) -> None:
        """Everything has its entries.

        :param of: the method that is executed.
        """
        self.path, self.tree, self.code, self.changed = path, tree, code, False
        self.bare: list[Term] = []  # nodes whose entries are not written yet
        self.cleared: list[Term] = []  # slots at which nodes are whose entries were cleared
        self.without: Predicate | None = None  # at which slots nodes are without entries between loops, if at any
        self.steps, self.trees = TableSteps(of), 0  # on page tables; how often the tree has become another one
        self.entries = Entries()

    def follow_entries(self, name: str) -> None:
        """What changes something else comes after what was begun of entries."""
        if not (CONTRACTS[name].changes or name == CLEARING) or name in GONE or ON_BLOCKS.get(name, name) in TAKING:
            return
        if self.bare or self.cleared or self.entries.pending:
            self.steps.in_order = False

    def follow_moves(self, name: str, before: SizedState, terms: list[Any]) -> None:
        """What is without entries is moved; nothing else happens until nothing is."""
        without = self.without
        if name == CLEARING:
            self.steps.in_order &= without is None
            self.without = promised(before, *terms)
        elif name in GONE or name == MOVING:
            whole = promised(before, terms[0], *terms[2:]) if name == MOVING else None
            goes: Predicate = whole or (lambda at: at == terms[0])
            self.path.demand(CALLS, lambda: takes(without, goes), "its entries went before")
            self.without = None if without is None else lambda at: And(without(at), Not(goes(at)))
        elif CONTRACTS[name].changes and without is not None:
            none = self.nothing_without()
            self.path.demand(CALLS, lambda: none, "nothing is without entries")

    def nothing_without(self) -> Formula:
        """No mapping is without entries."""
        return BoolVal(True) if self.without is None else ForAll([s], Not(self.without(s)))

    def of_tables(self, name: str) -> Callable[..., Begun | None]:
        """What code finds as that method: its step is noted."""
        takes = signature(self.code.sized_method(name))

        def called(*arguments: object) -> Begun | None:
            self.changed = True
            if name == "provide":
                self._require_room()
            given = takes.bind(None, *arguments).arguments
            state = self.tree.state()
            bare = [slot_of(node, state) for node in self.bare]
            begun = self.steps.note(name, given, self.trees, bare, self.entries)
            self.entries.note(name, given)
            self._writes(name, given)
            return begun

        return called

    def _require_room(self) -> None:
        """Tables are made of pages alone for which the pool had frames, and of what is shown beside them."""
        pages = shown(self.tree.state())
        self.path.demand_all(CALLS, lambda: has_frames_for(pages, any_page, any_frame))

    def _writes(self, name: str, given: Mapping[str, object]) -> None:
        """Entries are cleared or narrowed of a node that has some, or written of one that has tables for them."""
        if name not in ("clear_entry", "narrow_entry", "write_entry"):
            return
        at, state = lift(given["slot"], Slot), self.tree.state()
        without = [*self.cleared, *(slot_of(node, state) for node in self.bare)]
        self.steps.in_order &= name == "write_entry" or not any(each.eq(at) for each in without)
        self.cleared = [each for each in self.cleared if not each.eq(at)] + [at] * (name == "clear_entry")
        if name == "write_entry" and self.steps.provided is not None and self.steps.provided.eq(at):
            self.bare = [node for node in self.bare if not slot_of(node, state).eq(at)]

    def in_order(self) -> bool:
        """Whether the steps on page tables came in order, and nothing is left that was begun."""
        return not self.bare and not self.entries.pending and self.steps.done

    def all_written(self) -> Formula:
        """Whether nothing is without entries; and in order."""
        return BoolVal(False) if self.cleared or not self.in_order() else self.nothing_without()

    def written_but(self, those: Predicate) -> Formula:
        """Whether all are without entries of which that is said, and no others; and in order."""
        gone = all(self.entries.is_gone(at) for at in self.cleared)
        cleared = list(self.cleared)
        without = self.without or (lambda at: BoolVal(False))
        now = ForAll([s], those(s) == Or(without(s), *(s == at for at in cleared)))
        return And(BoolVal(gone and self.in_order()), now, *(Not(without(at)) for at in cleared))


def promised(f: SizedState, source: Term, size: Term, rights: Any) -> Predicate:
    """At which slots mappings begin that go, of a range."""
    return going_from(f, source, ABSTRACT.upper(source, size), rights)


def takes(without: Predicate | None, goes: Predicate) -> Formula:
    """All that goes is without entries."""
    return BoolVal(False) if without is None else ForAll([s], Implies(goes(s), without(s)))
