"""The self check of trees with sizes and of their page tables: each invariant, node by node and leaf by leaf.

It trusts nothing that it finds in the tables, and ends on any input.
"""

from collections import Counter
from collections.abc import Iterator

from model.ranges.blocks import around, is_block, low
from refinement.kernel import tree_check
from refinement.kernel.broken import Broken
from refinement.kernel.mapping_tree import NONE, ROOTS, mappings
from refinement.kernel.page_check import Scan, accounting, scan_tables, uses
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.sized_tree import SizedTree


def check_tree(t: SizedTree) -> list[Broken]:
    """Return what is broken in a tree: an invariant of :mod:`refinement.kernel.primitives`, or one of these.

    ===========  ======================================================================================================
    order        a mapping has an order that is no larger than the largest
    aligned      it begins at a multiple of its size, in slots and in frames
    one-mapping  a page is in one mapping
    within       a child's frames lie in its parent's; this stands in for *same-frame*
    begins       each block counts the nodes that begin in it
    ===========  ======================================================================================================

    If a number is out of range, only that is told.
    """
    found = [broken for broken in tree_check.check(t.links) if broken.invariant != "same-frame"]
    if any(broken.invariant == tree_check.RANGE for broken in found):
        return found
    wrong = [Broken("order", f"node {n} has order {t.order[n]}") for n in mappings(t.links) if not _has_order(t, n)]
    return [*found, *wrong] if wrong else [*found, *_places(t), *_within(t), *_begins(t)]


def _has_order(t: SizedTree, node: int) -> bool:
    return 0 <= t.order[node] <= t.largest


def _places(t: SizedTree) -> Iterator[Broken]:
    shown = dict[int, int]()
    for node in mappings(t.links):
        slot, first, order = t.links.slot[node], t.links.frame[node], t.order[node]
        if not (is_block(slot, order) and is_block(first, order)):
            yield Broken("aligned", f"node {node} of order {order} begins at slot {slot} with frame {first}")
        for each in range(slot, slot + (1 << order)):
            if each in shown:
                yield Broken("one-mapping", f"slot {each} is in node {shown[each]} and in node {node}")
            shown[each] = node


def _within(t: SizedTree) -> Iterator[Broken]:
    for node in mappings(t.links):
        parent = t.links.parent[node]
        if parent in (NONE, ROOTS) or t.links.slot[parent] == NONE:
            continue
        first, last = t.links.frame[node], t.links.frame[node] + low(t.order[node])
        above = t.links.frame[parent]
        if not above <= first <= last <= above + low(t.order[parent]):
            yield Broken("within", f"node {node} has frames {first} to {last}, its parent {parent} has not all of them")


def _begins(t: SizedTree) -> Iterator[Broken]:
    for order, column in enumerate(t.begins, start=1):
        real = Counter(around(t.links.slot[node], order) for node in mappings(t.links))
        for slot in range(len(column)):
            if column[slot] != real[slot]:
                yield Broken("begins", f"{real[slot]} nodes of order {order} begin at slot {slot}, not {column[slot]}")


def check_tables(kernel: SizedKernel) -> list[Broken]:
    """Return what is broken in the page tables, each with the name of the invariant.

    ===============  ==================================================================================================
    same-pages       a leaf stands where the database has a mapping, and nowhere else, if the format has its rights
    same-size        on the level of the mapping's order
    same-frame       with its frame
    same-rights      with its rights, as far as the format has them
    format           every entry is absent, a pointer to a table of the pool, or a user's leaf
    one-parent       a table is reached once only: no two spaces share one
    uses             a table counts what stands in it, and only a root counts nothing
    promised         large leaves promise the tables that it takes to take them apart, and there are so many free frames
    accounting       a frame of the pool is either free or a table that can be reached
    ===============  ==================================================================================================
    """
    scan = scan_tables(kernel, above=kernel.format.root_level)
    return [*scan.wrong, *_leaves(kernel, scan), *_counts(kernel, scan), *accounting(kernel, scan)]


def _leaves(kernel: SizedKernel, scan: Scan) -> Iterator[Broken]:
    format, tables, tree = kernel.format, kernel.tables, kernel.tree
    translated = (1 << format.span_bits(format.levels)) - 1
    for node in mappings(tree):
        slot, order = tree.slot[node], kernel.sized.order[node]
        rights, level = format.granted(tree.rights[node]), tables.level(order)
        path = tables.path(slot)
        if len(path) == format.levels - level:
            scan.standing[path[-1]] += tables.leaves(order)
        else:
            yield Broken("same-size", f"{kernel.scope.range_name(slot, order)} has {len(path)} tables above its leaves")
        for leaf in range(tables.leaves(order)):
            address = kernel.leaf_address(slot, leaf)
            name = kernel.scope.range_name(slot + (leaf << tables.leaf_order(order)), tables.leaf_order(order))
            stands, entry = scan.leaves.pop((kernel.scope.space(slot), address & translated), (level, 0))
            if (entry != 0) != (rights != 0):
                where = ("page table", "database") if entry else ("database", "page table")
                yield Broken("same-pages", f"{name} is in the {where[0]}, but not in the {where[1]}")
            if entry == 0:
                continue
            decoded = format.decode(entry, stands)
            shown = decoded.frame - kernel.first_frame - (leaf << tables.leaf_order(order))
            if stands != level:
                yield Broken("same-size", f"{name} is a leaf of level {stands}, not {level}")
            if shown != tree.frame[node]:
                yield Broken("same-frame", f"{name} begins with frame {shown}, not {tree.frame[node]}")
            if decoded.rights != rights:
                yield Broken("same-rights", f"{name} should grant {rights}, its entry grants {decoded.rights}")
    for space, address in scan.leaves:
        yield Broken("same-pages", f"space {space} has a leaf at {address:#x}, where the database has none")


def _counts(kernel: SizedKernel, scan: Scan) -> Iterator[Broken]:
    yield from uses(kernel, scan)
    promised = sum(kernel.tables.below(kernel.sized.order[node]) for node in mappings(kernel.tree))
    if not promised == kernel.tables.promised <= kernel.tables.pool.free:
        free = kernel.tables.pool.free
        yield Broken("promised", f"{promised} tables are needed, {kernel.tables.promised} promised, {free} frames free")
