"""``musigma explore --theory`` and ``--system``: what is said of a user's own, the statuses, the page, wrong calls."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from tests import EXAMPLES

OWN = EXAMPLES / "unmap_own.py"
SMALL = ["--spaces", "2", "--pages", "1"]


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["explore", *arguments])
    return result.exit_code, " ".join(result.output.split())


def careless(folder: Path) -> str:
    right = OWN.read_text("utf-8")
    wrong = "".join(line for line in right.splitlines(keepends=True) if "the page holds no frame" not in line)
    assert wrong != right
    (folder / "careless.py").write_text(wrong, "utf-8")
    return str(folder / "careless.py")


def test_every_state_of_a_theory_is_visited_and_walked(tmp_path: Path) -> None:
    page = tmp_path / "walk.html"
    status, said = call("--theory", str(OWN), *SMALL, "--html", str(page))
    assert status == 0
    assert "explored unmap_own: 2 spaces × 1 page × 1 frame, dialect canonical verdict exhausted states 4 " in said
    text = page.read_text("utf-8")
    assert "unmap_own σ1[0]" in text
    assert '"way":[]' in text


def test_the_pages_of_ownership_are_as_many_as_are_asked_for() -> None:
    status, said = call("--theory", "ownership:pkvm", "--spaces", "2", "--pages", "2")
    assert status == 0
    assert "explored ownership:pkvm: 2 spaces × 2 pages × 2 frames" in said
    assert " states 16 " in said


def test_what_does_not_hold_has_a_shortest_way_and_opens_the_page(tmp_path: Path) -> None:
    page = tmp_path / "walk.html"
    status, said = call("--theory", careless(tmp_path), *SMALL, "--html", str(page))
    assert status == 1
    assert "no_frame_lost (C11) does not hold: every frame is held by some slot 1. unmap_own σ0[0]" in said
    assert '"way":[["unmap_own σ0[0]"]]' in page.read_text("utf-8")


def test_a_search_that_is_cut_short_is_no_pass() -> None:
    status, said = call("--theory", str(OWN), *SMALL, "--max-states", "2")
    assert status == 3
    assert "verdict truncated, not all: the steps of 1 were taken" in said


def test_a_system_is_explored_by_its_functions(tmp_path: Path) -> None:
    page = tmp_path / "walk.html"
    file = tmp_path / "own.py"
    file.write_text(
        "from functools import partial\nfrom musigma.searches import shootdown\n"
        "lazy = partial(shootdown, waits=False)\n",
        "utf-8",
    )
    status, said = call("--system", f"{file}:shootdown", "--html", str(page))
    assert status == 0
    assert "verdict exhausted states 10 " in said
    assert "core 1 touches the page" in page.read_text("utf-8")
    status, said = call("--system", f"{file}:lazy")
    assert status == 1
    assert "no-stale-translation does not hold 1. core 1 touches the page" in said
    assert "4. core 0 gives the frame away" in said


def test_the_example_of_a_system_has_a_counter_that_is_too_narrow() -> None:
    example = EXAMPLES / "counter.py"
    status, said = call("--system", f"{example}:narrow")
    assert status == 1
    assert "no-use-after-free does not hold 1. map page 1 2. map page 2 3. map page 3 4. give the frame away" in said
    status, said = call("--system", f"{example}:wide")
    assert (status, "verdict exhausted states 17 " in said) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theory", "nowhere.py"], "cannot read"),
        (["--theory", str(OWN), "--rights", "rwx"], "a theory of one's own has no use for it: leave --rights out"),
        (["--theory", str(OWN), "--json", "x.json"], "a theory of one's own has no use for it: leave --json out"),
        (["--theory", str(OWN), "--frames", "9"], "9 frames need 9 pages"),
        (
            ["--theory", "ownership:ffa", "--frames", "2"],
            "a dialect of ownership has no use for it: leave --frames out",
        ),
        (["--theory", "ownership:ffa", "--dialect", "tree"], "has no use for it: leave --dialect out"),
        (["--system", "nowhere.py:x"], "cannot read"),
        (["--system", str(OWN)], "names no system; write FILE.py:NAME"),
        (["--system", f"{OWN}:nothing"], "has no 'nothing'"),
        (["--system", f"{OWN}:ACTIONS"], "is a dict; write a System, or a function that returns one"),
        (["--system", f"{OWN}:unmap_own"], "TypeError"),
        (["--system", f"{OWN}:x", "--pages", "2"], "a system of one's own has no use for it: leave --pages out"),
    ],
)
def test_a_wrong_call_is_a_line(arguments: list[str], said: str) -> None:
    status, output = call(*arguments)
    assert status == 2
    assert said in output
    assert "Traceback" not in output
