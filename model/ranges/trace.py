"""Traces of ranges: operations from the first state of a scope with ranges, as JSON.

They share the schema of all traces (:mod:`model.trace`), and name the dialect of ranges beside that of pages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.ranges.literal import Ranged, first
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeDialect, range_dialect_named
from model.ranges.scope import RangeScope
from model.scope import ArgumentError, parse_rights, rights_name
from model.spaces.dialect import Dialect, dialect_named
from model.spaces.literal import DONE, NIL, REFUSED
from model.spaces.operation import WORDS, Kind
from model.trace import VERSION, validate

RANGES_THEORY = "ranges"
"""The name of the theory of ranges."""

_RANGE = re.compile(r"σ(\d+)\[(\d+)(?:\.\.(\d+))?\]")


@dataclass(frozen=True, slots=True)
class RangeTrace:
    """Operations from the first state of a scope with ranges, and what they show, in words.

    :param dialect: the name of the dialect of pages, and ``ranges`` that of ranges.
    :param obligation: the id of the obligation that the last operation violates, if that is what they show.
    :param fault: the name of the fault that every step has, if they show one; the literal model does not have it.
    """

    dialect: str
    ranges: str
    scope: RangeScope
    operations: tuple[RangeOperation, ...]
    shows: str = ""
    obligation: str = ""
    fault: str = ""

    def states(self) -> Iterator[tuple[RangeOperation | None, int, Ranged]]:
        """Replay on the literal model: each operation (none first), how it ended, and a copy of the state after it."""
        d, w = self.of_pages().readings, self.of_ranges().readings
        state = first(self.scope, self.scope.orders, w)
        yield None, DONE, Ranged(*(column.copy() for column in state))
        for operation in self.operations:
            status = operation.apply(state, d, w) if operation.is_in(self.scope) else REFUSED
            yield operation, status, Ranged(*(column.copy() for column in state))

    def lines(self) -> list[str]:
        """The trace for people: each operation, and what all slots hold after it."""
        told = []
        for number, (operation, status, state) in enumerate(self.states()):
            said = operation.text(self.scope) if operation else "at first"
            ended = "" if status == DONE else " (nothing is done)"
            told.append(f"{number}. {said}{ended}: {held(state, self.scope)}")
        return told

    def of_pages(self) -> Dialect:
        """The dialect of pages."""
        return dialect_named(self.dialect)

    def of_ranges(self) -> RangeDialect:
        """The dialect of ranges."""
        return range_dialect_named(self.ranges)

    def to_json(self) -> dict[str, Any]:
        """The trace as JSON values, valid by the schema of traces."""
        scope = self.scope
        return {
            "musigma_trace": VERSION,
            "theory": RANGES_THEORY,
            "dialect": self.dialect,
            "ranges": self.ranges,
            "scope": {
                "spaces": scope.spaces,
                "pages": scope.pages,
                "frames": scope.frames,
                "orders": list(scope.sizes),
            },
            "operations": [_call(operation, scope) for operation in self.operations],
            "shows": self.shows,
            **({"obligation": self.obligation} if self.obligation else {}),
            **({"fault": self.fault} if self.fault else {}),
        }

    @staticmethod
    def from_json(value: Any) -> "RangeTrace":
        """The trace that JSON values describe.

        :raises ValueError: they do not fit the schema, are of another theory, or name what does not exist; the message
            says where.
        """
        validate(value)
        if not is_range_trace(value):
            raise ValueError(f"no trace: at $.theory: it is of no {RANGES_THEORY}")
        given = value["scope"]
        try:
            sizes = {name: given[name] for name in ("spaces", "pages", "frames")}
            scope = RangeScope(**sizes, orders=sum(1 << order for order in set(given["orders"])))
        except ArgumentError as error:
            raise ValueError(f"no trace: at $.scope: {error}") from None
        operations = []
        for number, entry in enumerate(value["operations"]):
            try:
                operations.append(_called(entry, scope))
            except ValueError as error:
                raise ValueError(f"no trace: at $.operations[{number}]: {error}") from None
        shown = value.get("shows", ""), value.get("obligation", ""), value.get("fault", "")
        trace = RangeTrace(value["dialect"], value["ranges"], scope, tuple(operations), *shown)
        for name, resolve in (("dialect", trace.of_pages), ("ranges", trace.of_ranges)):
            try:
                resolve()
            except KeyError:
                raise ValueError(f"no trace: at $.{name}: there is no dialect {value[name]!r}") from None
        return trace


def is_range_trace(value: Any) -> bool:
    """Return whether JSON values are said to be a trace of ranges."""
    return isinstance(value, dict) and value.get("theory") == RANGES_THEORY


def held(s: Ranged, scope: RangeScope) -> str:
    """Return the contents of the slots: a frame, the page that they were mapped from, or nothing."""
    spaces = []
    for space in range(scope.spaces):
        elements = [int(s.sigma[scope.slot(space, page)]) for page in range(scope.pages)]
        words = ["–" if e == NIL else scope.name(e) if e >= 0 else f"frame {-2 - e}" for e in elements]
        spaces.append(f"σ{space}: {', '.join(words)}")
    return "; ".join(spaces)


def parse_range(text: str, scope: RangeScope) -> tuple[int, int]:
    """The first slot and the order of the range that a text such as ``σ1[2..3]`` stands for.

    >>> parse_range("σ1[2..3]", RangeScope(2, 4, 4, 0b11))
    (6, 1)

    :raises ValueError: there is no such range in the scope.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no range: write σ1[2..3] for pages 2 and 3 of space 1")
    space, page = int(found[1]), int(found[2])
    order = (int(found[3] or page) - page + 1).bit_length() - 1
    if space < scope.spaces and page < scope.pages:
        for slot, size in scope.ranges():
            if (slot, size) == (scope.slot(space, page), order) and scope.range_name(slot, size) == text:
                return slot, size
    raise ValueError(f"{text} is no range of {scope}: it has 2^k pages, from a multiple of that on")


def _named(text: str, scope: RangeScope) -> tuple[int, int]:
    """The first slot and the order that a text stands for; it need be none of the scope, where such calls are refused.

    :raises ValueError: it has not 2^k pages, or no slot has the number of its first page.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no range: write σ1[2..3] for pages 2 and 3 of space 1")
    space, page = int(found[1]), int(found[2])
    size = int(found[3] or page) - page + 1
    if page >= scope.pages or size < 1 or size & (size - 1):
        raise ValueError(f"{text} is no range: write 2^k pages, the first of which is below {scope.pages}")
    return space * scope.pages + page, size.bit_length() - 1


def _call(o: RangeOperation, scope: RangeScope) -> dict[str, Any]:
    given: dict[str, Any] = {"src": scope.range_name(o.src, o.order), "mask": rights_name(o.rights)}
    if o.kind == Kind.FLUSH:
        given |= {"own": True} if o.own else {}
    else:
        given |= {"dst": scope.range_name(o.dst, o.dst_order)}
        given |= {"offset": o.offset} if o.offset else {}
    return {"action": o.kind.word, "arguments": given}


def _called(entry: dict[str, Any], scope: RangeScope) -> RangeOperation:
    given = entry["arguments"]
    window = _named(given["dst"], scope) if "dst" in given else (-1, 0)
    return RangeOperation(
        WORDS[entry["action"]],
        *_named(given["src"], scope),
        *window,
        given.get("offset", 0),
        parse_rights(given["mask"]),
        given.get("own", False),
    )
