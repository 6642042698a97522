"""The directive for plots of this build's runs, each with a table of the same numbers beside it."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from docutils import nodes
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from model.scope import Scope
from musigma_docs.base.build import Cell, Musigma, RefusedError, folded, table
from musigma_docs.evidence.mutation_record import RECORD, of_today, recorded, score, total
from musigma_docs.evidence.runs import Evidence
from proofs.report.costs.plots import COLOURS, SETTINGS
from proofs.report.writers.mutation_report import COLUMNS

SCOPES = ((2, 1, 1), (3, 1, 1), (4, 1, 1), (2, 2, 1), (3, 2, 1), (2, 2, 2), (3, 2, 2))
ENDINGS = {"killed": 0, "survived": 1, "error": 2, "unavailable": 3}
FEWEST = 2  # numbers that have quantiles


@dataclass(frozen=True)
class Drawn:
    """A plot, in words as well, and its numbers.

    :param inches: the height.
    :param said: where the numbers are from, if not from a run of this build.
    """

    draw: Callable[[Any], None]
    words: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    inches: float = 3.6
    said: str = ""


def states(evidence: Evidence) -> Drawn:
    """How many states a scope has: each, and up to the names of slots."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for dialect in ("canonical", "tree"):
        for sizes in SCOPES:
            scope = (
                "--spaces",
                str(sizes[0]),
                "--pages",
                str(sizes[1]),
                "--frames",
                str(sizes[2]),
                "--dialect",
                dialect,
            )
            each, classes = (
                _exploration(evidence, ("explore", *scope, "--properties", "no-cycle", *more))
                for more in (("--no-symmetry",), ())
            )
            found.setdefault(dialect, []).append((str(Scope(*sizes)), each, classes))
        found[dialect].sort(key=lambda row: row[1])

    def draw(axis: Any) -> None:
        for number, (dialect, rows) in enumerate(found.items()):
            ys = range(len(rows))
            axis.plot([row[1] for row in rows], ys, "o-", color=COLOURS[number], label=f"{dialect}: states")
            axis.plot([row[2] for row in rows], ys, "s--", color=COLOURS[number], label=f"{dialect}: up to names")
        axis.set_xscale("log")
        axis.set_yticks(range(len(SCOPES)), [row[0] for row in found["tree"]])
        axis.set_xlabel("states")
        axis.legend(frameon=False, fontsize=8, loc="lower right")

    rows = [
        (dialect, scope, f"{each:,}", f"{classes:,}")
        for dialect, some in found.items()
        for scope, each, classes in some
    ]
    return Drawn(draw, "States by scope, on a logarithmic scale.", ("dialect", "scope", "states", "up to names"), rows)


def _exploration(evidence: Evidence, command: tuple[str, ...]) -> int:
    run = evidence.run(command, (0,), ("json",))
    return int(json.loads(run["files"]["json"])["states"])


def solvers(evidence: Evidence) -> Drawn:
    """How long the two solvers take for an obligation."""
    times: dict[str, list[float]] = {}
    pairs: list[tuple[float, float]] = []
    for result in evidence.prove("canonical")["results"]:
        took = {answer["solver"]: answer["seconds"] for answer in result["answers"]}
        for solver, seconds in took.items():
            times.setdefault(solver, []).append(max(seconds, 1e-3))
        if {"z3", "cvc5"} <= took.keys():
            pairs.append((max(took["z3"], 1e-3), max(took["cvc5"], 1e-3)))

    def draw(axis: Any) -> None:
        axis.scatter(*zip(*pairs, strict=True), s=6, color=COLOURS[0], alpha=0.4, linewidths=0)
        axis.set_xscale("log")
        axis.set_yscale("log")
        ends = [1e-3, max(max(pair) for pair in pairs)]
        axis.plot(ends, ends, ":", color="black", linewidth=0.8)
        axis.set_xlabel("seconds of z3")
        axis.set_ylabel("seconds of cvc5")

    rows = [
        (solver, str(len(some)), f"{1e3 * median(some):.0f} ms", f"{1e3 * _high(some):.0f} ms", f"{max(some):.1f} s")
        for solver, some in sorted(times.items())
    ]
    words = "Each obligation a point: the seconds of one solver against those of the other, both logarithmic."
    return Drawn(draw, words, ("solver", "obligations", "median", "95 of 100 within", "longest"), rows, 4.2)


def _high(some: Sequence[float]) -> float:
    return quantiles(some, n=20)[-1] if len(some) >= FEWEST else max(some)


def faults(evidence: Evidence) -> Drawn:
    """Which engine finds which fault."""
    report = evidence.faults()["faults"]
    engines = list(dict.fromkeys(finding["engine"] for each in report for finding in each["findings"]))
    grid: list[list[float]] = []
    counted = {engine: dict.fromkeys(ENDINGS, 0) for engine in engines}
    for each in report:
        endings = {engine: [f["ending"] for f in each["findings"] if f["engine"] == engine] for engine in engines}
        grid.append([float(min(map(ENDINGS.__getitem__, some))) if some else float("nan") for some in endings.values()])
        for engine, some in endings.items():
            if some:
                counted[engine][min(some, key=ENDINGS.__getitem__)] += 1

    def draw(axis: Any) -> None:
        colours = ListedColormap([COLOURS[2], COLOURS[1], "black", "lightgrey"])
        by_engine = [list(column) for column in zip(*grid, strict=True)]
        axis.imshow(by_engine, aspect="auto", interpolation="nearest", cmap=colours, vmin=-0.5, vmax=3.5)
        axis.set_yticks(range(len(engines)), engines)
        axis.set_xlabel(
            f"{len(report)} mechanisms, in the order of the catalogue; blank: the engine has no such change"
        )

    rows = [(engine, *(str(counts[ending]) for ending in ENDINGS)) for engine, counts in counted.items()]
    words = "A column for each mechanism, a line for each engine: green where it finds the fault."
    return Drawn(draw, words, ("engine", *ENDINGS), rows, 2.6)


