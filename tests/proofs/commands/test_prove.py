"""``musigma prove``: files written on success as on failure, what got worse, and an interrupt."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from time import sleep
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from machine.formats import EPT
from model.spaces.dialect import Dialect
from musigma.cli import COMMANDS, app
from proofs.audits import spaces as audit
from proofs.engines import pool
from proofs.engines.pool import Workers
from proofs.engines.smt.outcome import Outcome, Settings
from proofs.obligation import Provable
from proofs.report.writers.json_report import schema
from proofs.result import Result, Run
from proofs.verdict import (
    EXIT_FAILED,
    EXIT_INCOMPLETE,
    EXIT_INTERRUPTED,
    EXIT_PASSED,
    EXIT_USAGE,
    EXIT_WORSE,
    Verdict,
)
from tests.proofs.engines import misbehaving

RUN = CliRunner()


def prove(*arguments: str) -> tuple[int, str]:
    result = RUN.invoke(app, ["prove", "--solver", "z3", *arguments])
    return result.exit_code, result.output


@pytest.mark.long
def test_all_reports(tmp_path: Path) -> None:
    names = ("--json", "--junit", "--sarif", "--markdown")
    files = {name: tmp_path / f"report{number}" for number, name in enumerate(names)}
    arguments = [text for name, path in files.items() for text in (name, str(path))]
    status, text = prove("map__onto_itself__makes_no_cycle", "--dialect", "literal-eager", *arguments)
    assert status == EXIT_FAILED
    assert "map σ0[0] → σ0[0]" in text
    report = json.loads(files["--json"].read_text("utf-8"))
    jsonschema.validate(report, schema("prove"))
    assert report["exit_status"] == EXIT_FAILED
    assert report["results"][0]["counterexample"]["replayed"]
    assert report["results"][0]["counterexample"]["reachable"] is True
    assert report["results"][0]["counterexample"]["way"] == []  # the initial state
    assert all("map__onto_itself__makes_no_cycle" in path.read_text("utf-8") for path in files.values())


WRONG_FORMAT = """
from dataclasses import replace
from machine.formats import EPT
FORMATS = [replace(EPT, name="own", kept_flags=7)]
"""


@pytest.mark.slow
def test_the_bits_that_refute_a_format_of_ones_own_are_in_the_report(tmp_path: Path) -> None:
    theory, report = tmp_path / "own.py", tmp_path / "report.json"
    theory.write_text(WRONG_FORMAT, "utf-8")
    status, text = prove("own__decode__inverts__encode", "--theory", str(theory), "--json", str(report))
    assert (status, " flags = 0x4\n" in text) == (EXIT_FAILED, True)
    said = json.loads(report.read_text("utf-8"))
    jsonschema.validate(said, schema("prove"))
    bits = said["results"][0]["counterexample"]["structure"]["functions"]
    frame, rights, user, level, flags = (bits[name] for name in ("frame", "rights", "user", "level", "flags"))
    assert bits["entry"] == EPT.encode_leaf(frame, rights, user, level, flags)
    assert flags != bits["got_flags"] == EPT.flags(bits["entry"])  # the entry has no room for the third flag


OWN_FUNCTIONS = """
from dataclasses import replace
from machine.bits import field
from machine.formats import EPT
FORMATS = [replace(EPT, name="own", flags=lambda e: field(e, 8, {bits}), updates=lambda c: 1)]
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "bits", "status"),
    [
        ("translation__is__what_the_walk_found", 2, EXIT_PASSED),
        ("decode__inverts__encode", 2, EXIT_PASSED),
        ("decode__inverts__encode", 1, EXIT_FAILED),
    ],
)
def test_a_formats_own_functions_are_executed_wherever_they_are_written(
    tmp_path: Path, name: str, bits: int, status: int
) -> None:
    theory = tmp_path / "own.py"
    theory.write_text(OWN_FUNCTIONS.format(bits=bits), "utf-8")
    said, text = prove(f"own__{name}", "--theory", str(theory), "--timeout", "60")
    assert said == status, text


