"""What dialects of any theory are made of: the same way to write a reading for address spaces and for messages."""

from typing import Any

import pytest

from model.choice import choices_of, name_changes, parse_changes
from model.messages.readings import MessageReadings
from model.spaces.dialect import Readings


@pytest.mark.parametrize("readings", [Readings(), MessageReadings()], ids=["spaces", "messages"])
def test_each_reading_is_read_as_it_is_written(readings: Any) -> None:
    choices = choices_of(readings)
    assert tuple(choices) == tuple(name for name in readings._fields if name != "kept")  # which is no choice
    for name, choice in choices.items():
        for member in choice:
            written, prose = name_changes({name: member})
            assert (parse_changes(written, choices), prose) == ({name: member}, member.prose)
    first = {name: next(iter(choice)) for name, choice in choices.items()}
    assert parse_changes(name_changes(first)[0], choices) == first


@pytest.mark.parametrize(
    "text", ["page=own", "own_slot=none", "own_slot", "own_slot=nothing,", "own_slot=nothing occupied=refused"]
)
def test_what_is_no_reading_is_refused(text: str) -> None:
    with pytest.raises(KeyError):
        parse_changes(text, choices_of(Readings()))
