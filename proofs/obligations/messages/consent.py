"""Consent: a page comes into a space only where a thread of it opened a window, to who sends the page (B.consent).

That the destination's owner agrees is no assumption here, as it is where address spaces are looked at alone. It is not
enough to ask whether the kernel's own window was open, since a kernel could open one by itself; so there are three
things to prove: what comes goes through an open window, a window is what its thread opened, and nobody else opens any.
"""

from collections.abc import Iterator

from z3 import And, BoolSort, Exists, ForAll, Function, Implies, Not, Or

from model.messages.acting import only
from model.messages.vocabulary import Call, Space, System, i, machine, t, u
from model.signature import Formula, Term
from model.spaces.theory import a, owner, r, x, y
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.messages.each import MessageStep, each, one
from proofs.terms import is_or_derives

inside = Function("inside", Space, BoolSort())


def spaces_unchanged(one: System, other: System, slot: Term) -> Formula:
    """A slot has the same link, frame, P and rights in both states; its links down are no part of it."""
    return And(
        one.live(slot) == other.live(slot),
        ForAll([y], one.derives(slot, y) == other.derives(slot, y)),
        ForAll([r], And(one.holds(slot, r) == other.holds(slot, r), one.phys(slot, r) == other.phys(slot, r))),
        ForAll([a], one.right(slot, a) == other.right(slot, a)),
    )


def agreed_now(step: MessageStep) -> Formula:
    """The partner waits for the actor, with a window of its own space on the destination."""
    s, c = step.before, step.called
    return And(s.awaits(c.other, machine.ident(c.actor)), s.window(c.other, c.dst), owner(c.dst) == s.space(c.other))


def comes_only_by_consent(step: MessageStep) -> Formula:
    """What a slot gains, it gains through an open window, with a message that the window's thread receives."""
    s, n, c = step.before, step.after, step.called
    gains = Or(
        And(n.live(x), Not(s.live(x))),
        Exists([r], And(n.phys(x, r), Not(s.phys(x, r)))),
        Exists([a], And(n.right(x, a), Not(s.right(x, a)))),
    )
    return ForAll([x], Implies(gains, And(x == c.dst, agreed_now(step), n.sent(c.actor, c.other, c.word))))


def passes_only_own_frames(step: MessageStep) -> Formula:
    """A frame that a slot comes to show was shown by a page of the actor's."""
    s, n, c = step.before, step.after, step.called
    given = And(owner(c.src) == s.space(c.actor), s.phys(c.src, r))
    return ForAll([x, r], Implies(And(n.phys(x, r), Not(s.phys(x, r))), given))


def passes_only_own_rights(step: MessageStep) -> Formula:
    """A right that a slot comes to have, a page of the actor's had, and the actor asked to pass it on."""
    s, n, c = step.before, step.after, step.called
    given = And(owner(c.src) == s.space(c.actor), s.right(c.src, a), c.mask(a))
    return ForAll([x, a], Implies(And(n.right(x, a), Not(s.right(x, a))), given))


def changes_others_only_by_consent(step: MessageStep) -> Formula:
    """A page of another space changes only if it came from the actor's, or where consent is given now."""
    s, n, c = step.before, step.after, step.called
    foreign = owner(x) != s.space(c.actor)
    from_actor = Exists([y], And(s.derives(x, y), owner(y) == s.space(c.actor)))
    by_consent = And(is_or_derives(s, x, c.dst), agreed_now(step))
    return ForAll([x], Implies(And(Not(spaces_unchanged(s, n, x)), foreign), Or(from_actor, by_consent)))


def flushes_only_own(step: MessageStep) -> Formula:
    """What a flush changes came from a page of the actor's."""
    s, n, c = step.before, step.after, step.called
    below = And(owner(c.src) == s.space(c.actor), is_or_derives(s, x, c.src))
    return ForAll([x], Implies(Not(spaces_unchanged(s, n, x)), below))


