"""Broken walks: loops over subtrees and their steps, each in place of the one of that name."""

from collections.abc import Iterator

from refinement.faults.base import BrokenFunction, Function
from refinement.kernel.mapping_tree import NONE, ROOTS, MappingTree
from refinement.kernel.primitives import flush_step, remove_leaf, restrict_rights, restrict_step, tour_step


def _flush_stops_early(t: MappingTree, top: int) -> None:
    if t.first_child[top] != NONE:
        flush_step(t, top, top)


def _flush_starts_at_child(t: MappingTree, top: int) -> None:
    cursor = t.first_child[top]
    while t.first_child[top] != NONE:
        cursor = flush_step(t, cursor, t.parent[top])


def _flush_stands_still(t: MappingTree, top: int, cursor: int) -> int:
    child = t.first_child[cursor]
    return child if child != NONE else cursor


def _flush_goes_beside(t: MappingTree, top: int, cursor: int) -> int:
    child = t.first_child[cursor]
    if child != NONE:
        return child
    after = t.next_sibling[cursor]
    remove_leaf(t, cursor)
    return after


def _flush_looks_around(t: MappingTree, top: int, cursor: int) -> int:
    before, after = t.prev_sibling[cursor], t.next_sibling[cursor]
    if before == NONE and after == NONE:
        after = NONE
    child = t.first_child[cursor]
    if child != NONE:
        return child
    parent = t.parent[cursor]
    remove_leaf(t, cursor)
    return parent


def _flush_removes_subtree(t: MappingTree, top: int, cursor: int) -> int:
    parent = t.parent[cursor]
    remove_leaf(t, cursor)
    return parent


def _restrict_skips_first(t: MappingTree, top: int, kept: int) -> None:
    cursor, leaving = t.first_child[top], True
    if cursor != NONE:
        while cursor != top:
            cursor, leaving = restrict_step(t, cursor, leaving, kept)


def _restrict_passes_by(t: MappingTree, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
    follow, turned = tour_step(t, cursor, leaving)
    if leaving and t.rights[cursor] & kept == 0:
        remove_leaf(t, cursor)
    return follow, turned


def _restrict_looks_around(t: MappingTree, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
    before, after = t.prev_sibling[cursor], t.next_sibling[cursor]
    if before == NONE and after == NONE:
        after = NONE
    follow, turned = tour_step(t, cursor, leaving)
    if leaving:
        if t.rights[cursor] & kept == 0:
            remove_leaf(t, cursor)
        else:
            restrict_rights(t, cursor, kept)
    return follow, turned


def _restrict_on_entering(t: MappingTree, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
    follow, turned = tour_step(t, cursor, leaving)
    if not leaving:
        if t.rights[cursor] & kept == 0:
            remove_leaf(t, cursor)
        else:
            restrict_rights(t, cursor, kept)
    return follow, turned


def _tour_turns_back(t: MappingTree, cursor: int, leaving: bool) -> tuple[int, bool]:
    if not leaving:
        child = t.first_child[cursor]
        return (child, False) if child != NONE else (cursor, True)
    after = t.next_sibling[cursor]
    return (after, False) if after != NONE else (cursor, False)


def _tour_looks_around(t: MappingTree, cursor: int, leaving: bool) -> tuple[int, bool]:
    before, after, parent = t.prev_sibling[cursor], t.next_sibling[cursor], t.parent[cursor]
    if not leaving:
        child = t.first_child[cursor]
        return (child, False) if child != NONE else (cursor, True)
    if after != NONE:
        return after, False
    return parent if before == NONE else t.parent[before], True


def _tour_into_nothing(t: MappingTree, cursor: int, leaving: bool) -> tuple[int, bool]:
    if not leaving:
        child = t.first_child[cursor]
        return (child, False) if child != NONE else (cursor, True)
    return t.next_sibling[cursor], True


def _tour_skips_siblings(t: MappingTree, cursor: int, leaving: bool) -> tuple[int, bool]:
    if not leaving:
        child = t.first_child[cursor]
        return (child, False) if child != NONE else (cursor, True)
    return t.parent[cursor], True


def _is_below_direct(t: MappingTree, lower: int, upper: int) -> bool:
    up, cursor, leaving = t.parent[lower], upper, False
    while up != ROOTS:
        if up == upper or cursor == lower:
            return True
        up = t.parent[up]
        cursor, leaving = tour_step(t, cursor, leaving)
        return False
    return False


def _is_below_starts_late(t: MappingTree, lower: int, upper: int) -> bool:
    up, cursor, leaving = t.parent[lower], upper, True
    while up != ROOTS:
        if up == upper or cursor == lower:
            return True
        up = t.parent[up]
        cursor, leaving = tour_step(t, cursor, leaving)
        if cursor == upper and leaving:
            return False
    return False


_WRITTEN: tuple[tuple[str, str, Function, str], ...] = (
    ("flush-below-stops-early", "flush_below", _flush_stops_early, "A flush takes one step."),
    (
        "flush-below-starts-at-child",
        "flush_below",
        _flush_starts_at_child,
        "A flush begins at the first child and ends where it is back at that.",
    ),
    (
        "flush-step-stands-still",
        "flush_step",
        _flush_stands_still,
        "A step of a flush that finds a node without children stays there.",
    ),
    (
        "flush-step-goes-beside",
        "flush_step",
        _flush_goes_beside,
        "A step of a flush goes on to what comes next to the node that it removed, which may be nothing.",
    ),
    (
        "flush-step-removes-subtree",
        "flush_step",
        _flush_removes_subtree,
        "A step of a flush removes a node with the children that it has.",
    ),
    (
        "restrict-below-skips-first",
        "restrict_below",
        _restrict_skips_first,
        "A partial flush leaves the first child before it has seen what is below.",
    ),
    (
        "restrict-step-passes-by",
        "restrict_step",
        _restrict_passes_by,
        "A step of a partial flush takes no right from a node that keeps one.",
    ),
    (
        "flush-step-looks-around",
        "flush_step",
        _flush_looks_around,
        "A step of a flush looks at the node's siblings as well.",
    ),
    (
        "restrict-step-looks-around",
        "restrict_step",
        _restrict_looks_around,
        "A step of a partial flush looks at the node's siblings as well.",
    ),
    (
        "tour-step-looks-around",
        "tour_step",
        _tour_looks_around,
        "A step of a walk looks at both siblings and the parent, wherever it goes.",
    ),
    (
        "restrict-step-on-entering",
        "restrict_step",
        _restrict_on_entering,
        "A step of a partial flush takes rights from a node as it enters it, before its children.",
    ),
    (
        "tour-step-turns-back",
        "tour_step",
        _tour_turns_back,
        "A walk that leaves a node enters it again if nothing comes next.",
    ),
    (
        "tour-step-into-nothing",
        "tour_step",
        _tour_into_nothing,
        "A walk goes on to what comes next without asking whether there is something.",
    ),
    (
        "tour-step-skips-siblings",
        "tour_step",
        _tour_skips_siblings,
        "A walk goes up after the first child though siblings remain.",
    ),
    (
        "is-below-direct",
        "is_below",
        _is_below_direct,
        "Only the parent is looked at to see whether a node is below another.",
    ),
    (
        "is-below-starts-late",
        "is_below",
        _is_below_starts_late,
        "The walk round the nodes below another starts where it should end.",
    ),
)


def functions() -> Iterator[BrokenFunction]:
    """All of them."""
    for name, of, function, sentence in _WRITTEN:
        yield BrokenFunction(name, sentence, of, function)
