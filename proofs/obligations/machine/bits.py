"""The bits of paging entries, for all of their values and all addresses, in each format.

What the machine's formats compute is computed here on bit-vectors by the same functions, since they are straight-line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, count
from typing import TypeAlias

from z3 import ULE, ULT, And, BitVec, BitVecRef, BitVecVal, If, Implies, LShR, Or

from machine.bits import Word
from machine.events import ACCESSES
from machine.formats import ABSENT, FORMATS, LEAF, POINTER, SECOND_STAGES, VARIANTS, Decoded, Format
from model.spaces.theory import Formula
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine.numbers import functions_say_the_same

Conditions: TypeAlias = Iterator[Condition]

ALL_FORMATS = (*FORMATS, *SECOND_STAGES, *VARIANTS)
"""The machine's formats: of one stage, of second stages, and of processors with something more, or less."""

GEOMETRY = ("page_bits", "index_bits", "levels", "address_bits")
"""The fields of a format that say how an address is divided."""


def spanning(formats: Iterable[Format] = ALL_FORMATS) -> tuple[Format, ...]:
    """The fewest formats that have the least and the greatest of every field of the geometry, by their levels.

    >>> [format.name for format in spanning()]
    ['x86-32', 'AArch64-64K', 'Sv57']
    """
    every = tuple(formats)
    ends = {(name, pick(getattr(each, name) for each in every)) for name in GEOMETRY for pick in (min, max)}
    some = (chosen for number in count(1) for chosen in combinations(every, number))
    found = next(chosen for chosen in some if ends <= {(n, getattr(each, n)) for n in GEOMETRY for each in chosen})
    return tuple(sorted(found, key=lambda format: format.levels))


def word(format: Format, name: str) -> BitVecRef:
    """Any value of an entry's width."""
    return BitVec(name, format.entry_bits)


def some_access(access: BitVecRef) -> Formula:
    """A load, a store or a fetch."""
    return Or(*(access == each for each in ACCESSES))


def condition(goal: Formula, shown: Mapping[str, Word] | None = None, **given: Formula) -> Condition:
    """The goal follows from these.

    What is ``shown`` has a name of its own, so that a counterexample says its value; it assumes nothing.
    """
    hypotheses = {name.replace("_", " "): formula for name, formula in given.items()}
    for name, value in (shown or {}).items():
        hypotheses[f"{name} is shown"] = BitVec(name, value.size()) == value
    return Condition(hypotheses, dict.fromkeys(hypotheses, "assumption"), goal)


def numbered(format: Format, level: int) -> dict[str, Word]:
    """The level, to be shown."""
    return {"level": BitVecVal(level, format.entry_bits)}


def number(format: Format, value: int) -> BitVecRef:
    """A number that is known, to be shown."""
    return BitVecVal(value, format.entry_bits)


def truth(format: Format, formula: Formula) -> BitVecRef:
    """A truth value as 1 or 0, to be shown."""
    return If(formula, number(format, 1), number(format, 0))


def fields(format: Format, entry: Word, level: int, got: Decoded) -> dict[str, Word]:
    """An entry at a level and what is decoded from it, to be shown."""
    named = {f"got_{name}": value for name, value in got._asdict().items()}
    return {**numbered(format, level), "entry": entry, **named}


class Leaf:
    """A leaf encoded from any words."""

    def __init__(self, format: Format, level: int) -> None:
        """At that level."""
        self.frame, self.rights, self.user, self.flags = (word(format, w) for w in ("frame", "rights", "user", "flags"))
        self.entry = format.encode_leaf(self.frame, self.rights, self.user, level, self.flags)
        self.granted = format.granted(self.rights)
        self.fits = And(
            ULE(self.rights, 7),
            self.user == 1 if format.users_only else ULE(self.user, 1),
            self.flags & ~format.kept_flags == 0,
            self.frame & ~format.frame_mask(level) == 0,
        )


def decode_inverts_encode(format: Format) -> Conditions:
    """What was encoded is decoded: frame, rights as granted, user and flags of a leaf; the frame of a pointer."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        got = format.decode(x.entry, level)
        same = And(
            got.kind == LEAF,
            got.frame == x.frame,
            got.rights == x.granted,
            got.user == x.user,
            got.flags == x.flags | format.fixed_flags,
        )
        shown = {**fields(format, x.entry, level, got), "expected_rights": x.granted}
        yield condition(same, shown, arguments_fit=x.fits, some_right_is_granted=x.granted != 0)
    frame = word(format, "frame")
    for level in range(1, format.levels):
        entry = format.encode_pointer(frame)
        got = format.decode(entry, level)
        same = And(got.kind == POINTER, got.frame == frame)
        yield condition(same, fields(format, entry, level, got), frame_fits=frame & ~format.table_mask == 0)


def encode_sets_no_reserved_bit(format: Format) -> Conditions:
    """Whatever the arguments, even such as do not fit, an encoded entry is never malformed."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        kind = format.kind(x.entry, level, format.default_control)
        shown = {**numbered(format, level), "entry": x.entry, "got_kind": kind, "expected_rights": x.granted}
        yield condition(If(x.granted == 0, kind == ABSENT, kind == LEAF), shown)
    for level in range(1, format.levels):
        entry = format.encode_pointer(word(format, "frame"))
        kind = format.kind(entry, level, format.default_control)
        yield condition(kind == POINTER, {**numbered(format, level), "entry": entry, "got_kind": kind})


