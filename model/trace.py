"""Traces: lists of operations with a dialect and a scope, as JSON with a schema.

Whatever finds a bug writes a trace; whatever runs (the literal model, a kernel, a stranger's database) replays it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from model import spaces
from model.dialect import Dialect, Readings, dialect_named
from model.scope import ALL_RIGHTS, Scope, parse_rights, rights_name

VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One operation on slots of a scope; ``dst`` is -1 for a flush, ``rights`` are r = 4, w = 2, x = 1.

    >>> Operation("map", 0, 2, 7).text(Scope(2, 2, 1))
    'map σ0[0] → σ1[0]'
    """

    kind: str
    src: int
    dst: int = -1
    rights: int = ALL_RIGHTS

    def apply(self, state: spaces.Spaces, readings: Readings) -> int:
        """Execute on the literal model, in place: ``DONE``, ``REFUSED`` or ``CYCLE_MET``."""
        if self.kind == "map":
            return spaces.map_(state, self.src, self.dst, self.rights, readings)
        if self.kind == "grant":
            return spaces.grant(state, self.src, self.dst, self.rights, readings)
        return spaces.flush(state, self.src, self.rights, readings)

    def text(self, scope: Scope) -> str:
        """The operation as people write it; all rights are not mentioned."""
        to = f" → {scope.name(self.dst)}" if self.dst >= 0 else ""
        rights = "" if self.rights == ALL_RIGHTS else f" {rights_name(self.rights)}"
        return f"{self.kind} {scope.name(self.src)}{to}{rights}"


@dataclass(frozen=True, slots=True)
class Trace:
    """Operations from the initial state of a scope under a dialect, and what they show."""

    dialect: str
    scope: Scope
    operations: tuple[Operation, ...]
    shows: str = ""

    def states(self) -> Iterator[tuple[Operation | None, int, spaces.Spaces]]:
        """Replay on the literal model: each operation (none first), how it ended, and a copy of the state after it."""
        readings = self.resolved_dialect().readings
        state = spaces.initial(self.scope)
        yield None, spaces.DONE, spaces.Spaces(*(column.copy() for column in state))
        for operation in self.operations:
            status = operation.apply(state, readings)
            yield operation, status, spaces.Spaces(*(column.copy() for column in state))

    def resolved_dialect(self) -> Dialect:
        """The dialect that the trace names.

        :raises KeyError: it names none of ours.
        """
        return dialect_named(self.dialect)

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON values, valid by the schema."""
        scope = self.scope
        operations = []
        for operation in self.operations:
            entry: dict[str, Any] = {"op": operation.kind, "src": scope.name(operation.src)}
            if operation.dst >= 0:
                entry["dst"] = scope.name(operation.dst)
            entry["rights"] = rights_name(operation.rights)
            operations.append(entry)
        return {
            "musigma_trace": VERSION,
            "dialect": self.dialect,
            "scope": {"spaces": scope.spaces, "pages": scope.pages, "frames": scope.frames},
            "operations": operations,
            "shows": self.shows,
        }

    @staticmethod
    def from_json(value: Any) -> "Trace":
        """The trace that JSON values describe.

        :raises ValueError: the value does not fit the schema, or names a slot or a dialect that does not exist; the
            message says where.
        """
        import jsonschema  # when there is something to validate: it takes a while

        try:
            jsonschema.validate(value, trace_schema())
        except jsonschema.ValidationError as error:
            raise ValueError(f"no trace: at {error.json_path}: {error.message}") from None
        try:
            scope = Scope(**value["scope"])
        except ValueError as error:
            raise ValueError(f"no trace: at $.scope: {error}") from None
        operations = []
        for number, entry in enumerate(value["operations"]):
            try:
                dst = scope.parse(entry["dst"]) if "dst" in entry else -1
                operations.append(Operation(entry["op"], scope.parse(entry["src"]), dst, parse_rights(entry["rights"])))
            except ValueError as error:
                raise ValueError(f"no trace: at $.operations[{number}]: {error}") from None
        trace = Trace(value["dialect"], scope, tuple(operations), value.get("shows", ""))
        try:
            trace.resolved_dialect()
        except KeyError:
            raise ValueError(f"no trace: at $.dialect: there is no dialect {value['dialect']!r}") from None
        return trace


@cache
def trace_schema() -> dict[str, Any]:
    """The JSON schema of traces, as shipped in ``model/trace.schema.json``."""
    schema: dict[str, Any] = json.loads(resources.files("model").joinpath("trace.schema.json").read_text("utf-8"))
    return schema
