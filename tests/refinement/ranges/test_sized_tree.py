"""The tree with sizes: how mappings are taken apart and put together, and what that costs in cells."""

from typing import Any, SupportsIndex

import pytest

from machine import tlb
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE
from refinement.kernel.mapping_tree import NONE, ROOTS
from refinement.ranges import sized_tree as trees
from refinement.ranges.check import check_tree
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import boot
from refinement.ranges.sized_tree import SizedTree
from refinement.ranges.small import small
from tests.refinement.ranges.written import operations

SCOPE = RangeScope(3, 8, 8, 0b1111)
OF_TABLES = ("withdraw", "narrow", "lift_leaf", "invalidate", "divide_leaf", "write_entry", "detach_table", "settle")


class Counted(list[int]):
    """A column that counts how often a cell of it is read or written."""

    touched = 0

    def __getitem__(self, index: SupportsIndex, /) -> int:  # type: ignore[override]
        Counted.touched += 1
        return super().__getitem__(index)

    def __setitem__(self, index: SupportsIndex, value: int, /) -> None:  # type: ignore[override]
        Counted.touched += 1
        super().__setitem__(index, value)


def kernel(text: str = "", scope: RangeScope = SCOPE) -> SizedKernel:
    booted = boot(scope, format=small(3), buffer=tlb.riscv_asid, cores=1)
    for o in operations(text, scope) if text else ():
        assert booted.do(o) == DONE
    return booted


def counted(booted: SizedKernel) -> SizedKernel:
    """The kernel without what belongs to its tables and buffers, on columns that count."""

    def column(values: Any) -> Counted:
        return Counted(values[n] for n in range(len(values)))

    t = booted.sized
    links = t.links._replace(**{name: column(values) for name, values in t.links._asdict().items()})
    booted.sized = SizedTree(links, column(t.order), tuple(column(each) for each in t.begins))
    booted.tree = links
    for name in OF_TABLES:
        setattr(booted, name, lambda *arguments: None)
    booted.reserve = lambda slot: True  # type: ignore[method-assign]
    return booted


def cost(setting: str, operation: str, scope: RangeScope = SCOPE) -> int:
    booted = counted(kernel(setting, scope))
    (o,) = operations(operation, scope)
    Counted.touched = 0
    assert booted.do(o) == DONE
    return Counted.touched


def shape(booted: SizedKernel, space: int) -> list[tuple[int, int, int]]:
    """The page, the order and the first frame of each mapping of a space."""
    t, pages = booted.sized, booted.scope.pages
    nodes = [n for slot in range(space * pages, (space + 1) * pages) if (n := t.links.node_of[slot]) != NONE]
    return [(t.links.slot[n] % pages, t.order[n], t.links.frame[n]) for n in nodes]


def test_a_mapping_is_taken_apart_no_further_than_a_range_asks() -> None:
    booted = kernel("map 0[0..7] 1[0..7]; flush 0[5]")
    assert shape(booted, 1) == [(0, 2, 0), (4, 0, 4), (6, 1, 6)]
    assert shape(booted, 0) == [(0, 3, 0)]


def test_what_is_as_large_below_is_taken_apart_too_and_the_rest_stays() -> None:
    booted = kernel("map 0[0..7] 1[0..7]; map 1[0..7] 2[0..7]; flush 1[4..7] own")
    assert shape(booted, 1) == shape(booted, 2) == [(0, 2, 0)]
    lower = trees.find(booted.sized, SCOPE.slot(2, 3))
    assert booted.tree.parent[lower] == trees.find(booted.sized, SCOPE.slot(1, 3))


def frames_below(tree: SizedTree, node: int) -> set[int]:
    found, child = set(), tree.links.first_child[node]
    while child != NONE:
        found.add(tree.links.frame[child])
        child = tree.links.next_sibling[child]
    return found


