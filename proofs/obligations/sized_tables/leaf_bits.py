"""Obligations, bit by bit, of what stands for the leaves of a mapping where code is executed on terms.

======================================================  ===============================================================
what is taken for granted of terms                      what is proved of bits
======================================================  ===============================================================
a mapping's pages are those of its leaves               :func:`leaves_cover_their_mapping`
leaves lie one after the other in one table             :func:`leaves_cover_their_mapping`
a page sees through its leaf the mapping's frame        :func:`pages_see_their_frames`
a leaf is 0 only if nothing is granted, on any level    :func:`large_leaf_says_what_was_encoded`
it is a leaf there, and has the marks asked for         :func:`large_leaf_says_what_was_encoded`
marks that the processor sets change no more            :func:`large_leaf_says_what_was_encoded`
======================================================  ===============================================================
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from z3 import ULE, ULT, And, BitVecRef, If, Implies, LShR, Or

from machine.formats import LEAF, Format
from model.spaces.theory import Formula
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine.bits import (
    ALL_FORMATS,
    Leaf,
    condition,
    fields,
    numbered,
    some_access,
    truth,
    word,
)
from proofs.obligations.page_tables.places import (
    Conditions,
    Theorems,
    accepted,
    item,
    of_formats,
    taken_by_the_kernel,
)
from proofs.obligations.sized_tables.arithmetic import numbers, orders
from proofs.obligations.source import Code


def mappable(format: Format) -> range:
    """The orders of mappings whose pages all have addresses that the format translates.

    Where addresses are as far as their highest bit says, half of all is the most that lies together.
    """
    bits = format.span_bits(format.levels)
    most = bits - 12 - int(format.address_bits > bits)
    return range(min(len(orders(format)), most + 1))


def _aligned(address: BitVecRef, bits: int) -> Formula:
    return address & ((1 << bits) - 1) == 0


def _is_page(format: Format, address: BitVecRef) -> Formula:
    return And(format.canonical(address) == 1, _aligned(address, 12), *accepted(format, address).values())


@dataclass(frozen=True, slots=True)
class OfOrder:
    """What is given of one order, what is claimed of it, and what is to be shown."""

    given: Formula
    goal: Formula
    shown: Mapping[str, BitVecRef]


def together(format: Format, level: int, each: Mapping[int, OfOrder], **given: Formula) -> Condition:
    """One condition for all orders whose leaves are on a level: of whichever of them, what is claimed of it.

    The orders of a level share nearly all of their terms, and a solver is asked once instead of for each.
    """
    order = word(format, "order")

    shown: dict[str, BitVecRef] = {}
    for number, one in each.items():
        for name, value in one.shown.items():
            shown[name] = If(order == number, value, shown[name]) if name in shown else value
    known = Or(*(And(order == number, one.given) for number, one in each.items()))
    goal = And(*(Implies(order == number, one.goal) for number, one in each.items()))
    return condition(goal, {**numbered(format, level), **shown}, order_is_one_of_the_level=known, **given)


def by_level(format: Format, code: Code) -> dict[int, list[int]]:
    """The orders of mappings by the level of their leaves."""
    of, found = numbers(format, code), dict[int, list[int]]()
    for order in mappable(format):
        found.setdefault(of.level(order), []).append(order)
    return found


def leaves_cover_their_mapping(format: Format, code: Code) -> Conditions:
    """A page lies in a mapping if and only if it has the slot's index above its leaves, and there one of theirs.

    The places of these are one after the other, and all in one table.
    """
    of = numbers(format, code)
    first, page, table, leaf = (word(format, name) for name in ("first", "page", "table", "leaf"))
    frames = 1 << (min(format.physical_bits, format.entry_bits) - 12)
    pages = {"pages_are_pages": And(_is_page(format, first), _is_page(format, page))}
    for level, some in by_level(format, code).items():
        above = And(*(format.index(first, k) == format.index(page, k) for k in range(level + 1, format.levels)))
        nth = format.index(page, level) - format.index(first, level)
        cover, lie = dict[int, OfOrder](), dict[int, OfOrder]()
        place = item(format, table, first, level, code) + leaf
        start, index = item(format, table, first & 0, level, code), format.index(first, level) + leaf
        for order in some:
            leaves, begins = of.leaves(order), _aligned(first, 12 + order)
            inside = LShR(first, 12 + order) == LShR(page, 12 + order)
            through = And(above, ULT(nth, leaves))
            seen = {"nth_leaf": nth, "got_inside": truth(format, through), "expected_inside": truth(format, inside)}
            cover[order] = OfOrder(begins, inside == through, seen)
            same_table = And(ULT(index, format.entries), place == start + index)
            where = {"index": index, "got_place": place, "expected_place": start + index}
            lie[order] = OfOrder(And(begins, ULT(leaf, leaves)), same_table, where)
        yield together(format, level, cover, **pages)
        yield together(format, level, lie, **pages, frame_fits=ULT(table, frames))


def pages_see_their_frames(format: Format, code: Code) -> Conditions:
    """A page of a mapping sees through its leaf the frame that is as far from the first as the page from the slot.

    So it does on the level of the mapping's leaves, and on the one below where a table of leaves takes a leaf's place.
    """
    of = numbers(format, code)
    first, page, frame = (word(format, name) for name in ("first", "page", "frame"))
    rights, flags = word(format, "rights"), word(format, "flags")
    seen: dict[int, dict[int, OfOrder]] = {}
    for top, some in by_level(format, code).items():
        for order in some:
            for level in {top, max(top - 1, 0)} if order == of.leaf_order(order) else {top}:
                size = level * format.index_bits
                nth = format.index(page, level) - format.index(first, level)
                entry = format.encode_leaf(frame + (nth << size), rights, level=level, flags=flags)
                found = format.frame_at(entry, level, page) | (LShR(page, 12) & ((1 << size) - 1))
                expected = frame + LShR(page - first, 12)
                of_mapping = LShR(first, 12 + order) == LShR(page, 12 + order)
                begins = And(_aligned(first, 12 + order), _aligned(frame, order), of_mapping)
                shown = {"entry": entry, "got_frame": found, "expected_frame": expected}
                seen.setdefault(level, {})[order] = OfOrder(begins, found == expected, shown)
    for level, each in seen.items():
        yield together(
            format,
            level,
            each,
            pages_are_pages=And(_is_page(format, first), _is_page(format, page)),
            frames_are_a_block=frame & ~format.frame_mask(0) == 0,
            something=format.granted(rights) != 0,
            rights_and_flags_fit=And(ULE(rights, 7), ULE(flags, 7)),
        )


def large_leaf_says_what_was_encoded(format: Format, code: Code) -> Conditions:
    """On each level a leaf is 0 if nothing is granted, and else one there with the marks asked for, and stays one."""
    access = word(format, "access")
    for level in range(format.page_levels):
        x = Leaf(format, level)
        shown = {**numbered(format, level), "entry": x.entry, "expected_rights": x.granted}
        yield condition((x.entry == 0) == (x.granted == 0), shown, arguments_fit=x.fits)
        kind = format.kind(x.entry, level, format.default_control)
        flags, expected = format.flags(x.entry), x.flags | format.fixed_flags
        noted = And(kind == LEAF, flags == expected)
        seen = {**shown, "got_kind": kind, "got_flags": flags, "expected_flags": expected}
        yield condition(noted, seen, arguments_fit=x.fits, something=x.granted != 0)
        marked = format.mark(x.entry, 1, access)
        was, now = format.decode(x.entry, level), format.decode(marked, level)
        same = And(now.kind == was.kind, now.frame == was.frame, now.rights == was.rights, now.user == was.user)
        expected_fields = {f"expected_{name}": value for name, value in was._asdict().items()}
        yield condition(
            And(same, now.flags & was.flags == was.flags),
            {**fields(format, marked, level, now), **expected_fields, "unmarked_entry": x.entry},
            arguments_fit=x.fits,
            something=x.granted != 0,
            access=some_access(access),
        )


OF_TABLES: Theorems = {
    "leaves__cover__their_mapping": (
        "A.sets",
        "a page lies in a mapping if and only if one of its leaves is on the page's way, and these lie in one table",
        leaves_cover_their_mapping,
    ),
    "pages__see__their_frames": (
        "C4",
        "a page sees through its leaf, of whatever level, the frame that is as far from the first as the page",
        pages_see_their_frames,
    ),
}
"""What is proved of leaves by the code of the page tables."""

OF_ENTRIES: Theorems = {
    "large_leaf__says__what_was_encoded": (
        "C4",
        "on each level a leaf is 0 if and only if nothing is granted, and marks change neither frame nor rights",
        large_leaf_says_what_was_encoded,
    ),
}
"""What is proved of leaves themselves, whatever tables they stand in."""

THEOREMS: Theorems = {**OF_TABLES, **OF_ENTRIES}


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """What is proved of large leaves in every format, and of mappings in those that the kernel takes."""
    formats = list(formats)
    yield from of_formats(OF_TABLES, taken_by_the_kernel(formats))
    yield from of_formats(OF_ENTRIES, formats)
