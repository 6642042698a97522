"""What page tables lack for a block: of each level whether a table is missing there, by the pages that are held.

A table is missing on a level if no page is held that would lie below it: what is there hangs because some page is held
below it, and what is held has its tables. So the number depends on which pages the spaces show, and not on how these
are mapped.
"""

from z3 import And, Const, Exists, If, IntVal, Not, Or

from model.running.z3_terms import total
from model.spaces.theory import Formula, Slot, Term, owner
from proofs.execution.contract import Named
from proofs.execution.path import ExecutionError
from proofs.execution.values import Truth, lift, no_slot
from proofs.obligations.page_tables.table_state import index
from proofs.obligations.page_tables.table_values import SlotValue
from proofs.obligations.sized_tables.effects import SizedCall, unchanged
from proofs.obligations.sized_tables.leaves import Leaves, slot
from proofs.obligations.sized_tables.state import SizedState
from proofs.obligations.sized_tables.symbolic import SymbolicSized

before_block = Const("page_before", Slot)
_x = Const("page_below", Slot)


def lies_below(level: int, levels: int, page: Term) -> Formula:
    """The page lies below the table of that level on the slot's way, whether it is there or not."""
    alike = (index(above, page) == index(above, slot) for above in range(level + 1, levels))
    return And(owner(page) == owner(slot), *alike)


def is_missing(b: SizedState, level: int) -> Formula:
    """No page below the table is held."""
    return Not(Exists([_x], And(lies_below(level, b.levels, _x), b.is_held(_x))))


def is_other(level: int, levels: int) -> Formula:
    """The page before the block lies below another table, or there is none."""
    return Or(before_block == no_slot, Not(lies_below(level, levels, before_block)))


def asked_apart(tables: SymbolicSized, one: object, other: object, level: object) -> Truth:
    """What :meth:`~refinement.ranges.sized_tables.SizedTables.apart` says, proved of the bits.

    :raises ExecutionError: it is asked of other pages than the slot and that before it.
    """
    if type(level) is not int or not 0 <= level < tables.start.levels - 1:
        raise ExecutionError(f"no table of level {level!r} is on a way below a root")
    if not (lift(one, Slot).eq(slot) and lift(other, Slot).eq(before_block)):
        raise ExecutionError("it is asked whether other pages are apart than the slot and the page before")
    return Truth(is_other(level, tables.start.levels), tables.path)


def page_before(tables: SymbolicSized) -> SlotValue:
    """The page of which no table is counted again."""
    return SlotValue(before_block, tables.path)


def above_requires(start: SizedState, leaves: Leaves) -> Named:
    """What is required of the block: no leaf of a larger size stands where its tables would hang."""
    larger = Or(*(start.held(level, slot) for level in range(leaves.level + 1, start.levels)))
    return {"no leaf of a larger size stands there": Not(larger)}


def above_does(call: SizedCall) -> Named:
    """What is returned is how many tables are missing from that of the leaves up that the page before does not need."""
    if type(call.result) is not int:
        raise ExecutionError(f"{call.result!r} is no number of tables")
    start, levels = call.start, call.start.levels
    each = [
        If(And(is_missing(start, level), is_other(level, levels)), IntVal(1), IntVal(0))
        for level in range(call.leaves.level, levels - 1)
    ]
    return {COUNTS_MISSING: IntVal(call.result) == total(each, IntVal(0)), **unchanged(start, call.end)}


COUNTS_MISSING = "each table is counted that is missing"
