"""Faults of the theory: actions that are wrong on purpose, each of which some obligation must refute.

>>> THEORY_FAULTS["grant-forgets-children"].mechanism
'what was mapped from the source still derives from it'
"""

from proofs.faults.theory import answers as telling
from proofs.faults.theory import flushes as flushing
from proofs.faults.theory import grants as granting
from proofs.faults.theory import maps as passing
from proofs.faults.theory import messages as _messages
from proofs.faults.theory import ranges as _ranges
from proofs.faults.theory import starts as _initial
from proofs.faults.theory.cores import CORE_FAULTS, CoreFault
from proofs.faults.theory.fault import Made, Maker, TheoryFault
from proofs.faults.theory.message_fault import MessageFault
from proofs.faults.theory.ownership import OWNERSHIP_FAULTS, OwnershipFault
from proofs.faults.theory.range_fault import RangeFault
from proofs.faults.theory.starts import InitialFault, InvariantFault

THEORY_FAULTS: dict[str, TheoryFault] = {
    fault.name: fault for source in (passing, granting, flushing, telling) for fault in source.faults()
}
INITIAL_FAULTS: dict[str, InitialFault] = {fault.name: fault for fault in _initial.faults()}
INVARIANT_FAULTS: dict[str, InvariantFault] = {fault.name: fault for fault in _initial.weakened()}

MESSAGE_FAULTS: dict[str, MessageFault] = {fault.name: fault for fault in _messages.faults()}

RANGE_FAULTS: dict[str, RangeFault] = {fault.name: fault for fault in _ranges.faults()}

AnyTheoryFault = TheoryFault | InitialFault | InvariantFault | MessageFault | RangeFault | CoreFault | OwnershipFault
ALL_THEORY_FAULTS: dict[str, AnyTheoryFault] = {
    **THEORY_FAULTS,
    **INITIAL_FAULTS,
    **INVARIANT_FAULTS,
    **MESSAGE_FAULTS,
    **RANGE_FAULTS,
    **CORE_FAULTS,
    **OWNERSHIP_FAULTS,
}

__all__ = [
    "ALL_THEORY_FAULTS",
    "CORE_FAULTS",
    "INITIAL_FAULTS",
    "INVARIANT_FAULTS",
    "MESSAGE_FAULTS",
    "OWNERSHIP_FAULTS",
    "RANGE_FAULTS",
    "THEORY_FAULTS",
    "AnyTheoryFault",
    "CoreFault",
    "InitialFault",
    "InvariantFault",
    "Made",
    "Maker",
    "MessageFault",
    "OwnershipFault",
    "RangeFault",
    "TheoryFault",
]