def no_rights_make_no_entry(format: Format) -> Conditions:
    """rwx = 000 makes the absent entry, never a pointer and never a present leaf."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        absent = And(*(format.kind(x.entry, at, format.default_control) == ABSENT for at in range(format.levels)))
        shown = {**numbered(format, level), "entry": x.entry}
        yield condition(And(x.entry == 0, absent), shown, no_right=x.rights & 7 == 0)


def walk_permits_what_was_granted(format: Format) -> Conditions:
    """Through pointers that the kernel wrote, a leaf permits a user exactly what was granted, never more than asked."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        path = format.attributes(x.entry, level)
        for at in range(level + 1, format.levels):
            path = path & format.limits(format.encode_pointer(word(format, f"table{at}")))
        for access in ACCESSES:
            permitted = format.permits(path, access, 1, format.default_control)
            allowed = permitted == 1
            exact = allowed == And(x.user == 1, x.granted & access != 0)
            asked = Implies(allowed, (x.rights | format.widens) & access != 0)
            shown = {
                **numbered(format, level),
                **{"entry": x.entry, "attributes": path, "access": BitVecVal(access, format.entry_bits)},
                **{"expected_rights": x.granted, "got_permitted": permitted},
            }
            yield condition(And(exact, asked), shown, arguments_fit=x.fits, some_right_is_granted=x.granted != 0)


def _same_above(format: Format, one: BitVecRef, other: BitVecRef, level: int) -> Formula:
    return And(*(format.index(one, at) == format.index(other, at) for at in range(level, format.levels)))


def index_selects_pages(format: Format) -> Conditions:
    """The entry that a write changes at a level is on the walk of exactly the addresses in what it covers."""
    written, read = word(format, "written"), word(format, "read")
    for level in range(format.levels):
        span = format.span_bits(level)
        covered = LShR(written, span) == LShR(read, span)
        indices = {"index_written": format.index(written, level), "index_read": format.index(read, level)}
        yield condition(
            _same_above(format, written, read, level) == covered,
            {**numbered(format, level), **indices},
            addresses_are_canonical=And(format.canonical(written) == 1, format.canonical(read) == 1),
        )


def index_stays_in_table(format: Format) -> Conditions:
    """Every index is below the number of entries, so that an entry's place is inside its table."""
    address = word(format, "address")
    tables = {format.root_level: format.root_tables}
    for level in range(format.levels):
        index = format.index(address, level)
        inside = ULT(index, format.entries * tables.get(level, 1))
        yield condition(inside, {**numbered(format, level), "got_index": index})


THEOREMS: dict[str, tuple[str, str, Callable[[Format], Conditions]]] = {
    "decode__inverts__encode": ("C4", "what was encoded in an entry is decoded from it", decode_inverts_encode),
    "encode__sets__no_reserved_bit": (
        "C4",
        "whatever the arguments, no encoded entry has a reserved bit set or is anything but what was asked for",
        encode_sets_no_reserved_bit,
    ),
    "no_rights__make__no_entry": (
        "B.rights",
        "rwx = 000 never makes a pointer or a present leaf",
        no_rights_make_no_entry,
    ),
    "walk__permits__what_was_granted": (
        "C9",
        "the user may do through a walk exactly what the leaf grants, which is never more than was asked for",
        walk_permits_what_was_granted,
    ),
    "write__changes__its_pages_only": (
        "C4",
        "an entry is on the walk of exactly the addresses that it covers",
        index_selects_pages,
    ),
    "entry__is__inside_its_table": ("C4", "no index leads outside a table", index_stays_in_table),
    "words__are__numbers": (
        "C4",
        "each of the format's functions says of Python's integers what it says of bit-vectors of an entry's width",
        functions_say_the_same,
    ),
}


def prefix(format: Format) -> str:
    """The format's name as ids begin with it.

    >>> prefix(FORMATS[0])
    'x86_32'
    """
    return format.name.lower().replace("-", "_")


def _build(theorem: Callable[[Format], Conditions], format: Format) -> Build:
    return lambda dialect, code: theorem(code.of_format(format))


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """Formats × theorems."""
    for format in formats:
        for name, (claim, sentence, theorem) in THEOREMS.items():
            yield CodeObligation(
                f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(theorem, format)
            )
