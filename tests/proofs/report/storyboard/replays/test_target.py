"""Pictures of what a target answered: in ``musigma check`` and in ``musigma replay``, with a target and without."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from musigma.cli import app
from proofs.report.storyboard import Storyboard, page, storyboard_of
from proofs.report.storyboard.replays.target import target_run
from refinement.check import Conformance, Failure, Target, ask, parse_target, program_of, replay
from refinement.check.driver.steps import parse_steps

CANDIDATE = '''
import os
from model.spaces import literal as spaces
from model.spaces.dialect import dialect_named
from model.scope import Scope


class Right:
    """The model itself, as a target."""

    def __init__(self, spaces_, pages, frames):
        self.scope = Scope(spaces_, pages, frames)
        self.state = spaces.initial(self.scope)

    def _slot(self, space, page):
        return space * self.scope.pages + page

    def _fits(self, *numbers):
        return all(space < self.scope.spaces and page < self.scope.pages for space, page in zip(*[iter(numbers)] * 2))

    def _pass(self, operation, a, b, c, d, rights):
        if not self._fits(a, b, c, d) or rights > 7:
            return 1
        readings = dialect_named("canonical").readings
        return operation(self.state, self._slot(a, b), self._slot(c, d), rights, readings)

    def map(self, a, b, c, d, rights):
        return self._pass(spaces.map_, a, b, c, d, rights)

    def grant(self, a, b, c, d, rights):
        return self._pass(spaces.grant, a, b, c, d, rights)

    def flush(self, a, b, rights):
        if not self._fits(a, b) or rights > 7:
            return 1
        return spaces.flush(self.state, self._slot(a, b), rights, dialect_named("canonical").readings)

    def lookup(self, a, b):
        slot = self._slot(a, b)
        frame = int(self.state.phys[slot])
        return None if frame < 0 else (frame, int(self.state.rights[slot]))


class Stays(Right):
    """A flush leaves what is in the last space."""

    def lookup(self, a, b):
        if a == self.scope.spaces - 1 and getattr(self, "flushed", False):
            return 0, 7
        return super().lookup(a, b)

    def flush(self, a, b, rights):
        self.flushed = True
        return super().flush(a, b, rights)


class Dies(Right):
    def flush(self, a, b, rights):
        os.abort()


class Refuses(Right):
    def grant(self, a, b, c, d, rights):
        return 1
'''

SMALL = {"spaces": 1, "pages": 1, "frames": 1}
TRACE = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1), Operation("flush", 0)), "a trace")


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    path = tmp_path_factory.mktemp("target") / "candidate.py"
    path.write_text(CANDIDATE, encoding="utf-8")
    return lambda name: f"{path}:{name}"


@pytest.fixture
def trace(tmp_path: Path) -> str:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(TRACE.to_json()), encoding="utf-8")
    return str(path)


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})


def test_what_a_target_answers(candidate: Callable[[str], str]) -> None:
    answers = ask(parse_target(candidate("Stays")), program_of(TRACE), range(3))
    before, both = ((0, 7), (-1, 0)), ((0, 7), (0, 7))
    assert [answers[step].shown for step in range(3)] == [(before,), (both,), (both,)]
    assert [answer.status for answer in answers.values()] == [None] * 3


def test_the_steps_before_a_crash_are_known(candidate: Callable[[str], str]) -> None:
    answers = ask(parse_target(candidate("Dies")), program_of(TRACE), (0, 1, 2))
    assert answers[1].shown == (((0, 7), (0, 7)),)
    assert (answers[2].shown, answers[2].broke) == ((), "the target died of SIGABRT in flush")


def test_a_wrong_status_ends_it(candidate: Callable[[str], str]) -> None:
    program = parse_steps(["init 2 × 1 × 1", "grant σ0[0] → σ1[0]", "flush σ0[0]"])
    answers = ask(parse_target(candidate("Refuses")), program, (0, 1, 2))
    assert set(answers) == {0, 1}
    assert (answers[1].status, answers[1].shown) == (1, (((0, 7), (-1, 0)),))


def _board(target: Target, program: Any, history: Any = None) -> Storyboard:
    report = replay(target, program)
    done = program[: report.step + 1]
    return storyboard_of(target_run(target, done, report.dialect, report.failure, history=history))


def test_a_difference_is_marked_and_told(candidate: Callable[[str], str]) -> None:
    board = _board(parse_target(candidate("Stays")), program_of(TRACE))
    assert board.title == "σ1[0] shows frame 0 rwx, in the model nothing"
    assert [[finding.text for finding in scene.findings] for scene in board.scenes] == [
        [],
        [],
        ["the target shows frame 0 rwx in σ1[0], the model φ"],
    ]
    assert board.scenes[2].cell(1).wrong
    document = page(board)
    assert '<td data-label="the target" class="differs">frame 0 rwx</td>' in document
    assert "candidate.py:Stays." in document


def test_a_crash_and_a_wrong_status_are_told(candidate: Callable[[str], str]) -> None:
    board = _board(parse_target(candidate("Dies")), program_of(TRACE))
    assert [finding.text for finding in board.scenes[2].findings] == ["the target died of SIGABRT in flush"]
    program = parse_steps(["init 2 × 1 × 1", "grant σ0[0] → σ1[0]"])
    texts = [finding.text for finding in _board(parse_target(candidate("Refuses")), program).scenes[1].findings]
    assert texts[0] == "the target refuses, the model does it"


def test_steps_that_have_to_come_before_are_done_but_not_shown(candidate: Callable[[str], str]) -> None:
    history = parse_steps(["init 3 × 1 × 1", "map σ0[0] → σ2[0]"])
    board = _board(parse_target(candidate("Stays")), program_of(TRACE), history)
    assert [scene.title for scene in board.scenes] == ["at first", "map σ0[0] → σ1[0]", "flush σ0[0]"]
    assert board.scenes[2].cell(1).wrong


def test_what_cannot_be_seen_again_is_told_as_it_was_found(candidate: Callable[[str], str]) -> None:
    failure = Failure(Conformance.HUNG, "the target did not return in flush")
    target = parse_target(candidate("Right"))
    board = storyboard_of(target_run(target, program_of(TRACE), TRACE.resolved_dialect(), failure))
    assert [finding.text for finding in board.scenes[2].findings] == ["the target did not return in flush"]


def test_replay_draws_the_target(candidate: Callable[[str], str], trace: str, tmp_path: Path) -> None:
    result = _invoke(
        "replay", trace, candidate("Stays"), "--svg", str(tmp_path / "a.svg"), "--html", str(tmp_path / "a")
    )
    assert result.exit_code == 1, result.output
    assert "the target shows frame 0 rwx in σ1[0], the model φ" in (tmp_path / "a.svg").read_text("utf-8")
    assert '<th scope="col">the target</th>' in (tmp_path / "a").read_text("utf-8")


def test_replay_without_a_target_shows_the_model(trace: str, tmp_path: Path) -> None:
    result = _invoke("replay", trace, "--html", str(tmp_path / "page.html"))
    assert result.exit_code == 0, result.output
    assert "2. flush σ0[0]        frame 0 rwx  φ −" in result.stdout
    assert "page-table entry" in (tmp_path / "page.html").read_text("utf-8")
    result = _invoke("replay", trace, "--dialect", "x2-keep", "--html", str(tmp_path / "page.html"))
    assert (
        "the kernel implements canonical and tree, not x2-keep" in (tmp_path / "page.html").read_text("utf-8").lower()
    )


@pytest.mark.long
def test_check_draws_its_finding(candidate: Callable[[str], str], tmp_path: Path) -> None:
    arguments = (
        "--seconds",
        "0.5",
        "--seed",
        "1",
        "--svg",
        str(tmp_path / "a.svg"),
        "--json",
        str(tmp_path / "a.json"),
    )
    result = _invoke("check", candidate("Stays"), *arguments)
    assert result.exit_code == 1, result.output
    assert "the target shows" in (tmp_path / "a.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "this is no JSON"),
        ("[]", "no trace: at $"),
        (json.dumps({**TRACE.to_json(), "musigma_trace": 3}), "no trace: at $.musigma_trace: 3 is not one of [2, 1]"),
        (json.dumps({**TRACE.to_json(), "dialect": "linux"}), "there is no dialect 'linux'"),
        (
            json.dumps({**TRACE.to_json(), "scope": {"spaces": 1, "pages": 1, "frames": 1}}),
            "no trace: at $.operations[0]",
        ),
        (json.dumps({**TRACE.to_json(), "scope": {"spaces": 1, "pages": 1, "frames": 2}}), "no trace: at $.scope"),
        (
            json.dumps({**TRACE.to_json(), "scope": {"spaces": 10**9, "pages": 10**9, "frames": 1}}),
            "no picture of 2 steps in 1,000,000,000,000,000,000 slots: too large",
        ),
        (
            json.dumps({"musigma_steps": 1, "dialect": "canonical", "steps": ["init 2 × 1 × 1", "flush σ9[0]"]}),
            "only a target can run this",
        ),
    ],
)
def test_what_cannot_be_replayed_is_said(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text(content, encoding="utf-8")
    result = _invoke("replay", str(path), "--svg", str(tmp_path / "a.svg"))
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("musigma: ")
    assert not (tmp_path / "a.svg").exists()


def test_files_that_clash_or_cannot_be_written(candidate: Callable[[str], str], trace: str, tmp_path: Path) -> None:
    for arguments, said in (
        (("--svg", trace), "TRACE and --svg name the same file"),
        (("--svg", str(tmp_path)), "Is a directory"),
        (("--html", str(tmp_path / "no" / "a.html")), "name a file in a folder that exists"),
        (("--json", str(tmp_path / "a.json")), "--json reports on a target"),
    ):
        result = _invoke("replay", trace, *arguments)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    both = str(tmp_path / "both")
    result = _invoke("check", candidate("Right"), "--junit", both, "--html", both)
    assert (result.exit_code, "--junit and --html name the same file" in result.stderr) == (2, True)
    assert json.loads(Path(trace).read_text("utf-8")) == TRACE.to_json()
