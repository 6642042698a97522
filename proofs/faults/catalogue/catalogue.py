"""The catalogue of faults: every mechanism of real defects that some layer of ours can have, one row each.

A mechanism is named once, however many layers it can strike: the theory, the kernel, the machine, the C reference.
Where a mechanism was seen is from public histories and advisories; those marked «our own» were only thought of.

>>> CATALOGUE["depth-wrap"].seen_in
'Pistachio, NOVA, Fiasco before a check was added'
>>> CATALOGUE["depth-wrap"].reference
('DEPTH_WRAP_8', 'DEPTH_WRAP_16')
"""

from collections.abc import Iterator
from itertools import chain

from proofs.faults.catalogue import by_obligation as own
from proofs.faults.catalogue import (
    in_code,
    in_cores,
    in_costs,
    in_machine,
    in_memory,
    in_messages,
    in_ownership,
    in_ranges,
)
from proofs.faults.catalogue.mechanism import OWN, Absent, Mechanism, passed


def _tree() -> Iterator[Mechanism]:
    topic = "tree and revocation"
    yield Mechanism(
        "stale-cursor",
        topic,
        "a position in the tree is kept across the flush of the destination, which may free it",
        "a current kernel",
        kernel=("stale-cursor",),
        reference=("STALE_CURSOR",),
    )
    yield Mechanism(
        "early-ascent",
        topic,
        "the walk of a subtree goes up after the first child though siblings remain",
        "Pistachio",
        kernel=("early-ascent",),
        reference=("EARLY_ASCENT",),
        code=("tour-step-skips-siblings",),
    )
    yield Mechanism(
        "depth-wrap",
        topic,
        "depth is kept in too few bits, and a long chain is flushed only in part",
        "Pistachio, NOVA, Fiasco before a check was added",
        kernel=("depth-wrap",),
        reference=("DEPTH_WRAP_8", "DEPTH_WRAP_16"),
    )
    yield Mechanism(
        "self-map-loses-page",
        topic,
        "a page that goes onto itself is flushed and never put back",
        "Fiasco, Pistachio",
        theory=passed("onto-itself"),
        reference=("SELF_MAP_LOSES_PAGE",),
    )
    yield Mechanism(
        "ancestor-slot",
        topic,
        "a page goes onto one that it came from, and its link points to a page that is gone",
        "Appendix A itself",
        theory=("map-ancestor-slot",),
        kernel=("ancestor-slot",),
        reference=("ANCESTOR_SLOT",),
        code=("is-below-direct",),
    )
    yield Mechanism(
        "eager-grant-cycle",
        topic,
        "a grant onto an ancestor of the source, with the value read before the flush, makes a cycle",
        "Appendix A itself",
        theory=("grant-ancestor-slot", "grant-ancestor-read-before"),
        reference=("EAGER_GRANT_CYCLE",),
    )
    yield Mechanism(
        "grant-forgets-children",
        topic,
        "grant moves the node, and what was mapped from it keeps pointing at the old slot or at nothing",
        "experiment",
        theory=("grant-forgets-children", "grant-orphans-children"),
        kernel=("grant-forgets-children",),
        reference=("GRANT_FORGETS_CHILDREN",),
    )
    yield Mechanism(
        "database-not-page-table",
        topic,
        "unmapping updates the database and leaves the page-table entry",
        "mung",
        theory=("flush-database-not-page-table",),
        kernel=("entry-survives",),
        reference=("DATABASE_NOT_PAGE_TABLE",),
    )
    yield Mechanism(
        "entry-survives-overmap",
        topic,
        "the entry of a mapping that is replaced is not erased",
        "mung",
        theory=(*passed("entry-survives-overmap"), *passed("old-entry-stays")),
        reference=("ENTRY_SURVIVES_OVERMAP",),
    )
    yield Mechanism(
        "flush-too-wide",
        topic,
        "pages outside the flushed subtree go too",
        "mung",
        theory=("flush-too-wide",),
        kernel=("flush-too-wide",),
        reference=("FLUSH_TOO_WIDE",),
    )
    yield Mechanism(
        "wrong-slot-unmapped",
        topic,
        "unmapping clears another slot, and the right one stays",
        "seL4",
        theory=("flush-wrong-slot-unmapped",),
        kernel=("wrong-slot-unmapped",),
        reference=("WRONG_SLOT_UNMAPPED",),
    )
    yield Mechanism(
        "foreign-unmap",
        topic,
        "unmapping does not check whose entry it is, and takes what came from elsewhere",
        "seL4",
        theory=(*passed("foreign-unmap"), "flush-whole-frame"),
        reference=("FOREIGN_UNMAP",),
    )
    yield Mechanism(
        "recursion-overflow",
        topic,
        "a recursive flush overflows the stack on a deep chain",
        "mung",
        reference=("RECURSION_OVERFLOW",),
    )
    yield Mechanism("first-tombstone", topic, "look-up stops at a deleted entry", "mung", kernel=("first-tombstone",))
    yield Mechanism(
        "non-final-delete",
        topic,
        "deleting one of several mappings of a frame leaves it mapped",
        "seL4",
        theory=("flush-non-final-delete",),
        reference=("NON_FINAL_DELETE",),
    )


