"""The picture of the packages and who imports whom, drawn from the imports themselves."""

from collections import Counter
from collections.abc import Collection
from functools import cache

from docutils import nodes
from docutils.parsers.rst import directives
from import_graph import back_arrows, circles, folder_graph, module_graph
from sphinx.ext.graphviz import graphviz

from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.evidence.runs import ROOT
from proofs.report.writers.versions import PACKAGES


@cache
def imports() -> Counter[tuple[str, str]]:
    """How many modules of a folder import from another folder, for each pair of folders."""
    graph = folder_graph(module_graph(ROOT))
    return Counter({(one, other): number for one, others in graph.items() for other, number in others.items()})


def wrong_imports() -> list[str]:
    """Imports that point back, and circles of folders or files, as sentences."""
    graph = module_graph(ROOT)
    return back_arrows(graph) + circles(graph)


def reduced(pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Arrows that lead from each to the same others, without those to where other arrows lead already.

    >>> reduced([("a", "b"), ("b", "c"), ("a", "c")])
    [('a', 'b'), ('b', 'c')]
    >>> reduced([("a", "b"), ("b", "a")])
    [('a', 'b'), ('b', 'a')]
    """
    left = sorted(pairs)
    for pair in sorted(pairs):
        others = [each for each in left if each != pair]
        if _leads(others, *pair):
            left = others
    return left


def _leads(pairs: Collection[tuple[str, str]], one: str, other: str) -> bool:
    reached, pending = {one}, [one]
    while pending:
        here = pending.pop()
        new = {there for start, there in pairs if start == here} - reached
        reached |= new
        pending += new
    return other in reached


def drawing(*, depth: int) -> str:
    """The graph in Graphviz's language: folders up to a depth, an arrow from who imports to what is imported.

    Below the packages an arrow is left out where others lead: with all of them nothing could be told apart.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for (one, other), number in imports().items():
        here, there = ("/".join(name.split("/")[:depth]) for name in (one, other))
        if here != there:
            pairs[here, there] += number
    lines = [
        'digraph imports { rankdir=TB; bgcolor="transparent"; nodesep=0.3; ranksep=0.5;',
        'node [shape=box, style="rounded,filled", fillcolor="#f3f4f6", color="#6b7280"];',
        'node [fontname="DejaVu Sans", fontsize=11];',
        'edge [color="#6b7280", fontname="DejaVu Sans", fontsize=8, arrowsize=0.6];',
    ]
    shown = {pair: pairs[pair] for pair in (reduced(pairs) if depth > 1 else pairs)}
    names = sorted({name for pair in pairs for name in pair})
    for package in PACKAGES:
        inside = [f'"{name}";' for name in names if name.split("/")[0] == package]
        if depth > 1:
            lines.append(f'subgraph "cluster_{package}" {{ style=rounded; color="#9ca3af"; {" ".join(inside)} }}')
        else:
            lines += inside
    lines += [f'"{one}" -> "{other}" [tooltip="{number} modules"];' for (one, other), number in sorted(shown.items())]
    return "\n".join([*lines, "}"])


class ImportGraph(Musigma):
    """``.. import-graph::``: the folders and who imports whom."""

    option_spec = {"depth": directives.positive_int, "caption": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        wrong = wrong_imports()
        if wrong:
            raise RefusedError(f"imports go the wrong way: {'; '.join(wrong)}")
        graph = graphviz()
        graph["code"] = drawing(depth=self.options.get("depth", 1))
        graph["options"] = {"docname": self.document}
        graph["alt"] = "; ".join(
            sorted(f"{one} imports {other}" for one, other in imports() if one.count("/") == other.count("/") == 0)
        )
        figure = nodes.figure("", graph)
        if "caption" in self.options:
            caption = nodes.caption()
            caption += self.parse_inline(self.options["caption"])[0]
            figure += caption
        return [figure]
