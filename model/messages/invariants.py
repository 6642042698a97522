"""The invariants of threads and messages, one line and one name each; and the first states."""

from z3 import And, ForAll, Implies, Not

from model.messages.readings import Lines, MessageReadings
from model.messages.vocabulary import System, h, i, j, machine, p, t, u, v, w
from model.signature import Formula
from model.spaces.invariants import Invariant
from model.spaces.theory import owner, r, x, y
from model.spaces.vocabulary import sigma0

ident, hardware = machine.ident, machine.hardware

_ALL: tuple[Invariant[System], ...] = (
    Invariant(
        "window_own",
        "B.consent",
        "a thread's window is in its own space",
        lambda s: ForAll([t, x], Implies(s.window(t, x), owner(x) == s.space(t))),
    ),
    Invariant(
        "window_runs",
        "B.consent",
        "only a thread that runs has a window",
        lambda s: ForAll([t, x], Implies(s.window(t, x), s.runs(t))),
    ),
    Invariant(
        "awaits_runs",
        "B.ipc",
        "only a thread that runs waits",
        lambda s: ForAll([t, i], Implies(s.awaits(t, i), s.runs(t))),
    ),
    Invariant(
        "got_runs",
        "B.ipc",
        "only a thread that runs has a message in its registers",
        lambda s: ForAll([t, i, w], Implies(s.got(t, i, w), s.runs(t))),
    ),
    Invariant(
        "waits_without_message",
        "B.rpc",
        "a thread that waits has no older message in its registers, so none can be taken for the answer",
        lambda s: ForAll([t, i, j, w], Implies(s.awaits(t, i), Not(s.got(t, j, w)))),
    ),
    Invariant(
        "one_message",
        "B.ipc",
        "the registers of a thread show one message, with one name",
        lambda s: ForAll([t, i, j, w, v], Implies(And(s.got(t, i, w), s.got(t, j, v)), And(i == j, w == v))),
    ),
    Invariant(
        "runs_existed",
        "B.thread",
        "what runs has begun",
        lambda s: ForAll([t], Implies(s.runs(t), s.existed(t))),
    ),
    Invariant(
        "existed_named",
        "B.uid",
        "the id of every thread that has begun counts as given",
        lambda s: ForAll([t], Implies(s.existed(t), s.named(ident(t)))),
    ),
    Invariant(
        "existed_born",
        "B.thread",
        "the space of every thread that has begun counts as given",
        lambda s: ForAll([t], Implies(s.existed(t), s.born(s.space(t)))),
    ),
    Invariant(
        "live_born",
        "B.thread",
        "a space in which no thread has begun has no page, σ₀ apart",
        lambda s: ForAll([x], Implies(s.live(x), s.born(owner(x)))),
    ),
    Invariant(
        "id_unique",
        "B.uid",
        "no two threads have had one id",
        lambda s: ForAll([t, u], Implies(And(s.existed(t), s.existed(u), ident(t) == ident(u)), t == u)),
    ),
    Invariant(
        "runs_unique",
        "B.uid",
        "no two threads that run have one id",
        lambda s: ForAll([t, u], Implies(And(s.runs(t), s.runs(u), ident(t) == ident(u)), t == u)),
    ),
    Invariant(
        "got_named",
        "B.uid",
        "the name that a receiver sees was given to somebody",
        lambda s: ForAll([t, i, w], Implies(s.got(t, i, w), s.named(i))),
    ),
    Invariant(
        "authentic",
        "B.uid",
        "the thread whose name a receiver sees has sent this message to it",
        lambda s: ForAll([t, u, w], Implies(And(s.existed(u), s.got(t, ident(u), w)), s.sent(u, t, w))),
    ),
    Invariant(
        "sent_existed",
        "B.ipc",
        "messages pass between threads that have begun",
        lambda s: ForAll([t, u, w], Implies(s.sent(t, u, w), And(s.existed(t), s.existed(u)))),
    ),
    Invariant(
        "sent_known",
        "B.integrity",
        "who was sent a word is in a space that knows it",
        lambda s: ForAll([t, u, w], Implies(s.sent(t, u, w), s.has(s.space(u), w))),
    ),
    Invariant(
        "calls_awaits",
        "B.rpc",
        "who calls waits for the callee",
        lambda s: ForAll([t, u], Implies(s.calls(t, u), And(s.awaits(t, ident(u)), s.existed(u)))),
    ),
    Invariant(
        "calls_one",
        "B.rpc",
        "who calls waits for nobody but the callee",
        lambda s: ForAll([t, u, i], Implies(And(s.calls(t, u), s.awaits(t, i)), i == ident(u))),
    ),
    Invariant(
        "calls_programs",
        "B.rpc",
        "nobody calls a hardware thread",
        lambda s: ForAll([t, u], Implies(s.calls(t, u), Not(hardware(u)))),
    ),
    Invariant(
        "hardware_exists",
        "B.irq",
        "hardware threads are there from the first",
        lambda s: ForAll([h], Implies(hardware(h), s.existed(h))),
    ),
    Invariant(
        "hardware_waits_not",
        "B.irq",
        "hardware threads wait for nobody",
        lambda s: ForAll([h, i], Implies(hardware(h), Not(s.awaits(h, i)))),
    ),
    Invariant(
        "hardware_is_empty",
        "B.irq",
        "hardware threads send nothing but the empty message",
        lambda s: ForAll([h, t, w], Implies(And(hardware(h), s.sent(h, t, w)), w == machine.empty)),
    ),
    Invariant(
        "served_is_hardware",
        "B.irq",
        "who serves an interrupt runs, and what it serves is hardware",
        lambda s: ForAll([t, h], Implies(s.serves(t, h), And(hardware(h), s.runs(t)))),
    ),
    Invariant(
        "served_by_one",
        "B.irq",
        "an interrupt is served by one thread at most",
        lambda s: ForAll([t, u, h], Implies(And(s.serves(t, h), s.serves(u, h)), t == u)),
    ),
    Invariant(
        "one_pager",
        "B.thread",
        "a thread has one pager at most",
        lambda s: ForAll([t, i, j], Implies(And(s.pager(t, i), s.pager(t, j)), i == j)),
    ),
    Invariant(
        "ports_in_place",
        "B.io",
        "an I/O port shows in one place only, in whatever space",
        lambda s: ForAll(
            [x, y, r],
            Implies(And(s.phys(x, r), s.phys(y, r), machine.port(r)), machine.place(x) == machine.place(y)),
        ),
    ),
)

