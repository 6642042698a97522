"""A part of the catalogue: mechanisms of threads and messages that are wrong, in theory, kernel and code."""

from collections import defaultdict
from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.code.threads import OF_THREADS_CODE
from proofs.faults.theory import INITIAL_FAULTS, MESSAGE_FAULTS
from proofs.faults.theory.starts import OF_THREADS
from refinement.faults.messages import MESSAGE_FAULTS as KERNELS

TOPIC = "threads and messages"

IN_KERNEL: dict[str, tuple[str, str]] = {
    "message-delivered-too-early": ("a message is delivered before its page is mapped", OWN),
    "message-wrong-partner": ("a thread that waits for one sender does not hear it", OWN),
    "message-lost": ("a receiver runs on without its message", OWN),
    "message-blocked-acts": ("a thread that waits goes on acting", OWN),
    "message-fault-without-window": ("a page fault opens no window", OWN),
    "message-fault-answered-by-anybody": ("who faults can have its page from anybody", OWN),
    "message-interrupt-lost": ("an interrupt that comes while its server does not wait is dropped", "folklore"),
    "message-line-not-settled": ("a line that is taken is not masked, or stays in service", OWN),
    "message-ends-otherwise": ("an operation ends neither done nor refused", OWN),
    "message-block-of-nobody": ("a block is read whose number is none", OWN),
    "message-wrong-line": ("a line is masked or unmasked that is none, or a page flushed that is none", OWN),
    "message-blocks-spoiled": ("an operation leaves blocks that contradict each other", OWN),
    "message-port-bits": ("the permission bits of I/O ports are read or written wrongly", OWN),
    "message-start": ("the first blocks are not those of a first state", OWN),
    "message-branch-idle": ("a branch of the code of threads is never taken", OWN),
}
"""Rows of which the theory's actions have no change: how they go wrong, and where that was seen."""


def mechanisms() -> Iterator[Mechanism]:
    """One row for each way to be wrong, whichever layer has it; and one for wrong beginnings of the theory."""
    rows: dict[str, list[str]] = defaultdict(list)
    for fault in MESSAGE_FAULTS.values():
        rows[fault.name.removesuffix("-" + fault.action.replace("_", "-"))].append(fault.name)
    kernels, codes = defaultdict(list), defaultdict(list)
    for broken in KERNELS.values():
        kernels[broken.mechanism].append(broken.name)
    for changed in OF_THREADS_CODE.values():
        codes[changed.mechanism].append(changed.name)
    told = {name: (MESSAGE_FAULTS[changes[0]].mechanism, OWN) for name, changes in rows.items()} | IN_KERNEL
    for name, (mechanism, seen) in told.items():
        theory = tuple(rows.get(name, ()))
        yield Mechanism(name, TOPIC, mechanism, seen, theory, tuple(kernels[name]), (), tuple(codes[name]))
    begins = tuple(name for name, fault in INITIAL_FAULTS.items() if fault.missing in OF_THREADS)
    yield Mechanism("message-beginning", TOPIC, "threads do not begin as they should", OWN, theory=begins)
