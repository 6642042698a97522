"""Programs of threads and messages: a scope and its operations, as rows of numbers, as text, and as a file.

In the journal, which has rows of six numbers, a step stands in three: the first begins with the step's kind, beyond
those of an address space's steps, or with ``INIT`` where a program begins.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import numpy as np
from numpy.typing import NDArray

from model.messages.operation import ARGUMENTS, SETS, Kind, Operation, size
from model.messages.readings import message_dialect_named
from model.messages.scope import MessageScope, members, set_of
from model.scope import ArgumentError
from refinement.check.driver.driver import WIDTH, StepKind

VERSION = 1
SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("messages.schema.json").read_text("utf-8"))

FIELDS = ("spaces", "pages", "frames", "threads", "ids", "words", "booted", "hardware", "ports", "versions")
"""The numbers of a scope, in the order of a journal's first step."""

KINDS = (
    *(Kind.WAIT, Kind.SEND, Kind.SEND_MAP, Kind.SEND_GRANT, Kind.CREATE, Kind.END),
    *(Kind.TIMEOUT, Kind.PAGE_FAULT, Kind.INTERRUPT, Kind.ASSOCIATE, Kind.FLUSH),
)
"""What is compared; what programs read, write and make up is theirs, and no kernel's."""

MOST = 31  # ids, and slots, of a set in the journal
STEP = 3  # rows of the journal for a step
FIRST_KIND = 64  # what is added to a kind in the journal
MORE = 63  # what the other rows of a step begin with

Rows: TypeAlias = NDArray[np.int64]
"""Operations, a row each: the fields of :class:`~model.messages.operation.Operation`."""


def label(scope: MessageScope) -> str:
    """A scope of threads in words, with what not all of its threads and frames are.

    >>> print(label(MessageScope(2, 1, 1, threads=4, ids=3, booted=2, hardware=1)))
    2 spaces × 1 page × 1 frame × 4 threads × 3 ids × 1 word (1 an interrupt's, 1 to be begun)
    """
    begun = scope.threads - scope.booted - scope.hardware
    special = [
        f"{number} {what}"
        for number, what in ((scope.hardware, "an interrupt's"), (begun, "to be begun"), (scope.ports, "a port"))
        if number
    ]
    if scope.versions > 1:
        special.append(f"{scope.versions} versions")
    return str(scope) + (f" ({', '.join(special)})" if special else "")


@dataclass(frozen=True, slots=True)
class Program:
    """Operations one after the other, from the first state of a scope."""

    scope: MessageScope
    operations: tuple[Operation, ...]

    def __len__(self) -> int:
        """The number of operations."""
        return len(self.operations)

    def __getitem__(self, part: slice) -> "Program":
        """Some of the operations."""
        return Program(self.scope, self.operations[part])

    @property
    def rows(self) -> Rows:
        """The operations as rows of numbers."""
        return rows_of(self.operations)

    def texts(self) -> list[str]:
        """The first state and the operations, as people write them."""
        return [f"init {label(self.scope)}", *(operation.text(self.scope) for operation in self.operations)]

    def in_scope(self, scope: MessageScope) -> "Program":
        """The same operations by their names in another scope.

        :raises ArgumentError: it does not have all of those names.
        """
        return Program(scope, tuple(_moved(operation, self.scope, scope) for operation in self.operations))


def _moved(operation: Operation, old: MessageScope, new: MessageScope) -> Operation:
    """The operation with its slots where they are in another scope.

    :raises ArgumentError: the other scope lacks something that it names.
    """

    def slot(number: int) -> int:
        space, page = divmod(number, old.pages)
        if page >= new.pages:
            raise ArgumentError(f"page {page} is no page of a scope of {new}")
        return space * new.pages + page

    changed = {name: slot(number) for name in ("src", "dst") if (number := getattr(operation, name)) >= 0}
    moved = operation._replace(**changed, opens=set_of(*(slot(each) for each in members(operation.opens))))
    for name in ARGUMENTS[Kind(moved.kind)]:
        most, value = size(name, new), getattr(moved, name)
        if (value.bit_length() if name in SETS else value + 1) > most:
            raise ArgumentError(f"{name} {value} is none of a scope of {new}")
    return moved


