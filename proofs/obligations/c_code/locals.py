"""Locals of C in memory, whose address is taken: what was written where, byte by byte as it was written.

What is read must have been written as one piece, or filled; nothing else is known of it. A pointer to a local that is
gone, a part of what was written, and a write in or behind a loop that began after the local are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from proofs.execution.llvm.interpreter import UNDEFINED, is_pattern, width, wrapped
from proofs.execution.llvm.program import Program


@dataclass(slots=True, eq=False)
class Local:
    """A local of so many bytes.

    :param heads: how many loops had begun on the path when it came to be.
    :param cells: by offset the bits and the value of what was written there.
    :param fills: ranges of bytes that have one value, the latest last.
    """

    name: str
    size: int
    heads: int
    live: bool = True
    cells: dict[int, tuple[int, object]] = field(default_factory=dict)
    fills: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LocalAt:
    """An address in a local, so many bytes in."""

    local: Local
    offset: int = 0


class LocalError(Exception):
    """An access to a local that is not executed; says why."""


def size_of(program: Program, type: str) -> int:
    """Return how many bytes a type has.

    :raises LocalError: that is not known.
    """
    array = re.fullmatch(r"\[(\d+) x (.*)\]", type)
    if array:
        return int(array[1]) * size_of(program, array[2])
    if type.startswith("{"):
        size = 0
        for part in type.strip("{} ").split(", "):
            bytes_ = size_of(program, part)
            if not re.fullmatch(r"i\d+|ptr", part):
                break
            size += -size % bytes_ + bytes_
        else:
            return size + -size % 8
    struct = program.structs.get(type.removeprefix("%struct."))
    if struct is not None:
        return struct.size
    if re.fullmatch(r"i(8|16|32|64)|ptr", type):
        return width(type) // 8
    raise LocalError(f"a local of the type {type}")


def read(at: LocalAt, type: str) -> object:
    """Return the value of a local.

    :raises LocalError: it was not written as one piece.
    """
    bits = _bits(type)
    _inside(at, bits // 8)
    over = list(_over(at, bits // 8))
    if over:
        offset, (has, value) = over[0]
        if (len(over), offset, has) != (1, at.offset, bits):
            raise LocalError(f"{type} read at {at.offset} bytes into {at.local.name}, where something else was written")
        return value
    for begin, end, byte in reversed(at.local.fills):
        if begin <= at.offset and at.offset + bits // 8 <= end:
            return filled(byte, type)
        if begin < at.offset + bits // 8 and at.offset < end:
            raise LocalError(f"{type} read at {at.offset} bytes into {at.local.name}, which was filled in parts")
    return UNDEFINED


def filled(byte: int, type: str) -> object:
    """Return the value that so many equal bytes make.

    :raises LocalError: they are a pointer to somewhere.
    """
    number = wrapped(int(f"{byte & 0xFF:02X}" * 8, 16), type)
    if is_pattern(number, type):
        return UNDEFINED
    if type == "ptr":
        if number:
            raise LocalError("a pointer made of equal bytes")
        return None
    return bool(number) if type == "i1" else number


def write(at: LocalAt, value: object, type: str, heads: int) -> None:
    """A local holds something else.

    :param heads: how many loops have begun on the path.
    :raises LocalError: it changes in a loop, or only a part of what was written.
    """
    bits = _bits(type)
    _changes(at, bits // 8, heads)
    for offset, (has, _) in list(_over(at, bits // 8)):
        if (offset, has) != (at.offset, bits):
            raise LocalError(f"{type} written at {at.offset} bytes into {at.local.name}, over a part of something else")
    at.local.cells[at.offset] = (bits, value)


def fill(at: LocalAt, byte: int, size: int, heads: int) -> None:
    """Bytes of a local all have one value.

    :raises LocalError: as for a write.
    """
    _changes(at, size, heads)
    for offset, (has, _) in list(_over(at, size)):
        if offset < at.offset or offset + has // 8 > at.offset + size:
            raise LocalError(f"{at.local.name} filled over a part of something else")
        del at.local.cells[offset]
    at.local.fills.append((at.offset, at.offset + size, byte))


def copy(at: LocalAt, of: LocalAt, size: int, heads: int) -> None:
    """Bytes of a local are those of another.

    :raises LocalError: as for a write and for a read, or some bytes are in both places.
    """
    _inside(of, size)
    if at.local is of.local and 0 < abs(at.offset - of.offset) < size:
        raise LocalError(f"{size} bytes of {of.local.name} copied to where some of them are")
    cells = list(_over(of, size))
    if any(offset < of.offset or offset + has // 8 > of.offset + size for offset, (has, _) in cells):
        raise LocalError(f"a part of what was written to {of.local.name} copied")
    inside = [(max(begin, of.offset), min(end, of.offset + size), byte) for begin, end, byte in of.local.fills]
    fill(at, 0xAA, size, heads)
    move = at.offset - of.offset
    at.local.fills += [(begin + move, end + move, byte) for begin, end, byte in inside if begin < end]
    at.local.cells |= {offset + move: cell for offset, cell in cells}


def _bits(type: str) -> int:
    """How many bits a type has, which are whole bytes.

    :raises LocalError: they are not.
    """
    bits = width(type)
    if bits % 8:
        raise LocalError(f"{type} read or written, which is no whole number of bytes")
    return bits


def _over(at: LocalAt, size: int) -> Iterator[tuple[int, tuple[int, object]]]:
    """What was written to some of these bytes."""
    for offset, (bits, value) in at.local.cells.items():
        if offset < at.offset + size and at.offset < offset + bits // 8:
            yield offset, (bits, value)


def _inside(at: LocalAt, size: int) -> None:
    if not at.local.live:
        raise LocalError(f"the local {at.local.name} used after its function has ended")
    if at.offset < 0 or at.offset + size > at.local.size:
        raise LocalError(f"an access {at.offset} bytes into {at.local.name}, which has {at.local.size}")


def _changes(at: LocalAt, size: int, heads: int) -> None:
    _inside(at, size)
    if heads != at.local.heads:
        raise LocalError(f"the local {at.local.name}, whose address is taken, written in or behind a loop")
