"""Threads: their space, their id, who ends them, the interrupts that they serve, and where I/O ports lie."""

from collections.abc import Iterator

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, System, h, i, machine, t, u, w
from model.signature import Formula
from model.spaces.theory import r, x
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.messages.each import MessageStep, each

ident = machine.ident


def stays_in_its_space(step: MessageStep) -> Formula:
    """σ(τ) of a thread that has begun is as it was."""
    s, n = step.before, step.after
    return ForAll([t], Implies(s.existed(t), n.space(t) == s.space(t)))


def begins_where_it_may(step: MessageStep) -> Formula:
    """A thread begins in the space of who begins it, or in one that nobody has had."""
    s, n, c = step.before, step.after, step.called
    begins = And(n.runs(t), Not(s.runs(t)))
    return ForAll([t], Implies(begins, Or(n.space(t) == s.space(c.actor), Not(s.born(n.space(t))))))


def never_again(step: MessageStep) -> Formula:
    """A thread that has ended does not run again, and nobody that runs has its id."""
    s, n = step.before, step.after
    gone = And(s.existed(t), Not(s.runs(t)))
    return ForAll([t, u], Implies(gone, And(Not(n.runs(t)), Not(And(n.runs(u), ident(u) == ident(t))))))


def ends_only_own(step: MessageStep) -> Formula:
    """A thread ends by nobody's doing but that of its space."""
    s, n, c = step.before, step.after, step.called
    ends = And(s.runs(t), Not(n.runs(t)))
    return ForAll([t], Implies(ends, s.space(t) == s.space(c.actor)))


def leaves_nothing(step: MessageStep) -> Formula:
    """A thread that does not run waits for nobody, has no window, no message and serves no interrupt."""
    n = step.after
    nothing = [
        ForAll([i], And(Not(n.awaits(t, i)), Not(n.pager(t, i)))),
        ForAll([x], Not(n.window(t, x))),
        ForAll([i, w], Not(n.got(t, i, w))),
        ForAll([h], Not(n.serves(t, h))),
        ForAll([u], Not(n.calls(t, u))),
    ]
    return ForAll([t], Implies(And(step.before.runs(t), Not(n.runs(t))), And(*nothing)))


def leaves_third_alone(step: MessageStep) -> Formula:
    """A thread that is neither the actor nor its partner is as it was."""
    s, n, c = step.before, step.after, step.called
    same = And(
        s.runs(t) == n.runs(t),
        s.space(t) == n.space(t),
        ForAll([i], And(s.awaits(t, i) == n.awaits(t, i), s.pager(t, i) == n.pager(t, i))),
        ForAll([x], s.window(t, x) == n.window(t, x)),
        ForAll([i, w], s.got(t, i, w) == n.got(t, i, w)),
        ForAll([h], s.serves(t, h) == n.serves(t, h)),
        ForAll([u], s.calls(t, u) == n.calls(t, u)),
    )
    return ForAll([t], Implies(And(t != c.actor, t != c.other), same))


def interrupts_who_serves(step: MessageStep) -> Formula:
    """What hardware sends is the empty message, to the thread that serves it."""
    s, n = step.before, step.after
    new = And(machine.hardware(h), n.sent(h, t, w), Not(s.sent(h, t, w)))
    return ForAll([h, t, w], Implies(new, And(s.serves(t, h), w == machine.empty)))


def takes_only_free_lines(step: MessageStep) -> Formula:
    """Who comes to serve an interrupt asks for it itself, and nobody served it."""
    s, n, c = step.before, step.after, step.called
    new = And(n.serves(t, h), Not(s.serves(t, h)))
    return ForAll([t, h], Implies(new, And(t == c.actor, ForAll([u], Not(s.serves(u, h))))))


def ports_keep_their_place(step: MessageStep) -> Formula:
    """A slot comes to show a port only in the place where the port showed before."""
    s, n, c = step.before, step.after, step.called
    new = And(machine.port(r), n.phys(x, r), Not(s.phys(x, r)))
    return ForAll([x, r], Implies(new, machine.place(x) == machine.place(c.src)))


def obligations(theory: Theory[System]) -> Iterator[Obligation[System, Call]]:
    """All about threads, interrupts and ports."""
    for name, claim, sentence, goal in (
        ("keeps_spaces_of_threads", "B.thread", "a thread stays in the space that it began in", stays_in_its_space),
        (
            "begins_where_it_may",
            "B.thread",
            "a thread begins in the space of who begins it, or in a space that nobody has had",
            begins_where_it_may,
        ),
        ("never_gives_again", "B.uid", "a thread that has ended never runs again, nor does its id", never_again),
        ("ends_only_own", "B.independence", "a thread is ended by its own space only", ends_only_own),
        ("leaves_nothing_of_ended", "B.thread", "nothing is left of a thread that has ended", leaves_nothing),
        (
            "leaves_third_threads_alone",
            "B.independence",
            "threads other than the actor and its partner are as they were",
            leaves_third_alone,
        ),
        (
            "interrupts_only_who_serves",
            "B.irq",
            "hardware sends the empty message to who serves it, and nothing to anybody else",
            interrupts_who_serves,
        ),
        (
            "serves_only_free_interrupts",
            "B.irq",
            "a thread comes to serve an interrupt by its own request, and only if nobody serves it",
            takes_only_free_lines,
        ),
        ("keeps_ports_in_place", "B.io", "an I/O port is mapped to its own place only, v = v′", ports_keep_their_place),
    ):
        yield from each(theory, name, claim, sentence, goal)
