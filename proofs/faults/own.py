"""The rest of the catalogue: mechanisms that were thought of so that every obligation can be seen to fail."""

from collections.abc import Iterator

from proofs.faults.mechanism import OWN, Mechanism, passed
from refinement.faults.functions import FUNCTIONS
from refinement.mapping_tree import MappingTree

TREE_STEPS = ("link-leaf", "unlink-leaf", "create-leaf", "remove-leaf", "move-node", "restrict-rights")


def _on(*names: str) -> tuple[str, ...]:
    """The broken functions that end so, of every step on the tree that can be."""
    return tuple(found for step in TREE_STEPS for name in names if (found := f"{step}-{name}") in FUNCTIONS)


IN_CODE_TOPIC = "thought of, so that every obligation about code is seen to fail"
IN_CODE: dict[str, tuple[str, ...]] = {
    "loop-in-list": _on("below-itself", "child-of-itself", "next-to-itself"),
    "source-unchecked": ("nil-passed-on", "flush-of-nil", "flush-asks-for-children", "flush-asks-nil"),
    "occupied-refused": ("occupied-refused-on-tree",),
    "nothing-done": ("flush-of-nothing",),
    "narrowing-skipped": ("restrict-step-passes-by",),
    "field-unwritten": (
        *_on(*(f"{column.replace('_', '-')}-unwritten" for column in MappingTree._fields)),
        "move-node-unnamed",
    ),
    "field-overwritten": _on(
        "counts-as-free",
        "without-parent",
        "children-cut-off",
        "child-handed-up",
        "next-to-free-list",
        "free-list-below",
        "slot-of-free-list",
        "rights-reset",
    ),
    "node-taken-wrongly": ("create-leaf-still-free", "create-leaf-unlinked", "create-leaf-below-free"),
    "node-given-up-wrongly": ("unlink-leaf-into-child", "remove-leaf-erases-parent", *_on("reads-later")),
    "walk-ends-early": ("flush-below-stops-early",),
    "walk-starts-wrongly": ("flush-below-starts-at-child", "restrict-below-skips-first", "is-below-starts-late"),
    "walk-stands-still": ("flush-step-stands-still", "tour-step-turns-back"),
    "walk-leaves-subtree": ("flush-step-goes-beside", "tour-step-into-nothing"),
    "subtree-removed-at-once": ("flush-step-removes-subtree", "restrict-step-on-entering"),
    "looked-up-again": (
        "looked-up-again",
        "flush-step-looks-around",
        "restrict-step-looks-around",
        "tour-step-looks-around",
    ),
    "own-entry-first": ("own-entry-first",),
    "pointer-not-valid": ("pointer-not-valid",),
    "index-of-wrong-width": ("index-too-wide", "index-too-narrow"),
    "table-in-two-places": ("table-shared",),
    "table-miscounted": (
        "table-slot-uncounted",
        "table-pointer-uncounted",
        "table-counts-one",
        "table-above-counted",
        "table-counted-again",
        "table-still-counted",
    ),
    "table-lost": (
        "table-taken-first",
        "table-kept",
        "table-unreturned",
        "table-detached-twice",
        "table-first-given-back",
        "table-frame-lost",
    ),
    "table-detached-too-early": (
        "table-root-detached",
        "table-freed-at-once",
    ),
    "table-attached-wrongly": (
        "table-pointer-first",
        "table-wrong-level",
        "table-not-cleared",
        "table-pointer-below",
    ),
    "pool-misjudged": (
        "table-one-too-few",
        "table-one-too-many",
    ),
    "table-walked-wrongly": (
        "table-path-too-far",
        "table-path-too-short",
        "table-path-read-twice",
        "table-miscounts-missing",
        "table-new-root",
    ),
    "entry-misplaced": (
        "table-written-in-root",
        "table-wrong-index",
        "table-entry-of-any",
        "table-entry-stays",
        "entry-half-index",
        "entry-beside-table",
        "slot-address-of-space",
    ),
    "marks-mistaken": (
        "table-marks-lost",
        "table-marks-of-absent",
        "mark-moves-frame",
    ),
    "branch-never-taken": ("table-branch-idle", "machine-branch-idle"),
    "hit-denies": ("hit-denies",),
}
"""Changes of code, by mechanism: of those here that strike code as well, and of those that strike nothing else."""


