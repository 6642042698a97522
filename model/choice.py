"""Choices between readings: what the dialects of any theory are made of, and how a reading of one is written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Generic, NamedTuple, Self, TypeVar


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

    :raises KeyError: there is no such choice or reading, or a choice is read twice.
    """
    found: dict[str, Choice] = {}
    for choice, reading in split_changes(text):
        if choice in found:
            raise KeyError(choice)
        found[choice] = choices[choice][reading.upper()]
    return found


def name_changes(changed: Mapping[str, Choice]) -> tuple[str, str]:
    """What a dialect is called with some choices read otherwise, as :func:`parse_changes` reads it; and in prose."""
    name = ", ".join(f"{choice}={member.name.lower()}" for choice, member in changed.items())
    return name, "; ".join(member.prose for member in changed.values())


R = TypeVar("R", bound=NamedTuple)


@dataclass(frozen=True, slots=True)
class NamedChoice(Generic[R]):
    """A named choice of readings: what the dialects of each family are.

    ``readings`` is a named tuple of one member of each choice. ``hazard`` says, where there is one, which known defect
    the choice carries; reports repeat it.
    """

    name: str
    sentence: str
    readings: R
    hazard: str = ""

    def reading(self, **changed: Any) -> Self:
        """The same with some of its choices read otherwise, and named after them; its hazard is not known of this one.

        :param changed: for each of those choices the member that is chosen.
        """
        name, sentence = name_changes(changed)
        return replace(
            self,
            name=f"{self.name} with {name}",
            sentence=f"{self.sentence}, but: {sentence}",
            readings=self.readings._replace(**changed),
            hazard="",
        )


N = TypeVar("N", bound=NamedChoice[Any])


def read_named(name: str, find: Callable[[str], N]) -> N:
    """The named choice that a text ``NAME`` or ``NAME with CHOICE=READING, ...`` stands for.

    :param find: finds the one that is called NAME.
    :raises KeyError: there is none, or no such choice or reading.
    """
    base, _, changes = name.partition(" with ")
    found = find(base)
    return found.reading(**parse_changes(changes, choices_of(found.readings))) if changes else found


WITHOUT = " without "
"""Stands in a dialect's name before a condition that is not asked for."""


@dataclass(frozen=True, slots=True)
class GuardedChoice(NamedChoice[R]):
    """A named choice of readings whose actions can do without single conditions of their guards.

    ``dropped`` are the conditions that are not asked for: the action, and what the condition is called.
    """

    dropped: tuple[tuple[str, str], ...] = ()

    def without(self, action: str, condition: str) -> Self:
        """The same without one condition of an action's guard, and named after that."""
        name = f"{self.name}{WITHOUT}{action}: {condition}"
        return replace(self, name=name, dropped=(*self.dropped, (action, condition)))


G = TypeVar("G", bound=GuardedChoice[Any])


def guarded_named(name: str, find: Callable[[str], G]) -> G:
    """The same as :func:`read_named`, and at the end of the text `` without ACTION: CONDITION``, once or more.

    Whether the action asks for that condition, its theory says.

    :raises KeyError: there is no such choice, or no such reading.
    """
    read, *dropped = name.split(WITHOUT)
    found = read_named(read, find)
    for each in dropped:
        action, _, condition = each.partition(": ")
        found = found.without(action, condition)
    return found
