"""The tests lie in the folders of what they test."""

from pathlib import Path

import pytest

from tests import ROOT

TESTS = ROOT / "tests"
FOLDERS = sorted({file.parent.relative_to(TESTS) for file in TESTS.rglob("test_*.py")} - {Path()})


def counterpart(folder: Path) -> Path:
    """The package whose tests a folder holds."""
    if folder.parts[0] == "docs":
        return ROOT.joinpath("docs", "_ext", "musigma_docs", *folder.parts[1:])
    return ROOT / folder


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_each_folder_of_tests_is_that_of_a_package(folder: Path) -> None:
    assert (TESTS / folder / "__init__.py").is_file()
    assert (counterpart(folder) / "__init__.py").is_file()
