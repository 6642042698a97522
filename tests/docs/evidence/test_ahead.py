"""Sessions made ahead: found in a page's text as their directives read them, and made once."""

import threading
from pathlib import Path
from typing import Any

import pytest
from musigma_docs.evidence.ahead import Ahead, sessions_in, traces_in
from musigma_docs.evidence.runs import VERSION, Evidence, EvidenceError, digest_of
from musigma_docs.evidence.session import Session
from musigma_docs.pages.sessions import SessionDirective

from tests.docs.site import Site

DOCS = Path(__file__).parents[3] / "docs"


def test_a_page_s_sessions_are_found_as_they_are_written() -> None:
    text = """
Title
=====

.. session::
   :status: 3
   :width: 60

   $ a \\
   >   b
   out

   $ c

Prose.

* item

  .. session::

     $ d
"""
    first, second = sessions_in(text)
    assert first == Session.read("$ a \\\n>   b\nout\n\n$ c", width=60)
    assert second == Session.read("$ d")


def test_what_is_no_session_is_left_to_its_directive() -> None:
    assert list(sessions_in(".. session::\n\n   no command\n")) == []


def test_a_session_is_there_when_it_was_waited_for(tmp_path: Path) -> None:
    evidence, session = Evidence(tmp_path), Session.read("$ echo one")
    Ahead(evidence, [session, session]).wait_for(session)
    run = evidence.kept(session.name, session.digest())
    assert run is None or run["files"]["results"] == [[0, ["one"]]]  # None: it had not begun


@pytest.mark.long
def test_what_was_begun_is_waited_for(tmp_path: Path) -> None:
    evidence, first = Evidence(tmp_path), Session.read(f"$ touch {tmp_path}/begun; sleep 0.5; echo one")
    ahead = Ahead(evidence, [first])
    while not (tmp_path / "begun").exists():
        pass
    ahead.wait_for(first)
    run = evidence.kept(first.name, first.digest())
    assert run is not None
    assert run["files"]["results"] == [[0, ["one"]]]


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    evidence, session = Evidence(tmp_path), Session.read(f"$ touch {tmp_path}/made")
    evidence.keep(session.name, session.made(evidence))
    (tmp_path / "made").unlink()
    Ahead(evidence, [session]).wait_for(session)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(("line", "status"), [("attack Trustful undisturbed", 1), ("prove Tenant -q", 0)])
def test_a_run_of_a_system_serves_its_session_and_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, status: int
) -> None:
    made: list[tuple[Any, ...]] = []

    def run(self: Evidence, command: Any, files: Any, given: Any) -> dict[str, Any]:
        made.append((*command, *files))
        told = {"musigma_evidence": VERSION, "digest": digest_of(command), "exit_status": status}
        return {**told, "output": "what it said\n\n  and more \n\n", "files": {"json": "{}"}}

    monkeypatch.setattr(Evidence, "_made", run)
    evidence, session = Evidence(tmp_path), Session.read(f"$ musigma {line}")
    Ahead(evidence, [session]).wait_for(session)
    found = evidence.kept(session.name, session.digest())
    assert found is not None
    assert found["exit_status"] == status
    assert found["files"]["results"] == [[status, ["what it said", "", "  and more"]]]
    evidence.run(tuple(line.split()), (status,), ("json",))
    assert made == [(*line.split(), "json")]


@pytest.mark.parametrize(
    "text",
    [
        "$ musigma attack Trustful undisturbed --runs 3",
        "$ musigma prove Tenant -q\n$ true",
        "$ musigma prove Tenant",
        "$ musigma attack docs/examples/shop.py:Shop once",
        "$ musigma attack Trustful undisturbed > said",
    ],
)
def test_what_is_no_run_of_a_system_runs_as_it_is_written(text: str) -> None:
    assert Session.read(text).run is None
    assert Session.read("$ musigma prove Tenant -q", width=60).run is None


def test_after_the_end_none_is_begun(tmp_path: Path) -> None:
    sessions = [Session.read("$ sleep 0.3"), Session.read(f"$ touch {tmp_path}/later")]
    ahead = Ahead(Evidence(tmp_path), sessions)
    ahead.stop()
    for session in sessions:
        ahead.wait_for(session)
    assert not (tmp_path / "later").exists()


def test_traces_come_after_the_sessions_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def counterexample(self: Evidence, *trace: Any) -> None:
        asked.append((trace, (tmp_path / "made").exists()))
        raise EvidenceError("its directive meets it again")

    monkeypatch.setattr(Evidence, "counterexample", counterexample)
    session = Session.read(f"$ touch {tmp_path}/made")
    before = set(threading.enumerate())
    Ahead(Evidence(tmp_path), [session], [("C9", "tree", 1), ("C9", "tree", 1), ("C9", "tree", 2)])
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert asked == [(("C9", "tree", 1), True), (("C9", "tree", 2), True)]


def test_the_traces_of_the_pages_are_found() -> None:
    text = (
        "* one\n\n  .. trace:: a\n     :says: 3: words\n        and more\n     :dialect: b with c=d\n\n  .. trace:: e\n"
    )
    assert list(traces_in(text)) == [("a", "b with c=d", 1), ("e", "canonical", 1)]
    every = [path.read_text("utf-8") for path in DOCS.rglob("*.rst")]
    assert sum(len(list(traces_in(text))) for text in every) == sum(text.count(".. trace:: ") for text in every) > 50


@pytest.mark.long
def test_every_session_of_the_pages_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks through the text finds what the directives read, so that none is made twice, in two ways."""
    read: list[Session] = []

    def note(_: SessionDirective, session: Session) -> None:
        read.append(session)

    monkeypatch.setattr(SessionDirective, "_check", note)
    texts = [path.read_text("utf-8") for path in sorted(DOCS.rglob("*.rst"))]
    found: list[Any] = [session for text in texts for session in sessions_in(text)]
    blocks = "\n\n".join(_blocks(text) for text in texts)
    site.build(blocks, builder="dummy")
    assert found == read
    assert len(found) > 90


def _blocks(text: str) -> str:
    """The directives of a page, each with what is indented below it, and nothing else."""
    kept: list[str] = []
    margin = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.lstrip().startswith(".. session::"):
            margin = indent
        elif line.strip() and margin is not None and indent <= margin:
            margin = None
        if margin is not None:
            kept.append(line[margin:])
    return "\n".join(kept)
