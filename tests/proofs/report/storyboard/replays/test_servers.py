"""Storyboards of attacks: who acts, what is noted, which page moved with which rights, what is violated at the end."""

from dataclasses import replace

import pytest

from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import SubsystemTheory, theory_of_subsystem
from proofs.report.storyboard.drawing.page import page
from proofs.report.storyboard.drawing.svg import svg
from proofs.report.storyboard.replays.servers import attack_board
from proofs.report.storyboard.scenes.scene import Storyboard
from proofs.servers.attack import Attack, attack

SMALL = {"Thread": 4, "Id": 4, "Space": 4, "Slot": 4, "Word": 2}


@pytest.fixture(scope="module")
def drawn() -> tuple[SubsystemTheory, Attack, Storyboard]:
    """A page of a device's port goes to somebody who is not the driver."""
    of = theory_of_subsystem(SYSTEMS["SharedPorts"])
    found = attack(of, "own_ports", machine={**of.kind.machine, **SMALL}, most=3)
    return of, found, attack_board(of, found)


def test_each_step_is_a_scene_with_who_acts(drawn: tuple[SubsystemTheory, Attack, Storyboard]) -> None:
    _, found, board = drawn
    assert [scene.number for scene in board.scenes] == [0, 1, 2]
    for scene, line in zip(board.scenes[1:], found.lines, strict=True):
        assert line.startswith(f"{scene.number}. {scene.title}")


def test_the_page_that_moved_has_the_rights_that_the_run_says(
    drawn: tuple[SubsystemTheory, Attack, Storyboard],
) -> None:
    _, found, board = drawn
    (told,) = [change for change in board.scenes[-1].changes if change.startswith("new: ")]
    slot = told.removeprefix("new: ").partition(",")[0]
    assert f"to {slot}, rights " in found.lines[-1]
    assert next(cell for cell in board.scenes[-1].cells if cell.name == slot).role == "to"


def test_what_is_violated_is_marked_at_the_end_alone(drawn: tuple[SubsystemTheory, Attack, Storyboard]) -> None:
    _, found, board = drawn
    assert [len(scene.findings) for scene in board.scenes] == [0, 0, 1]
    (finding,) = board.scenes[-1].findings
    assert finding.text.startswith(f"violated: own_ports, {found.sentence} (not so for ")
    assert [cell.name for cell in board.scenes[-1].cells if cell.wrong]
    for drawing in (svg(board), page(board)):
        assert "violated: own_ports" in " ".join(drawing.split())


def test_a_run_that_violates_nothing_is_no_picture(drawn: tuple[SubsystemTheory, Attack, Storyboard]) -> None:
    of, found, _ = drawn
    assert found.states is not None
    shorter = replace(found.states, actions=found.states.actions[:1])
    with pytest.raises(ValueError, match="the run does not violate own_ports"):
        attack_board(of, replace(found, states=shorter))
    with pytest.raises(ValueError, match="there is no run"):
        attack_board(of, replace(found, states=None))


@pytest.mark.long
def test_notes_are_told_when_they_are_made_and_after() -> None:
    of = theory_of_subsystem(SYSTEMS["ToAnybody"])
    found = attack(of, "only_demander", machine=of.kind.machine, most=3)
    board = attack_board(of, found)
    told = [note for scene in board.scenes for note in scene.changes if note.startswith("notes ")]
    assert any(note.startswith("notes key(") for note in told)
    assert all(note in "; ".join(found.lines) for note in told)
    assert any(each.startswith("key(") for each in board.scenes[-1].noted)
    assert not board.scenes[0].noted
    assert "noted: key(" in svg(board)
