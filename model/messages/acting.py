"""The parts that all actions of threads are made of."""

from typing import TypeAlias

from z3 import ForAll, Not

from model.messages.vocabulary import Call, System, i, machine
from model.signature import Formula, Term
from model.spaces.vocabulary import Action, Predicate

Guard: TypeAlias = dict[str, Formula]
Step: TypeAlias = Action[System, Call]


def only(thread: Term) -> Predicate:
    """The set of ids with that thread's alone."""
    return lambda i: i == machine.ident(thread)


def blocked(s: System, thread: Term) -> Formula:
    """The thread waits for somebody."""
    return Not(ForAll([i], Not(s.awaits(thread, i))))


def program_acts(s: System, c: Call) -> Guard:
    """The conditions under which a program acts at all."""
    return {
        "the actor runs": s.runs(c.actor),
        "the actor is not blocked": ForAll([i], Not(s.awaits(c.actor, i))),
        "the actor is no hardware": Not(machine.hardware(c.actor)),
    }
