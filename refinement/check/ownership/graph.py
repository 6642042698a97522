"""The literal model's states of a scope by their numbers, made as they are asked for."""

from collections.abc import Iterable, Sequence

import numpy as np

from model.ownership.literal import DONE, NOBODY, REFUSED, Owned, copy, initial
from model.ownership.operation import PageOperation
from model.ownership.readings import OwnershipReadings
from model.scope import Scope
from refinement.check.target.ownership_calls import ACCESSES, BORROWS, OWNS


def holdings(s: Owned) -> list[int]:
    """What each party has of each page, row by row, as a target tells it."""
    parties = np.arange(len(s.access))[:, None]
    has = OWNS * (s.owner[None, :] == parties) + BORROWS * (s.lender != NOBODY) + ACCESSES * s.access
    found: list[int] = has.ravel().tolist()
    return found


class Graph:
    """States, the first of which is 0, and what each of some operations does there."""

    def __init__(self, scope: Scope, readings: OwnershipReadings, operations: Sequence[PageOperation]) -> None:
        """Of the states only the first is known."""
        self.operations = operations
        self._readings = readings
        self._states = [initial(scope)]
        self._numbers = {_key(self._states[0]): 0}
        self._steps: dict[tuple[int, PageOperation], tuple[int, int]] = {}
        self._holdings: dict[int, list[int]] = {}

    def __len__(self) -> int:
        """The number of states that were met."""
        return len(self._states)

    def step(self, state: int, operation: PageOperation) -> tuple[int, int]:
        """How an operation ends in a state, and the state after it."""
        found = self._steps.get((state, operation))
        if found is None:
            found = self._steps[state, operation] = self._done(state, operation)
        return found

    def _done(self, state: int, operation: PageOperation) -> tuple[int, int]:
        after = copy(self._states[state])
        if operation.apply(after, self._readings) == REFUSED:
            return REFUSED, state
        number = self._numbers.setdefault(_key(after), len(self._states))
        if number == len(self._states):
            self._states.append(after)
        return DONE, number

    def after(self, path: Iterable[PageOperation]) -> int:
        """The state after some operations from the first state on."""
        state = 0
        for operation in path:
            state = self.step(state, operation)[1]
        return state

    def has(self, state: int) -> list[int]:
        """What each party has of each page."""
        if state not in self._holdings:
            self._holdings[state] = holdings(self._states[state])
        return self._holdings[state]

    def owner(self, state: int, page: int) -> int:
        """Who owns the page."""
        return int(self._states[state].owner[page])


def _key(s: Owned) -> bytes:
    return b"".join(column.tobytes() for column in s)
