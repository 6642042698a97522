"""Operations of the kernel on threads and messages, each with the action of the theory that it stands for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from z3 import And, BoolVal, Const, Exists, Not, Or

from model.messages.vocabulary import Call, Id, Number, Thread, before, called, j, machine
from model.spaces.theory import Formula, Slot, Term
from proofs.execution.contract import Named
from proofs.execution.path import Path
from proofs.execution.values import Value, a_line, anybody, no_block, no_slot, nobody, nothing
from proofs.obligations.threads.executed import CORE, NONE_TAKEN, TAKEN, rights
from proofs.obligations.threads.state import BLOCKS, BlockState, Ident, newer

actor, line = Const("actor's block", Number), Const("line's block", Number)
SERVER = Const("server", Thread)
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
class KernelCall:
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


def _server_known() -> Named:
    """If somebody serves the line, its server's id is that of a thread, there or not."""
    block = number(ident(called.other))
    server = Or(BLOCKS.server(block, nobody), BLOCKS.server(block, ident(SERVER)))
    return {**acts(), "every id is a thread's": server}


def _no_block_free(b: BlockState) -> Formula:
    new = ident(called.other)
    older = Exists([j], And(b.ident(number(new), j), Not(newer(new, j))))
    return Or(b.state(number(new)) != nothing, older)


def _serves_another(b: BlockState) -> Formula:
    return Not(b.line(actor, no_block))


OPERATIONS: Mapping[str, KernelCall] = MappingProxyType(
    {
        each.name: each
        for each in (
            KernelCall(
                "create",
                "create",
                "B.uid",
                lambda p: (_block(p), _other(p), Value(called.into, p), Ident(called.paged_by, p)),
                _begins,
                _no_block_free,
            ),
            KernelCall("end", "end", "B.thread", lambda p: (_block(p), _other(p)), acts),
            KernelCall("wait", "wait", "B.ipc", lambda p: (_block(p), *_then(p)), acts),
            KernelCall("send", "send", "B.ipc", lambda p: (*_message(p), *_then(p)), says),
            KernelCall("send_map", "send_map", "B.consent", _with_page, says),
            KernelCall("send_grant", "send_grant", "B.consent", _with_page, says),
            KernelCall(
                "flush",
                "flush",
                "A.flush",
                lambda p: (_block(p), Value(called.src, p), rights(p, called)),
                lambda: {**acts(), **_slots()},
            ),
            KernelCall(
                "associate",
                "associate",
                "B.irq",
                lambda p: (_block(p), _other(p)),
                _server_known,
                _serves_another,
            ),
            KernelCall("timeout", "timeout", "B.ipc", lambda p: (_other(p),), nothing_owed),
            KernelCall(
                "interrupt",
                "interrupt",
                "B.irq",
                lambda p: (Value(line, p),),
                _is_line,
                names=lambda b: b.server(line, ident(called.other)),
            ),
            KernelCall(
                "take_interrupt",
                "interrupt",
                "B.irq",
                lambda p: (CORE,),
                _taken,
                lambda b: NONE_TAKEN,
                lambda b: b.server(TAKEN, ident(called.other)),
            ),
            KernelCall(
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

HOMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "create": ("create", "forget", "is_newer", "block_of"),
        "end": ("end",),
        "wait": ("wait", "is_acting", "is_own_window", "start_waiting", "awaits"),
        "send": ("send", "passes", "is_heard", "complete", "deliver", "stop_waiting"),
        "send_map": ("send_map", "accepts"),
        "send_grant": ("send_grant",),
        "flush": ("flush",),
        "associate": ("associate",),
        "timeout": ("timeout",),
        "interrupt": ("interrupt", "server_of"),
        "take_interrupt": ("take_interrupt",),
        "page_fault": ("page_fault",),
    }
)
"""Of which methods each operation executes every statement and branch."""

WITH_PAGE = ("send_map", "send_grant")
CALLING = ("take_interrupt", "wait", "send", "send_map", "send_grant", "flush", "page_fault")
TAKING = ("take_interrupt",)
"""Operations that pass a page on; that call pages or the controller; and that take a line from it."""
