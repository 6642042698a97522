"""All views side by side: what the model, a database, the page tables, the buffers or a target say of each slot."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from model.scope import rights_name
from model.spaces.literal import NIL, Spaces, evaluate, frame_of
from proofs.report.storyboard.scenes.findings import of_cached, of_entry, shown_in_words, value_name
from proofs.report.storyboard.scenes.scene import Cell, Scene, Storyboard
from proofs.report.storyboard.scenes.views import Block, Cached, TableEntry

NOTHING = ("φ", "–", "absent (0)", "no table")


@dataclass(frozen=True, slots=True)
class Telling:
    """One view of a slot: in words, or as an entry with its bits; ``wrong`` where it should not be so.

    ``bits``: name, value and whether it is set, of each field of the entry.
    """

    words: str
    wrong: bool = False
    bits: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A slot in the table of a step, with each view of it."""

    slot: int
    name: str
    changed: bool
    tellings: tuple[Telling, ...]


def columns_of(board: Storyboard) -> list[str]:
    """The names of the views that the storyboard has anywhere."""
    views = [scene.views for scene in board.scenes if scene.views]
    columns = ["model"]
    if board.drawn and not any(view.database for view in views):
        columns.append("with the fault")
    if any(view.database for view in views):
        columns += ["database", "page-table entry"]
    columns += dict.fromkeys(answers.whose for view in views for answers in view.answers)
    if any(view.database or view.cached for view in views):
        columns.append("translation buffers")
    return columns


def rows_of(board: Storyboard, scene: Scene) -> Iterator[Row]:
    """The slots that are in use in any view, or were until this step."""
    columns = columns_of(board)
    for cell in scene.cells:
        tellings = tuple(_telling(board, scene, cell, column) for column in columns)
        if cell.change.value or cell.wrong or any(telling.words not in NOTHING for telling in tellings):
            yield Row(cell.slot, cell.name, bool(cell.change.value), tellings)


def _telling(board: Storyboard, scene: Scene, cell: Cell, column: str) -> Telling:
    slot, views, model = cell.slot, scene.views, scene.model
    if column == "model":
        return Telling(_in_words(board, model, slot))
    if column == "with the fault":
        words = "φ" if not cell.in_use and cell.phys is None else _of_cell(board, cell)
        return Telling(words, cell.wrong)
    if views is None or views.crashed:
        return Telling("–")
    if column == "database":
        if views.database is None:
            return Telling("–")
        differs = _shown(views.database, slot) != _shown(model, slot)
        return Telling(_in_words(board, views.database, slot) + _block_of(board, views.mappings, slot), differs)
    if column == "page-table entry":
        entry = next((entry for entry in views.entries if entry.slot == slot), None)
        return Telling("–") if entry is None else _of_entry(entry, bool(of_entry(model, entry, views)))
    if column == "translation buffers":
        cached = [each for each in views.cached if each.slot == slot]
        wrong = any(of_cached(model, each, views.widens) is not None for each in cached)
        return Telling("; ".join(map(_of_cached, cached)) or "–", wrong)
    answers = next((answers for answers in views.answers if answers.whose == column), None)
    if answers is None:
        return Telling("–")
    told = answers.frames[slot], answers.rights[slot] if answers.frames[slot] >= 0 else 0
    return Telling(shown_in_words(*told), told != _shown(model, slot))


def _shown(state: Spaces, slot: int) -> tuple[int, int]:
    """The frame that shows in a slot, and with which rights."""
    shown = int(state.phys[slot])
    return shown, int(state.rights[slot]) if shown >= 0 else 0


def _block_of(board: Storyboard, blocks: Iterable[Block], slot: int) -> str:
    """Which mapping of many pages a slot is part of, in words; nothing for a single page."""
    for first, order in blocks:
        if order and first <= slot < first + (1 << order):
            return f", in {_range(board, first, order)}"
    return ""


def _range(board: Storyboard, first: int, order: int) -> str:
    scope = board.scope
    return f"{scope.space_name(scope.space(first))}[{first % scope.pages}..{first % scope.pages + (1 << order) - 1}]"


def _in_words(board: Storyboard, state: Spaces, slot: int) -> str:
    element, shown = int(state.sigma[slot]), value_name(int(state.phys[slot]))
    if element == NIL and shown == "φ":
        return "φ"
    origin = f"← {board.scope.name(element)}" if element >= 0 else f"holds {value_name(max(NIL, frame_of(element)))}"
    ends = value_name(evaluate(state, slot))
    differs = "" if ends == shown else f", σ(v) {ends}"
    return f"{origin}, P {shown}{differs}, {rights_name(int(state.rights[slot]))}"


def _of_cell(board: Storyboard, cell: Cell) -> str:
    origin = f"← {board.scope.name(cell.link)}" if cell.link is not None else f"holds {cell.ends}"
    shown = "φ" if cell.phys is None else f"frame {cell.phys}"
    differs = "" if cell.ends == shown else f", σ(v) {cell.ends}"
    return f"{origin}, P {shown}{differs}, {rights_name(cell.rights)}"


def _of_entry(entry: TableEntry, wrong: bool) -> Telling:
    if entry.place is None or not entry.value:
        return Telling("no table" if entry.place is None else "absent (0)", wrong)
    fields = ((bit.name, bit.value, bit.name in ("PPN", "frame")) for bit in entry.fields)
    bits = tuple((name, f"{value:#x}" if wide else str(value), value != 0) for name, value, wide in fields)
    many = f" ({1 << entry.order} pages)" if entry.order else ""
    return Telling(f"{entry.value:#0{entry.width // 4 + 2}x}{many}", wrong, bits)


def _of_cached(cached: Cached) -> str:
    where = "a frame outside" if cached.frame < 0 else f"frame {cached.frame}"
    many = f", of {1 << cached.order} pages" if cached.order else ""
    return f"{cached.whose}: {where}, {rights_name(cached.rights)}{', dirty' if cached.dirty else ''}{many}"
