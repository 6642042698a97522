"""Obligations, bit by bit, of the stand-ins with which the code of the page tables is executed.

There an entry is what was encoded in it, a place is a table and an index, and a slot a space and a page. Each of these
is an obligation here, of the format's functions, of ``PageTables._item`` and the walk that the processor does, and of
the arithmetic on slots, all of them executed:

================================================  =====================================================================
what is taken for granted of terms                what is proved of bits
================================================  =====================================================================
a place is a table and an index                   :func:`distinct_pages_have_distinct_entries`
the processor looks in the same place             :func:`walker_finds_places`
clearing a table clears its entries, no others    :func:`place_is_inside_its_table`
pointers are never 0 and lead to their table      :func:`pointer_leads_to_its_table`
a leaf is 0 only if nothing is granted            :func:`leaf_is_absent_without_rights`
reading marks gives those written                 :func:`leaf_is_absent_without_rights`
marks that the processor sets change no more      :func:`marks_change_nothing_else`
addresses that agree at all levels are equal      :func:`proofs.obligations.machine.bits.index_selects_pages`
a slot is a space and a page                      :func:`slot_is_space_and_page`
================================================  =====================================================================
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from z3 import ULT, And, ArithRef, BitVecRef, BoolVal, Int, LShR, UDiv

from machine.formats import ABSENT, POINTER, Format
from machine.walker import walk_of
from model.scope import Scope
from model.spaces.theory import Formula
from proofs.execution.comparing import check_fits
from proofs.execution.integers import Integer, integer
from proofs.execution.monitor import bind
from proofs.execution.path import Path
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine.bits import ALL_FORMATS, Leaf, condition, prefix, some_access, word
from proofs.obligations.source import CODE, Code

Conditions = Iterator[Condition]
Theorems: TypeAlias = Mapping[str, tuple[str, str, Callable[[Format, Code], Conditions]]]
"""Of a format: by name the claim, the sentence, and what makes the conditions."""


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A word as code computes with unsigned numbers: shifts bring in zeros, and division has no sign."""

    term: BitVecRef

    def __lshift__(self, bits: int) -> "Word":
        """Times a power of two."""
        return Word(self.term << bits)

    def __rshift__(self, bits: int) -> "Word":
        """Divided by a power of two."""
        return Word(LShR(self.term, bits))

    def __floordiv__(self, by: int) -> "Word":
        """Divided, without the rest."""
        check_fits(by, self.term)
        return Word(UDiv(self.term, by))

    def __and__(self, mask: int) -> "Word":
        """The bits in a mask."""
        check_fits(mask, self.term)
        return Word(self.term & mask)

    def __add__(self, other: object) -> "Word":
        """The sum."""
        check_fits(other, self.term)
        return Word(self.term + (other.term if isinstance(other, Word) else other))

    __radd__ = __add__

    def __sub__(self, other: "Word") -> "Word":
        """The difference."""
        return Word(self.term - other.term)

    def __mul__(self, by: int) -> "Word":
        """The product."""
        check_fits(by, self.term)
        return Word(self.term * by)

    def __ge__(self, end: int) -> bool:
        """Whether it is beyond the end of memory: what is asked for lies inside."""
        return False


@dataclass(frozen=True, slots=True)
class _OfFormat:
    """The object whose method is executed: it has a format and nothing else."""

    format: Format


def number_of(format: Format, table: BitVecRef, address: BitVecRef, level: int, code: Code = CODE) -> Integer:
    """What ``PageTables._item`` computes, of Python's integers: a place, in entries from the start of memory."""
    function: Any = code.page_tables._item  # type: ignore[attr-defined]
    return integer(bind(function, Path())(_OfFormat(format), Integer(table), Integer(address), level))


def item(format: Format, table: BitVecRef, address: BitVecRef, level: int, code: Code = CODE) -> BitVecRef:
    """The same as a word; that nothing of it is cut off is proved where a place is inside its table."""
    return number_of(format, table, address, level, code).low(format.entry_bits)


def _frames(format: Format) -> int:
    """How many frames there are; a table's is one of them."""
    return 1 << (min(format.physical_bits, format.entry_bits) - 12)


def accepted(format: Format, *addresses: BitVecRef) -> dict[str, Formula]:
    """What ``PageTables`` demands of addresses where several tables are the root: that the first translates them.

    Where one table is the root, nothing has to be known of addresses.
    """
    if format.root_tables == 1:
        return {}
    top = format.root_level
    return {"the_first_table_translates_it": And(*(
        And(format.canonical(each) == 1, ULT(format.index(each, top), format.entries)) for each in addresses
    ))}  # fmt: skip


