"""A part of the catalogue: mechanisms of a kernel whose threads and messages are wrong, as the theory has them."""

from collections import defaultdict
from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.theory import INITIAL_FAULTS, MESSAGE_FAULTS
from proofs.faults.theory.starts import OF_THREADS

TOPIC = "threads and messages"


def mechanisms() -> Iterator[Mechanism]:
    """One row for each way to be wrong, whichever actions have it; and one for wrong beginnings."""
    rows: dict[str, list[str]] = defaultdict(list)
    for fault in MESSAGE_FAULTS.values():
        rows[fault.name.removesuffix("-" + fault.action.replace("_", "-"))].append(fault.name)
    for name, changes in rows.items():
        yield Mechanism(name, TOPIC, MESSAGE_FAULTS[changes[0]].mechanism, OWN, theory=tuple(changes))
    begins = tuple(name for name, fault in INITIAL_FAULTS.items() if fault.missing in OF_THREADS)
    yield Mechanism("message-beginning", TOPIC, "threads do not begin as they should", OWN, theory=begins)
