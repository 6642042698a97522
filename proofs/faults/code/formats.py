"""Broken hardware, and a kernel that is broken about its page tables: entries' bits, the tables' code, walks.

A change of bits is made in every paging format at once, so that what is proved of each of them falls.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from z3 import Const, Exists, ForAll

from machine.bits import Word, field
from machine.formats import Format
from model.spaces.theory import Formula, Right, a, x
from proofs.faults.code import machine, options, page_tables, rows, sized_tables, wrong_entries
from proofs.faults.code.machine import FORMAT_SUBJECTS
from proofs.obligations.kernel import theorem
from proofs.obligations.machine import agreement
from proofs.obligations.machine.bits import ALL_FORMATS, prefix
from proofs.obligations.source import Code


@dataclass(frozen=True, slots=True)
class WrongHardware:
    """Something of the hardware, or of what is kept for it, that is wrong in one way."""

    name: str
    sentence: str
    subjects: tuple[str, ...]
    code: Code
    layer: str = "machine"


class _WideIndex(Format):
    """One bit of an address is taken for a part of two indexes."""

    def index(self, address: Word, level: int) -> Word:
        return field(address, self.span_bits(level), self.index_bits + 1)


class _LowIndex(Format):
    """An index begins one bit of the address too low."""

    def index(self, address: Word, level: int) -> Word:
        return field(address, self.span_bits(level) - 1, self.index_bits)


def _low_index(right: Format) -> Format:
    return _LowIndex(**{each.name: getattr(right, each.name) for each in fields(Format)})


def _wide_index(right: Format) -> Format:
    return _WideIndex(**{each.name: getattr(right, each.name) for each in fields(Format)})


def _frame_shifted(right: Format) -> Format:
    return replace(right, frame=lambda entry, level: right.frame(entry, level) >> 1, table=lambda e: right.table(e) + 1)


def _not_valid(right: Format) -> Format:
    return replace(right, pointer=lambda frame: right.pointer(frame) & ~1)


def _empty_made(right: Format) -> Format:
    return replace(
        right, leaf=lambda frame, rights, user, level, flags: right.leaf(frame, rights | 4, user, level, flags)
    )


def _all_granted(right: Format) -> Format:
    return replace(right, leaf=lambda frame, rights, user, level, flags: right.leaf(frame, 7, user, level, flags))


def _narrow_index(right: Format) -> Format:
    return replace(right, index_bits=right.index_bits - 1)


def _of_formats(name: str, sentence: str, wrong: Callable[[Format], Format]) -> WrongHardware:
    subjects = tuple(f"{prefix(each)}__" for each in ALL_FORMATS)
    return WrongHardware(name, sentence, subjects, _code_of(wrong, ALL_FORMATS))


def _code_of(wrong: Callable[[Format], Format], formats: Iterable[Format]) -> Code:
    return Code(formats={each.name: wrong(each) for each in formats})


def _copies_sign(right: Format) -> Format:
    def table(entry: Word) -> Word:
        return right.table(entry) | (entry >> (right.entry_bits - 1) & 2)

    return replace(right, table=table)


def _marks_frame(right: Format) -> Format:
    return replace(right, mark=lambda entry, leaf, access: right.mark(entry, leaf, access) ^ (1 << right.page_bits))


def _of_page_tables() -> Iterator[WrongHardware]:
    """Page tables that are wrong in their code."""
    for name, wrong in page_tables.PAGE_TABLES.items():
        yield WrongHardware(name, wrong.sentence, _units(wrong.units), Code(page_tables=wrong.cls), "kernel")
    for name, wrong in page_tables.POOLS.items():
        yield WrongHardware(name, wrong.sentence, _units(wrong.units), Code(table_pool=wrong.cls), "kernel")
    for name, wrong in page_tables.PLACES.items():
        yield WrongHardware(name, wrong.sentence, FORMAT_SUBJECTS, Code(page_tables=wrong.cls), "kernel")


def _of_sized_tables() -> Iterator[WrongHardware]:
    """Page tables with large leaves that are wrong in their code."""
    for name, wrong in sized_tables.SIZED_TABLES.items():
        yield WrongHardware(name, wrong.sentence, wrong.subjects, Code(sized_tables=wrong.cls), "kernel")


def _of_machine() -> Iterator[WrongHardware]:
    """Walks, cores, buffers and tags that are wrong in their code."""
    for name, wrong in machine.MACHINE.items():
        yield WrongHardware(name, wrong.sentence, wrong.subjects, wrong.code)


def _of_options() -> Iterator[WrongHardware]:
    """Options of processors that are ignored, or done at the wrong time."""
    for name, wrong in options.OPTIONS.items():
        subjects = tuple(f"{prefix(each)}__" for each in wrong.formats)
        yield WrongHardware(name, wrong.sentence, subjects, _code_of(wrong.change, wrong.formats))


def _units(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"page_tables_{name}__" for name in names)


def _spurious() -> Mapping[str, Formula]:
    core, frame, some = theorem.core, theorem.frame, Const("some_right", Right)
    hit = Exists([some], agreement.holds_some(lambda shown: theorem.held(core, x, shown, some)))
    taken = agreement.takes(
        theorem.accessed(core, x, frame, a), theorem.held(core, x, frame, a), hit, theorem.found(x, frame, a)
    )
    return {theorem.ACCESSES: ForAll([core, x, frame, a], taken)}


CHANGES: Mapping[str, WrongHardware] = MappingProxyType(
    {
        each.name: each
        for each in (
            _of_formats("entry-frame-shifted", "A frame is read from an entry one bit too low.", _frame_shifted),
            _of_formats("pointer-not-valid", "The entry that points to a table lacks its valid bit.", _not_valid),
            _of_formats("empty-entry-made", "An entry without rights is written as one that may be read.", _empty_made),
            _of_formats("entry-grants-all", "An entry is written with all rights.", _all_granted),
            _of_formats("index-too-wide", "An index has one bit of the address too many.", _wide_index),
            _of_formats("index-too-narrow", "An index has one bit of the address too few.", _narrow_index),
            _of_formats("index-too-low", "An index begins one bit of the address too low.", _low_index),
            _of_formats("word-sign-copied", "A shift to the right copies the sign, as of no integer.", _copies_sign),
            _of_formats("mark-moves-frame", "What the processor marks in an entry changes its frame.", _marks_frame),
            *(_of_formats(name, wrong.sentence, wrong.change) for name, wrong in rows.ROWS.items()),
            WrongHardware(
                "slot-address-of-space",
                "A slot's address is that of the page that has its space's number.",
                ("slot__",),
                Code(page_tables=wrong_entries.PageOfSpace),
                "kernel",
            ),
            *_of_page_tables(),
            *_of_sized_tables(),
            *_of_machine(),
            *_of_options(),
            WrongHardware(
                "hit-denies",
                "A core that holds a translation which does not permit the access does not walk again.",
                ("hardware__",),
                Code(hardware=_spurious()),
            ),
        )
    }
)
"""Every such change, by name."""

__all__ = ["CHANGES", "WrongHardware"]
