"""pytest --musigma: obligations as items; -k, -x, --lf and distribution work."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import EXAMPLES

EXAMPLE = EXAMPLES / "unmap_own.py"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    (folder / "test_other.py").write_text("def test_other():\n    pass\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "--musigma-solver", "z3", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.long
def test_nothing_is_collected_unless_asked_for(tmp_path: Path) -> None:
    status, text = run(tmp_path, "--collect-only", "-q")
    assert status == 0
    assert "test_other.py::test_other" in text
    assert "musigma[" not in text


@pytest.mark.long
def test_ids_and_selection(tmp_path: Path) -> None:
    status, text = run(tmp_path, "--musigma", "--collect-only", "-q", "-k", "forest and not code")
    assert status == 0
    assert "musigma[canonical]::map__preserves__forest" in text
    assert "test_other" not in text
    status, text = run(tmp_path, "--musigma", "--collect-only", "-q", "--musigma-dialect", "nova", "-k", "preserves")
    assert "musigma[nova]::map__preserves__forest" in text
    assert "grant" not in text  # nova has none


@pytest.mark.slow
def test_failures_last_failed_and_first_failure(tmp_path: Path) -> None:
    chosen = ("--musigma", "--musigma-dialect", "literal-eager", "-W", "error")
    names = "map__preserves__irreflexive or map__preserves__transitive or map__onto_itself__makes_no_cycle"
    status, text = run(tmp_path, *chosen, "-k", names)
    assert status == 1
    assert "2 failed, 1 passed" in text
    assert "refuted: C1, after map: no slot derives from itself (literal-eager)" in text
    assert "  map σ0[0] → σ0[0]" in text
    status, text = run(tmp_path, *chosen, "--lf", "-x")
    assert status == 1
    assert "stopping after 1 failures" in text
    assert "passed" not in text


@pytest.mark.slow
def test_distributed(tmp_path: Path) -> None:
    status, text = run(tmp_path, "--musigma", "-n", "2", "-k", "preserves__forest or test_other", "-W", "error")
    assert status == 0
    assert "4 passed" in text


@pytest.mark.long
def test_own_theories(tmp_path: Path) -> None:
    status, text = run(
        tmp_path, "--musigma", "--musigma-theory", str(EXAMPLE), "-k", "unmap_own__takes or unmap_own__changes"
    )
    assert status == 0
    assert "2 passed" in text


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--musigma-theory", "nothing.py"), "--musigma-theory: cannot read"),
        (("--musigma-dialect", "nonsense"), "--musigma-dialect: there is no dialect or condition"),
    ],
)
def test_mistakes_are_said_in_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    status, text = run(tmp_path, "--musigma", *arguments)
    assert status == pytest.ExitCode.USAGE_ERROR
    assert message in text
    assert "Traceback" not in text
