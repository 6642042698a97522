"""What all pages have to keep to, read from their sources."""

import re
from pathlib import Path

import pytest

from proofs.faults.catalogue.catalogue import CATALOGUE
from tests import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.rst"))
FIGURES = re.compile(r"\d\.\d{2,}.*\d\.\d{2,}|\d[\d,]* states/s|cpu s")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_figures_say_what_printed_them(page: Path) -> None:
    """A table of measurements stands under ``measured``, which wants a command and a commit."""
    text = page.read_text("utf-8")
    for block in re.findall(r"^\.\. code-block:: text\n((?:   .*\n|\n)+)", text, re.MULTILINE):
        assert not FIGURES.search(block), "write .. measured:: with :command: and :commit:"


def test_a_table_of_figures_would_be_noticed() -> None:
    assert FIGURES.search("   bitmap   0.011    4,374,539  1.44")
    assert not FIGURES.search("   frame 0 ── σ0[0] ─┬─ σ1[0]")


def rows_cut_in_two(text: str) -> list[str]:
    """Lines of tables between lines of ``=`` that have a first cell and no other.

    Such a line begins a row of its own. It was meant to go on in the row above, which it does not.
    """
    found = []
    borders = r"^( *)(=+)(?:  +=+)+\n((?: *[^\s=].*\n)+)(?=^ *=+(?:  +=+)+$)"
    for indent, first, lines in re.findall(borders, text, re.MULTILINE):
        rows = [line[len(indent) :] for line in lines.splitlines()]
        found += [row for row in rows if row[: len(first)].strip() and not row[len(first) :].strip()]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_rows_of_tables_are_whole(page: Path) -> None:
    assert rows_cut_in_two(page.read_text("utf-8")) == []


def test_a_row_cut_in_two_would_be_noticed() -> None:
    table = "=====  ====\n``is`` what\n=====  ====\n``a``  one\n``b``\n=====  ====\n"
    assert rows_cut_in_two(table) == ["``b``"]


def test_each_mechanism_of_the_catalogue_has_one_entry_on_a_page_of_faults() -> None:
    """The matrix has a row for each; what a row means stands in the entry."""
    texts = [page.read_text("utf-8") for page in PAGES if page.parent == ROOT / "docs" / "faults"]
    entries = [name for text in texts for name in re.findall(r"^\.\. fault:: (\S+)$", text, re.MULTILINE)]
    assert sorted(entries) == sorted(CATALOGUE)


@pytest.mark.parametrize("number", range(1, 13))
def test_a_claims_page_lists_its_own_sections(number: int) -> None:
    """So that a section that is deleted is missed by the build."""
    text = (ROOT / "docs" / "claims" / f"c{number}.rst").read_text("utf-8")
    listed = re.search(r":sections: (.*\n(?: {14}.*\n)*)", text)
    assert listed, "write :sections: in the claim's directive"
    assert [line.strip() for line in listed[1].splitlines()] == re.findall(r"^(.+)\n-{4,}$", text, re.MULTILINE)


def test_the_lectures_exercises_all_have_a_solution_that_is_run() -> None:
    text = (ROOT / "docs" / "guides" / "lecture.rst").read_text("utf-8")
    exercises = text.split(".. solution::")[1:]
    assert len(exercises) == 6
    for number, exercise in enumerate(exercises, start=1):
        found = re.search(r"^   (>>> |\.\. session::)", exercise, re.MULTILINE)
        assert found, f"exercise {number} has nothing that is run"


@pytest.mark.parametrize(
    "word",
    [
        "model checking",
        "mutation testing",
        "conformance testing",
        "frame condition",
        "non-interference",
        "Houdini",
        "refinement mapping",
    ],
)
def test_a_word_that_readers_search_for_is_explained_and_used(word: str) -> None:
    said = {page.stem for page in PAGES if word.lower() in " ".join(page.read_text("utf-8").lower().split())}
    assert "glossary" in said
    assert said != {"glossary"}
