"""Storyboards as a page to step through: one HTML file that needs no network and no other file.

Without scripts it shows all steps one below the other, and so it does on paper.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from model.scope import rights_name
from proofs.report.storyboard.drawing.layout import layout
from proofs.report.storyboard.drawing.style import DARK, LIGHT, style_sheet
from proofs.report.storyboard.drawing.svg import BLOCKS, picture
from proofs.report.storyboard.drawing.svg_threads import LEGEND
from proofs.report.storyboard.scenes.scene import Cell, Scene, Storyboard, frame_key
from proofs.report.storyboard.scenes.threads import THREAD_COLUMNS, told_of
from proofs.report.storyboard.scenes.verdicts_in_words import about, finding_text, heading
from proofs.report.storyboard.scenes.views_in_words import columns_of, rows_of

PAGE_BITS = 12
LONGEST, HEAD, TAIL = 16, 6, 3  # of a chain that is longer, so many slots at its ends are told


def page(board: Storyboard) -> str:
    """The storyboard as one HTML document."""
    plan = layout(board)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            board=board,
            heading=heading(board),
            about=about(board),
            beside=_beside(board),
            pictures={scene.number: Markup(picture(plan, scene)) for scene in board.scenes},
            columns=columns_of(board),
            thread_columns=THREAD_COLUMNS,
            legend=LEGEND,
            blocks=BLOCKS if any(scene.blocks for scene in board.scenes) else "",
            rows={scene.number: list(rows_of(board, scene)) for scene in board.scenes},
            details={
                "last": board.last,
                "opens": _opens(board),
                "scenes": {
                    scene.number: {cell.slot: _detail(board, scene, cell) for cell in scene.cells}
                    for scene in board.scenes
                },
                "gaps": {gap.first: gap.texts for gap in board.gaps},
            },
            style=Markup(style_sheet()),
            light=LIGHT,
            dark=DARK,
        )
    )


def _opens(board: Storyboard) -> int:
    """The step that a page opens at: the last one at which something begins to be wrong; if nothing is, the first."""
    return next((scene.number for scene in reversed(board.scenes) if any(f.fresh for f in scene.findings)), 0)


def _beside(board: Storyboard) -> str:
    """What ran beside the model, in a sentence; empty if nothing did."""
    views = next((scene.views for scene in board.scenes if scene.views), None)
    if views is None or not views.entries:
        return f"Beside the model runs {views.machine}." if views else ""
    return (
        f"Beside the model runs {views.name} with its page tables: {views.machine}. After each step that is shown"
        " every core tries every page of its space, so that its buffer holds what it can still reach."
    )


@cache
def environment() -> Environment:
    """The environment with the templates of pages."""
    environment = Environment(
        loader=PackageLoader("proofs.report.storyboard.drawing", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["finding"] = finding_text
    environment.filters["thread"] = told_of
    return environment


def _detail(board: Storyboard, scene: Scene, cell: Cell) -> dict[str, object]:
    """What the page tells of a slot on request: its chain, and the addresses."""
    names = [board.scope.name(slot) for slot in cell.chain]
    rights = {each.slot: rights_name(each.rights) for each in scene.cells}
    if not cell.in_use:
        chain = [f"{cell.name} is φ: nobody can access it"]
    else:
        chain = [f"{name} ({rights.get(slot, '---')})" for name, slot in zip(names, cell.chain, strict=True)]
        end = {"φ": "φ, nothing", "a cycle": "and round again: a cycle"}.get(cell.ends, cell.ends)
        chain = [*chain[:HEAD], f"{len(chain) - HEAD - TAIL} more", *chain[-TAIL:]] if len(chain) > LONGEST else chain
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
        many = f" for {1 << entry.order} pages" if entry.order else ""
        facts.append("no table for it" if entry.place is None else f"entry at {entry.place:#x}{many}")
    return {"name": cell.name, "chain": chain, "lit": lit, "facts": facts, "wrong": _told(scene, cell)}


def _told(scene: Scene, cell: Cell) -> list[str]:
    return [finding_text(f) for f in scene.findings if cell.slot in f.slots and f.kind != "violated"]
