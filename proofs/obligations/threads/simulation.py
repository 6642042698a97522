"""Forward simulation: what the kernel does for threads and messages is what the theory's actions do (B.ipc).

The methods of :class:`refinement.messages.kernel.MessageKernel` are executed as they are, on any blocks that stand for
a state of the theory. Done, an operation is the theory's action in the canonical reading, possible then, and the blocks
stand for the state after it; refused, it has changed nothing, and the theory refuses it too, or there is an excuse.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import FunctionType, MappingProxyType
from typing import Any

from z3 import And, BoolVal, Const, Exists, Not, Or

from model.messages.readings import MessageReadings
from model.messages.theories import MESSAGES
from model.messages.theory import MAKERS
from model.messages.vocabulary import Call, Id, Number, System, before, called, j, machine
from model.spaces.dialect import Dialect
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import Formula, Slot, Term
from proofs.execution import coverage
from proofs.execution.contract import CALLS, Named
from proofs.execution.path import Path, conjunction, paths
from proofs.execution.values import Value, a_line, anybody, no_block, no_slot, nobody, nothing
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads.executed import NONE_TAKEN, ORDER, TAKEN, Executed, rights
from proofs.obligations.threads.standing_for import same_spaces, stands_for
from proofs.obligations.threads.state import (
    BLOCKS,
    INDEX,
    NUMBERS,
    THREADS,
    BlockState,
    Ident,
    block_invariants,
    hold_one,
    newer,
)
from refinement.messages.kernel import MessageKernel

SIMULATES, REFUSES, ENDS, KEEPS = "simulates", "refuses", "ends__in_one_way", "keeps__invariants"
READINGS = MessageReadings()

actor, line = Const("actor's block", Number), Const("line's block", Number)
partner = Const("partner", Id)
window = Const("window asked for", Slot)
CALL: Call = replace(
    called,
    willing=lambda i: And(partner != nobody, Or(partner == anybody, partner == i)),
    opens=lambda x: And(window != no_slot, x == window),
)
"""What the theory's actions are called with: for whom and where a thread waits is what the kernel was told."""

ident, number = machine.ident, machine.number


@dataclass(frozen=True, slots=True)
class Operation:
    """A method, and what of the theory it stands for.

    :param arguments: what it is called with, on a path.
    :param owes: what its caller owes, beside that slots are slots and ids ids.
    :param excuse: when it may refuse though the theory does not, of the blocks before.
    :param names: what the theory's partner is, where the kernel looks it up: every id is a thread's.
    """

    name: str
    action: str
    claim: str
    arguments: Callable[[Path], tuple[Any, ...]]
    owes: Callable[[], Named]
    excuse: Callable[[BlockState], Formula] = lambda b: BoolVal(False)
    names: Callable[[BlockState], Formula] | None = None


def _block(path: Path) -> Value:
    return Value(actor, path)


def _other(path: Path) -> Ident:
    return Ident(ident(called.other), path)


def _then(path: Path) -> tuple[Value, Value]:
    return Ident(partner, path), Value(window, path)


def _message(path: Path) -> tuple[Value, ...]:
    return _block(path), _other(path), Value(called.word, path)


def _with_page(path: Path) -> tuple[Any, ...]:
    page = Value(called.src, path), Value(called.dst, path), rights(path, called)
    return (*_message(path), *page, *_then(path))


def _in_block(block: Term, thread: Term) -> Formula:
    return And(block != no_block, number(ident(thread)) == block, BLOCKS.ident(block, ident(thread)))


def acts() -> Named:
    """Who calls the kernel is a program's thread, in its block."""
    return {"the caller's block has the caller's id": _in_block(actor, called.actor)}


def _slots() -> Named:
    return {"source and destination are slots": And(called.src != no_slot, called.dst != no_slot)}


