"""A part of the catalogue: ways to lend, share and take back pages that are wrong."""

from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.theory import INITIAL_FAULTS
from proofs.faults.theory.ownership import OWNERSHIP_FAULTS
from proofs.faults.theory.starts import OF_OWNERSHIP

TOPIC = "ownership"


def mechanisms() -> Iterator[Mechanism]:
    """A row for each wrong dialect; and rows that are there so that every obligation is seen to fall."""
    for fault in OWNERSHIP_FAULTS.values():
        if fault.shows:
            yield Mechanism(fault.name, TOPIC, fault.mechanism, OWN, theory=(fault.name,))
    for what, mechanism in (
        ("stuck", "an operation of ownership is not done unless a third borrows the page as well"),
        ("anything", "an operation of ownership leaves anything at all behind"),
        ("never", "an operation of ownership is never done"),
    ):
        of = tuple(each for each in OWNERSHIP_FAULTS if each.startswith(f"ownership-{what}-"))
        yield Mechanism(f"ownership-{what}", TOPIC, mechanism, OWN, theory=of)
    begins = tuple(name for name, fault in INITIAL_FAULTS.items() if fault.missing in OF_OWNERSHIP)
    yield Mechanism("ownership-beginning", TOPIC, "pages do not begin as they should", OWN, theory=begins)
