"""A stranger's project with a model, a machine, a refinement and proofs of its own: nothing of it breaks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from musigma.shadowing import HOME, PACKAGES
from proofs.verdict import EXIT_INCOMPLETE
from tests import ROOT

PYTEST = ("-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider")
TEST = "import model, machine, refinement, proofs\ndef test_theirs():\n    assert model.THEIRS and proofs.THEIRS\n"


@pytest.fixture(params=["packages", "modules"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with the four names, and a test of its own."""
    for name in PACKAGES:
        if request.param == "packages":
            (tmp_path / name).mkdir()
        file = tmp_path / name / "__init__.py" if request.param == "packages" else tmp_path / f"{name}.py"
        file.write_text("THEIRS = True\n", "utf-8")
    (tmp_path / "test_theirs.py").write_text(TEST, "utf-8")
    return tmp_path


def run(folder: Path, *command: str, path: tuple[Path, ...] = ()) -> tuple[int, str]:
    """Python in the folder, which is found first if it is in the path; the status, and what was said."""
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, (*path, ROOT)), *filter(None, before)])}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


@pytest.mark.long
def test_their_tests_run(foreign: Path) -> None:
    status, text = run(foreign, *PYTEST)
    assert (status, "1 passed" in text) == (0, True), text


def test_the_plugin_names_what_shadows_what(foreign: Path) -> None:
    status, text = run(foreign, *PYTEST, "--musigma")
    assert status == pytest.ExitCode.USAGE_ERROR, text
    said = [line for line in text.splitlines() if line.strip()]
    assert len(said) == 1, text
    assert str(foreign / "model") in said[0]
    assert f"instead of musigma's own {HOME / 'model'}" in said[0]
    assert "rename it" in said[0]


def test_without_its_option_the_plugin_imports_pytest_alone() -> None:
    code = "import sys, pytest; old = {*sys.modules}; import musigma.pytest_plugin; print(sorted({*sys.modules} - old))"
    assert run(ROOT, "-c", code) == (0, "['musigma', 'musigma.early', 'musigma.pytest_plugin']\n")


@pytest.mark.long
def test_the_command_does_not_see_the_folder_it_is_called_in(foreign: Path) -> None:
    status, text = run(foreign, "-m", "musigma", "replay", "nothing.json")
    assert (status, text) == (2, "musigma: nothing.json: No such file or directory\n")


def test_the_command_names_what_shadows_what(foreign: Path) -> None:
    for command in (("-m", "musigma", "prove", "C1"), ("-c", "from musigma.__main__ import main; main()", "--version")):
        status, text = run(foreign, *command, path=(foreign,))
        assert status == EXIT_INCOMPLETE, text
        assert text.count("\n") == 1
        assert text.startswith(f"musigma: {foreign / 'model'}")


def test_the_face_names_what_shadows_what(foreign: Path) -> None:
    for code in ("import musigma; musigma.prove", "from musigma import Scope", "import musigma.theory"):
        status, text = run(foreign, "-c", code, path=(foreign,))
        assert status == 1
        assert text.splitlines()[-1].startswith(f"musigma.shadowing.ShadowedError: {foreign / 'model'}")


def test_what_was_imported_already_is_seen(foreign: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(foreign)!r}); import proofs; del sys.path[0]; import musigma.theory"
    status, text = run(ROOT, "-c", code)
    assert status == 1
    assert f"ShadowedError: {foreign / 'proofs'}" in text
