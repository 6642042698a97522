"""Traces: what is written is read again, and what is no trace is said to be none, with the place."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import Scope, parse_rights, rights_name
from model.signature import symbols_of
from model.spaces import literal as spaces
from model.spaces.dialect import CONDITIONS, DIALECTS
from model.spaces.operation import Argument, Kind, Operation
from model.spaces.vocabulary import Parameters
from model.theory import APPENDIX_A
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


@pytest.mark.long
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
        "musigma_trace": 2,
        "theory": "Appendix A",
        "dialect": "canonical",
        "scope": {"spaces": 2, "pages": 2, "frames": 1},
        "operations": [
            {"action": "map", "arguments": {"src": "σ0[0]", "dst": "σ1[0]", "mask": "rw-"}},
            {"action": "flush", "arguments": {"src": "σ0[0]", "mask": "rwx"}},
        ],
        "shows": "an example",
    }


def with_call(action: str, theory: str = "Appendix A", **arguments: object) -> dict[str, Any]:
    entry = {"action": action, "arguments": arguments}
    return {**GOOD, "theory": theory, "operations": [GOOD["operations"][1], entry]}


OLD = json.loads((Path(__file__).parent / "traces" / "version-1.json").read_text("utf-8"))


def with_operation(**entry: object) -> dict[str, Any]:
    return {**OLD, "operations": [OLD["operations"][2], entry]}


def test_a_trace_of_version_1_is_read_and_written_as_one_of_version_2() -> None:
    trace = Trace.from_json(OLD)
    operations = (Operation("map", 0, 2, 6), Operation("grant", 2, 3, 4), Operation("flush", 0))
    assert trace == Trace("canonical without not-ancestor", SCOPE, operations, OLD["shows"], OLD["obligation"])
    assert trace.theory == "Appendix A"
    again = trace.to_json()
    assert again["musigma_trace"] == 2
    assert Trace.from_json(again) == trace


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "at $: [] is not of type 'object'"),
        ({}, "'musigma_trace' is a required property"),
        ({**GOOD, "musigma_trace": 3}, "at $.musigma_trace: 3 is not one of [2, 1]"),
        ({**GOOD, "musigma_trace": 1}, "at $.theory: 'theory' does not belong here: a trace of version 1 has none"),
        ({**OLD, "musigma_trace": 2}, "at $: 'theory' is a required property"),
        ({**OLD, "theory": "Appendix A"}, "at $.theory: 'theory' does not belong here"),
        ({key: value for key, value in GOOD.items() if key != "theory"}, "'theory' is a required property"),
        ({**GOOD, "theory": "letters"}, "at $.theory: it is of 'letters', and only one of 'Appendix A' can be used"),
        (with_call("flush", src="σ0[9]", mask="rwx"), "at $.operations[1]: σ0[9] is outside"),
        (with_call("flush", src="the first", mask="rwx"), "'the first' is not what has to stand here: A slot, such as"),
        (with_call("flush", src="σ0[0]", mask="wr-"), "'wr-' is not what has to stand here: A set of rights, such as"),
        (with_call("flush", src="σ0[0]"), "at $.operations[1].arguments: 'mask' is a required property"),
        (with_call("map", src="σ0[0]", mask="rwx"), "at $.operations[1].arguments: 'dst' is a required property"),
        (
            with_call("flush", src="σ0[0]", dst="σ0[1]", mask="rwx"),
            "at $.operations[1].arguments.dst: 'dst' does not belong here: flush has none",
        ),
        (with_call("flush", src="σ0[0]", mask="rwx", to="σ0[1]"), "('to' was unexpected); there are src, dst, mask"),
        (with_call("flush", source="σ0[0]", mask="rwx"), "('source' was unexpected); did you mean src?"),
        (with_call("unmap", src="σ0[0]", mask="rwx"), "at $.operations[1].action: 'unmap' is not one of"),
        ({**GOOD, "more": 1}, "'more' was unexpected"),
        ({**GOOD, "show": "x"}, "('show' was unexpected); did you mean shows?"),
        ({**GOOD, "theory": "Appendix"}, "can be used here; did you mean Appendix A?"),
        (
            {**GOOD, "theory": "rangez", "ranges": "x2"},
            "at $.theory: no theory 'rangez' has a member 'ranges'; did you mean ranges?",
        ),
        (
            with_call("mapp", src="σ0[0]", dst="σ0[1]", mask="rwx"),
            "at $.operations[1].action: 'mapp' is not one of ['map', 'grant', 'flush']; did you mean map?",
        ),
        ({**GOOD, "scope": {"spaces": 0, "pages": 1, "frames": 1}}, "at $.scope.spaces: 0 is less than the minimum"),
        ({**GOOD, "scope": {"spaces": 1, "pages": 1, "frames": 2}}, "2 frames need 2 pages"),
        ({**GOOD, "dialect": "cannonical"}, "at $.dialect: there is no dialect 'cannonical'"),
        ({**GOOD, "dialect": "canonical without shame"}, "at $.dialect: there is no dialect"),
        (with_operation(op="flush", src="σ0[9]", rights="rwx"), "at $.operations[1]: σ0[9] is outside"),
        (with_operation(op="flush", src="the first", rights="rwx"), "at $.operations[1]"),
        (with_operation(op="flush", src="σ0[0]", rights="wr-"), "at $.operations[1]"),
        (with_operation(op="map", src="σ0[0]", rights="rwx"), "at $.operations[1]"),
        (with_operation(op="flush", src="σ0[0]", dst="σ0[1]", rights="rwx"), "at $.operations[1]"),
        (with_operation(op="unmap", src="σ0[0]", rights="rwx"), "at $.operations[1].op: 'unmap' is not one of"),
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


# kinds, and actions of other theories


def test_the_words_of_kinds_are_the_names_of_the_theorys_actions() -> None:
    assert [kind.word for kind in Kind] == list(APPENDIX_A.actions)
    assert [(kind.word, int(kind)) for kind in Kind] == [("map", 1), ("grant", 2), ("flush", 3)]
    assert [Operation(kind, 0, 1).kind for kind in Kind] == list(Kind)
    assert [kind.names_destination for kind in Kind] == [True, True, False]


def test_the_arguments_have_the_names_and_sorts_that_the_actions_declare() -> None:
    declared = {
        name: (symbol.sorts[0] if symbol.arguments else symbol.result).name()
        for name, symbol in symbols_of(Parameters).items()
    }
    assert {each.name: each.sort for each in Operation("map", 0, 2, 5).arguments} == declared
    assert APPENDIX_A.name == Trace("canonical", SCOPE, ()).theory


def test_whatever_executes_is_told_what_the_operation_says() -> None:
    class Told:
        def map(self, *given: int) -> tuple[object, ...]:
            return "map", *given

        def grant(self, *given: int) -> tuple[object, ...]:
            return "grant", *given

        def flush(self, *given: int) -> tuple[object, ...]:
            return "flush", *given

    given = [Operation("map", 1, 2, 3), Operation("grant", 1, 2, 3), Operation("flush", 1, -1, 3)]
    assert [each.on(Told()) for each in given] == [("map", 1, 2, 3), ("grant", 1, 2, 3), ("flush", 1, 3)]
    with pytest.raises(KeyError):
        Operation("pin", 0).on(Told())


SENT = Operation.call(
    "send",
    [
        Argument("word", "Word", 3),
        Argument("mask", "Right", frozenset({0, 1})),
        Argument("window", "Slot", frozenset({1, 3})),
        Argument("into", "Space", 1),
        Argument("src", "Slot", 2),
        Argument("willing", "Thread", frozenset()),
        Argument("shown", "Frame", 0),
    ],
)


def test_a_call_with_arguments_of_other_sorts_is_written_and_read() -> None:
    trace = Trace("canonical", SCOPE, (SENT,), theory="letters")
    value = json.loads(json.dumps(trace.to_json()))
    assert value["theory"] == "letters"
    assert value["operations"] == [
        {
            "action": "send",
            "arguments": {
                "src": "σ1[0]",
                "mask": "rw-",
                "into": "σ1",
                "shown": {"Frame": 0},
                "willing": {"Thread": []},
                "window": {"Slot": [1, 3]},
                "word": {"Word": 3},
            },
        }
    ]
    assert Trace.from_json(value, theory=None) == Trace.from_json(value, theory="letters") == trace
    value["operations"][0]["arguments"] = dict(reversed(value["operations"][0]["arguments"].items()))
    assert Trace.from_json(value, theory=None) == trace


def test_such_a_call_in_words() -> None:
    said = "send σ1[0] rw- (into σ1, shown Frame 0, willing {}, window {σ0[1], σ1[1]}, word Word 3)"
    assert SENT.text(SCOPE) == said


def test_the_literal_model_replays_no_trace_of_another_theory() -> None:
    with pytest.raises(ValueError, match="knows the actions of Appendix A, not those of letters"):
        next(Trace("canonical", SCOPE, (SENT,), theory="letters").states())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("σ7", "into: Space 7 is outside"),
        ({"Frame": 1}, "into: Frame 1 is outside"),
        ({"Slot": [0, 4]}, "into: Slot 4 is outside"),
        ("7", "'7' is not what has to stand here: A slot (σ1[0]), a space (σ1)"),
        (7, "7 is not what has to stand here"),
        ({"Thread": -1}, "at $.operations[1].arguments.into.Thread: -1 is less than the minimum"),
        ({"Thread": 1, "Word": 2}, "has too many properties"),
        ({"Frame": False}, "at $.operations[1].arguments.into.Frame: False is not valid"),
    ],
)
def test_what_is_no_argument_is_said_to_be_none(given: object, says: str) -> None:
    with pytest.raises(ValueError, match=r"^no trace: at \$\.operations\[1\]") as caught:
        Trace.from_json(with_call("send", "letters", into=given), theory=None)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
