"""The moving picture: every scene has its turn, one at a time, and without motion the last one stands."""

import re
from xml.etree import ElementTree

from proofs.report.storyboard import storyboard
from proofs.report.storyboard.drawing.moving import LAST, SECONDS, moving_svg
from tests.proofs.traces import TRACES

BOARD = storyboard(TRACES["dangling"])
TEXT = moving_svg(BOARD)


def test_each_scene_is_there_once() -> None:
    root = ElementTree.fromstring(TEXT.encode())
    turns = [each.get("class") for each in root.iter() if "turn" in (each.get("class") or "").split()]
    assert turns == [f"scene turn turn{number}" for number in range(len(BOARD.scenes))]


def shown(at: float) -> list[int]:
    """The scenes that are visible at a part of the whole, by the keyframes as a browser steps through them."""
    found = []
    for number, body in re.findall(r"@keyframes turn(\d+) \{ (.*) \}\n", TEXT):
        steps = [
            (float(each), value)
            for times, value in re.findall(r"([\d.%, ]+) \{ visibility: (\w+); \}", body)
            for each in re.findall(r"([\d.]+)%", times)
        ]
        last = max((step for step in steps if step[0] <= at), default=(0.0, "hidden"))
        found += [int(number)] if last[1] == "visible" else []
    return found


def test_one_scene_is_shown_at_any_time() -> None:
    whole = len(BOARD.scenes) - 1 + LAST
    for number in range(len(BOARD.scenes)):
        assert shown(100 * (number + 0.5) / whole) == [number]
    assert shown(99.9) == [len(BOARD.scenes) - 1]
    assert f"{whole * SECONDS:g}s step-end infinite" in TEXT


def test_without_motion_the_last_scene_stands() -> None:
    still = TEXT.split("@media screen and (prefers-reduced-motion")[0]
    assert ".sb .turn { visibility: hidden; }" in still
    assert f".sb .turn{len(BOARD.scenes) - 1} {{ visibility: visible; }}" in still
    assert "animation" not in still
