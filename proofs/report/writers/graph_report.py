"""The findings of a state graph, for people: of a theory or a system of one's own."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from proofs.explorer.result import SearchEnd
from proofs.report.walk.graph import Graph, Label
from proofs.report.walk.told import NotHolding, layers_of


def end_of(graph: Graph, wrong: Sequence[NotHolding]) -> SearchEnd:
    """Say how the search ended; a graph that lacks states is never *exhausted*."""
    if wrong:
        return SearchEnd.VIOLATED
    return SearchEnd.EXHAUSTED if graph.complete else SearchEnd.TRUNCATED


def show_graph(console: Console, graph: Graph, wrong: Sequence[NotHolding], engine: str, seconds: float) -> None:
    """Print the counts, what was looked at, and a shortest way to each property that does not hold."""
    layers = layers_of(graph)
    cut = "" if graph.complete else f", not all: the steps of {graph.expanded:,} were taken"
    table = Table(show_header=False, box=None)
    for row in (
        ("explored", graph.title),
        ("verdict", f"{end_of(graph, wrong)}{cut}"),
        ("states", f"{len(graph.looks):,}"),
        ("transitions", f"{sum(map(len, graph.edges)):,}"),
        ("depth", f"{len(layers) - 1}"),
        ("layers", " ".join(f"{layer:,}" for layer in layers)),
        ("checked", " ".join(each.id for each in graph.properties)),
        ("engine", engine),
        ("time", f"{seconds:.2f} s"),
    ):
        table.add_row(*row)
    console.print(table, highlight=False)
    for each in wrong:
        clause = f" ({each.property.clause})" if each.property.clause else ""
        said = (
            f"\n{each.property.id}{clause} does not hold{': ' * bool(each.property.sentence)}{each.property.sentence}"
        )
        console.print(said, markup=False, highlight=False)
        for number, label in enumerate(each.way, 1):
            console.print(f"  {number}. {_text(graph, label)}", markup=False, highlight=False)


def _text(graph: Graph, label: Label) -> str:
    return "".join(part if isinstance(part, str) else graph.cells[part] for part in label)
