"""What a file that describes a subsystem is written with."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.messages.readings import CANONICAL_MESSAGES, MESSAGE_DIALECTS, MessageDialect
from model.messages.vocabulary import Call, Id, Page, Space, Thread, Word, i, j, p, p2, t, u, v, w
from model.servers.description import (
    DescriptionError,
    Do,
    Subsystem,
    constant,
    ensures,
    function,
    ghost,
    guarantee,
    invariant,
    machine_with,
    relation,
    rule,
    when,
)
from model.servers.idioms import among, nobody
from model.signature import Formula, Term
from model.spaces.vocabulary import Frame, Right, Slot, a, owner, q, r, sigma0, x, y

__all__ = [
    "CANONICAL_MESSAGES",
    "MESSAGE_DIALECTS",
    "And",
    "Call",
    "DescriptionError",
    "Do",
    "Exists",
    "ForAll",
    "Formula",
    "Frame",
    "Id",
    "Implies",
    "MessageDialect",
    "Not",
    "Or",
    "Page",
    "Right",
    "Slot",
    "Space",
    "Subsystem",
    "Term",
    "Thread",
    "Word",
    "a",
    "among",
    "constant",
    "ensures",
    "function",
    "ghost",
    "guarantee",
    "i",
    "invariant",
    "j",
    "machine_with",
    "nobody",
    "owner",
    "p",
    "p2",
    "q",
    "r",
    "relation",
    "rule",
    "sigma0",
    "t",
    "u",
    "v",
    "w",
    "when",
    "x",
    "y",
]
