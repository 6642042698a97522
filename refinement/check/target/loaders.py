"""Targets made into tables of C functions, in the process that runs them.

A library has such functions; of a class and of a command they are made here, so that one driver serves all three.
"""

import ctypes
import gc
import inspect
import mmap
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from refinement.check.target.calls import OPTIONAL, Call
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.message_targets import addresses_of, as_functions, offered_by, thread_shown
from refinement.check.target.options import Option, cores_of_library, options_named, options_of_library
from refinement.check.target.ownership_calls import has_ownership, ownership_of
from refinement.check.target.range_calls import OPTIONAL_RANGES, RangeCall
from refinement.check.target.target import AnswerError, Target, TargetError, refuse_changed
from refinement.source_file import module_from

ABI_VERSIONS = (1, 2)
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


def load(target: Target) -> Loaded:
    """The target in this process.

    :raises TargetError: it is no longer there or another, or does not have the interface; one line says why.
    """
    refuse_changed(target)
    if target.kind == "library":
        return load_library(target.where)
    if target.kind == "class":
        return load_class(target.where, target.name)
    from refinement.check.target.json_lines import Command

    command = Command(target.where, target.skip_until, target.prefix)
    loaded = wrap(command, command.features, command.messages)
    loaded.clock, loaded.options = time.monotonic, command.options
    return loaded


class _Statistics(ctypes.Structure):
    """``struct mallinfo2`` of the GNU C library."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def heap_in_use() -> Callable[[], int] | None:
    """What tells how many bytes this process has allocated, with malloc or without; none if that cannot be told."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return None
    mallinfo2.restype = _Statistics

    def in_use() -> int:
        statistics = mallinfo2()
        with open("/proc/self/statm") as statm:
            data = int(statm.read().split()[5]) * mmap.PAGESIZE
        # What malloc has taken from the system and not given out is nobody's; what it did not take is the target's own.
        held = int(statistics.arena) + int(statistics.hblkhd)
        return int(statistics.uordblks) + int(statistics.hblkhd) + max(0, data - held)

    return in_use


