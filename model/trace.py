"""Traces: lists of operations with a dialect and a scope, as JSON with a schema.

Whatever finds a bug writes a trace; whatever runs (the literal model, a kernel, a stranger's database) replays it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from model.scope import Scope, parse_rights, rights_name
from model.spaces import literal as spaces
from model.spaces.dialect import Dialect, dialect_named
from model.spaces.operation import Operation

VERSION = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """Operations from the initial state of a scope under a dialect, and what they show, in words.

    ``obligation`` is the id of the obligation that the last operation violates, if that is what they show.
    """

    dialect: str
    scope: Scope
    operations: tuple[Operation, ...]
    shows: str = ""
    obligation: str = ""

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
        violated = {"obligation": self.obligation} if self.obligation else {}
        return {
            "musigma_trace": VERSION,
            "dialect": self.dialect,
            "scope": {"spaces": scope.spaces, "pages": scope.pages, "frames": scope.frames},
            "operations": operations,
            "shows": self.shows,
            **violated,
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
            wrong = error.message
            if error.validator == "pattern" and isinstance(error.schema, dict):
                wrong = f"{error.instance!r} is not what has to stand here: {error.schema['description']}"
            raise ValueError(f"no trace: at {error.json_path}: {wrong}") from None
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
        shown = value.get("shows", ""), value.get("obligation", "")
        trace = Trace(value["dialect"], scope, tuple(operations), *shown)
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
