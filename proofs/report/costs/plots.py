"""Plots of experiments as SVG, drawn by matplotlib, which is the extra ``plots``; the same bytes in every run."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import StringIO
from typing import Any, Final

from proofs.experiments.result import Plot

COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's, which are told apart without full sight of colour; the kinds of lines differ as well."""

STYLES: Final = ("-", "--", "-.", ":")
SETTINGS: Final[Any] = {
    "svg.hashsalt": "musigma",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
}
WIDTH, HEIGHT = 7.2, 3.8


class NoPlotsError(ImportError):
    """Raised where matplotlib is not installed; the message says how to get it."""


def require() -> None:
    """Find out before the work whether plots can be drawn.

    :raises NoPlotsError: they cannot.
    """
    if find_spec("matplotlib") is None:
        raise NoPlotsError("plots need matplotlib: pip install 'musigma[plots]', or leave out --svg and --html")


def svg(plots: Sequence[Plot]) -> str:
    """All plots in one picture, one below the other.

    :raises NoPlotsError: matplotlib is not installed.
    """
    require()
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT * len(plots)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(len(plots), 1, squeeze=False)
        for axis, plot in zip(axes[:, 0], plots, strict=True):
            _bars(axis, plot) if plot.bars else _curves(axis, plot)
            axis.set_title(plot.title, loc="left", fontsize=10)
            axis.set_xlabel(plot.x + (f"\n{_wrapped(plot.note)}" if plot.note else ""))
            axis.set_ylabel(plot.y)
            axis.legend(frameon=False, fontsize=8, loc="upper left", ncols=2 if plot.bars else 1)
            if plot.second:
                name, factor = plot.second
                axis.secondary_yaxis("right", functions=(_times(factor), _times(1 / factor))).set_ylabel(name)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "musigma"})
    return text.getvalue()


def _times(factor: float) -> Any:
    return lambda value: value * factor


def _curves(axis: Any, plot: Plot) -> None:
    for number, curve in enumerate(plot.curves):
        colour, style = COLOURS[number % len(COLOURS)], STYLES[number % len(STYLES)]
        xs, lows, highs = (list(values) for values in zip(*curve.points, strict=True))
        if lows != highs:
            axis.fill_between(xs, lows, highs, color=colour, alpha=0.25, linewidth=0)
            axis.plot(xs, lows, style, color=colour, linewidth=0.8)
        axis.plot(xs, highs, style, color=colour, label=curve.name, linewidth=1.4)
    axis.set_ylim(bottom=0)


def _bars(axis: Any, plot: Plot) -> None:
    """The second half of the curves stands on the first."""
    half = len(plot.curves) // 2
    width = 0.8 / half
    for number, curve in enumerate(plot.curves):
        column = number % half
        below = [low for _, low, _ in plot.curves[column].points] if number >= half else [0.0] * len(curve.points)
        places = [x + (column - (half - 1) / 2) * width for x, _, _ in curve.points]
        heights = [high for _, _, high in curve.points]
        colour = COLOURS[column]
        face = colour if number < half else "white"
        axis.bar(places, heights, width * 0.92, below, color=face, edgecolor=colour, label=curve.name)
    axis.set_ylim(top=axis.get_ylim()[1] * 1.25)  # room for the legend
    axis.set_xticks(range(len(plot.labels)), plot.labels)


def _wrapped(text: str, width: int = 104) -> str:
    from textwrap import fill

    return fill(text, width)
