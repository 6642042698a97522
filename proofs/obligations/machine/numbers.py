"""That a format's functions say of words what they say of Python's integers.

All else about the bits of entries is proved on bit-vectors of an entry's width. Python's integers are no such words:
they have no width that cuts a sum off, and no sign that a shift to the right copies. So each function is called with
both, for all values, and has to say the same.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from z3 import And, BitVec, BitVecRef, ZeroExt

from machine.formats import Format
from model.spaces.theory import Formula
from proofs.execution.integers import Integer, integer
from proofs.obligation import Condition
from proofs.obligations.machine.walk_spec import takes_any_control


class Argument(NamedTuple):
    """Any number of so many bits, as a word and as an integer."""

    word: BitVecRef
    number: Integer


def _any(format: Format, name: str, bits: int) -> Argument:
    number = BitVec(name, bits)
    return Argument(ZeroExt(format.entry_bits - bits, number) if bits < format.entry_bits else number, Integer(number))


def _same(function: Callable[..., Any], *arguments: Any) -> Formula:
    """Whether a function says the same of words and of numbers; what is no argument of that kind is given as it is."""
    of_words = function(*(each.word if isinstance(each, Argument) else each for each in arguments))
    of_numbers = function(*(each.number if isinstance(each, Argument) else each for each in arguments))
    if not isinstance(of_words, tuple):
        of_words, of_numbers = (of_words,), (of_numbers,)
    return And(*(_equal(word, number) for word, number in zip(of_words, of_numbers, strict=True)))


def _equal(word: Any, number: Any) -> Formula:
    return integer(number) == (Integer(word) if isinstance(word, BitVecRef) else integer(word))


def calls_of(format: Format) -> Iterator[tuple[str, int | None, Formula]]:
    """By function and level, that it says the same."""
    entry, frame = _any(format, "entry", format.entry_bits), _any(format, "frame", format.physical_bits - 12)
    frame = frame if format.physical_bits - 12 < format.entry_bits else _any(format, "frame", format.entry_bits)
    address = _any(format, "address", min(format.address_bits, format.entry_bits))
    row = _any(format, "row", format.index_bits)
    rights, user, flags = _any(format, "rights", 3), _any(format, "user", 1), _any(format, "flags", 3)
    attributes, access = _any(format, "attributes", format.all_attributes.bit_length()), _any(format, "access", 3)
    control: Any = format.default_control
    if takes_any_control(format):
        control = _any(format, "control", format.control_bits)
    yield "canonical", None, _same(format.canonical, address)
    yield "table", None, _same(format.table, entry)
    yield "limits", None, _same(format.limits, entry)
    yield "user", None, _same(format.user, entry)
    yield "flags", None, _same(format.flags, entry)
    yield "permits", None, _same(format.permits, attributes, access, user, control)
    yield "bars", None, _same(format.bars, attributes, access, user, control)
    yield "granted", None, _same(format.granted, rights)
    yield "pointer", None, _same(format.pointer, frame)
    yield "encode_pointer", None, _same(format.encode_pointer, frame)
    for leaf in (0, 1):
        yield "shared", leaf, _same(format.shared, entry, leaf, control)
        yield "mark", leaf, _same(format.mark, entry, leaf, access)
    for level in range(format.levels):
        yield "kind", level, _same(format.kind, entry, level, control)
        yield "index", level, _same(format.index, address, level)
        yield "decode", level, _same(format.decode, entry, level, control)
    for level in range(format.page_levels):
        yield "frame", level, _same(format.frame, entry, level)
        yield "within", level, _same(format.within, entry, level)
        yield "row", level, _same(format.row, entry, level)
        yield "in_row", level, _same(format.in_row, entry, level)
        yield "frame_in_row", level, _same(format.frame_in_row, frame, row, address, level)
        yield "attributes", level, _same(format.attributes, entry, level)
        yield "leaf", level, _same(format.leaf, frame, rights, user, level, flags)
        yield "encode_leaf", level, _same(format.encode_leaf, frame, rights, user, level, flags)
        yield "frame_at", level, _same(format.frame_at, entry, level, address)


def functions_say_the_same(format: Format) -> Iterator[Condition]:
    """One condition for each function, of all levels."""
    calls: dict[str, list[Formula]] = {}
    for name, _, formula in calls_of(format):
        calls.setdefault(name, []).append(formula)
    for formulas in calls.values():
        yield Condition({}, {}, And(*formulas))
