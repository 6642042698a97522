"""Every operation of a scope, every step from a state, and every state that can be reached."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from model.messages import literal
from model.messages.operation import ARGUMENTS, SETS, Kind, Operation, size
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect, MessageReadings, Sender
from model.messages.scope import MessageScope, set_of
from model.messages.tables import Board, Table, board_of, first_row, view
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL, Dialect, Readings
from model.spaces.literal import DONE

State: TypeAlias = bytes
"""A state as a key: the integers of its row, one after the other."""

EveryStep: TypeAlias = Callable[[Table, Board, Table, MessageReadings, Readings, Table, Table], None]


def every_step(
    row: Table, b: Board, calls: Table, m: MessageReadings, d: Readings, later: Table, statuses: Table
) -> None:
    """Do each of the calls from the state in ``row``; write down the states after them and how they ended."""
    for n in range(len(calls)):
        later[n] = row
        c = calls[n]
        o = Operation(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13])
        statuses[n] = literal.act(view(later[n], b), b, o, m, d)


def operations_of(
    scope: MessageScope,
    dialect: MessageDialect = CANONICAL_MESSAGES,
    rights: Iterable[int] = (ALL_RIGHTS,),
    kinds: Collection[Kind] = tuple(Kind),
    **only: Iterable[int],
) -> list[Operation]:
    """Every operation that a scope has names for.

    :param rights: the sets of rights that are asked for.
    :param only: values of other arguments to choose from, where it is not to be all of them.

    >>> [operation.actor for operation in operations_of(MessageScope(1, 1, 1), kinds=[Kind.THINK])]
    [0, 1]
    """
    choices = {"rights": tuple(rights), **{name: tuple(values) for name, values in only.items()}}
    if dialect.readings.sender == Sender.KERNEL:
        choices["claimed"] = (-1,)

    def values(name: str) -> Iterable[int]:
        return choices.get(name, range(1 << size(name, scope)) if name in SETS else range(size(name, scope)))

    return [
        Operation(kind, **dict(zip(ARGUMENTS[kind], chosen, strict=True)))
        for kind in kinds
        for chosen in product(*(values(name) for name in ARGUMENTS[kind]))
    ]


@dataclass(frozen=True)
class Steps:
    """The steps of the literal model in a scope: a transition system with states to compare and to keep in sets.

    :param operations: what can be tried in each state; by default every operation of the scope.
    :param run: what does the steps, perhaps compiled.
    :param history: whether a state has the messages that ever passed, which no action looks at.
    """

    scope: MessageScope
    dialect: MessageDialect = CANONICAL_MESSAGES
    spaces: Dialect = CANONICAL
    operations: tuple[Operation, ...] = ()
    run: EveryStep = every_step
    history: bool = True

    @cached_property
    def board(self) -> Board:
        """What no step changes."""
        return board_of(self.scope)

    @cached_property
    def tried(self) -> tuple[Operation, ...]:
        """The operations that are tried in each state."""
        return self.operations or tuple(operations_of(self.scope, self.dialect))

    @cached_property
    def _calls(self) -> Table:
        return np.array(self.tried, np.int64).reshape(len(self.tried), len(Operation._fields))

    @property
    def first(self) -> State:
        """The state that everything begins with."""
        return first_row(self.scope).tobytes()

    def after(self, state: State) -> tuple[Table, Table]:
        """The state after each operation, a row each, and how the operation ended."""
        row = np.frombuffer(state, np.int64)
        later, statuses = np.empty((len(self._calls), len(row)), np.int64), np.empty(len(self._calls), np.int64)
        self.run(row, self.board, self._calls, self.dialect.readings, self.spaces.readings, later, statuses)
        if not self.history:
            later[:, len(row) - self.scope.threads**2 :] = 0
        return later, statuses

    def successors(self, state: State) -> Iterator[tuple[Operation, State]]:
        """Each operation that is possible in a state, and the state after it."""
        later, statuses = self.after(state)
        for n in np.flatnonzero(statuses == DONE):
            yield self.tried[n], later[n].tobytes()

    def reachable(self, most: int | None = None) -> list[State]:
        """Every state that can be reached, breadth first.

        :raises RuntimeError: there are more than ``most`` of them.
        """
        found = {self.first: None}
        for state in (pending := [self.first]):
            later, statuses = self.after(state)
            for key in {row.tobytes() for row in later[statuses == DONE]}:
                if key not in found:
                    found[key] = None
                    pending.append(key)
            if most is not None and len(found) > most:
                raise RuntimeError(f"{self.scope} has more than {most} states that can be reached")
        return pending

    def tables(self, states: Iterable[State]) -> Any:
        """The states as rows of integers."""
        return np.frombuffer(b"".join(states), np.int64).reshape(-1, len(self.first) // 8)


def own_windows(scope: MessageScope) -> tuple[int, ...]:
    """The windows of one slot or none."""
    return (0, *(set_of(slot) for slot in range(scope.slots)))
