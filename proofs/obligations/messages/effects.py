"""Each action can happen, and does what it is for.

That it does is proved of every step. That it can happen is shown by a run from a first state that ends in it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from z3 import And, BoolVal, Exists, ForAll, Implies, Not

from model.messages.acting import only
from model.messages.readings import Item, MessageReadings, Ports, Sender
from model.messages.vocabulary import Call, System, i, machine, t, w
from model.signature import Formula, Term
from model.spaces import theory as spaces
from model.spaces.theory import a, owner, r, x
from model.theory import Theory
from proofs.applies import grants_narrowed, intersects_and_replaces
from proofs.obligation import Obligation, something_is_done
from proofs.obligations.messages.each import Assumes, MessageStep, one

ident = machine.ident


def _waits_as_asked(step: MessageStep) -> Formula:
    n, c = step.after, step.called
    return And(
        ForAll([i], n.awaits(c.actor, i) == c.willing(i)),
        ForAll([x], n.window(c.actor, x) == c.opens(x)),
        ForAll([i, w], Not(n.got(c.actor, i, w))),
    )


def _arrives(step: MessageStep, word: Term, name: Term) -> Formula:
    """The message is in the partner's registers, its space knows it, and it runs on."""
    n, c = step.after, step.called
    return And(n.got(c.other, name, word), n.has(n.space(c.other), word), ForAll([i], Not(n.awaits(c.other, i))))


def _message_passes(m: MessageReadings) -> Callable[[MessageStep], Formula]:
    def goal(step: MessageStep) -> Formula:
        c = step.called
        name = ident(c.actor) if m.sender == Sender.KERNEL else c.claimed
        return And(_arrives(step, c.word, name), _waits_as_asked(step))

    return goal


def _page_mapped(step: MessageStep) -> Formula:
    s, n, c = step.before, step.after, step.called
    return And(
        n.derives(c.dst, c.src),
        ForAll([r], n.phys(c.dst, r) == s.phys(c.src, r)),
        ForAll([a], n.right(c.dst, a) == And(s.right(c.src, a), c.mask(a))),
        n.live(c.src),
    )


def _page_granted(step: MessageStep) -> Formula:
    s, n, c = step.before, step.after, step.called
    return And(
        ForAll([r], n.phys(c.dst, r) == s.phys(c.src, r)),
        ForAll([a], n.right(c.dst, a) == And(s.right(c.src, a), c.mask(a))),
        Not(n.live(c.src)),
    )


def _accepted(m: MessageReadings, how: Callable[..., object]) -> Assumes:
    """Say that something is done at all, and where a page that does not fit is left out, that it fits."""

    def assumes(step: MessageStep) -> dict[str, Formula]:
        done = something_is_done(step)
        if m.item == Item.REFUSED:
            return done
        s, c = step.before, step.called
        in_place = ForAll(
            [r], Implies(And(s.phys(c.src, r), machine.port(r)), machine.place(c.src) == machine.place(c.dst))
        )
        fits = {
            "the window is open": And(s.window(c.other, c.dst), owner(c.dst) == s.space(c.other)),
            "a port keeps its place": in_place if m.ports == Ports.IN_PLACE else BoolVal(True),
        }
        guard: dict[str, Formula] = how(step.dialect, s, c).guard  # type: ignore[attr-defined]
        return done | fits | guard

    return assumes


def _begins(step: MessageStep) -> Formula:
    n, c = step.after, step.called
    new = And(n.runs(c.other), n.space(c.other) == c.into, n.named(ident(c.other)), n.born(c.into))
    return And(new, ForAll([i], n.pager(c.other, i) == (i == c.paged_by)), ForAll([i], Not(n.awaits(c.other, i))))


def _ends(step: MessageStep) -> Formula:
    return And(Not(step.after.runs(step.called.other)), step.after.named(ident(step.called.other)))


def _takes_back(step: MessageStep) -> Formula:
    """With all rights: nothing derives from the page any more, and the page stays."""
    s, n, c = step.before, step.after, step.called
    every = ForAll([a], c.mask(a))
    gone = ForAll([x], Implies(s.derives(x, c.src), Not(n.live(x))))
    return And(Implies(every, gone), n.live(c.src) == s.live(c.src))


def _gives_up(step: MessageStep) -> Formula:
    n, c = step.after, step.called
    return And(ForAll([i], Not(n.awaits(c.other, i))), ForAll([i, w], Not(n.got(c.other, i, w))))


def _interrupts(step: MessageStep) -> Formula:
    return _arrives(step, machine.empty, ident(step.called.actor))


def _asks_pager(m: MessageReadings) -> Callable[[MessageStep], Formula]:
    def goal(step: MessageStep) -> Formula:
        n, c = step.after, step.called
        missing = And(n.window(c.actor, c.dst), n.calls(c.actor, c.other))
        waits = ForAll([i], n.awaits(c.actor, i) == only(c.other)(i))
        return And(_arrives(step, machine.fault(c.dst), ident(c.actor)), missing, waits)

    return goal


def _serves(step: MessageStep) -> Formula:
    n, c = step.after, step.called
    return ForAll([t], n.serves(t, c.other) == (t == c.actor))


