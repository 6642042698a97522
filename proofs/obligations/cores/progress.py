"""That a flush ends: whom it waits for never grows in number, each of these can answer, and then it can return.

A flush *waits for* a core that was told and has not answered; with generations, for one that executes in the space and
has not seen the generation of the page. Each of them can make a step after which it is waited for no more (with
messages two: it fences, then says so), whatever others do; no step makes a flush wait for another core, nor takes a
fence back. So, as cores are finitely many, a flush returns if each core that it waits for makes its step sometime. That
is an argument; that they do is asked of the machine: interrupts are not off for ever, and messages arrive.
"""

from collections.abc import Iterator
from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.cores.readings import CoreReadings, Flush, Reach
from model.cores.shootdown import not_before
from model.cores.vocabulary import CoreCall, Cores, c, called, p, z
from model.signature import Formula, Term
from model.spaces.dialect import CANONICAL
from model.theory import Theory
from proofs.obligation import Obligation, Step

WATCHED = ("busy", "asked", "owed", "fenced", "runs", "seen", "due")
"""What says whom a flush waits for."""

NOBODY_MORE, CAN_ANSWER, IS_ANSWERED = "__waits__for_nobody_more", "awaited__can__answer", "answer__ends__the_wait"
CAN_RETURN, CAN_BE_TOLD = "answered__can__return", "cleared__can__be_told"
IS_FENCED = "fence__brings__the_answer"


def waits_for(s: Cores, m: CoreReadings, z: Term, p: Term, c: Term) -> Formula:
    """A flush of the page, if one goes on, waits for the core."""
    if m.flush == Flush.BATCH:
        return And(s.runs(c, z), Not(not_before(s.seen(c, z), s.due(z, p))))
    return s.owed(z, p, c)


def goes_on(s: Cores, m: CoreReadings, z: Term, p: Term) -> Formula:
    """A flush of the page goes on, and those have been told who are to be."""
    return s.busy(z, p) if m.flush == Flush.BATCH else And(s.busy(z, p), s.asked(z, p))


def _call(z: Term, p: Term, c: Term) -> CoreCall:
    """A step of the core about the page."""
    return CoreCall(c, z, p, called.frame, called.tag, called.gen)


def _possible(step: Step[Cores, CoreCall], action: str, call: CoreCall) -> Formula:
    """The action's guard holds of the call, in the state before."""
    make: Any = step.actions[action]
    return And(*make(step.dialect, step.before, call).guard.values())


def progress(theory: Theory[Cores], m: CoreReadings) -> Iterator[Obligation[Cores, CoreCall]]:
    """Return the formulas that the argument rests on."""
    messages, batch = m.reach == Reach.MESSAGE and m.flush == Flush.PAGE, m.flush == Flush.BATCH

    def nobody_more(step: Step[Cores, CoreCall]) -> Formula:
        s, t = step.before, step.after
        on, still = goes_on(s, m, z, p), goes_on(t, m, z, p)
        more = And(waits_for(t, m, z, p, c), Not(waits_for(s, m, z, p, c)))
        unsaid = And(s.fenced(z, p, c), waits_for(t, m, z, p, c), Not(t.fenced(z, p, c)))
        wrong = Or(And(Not(still), waits_for(s, m, z, p, c)), And(still, Or(more, unsaid)))
        return ForAll([z, p, c], Not(And(on, wrong)))

    def can_answer(step: Step[Cores, CoreCall]) -> Formula:
        s, call = step.before, _call(z, p, c)
        can = _possible(step, "answer", call)
        if messages:
            fenced = s.fenced(z, p, c)
            can = And(Or(fenced, _possible(step, "fence", call)), Implies(fenced, can))
        return ForAll([z, p, c], Implies(And(goes_on(s, m, z, p), waits_for(s, m, z, p, c)), can))

    def is_answered(step: Step[Cores, CoreCall]) -> Formula:
        k, t = step.called, step.after
        if batch:
            return ForAll([p], Implies(t.busy(k.space, p), Not(waits_for(t, m, k.space, p, k.core))))
        return Not(waits_for(t, m, k.space, k.page, k.core))

    def can_return(step: Step[Cores, CoreCall]) -> Formula:
        s = step.before
        answered = And(goes_on(s, m, z, p), ForAll([c], Not(waits_for(s, m, z, p, c))))
        return ForAll([z, p], Implies(answered, _possible(step, "finish", _call(z, p, called.core))))

    def can_be_told(step: Step[Cores, CoreCall]) -> Formula:
        s = step.before
        waiting = And(s.busy(z, p), Not(s.asked(z, p)))
        return ForAll([z, p], Implies(waiting, _possible(step, "ask", _call(z, p, called.core))))

    def is_fenced(step: Step[Cores, CoreCall]) -> Formula:
        k = step.called
        return step.after.fenced(k.space, k.page, k.core)

    for action, make in theory.actions.items():
        after = make(CANONICAL).after
        if any(getattr(after, name) is not getattr(theory.before, name) for name in WATCHED):
            said = f"{action} makes no flush that goes on wait for another core, and ends none that waits"
            yield _obligation(theory, f"{action}{NOBODY_MORE}", said, action, nobody_more)
    yield _obligation(theory, CAN_ANSWER, "whom a flush waits for can answer, whatever others do", "", can_answer)
    yield _obligation(theory, IS_ANSWERED, "for a core that has answered no flush waits", "answer", is_answered)
    yield _obligation(theory, CAN_RETURN, "a flush that waits for nobody can return", "", can_return)
    if not batch:
        yield _obligation(theory, CAN_BE_TOLD, "once an entry is cleared, the cores can be told", "", can_be_told)
    if messages:
        yield _obligation(theory, IS_FENCED, "a core that has fenced can say so", "fence", is_fenced)


def of_progress(obligation: str) -> bool:
    """Return whether an obligation says that a flush ends.

    >>> of_progress("cores_batch__answered__can__return"), of_progress("cores_batch__finish__leaves__nobody")
    (True, False)
    """
    ends = (NOBODY_MORE, *(f"__{each}" for each in (CAN_ANSWER, IS_ANSWERED, CAN_RETURN, CAN_BE_TOLD, IS_FENCED)))
    return obligation.endswith(ends)


def _obligation(theory: Theory[Cores], name: str, sentence: str, action: str, goal: Any) -> Obligation[Cores, CoreCall]:
    return Obligation(
        id=name,
        claim="A.flush",
        sentence=sentence,
        action=action,
        goal=goal,
        invariants=tuple(theory.invariants),
        theory=theory,
    )
