"""Values of C's constants: numbers, one or a row of them."""

import re

from proofs.execution.llvm.interpreter import UNDEFINED, is_pattern, width, wrapped
from proofs.execution.llvm.program import Program
from proofs.obligations.c_code.locals import LocalError
from proofs.obligations.c_code.values import Constant

_NUMBER = r"i\d+ -?\d+"
_FILLED = r"(?:, \[\d+ x i8\] (?:zeroinitializer|undef|c\"[^\"]*\"))"
_ROW = re.compile(rf"[{{[] ?({_NUMBER}(?:, {_NUMBER})*){_FILLED}? ?[}}\]]")


def constant_held(program: Program, address: Constant, type: str) -> object:
    """The value that is read from a constant.

    :raises LocalError: it is no number of it.
    """
    text, whole = program.globals[address.name].constant, program.globals[address.name].type
    if re.fullmatch(r"-?\d+", text) and (type, address.offset) == (whole, 0):
        return wrapped(int(text), type)
    row, end = row_of(program, address.name)
    size = width(type) // 8
    over = [each for each in row if each[0] < address.offset + size and address.offset < each[0] + each[1] // 8]
    if len(over) == 1 and over[0][:2] == (address.offset, width(type)) and type != "ptr":
        return over[0][2]
    if row and all(value is UNDEFINED for _, _, value in over) and (over or address.offset >= end):
        return UNDEFINED  # of locals without a value, and what fills the space behind the last field
    raise LocalError(f"{type} at {address.offset} bytes into the constant {address.name}")


def row_of(program: Program, name: str) -> tuple[list[tuple[int, int, object]], int]:
    """The numbers that a constant is a row of, each with its offset and its bits; and where the last ends."""
    known = _ROW.fullmatch(program.globals[name].constant)
    found: list[tuple[int, int, object]] = []
    at = 0
    for bits, number in re.findall(r"i(\d+) (-?\d+)", known[1]) if known else ():
        size = int(bits) // 8
        at += -at % max(size, 1)
        value = wrapped(int(number), f"i{bits}")
        found.append((at, int(bits), UNDEFINED if is_pattern(value, f"i{bits}") else value))
        at += size
    return found, at
