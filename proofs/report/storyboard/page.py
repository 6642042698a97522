"""Storyboards as a page to step through: one HTML file that needs no network and no other file.

Without scripts it shows all steps one below the other, and so it does on paper.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from model.scope import rights_name
from model.spaces import NIL, Spaces, frame_of
from proofs.report.storyboard.layout import layout
from proofs.report.storyboard.scene import Cell, Scene, Storyboard, frame_key
from proofs.report.storyboard.style import DARK, LIGHT, style_sheet
from proofs.report.storyboard.svg import about, finding_text, heading, picture
from proofs.report.storyboard.views import TableEntry, Views

PAGE_BITS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A slot in the table of a step, as each of the tellings has it; None where there is no such telling."""

    slot: int
    name: str
    changed: bool
    model: str
    database: str | None
    entry: TableEntry | None
    bits: tuple[tuple[str, str, bool], ...]
    cached: tuple[str, ...] | None
    wrong: frozenset[str]


def page(board: Storyboard) -> str:
    """The storyboard as one HTML document."""
    plan = layout(board)
    steps = [
        {"scene": scene, "picture": Markup(picture(board, plan, scene)), "rows": list(_rows(board, scene))}
        for scene in board.scenes
    ]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            heading=heading(board),
            about=about(board),
            aside=board.aside,
            machine=next((scene.views.machine for scene in board.scenes if scene.views), ""),
            steps=steps,
            details=[{str(cell.slot): _detail(board, scene, cell) for cell in scene.cells} for scene in board.scenes],
            style=Markup(style_sheet()),
            light=LIGHT,
            dark=DARK,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("proofs.report.storyboard", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["finding"] = finding_text
    return environment


def _rows(board: Storyboard, scene: Scene) -> Iterator[Row]:
    """The slots that are in use in any telling, or were until this step."""
    views = scene.views
    wrong = {slot for finding in scene.findings for slot in finding.slots if finding.kind == "machine"}
    for cell in scene.cells:
        cached = _cached(views, cell.slot)
        entry = next((e for e in views.entries if e.slot == cell.slot), None) if views else None
        in_database = views is not None and views.database is not None and views.database.sigma[cell.slot] != NIL
        if not (cell.in_use or cell.change.value or in_database or cached or (entry and entry.value)):
            continue
        differs = set()
        if cell.slot in wrong and views is not None:
            differs = {f for f in ("database", "entry", "cached") if _differs(scene, cell, f, board)}
        yield Row(
            slot=cell.slot,
            name=cell.name,
            changed=bool(cell.change.value),
            model=_model(board, cell),
            database=_database(board, views.database, cell.slot) if views and views.database is not None else None,
            entry=entry,
            bits=tuple(_bits(entry)) if entry else (),
            cached=cached,
            wrong=frozenset(differs),
        )


def _differs(scene: Scene, cell: Cell, telling: str, board: Storyboard) -> bool:
    """Whether a finding about this slot speaks of that telling."""
    word = {"database": "the database", "entry": "the page table", "cached": "core "}[telling]
    return any(
        finding.kind == "machine" and cell.slot in finding.slots and finding.text.startswith(word)
        for finding in scene.findings
    )


def _model(board: Storyboard, cell: Cell) -> str:
    if not cell.in_use:
        return "φ"
    origin = f"← {board.scope.name(cell.link)}" if cell.link is not None else f"holds frame {cell.holds}"
    shown = "φ" if cell.phys is None else f"frame {cell.phys}"
    differs = "" if cell.ends == shown else f", σ(v) {cell.ends}"
    return f"{origin}, P {shown}{differs}, {rights_name(cell.rights)}"


def _database(board: Storyboard, database: Spaces, slot: int) -> str:
    element = int(database.sigma[slot])
    if element == NIL:
        return "φ"
    shown, rights = int(database.phys[slot]), rights_name(int(database.rights[slot]))
    if element < NIL and frame_of(element) == shown:
        return f"root of frame {shown}, {rights}"
    origin = f"← {board.scope.name(element)}" if element >= 0 else f"root of frame {frame_of(element)}"
    return f"{origin}, frame {shown}, {rights}"


def _bits(entry: TableEntry) -> Iterator[tuple[str, str, bool]]:
    """Name, value and whether it is set, of each field of an entry."""
    for bit in entry.fields:
        yield bit.name, f"{bit.value:#x}" if bit.name in ("PPN", "frame") else str(bit.value), bit.value != 0


def _cached(views: Views | None, slot: int) -> tuple[str, ...] | None:
    if views is None or not (views.cached or views.entries):
        return None
    found = []
    for cached in views.cached:
        if cached.slot == slot:
            where = "a frame outside" if cached.frame < 0 else f"frame {cached.frame}"
            dirty = ", dirty" if cached.dirty else ""
            found.append(f"core {cached.core}: {where}, {rights_name(cached.rights)}{dirty}")
    return tuple(found)


def _detail(board: Storyboard, scene: Scene, cell: Cell) -> dict[str, object]:
    """What the page tells of a slot on request: its chain, and the addresses."""
    names = [board.scope.name(slot) for slot in cell.chain]
    rights = {each.slot: rights_name(each.rights) for each in scene.cells}
    if not cell.in_use:
        chain = [f"{cell.name} is φ: nobody can access it"]
    else:
        chain = [f"{name} ({rights.get(slot, '---')})" for name, slot in zip(names, cell.chain, strict=True)]
        end = {"φ": "φ, nothing", "a cycle": "and round again: a cycle"}.get(cell.ends, cell.ends)
        chain.append(end)
    holder = next((each for each in scene.cells if each.slot == cell.chain[-1] and each.holds is not None), None)
    lit = [f"s{slot}" for slot in cell.chain] + (
        [frame_key(holder.holds)] if holder and holder.holds is not None else []
    )
    facts = [f"space {cell.space}, page {cell.page}"]
    entry = next((e for e in scene.views.entries if e.slot == cell.slot), None) if scene.views else None
    if entry is not None and scene.views is not None:
        target = "nothing"
        if entry.frame is not None:
            known = entry.frame >= 0
            target = (
                f"physical {(scene.views.first_frame + entry.frame) << PAGE_BITS:#x}" if known else "a strange frame"
            )
        facts.append(f"virtual {entry.virtual:#x} → {target}")
        facts.append("no table for it" if entry.place is None else f"entry at {entry.place:#x}")
    return {"name": cell.name, "chain": chain, "lit": lit, "facts": facts, "wrong": _told(scene, cell)}


def _told(scene: Scene, cell: Cell) -> list[str]:
    return [finding_text(f) for f in scene.findings if cell.slot in f.slots and f.kind != "violated"]