def test_each_half_has_all_children_of_its_frames() -> None:
    booted = kernel("map 0[4] 1[4]; map 0[1] 1[1]; map 0[6] 1[6]; map 0[5] 2[1]; map 0[3] 2[3]")
    tree, lower = booted.sized, trees.find(booted.sized, 0)
    assert frames_below(tree, lower) == {1, 3, 4, 5, 6}
    trees.halve(tree, lower)
    assert frames_below(tree, lower) == {1, 3}
    assert frames_below(tree, trees.find(tree, 4)) == {4, 5, 6}
    assert check_tree(tree) == []


def test_halves_that_come_together_are_one_again() -> None:
    booted = kernel("grant 0[3] 1[3]")
    assert shape(booted, 0) == [(0, 1, 0), (2, 0, 2), (4, 2, 4)]
    booted = kernel("grant 0[3] 1[3]; grant 1[3] 0[3]")
    assert shape(booted, 0) == [(0, 3, 0)]
    assert booted.tree.parent[booted.tree.node_of[0]] == ROOTS


@pytest.mark.parametrize(
    "text",
    [
        "map 0[0] 1[1]; map 0[1] 1[0]",  # other frames
        "map 0[1] 1[0]; map 0[2] 1[1]",  # neighbours, but not halves
        "map 0[0] 1[0] r; map 0[1] 1[1]",  # other rights
        "map 0[0] 2[0]; map 2[0] 1[0]; map 0[1] 1[1]",  # other parents
        "map 0[0] 1[2]; map 0[1] 1[1]",  # no block of pages
    ],
)
def test_what_is_no_one_mapping_stays_two(text: str) -> None:
    assert {order for _, order, _ in shape(kernel(text), 1)} == {0}


def test_no_buddy_beyond_the_largest_order_or_of_another_order() -> None:
    largest = trees.initial(RangeScope(1, 4, 4, 0b11))
    assert trees.buddy(largest, largest.links.node_of[0]) == NONE
    uneven = trees.initial(RangeScope(1, 4, 3, 0b111))
    assert trees.buddy(uneven, uneven.links.node_of[0]) == NONE


@pytest.mark.parametrize("orders", [0b101, 0b111])
def test_a_space_that_ends_within_a_block_is_refused(orders: int) -> None:
    with pytest.raises(ValueError, match="a space of 6 pages is no row of mappings of order 2: give a multiple of 4"):
        trees.initial(RangeScope(3, 6, 5, orders))


def test_two_with_children_stay_two_and_one_with_children_keeps_them() -> None:
    booted = kernel("grant 0[0] 1[0]; map 1[0] 2[0]; map 0[1] 2[1]; grant 0[1] 1[1]")
    assert shape(booted, 1) == [(0, 0, 0), (1, 0, 1)]
    booted = kernel("grant 0[1] 1[1]; map 1[1] 2[1]; grant 0[0] 1[0]")
    assert shape(booted, 1) == [(0, 1, 0)]
    assert booted.tree.parent[booted.tree.node_of[SCOPE.slot(2, 1)]] == booted.tree.node_of[SCOPE.slot(1, 0)]


def test_a_map_costs_the_same_for_every_order_but_for_one_look_an_order() -> None:
    costs = [cost("", f"map 0[0..{last}] 1[0..{last}]") for last in (1, 3, 7)]
    assert max(costs) - min(costs) <= 4 * len(SCOPE.sizes)
    assert max(costs) < 150


@pytest.mark.parametrize("kind", ["map", "grant"])
def test_map_and_grant_cost_the_same_however_many_mappings_there_are(kind: str) -> None:
    large = RangeScope(5, 64, 64, 0b111)
    few = "map 0[0..3] 1[0..3]"
    more = [f"map 0[{n}] {space}[{63 - n}]" for n in range(64) for space in (2, 3)]
    many = "; ".join([few, *more])
    assert cost(few, f"{kind} 1[0..3] 4[0..3]", large) == cost(many, f"{kind} 1[0..3] 4[0..3]", large)


