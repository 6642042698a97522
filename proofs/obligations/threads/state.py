"""Thread control blocks on terms: columns of any length that code reads and writes, and which lines are masked.

A column that holds ids or blocks is a relation, as in the mapping tree (:mod:`proofs.obligations.tree.tree`): the sorts
lead from Thread to Id to Number, which names a block, and from there to Space, Slot and Word, and never back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import z3
from z3 import And, BoolSort, ForAll, Implies, Not, Or

from model.messages.vocabulary import Id, Number, Word, i, j, machine, t, u
from model.spaces.theory import Formula, Relation, Slot, Space, Term
from model.spaces.vocabulary import Function, Predicate
from proofs.execution.contract import Named
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import (
    Content,
    Mark,
    Option,
    Rights,
    Truth,
    Value,
    a_line,
    a_program,
    anybody,
    equal,
    first_block,
    first_ident,
    lift,
    marked,
    no_block,
    no_slot,
    no_word,
    nobody,
    nothing,
    unmarked,
)
from proofs.obligations.tree.tree import ColumnType, SymbolicColumn
from refinement.messages.blocks import ThreadBlocks

n, m, o = z3.Consts("n m o", Number)
k = z3.Const("k", Id)

INDEX = "accesses__blocks"

newer = z3.Function("is_newer_than", Id, Id, BoolSort())
"""One id is larger than another: of two with one number, the later version."""

NUMBERS: Named = {
    "nobody, anybody and the first id": z3.Distinct(nobody, anybody, first_ident),
    "the first block is one": first_block != no_block,
    "no message is not the empty one": no_word != machine.empty,
    "what may be in a block": z3.Distinct(nothing, a_program, a_line),
    "a mark is one of two": unmarked != marked,
    "a remainder is the number of a block": ForAll([i], machine.number(i) != no_block),
    "no id is larger than itself": ForAll([i], Not(newer(i, i))),
    "what is larger than a larger one is larger": ForAll(
        [i, j, k], Implies(And(newer(i, j), newer(j, k)), newer(i, k))
    ),
}
"""What numbers stand for: this is arithmetic."""

THREADS: Named = {
    "a thread has an id": ForAll([t], And(machine.ident(t) != nobody, machine.ident(t) != anybody)),
    "a thread is known by its id": ForAll(
        [t, u],
        Implies(machine.ident(t) == machine.ident(u), t == u),
    ),
}
"""Of the threads that there are or may be, one for each id; more would be told apart by nobody."""


@dataclass(frozen=True, slots=True)
class BlockState:
    """All blocks at one time, and the masks of the interrupt controller."""

    state: Function
    ident: Relation
    space: Function
    partner: Relation
    window: Function
    sender: Relation
    message: Function
    pager: Relation
    server: Relation
    line: Relation
    born: Function
    masked: Predicate


COLUMNS = {
    "state": ColumnType(Number, Content, False),
    "ident": ColumnType(Number, Id, True),
    "space": ColumnType(Number, Space, False),
    "partner": ColumnType(Number, Id, True),
    "window": ColumnType(Number, Slot, False),
    "sender": ColumnType(Number, Id, True),
    "message": ColumnType(Number, Word, False),
    "pager": ColumnType(Number, Id, True),
    "server": ColumnType(Number, Id, True),
    "line": ColumnType(Number, Number, True),
    "born": ColumnType(Space, Mark, False),
}
HOLD_IDS = tuple(name for name, kind in COLUMNS.items() if kind.related and kind.value == Id)


@cache
def any_blocks(name: str = "") -> BlockState:
    """Blocks of which nothing is known; the name tells their symbols apart from those of others."""
    columns = {
        column: z3.Function(f"{column} of block{name}", kind.index, kind.value, BoolSort())
        if kind.related
        else z3.Function(f"{column} of block{name}", kind.index, kind.value)
        for column, kind in COLUMNS.items()
    }
    return BlockState(**columns, masked=z3.Function(f"masked{name}", Number, BoolSort()))


BLOCKS = any_blocks()
"""The blocks before whatever is executed."""


def hold_one(b: BlockState) -> Named:
    """A column holds one value for a block."""
    found = {
        f"{name} holds one id": ForAll([n, i, j], Implies(And(getattr(b, name)(n, i), getattr(b, name)(n, j)), i == j))
        for name in HOLD_IDS
    }
    other = z3.Const("other block", Number)
    return found | {
        "line holds one block": ForAll([n, m, other], Implies(And(b.line(n, m), b.line(n, other)), m == other))
    }


class Ident(Value):
    """An id: its number is the block that it names, and of two with one number one is newer."""

    __slots__ = ()

    def __mod__(self, numbers: object) -> Value:
        """The block of its number."""
        if not isinstance(numbers, Numbers):
            raise ExecutionError("of an id the remainder by the number of blocks is taken, and no other")
        return Value(machine.number(self.term), self.path)

    def __gt__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is newer."""
        return Truth(newer(self.term, lift(other, Id)), self.path)


