"""Address traces in the two formats that tools write: din (of Dinero), and that of ``valgrind --tool=lackey``.

*din*: a line has a label and a hexadecimal address; 0 reads data, 1 writes data, 2 fetches an instruction; the rest is
passed over. *lackey* (``--trace-mem=yes``): ``I  address,size``, `` L address,size``, `` S ...`` and `` M ...``, which
loads and stores; lines of valgrind itself begin with ``==`` or ``--``.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

from machine.events import EXECUTE, READ, WRITE


class TraceError(ValueError):
    """A line that is none of the format; the message says which, and what one looks like."""


class Reference(NamedTuple):
    """One access of a trace."""

    access: int
    address: int
    size: int


FORMATS: Final = ("din", "lackey")
_DIN: Final = re.compile(r"\s*([012])\s+(?:0x)?([0-9a-fA-F]{1,16})(?:\s.*)?$")
_LACKEY: Final = re.compile(r"(?:I | [LSM])\s+([0-9a-fA-F]{1,16}),(\d{1,5})\s*$")
_LABELS: Final = {"0": READ, "1": WRITE, "2": EXECUTE}
_LETTERS: Final = {"I": (EXECUTE,), "L": (READ,), "S": (WRITE,), "M": (READ, WRITE)}
_LOOKED_AT: Final = 1000  # lines, in which a trace shows its format


def din(lines: Iterable[str]) -> Iterator[Reference]:
    """The accesses of a trace in din; each has 4 bytes.

    >>> list(din(["2 400", "0 1000"]))
    [Reference(access=1, address=1024, size=4), Reference(access=4, address=4096, size=4)]

    :raises TraceError: a line is none of din.
    """
    for number, line in enumerate(lines, 1):
        found = _DIN.match(line)
        if found:
            yield Reference(_LABELS[found[1]], int(found[2], 16), 4)
        elif line.strip():
            raise TraceError(f"line {number}: {_short(line)} is no line of din, as in: 0 1000")


def lackey(lines: Iterable[str]) -> Iterator[Reference]:
    """The accesses of a trace of valgrind's lackey; one that modifies is a load and a store.

    >>> [(each.access, hex(each.address)) for each in lackey(["==1== x", "I  04000,3", " M 1ffe,8"])]
    [(1, '0x4000'), (4, '0x1ffe'), (2, '0x1ffe')]

    :raises TraceError: a line is none of lackey.
    """
    for number, line in enumerate(lines, 1):
        found = _LACKEY.match(line)
        if found:
            for access in _LETTERS[line.split(maxsplit=1)[0]]:
                yield Reference(access, int(found[1], 16), int(found[2]))
        elif line.strip() and not line.startswith(("==", "--")):
            raise TraceError(f"line {number}: {_short(line)} is no line of lackey, as in:  L 1ffe8,8")


def references(lines: Iterable[str], format: str = "") -> Iterator[Reference]:
    """The accesses of a trace in either format, which its first lines show unless it is named.

    :raises TraceError: a line is none of the format, or the first lines are of neither.
    """
    rest = iter(lines)
    if format:
        return {"din": din, "lackey": lackey}[format](rest)
    first = list(islice(rest, _LOOKED_AT))
    for line in first:
        if _LACKEY.match(line):
            return lackey(chain(first, rest))
        if _DIN.match(line):
            return din(chain(first, rest))
    said = f"line 1: {_short(first[0])} is" if first else "there is no line; a line is"
    raise TraceError(f"{said} neither of din, as in: 0 1000, nor of lackey, as in:  L 1ffe8,8")


def _short(line: str) -> str:
    text = line.rstrip("\n")
    return repr(text if len(text) <= 40 else text[:39] + "…")
