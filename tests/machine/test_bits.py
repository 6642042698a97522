"""The bits of paging entries: proved with z3 for all values, and the same functions on ints and numpy arrays."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import z3

from machine import bits
from machine.events import ACCESSES, EXECUTE, READ, WRITE
from machine.formats import (
    AARCH64,
    AARCH64_16K,
    AARCH64_64K,
    ABSENT,
    FORMATS,
    LEAF,
    MALFORMED,
    POINTER,
    SV39,
    SV39_SVNAPOT,
    VARIANTS,
    X86_32,
    X86_64,
    Format,
)
from machine.formats import riscv as sv
from machine.formats import x86 as modes
from machine.formats.aarch64 import contiguous
from machine.formats.x86_32 import x86_32
from machine.formats.x86_64 import x86_64
from machine.formats.x86_keys import with_key

ALL = (*FORMATS, *VARIANTS, x86_32(36), x86_64(40))
LEAVES = [pytest.param(f, lv, id=f"{f.name}/{f.physical_bits}-L{lv}") for f in ALL for lv in range(f.page_levels)]
TABLES = [pytest.param(f, lv, id=f"{f.name}/{f.physical_bits}-L{lv}") for f in ALL for lv in range(1, f.levels)]
EVERY = [pytest.param(f, lv, id=f"{f.name}/{f.physical_bits}-L{lv}") for f in ALL for lv in range(f.levels)]
each_format = pytest.mark.parametrize("fmt", ALL, ids=lambda f: f"{f.name}/{f.physical_bits}")


def word(fmt: Format, name: str) -> z3.BitVecRef:
    return z3.BitVec(name, fmt.entry_bits)


def prove(goal: z3.BoolRef, *given: z3.BoolRef) -> None:
    """The goal holds for all values that the hypotheses allow, and these allow some."""
    solver = z3.Solver()
    solver.set(timeout=30_000)
    solver.add(*given)
    assert solver.check() == z3.sat, "the hypotheses contradict each other"
    solver.add(z3.Not(goal))
    answer = solver.check()
    assert answer == z3.unsat, f"{answer}: {solver.model() if answer == z3.sat else solver.reason_unknown()}"


class Encoded:
    """A leaf encoded from four free words, and the conditions that make these sensible."""

    def __init__(self, fmt: Format, level: int) -> None:
        self.frame, self.rights, self.user, self.flags = (
            word(fmt, name) for name in ("frame", "rights", "user", "flags")
        )
        self.domain = [z3.ULE(self.rights, 7), z3.ULE(self.user, 1), z3.ULE(self.flags, 7)]
        self.entry = fmt.encode_leaf(self.frame, self.rights, self.user, level, self.flags)
        self.granted = fmt.granted(self.rights)


@pytest.mark.parametrize(("fmt", "level"), LEAVES)
def test_decode_undoes_encode_of_leaf(fmt: Format, level: int) -> None:
    x = Encoded(fmt, level)
    got = fmt.decode(x.entry, level)
    same = z3.And(
        got.kind == LEAF,
        got.frame == x.frame,
        got.rights == x.granted,
        got.user == x.user,
        got.flags == x.flags | fmt.fixed_flags,
    )
    prove(same, *x.domain, x.granted != 0, x.frame & ~fmt.frame_mask(level) == 0)


@pytest.mark.parametrize(("fmt", "level"), LEAVES)
def test_no_rights_make_the_zero_entry_and_it_is_absent(fmt: Format, level: int) -> None:
    x = Encoded(fmt, level)
    prove(x.entry == 0, x.rights & 7 == 0)
    prove(z3.And(*(fmt.kind(x.entry, lv, c) == ABSENT for lv in range(fmt.levels) for c in (0, 15))), x.rights & 7 == 0)
    assert fmt.encode_leaf(5, 0, 1, level, 7) == 0


@pytest.mark.parametrize(("fmt", "level"), LEAVES)
def test_encoded_leaf_is_leaf_or_absent_whatever_the_arguments(fmt: Format, level: int) -> None:
    """No reserved bit is set, and no pointer made, even by frames, rights, users and flags out of range."""
    x = Encoded(fmt, level)
    kind = fmt.kind(x.entry, level, fmt.default_control)
    prove(z3.If(x.granted == 0, kind == ABSENT, kind == LEAF))


@pytest.mark.parametrize(("fmt", "level"), TABLES)
def test_encoded_pointer_is_pointer_whatever_the_frame(fmt: Format, level: int) -> None:
    frame = word(fmt, "frame")
    entry = fmt.encode_pointer(frame)
    got = fmt.decode(entry, level)
    prove(z3.And(got.kind == POINTER, got.frame == frame & fmt.table_mask, fmt.limits(entry) == fmt.all_attributes))


@pytest.mark.parametrize(("fmt", "level"), LEAVES)
def test_path_of_pointers_to_encoded_leaf_permits_what_was_granted(fmt: Format, level: int) -> None:
    x = Encoded(fmt, level)
    path = fmt.attributes(x.entry, level) & fmt.limits(fmt.encode_pointer(word(fmt, "table")))
    for access in ACCESSES:
        allowed = fmt.permits(path, access, 1, fmt.default_control) == 1
        prove(allowed == z3.And(x.user == 1, x.granted & access != 0), *x.domain, x.granted != 0)


@each_format
def test_granted_is_never_more_than_asked(fmt: Format) -> None:
    rights = word(fmt, "rights")
    prove(fmt.granted(rights) & ~(rights | fmt.widens) == 0)
    prove(fmt.granted(fmt.granted(rights)) == fmt.granted(rights))
    prove(z3.Implies(rights & 7 == 0, fmt.granted(rights) == 0))


def test_granted_to_the_digit() -> None:
    assert [X86_32.granted(r) for r in range(8)] == [0, 0, 0, 0, 5, 5, 7, 7]
    assert [X86_64.granted(r) for r in range(8)] == [0, 0, 0, 0, 4, 5, 6, 7]
    assert [SV39.granted(r) for r in range(8)] == [0, 1, 0, 1, 4, 5, 6, 7]
    assert [[r for r in range(8) if f.expressible(r)] for f in (X86_32, X86_64, SV39)] == [
        [0, 5, 7],
        [0, 4, 5, 6, 7],
        [0, 1, 4, 5, 6, 7],
    ]
    assert [f.widens for f in (X86_32, X86_64, SV39)] == [EXECUTE, 0, 0]


@pytest.mark.parametrize(("fmt", "level"), EVERY)
def test_mark_changes_accessed_and_dirty_only(fmt: Format, level: int) -> None:
    entry, access = word(fmt, "entry"), word(fmt, "access")
    for leaf, kind in ((1, LEAF), (0, POINTER)):
        marked = fmt.mark(entry, leaf, access)
        is_kind = fmt.kind(entry, level, fmt.default_control) == kind
        if (kind == POINTER and level == 0) or (kind == LEAF and level >= fmt.page_levels):
            continue
        before, after = fmt.decode(entry, level), fmt.decode(marked, level)
        same = z3.And(
            after.kind == before.kind,
            after.frame == before.frame,
            after.rights == before.rights,
            after.user == before.user,
            after.flags & ~3 == before.flags & ~3,
            before.flags & ~after.flags == 0,
            fmt.mark(marked, leaf, access) == marked,
        )
        prove(same, is_kind)
        if leaf:
            prove(after.flags & 1 == 1, is_kind)
            prove((after.flags & 2 == 2) == z3.Or(access & WRITE != 0, before.flags & 2 != 0), is_kind)


@each_format
def test_same_indices_mean_same_page(fmt: Format) -> None:
    """Two canonical addresses in one page have the same index at every level, and only they have."""
    a, b = word(fmt, "a"), word(fmt, "b")
    same = z3.And(*(fmt.index(a, level) == fmt.index(b, level) for level in range(fmt.levels)))
    prove(
        same == (z3.LShR(a, fmt.page_bits) == z3.LShR(b, fmt.page_bits)), fmt.canonical(a) == 1, fmt.canonical(b) == 1
    )


@each_format
def test_canonical_is_sign_extension(fmt: Format) -> None:
    """Of the translated bits; zero extension for AArch64, of which only the lower half is modelled."""
    address = word(fmt, "address")
    arm = fmt.name.startswith("AArch64")
    used = 48 if arm else fmt.span_bits(fmt.levels)
    extend = z3.ZeroExt if arm else z3.SignExt
    extended = extend(fmt.entry_bits - used, z3.Extract(used - 1, 0, address))
    prove((fmt.canonical(address) == 1) == (extended == address))
    prove(z3.ULE(fmt.canonical(address), 1))


def manual_x86_32(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """Intel SDM vol. 3A, tables 4-4 to 4-6, MAXPHYADDR 40: bit 21 of a 4 MiB PDE is reserved."""

    def bit(n: int) -> Any:
        return z3.Extract(n, n, e) == 1

    large = z3.And(bit(7), bool(level and control & modes.PSE))
    leaf = z3.Or(large, level == 0)
    return bit(0), leaf, z3.And(large, bit(21))


def manual_x86_64(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """Tables 4-15 to 4-20 with MAXPHYADDR 52: alignment of large pages, PS of a PML4E, bit 63 without NXE."""
    return wide_entry(e, level, control, largest=2)


def manual_x86_64_2m(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """The same without 1 GiB pages: PS of a PDPTE is reserved as well."""
    return wide_entry(e, level, control, largest=1)


def wide_entry(e: Any, level: int, control: int, largest: int) -> tuple[Any, Any, Any]:
    """Present, leaf and reserved; the largest page is at that level."""

    def bit(n: int) -> Any:
        return z3.Extract(n, n, e) == 1

    large = z3.And(bit(7), 1 <= level <= largest)
    low = {1: z3.Extract(20, 13, e) != 0, 2: z3.Extract(29, 13, e) != 0}.get(level, False)
    reserved = z3.Or(z3.And(large, low), z3.And(bit(7), level > largest), z3.And(bit(63), not control & modes.NXE))
    return bit(0), z3.Or(large, level == 0), reserved


def manual_riscv(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """Privileged 1.12, 4.3.2 and 4.4.1: reserved encodings, reserved bits 63:54, misaligned superpages."""
    return riscv_entry(e, level, control, napot=z3.BoolVal(False))


def manual_svnapot(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """Chapter Svnapot: N is allowed in a leaf at level 0 whose PPN ends in 1000."""
    leaf = z3.Or(z3.Extract(1, 1, e) == 1, z3.Extract(3, 3, e) == 1)
    return riscv_entry(e, level, control, napot=z3.And(leaf, level == 0, z3.Extract(13, 10, e) == 0b1000))


def riscv_entry(e: Any, level: int, control: int, napot: Any) -> tuple[Any, Any, Any]:
    """Present, leaf and reserved; where N may be set, and with Svpbmt types 1 and 2 of a leaf."""

    def bit(n: int) -> Any:
        return z3.Extract(n, n, e) == 1

    leaf = z3.Or(bit(1), bit(3))
    misaligned = z3.Extract(9 + 9 * level, 10, e) != 0 if level else z3.BoolVal(False)
    reserved = z3.Or(
        z3.And(bit(2), z3.Not(bit(1))),
        z3.Extract(60, 54, e) != 0,
        z3.And(bit(63), z3.Not(napot)),
        z3.And(z3.Extract(62, 61, e) != 0, z3.Not(z3.And(leaf, bool(control & sv.PBMTE)))),
        z3.Extract(62, 61, e) == 3,
        z3.And(leaf, misaligned),
        z3.And(z3.Not(leaf), z3.Or(bit(4), bit(6), bit(7), level == 0)),
    )
    return bit(0), leaf, reserved


def manual_aarch64(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """Arm ARM D8.3.1: bit 1 is 1 in tables and pages, 0 in blocks, which exist at lookup levels 1 and 2 only."""
    return arm_entry(e, level, blocks=(1, 2))


def manual_aarch64_large(e: Any, level: int, control: int) -> tuple[Any, Any, Any]:
    """The same with a granule of 16 or 64 KiB: blocks at lookup level 2 only, our level 1."""
    return arm_entry(e, level, blocks=(1,))


def arm_entry(e: Any, level: int, blocks: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Present, leaf and reserved; there are blocks at those of our levels."""

    def bit(n: int) -> Any:
        return z3.Extract(n, n, e) == 1

    leaf = z3.Not(bit(1)) if level in blocks else z3.And(bit(1), level == 0)
    return bit(0), leaf, z3.And(z3.Not(bit(1)), level not in blocks)


