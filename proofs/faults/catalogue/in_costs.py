"""A part of the catalogue: mechanisms by which what is said of costs goes wrong, as it is proved."""

from collections.abc import Iterator

from proofs.faults.catalogue.in_code import IN_CODE_TOPIC
from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.code.costs import BUFFER, OF_COSTS, SWITCH


def mechanisms() -> Iterator[Mechanism]:
    """Those that strike nothing else."""
    for name, mechanism in (
        (BUFFER, "a buffer replaces, keeps or counts other pages than those least recently used"),
        (SWITCH, "a switch of spaces leaves something in the buffer, or in the counts"),
    ):
        changes = tuple(fault.name for fault in OF_COSTS.values() if fault.mechanism == name)
        yield Mechanism(name, IN_CODE_TOPIC, mechanism, OWN, code=changes)
