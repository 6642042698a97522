"""Traces: lists of operations with a theory, a dialect and a scope, as JSON with a schema.

Whatever finds a bug writes a trace; whatever runs (the literal model, a kernel, a stranger's database) replays it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

from model.near_names import near_names
from model.scope import RIGHTS, ArgumentError, Scope, parse_rights
from model.spaces import literal as spaces
from model.spaces.dialect import Dialect, dialect_named
from model.spaces.operation import SPACES_THEORY, Argument, Operation, members
from model.trace_misfits import THEORIES, misfit, with_places

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

VERSION = 2

S = TypeVar("S", bound=Scope)


@dataclass(frozen=True, slots=True)
class Trace:
    """Operations from the initial state of a scope under a dialect, and what they show, in words.

    ``obligation`` is the id of the obligation that the last operation violates, if that is what they show;
    ``theory`` the name of the theory whose actions are called.
    """

    dialect: str
    scope: Scope
    operations: tuple[Operation, ...]
    shows: str = ""
    obligation: str = ""
    theory: str = SPACES_THEORY

    def states(self) -> Iterator[tuple[Operation | None, int, spaces.Spaces]]:
        """Replay on the literal model: each operation (none first), how it ended, and a copy of the state after it.

        :raises ValueError: the trace is one of another theory.
        """
        if self.theory != SPACES_THEORY:
            raise ValueError(f"the literal model knows the actions of {SPACES_THEORY}, not those of {self.theory}")
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
        violated = {"obligation": self.obligation} if self.obligation else {}
        return {
            "musigma_trace": VERSION,
            "theory": self.theory,
            "dialect": self.dialect,
            "scope": {"spaces": scope.spaces, "pages": scope.pages, "frames": scope.frames},
            "operations": [_call(operation, scope) for operation in self.operations],
            "shows": self.shows,
            **violated,
        }

    @staticmethod
    def from_json(value: Any, theory: str | None = SPACES_THEORY) -> "Trace":
        """The trace that JSON values describe, in any version of the format.

        :param theory: whose traces can be used; any theory's, if none is named.
        :raises ValueError: the value does not fit the schema, or names a slot or a dialect that does not exist; the
            message says where.
        """
        validate(value)
        named = value.get("theory", SPACES_THEORY)
        if theory not in (None, named):
            wrong = f"it is of {named!r}, and only one of {theory!r} can be used here"
            hint = "" if named in THEORIES else near_names(named, THEORIES)
            raise ValueError(f"no trace: at $.theory: {wrong}{hint if '?' in hint else ''}")
        try:
            scope = Scope(**value["scope"])
        except ValueError as error:
            raise ValueError(f"no trace: at $.scope: {error}") from None
        operations = []
        for number, entry in enumerate(value["operations"]):
            try:
                operations.append(_operation(entry, scope) if "op" in entry else _called(entry, scope))
            except ValueError as error:
                raise ValueError(f"no trace: at $.operations[{number}]: {error}") from None
        shown = value.get("shows", ""), value.get("obligation", "")
        trace = Trace(value["dialect"], scope, tuple(operations), *shown, named)
        try:
            trace.resolved_dialect()
        except KeyError:
            raise ValueError(f"no trace: at $.dialect: there is no dialect {value['dialect']!r}") from None
        return trace


def read_scope(value: Any, theory: str, make: Callable[..., S]) -> S:
    """The scope of a trace of some theory, read from JSON values that fit the schema.

    :param make: the scope of its sizes by name.
    :raises ValueError: they do not fit it, are of another theory, or there is no such scope; the message says where.
    """
    validate(value)
    if value.get("theory") != theory:
        raise ValueError(f"no trace: at $.theory: it is of no {theory}")
    try:
        return make(**value["scope"])
    except ArgumentError as error:
        raise ValueError(f"no trace: at $.scope: {error}") from None


@cache
def _validator() -> "Draft202012Validator":
    """Compares with the schema of traces, which is read once: to look at it takes longer than at most traces."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(with_places(trace_schema()))


def validate(value: Any) -> None:
    """Compare JSON values with the schema of traces, of whatever theory.

    :raises ValueError: they do not fit it; the message says where.
    """
    if wrong := misfit(_validator().iter_errors(value), value):
        raise ValueError(f"no trace: {wrong}") from None


def _call(operation: Operation, scope: Scope) -> dict[str, Any]:
    """A call as JSON values."""
    return {"action": operation.action, "arguments": {a.name: _value(a, scope) for a in operation.arguments}}


def _value(argument: Argument, scope: Scope) -> Any:
    if argument.is_written_alone:
        return argument.text(scope)
    if isinstance(argument.value, int):
        return {argument.sort: argument.value}
    return {argument.sort: sorted(argument.value)}


def _called(entry: dict[str, Any], scope: Scope) -> Operation:
    """The call that an entry of version 2 describes."""
    given = entry["arguments"].items()
    return Operation.call(entry["action"], (_argument(name, value, scope) for name, value in given))


def _argument(name: str, given: Any, scope: Scope) -> Argument:
    if isinstance(given, dict):
        ((sort, value),) = given.items()
    elif not given.startswith("σ"):
        return Argument(name, "Right", members(parse_rights(given)))
    else:
        sort, value = ("Slot", scope.parse(given)) if given.endswith("]") else ("Space", int(given[1:]))
    size = {"Slot": scope.slots, "Space": scope.spaces, "Frame": scope.frames, "Right": len(RIGHTS)}.get(sort)
    for number in value if isinstance(value, list) else [value]:
        if size is not None and number >= size:
            raise ValueError(f"{name}: {sort} {number} is outside {scope}")
    return Argument(name, sort, frozenset(value) if isinstance(value, list) else value)


def _operation(entry: dict[str, Any], scope: Scope) -> Operation:
    """The operation that an entry of version 1 describes."""
    dst = scope.parse(entry["dst"]) if "dst" in entry else -1
    return Operation(entry["op"], scope.parse(entry["src"]), dst, parse_rights(entry["rights"]))


@cache
def trace_schema() -> dict[str, Any]:
    """The JSON schema of traces, as shipped in ``model/trace.schema.json``."""
    schema: dict[str, Any] = json.loads(resources.files("model").joinpath("trace.schema.json").read_text("utf-8"))
    return schema
