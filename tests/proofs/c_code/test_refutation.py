"""C that is wrong is shown wrong: by its lines, a structure, and a call of the compiled code; what is not, is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.spaces.dialect import CANONICAL
from proofs.c_code.explain import explained
from proofs.c_code.picture import Picture
from proofs.c_code.refutation import refutation
from proofs.c_code.replay import chained, replayed
from proofs.c_code.shapes import by_id
from proofs.engines.smt.outcome import Outcome, Settings
from proofs.obligations.c_code.obligations import CObligation, loaded
from proofs.obligations.c_code.shape import Loaded
from proofs.report.storyboard import svg
from proofs.report.storyboard.replays.c_code import c_board
from proofs.report.writers.describe import failure_lines
from proofs.report.writers.sarif import sarif
from proofs.result import Result, Run
from proofs.verdict import Verdict
from tests import ROOT
from tests.proofs.obligations.c_preorder.variants import CODE, WRONG, obligations_of

HERE = ROOT / "tests/proofs/obligations/c_code"
TREE, MAPDB = HERE / "tree.c", ROOT / "docs/examples/mapdb.c"
WIDENS = ("-DMUSIGMA_FAULT=GRANT_WIDENS",)
WHAT = "musigma_grant__simulates__grant"

pytestmark = pytest.mark.long


def picture(file: Path, flags: tuple[str, ...], name: str) -> Picture:
    """The least structure in which the obligation fails."""
    binding = str(file.with_suffix(".toml"))
    code = loaded(str(file), binding, flags)
    found = refutation(code, by_id(str(file), binding, flags, "canonical")[name], CANONICAL, None, 120)
    assert found is not None
    return Picture(found, code.code.binding)


@pytest.fixture(scope="module")
def widens() -> Picture:
    """A grant with more rights than there are."""
    return picture(MAPDB, WIDENS, WHAT)


def test_a_null_that_is_used_is_shown_with_the_path_to_it() -> None:
    shown = picture(TREE, ("-DWRONG=1",), "remove_node__accesses__nodes")
    source = TREE.read_text().splitlines()
    last = shown.refutation.trail[-1]
    assert (last.function, source[last.line - 1].strip()) == ("unlink", "parent->first_child = after;")
    assert "if (before) is False" in [each.decided for each in shown.refutation.trail]
    (line,) = shown.before()
    assert line.startswith("A  σ0[0]  parent NULL  first_child NULL  next NULL  prev NULL")
    assert not list(shown.changes())


def test_what_a_missing_back_link_leaves_is_shown() -> None:
    shown = picture(TREE, ("-DWRONG=2",), "remove_node__preserves__next_sibling")
    before, changes = list(shown.before()), list(shown.changes())
    gone = next(each.split(": ")[0][0] for each in changes if each.startswith("node_of"))
    assert any(f"free_list: NULL → {gone}" == each or each.startswith("free_list: ") for each in changes)
    assert not any(".prev: " in each for each in changes)
    assert len(before) >= 3


def test_a_grant_that_widens_is_refuted_by_a_call(widens: Picture) -> None:
    found = replayed(widens, MAPDB, (*widens.binding.flags(), *WIDENS), CANONICAL)
    assert found.differs
    assert found.trace is not None
    assert found.trace.operations[-1].action == "grant"
    assert "the compiled code differs there: " in found.lines[-1]


def test_what_the_compiled_code_does_right_is_no_refutation(widens: Picture) -> None:
    found = replayed(widens, MAPDB, widens.binding.flags(), CANONICAL)
    assert not found.differs
    assert "spurious" in found.lines[-1]


def test_what_is_no_library_is_not_replayed(widens: Picture, tmp_path: Path) -> None:
    (tmp_path / "code.c").write_text("int broken(")
    for file in (tmp_path / "code.c", tmp_path / "code.ll", TREE):
        found = replayed(widens, file, (), CANONICAL)
        assert not found.differs
        assert found.lines[-1].startswith("not replayed: ")


@pytest.mark.parametrize(
    ("flags", "given", "expected"),
    [(WIDENS, Verdict.UNKNOWN, Verdict.REFUTED), (WIDENS, Verdict.PROVED, Verdict.PROVED)],
)
def test_a_report_tells_the_lines_of_c(flags: tuple[str, ...], given: Verdict, expected: Verdict) -> None:
    binding = str(MAPDB.with_suffix(".toml"))
    code = loaded(str(MAPDB), binding, flags)
    result = Result(by_id(str(MAPDB), binding, flags, "canonical")[WHAT], "canonical", Outcome(given))
    (found,) = explained(code, [result], flags, CANONICAL, Settings(seconds=120))
    assert found.result.verdict == expected
    if expected == Verdict.REFUTED:
        assert any("musigma_grant: " in line and "mapdb.c:" in line for line in failure_lines(found.result))
        (entry,) = sarif(Run(CANONICAL, (found.result,), frozenset()))["runs"][0]["results"]
        place = entry["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].endswith("docs/examples/mapdb.c")
        line = MAPDB.read_text().splitlines()[place["region"]["startLine"] - 1]
        assert line.strip() in ("}", "return MUSIGMA_DONE;")  # the statement at which it fails


def test_the_picture_is_a_storyboard_of_two_scenes(widens: Picture) -> None:
    board = c_board(widens, "canonical")
    assert [scene.number for scene in board.scenes] == [0, 1]
    assert any(".rights: " in each for each in board.scenes[1].changes)
    assert board.obligation == WHAT
    assert [finding.text for finding in board.scenes[1].findings] == [f"violated: {board.violated}"]
    assert WHAT not in (board.title, board.violated)
    assert "<svg" in svg(board)


def test_what_fails_on_the_way_has_one_scene(widens: Picture) -> None:
    alone = Picture(replace(widens.refutation, after=False), widens.binding)
    assert len(c_board(alone, "canonical").scenes) == 1


LISTS = ROOT / "docs/examples/preorder.c"


def wrong_list(folder: Path, what: str) -> tuple[Loaded, CObligation, tuple[str, ...]]:
    """The example of lists with one place written wrongly, and the obligation that falls."""
    wrong = WRONG[what]
    found = obligations_of(folder, wrong.old, wrong.new, wrong.depth)[wrong.falls]
    flags = (f"-DDEPTH={wrong.depth}",)
    return loaded(str(folder / "lists.c"), str(folder / "lists.toml"), flags), found, flags


def test_a_list_that_is_wrong_is_shown(tmp_path: Path) -> None:
    code, obligation, flags = wrong_list(tmp_path, "missing back link")
    result = Result(obligation, "canonical", Outcome(Verdict.UNPROVED))
    (found,) = explained(code, [result], flags, CANONICAL, Settings(seconds=120))
    assert found.picture is not None
    assert found.picture.refutation.whole
    assert any("next C  prev NULL  depth 0" in each for each in found.picture.before())
    assert any(each.endswith(".prev: B → A") or ".prev: " in each for each in found.picture.changes())
    assert not any(each.startswith("C.prev") for each in found.picture.changes())
    _, line = found.result.obligation.place  # type: ignore[attr-defined]
    source = (tmp_path / "lists.c").read_text().splitlines()
    assert source[line - 1] == "}"
    assert source[line - 2].strip() == "place_node(node, space, page);"
    assert len(c_board(found.picture, "canonical").scenes) == 2


@pytest.mark.slow
def test_a_grant_of_a_list_that_widens_is_refuted_by_a_call(tmp_path: Path) -> None:
    code, obligation, flags = wrong_list(tmp_path, "grant widens")
    result = Result(obligation, "canonical", Outcome(Verdict.UNPROVED))
    (found,) = explained(code, [result], flags, CANONICAL, Settings(seconds=120))
    assert "the compiled code differs there: " in found.result.told[-1]


@pytest.mark.parametrize("bits", [8, pytest.param(16, marks=pytest.mark.slow)])
def test_a_depth_that_wraps_around_is_refuted_by_a_chain(tmp_path: Path, bits: int) -> None:
    wrong = WRONG[f"depth wraps in {bits} bits"]
    (tmp_path / "wrong.c").write_text(CODE.replace(wrong.old, wrong.new))
    flags = (f"-I{ROOT}/refinement/check", f"-DDEPTH=uint{bits}_t")
    found = chained(bits, tmp_path / "wrong.c", flags, CANONICAL)
    assert found.differs
    assert found.trace is not None
    assert len(found.trace.operations) == 2**bits + 1
    assert not chained(bits, LISTS, flags, CANONICAL).differs
    assert chained(32, LISTS, flags, CANONICAL).lines == ("not replayed: a chain of 4294967297 mappings is too long",)
