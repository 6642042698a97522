"""The names that a file with actions, invariants, obligations or faults of one's own is written with."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from model.signature import Formula, Term, Vocabulary, constant, fresh, function, relation
from model.spaces.invariants import INVARIANTS, Invariant
from model.spaces.theory import a, before, called, r, x, y
from model.spaces.vocabulary import Action, Frame, Parameters, Predicate, Relation, Right, Slot, Space, State
from model.theory import APPENDIX_A, Theory, extended
from proofs.faults.theory.fault import Made, TheoryFault, changed, misread, refused
from proofs.obligation import Condition, Obligation, Step
from proofs.terms import is_or_derives, unchanged

__all__ = [
    "APPENDIX_A",
    "INVARIANTS",
    "Action",
    "Condition",
    "Formula",
    "Frame",
    "Invariant",
    "Made",
    "Obligation",
    "Parameters",
    "Predicate",
    "Relation",
    "Right",
    "Slot",
    "Space",
    "State",
    "Step",
    "Term",
    "Theory",
    "TheoryFault",
    "Vocabulary",
    "a",
    "before",
    "called",
    "changed",
    "constant",
    "extended",
    "fresh",
    "function",
    "is_or_derives",
    "misread",
    "r",
    "refused",
    "relation",
    "unchanged",
    "x",
    "y",
]
