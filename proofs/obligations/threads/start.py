"""The base of the induction: the blocks at first have their invariants, and stand for a first state of the theory.

:func:`refinement.messages.blocks.begun` is executed as it is, for any number of blocks, booted threads and lines.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, ForAll, Function, Implies, Not, Or

from model.messages.invariants import initial
from model.messages.vocabulary import Id, Number, System, before, i, j, machine, t
from model.spaces.dialect import Dialect
from model.spaces.theory import Predicate, Space, owner, sigma0, x
from proofs.execution import coverage
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import (
    Numbered,
    Truth,
    Value,
    a_line,
    a_program,
    anybody,
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
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads.standing_for import is_there, stands_for
from proofs.obligations.threads.state import (
    INDEX,
    NUMBERS,
    THREADS,
    BlockState,
    SymbolicBlocks,
    any_blocks,
    block_invariants,
    hears,
    hold_one,
    n,
)
from proofs.obligations.tree.loops import AT_FIRST, KEEPS

STARTS = "stands_for__a_first_state"
HAS = "has__its_invariants"
WHOLE = "threads_start__is__executed_whole"

first = Function("first_id_of", Number, Id, BoolSort())
of_line, begins, done = (Function(name, Number, BoolSort()) for name in ("is_a_line", "begins", "has_begun"))
home = Function("home_of", Number, Space)
this, this_ident, another = Const("this_block", Number), Const("this_id", Id), Bool("another block")
DURING = any_blocks(" during")
p = Const("p", Space)

_id = machine.ident(t)

SCOPE: Named = {
    "a block has one first id": ForAll([n, i, j], Implies(And(first(n, i), first(n, j)), i == j)),
    "it has the block's number": ForAll(
        [n, i], Implies(first(n, i), And(machine.number(i) == n, i != nobody, i != anybody, n != no_block))
    ),
    "lines are hardware threads": ForAll(
        [t], machine.hardware(t) == And(of_line(machine.number(_id)), first(machine.number(_id), _id))
    ),
    "lines have blocks that begin": ForAll([n], Implies(of_line(n), begins(n))),
    "the first thread begins, and is no line": And(begins(first_block), first(first_block, first_ident)),
    "it is a program's": Not(of_line(first_block)),
}
"""What a scope says: which blocks begin with a thread, with which id and where; its first id is the block's number."""


def begun_so_far(b: BlockState, has_begun: Predicate) -> Named:
    """These blocks hold their first threads, and the others are free."""
    program = And(b.state(n) == a_program, b.pager(n, first_ident))
    its_first = And(ForAll([i], b.ident(n, i) == first(n, i)), Not(b.ident(n, nobody)))
    free = And(b.state(n) == nothing, b.ident(n, nobody), b.pager(n, nobody))
    none = And(b.partner(n, nobody), b.sender(n, nobody), b.server(n, nobody), b.line(n, no_block))
    return {
        "programs' threads that have begun": ForAll([n], Implies(And(has_begun(n), Not(of_line(n))), program)),
        "lines that have begun": ForAll(
            [n], Implies(And(has_begun(n), of_line(n)), And(b.state(n) == a_line, b.pager(n, nobody)))
        ),
        "have their first ids": ForAll([n], Implies(has_begun(n), its_first)),
        "no other blocks hold anything": ForAll([n], Implies(Not(has_begun(n)), free)),
        "nobody waits, has a message, or serves": ForAll(
            [n], And(none, b.window(n) == no_slot, b.message(n) == no_word)
        ),
        "σ₀ counts as given": b.born(sigma0) == marked,
        "the space in each block counts as given": ForAll([n], b.born(b.space(n)) == marked),
        "a space is marked or not": ForAll([p], Or(b.born(p) == marked, b.born(p) == unmarked)),
        "only what begins has begun": ForAll([n], Implies(has_begun(n), begins(n))),
        "all lines are masked": ForAll([n], b.masked(n)),
        **hold_one(b),
    }


class EachBlock:
    """The rule for the loop over the blocks that begin with a thread."""

    def __init__(self, path: Path, blocks: SymbolicBlocks) -> None:
        """It is what the loop runs over."""
        self.path, self.blocks, self.rule = path, blocks, self

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """At first no block has begun; from here on any have."""
        at_first = begun_so_far(self.blocks.state(), lambda _: BoolVal(False))
        self.path.demand_all(AT_FIRST, lambda: at_first)
        self.blocks.become(DURING)
        self.path.assume(begun_so_far(DURING, done))
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """Another block, or all have begun."""
        if self.path.decide(another):
            comes = And(begins(this), Not(done(this)), first(this, this_ident))
            self.path.assume({"a block that comes next": comes})
            yield Numbered({Number: this, Id: this_ident})
        else:
            self.path.assume({"all that begin have begun": ForAll([n], Implies(begins(n), done(n)))})

    def tail(self, values: Values) -> None:
        """One more has begun."""
        now = begun_so_far(self.blocks.state(), lambda n: Or(done(n), n == this))
        self.path.demand_all(KEEPS, lambda: now)
        raise Cut


