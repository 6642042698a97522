"""Show who imports whom: the folder graph, and whether it is acyclic at every level, files included.

    python docs/_ext/import_graph.py [ROOT]

prints each folder with the folders that it imports from, and fails on a circle or on an arrow that points back. It is
read off the sources: imports inside functions and those for type checkers count, relative ones too. Needs Python alone.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What each package may import from; what stands beside them nobody may.
ARROWS: Mapping[str, frozenset[str]] = {
    "model": frozenset(),
    "machine": frozenset(),
    "refinement": frozenset({"model", "machine"}),
    "proofs": frozenset({"model", "machine", "refinement"}),
    "musigma": frozenset({"model", "machine", "refinement", "proofs"}),
}
BESIDE = frozenset({"tests", "benchmarks", "musigma_docs", "import_graph"})

Module = tuple[str, ...]  # its folders and its own name; a package's own file is called __init__
Graph = dict[Module, set[Module]]


def module_graph(root: Path, packages: Mapping[str, frozenset[str]] = ARROWS) -> Graph:
    """For each module the modules that it imports, as far as they are of these packages or stand beside them."""
    files = {
        path.relative_to(root).with_suffix("").parts: path
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
    }
    graph: Graph = {}
    for module, path in files.items():
        found: set[Module] = set()
        for names in _imported(path, module):
            if names[0] in BESIDE:
                found.add(names[:1])
            elif names[0] in packages:
                found.add(_module_of(names, files))
        graph[module] = found - {module}
    return graph


def _imported(path: Path, module: Module) -> Iterator[Module]:
    """Every name that a file imports, with the names of its packages."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            before = module[: len(module) - node.level] if node.level else ()
            source = (*before, *(node.module.split(".") if node.module else ()))
            yield from ((*source, alias.name) for alias in node.names)


def _module_of(names: Module, files: Mapping[Module, Path]) -> Module:
    """The module that a name is imported from: the longest beginning of it that is one."""
    for length in range(len(names), 0, -1):
        for module in (names[:length], (*names[:length], "__init__")):
            if module in files:
                return module
    return names[:1]


def folder_graph(graph: Graph) -> dict[str, dict[str, int]]:
    """For each folder the others that it imports from, and how many of its modules do."""
    counts: dict[str, dict[str, int]] = {}
    for module, imported in graph.items():
        here = counts.setdefault("/".join(module[:-1]), {})
        for folder in {"/".join(other[:-1]) for other in imported} - {"/".join(module[:-1])}:
            here[folder] = here.get(folder, 0) + 1
    return counts


def back_arrows(graph: Graph, packages: Mapping[str, frozenset[str]] = ARROWS) -> list[str]:
    """The imports that point from a package to one that it may not know."""
    return [
        f"{_path(module)} imports {_path(other)}: {module[0]} may import from "
        + (" and ".join(sorted(packages[module[0]])) or "no other package")
        for module, imported in sorted(graph.items())
        for other in sorted(imported)
        if other[0] != module[0] and other[0] not in packages[module[0]]
    ]


def circles(graph: Graph) -> list[str]:
    """A circle of each folder whose files and folders import each other in one; at the top, of the packages."""
    levels: dict[Module, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for module, imported in sorted(graph.items()):
        for other in sorted(imported):
            level = next((i for i, (a, b) in enumerate(zip(module, other, strict=False)) if a != b), None)
            if level is not None:
                said = f"{_path(module)} imports {_path(other)}"
                levels[module[:level]][module[level]].setdefault(other[level], said)
    found = []
    for folder, arrows in sorted(levels.items()):
        try:
            TopologicalSorter(arrows).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]  # it is told from who is imported to who imports
            said = "; ".join(arrows[one][other] for one, other in pairwise(circle))
            found.append(f"in {'/'.join(folder) or 'the root'}: {' -> '.join(circle)}: {said}")
    return found


def _path(module: Module) -> str:
    return "/".join(module) + ("" if len(module) == 1 else ".py")


def main(root: Path = ROOT) -> int:
    """Print the folder graph and what is wrong with it; the exit status."""
    graph = module_graph(root)
    if not graph:
        print(f"{root} has none of the folders {', '.join(ARROWS)}", file=sys.stderr)
        return 2
    for folder, others in sorted(folder_graph(graph).items()):
        print(f"{folder} -> {', '.join(sorted(other or 'beside' for other in others)) or 'none'}")
    wrong = [f"back arrow: {each}" for each in back_arrows(graph)] + [f"circle {each}" for each in circles(graph)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
