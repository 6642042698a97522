"""What the sources say of clauses and obligations: which definitions name a clause, which tests name either."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from docutils import nodes

from musigma_docs.evidence.runs import ROOT
from proofs.report.writers.versions import PACKAGES

TESTS = Path(__file__).parents[4] / "tests"
WORD = re.compile(r"(?<![\w.])(?:[ABCSP]\.?[\w.]*\w|\w+__\w+)")


class mentions(nodes.Inline, nodes.Element):  # noqa: N801 - docutils spells nodes like this
    """The pages that speak of something: known only when all are read."""


@cache
def _tests() -> Mapping[str, Sequence[str]]:
    """For each word of the tests that can be an id, the files that have it."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for path in sorted(set(TESTS.rglob("*.py")) - set((TESTS / "docs").rglob("*.py"))):  # those name things as examples
        for word in set(WORD.findall(path.read_text("utf-8"))):
            found[word][path.relative_to(TESTS.parent).as_posix()] = None
    return {word: tuple(paths) for word, paths in found.items()}


def tests_naming(name: str) -> Sequence[str]:
    """The test files that name a clause or an obligation."""
    return _tests().get(name, ())


@cache
def _definitions() -> Mapping[str, Sequence[str]]:
    """For each word of the docstrings that can be an id, the definitions whose docstring has it."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for name, text in _docstrings(ast.parse(path.read_text("utf-8")), module):
                for word in set(WORD.findall(text)):
                    found[word][name] = None
    return {word: tuple(names) for word, names in found.items()}


def _docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
        text = ast.get_docstring(node)
        if text:
            yield name, text
        for child in node.body:
            if isinstance(child, (ast.ClassDef, ast.FunctionDef)) and not child.name.startswith("_"):
                yield from _docstrings(child, f"{name}.{child.name}")


def definitions_of(clause: str) -> Sequence[str]:
    """The definitions whose docstring names a clause; the catalogue of clauses itself does not count."""
    return [name for name in _definitions().get(clause, ()) if not name.startswith("proofs.paper.clauses")]
