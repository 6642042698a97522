"""The channel: who sees what passes, in whose name, and what words and frames others can reach (B.integrity)."""

from collections.abc import Iterator

from z3 import And, Const, Exists, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, Space, System, Word, i, machine, p, t, u, w
from model.signature import Formula
from model.spaces.theory import owner, r, x
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.messages.consent import agreed_now, inside
from proofs.obligations.messages.each import MessageStep, each, one

ident, empty, fault = machine.ident, machine.empty, machine.fault
STRING = "send_string"  # the action that writes to frames of the partner's
secret, keeper = Const("secret", Word), Const("keeper", Space)


def reaches_who_is_meant(step: MessageStep) -> Formula:
    """What arrives, arrives at the partner alone, which waited for the actor, with the actor's name."""
    s, n, c = step.before, step.after, step.called
    new = And(n.got(t, i, w), Not(s.got(t, i, w)))
    meant = And(t == c.other, s.awaits(t, i), i == ident(c.actor), n.sent(c.actor, t, w))
    return ForAll([t, i, w], Implies(new, meant))


def sent_by_itself(step: MessageStep) -> Formula:
    """Whatever is sent is the actor's, to its partner."""
    s, n, c = step.before, step.after, step.called
    new = And(n.sent(t, u, w), Not(s.sent(t, u, w)))
    return ForAll([t, u, w], Implies(new, And(t == c.actor, u == c.other)))


def learns_only_by_agreement(step: MessageStep) -> Formula:
    """A space comes to know a word only by thinking, reading what it can access, or a message it waited for."""
    s, n, c = step.before, step.after, step.called
    told = And(
        s.space(c.other) == p,
        s.awaits(c.other, ident(c.actor)),
        n.sent(c.actor, c.other, w),
        Or(s.has(s.space(c.actor), w), w == empty, w == fault(c.dst)),
    )
    thought = And(p == s.space(c.actor), w == c.word, ForAll([t], Not(s.has(s.space(t), w))))
    readable = Exists([x, r], And(owner(x) == p, s.phys(x, r), s.right(x, machine.to_read), s.contains(r, w)))
    seen = And(p == s.space(c.actor), readable)
    return ForAll([p, w], Implies(And(n.has(p, w), Not(s.has(p, w))), Or(told, thought, seen)))


def writes_only_what_it_can(step: MessageStep) -> Formula:
    """What stands in a frame changes only through a page that the actor may write, and to what it knows."""
    s, n, c = step.before, step.after, step.called
    can = Exists([x], And(owner(x) == s.space(c.actor), s.phys(x, r), s.right(x, machine.to_write)))
    knows = Implies(n.contains(r, w), s.has(s.space(c.actor), w))
    return ForAll([r, w], Implies(n.contains(r, w) != s.contains(r, w), And(can, knows)))


def copies_only_by_consent(step: MessageStep) -> Formula:
    """A string comes only to the page that the partner opened to the actor and may write, and is its message."""
    s, n, c = step.before, step.after, step.called
    buffer = And(agreed_now(step), s.phys(c.dst, r), s.right(c.dst, machine.to_write))
    message = And(n.contains(r, w), w == c.word, n.sent(c.actor, c.other, w), s.has(s.space(c.actor), w))
    return ForAll([r, w], Implies(n.contains(r, w) != s.contains(r, w), And(buffer, message)))


def known_inside(s: System) -> Formula:
    """The secret is known inside only, and no frame with it shows outside."""
    return And(
        s.has(keeper, secret),
        ForAll([p], Implies(s.has(p, secret), inside(p))),
        ForAll([x, r], Implies(And(s.contains(r, secret), s.phys(x, r)), inside(owner(x)))),
    )


def stays_inside(step: MessageStep) -> Formula:
    """The secret stays inside."""
    return known_inside(step.after)


def _discreet(step: MessageStep) -> dict[str, Formula]:
    """What is asked of those inside; nothing is asked of anybody else."""
    s, c = step.before, step.called
    insider = inside(s.space(c.actor))
    passes_out = And(insider, Not(inside(owner(c.dst))), s.phys(c.src, r))
    return {
        "the secret is known inside only": known_inside(s),
        "it is not sent out": Not(And(insider, Not(inside(s.space(c.other))), c.word == secret)),
        "no page with it is sent out": ForAll([r], Implies(passes_out, Not(s.contains(r, secret)))),
        "it is written only where nobody outside sees it": ForAll(
            [x], Implies(And(insider, c.word == secret, s.phys(x, c.frame)), inside(owner(x)))
        ),
        "it is no message of the kernel's": And(secret != empty, ForAll([x], fault(x) != secret)),
    }


def obligations(theory: Theory[System]) -> Iterator[Obligation[System, Call]]:
    """All about the channel."""
    yield from each(
        theory,
        "reaches_who_is_meant",
        "B.ipc",
        "a message reaches one thread, which waited for the sender, and shows the sender's name",
        reaches_who_is_meant,
    )
    yield from each(theory, "sent_by_itself", "B.uid", "nothing is sent in the name of another", sent_by_itself)
    yield from each(
        theory,
        "learns_only_by_agreement",
        "B.integrity",
        "a space learns a word only from a message that it waited for, or from a page that it may read",
        learns_only_by_agreement,
    )
    yield from each(
        theory,
        "writes_only_what_it_can",
        "B.integrity",
        "what stands in a frame changes only by who may write it, and to what that one knows",
        writes_only_what_it_can,
        of=[action for action in theory.actions if action != STRING],
    )
    if STRING in theory.actions:
        yield one(
            theory,
            STRING,
            "copies_only_by_consent",
            "B.integrity",
            "a string comes only to a page that the receiver opened to the sender and may write, and is what was sent",
            copies_only_by_consent,
        )
    yield from each(
        theory,
        "keeps_the_secret",
        "B.integrity",
        "what is known to some spaces alone stays so, as long as they neither send nor show it to others",
        stays_inside,
        _discreet,
        free=(inside, secret, keeper),
    )
