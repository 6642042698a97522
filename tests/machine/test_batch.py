"""Batches give what the scalar walker gives, marks in the tables included."""

from dataclasses import replace
from itertools import product
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from machine import FORMATS, SV39, SV48, X86_32, X86_64, Format, Memory, PageFault, Reason, Walker
from machine.batch import BatchWalker, _column, _compile
from machine.events import ACCESSES
from machine.formats import SV39_SVNAPOT, SV39X4
from machine.formats import riscv as sv
from machine.formats import x86 as modes
from machine.walker import build_walk
from tests.machine.tables import Tables

ROOT = 0x10000
TABLES = 0x100000
SIZE = 1 << 24


def random_memory(fmt: Format, seed: int) -> Memory:
    """A root and 32 tables for each lower level, full of entries of all kinds."""
    rng = np.random.default_rng(seed)
    memory = Memory(SIZE)
    words = memory.array(fmt.entry_bytes)
    for level in range(fmt.root_level, -1, -1):
        count = fmt.entries * (1 if level == fmt.root_level else 32)
        base = ROOT if level == fmt.root_level else TABLES + level * 0x100000

        def draw(high: int, n: int = count) -> Any:
            return rng.integers(0, high, n).astype(words.dtype)

        frame = draw(1 << 20) << (fmt.span_bits(level) - 12)
        leaves = fmt.encode_leaf(frame, draw(8), draw(2), min(level, fmt.page_levels - 1), draw(8))
        pointers = fmt.encode_pointer(draw(32) + (TABLES + max(level - 1, 0) * 0x100000 >> 12))
        pick = rng.random(count)
        entries: Any = np.where(pick < (1.0 if level == 0 else 0.15), leaves, pointers)
        entries[pick > 0.97] = 0
        flip = (rng.random(count) < 0.1) * (np.uint64(1) << rng.integers(0, fmt.entry_bits, count, np.uint64))
        reserved = (rng.random(count) < 0.05) * np.uint64(1 << 21)  # in a 4 MiB page
        flip ^= reserved
        start = base // fmt.entry_bytes
        words[start : start + count] = entries ^ flip.astype(words.dtype)
    return memory


