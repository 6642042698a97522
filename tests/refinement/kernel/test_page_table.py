"""The kernel's page tables, where an entry is none that the kernel wrote."""

import pytest

from machine import SV39, Memory
from model.scope import Scope
from refinement.kernel.page_table import PageTables, TablePool

ADDRESSES = [0x20_0000, 0x20_1000]


def tables() -> PageTables:
    made = PageTables(Scope(2, 2, 2), Memory(64 * 4096), SV39, TablePool(8, 16), ADDRESSES)
    assert made.reserve(2)
    return made


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (SV39.encode_leaf(0x200, 7, level=1, flags=3), "maps a large page"),
        (SV39.encode_leaf(0x201, 7, flags=3), "points to no table"),  # a large page's frame, misaligned
        (0x0000_0000_0000_0C00, "points to no table"),  # not valid
    ],
)
def test_an_entry_that_is_no_pointer_is_never_followed(entry: int, said: str) -> None:
    made = tables()
    root, upper, last = made.path(2)
    place = made._item(upper, ADDRESSES[0], 1)
    assert SV39.table(made.entries[place]) == last
    made.entries[place] = entry
    for ask in (made.path, made.entry, made.missing, made.place, made.reserve, made.release):
        with pytest.raises(ValueError, match=f"at level 1 {said}"):
            ask(2)
    assert SV39.table(made.entries[made._item(root, ADDRESSES[0], 2)]) == upper, "nothing was written"