@pytest.mark.long
def test_evidence_on_request(tmp_path: Path) -> None:
    folder, report = tmp_path / "smt", tmp_path / "report.json"
    more = ("--certify", "--stability", "2", "--witness", "--export", str(folder), "--json", str(report))
    status, text = prove("map__preserves__forest", *more)
    assert status == EXIT_PASSED
    assert "certificate checked for 1 of 1 proved" in text
    assert "3 runs of each condition" in text
    assert "its hypotheses hold in" in text
    assert [path.name for path in folder.iterdir()] == ["canonical.map__preserves__forest.smt2"]
    (result,) = json.loads(report.read_text("utf-8"))["results"]
    assert result["certificate"]["checked"]
    assert result["stability"]["results"] == ["unsat"]
    assert result["witness"]["sizes"]["Slot"] >= 2

    old = json.loads(report.read_text("utf-8"))
    assert prove("map__preserves__forest", "--check-against", str(report))[0] == EXIT_PASSED
    lost = old | {"results": [*old["results"], result | {"obligation": "map__preserves__forest_of_old"}]}
    report.write_text(json.dumps(lost), "utf-8")
    status, text = prove("map__preserves__forest", "--check-against", str(report))
    assert status == EXIT_WORSE
    assert "map__preserves__forest_of_old: was proved, is gone" in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--solver", "yices"), "no solver is called 'yices'; write one of z3, cvc5, both"),
        (("--dialect", "canonical with ocupied=refused"), "no choice is called 'ocupied'; did you mean occupied?"),
        (("--dialect", "nova with occupied=denied"), "occupied has no reading 'denied'; write occupied=refused or"),
        (("--dialect", "nova with occupied=refused, occupied=refused"), "occupied is read twice"),
        (("--theory", "ownership:ffa with reclaim=forced, reclaim=refused"), "no dialect of ownership is called"),
        (("--proofs",), "--proofs needs a folder to write into: add --export FOLDER"),
        (("--theory", "/nowhere/theory.py"), "cannot read /nowhere/theory.py: No such file"),
        (("--check-against", "/nowhere/old.json"), "cannot read /nowhere/old.json: No such file"),
        (("--junit", "/nowhere/report.xml"), "cannot write /nowhere/report.xml: No such file"),
        (("--export", "/dev/null/folder"), "cannot make the folder /dev/null/folder: Not a directory"),
    ],
)
def test_mistakes_are_said_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    status, text = prove("C1", *arguments)
    assert status == EXIT_USAGE
    assert message in text


@pytest.mark.parametrize("command", [("prove",), ("faults",), ("faults", "--mutate")])
def test_an_empty_pattern_chooses_nothing(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, ""])
    assert result.exit_code == EXIT_USAGE
    assert "''; there are " in result.output or "''; name one of " in result.output


@pytest.mark.long
def test_a_dialect_of_ones_own() -> None:
    status, text = prove("map__preserves__irreflexive", "--dialect", "canonical with own_slot=allowed")
    assert status == EXIT_FAILED
    assert "map σ1[0] → σ1[0]" in text
    assert prove("map__preserves__irreflexive", "--dialect", "canonical with own_slot=nothing")[0] == EXIT_PASSED


def test_an_earlier_report_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text("{", "utf-8")
    assert prove("C1", "--check-against", str(path)) == (
        EXIT_USAGE,
        f"musigma: {path} is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1); "
        "name a file that --json wrote\n",
    )


@pytest.mark.long
def test_every_obligation_of_bits_has_a_witness_too() -> None:
    status, text = prove("sv39__*code__*", "--witness", "--quiet")
    assert status == EXIT_PASSED
    assert text.count("its hypotheses hold in") == int(re.findall(r"canonical: (\d+) proved", text)[0])
    assert re.search(r"frame = 0x[0-9a-f]+", text)