MESSAGE_INVARIANTS = {invariant.name: invariant for invariant in _ALL}

ASSIGNED: Invariant[System] = Invariant(
    "served_as_assigned",
    "B.irq",
    "an interrupt is served from the space that it was assigned to",
    lambda s: ForAll([t, h, p], Implies(And(s.serves(t, h), machine.lines_of(p, h)), p == s.space(t))),
)
"""What a kernel has that assigns interrupts; it takes the place of nothing."""


def claimed_by(name: str, m: MessageReadings) -> bool:
    """Return whether a kernel with these readings claims the invariant."""
    return {
        "served_as_assigned": m.lines == Lines.ASSIGNED,
    }.get(name, True)


def initial(s: System) -> dict[str, Formula]:
    """Hardware and what was booted run, each in a space of its choice; nobody has said anything, or waits."""
    return {
        "nobody waits": ForAll([t, i], Not(s.awaits(t, i))),
        "no window is open": ForAll([t, x], Not(s.window(t, x))),
        "registers are empty": ForAll([t, i, w], Not(s.got(t, i, w))),
        "nothing was sent": ForAll([t, u, w], Not(s.sent(t, u, w))),
        "nobody calls": ForAll([t, u], Not(s.calls(t, u))),
        "no interrupt is served": ForAll([t, h], Not(s.serves(t, h))),
        "who has begun runs": ForAll([t], s.runs(t) == s.existed(t)),
        "hardware runs": ForAll([h], Implies(hardware(h), s.runs(h))),
        "ids differ": ForAll([t, u], Implies(And(s.runs(t), s.runs(u), ident(t) == ident(u)), t == u)),
        "ids and spaces count as given": ForAll([t], Implies(s.runs(t), And(s.named(ident(t)), s.born(s.space(t))))),
        "ids are the last of their number": ForAll([t], Implies(s.runs(t), s.latest(ident(t)))),
        "σ₀ counts as given": s.born(sigma0),
        "only σ₀ has pages": ForAll([x], Implies(s.live(x), owner(x) == sigma0)),
        "one pager a thread": ForAll([t, i, j], Implies(And(s.pager(t, i), s.pager(t, j)), i == j)),
    }
