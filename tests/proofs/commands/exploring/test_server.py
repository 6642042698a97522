"""``musigma explore`` of a description: what it says, its statuses, its page, and wrong calls."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.commands.exploring import server as explore_server
from tests import EXAMPLES

SHOP = f"{EXAMPLES / 'shop.py'}:Shop"
SMALL = ["--machine", "Thread=2,Id=2,Space=2,Slot=2,Right=1,Number=2"]


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["explore", *arguments])
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.long
def test_a_description_is_explored_and_walked(tmp_path: Path) -> None:
    page = tmp_path / "walk.html"
    status, said = call(SHOP, *SMALL, "--max-states", "30", "--html", str(page))
    assert status == 3
    assert "subsystem Shop, dialect canonical" in said
    assert "verdict truncated, not all: more than 30 states" in said
    assert "checked once printed" in said
    text = page.read_text("utf-8")
    assert "Shop, dialect canonical" in text
    assert "No ticket is sold to two" in text


@pytest.mark.long
def test_it_gives_up_by_itself_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer may be a hundred times the one before: the limit holds within it as well."""
    monkeypatch.setattr(explore_server, "MOST_STATES", 20)
    status, said = call(SHOP, *SMALL)
    assert status == 3
    assert "verdict truncated, not all: more than 20 states" in said
    assert "this is no pass. To go on, write --max-states 200, or make the machine smaller" in said
    visited = re.search(r" states ([\d,]+) transitions", said)
    assert visited is not None
    assert 20 < int(visited[1].replace(",", "")) < 200
    assert "exhausted" not in said


@pytest.mark.long
def test_what_is_asked_for_counts_more_than_the_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore_server, "MOST_STATES", 20)
    status, said = call(SHOP, *SMALL, "--max-states", "40")
    assert status == 3
    assert "more than 40 states" in said


@pytest.mark.long
def test_a_wrong_one_is_told_by_its_shortest_run(tmp_path: Path) -> None:
    file, right = tmp_path / "eager.py", (EXAMPLES / "shop.py").read_text("utf-8")
    wrong = right.replace("when(a_ticket=self.ticket(c.word), unsold=unsold)", "when(unsold=unsold)")
    assert wrong != right
    file.write_text(wrong, "utf-8")
    status, said = call(f"{file}:Shop", *SMALL, "--properties", "printed")
    assert status == 1
    assert "printed (B.independence) does not hold: What is sold was printed" in said
    assert "sell (send) with" in said


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["KeyServr"], "no subsystem is called 'KeyServr'"),
        ([SHOP, "--spaces", "3"], "a description has no use for it: leave --spaces out"),
        ([SHOP, "--json", "x.json"], "a description has no use for it: leave --json out"),
        ([SHOP, "--machine", "Thread"], "write a sort and a number from 1 to 12, as in Thread=5"),
        ([SHOP, "--properties", "onc"], "Shop guarantees no 'onc'; write some of once, printed"),
        (["KeyServer", "--machine", "Word=1"], "give it more, as in --machine Thread=5,Space=5"),
        (["--machine", "Thread=3"], "--machine is of a description"),
    ],
)
def test_a_wrong_call_is_a_line(arguments: list[str], said: str) -> None:
    status, output = call(*arguments)
    assert status == 2
    assert said in output
    assert "Traceback" not in output
