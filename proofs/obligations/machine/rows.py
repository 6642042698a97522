"""The entries of a row of pages, any one of which a buffer may hold for all: NAPOT entries, the contiguous bit.

What a row is, a format says itself: :attr:`~machine.formats.base.Format.row` which pages, and
:attr:`~machine.formats.base.Format.in_row` with which entries. Where a format has no rows, both theorems say that an
entry maps the one page of its level.
"""

from collections.abc import Callable, Iterable, Iterator

from z3 import ULT, And, LShR, Or

from machine.formats import LEAF, Format
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine.bits import (
    ALL_FORMATS,
    Conditions,
    Leaf,
    condition,
    fields,
    numbered,
    prefix,
    some_access,
    word,
)


def row_is_one_block(format: Format) -> Conditions:
    """Of any entry the row is an aligned block of pages in one table; of a leaf that is encoded, its own page alone.

    The bits of a frame that are the address's own tell pages of the row apart. An entry that is of a row at all is of
    the one that the format makes at that level.
    """
    entry = word(format, "any")
    for level in range(format.page_levels):
        x, low = Leaf(format, level), format.span_bits(level) - 12
        row, own = format.row(entry, level), format.within(entry, level)
        made = format.row(format.in_row(x.entry, level), level)
        block = And(row & (row + 1) == 0, ULT(row, format.entries), own & ~(row << low) == 0)
        shown = {**numbered(format, level), "got_row": row, "got_own_bits": own, "expected_row": made}
        given = {"arguments_fit": x.fits, "some_right_is_granted": x.granted != 0}
        yield condition(And(block, Or(row == 0, row == made)), shown, **given)
        row, own = format.row(x.entry, level), format.within(x.entry, level)
        shown = {**numbered(format, level), "entry": x.entry, "got_row": row, "got_own_bits": own}
        yield condition(And(row == 0, own == 0), shown)


def row_gives_one_translation(format: Format) -> Conditions:
    """Every entry of a row, marked or not, maps its own page with the same rights; held for another, that page's own.

    Frames of a row are as many in a row, from a multiple of its size on.
    """
    access = word(format, "access")
    for level in range(format.page_levels):
        first, low, span = Leaf(format, level), format.span_bits(level) - 12, format.span_bits(level)
        row = format.row(format.in_row(first.entry, level), level)
        addresses = [word(format, name) for name in ("address", "other_address")]
        numbers = [LShR(address, span) & row for address in addresses]
        frames = [first.frame + (number << low) for number in numbers]
        leaves = [format.encode_leaf(each, first.rights, first.user, level, first.flags) for each in frames]
        entry, other = (format.in_row(leaf, level) for leaf in leaves)
        given = {
            "arguments_fit": first.fits,
            "some_right_is_granted": first.granted != 0,
            "a_row_of_frames_begins_at_its_size": first.frame & (row << low) == 0,
            "access": some_access(access),
        }
        marked = (format.mark(entry, 1, access), format.mark(leaves[0], 1, access))
        for read, single in ((entry, leaves[0]), marked):
            got, found = format.decode(read, level), format.frame_at(read, level, addresses[0])
            alone = format.decode(single, level)
            same = And(
                got.kind == LEAF,
                got.rights == first.granted,
                got.user == first.user,
                got.flags == alone.flags,
                format.shared(read, level, format.default_control)
                == format.shared(single, level, format.default_control),
                format.row(read, level) == row,
                found == frames[0],
            )
            shown = {**fields(format, read, level, got), "expected_rights": first.granted, "expected_row": row}
            shown |= {"got_own_frame": found, "expected_own_frame": frames[0]}
            yield condition(same, shown, **given)
        held = format.frame_in_row(format.frame_at(entry, level, addresses[0]), row, LShR(addresses[1], span), level)
        expected = format.frame_at(other, level, addresses[1])
        shown = {**numbered(format, level), "entry": entry, "other_entry": other, "row": row}
        del given["access"]
        yield condition(held == expected, {**shown, "got_frame": held, "expected_frame": expected}, **given)


THEOREMS: dict[str, tuple[str, str, Callable[[Format], Conditions]]] = {
    "row__is__one_block": (
        "C4",
        "the row of an entry is an aligned block of pages in one table, and that of an encoded leaf its own page",
        row_is_one_block,
    ),
    "row__gives__one_translation": (
        "C4",
        "each entry of a row maps its own page, and what a buffer holds of it for another is that one's translation",
        row_gives_one_translation,
    ),
}


def _build(theorem: Callable[[Format], Conditions], format: Format) -> Build:
    return lambda dialect, code: theorem(code.of_format(format))


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """Formats × what is proved of rows."""
    for format in formats:
        for name, (claim, sentence, theorem) in THEOREMS.items():
            yield CodeObligation(
                f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(theorem, format)
            )
