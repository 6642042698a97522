"""Aligned blocks, against the sets of their pages."""

from itertools import product

from model.ranges.blocks import cut, has, is_block, low, moved, within

BLOCKS = [(base, order) for order in range(4) for base in range(0, 16, 1 << order)]


def pages(base: int, order: int) -> set[int]:
    return set(range(base, base + (1 << order)))


def test_blocks_begin_at_multiples_of_their_size() -> None:
    for base, order in product(range(16), range(4)):
        assert is_block(base, order) == ((base, order) in BLOCKS)


def test_has_is_membership() -> None:
    for (base, order), page in product(BLOCKS, range(16)):
        assert has(base, order, page) == (page in pages(base, order))


def test_within_is_inclusion() -> None:
    for one, other in product(BLOCKS, BLOCKS):
        assert within(*one, *other) == (pages(*one) <= pages(*other))


def test_offsets_are_cut_to_places_of_the_smaller_range() -> None:
    for small, large, offset in product(range(4), range(4), range(40)):
        if small <= large:
            at = cut(offset, small, large)
            assert at % (1 << small) == 0
            assert at <= low(large)
            assert at == offset % (1 << large) // (1 << small) * (1 << small)


def test_moves_are_translations() -> None:
    assert [moved(page, 4, 8) for page in pages(4, 1)] == [8, 9]
