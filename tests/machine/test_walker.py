"""The walker, case by case, with the numbers that the manuals give."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import (
    AARCH64,
    EXECUTE,
    FORMATS,
    READ,
    SV39,
    SV48,
    WRITE,
    X86_32,
    X86_64,
    BusError,
    Format,
    Memory,
    PageFault,
    Reason,
    Walker,
)
from machine.events import ACCESSES
from machine.formats import ACCESSED, DIRTY, GLOBAL
from machine.formats import riscv as sv
from machine.formats import x86 as modes
from machine.formats.g_stage import SV39X4, SV48X4
from machine.walker import Outcome, build_walk, wide_root
from tests.machine.tables import Tables

each_format = pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
PAGE = 0x12345000
R, W, X = READ, WRITE, EXECUTE


def build(fmt: Format, **mapping: int) -> tuple[Tables, int]:
    """Tables that map PAGE as told, and the physical address of its entry."""
    made = Tables(Memory(1 << 20), fmt)
    slot = made.map(PAGE & ~((1 << fmt.span_bits(mapping.get("level", 0))) - 1), **mapping)
    return made, slot


def walk(made: Tables, address: int, access: int, user: bool = True, control: int | None = None) -> Any:
    return Walker(made.memory, made.fmt, control).translate(address, access, user, made.root)


def walk_of(walker: Walker, address: int) -> Reason:
    """How a walk ends in a fault."""
    found = walker.translate(address, R, True, 0)
    assert isinstance(found, PageFault)
    return found.reason


@each_format
def test_page_translates_and_its_neighbours_are_absent(fmt: Format) -> None:
    made, _ = build(fmt, frame=0x80)
    found = walk(made, PAGE + 0xABC, R)
    assert (found.physical, found.level, found.frame, found.dirty, found.shared) == (
        0x80ABC,
        0,
        0x80,
        bool(fmt.fixed_flags & DIRTY),
        False,
    )
    for other in (PAGE - 1, PAGE + 0x1000):
        fault = walk(made, other, R)
        assert isinstance(fault, PageFault)
        assert (fault.reason, fault.address, fault.user, fault.access) == (Reason.ABSENT, other, True, R)


@each_format
def test_accessed_and_dirty(fmt: Format) -> None:
    made, slot = build(fmt, frame=0x80)
    pointer = made.slot(PAGE, 1) if fmt.levels == 2 else made.root + fmt.index(PAGE, fmt.root_level) * fmt.entry_bytes
    before = made.read(pointer)
    assert not isinstance(walk(made, PAGE, R), PageFault)
    assert fmt.decode(made.read(slot)).flags == ACCESSED | fmt.fixed_flags
    marked = before | (1 << modes.ACCESSED_BIT if fmt.name.startswith("x86") else 0)
    assert made.read(pointer) == marked
    assert walk(made, PAGE, W).dirty
    assert fmt.decode(made.read(slot)).flags == ACCESSED | DIRTY
    assert made.read(pointer) == marked


@each_format
def test_fault_changes_no_entry(fmt: Format) -> None:
    made, _ = build(fmt, frame=0x80, rights=R)
    before = bytes(made.memory.bytes)
    assert isinstance(walk(made, PAGE, W), PageFault)
    assert isinstance(walk(made, PAGE + 0x1000, R), PageFault)
    assert bytes(made.memory.bytes) == before


@each_format
@pytest.mark.parametrize("rights", range(8))
def test_rights_are_what_was_granted(fmt: Format, rights: int) -> None:
    for user in (0, 1):
        made, _ = build(fmt, frame=0x80, rights=rights, user=user)
        for access in ACCESSES:
            found = walk(made, PAGE, access, user=True)
            granted = bool(fmt.granted(rights) & access and user)
            assert isinstance(found, PageFault) != granted
            if not granted:
                assert found.reason is (Reason.DENIED if fmt.granted(rights) else Reason.ABSENT)


def superpages() -> list[Any]:
    return [pytest.param(f, lv, id=f"{f.name}-L{lv}") for f in FORMATS for lv in range(1, f.page_levels)]


@pytest.mark.parametrize(("fmt", "level"), superpages())
def test_superpage_reaches_its_whole_span_and_no_more(fmt: Format, level: int) -> None:
    frame = 5 << (fmt.span_bits(level) - 12)
    made, _ = build(fmt, frame=frame, level=level)
    size = 1 << fmt.span_bits(level)
    start = PAGE & ~(size - 1)
    for offset in (0, 0x1234, size - 1):
        found = walk(made, start + offset, R)
        assert (found.physical, found.level) == ((frame << 12) + offset, level)
    assert isinstance(walk(made, start + size, R), PageFault)


def test_x86_32_large_page_reaches_40_bits() -> None:
    made, _ = build(X86_32, frame=0xFF_FFC00, level=1)
    assert walk(made, PAGE, R).physical == 0xFF_FFC00000 | (PAGE & 0x3FFFFF)
    without = walk(made, PAGE, R, control=modes.WP)
    assert without.reason is Reason.TABLE_OUTSIDE, "without CR4.PSE, PS is ignored and the entry a pointer"
    assert (without.vector, without.code) == (modes.MACHINE_CHECK, 0)


X86_CODES = [
    # rights, user page, access, user access, WP: error code, or None for success (SDM vol. 3A, 4.6.1 and 4.7)
    (R, 1, W, True, True, 0b00111),
    (R, 1, W, False, True, 0b00011),
    (R, 1, W, False, False, None),
    (R, 0, R, True, True, 0b00101),
    (R | W, 0, W, True, True, 0b00111),
    (R | W, 0, W, False, True, None),
    (R, 1, R, True, True, None),
]


@pytest.mark.parametrize(("rights", "page_user", "access", "user", "wp", "code"), X86_CODES)
@pytest.mark.parametrize("fmt", [X86_32, X86_64], ids=lambda f: f.name)
def test_x86_error_codes(
    fmt: Format, rights: int, page_user: int, access: int, user: bool, wp: bool, code: int | None
) -> None:
    made, slot = build(fmt, frame=0x80, rights=rights, user=page_user)
    control = fmt.default_control if wp else fmt.default_control & ~modes.WP
    found = walk(made, PAGE, access, user, control)
    assert (found.code if isinstance(found, PageFault) else None) == code
    if code is None:
        assert fmt.decode(made.read(slot)).flags == (ACCESSED | DIRTY if access == W else ACCESSED)


def test_x86_reserved_bits_and_fetches() -> None:
    made, slot = build(X86_32, frame=0x400, level=1)
    made.write(slot, made.read(slot) | 1 << 21)
    assert walk(made, PAGE, W).code == 0b01111
    made, slot = build(X86_64, frame=0x80, rights=R)
    assert walk(made, PAGE, X).code == 0b10101
    assert walk(made, PAGE + 0x1000, X).code == 0b10100
    without_nxe = walk(made, PAGE, R, control=modes.WP)
    assert (without_nxe.reason, without_nxe.code) == (Reason.MALFORMED, 0b01101)
    for bad in (1 << 47, (1 << 64) - (1 << 48), 0x8000_0000_0000_0000):
        fault = walk(made, bad, R)
        assert (fault.reason, fault.vector, fault.code) == (Reason.NONCANONICAL, modes.GENERAL_PROTECTION, 0)
    high = walk(made, (1 << 64) - (1 << 47), R)
    assert (high.reason, high.vector) == (Reason.ABSENT, modes.PAGE_FAULT)


def test_x86_rights_of_a_path_are_those_of_all_its_entries() -> None:
    made, _ = build(X86_64, frame=0x80, rights=7)
    pointer = made.slot(PAGE, 2)
    whole = made.read(pointer)
    made.write(pointer, whole & ~2)
    assert [isinstance(walk(made, PAGE, a), PageFault) for a in (R, W, X)] == [False, True, False]
    made.write(pointer, whole | 1 << 63)
    assert [isinstance(walk(made, PAGE, a), PageFault) for a in (R, W, X)] == [False, False, True]
    made.write(pointer, whole & ~4)
    assert [isinstance(walk(made, PAGE, a), PageFault) for a in (R, W, X)] == [True] * 3
    assert [isinstance(walk(made, PAGE, a, user=False), PageFault) for a in (R, W, X)] == [False] * 3


RISCV_CASES = [
    # rights, user page, access, user access, control: translated? (Privileged 1.12, 4.1.1 and 4.3.2)
    (R | W, 1, R, False, 0, False),
    (R | W, 1, W, False, sv.SUM, True),
    (R | W | X, 1, X, False, sv.SUM, False),
    (R | W | X, 0, X, False, 0, True),
    (R | W | X, 0, R, True, sv.SUM, False),
    (X, 1, R, True, 0, False),
    (X, 1, R, True, sv.MXR, True),
    (X, 1, W, True, sv.MXR, False),
    (X, 0, R, False, sv.MXR, True),
    (X, 1, R, False, sv.MXR, False),
    (X, 1, R, False, sv.MXR | sv.SUM, True),
]


@pytest.mark.parametrize(("rights", "page_user", "access", "user", "control", "translated"), RISCV_CASES)
@pytest.mark.parametrize("fmt", [SV39, SV48], ids=lambda f: f.name)
def test_riscv_sum_and_mxr(
    fmt: Format, rights: int, page_user: int, access: int, user: bool, control: int, translated: bool
) -> None:
    made, _ = build(fmt, frame=0x80, rights=rights, user=page_user)
    found = walk(made, PAGE, access, user, control)
    assert isinstance(found, PageFault) != translated
    if not translated:
        assert (found.reason, found.code) == (Reason.DENIED, {R: 13, W: 15, X: 12}[access])


@pytest.mark.parametrize("fmt", [SV39, SV48], ids=lambda f: f.name)
def test_riscv_svade_leaves_the_flags_to_software(fmt: Format) -> None:
    made, slot = build(fmt, frame=0x80)
    assert walk(made, PAGE, R, control=sv.SVADE).reason is Reason.UNMARKED
    made.map(PAGE, 0x80, flags=ACCESSED)
    assert walk(made, PAGE, R, control=sv.SVADE).physical == 0x80000
    fault = walk(made, PAGE, W, control=sv.SVADE)
    assert (fault.reason, fault.code) == (Reason.UNMARKED, 15)
    made.map(PAGE, 0x80, flags=ACCESSED | DIRTY)
    assert walk(made, PAGE, W, control=sv.SVADE).dirty
    assert fmt.decode(made.read(slot)).flags == ACCESSED | DIRTY


@pytest.mark.parametrize("fmt", [SV39, SV48], ids=lambda f: f.name)
def test_riscv_malformed_entries(fmt: Format) -> None:
    made, slot = build(fmt, frame=0x80)
    good = made.read(slot)
    for bad in (good & ~0b10, good | 1 << 54, good | 1 << 63, good & ~0b1110):
        made.write(slot, bad)
        assert walk(made, PAGE, R).reason is Reason.MALFORMED
    made, slot = build(fmt, frame=0x200, level=1)
    made.write(slot, made.read(slot) | 1 << 10)
    assert (walk(made, PAGE, W).reason, walk(made, PAGE, W).code) == (Reason.MALFORMED, 15)


@pytest.mark.parametrize("fmt", [SV39, SV48], ids=lambda f: f.name)
def test_riscv_table_outside_memory_is_an_access_fault(fmt: Format) -> None:
    made, _ = build(fmt, frame=0x80)
    made.write(made.slot(PAGE, 1), fmt.encode_pointer(0x100))
    for access, cause in ((R, 5), (W, 7), (X, 1)):
        fault = walk(made, PAGE, access)
        assert (fault.reason, fault.vector, fault.code) == (Reason.TABLE_OUTSIDE, cause, cause)
    sign = 1 << (fmt.span_bits(fmt.levels) - 1)
    assert (walk(made, sign, R).reason, walk(made, sign, R).code) == (Reason.NONCANONICAL, 13)


@each_format
def test_first_entry_past_the_end_of_memory_is_outside(fmt: Format) -> None:
    """And the last one before it is not."""
    made = Tables(Memory(1 << 20), fmt)
    low, high = 1 << fmt.span_bits(1), (2 << fmt.span_bits(1)) - 0x1000
    made.slot(low)
    made.write(made.slot(low, 1), fmt.encode_pointer(0x100))
    assert walk(made, low, R).reason is Reason.TABLE_OUTSIDE
    made.write(made.slot(low, 1), fmt.encode_pointer(0xFF))
    assert walk(made, high, R).reason is Reason.ABSENT


def test_global() -> None:
    for fmt in FORMATS:
        made, _ = build(fmt, frame=0x80, flags=GLOBAL)
        assert walk(made, PAGE, R).shared
    made, _ = build(X86_32, frame=0x80, flags=GLOBAL)
    assert not walk(made, PAGE, R, control=modes.WP).shared, "without CR4.PGE"
    made, _ = build(SV39, frame=0x80)
    made.write(made.slot(PAGE, 1), made.read(made.slot(PAGE, 1)) | 1 << sv.GLOBAL_BIT)
    assert walk(made, PAGE, R).shared, "a global pointer makes what lies below global"


@each_format
def test_table_that_maps_itself(fmt: Format) -> None:
    """A recursive entry is pointer and leaf in one walk: x86 marks it as both."""
    made = Tables(Memory(1 << 20), fmt)
    top = fmt.root_level
    made.write(made.root + 3 * fmt.entry_bytes, fmt.encode_pointer(made.root >> 12))
    address = sum(3 << fmt.span_bits(level) for level in range(top + 1))
    found = walk(made, address, W, user=True)
    if fmt.name.startswith("Sv"):
        assert found.reason is Reason.MALFORMED, "a pointer at level 0"
    elif fmt is AARCH64:
        assert found.reason is Reason.UNMARKED, "AF of a page is one of a table's ignored bits"
    else:
        assert found.physical == made.root
        assert made.read(made.root + 3 * fmt.entry_bytes) == (made.root | 7 | 0x60)


AARCH64_CASES = [
    # bits set and cleared in a user's rwx page, access, user access: status of the abort, or None for success
    (0, 0, W, True, None),
    (1 << 7, 0, W, True, 0b1001111),
    (0, 1 << 6, R, True, 0b0001111),
    (0, 1 << 10, R, True, 0b0001011),
    (1 << 7, 1 << 10, W, True, 0b1001011),
    (0, 1 << 1, R, True, 0b0000111),
    (1 << 54, 0, X, True, 0b0001111),
    (0, 1 << 53, X, False, 0b0001111),
    (1 << 7, 1 << 53, X, False, None),
    (1 << 7, 0, X, False, 0b0001111),
]


@pytest.mark.parametrize(("set_bits", "clear_bits", "access", "user", "status"), AARCH64_CASES)
def test_aarch64_aborts(set_bits: int, clear_bits: int, access: int, user: bool, status: int | None) -> None:
    """Arm ARM D8.4 and the fault status codes of ESR_EL1, lookup level 3; EL1 never executes what EL0 may write."""
    made, slot = build(AARCH64, frame=0x80)
    made.write(slot, (made.read(slot) | set_bits) & ~clear_bits)
    found = walk(made, PAGE, access, user)
    assert (found.code if isinstance(found, PageFault) else None) == status
    if status is not None:
        assert found.vector == (0x20 if access == X else 0x24) + (not user)


def test_aarch64_tables_limit_what_lies_below() -> None:
    made, _ = build(AARCH64, frame=0x80)
    pointer = made.slot(PAGE, 2)
    whole = made.read(pointer)
    for bits, user, denied in (
        (1 << 62, True, {W}),
        (1 << 61, True, {R, W}),
        (1 << 60, True, {X}),
        (1 << 59, True, set()),
        (1 << 62, False, {W, X}),
        (1 << 61, False, {X}),
    ):
        made.write(pointer, whole | bits)
        assert {a for a in (R, W, X) if isinstance(walk(made, PAGE, a, user), PageFault)} == denied
    upper = walk(made, 1 << 48, R)
    assert (upper.reason, upper.code) == (Reason.NONCANONICAL, 0b000100)


def test_callers_mistakes() -> None:
    walker = Walker(Memory(4096), X86_32)
    for address in (-1, -4096, 1 << 32):
        with pytest.raises(ValueError, match="32 unsigned bits"):
            walker.translate(address, R, True, 0)
    for root in (-4096, 0x10, 0x800, 1):
        with pytest.raises(ValueError, match="multiple of 4096"):
            walker.translate(0, R, True, root)
    for address in (0, (1 << 32) - 1):
        assert walk_of(walker, address) is Reason.ABSENT


def test_root_that_is_refused_is_not_walked() -> None:
    """Though there is a page to be marked from one entry further on."""
    made, _ = build(X86_32, frame=0x80)
    before = made.memory.bytes.copy()
    with pytest.raises(ValueError, match="multiple of 4096"):
        Walker(made.memory, X86_32).translate(PAGE - (1 << 22), R, True, made.root + 4)
    assert (made.memory.bytes == before).all()
    base = build_walk(X86_32)(made.memory.words(4), made.root + 4, PAGE - (1 << 22), R, 1, 0)
    assert base[0] == Reason.OK, "so a walk would mark it"


@settings(max_examples=40, deadline=None)
@given(data=st.data())
@each_format
def test_pages_translate_independently(fmt: Format, data: st.DataObject) -> None:
    """Random pages mapped one after another: each translates to its own frame, all others fault."""
    made = Tables(Memory(1 << 21), fmt)
    top = 1 << (fmt.span_bits(fmt.levels) - 13)
    pages = data.draw(st.dictionaries(st.integers(0, top - 1), st.integers(0, 511), min_size=1, max_size=12))
    for page, frame in pages.items():
        made.map(page << 12, frame)
    for page in [*pages, *(data.draw(st.integers(0, top - 1)) for _ in range(3))]:
        found = walk(made, page << 12 | 0x123, R)
        if page in pages:
            assert found.physical == pages[page] << 12 | 0x123
        else:
            assert found.reason is Reason.ABSENT


class Watched(Memory):
    """Memory that keeps who was asked for, and refuses what lies in some frames."""

    def __init__(self) -> None:
        super().__init__(64 * 4096)
        self.asked: list[int] = []
        self.refused: set[int] = set()

    def check(self, address: int, size: int) -> None:
        self.asked.append(address)
        if address >> 12 in self.refused:
            raise BusError(address, size, self.size)
        super().check(address, size)


def watched(fmt: Format) -> tuple[Watched, list[int]]:
    """Tables in frames 1, 2, 3 ... for address 0, and where their entries are."""
    memory = Watched()
    places = [(fmt.levels - level) << 12 for level in range(fmt.root_level, -1, -1)]
    for number, at in enumerate(places[:-1]):
        memory.write(at, fmt.encode_pointer((places[number + 1]) >> 12), fmt.entry_bytes)
    memory.write(places[-1], fmt.encode_leaf(9, 7, flags=3), fmt.entry_bytes)
    memory.asked.clear()
    return memory, places


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_memory_of_ones_own_sees_the_walkers_reads_and_may_refuse_them(fmt: Format) -> None:
    memory, places = watched(fmt)
    found = Walker(memory, fmt).translate(0, READ, True, 0x1000)
    assert not isinstance(found, PageFault)
    assert found.frame == 9
    assert list(dict.fromkeys(memory.asked)) == places
    for level, at in zip(range(fmt.root_level, -1, -1), places, strict=True):
        memory.refused = {at >> 12}
        fault = Walker(memory, fmt).translate(0, READ, True, 0x1000)
        assert isinstance(fault, PageFault)
        assert fault.reason == Reason.TABLE_OUTSIDE
        assert (fault.vector, fault.code) == fmt.fault(Reason.TABLE_OUTSIDE, level, READ, 1, 0)


def test_walker_writes_accessed_and_dirty_through_memory_of_ones_own() -> None:
    memory, places = watched(SV39)
    memory.write(places[-1], SV39.encode_leaf(9, 7), 8)
    memory.asked.clear()
    assert not isinstance(Walker(memory, SV39).translate(0, WRITE, True, 0x1000), PageFault)
    assert memory.read(places[-1], 8) == SV39.encode_leaf(9, 7, flags=3)
    assert memory.asked.count(places[-1]) >= 2


def test_a_walk_that_fails_tells_its_level_and_nothing_else() -> None:
    walk = build_walk(SV39)
    made, slot = build(SV39, frame=0x80, rights=R)
    words = made.memory.words(8)
    assert walk(words, made.root, 1 << 39, R, 1, 0) == (Reason.NONCANONICAL, 2, 0, 0, 0)
    assert walk(words, made.memory.size, PAGE, R, 1, 0) == (Reason.TABLE_OUTSIDE, 2, 0, 0, 0)
    assert walk(words, made.root, PAGE + 0x1000, R, 1, 0) == (Reason.ABSENT, 0, 0, 0, 0)
    before = made.read(slot)
    assert walk(words, made.root, PAGE, R, 1, 4) == (Reason.UNMARKED, 0, 0, 0, 0)
    assert made.read(slot) == before


def test_a_pointer_is_marked_though_the_leaf_has_its_marks() -> None:
    made, _ = build(X86_32, frame=0x80, flags=ACCESSED | DIRTY)
    pointer = made.slot(PAGE, 1)
    assert X86_32.flags(made.read(pointer)) & ACCESSED == 0
    assert build_walk(X86_32)(made.memory.words(4), made.root, PAGE, R, 1, X86_32.default_control)[0] == Reason.OK
    assert X86_32.flags(made.read(pointer)) & ACCESSED == ACCESSED


@pytest.mark.parametrize("format", [SV39X4, SV48X4], ids=lambda format: format.name)
def test_of_a_root_of_several_tables_the_highest_bits_select_one_and_all_else_stays(format: Format) -> None:
    asked: list[tuple[object, ...]] = []

    def walk(*given: Any) -> Outcome:
        asked.append(given)
        return 0, 1, 2, 3, 4

    wide = wide_root(walk, format)
    within = 1 << format.span_bits(format.levels)
    for table in range(format.root_tables):
        address = table * within + 0x5000
        assert wide("words", 0x10_0000, address, WRITE, 7, 9) == (0, 1, 2, 3, 4)
        assert asked.pop() == ("words", 0x10_0000 + 4096 * table, address, WRITE, 7, 9)
    assert format.root_tables == 4
