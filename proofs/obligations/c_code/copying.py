"""Bytes of structs filled and copied as whole fields, and addresses within locals."""

import re
from typing import Protocol

from z3 import BoolVal

from proofs.execution.llvm.interpreter import UNDEFINED, UNINITIALISED, Interpreter, signed
from proofs.execution.llvm.program import Program
from proofs.execution.path import Path
from proofs.execution.values import Value
from proofs.obligations.c_code.constants import row_of
from proofs.obligations.c_code.locals import LocalAt, LocalError, copy, fill, filled, size_of, write
from proofs.obligations.c_code.values import Cell, Constant, described


class Data(Protocol):
    """The data that is copied in: the domain of the interpreter."""

    program: Program
    path: Path
    interpreter: Interpreter

    def structure(self, base: object) -> tuple[str, Value, int]:
        """The struct that an address is in, the node or slot of which it is, and how many bytes in."""

    def offset(self, struct: str, number: int) -> int:
        """Return where the field with a number begins."""

    def load(self, address: object, type: str) -> object:
        """Return the value at an address."""

    def store(self, address: object, value: object, type: str) -> None:
        """An address holds something else."""


def in_local(data: Data, base: LocalAt, type: str, indices: tuple[object, ...]) -> LocalAt:
    """The address of a field or an element of a local.

    :raises LocalError: it is computed in another way.
    """
    numbers = [signed(each, "i64") for each in indices if isinstance(each, int)]
    array = re.fullmatch(r"\[\d+ x (.*)\]", type)
    if len(numbers) == len(indices) == 1:
        return LocalAt(base.local, base.offset + numbers[0] * size_of(data.program, type))
    if len(numbers) == len(indices) == 2 and numbers[0] == 0:
        if array:
            return LocalAt(base.local, base.offset + numbers[1] * size_of(data.program, array[1]))
        if type.removeprefix("%struct.") in data.program.structs:
            return LocalAt(base.local, base.offset + data.offset(type.removeprefix("%struct."), numbers[1]))
    raise LocalError(f"an address computed from the local {base.local.name}: {type} {described(indices)}")


def fill_bytes(data: Data, at: object, byte: int, size: int) -> None:
    """Bytes all have one value: in a local, or of whole fields."""
    if isinstance(at, LocalAt):
        fill(at, byte, size, data.interpreter.heads)
        return
    for place, type in _fields(data, at, size):
        value = filled(byte, type)
        if value is UNDEFINED:
            raise LocalError("a field filled with the pattern of what has no value")
        data.store(place, value, type)


def copy_bytes(data: Data, at: object, of: object, size: int) -> None:
    """Bytes are those of another place: a local's, or those of whole fields. All is read before any is written."""
    if isinstance(at, LocalAt) and isinstance(of, LocalAt):
        copy(at, of, size, data.interpreter.heads)
        return
    if isinstance(at, LocalAt) and isinstance(of, Constant) and not of.offset:
        numbers, end = row_of(data.program, of.name)
        if end > size or not numbers:
            raise LocalError(f"{size} bytes of the constant {of.name}, which are no row of numbers")
        fill(at, 0xAA, size, data.interpreter.heads)
        for far, bits, number in numbers:
            write(LocalAt(at.local, at.offset + far), number, f"i{bits}", data.interpreter.heads)
        return
    if not isinstance(at, LocalAt) and not isinstance(of, LocalAt):
        _apart(data, at, of, size)
    told, other = (of, at) if isinstance(at, LocalAt) else (at, of)
    _, _, begin = data.structure(told)
    fields = [(place, _behind(data, other, place.offset - begin), type) for place, type in _fields(data, told, size)]
    ways = [(there, place, type) if told is of else (place, there, type) for place, there, type in fields]
    held = [(to, data.load(start, type), type) for to, start, type in ways]
    for to, value, type in held:
        if value is UNDEFINED:
            data.path.demand(UNINITIALISED, lambda: BoolVal(False), data.interpreter.place())
            raise data.interpreter.ended()
        data.store(to, value, type)


def _apart(data: Data, at: object, of: object, size: int) -> None:
    """No byte of one place is another one of the other place: what ``memcpy`` makes of that is undefined.

    :raises LocalError: one may be.
    """
    (struct, _, begin), (other, _, start) = data.structure(at), data.structure(of)
    if struct == other and 0 < abs(begin - start) < size:
        raise LocalError(f"{size} bytes at {start} of struct {struct} copied to {begin}, where some of them may be")


def _behind(data: Data, base: object, far: int) -> LocalAt | Cell:
    """The address so many bytes behind."""
    if isinstance(base, LocalAt):
        return LocalAt(base.local, base.offset + far)
    struct, index, offset = data.structure(base)
    return Cell(struct, index, offset + far)


def _fields(data: Data, base: object, size: int) -> list[tuple[Cell, str]]:
    """The fields that so many bytes are, each with its type: none of them in part."""
    struct, index, begin = data.structure(base)
    found = data.program.structs[struct]
    over = {at: each for at, each in found.fields.items() if at < begin + size and begin < at + each.bits // 8}
    parts = any(at < begin or at + each.bits // 8 > begin + size for at, each in over.items())
    if parts or not 0 <= begin <= begin + size <= found.size:
        raise LocalError(f"{size} bytes at {begin} of struct {struct}, which are no whole fields")
    types = {at: "ptr" if each.type.endswith("*") else f"i{each.bits}" for at, each in over.items()}
    return [(Cell(struct, index, at), types[at]) for at in sorted(over)]
