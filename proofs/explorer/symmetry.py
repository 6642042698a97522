"""Symmetry."""

from model.scope import Scope
from proofs.explorer.properties import Property
from proofs.explorer.result import Flaw
from proofs.explorer.system import System


def canonical(state, parameters, scratch):
    return state


def largest_group(wanted, symmetry):
    return "none"


def concrete_operations(flaw, system, scope, group):
    from proofs.explorer.mapping import operation_of

    return tuple(operation_of(step) for step in flaw.steps)
