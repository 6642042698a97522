"""The path of I/O ports, executed: from a kernel's bit to what a processor permits (B.io).

The code of :mod:`machine.ports` that reads permission bits, and that of :mod:`refinement.messages.io_maps` that writes
them, run on bit-vectors: for every memory, every segment, every port and both privileges. The bit number of a port in
its byte is tried in each of its eight values, all else is a term.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from z3 import And, Array, ArrayRef, BitVecSort, Bool, BoolVal, Concat, Extract, Implies, Not, Select, Store

from machine.ports import MAP_BASE, SIZES
from model.spaces.theory import Formula
from proofs.execution.computing import Computing, computes
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import Integer, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, Raised, paths
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import executed_whole, theorems
from proofs.obligations.machine.demands import demanded
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads.port_entries import SHOWS, in_kernel
from refinement.messages.io_maps import BITS, IoMaps

PERMITS = "ports_permits__asks__the_bits"
FAULTS = "ports_check__faults__unless_permitted"
WRITES = "ports_permit__writes__one_bit"
READS = "ports_is_permitted__reads__that_bit"
COVERS = "ports_task__covers__its_segment"
WHOLE = "ports__is__executed_whole"

WIDTH = 48
EIGHT = range(8)

base, limit, high = natural("base", 40), natural("limit", 16), natural("high_bits_of_the_port", 13)
first, space, other_space = natural("first_segment", 20), natural("space", 16), natural("other_space", 16)
ports, row, other_row = natural("ports", 15), natural("row", 12), natural("other_row", 12)
permitted, user, allowed = Bool("permitted"), Bool("user"), Bool("the bits permit it")
BEFORE = Array("memory", BitVecSort(WIDTH), BitVecSort(8))

GIVEN: dict[str, Formula] = {
    "the bits fit a segment of one frame": ports <= 8 * (4096 - BITS - 1),
    "the port is one of those": row << 3 < ports,
}


class Port(Integer):
    """A port: a number of a byte, and that of a bit in it, which is known."""

    __slots__ = ("bit", "byte")

    def __init__(self, byte: Integer, bit: int) -> None:
        """Eight times the one and the other."""
        super().__init__(((byte << 3) | bit).term)
        self.byte, self.bit = byte, bit

    def __rshift__(self, places: int) -> Integer:
        """The number of its byte; of other shifts the bits."""
        return self.byte if places == 3 else super().__rshift__(places)

    def __and__(self, other: object) -> Any:
        """The number of its bit; of other masks the bits."""
        return self.bit if other == 7 and isinstance(other, int) else super().__and__(other)


class Memory:
    """Memory on terms, a byte at each address."""

    def __init__(self) -> None:
        """In any state."""
        self.bytes: ArrayRef = BEFORE

    def read(self, address: object, size: int) -> Integer:
        """A little-endian value."""
        at = integer(address).bits(WIDTH)
        values = [Select(self.bytes, at + k) for k in reversed(range(size))]
        return Integer(Concat(*values) if size > 1 else values[0])

    def write(self, address: object, value: object, size: int) -> None:
        """A byte; the code writes no more at once."""
        if size != 1:
            raise ExecutionError(f"{size} bytes are written where a port's bit is one of one byte")
        self.bytes = Store(self.bytes, integer(address).bits(WIDTH), integer(value).low(8))


def _at(address: Integer, of: ArrayRef = BEFORE) -> Any:
    return Select(of, address.bits(WIDTH))


def _segment(of: Integer) -> Integer:
    return (first + of) << 12


# The processor.


def _permits(path: Path, code: Code, bit: int, size: int) -> None:
    task = SimpleNamespace(base=base, limit=limit)
    got = bind(code.port_function("permits"), path)(Memory(), task, Port(high, bit), size)
    said = BoolVal(got) if isinstance(got, bool) else got
    bits = Integer(Concat(_at(base + MAP_BASE + 1), _at(base + MAP_BASE)))
    byte = bits + high
    zeros = []
    for each in range(bit, bit + size):
        at = base + byte + each // 8
        zeros.append(Extract(each % 8, each % 8, _at(at)) == 0)
    there = And(limit >= MAP_BASE + 1, byte + 1 <= limit)
    path.demand(PERMITS, lambda: said == And(there, *zeros))


@cache
def permitting(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the look at the bits."""
    runs = (partial(_permits, code=code, bit=bit, size=size) for bit in EIGHT for size in SIZES)
    return tuple(path for run in runs for path, _ in paths(run))


def _check(path: Path, code: Code) -> None:
    memory, task, port, size, access = (object() for _ in range(5))

    def permits(*asked: object) -> Formula:
        path.demand(FAULTS, lambda: BoolVal(_are(asked, (memory, task, port, size)) and checked == [True]))
        return allowed

    def check(*asked: object) -> None:
        checked.append(_are(asked, (port, size)))

    faults, checked = False, list[bool]()
    names = {"permits": permits, "_check": check, "PortFault": _Fault}
    try:
        bind(code.port_function("check"), path, names)(memory, task, port, size, access, user=user)
    except Raised as raised:
        fault = raised.exception
        faults = isinstance(fault, _Fault) and fault.of == (port, size, access)
        path.demand(FAULTS, lambda: BoolVal(faults))
    path.demand(FAULTS, lambda: And(BoolVal(checked == [True]), BoolVal(faults) == And(user, Not(allowed))))


