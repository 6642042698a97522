"""Processors that misread one of their options each: what the conditions about options are there to notice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from machine.bits import Word, field
from machine.formats import MALFORMED, Format, aarch64, riscv, x86, x86_keys
from machine.formats.base import nothing_within
from proofs.obligations.machine.options import OF_ARM, OF_RISCV, OF_X86, WITH_KEYS, WITH_NAPOT, WITH_SUM


class WrongOption(NamedTuple):
    """A misread option, the formats that have it, and each of them with the defect."""

    sentence: str
    formats: Sequence[Format]
    change: Callable[[Format], Format]


def _modes_masked(off: int) -> Callable[[Format], Format]:
    def change(right: Format) -> Format:
        def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
            return right.permits(attributes, access, user, control ^ (control & off))

        return replace(right, permits=permits)

    return change


def _key_of_next_page(right: Format) -> Format:
    return replace(right, attributes=lambda entry, level: right.attributes(entry ^ (1 << x86_keys.KEY_LOW), level))


def _key_bars_fetch(right: Format) -> Format:
    def bars(attributes: Word, access: Word, user: Word, control: int) -> Word:
        return x86_keys.bars(attributes, access & 0b110, user, control)

    def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
        return x86.permits(attributes, access, user, control) & (1 - bars(attributes, access, user, control))

    return replace(right, bars=bars, permits=permits)


def _napot_as_one_page(right: Format) -> Format:
    return replace(right, within=nothing_within)


def _napot_of_any_size(right: Format) -> Format:
    def kind(entry: Word, level: int, control: int) -> Word:
        return riscv.kind(entry ^ (entry & 1 << riscv.NAPOT_BIT), level, control)

    return replace(right, kind=kind)


def _memory_type_unasked(right: Format) -> Format:
    return replace(right, kind=lambda entry, level, control: right.kind(entry, level, control | riscv.PBMTE))


def _sum_opens_fetch(right: Format) -> Format:
    def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
        opened = field(attributes, 0, 1) & field(control, 0, 1) & field(access, 0, 1)
        return right.permits(attributes, access, user, control) | opened

    return replace(right, permits=permits)


def _contiguous_refused(right: Format) -> Format:
    def kind(entry: Word, level: int, control: int) -> Word:
        return right.kind(entry, level, control) | field(entry, aarch64.CONTIGUOUS_BIT, 1) * MALFORMED

    return replace(right, kind=kind)


def _half_a_row(right: Format) -> Format:
    return replace(right, row=lambda entry, level: right.row(entry, level) >> 1 & 127)


OPTIONS: Mapping[str, WrongOption] = {
    "smep-smap-ignored": WrongOption(
        "The supervisor fetches, loads and stores in the user's pages although SMEP and SMAP are on.",
        OF_X86,
        _modes_masked(x86.SMEP | x86.SMAP),
    ),
    "access-flag-unsuspended": WrongOption(
        "SMAP shuts the supervisor out although EFLAGS.AC suspends it.", OF_X86, _modes_masked(x86.AC)
    ),
    "key-of-next-page": WrongOption("A page's key is read with its lowest bit turned.", WITH_KEYS, _key_of_next_page),
    "key-bars-fetch": WrongOption("A protection key bars fetches as well.", WITH_KEYS, _key_bars_fetch),
    "napot-as-one-page": WrongOption(
        "Of 16 pages in a row every one is translated to the first frame.", WITH_NAPOT, _napot_as_one_page
    ),
    "napot-of-any-size": WrongOption(
        "N is accepted at every level and with every size.", WITH_NAPOT, _napot_of_any_size
    ),
    "memory-type-unasked": WrongOption(
        "A memory type is accepted although menvcfg.PBMTE is clear.", OF_RISCV, _memory_type_unasked
    ),
    "sum-opens-fetch": WrongOption(
        "With SUM the supervisor fetches from the user's pages.", WITH_SUM, _sum_opens_fetch
    ),
    "contiguous-refused": WrongOption("An entry with the contiguous bit is refused.", OF_ARM, _contiguous_refused),
    "contiguous-half-row": WrongOption(
        "Entries with the contiguous bit are held for half of their row.", OF_ARM, _half_a_row
    ),
}
"""By name what is misread."""
