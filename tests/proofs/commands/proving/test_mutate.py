"""``musigma faults --mutate``: what it prints, what it writes, how it ends."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.mutation.targets import AREAS, Area
from proofs.report.writers.mutation_report import mutation_schema


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["faults", "--mutate", *arguments])
    return result.exit_code, result.output


@pytest.mark.long
def test_list_prints_and_runs_nothing() -> None:
    status, output = run("machine.bits.field", "--list")
    assert status == 0
    said = "machine.bits.field (machine/bits.py:26) operator: return word >> low & (1 << bits) - 1 → "
    assert said + "return word << low & (1 << bits) - 1\n" in output
    assert "survived" not in output


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["machine.no_such_function"], "no mutant is one of 'machine.no_such_function'; name one of kernel, theory"),
        (["machine.bits", "--engine", "proof"], "leave --engine, --all, --whole, --proved and --fault-file out"),
        (["machine.bits", "--json", "/no/such/folder/mutants.json"], "cannot write"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], said: str) -> None:
    status, output = run(*arguments)
    assert status == 2
    assert said in " ".join(output.split())


@pytest.mark.slow
def test_a_run_is_shown_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    area = Area("machine", "a part of it", ("machine.core",), ("tests/machine/test_core.py",))
    monkeypatch.setitem(AREAS, "machine", area)
    file = tmp_path / "mutants.json"
    status, output = run("machine.core.Core.load", "--quick", "--json", str(file))
    assert status == 0, output
    assert "1 functions, 2 mutants: 2 of 2 noticed, 0 equivalent, 0 survived, 0 undecided" in output
    written = json.loads(file.read_text("utf-8"))
    jsonschema.validate(written, mutation_schema())
    assert {mutant["ending"] for mutant in written["mutants"]} == {"test"}
    assert all("::" in mutant["by"] for mutant in written["mutants"])


@pytest.mark.slow
def test_the_whole_run_leaves_no_survivor(tmp_path: Path) -> None:
    """Hours on two processors."""
    status, output = run("--json", str(tmp_path / "mutants.json"))
    assert status == 0, output[-5000:]


@pytest.mark.long
def test_what_an_interrupted_run_found_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("proofs.mutation.runner.run.run", interrupted)
    file = tmp_path / "mutants.json"
    status, output = run("machine.core.Core.load", "--json", str(file))
    assert status == 130
    assert "interrupted after 0 of" in output
    jsonschema.validate(json.loads(file.read_text("utf-8")), mutation_schema())
