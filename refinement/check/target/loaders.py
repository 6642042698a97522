"""Targets made into tables of C functions, in the process that runs them.

A library has such functions; of a class and of a command they are made here, so that one driver serves all three.
"""

import ctypes
import mmap
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace

from refinement.check.target.calls import OPTIONAL, Call
from refinement.check.target.class_targets import load_class
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.message_targets import addresses_of, offered_by
from refinement.check.target.options import cores_of_library, options_of_library
from refinement.check.target.ownership_calls import has_ownership, ownership_of
from refinement.check.target.range_calls import OPTIONAL_RANGES, RangeCall
from refinement.check.target.target import Target, TargetError, refuse_changed
from refinement.check.target.wrapping import Loaded, wrap, wrap_ownership, wrap_sized

ABI_VERSIONS = (1, 2)


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
    if command.ownership:
        return replace(wrap_ownership(command.ownership, command.own), clock=time.monotonic)
    if command.ranges:
        own = [call for call in command.features if call != Call.LOOKUP_HW]
        loaded = wrap_sized(command, command.ranges, own, command.messages, command.cores)
    else:
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
    sized = _version_of(library, path) == 2
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


def _version_of(library: ctypes.CDLL, path: str) -> int:
    """The version of the interface that a library says it has, and whose functions it exports.

    :raises TargetError: it is of none, or lacks functions; all are named, and what makes those of single pages.
    """
    told = "musigma_abi_version"
    version = getattr(library, told)() if hasattr(library, told) else None
    if version is not None and version not in ABI_VERSIONS:
        known = " and ".join(map(str, ABI_VERSIONS))
        raise TargetError(f"{path}: {told}() returns {version}; versions {known} are known")
    of_pages = [told, *(f"musigma_{call.name.lower()}" for call in Call if call not in OPTIONAL)]
    of_ranges = [name for name in (f"musigma_{call.export}" for call in RangeCall) if name not in OPTIONAL_RANGES]
    lacking = [name for name in of_pages if not hasattr(library, name)]
    sized = version == 2 or (version is None and any(hasattr(library, name) for name in of_ranges))
    if not sized and lacking:
        raise TargetError(f"{path}: it does not export {', '.join(lacking)}; see musigma.h")
    of_pages_lack = bool(lacking)
    lacking += [name for name in of_ranges if sized and not hasattr(library, name)]
    if lacking:
        made = "; with MUSIGMA_PAGES_BY_RANGES defined, those of single pages are made of those of ranges"
        how = made if of_pages_lack else ""
        raise TargetError(f"{path}: it has ranges and does not export {', '.join(lacking)}; see musigma2.h{how}")
    return int(version or 1)


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
