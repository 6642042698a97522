"""The picture of the packages and who imports whom, drawn from the imports themselves."""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.ext.graphviz import graphviz

from musigma_docs.build import Musigma, RefusedError
from musigma_docs.evidence import PACKAGES, ROOT


@cache
def imports() -> Counter[tuple[str, str]]:
    """How many modules of a folder import from another folder, for each pair of folders."""
    found: Counter[tuple[str, str]] = Counter()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            here = _folder(path.relative_to(ROOT).parent)
            for other in {_folder(_module(name)) for name in _imported(path)} - {here}:
                found[here, other] += 1
    return found


def _folder(path: Path) -> str:
    return "/".join(path.parts)


def _module(name: str) -> Path:
    """The folder of a module or package."""
    path = Path(*name.split("."))
    return path if (ROOT / path).is_dir() else path.parent


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if (ROOT / Path(*name.split("."))).is_dir() else node.module for name in inner]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


def circles() -> list[tuple[str, str]]:
    """Imports that go the wrong way: from ``model`` or ``machine`` to anything, from ``refinement`` to ``proofs``."""
    rank = {"model": 0, "machine": 0, "refinement": 1, "proofs": 2}
    tops = {(one.split("/")[0], other.split("/")[0]) for one, other in imports()}
    return [(one, other) for one, other in tops if one != other and rank[one] <= rank[other]]


def drawing(*, depth: int) -> str:
    """The graph in Graphviz's language: folders up to a depth, an arrow from who imports to what is imported."""
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
    names = sorted({name for pair in pairs for name in pair})
    for package in PACKAGES:
        inside = [f'"{name}";' for name in names if name.split("/")[0] == package]
        if depth > 1:
            lines.append(f'subgraph "cluster_{package}" {{ style=rounded; color="#9ca3af"; {" ".join(inside)} }}')
        else:
            lines += inside
    lines += [f'"{one}" -> "{other}" [tooltip="{number} modules"];' for (one, other), number in sorted(pairs.items())]
    return "\n".join([*lines, "}"])


class ImportGraph(Musigma):
    """``.. import-graph::``: the folders and who imports whom."""

    option_spec = {"depth": directives.positive_int, "caption": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        wrong = circles()
        if wrong:
            raise RefusedError(f"imports go the wrong way: {', '.join(f'{one} from {other}' for one, other in wrong)}")
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