SPECS = {
    "x86-32": manual_x86_32,
    "x86-64": manual_x86_64,
    "x86-64-2M": manual_x86_64_2m,
    "x86-64-PKU": manual_x86_64,
    "Sv39": manual_riscv,
    "Sv48": manual_riscv,
    "Sv57": manual_riscv,
    "Sv39-Svnapot": manual_svnapot,
    "AArch64": manual_aarch64,
    "AArch64-16K": manual_aarch64_large,
    "AArch64-64K": manual_aarch64_large,
}


@pytest.mark.parametrize(
    ("fmt", "level"),
    [pytest.param(f, lv, id=f"{f.name}-L{lv}") for f in (*FORMATS, *VARIANTS) for lv in range(f.levels)],
)
def test_kind_is_the_manuals_for_every_entry(fmt: Format, level: int) -> None:
    spec = SPECS[fmt.name]
    entry = word(fmt, "entry")
    # Every mode that matters to a kind: PSE and NXE on x86, PBMTE on RISC-V, whose bit is that of NXE.
    for control in (0, modes.PSE, modes.NXE, modes.PSE | modes.NXE | modes.WP | modes.PGE):
        present, leaf, reserved = spec(entry, level, control)
        kind = fmt.kind(entry, level, control)

        def number(k: int, fmt: Format = fmt) -> Any:
            return z3.BitVecVal(k, fmt.entry_bits)

        well_formed = z3.If(leaf, number(LEAF), number(POINTER))
        prove(kind == z3.If(present, z3.If(reserved, number(MALFORMED), well_formed), number(ABSENT)))


