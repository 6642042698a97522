"""What a file with actions, invariants and obligations of one's own is written with."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from model.spaces.invariants import INVARIANTS, Invariant
from model.spaces.theory import Action, Formula, Parameters, State, Term, a, before, called, r, x, y
from proofs.obligation import Condition, Obligation, Step
from proofs.terms import is_or_derives, unchanged

__all__ = [
    "INVARIANTS",
    "Action",
    "Condition",
    "Formula",
    "Invariant",
    "Obligation",
    "Parameters",
    "State",
    "Step",
    "Term",
    "a",
    "before",
    "called",
    "is_or_derives",
    "r",
    "unchanged",
    "x",
    "y",
]