def distinct_pages_have_distinct_entries(format: Format, code: Code) -> Conditions:
    """Two entries are in one place only if they are in one table, at one index."""
    one, other, a, b = (word(format, name) for name in ("one", "other", "a", "b"))
    fit = And(ULT(one, _frames(format)), ULT(other, _frames(format)))
    for level in range(format.levels):
        same = item(format, one, a, level, code) == item(format, other, b, level, code)
        goal = same == And(one == other, format.index(a, level) == format.index(b, level))
        yield condition(goal, frames_fit=fit, **accepted(format, a, b))


def place_is_inside_its_table(format: Format, code: Code) -> Conditions:
    """An entry's bytes lie in the bytes of its table, which has no more than a frame."""
    table, address = word(format, "table"), word(format, "address")
    for level in range(format.levels):
        offset = item(format, table, address, level, code) * format.entry_bytes - (table << 12)
        inside = And(ULT(offset, format.table_bytes), offset & (format.entry_bytes - 1) == 0)
        whole = BoolVal(format.table_bytes <= 1 << 12)
        uncut = Integer(item(format, table, address, level, code)) == number_of(format, table, address, level, code)
        yield condition(And(uncut, inside, whole), frames_fit=ULT(table, _frames(format)), **accepted(format, address))


class _Words:
    """Memory that notes where the walk looks; the nth entry is n."""

    def __init__(self) -> None:
        self.looked: list[BitVecRef] = []

    def __len__(self) -> int:
        return 0

    def __getitem__(self, place: Word) -> int:
        self.looked.append(place.term)
        return len(self.looked)


def looked_at(format: Format, root: BitVecRef, tables: list[BitVecRef], address: BitVecRef) -> list[BitVecRef]:
    """Where the processor's walk looks, in entries from the start of memory, from the root level down.

    :param tables: where the pointers that it meets lead.
    """
    words, last = _Words(), format.levels
    met = replace(
        format,
        canonical=lambda address: 1,
        kind=lambda entry, level, control: POINTER if entry < last else ABSENT,
        table=lambda entry: Word(tables[entry - 1]),
        limits=lambda entry: 0,
        shared=lambda entry, leaf, control: 0,
        mark=lambda entry, leaf, access: entry,
    )
    walk_of(met, words)(words, Word(root << 12), Word(address), 4, 1, 0)  # type: ignore[arg-type]
    return words.looked


def walker_finds_places(format: Format, code: Code) -> Conditions:
    """At each level the processor looks where the kernel writes."""
    address = word(format, "address")
    root, *below = (word(format, f"table{level}") for level in reversed(range(format.levels)))
    fit = And(*(ULT(table, _frames(format)) for table in (root, *below)))
    looked = looked_at(format, root, below, address)
    levels = reversed(range(format.levels))
    written = [item(format, table, address, at, code) for table, at in zip((root, *below), levels, strict=True)]
    same = And(*(one == other for one, other in zip(looked, written, strict=True)))
    yield condition(same, frames_fit=fit, **accepted(format, address))


def pointer_leads_to_its_table(format: Format, code: Code) -> Conditions:
    """The entry that points to a table is not 0, and leads to it, with whatever marks the processor sets."""
    frame, access = word(format, "frame"), word(format, "access")
    entry = format.encode_pointer(frame)
    for read in (entry, format.mark(entry, 0, access)):
        yield condition(
            And(read != 0, format.table(read) == frame),
            frame_fits=frame & ~format.table_mask == 0,
            access=some_access(access),
        )


def leaf_is_absent_without_rights(format: Format, code: Code) -> Conditions:
    """A leaf is 0 if and only if nothing of its rights is granted; otherwise its marks are those asked for."""
    x = Leaf(format, 0)
    yield condition((x.entry == 0) == (x.granted == 0), arguments_fit=x.fits)
    yield condition(
        format.flags(x.entry) == x.flags | format.fixed_flags, arguments_fit=x.fits, something=x.granted != 0
    )


