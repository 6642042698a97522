"""Every operation of a scope, every step from a state, and every state that can be reached."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TypeAlias

import numpy as np

from model.messages import literal
from model.messages.operation import ARGUMENTS, SETS, Kind, Operation, size
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect, MessageReadings, Sender, Strings
from model.messages.scope import MessageScope
from model.messages.tables import Board, Table, board_of, first_row, view
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL, Dialect, Readings
from model.spaces.literal import DONE

State: TypeAlias = bytes
"""A state as a key: the integers of its row, one after the other."""

_TOGETHER = 64  # states in one call

EveryStep: TypeAlias = Callable[[Table, Board, Table, MessageReadings, Readings, Table, Table], int]


def every_step(
    rows: Table, b: Board, calls: Table, m: MessageReadings, d: Readings, later: Table, statuses: Table
) -> int:
    """Do each of the calls from each state in ``rows``, and write down how they ended.

    :param later: where the states go that those calls lead to which are possible, one after the other.
    :returns: how many these are.
    """
    done = 0
    row = np.empty_like(rows[0])
    s = view(row, b)
    for k in range(len(rows)):
        for n in range(len(calls)):
            c = calls[n]
            o = Operation(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13])
            row[:] = rows[k]
            statuses[k, n] = literal.act(s, b, o, m, d)
            if statuses[k, n] == DONE:
                later[done] = row
                done += 1
    return done


def operations_of(
    scope: MessageScope,
    dialect: MessageDialect = CANONICAL_MESSAGES,
    rights: Iterable[int] = (ALL_RIGHTS,),
    kinds: Collection[Kind] = tuple(Kind),
    **only: Iterable[int],
) -> list[Operation]:
    """Every operation that a scope has names for.

    Strings are sent only where the dialect has them.

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
        if kind != Kind.SEND_STRING or dialect.readings.strings != Strings.NONE
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

    def after(self, rows: Table) -> tuple[Table, Table]:
        """How each operation ended from each state, a row each; and the states after the possible ones, in order."""
        statuses = np.empty((len(rows), len(self.tried)), np.int64)
        later = np.empty((statuses.size, rows.shape[1]), np.int64)
        readings = self.dialect.readings, self.spaces.readings
        later = later[: self.run(rows, self.board, self._calls, *readings, later, statuses)]
        if not self.history:
            later[:, -(self.scope.threads**2) :] = 0
        return statuses, later

    def successors(self, state: State) -> Iterator[tuple[Operation, State]]:
        """Each operation that is possible in a state, and the state after it."""
        statuses, later = self.after(self.rows([state]))
        for n, row in zip(np.flatnonzero(statuses[0] == DONE), later, strict=True):
            yield self.tried[n], row.tobytes()

    def reachable(self, most: int | None = None) -> list[State]:
        """The states that can be reached, breadth first: all of them, or about the first ``most``."""
        pending = [self.first]
        found = set(pending)
        at = 0
        while at < len(pending) and (most is None or len(pending) < most):
            layer = pending[at : at + _TOGETHER]
            at += len(layer)
            for key in [row.tobytes() for row in self.after(self.rows(layer))[1]]:
                if key not in found:
                    found.add(key)
                    pending.append(key)
        return pending

    def rows(self, states: Iterable[State]) -> Table:
        """The states as rows of integers."""
        return np.frombuffer(b"".join(states), np.int64).reshape(-1, len(self.first) // 8)
