"""A part of the catalogue: protocols of many cores that are wrong, and kernels that are when calls interleave."""

from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.code.locks import IDLE, OF_LOCKS, SEEN_BETWEEN
from proofs.faults.code.slot_locks import KEPT, TAKEN_TWICE, UNGUARDED
from proofs.faults.interleaved import INTERLEAVED_FAULTS
from proofs.faults.theory import CORE_FAULTS, INITIAL_FAULTS
from proofs.faults.theory.endless import ENDLESS
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


def _locks(mechanism: str) -> tuple[str, ...]:
    """The changes of operations under locks that stand for a mechanism."""
    return tuple(name for name, fault in OF_LOCKS.items() if fault.mechanism == mechanism)


def mechanisms() -> Iterator[Mechanism]:
    """A row for each wrong protocol; and rows that are there so that every obligation is seen to fall."""
    shown = [fault for fault in CORE_FAULTS.values() if fault.shows]
    for fault in shown:
        seen = _KNOWN.get(fault.name, OWN)
        yield Mechanism(fault.name, TOPIC, fault.mechanism, seen, theory=(fault.name,))
    for name, mechanism in (
        (ENDLESS, "whom a flush waits for cannot answer, or is not heard, or there are ever more of them"),
        ("cores-anything", "a step of many cores leaves anything at all behind"),
        ("cores-never", "a step of many cores is never taken"),
    ):
        of = tuple(each for each in CORE_FAULTS if each.startswith(f"{name}-"))
        yield Mechanism(name, TOPIC, mechanism, OWN, theory=of)
    begins = tuple(name for name, fault in INITIAL_FAULTS.items() if fault.missing in OF_CORES)
    midst = ("initial-cores-in-midst",)
    said = "many cores do not begin as they should"
    yield Mechanism("cores-beginning", TOPIC, said, OWN, theory=begins + midst)
    for each in INTERLEAVED_FAULTS.values():
        yield Mechanism(
            each.name, INTERLEAVED, each.mechanism, each.seen_in, interleaved=(each.name,), code=_locks(each.name)
        )
    for name, mechanism in (
        (KEPT, "a lock is not given back"),
        (TAKEN_TWICE, "who holds a lock waits for it"),
        (UNGUARDED, "something is touched whose lock is not held"),
        (SEEN_BETWEEN, "who looks without a lock sees a slot with a node that has no frame, and takes it for nil"),
        (IDLE, "code of locks has a branch that is never taken"),
    ):
        yield Mechanism(name, INTERLEAVED, mechanism, OWN, code=_locks(name))
    said = "a core is taken to use what the database does not allow"
    yield Mechanism("cores-state", TOPIC, said, OWN, theory=("invariant-used-is-allowed",))