def marks_change_nothing_else(format: Format, code: Code) -> Conditions:
    """What the processor marks in a leaf changes neither its frame nor its rights, and takes no mark away."""
    x, access = Leaf(format, 0), word(format, "access")
    was, now = format.decode(x.entry), format.decode(format.mark(x.entry, 1, access))
    same = And(now.kind == was.kind, now.frame == was.frame, now.rights == was.rights, now.user == was.user)
    yield condition(
        And(same, now.flags & was.flags == was.flags),
        arguments_fit=x.fits,
        something=x.granted != 0,
        access=some_access(access),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A number of a slot, to be divided by how many pages a space has."""

    term: ArithRef

    @property
    def parts(self) -> tuple[ArithRef, ArithRef]:
        """Return the quotient and the remainder that the division gives."""
        return Int(f"space of {self.term}"), Int(f"page of {self.term}")

    def __floordiv__(self, pages: ArithRef) -> ArithRef:
        """Divided."""
        return self.parts[0]

    def __mod__(self, pages: ArithRef) -> ArithRef:
        """What is left over."""
        return self.parts[1]

    def division(self, pages: ArithRef) -> Formula:
        """Say that the two are quotient and remainder."""
        whole, rest = self.parts
        return And(self.term == pages * whole + rest, rest >= 0, rest < pages)


class _Itself:
    """A list in which each number stands at its own place."""

    def __getitem__(self, number: Any) -> Any:
        return number


@dataclass(frozen=True, slots=True, eq=False)
class _Pages:
    """A scope whose methods are executed: it has pages."""

    pages: ArithRef


@dataclass(frozen=True, slots=True, eq=False)
class _OfScope:
    """Page tables whose methods are executed: they have a scope, and an address for each page that is its number."""

    scope: _Pages

    @property
    def addresses(self) -> _Itself:
        return _Itself()


def slot_is_space_and_page(code: Code) -> Conditions:
    """Two slots of one space and one page are the same slot."""
    pages = Int("pages")
    slots = [Number(Int(name)) for name in ("one", "other")]
    scope = _Pages(pages)
    address: Any = code.page_tables.address  # type: ignore[attr-defined]
    space, page = bind(Scope.space, Path()), bind(address, Path())
    one, other = ((space(scope, slot), page(_OfScope(scope), slot)) for slot in slots)
    known = And(pages >= 1, *(slot.division(pages) for slot in slots))
    yield condition(
        slots[0].term == slots[1].term,
        slots_are_divided=known,
        space_and_page_are_the_same=And(one[0] == other[0], one[1] == other[1]),
    )


OF_TABLES: Theorems = {
    "distinct_pages__have__distinct_entries": (
        "C4",
        "two entries are in one place only if they are in one table at one index",
        distinct_pages_have_distinct_entries,
    ),
    "place__is__inside_its_table": ("C4", "an entry lies in its table, which fills a frame", place_is_inside_its_table),
    "walker__finds__places": (
        "C4",
        "at each level the processor looks for an entry where the kernel writes it",
        walker_finds_places,
    ),
}
"""What is proved of the places of entries, by the code of the page tables."""

OF_ENTRIES: Theorems = {
    "pointer__leads__to_its_table": (
        "C4",
        "an entry that points to a table is never 0 and leads to that table",
        pointer_leads_to_its_table,
    ),
    "leaf__is__absent_without_rights": (
        "B.rights",
        "a page's entry is 0 if and only if nothing is granted, and has the marks that were asked for",
        leaf_is_absent_without_rights,
    ),
    "marks__change__nothing_else": (
        "C4",
        "what the processor marks in an entry changes neither frame nor rights",
        marks_change_nothing_else,
    ),
}
"""What is proved of the entries themselves, whatever tables they stand in."""


def _build(theorem: Callable[[Format, Code], Conditions], format: Format) -> Build:
    return lambda dialect, code: theorem(code.of_format(format), code)


def taken_by_the_kernel(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[Format]:
    """The formats that the kernel's page tables take: those whose pages and tables fill frames."""
    return (format for format in formats if format.fills_frames)


def of_formats(theorems: Theorems, formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """Formats × theorems."""
    for format in formats:
        for name, (claim, sentence, theorem) in theorems.items():
            yield CodeObligation(
                f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(theorem, format)
            )


def format_obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """What is proved of entries in every format, and of places in those that the kernel takes."""
    formats = list(formats)
    yield from of_formats(OF_TABLES, taken_by_the_kernel(formats))
    yield from of_formats(OF_ENTRIES, formats)


def obligations() -> Iterator[CodeObligation]:
    """Collect the obligations of every format, and the one of slots."""
    yield from format_obligations()
    yield CodeObligation(
        "slot__is__space_and_page",
        "A.sets",
        "two slots of one space and one page are the same slot",
        lambda dialect, code: slot_is_space_and_page(code),
    )
