"""The readings of messages have names, and the named dialects differ where their sentences say so."""

import pytest

from model.messages.readings import (
    CANONICAL_MESSAGES,
    CHOICES,
    MESSAGE_DIALECTS,
    Chooses,
    Ids,
    Lines,
    MessageReadings,
    Sender,
    Timeouts,
    message_dialect_named,
)


def test_each_choice_has_its_enum_and_the_canonical_member_first() -> None:
    assert tuple(CHOICES) == MessageReadings._fields
    for name, choice in CHOICES.items():
        assert getattr(CANONICAL_MESSAGES.readings, name) == next(iter(choice))
        assert all(member.prose and member.prose[-1] != "." for member in choice)


def test_a_dialect_is_found_by_its_name() -> None:
    for name, dialect in MESSAGE_DIALECTS.items():
        assert message_dialect_named(name) is dialect
    found = message_dialect_named("v2 with ids=never_again, timeouts=none")
    assert (found.readings.ids, found.readings.timeouts) == (Ids.NEVER_AGAIN, Timeouts.NONE)
    assert found.name == "v2 with ids=never_again, timeouts=none"


@pytest.mark.parametrize("name", ["nothing", "canonical with colour=red", "canonical with ids=blue"])
def test_what_is_no_dialect_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        message_dialect_named(name)


def test_dialects_of_kernels_say_that_they_are_our_reading() -> None:
    for name in ("v2", "x2", "nova", "sel4"):
        assert "our reading" in MESSAGE_DIALECTS[name].sentence
        assert MESSAGE_DIALECTS[name].hazard


def test_no_channels_is_the_canonical_one_but_for_who_chooses() -> None:
    readings = MESSAGE_DIALECTS["no-channels"].readings
    assert readings == MessageReadings(chooses=Chooses.KERNEL, lines=Lines.ASSIGNED)
    assert readings.sender == Sender.KERNEL
