"""Traces: what is written is read again, and what is no trace is said to be none, with the place."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import Scope, parse_rights, rights_name
from model.spaces import literal as spaces
from model.spaces.dialect import CONDITIONS, DIALECTS
from model.spaces.operation import Operation
from model.trace import Trace, trace_schema

SCOPE = Scope(2, 2, 1)
DIALECT_NAMES = [*DIALECTS, *(f"canonical without {condition.name}" for condition in CONDITIONS)]


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    pages = draw(st.integers(1, 12))
    scope = Scope(draw(st.integers(1, 12)), pages, draw(st.integers(1, pages)))
    slots, rights = st.integers(0, scope.slots - 1), st.integers(0, 7)
    flush = st.builds(lambda src, taken: Operation("flush", src, -1, taken), slots, rights)
    operation = st.one_of(st.builds(Operation, st.sampled_from(["map", "grant"]), slots, slots, rights), flush)
    return Trace(
        draw(st.sampled_from(DIALECT_NAMES)), scope, tuple(draw(st.lists(operation, max_size=8))), draw(st.text())
    )


@given(traces())
@settings(max_examples=40, deadline=None)
def test_a_trace_written_as_json_is_read_again(trace: Trace) -> None:
    value = json.loads(json.dumps(trace.to_json()))
    jsonschema.validate(value, trace_schema())
    assert Trace.from_json(value) == trace


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(trace_schema())


GOOD = Trace("canonical", SCOPE, (Operation("map", 0, 2, 6), Operation("flush", 0)), "an example").to_json()


def test_json_of_a_trace_to_the_letter() -> None:
    assert GOOD == {
        "musigma_trace": 1,
        "dialect": "canonical",
        "scope": {"spaces": 2, "pages": 2, "frames": 1},
        "operations": [
            {"op": "map", "src": "σ0[0]", "dst": "σ1[0]", "rights": "rw-"},
            {"op": "flush", "src": "σ0[0]", "rights": "rwx"},
        ],
        "shows": "an example",
    }


def with_operation(**entry: object) -> dict[str, Any]:
    return {**GOOD, "operations": [GOOD["operations"][1], entry]}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "at $: [] is not of type 'object'"),
        ({}, "'musigma_trace' is a required property"),
        ({**GOOD, "musigma_trace": 2}, "at $.musigma_trace: 1 was expected"),
        ({**GOOD, "more": 1}, "'more' was unexpected"),
        ({**GOOD, "scope": {"spaces": 0, "pages": 1, "frames": 1}}, "at $.scope.spaces: 0 is less than the minimum"),
        ({**GOOD, "scope": {"spaces": 1, "pages": 1, "frames": 2}}, "2 frames need 2 pages"),
        ({**GOOD, "dialect": "cannonical"}, "at $.dialect: there is no dialect 'cannonical'"),
        ({**GOOD, "dialect": "canonical without shame"}, "at $.dialect: there is no dialect"),
        (with_operation(op="flush", src="σ0[9]", rights="rwx"), "at $.operations[1]: σ0[9] is outside"),
        (with_operation(op="flush", src="the first", rights="rwx"), "at $.operations[1]"),
        (with_operation(op="flush", src="σ0[0]", rights="wr-"), "at $.operations[1]"),
        (with_operation(op="map", src="σ0[0]", rights="rwx"), "at $.operations[1]"),
        (with_operation(op="flush", src="σ0[0]", dst="σ0[1]", rights="rwx"), "at $.operations[1]"),
        (with_operation(op="unmap", src="σ0[0]", rights="rwx"), "at $.operations[1]"),
    ],
)
def test_what_is_no_trace_is_said_to_be_none_and_where(value: object, says: str) -> None:
    with pytest.raises(ValueError, match=r"no trace|frames need") as caught:
        Trace.from_json(value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_replay_gives_every_state_and_how_each_operation_ended() -> None:
    operations = (Operation("map", 0, 2), Operation("map", 2, 0), Operation("flush", 0))
    replayed = [(status, state.sigma.tolist()) for _, status, state in Trace("canonical", SCOPE, operations).states()]
    assert replayed == [
        (spaces.DONE, [-2, -1, -1, -1]),
        (spaces.DONE, [-2, -1, 0, -1]),
        (spaces.REFUSED, [-2, -1, 0, -1]),
        (spaces.DONE, [-2, -1, -1, -1]),
    ]


def test_operations_in_words() -> None:
    assert Operation("grant", 1, 2, 5).text(SCOPE) == "grant σ0[1] → σ1[0] r-x"
    assert Operation("flush", 3).text(SCOPE) == "flush σ1[1]"


# names of slots and rights


@given(st.integers(1, 40), st.integers(1, 40), st.data())
@settings(deadline=None)
def test_slots_are_named_and_names_parsed(n: int, pages: int, data: st.DataObject) -> None:
    scope = Scope(n, pages, 1)
    slot = data.draw(st.integers(0, scope.slots - 1))
    assert scope.parse(scope.name(slot)) == slot
    assert scope.slot(scope.space(slot), slot % pages) == slot


def test_rights_are_named_and_names_parsed() -> None:
    assert [rights_name(rights) for rights in range(8)] == ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"]
    assert all(parse_rights(rights_name(rights)) == rights for rights in range(8))


@pytest.mark.parametrize("name", ["", "σ", "σ1", "1,0", "σ1[0", "σ-1[0]", "σ1[0]x"])
def test_what_names_no_slot_says_what_to_write(name: str) -> None:
    with pytest.raises(ValueError, match=r"write σ1\[0\]"):
        SCOPE.parse(name)


def test_what_is_no_set_of_rights_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="letters out of r, w, x"):
        parse_rights("rwz")


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 2)])
def test_scopes_that_cannot_be_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"at least one|need"):
        Scope(*sizes)


def test_the_obligation_that_a_trace_violates_is_written_and_read() -> None:
    trace = Trace("canonical", SCOPE, (Operation("flush", 0),), "in words", "map__preserves__irreflexive")
    assert trace.to_json()["obligation"] == "map__preserves__irreflexive"
    assert Trace.from_json(trace.to_json()) == trace