@pytest.mark.long
@each_format
def test_ints_arrays_and_bit_vectors_agree(fmt: Format) -> None:
    """Every function of a format gives the same on Python ints, a numpy array of them, and z3 constants."""
    rng = random.Random(7)
    dtype = np.uint32 if fmt.entry_bytes == 4 else np.uint64
    width = fmt.entry_bits
    entries = [rng.getrandbits(width) & rng.getrandbits(width) | rng.getrandbits(8) for _ in range(200)]
    frames = [rng.getrandbits(width) >> rng.randrange(width) for _ in entries]
    small = [[rng.randrange(n) for _ in entries] for n in (8, 2, 8, 64)]

    def as_array(values: Any) -> Any:
        return np.array(values, dtype=dtype)

    def as_term(value: int) -> Any:
        return z3.BitVecVal(value, width)

    rights, users, flags, attributes = small

    def agree(function: Callable[..., Any], *columns: Any) -> None:
        plain = [function(*row) for row in zip(*columns, strict=True)]
        array = function(*map(as_array, columns))
        rows = list(zip(*columns, strict=True))[:12]
        terms = [z3.simplify(function(*map(as_term, row))).as_long() for row in rows]
        assert all(type(value) is int and 0 <= value < 1 << width for value in plain)
        assert array.dtype == dtype
        assert array.tolist() == plain
        assert plain[:12] == terms

    for level in range(fmt.levels):
        agree(lambda e, lv=level: fmt.kind(e, lv, fmt.default_control), entries)
        agree(lambda a, lv=level: fmt.index(a, lv), entries)
        if level < fmt.page_levels:
            agree(lambda e, lv=level: fmt.frame(e, lv), entries)
            agree(lambda e, lv=level: fmt.attributes(e, lv), entries)
            agree(lambda f, r, u, g, lv=level: fmt.encode_leaf(f, r, u, lv, g), frames, rights, users, flags)
            for part in range(5):
                agree(lambda e, lv=level, p=part: fmt.decode(e, lv)[p], entries)
    for function in (fmt.canonical, fmt.table, fmt.limits, fmt.user, fmt.flags, fmt.granted, fmt.encode_pointer):
        agree(function, entries)
    agree(lambda e, a: fmt.mark(e, 1, a), entries, rights)
    agree(lambda e: fmt.shared(e, 1, fmt.default_control), entries)
    for control in (*range(16), 16, 32, 96, 127, 128 | 0xA5C3 << 8, 129 | 0xFFFF_FFFF << 8):
        agree(lambda a, r, u, c=control: fmt.permits(a, r, u, c), attributes, rights, users)


