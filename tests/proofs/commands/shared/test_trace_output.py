"""Options that write a trace's picture and page, in ``musigma counterexample`` and alone."""

import json
import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from musigma.cli import app
from proofs.commands.shared.trace_output import TraceOutput
from proofs.report.storyboard import storyboard
from tests.proofs.traces import TRACES

SVG = "{http://www.w3.org/2000/svg}"


def test_the_command_writes_all_that_it_is_asked_for(tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"trace.{kind}" for kind in ("json", "svg", "html")}
    arguments = [text for kind, path in paths.items() for text in (f"--{kind}", str(path))]
    result = CliRunner().invoke(app, ["counterexample", "C1", "--dialect", "literal-eager", *arguments])
    assert result.exit_code == 0, result.output
    assert "a cycle: σ0[0] was mapped from itself" in result.output
    assert json.loads(paths["json"].read_text())["operations"] == [
        {"action": "map", "arguments": {"src": "σ0[0]", "dst": "σ0[0]", "mask": "rwx"}}
    ]
    title = ElementTree.parse(paths["svg"]).getroot().find(f"{SVG}title")
    assert title is not None
    assert title.text == "Violated: after map: no slot derives from itself"
    assert "<h1>Violated: after map: no slot derives from itself</h1>" in paths["html"].read_text()


def test_open_shows_the_page_that_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def opens(uri: str) -> bool:
        opened.append(uri)
        return True

    monkeypatch.setattr(webbrowser, "open", opens)
    TraceOutput(html=tmp_path / "page.html", open=True).write(TRACES["lost"])
    assert opened == [(tmp_path / "page.html").as_uri()]


def test_open_alone_keeps_the_page_somewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def opens(uri: str) -> bool:
        opened.append(uri)
        return True

    monkeypatch.setattr(webbrowser, "open", opens)
    TraceOutput(open=True).write(TRACES["lost"])
    path = Path(unquote(urlparse(opened[0]).path))
    assert path.read_text().startswith("<!DOCTYPE html>")
    assert str(path) in capsys.readouterr().err
    path.unlink()
    path.parent.rmdir()


def test_without_a_browser_it_says_where_the_page_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda uri: False)
    with pytest.raises(typer.Exit):
        TraceOutput(html=tmp_path / "page.html", open=True).write(TRACES["lost"])
    assert f"open {tmp_path / 'page.html'} yourself" in capsys.readouterr().err


def test_a_storyboard_of_the_callers_is_drawn_instead(tmp_path: Path) -> None:
    board = storyboard(TRACES["cycle"], aside="no kernel ran")
    TraceOutput(html=tmp_path / "page.html").write(TRACES["cycle"], lambda: board)
    assert "<p>No kernel ran.</p>" in (tmp_path / "page.html").read_text()


def test_files_that_cannot_be_written_are_found_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        TraceOutput(svg=tmp_path / "nowhere" / "trace.svg")
    assert "cannot write" in capsys.readouterr().err


def test_two_outputs_to_one_file_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        TraceOutput(svg=tmp_path / "trace", html=tmp_path / "trace")
    assert "--svg and --html name the same file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_asked_for_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    TraceOutput().write(TRACES["lost"])
    assert list(tmp_path.iterdir()) == []
