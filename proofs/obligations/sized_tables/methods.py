"""A method of page tables with large leaves to be executed, and what is kept for the proof alone while it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from z3 import And, BoolVal, Exists, ForAll, Implies, IntVal, Not

from model.spaces.theory import Term
from proofs.execution.contract import Contract, Named
from proofs.execution.path import ExecutionError, conjunction
from proofs.obligations.page_tables.table_state import among, index
from proofs.obligations.sized_tables import effects as does
from proofs.obligations.sized_tables.contracts import Shown
from proofs.obligations.sized_tables.effects import SizedCall, below, i
from proofs.obligations.sized_tables.leaves import Leaves, filling, of_mapping, slot
from proofs.obligations.sized_tables.state import SizedState
from proofs.obligations.sized_tables.symbolic import LEAVES, ORDER, OWED, SymbolicSized, last

Of = Callable[[int, int], Leaves]


@dataclass(frozen=True, slots=True)
class SizedMethod:
    """A method to be executed, for a mapping with leaves on some level.

    :param call: calls it.
    :param does: what must hold in the end.
    :param contract: what is promised and required of the mapping; nothing if the method only reads.
    :param arguments: what the contract says it of, beside the mapping.
    :param leaves: which mappings there are with leaves on a level.
    :param above: it is of mappings with leaves above the last level only.
    :param before: the state in which the code begins, if what is kept for the proof alone changes first.
    :param after: the end state, with what is kept for the proof alone.
    :param requires: what is known of the call besides.
    :param loops: the rules for loops over leaves.
    :param stands: what justifies the change of what is kept for the proof: which leaves stand, and which do not.
    :param writes: it changes something.
    :param links: it may change where tables hang and leaves stand.
    :param accesses: it reads or writes what not every table has.
    :param callees: the methods that it knows by what is proved of them.
    :param told: those of them of which that is no method of the stand-in.
    :param covers: the functions of which every statement, and both ways of every branch, is executed.
    """

    name: str
    claim: str
    sentence: str
    call: Callable[[SymbolicSized], Any]
    does: Callable[[SizedCall], Named]
    contract: Contract[Shown] | None = None
    arguments: Callable[[SymbolicSized], tuple[Any, ...]] = lambda tables: ()
    leaves: Of = of_mapping
    above: bool = False
    before: Callable[[SizedState, Leaves], SizedState] = lambda start, leaves: start
    after: Callable[[SizedCall], SizedState] = lambda call: call.end
    requires: Callable[[SizedState, Leaves], Named] = lambda start, leaves: {}
    loops: Mapping[str, Callable[[SymbolicSized, Leaves], Any]] = field(default_factory=dict)
    stands: Callable[[SizedCall], Named] = lambda call: {}
    covers: tuple[str, ...] = ()
    first: Callable[[SizedState, Leaves], Named] = lambda start, leaves: {}
    lemmas: Callable[[SizedState, Leaves, Term, int], Named] = lambda start, leaves, table, level: {}
    writes: bool = True
    links: bool = True
    accesses: bool = True
    callees: tuple[str, ...] = ("path",)
    told: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


def calls(
    name: str, *more: Callable[[SymbolicSized], Any], order: bool = True, **named: Any
) -> Callable[[SymbolicSized], Any]:
    """Call the method for the slot, its order, and what more it takes."""

    def call(tables: SymbolicSized) -> Any:
        given: list[Any] = [does.slot_of(tables), *(each(tables) for each in more)]
        if order:
            given.append(ORDER)
        return getattr(tables.code, name)(*given)

    return call


def stood(b: SizedState, leaves: Leaves, table: Term) -> Named:
    """The mapping's leaves stand in the table."""
    return {"the mapping's leaves stand": ForAll([i], Implies(leaves.stands(i), b.taken(table, i)))}


def standing(start: SizedState, leaves: Leaves) -> Named:
    """The mapping's leaves stand in its table."""
    return stood(start, leaves, last)


def lifted(start: SizedState, leaves: Leaves) -> Named:
    """They stand there, and are absent."""
    none = Not(start.has_leaf(last, i))
    return {**standing(start, leaves), "they are absent": ForAll([i], Implies(leaves.stands(i), none))}


def vacant(b: SizedState, leaves: Leaves, table: Term) -> Named:
    """Nothing stands where the mapping's leaves will."""
    return {VACANT: ForAll([i], Implies(leaves.stands(i), Not(b.stands(table, i))))}


def on_path(start: SizedState, leaves: Leaves) -> Named:
    """A name for the table of the mapping's leaves."""
    return {"its leaves have a table": start.on(leaves.level, slot, last)}


# reserve and release


NO_TABLE, NO_LEAF, VACANT = "no table hangs below", "no leaf stands above", "nothing stands there"
AT_TABLE = "the walk ends at the table of the mapping's leaves"
ROOM = (NO_TABLE, NO_LEAF, VACANT)
"""What reserve finds on its way, and why: no page of the mapping is held."""