def random_accesses(fmt: Format, count: int, seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    used = fmt.span_bits(fmt.levels)
    address = rng.integers(0, 1 << used, count, np.uint64)
    if fmt.address_bits == 64:
        extended = (address >> np.uint64(used - 1)) * np.uint64((1 << 64) - (1 << used))
        address |= np.where(rng.random(count) < 0.95, extended, np.uint64(0))
    return address, rng.choice(np.array([4, 2, 1], np.uint8), count), rng.integers(0, 2, count, np.uint8)


# Each format takes seconds to compile; these two share all but their depth with others.
@pytest.mark.long
@pytest.mark.parametrize(
    "fmt",
    [pytest.param(f, id=f.name, marks=[pytest.mark.slow] if f in (X86_64, SV48) else []) for f in FORMATS],
)
@pytest.mark.parametrize("control", [None, 0, sv.SUM | sv.MXR, sv.SVADE | modes.WP, modes.NXE | modes.PSE | modes.WP])
def test_batch_is_the_scalar_walker(fmt: Format, control: int | None) -> None:
    memory = random_memory(fmt, 1)
    twin = Memory(SIZE)
    twin.bytes[:] = memory.bytes
    addresses, accesses, users = random_accesses(fmt, 3000, 2)
    batch = BatchWalker(memory, fmt, control).translate(addresses, accesses, users, ROOT)
    walker = Walker(twin, fmt, control)
    reasons = set()
    for i, (address, access, user) in enumerate(
        zip(addresses.tolist(), accesses.tolist(), users.tolist(), strict=True)
    ):
        found = walker.translate(address, access, bool(user), ROOT)
        got = (int(batch.reason[i]), int(batch.physical[i]), int(batch.code[i]))
        if isinstance(found, PageFault):
            assert got == (found.reason, 0, found.code)
        else:
            assert got == (Reason.OK, found.physical, -1)
            assert batch.level[i] == found.level
        reasons.add(Reason(got[0]))
    assert (memory.bytes == twin.bytes).all(), "accessed and dirty flags"
    always = {Reason.OK, Reason.ABSENT, Reason.DENIED}
    large_pages = fmt is not X86_32 or walker.control & modes.PSE
    assert reasons >= (always | {Reason.MALFORMED} if large_pages else always)


@pytest.mark.long
def test_broadcast_and_order() -> None:
    made = Tables(Memory(1 << 20), X86_32)
    slot = made.map(0x5000, 0x80)
    walker = BatchWalker(made.memory, X86_32)
    batch = walker.translate([0x5000, 0x5FFF, 0x6000], 4, 1, made.root)
    assert batch.physical.tolist() == [0x80000, 0x80FFF, 0]
    assert batch.reason.tolist() == [Reason.OK, Reason.OK, Reason.ABSENT]
    assert batch.code.tolist() == [-1, -1, 4]
    assert X86_32.decode(made.read(slot)).flags == 1
    assert walker.translate([], 4, 1, made.root).physical.size == 0


@pytest.mark.long
@pytest.mark.parametrize("fmt", [X86_32, SV39], ids=lambda f: f.name)
def test_each_row_is_a_walk_of_its_own(fmt: Format) -> None:
    """With the level where it ended and the code of its fault, under the modes that the walker has at the time."""
    made = Tables(Memory(1 << 20), fmt)
    large = 1 << fmt.span_bits(1)
    made.map(0x3000, 0x80, rights=4)
    made.map(0x4000, 0x81, rights=7, user=0)
    made.map(2 * large, 2 * large >> 12, level=1)
    malformed = made.map(4 * large, 4 * large >> 12, level=1)
    made.write(malformed, made.read(malformed) | 1 << 21 | 1 << 10)
    made.write(made.slot(5 * large, 1), fmt.encode_pointer(0x100))
    addresses = [0x3ABC, 0x4000, 0x5000, 2 * large + 0x12345, 4 * large, 5 * large, 6 * large]
    if fmt.address_bits == 64:
        addresses.append(1 << 50)
    rows = [(address, access, user) for address in addresses for access in ACCESSES for user in (0, 1)]
    walk, walker = build_walk(fmt), BatchWalker(made.memory, fmt)
    assert walker.control == fmt.default_control
    for control in (fmt.default_control, 0, 7):
        before = made.memory.bytes.copy()
        walker.control = control
        addresses, accesses, users = map(list, zip(*rows, strict=True))
        batch = walker.translate(addresses, accesses, users, made.root)
        after = made.memory.bytes.copy()
        made.memory.bytes[:] = before
        for row, (address, access, user) in enumerate(rows):
            reason, level, entry, _, _ = walk(
                made.memory.words(fmt.entry_bytes), made.root, address, access, user, control
            )
            physical, code = 0, -1
            if reason == Reason.OK:
                physical = (fmt.frame(entry, level) << 12) + address % (1 << fmt.span_bits(level))
            else:
                code = fmt.fault(reason, level, access, user, control)[1]
            found = (batch.reason[row], batch.level[row], batch.physical[row], batch.code[row])
            assert found == (reason, level, physical, code), (hex(address), access, user, control)
        assert (made.memory.bytes == after).all()
        made.memory.bytes[:] = before
    types = [str(each.dtype) for each in (batch.reason, batch.physical, batch.level, batch.code)]
    assert types == ["uint8", "uint64", "int8", "int16"]


def test_addresses_are_walked_once() -> None:
    """With the columns that the compiled loop is called with."""
    walker = BatchWalker(Memory(4096), X86_32)
    asked = []
    walker._run = lambda *told: asked.append(told)
    batch = walker.translate([1, 2], 4, [0, 1], 0)
    [(words, root, addresses, accesses, users, control, codes, *out)] = asked
    assert (words.dtype, words.size, root, control) == (np.dtype("uint32"), 1024, 0, X86_32.default_control)
    assert (addresses.tolist(), accesses.tolist(), users.tolist()) == ([1, 2], [4, 4], [0, 1])
    assert addresses.dtype == np.dtype("int64")
    assert walker._code_table() is codes, "which is made once"
    assert [id(each) for each in out] == [id(each) for each in (batch.reason, batch.physical, batch.level, batch.code)]


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_codes_are_the_formats(fmt: Format) -> None:
    codes = BatchWalker(Memory(4096), fmt)._code_table()
    assert codes.shape == (len(Reason), fmt.levels, 5, 2)
    for reason, level, access, user in product(Reason, range(fmt.levels), range(5), (0, 1)):
        told = (reason, level, access, user, fmt.default_control)
        expected = fmt.fault(*told)[1] if reason != Reason.OK and access in ACCESSES else -1
        assert codes[reason, level, access, user] == expected, told


class Compiled:
    """What would be compiled, and how."""

    def __init__(self, function: FunctionType, **options: object) -> None:
        self.function, self.options = function, options


def doubled(value: int) -> int:
    return 2 * value


def test_whatever_is_called_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of a global or of a closure's cell; everything else is left as it is."""
    monkeypatch.setattr("numba.njit", Compiled)
    offset = 3

    def shifted(value: int) -> int:
        return value + offset

    def both(value: int, times: int = 5) -> int:
        return shifted(doubled(value)) * times * offset * len(FORMATS)

    made: Any = _compile(both)
    assert (made.options, made.function.__name__, made.function.__defaults__) == ({"inline": "always"}, "both", (5,))
    assert made.function.__code__ is both.__code__
    inner: Any = _compile(shifted)
    closure = dict(zip(both.__code__.co_freevars, made.function.__closure__, strict=True))
    assert {name: cell.cell_contents for name, cell in closure.items()} == {"offset": 3, "shifted": inner}
    assert inner.function.__closure__[0].cell_contents == 3
    assert made.function.__globals__ == {"doubled": _compile(doubled), "FORMATS": FORMATS}
    assert isinstance(made.function.__globals__["doubled"], Compiled)


def test_columns_are_of_one_layout() -> None:
    """So that nothing is compiled twice; one that has it is taken as it is."""
    right = np.array([4, 2, 1], np.uint8)
    assert _column(right, (3,)) is right
    frozen = right.copy()
    frozen.flags.writeable = False
    for values in (frozen, np.array([4, 0, 2, 0, 1, 0], np.uint8)[::2], np.array([4, 2, 1], np.int64), (4, 2, 1)):
        made = _column(values, (3,))
        assert made.tolist() == [4, 2, 1]
        assert (str(made.dtype), made.flags.c_contiguous, made.flags.writeable) == ("uint8", True, True)
    assert _column(4, (2,)).tolist() == [4, 4]
    assert _column(np.array([4], np.uint8), (2,)).tolist() == [4, 4]


def test_first_entry_past_the_end_of_memory_is_not_read() -> None:
    made = Tables(Memory(1 << 20), X86_32)
    made.write(made.root + 4, X86_32.encode_pointer(0x100))
    batch = BatchWalker(made.memory, X86_32).translate([1 << 22], 4, 1, made.root)
    assert batch.reason.tolist() == [Reason.TABLE_OUTSIDE]


def test_callers_mistakes() -> None:
    walker = BatchWalker(Memory(4096), X86_32)
    with pytest.raises(ValueError, match="32 unsigned bits"):
        walker.translate([1 << 32], 4, 1, 0)
    with pytest.raises(ValueError, match="READ"):
        walker.translate([0], 3, 1, 0)
    for accesses in ([4, 0], [4, 5], [2, 6], [1, 7], [8, 1]):
        with pytest.raises(ValueError, match="READ"):
            walker.translate([0, 0], accesses, 0, 0)
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        walker.translate([0, 0], 4, [0, 3], 0)
    for root in (-4096, 1, 0x800):
        with pytest.raises(ValueError, match="multiple of 4096"):
            walker.translate([0], 4, 1, root)
    with pytest.raises(ValueError, match="32 unsigned bits"):
        walker.translate([0, (1 << 64) - 1, 0], 4, 1, 0)
    assert walker.translate([(1 << 32) - 1], 4, 1, 0).reason.tolist() == [Reason.ABSENT]
    assert walker.translate([], [], [], 0).reason.size == 0
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        walker.translate([0], 4, 2, 0)
    with pytest.raises(ValueError, match="multiple of 4096"):
        walker.translate([0], 4, 1, 8)
    with pytest.raises(ValueError, match="one dimension"):
        walker.translate([[0]], 4, 1, 0)


@pytest.mark.long
def test_of_pages_in_a_row_that_have_one_entry_the_address_chooses_one() -> None:
    made = Tables(Memory(1 << 20), SV39_SVNAPOT)
    pages = range(0x30000, 0x40000, 0x1000)
    for page in pages:
        slot = made.map(page, 0xB0)
        made.write(slot, sv.napot(made.read(slot)))
    batch = BatchWalker(made.memory, SV39_SVNAPOT).translate([page + 0xABC for page in pages], 4, 1, made.root)
    assert batch.physical.tolist() == [0x80000 + page + 0xABC for page in pages]


@pytest.mark.parametrize("extra", [1, 2])
def test_a_root_of_several_tables_is_refused(extra: int) -> None:
    with pytest.raises(ValueError, match=f"the root of Sv39x4 is {2**extra} tables, and batches walk from one"):
        BatchWalker(Memory(SIZE), replace(SV39X4, root_extra=extra))
