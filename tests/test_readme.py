"""The README: its sessions print what it says, and what it points to is there."""

import doctest
import re
from pathlib import Path
from typing import Any

import pytest
from musigma_docs.evidence.matcher import calls, compare, execute
from musigma_docs.evidence.session import environment, scratch

from tests import ROOT

README = (ROOT / "README.md").read_text("utf-8")
SESSIONS = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
WIDTH = "120"
SLOW = ("musigma check", "musigma explore")


def _session(text: str) -> Any:
    first = calls(text)[0].command
    marks = [pytest.mark.slow] if any(word in text for word in SLOW) else []
    return pytest.param(text, marks=marks, id=" ".join(first.split()[:2]))


@pytest.mark.long
@pytest.mark.parametrize("text", [_session(text) for text in SESSIONS])
def test_a_session_prints_what_the_readme_says(text: str, tmp_path: Path) -> None:
    scratch(tmp_path)
    for call in calls(text):
        status, output = execute(call.command, tmp_path, environment(WIDTH))
        compare(call, status, output, 1 if call.command.startswith(SLOW) else 0)  # these two find what is wrong


def test_there_are_five_sessions() -> None:
    assert len(SESSIONS) == 5


@pytest.mark.long
def test_the_session_in_python_prints_what_the_readme_says() -> None:
    (text,) = re.findall(r"^```pycon\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    session = doctest.DocTestParser().get_doctest(text, {}, "README.md", None, None)
    assert doctest.DocTestRunner().run(session) == (0, len(session.examples))


def test_what_the_readme_points_to_is_there() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
    folders = re.findall(r"`((?:model|machine|refinement|proofs|musigma|tests|benchmarks|docs)/[\w./-]*)`", README)
    assert [folder for folder in folders if not (ROOT / folder).exists()] == []
