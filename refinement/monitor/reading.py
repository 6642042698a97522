"""Blocks of rows out of a log: the compiled reader, and for the lines that it leaves :mod:`json` and the schema."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, BinaryIO

import jsonschema
import numpy as np
from numpy.typing import NDArray

from model.plain_json import values_in
from model.scope import ALL_RIGHTS, ArgumentError, Scope
from refinement.monitor import parsing
from refinement.monitor.expecting import BEGIN, CORE, DST, END, KIND, RIGHTS, SRC, STATUS, WIDTH, LineKind

BLOCK = 1 << 20  # bytes read at a time
ROWS = 1 << 14  # lines given on at a time
LONGEST = 1 << 16  # bytes of a line
KINDS = {kind.name.lower(): kind for kind in LineKind}
MOST_SLOTS = 1 << 24


class LogError(ValueError):
    """The log is none: one line says what is wrong, where, and what to write instead."""


@cache
def log_schema() -> dict[str, Any]:
    """The JSON schema of a line of a log."""
    text = resources.files("refinement.monitor").joinpath("log.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(op: str) -> jsonschema.Draft202012Validator:
    """What a line of that kind has to fit."""
    schema = log_schema()
    kind = next(
        each
        for each in schema["oneOf"]
        if op in each["properties"]["op"].get("enum", [each["properties"]["op"].get("const")])
    )
    common = {key: value for key, value in schema.items() if key != "oneOf"}
    return jsonschema.Draft202012Validator({**common, "allOf": [kind]})


def parse_line(text: bytes, number: int) -> dict[str, Any]:
    """A line as JSON values, valid by the schema.

    :raises LogError: it is not.
    """
    try:
        value = values_in(text)
    except ValueError as error:
        raise LogError(f"line {number}: this is no JSON: {error}") from None
    if not isinstance(value, dict) or value.get("op") not in ("log", *KINDS) or value.get("op") == "head":
        names = ", ".join(name for name in KINDS if name != "head")
        raise LogError(f"line {number}: an op is one of {names}, and log in the first line")
    wrong = next(iter(_validator(value["op"]).iter_errors(value)), None)
    if wrong is not None:
        raise LogError(f"line {number}: {value['op']}: at {wrong.json_path}: {wrong.message[:200]}")
    return value


@dataclass(slots=True)
class LogReader:
    """A log under way. ``scope`` and ``is_initial`` are what its first line says."""

    source: BinaryIO
    scope: Scope = field(init=False)
    is_initial: bool = field(init=False)
    cells: NDArray[np.int64] = field(default_factory=lambda: np.zeros(8, np.int64))
    _kept: bytes = b""
    _ended: bool = False

    def __post_init__(self) -> None:
        """Read the first line.

        :raises LogError: it is no head.
        """
        self._more()
        while not self._kept.strip() and not self._ended:
            self._more()
        line, _, self._kept = self._kept.lstrip().partition(b"\n")
        if not line:
            raise LogError('there is no line; the first is a head: {"op": "log", "version": 1, "spaces": …, …}')
        value = parse_line(line, 1)
        if value["op"] != "log":
            raise LogError('line 1: the first line is a head: {"op": "log", "version": 1, "spaces": …, "pages": …, …}')
        try:
            self.scope = Scope(value["spaces"], value["pages"], value["frames"])
        except ArgumentError as error:
            raise LogError(f"line 1: {error}") from None
        if self.scope.slots > MOST_SLOTS:
            raise LogError(f"line 1: {self.scope} are more than {MOST_SLOTS:,} slots")
        self.is_initial = value.get("state") == "initial"
        self.cells[parsing.LINES] = 1
        self.cells[parsing.SPACES], self.cells[parsing.PAGES] = self.scope.spaces, self.scope.pages

    def _more(self) -> None:
        """Read on; at the end the last line gets its end."""
        data = self.source.read(BLOCK)
        self._ended = not data
        self._kept += data if data else b"" if self._kept.endswith(b"\n") or not self._kept else b"\n"

    def blocks(self) -> Iterator[NDArray[np.int64]]:
        """The lines as rows, a block at a time; a block is used again when the next is asked for.

        :raises LogError: a line is none, or begins before the one before it.
        """
        rows = np.zeros((ROWS, WIDTH), np.int64)
        while True:
            text = np.frombuffer(self._kept, np.uint8)
            self.cells[parsing.AT] = self.cells[parsing.COUNT] = 0
            ending, wrong = parsing.DONE, None
            while len(text):
                ending = parsing.read_lines(text, np.int64(len(text)), self.cells, rows)
                if ending != parsing.STRANGE:
                    break
                try:
                    self._read_strange(rows)
                except LogError as error:
                    wrong = error
                    break
                if self.cells[parsing.COUNT] == ROWS:
                    break
            if ending == parsing.UNSORTED:
                wrong = self._unsorted()
            count = int(self.cells[parsing.COUNT])
            self._kept = self._kept[int(self.cells[parsing.AT]) :]
            if count:
                yield rows[:count]  # what stands before a wrong line is judged first
            if wrong is not None:
                raise wrong
            if ending == parsing.DONE:
                if self._ended and not self._kept.strip():
                    return
                if len(self._kept) > LONGEST:
                    raise LogError(f"line {int(self.cells[parsing.LINES]) + 1}: it has more than {LONGEST:,} letters")
                self._more()

    def _unsorted(self) -> LogError:
        number = int(self.cells[parsing.LINES]) + 1
        return LogError(f"line {number}: it begins before the line before it; sort the log by time")

    def _read_strange(self, rows: NDArray[np.int64]) -> None:
        """A line that the compiled reader left."""
        start = int(self.cells[parsing.AT])
        end = self._kept.index(b"\n", start)
        number = int(self.cells[parsing.LINES]) + 1
        value = parse_line(self._kept[start:end], number)
        if value["op"] == "log":
            raise LogError(f"line {number}: a second head; where lines are missing write lost")
        row = rows[int(self.cells[parsing.COUNT])]
        row[:] = -1
        kind = KINDS[value["op"]]
        row[KIND] = kind
        row[RIGHTS] = value.get("rights", ALL_RIGHTS)
        for column, key in ((SRC, "src"), (DST, "dst")):
            if key in value:
                space, page = value[key]
                inside = space < self.scope.spaces and page < self.scope.pages
                row[column] = space * self.scope.pages + page if inside else -1
        row[STATUS] = value.get("frame" if kind == LineKind.LOOKUP else "status", 0)
        row[BEGIN], row[END], row[CORE] = (value.get(key, -1) for key in ("time", "end", "core"))
        if "end" in value and value["end"] < value.get("time", value["end"] + 1):
            raise LogError(f"line {number}: it ends before its time; an end has a time beside it")
        if not parsing.settle(self.cells, row):
            raise self._unsorted()
        self.cells[parsing.AT] = end + 1