@pytest.mark.long
def test_a_witness_that_cannot_be_shown_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Settings] = []
    made = pool.workers

    def remember(jobs: int | None, settings: Settings, memory: int) -> Any:
        kept.append(settings)
        return made(jobs, settings, memory, misbehaving.without_a_witness)

    monkeypatch.setattr(pool, "workers", remember)
    status, text = prove("initial__has__forest", "--witness")
    assert status == EXIT_INCOMPLETE
    assert "no state can be shown in which the hypotheses hold" in " ".join(text.split())
    assert prove("initial__has__forest")[0] == EXIT_PASSED
    assert [(settings.witness, settings.model) for settings in kept] == [(True, False), (False, False)]


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_decided(tmp_path: Path, number: signal.Signals) -> None:
    report, folder = tmp_path / "report.json", tmp_path / "smt"
    code = "from musigma.__main__ import main; main()"
    command = [sys.executable, "-c", code, "prove", "initial__has", "--stability", "300", "--solver", "z3"]
    with subprocess.Popen(
        [*command, "--json", str(report), "--export", str(folder)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        while process.poll() is None and not any(folder.glob("*.smt2")):
            sleep(0.05)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        out, error = process.communicate(timeout=120)
    assert process.returncode == EXIT_INTERRUPTED
    value = json.loads(report.read_text("utf-8"))
    jsonschema.validate(value, schema("prove"))
    assert not value["complete"]
    assert value["exit_status"] == EXIT_INTERRUPTED
    assert len(value["results"]) + len(value["undecided"]) == 18
    assert value["undecided"]
    assert b"interrupted: " in out
    assert b"Traceback" not in error
    assert b"resource_tracker" not in error


def test_an_interrupt_during_the_imports_shows_no_traceback() -> None:
    code = """
import sys
from musigma.__main__ import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "musigma.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
main()
"""
    ended = subprocess.run([sys.executable, "-c", code, "prove"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (EXIT_INTERRUPTED, "", "musigma: interrupted\n")


@pytest.mark.long
def test_an_encoding_without_the_letters_gets_others() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "musigma", "counterexample", "no-frame-holder"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr.removeprefix(b"musigma: compiling, once\n")) == (0, b"")
    assert b"1. map s0[0] > s0[1]" in ended.stdout


def test_help_says_of_each_command_what_its_documentation_says() -> None:
    for name, sentence in COMMANDS.items():
        assert getattr(import_module(f"proofs.commands.{name}"), name).__doc__.splitlines()[0] == sentence


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--help"], EXIT_PASSED), (["prove", "--dialect", "x"], EXIT_USAGE)]
)
def test_help_and_usage_errors_load_no_solver(arguments: list[str], status: int) -> None:
    code = "import atexit, sys; atexit.register(lambda: print({*sys.modules} & {'z3', 'cvc5', 'numba'}));"
    command = [sys.executable, "-c", code + "from musigma.cli import app; app()", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (status, "set()")


@pytest.mark.long
def test_quiet_names_what_did_not_pass_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    status, text = prove("grant__preserves__no_*", "--dialect", "literal-lazy", "--quiet")
    assert status == 1
    assert "refuted  grant__preserves__no_frame_lost" in text.splitlines()
    assert "map__preserves" not in text
    status, text = prove("map__preserves__forest", "--quiet")
    assert (status, "map__preserves__forest" in text) == (0, False)


@pytest.mark.long
def test_an_interrupted_audit_keeps_what_was_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted_at_tree(dialect: Dialect, chosen: Iterable[Provable], workers: Workers) -> Run:
        if dialect.name == "tree":
            raise KeyboardInterrupt
        results = (Result(each, dialect.name, Outcome(Verdict.PROVED)) for each in chosen)
        return Run(dialect, tuple(results), frozenset())

    monkeypatch.setattr(audit, "prove", interrupted_at_tree)
    report = tmp_path / "audit.json"
    ended = RUN.invoke(app, ["audit", "--dialect", "nova", "--dialect", "tree", "--json", str(report)])
    assert ended.exit_code == EXIT_INTERRUPTED
    assert "interrupted; not audited: tree, canonical without source-accessible" in ended.output
    value = json.loads(report.read_text("utf-8"))
    jsonschema.validate(value, schema("audit"))
    assert {cell["dialect"] for cell in value["cells"]} == {"nova"}
    assert value["undecided"][0] == "tree"


@pytest.mark.slow
def test_invariants_are_suggested_to_subsystems_alone(tmp_path: Path) -> None:
    file = tmp_path / "bare.py"
    file.write_text(
        "from model.servers.systems.coloured_pager import ColouredPager\n"
        "class Bare(ColouredPager):\n    consent = None\n"
    )
    status, text = prove(f"{file}:Bare", "--suggest", "--jobs", "1", "--quiet")
    assert status == EXIT_FAILED
    assert "return self.facing(self.client, self.allocator)" in text
    assert "send_map__preserves__coloured: ruled out by facing_client_allocator" in text
    status, text = prove("C1", "--suggest")
    assert status == EXIT_USAGE
    assert "--suggest is for subsystems" in text
