"""Operations of threads as text and as JSON, and scopes that make no sense."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.messages.operation import ARGUMENTS, Kind, Operation
from model.messages.readings import message_dialect_named
from model.messages.scope import MessageScope, members, set_of
from model.messages.steps import Steps, operations_of
from model.scope import ArgumentError

SCOPE = MessageScope(2, 1, 1, threads=3, words=2)
ALL = operations_of(SCOPE, message_dialect_named("sel4 with strings=buffer"), (7, 4, 0))

TEXTS = {
    "τ0 begins τ1 in σ1, paged by #0": Operation(Kind.CREATE, actor=0, other=1, into=1, paged_by=0),
    "τ0 ends τ1": Operation(Kind.END, actor=0, other=1),
    "τ0 waits for #0, #1 with a window at σ0[0]": Operation(Kind.WAIT, actor=0, willing=3, opens=1),
    "τ0 waits for nobody": Operation(Kind.WAIT, actor=0),
    "τ0 sends w1 to τ1": Operation(Kind.SEND, actor=0, other=1, word=1),
    "τ0 sends w1 as #1 to τ1, then waits for #1": Operation(
        Kind.SEND, actor=0, other=1, word=1, claimed=1, willing=set_of(1)
    ),
    "τ0 sends w1 to τ1 and maps σ0[0] → σ1[0] r--, then waits for nobody with a window at σ0[0]": Operation(
        Kind.SEND_MAP, actor=0, other=1, word=1, src=0, dst=1, rights=4, opens=1
    ),
    "τ0 sends w1 to τ1 and grants σ0[0] → σ1[0]": Operation(Kind.SEND_GRANT, actor=0, other=1, word=1, src=0, dst=1),
    "τ0 flushes σ0[0]": Operation(Kind.FLUSH, actor=0, src=0),
    "the wait of τ1 ends without a message": Operation(Kind.TIMEOUT, other=1),
    "the interrupt of τ2 reaches τ1": Operation(Kind.INTERRUPT, actor=2, other=1),
    "a page fault of τ1 at σ1[0] goes to τ0": Operation(Kind.PAGE_FAULT, actor=1, other=0, dst=1),
    "τ0 comes to serve τ2": Operation(Kind.ASSOCIATE, actor=0, other=2),
    "τ0 reads frame 0 in σ0[0]": Operation(Kind.READ, actor=0, src=0, frame=0),
    "τ0 writes w0 to frame 0 in σ0[0], keeping w1": Operation(Kind.WRITE, actor=0, src=0, frame=0, word=0, keeps=2),
    "τ0 writes w0 to frame 0 in σ0[0], keeping nothing": Operation(Kind.WRITE, actor=0, src=0, frame=0, word=0),
    "τ0 sends w1 to τ1, copied to frame 0 in σ1[0], then waits for #1": Operation(
        Kind.SEND_STRING, actor=0, other=1, word=1, dst=1, frame=0, willing=set_of(1)
    ),
    "τ0 makes up w0": Operation(Kind.THINK, actor=0, word=0),
}


@pytest.mark.parametrize("text", TEXTS)
def test_an_operation_as_people_write_it(text: str) -> None:
    assert TEXTS[text].text(SCOPE) == text


def test_every_kind_has_a_text_above_and_no_two_operations_have_the_same() -> None:
    assert {operation.kind for operation in TEXTS.values()} == set(Kind)
    assert len({operation.text(SCOPE) for operation in ALL}) == len(ALL)


@given(st.sampled_from(ALL))
def test_an_operation_comes_back_from_json(operation: Operation) -> None:
    written = json.loads(json.dumps(operation.to_json(SCOPE)))
    assert Operation.from_json(written, SCOPE) == operation
    assert {"rights" if name == "mask" else name for name in written["arguments"]} <= set(
        ARGUMENTS[Kind(operation.kind)]
    )


def test_json_names_what_is_looked_at() -> None:
    operation = Operation(Kind.SEND_MAP, actor=0, other=1, word=1, src=0, dst=1, rights=4, willing=2, opens=1)
    assert operation.to_json(SCOPE) == {
        "action": "send_map",
        "arguments": {
            "actor": {"Thread": 0},
            "other": {"Thread": 1},
            "word": {"Word": 1},
            "willing": {"Id": [1]},
            "opens": {"Slot": [0]},
            "src": "σ0[0]",
            "dst": "σ1[0]",
            "mask": "r--",
        },
    }


ONE = {"Thread": 0}
NO_IDS: dict[str, list[int]] = {"Id": []}
NO_SLOTS: dict[str, list[int]] = {"Slot": []}  # fmt: skip
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "'fly' is no action: write one of create, end": ("fly", {}),
    "end takes actor, other, not actor": ("end", {"actor": ONE}),
    "think takes actor, word, not nothing": ("think", {}),
    "flush takes actor, src, mask, not actor, dst, mask, src": (
        "flush",
        {"actor": ONE, "src": "σ0[0]", "mask": "rwx", "dst": "σ1[0]"},
    ),
    "end: {'Thread': 3} is no other in a scope of": ("end", {"actor": ONE, "other": {"Thread": 3}}),
    "end: {'Thread': 1, 'Id': 0} is no other": ("end", {"actor": ONE, "other": {"Thread": 1, "Id": 0}}),
    "end: {'Id': 0} is no other": ("end", {"actor": ONE, "other": {"Id": 0}}),
    "create: 'σ2' is no into": ("create", {"actor": ONE, "other": ONE, "into": "σ2", "paged_by": {"Id": 0}}),
    "flush: 'σ9[0]' is no src": ("flush", {"actor": ONE, "src": "σ9[0]", "mask": "rwx"}),
    "flush: 'q' is no mask": ("flush", {"actor": ONE, "src": "σ0[0]", "mask": "q"}),
    "wait: {'Id': 1} is no willing": ("wait", {"actor": ONE, "willing": {"Id": 1}, "opens": NO_SLOTS}),
    "wait: {'Slot': [7]} is no opens": ("wait", {"actor": ONE, "willing": NO_IDS, "opens": {"Slot": [7]}}),
}


@pytest.mark.parametrize("says", WRONG)
def test_json_that_describes_no_operation_is_refused_with_a_line(says: str) -> None:
    action, arguments = WRONG[says]
    with pytest.raises(ArgumentError, match=re.escape(says)):
        Operation.from_json({"action": action, "arguments": arguments}, SCOPE)


SCOPES: dict[str, dict[str, int]] = {
    "at least one of its threads, not 0": {"threads": 0},
    "at least one of its words, not 0": {"words": 0},
    "at least one of its booted, not 0": {"booted": 0},
    "-1 is no number of hardware": {"hardware": -1},
    "2 threads and 1 of hardware run at first": {"threads": 4, "booted": 2, "hardware": 1},
    "not 2 and 1": {"versions": 2, "hardware": 1},
    "2 of 1 frames cannot be ports": {"ports": 2},
    "2 of 1 words cannot be known": {"common": 2},
    "63 words do not fit a set: write 62 or fewer": {"words": 63},
    "126 slots do not fit": {"pages": 63},
    "at least one of its spaces, not 0": {"spaces": 0},
}


@pytest.mark.parametrize("says", SCOPES)
def test_a_scope_that_makes_no_sense_is_refused(says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        MessageScope(**{"spaces": 2, "pages": 1, "frames": 1, **SCOPES[says]})


def test_which_threads_are_hardware() -> None:
    scope = MessageScope(2, 1, 1, threads=4, ids=3, booted=1, hardware=2)
    assert [scope.is_hardware(t) for t in range(4)] == [False, True, True, False]


@given(st.sets(st.integers(0, 62)))
def test_a_set_has_the_members_that_it_was_made_of(elements: set[int]) -> None:
    assert members(set_of(*elements)) == sorted(elements)


def test_successors_are_the_possible_operations_with_the_state_after_each() -> None:
    steps = Steps(SCOPE)
    found = dict(steps.successors(steps.first))
    assert Operation(Kind.THINK, actor=0, word=1) in found
    assert all(operation.actor == 0 for operation in found)
    assert found[Operation(Kind.READ, actor=0, src=0, frame=0)] == steps.first  # there is nothing to read


def test_without_history_states_that_differ_in_what_passed_are_one() -> None:
    operations = (
        Operation(Kind.THINK, actor=0, word=0),
        Operation(Kind.CREATE, actor=0, other=1, into=0, paged_by=0),
        Operation(Kind.WAIT, actor=1, willing=1),
        Operation(Kind.SEND, actor=0, other=1, word=0),
        Operation(Kind.TIMEOUT, other=1),
        Operation(Kind.WAIT, actor=1),
    )
    with_history = Steps(SCOPE, operations=operations).reachable()
    without = Steps(SCOPE, operations=operations, history=False).reachable()
    # the word known or not, the thread there or not, and of it: runs on, waits, has the message
    assert (len(with_history), len(without)) == (2 + 2 * 2 + 3, 2 + 2 * 2 + 1)
