"""Console sessions: how they are read, matched and executed."""

from pathlib import Path

import pytest
from musigma_docs.evidence.matcher import Call, SessionError, calls, compare, execute, matches

from tests.docs.site import Site


@pytest.mark.parametrize(
    ("expected", "output", "same"),
    [
        ("a", "a", True),
        ("a", "a\nb", False),
        ("a\nb", "a", False),
        ("...", "", True),
        ("...", "x\ny", True),
        ("a\n...\nb", "a\nb", True),
        ("a\n...\nb", "a\nx\ny\nb", True),
        ("a\n...\nb", "a\nx\nb\nz", False),
        ("in ... s, ...", "in 1.3 s, done", True),
        ("in ... s", "in 1.3 ms", False),
        ("a...", "a", True),
        ("dialect canonical, ...", "dialect canonical,", True),
        ("dialect canonical, ...", "dialect canonical", False),
        ("verdict   time", "verdict    time", True),
        ("  proved   ...", "  proved  12 ms", True),
        ("proved  ...", "proved 12 ms", False),
        ("one word", "one  word", False),
        ("[1] (2)", "[1] (2)", True),
        ("[12]", "1", False),
        ("...\na\n...", "b\na\nc", True),
        ("...\na\n...", "b\nc", False),
        ("", "", True),
        ("", "x", False),
    ],
)
def test_matching(expected: str, output: str, same: bool) -> None:
    assert matches(expected.splitlines(), output.splitlines()) is same


def test_a_session_is_read_command_by_command() -> None:
    text = "$ one \\\n> more\nout\n\n$ two\n"
    assert calls(text) == [Call("one \\\nmore", ("out",)), Call("two", ())]
    assert calls("$ one \\\n    more")[0].command == "one \\\n    more"
    with pytest.raises(SessionError, match="begins with"):
        calls("out\n$ one")
    with pytest.raises(SessionError, match="at least one"):
        calls("")


def test_what_differs_is_shown_as_a_diff() -> None:
    with pytest.raises(SessionError) as error:
        compare(Call("echo", ("same ...", "right")), 0, ["same 1", "wrong"])
    said = str(error.value)
    assert " same ..." in said
    assert "-right" in said
    assert "+wrong" in said


def test_the_first_run_prints_what_later_ones_do(tmp_path: Path) -> None:
    assert execute("echo 'musigma: compiling, once' >&2; echo a", tmp_path, {}) == (0, ["a"])


def test_a_command_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="did not end"):
        execute("sleep 20", tmp_path, {}, seconds=0.2)


GOOD = """
.. session::

   $ ls docs/examples
   ...
   mapdb.c
   ...
   $ echo done
   do...
"""


@pytest.mark.long
def test_a_good_session_builds(site: Site) -> None:
    page = site.build(GOOD)
    assert site.warnings == ""
    assert "mapdb.c" in page


BAD = (
    (".. session::\n\n   $ echo one\n   two\n", "+one"),
    (".. session::\n\n   $ exit 3\n", "ended with status 3, not 0"),
    (".. session::\n   :status: 2\n\n   $ true\n", "ended with status 0, not 2"),
    (".. session::\n   :setup: true\n\n   $ true\n", 'unknown option: "setup"'),
    (".. session::\n\n   echo one\n", "begins with"),
)


@pytest.mark.long
def test_a_bad_session_is_an_error(site: Site) -> None:
    site.build("\n".join(text for text, _ in BAD), builder="dummy")
    assert [said for _, said in BAD if said not in site.warnings] == []
    assert site.warnings.count("ERROR") == len(BAD)


@pytest.mark.long
def test_a_session_is_run_once_and_then_remembered(site: Site) -> None:
    text = ".. session::\n\n   $ date +%N\n   ...\n"
    site.build(text)
    kept = next((site.folder / "evidence").glob("session-*.json"))
    before = kept.read_text("utf-8")
    site.build(text)
    assert kept.read_text("utf-8") == before


def test_the_status_of_a_session_is_that_of_its_last_command(site: Site) -> None:
    site.build(".. session::\n   :status: 4\n\n   $ true\n   $ exit 4\n")
    assert site.warnings == ""
