"""Examples copied out of the package: the guides' paths, and nothing of the user's overwritten."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.commands import examples as command
from proofs.verdict import EXIT_PASSED, EXIT_USAGE
from tests import EXAMPLES, ROOT

RUN = CliRunner()


def test_the_files_come_under_the_paths_that_the_guides_use(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    for _ in range(2):  # again over the same files as well
        ended = RUN.invoke(app, ["examples", str(folder)])
        assert ended.exit_code == EXIT_PASSED
    copied = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    meant = [*(path for path in EXAMPLES.iterdir() if path.is_file()), *(ROOT / "refinement" / "check").glob("*.h")]
    assert copied == {path.relative_to(ROOT) for path in meant}
    assert all((folder / path).read_bytes() == (ROOT / path).read_bytes() for path in copied)


def test_a_file_that_differs_is_kept_and_nothing_is_copied(tmp_path: Path) -> None:
    own = tmp_path / "docs" / "examples" / "mapdb.c"
    own.parent.mkdir(parents=True)
    own.write_text("mine", "utf-8")
    ended = RUN.invoke(app, ["examples", str(tmp_path)])
    assert ended.exit_code == EXIT_USAGE
    assert f"{own} is there already, and differs" in ended.output
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [own]
    assert own.read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    ended = RUN.invoke(app, ["examples", str(tmp_path / "file")])
    assert ended.exit_code == EXIT_USAGE
    assert len(ended.output.splitlines()) == 1


def test_packages_without_examples_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "EXAMPLES", tmp_path / "none")
    ended = RUN.invoke(app, ["examples", str(tmp_path)])
    assert (ended.exit_code, "are not installed" in ended.output) == (EXIT_USAGE, True)
