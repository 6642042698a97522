"""A part of the catalogue: mechanisms of ranges that are wrong, in theory, in the kernel and in the sized reference."""

from collections import defaultdict
from collections.abc import Iterator

from proofs.faults.catalogue.mechanism import OWN, Mechanism
from proofs.faults.code import sized, sized_buffers
from proofs.faults.theory import RANGE_FAULTS
from refinement.faults.ranges import SIZED_FAULTS

TOPIC = "ranges"

IN_EXAMPLE: dict[str, tuple[str, str]] = {
    "EARLY_ASCENT": ("a flush goes up after the first small child, though others remain", "Pistachio"),
    "GRANT_FIRST_PART": ("of a range that several mappings show, the first alone is granted", OWN),
    "LARGER_THAN_PARENT": ("a child is made as large as the range, though its parent is smaller", OWN),
    "FLUSH_TOO_WIDE": ("a child that a flush meets in part goes whole", "mung"),
    "WRONG_OFFSET": ("of a larger source the first part is sent, whatever the offset is", OWN),
    "FIRST_PAGE_INVALIDATED": ("of a mapping that goes, the first page alone is invalidated", "Hafnium"),
    "PARTIAL_SUCCESS_KEPT": ("a range that is refused at one page has emptied those before it", "Xen XSA-389, XSA-222"),
    "MERGE_UNCONTIGUOUS": ("neighbours become one mapping, though their frames are no neighbours", OWN),
    "NO_SPLIT": ("a destination that is replaced in part goes whole", OWN),
    "SPLIT_FORGETS_CHILD": ("when a mapping is split, all children stay with its first part", OWN),
    "OFFSET_NOT_CUT": ("the offset is taken as it is, so that a mapping is not aligned", OWN),
    "OFFSET_NOT_WRAPPED": ("an offset beyond the larger range leads out of it", OWN),
    "CROSSING_UNCHECKED": ("a source may derive from the destination of another page", OWN),
    "OWN_PAGES_STAY": ("of a flushed range all pages stay, also those that derive from others of it", OWN),
    "OWN_FIRST_ONLY": ("a flush with its own pages takes the first of them alone", OWN),
    "RIGHTS_OF_FIRST": ("all pages of a range get the rights of the first", OWN),
    "SPLIT_WIDENS": ("when a mapping is split, its later parts get all rights", OWN),
    "GRANT_WHOLE": ("who grants a part of a mapping loses all of it", OWN),
    "FLUSH_FIRST_PAGE": ("a flush of a range takes what derives from its first page", OWN),
    "PAGE_LEFT": ("the last page of a mapping that goes is still found", OWN),
    "HOLES_EMPTIED": ("where the source is nil, the destination is emptied", OWN),
    "GRANT_KEEPS_RIGHTS": ("a grant with fewer rights leaves all children theirs", OWN),
    "CORE_FORGOTTEN": ("the last core is told of no invalidation", "seL4, NOVA"),
    "NARROWED_ON_ONE_CORE": ("of a mapping that loses some rights, core 0 alone forgets what it had", OWN),
    "FRAME_OF_FIRST": ("look-up tells the frame of the mapping's first page", OWN),
    "SPLIT_INVALIDATED_LATE": ("a mapping that was split is invalidated as its first part, and stays remembered", OWN),
    "TABLE_NOT_NARROWED": ("of a mapping that loses some rights, the page table keeps what it had", OWN),
    "ORDER_OF_PAGE": ("look-up tells the order of a single page for the last page of a mapping", OWN),
    "MISALIGNED_TAKEN": ("a range that does not begin with a multiple of its size is taken", OWN),
}
"""The defects of the sized example: how it goes wrong with each, and where that was seen."""


IN_KERNEL: dict[str, str] = {
    "GRANT_FIRST_PART": "first-mapping-granted",
    "FLUSH_TOO_WIDE": "met-in-part-goes-whole",
    "FIRST_PAGE_INVALIDATED": "first-leaf-invalidated",
    "MERGE_UNCONTIGUOUS": "joined-uncontiguous",
    "NO_SPLIT": "replaced-in-part-goes-whole",
    "SPLIT_FORGETS_CHILD": "half-forgets-child",
    "CROSSING_UNCHECKED": "crossing-unasked",
    "SPLIT_WIDENS": "half-widens",
}
"""Defects of the example that a broken kernel of ours has as well; the other broken kernels have rows of their own."""


def mechanisms() -> Iterator[Mechanism]:
    """One row for each way to be wrong: in the theory, in the sized example, and in the kernel."""
    rows: dict[str, list[str]] = defaultdict(list)
    for fault in RANGE_FAULTS.values():
        rows[fault.name.removesuffix("-" + fault.action.removesuffix("_range"))].append(fault.name)
    for name, changes in rows.items():
        yield Mechanism(name, TOPIC, RANGE_FAULTS[changes[0]].mechanism, OWN, theory=tuple(changes))
    for change, (mechanism, seen) in IN_EXAMPLE.items():
        name, kernel = f"sized-{change.lower().replace('_', '-')}", (IN_KERNEL[change],) if change in IN_KERNEL else ()
        yield Mechanism(name, TOPIC, mechanism, seen, kernel=kernel, sized=(f"sized:{change}",))
    for broken in SIZED_FAULTS.values():
        if broken.name not in IN_KERNEL.values():
            sentence = broken.sentence[0].lower() + broken.sentence[1:].removesuffix(".")
            yield Mechanism(broken.name, TOPIC, sentence, broken.seen, kernel=(broken.name,))
    in_code = (*sized.OF_SIZED.values(), *sized_buffers.OF_BUFFERS.values())
    for row, sentence in {**sized.MECHANISMS, **sized_buffers.MECHANISMS}.items():
        yield Mechanism(row, TOPIC, sentence, OWN, code=tuple(f.name for f in in_code if f.mechanism == row))
