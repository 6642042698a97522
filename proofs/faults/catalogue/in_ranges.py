"""A part of the catalogue: mechanisms of ranges that are wrong, in theory and in the sized reference."""

from collections import defaultdict
from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.theory import RANGE_FAULTS

TOPIC = "ranges"


def mechanisms() -> Iterator[Mechanism]:
    """One row for each way to be wrong."""
    rows: dict[str, list[str]] = defaultdict(list)
    for fault in RANGE_FAULTS.values():
        rows[fault.name.removesuffix("-" + fault.action.removesuffix("_range"))].append(fault.name)
    for name, changes in rows.items():
        yield Mechanism(name, TOPIC, RANGE_FAULTS[changes[0]].mechanism, OWN, theory=tuple(changes))
