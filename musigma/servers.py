"""The names that a file that describes a subsystem is written with."""

from typing import TYPE_CHECKING

from musigma.shadowing import refuse_foreign

refuse_foreign()

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.messages.readings import CANONICAL_MESSAGES, MESSAGE_DIALECTS, MessageDialect
from model.messages.vocabulary import Call, Id, Page, Space, Thread, Word, i, j, p, p2, t, u, v, w
from model.servers.beside import beside
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

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine


def state_machine(kind: type[Subsystem]) -> "type[RuleBasedStateMachine]":
    """A Hypothesis state machine of a description; its ``TestCase`` is what test runners collect.

    :raises ModuleNotFoundError: Hypothesis is not installed.
    """
    try:
        from proofs.servers.states import state_machine as made
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"a state machine needs {error.name}: pip install hypothesis") from None
    from model.servers.theory import theory_of_subsystem

    return made(theory_of_subsystem(kind))


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
    "beside",
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
    "state_machine",
    "t",
    "u",
    "v",
    "w",
    "when",
    "x",
    "y",
]
