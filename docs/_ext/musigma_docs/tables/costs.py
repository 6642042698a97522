"""The directive for experiments about costs: paper, formula and simulation side by side, and plots, from a run."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docutils import nodes

from musigma_docs.base.build import Cell, Musigma, RefusedError, table
from proofs.experiments.inventory import EXPERIMENTS

PARTS = ("lines", "plots", "tables", "notes")
HEAD = ("", "unit", "paper", "formula", "simulated", "agreement")


def _parts(argument: str) -> tuple[str, ...]:
    wanted = tuple(argument.split())
    if not wanted or set(wanted) - set(PARTS):
        raise ValueError(f"write some of {', '.join(PARTS)}")
    return wanted


class Costs(Musigma):
    """``.. costs:: P2``: what ``musigma costs P2`` gives; ``:only:`` some of lines, plots, tables and notes.

    A number of the paper that is neither met nor explained, and what could not be computed, are errors of the build.
    """

    required_arguments = 1
    option_spec = {"only": _parts}

    def make(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in EXPERIMENTS:
            raise RefusedError(f"there is no experiment {name!r}: see musigma costs --list")
        found, drawing = self.evidence.costs(name)
        made: list[nodes.Node] = []
        for part in self.options.get("only", PARTS):
            if part == "lines" and found["lines"]:
                made.append(table(HEAD, map(_line, found["lines"]), (7, 2, 2, 2, 2, 5)))
            elif part == "plots" and drawing:
                made.append(self._figure(name, found, drawing))
            elif part == "tables":
                made += [node for grid in found["tables"] for node in _grid(grid)]
            elif part == "notes":
                made += [nodes.paragraph("", note) for note in found["notes"]]
        return made

    def _figure(self, name: str, found: Mapping[str, Any], drawing: str) -> nodes.figure:
        folder = self.evidence.folder / "plots"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)}.svg"
        path.write_text(drawing, encoding="utf-8")
        here = Path(self.env.doc2path(self.document)).parent
        titles = "; ".join(plot["title"] for plot in found["plots"])
        picture = nodes.image(uri=Path(os.path.relpath(path, here)).as_posix(), alt=titles, classes=["mu-picture"])
        return nodes.figure("", picture, classes=["mu-trace", "mu-plot"])


def _text(value: Mapping[str, Any] | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value["text"])


def _line(line: Mapping[str, Any]) -> tuple[Cell, ...]:
    numbers = (_text(line[name]) for name in ("paper", "formula", "simulated"))
    why = line["explained"] if line["agreement"] == "differs, as said" else ""
    said = "; ".join(part for part in (line["agreement"], line["difference"], why) if part)
    named: list[nodes.Node] = [nodes.paragraph("", line["what"])]
    if line["rests_on"]:
        named.append(nodes.paragraph("", line["rests_on"], classes=["mu-rests-on"]))
    return named, line["unit"], *numbers, said


def _grid(grid: Mapping[str, Any]) -> Iterator[nodes.Node]:
    yield nodes.paragraph("", "", nodes.strong("", grid["title"]))
    yield table(grid["head"], [tuple(map(_text, row)) for row in grid["rows"]])
    if grid["note"]:
        yield nodes.paragraph("", grid["note"])