class Numbers:
    """The number of blocks, to take remainders by and for nothing else."""


class BlockColumn(SymbolicColumn):
    """A column of blocks, or of spaces."""

    def __init__(self, owner: "SymbolicBlocks", name: str) -> None:
        """As it is before."""
        self.owner = owner
        self.name = name
        self.kind = COLUMNS[name]
        self.base: Callable[..., Term] = getattr(BLOCKS, name)
        self.written: list[tuple[Term, Callable[..., Term]]] = []

    def __getitem__(self, index: object) -> Value | Rights:
        """The field of a block, which must be one."""
        found = super().__getitem__(index)
        assert isinstance(found, Value)
        return Ident(found.term, found.path) if self.kind.value == Id else found

    def place(self, index: object) -> Term:
        """The index as a term; the code relies on there being such a block."""
        term = lift(index.get() if isinstance(index, Option) else index, self.kind.index)
        if self.kind.index == Number and self.owner.path.known(equal(term, no_block)) is not False:
            self.owner.path.demand(INDEX, lambda: term != no_block)
        return term


class SymbolicBlocks:
    """The blocks for one path: ``threads`` is what code gets."""

    def __init__(self, path: Path) -> None:
        """As they are before."""
        self.path = path
        self.columns = {name: BlockColumn(self, name) for name in COLUMNS}
        self.threads = ThreadBlocks(**self.columns)  # type: ignore[arg-type]
        self.masked: Predicate = BLOCKS.masked

    def follow(self, node: Term, parent: Term) -> None:
        """No ghost follows a write."""

    def become(self, new: BlockState) -> None:
        """Be in another state; the columns stay the same objects."""
        for name, column in self.columns.items():
            column.base, column.written = getattr(new, name), []
        self.masked = new.masked

    def state(self) -> BlockState:
        """The blocks as they are now."""
        columns = {name: column.frozen() for name, column in self.columns.items()}
        return BlockState(**columns, masked=self.masked)


def is_blank(b: BlockState, block: Term) -> Formula:
    """In the block is nothing but an id, and a space."""
    nobody_in = [getattr(b, name)(block, nobody) for name in ("partner", "sender", "pager")]
    return And(*nobody_in, b.window(block) == no_slot, b.line(block, no_block))


def hears(b: BlockState, block: Term, ident: Term) -> Formula:
    """The thread in the block waits for that id."""
    return And(Not(b.partner(block, nobody)), Or(b.partner(block, anybody), b.partner(block, ident)))


def block_invariants(b: BlockState) -> Named:
    """What holds of blocks between operations."""
    number = machine.number
    of_line = And(b.line(n, m), m != no_block)
    return {
        "an id is in the block of its number": ForAll(
            [n, i], Implies(And(b.ident(n, i), i != nobody), And(number(i) == n, i != anybody))
        ),
        "what is in a block has an id": ForAll([n], Implies(b.state(n) != nothing, Not(b.ident(n, nobody)))),
        "a block holds nothing, a program's thread or a line": ForAll(
            [n], Or(b.state(n) == nothing, b.state(n) == a_program, b.state(n) == a_line)
        ),
        "a free block is blank": ForAll([n], Implies(b.state(n) == nothing, is_blank(b, n))),
        "without a sender there is no message": ForAll([n], Implies(b.sender(n, nobody), b.message(n) == no_word)),
        "a line waits for nobody": ForAll(
            [n], Implies(b.state(n) == a_line, And(b.partner(n, nobody), b.window(n) == no_slot, b.line(n, no_block)))
        ),
        "who serves a line is its server": ForAll(
            [n, m, i], Implies(And(of_line, b.ident(n, i)), And(b.state(m) == a_line, b.server(m, i)))
        ),
        "a server that is there serves its line": ForAll(
            [n, m, i],
            Implies(
                And(b.state(m) == a_line, m != no_block, b.server(m, i), b.ident(n, i), b.state(n) == a_program),
                b.line(n, m),
            ),
        ),
        "a server is no line, and has been given its id": ForAll(
            [m, i, j],
            Implies(
                And(b.server(m, i), i != nobody, b.ident(number(i), j)),
                And(b.state(number(i)) != a_line, Not(newer(i, j)), j != nobody),
            ),
        ),
        "a line that its server waits for is not masked": ForAll(
            [n, m, i, j], Implies(And(of_line, b.ident(n, j), b.ident(m, i), hears(b, n, i)), Not(b.masked(m)))
        ),
        "what is not masked is a line": ForAll(
            [m], Implies(Not(b.masked(m)), And(m != no_block, b.state(m) == a_line))
        ),
        "a space is marked or not": ForAll(
            [z3.Const("p", Space)], Or(b.born(z3.Const("p", Space)) == marked, b.born(z3.Const("p", Space)) == unmarked)
        ),
    }
