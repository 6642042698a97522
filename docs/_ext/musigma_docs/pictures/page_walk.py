"""A page walk drawn bit by bit: the address cut into fields, each entry that the walker read, and where it led.

The simulated machine walks; the picture shows what it read from its memory, and what it wrote there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from machine import READ, Memory, PageFault, Walker
from machine.formats import Format
from model.scope import rights_name
from musigma_docs.pictures.formats import FREE, MUST_BE_ZERO, Field, entries
from proofs.report.storyboard.drawing.style import style_sheet
from proofs.report.storyboard.drawing.svg_parts import at, grouped, text

WIDTH, MARGIN, BOX, LINE = 360.0, 8.0, 44.0, 15.0
ROOT, PAGE = 0x1000, 12
"""The root table's address, and how many bits are left to the offset."""


class _Watched(Memory):
    """Memory that remembers which entries were read."""

    __slots__ = ("seen",)

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.seen: list[tuple[int, int]] = []

    def read(self, address: int, size: int) -> int:
        """As memory does, and remembered."""
        value = super().read(address, size)
        self.seen.append((address, value))
        return value


@dataclass(frozen=True, slots=True)
class Step:
    """An entry that the walk read.

    :param number: which entry of its table it is.
    :param marked: the bits that the walk set in it.
    """

    level: int
    table: int
    number: int
    entry: int
    fields: tuple[Field, ...]
    leads_to: int
    marked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk that ended at a physical address."""

    format: Format
    address: int
    rights: int
    steps: tuple[Step, ...]
    physical: int


def walked(format: Format, address: int, rights: int) -> Walked:
    """A user's load at an address, through tables one page apart, to a page with these rights.

    >>> from machine.formats import SV39
    >>> found = walked(SV39, 0x40003123, READ)
    >>> hex(found.physical), [(step.level, step.number, hex(step.leads_to)) for step in found.steps]
    ('0x4123', [(2, 1, '0x2000'), (1, 0, '0x3000'), (0, 3, '0x4000')])

    :raises ValueError: the walk ends in a fault.
    """
    memory = _Watched((format.levels + 4) << PAGE)
    places = []
    for down, level in enumerate(reversed(range(format.levels))):
        place = ROOT + (down << PAGE) + format.index(address, level) * format.entry_bytes
        frame = (ROOT >> PAGE) + down + 1
        entry = format.encode_pointer(frame) if level else format.encode_leaf(frame, rights, 1, 0)
        memory.write(place, int(entry), format.entry_bytes)
        places.append(place)
    found = Walker(memory, format).translate(address, READ, user=True, root=ROOT)
    if isinstance(found, PageFault):
        raise ValueError(f"{found}: give an address and rights by which a load succeeds")
    first = memory.seen[: format.levels]  # what follows are the entries again, to set their flags
    assert [place for place, _ in first] == places
    *_, (_, pointer) = kinds = [*entries(format)]
    steps = []
    for level, (place, entry) in zip(reversed(range(format.levels)), first, strict=True):
        fields = pointer if level else kinds[0][1]
        leads = int(format.table(entry)) if level else int(format.frame(entry, 0))
        changed = Memory.read(memory, place, format.entry_bytes) ^ entry
        marked = tuple(field.name for field in kinds[0][1] if field.high == field.low and changed >> field.low & 1)
        table, number = place & -1 << PAGE, format.index(address, level)
        steps.append(Step(level, table, number, entry, fields, leads << PAGE, marked))
    return Walked(format, address, rights, tuple(steps), int(found.physical))


def picture(walk: Walked) -> str:
    """The walk as one SVG document, narrow enough for a phone."""
    format = walk.format
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", attrib={"class": "sb"})
    text(root, "title", f"{format.name}: the walk of a user's load at {walk.address:#x}")
    text(root, "desc", " ".join(in_words(walk)))
    text(root, "style", style_sheet())
    SubElement(root, "rect", attrib={"class": "ground", "width": "100%", "height": "100%"})
    y = 22.0
    at(root, MARGIN, y, f"{format.name}: a user's load at {walk.address:#x}", "step")
    y = _address(root, walk, y + 10)
    for step in walk.steps:
        y = _step(root, walk, step, y + 22)
    offset = walk.address & (1 << PAGE) - 1
    end = f"physical address {walk.steps[-1].leads_to:#x} + {offset:#x} = {walk.physical:#x}"
    at(root, MARGIN, y + 26, end, "step")
    at(root, MARGIN, y + 42, f"The page may be used with {rights_name(walk.rights)}.", "soft")
    y += 56
    root.set("viewBox", f"0 0 {WIDTH:g} {y:g}")
    root.set("width", f"{WIDTH:g}")
    root.set("height", f"{y:g}")
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "unicode") + "\n"


def in_words(walk: Walked) -> list[str]:
    """What the picture shows, a sentence a step."""
    said = []
    for step in walk.steps:
        what = "the page" if step.level == 0 else "the next table"
        fields = ", ".join(f"{f.name} {_value(f, step.entry)}" for f in step.fields if f.name not in _SHORT)
        said.append(
            f"Level {step.level}: entry {step.number} of the table at {step.table:#x} is {step.entry:#x} ({fields}); "
            f"{what} is at {step.leads_to:#x}."
        )
    return [*said, f"The physical address is {walk.physical:#x}."]


_SHORT = {FREE: "·", MUST_BE_ZERO: "0"}


def _value(field: Field, entry: int) -> str:
    value = entry >> field.low & (1 << field.high - field.low + 1) - 1
    return str(value) if field.high == field.low else f"{value:#x}"


def _address(root: Element, walk: Walked, y: float) -> float:
    """The address's fields, in bits."""
    format, boxes = walk.format, []
    for level in reversed(range(format.levels)):
        low = format.page_bits + level * format.index_bits
        bits = f"{format.index(walk.address, level):0{format.index_bits}b}"
        boxes.append((f"{low + format.index_bits - 1}–{low}", f"level {level}", bits, True))
    offset = f"{walk.address & (1 << PAGE) - 1:0{PAGE}b}"
    return _boxes(root, [*boxes, (f"{PAGE - 1}–0", "offset", offset, False)], y)