def nothing_there(start: SizedState, leaves: Leaves, table: Term, level: int) -> Named:
    """Where the walk of a mapping ends that is not held there is room for its leaves, or for a table."""
    if level < leaves.level:
        return {NO_TABLE: BoolVal(False)}
    if level > leaves.level:
        return {NO_LEAF: Not(start.taken(table, index(level, slot)))}
    return vacant(start, leaves, table)


def reserved(call: SizedCall) -> SizedState:
    """If it succeeded its leaves stand in the last table."""
    return does.stood_up(call.end, call.leaves, last, LEAVES, OWED) if call.result is True else call.end


def without(start: SizedState, leaves: Leaves) -> SizedState:
    """Without the mapping, whose leaves stand no more."""
    return does.taken_down(start, leaves, last, LEAVES, OWED)


def release_requires(start: SizedState, leaves: Leaves) -> Named:
    """What holds of the table that loses a mapping."""
    left = without(start, leaves)
    some = Exists([i], left.stands(last, i))
    return {
        **on_path(start, leaves),
        "without its leaves a table counts what else stands there": And(
            left.number(last) >= 0,
            ForAll([i], Implies(left.stands(last, i), left.number(last) >= 1)),
            Implies(left.number(last) >= 1, some),
        ),
        "what its leaves owe is part of all that is owed": start.owed >= OWED,
    }


def at_its_table(start: SizedState, leaves: Leaves, table: Term, level: int) -> Named:
    """The walk of a mapping whose leaves stand, and are absent, ends at their table."""
    return {AT_TABLE: BoolVal(False)} if level != leaves.level else {AT_TABLE: table == last}


def released(call: SizedCall) -> SizedState:
    """What is returned is detached."""
    return does.detached(call.end, does.tables_of(call.result))


# divide, detach and settle


def finer(leaves: Leaves) -> Leaves:
    """The leaves of the next smaller size that fill a table in its place."""
    return filling(leaves.level - 1, leaves.levels)


def filled(call: SizedCall) -> Term:
    """The table that the code went through."""
    if call.tables.over is None:
        raise ExecutionError("no table was gone through")
    table: Term = call.tables.over.table
    return table


def divided(call: SizedCall) -> SizedState:
    """A pointer stands where the leaf did, and smaller leaves fill the table below."""
    entries = IntVal(call.tables.format.entries)
    one = does.taken_down(call.end, call.leaves, last, IntVal(0), IntVal(1))  # a pointer stands there now
    return does.stood_up(one, finer(call.leaves), filled(call), entries, IntVal(0))


def divide_stands(call: SizedCall) -> Named:
    """Its leaf stood, and nothing where the smaller ones do."""
    pointer = call.end.has_pointer(last, index(call.leaves.level, slot))
    there = vacant(call.end, finer(call.leaves), filled(call))
    return {**stood(call.start, call.leaves, last), **there, "a pointer does": pointer}


def divide_requires(start: SizedState, leaves: Leaves) -> Named:
    """What holds of a leaf that is taken apart, and of what it promised."""
    return {
        **on_path(start, leaves),
        "a large leaf owes a table": And(OWED >= 1, start.owed >= OWED),
        "no table is due": start.due == 0,
    }


def detach_requires(start: SizedState, leaves: Leaves) -> Named:
    """A name for the table of the smaller leaves."""
    return {**on_path(start, leaves), "its table": start.on(leaves.level - 1, slot, below)}


def detached(call: SizedCall) -> SizedState:
    """One leaf stands where the pointer did; its table is detached, and due to be promised."""
    entries = IntVal(call.tables.format.entries)
    gone = does.taken_down(call.end, finer(call.leaves), below, entries, IntVal(0))
    one = does.stood_up(gone, call.leaves, last, IntVal(1), IntVal(1))
    return does.detached(replace(one, due=one.due + 1), does.tables_of(call.result))


def detach_stands(call: SizedCall) -> Named:
    """The smaller leaves stood, and nothing where the one does."""
    return {**stood(call.start, finer(call.leaves), below), **vacant(call.end, call.leaves, last)}


def promised(call: SizedCall) -> SizedState:
    """One table fewer is due."""
    return replace(call.end, due=call.end.due - 1)


def promise_requires(start: SizedState, leaves: Leaves) -> Named:
    """A table is due, and its frame is free."""
    return {"a table is due": start.due >= 1, "its frame is free": start.frames >= start.promised + 1}


def give_back_requires(start: SizedState, leaves: Leaves) -> Named:
    """The tables are detached, and differ."""
    given = does.given_tables(leaves.level + 1)
    found = {f"table {n} is detached": start.detached(each) for n, each in enumerate(given)}
    return {**found, "they differ": conjunction(one != other for n, one in enumerate(given) for other in given[:n])}


def given_back(call: SizedCall) -> SizedState:
    """They are detached no more."""
    given = does.given_tables(call.leaves.level + 1)
    return replace(call.end, detached=lambda t: And(call.start.detached(t), Not(among(t, given))))
