"""Formats that are wrong about rows of pages: which pages are one, and what an entry that is held for all says."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import NamedTuple

from machine.bits import Word
from machine.formats import Format
from machine.formats.base import GLOBAL, in_no_row


class WrongRows(NamedTuple):
    """What is wrong, and what makes a format with it."""

    sentence: str
    change: Callable[[Format], Format]


class _NextInRow(Format):
    """What is held for a row gives each page the frame of the next one."""

    def frame_in_row(self, frame: Word, row: Word, number: Word, level: int) -> Word:
        low = self.span_bits(level) - 12
        return frame ^ (frame & (row << low)) | ((number & row) + 1) << low


def _next_in_row(right: Format) -> Format:
    return _NextInRow(**{each.name: getattr(right, each.name) for each in fields(Format)})


def _every_other(right: Format) -> Format:
    return replace(right, row=lambda entry, level: right.row(entry, level) ^ 2)


def _pairs(right: Format) -> Format:
    return replace(right, row=lambda entry, level: right.row(entry, level) | 1)


def _frame_of_row(right: Format) -> Format:
    return replace(right, in_row=lambda entry, level: right.in_row(entry, level) ^ 1 << right.span_bits(level))


def _shared_by_all(right: Format) -> Format:
    shared = right.encode_leaf(0, 4, 1, 0, GLOBAL) ^ right.encode_leaf(0, 4, 1, 0)
    return replace(right, in_row=lambda entry, level: right.in_row(entry, level) ^ shared)


def _made_as_single(right: Format) -> Format:
    return replace(right, in_row=in_no_row)


ROWS: Mapping[str, WrongRows] = {
    "row-of-every-other-page": WrongRows("Of a row every other page is taken for one of it.", _every_other),
    "row-of-every-leaf": WrongRows("Every leaf is taken for one of two pages in a row.", _pairs),
    "row-held-for-next-page": WrongRows(
        "What is held of one page of a row gives every other the frame of the page behind it.", _next_in_row
    ),
    "row-entry-moves-frame": WrongRows("An entry of a row has a bit of its frame turned.", _frame_of_row),
    "row-entry-of-all-spaces": WrongRows("An entry of a row is of all spaces where it was of one.", _shared_by_all),
    "row-never-made": WrongRows("Entries of a row are written as those of single pages.", _made_as_single),
}
"""By name what is wrong; of every format, whether it has rows or not."""
