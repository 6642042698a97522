"""A part of the catalogue: changes of code, by mechanism, and the mechanisms that strike nothing but code."""

from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.code.changed import IDLE, OF_EMPTY
from proofs.faults.code.costs import OF_COSTS
from refinement.faults.functions import FUNCTIONS
from refinement.kernel.mapping_tree import MappingTree

TREE_STEPS = ("link-leaf", "unlink-leaf", "create-leaf", "remove-leaf", "move-node", "restrict-rights")


def _on(*names: str) -> tuple[str, ...]:
    """The broken functions that end so, of every step on the tree that can be."""
    return tuple(found for step in TREE_STEPS for name in names if (found := f"{step}-{name}") in FUNCTIONS)


IN_CODE_TOPIC = "thought of, so that every obligation about code is seen to fail"
IN_CODE: dict[str, tuple[str, ...]] = {
    "loop-in-list": _on("below-itself", "child-of-itself", "next-to-itself"),
    "source-unchecked": (
        "nil-passed-on",
        "flush-of-nil",
        "flush-asks-for-children",
        "flush-asks-nil",
        "kernel-flush-of-nothing",
    ),
    "occupied-refused": ("occupied-refused-on-tree",),
    "nothing-done": ("flush-of-nothing",),
    "narrowing-skipped": ("restrict-step-passes-by", "restrict-below-passes-by", "kernel-restrict-passes-by"),
    "entry-widened": ("kernel-flush-widens-first", "kernel-narrow-widens-first", "kernel-map-widens-first"),
    "rights-added": ("create-leaf-with-all-rights", "move-node-with-all-rights", "restrict-rights-adds-rights"),
    "wrong-entry-taken": ("kernel-grant-withdraws-other",),
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
    "walk-ends-early": ("flush-below-stops-early", "kernel-flush-passes-by"),
    "walk-starts-wrongly": (
        "flush-below-starts-at-child",
        "restrict-below-skips-first",
        "is-below-starts-late",
        "kernel-flush-starts-late",
        "kernel-restrict-starts-late",
    ),
    "walk-starts-over": ("flush-below-starts-over",),
    "walk-stands-still": (
        "flush-step-stands-still",
        "tour-step-turns-back",
        "restrict-step-stands-still",
        "is-below-stands-still",
        "is-below-waits",
    ),
    "walk-writes": ("flush-below-writes", "restrict-below-writes"),
    "walk-reads-nothing": (
        "flush-below-reads-nothing",
        "restrict-below-reads-nothing",
        "is-below-reads-nothing",
        "kernel-flush-reads-nothing",
        "kernel-restrict-reads-nothing",
    ),
    "walk-leaves-subtree": ("flush-step-goes-beside", "tour-step-into-nothing"),
    "subtree-removed-at-once": ("flush-step-removes-subtree", "restrict-step-on-entering"),
    "looked-up-again": (
        "looked-up-again",
        "flush-step-looks-around",
        "restrict-step-looks-around",
        "tour-step-looks-around",
        "kernel-flush-below-looks-often",
        "kernel-restrict-below-looks-often",
    ),
    "own-entry-first": ("own-entry-first",),
    "pointer-not-valid": ("pointer-not-valid",),
    "words-not-numbers": ("word-sign-copied",),
    "index-of-wrong-width": ("index-too-wide", "index-too-narrow", "index-too-low"),
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
        "withdrawn-table-lost",
        *(f"kernel-{name}-loses-table" for name in ("map", "grant", "flush", "flush-below", "restrict-below")),
    ),
    "table-detached-too-early": (
        "table-root-detached",
        "table-freed-at-once",
        "kernel-map-frees-source",
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
        "table-path-from-last",
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
    "tree-made-wrongly": (*(each.name for each in OF_EMPTY), "one-mapping-too-many"),
    "sigma0-entered-wrongly": (
        "initial-makes-more",
        "initial-leaves-out",
        "initial-without-loop",
        "initial-narrows-nothing",
        "start-reserves-more",
        "start-reserves-twice",
        "start-writes-twice",
        "start-reserves-nothing",
        "start-without-loop",
        "start-refused",
    ),
    "tag-left-out": ("enter-without-tag", "invalidated-without-tag"),
    "lookup-changes": ("lookup-takes-rights",),
    "free-node-touched": (
        "create-leaf-next-dirty",
        "create-leaf-returns-next",
        "remove-leaf-frame-kept",
        "move-node-dirties-free",
        "restrict-rights-dirties-free",
        "restrict-rights-takes-free",
    ),
    "linked-twice": ("create-leaf-linked-twice", "remove-leaf-linked-twice"),
    "without-answer": (
        *(f"{name}-without-answer" for name in ("map", "grant", "flush")),
        *(f"kernel-{name}-without-answer" for name in ("map", "grant", "flush")),
    ),
    "node-forgotten": tuple(f"kernel-{name}-loses-node" for name in ("map", "grant", "flush")),
    "branch-never-taken": ("table-branch-idle", "machine-branch-idle", *(each.name for each in IDLE)),
    "hit-denies": ("hit-denies",),
    "invariant-missing": tuple(each.name for each in OF_COSTS.values() if each.mechanism == "invariant-missing"),
}
"""Changes of code, by mechanism: of those that strike code as well, and of those that strike nothing else."""