def _rights() -> Iterator[Mechanism]:
    topic = "rights"
    yield Mechanism(
        "rights-not-intersected",
        topic,
        "map or grant installs the rights asked for instead of those that the source has",
        "Pistachio",
        theory=passed("rights-not-intersected"),
        kernel=("rights-not-intersected",),
        reference=("RIGHTS_NOT_INTERSECTED", "GRANT_WIDENS"),
        code=("map-widens-on-tree", "entry-grants-all"),
    )
    yield Mechanism(
        "rights-cached",
        topic,
        "a remembered «already without w» skips a later revocation of w",
        "Pistachio",
        theory=("flush-rights-cached",),
        kernel=("rights-cached",),
        reference=("RIGHTS_CACHED",),
    )
    yield Mechanism(
        "upgrade-wrong",
        topic,
        "mapping the same frame again with more rights computes the wrong union",
        "Fiasco",
        theory=("map-upgrade-wrong", "map-upgrade-replaces", *passed("rights-ored")),
        reference=("UPGRADE_WRONG",),
    )
    yield Mechanism(
        "idle-erases-entry",
        topic,
        "an operation that should do nothing erases the entry of the page that it is called for",
        OWN,
        theory=passed("idle-erases-entry"),
    )
    yield Mechanism(
        "empty-rights-map",
        topic,
        "an empty set of rights still makes a mapping, or leaves one",
        "Fiasco, seL4",
        theory=(*passed("empty-rights"), "flush-empty-stays"),
        kernel=("empty-rights-map",),
        reference=("EMPTY_RIGHTS_MAP",),
        code=("empty-entry-made",),
    )
    yield Mechanism(
        "grant-restrict-child-keeps",
        topic,
        "a grant with fewer rights leaves the children with more than their parent",
        "Fiasco",
        theory=("grant-restrict-child-keeps", "grant-empty-child-stays"),
        kernel=("grant-restrict-child-keeps",),
        reference=("GRANT_RESTRICT_CHILD_KEEPS",),
        code=("grant-children-keep-on-tree",),
    )
    yield Mechanism(
        "unmap-wrong-rights",
        topic,
        "a partial flush takes or sets the complement of the mask",
        "mung",
        theory=("flush-rights-complement", "flush-rights-assigned"),
        kernel=("unmap-wrong-rights",),
        reference=("UNMAP_WRONG_RIGHTS",),
    )


CATALOGUE: dict[str, Mechanism] = {
    each.name: each
    for each in chain(
        _tree(),
        _rights(),
        in_memory.buffers(),
        in_memory.accounting(),
        own.mechanisms(),
        in_code.mechanisms(),
        in_machine.mechanisms(),
        in_costs.mechanisms(),
        in_messages.mechanisms(),
        in_ranges.mechanisms(),
        in_cores.mechanisms(),
        in_ownership.mechanisms(),
    )
}
"""Every mechanism, by name, in the order of the report."""

ABSENT: tuple[Absent, ...] = (
    Absent(
        "memory-not-scrubbed",
        "memory is given out with what another has left in it",
        "Xen XSA-245",
        "what is in a page is not modelled, only who can reach it",
    ),
)
"""Mechanisms of the same sources that are not in the catalogue."""
