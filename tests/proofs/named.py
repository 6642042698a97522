"""Obligations about the theory's steps by name, for the tests."""

from proofs.obligation import Obligation
from proofs.registry import registry


def obligation_named(name: str) -> Obligation:
    """The obligation of that name; it speaks of one step of the theory."""
    found = registry()[name]
    assert isinstance(found, Obligation)
    return found
