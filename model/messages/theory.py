"""Threads and messages as guarded updates of a few relations, on top of map, grant and flush.

Every message ends in the sender's next wait, for those that it is ``willing`` to hear and with the window that it
``opens``; both empty, it runs on. So call, reply-and-wait and plain send are one action (B.rpc). A sender whose partner
does not wait for it is blocked, which is no step. Interrupts (B.irq) and page faults are messages of the kernel.

What passes a page on is the theory of address spaces itself (:mod:`model.spaces.theory`): the same guards, the same
updates, and only where the receiver's window is open (B.consent).
"""

from collections.abc import Callable
from dataclasses import replace

from z3 import And, BoolVal, ForAll, If, Implies, Or

from model.messages.acting import Guard, Step, blocked, only, program_acts
from model.messages.memory import read, think, write
from model.messages.readings import (
    Afterwards,
    Faults,
    Item,
    MessageReadings,
    Ports,
    Sender,
    Strings,
    Timeouts,
    Waits,
    Window,
)
from model.messages.threads import associate, create, end
from model.messages.vocabulary import Call, System, before, called, i, machine
from model.signature import Formula, Term, choose
from model.spaces import theory as spaces
from model.spaces.dialect import Dialect
from model.spaces.theory import r, x
from model.spaces.vocabulary import Action, Predicate, owner

ident, place, port = machine.ident, machine.place, machine.port


def _no_longer_waits(s: System, m: MessageReadings, thread: Term) -> System:
    """The wait of a thread has ended."""
    closed = replace(s, window=lambda t, x: And(s.window(t, x), t != thread))
    return replace(
        closed if m.afterwards == Afterwards.CLOSED else s,
        awaits=lambda t, i: And(s.awaits(t, i), t != thread),
        calls=lambda t, u: And(s.calls(t, u), t != thread),
    )


def _waits(s: System, m: MessageReadings, thread: Term, willing: Predicate, opens: Predicate) -> System:
    """The thread waits for those, with that window; its message registers are empty."""
    opened = replace(s, window=lambda t, x: If(t == thread, opens(x), s.window(t, x)))
    if m.afterwards == Afterwards.OPEN:
        opened = replace(s, window=lambda t, x: Or(And(t == thread, opens(x)), s.window(t, x)))
    return replace(
        opened,
        awaits=lambda t, i: If(t == thread, willing(i), s.awaits(t, i)),
        got=lambda t, i, w: And(s.got(t, i, w), t != thread),
    )


def _calls(s: System, caller: Term, callee: Term, is_call: Formula) -> System:
    """The caller waits for the callee's answer, if this was a call."""
    return replace(s, calls=lambda t, u: Or(s.calls(t, u), And(t == caller, u == callee, is_call)))


def _delivered(s: System, m: MessageReadings, c: Call, word: Term, name: Term) -> System:
    """The message is in the partner's registers, with the sender's name, and the partner no longer waits."""
    return replace(
        _no_longer_waits(s, m, c.other),
        got=lambda t, i, w: If(t == c.other, And(i == name, w == word), s.got(t, i, w)),
        has=lambda p, w: Or(s.has(p, w), And(p == s.space(c.other), w == word)),
        sent=lambda t, u, w: Or(s.sent(t, u, w), And(t == c.actor, u == c.other, w == word)),
    )


def _next_wait(s: System, c: Call, m: MessageReadings, callee: Predicate | None) -> Guard:
    """The conditions on the wait that the actor begins."""
    guard = {"the window is in the own space": ForAll([x], Implies(c.opens(x), owner(x) == s.space(c.actor)))}
    if m.waits == Waits.ANYBODY_OR_CALLEE:
        sets: list[Predicate] = [lambda i: BoolVal(True), lambda i: BoolVal(False)]
        possible = [ForAll([i], c.willing(i) == one(i)) for one in (*sets, *([callee] if callee else []))]
        guard["it waits for the callee, for anybody or for nobody"] = Or(*possible)
    return guard


