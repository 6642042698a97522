"""How ``musigma check`` is called: what does not go together is refused in a line that says what to do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.verdict import EXIT_USAGE

SAID = [
    ("x.so --known known.txt --trace x.json", "--known collects differences, and --trace is of one: write --json"),
    ("x.so --ownership ffa --known known.txt --trace x.json", "--trace is of one: write --json"),
    ("x.so --known known.txt --svg x.svg", "--svg is of one: leave one of the two out"),
    ("x.c --seconds 1", "compile it to a shared library, cc -shared -fPIC -o x.so x.c; or --threads 2 looks for races"),
    ("x.c --cc gcc", "musigma: --cc wants --threads 2 or more: name a number"),
    ("x.so --cc gcc --may-refuse", "musigma: --cc and --may-refuse want --threads 2 or more"),
]


@pytest.mark.parametrize(("call", "said"), SAID, ids=[call for call, _ in SAID])
def test_a_call_that_cannot_be_is_refused_with_what_to_do(
    call: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("known.txt", "x.so", "x.c"):
        Path(name).touch()
    ended = CliRunner().invoke(app, ["check", *call.split()])
    assert ended.exit_code == EXIT_USAGE
    assert said in ended.output.splitlines()[0]


@pytest.mark.parametrize("member", ["musigma_check", "musigma_check_ranges", "musigma_check_ownership"])
def test_a_report_is_no_trace(member: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(f'{{"{member}": 1, "findings": []}}', "utf-8")
    ended = CliRunner().invoke(app, ["replay", str(report)])
    assert (ended.exit_code, "cut a trace out" in ended.output) == (EXIT_USAGE, True)
