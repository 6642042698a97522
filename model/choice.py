"""Choices between readings: what the dialects of any theory are made of, and how a reading of one is written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Any, Protocol, Self, TypeVar


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
    return {name: type(member) for name, member in readings._asdict().items() if isinstance(member, Choice)}


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


class Named(Protocol):
    """A named choice of readings: a dataclass with a name, a sentence and a record of readings."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def sentence(self) -> str:
        """What it is, in prose."""

    @property
    def readings(self) -> Any:
        """A named tuple of one member of each choice."""

    def reading(self, **changed: Any) -> Self:
        """The same with some of its choices read otherwise, and named after them."""


N = TypeVar("N", bound=Named)


def read_otherwise(of: N, changed: Mapping[str, Any], **more: Any) -> N:
    """A named choice of readings with some of them changed, and named after them.

    :param more: other fields of it that are changed with them.
    """
    name, sentence = name_changes(changed)
    fields = {"name": f"{of.name} with {name}", "sentence": f"{of.sentence}, but: {sentence}"}
    changed_one: N = replace(of, **fields, readings=of.readings._replace(**changed), **more)  # type: ignore[type-var]
    return changed_one


def read_named(name: str, find: Callable[[str], N]) -> N:
    """The named choice that a text ``NAME`` or ``NAME with CHOICE=READING, ...`` stands for.

    :param find: finds the one that is called NAME.
    :raises KeyError: there is none, or no such choice or reading.
    """
    base, _, changes = name.partition(" with ")
    found = find(base)
    return found.reading(**parse_changes(changes, choices_of(found.readings))) if changes else found