def load_library(path: str) -> Loaded:
    """The library's own functions.

    :raises TargetError: it cannot be loaded, lacks a function, or is of another version.
    """
    try:
        library = ctypes.CDLL(path, mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        raise TargetError(f"{path}: {_why_not_loaded(path, str(error))}") from None
    owned = ownership_of(library, path) if has_ownership(library) else []
    if owned and not hasattr(library, "musigma_abi_version"):
        return Loaded([0] * len(Call), [library], memory=heap_in_use(), ownership=owned)
    missing = [
        name
        for name in ("musigma_abi_version", *(f"musigma_{call.name.lower()}" for call in Call if call not in OPTIONAL))
        if not hasattr(library, name)
    ]
    if missing:
        raise TargetError(f"{path}: it does not export {', '.join(missing)}; see musigma.h")
    version = library.musigma_abi_version()
    if version not in ABI_VERSIONS:
        known = " and ".join(map(str, ABI_VERSIONS))
        raise TargetError(f"{path}: musigma_abi_version() returns {version}; versions {known} are known")
    sized = version == 2
    lacking = [f"musigma_{call.export}" for call in RangeCall if not hasattr(library, f"musigma_{call.export}")]
    lacking = [name for name in lacking if name not in OPTIONAL_RANGES]
    if sized and lacking:
        raise TargetError(f"{path}: it is of version 2 and does not export {', '.join(lacking)}; see musigma2.h")
    addresses = []
    for call in Call:
        function = getattr(library, f"musigma_{call.name.lower()}", None)
        addresses.append(0 if function is None else ctypes.cast(function, ctypes.c_void_p).value or 0)
    offered = offered_by(lambda name: hasattr(library, f"musigma_{name}"), f"{path}: it", "musigma_")
    messages = [getattr(library, f"musigma_{call.name.lower()}") if call in offered else None for call in MessageCall]
    group = addresses_of(messages) if offered else []
    ranges = [getattr(library, f"musigma_{call.export}", None) for call in RangeCall] if sized else []
    options = options_of_library(library, path)
    loaded = Loaded(addresses, [library], memory=heap_in_use(), messages=group, ranges=addresses_of(ranges))
    loaded.options, loaded.ownership = options, owned
    loaded.cores = cores_of_library(library, path) if sized else 0
    return loaded


def _why_not_loaded(path: str, message: str) -> str:
    """A sentence for a message of the dynamic loader."""
    with open(path, "rb") as file:
        start = file.read(4)
    undefined = re.search(r"undefined symbol: (\S+)", message)
    if start[:2] == b"MZ" or start in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        return "this is a library of another operating system"
    if start == b"!<ar":
        return "this is a static library; link it with cc -shared"
    if start != b"\x7fELF":
        return "this is no shared library; build one with cc -shared -fPIC, or name a class as file.py:Class"
    lacks = re.search(r"^(.*?): cannot open shared object file: No such file", message)
    if lacks and lacks[1] != path:
        return f"it needs the library {lacks[1]}, which is not found; ldd {path} shows what it needs"
    if "wrong ELF class" in message or lacks:
        return f"this library does not fit this machine ({message.removeprefix(path + ': ')})"
    if undefined:
        return f"it needs a function {undefined[1]} that nothing defines"
    if "only ET_DYN" in message or "position-independent executable" in message:
        return "this is a program or an object file, no shared library; link it with cc -shared -fPIC"
    return f"it cannot be loaded: {message.removeprefix(path + ': ')}"


def number_of(name: str, answer: Any, wanted: str) -> int:
    """The whole number that a method returned.

    :raises AnswerError: it is none.
    """
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise AnswerError(f"{name} returned {answer!r}: return {wanted}")
    return int(answer)


class ClassDatabase:
    """An object of a stranger's class."""

    def __init__(self, factory: Callable[[int, int, int], Any]) -> None:
        """Nothing is constructed before :meth:`init`."""
        self._factory = factory
        self._object: Any = None

    def init(self, spaces: int, pages: int, frames: int) -> int:
        """A fresh object; a ValueError says that it cannot be that large."""
        try:
            self._object = self._factory(spaces, pages, frames)
        except ValueError:
            return 1
        return 0

    def operate(self, call: Call, arguments: tuple[int, ...]) -> int:
        """The method's answer."""
        name = call.name.lower()
        if call == Call.NORMALISE:  # of the hardware, whatever the sizes
            asked = self._factory(1, 1, 1) if self._object is None else self._object
            return number_of(name, asked.normalise(*arguments), "a set of rights, 0 to 7")
        return number_of(name, getattr(self._object, name)(*arguments), "0 for done, 1 for refused")

    def lookup(self, call: Call, space: int, page: int) -> tuple[int, int]:
        """The method's answer: (frame, rights), or None."""
        name = call.name.lower()
        answer = getattr(self._object, name)(space, page)
        if answer is None or (isinstance(answer, int) and answer == -1):
            return -1, 0
        match answer:
            case (int(frame), int(rights)):
                return int(frame), int(rights)
        raise AnswerError(f"{name} returned {answer!r}: return (frame, rights), or None where nothing is mapped")

    def converse(self, call: MessageCall, asked: dict[str, Any]) -> int:
        """The method's answer."""
        name = call.name.lower()
        return number_of(name, getattr(self._object, name)(*asked.values()), "0 for done, 1 for refused")

    def thread(self, thread: int) -> tuple[int, int, int, int]:
        """The method's answer: (state, space, sender, word), or None of a thread that is absent."""
        answer = self._object.thread(thread)
        if answer is None:
            return 0, 0, -1, -1
        if not isinstance(answer, tuple | list) or len(answer) != 4:
            raise AnswerError(f"thread returned {answer!r}: return (state, space, sender, word), or None if absent")
        return thread_shown(f"thread({thread})", *answer)


def load_class(path: str, name: str) -> Loaded:
    """The methods of a class as C functions.

    :raises TargetError: the file cannot be imported, or the class lacks a method.
    """
    # At the end: what the file imports from its own folder must not hide other modules.
    sys.path.append(str(Path(path).parent))
    try:
        module = module_from(path, f"musigma_target_{Path(path).stem}")
    except BaseException as error:
        raise TargetError(f"{path}: importing it ends in {type(error).__name__}: {_one_line(error)}") from None
    factory = getattr(module, name, None)
    if not inspect.isclass(factory):
        classes = [
            n for n, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
        ]
        raise TargetError(f"{path}: there is no class {name}; it defines {', '.join(classes) or 'no class'}")
    methods = [call for call in Call if callable(getattr(factory, call.name.lower(), None)) and call != Call.INIT]
    missing = [call.name.lower() for call in Call if call not in (*methods, *OPTIONAL, Call.INIT)]
    if missing:
        raise TargetError(f"{path}: class {name} has no method {', '.join(missing)}")
    try:
        inspect.signature(factory).bind(1, 1, 1)
    except TypeError:
        raise TargetError(f"{path}: {name} must be made as {name}(spaces, pages, frames)") from None
    except ValueError:
        pass  # no signature to look at: the first call will tell
    # How deep Python lets functions recurse says nothing of the database.
    sys.setrecursionlimit(1_000_000)
    # Methods called wait or end may be anything; one called init_threads is meant for this.
    talks = callable(getattr(factory, "init_threads", None))
    offered = offered_by(lambda name: talks and callable(getattr(factory, name, None)), f"{path}: class {name}")
    loaded = wrap(ClassDatabase(factory), [call for call in methods if call in OPTIONAL], offered)
    loaded.memory = python_memory
    loaded.options = options_named(lambda name: bool(getattr(factory, name, False)))
    return loaded


def python_memory() -> int:
    """Bytes of Python's objects, about, without what only waits to be collected."""
    gc.collect()
    return sys.getallocatedblocks() * 32


def wrap(database: Database, features: list[Call], offered: Sequence[MessageCall] = ()) -> Loaded:
    """A database driven from Python as C functions; an exception becomes a negative return and a message."""
    said = [""]

    def guarded(error: int, function: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            try:
                result = function(*arguments)
            except BaseException as exception:
                said[0] = (
                    str(exception)
                    if isinstance(exception, AnswerError)
                    else f"{type(exception).__name__}: {_one_line(exception)}{_where(exception)}"
                )
                return error
            if not -(1 << 31) <= result < 1 << 31:
                said[0] = f"the answer {result} is out of range"
                return error
            return result

        return call

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
    return Loaded(addresses_of(functions), keep, message=lambda: said[0], messages=group)


def _one_line(error: BaseException) -> str:
    """What an exception says, on one line."""
    return " ".join(str(error).split())[:300]


def _where(error: BaseException) -> str:
    """The stranger's own line that raised, if any."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__:
            place = f" (line {trace.tb_lineno} of {Path(file).name})"
        trace = trace.tb_next
    return place