class _Count:
    """A number of a scope, to be added to another and for nothing else: what was counted, by name."""

    def __init__(self, *counted: str) -> None:
        self.counted = counted

    def __add__(self, other: object) -> "_Count":
        if not isinstance(other, _Count):
            raise ExecutionError("to a number of a scope another one is added, and nothing else")
        return _Count(*self.counted, *other.counted)


def _begin(code: Code, path: Path) -> None:
    blocks = SymbolicBlocks(path)
    numbers, spaces, booted, hardware = object(), object(), _Count("booted"), _Count("hardware")
    scope = SimpleNamespace(
        numbers=numbers,
        spaces=spaces,
        booted=booted,
        hardware=hardware,
        is_hardware=lambda number: Truth(of_line(lift(number, Number)), path),
    )

    def all_free(some: object, more: object) -> Any:
        path.demand(CALLS, lambda: BoolVal(some is numbers and more is spaces))
        blocks.become(FREE)
        return blocks.threads

    def ranges(*counted: object) -> EachBlock:
        every = counted[0].counted if len(counted) == 1 and isinstance(counted[0], _Count) else ()
        if sorted(every) != ["booted", "hardware"]:
            raise ExecutionError("a range that is not that of the blocks that begin")
        return EachBlock(path, blocks)

    def home_of(of: object, number: object) -> Value:
        path.demand(CALLS, lambda: BoolVal(of is scope))
        return Value(home(lift(number, Number)), path)

    names = {"all_free": all_free, "range": ranges, "home_of": home_of}
    result = bind(code.function("begun"), path, names)(scope)
    now = blocks.state()
    path.demand(HAS, lambda: BoolVal(result is blocks.threads))
    path.demand_all(HAS, lambda: {**block_invariants(now), **hold_one(now)})
    state = first_state(now)
    path.demand_all(STARTS, lambda: {**stands_for(now, state), **initial(state)})


FREE = BlockState(
    state=lambda n: nothing,
    ident=lambda n, i: i == nobody,
    space=lambda n: sigma0,
    partner=lambda n, i: i == nobody,
    window=lambda n: no_slot,
    sender=lambda n, i: i == nobody,
    message=lambda n: no_word,
    pager=lambda n, i: i == nobody,
    server=lambda n, i: i == nobody,
    line=lambda n, m: m == no_block,
    born=lambda p: unmarked,
    masked=lambda n: BoolVal(True),
)
"""What columns of equal elements hold, and an interrupt controller after its reset."""


def first_state(b: BlockState) -> System:
    """The theory's state that the blocks stand for, when nothing has happened yet."""
    number, ident = machine.number, machine.ident
    never = BoolVal(False)
    return replace(
        before,
        space=lambda t: b.space(number(ident(t))),
        runs=lambda t: is_there(b, t),
        existed=lambda t: is_there(b, t),
        named=lambda i: And(i != nobody, b.ident(number(i), i)),
        latest=lambda i: And(i != nobody, b.ident(number(i), i)),
        born=lambda p: b.born(p) == marked,
        awaits=lambda t, i: And(is_there(b, t), hears(b, number(ident(t)), i)),
        window=lambda t, x: never,
        got=lambda t, i, w: never,
        pager=lambda t, i: And(is_there(b, t), i != nobody, b.pager(number(ident(t)), i)),
        serves=lambda t, h: never,
        sent=lambda t, u, w: never,
        calls=lambda t, u: never,
    )


PAGES: Named = {"only σ₀ has pages": ForAll([x], Implies(before.live(x), owner(x) == sigma0))}
"""What the start of the address spaces leaves behind (:obl:`initial__is__the_theorys`)."""


@cache
def walked(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the beginning."""
    return tuple(path for path, _ in paths(lambda path: _begin(code, path)))


@cache
def known() -> Named:
    """Return what is assumed of the scope, and of pages."""
    return {**NUMBERS, **THREADS, **SCOPE, **PAGES}


def executed(code: Code = CODE) -> tuple[Any, ...]:
    """Return what is executed here."""
    return (code.function("begun"),)


def _build(what: str) -> Build:
    return lambda dialect, code: conditions_of(walked(code), known(), what, Split.PARTS)


def _whole(dialect: Dialect, code: Code) -> Iterator[Condition]:
    return coverage.conditions(executed(code), map(coverage.CoveringPath, walked(code)), known())


SENTENCES = {
    AT_FIRST: ("at_first", "its loop's invariant holds at first"),
    KEEPS: ("keeps_invariant", "each turn of its loop keeps the invariant"),
    CALLS: ("calls__where_allowed", "as many blocks are made as there are numbers, and as many marks as spaces"),
    INDEX: (INDEX, "fields of blocks are written, and nothing else"),
    HAS: (HAS, "blocks have their invariants"),
    STARTS: (STARTS, "blocks stand for a first state of the theory"),
}


def obligations() -> Iterator[CodeObligation]:
    """The blocks' beginning is the theory's."""
    for what, (verb, sentence) in SENTENCES.items():
        yield CodeObligation(f"threads_start__{verb}", "B.thread", f"at the start {sentence}", _build(what))
    sentence = "every statement and both ways of every branch of the start of threads are executed"
    yield CodeObligation(WHOLE, "B.thread", sentence, _whole)
