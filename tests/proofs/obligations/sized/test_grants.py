"""Grants of ranges: what is without entries between the walk that clears them and the one that moves mappings."""

from collections.abc import Callable

import pytest
import z3

from proofs.execution.contract import CALLS
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Rights, all_rights
from proofs.obligations.sized import calls
from proofs.obligations.sized.calls import OF
from proofs.obligations.sized.contracts import given, order, size, slot, source, target
from proofs.obligations.sized.entries import TAKING
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES
from proofs.obligations.sized.promises import CONTRACTS, ON_BLOCKS
from proofs.obligations.sized.state import OrderValue, SlotValue
from proofs.obligations.sized.table_steps import ONLY_IN
from proofs.obligations.sized.with_tables import BARE
from proofs.obligations.sized_hardware.standing import CHANGES
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT
from refinement.faults.ranges import SIZED_FAULTS

GONE, NOTHING = "its entries went before", "nothing is without entries"


class Granting:
    """The kernel by its contracts, of which steps of a grant are asked."""

    def __init__(self) -> None:
        """On a path of its own."""
        self.path = Path()
        self.kernel = Kernel(self.path, CODE)
        self.kernel.see(PAGES)
        self.rights, self.more = Rights(given, self.path), Rights(all_rights, self.path)
        self.source, self.target, self.slot = (SlotValue(term, self.path) for term in (source, target, slot))
        self.size, self.order = OrderValue(size, self.path), OrderValue(order, self.path)

    def withdraws(self) -> None:
        """The entries of what goes are cleared."""
        self.kernel.object.withdraw_pieces(self.source, self.size, self.rights)

    def moves(self, rights: Rights | None = None) -> None:
        """What goes moves."""
        passed = self.rights if rights is None else rights
        self.kernel.object.move_pieces(self.source, self.target, self.size, passed)

    def merges(self) -> None:
        """What is at the target is joined."""
        self.kernel.object.merge_pieces(self.target, self.size)

    def allows(self, part: str) -> bool:
        """Whether what was demanded of the last call under that name holds."""
        *_, demand = (each for each in self.path.demands if (each.what, each.part) == (CALLS, part))
        return holds(demand.formula())

    def is_written(self) -> bool:
        """Whether a method may end here."""
        return holds(self.kernel.all_written())


def holds(formula: z3.BoolRef) -> bool:
    """Whether a formula holds whatever there is."""
    solver = z3.Solver()
    solver.add(z3.Not(formula))
    return bool(solver.check() == z3.unsat)


def test_what_was_withdrawn_may_move_and_nothing_is_left() -> None:
    granting = Granting()
    granting.withdraws()
    assert not granting.is_written()
    granting.moves()
    assert granting.allows(GONE)
    assert granting.is_written()


def test_what_has_entries_does_not_move() -> None:
    granting = Granting()
    granting.moves()
    assert not granting.allows(GONE)
    granting.kernel.object.move_piece(granting.slot, granting.order, granting.target)
    assert not granting.allows(GONE)


def test_no_more_moves_than_was_withdrawn() -> None:
    granting = Granting()
    granting.withdraws()
    granting.moves(granting.more)
    assert not granting.allows(GONE)


def test_what_has_moved_does_not_move_again() -> None:
    granting = Granting()
    granting.withdraws()
    granting.moves()
    granting.moves()
    assert not granting.allows(GONE)


@pytest.mark.parametrize(
    "step",
    [
        Granting.merges,
        lambda granting: granting.kernel.object.isolate_range(granting.source, granting.size),
        lambda granting: granting.kernel.object.restrict_pieces(granting.source, granting.size, granting.rights),
    ],
    ids=["merge", "isolate", "restrict"],
)
def test_nothing_else_happens_while_entries_are_missing(step: Callable[[Granting], None]) -> None:
    granting = Granting()
    granting.withdraws()
    step(granting)
    assert not granting.allows(NOTHING)
    after = Granting()
    after.withdraws()
    after.moves()
    step(after)
    assert after.allows(NOTHING)


def test_entries_are_not_cleared_twice() -> None:
    granting = Granting()
    granting.withdraws()
    granting.withdraws()
    granting.moves()
    assert not granting.is_written()


@pytest.mark.parametrize("name", ["granted-one-by-one", "first-mapping-granted"])
def test_a_kernel_that_grants_the_pieces_of_a_list_is_not_proved(name: str) -> None:
    code = Code(sized={"grant_range": SIZED_FAULTS[name].kernel.grant_range})
    with pytest.raises(ExecutionError):
        list(calls.conditions("grant_range", AT_EXIT, code))


def test_whatever_changes_the_tree_has_a_rule_about_entries() -> None:
    """A new step cannot be forgotten: it takes, makes or resizes a node by rule, or is a method made of such calls."""
    changing = {name for name, contract in CONTRACTS.items() if contract.changes}
    ruled = {name for name in changing if ON_BLOCKS.get(name, name) in {*TAKING, *BARE, *ONLY_IN}}
    assert changing - ruled <= OF.keys()
    assert ruled - OF.keys() == {*ON_BLOCKS, *ON_BLOCKS.values(), "create_block", "halve", "join"} & changing


def test_only_methods_whose_leaves_are_proved_to_follow_resize_a_node() -> None:
    assert {ONLY_IN["halve"], ONLY_IN["join"]} == {"divide", "unite"} <= CHANGES.keys()