def _step(root: Element, walk: Walked, step: Step, y: float) -> float:
    """An entry: where it lies, its bits, and where it leads."""
    size = walk.format.entry_bytes
    at(root, MARGIN, y, f"Level {step.level}: entry {step.number} of the table at {step.table:#x}", "name")
    place = step.table + step.number * size
    said = f"{step.table:#x} + {step.number} × {size} = {place:#x} holds {step.entry:#0{2 + 2 * size}x}"
    at(root, MARGIN, y + LINE, said, "mono")
    frame = next(field.name for field in step.fields if field.high - field.low > 8 and field.name not in _SHORT)
    boxes = [
        (field.bits, _SHORT.get(field.name, field.name), _value(field, step.entry), field.name == frame)
        for field in step.fields
    ]
    y = _boxes(root, boxes, y + LINE + 6)
    leads = f"↓ {frame} leads to the {'page' if step.level == 0 else 'table'} at {step.leads_to:#x}"
    marked = f"; the walk sets {' and '.join(step.marked)}" if step.marked else ""
    at(root, MARGIN, y + LINE, leads + marked, "")
    return y + LINE


def _boxes(root: Element, boxes: Sequence[tuple[str, str, str, bool]], y: float) -> float:
    """Boxes in rows that break at the picture's edge: the bits' numbers, a name, a value; whether it is followed."""
    x = MARGIN
    for bits, name, value, followed in boxes:
        width = max(22.0, 6.2 * max(len(bits), len(value)) + 8, 8.4 * len(name) + 6)
        if x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + BOX + 2
        group = grouped(root, "cell moved" if followed else "cell", x, y)
        SubElement(group, "rect", attrib={"class": "body", "width": f"{width:g}", "height": f"{BOX:g}"})
        at(group, width / 2, 12, bits, "mono middle soft")
        at(group, width / 2, 26, name, "middle name")
        at(group, width / 2, 39, value, "mono middle")
        x += width
    return y + BOX