def test_a_grant_touches_no_child() -> None:
    scope = RangeScope(9, 8, 8, 0b1111)
    children = [f"map 0[0..7] {space}[0..7]" for space in range(1, 8)]
    assert cost("", "grant 0[0..7] 8[0..7]", scope) == cost("; ".join(children), "grant 0[0..7] 8[0..7]", scope)


def test_a_flush_costs_the_same_for_every_node_whatever_its_order() -> None:
    scope = RangeScope(9, 8, 8, 0b1111)

    def flushed(children: int, last: str) -> int:
        maps = "; ".join(f"map 0[0{last}] {space}[0{last}]" for space in range(1, children + 1))
        return cost(maps, "flush 0[0..7]", scope)

    assert flushed(8, "") - flushed(4, "") == 2 * (flushed(4, "") - flushed(2, ""))
    assert flushed(8, "") == flushed(8, "..3") == flushed(8, "..7")


def test_where_nothing_begins_is_passed_over_in_few_steps() -> None:
    scope = RangeScope(2, 64, 1, 0b1000001)
    assert cost("", "flush 1[0..63]", scope) < 30
    assert cost("", "flush 0[0..63]", scope) < 120


def test_the_check_of_the_tree_names_what_is_broken() -> None:
    def broken(change: Any) -> set[str]:
        booted = kernel("map 0[0..3] 1[0..3]; map 1[0..1] 2[0..1]")
        node = booted.tree.node_of[SCOPE.slot(1, 0)]
        change(booted, node)
        return {each.invariant for each in check_tree(booted.sized)}

    def assign(column: str, value: int) -> Any:
        return lambda booted, node: getattr(booted.tree, column).__setitem__(node, value)

    def order(value: int) -> Any:
        return lambda booted, node: booted.sized.order.__setitem__(node, value)

    assert broken(lambda booted, node: None) == set()
    assert broken(order(0)) == {"within"}
    assert broken(order(-1)) == broken(order(4)) == {"order"}
    assert broken(assign("frame", 2)) == {"aligned", "within"}
    at = SCOPE.slot(1, 0)
    assert broken(lambda booted, node: booted.sized.begins[1].__setitem__(at, 0)) == {"begins"}
    assert broken(lambda booted, node: trees.create_block(booted.sized, ROOTS, at + 1, 0, 1, 7)) == {"one-mapping"}
    assert broken(assign("rights", 0)) >= {"some-right"}


def chained() -> tuple[SizedTree, int, int]:
    """σ0's largest mapping, a half of it mapped from there, and a page of that mapped on; the first two nodes."""
    tree = trees.initial(RangeScope(2, 4, 4, 0b111))
    top = tree.links.node_of[0]
    half = trees.create_block(tree, top, 4, 1, 2, 0b011)
    trees.create_block(tree, half, 6, 0, 3, 0b010)
    return tree, top, half


def test_a_walk_takes_rights_from_all_below_a_node_and_uncounts_what_goes() -> None:
    tree, top, half = chained()
    cursor, leaving = half, False
    while cursor != top:
        cursor, leaving = trees.restrict_step(tree, cursor, leaving, 0b001)
    assert (tree.links.rights[top], tree.links.rights[half]) == (ALL_RIGHTS, 0b001)
    assert (tree.links.node_of[4], tree.links.node_of[6]) == (half, NONE)
    assert (tree.begins[0][4], tree.begins[0][6]) == (1, 0)


def test_a_flush_takes_all_below_a_node_and_uncounts_it() -> None:
    tree, top, _ = chained()
    cursor, steps = top, 0
    while tree.links.first_child[top] != NONE:
        cursor, steps = trees.flush_step(tree, cursor), steps + 1
    assert (steps, tree.links.node_of[0], tree.links.node_of[4], tree.links.node_of[6]) == (4, top, NONE, NONE)
    assert (tree.begins[0][0], tree.begins[0][4], tree.begins[0][6]) == (1, 0, 0)
