"""Traces of threads and messages: written, read again, replayed, and refused with a line."""

import json
from typing import Any

import pytest

from model.messages.operation import Kind, Operation
from model.messages.scope import MessageScope, set_of
from model.messages.tables import board_of, view
from model.messages.trace import MessageTrace, is_message_trace
from model.spaces.literal import DONE, REFUSED
from model.trace import Trace

SCOPE = MessageScope(2, 1, 1, booted=2, common=1)
WAITS = Operation(Kind.WAIT, actor=1, willing=set_of(0), opens=set_of(1))
MAPS = Operation(Kind.SEND_MAP, actor=0, other=1, word=0, src=0, dst=1)
TRACE = MessageTrace("canonical", "canonical", SCOPE, (WAITS, MAPS, MAPS), "an example")


def test_a_trace_comes_back_from_json() -> None:
    value = json.loads(json.dumps(TRACE.to_json()))
    assert is_message_trace(value)
    assert MessageTrace.from_json(value) == TRACE
    assert "fault" not in value
    named = MessageTrace("tree", "x2", SCOPE, (WAITS,), "", "messages__wait__does_its_work", "message-lost-wakeup-send")
    assert MessageTrace.from_json(json.loads(json.dumps(named.to_json()))) == named


def test_a_replay_is_that_of_the_literal_model() -> None:
    steps = list(TRACE.rows())
    assert [status for _, status, _ in steps] == [DONE, DONE, DONE, REFUSED]
    assert [operation for operation, _, _ in steps] == [None, WAITS, MAPS, MAPS]
    shown = [view(row, board_of(SCOPE)).spaces.phys.tolist() for _, _, row in steps]
    assert shown == [[0, -1], [0, -1], [0, 0], [0, 0]]


def changed(**parts: Any) -> dict[str, Any]:
    return {**TRACE.to_json(), **parts}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (changed(theory="Appendix A"), "no trace: at $"),
        (changed(messages="nobody's"), 'at $.messages: there is no dialect "nobody\'s"'),
        (changed(dialect="nobody's"), "at $.dialect: there is no dialect"),
        (changed(scope={"spaces": 2, "pages": 1, "frames": 1}), "at $.scope: 'threads' is a required property"),
        (changed(scope={**TRACE.to_json()["scope"], "booted": 9}), "at $.scope: 9 threads"),
        (changed(operations=[{"action": "fly", "arguments": {}}]), "at $.operations[0]: 'fly' is no action"),
        ({key: part for key, part in changed().items() if key != "messages"}, "'messages' is a required property"),
    ],
)
def test_what_is_no_trace_of_messages_is_refused_with_a_line(value: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match="no trace") as caught:
        MessageTrace.from_json(value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_traces_of_address_spaces_have_no_threads() -> None:
    scope = {"spaces": 2, "pages": 1, "frames": 1}
    value = {"musigma_trace": 2, "theory": "Appendix A", "dialect": "canonical", "scope": scope, "operations": []}
    assert Trace.from_json(value).scope.spaces == 2
    with pytest.raises(ValueError, match=r"at \$\.scope\.threads: 'threads' does not belong here"):
        Trace.from_json({**value, "scope": {**scope, "threads": 2}})
    with pytest.raises(ValueError, match=r"'messages' does not belong here"):
        Trace.from_json({**value, "messages": "canonical"})
