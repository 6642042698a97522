"""A part of the catalogue: protocols of many cores that are wrong, and kernels that are when calls interleave."""

from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.interleaved import INTERLEAVED_FAULTS
from proofs.faults.theory import CORE_FAULTS, INITIAL_FAULTS
from proofs.faults.theory.starts import OF_CORES

TOPIC = "many cores"
INTERLEAVED = "calls at once"
_KNOWN = {
    "cores-no-wait": "Fiasco",
    "cores-frees-before-answers": "Xen XSA-346, XSA-480",
    "cores-invalidates-first": "folklore of all of them",
    "cores-initiator-alone": "seL4, NOVA",
    "cores-tag-reused-early": "folklore",
    "cores-lazy-core-skipped": "folklore",
    "cores-replaced-in-place": "folklore",
    "cores-broadcast-in-place": "folklore",
}
"""Where such a protocol was seen; the others are our own."""


def mechanisms() -> Iterator[Mechanism]:
    """A row for each wrong protocol; and rows that are there so that every obligation is seen to fall."""
    shown = [fault for fault in CORE_FAULTS.values() if fault.shows]
    for fault in shown:
        seen = _KNOWN.get(fault.name, OWN)
        yield Mechanism(fault.name, TOPIC, fault.mechanism, seen, theory=(fault.name,))
    for name, mechanism, refuses in (
        ("cores-anything", "a step of many cores leaves anything at all behind", False),
        ("cores-never", "a step of many cores is never taken", True),
    ):
        of = tuple(f.name for f in CORE_FAULTS.values() if not f.shows and f.refuses == refuses)
        yield Mechanism(name, TOPIC, mechanism, OWN, theory=of)
    begins = tuple(name for name, fault in INITIAL_FAULTS.items() if fault.missing in OF_CORES)
    midst = ("initial-cores-in-midst",)
    said = "many cores do not begin as they should"
    yield Mechanism("cores-beginning", TOPIC, said, OWN, theory=begins + midst)
    for each in INTERLEAVED_FAULTS.values():
        yield Mechanism(each.name, INTERLEAVED, each.mechanism, each.seen_in, interleaved=(each.name,))
    said = "a core is taken to use what the database does not allow"
    yield Mechanism("cores-state", TOPIC, said, OWN, theory=("invariant-used-is-allowed",))
