"""What is recorded of who executes what: by Python and on terms, and of which checkout."""

from pathlib import Path
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL
from proofs.mutation.digests import digest
from proofs.mutation.operators.mutants import read
from proofs.mutation.runner.coverage import Coverage, Record, executed
from proofs.mutation.runner.inplace import Live
from proofs.mutation.targets import ROOT
from proofs.registry import registry
from refinement.kernel import kernel, operations, primitives

FILES = {str(module.__file__): module.__name__ for module in (primitives, operations, kernel)}


def names(places: set[tuple[str, str, int]]) -> set[str]:
    return {f"{FILES[file]}.{name}" for file, name, _ in places}


def caches() -> list[Any]:
    """What an earlier proof left behind."""
    return Live.of(lambda file: "obligations" in file).caches


@pytest.mark.long
@pytest.mark.parametrize(
    ("obligation", "function"),
    [
        ("link_leaf__preserves__first_child", "refinement.kernel.primitives.link_leaf"),
        ("tree_flush__simulates__flush", "refinement.kernel.operations.flush"),
    ],
)
def test_what_is_executed_on_terms_is_executed(obligation: str, function: str) -> None:
    for cached in caches():
        cached.cache_clear()
    with executed(FILES) as places:
        list(registry()[obligation].conditions(CANONICAL, frozenset()))
    assert function in names(places)
    assert {line for file, name, line in places if f"{FILES[file]}.{name}" == function}


def test_a_record_is_of_one_checkout_only(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.py").write_text("pass\n", "utf-8")
    assert digest(tmp_path / "one", ["same.py"], "") != digest(tmp_path / "other", ["same.py"], "")


def test_a_group_is_asked_as_a_whole_and_the_cheapest_first() -> None:
    """An obligation whose execution another one had paid for was recorded as quick, and is not when asked alone."""
    source = read("refinement.kernel.primitives", ROOT)
    place = (str(source.file), "link_leaf", source.units["link_leaf"].line)
    seconds = {"dear__one": 5.0, "dear__two": 0.01, "cheap__one": 0.3, "cheap__two": 0.02, "test": 1.0}
    records = [Record(name, each, passed=True, places=[place]) for name, each in seconds.items()]
    records.append(Record("broken", 0.0, passed=False, places=[place]))
    found = Coverage([source], records, lambda name: name.partition("__")[0])
    assert found.who("refinement.kernel.primitives.link_leaf") == [
        *("cheap__two", "cheap__one", "test", "dear__two", "dear__one")
    ]
    assert found.costs["dear__two"] == 5.0


def test_whoever_is_asked_first_prepares_what_a_file_shares() -> None:
    records = [
        Record("a.py::makes", 2.0, passed=True, preparing=1.5),
        Record("a.py::finds_it_made", 0.1, passed=True),
        Record("b.py::other", 0.25, passed=True),
        Record("proof in canonical", 0.5, passed=True),
    ]
    usual = {"a.py::makes": 3.5, "a.py::finds_it_made": 1.6, "b.py::other": 0.25, "proof in canonical": 0.5}
    assert Coverage([], records).usual == usual
