"""The code of the page tables does what the kernel is promised of it, and keeps tables apart and counts right.

Each method of :class:`refinement.kernel.page_table.PageTables` is executed, with those that it calls and those of the
pool, on
tables of any number, for formats of each number of levels that there is. What it does to the four things that the
kernel knows is demanded by the same contracts that the kernel's proof uses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from machine.formats import FORMATS
from model.spaces.theory import Term, owner
from proofs.execution.contract import Named
from proofs.execution.values import Value
from proofs.obligations.page_tables import table_effects as does
from proofs.obligations.page_tables.symbolic_tables import SymbolicTables
from proofs.obligations.page_tables.table_contracts import CLEAR, RELEASE, RESERVE, WRITE
from proofs.obligations.page_tables.table_effects import ExecutedCall
from proofs.obligations.page_tables.table_state import Tables

FORMAT_OF = {format.levels: format for format in reversed(FORMATS)}
"""For each number of levels a format that has it."""


class Slots(Enum):
    """The effect of a method on the slots that are counted."""

    STAY = "the same are"
    JOINS = "its slot is, once more"
    LEAVES = "its slot is, once less"


@dataclass(frozen=True, slots=True)
class TableMethod:
    """A method to be executed.

    :param call: calls it; one call for each way to be called.
    :param does: what must hold in the end.
    :param after: the end state with what is kept for the proof alone.
    :param requires: what holds at the call, beside the invariants.
    :param covers: the functions of which every statement, and both ways of every branch, is executed.
    :param slots: which slots are counted afterwards.
    :param reads: nothing is changed, and that is part of what it does.
    :param accesses: it reads or writes what not every table has.
    :param entries: how many entries may be read or written, of a format with so many levels.
    """

    name: str
    claim: str
    sentence: str
    call: Callable[[SymbolicTables[Tables], int], tuple[Any, tuple[Term, ...]]]
    does: Callable[[ExecutedCall], Named]
    after: Callable[[ExecutedCall], Tables]
    requires: Callable[[Tables, int], Named]
    entries: Callable[[int], int]
    ways: Callable[[int], int] = lambda levels: 1
    covers: tuple[str, ...] = ()
    slots: Slots = Slots.STAY
    reads: bool = False
    accesses: bool = True


UNITS: Mapping[str, TableMethod] = {
    unit.name: unit
    for unit in (
        TableMethod(
            "reserve",
            "A.P",
            "reserve completes the slot's tables and shows nothing new; it refuses only if the pool is too small, and "
            "then changes nothing",
            does.calls("reserve"),
            does.reserve_does,
            does.reserved,
            does.required(RESERVE),
            lambda levels: levels,
            covers=("reserve", "free"),
            slots=Slots.JOINS,
        ),
        TableMethod(
            "release",
            "A.P",
            "release changes no entry of a slot, and returns exactly the tables that it detached",
            does.calls("release"),
            does.release_does,
            does.released,
            does.required(RELEASE),
            lambda levels: 2 * (levels - 1),
            covers=("release",),
            slots=Slots.LEAVES,
        ),
        TableMethod(
            "give_back",
            "A.P",
            "give_back makes exactly the detached tables that it gets free frames of the pool",
            does.give,
            does.give_back_does,
            does.given_back,
            does.detached,
            lambda levels: 0,
            covers=("give_back", "give"),
            ways=lambda levels: levels,
        ),
        TableMethod(
            "write",
            "A.P",
            "write makes the slot's entry show the frame with what the format grants of the rights, keeps accessed and "
            "dirty, and changes no other slot's entry",
            does.calls("write", lambda path: Value(does.frame, path), does.asked_rights),
            does.write_does,
            does.unchanged,
            does.required(WRITE, does.frame, does.asked),
            lambda levels: levels + 1,
            covers=("write",),
        ),
        TableMethod(
            "clear",
            "A.P",
            "clear makes the slot's entry absent and changes no other slot's",
            does.calls("clear"),
            does.clear_does,
            does.unchanged,
            does.required(CLEAR),
            lambda levels: levels,
            covers=("clear",),
        ),
        TableMethod(
            "path",
            "A.P",
            "path gives the slot's tables from the root down, as far as they exist",
            does.calls("path"),
            does.path_does,
            does.unchanged,
            does.nothing,
            lambda levels: levels - 1,
            covers=("path", "address"),
            reads=True,
        ),
        TableMethod(
            "missing",
            "A.P",
            "missing says how many tables the slot lacks",
            does.calls("missing"),
            does.missing_does,
            does.unchanged,
            does.nothing,
            lambda levels: levels - 1,
            covers=("missing",),
            reads=True,
        ),
        TableMethod(
            "place",
            "A.P",
            "place finds the entry of a reserved slot",
            does.calls("place"),
            does.place_does,
            does.unchanged,
            does.required(CLEAR),
            lambda levels: levels - 1,
            covers=("place",),
            reads=True,
        ),
        TableMethod(
            "entry",
            "A.P",
            "entry reads what the slot's entry says, nothing if there is no table for it",
            does.calls("entry"),
            does.entry_does,
            does.unchanged,
            does.nothing,
            lambda levels: levels,
            covers=("entry",),
            reads=True,
        ),
        TableMethod(
            "root",
            "A.P",
            "root gives the physical address of the space's root table",
            lambda tables, way: (tables.code.root(tables.value(owner(does.slot))), ()),
            does.root_does,
            does.unchanged,
            does.nothing,
            lambda levels: 0,
            covers=("root",),
            reads=True,
            accesses=False,
        ),
        TableMethod(
            "take",
            "A.P",
            "a table that is taken was free, is in use and cleared, and no other changes",
            does.take,
            does.take_does,
            does.waiting,
            lambda start, way: {"there is a free frame": start.frames >= 1},
            lambda levels: 0,
            covers=("_take", "take"),
        ),
    )
}
