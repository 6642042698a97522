"""An option that the rest of the call gives no meaning to is refused in one line, and never passed over."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from musigma.cli import app
from proofs.verdict import EXIT_PASSED, EXIT_USAGE

RUN = CliRunner()
REFUSED = [
    ("counterexample cores-no-wait --dialect tree", "is a fault, which comes with its dialect", "--dialect"),
    ("counterexample early-ascent --dialect tree", "is a fault, which comes with its dialect", "--dialect"),
    ("counterexample --list --json out.json", "--list shows what can be asked for", "--json"),
    ("counterexample not-itself --list", "--list shows what can be asked for", "NAME"),
    ("attack TwiceSold --runs 1 --steps 3", "random runs of 100 steps", "--steps"),
    ("attack TwiceSold --runs 1 --seconds 3", "random runs of 100 steps", "--seconds"),
    ("attack TwiceSold --runs 1 --dialect tree", "in one dialect", "--dialect"),
    ("attack TwiceSold --seed 3", "nothing is random without --runs", "--seed"),
    ("attack --list --runs 3", "--list shows what can be attacked", "--runs"),
    ("costs P4 --repetitions 5", "without --measure nothing is measured", "--repetitions"),
    ("costs --measure --processor i486", "--measure alone is about this machine", "--processor"),
    ("costs P4 --list", "--list lists the experiments", "EXPERIMENT"),
    ("explore --trace-to nil(σ0[0]) --properties states", "--trace-to looks for a state", "--properties"),
    ("explore --trace-to nil(σ0[0]) --no-symmetry", "--trace-to looks for a state", "--symmetry"),
    ("faults --list --whole", "--list hunts nothing", "--whole"),
    ("faults flush-empty-stays --engine proof --all", "--engine says which engines hunt", "--all"),
    ("prove C1 --all", "C1 chooses among all obligations", "--all"),
    ("prove ownership_ffa* --dialect tree", "ownership has dialects of its own", "--dialect"),
    ("prove --theory ownership:ffa --messages canonical", "ownership has dialects of its own", "--messages"),
    ("prove C1 --suggest", "--suggest is for subsystems", ""),
    ("prove Nope --suggest", "--suggest is for subsystems", ""),
    ("prove --c x.c --json out.json", "without --binding a draft of one is printed", "--json"),
    ("prove --c x.c --binding x.toml --suggest", "C code is of address spaces", "--suggest"),
    ("check --history x.jsonl --seconds 3", "--history is judged as it is", "--seconds"),
    ("check --history x.jsonl --memory 64M", "--history is judged as it is", "--memory"),
    ("check x.c --threads 2 --prefix >", "--threads calls functions, and reads no output", "--prefix"),
    ("replay TRACE --hang 3", "the model is no process", "--hang"),
    ("replay TRACE --cc gcc", "only a run of several threads compiles its target", "--cc"),
]


@pytest.fixture
def trace(tmp_path: Path) -> str:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1),)).to_json()), "utf-8")
    return str(path)


@pytest.mark.long
@pytest.mark.parametrize(("call", "why", "option"), REFUSED, ids=[call for call, _, _ in REFUSED])
def test_it_is_refused_in_a_line_that_says_what_to_leave_out(call: str, why: str, option: str, trace: str) -> None:
    ended = RUN.invoke(app, [trace if word == "TRACE" else word for word in call.split()])
    assert (ended.exit_code, len(ended.output.splitlines())) == (EXIT_USAGE, 1)
    assert why in ended.output
    assert ended.output.endswith(f": leave {option} out\n" if option else "\n")


@pytest.mark.parametrize("call", ["replay TRACE --dialect tree", "counterexample --list", "faults --list --quick"])
def test_options_that_mean_something_are_taken(call: str, trace: str) -> None:
    assert RUN.invoke(app, [trace if word == "TRACE" else word for word in call.split()]).exit_code == EXIT_PASSED


def test_the_default_may_be_written_where_another_value_is_refused(trace: str) -> None:
    ended = RUN.invoke(app, ["counterexample", "early-ascent", "--dialect", "canonical"])
    assert ended.exit_code == EXIT_PASSED