def says() -> Named:
    """A program sends what it knows: what it puts into registers it has from somewhere."""
    known = before.has(before.space(called.actor), called.word)
    return {**acts(), **_slots(), "a program sends what it knows": known}


def _begins() -> Named:
    return {**acts(), "a pager is named": called.paged_by != nobody}


def _is_line() -> Named:
    return {"it is a line's block": And(_in_block(line, called.actor), BLOCKS.state(line) == a_line)}


def nothing_owed() -> Named:
    """Who calls owes nothing."""
    return {}


def _taken() -> Named:
    return {"a line that is taken is a thread's": _in_block(TAKEN, called.actor)}


def _no_block_free(b: BlockState) -> Formula:
    new = ident(called.other)
    older = Exists([j], And(b.ident(number(new), j), Not(newer(new, j))))
    return Or(b.state(number(new)) != nothing, older)


def _serves_another(b: BlockState) -> Formula:
    return Not(b.line(actor, no_block))


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        each.name: each
        for each in (
            Operation(
                "create",
                "create",
                "B.uid",
                lambda p: (_block(p), _other(p), Value(called.into, p), Ident(called.paged_by, p)),
                _begins,
                _no_block_free,
            ),
            Operation("end", "end", "B.thread", lambda p: (_block(p), _other(p)), acts),
            Operation("wait", "wait", "B.ipc", lambda p: (_block(p), *_then(p)), acts),
            Operation("send", "send", "B.ipc", lambda p: (*_message(p), *_then(p)), says),
            Operation("send_map", "send_map", "B.consent", _with_page, says),
            Operation("send_grant", "send_grant", "B.consent", _with_page, says),
            Operation(
                "flush",
                "flush",
                "A.flush",
                lambda p: (_block(p), Value(called.src, p), rights(p, called)),
                lambda: {**acts(), **_slots()},
            ),
            Operation(
                "associate",
                "associate",
                "B.irq",
                lambda p: (_block(p), _other(p)),
                acts,
                _serves_another,
            ),
            Operation("timeout", "timeout", "B.ipc", lambda p: (_other(p),), nothing_owed),
            Operation(
                "interrupt",
                "interrupt",
                "B.irq",
                lambda p: (Value(line, p),),
                _is_line,
                names=lambda b: b.server(line, ident(called.other)),
            ),
            Operation(
                "take_interrupt",
                "interrupt",
                "B.irq",
                lambda p: (object(),),
                _taken,
                lambda b: NONE_TAKEN,
                lambda b: b.server(TAKEN, ident(called.other)),
            ),
            Operation(
                "page_fault",
                "page_fault",
                "B.rpc",
                lambda p: (_block(p), Value(called.dst, p)),
                lambda: {**acts(), **_slots()},
                names=lambda b: b.pager(actor, ident(called.other)),
            ),
        )
    }
)
"""Each method that stands for an action of the theory."""


@cache
def known() -> Named:
    """What holds before every operation: of numbers and threads, the invariants of theory and blocks, and their tie."""
    invariants = {
        name: invariant.formula(before)
        for name, invariant in MESSAGES.invariants.items()
        if not invariant.names_some_frame
    }
    return {
        **NUMBERS,
        **THREADS,
        **invariants,
        **hold_one(BLOCKS),
        **block_invariants(BLOCKS),
        **stands_for(BLOCKS, before),
    }


@dataclass(frozen=True, slots=True)
class Run:
    """An operation to be executed."""

    name: str
    dialect: Dialect
    code: Code = CODE

    @property
    def operation(self) -> Operation:
        """What it is."""
        return OPERATIONS[self.name]


