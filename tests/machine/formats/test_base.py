"""What all formats share: sizes, which entry an address selects, frames that fit, and what is decoded of an entry."""

from dataclasses import replace

import pytest

from machine import AARCH64, FORMATS, SV39, SV48, X86_32, X86_64, Format
from machine.formats import (
    ABSENT,
    ACCESSED,
    DIRTY,
    GLOBAL,
    LEAF,
    MALFORMED,
    POINTER,
    SECOND_STAGES,
    VARIANTS,
    X86_64_PKU,
    Decoded,
)
from machine.formats import x86 as modes
from machine.formats.x86_32 import x86_32
from machine.formats.x86_64 import x86_64
from machine.formats.x86_keys import with_key

SIZES = {
    # bits and number of entries, bytes of a table, level of the root, bits that an entry spans at each level
    X86_32: (32, 1024, 4096, 1, [12, 22]),
    X86_64: (64, 512, 4096, 3, [12, 21, 30, 39]),
    SV39: (64, 512, 4096, 2, [12, 21, 30]),
    SV48: (64, 512, 4096, 3, [12, 21, 30, 39]),
    AARCH64: (64, 512, 4096, 3, [12, 21, 30, 39]),
    replace(SV39, page_bits=14, index_bits=11): (64, 2048, 16384, 2, [14, 25, 36]),
}


@pytest.mark.parametrize(("format", "sizes"), SIZES.items(), ids=lambda each: getattr(each, "name", None))
def test_sizes(format: Format, sizes: tuple[object, ...]) -> None:
    spans = [format.span_bits(level) for level in range(format.levels)]
    assert (format.entry_bits, format.entries, format.table_bytes, format.root_level, spans) == sizes


def test_which_entry_an_address_selects() -> None:
    assert [X86_32.index(0b0000000011_0000000101_111111111111, level) for level in (0, 1)] == [5, 3]
    assert [SV39.index(0b001000001_110000010_000100011_111111111111, level) for level in (0, 1, 2)] == [35, 386, 65]
    other = replace(SV39, page_bits=14, index_bits=3)
    assert [other.index(0b101_110_011_11000000000011, level) for level in (0, 1, 2)] == [3, 6, 5]


FRAMES = [
    # the bits that a frame's number may have, level by level
    (X86_32, [0x000F_FFFF, 0x0FFF_FC00]),
    (x86_32(33), [0x000F_FFFF, 0x001F_FC00]),
    (X86_64, [0xFF_FFFF_FFFF, 0xFF_FFFF_FE00, 0xFF_FFFC_0000]),
    (x86_64(36), [0x00FF_FFFF, 0x00FF_FE00, 0x00FC_0000]),
    (SV39, [0xFFF_FFFF_FFFF, 0xFFF_FFFF_FE00, 0xFFF_FFFC_0000]),
    (AARCH64, [0xF_FFFF_FFFF, 0xF_FFFF_FE00, 0xF_FFFC_0000]),
]


@pytest.mark.parametrize(("format", "masks"), FRAMES, ids=lambda each: getattr(each, "name", None))
def test_frames_that_fit(format: Format, masks: list[int]) -> None:
    assert [format.frame_mask(level) for level in range(len(masks))] == masks
    assert format.table_mask == masks[0]
    assert format.decode(format.encode_pointer((1 << 60) - 1), 1).frame == masks[0]
    for level, mask in enumerate(masks):
        assert format.frame(format.encode_leaf((1 << 60) - 1, 7, level=level), level) == mask


@pytest.mark.parametrize("format", FORMATS, ids=lambda each: each.name)
def test_pages_are_at_their_levels_only(format: Format) -> None:
    for level in (-1, format.page_levels):
        with pytest.raises(ValueError, match=f"levels 0 to {format.page_levels - 1}, not at level {level}"):
            format.encode_leaf(0, 7, level=level)
    assert format.encode_leaf(0x40, 7) == format.encode_leaf(0x40, 7, user=1, level=0, flags=0)


@pytest.mark.parametrize("format", FORMATS, ids=lambda each: each.name)
def test_what_is_decoded(format: Format) -> None:
    """What was encoded; of a pointer its table only, of what is absent or malformed nothing."""
    fixed = format.fixed_flags
    for level in range(format.page_levels):
        frame = 5 << (format.span_bits(level) - 12)
        for user in (0, 1):
            for rights in (4, 5, 6, 7):
                for flags in (0, ACCESSED, DIRTY, GLOBAL, 7):
                    found = format.decode(format.encode_leaf(frame, rights, user, level, flags), level)
                    assert found == Decoded(LEAF, frame, format.granted(rights), user, flags | fixed)
        assert format.decode(0, level) == Decoded(ABSENT, 0, 0, 0, 0)
    assert format.decode(format.encode_pointer(0x123), 1) == Decoded(POINTER, 0x123, 0, 0, 0)
    unpresent = (1 << format.entry_bits) - 2
    assert [format.decode(unpresent, level) for level in range(format.levels)] == (
        [Decoded(ABSENT, 0, 0, 0, 0)] * format.levels
    )


def test_rights_are_those_of_the_level() -> None:
    format = replace(SV39, attributes=lambda entry, level: (0b100_000, 0b110_000, 0b111_000)[level])
    assert [format.decode(SV39.encode_leaf(0, 7, 0, level), level).rights for level in (0, 1, 2)] == [4, 6, 7]
    format = replace(SV39, attributes=lambda entry, level: (0b001, 0b010, 0b100)[level])
    assert [format.decode(SV39.encode_leaf(0, 7, 1, level), level).rights for level in (0, 1, 2)] == [1, 2, 4]


def test_malformed_entry_decodes_to_nothing_but_that() -> None:
    nothing = Decoded(MALFORMED, 0, 0, 0, 0)
    assert X86_32.decode(X86_32.encode_leaf(0x400, 7, 1, 1, 7) | 1 << 21, 1) == nothing
    assert X86_64.decode(X86_64.encode_leaf(0x40, 7, 1, 0, 7) | modes.PRESENT_BIT | 1 << 7, 3) == nothing
    assert SV39.decode(SV39.encode_leaf(0x40, 7, 1, 0, 7) | 1 << 60) == nothing
    assert AARCH64.decode(AARCH64.encode_leaf(0x40, 7, 1, 1, 7), 0) == nothing


def test_modes_are_the_formats_unless_they_are_given() -> None:
    """A large page of x86-32 is a pointer without CR4.PSE; without NXE bit 63 is reserved."""
    large = X86_32.encode_leaf(0x400, 7, 1, 1)
    assert [X86_32.decode(large, 1, control).kind for control in (None, 0, modes.PSE)] == [LEAF, POINTER, LEAF]
    unfetched = X86_64.encode_leaf(0x40, 6)
    assert [X86_64.decode(unfetched, 0, control).kind for control in (None, 0, 8)] == [LEAF, MALFORMED, LEAF]


@pytest.mark.parametrize("user", [0, 1])
def test_a_key_is_no_right(user: int) -> None:
    """Attributes have a key above the six rights (SDM vol. 3A, 4.6.2), of which what is decoded has nothing."""
    for key in range(16):
        entry = with_key(X86_64.encode_leaf(0x40, 5, user), key)
        assert X86_64_PKU.decode(entry) == Decoded(LEAF, 0x40, 5, user, 0), key


def test_kernels_take_formats_whose_pages_and_tables_fill_frames() -> None:
    left = {format.name for format in (*FORMATS, *SECOND_STAGES, *VARIANTS) if not format.fills_frames}
    assert left == {"AArch64-16K", "AArch64-64K"}
