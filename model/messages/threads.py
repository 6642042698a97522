"""Threads that begin, end, and come to serve interrupts, as guarded updates."""

from dataclasses import replace

from z3 import And, ForAll, If, Implies, Not, Or

from model.messages.acting import Guard, Step, program_acts
from model.messages.readings import Begins, Chooses, Ids, Lines, MessageReadings
from model.messages.vocabulary import Call, System, before, called, machine, p, t
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Action

ident, number, hardware = machine.ident, machine.number, machine.hardware


def _may_be_given(s: System, c: Call, m: MessageReadings) -> Guard:
    """The conditions on the id of a new thread (B.uid)."""
    new = ident(c.other)
    if m.ids == Ids.NEVER_AGAIN:
        guard = {"the id was never given": Not(s.named(new))}
    elif m.ids == Ids.VERSIONS_WRAP:
        free = ForAll([t], Implies(s.runs(t), number(ident(t)) != number(new)))
        guard = {"the number is free": free, "the version is not the last one": Not(s.latest(new))}
    else:
        guard = {"nobody has the id": ForAll([t], Implies(s.runs(t), ident(t) != new))}
    if m.chooses == Chooses.KERNEL:
        mine = s.space(c.actor)
        alone = ForAll([p], Implies(machine.ids_of(p, new), p == mine))
        guard["the id is kept for the actor's space"] = And(machine.ids_of(mine, new), alone)
    return guard


def _may_begin_in(s: System, c: Call, m: MessageReadings) -> Guard:
    """The conditions on the space of a new thread (B.thread)."""
    mine = s.space(c.actor)
    new = Not(s.born(c.into))
    if m.chooses == Chooses.KERNEL:
        alone = ForAll([p], Implies(machine.spaces_of(p, c.into), p == mine))
        new = And(new, machine.spaces_of(mine, c.into), alone)
    return {} if m.begins == Begins.ANYWHERE else {"in the own space or a new one": Or(c.into == mine, new)}


def create(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor begins a thread, in its own space or in a new one, with an id that nobody has had."""
    new = ident(c.other)
    guard = {
        **program_acts(s, c),
        **_may_be_given(s, c, m),
        "it has not been there": Not(s.existed(c.other)),
        "it is no hardware": Not(hardware(c.other)),
        **_may_begin_in(s, c, m),
    }
    after = replace(
        s,
        space=lambda t: If(t == c.other, c.into, s.space(t)),
        runs=lambda t: Or(s.runs(t), t == c.other),
        existed=lambda t: Or(s.existed(t), t == c.other),
        named=lambda i: Or(s.named(i), i == new),
        latest=lambda i: Or(i == new, And(s.latest(i), number(i) != number(new))),
        born=lambda p: Or(s.born(p), p == c.into),
        pager=lambda t, i: If(t == c.other, i == c.paged_by, s.pager(t, i)),
    )
    return Action("create", guard, after, c)


def end(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor ends a thread of its own space, itself perhaps: nothing is left of it but that its id was given."""
    guard = {
        **program_acts(s, c),
        "it is of the own space": s.space(c.other) == s.space(c.actor),
        "it is there": And(s.runs(c.other), Not(hardware(c.other))),
    }
    after = replace(
        s,
        runs=lambda t: And(s.runs(t), t != c.other),
        awaits=lambda t, i: And(s.awaits(t, i), t != c.other),
        window=lambda t, x: And(s.window(t, x), t != c.other),
        got=lambda t, i, w: And(s.got(t, i, w), t != c.other),
        pager=lambda t, i: And(s.pager(t, i), t != c.other),
        serves=lambda t, h: And(s.serves(t, h), t != c.other),
        calls=lambda t, u: And(s.calls(t, u), t != c.other),
    )
    return Action("end", guard, after, c)


def associate(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor comes to serve an interrupt that nobody serves."""
    guard = {
        **program_acts(s, c),
        "it is hardware": hardware(c.other),
        "nobody serves it": ForAll([t], Not(s.serves(t, c.other))),
    }
    if m.lines == Lines.ASSIGNED:
        mine = s.space(c.actor)
        alone = ForAll([p], Implies(machine.lines_of(p, c.other), p == mine))
        guard["it was assigned to the actor's space"] = And(machine.lines_of(mine, c.other), alone)
    after = replace(s, serves=lambda t, h: Or(s.serves(t, h), And(t == c.actor, h == c.other)))
    return Action("associate", guard, after, c)
