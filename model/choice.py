"""Choices between readings: what the dialects of any theory are made of, and how a reading of one is written."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any


class Choice(IntEnum):
    """A reading: a number, so that compiled code compares it, and a sentence of ``prose``."""

    prose: str

    def __new__(cls, value: int, prose: str) -> "Choice":
        """The member with that number and sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.prose = prose
        return member


def choices_of(readings: Any) -> dict[str, type[Choice]]:
    """The choices that a record of readings (a named tuple) holds one member of each, by its fields."""
    return {name: type(member) for name, member in readings._asdict().items()}


def split_changes(text: str) -> Iterator[tuple[str, str]]:
    """The choices that a text names, each with a reading, as they are written.

    >>> list(split_changes("own_slot=nothing, occupied=refused"))
    [('own_slot', 'nothing'), ('occupied', 'refused')]
    """
    for change in text.split(",") if text else ():
        choice, _, reading = change.strip().partition("=")
        yield choice, reading


def parse_changes(text: str, choices: Mapping[str, type[Choice]]) -> dict[str, Choice]:
    """The readings that a text ``CHOICE=READING, ...`` chooses.

    :raises KeyError: there is no such choice or reading.
    """
    return {choice: choices[choice][reading.upper()] for choice, reading in split_changes(text)}


def name_changes(changed: Mapping[str, Choice]) -> tuple[str, str]:
    """What a dialect is called with some choices read otherwise, as :func:`parse_changes` reads it; and in prose."""
    name = ", ".join(f"{choice}={member.name.lower()}" for choice, member in changed.items())
    return name, "; ".join(member.prose for member in changed.values())