def _execute(run: Run, path: Path) -> None:
    operation = run.operation
    path.learn(operation.owes())
    on_terms = Executed(path, run.dialect, run.code)
    result = getattr(on_terms.kernel, operation.name)(*operation.arguments(path))
    on_terms.check_memory()
    now, spaces, shortages = on_terms.blocks.state(), on_terms.pages.state, tuple(on_terms.pages.shortages)
    done, refused = (type(result) is int and result == status for status in (DONE, REFUSED))
    path.demand(ENDS, lambda: BoolVal(done or refused))
    path.demand_all(KEEPS, lambda: block_invariants(now))
    act = MAKERS[operation.action](READINGS, run.dialect, before, CALL)
    guard = conjunction(act.guard.values())
    if done:
        if operation.names is not None:
            path.assume({"every id is a thread's": operation.names(BLOCKS)})
        after: System = act.after
        path.demand(SIMULATES, lambda: And(guard, _all(stands_for(now, after)), same_spaces(spaces, after)))
    elif refused:
        excused = Or(Not(guard), operation.excuse(BLOCKS), *shortages)
        path.demand(REFUSES, lambda: And(excused, _all(stands_for(now, before)), same_spaces(spaces, before)))


def _all(formulas: Named) -> Formula:
    return conjunction(formulas.values())


@cache
def walked(run: Run) -> tuple[Path, ...]:
    """All paths through an operation."""
    return tuple(path for path, _ in paths(lambda path: _execute(run, path)))


def conditions(run: Run, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the operation."""
    split = Split.PARTS if what in (SIMULATES, KEEPS) else Split.NOT
    return conditions_of(walked(run), {**known(), **run.operation.owes()}, what, split)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(Run(name, dialect, code), what)


SENTENCES = {
    SIMULATES: "done by the kernel, {0} is the theory's {2} in the canonical reading, which is possible then",
    REFUSES: "refused by the kernel, {0} changes nothing, and the theory refuses it too, or {1}",
    ENDS: "{0} ends done or refused, and in no other way",
    KEEPS: "{0} keeps the invariants of thread control blocks and of the controller's masks",
    CALLS: "{0} calls map, grant, flush and the controller where it may",
    INDEX: "{0} reads and writes fields of blocks only",
    ORDER: "{0} passes the page on before any block is changed: the mapping stands when the receiver runs",
}
EXCUSES = {
    "create": "its block is taken or the id no newer than the last one there",
    "associate": "the thread serves another interrupt",
    "take_interrupt": "no line interrupts the core",
    "send_map": "no table is free",
    "send_grant": "no table is free",
}


WHOLE = "threads__is__executed_whole"


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """What is executed here: every method but the one that makes the kernel."""
    names = (name for name, value in vars(MessageKernel).items() if isinstance(value, FunctionType))
    return tuple(getattr(code.messages, name) for name in names if name != "__init__")


def _build_whole(dialect: Dialect, code: Code) -> Iterator[Condition]:
    runs = (
        coverage.CoveringPath(path, operation.owes())
        for name, operation in OPERATIONS.items()
        for path in walked(Run(name, dialect, code))
    )
    yield from coverage.conditions(executed(code), runs, known())


def obligations() -> Iterator[CodeObligation]:
    """For each operation, what is demanded of it."""
    verbs = {REFUSES: "refuses__with_the_theory", CALLS: "calls__where_allowed"}
    for name, operation in OPERATIONS.items():
        for what, sentence in SENTENCES.items():
            if (what == CALLS and name not in CALLING) or (what == ORDER and name not in WITH_PAGE):
                continue
            verb = f"simulates__{operation.action}" if what == SIMULATES else verbs.get(what, what)
            said = sentence.format(name, EXCUSES.get(name, "nothing else excuses it"), operation.action)
            yield CodeObligation(f"threads_{name}__{verb}", operation.claim, said, _build(name, what))
    sentence = "every statement and every way of every branch of the kernel's threads and messages is executed"
    yield CodeObligation(WHOLE, "B.ipc", sentence, _build_whole)


WITH_PAGE = ("send_map", "send_grant")
CALLING = ("take_interrupt", "wait", "send", "send_map", "send_grant", "flush", "page_fault")
"""Operations that call pages or the controller."""
