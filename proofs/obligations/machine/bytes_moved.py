"""Bytes that a load gives and a store leaves in memory, executed for every size and every division of it.

A store writes all of its bytes, or none if a translation faults or memory is missing; a load reads all of them. How an
access is divided is proved in :mod:`proofs.obligations.machine.pieces`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from z3 import Bool, BoolVal

from machine.events import EXECUTE, READ, WRITE
from machine.memory import SIZES
from proofs.execution.coverage import CoveringPath
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, paths
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import theorems
from proofs.obligations.machine.demands import demanded
from proofs.obligations.source import CODE, Code

STORES = "core_store__writes__all_or_nothing"
LOADS = "core_load__reads__all_bytes"
ADDRESS, WORD = object(), object()
BYTES = range(8)
"""The bytes of a value by number, the lowest first."""


class _MissingError(Exception):
    """A translation faults, or there is no such memory."""


@dataclass(slots=True)
class _Machine:
    """Memory, and an access in parts: physical address and length of each.

    ``done`` is what was asked of memory, in order.
    """

    path: Path
    parts: list[tuple[str, int]]
    asked: list[tuple[object, ...]] = field(default_factory=list)
    done: list[tuple[Any, ...]] = field(default_factory=list)

    def in_memory(self, *asked: object) -> list[tuple[str, int]]:
        """The parts; a translation may fault, and memory may be missing."""
        self.asked.append(asked)
        self._may_fail("a translation faults")
        return list(self.parts)

    def check(self, physical: object, count: object) -> None:
        """There is such memory, or not."""
        self._may_fail(f"{physical} is missing")
        self.done.append(("check", physical, count))

    def write_bytes(self, physical: object, data: "_Data") -> None:
        """Write."""
        self.done.append(("write", physical, data.numbers))

    def read_bytes(self, physical: object, count: int) -> "_Data":
        """Read; the number of a byte is its place in the access."""
        self._may_fail(f"{physical} is missing")
        self.done.append(("read", physical, count))
        first = sum(length for at, length in self.parts[: [at for at, _ in self.parts].index(str(physical))])
        return _Data(BYTES[first : first + count])

    def _may_fail(self, what: str) -> None:
        if self.path.decide(Bool(what)):
            raise _MissingError(what)


class _Data:
    """Some bytes of a value."""

    def __init__(self, numbers: range | tuple[int, ...]) -> None:
        self.numbers = tuple(numbers)

    def __getitem__(self, part: object) -> "_Data":
        if not isinstance(part, slice):
            raise ExecutionError("one byte is taken, and not a part")
        return _Data(self.numbers[part])

    def __radd__(self, before: object) -> "_Data":
        if before != b"":
            raise ExecutionError(f"bytes are put behind {before!r}")
        return self

    def __add__(self, other: "_Data") -> "_Data":
        return _Data((*self.numbers, *other.numbers))


class _Value:
    """The value to be stored, of any length."""

    def __and__(self, mask: object) -> "_Lowest":
        return _Lowest(mask)


class _Lowest:
    """Its lowest bits."""

    def __init__(self, mask: object) -> None:
        self.mask = mask

    def to_bytes(self, size: int, order: object) -> _Data:
        """Its bytes, the lowest first."""
        if self.mask != (1 << 8 * size) - 1 or order != "little":
            raise ExecutionError(f"{size} bytes of a value cut with {self.mask!r}, in the order {order!r}")
        return _Data(BYTES[:size])


def divisions(size: int) -> Iterator[list[tuple[str, int]]]:
    """In one part, or in two."""
    yield [("first", size)]
    yield from ([("first", length), ("second", size - length)] for length in range(1, size))


@cache
def stored(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a store, of each size in each division."""
    return tuple(
        path
        for size in SIZES
        for parts in divisions(size)
        for path, _ in paths(partial(_store, code=code, size=size, parts=parts))
    )


def _store(path: Path, code: Code, size: int, parts: list[tuple[str, int]]) -> None:
    machine = _Machine(path, parts)
    core = SimpleNamespace(_in_memory=machine.in_memory, memory=machine)
    wanted: list[tuple[Any, ...]] = [("check", at, length) for at, length in parts]
    first = parts[0][1]
    wanted += [("write", parts[0][0], tuple(BYTES[:first]))]
    wanted += [("write", at, tuple(BYTES[first:size])) for at, _ in parts[1:]]
    try:
        bind(code.core.store, path)(core, ADDRESS, _Value(), size)
    except _MissingError:
        wanted = [each for each in machine.done if each[0] == "check"]  # and nothing is written
    is_right = machine.done == wanted and machine.asked == [(ADDRESS, size, WRITE)]
    path.demand(STORES, lambda: BoolVal(is_right))


@cache
def loaded(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a load and a fetch, of each size in each division."""
    return tuple(
        path
        for name, access in (("load", READ), ("fetch", EXECUTE))
        for size in SIZES
        for parts in divisions(size)
        for path, _ in paths(partial(_load, code=code, name=name, access=access, size=size, parts=parts))
    )


def _load(path: Path, code: Code, name: str, access: int, size: int, parts: list[tuple[str, int]]) -> None:
    machine = _Machine(path, parts)

    def from_bytes(data: _Data, order: object) -> object:
        read = data.numbers == tuple(BYTES[:size]) and order == "little"
        path.demand(LOADS, lambda: BoolVal(read))
        return WORD

    core = SimpleNamespace(_in_memory=machine.in_memory, memory=machine)
    core._get = partial(bind(code.core._get, path, {"int": SimpleNamespace(from_bytes=from_bytes)}), core)
    try:
        got = bind(getattr(code.core, name), path)(core, ADDRESS, size)
    except _MissingError:
        got = WORD
    is_right = got is WORD and machine.asked == [(ADDRESS, size, access)]
    path.demand(LOADS, lambda: BoolVal(is_right))


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the code."""
    return demanded((*stored(code), *loaded(code)), what, {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths."""
    return (CoveringPath(path, {}) for path in (*stored(code), *loaded(code)))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    return tuple(getattr(code.core, name) for name in ("store", "load", "fetch", "_get"))


THEOREMS = {
    STORES: ("C4", "a store writes every byte to its place, once it is known that all of them can be, or none"),
    LOADS: ("C4", "a load or a fetch reads every byte from its place, in their order"),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of loads and stores."""
    yield from theorems(THEOREMS, conditions)