def mutation(evidence: Evidence) -> Drawn:
    """What became of the mutants of each module."""
    modules: dict[str, dict[str, int]] = {}
    for function, counts in evidence.mutation()["functions"].items():
        found = modules.setdefault(_module(function), dict.fromkeys(("mutants", *COLUMNS), 0))
        for name in found:
            found[name] += counts[name]
    names = [name for name in COLUMNS if any(each[name] for each in modules.values())]
    ordered = sorted(modules.items(), key=lambda item: (item[1]["mutants"], item[0]))
    rows = [(module, *(str(counts[name]) for name in names)) for module, counts in reversed(ordered)]
    words = "A bar for each module, its parts what noticed its mutants."
    return Drawn(_bars(ordered, names, {}), words, ("module", *names), rows, 1.2 + 0.16 * len(ordered))


def mutation_by_module(evidence: Evidence, record: Path = RECORD) -> Drawn:
    """The mutation score of each module, of whole runs that were recorded; a build has no time for them."""
    valid = {module: of_today(module, runs) for module, runs in recorded(record).items()}
    counted = {module: total([run.counts for run in runs]) for module, runs in valid.items() if runs}
    if not counted:
        raise RefusedError("no whole run of mutants is recorded of any function as it is")
    ordered = sorted(counted.items(), key=lambda item: (item[1]["mutants"], item[0]))
    names = [name for name in COLUMNS if any(counts[name] for _, counts in ordered)]
    scores = {module: score(counts) for module, counts in ordered}
    rows: list[Sequence[Cell]] = []
    for module, counts in reversed(ordered):
        numbers = [str(counts[name]) for name in names]
        rows.append([[nodes.literal("", module)], str(counts["mutants"]), scores[module], *numbers])
    words = "A bar for each module, its parts what noticed its mutants; beside it the mutation score."
    said = "Recorded, and not run by this build: functions whose every mutant was run, as they still are."
    draw = _bars(ordered, names, scores)
    return Drawn(draw, words, ("module", "mutants", "score", *names), rows, 1.2 + 0.18 * len(ordered), said)


def _bars(
    ordered: Sequence[tuple[str, Mapping[str, int]]], names: Sequence[str], beside: Mapping[str, str]
) -> Callable[[Any], None]:
    """A bar a name, in parts."""

    def draw(axis: Any) -> None:
        left = [0] * len(ordered)
        for number, name in enumerate(names):
            widths = [counts[name] for _, counts in ordered]
            axis.barh(range(len(ordered)), widths, left=left, color=COLOURS[number % len(COLOURS)], label=name)
            left = [at + width for at, width in zip(left, widths, strict=True)]
        for at, (name, _) in enumerate(ordered):
            axis.text(left[at], at, f" {beside.get(name, '')}", va="center", fontsize=7)
        axis.set_yticks(range(len(ordered)), [name for name, _ in ordered], fontsize=7)
        axis.set_xlabel("mutants")
        axis.margins(x=0.1)
        axis.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(names))

    return draw


def _module(function: str) -> str:
    """The module of a function's qualified name: without the function, and without its class.

    >>> _module("machine.tlb.Tlb.insert"), _module("model.spaces.literal.flush")
    ('machine.tlb', 'model.spaces.literal')
    """
    parts = function.split(".")[:-1]
    while parts and parts[-1].lstrip("_")[:1].isupper():
        parts.pop()
    return ".".join(parts)


PLOTS: dict[str, Callable[[Evidence], Drawn]] = {
    "states": states,
    "solvers": solvers,
    "faults": faults,
    "mutation": mutation,
    "mutation-by-module": mutation_by_module,
}


class PlotDirective(Musigma):
    """``.. plotted:: states``: a plot of runs of this build, and its numbers folded below."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in PLOTS:
            raise RefusedError(f"there is no plot {name!r}: write one of {', '.join(PLOTS)}")
        drawn = PLOTS[name](self.evidence)
        folder = self.evidence.folder / "plots"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"runs-{name}.svg"
        path.write_text(svg(drawn), encoding="utf-8")
        here = Path(self.env.doc2path(self.document)).parent
        uri = Path(os.path.relpath(path, here)).as_posix()
        picture = nodes.figure(
            "", nodes.image(uri=uri, alt=drawn.words, classes=["mu-picture"]), classes=["mu-trace", "mu-plot"]
        )
        picture += nodes.caption("", drawn.words)
        said = [nodes.paragraph("", drawn.said)] if drawn.said else []
        return [picture, *said, folded("the numbers", table(drawn.head, drawn.rows))]


def svg(drawn: Drawn) -> str:
    """The plot; the same bytes for the same numbers."""
    with rc_context(SETTINGS):
        figure = Figure(figsize=(7.2, drawn.inches), layout="constrained")
        FigureCanvasSVG(figure)
        drawn.draw(figure.subplots())
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "musigma"})
    return text.getvalue()
