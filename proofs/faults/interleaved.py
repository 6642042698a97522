"""Faults that show when calls of several cores interleave: wrong locking, a wrong order of steps, a missing barrier."""

from dataclasses import dataclass

from proofs.explorer.interleaved.execution import Program
from proofs.explorer.interleaved.scenarios import SCENARIOS
from refinement.cores.broken import BROKEN
from refinement.cores.machine import SharedKernel


@dataclass(frozen=True, slots=True)
class InterleavedFault:
    """A kernel on several cores that is wrong in one way.

    :param name: what it is called.
    :param mechanism: how it goes wrong, in one sentence.
    :param seen_in: where such a defect was seen.
    :param scenario: calls that show it.
    :param locking: how it locks; one lock, unless that is what is wrong.
    :param kernel: the broken kernel; empty for the right one.
    :param barrier: on a machine with store buffers, the invalidation begins before the clear is seen.
    :param ending: a part of what is found.
    """

    name: str
    mechanism: str
    seen_in: str
    scenario: str
    locking: str = "one"
    kernel: str = ""
    barrier: bool = True
    ending: str = "not allowed by the database"

    def program(self) -> Program:
        """The calls, on the wrong kernel."""
        kernel = BROKEN[self.kernel] if self.kernel else SharedKernel
        scenario = SCENARIOS[self.scenario]
        return scenario.program(self.locking, kernel, buffered=not self.barrier, fenced=self.barrier)


OWN, FOLKLORE = "our own", "folklore"
LIVELOCK = "livelock"

INTERLEAVED_FAULTS = {
    fault.name: fault
    for fault in (
        InterleavedFault(
            "lock-dropped-before-flush",
            "another core fills its buffer from the old entry after the invalidation",
            "Xen XSA-408",
            "map-below-flush",
            kernel="invalidates-first",
        ),
        InterleavedFault(
            "map-races-flush",
            "a map from a page that is being flushed links below a node already walked past",
            "Xen XSA-218",
            "map-below-flush",
            "early-unlock",
            ending="the mapping tree is broken",
        ),
        InterleavedFault(
            "changed-outside-lock",
            "the page table changes outside the database's lock",
            "Fiasco",
            "map-below-flush",
            "entry-outside",
        ),
        InterleavedFault(
            "entry-overwritten",
            "an entry is written over and invalidated afterwards: two cores of one space see two frames",
            FOLKLORE,
            "one-destination",
            kernel="in-place",
            ending="cores see frames",
        ),
        InterleavedFault(
            "second-core-forgotten",
            "an invalidation is made on one core, and another executes in the same space",
            "seL4, NOVA",
            "map-below-flush",
            kernel="one-core-forgotten",
        ),
        InterleavedFault(
            "entry-before-mapping", "an entry is written before the database knows the mapping", OWN, "one-source",
            kernel="entry-before-database",
        ),
        InterleavedFault(
            "torn-entry",
            "an entry is written in two halves and walked in between",
            "Xen XSA-347",
            "one-destination",
            kernel="written-in-halves",
        ),
        InterleavedFault(
            "clear-not-drained",
            "the invalidation begins while the cleared entry waits in a store buffer: a barrier is missing",
            FOLKLORE,
            "map-below-flush",
            barrier=False,
        ),
        InterleavedFault("no-lock", "operations are not locked", OWN, "two-grants", "none", ending=""),
        InterleavedFault(
            "lock-not-looked-again",
            "a frame is looked up, its lock taken, and not looked up again",
            FOLKLORE,
            "three",
            "frame-not-again",
        ),
        InterleavedFault(
            "locks-unordered",
            "locks are taken in the order of the arguments: two operations wait for each other",
            FOLKLORE,
            "crossed",
            "frame-unordered",
            ending="deadlock",
        ),
        InterleavedFault(
            "free-list-unlocked", "the free list has no lock", OWN, "two-frames", "frame-no-pool", ending="",
        ),
        InterleavedFault(
            "slot-nil-meanwhile",
            "a slot that is nil while its mapping is being replaced is taken for nil",
            OWN,
            "replaced",
            "frame-nil-only",
            ending="no order of the calls explains it",
        ),
        InterleavedFault(
            "slot-not-looked-again",
            "which slot a node stands for is seen before the slot's lock is held, and not looked at again",
            OWN,
            "moved-below",
            "slot-not-again",
            ending="",
        ),
        InterleavedFault(
            "linked-without-source", "a node is linked below its source without the source's lock", OWN,
            "map-below-flush", "slot-no-source", ending="",
        ),
        InterleavedFault(
            "locks-kept-waiting",
            "who has to try again keeps what it holds: two operations wait for each other",
            FOLKLORE,
            "crossed",
            "slot-kept",
            ending="deadlock",
        ),
        InterleavedFault(
            "tried-for-ever",
            "who has to try again tries again at once: two operations make each other give back, for ever",
            FOLKLORE,
            "crossed",
            "slot-no-turn",
            ending=LIVELOCK,
        ),
    )
}  # fmt: skip
"""By name."""
