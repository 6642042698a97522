"""Traces of threads and messages: calls with named arguments, from the first state of a scope with threads, as JSON.

They share the schema of all traces (:mod:`model.trace`), and name the dialect of messages beside that of spaces.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.messages import literal
from model.messages.operation import Operation
from model.messages.readings import MessageDialect, message_dialect_named
from model.messages.scope import MessageScope
from model.messages.tables import Table, board_of, first_row, view
from model.scope import ArgumentError
from model.spaces.dialect import Dialect, dialect_named
from model.spaces.literal import DONE
from model.trace import VERSION, read_scope

MESSAGES_THEORY = "messages"
"""The name of the theory of threads and messages."""

_SIZES = ("spaces", "pages", "frames", "threads", "ids", "words", "booted", "hardware", "ports", "versions", "common")


@dataclass(frozen=True, slots=True)
class MessageTrace:
    """Operations from the first state of a scope with threads, and what they show, in words.

    :param dialect: the name of the dialect of address spaces, and ``messages`` that of threads and messages.
    :param obligation: the id of the obligation that the last operation violates, if that is what they show.
    :param fault: the name of the fault that the last operation is done with; all before it are done rightly.
    """

    dialect: str
    messages: str
    scope: MessageScope
    operations: tuple[Operation, ...]
    shows: str = ""
    obligation: str = ""
    fault: str = ""

    def rows(self) -> Iterator[tuple[Operation | None, int, Table]]:
        """Replay on the literal model, without a fault: each operation (none first), how it ended, the state after."""
        board, row = board_of(self.scope), first_row(self.scope)
        readings = self.of_messages().readings, self.of_spaces().readings
        yield None, DONE, row.copy()
        for operation in self.operations:
            status = literal.act(view(row, board), board, operation, *readings)
            yield operation, status, row.copy()

    def of_spaces(self) -> Dialect:
        """The dialect of address spaces."""
        return dialect_named(self.dialect)

    def of_messages(self) -> MessageDialect:
        """The dialect of threads and messages."""
        return message_dialect_named(self.messages)

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON values, valid by the schema of traces."""
        told = {"obligation": self.obligation, "fault": self.fault}
        return {
            "musigma_trace": VERSION,
            "theory": MESSAGES_THEORY,
            "dialect": self.dialect,
            "messages": self.messages,
            "scope": {name: getattr(self.scope, name) for name in _SIZES},
            "operations": [operation.to_json(self.scope) for operation in self.operations],
            "shows": self.shows,
            **{name: value for name, value in told.items() if value},
        }

    @staticmethod
    def from_json(value: Any) -> "MessageTrace":
        """The trace that JSON values describe.

        :raises ValueError: they do not fit the schema, are of another theory, or name what does not exist; the message
            says where.
        """
        scope = read_scope(value, MESSAGES_THEORY, MessageScope)
        operations = []
        for number, entry in enumerate(value["operations"]):
            try:
                operations.append(Operation.from_json(entry, scope))
            except ArgumentError as error:
                raise ValueError(f"no trace: at $.operations[{number}]: {error}") from None
        shown = value.get("shows", ""), value.get("obligation", ""), value.get("fault", "")
        trace = MessageTrace(value["dialect"], value["messages"], scope, tuple(operations), *shown)
        for name, resolve in (("dialect", trace.of_spaces), ("messages", trace.of_messages)):
            try:
                resolve()
            except KeyError:
                raise ValueError(f"no trace: at $.{name}: there is no dialect {value[name]!r}") from None
        return trace


def is_message_trace(value: Any) -> bool:
    """Return whether JSON values are said to be a trace of threads and messages."""
    return isinstance(value, dict) and value.get("theory") == MESSAGES_THEORY
