"""The directive for paging formats: the layout of their entries, by asking the machine's record about each bit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from docutils import nodes

from machine.formats import FORMATS, MALFORMED, SECOND_STAGES, Format
from model.scope import ALL_RIGHTS
from musigma_docs.base.build import Cell, Musigma, box, folded, table, title
from proofs.report.storyboard.replays.machine import BIT_NAMES

_G_STAGE = {7: "D", 6: "A", 4: "U", 3: "X", 2: "W", 1: "R", 0: "V"}

MORE_NAMES = {
    "x86-32": {7: "PS"},
    "x86-64": {7: "PS"},
    "AArch64": {62: "APTable[1]", 61: "APTable[0]", 60: "UXNTable", 59: "PXNTable"},
    "EPT": {9: "D", 8: "A", 7: "page", 5: "type[2]", 4: "type[1]", 3: "type[0]", 2: "X", 1: "W", 0: "R"},
    "Sv39x4": _G_STAGE,
    "Sv48x4": _G_STAGE,
    "AArch64-S2": {54: "XN", 10: "AF", 7: "S2AP[1]", 6: "S2AP[0]", 1: "type", 0: "valid"},
}
"""Bits of pointers and large pages, which pictures of a kernel's leaves do not show; and of second stages."""

FREE = "not looked at"
MUST_BE_ZERO = "must be 0"


@dataclass(frozen=True, slots=True)
class Field:
    """Bits of an entry that mean one thing, from the highest to the lowest, both counted in.

    ``fixed`` is the value that every encoded entry of the kind has there; None if it varies.
    """

    high: int
    low: int
    name: str
    fixed: int | None = None

    @property
    def bits(self) -> str:
        """The bits' numbers."""
        return str(self.high) if self.high == self.low else f"{self.high}–{self.low}"


def entries(format: Format) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """Each kind of entry of a format, and its fields from the highest bit down.

    >>> from machine.formats import SV39
    >>> kind, fields = next(entries(SV39))
    >>> kind, [(field.bits, field.name) for field in fields][-5:]
    ('a page of 4 KiB (level 0)', [('4', 'U'), ('3', 'X'), ('2', 'W'), ('1', 'R'), ('0', 'V')])
    """
    for level in range(format.page_levels):
        kind = f"a page of {_size(1 << format.span_bits(level))} (level {level})"
        yield kind, _fields(format, level, int(format.encode_leaf(0, ALL_RIGHTS, 1, level)), leaf=True)
    levels = "level 1" if format.levels == 2 else f"levels 1 to {format.levels - 1}"
    yield f"a pointer to a table ({levels})", _fields(format, 1, int(format.encode_pointer(0)), leaf=False)


def _size(size: int) -> str:
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    place = (size.bit_length() - 1) // 10
    return f"{size >> 10 * place} {units[place]}"


def _fields(format: Format, level: int, base: int, *, leaf: bool) -> tuple[Field, ...]:
    frame_name, named = BIT_NAMES.get(format.name, ("frame", {}))
    names = {bit: name for name, bit in named.items()} | MORE_NAMES.get(format.name, {})
    mask = format.frame_mask(level if leaf else 0)
    full = format.encode_leaf(mask, ALL_RIGHTS, 1, level) if leaf else format.encode_pointer(mask)
    frame = int(full) ^ base
    meanings = [
        frame_name if frame >> bit & 1 else _meaning(format, level, base, bit, names)
        for bit in range(format.entry_bits)
    ]
    found = []
    numbered = [(bit, meanings[bit]) for bit in reversed(range(format.entry_bits))]
    for name, run in groupby(numbered, key=lambda item: item[1]):
        bits = [bit for bit, _ in run]
        if name in names.values() or name.startswith("bit "):
            found += [Field(bit, bit, name) for bit in bits]
        else:
            found.append(Field(bits[0], bits[-1], name))
    return tuple(found)


def _meaning(format: Format, level: int, base: int, bit: int, names: dict[int, str]) -> str:
    """What a bit is: by the manual's name if the entry's meaning hangs on it, else whether it must be 0 or is free."""
    flipped = base ^ (1 << bit)
    control = format.default_control
    kinds = [int(format.kind(entry, level, control)) for entry in (base, flipped)]
    if kinds[1] == MALFORMED and not base >> bit & 1 and bit not in names:
        return MUST_BE_ZERO
    if _seen(format, level, base) != _seen(format, level, flipped):
        return names.get(bit, f"bit {bit}")
    return FREE


def _seen(format: Format, level: int, entry: int) -> tuple[int, ...]:
    """All that the record's functions say of an entry."""
    control = format.default_control
    leaf = int(format.kind(entry, level, control)) == 2
    return (
        int(format.kind(entry, level, control)),
        *(int(part) for part in format.decode(entry, level)),
        int(format.attributes(entry, level) if leaf else format.limits(entry)),
        int(format.shared(entry, int(leaf), control)),
    )


def _root(format: Format) -> str:
    """What to say of a root of another size.

    >>> from machine.formats import SV39X4
    >>> _root(SV39X4)
    'the root has 2048; '
    """
    return f"the root has {1 << format.bits_at(format.root_level)}; " if format.root_extra else ""


class FormatDirective(Musigma):
    """``.. format:: X86_64``: geometry, and every kind of entry bit by bit."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        every = (*FORMATS, *SECOND_STAGES)
        by_name = {each.name: each for each in every} | {each.name.replace("-", "_").upper(): each for each in every}
        name = self.arguments[0]
        format = by_name[name] if name in by_name else by_name[self.known("format", name)]
        whole = box(
            "format",
            title(nodes.strong("", format.name), nodes.Text(f": {format.manual}")),
            nodes.paragraph(
                "",
                f"{format.levels} levels of tables with {format.entries} entries of {format.entry_bytes} bytes; "
                f"{_root(format)}{format.address_bits} bits of virtual address, {format.physical_bits} of physical.",
            ),
        )
        for kind, fields in entries(format):
            rows: list[Sequence[Cell]] = [(field.bits, field.name) for field in fields]
            whole += nodes.rubric("", kind[0].upper() + kind[1:])
            whole += bar(fields, format.entry_bits)
            whole += folded("as a table", table(("bits", "field"), rows, (1, 4), ("mu-bits",)))
        self.anchored("format", format.name, whole)
        return [whole]


class bit_bar(nodes.General, nodes.Element):  # noqa: N801 - docutils spells nodes like this
    """An entry drawn to scale."""


def bar(fields: Sequence[Field], width: int) -> bit_bar:
    """An entry drawn: a box for each field, as wide as it can be."""
    return bit_bar("", fields=[(field.bits, field.name, field.high - field.low + 1) for field in fields], width=width)


def visit_bar_html(self: object, node: bit_bar) -> None:
    """Boxes in a row that breaks where the page is narrow; the table below says the same."""
    short = {FREE: "·", MUST_BE_ZERO: "0"}
    cells = "".join(
        f'<span class="mu-bit{" mu-idle" if name in short else ""}" style="--bits:{count}">'
        f"<b>{short.get(name, name)}</b><i>{bits}</i></span>"
        for bits, name, count in node["fields"]
    )
    self.body.append(f'<div class="mu-bar" aria-hidden="true">{cells}</div>')  # type: ignore[attr-defined]
    raise nodes.SkipNode
