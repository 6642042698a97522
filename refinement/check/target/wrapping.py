"""A database driven from Python, of a class or a command, as the table of C functions that a library has."""

import ctypes
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from refinement.check.target.calls import OPTIONAL, Call
from refinement.check.target.guarding import Guard
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.message_targets import addresses_of, as_functions
from refinement.check.target.options import Option
from refinement.check.target.ownership_calls import OwnershipCall
from refinement.check.target.ownership_targets import as_functions_of_ownership
from refinement.check.target.range_calls import RangeCall
from refinement.check.target.range_targets import SinglePages, Sized, as_functions_of_ranges

ERROR = -1  # returned to the driver for an operation that raised or answered nonsense; ``message`` says which
LOOKUP_ERROR = -2

_u32 = ctypes.c_uint32
_rights = ctypes.POINTER(ctypes.c_uint32)
SIGNATURES: dict[Call, Any] = {
    Call.INIT: ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32),
    Call.MAP: ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32, _u32, _u32),
    Call.GRANT: ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32, _u32, _u32),
    Call.FLUSH: ctypes.CFUNCTYPE(ctypes.c_int, _u32, _u32, _u32),
    Call.LOOKUP: ctypes.CFUNCTYPE(ctypes.c_int64, _u32, _u32, _rights),
    Call.LOOKUP_HW: ctypes.CFUNCTYPE(ctypes.c_int64, _u32, _u32, _rights),
    Call.CHECK: ctypes.CFUNCTYPE(ctypes.c_int),
    Call.NORMALISE: ctypes.CFUNCTYPE(_u32, _u32),
}


@dataclass(slots=True)
class Loaded:
    """A target in this process: the address of each function (0: none), and what keeps it alive."""

    addresses: list[int]
    keep: list[Any] = field(default_factory=list)
    message: Callable[[], str] = lambda: ""
    """What the last error of the target said, beyond a number."""
    lacks: Callable[[], str] = lambda: ""
    """What the last wrong answer lacked, in words that are the same for every answer that lacks this."""
    memory: Callable[[], int] | None = None
    """Bytes that the target holds now, where that can be told."""
    clock: Callable[[], float] = time.process_time
    """Seconds that the target works."""
    messages: list[int] = field(default_factory=list)
    """The addresses of the functions for threads and messages; empty if it offers none."""
    ranges: list[int] = field(default_factory=list)
    """The addresses of the functions for ranges; empty if it is of version 1."""
    cores: int = 0
    """How many cores have a buffer of their own that can be looked into; 0 if it does not tell."""
    ownership: list[int] = field(default_factory=list)
    """The addresses of the functions for ownership; empty if it offers none."""
    options: Option = Option.NONE
    """How its interface differs."""
    runtime: Any = None
    """The runtime that switches threads, if the target is called from several."""
    base: int = 0
    """Where the library lies, if it is."""


class Database(Protocol):
    """A database driven from Python; lookups return a frame and rights, or nothing."""

    def init(self, spaces: int, pages: int, frames: int) -> int:
        """A fresh state; 0 on success."""

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        """Map, grant, flush or check: the status; or normalise: rights."""

    def lookup(self, call: Call, space: int, page: int) -> tuple[int, int]:
        """The frame, or -1, and the rights."""

    def converse(self, call: MessageCall, asked: dict[str, Any]) -> int:
        """An operation of threads; the status."""

    def thread(self, thread: int) -> tuple[int, int, int, int]:
        """What a thread shows."""


def wrap_sized(
    database: Sized,
    ranges: Collection[RangeCall],
    features: Collection[Call],
    offered: Sequence[MessageCall] = (),
    cores: int = 0,
) -> Loaded:
    """A database with ranges that is driven from Python as C functions, those of single pages made of them.

    :param features: what it offers besides of version 1, as a check of its own.
    """
    features = [*features, *([Call.LOOKUP_HW] if RangeCall.LOOKUP_HW in ranges else [])]
    loaded, guard = _wrapped(SinglePages(database), features, offered)
    functions = as_functions_of_ranges(database, ranges, guard.guarded)
    loaded.keep.append(functions)
    loaded.ranges, loaded.cores = addresses_of(functions), cores
    return loaded


def wrap(database: Database, features: Collection[Call], offered: Sequence[MessageCall] = ()) -> Loaded:
    """A database driven from Python as C functions; an exception becomes a negative return and a message."""
    return _wrapped(database, features, offered)[0]


def _wrapped(database: Database, features: Collection[Call], offered: Sequence[MessageCall]) -> tuple[Loaded, Guard]:
    """The functions of version 1, and what remembers what the last error said."""
    guard = Guard()
    guarded = guard.guarded

    def operation(call: Call) -> Callable[..., int]:
        if call in (Call.FLUSH, Call.CHECK, Call.NORMALISE):
            return lambda *arguments: database.operate(call, arguments)
        return lambda a, b, c, d, rights: database.operate(call, (a, b, c, d, rights))

    def lookup(call: Call) -> Callable[..., int]:
        def look(space: int, page: int, out: Any) -> int:
            frame, rights = database.lookup(call, space, page)
            out[0] = rights & 0xFFFF_FFFF
            return frame

        return look

    functions: list[Any] = []
    for call in Call:
        if call in OPTIONAL and call not in features:
            functions.append(None)
        elif call == Call.INIT:
            functions.append(SIGNATURES[call](guarded(ERROR, database.init)))
        elif call in (Call.LOOKUP, Call.LOOKUP_HW):
            functions.append(SIGNATURES[call](guarded(LOOKUP_ERROR, lookup(call))))
        else:
            functions.append(SIGNATURES[call](guarded(ERROR, operation(call))))
    talk = as_functions(offered, database.converse, database.thread, guarded)
    group = addresses_of(talk) if offered else []
    keep = [database, functions, talk]
    loaded = Loaded(addresses_of(functions), keep, message=guard.message, lacks=guard.lacks, messages=group)
    return loaded, guard


def wrap_ownership(offered: Collection[OwnershipCall], ask: Callable[[OwnershipCall, dict[str, Any]], int]) -> Loaded:
    """Ownership that is driven from Python as C functions, without a mapping database."""
    guard = Guard()
    functions, addresses = as_functions_of_ownership(offered, ask, guard)
    return Loaded([0] * len(Call), [ask, functions], message=guard.message, ownership=addresses)
