"""The bits of paging entries, for all of their values and all addresses, in each format.

What the machine's formats compute is computed here on bit-vectors by the same functions, since they are straight-line.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from z3 import ULE, ULT, And, BitVec, BitVecRef, If, Implies, LShR

from machine.events import ACCESSES
from machine.formats import ABSENT, FORMATS, LEAF, POINTER, SECOND_STAGES, Format
from model.spaces.theory import Formula
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation

Conditions: TypeAlias = Iterator[Condition]

ALL_FORMATS = (*FORMATS, *SECOND_STAGES)
"""The machine's formats, of one stage and of second stages."""


def word(format: Format, name: str) -> BitVecRef:
    """Any value of an entry's width."""
    return BitVec(name, format.entry_bits)


def condition(goal: Formula, **given: Formula) -> Condition:
    """The goal follows from these."""
    hypotheses = {name.replace("_", " "): formula for name, formula in given.items()}
    return Condition(hypotheses, dict.fromkeys(hypotheses, "assumption"), goal)


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
        yield condition(same, arguments_fit=x.fits, some_right_is_granted=x.granted != 0)
    frame = word(format, "frame")
    for level in range(1, format.levels):
        got = format.decode(format.encode_pointer(frame), level)
        yield condition(And(got.kind == POINTER, got.frame == frame), frame_fits=frame & ~format.table_mask == 0)


def encode_sets_no_reserved_bit(format: Format) -> Conditions:
    """Whatever the arguments, even such as do not fit, an encoded entry is never malformed."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        kind = format.kind(x.entry, level, format.default_control)
        yield condition(If(x.granted == 0, kind == ABSENT, kind == LEAF))
    for level in range(1, format.levels):
        yield condition(
            format.kind(format.encode_pointer(word(format, "frame")), level, format.default_control) == POINTER
        )


def no_rights_make_no_entry(format: Format) -> Conditions:
    """rwx = 000 makes the absent entry, never a pointer and never a present leaf."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        absent = And(*(format.kind(x.entry, at, format.default_control) == ABSENT for at in range(format.levels)))
        yield condition(And(x.entry == 0, absent), no_right=x.rights & 7 == 0)


def walk_permits_what_was_granted(format: Format) -> Conditions:
    """Through pointers that the kernel wrote, a leaf permits a user exactly what was granted, never more than asked."""
    for level in range(format.page_levels):
        x = Leaf(format, level)
        path = format.attributes(x.entry, level)
        for at in range(level + 1, format.levels):
            path = path & format.limits(format.encode_pointer(word(format, f"table{at}")))
        for access in ACCESSES:
            allowed = format.permits(path, access, 1, format.default_control) == 1
            exact = allowed == And(x.user == 1, x.granted & access != 0)
            asked = Implies(allowed, (x.rights | format.widens) & access != 0)
            yield condition(And(exact, asked), arguments_fit=x.fits, some_right_is_granted=x.granted != 0)


def _same_above(format: Format, one: BitVecRef, other: BitVecRef, level: int) -> Formula:
    return And(*(format.index(one, at) == format.index(other, at) for at in range(level, format.levels)))


def index_selects_pages(format: Format) -> Conditions:
    """The entry that a write changes at a level is on the walk of exactly the addresses in what it covers."""
    written, read = word(format, "written"), word(format, "read")
    for level in range(format.levels):
        span = format.span_bits(level)
        covered = LShR(written, span) == LShR(read, span)
        yield condition(
            _same_above(format, written, read, level) == covered,
            addresses_are_canonical=And(format.canonical(written) == 1, format.canonical(read) == 1),
        )


def index_stays_in_table(format: Format) -> Conditions:
    """Every index is below the number of entries, so that an entry's place is inside its table."""
    address = word(format, "address")
    tables = {format.root_level: format.root_tables}
    inside = [
        ULT(format.index(address, level), format.entries * tables.get(level, 1)) for level in range(format.levels)
    ]
    yield condition(And(*inside))


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
}


def prefix(format: Format) -> str:
    """The format's name as ids begin with it.

    >>> prefix(FORMATS[0])
    'x86_32'
    """
    return format.name.lower().replace("-", "_")


def _build(theorem: Callable[[Format], Conditions], format: Format) -> Build:
    return lambda dialect, code: theorem(code.formats.get(format.name, format))


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """Formats × theorems."""
    for format in formats:
        for name, (claim, sentence, theorem) in THEOREMS.items():
            yield CodeObligation(
                f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(theorem, format)
            )
