"""What the bits of an AArch64 table descriptor leave to supervisor and user, as the manual has it (D8.4)."""

import pytest

from machine.formats.aarch64 import limits

PXN, UXN, NO_USER, READ_ONLY = (1 << bit for bit in (59, 60, 61, 62))


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        (0, 0b111_111),
        (PXN, 0b110_111),
        (UXN, 0b111_110),
        (NO_USER, 0b111_001),
        (READ_ONLY, 0b101_101),
        (PXN | UXN, 0b110_110),
        (PXN | NO_USER, 0b110_001),
        (PXN | READ_ONLY, 0b100_101),
        (NO_USER | READ_ONLY, 0b101_001),
        (PXN | UXN | NO_USER | READ_ONLY, 0b100_000),
    ],
)
def test_what_a_table_leaves(entry: int, left: int) -> None:
    assert limits(entry) == left