def mechanisms() -> Iterator[Mechanism]:
    """Those that strike nothing but code."""
    for name, mechanism in (
        ("field-unwritten", "a step on the mapping tree leaves a field of its node as it was"),
        ("field-overwritten", "a step on the mapping tree writes a field that is not for it to write"),
        ("node-taken-wrongly", "a new node is taken from the list of free ones, or linked, in the wrong way"),
        ("node-given-up-wrongly", "what a node held, or what is next to it, is given up in the wrong way"),
        ("walk-ends-early", "a walk through a subtree is over after one step"),
        ("walk-starts-wrongly", "a walk through a subtree starts where it should not"),
        ("walk-starts-over", "a walk through a subtree goes back to its beginning after each node"),
        ("walk-stands-still", "a step of a walk comes no closer to the end"),
        ("walk-writes", "a walk writes a field of the tree by itself, beside its steps"),
        ("walk-reads-nothing", "a walk reads a field of a node that is none"),
        ("walk-leaves-subtree", "a step of a walk goes on from a node that is gone"),
        ("subtree-removed-at-once", "a node is removed with children below it"),
        ("looked-up-again", "what is known is looked up again, which costs more than is claimed"),
        ("own-entry-first", "what is flushed or replaced loses its own entry before what was mapped from it"),
        ("pointer-not-valid", "the entry that points to a table lacks its valid bit"),
        ("words-not-numbers", "a function says of an entry's word what it does not say of the number with these bits"),
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
        ("tree-made-wrongly", "the empty tree is made with fields that make no tree, or in the wrong size"),
        ("sigma0-entered-wrongly", "what σ0 holds at first is entered wrongly in the tree or in the page tables"),
        ("tag-left-out", "a space is executed, or its translations are invalidated, without its tag"),
        ("lookup-changes", "what is looked up is changed by it"),
        ("free-node-touched", "a free node is written, taken or returned where it has no part in the step"),
        ("linked-twice", "a node is linked where it is linked already"),
        ("entry-widened", "an entry grants more than the database says, before it goes"),
        ("rights-added", "a step on the mapping tree gives a node rights"),
        ("wrong-entry-taken", "an operation takes the entry of another slot"),
        ("without-answer", "an operation says neither that it is done nor that it is refused"),
        ("node-forgotten", "a slot forgets its node, which is not free"),
        ("branch-never-taken", "a branch of the code is taken in no state"),
        ("hit-denies", "a core that holds a translation which does not permit the access does not walk again"),
    ):
        yield Mechanism(name, IN_CODE_TOPIC, mechanism, OWN, code=IN_CODE[name])