def _are(asked: tuple[object, ...], wanted: tuple[object, ...]) -> bool:
    """Whether a call has these arguments and no others."""
    return len(asked) == len(wanted) and all(one is two for one, two in zip(asked, wanted, strict=True))


class _Fault(Exception):  # noqa: N818 - in the place of an event of the machine's
    """A fault at ports."""

    def __init__(self, *of: object) -> None:
        """Of these."""
        super().__init__()
        self.of = of


@cache
def checking(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the check of an access."""
    return tuple(path for path, _ in paths(partial(_check, code=code)))


# The segments.


def _maps(memory: Memory) -> SimpleNamespace:
    return SimpleNamespace(memory=memory, first=first)


def _permit(path: Path, code: Code, bit: int) -> None:
    memory = Memory()
    bind(code.port_method("permit"), path)(_maps(memory), space, Port(row, bit), permitted=permitted)
    mine, other = _segment(space) + BITS + row, _segment(other_space) + BITS + other_row
    old, new, same = _at(mine), _at(mine, memory.bytes), And(space == other_space, row == other_row)
    bits = And(*((Extract(n, n, new) == Extract(n, n, old)) for n in EIGHT if n != bit))
    path.demand(WRITES, lambda: And(bits, (Extract(bit, bit, new) == 0) == permitted))
    path.demand(WRITES, lambda: Implies(Not(same), _at(other, memory.bytes) == _at(other)))
    path.demand(WRITES, lambda: _untouched(memory, mine))


def _untouched(memory: Memory, mine: Integer) -> Formula:
    """No other byte of memory, the words that say where bits begin and the bytes behind them among them."""
    somewhere = natural("any_address", WIDTH)
    map_base = [_segment(other_space) + MAP_BASE + k for k in (0, 1)]
    kept = And(*(_at(each, memory.bytes) == _at(each) for each in map_base))
    return And(kept, Implies(somewhere != mine, _at(somewhere, memory.bytes) == _at(somewhere)))


def _is_permitted(path: Path, code: Code, bit: int) -> None:
    got = bind(code.port_method("is_permitted"), path)(_maps(Memory()), space, Port(row, bit))
    said = BoolVal(got) if isinstance(got, bool) else got
    path.demand(READS, lambda: said == (Extract(bit, bit, _at(_segment(space) + BITS + row)) == 0))


def _task(path: Path, code: Code) -> None:
    segments = Computing(IoMaps, path, code.ports, first=first, ports=ports)
    task = bind(code.port_method("task"), path, {"Task": _Task})(segments, space)
    covers = And(task.limit >= MAP_BASE + 1, integer(BITS) + row + 1 <= task.limit)
    inside = integer(task.limit) <= 4095
    path.demand(COVERS, lambda: And(task.base == _segment(space), covers, inside))


class _Task(tuple[Any, Any]):
    """A task register's values."""

    def __new__(cls, base: object, limit: object) -> "_Task":
        """Of a base and a limit."""
        return super().__new__(cls, (base, limit))

    @property
    def base(self) -> Integer:
        """Return where the segment lies."""
        return integer(self[0])

    @property
    def limit(self) -> Integer:
        """The offset of its last byte."""
        return integer(self[1])


@cache
def in_segments(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through what is written to segments and read there."""
    runs: list[Callable[[Path], None]] = [partial(_task, code=code)]
    runs += [partial(run, code=code, bit=bit) for run in (_permit, _is_permitted) for bit in EIGHT]
    return tuple(path for run in runs for path, _ in paths(run))


def every_path(code: Code = CODE) -> tuple[Path, ...]:
    """All paths."""
    return (*permitting(code), *checking(code), *in_segments(code), *in_kernel(code))


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the code."""
    return demanded(every_path(code), what, GIVEN if what in (WRITES, READS, COVERS) else {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths."""
    return (CoveringPath(path, GIVEN) for path in every_path(code))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    methods = ("permit", "is_permitted", "task", "is_port", "_show_port", "write_entry", "narrow_entry", "clear_entry")
    functions = [code.port_function(name) for name in ("permits", "check")]
    bytes_of_bits = code.ports.get("_bytes") or computes(IoMaps, "_bytes")
    return (*functions, *(code.port_method(name) for name in methods), bytes_of_bits)


THEOREMS = {
    PERMITS: ("B.io", "a processor permits ports exactly where the segment has their bits and all of them are 0"),
    FAULTS: ("B.io", "an access faults if and only if it is a user's and the bits do not permit it"),
    WRITES: (
        "B.io",
        "to permit a port of a space, or not, changes that port's bit of that space's segment, and no other",
    ),
    READS: ("B.io", "a kernel reads back the bit that it wrote"),
    COVERS: ("B.io", "the task register of a space leads to its own segment, and covers the bits of all ports"),
    SHOWS: ("B.io", "a slot shows a port by its bit, where both rights are there, and never by an entry"),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of I/O ports."""
    yield from theorems(THEOREMS, conditions)
    yield executed_whole(WHOLE, "the path of I/O ports is executed", (executed, runs))
