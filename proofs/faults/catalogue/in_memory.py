"""A part of the catalogue: mechanisms of translation buffers and of the accounting of frames, nodes and tables."""

from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import Mechanism, passed


def buffers() -> Iterator[Mechanism]:
    """Those of buffers, and of the order in which page tables are written."""
    topic = "translation buffers and the order of page-table writes"
    for name, mechanism, seen_in, change in (
        (
            "flush-skipped",
            "an entry changes and is not invalidated, because nothing important changed",
            "Xen XSA-275",
            "flush-skipped",
        ),
        (
            "asid-deleted-first",
            "the address-space tag is freed before it is used to invalidate",
            "seL4",
            "tag-deleted-first",
        ),
        (
            "remote-core-forgotten",
            "only the local core's buffer is invalidated",
            "seL4, NOVA",
            "remote-core-forgotten",
        ),
        (
            "current-tag-invalidated",
            "an instruction that reaches the current tag alone invalidates a page of another space",
            "Xen XSA-294",
            "current-tag-invalidated",
        ),
        (
            "shootdown-not-awaited",
            "the initiator does not wait for the other cores",
            "Fiasco",
            "shootdown-not-awaited",
        ),
        (
            "frame-freed-before-flush",
            "the frame is reused before the deferred invalidation",
            "Xen XSA-346, XSA-480",
            "frame-freed-before-flush",
        ),
        (
            "invalidate-before-write",
            "the invalidation precedes the change of the entry",
            "folklore of all of them",
            "invalidate-before-write",
        ),
        (
            "upper-level-no-flush",
            "a directory entry changes without invalidation of what lies below",
            "Xen XSA-286",
            "upper-level-no-flush",
        ),
        (
            "split-wrong-range",
            "of a range that changes, such as a large page that is split, only a part is invalidated",
            "Hafnium",
            "range-in-part",
        ),
        (
            "tag-reused",
            "an address-space tag is given to a new space while old translations live",
            "folklore",
            "tag-reused",
        ),
    ):
        yield Mechanism(name, topic, mechanism, seen_in, kernel=(change,))


def accounting() -> Iterator[Mechanism]:
    """Those of what is counted, taken and given back."""
    topic = "accounting"
    yield Mechanism(
        "double-release",
        topic,
        "a reference is dropped more often than it was taken, or on a partial unmap",
        "Xen XSA-224, XSA-394",
        theory=("flush-frame-released",),
        kernel=("table-freed-in-use",),
        reference=("DOUBLE_RELEASE",),
        code=("table-given-twice",),
    )
    yield Mechanism(
        "early-clear",
        topic,
        "the mark of use is cleared before the last use is gone",
        "Xen XSA-230",
        theory=("flush-early-clear",),
    )
    yield Mechanism(
        "node-leak",
        topic,
        "a node or a table is lost on an early return, and memory grows",
        "Hafnium",
        kernel=("node-leak", "table-leak"),
        reference=("NODE_LEAK",),
        code=("remove-leaf-leaks",),
    )
    yield Mechanism(
        "frame-lost",
        topic,
        "a frame is no longer reachable from σ0 though nobody holds it",
        "Appendix A itself",
        theory=passed("frame-lost"),
        reference=("FRAME_LOST",),
    )
    yield Mechanism(
        "handle-frame-mismatch",
        topic,
        "a page and its frame number get out of step",
        "Xen XSA-500",
        theory=("grant-overwrites-children-entries", "grant-holder-not-updated"),
        kernel=("wrong-frame-entered", "database-out-of-step"),
        reference=("HANDLE_FRAME_MISMATCH",),
        code=("entry-frame-shifted", "move-node-frame-erased", "restrict-rights-frame-erased"),
    )
    yield Mechanism(
        "partial-success-kept",
        topic,
        "an operation that fails half way is not undone",
        "Xen XSA-389, XSA-222",
        kernel=("refusal-too-late",),
        reference=("PARTIAL_SUCCESS_KEPT",),
    )
    yield Mechanism(
        "lock-kept-on-alias",
        topic,
        "source and destination are the same object, and its lock is taken twice",
        "Fiasco",
        reference=("LOCK_KEPT_ON_ALIAS",),
    )
    yield Mechanism(
        "map-without-consent",
        topic,
        "a mapping is delivered where nobody opened a window for it",
        "L4 family rule",
        theory=passed("entry-everywhere"),
    )
