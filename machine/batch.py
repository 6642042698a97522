"""Translations in batches: the walker's own source, compiled, over arrays of addresses.

Importing this module is cheap; numba is imported, and a format compiled (about a second or two), when its first
batch is asked for. The result, marks in the tables included, is that of the scalar walker, address by address in
order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import CellType, FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

from machine.events import ACCESSES, Reason
from machine.formats.base import Format
from machine.memory import Memory
from machine.walker import OK, build_walk


@dataclass(frozen=True, slots=True)
class Batch:
    """Results for n accesses: ``reason`` (uint8, a Reason; OK where it translated), ``physical`` (uint64, 0 where
    it did not), ``level`` (int8) of the leaf or of the walk's end, ``code`` (int16) the fault's error code, or -1.
    """

    reason: npt.NDArray[np.uint8]
    physical: npt.NDArray[np.uint64]
    level: npt.NDArray[np.int8]
    code: npt.NDArray[np.int16]


def _column(values: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Values broadcast to a shape, always contiguous and writable, for each other layout would be compiled anew."""
    array = np.asarray(values, np.uint8)
    if array.shape == shape and array.flags.c_contiguous and array.flags.writeable:
        return array
    return np.array(np.broadcast_to(array, shape))


class BatchWalker:
    """Walks the tables of one format in one memory, many addresses at a time.

    ``control`` is the format's mask of processor modes; the format's default if not given.
    """

    __slots__ = ("_codes", "_run", "_words", "control", "format")

    def __init__(self, memory: Memory, format: Format, control: int | None = None) -> None:
        """A batch walker over ``memory``; compiles the format's walk unless that has been done.

        Raises ValueError for a format whose root is several tables.
        """
        if format.root_tables > 1:
            raise ValueError(f"the root of {format.name} is {format.root_tables} tables, and batches walk from one")
        self.format = format
        self.control = format.default_control if control is None else control
        # Signed 64-bit entries: numba mixes int64 and uint64 into floating point.
        array = memory.array(format.entry_bytes)
        self._words = array.view(np.int64) if format.entry_bytes == 8 else array
        self._run = _compiled(format)
        self._codes: dict[int, npt.NDArray[np.int16]] = {}

    def translate(self, addresses: npt.ArrayLike, accesses: npt.ArrayLike, users: npt.ArrayLike, root: int) -> Batch:
        """Translate n addresses in order under the root table at physical address ``root``.

        ``addresses`` unsigned, ``accesses`` each READ, WRITE or EXECUTE, ``users`` each 0 or 1; all broadcast to
        the same length. Sets accessed and dirty flags as it goes. Raises ValueError for what no core could ask:
        an address of too many bits, an unknown access, a root not aligned to 4096.
        """
        virtual = np.atleast_1d(np.ascontiguousarray(addresses, np.uint64))
        access = _column(accesses, virtual.shape)
        user = _column(users, virtual.shape)
        self._check(virtual, access, user, root)
        result = Batch(
            np.empty(virtual.shape, np.uint8),
            np.empty(virtual.shape, np.uint64),
            np.empty(virtual.shape, np.int8),
            np.empty(virtual.shape, np.int16),
        )
        self._run(
            self._words,
            root,
            virtual.view(np.int64),
            access,
            user,
            self.control,
            self._code_table(),
            result.reason,
            result.physical,
            result.level,
            result.code,
        )
        return result

    def _check(
        self, virtual: npt.NDArray[np.uint64], access: npt.NDArray[np.uint8], user: npt.NDArray[np.uint8], root: int
    ) -> None:
        if virtual.ndim != 1:
            raise ValueError(f"addresses of shape {virtual.shape}: give one dimension")
        if root < 0 or root & 0xFFF:
            raise ValueError(f"root table at {root:#x}: give a physical address that is a multiple of 4096")
        bits = self.format.address_bits
        if virtual.size and int(virtual.max()) >> bits:
            raise ValueError(f"{int(virtual.max()):#x} is no {self.format.name} address: give {bits} unsigned bits")
        if not ((access == 4) | (access == 2) | (access == 1)).all():
            raise ValueError("an access is none of READ (4), WRITE (2), EXECUTE (1)")
        if (user > 1).any():
            raise ValueError("a user flag is neither 0 nor 1")

    def _code_table(self) -> npt.NDArray[np.int16]:
        """Error codes by reason, level, access and user, for the present control."""
        if self.control not in self._codes:
            table = np.full((len(Reason), self.format.levels, 5, 2), -1, np.int16)
            for reason in set(Reason) - {Reason.OK}:
                for level in range(self.format.levels):
                    for access in ACCESSES:
                        for user in (0, 1):
                            _, code = self.format.fault(reason, level, access, user, self.control)
                            table[reason, level, access, user] = code
            self._codes[self.control] = table
        return self._codes[self.control]


@cache
def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function compiled, with all plain functions that it calls by global or closure name, each once."""
    import numba

    def substitute(value: Any) -> Any:
        return _compile(value) if isinstance(value, FunctionType) else value

    assert isinstance(function, FunctionType)
    scope = function.__globals__
    called = {name: substitute(scope[name]) for name in function.__code__.co_names if name in scope}
    cells = tuple(CellType(substitute(cell.cell_contents)) for cell in function.__closure__ or ())
    copy = FunctionType(function.__code__, called, function.__name__, function.__defaults__, cells)
    compiled: Callable[..., Any] = numba.njit(copy, inline="always")
    return compiled


@cache
def _compiled(format: Format) -> Callable[..., None]:
    """The loop over a batch for a format."""
    import numba

    walk = _compile(build_walk(format))
    frame_of = _compile(format.frame)
    within_of = _compile(format.within)
    page_bits = format.page_bits
    index_bits = format.index_bits

    def run(
        words: Any,
        root: int,
        addresses: Any,
        accesses: Any,
        users: Any,
        control: int,
        codes: Any,
        reasons: Any,
        physical: Any,
        levels: Any,
        out_codes: Any,
    ) -> None:
        for i in range(len(addresses)):
            address = addresses[i]
            access = np.int64(accesses[i])
            user = np.int64(users[i])
            reason, level, entry, _, _ = walk(words, root, address, access, user, control)
            reasons[i] = reason
            levels[i] = level
            out_codes[i] = codes[reason, level, access, user]
            physical[i] = 0
            if reason == OK:
                offset = address & ((1 << (page_bits + level * index_bits)) - 1)
                own = ((address >> 12) & within_of(entry, level)) << 12
                physical[i] = (frame_of(entry, level) << 12) | own | offset

    compiled: Callable[..., None] = numba.njit(run)
    return compiled
