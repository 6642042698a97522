"""Each kind of finding, on states made by hand."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Ancestor, NoRights, Regrant
from model.spaces.literal import DONE, NIL, REFUSED, Spaces, frame
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import Views
from proofs.report.storyboard.scenes.findings import of_state, of_step, of_views
from proofs.report.storyboard.scenes.views import Cached, TableEntry
from proofs.report.storyboard.scenes.witness import witness_of
from tests.proofs.traces import random_trace

SCOPE = Scope(3, 1, 1)
F0 = frame(0)


def state(sigma: list[int], phys: list[int], rights: list[int]) -> Spaces:
    return Spaces(*(np.array(column, np.int64) for column in (sigma, phys, rights)))


CHAIN = state([F0, 0, 1], [0, 0, 0], [7, 7, 7])


def test_nothing_is_wrong_with_a_chain() -> None:
    assert list(of_state(CHAIN, SCOPE)) == []


@pytest.mark.parametrize(
    ("wrong", "texts"),
    [
        (
            state([F0, 2, 1], [0, 0, 0], [7, 7, 7]),
            ["a cycle: σ1[0] was mapped from σ2[0], that from σ1[0]; σ(v) has no value"],
        ),
        (
            state([F0, 0, 1], [0, NIL, 0], [7, 7, 7]),
            ["P of σ1[0] says φ, but its links lead to frame 0"],
        ),
        (
            state([F0, NIL, 1], [0, NIL, 0], [7, 0, 0]),
            [
                "σ2[0] is a link to σ1[0], which is gone",
                "P of σ2[0] says frame 0, but its links lead to φ",
                "σ2[0] is in use without any right",
            ],
        ),
        (state([F0, 0, F0], [0, 0, 0], [7, 7, 7]), ["frame 0 is held by σ0[0] and σ2[0]"]),
        (
            state([F0, 0, 1], [0, 0, 0], [4, 7, 7]),
            ["σ1[0] may write and execute, which σ0[0], where it came from, may not"],
        ),
        (state([NIL, NIL, NIL], [NIL, NIL, NIL], [0, 0, 0]), ["no slot holds frame 0 any more: it is lost"]),
    ],
)
def test_states(wrong: Spaces, texts: list[str]) -> None:
    assert [finding.text for finding in of_state(wrong, SCOPE)] == texts


@pytest.mark.parametrize(
    ("operation", "after", "texts"),
    [
        (
            Operation("flush", 0),
            CHAIN,
            [
                "σ1[0] reaches frame 0 though σ0[0] flushed it",
                "σ2[0] reaches frame 0 though σ0[0] flushed it",
            ],
        ),
        (
            Operation("flush", 0, -1, 2),
            state([F0, 0, 1], [0, 0, 0], [7, 5, 7]),
            ["σ2[0] may still write though σ0[0] flushed that right"],
        ),
        (
            Operation("flush", 1, -1, 2),
            state([F0, 0, 1], [0, 0, 0], [7, 7, 4]),
            ["σ2[0] lost x, though σ1[0] flushed only w"],
        ),
        (
            Operation("flush", 1),
            state([F0, NIL, NIL], [0, NIL, NIL], [7, 0, 0]),
            ["σ1[0] changed, though «flush σ1[0]» has nothing to do with it"],
        ),
        (
            Operation("grant", 1, 2),
            state([F0, 0, 0], [0, 0, 0], [7, 7, 7]),
            ["σ1[0] was granted away and is still in use"],
        ),
        (
            Operation("map", 2, 1),
            state([F0, 0, NIL], [0, 0, NIL], [4, 7, 0]),
            ["σ0[0] changed, though «map σ2[0] → σ1[0]» has nothing to do with it"],
        ),
    ],
)
def test_steps_from_a_chain(operation: Operation, after: Spaces, texts: list[str]) -> None:
    found = of_step(CHAIN, operation, after, SCOPE, CANONICAL.readings)
    assert [finding.text for finding in found] == texts


@pytest.mark.parametrize(
    ("reading", "operation"),
    [
        ({"regrant": Regrant.SOURCE_KEPT}, Operation("grant", 1, 2)),
        ({"ancestor": Ancestor.EXTENDED}, Operation("grant", 2, 1)),
        ({"no_rights": NoRights.NOTHING}, Operation("grant", 1, 2, 0)),
    ],
)
def test_a_granter_keeps_a_page_where_that_is_read_so(reading: dict[str, Any], operation: Operation) -> None:
    readings = CANONICAL.readings._replace(**reading)
    assert list(of_step(CHAIN, operation, CHAIN, SCOPE, readings)) == []
    (found,) = of_step(CHAIN, operation, CHAIN, SCOPE, CANONICAL.readings)
    assert found.text.endswith("was granted away and is still in use")


def test_what_the_source_could_not_pass_on() -> None:
    scope = Scope(2, 2, 2)
    before = state([frame(0), frame(1), NIL, NIL], [0, 1, NIL, NIL], [7, 4, 0, 0])
    after = state([frame(0), frame(1), 1, NIL], [0, 1, 0, NIL], [7, 4, 6, 0])
    found = of_step(before, Operation("map", 1, 2), after, scope, CANONICAL.readings)
    assert [finding.text for finding in found] == [
        "σ1[0] shows frame 0, which σ0[1] could not pass on",
        "σ1[0] got w, which σ0[1] could not pass on",
    ]


def test_no_step_of_a_sound_dialect_has_findings() -> None:
    trace = random_trace(7, 60, Scope(4, 3, 3))
    readings, states = DIALECTS["canonical"].readings, [step[2] for step in trace.states()]
    for operation, (before, after) in zip(trace.operations, pairwise(states), strict=True):
        assert list(of_step(before, operation, after, trace.scope, readings)) == []
        assert list(of_state(after, trace.scope)) == []


def test_the_machine_against_the_model() -> None:
    narrowed = state([F0, 0, NIL], [0, 0, NIL], [7, 4, 0])
    database = state([F0, 0, 1], [0, 0, 0], [7, 4, 4])
    entry = TableEntry(2, 0x1000, 0x80, 1, 64, (), 0, 6)
    strange = TableEntry(1, 0x1000, 0x88, 1, 64, (), -1, 4)
    views = Views(status=REFUSED, database=database, entries=(entry, strange), cached=(Cached(1, 1, 0, 7, True),))
    assert [finding.text for finding in of_views(narrowed, DONE, views, SCOPE)] == [
        "the kernel refuses, the model does it",
        "the database shows frame 0 r-- in σ2[0], the model φ",
        "the page table lets σ2[0] read and write frame 0, the model does not",
        "the page table lets σ1[0] read a frame outside, the model does not",
        "core 1's buffer lets σ1[0] write and execute frame 0, the model does not",
    ]


def test_rights_that_a_format_grants_unasked_are_no_finding() -> None:
    views = Views(cached=(Cached(1, 1, 0, 7, True),), widens=1)
    assert list(of_views(state([F0, 0, NIL], [0, 0, NIL], [7, 6, 0]), DONE, views, SCOPE)) == []


def test_a_violation_that_the_step_does_not_show_is_not_repeated_as_one() -> None:
    witness = witness_of(Trace("canonical", SCOPE, (), obligation="map__preserves__irreflexive"))
    after = state([F0, 0, NIL], [0, 0, NIL], [7, 7, 0])
    before = state([F0, NIL, NIL], [0, NIL, NIL], [7, 0, 0])
    assert witness is not None
    finding = witness.finding(before, Operation("map", 0, 1), after, SCOPE, CANONICAL)
    assert (finding.kind, finding.text) == (
        "unconfirmed",
        "said to violate C1, after map: no slot derives from itself; evaluated on this step, it does not",
    )


@pytest.mark.parametrize(
    "obligation", ["", "nothing__like__this", "map__sometimes__replaces", "tree_map__simulates__map"]
)
def test_only_obligations_of_every_step_of_the_model_are_evaluated(obligation: str) -> None:
    assert witness_of(Trace("canonical", SCOPE, (), "a bug", obligation)) is None


def test_what_a_trace_says_in_words_is_no_obligation() -> None:
    said = "map__preserves__irreflexive: violated: after map: no slot derives from itself"
    assert witness_of(Trace("canonical", SCOPE, (), said)) is None