@pytest.mark.parametrize("width", [32, 64])
def test_helpers_are_what_they_say(width: int) -> None:
    x, y, flag = (z3.BitVec(name, width) for name in ("x", "y", "flag"))
    prove(bits.field(x, 5, 9) == z3.ZeroExt(width - 9, z3.Extract(13, 5, x)))
    prove(bits.field(x, width - 4, 4) == z3.LShR(x, width - 4))
    prove(bits.place(x, 7, 6) == (x & 63) << 7)
    prove(bits.any_bit(x, width) == z3.If(x != 0, z3.BitVecVal(1, width), z3.BitVecVal(0, width)))
    prove(bits.nonzero(x, 9) == z3.If(x != 0, z3.BitVecVal(1, width), z3.BitVecVal(0, width)), z3.ULT(x, 512))
    prove(bits.select(flag, x, y) == z3.If(flag == 1, x, y), z3.ULE(flag, 1))


def test_entries_from_the_manuals() -> None:
    """Exact entries, worked out by hand from the tables of bits."""
    assert X86_32.encode_leaf(0x12345, READ | WRITE) == 0x12345007
    assert X86_32.encode_leaf(0x12345, READ, user=0) == 0x12345001
    assert X86_32.encode_leaf(0x00400, 7, level=1, flags=7) == 0x004001E7
    assert X86_32.encode_leaf(0xAB_00400, 7, level=1) == 0x00400087 | 0xAB << 13
    assert X86_32.encode_pointer(0xABCDE) == 0xABCDE007
    assert X86_64.encode_leaf(0x12345, READ) == 0x80000000_12345005
    assert X86_64.encode_leaf(0x12345, READ | EXECUTE, flags=4) == 0x12345105
    assert X86_64.encode_leaf(0x200, 7, level=1) == 0x200087
    assert X86_64.encode_leaf(0x40000, 6, level=2) == 0x80000000_40000087
    assert AARCH64.encode_leaf(0x80, READ | WRITE) == 0x80000 | 0xF43 | 1 << 53 | 1 << 54
    assert AARCH64.encode_leaf(0x200, READ | EXECUTE, level=1, flags=4) == 0x200000 | 0x7C1 | 1 << 53
    assert AARCH64.encode_leaf(0x80, READ, user=0) == 0x80000 | 0xF83 | 3 << 53
    assert AARCH64.encode_pointer(0x1234) == 0x1234003
    assert SV39.encode_leaf(0x80, READ | WRITE) == 0x80 << 10 | 0x17
    assert SV39.encode_leaf(0x80, EXECUTE, user=0, flags=7) == 0x80 << 10 | 0xE9
    assert SV39.encode_pointer(0x1234) == 0x1234 << 10 | 1
    assert SV39.decode(0x80 << 10 | 0x17) == (LEAF, 0x80, 6, 1, 0)
    assert X86_32.decode(0x005FE0E7, 1).frame == 0xFF_00400
    assert AARCH64_16K.encode_leaf(0x84, READ) == 0x84000 | 0xFC3 | 3 << 53
    assert AARCH64_16K.encode_leaf(0x87, READ) == 0x84000 | 0xFC3 | 3 << 53, "the frame of 4 KiB is within a page"
    assert AARCH64_64K.encode_leaf(0x2_0000, READ, level=1) == 0x2000_0000 | 0xFC1 | 3 << 53
    assert AARCH64_64K.encode_pointer(0x1230) == 0x1230003
    assert AARCH64.encode_leaf(0x80, READ) | 1 << 52 == contiguous(AARCH64.encode_leaf(0x80, READ))
    assert with_key(X86_64.encode_leaf(0x12345, READ), 9) == 0xC8000000_12345005
    assert sv.napot(SV39.encode_leaf(0x30, READ | WRITE)) == 0x8000_0000_0000_0000 | 0x38 << 10 | 0x17
    assert sv.with_memory_type(SV39.encode_leaf(0x30, READ), 2) == 2 << 61 | 0x30 << 10 | 0x13
    assert SV39_SVNAPOT.decode(1 << 63 | 0x38 << 10 | 0x17) == (LEAF, 0x30, 6, 1, 0)
    assert SV39.decode(1 << 63 | 0x38 << 10 | 0x17).kind == MALFORMED
    with pytest.raises(ValueError, match="levels 0 to 2"):
        X86_64.encode_leaf(0, 7, level=3)