def mechanisms() -> Iterator[Mechanism]:
    """Those that no history of a kernel is known to us for."""
    topic = "thought of, so that every obligation is seen to fail"
    for name, mechanism, theory, kernel, reference in (
        ("no-invalidation", "an entry changes and nothing at all is invalidated", (), ("no-invalidation",), ()),
        ("source-unchecked", "a page that nobody can access is passed on", passed("source-unchecked"), (), ()),
        (
            "destination-not-flushed",
            "what derived from the destination stays as it was",
            passed("destination-not-flushed"),
            (),
            (),
        ),
        (
            "destination-carries-subtree",
            "what derived from the destination stays below it and shows the new page",
            passed("destination-carries-subtree"),
            (),
            (),
        ),
        (
            "entry-not-written",
            "the destination's page-table entry is left empty",
            passed("entry-not-written"),
            (),
            (),
        ),
        (
            "entry-ored",
            "the new page-table entry is written over the old without clearing it",
            passed("entry-ored"),
            (),
            (),
        ),
        (
            "mask-ignored",
            "all rights of the source are passed on, whatever was asked for",
            passed("mask-ignored"),
            (),
            (),
        ),
        ("old-link-stays", "the destination stays in its old tree as well", passed("old-link-stays"), (), ()),
        (
            "not-marked-in-use",
            "the destination's node is linked and still counts as free",
            passed("not-marked-in-use"),
            (),
            (),
        ),
        (
            "ancestors-forgotten",
            "a node does not derive from what its mapper derives from",
            (*passed("ancestors-forgotten"), "flush-ancestors-forgotten"),
            (),
            (),
        ),
        ("loop-in-list", "a node is linked below itself", (*passed("loop-in-list"), "flush-loop-in-list"), (), ()),
        (
            "frame-held-twice",
            "a second page becomes a holder of the frame",
            (*passed("frame-held-twice"), "map-copies-link", "flush-frame-claimed", "flush-frame-held-by-space"),
            (),
            (),
        ),
        ("occupied-refused", "a destination in use is refused", passed("occupied-refused"), (), ()),
        ("nothing-done", "the operation is always refused", ("map-refused", "grant-refused", "flush-refused"), (), ()),
        ("partial-flush-refused", "a flush of some rights only is refused", ("flush-partly-refused",), (), ()),
        (
            "map-takes-from-source",
            "a map takes the page, its entry or its children from the mapper",
            ("map-moves-entry", "map-empties-source", "map-flushes-source"),
            (),
            (),
        ),
        (
            "grant-of-nothing",
            "a nil page is granted, and its destination counts as in use",
            ("grant-of-nothing",),
            (),
            (),
        ),
        (
            "grant-keeps-source",
            "the granter keeps the page, its entry or its rights",
            ("grant-source-stays", "grant-source-entry-stays", "grant-source-rights-stay"),
            (),
            ("GRANT_KEEPS_SOURCE",),
        ),
        (
            "grant-links-to-source",
            "what is granted derives from the granter's slot",
            ("grant-makes-new-link",),
            (),
            ("GRANT_TO_GRANTER",),
        ),
        (
            "grant-loses-frame",
            "the destination does not become the frame's holder",
            ("grant-frame-not-passed",),
            (),
            (),
        ),
        (
            "grant-takes-too-much",
            "a grant flushes what should follow the page or stay",
            ("grant-drops-children", "grant-flushes-siblings", "grant-erases-children-entries"),
            (),
            (),
        ),
        ("grant-keeps-children", "what should be flushed follows the page", ("grant-keeps-children",), (), ()),
        (
            "grant-flattens-children",
            "what follows the page is linked in one level",
            ("grant-flattens-children",),
            (),
            (),
        ),
        (
            "flush-one-level",
            "only what was mapped directly from the page goes",
            ("flush-stops-at-children",),
            (),
            ("FLUSH_ONE_LEVEL",),
        ),
        (
            "flush-takes-own-page",
            "the flusher's own page or entry goes",
            ("flush-takes-own-page", "flush-own-entry-erased"),
            ("own-entry-erased",),
            ("FLUSH_TAKES_OWN_PAGE",),
        ),
        ("nil-empties-space", "the flush of a nil page empties the whole space", ("flush-nil-empties-space",), (), ()),
        (
            "page-table-not-database",
            "page-table entries go and the database is not updated",
            ("flush-page-table-not-database",),
            (),
            (),
        ),
        ("links-stay", "links of what is gone stay", ("flush-links-stay",), (), ()),
        (
            "flush-shows-frame",
            "a flush enters the page's frame elsewhere",
            ("flush-reloads-space", "flush-frame-exposed"),
            (),
            (),
        ),
        (
            "answer-tells",
            "a call is refused or not by who else was given the page, which its caller does not see",
            (*passed("refused-if-shared"), "flush-refused-if-passed-on"),
            (),
            (),
        ),
        (
            "shared-stays",
            "what somebody else got from a page keeps that page from being taken",
            ("flush-shared-stays",),
            (),
            (),
        ),
        (
            "hung-below-another",
            "pages of others come to derive from a page that they were not mapped from",
            ("map-put-between", "grant-reverses-links", "flush-adopts-siblings"),
            (),
            (),
        ),
        ("narrowing-skipped", "taking one of the rights does not reach the entry", (), (), ("NARROWING_SKIPPED",)),
        ("init-keeps-state", "a second start does not clear what the first left", (), (), ("INIT_KEEPS_STATE",)),
        ("space-in-few-bits", "a node keeps too few bits of its space's number", (), (), ("SPACE_IN_4_BITS",)),
        ("range-off-by-one", "the page after the last is taken for one", (), (), ("RANGE_OFF_BY_ONE",)),
        (
            "wrong-beginning",
            "the first state lacks one of the things that are said of σ0",
            (
                "initial-link",
                "initial-two-frames-a-page",
                "initial-two-pages-a-frame",
                "initial-entry-wrong",
                "initial-holder-not-in-use",
                "initial-rights-missing",
                "initial-frame-nowhere",
                "initial-page-without-frame",
            ),
            (),
            (),
        ),
        (
            "invariant-missing",
            "a state is not held to an invariant that others rely on",
            ("invariant-access-ends-at-holder", "invariant-held-frame-shows", "invariant-phys-coherent"),
            (),
            (),
        ),
    ):
        yield Mechanism(name, topic, mechanism, OWN, theory, kernel, reference, IN_CODE.get(name, ()))
    for name, mechanism in (
        ("field-unwritten", "a step on the mapping tree leaves a field of its node as it was"),
        ("field-overwritten", "a step on the mapping tree writes a field that is not for it to write"),
        ("node-taken-wrongly", "a new node is taken from the list of free ones, or linked, in the wrong way"),
        ("node-given-up-wrongly", "what a node held, or what is next to it, is given up in the wrong way"),
        ("walk-ends-early", "a walk through a subtree is over after one step"),
        ("walk-starts-wrongly", "a walk through a subtree starts where it should not"),
        ("walk-stands-still", "a step of a walk comes no closer to the end"),
        ("walk-leaves-subtree", "a step of a walk goes on from a node that is gone"),
        ("subtree-removed-at-once", "a node is removed with children below it"),
        ("looked-up-again", "what is known is looked up again, which costs more than is claimed"),
        ("own-entry-first", "what is flushed or replaced loses its own entry before what was mapped from it"),
        ("pointer-not-valid", "the entry that points to a table lacks its valid bit"),
        ("index-of-wrong-width", "an index takes more or fewer bits of the address than a table has entries for"),
        ("table-in-two-places", "a page table hangs in two places"),
        ("table-miscounted", "a table counts something else than what stands in it"),
        ("table-lost", "a table is neither attached nor free"),
        ("table-detached-too-early", "a table is detached or free while it is needed"),
        ("table-attached-wrongly", "a table is attached or detached in the wrong place, or before it is empty"),
        ("pool-misjudged", "one frame too few, or too many, is held to be enough for the tables"),
        ("table-walked-wrongly", "the walk through the tables of a page ends too early or too late, or is done twice"),
        ("entry-misplaced", "an entry is read or written where another one is"),
        ("marks-mistaken", "what the processor notes in an entry is lost, or taken for something else"),
        ("branch-never-taken", "a branch of the code is taken in no state"),
        ("hit-denies", "a core that holds a translation which does not permit the access does not walk again"),
    ):
        yield Mechanism(name, IN_CODE_TOPIC, mechanism, OWN, code=IN_CODE[name])