def _reads(step: MessageStep) -> Formula:
    s, n, c = step.before, step.after, step.called
    return ForAll([w], Implies(s.contains(c.frame, w), n.has(s.space(c.actor), w)))


def _writes(step: MessageStep) -> Formula:
    return step.after.contains(step.called.frame, step.called.word)


def _knows(step: MessageStep) -> Formula:
    return step.after.has(step.before.space(step.called.actor), step.called.word)


def _about(m: MessageReadings) -> Mapping[str, tuple[str, str, Callable[[MessageStep], Formula]]]:
    """For each action its clause, what it is for, and the formula that says so."""
    passes = _message_passes(m)
    return {
        "create": ("B.thread", "the new thread runs in its space, with its pager", _begins),
        "end": ("B.thread", "the thread runs no more, and its id stays given", _ends),
        "wait": ("B.ipc", "the actor waits for whom it chose, with the window that it chose", _waits_as_asked),
        "send": ("B.ipc", "the partner has the message with the sender's name and runs on; the sender waits", passes),
        "send_map": (
            "B.consent",
            "the message passes, and the window shows the page with the rights passed on",
            lambda step: And(passes(step), _page_mapped(step)),
        ),
        "send_grant": (
            "B.consent",
            "the message passes, and the page has moved into the window",
            lambda step: And(passes(step), _page_granted(step)),
        ),
        "send_string": (
            "B.integrity",
            "the message passes, and stands where the receiver expects it",
            lambda step: And(passes(step), _writes(step)),
        ),
        "flush": ("B.consent", "all that came from the page is gone, and the page stays", _takes_back),
        "timeout": ("B.ipc", "the thread waits no longer, and its registers are empty", _gives_up),
        "interrupt": ("B.irq", "who serves the interrupt has its empty message, and runs on", _interrupts),
        "page_fault": (
            "B.rpc",
            "the pager has the fault's message, and the thread waits for it",
            _asks_pager(m),
        ),
        "associate": ("B.irq", "the actor serves the interrupt, and nobody else", _serves),
        "read": ("B.integrity", "the actor knows what stands in the frame", _reads),
        "write": ("B.integrity", "the word stands in the frame", _writes),
        "think": ("B.integrity", "the actor knows the word", _knows),
    }


SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "create": ("create",),
    "end": ("end",),
    "wait": ("wait",),
    "send": ("wait", "send"),
    "send_map": ("wait", "send_map"),
    "send_grant": ("wait", "send_grant"),
    "send_string": ("wait", "send_string"),
    "flush": ("wait", "send_map", "flush"),
    "timeout": ("wait", "timeout"),
    "interrupt": ("associate", "wait", "interrupt"),
    "page_fault": ("wait", "page_fault"),
    "associate": ("associate",),
    "read": ("read",),
    "write": ("write",),
    "think": ("think",),
}
"""For each action how it comes about from a first state, itself at the end."""


def _happens(action: str, goal: Callable[[MessageStep], Formula]) -> Callable[[MessageStep], Formula]:
    """The action does its work, and of what it is to change something does change."""

    def shown(step: MessageStep) -> Formula:
        s, n, c = step.before, step.after, step.called
        changes = {
            "send_map": And(n.live(c.dst), Not(s.live(c.dst)), s.space(c.actor) != s.space(c.other)),
            "send_grant": And(n.live(c.dst), Not(s.live(c.dst)), s.space(c.actor) != s.space(c.other)),
            "flush": Exists([x], And(s.live(x), Not(n.live(x)), owner(x) != s.space(c.actor))),
            "page_fault": And(Not(s.live(c.dst)), s.space(c.actor) != s.space(c.other)),
            "read": And(s.contains(c.frame, c.word), Not(s.has(s.space(c.actor), c.word))),
            "write": Not(s.contains(c.frame, c.word)),
            "send_string": And(Not(s.contains(c.frame, c.word)), s.space(c.actor) != s.space(c.other)),
        }
        return And(goal(step), changes.get(action, BoolVal(True)))

    return shown


def possible(theory: Theory[System], m: MessageReadings) -> Iterator[Obligation[System, Call]]:
    """Each action can happen: some run from a first state ends in it, and it does its work there."""
    for action, (claim, sentence, goal) in _about(m).items():
        if action in theory.actions:
            said = f"it can happen that {sentence}"
            obligation = one(theory, action, "can_happen", claim, said, _happens(action, goal), sometimes=True)
            yield replace(obligation, invariants=())


def obligations(theory: Theory[System], m: MessageReadings) -> Iterator[Obligation[System, Call]]:
    """Return the obligations of what each action is for."""
    assumes: Mapping[str, Assumes] = {
        "send_map": _accepted(m, spaces.map_),
        "send_grant": _accepted(m, spaces.grant),
    }
    applies = {"send_map": intersects_and_replaces, "send_grant": grants_narrowed}
    for action, (claim, sentence, goal) in _about(m).items():
        if action in theory.actions:
            obligation = one(theory, action, "does_its_work", claim, sentence, goal)
            more = {"assumes": assumes[action], "applies": applies[action]} if action in assumes else {}
            yield replace(obligation, **more)  # type: ignore[arg-type]
