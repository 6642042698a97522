"""Whichever way a loop is left, one turn that stands for all ends in what Python does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import z3

from proofs.execution.loop_rules import UNROLLED, Unrolled, Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, Path, paths
from proofs.execution.syntax import OutsideSubsetError

Write = Callable[[str], Callable[..., Any]]

Entry = tuple[list[Values], list[object]]
"""The states at a loop's head, one a turn and the last where the elements end, and the elements."""


class Watched(Unrolled):
    """All turns are executed; what a loop has at its head is kept, each time that it is entered."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        self.entries.append(([self._of(values, assigned)], []))
        self.assigned = assigned
        return {}

    def each(self, iterable: Any) -> Iterator[object]:
        for element in iterable:
            self.entries[-1][1].append(element)
            yield element

    def tail(self, values: Values) -> None:
        self.entries[-1][0].append(self._of(values, self.assigned))

    def _of(self, values: Values, assigned: frozenset[str]) -> Values:
        return {name: value for name, value in values.items() if name in assigned}


class AnyTurn:
    """One turn stands for all: at the head is any state that Python has there, chosen by the path."""

    def __init__(self, path: Path, entries: list[Entry]) -> None:
        self.path, self.entries, self.entered = path, entries, -1

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        self.entered += 1
        states, _ = self.entries[self.entered]
        turns = range(len(states) - 1)
        self.turn = next(
            (turn for turn in turns if self.path.decide(z3.Bool(f"{self.entered}, {turn}"))), len(states) - 1
        )
        return {name: value for name, value in states[self.turn].items() if name in values}

    def each(self, iterable: object) -> Iterator[object]:
        yield from self.entries[self.entered][1][self.turn :][:1]

    def tail(self, values: Values) -> None:
        raise Cut


def on_terms(function: Callable[..., Any], number: int, loops: int, items: tuple[int, ...]) -> list[object]:
    """What it ends in if one turn of that loop stands for all, on every path that is not cut."""
    watched = Watched()
    unrolled = {("f", each): UNROLLED for each in range(loops)}
    bind(function, Path(), {}, {**unrolled, ("f", number): watched}, "f")(items)

    def run(path: Path) -> object:
        return bind(function, path, {}, {**unrolled, ("f", number): AnyTurn(path, watched.entries)}, "f")(items)

    return [result for _, result in paths(run) if result is not None]


EXITS = {
    "break after an assignment": (
        "x = 1\nfor y in items:\n    if y == 2:\n        x = y\n        break\n    x = 1\nreturn x"
    ),
    "break before one": "x = 1\nfor y in items:\n    if y == 2:\n        break\n    x = x + y\nreturn x",
    "break at once": "x = 1\nfor y in items:\n    x = 7\n    break\nreturn x",
    "no break": "x = 1\nfor y in items:\n    x = x + y\nreturn x",
    "continue": "x = 1\nfor y in items:\n    if y == 2:\n        x = x + 5\n        continue\n    x = x + y\nreturn x",
    "continue, then break": (
        "x = 1\nfor y in items:\n    x = x + 1\n    if y == 1:\n        continue\n    if y == 2:\n        break\n"
        "return x"
    ),
    "return in a loop": "x = 1\nfor y in items:\n    x = x + y\n    if y == 2:\n        return x\nreturn x + 100",
    "the element had a value": "y = 9\nx = 0\nfor y in items:\n    x = x + y\nreturn x",
    "the element is what is left": "y = 9\nfor y in items:\n    if y == 2:\n        break\nreturn y",
    "the element is assigned": "y = 9\nfor y in items:\n    y = y + 10\n    if y == 12:\n        break\nreturn y",
    "while, break after an assignment": (
        "x = 1\nwhile x < 9:\n    x = x + 2\n    if x == 5:\n        x = 50\n        break\nreturn x"
    ),
    "while, no break": "x = 1\nwhile x < 9:\n    x = x + 2\nreturn x",
    "while true": "x = 1\nwhile True:\n    x = x + 2\n    if x > 6:\n        break\nreturn x",
    "while, continue": (
        "x = 1\nz = 0\nwhile x < 9:\n    x = x + 1\n    if x == 5:\n        continue\n    z = z + x\nreturn z"
    ),
    "while, return": "x = 1\nwhile x < 9:\n    x = x + 2\n    if x == 5:\n        return x\nreturn 0",
    "break in a loop in a loop": (
        "x = 1\nfor y in items:\n    for z in items:\n        x = x + z\n        if z == y:\n            break\n"
        "    x = x * 2\nreturn x"
    ),
    "break out of both": (
        "x = 1\nz = 0\nfor y in items:\n    while z < 9:\n        z = z + y\n        if z == 3:\n            x = 5\n"
        "            break\n    if x == 5:\n        break\n    x = x + z\nreturn x + z"
    ),
    "continue around a loop": (
        "x = 1\nfor y in items:\n    for z in items:\n        if z == 2:\n            continue\n        x = x + z\n"
        "    if y == 1:\n        continue\n    x = x + 50\nreturn x"
    ),
    "return out of both": (
        "x = 1\nfor y in items:\n    for z in items:\n        x = x + z\n        if x > 5:\n            return x\n"
        "return x"
    ),
}


def function_of(text: str, written: Write) -> Callable[..., Any]:
    return written("def f(items):\n" + "\n".join(f"    {line}" for line in text.splitlines()))


@pytest.mark.parametrize("items", [(), (1,), (2,), (1, 2, 3), (3, 1, 4, 2)], ids=str)
@pytest.mark.parametrize("text", EXITS.values(), ids=EXITS)
def test_one_turn_ends_in_what_python_does(text: str, items: tuple[int, ...], written: Write) -> None:
    function = function_of(text, written)
    loops = text.count("for ") + text.count("while ")
    for number in range(loops):
        assert on_terms(function, number, loops, items) == [function(items)]


@pytest.mark.parametrize("head", ["for y in items", "while x < 9"])
def test_what_else_a_loop_may_end_in_is_refused(head: str, written: Write) -> None:
    function = function_of(f"x = 1\n{head}:\n    x = 9\n    break\nelse:\n    x = 2\nreturn x", written)
    with pytest.raises(OutsideSubsetError, match="a loop with else"):
        bind(function, Path())
