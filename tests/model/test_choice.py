"""What dialects of any theory are made of: the same way to write a reading for address spaces and for messages."""

from collections.abc import Mapping
from typing import Any

import pytest

from model.choice import (
    GuardedChoice,
    NamedChoice,
    choices_of,
    guarded_named,
    name_changes,
    parse_changes,
    read_named,
)
from model.cores.readings import PROTOCOLS
from model.messages.readings import MESSAGE_DIALECTS, MessageReadings
from model.ownership.readings import OWNERSHIP_DIALECTS
from model.ranges.readings import RANGE_DIALECTS
from model.spaces.dialect import DIALECTS, Readings


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


@pytest.mark.parametrize("family", [DIALECTS, MESSAGE_DIALECTS, RANGE_DIALECTS, PROTOCOLS, OWNERSHIP_DIALECTS])
def test_each_family_reads_its_dialects_otherwise_in_one_way(family: Mapping[str, NamedChoice[Any]]) -> None:
    for name, dialect in family.items():
        for choice, members in choices_of(dialect.readings).items():
            for member in members:
                other = dialect.reading(**{choice: member})
                assert type(other) is type(dialect)
                assert other.readings == dialect.readings._replace(**{choice: member})
                assert other.name == f"{name} with {choice}={member.name.lower()}"
                assert read_named(other.name, family.__getitem__) == other
                assert other.hazard == "" or dialect.hazard in other.hazard != dialect.hazard


@pytest.mark.parametrize("family", [PROTOCOLS, OWNERSHIP_DIALECTS])
def test_conditions_left_out_are_kept_in_the_order_of_the_name(family: Mapping[str, GuardedChoice[Any]]) -> None:
    for name, dialect in family.items():
        written = f"{name} without one: its caller asks without two: all: have answered"
        found = guarded_named(written, family.__getitem__)
        assert found.name == written
        assert found.dropped == (("one", "its caller asks"), ("two", "all: have answered"))
        assert found == dialect.without("one", "its caller asks").without("two", "all: have answered")
