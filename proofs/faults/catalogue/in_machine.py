"""A part of the catalogue: mechanisms of a machine that is wrong in its code, as the proof executes it."""

from collections.abc import Iterator

from proofs.faults.catalogue.in_code import IN_CODE_TOPIC
from proofs.faults.catalogue.mechanism import OWN, Mechanism

IN_MACHINE: dict[str, tuple[str, tuple[str, ...]]] = {
    "walk-goes-astray": (
        "a walk goes on where it should end, reads another entry, or marks what it should not",
        ("walk-table-one-longer", "walk-reads-next", "walk-marks-too-early", "translation-below-zero"),
    ),
    "walk-finds-too-much": (
        "a walk reports more than the entries of its path say",
        ("walk-grants-all", "walk-always-global"),
    ),
    "page-of-wrong-size": (
        "the offset within a page is taken for one of 4 KiB, in a larger page as well",
        ("translation-offset-of-small-page", "core-offset-of-small-page"),
    ),
    "core-misuses-buffer": (
        "a core asks its buffer for something else, or makes something else of the answer",
        (
            "core-looks-without-tag",
            "core-swallows-fault",
            "core-counts-twice",
            "core-crosses-unasked",
            "core-tag-stays",
        ),
    ),
    "buffer-mixes-up-entries": (
        "a buffer gives an entry of another space, overlooks one, or holds two for one page",
        ("tlb-looks-under-next-tag", "tlb-overlooks-global", "tlb-keeps-both", "tlb-count-stays"),
    ),
    "invalidation-of-wrong-part": (
        "an invalidation drops less than it is asked to, or more",
        (
            "tlb-drops-no-global",
            "tlb-page-as-if-tagged",
            "tlb-tag-takes-global",
            "tlb-all-but-global",
            "split-tlb-data-only",
        ),
    ),
    "tag-of-two-spaces": (
        "two spaces have the same tag, or a space has none that it was given",
        ("tags-loser-keeps", "tags-space-without", "tags-lost-from-queue", "tags-current-forgets"),
    ),
    "tag-taken-alive": (
        "a tag goes to another space while a core executes with it, or a buffer holds something under it",
        ("tags-given-unretired", "tags-taken-in-use", "tags-retired-nowhere"),
    ),
    "access-in-part": (
        "a store stops half way, or an access in two parts moves other bytes than it should",
        ("core-store-unchecked", "core-store-first-again", "core-load-second-lost", "core-fetch-as-load"),
    ),
    "option-misread": (
        "a mode or an extension of the processor is ignored, or counts although it is off",
        (
            "smep-smap-ignored",
            "access-flag-unsuspended",
            "key-of-next-page",
            "key-bars-fetch",
            "napot-as-one-page",
            "napot-of-any-size",
            "memory-type-unasked",
            "sum-opens-fetch",
            "contiguous-refused",
            "contiguous-half-row",
            "walk-first-root-table",
            "walk-one-root-table-of-two",
        ),
    ),
    "row-of-pages-mistaken": (
        "of pages in a row others are taken for one, or an entry that is held for all says something else of one",
        (
            "row-of-every-other-page",
            "row-of-every-leaf",
            "row-held-for-next-page",
            "row-entry-moves-frame",
            "row-entry-of-all-spaces",
            "row-never-made",
        ),
    ),
    "tables-miscounted": (
        "the frames that large mappings need for page tables are counted wrongly",
        (
            "sized-tables-one-above-uncounted",
            "sized-tables-above-counted-again",
            "sized-tables-inside-as-one",
            "sized-tables-inside-twice-of-none",
            "sized-tables-apart-below",
            "sized-tables-apart-in-one-space",
        ),
    ),
    "large-leaf-mistaken": (
        "a large leaf is written, read or taken apart as if it were another: of another size, frame, right or mark",
        (
            "sized-tables-first-frame-only",
            "sized-tables-smallest-leaf",
            "sized-tables-marks-lost",
            "sized-tables-marks-of-absent",
            "sized-tables-leaf-stays",
            "sized-tables-nothing-noted",
            "sized-tables-divided-too-small",
            "sized-tables-divided-by-all-rights",
            "sized-tables-noted-in-last",
            "sized-tables-noted-before",
            "sized-mapping-twice-the-leaves",
        ),
    ),
    "large-leaf-misplaced": (
        "a large leaf is looked for where another entry is, or a walk does not end at it",
        (
            "sized-tables-path-too-short",
            "sized-tables-leaf-followed",
            "sized-tables-leaf-of-last",
            "sized-tables-followed-from-last",
            "sized-tables-detached-from-above",
            "sized-tables-place-below",
            "sized-tables-entry-of-last",
            "sized-tables-one-missing",
            "sized-tables-root-cleared",
            "sized-tables-unused-read",
            "sized-tables-leaf-below",
        ),
    ),
    "promised-table-missing": (
        "a table that a large leaf promises is not kept for it, or tables are counted wrongly, or lost",
        (
            "sized-tables-promise-overlooked",
            "sized-tables-one-too-many",
            "sized-tables-leaves-uncounted",
            "sized-tables-promise-kept",
            "sized-tables-unreturned",
            "sized-tables-not-cleared",
            "sized-tables-freed-twice",
            "sized-tables-still-used",
            "sized-tables-divided-uncounted",
            "sized-tables-detached-unreturned",
            "sized-tables-promised-twice",
            "sized-tables-promised-elsewhere",
            "sized-tables-branch-idle",
        ),
    ),
    "tag-none-left": (
        "a space asks for a tag when none can be taken, or tags are not all there at first",
        ("tags-search-late", "tags-as-many-as-cores", "tags-last-left-out", "tags-given-at-first"),
    ),
}
"""By name the mechanism, and the changes that have it."""


def mechanisms() -> Iterator[Mechanism]:
    """Those that strike the code of the machine and nothing else."""
    for name, (mechanism, changes) in IN_MACHINE.items():
        yield Mechanism(name, IN_CODE_TOPIC, mechanism, OWN, code=changes)
