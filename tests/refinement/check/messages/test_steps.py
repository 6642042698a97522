"""Programs of threads as rows, as text, in the journal and as files."""

from typing import Any

import numpy as np
import pytest

from model.messages.operation import Kind, Operation
from model.messages.scope import MessageScope, set_of
from model.scope import ArgumentError
from refinement.check.messages.steps import Program, from_json, is_of_messages, program_in, to_json

SCOPE = MessageScope(2, 1, 1, threads=3, ids=3, words=2, booted=2)
PROGRAM = Program(
    SCOPE,
    (
        Operation(Kind.WAIT, actor=1, willing=set_of(0), opens=set_of(1)),
        Operation(Kind.SEND_MAP, 0, 1, 1, 0, 1, 6),
        Operation(Kind.CREATE, 1, 2, into=1, paged_by=0),
    ),
)


def test_files_are_read_as_they_were_written() -> None:
    value = to_json(PROGRAM, "canonical", "canonical with window=ignored", "what is seen")
    recorded = from_json(value)
    assert is_of_messages(value)
    assert not is_of_messages({"musigma_steps": 1})
    assert recorded.program == PROGRAM
    assert (recorded.messages, recorded.shows) == ("canonical with window=ignored", "what is seen")


def _call(action: str, **arguments: Any) -> dict[str, Any]:
    return {"action": action, "arguments": arguments}


def _changed(**changed: Any) -> dict[str, Any]:
    return {**to_json(PROGRAM, "canonical", "canonical", ""), **changed}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (_changed(musigma_messages=2), "at $.musigma_messages"),
        (_changed(messages="mine"), "'mine' is no dialect of messages"),
        (_changed(operations=[_call("hop")]), "'hop' is no action"),
        (_changed(operations=[_call("think", actor={"Thread": 0}, word={"Word": 0})]), "think is a program's own"),
        (_changed(operations=[_call("timeout", other={"Thread": 9})]), "is no other in a scope"),
        (_changed(scope={**to_json(PROGRAM, "", "", "")["scope"], "words": 1}), "says the word v + 1"),
    ],
)
def test_files_that_are_wrong_say_where(value: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("$", r"\$").replace("+", r"\+")):
        from_json(value)


def test_a_program_moves_to_another_scope_by_its_names() -> None:
    wide = PROGRAM.in_scope(MessageScope(2, 2, 1, threads=3, ids=3, words=3, booted=2))
    assert wide.operations[1].dst == 2
    assert wide.texts()[1:] == PROGRAM.texts()[1:]
    with pytest.raises(ArgumentError):
        PROGRAM.in_scope(MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2))


def test_a_journal_without_a_program_has_none() -> None:
    assert program_in(np.zeros((0, 6), np.uint32)) is None
