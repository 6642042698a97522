"""The mapping tree alone: small exact cases, each invariant broken once, and random histories against the model."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, DIALECTS, Ancestor
from model.spaces.literal import DONE, NIL, REFUSED
from refinement.kernel import operations
from refinement.kernel.mapping_tree import (
    FREE,
    MOST,
    NONE,
    ROOTS,
    CheckedColumn,
    MappingTree,
    abstraction,
    empty,
    mappings,
    on_checked_lists,
    on_lists,
    require_room,
)
from refinement.kernel.tree_check import check
from tests.refinement.kernel.columns import values

C = CANONICAL.readings
TREE = DIALECTS["tree"].readings


def test_a_new_tree_has_all_nodes_free() -> None:
    tree = empty(slots=4, mappings=3)
    assert check(tree) == []
    assert values(tree) == [
        [NONE, NONE, FREE, FREE, FREE],
        [2, NONE, NONE, NONE, NONE],
        [NONE, NONE, 3, 4, NONE],
        [NONE, NONE, NONE, 2, 3],
        [NONE] * 5,
        [NONE] * 5,
        [0] * 5,
        [NONE] * 4,
    ]


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="0 mappings"):
        empty(slots=1, mappings=0)
    with pytest.raises(ValueError, match="slots: write a number"):
        empty(slots=2**31, mappings=1)
    with pytest.raises(ValueError, match="with 0 slots"):
        empty(slots=0, mappings=0)
    require_room("mappings", MOST)


def chain(length: int) -> MappingTree:
    """Slot 0 holds frame 0, slot n is mapped from slot n - 1."""
    tree = on_lists(operations.initial(Scope(1, length, 1)))
    for n in range(1, length):
        assert operations.map_(tree, n - 1, n, ALL_RIGHTS, C) == DONE
    return tree


def test_map_makes_a_first_child() -> None:
    tree = on_lists(operations.initial(Scope(3, 1, 1)))
    assert operations.map_(tree, 0, 1, 6, C) == DONE
    assert operations.map_(tree, 0, 2, 3, C) == DONE
    first, second = tree.node_of[1], tree.node_of[2]
    assert tree.first_child[tree.node_of[0]] == second
    assert (tree.next_sibling[second], tree.prev_sibling[first]) == (first, second)
    assert (tree.rights[first], tree.rights[second]) == (6, 3)
    assert check(tree) == []


def test_grant_moves_the_node_and_its_children_follow() -> None:
    tree = chain(3)
    node = tree.node_of[1]
    tree = on_lists(tree)
    other = on_lists(operations.initial(Scope(1, 5, 1)))
    for src, dst in ((0, 1), (1, 2)):
        assert operations.map_(other, src, dst, 7, C) == DONE
    assert operations.grant(other, 1, 4, 7, C) == DONE
    assert other.node_of[1] == NONE
    assert other.node_of[4] == node
    assert other.parent[other.node_of[2]] == node
    assert check(other) == []


@pytest.mark.long
def test_a_chain_of_a_hundred_thousand_is_flushed() -> None:
    tree = chain(100_000)
    assert operations.flush(tree, 0, ALL_RIGHTS, C) == DONE
    assert [s for s in range(100_000) if tree.node_of[s] != NONE] == [0]
    free, node = 0, tree.first_child[FREE]
    while node != NONE:
        free, node = free + 1, tree.next_sibling[node]
    assert free == 99_999


def test_a_partial_flush_goes_all_the_way_down() -> None:
    tree = chain(1000)
    operations.map_(tree, 500, 999, 4, C)
    operations.flush(tree, 1, 2, C)
    assert [tree.rights[tree.node_of[s]] for s in (0, 1, 2, 500, 998, 999)] == [7, 7, 5, 5, 5, 4]
    operations.flush(tree, 1, 4, C)
    assert [tree.node_of[s] == NONE for s in (1, 2, 998, 999)] == [False, False, False, True]
    assert check(tree) == []


def test_refusals_change_nothing() -> None:
    tree = chain(4)
    before = on_lists(tree)
    refused = [
        operations.map_(tree, 1, 1, 7, C),
        operations.map_(tree, 1, 2, 0, C),
        operations.map_(tree, 3, 1, 7, C),
        operations.grant(tree, 3, 1, 7, C),
        operations.map_(tree, 3, 0, 7, C),
    ]
    assert refused == [REFUSED] * 5
    assert tree == before


def test_no_node_free_is_refused() -> None:
    tree = empty(slots=3, mappings=1)
    from refinement.kernel.primitives import create_leaf

    create_leaf(tree, ROOTS, 0, 0, 7)
    assert operations.map_(tree, 0, 1, 7, C) == REFUSED
    assert operations.grant(tree, 0, 1, 7, C) == DONE
    assert check(tree) == []


def test_is_below_answers_as_the_model_does() -> None:
    tree = chain(6)
    nodes = [tree.node_of[s] for s in range(6)]
    assert all(operations.is_below(tree, nodes[i], nodes[j]) == (i > j) for i in range(6) for j in range(6) if i != j)


@pytest.mark.parametrize("operation", ["map_", "grant"])
def test_where_an_ancestor_is_emptied_the_source_goes_and_the_destination_is_nil(operation: str) -> None:
    readings = CANONICAL.readings._replace(ancestor=Ancestor.EMPTIED)
    tree = chain(5)
    assert getattr(operations, operation)(tree, 4, 2, ALL_RIGHTS, readings) == DONE
    assert list(mappings(tree)) == [tree.node_of[0], tree.node_of[1]]
    assert abstraction(tree).sigma.tolist() == abstraction(chain(2)).sigma.tolist() + [NIL] * 3
    assert check(tree) == []


def test_dialects_that_the_tree_implements() -> None:
    supported = {name for name, dialect in DIALECTS.items() if operations.is_supported(dialect.readings)}
    assert supported == {"canonical", "tree"}


@pytest.mark.parametrize(
    ("ancestor", "does"),
    [(Ancestor.REFUSED, True), (Ancestor.EMPTIED, True), (Ancestor.ALLOWED, False), (Ancestor.EXTENDED, False)],
)
def test_readings_of_an_ancestor_that_the_tree_implements(ancestor: Ancestor, does: bool) -> None:
    assert operations.is_supported(CANONICAL.readings._replace(ancestor=ancestor)) == does


def test_a_grant_of_all_rights_walks_round_no_subtree(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a subtree is walked round")

    tree = on_lists(operations.initial(Scope(1, 6, 1)))
    for src in range(3):
        operations.map_(tree, src, src + 1, ALL_RIGHTS, C)
    monkeypatch.setattr(operations, "restrict_below", refuse)
    assert operations.grant(tree, 1, 5, ALL_RIGHTS, CANONICAL.readings) == DONE
    with pytest.raises(AssertionError, match="walked round"):
        operations.grant(tree, 2, 4, 1, CANONICAL.readings)
    assert operations.map_(tree, 5, 1, 4, C) == DONE
    assert operations.grant(tree, 1, 4, 6, C) == DONE, "nothing is taken from what has less"


BROKEN = {
    "range": ("parent", 3, 99),
    "first-child": ("first_child", 2, 5),
    "next-sibling": ("next_sibling", 4, 5),
    "prev-sibling": ("prev_sibling", 3, 5),
    "first-of-parent": ("prev_sibling", 3, NONE),
    "in-one-list": ("parent", 5, NONE),
    "alone": ("next_sibling", ROOTS, 3),
    "live-or-free": ("slot", 7, 5),
    "free": ("first_child", 7, 6),
    "blank": ("rights", 7, 4),
    "no-cycle": ("parent", 3, 5),
    "slot-node": ("node_of", 4, 3),
    "same-frame": ("frame", 5, 1),
    "fewer-rights": ("rights", 2, 4),
    "some-right": ("rights", 5, 0),
    "no-child": ("first_child", 3, NONE),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_invariant_is_named(name: str) -> None:
    tree = on_lists(operations.initial(Scope(1, 6, 1)))
    for src, dst in ((0, 1), (0, 2), (1, 3)):  # nodes: 2 at the root, 3 and 4 below it, 5 below 3; 6 and 7 free
        operations.map_(tree, src, dst, 6, C)
    assert check(tree) == []
    column, node, value = BROKEN[name]
    getattr(tree, column)[node] = value
    assert name in {broken.invariant for broken in check(tree)}


SCOPE = Scope(3, 3, 2)
SLOTS = st.integers(0, SCOPE.slots - 1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["map", "grant", "flush"]), SLOTS, SLOTS, st.sampled_from([7, 7, 6, 5, 3, 2, 0])),
    max_size=60,
)


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
@given(steps=STEPS)
@settings(max_examples=150, deadline=None)
def test_random_histories_agree_with_the_literal_model(dialect: str, steps: list[tuple[str, int, int, int]]) -> None:
    readings = DIALECTS[dialect].readings
    tree, model = operations.initial(SCOPE), spaces.initial(SCOPE)
    for kind, src, dst, rights in steps:
        if kind == "flush":
            status = operations.flush(tree, src, rights, readings)
            assert status == spaces.flush(model, src, rights, readings)
        else:
            ours, theirs = {"map": (operations.map_, spaces.map_), "grant": (operations.grant, spaces.grant)}[kind]
            assert ours(tree, src, dst, rights, readings) == theirs(model, src, dst, rights, readings)
        assert all((a == b).all() for a, b in zip(abstraction(tree), model, strict=True))
        assert check(tree) == []


@pytest.mark.parametrize("index", [NONE, -2, 5, None, "0", 1.0])
def test_a_checked_column_has_elements_from_0_on_only(index: object) -> None:
    column = CheckedColumn([4, 5, 6, 7, 8])
    assert (column[0], column[4]) == (4, 8)
    with pytest.raises((IndexError, TypeError)):
        column[index]  # type: ignore[index]
    with pytest.raises((IndexError, TypeError)):
        column[index] = 1  # type: ignore[index]
    assert column == [4, 5, 6, 7, 8]
    column[3] = 1
    assert column == [4, 5, 6, 1, 8]
    with pytest.raises(IndexError, match="element 5 of a column of 5"):
        column[5]


def test_a_tree_on_checked_lists_is_the_same() -> None:
    tree = operations.initial(Scope(2, 2, 2))
    assert on_checked_lists(tree) == on_lists(tree)
    assert all(isinstance(column, CheckedColumn) for column in on_checked_lists(tree))


def test_a_column_that_is_neither_list_nor_array_stays() -> None:
    class Looked(dict[int, int]):
        """Another way to look nodes up."""

    tree = operations.initial(Scope(2, 2, 2))._replace(slot=[1, 2, 3], node_of=Looked({0: 2}))
    checked = on_checked_lists(tree)
    assert checked.node_of is tree.node_of
    assert (type(checked.slot), checked.slot) == (CheckedColumn, [1, 2, 3])


def test_mappings_are_in_the_order_of_their_slots() -> None:
    tree = on_lists(operations.initial(Scope(2, 2, 1)))
    assert operations.map_(tree, 0, 3, ALL_RIGHTS, C) == DONE
    assert operations.map_(tree, 0, 2, ALL_RIGHTS, C) == DONE
    assert list(mappings(tree)) == [tree.node_of[slot] for slot in (0, 2, 3)] == [2, 4, 3]
