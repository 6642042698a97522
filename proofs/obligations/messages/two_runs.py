"""Non-interference of threads: what others do makes no difference to a set of spaces, unless it agreed.

*View* of a set of spaces: their slots (use, frame, rights, what they derive from), their threads (waits, windows,
messages, pagers, interrupts served), the words that they know, and what stands in the frames that they show. Not in it:
who got a page from them, and which ids, threads and spaces others took.

- *local respect*: a step of somebody outside to which nobody inside agreed leaves the view as it was;
- *step consistency*: the same call, from two states that look alike to the set and to who acts, leads to states that
  look alike to the set;
- *answers*: whether a call among those inside is possible is the same in states that look alike to the set.

Agreed is exact: a page was accepted, now or earlier; a thread waits for the sender; a frame is shared. The answers tell
what others do in two places, and these are the covert channels: that an id, a thread or a space is taken
(``create``), and that an interrupt is served (``associate``). A kernel that chooses ids and spaces from a supply for
each space, and assigns interrupts, has neither. That a partner is willing is told to who sends, which is agreed to.
Where a page that does not fit is left out of its message, that it was shows in the step instead, and step consistency
fails for messages with pages. ``think`` is no call: the kernel does not answer it. The induction over the steps of a
run is not made here.
"""

from collections.abc import Callable, Iterator

from z3 import And, BoolVal, ForAll, Implies, Not

from model.messages.readings import Chooses, Item, Lines, MessageReadings
from model.messages.theory import BY_KERNEL
from model.messages.vocabulary import Call, System, called, h, i, machine, p, p2, t, w
from model.signature import Formula
from model.spaces.dialect import Readings
from model.spaces.theory import a, owner, r, x, y
from model.spaces.vocabulary import Predicate
from model.theory import Theory
from proofs.obligation import Obligation, always, never
from proofs.obligations.messages.consent import inside
from proofs.obligations.messages.each import PREFIX, MessageStep, one, universal
from proofs.terms import is_or_derives
from proofs.two_runs import Guard, Seen, TwoRuns, alike

ANYWHERE = BoolVal(True)
NO_CALL = "think"


def view(s: System, mine: Predicate, m: MessageReadings) -> Seen:
    """Return what some spaces see of a state."""
    slot, thread = mine(owner(x)), And(s.existed(t), mine(s.space(t)))
    seen = [
        ((x,), And(slot, s.live(x))),
        ((x, y), And(slot, s.derives(x, y))),
        ((x, r), And(slot, s.phys(x, r))),
        ((x, r), And(slot, s.holds(x, r))),
        ((x, a), And(slot, s.right(x, a))),
        ((t,), thread),
        ((t,), And(thread, s.runs(t))),
        ((t, p), And(thread, s.space(t) == p)),
        ((t, i), And(thread, s.awaits(t, i))),
        ((t, i), And(thread, s.pager(t, i))),
        ((t, x), And(thread, s.window(t, x))),
        ((t, i, w), And(thread, s.got(t, i, w))),
        ((t, h), And(thread, s.serves(t, h))),
        ((p, w), And(mine(p), s.has(p, w))),
        ((x, r, w), And(slot, s.phys(x, r), s.contains(r, w))),
    ]
    if m.chooses == Chooses.KERNEL:
        seen.append(((p, i), And(mine(p), machine.ids_of(p, i), s.named(i))))
        seen.append(((p, p2), And(mine(p), machine.spaces_of(p, p2), s.born(p2))))
    return tuple((variables, ANYWHERE, formula) for variables, formula in seen)


def to_set(m: MessageReadings) -> Callable[[System], Seen]:
    """What the set sees of a state."""
    return lambda s: view(s, inside, m)


def to_set_and_actor(theory: Theory[System], action: str, m: MessageReadings) -> Callable[[System], Seen]:
    """What the set sees of a state, and what the space of who acts sees."""

    def seen(s: System) -> Seen:
        mine = s.space(called.actor)
        return (*view(s, inside, m), *view(s, lambda p: p == mine, m), ((p,), ANYWHERE, p == mine))

    return seen


