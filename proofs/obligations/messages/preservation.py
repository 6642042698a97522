"""Every action of threads preserves every invariant, and the first states have them all.

Most actions leave most of the state alone, and then an invariant says of the state after word for word what it says of
the state before: the two formulas are one. Of these there is nothing to ask; all others are asked.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from model.messages.vocabulary import System
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.theory import Formula
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.messages.each import PREFIX, of_spaces
from proofs.obligations.spaces.preservation import matrix

CHANGED_BY_MESSAGES = "B.ipc"
"""What the invariants of address spaces stand for here: they hold where spaces change by messages and flushes only."""


@cache
def _made(theory: Theory[Any], action: str, dialect: Dialect) -> Any:
    """The state after an action, built once."""
    return theory.actions[action](dialect).after


@cache
def _said(theory: Theory[Any], invariant: str) -> Formula:
    """What an invariant says of the state before, built once."""
    return theory.invariants[invariant].formula(theory.before)


def says_the_same(theory: Theory[Any], action: str, invariant: str, dialect: Dialect = CANONICAL) -> bool:
    """Return whether the invariant is the same formula before and after the action."""
    after = theory.invariants[invariant].formula(_made(theory, action, dialect))
    return bool(after.eq(_said(theory, invariant)))


def of_everything(theory: Theory[System]) -> Iterator[Obligation[System]]:
    """Actions × invariants, and the first states × invariants; nothing is built to see which are asked."""
    for obligation in matrix(theory):
        claim = CHANGED_BY_MESSAGES if of_spaces(obligation.invariant) else obligation.claim
        yield replace(obligation, id=PREFIX + obligation.id, claim=claim)


def obligations(theory: Theory[System]) -> Iterator[Obligation[System]]:
    """The same but for what an action leaves alone."""
    for obligation in of_everything(theory):
        if obligation.of_initial_state or not says_the_same(theory, obligation.action, obligation.invariant):
            yield obligation
