"""Appendix A line by line, on states small enough to check by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model.scope import Scope, parse_rights
from model.spaces import literal as spaces
from model.spaces.dialect import (
    CANONICAL,
    DIALECTS,
    Ancestor,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    NoRights,
    Occupied,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Passing,
    Reading,
    Readings,
    Regrant,
    Source,
)
from model.spaces.keeping import table_of
from model.spaces.literal import CYCLE, CYCLE_MET, DONE, NIL, REFUSED, Spaces, frame
from tests.model.spaces import appendix

F0, F1 = frame(0), frame(1)
D = CANONICAL.readings
EAGER, LAZY, TREE = (DIALECTS[name].readings for name in ("literal-eager", "literal-lazy", "tree"))
RWX, RW, R, W, X, NONE = (parse_rights(text) for text in ("rwx", "rw", "r", "w", "x", "---"))


def chain(*elements: int, rights: tuple[int, ...] | None = None) -> Any:
    """A state with these elements; P follows the links, and every slot in use has all rights if not said otherwise."""
    state = Spaces(list(elements), [NIL] * len(elements), [0] * len(elements))  # type: ignore[arg-type]
    for x in range(len(elements)):
        state.phys[x] = max(spaces.evaluate(state, x), NIL)
        state.rights[x] = (RWX if elements[x] != NIL else 0) if rights is None else rights[x]
    return state


def copied(state: Spaces) -> Spaces:
    return Spaces(*(list(column) for column in state))  # type: ignore[arg-type]


# σ0 and σ(v)


def test_sigma0_holds_each_frame_in_the_page_of_its_number() -> None:
    state = spaces.initial(Scope(2, 3, 2))
    assert state.sigma.tolist() == [F0, F1, NIL, NIL, NIL, NIL]
    assert state.phys.tolist() == [0, 1, NIL, NIL, NIL, NIL]
    assert state.rights.tolist() == [RWX, RWX, 0, 0, 0, 0]
    assert all(column.dtype == np.int64 for column in state)


def test_frame_and_frame_of_are_inverse_and_apart_from_nil_and_links() -> None:
    assert [spaces.frame_of(frame(r)) for r in range(5)] == list(range(5))
    assert all(frame(r) < NIL for r in range(5))


@pytest.mark.parametrize(
    ("sigma", "values"),
    [
        ((F1, 0, 1, 2), (1, 1, 1, 1)),  # a chain of links ends at the frame
        ((NIL, F0, NIL, 1), (NIL, 0, NIL, 0)),
        ((NIL, 0, 1, NIL), (NIL, NIL, NIL, NIL)),  # a link to φ is φ
        ((0, NIL, NIL, NIL), (CYCLE, NIL, NIL, NIL)),
        ((1, 2, 0, 0), (CYCLE, CYCLE, CYCLE, CYCLE)),  # the last one leads into the cycle
        ((3, 0, 1, F0), (0, 0, 0, 0)),  # as many links as there can be without a cycle
    ],
)
def test_evaluation_has_three_cases_and_reports_a_cycle(sigma: tuple[int, ...], values: tuple[int, ...]) -> None:
    state = chain(*sigma)
    assert tuple(spaces.evaluate(state, x) for x in range(4)) == values


def test_derives_follows_links_and_is_not_reflexive() -> None:
    state = chain(F0, 0, 1, NIL)
    pairs = {(x, y) for x in range(4) for y in range(4) if spaces.derives(state, x, y)}
    assert pairs == {(1, 0), (2, 0), (2, 1)}


def test_on_a_cycle_a_slot_derives_from_itself() -> None:
    state = chain(1, 0, 0, NIL)
    assert [spaces.derives(state, x, x) for x in range(4)] == [True, True, False, False]
    assert spaces.derives(state, 2, 1)
    round_ = chain(1, 2, 3, 0)  # the way back to a slot is as long as it can be
    assert all(spaces.derives(round_, x, y) for x in range(4) for y in range(4))


# ← and the flush inside it


def test_the_flush_inside_replacement_takes_the_whole_subtree_and_nothing_else() -> None:
    #   0 ── 1 ── 2 ── 4        0 is the page flushed below
    #   │    └─── 3
    #   └─── 5         6 ── 7
    state = chain(F0, 0, 1, 1, 2, 0, F1, 6)
    spaces.flush_below(state, 0)
    assert state.sigma == [F0, NIL, NIL, NIL, NIL, NIL, F1, 6]
    assert state.phys == [0, NIL, NIL, NIL, NIL, NIL, 1, 1]
    assert state.rights == [RWX, 0, 0, 0, 0, 0, RWX, RWX]


def test_the_flush_inside_replacement_starts_at_an_inner_node() -> None:
    state = chain(4, 0, 0, 1, F0)
    spaces.flush_below(state, 0)
    assert state.sigma == [4, NIL, NIL, NIL, F0]


def test_replacement_flushes_and_then_sets_element_table_and_rights() -> None:
    state = chain(F0, 0, 1, F1)
    spaces.replace(state, 1, 3, 1, RW)
    assert state.sigma == [F0, 3, NIL, F1]
    assert state.phys == [0, 1, NIL, 1]
    assert state.rights == [RWX, RW, 0, RWX]


@pytest.mark.parametrize("n", [1_500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_a_long_chain_is_flushed_without_a_stack(n: int) -> None:
    # far beyond Python's recursion limit
    for sigma, root, last in (([F0, *range(n - 1)], 0, n - 1), ([*range(1, n), F0], n - 1, 0)):
        state = Spaces(list(sigma), [0] * n, [RWX] * n)  # type: ignore[arg-type]
        assert spaces.evaluate(state, last) == 0
        spaces.flush_below(state, root)
        assert [x for x in range(n) if state.sigma[x] != NIL] == [root]
        assert [x for x in range(n) if state.phys[x] != NIL] == [root]
        assert [x for x in range(n) if state.rights[x] != 0] == [root]


# map


def test_map_stores_a_link_and_keeps_the_page() -> None:
    state = chain(F0, NIL, NIL)
    assert spaces.map_(state, 0, 1, RWX, D) == DONE
    assert (state.sigma, state.phys, state.rights) == ([F0, 0, NIL], [0, 0, NIL], [RWX, RWX, 0])


def test_map_stores_a_link_to_the_mapper_not_a_copy_of_its_element() -> None:
    state = chain(F0, 0, NIL)
    assert spaces.map_(state, 1, 2, RWX, D) == DONE
    assert state.sigma == [F0, 0, 1]


def test_map_flushes_what_derived_from_its_destination() -> None:
    state = chain(F0, F1, 1, 2)
    assert spaces.map_(state, 0, 2, RWX, D) == DONE
    assert (state.sigma, state.phys) == ([F0, F1, 0, NIL], [0, 1, 0, NIL])


# grant


def test_grant_moves_the_frame_itself() -> None:
    state = chain(F0, NIL)
    assert spaces.grant(state, 0, 1, RWX, D) == DONE
    assert (state.sigma, state.phys, state.rights) == ([NIL, F0], [NIL, 0], [0, RWX])


def test_grant_moves_the_link_not_a_new_one() -> None:
    state = chain(F0, 0, NIL)
    assert spaces.grant(state, 1, 2, RWX, D) == DONE
    assert state.sigma == [F0, NIL, 0]


def test_grant_takes_the_children_along_where_they_are_kept() -> None:
    state = chain(F0, 0, 1, 2, NIL)
    assert spaces.grant(state, 1, 4, RWX, D) == DONE
    assert (state.sigma, state.phys) == ([F0, NIL, 4, 2, 0], [0, NIL, 0, 0, 0])


def test_grant_flushes_the_children_as_the_appendix_says() -> None:
    for readings in (EAGER, LAZY, D._replace(granted_children=GrantedChildren.FLUSHED)):
        state = chain(F0, 0, 1, 2, NIL)
        assert spaces.grant(state, 1, 4, RWX, readings) == DONE
        assert state.sigma == [F0, NIL, NIL, NIL, 0]


def test_grant_onto_a_child_of_the_source_takes_its_place() -> None:
    state = chain(F0, 0, 1, 0)
    assert spaces.grant(state, 0, 1, RWX, D) == DONE
    assert state.sigma == [NIL, F0, NIL, 1]


def test_grant_narrows_the_rights_of_what_follows_and_drops_what_has_none() -> None:
    state = chain(F0, 0, 1, 2, 1, NIL, rights=(RWX, RWX, RW, W, X, 0))
    assert spaces.grant(state, 1, 5, R | X, D) == DONE
    assert state.sigma == [F0, NIL, 5, NIL, 5, 0]
    assert state.rights == [RWX, 0, R, 0, X, R | X]


def test_grant_takes_only_rights_that_were_not_asked_for_from_what_follows() -> None:
    state = chain(F0, 0, 1, NIL, rights=(RWX, R, RW, 0))  # rights were added by frame: slot 2 has one that slot 1 lacks
    assert spaces.grant(state, 1, 3, RWX, DIALECTS["x2-keep"].readings) == DONE
    assert (state.sigma, state.rights) == ([F0, NIL, 3, 0], [RWX, 0, RW, R])


# flush


def test_flush_keeps_the_page_and_takes_the_subtree() -> None:
    state = chain(F0, 0, 1, 2, 0)
    assert spaces.flush(state, 1, RWX, D) == DONE
    assert (state.sigma, state.phys) == ([F0, 0, NIL, NIL, 0], [0, 0, NIL, NIL, 0])


def test_flush_of_some_rights_narrows_the_subtree_and_removes_what_has_none_left() -> None:
    state = chain(F0, 0, 1, 2, 1, rights=(RWX, RW, RW, W, R))
    assert spaces.flush(state, 1, W, D) == DONE
    assert state.sigma == [F0, 0, 1, NIL, 1]
    assert state.rights == [RWX, RW, R, 0, R]


def test_flush_of_no_rights_and_flush_of_a_nil_page_do_nothing() -> None:
    state = chain(F0, 0, NIL)
    saved = copied(state)
    assert spaces.flush(state, 0, NONE, D) == DONE
    assert spaces.flush(state, 2, RWX, D) == DONE
    assert state == saved


# each choice, at its edge


REFUSALS = {
    "source": (D, D._replace(source=Source.ALLOWED), chain(F0, 0, NIL), (2, 1, RWX)),
    "own slot": (D, D._replace(own_slot=OwnSlot.ALLOWED), chain(F0, 0, NIL), (1, 1, RWX)),
    "ancestor": (D, D._replace(ancestor=Ancestor.ALLOWED), chain(F0, 0, 1), (2, 1, RWX)),
    "frame holder": (D, D._replace(frame_holder=FrameHolder.REPLACED), chain(F0, F1, 0), (0, 1, RWX)),
    "occupied": (D._replace(occupied=Occupied.REFUSED), D, chain(F0, F1, 1), (0, 2, RWX)),
    "no rights": (D, D._replace(no_rights=NoRights.ALLOWED), chain(F0, NIL, NIL, rights=(RW, 0, 0)), (0, 1, X)),
}


@pytest.mark.parametrize("operation", [spaces.map_, spaces.grant])
@pytest.mark.parametrize("choice", REFUSALS)
def test_a_refusal_changes_nothing_and_dropping_it_lets_the_operation_happen(
    operation: Callable[..., Any], choice: str
) -> None:
    strict, lax, before, arguments = REFUSALS[choice]
    if choice == "source":  # φ carries no right, so that the condition on rights would refuse it as well
        strict, lax = (readings._replace(no_rights=NoRights.ALLOWED) for readings in (strict, lax))
    state = copied(before)
    assert operation(state, *arguments, strict) == REFUSED
    assert state == before
    state = copied(before)
    assert operation(state, *arguments, lax) == DONE
    assert state != before


def test_onto_itself_does_nothing_where_the_dialect_says_so() -> None:
    for operation in (spaces.map_, spaces.grant):
        state = chain(F0, 0, 1)
        assert operation(state, 1, 1, NONE, D._replace(own_slot=OwnSlot.NOTHING)) == DONE
        assert state == chain(F0, 0, 1)


def test_onto_itself_taken_literally_map_makes_a_cycle() -> None:
    for readings in (EAGER, LAZY):
        state = chain(F0, 0, 1)
        assert spaces.map_(state, 1, 1, RWX, readings) == DONE
        assert state.sigma == [F0, 1, NIL]
        assert spaces.evaluate(state, 1) == CYCLE


def test_onto_itself_taken_literally_grant_leaves_nothing() -> None:
    for readings in (EAGER, LAZY):
        state = chain(F0, 0, 1)
        assert spaces.grant(state, 1, 1, RWX, readings) == DONE
        assert state.sigma == [F0, NIL, NIL]


def test_onto_an_ancestor_an_eager_grant_makes_a_cycle_and_a_lazy_one_loses_the_frame() -> None:
    eager, lazy = chain(F0, 0), chain(F0, 0)
    assert spaces.grant(eager, 1, 0, RWX, EAGER) == DONE
    assert eager.sigma == [0, NIL]
    assert spaces.grant(lazy, 1, 0, RWX, LAZY) == DONE
    assert (lazy.sigma, lazy.phys, lazy.rights) == ([NIL, NIL], [NIL, NIL], [0, 0])


@pytest.mark.parametrize("rights", [RWX, X, NONE])
def test_onto_its_parent_an_eager_grant_that_keeps_children_makes_a_cycle_and_ends(rights: int) -> None:
    readings = EAGER._replace(granted_children=GrantedChildren.KEPT, no_rights=NoRights.ALLOWED)
    state = chain(F0, 0)
    assert spaces.grant(state, 1, 0, rights, readings) == DONE
    assert (state.sigma, state.rights) == ([0, NIL], [rights, 0])
    other = appendix.Spaces(2, 1, 1)
    other.map((0, 0), (1, 0), appendix.ALL, readings)
    assert other.grant((1, 0), (0, 0), frozenset("rwx"), readings) == DONE
    assert other.sigma == {(0, 0): (0, 0), (1, 0): None}


def test_onto_an_ancestor_map_dangles_or_leaves_the_destination_nil() -> None:
    dangling, emptied = chain(F0, 0, 1), chain(F0, 0, 1)
    assert spaces.map_(dangling, 2, 1, RWX, LAZY) == DONE
    assert (dangling.sigma, dangling.phys) == ([F0, 2, NIL], [0, NIL, NIL])
    assert spaces.map_(emptied, 2, 1, RWX, TREE) == DONE
    assert emptied.sigma == [F0, NIL, NIL]


def test_an_eager_map_onto_an_ancestor_still_reads_the_table_of_before() -> None:
    state = chain(F0, 0, 1)
    assert spaces.map_(state, 2, 1, RWX, EAGER) == DONE
    assert (state.sigma, state.phys) == ([F0, 2, NIL], [0, 0, NIL])


def test_extending_a_child_adds_rights_in_place_and_keeps_its_subtree() -> None:
    readings = D._replace(occupied=Occupied.EXTENDED_CHILD)
    state = chain(F0, 0, 1, rights=(RWX, R, R))
    assert spaces.map_(state, 0, 1, W, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 0, 1], [RWX, RW, R])
    # the destination is no child of this source, though it shows the same frame: replaced
    state = chain(F0, 0, 1, 0, rights=(RWX, R, R, RWX))
    assert spaces.map_(state, 3, 1, W, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 3, NIL, 0], [RWX, W, 0, RWX])


def test_extending_by_frame_adds_rights_whoever_mapped_it() -> None:
    readings = D._replace(occupied=Occupied.EXTENDED_FRAME)
    state = chain(F0, 0, 1, 0, rights=(RWX, R, R, RWX))
    assert spaces.map_(state, 3, 2, W, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 0, 1, 0], [RWX, R, RW, RWX])
    state = chain(F0, F1, 1, rights=(RWX, RWX, R))  # another frame: replaced
    assert spaces.map_(state, 0, 2, W, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, F1, 0], [RWX, RWX, W])


def test_a_grant_onto_what_shows_the_frame_adds_rights_there_and_keeps_the_source() -> None:
    readings = D._replace(regrant=Regrant.SOURCE_KEPT)
    state = chain(F0, 0, 1, 0, rights=(RWX, R, R, RWX))
    assert spaces.grant(state, 3, 2, W, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 0, 1, 0], [RWX, R, RW, RWX])
    state = chain(F0, 0, 1, 0, rights=(RWX, R, R, RWX))
    assert spaces.grant(state, 3, 2, W, D) == DONE  # where it moves as anywhere
    assert (state.sigma, state.rights) == ([F0, 0, 0, NIL], [RWX, R, W, 0])
    state = chain(F0, F1, 1, 0, rights=(RWX, RWX, R, RWX))
    assert spaces.grant(state, 3, 2, W, readings) == DONE  # another frame: it moves
    assert (state.sigma, state.rights) == ([F0, F1, 0, NIL], [RWX, RWX, W, 0])


@pytest.mark.parametrize(
    ("src", "dst", "kept"),
    [(3, 2, True), (1, 2, True), (3, 4, False), (5, 4, False), (4, 2, False), (6, 5, False), (5, 6, True)],
)
def test_a_slot_that_is_not_in_use_shows_nothing_that_a_grant_could_keep(src: int, dst: int, kept: bool) -> None:
    state = chain(F0, 0, 1, 0, NIL, NIL, 4)
    assert spaces.is_kept(state, src, dst, D._replace(regrant=Regrant.SOURCE_KEPT)) is kept
    assert spaces.is_kept(state, src, dst, D) is False


def test_the_granter_keeps_its_entry_where_it_stays_unless_the_flush_cleared_it() -> None:
    for readings in (EAGER, LAZY):
        kept = readings._replace(granted_entry=GrantedEntry.KEPT)
        state = chain(F0, NIL, rights=(RW, 0))
        assert spaces.grant(state, 0, 1, R, kept) == DONE
        assert (state.sigma, state.phys, state.rights) == ([NIL, F0], [0, 0], [RW, R])
    state = chain(F0, 0)
    assert spaces.grant(state, 1, 0, RWX, EAGER._replace(granted_entry=GrantedEntry.KEPT)) == DONE
    assert (state.sigma, state.phys, state.rights) == ([0, NIL], [0, NIL], [RWX, 0])


def test_there_is_no_grant_where_the_dialect_has_none() -> None:
    state = chain(F0, NIL)
    assert spaces.grant(state, 0, 1, RWX, D._replace(granted_children=GrantedChildren.NO_GRANT)) == REFUSED
    assert state == chain(F0, NIL)


def test_a_link_to_a_page_that_is_gone_occupies_its_slot() -> None:
    for operation in (spaces.map_, spaces.grant):
        state = chain(F0, NIL, 1)
        assert operation(state, 0, 2, RWX, D._replace(occupied=Occupied.REFUSED)) == REFUSED


def test_a_link_to_a_page_that_is_gone_occupies_its_slot_for_a_map_alone_where_a_map_alone_is_refused() -> None:
    state = chain(F0, NIL, 1)
    assert spaces.map_(state, 0, 2, RWX, D._replace(occupied=Occupied.MAP_REFUSED)) == REFUSED
    assert state == chain(F0, NIL, 1)
    assert spaces.grant(state, 0, 2, RWX, D._replace(occupied=Occupied.MAP_REFUSED)) == DONE
    assert state.sigma == [NIL, NIL, F0]


def test_onto_an_ancestor_rights_are_added_though_elsewhere_they_are_to_children_alone() -> None:
    readings = D._replace(ancestor=Ancestor.EXTENDED, occupied=Occupied.EXTENDED_CHILD)
    for operation in (spaces.map_, spaces.grant):
        state = chain(F0, 0, 1, rights=(RWX, R, RW))
        assert operation(state, 2, 1, W, readings) == DONE
        assert (state.sigma, state.rights) == ([F0, 0, 1], [RWX, RW, RW])


def test_a_slot_that_shows_nothing_is_extended_from_one_that_shows_nothing_only_if_it_is_in_use() -> None:
    readings = D._replace(occupied=Occupied.EXTENDED_FRAME, source=Source.ALLOWED, no_rights=NoRights.ALLOWED)
    state = chain(F0, NIL, 1, NIL, NIL)
    assert spaces.map_(state, 3, 2, RWX, readings) == DONE
    assert state.sigma == [F0, NIL, 1, NIL, NIL]
    assert spaces.map_(state, 3, 4, RWX, readings) == DONE
    assert state.sigma == [F0, NIL, 1, NIL, 3]


def test_where_there_is_no_grant_there_is_none_onto_itself() -> None:
    readings = D._replace(granted_children=GrantedChildren.NO_GRANT, own_slot=OwnSlot.NOTHING)
    assert spaces.grant(chain(F0, 0), 1, 1, RWX, readings) == REFUSED


def test_a_page_on_a_cycle_that_is_mapped_from_its_parent_already_gets_rights_in_place() -> None:
    readings = LAZY._replace(occupied=Occupied.EXTENDED_CHILD, source=Source.ALLOWED)
    state = chain(0, NIL, rights=(RW, 0))
    assert spaces.map_(state, 0, 0, RWX, readings._replace(passing=Passing.AS_GIVEN)) == DONE
    assert (state.sigma, state.rights) == ([0, NIL], [RWX, 0])


def test_rights_are_intersected_or_taken_as_given() -> None:
    for operation in (spaces.map_, spaces.grant):
        narrowed, as_given = chain(F0, NIL, rights=(RW, 0)), chain(F0, NIL, rights=(RW, 0))
        assert operation(narrowed, 0, 1, W | X, D) == DONE
        assert operation(as_given, 0, 1, W | X, D._replace(passing=Passing.AS_GIVEN)) == DONE
        assert (narrowed.rights[1], as_given.rights[1]) == (W, W | X)


def test_a_partial_flush_is_refused_where_only_all_rights_can_be_taken() -> None:
    state = chain(F0, 0)
    assert spaces.flush(state, 0, RW, D._replace(partial_flush=PartialFlush.ALL_ONLY)) == REFUSED
    assert state == chain(F0, 0)


def test_the_own_page_goes_as_well_where_it_is_included() -> None:
    readings = D._replace(own_page=OwnPage.INCLUDED)
    state = chain(F0, 0, 1, rights=(RWX, RWX, RW))
    assert spaces.flush(state, 1, R, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 0, 1], [RWX, W | X, W])
    assert spaces.flush(state, 1, W | X, readings) == DONE
    assert state.sigma == [F0, NIL, NIL]


def test_the_own_page_stays_without_rights_where_empty_pages_stay() -> None:
    readings = D._replace(own_page=OwnPage.INCLUDED, partial_flush=PartialFlush.EMPTY_STAYS)
    state = chain(F0, 0, 1, rights=(RWX, W, W))
    assert spaces.flush(state, 1, W, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 0, 1], [RWX, 0, 0])
    assert spaces.flush(state, 1, RWX, readings) == DONE  # but where all is taken, they go
    assert (state.sigma, state.rights) == ([F0, NIL, NIL], [RWX, 0, 0])


@pytest.mark.parametrize("partial_flush", [PartialFlush.ANY, PartialFlush.EMPTY_STAYS])
def test_rights_are_taken_once_where_hardware_keeps_others_than_were_left(partial_flush: PartialFlush) -> None:
    kept = table_of((0, 0, 0, 0, R, R | X, R | X, RWX))  # what is left as rw- can only be written as r-x
    readings = D._replace(kept=kept, own_page=OwnPage.INCLUDED, partial_flush=partial_flush)
    state = chain(F0, 0, 1)
    assert spaces.flush(state, 1, X, readings) == DONE
    assert (state.sigma, state.rights) == ([F0, 0, 1], [RWX, R | X, R | X])
    state = chain(F0, 0, NIL)
    assert spaces.grant(state, 0, 2, RW, readings) == DONE
    assert (state.sigma, state.rights) == ([NIL, 2, F0], [0, R | X, R | X])


def test_the_readings_differ_only_in_when_the_source_is_read() -> None:
    assert EAGER._replace(reading=Reading.AFTER) == LAZY


# cycles


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("sigma", [(0, 0, F0, NIL), (1, 0, 1, F0), (1, 2, 0, F0)])
def test_on_a_cycle_every_operation_ends_and_only_changes_what_it_can(name: str, sigma: tuple[int, ...]) -> None:
    readings = DIALECTS[name].readings
    before = chain(*sigma)
    assert spaces.derives(before, 0, 0)
    state = copied(before)
    assert spaces.flush(state, 0, RWX, readings) == CYCLE_MET
    assert state == before
    for operation in (spaces.map_, spaces.grant):
        for src in range(4):
            for dst in range(4):
                state = copied(before)
                status = operation(state, src, dst, RWX, readings)
                if spaces.derives(before, dst, dst) and src != dst:
                    assert status in (REFUSED, CYCLE_MET)
                if status != DONE:
                    assert state == before


def test_a_cycle_is_met_by_a_map_onto_it_and_by_a_grant_from_or_onto_it() -> None:
    readings = LAZY._replace(source=Source.ALLOWED)
    before = chain(1, 0, F0, NIL)
    for operation, src, dst in ((spaces.map_, 2, 0), (spaces.grant, 2, 1), (spaces.grant, 0, 3)):
        state = copied(before)
        assert operation(state, src, dst, RWX, readings) == CYCLE_MET
        assert state == before


def test_a_cycle_is_met_though_no_right_would_be_passed_on() -> None:
    readings = LAZY._replace(source=Source.ALLOWED, no_rights=NoRights.NOTHING)
    before = chain(1, 0, F0, NIL)
    for operation, src, dst in ((spaces.map_, 2, 0), (spaces.grant, 2, 1), (spaces.grant, 0, 3)):
        state = copied(before)
        assert operation(state, src, dst, NONE, readings) == CYCLE_MET
        assert state == before


def test_a_page_granted_along_a_cycle_adds_its_rights_where_it_is_found() -> None:
    readings = LAZY._replace(ancestor=Ancestor.EXTENDED, source=Source.ALLOWED, passing=Passing.AS_GIVEN)
    state = chain(1, 0, NIL, rights=(R, X, 0))
    assert spaces.grant(state, 0, 1, W, readings) == DONE
    assert (state.sigma, state.rights) == ([1, 0, NIL], [R, W | X, 0])


def test_readings_without_arguments_are_those_of_canonical() -> None:
    assert Readings() == CANONICAL.readings
