"""Guarded updates of frames and of what programs know: reading, writing, and making up a word."""

from dataclasses import replace

from z3 import And, ForAll, If, Not, Or

from model.messages.acting import Guard, Step, program_acts
from model.messages.readings import MessageReadings
from model.messages.vocabulary import Call, System, before, called, machine, p
from model.signature import Term
from model.spaces.dialect import Dialect
from model.spaces.theory import r
from model.spaces.vocabulary import Action, owner


def _accesses(s: System, c: Call, right: Term) -> Guard:
    return {
        **program_acts(s, c),
        "the page is the actor's": owner(c.src) == s.space(c.actor),
        "the frame shows in it": s.phys(c.src, c.frame),
        "the right is there": s.right(c.src, right),
    }


def read(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor reads a page of its own, and knows what stands there."""
    learns = replace(s, has=lambda p, w: Or(s.has(p, w), And(p == s.space(c.actor), s.contains(c.frame, w))))
    return Action("read", _accesses(s, c, machine.to_read), learns, c)


def write(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor writes a word that it knows into a page of its own, and leaves of what stood there what it likes."""
    guard = {**_accesses(s, c, machine.to_write), "the actor knows it": s.has(s.space(c.actor), c.word)}
    stands = replace(
        s,
        contains=lambda r, w: If(r == c.frame, Or(w == c.word, And(c.keeps(w), s.contains(r, w))), s.contains(r, w)),
    )
    return Action("write", guard, stands, c)


def think(m: MessageReadings, dialect: Dialect, s: System = before, c: Call = called) -> Step:
    """The actor makes up a word that nobody knows, such as a key."""
    guard = {
        **program_acts(s, c),
        "nobody knows it": ForAll([p], Not(s.has(p, c.word))),
        "it stands nowhere": ForAll([r], Not(s.contains(r, c.word))),
    }
    return Action(
        "think", guard, replace(s, has=lambda p, w: Or(s.has(p, w), And(p == s.space(c.actor), w == c.word))), c
    )