def wait(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor waits: for whom it chooses, with the slots into which a page may come."""
    guard = {**program_acts(s, c), **_next_wait(s, c, m, None)}
    return Action("wait", guard, _waits(s, m, c.actor, c.willing, c.opens), c)


def _message(s: System, c: Call, m: MessageReadings) -> Guard:
    """What every message of a program requires (B.ipc)."""
    guard = {
        **program_acts(s, c),
        **_next_wait(s, c, m, only(c.other)),
        "the partner awaits the actor": s.awaits(c.other, ident(c.actor)),
        "the actor knows what it sends": s.has(s.space(c.actor), c.word),
    }
    if m.sender == Sender.BADGE:
        guard["the badge is the actor's to use"] = machine.badges_of(c.actor, c.claimed)
    return guard


def _passed(s: System, c: Call, m: MessageReadings) -> System:
    """The message has passed, and the sender waits for those that it is willing to hear."""
    name = ident(c.actor) if m.sender == Sender.KERNEL else c.claimed
    after = _waits(_delivered(s, m, c, c.word, name), m, c.actor, c.willing, c.opens)
    return _calls(after, c.actor, c.other, ForAll([i], c.willing(i) == only(c.other)(i)))


def send(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """A message passes from the actor to a partner that awaits it."""
    return Action("send", _message(s, c, m), _passed(s, c, m), c)


def _message_with_page(
    name: str,
    how: Callable[[Dialect, System, Call], Step],
    m: MessageReadings,
    dialect: Dialect,
    s: System,
    c: Call,
) -> Step:
    carried = how(dialect, s, c)
    fits = {"the partner opened a window there": s.window(c.other, c.dst)}
    if m.window == Window.IGNORED:
        fits = {"the slot is the partner's": owner(c.dst) == s.space(c.other)}
    if m.ports == Ports.IN_PLACE:
        in_place = ForAll([r], Implies(And(s.phys(c.src, r), port(r)), place(c.src) == place(c.dst)))
        fits["a port keeps its place"] = in_place
    fits |= carried.guard
    guard = {**_message(s, c, m), "the page is the actor's": owner(c.src) == s.space(c.actor)}
    if m.item == Item.REFUSED:
        return Action(name, guard | fits, _passed(carried.after, c, m), c)
    return Action(name, guard, _passed(choose(And(*fits.values()), carried.after, s), c, m), c)


def send_map(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """A message passes, and with it a page is mapped into the partner's window (A.map, B.consent)."""
    return _message_with_page("send_map", spaces.map_, m, dialect, s, c)  # type: ignore[arg-type]


def send_grant(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """A message passes, and with it a page is granted into the partner's window (A.grant, B.consent)."""
    return _message_with_page("send_grant", spaces.grant, m, dialect, s, c)  # type: ignore[arg-type]


def send_string(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """A message passes, and the kernel copies it to a page in the partner's window that the partner may write."""
    to_buffer = {
        "the partner opened a window there": s.window(c.other, c.dst),
        "the partner may write there": s.right(c.dst, machine.to_write),
    }
    if m.strings == Strings.ANYWHERE:
        to_buffer = {"the slot is the partner's": owner(c.dst) == s.space(c.other)}
    guard = {**_message(s, c, m), "the frame shows in it": s.phys(c.dst, c.frame), **to_buffer}
    copied = replace(s, contains=lambda r, w: Or(s.contains(r, w), And(r == c.frame, w == c.word)))
    return Action("send_string", guard, _passed(copied, c, m), c)


def flush(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor flushes a page of its own, and asks nobody (A.flush)."""
    flushed = spaces.flush(dialect, s, c)
    guard = {**program_acts(s, c), "the page is the actor's": owner(c.src) == s.space(c.actor), **flushed.guard}
    after: System = flushed.after  # type: ignore[assignment]
    return Action("flush", guard, after, c)


def timeout(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The kernel ends a wait without a message."""
    return Action("timeout", {"it waits": blocked(s, c.other)}, _no_longer_waits(s, m, c.other), c)


def interrupt(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The empty message of a hardware thread to the thread that serves it (B.irq)."""
    guard = {
        "hardware acts": machine.hardware(c.actor),
        "the partner serves it": s.serves(c.other, c.actor),
        "the partner awaits the actor": s.awaits(c.other, ident(c.actor)),
    }
    return Action("interrupt", guard, _delivered(s, m, c, machine.empty, ident(c.actor)), c)


def page_fault(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The kernel calls the pager in the actor's name, and opens a window where the page is missing."""
    guard = {
        **program_acts(s, c),
        "the page is the actor's": owner(c.dst) == s.space(c.actor),
        "the partner is its pager": s.pager(c.actor, ident(c.other)),
        "the partner awaits the actor": s.awaits(c.other, ident(c.actor)),
    }

    def window(x: Term) -> Formula:
        return owner(x) == s.space(c.actor) if m.faults == Faults.WHOLE_SPACE else x == c.dst

    after = _delivered(s, m, c, machine.fault(c.dst), ident(c.actor))
    after = _waits(after, m, c.actor, only(c.other), window)
    return Action("page_fault", guard, _calls(after, c.actor, c.other, BoolVal(True)), c)


MAKERS = {
    maker.__name__: maker
    for maker in (
        create,
        end,
        wait,
        send,
        send_map,
        send_grant,
        flush,
        timeout,
        interrupt,
        page_fault,
        associate,
        read,
        write,
        think,
        send_string,
    )
}
BY_KERNEL = ("timeout", "interrupt", "page_fault")
"""The actions that no program decides on."""


def offered(action: str, m: MessageReadings) -> bool:
    """Return whether a kernel with these readings has the action."""
    missing = {
        "timeout": m.timeouts == Timeouts.NONE,
        "page_fault": m.faults == Faults.NO_CALL,
        "send_string": m.strings == Strings.NONE,
    }
    return not missing.get(action, False)
