"""Faults of the theory: actions that are wrong on purpose, each of which some obligation must refute.

>>> THEORY_FAULTS["grant-forgets-children"].mechanism
'what was mapped from the source still derives from it'
"""

from proofs.faults import flushing, granting, passing
from proofs.faults import initial as _initial
from proofs.faults.base import Made, Maker, TheoryFault
from proofs.faults.initial import InitialFault

THEORY_FAULTS: dict[str, TheoryFault] = {
    fault.name: fault for source in (passing, granting, flushing) for fault in source.faults()
}
INITIAL_FAULTS: dict[str, InitialFault] = {fault.name: fault for fault in _initial.faults()}

__all__ = ["INITIAL_FAULTS", "THEORY_FAULTS", "InitialFault", "Made", "Maker", "TheoryFault"]
