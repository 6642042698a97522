"""The storyboard of a trace of ranges: every page that an operation names, and what is wrong at the end."""

from dataclasses import replace

import pytest

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.literal import DONE
from model.spaces.operation import Kind
from proofs.report.storyboard import TooLargeError, svg
from proofs.report.storyboard.replays.ranges import range_board
from proofs.report.storyboard.scenes.scene import Change
from proofs.report.storyboard.scenes.views import Answers, Cached, Views
from proofs.report.storyboard.scenes.views_in_words import columns_of

SCOPE = RangeScope(3, 4, 4, 0b111)
MAP = RangeOperation(Kind.MAP, 0, 1, 4, 1)
GRANT = RangeOperation(Kind.GRANT, 4, 1, 8, 1)
FLUSH = RangeOperation(Kind.FLUSH, 0, 2)


def board(*operations: RangeOperation, ranges: str = "canonical", obligation: str = "", dialect: str = "canonical"):  # type: ignore[no-untyped-def]
    return range_board(RangeTrace(dialect, ranges, SCOPE, operations, "", obligation))


def test_each_page_of_a_range_has_its_role_and_its_change() -> None:
    scenes = board(MAP, GRANT, FLUSH).scenes
    assert [scene.title for scene in scenes] == [
        "at first",
        "map σ0[0..1] → σ1[0..1]",
        "grant σ1[0..1] → σ2[0..1]",
        "flush σ0[0..3]",
    ]
    roles = [{cell.name: cell.role for cell in scene.cells if cell.role} for scene in scenes]
    assert roles[1] == {"σ0[0]": "from", "σ0[1]": "from", "σ1[0]": "to", "σ1[1]": "to"}
    assert roles[3] == {f"σ0[{page}]": "flushed" for page in range(4)}
    moved = [cell.name for cell in scenes[2].cells if cell.change is Change.MOVED]
    assert moved == ["σ2[0]", "σ2[1]"]
    assert scenes[1].changes == ("new: σ1[0], from σ0[0], rwx", "new: σ1[1], from σ0[1], rwx")
    assert "moved: σ1[1] to σ2[1], rwx" in scenes[2].changes
    assert scenes[3].changes == ("gone: σ2[0]", "gone: σ2[1]")
    assert all(not scene.findings for scene in scenes)


def test_mappings_of_many_pages_are_named_where_a_dialect_has_them() -> None:
    told = board(MAP, ranges="canonical with unit=mapping").scenes[1].changes
    assert told[-2:] == ("one mapping: σ0[0..3]", "one mapping: σ1[0..1]")
    assert not any("one mapping" in change for scene in board(MAP).scenes for change in scene.changes)


def test_a_refused_operation_is_said_to_be_refused() -> None:
    scene = board(RangeOperation(Kind.MAP, 4, 1, 8, 1)).scenes[1]
    assert (scene.ending, scene.changes) == ("refused", ())
    assert not any(cell.role for cell in scene.cells)


def test_what_is_said_to_be_violated_is_asked_of_the_last_step() -> None:
    id = "ranges__flush_range__leaves__nothing_below"
    right = board(MAP, FLUSH, obligation=id)
    assert [each.kind for each in right.scenes[-1].findings] == ["unconfirmed"]
    within = RangeOperation(Kind.MAP, 4, 0, 5, 0), RangeOperation(Kind.FLUSH, 4, 1)
    wrong = board(MAP, *within, ranges="canonical with own=range", obligation=id)
    finding = wrong.scenes[-1].findings[-1]
    assert finding.kind == "violated"
    assert set(finding.slots) >= {5}
    assert "flush σ1[0..1]" in svg(wrong)
    other = board(MAP, obligation=id)
    assert "another action's" in other.scenes[-1].findings[-1].text


def test_rights_that_hardware_keeps_are_drawn() -> None:
    scene = board(MAP._replace(rights=2), dialect="canonical keeping 05674567").scenes[1]
    assert scene.changes[0] == "new: σ1[0], from σ0[0], rw-"


def test_what_a_target_shows_stands_beside_the_model() -> None:
    beside = Views(name="the target", status=DONE)
    shown = tuple(
        zip(*((slot, 7) if slot < 4 else (1, 4) if slot == 4 else (-1, 0) for slot in range(12)), strict=True)
    )
    last = replace(beside, answers=(Answers("the target", *shown),), cached=(Cached(-1, 5, 1, 7, dirty=False),))
    trace = RangeTrace("canonical", "canonical", SCOPE, (MAP, FLUSH))
    drawn = range_board(trace, {1: replace(beside, crashed="crashed"), 2: last})
    assert [each.text for each in drawn.scenes[1].findings] == ["the target crashed"]
    told = [each.text for each in drawn.scenes[2].findings]
    assert "the target shows frame 1 r-- in σ1[0], the model φ" in told
    assert "a core's buffer lets σ1[1] read, write and execute frame 1, the model does not" in told
    assert columns_of(drawn) == ["model", "the target", "translation buffers"]
    assert drawn.scenes[2].cell(5).beside == ("model: φ", "a core: frame 1 rwx")


def test_what_is_too_large_is_not_drawn() -> None:
    with pytest.raises(TooLargeError, match="at most 40 steps"):
        range_board(RangeTrace("canonical", "canonical", SCOPE, (FLUSH,) * 41))
    with pytest.raises(TooLargeError, match="64 slots"):
        range_board(RangeTrace("canonical", "canonical", RangeScope(3, 32, 4, 1), ()))
