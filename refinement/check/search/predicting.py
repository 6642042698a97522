"""Predict an experiment's outcome under some readings, remembered by the readings that it hangs on.

There are some hundred thousand combinations of readings, and an experiment asks for a few of them only: one that asked
the same and was answered the same ends the same. So outcomes stand in a tree, whose nodes are questions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET
from model.spaces.operation import Operation


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status of each operation, up to the first that meets a circle, and the state then."""

    statuses: tuple[int, ...]
    state: spaces.Spaces


class Asked:
    """Readings that note which of them are asked for, in which order."""

    def __init__(self, readings: Readings) -> None:
        """Note nothing yet."""
        self._readings = readings
        self.asked: dict[str, int] = {}

    def __getattr__(self, name: str) -> int:
        """Return the reading of that name."""
        value: int = getattr(self._readings, name)
        self.asked.setdefault(name, value)
        return value


@dataclass(slots=True)
class Question:
    """A reading that is asked for next, and what follows each answer."""

    name: str
    follows: "dict[int, Node]" = field(default_factory=dict)


Node: TypeAlias = Question | Outcome


class Predictor:
    """The outcomes of one experiment."""

    def __init__(self, scope: Scope, operations: Sequence[Operation]) -> None:
        """Know nothing yet."""
        self._scope, self._operations = scope, operations
        self._root: Node | None = None

    def outcome(self, readings: Readings) -> Outcome:
        """Return what the literal model does under these readings."""
        node = self._root
        while isinstance(node, Question):
            node = node.follows.get(getattr(readings, node.name))
        return node if node is not None else self._learn(readings)

    def _learn(self, readings: Readings) -> Outcome:
        noting: Any = Asked(readings)
        state, statuses = spaces.initial(self._scope), list[int]()
        for operation in self._operations:
            statuses.append(operation.apply(state, noting))
            if statuses[-1] == CYCLE_MET:
                break
        found = Outcome(tuple(statuses), state)
        answers = list(noting.asked.items())
        if not answers:
            self._root = found
            return found
        if self._root is None:
            self._root = Question(answers[0][0])
        node = self._root
        for (name, value), after in zip(answers, [*answers[1:], None], strict=True):
            if not isinstance(node, Question) or node.name != name:
                raise RuntimeError(f"after the same answers {name} is asked now, and was not before")
            node = node.follows.setdefault(value, Question(after[0]) if after else found)
        return found


@cache
def predictor(scope: Scope, operations: tuple[Operation, ...]) -> Predictor:
    """Return the one predictor of an experiment."""
    return Predictor(scope, operations)