def opens_what_was_asked(step: MessageStep) -> Formula:
    """The actor's window is what it opened, or where its page is missing; that of who got its message is closed."""
    s, n, c = step.before, step.after, step.called
    new = And(n.window(c.actor, x), Not(s.window(c.actor, x)))
    met = Exists([i], And(s.awaits(c.other, i), Not(n.awaits(c.other, i))))
    begins = Exists([i], And(n.awaits(c.actor, i), Not(s.awaits(c.actor, i))))
    asked = Or(c.opens(x), And(x == c.dst, n.sent(c.actor, c.other, machine.fault(c.dst))))
    return And(
        ForAll([x], Implies(Or(new, And(begins, n.window(c.actor, x))), asked)),
        Implies(met, ForAll([x], Not(n.window(c.other, x)))),
    )


def others_open_nothing(step: MessageStep) -> Formula:
    """A thread comes to wait for somebody, or to have a window, by nobody's doing but its own."""
    s, n, c = step.before, step.after, step.called
    opens = Or(
        Exists([i], And(n.awaits(t, i), Not(s.awaits(t, i)))), Exists([x], And(n.window(t, x), Not(s.window(t, x))))
    )
    return ForAll([t], Implies(opens, t == c.actor))


def faces_inward(s: System) -> Formula:
    """No thread inside has a window open to a thread outside."""
    waits = And(inside(s.space(t)), s.window(t, x), s.awaits(t, machine.ident(u)), s.existed(u))
    return ForAll([t, u, x], Implies(waits, inside(s.space(u))))


def _outsider(step: MessageStep) -> dict[str, Formula]:
    return {
        "the actor is outside": Not(inside(step.before.space(step.called.actor))),
        "no window inside faces outward": faces_inward(step.before),
    }


def chain_unchanged(step: MessageStep) -> Formula:
    """A page that lies inside with all that it came from is as it was."""
    s, n = step.before, step.after
    trusted = And(inside(owner(x)), ForAll([y], Implies(s.derives(x, y), inside(owner(y)))))
    return ForAll([x], Implies(trusted, spaces_unchanged(s, n, x)))


def fault_window(step: MessageStep) -> Formula:
    """The window of a page fault is the page that is missing, for the pager alone."""
    n, c = step.after, step.called
    return And(ForAll([x], n.window(c.actor, x) == (x == c.dst)), ForAll([i], n.awaits(c.actor, i) == only(c.other)(i)))


def obligations(theory: Theory[System]) -> Iterator[Obligation[System, Call]]:
    """All about consent."""
    yield from each(
        theory,
        "maps_only_by_consent",
        "B.consent",
        "a page comes into a slot only through a window that its space opened to the sender, with the sender's message",
        comes_only_by_consent,
    )
    yield from each(
        theory,
        "opens_what_was_asked",
        "B.consent",
        "a thread's window is what it opened for this wait, and closes when its message has come",
        opens_what_was_asked,
    )
    yield from each(
        theory,
        "others_open_nothing",
        "B.consent",
        "nobody but a thread itself makes it wait, or opens a window of it",
        others_open_nothing,
    )
    yield from each(
        theory,
        "passes_only_own_frames",
        "C8",
        "a frame comes only from a page of the space of who sends it",
        passes_only_own_frames,
    )
    yield from each(
        theory,
        "passes_only_own_rights",
        "C9",
        "a right comes only from a page of the space of who sends it, which had it",
        passes_only_own_rights,
    )
    yield from each(
        theory,
        "changes_others_only_by_consent",
        "C10",
        "a page of another space changes only if it came from the actor's space, or by consent given now",
        changes_others_only_by_consent,
    )
    yield from each(
        theory,
        "respects_chain_of_trust",
        "B.independence",
        "pages that lie inside with all that they came from stay, whatever is done outside",
        chain_unchanged,
        _outsider,
        free=(inside,),
    )
    yield one(
        theory, "flush", "changes_only_own", "C7", "a flush changes nothing but what came from it", flushes_only_own
    )
    if "page_fault" in theory.actions:
        yield one(
            theory,
            "page_fault",
            "opens_missing_page",
            "B.consent",
            "a page fault opens a window on the page that is missing, to the pager, and nothing else",
            fault_window,
        )