def _nobody_inside_agreed(action: str) -> Callable[[MessageStep], dict[str, Formula]]:
    """The step concerns nothing that anybody inside agreed to, now or earlier."""

    def assumes(step: MessageStep) -> dict[str, Formula]:
        s, c = step.before, step.called
        out: dict[str, Formula] = {}
        if action not in ("timeout", "interrupt"):
            out["an outsider acts"] = Not(inside(s.space(c.actor)))
        if action in ("send", "send_map", "send_grant", "send_string", "page_fault", "interrupt", "timeout", "end"):
            out["on or to an outsider"] = Not(inside(s.space(c.other)))
        if action in ("send_map", "send_grant"):
            hangs = ForAll([x], Implies(is_or_derives(s, x, c.dst), Not(inside(owner(x)))))
            out["nobody inside hangs on the destination"] = hangs
        if action in ("send_grant", "flush"):
            took = ForAll([x], Implies(s.derives(x, c.src), Not(inside(owner(x)))))
            out["nobody inside took the page from there"] = took
        if action in ("write", "send_string"):
            shares = ForAll([x], Implies(s.phys(x, c.frame), Not(inside(owner(x)))))
            out["nobody inside shares the frame"] = shares
        if action == "create":
            out["the new thread begins outside"] = Not(inside(c.into))
        return out

    return assumes


def _respected(m: MessageReadings) -> Callable[[MessageStep], Formula]:
    return lambda step: alike(view(step.before, inside, m), view(step.after, inside, m))


def _member_calls(action: str) -> Callable[[MessageStep], dict[str, Formula]]:
    """Somebody inside calls, on pages inside and with a partner inside."""

    def assumes(step: MessageStep) -> dict[str, Formula]:
        s, c = step.before, step.called
        assumed = {"a member calls": And(inside(s.space(c.actor)), s.existed(c.actor))}
        if action in ("send_map", "send_grant", "flush", "read", "write"):
            assumed["its page is inside"] = inside(owner(c.src))
        if action in ("send_map", "send_grant", "send_string", "page_fault"):
            assumed["the destination is inside"] = inside(owner(c.dst))
        if action in ("send", "send_map", "send_grant", "send_string", "page_fault", "end"):
            assumed["its partner is inside"] = And(inside(s.space(c.other)), s.existed(c.other))
        return assumed

    return assumes


def is_possible(step: MessageStep, guard: Guard) -> Seen:
    """Whether the kernel does what is called for."""
    return (((), ANYWHERE, And(ANYWHERE, *guard.values())),)


CHANNELS = {
    "create": "that an id, a thread or a space is taken",
    "associate": "that an interrupt is served",
}


def _open_channel(action: str, m: MessageReadings) -> bool:
    """Whether the action's answer tells what others did."""
    return (action == "create" and m.chooses == Chooses.CALLER) or (
        action == "associate" and m.lines == Lines.FIRST_COME
    )


def _nowhere(readings: Readings) -> bool:
    return False


def respect(theory: Theory[System], m: MessageReadings) -> Iterator[Obligation[System, Call]]:
    """Local respect."""
    for action in theory.actions:
        yield one(
            theory,
            action,
            "respects__what_is_seen_inside",
            "C10",
            "what somebody outside does, and nobody inside agreed to, changes nothing that the set sees",
            _respected(m),
            _nobody_inside_agreed(action),
            free=(inside,),
        )


def two_runs(theory: Theory[System], m: MessageReadings) -> Iterator[TwoRuns]:
    """Step consistency, and answers."""
    for action in theory.actions:
        silent = m.item == Item.DROPPED and action in ("send_map", "send_grant")
        yield TwoRuns(
            f"{PREFIX}{action}__keeps__states_alike",
            "C10",
            "states that look alike to a set of spaces and to who acts still look alike to the set after the step"
            + (": here it shows whether the page was left out" if silent else ""),
            action,
            to_set_and_actor(theory, action, m),  # type: ignore[arg-type]
            lambda step, guard: view(step.after, inside, m),  # type: ignore[arg-type]
            invariants=universal(theory),
            applies=_nowhere if silent else theory.offers(action),
            fails=always if silent else never,
            free=(inside,),
            theory=theory,
        )
        if action in (*[name for name in BY_KERNEL if name != "page_fault"], NO_CALL):
            continue
        told = _open_channel(action, m)
        sentence = "whether a call among a set of spaces is possible does not depend on what the set does not see"
        yield TwoRuns(
            f"{PREFIX}{action}__answers__alike_inside",
            "C10",
            sentence + (f": here it tells {CHANNELS[action]}" if told else ""),
            action,
            to_set(m),  # type: ignore[arg-type]
            is_possible,  # type: ignore[arg-type]
            assumes=_member_calls(action),  # type: ignore[arg-type]
            taken=False,
            invariants=universal(theory),
            applies=_nowhere if told else theory.offers(action),
            fails=always if told else never,
            free=(inside,),
            theory=theory,
        )
