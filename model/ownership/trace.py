"""Traces of ownership: operations from the first state of a scope, as JSON.

They share the schema of all traces (:mod:`model.trace`); their dialect is one of ownership, their pages are the frames.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.ownership.literal import DONE, Owned, copy, initial
from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation, names_other
from model.ownership.readings import OwnershipDialect, OwnershipReadings, literal_dialect
from model.scope import Scope
from model.trace import VERSION, read_scope

OWNERSHIP_THEORY = "ownership"
"""The name that traces have for the theory of ownership."""

_KINDS = {kind.word: kind for kind in Kind}


def pages_of(spaces: int, pages: int) -> Scope:
    """The scope of so many parties and pages, all of them σ0's at first."""
    return Scope(spaces, pages, pages)


@dataclass(frozen=True, slots=True)
class OwnershipTrace:
    """Operations from the first state of a scope under a dialect of ownership, and what they show, in words.

    :param before: rounds that come before on a target, each of operations from a first state of its own: what a target
        leaves behind when it begins anew. On the model they change nothing.
    """

    dialect: str
    scope: Scope
    operations: tuple[PageOperation, ...]
    shows: str = ""
    before: tuple[tuple[PageOperation, ...], ...] = ()

    @property
    def rounds(self) -> tuple[tuple[PageOperation, ...], ...]:
        """All rounds, the last of which is that of the operations."""
        return (*self.before, self.operations)

    def states(self) -> Iterator[tuple[PageOperation | None, int, Owned]]:
        """Replay on the literal model: each operation (none first), how it ended, and a copy of the state after it."""
        readings = self.resolved().readings
        state = initial(self.scope)
        yield None, DONE, copy(state)
        for operation in self.operations:
            status = operation.apply(state, readings)
            yield operation, status, copy(state)

    def resolved(self) -> OwnershipDialect:
        """The dialect that the trace names.

        :raises KeyError: it names none.
        """
        return literal_dialect(self.dialect)

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON values, valid by the schema of traces."""
        return {
            "musigma_trace": VERSION,
            "theory": OWNERSHIP_THEORY,
            "dialect": self.dialect,
            "scope": {"spaces": self.scope.spaces, "pages": self.scope.pages, "frames": self.scope.frames},
            "operations": [_call(operation) for operation in self.operations],
            "shows": self.shows,
            **({"before": [[_call(operation) for operation in each] for each in self.before]} if self.before else {}),
        }

    @staticmethod
    def from_json(value: Any) -> "OwnershipTrace":
        """The trace that JSON values describe.

        :raises ValueError: they do not fit the schema, are of another theory, or name what does not exist; the message
            says where.
        """
        scope = read_scope(value, OWNERSHIP_THEORY, Scope)
        if scope.pages != scope.frames:
            raise ValueError("no trace: at $.scope: in a trace of ownership there are as many pages as frames")
        try:
            readings = literal_dialect(value["dialect"]).readings
        except KeyError as error:
            raise ValueError(f"no trace: at $.dialect: {error.args[0]}") from None

        def called(entries: list[dict[str, Any]], place: str) -> tuple[PageOperation, ...]:
            operations = []
            for number, entry in enumerate(entries):
                try:
                    operations.append(_called(entry, scope, readings))
                except ValueError as error:
                    raise ValueError(f"no trace: at {place}[{number}]: {error}") from None
            return tuple(operations)

        operations = called(value["operations"], "$.operations")
        before = tuple(called(each, f"$.before[{n}]") for n, each in enumerate(value.get("before", [])))
        return OwnershipTrace(value["dialect"], scope, operations, value.get("shows", ""), before)


def is_ownership_trace(value: Any) -> bool:
    """Return whether JSON values are said to be a trace of ownership."""
    return isinstance(value, dict) and value.get("theory") == OWNERSHIP_THEORY


def _call(o: PageOperation) -> dict[str, Any]:
    other = {} if o.other == NOBODY_ELSE else {"other": f"σ{o.other}"}
    return {"action": o.kind.word, "arguments": {"by": f"σ{o.by}", **other, "page": {"Frame": o.page}}}


def _called(entry: dict[str, Any], scope: Scope, m: OwnershipReadings) -> PageOperation:
    given = entry["arguments"]
    kind, by, page = _KINDS[entry["action"]], int(given["by"][1:]), given["page"]["Frame"]
    if names_other(kind, m) != ("other" in given):
        needed = "needs another party" if names_other(kind, m) else "names no other party in this dialect"
        raise ValueError(f"{kind.word} {needed}")
    other = int(given["other"][1:]) if "other" in given else NOBODY_ELSE
    if max(by, other) >= scope.spaces or page >= scope.pages:
        raise ValueError(f"{PageOperation(kind, by, other, page).text()}: this is outside {scope}")
    return PageOperation(kind, by, other, page)
