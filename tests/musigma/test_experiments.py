"""``musigma.costs``: what it returns prints, shows itself and is true only if all was computed; nonsense is refused."""

from pathlib import Path

import pytest

import musigma
from machine.costs.quantity import exactly
from machine.costs.reading import processors
from proofs.experiments import asked
from proofs.experiments.result import Findings, Line, Plot, exit_status
from proofs.report.costs import plots


def test_an_experiment_by_its_name() -> None:
    found = musigma.costs("table2")
    assert found
    assert [each.id for each in found.findings] == ["P4"]
    line = found.lines["P4", "QNX, 486 at 33 MHz"]
    assert (line.paper, line.formula) == (exactly(1254), exactly(1254))
    assert str(found).startswith("P4: One-byte remote procedure calls")
    assert repr(found).startswith("<Costs: P4: ")
    assert found.to_json()["processor"] is None
    assert found.to_csv().startswith("experiment,what,unit")


@pytest.mark.long
def test_every_line_has_a_name_of_its_own() -> None:
    found = musigma.costs()
    assert found
    assert len(found.lines) == sum(len(each.lines) for each in found.findings)


def test_for_a_processor(tmp_path: Path) -> None:
    pentium = processors()["Pentium"]
    by_name, read = (musigma.costs("P3", processor=each) for each in ("pentium", pentium))
    assert by_name == read
    assert read.processor is pentium
    file = tmp_path / "mine.toml"
    file.write_text('musigma_processor = 1\nname = "mine"\n')
    unknown = musigma.costs("P5", processor=file)
    assert not unknown
    assert unknown.exit_status == 3
    assert "mine: the entries of the buffer are unknown" in repr(unknown)
    assert "Not done: mine" in unknown._repr_html_()


@pytest.mark.long
def test_a_notebook_shows_tables_and_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    found = musigma.costs("P5")
    shown = found._repr_html_()
    assert shown.count("<svg") == len(found.findings[0].plots) > 0
    assert "P5: Small spaces on Pentium" in shown
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    assert "<svg" not in found._repr_html_()
    assert "<table" in found._repr_html_()


def test_a_trace(tmp_path: Path) -> None:
    trace = tmp_path / "mine.din"
    trace.write_text("0 1000\n0 1004\n2 400\n")
    assert "mine.din in the caches of 486" in str(musigma.costs(trace=trace, processor="486"))


@pytest.mark.parametrize(
    ("line", "incomplete", "status"),
    [
        (Line("y", paper=exactly(1), formula=exactly(1)), (), 0),
        (Line("y", paper=exactly(1), formula=exactly(3)), (), 1),
        (Line("y", paper=exactly(1), formula=exactly(3), explained="rounded"), (), 0),
        (Line("y", paper=exactly(1), formula=exactly(1)), ("x",), 3),
        (Line("y", paper=exactly(1), formula=exactly(3)), ("x",), 1),
    ],
)
def test_what_is_not_met_or_not_done_is_no_pass(line: Line, incomplete: tuple[str, ...], status: int) -> None:
    found = Findings("P1", "x", (line,), incomplete=incomplete)
    assert exit_status([found]) == musigma.Costs((found,)).exit_status == status
    assert bool(musigma.Costs((found,))) == (status == 0)


def test_nothing_is_no_pass() -> None:
    assert exit_status([]) == 3


def test_this_machine() -> None:
    found = musigma.costs(measure=True, repetitions=3)
    assert [each.id for each in found.findings] == ["measured"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"experiment": ""}, "no experiment is called ''; there are P1"),
        ({"experiment": "tabel1"}, "no experiment is called 'tabel1'; did you mean table1"),
        ({"processor": "pentum"}, "no processor and no file is called 'pentum'; did you mean Pentium"),
        ({"processor": "none.toml"}, "none.toml: No such file"),
        ({"trace": "none.din"}, "none.din: No such file"),
        ({"experiment": "P1", "trace": "none.din"}, "a trace is for P6"),
        ({"measure": True, "repetitions": 2}, "2 repetitions are too few"),
    ],
)
def test_nonsense(arguments: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=said):
        musigma.costs(**arguments)  # type: ignore[arg-type]


def test_a_bar_plot_is_shown_too() -> None:
    assert any(isinstance(plot, Plot) and plot.bars for plot in musigma.costs("P6").findings[0].plots)
    assert [each.id for each in asked.experiments("p6")] == ["P6"]
