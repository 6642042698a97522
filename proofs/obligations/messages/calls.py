"""Remote procedure calls made of messages (B.rpc): the answer that a caller sees is the callee's, to this call.

A call is a message whose sender then waits for the callee alone. From then on, until the wait ends:

- its registers are empty (``waits_without_message``), so what it finds there later came after the call;
- it hears nobody but the callee (``calls_one``), so what comes is the callee's;
- the callee had the call's message when the call began, so its answer follows that message.

A wait that ends without a message leaves the registers empty: a caller sees that there was no answer. If the caller
then calls again before the callee has answered, the callee has heard two calls; which of them it answers is its own
affair, since to the kernel an answer is a message like any other.
"""

from collections.abc import Iterator

from z3 import And, ForAll, Implies, Not, Or

from model.messages.acting import only
from model.messages.vocabulary import Call, System, i, machine, t, u, w
from model.signature import Formula
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.messages.each import MessageStep, each

ident = machine.ident


def answered_by_callee(step: MessageStep) -> Formula:
    """What comes into a caller's registers is sent by the callee now, and shows its name."""
    s, n, c = step.before, step.after, step.called
    new = And(s.calls(t, u), n.got(t, i, w), Not(s.got(t, i, w)))
    return ForAll([t, u, i, w], Implies(new, And(c.actor == u, i == ident(u), n.sent(u, t, w))))


def begins_with_its_message(step: MessageStep) -> Formula:
    """When a call begins, the callee has its message and the caller waits for the callee alone, its registers empty."""
    s, n, c = step.before, step.after, step.called
    new = And(n.calls(t, u), Not(s.calls(t, u)))
    heard = Or(n.got(u, ident(t), c.word), n.got(u, ident(t), machine.fault(c.dst)))
    waits = And(ForAll([i], n.awaits(t, i) == only(u)(i)), ForAll([i, w], Not(n.got(t, i, w))))
    return ForAll([t, u], Implies(new, And(t == c.actor, u == c.other, heard, waits)))


def ends_as_it_should(step: MessageStep) -> Formula:
    """A call ends with the callee's answer, or empty-handed by a timeout, or with its thread."""
    s, n, c = step.before, step.after, step.called
    ended = And(s.calls(t, u), Not(n.calls(t, u)))
    answered = And(c.actor == u, c.other == t, n.sent(u, t, c.word), n.got(t, ident(u), c.word))
    faulted = And(c.actor == u, c.other == t, n.got(t, ident(u), machine.fault(c.dst)))
    empty = And(t == c.other, ForAll([i], Not(n.awaits(t, i))), ForAll([i, w], Not(n.got(t, i, w))))
    return ForAll([t, u], Implies(ended, Or(answered, faulted, empty)))


def not_empty_handed(step: MessageStep) -> Formula:
    """A caller that goes on running without an answer was released by a timeout, so not by this step."""
    s, n = step.before, step.after
    ended = And(s.calls(t, u), Not(n.calls(t, u)), n.runs(t))
    return ForAll([t, u], Implies(ended, Not(ForAll([i, w], Not(n.got(t, i, w))))))


def obligations(theory: Theory[System]) -> Iterator[Obligation[System, Call]]:
    """All about calls."""
    yield from each(
        theory,
        "answers_only_by_callee",
        "B.rpc",
        "the answer that a caller sees is the callee's, and nobody else can answer",
        answered_by_callee,
    )
    yield from each(
        theory,
        "begins_call_with_message",
        "B.rpc",
        "when a call begins the callee has its message, so an answer comes after the call was heard",
        begins_with_its_message,
    )
    yield from each(
        theory,
        "ends_call_as_it_should",
        "B.rpc",
        "a call ends with the callee's answer, without any by a timeout, or with the caller",
        ends_as_it_should,
    )
    yield from each(
        theory,
        "never_ends_call_empty",
        "B.rpc",
        "nothing but a timeout lets a caller run on without an answer",
        not_empty_handed,
        of=tuple(name for name in theory.actions if name != "timeout"),
    )