def rows_of(operations: "tuple[Operation, ...] | list[Operation]") -> Rows:
    """Operations as rows of numbers.

    >>> rows_of([Operation(Kind.TIMEOUT, other=1)])[0, :3].tolist()
    [7, -1, 1]
    """
    return np.array(operations, np.int64).reshape(len(operations), len(Operation._fields))


def journal_row(scope: MessageScope) -> NDArray[np.uint32]:
    """The first step of a program, as the journal has it."""
    rows = np.zeros((STEP, WIDTH), np.uint32)
    rows[1:, 0] = MORE
    numbers = [getattr(scope, field) for field in FIELDS]
    rows[0, 1:], rows[1, 1:] = numbers[: WIDTH - 1], numbers[WIDTH - 1 :]
    return rows


def program_in(journal: NDArray[np.uint32]) -> Program | None:
    """The last program of a journal; None if there is none."""
    inits = np.flatnonzero(journal[:, 0] == StepKind.INIT)
    if not len(inits):
        return None
    rows = journal[inits[-1] :]
    rows = rows[: len(rows) // STEP * STEP].reshape(-1, STEP, WIDTH)
    numbers = [int(number) for number in rows[0, :, 1:].flatten()]
    scope = MessageScope(**dict(zip(FIELDS, numbers, strict=False)))
    operations = []
    for row in rows[1:]:
        values = row[:, 1:].flatten().astype(np.int32).astype(np.int64)
        kind = int(row[0, 0]) - FIRST_KIND
        operations.append(Operation(kind, *(int(value) for value in values[: len(Operation._fields) - 1])))
    return Program(scope, tuple(operations))


def to_json(program: Program, dialect: str, messages: str, shows: str, rounds: int = 1) -> dict[str, Any]:
    """A file of a program, valid by ``messages.schema.json``."""
    return {
        "musigma_messages": VERSION,
        "dialect": dialect,
        "messages": messages,
        "scope": {field: getattr(program.scope, field) for field in FIELDS},
        "operations": [operation.to_json(program.scope) for operation in program.operations],
        **({"rounds": rounds} if rounds > 1 else {}),
        "shows": shows,
    }


@dataclass(frozen=True, slots=True)
class RecordedMessages:
    """A file with a program: its operations, the names of both dialects, and what was seen at its end.

    ``rounds``: how often the program is done in one process, each time from its first state.
    """

    program: Program
    dialect: str
    messages: str
    shows: str = ""
    rounds: int = 1


def is_of_messages(value: Any) -> bool:
    """Return whether a file's JSON values mean to be a program of threads and messages."""
    return isinstance(value, dict) and "musigma_messages" in value


def from_json(value: Any) -> RecordedMessages:
    """Read a program of threads and messages from the contents of a file.

    :raises ValueError: it is no such file; the message says where.
    """
    try:
        jsonschema.validate(value, SCHEMA)
    except jsonschema.ValidationError as error:
        raise ValueError(f"no list of threads' operations: at {error.json_path}: {error.message}") from None
    try:
        message_dialect_named(value["messages"])
    except KeyError:
        raise ValueError(f"messages: {value['messages']!r} is no dialect of messages") from None
    try:
        scope = MessageScope(**value["scope"])
        if scope.words <= scope.pages or max(scope.ids, scope.slots) > MOST:
            raise ValueError(
                f"scope: a page fault at page v says the word v + 1, and of ids and slots {MOST} can be told"
            )
        operations = []
        for number, entry in enumerate(value["operations"]):
            operation = Operation.from_json(entry, scope)
            if operation.kind not in KINDS:
                raise ValueError(
                    f"operation {number}: {entry['action']} is a program's own, which no target is asked for"
                )
            operations.append(operation)
    except ArgumentError as error:
        raise ValueError(str(error)) from None
    return RecordedMessages(
        Program(scope, tuple(operations)),
        value["dialect"],
        value["messages"],
        value.get("shows", ""),
        value.get("rounds", 1),
    )
