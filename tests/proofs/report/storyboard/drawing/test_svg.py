"""The SVG is well formed, stands alone, says everything in words too, and can be read."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import storyboard, svg
from proofs.report.storyboard.drawing.style import DARK, LIGHT
from tests.proofs.traces import TRACES, random_trace

SVG = "{http://www.w3.org/2000/svg}"


def _texts(document: str) -> list[str]:
    return [" ".join(element.itertext()).strip() for element in ElementTree.fromstring(document).iter(f"{SVG}text")]


def test_one_panel_a_step_and_the_words() -> None:
    document = svg(storyboard(TRACES["dangling"]))
    root = ElementTree.fromstring(document)
    panels = [group for group in root.iter(f"{SVG}g") if group.get("class") == "scene"]
    assert len(panels) == 4
    texts = _texts(document)
    for words in (
        "Violated: after map: no link leads to a page that is gone",
        "map__preserves__no_dangling_link · dialect canonical without not-ancestor · 3 spaces × 1 page × 1 frame",
        "3. map σ2[0] → σ1[0]",
        "σ1[0] is a link to σ2[0], which is gone",
        "replaced",
        "gone",
        "P: φ",
        "none",
    ):
        assert words in texts


def test_title_and_description_for_those_who_listen() -> None:
    board = storyboard(TRACES["lost"])
    root = ElementTree.fromstring(svg(board))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "sb-title sb-desc"
    assert root.findtext(f"{SVG}title") == f"Violated: {TRACES['lost'].shows.partition(': violated: ')[2]}"
    told = root.findtext(f"{SVG}desc") or ""
    assert board.scenes[-1].findings
    for scene, said in zip(board.scenes, re.split(r"(?:^| )(?=\d+\. )", told)[1:], strict=True):
        assert said.startswith(f"{scene.number}. {scene.title}: ")
        assert all(words in said for words in scene.changes)
        assert all(finding.text in said for finding in scene.findings)


def test_changes_and_wrongs_have_classes() -> None:
    root = ElementTree.fromstring(svg(storyboard(TRACES["widened"])))
    classes = [group.get("class") for group in root.iter(f"{SVG}g")]
    assert classes.count("cell new changed") == 2
    assert classes.count("cell fewer changed wrong") == 1
    assert classes.count("edge fewer changed wrong") == 1
    assert classes.count("cell empty gone") == 1
    assert classes.count("cell empty gone wrong") == 1
    assert classes.count("edge gone") == 2


@pytest.mark.parametrize("hostile", ['</title><script>alert("x")</script>', "a & b < c", "line\x00one\x1b[31m", "]]>"])
def test_whatever_a_trace_says_is_escaped(hostile: str) -> None:
    document = svg(storyboard(Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1),), hostile)))
    root = ElementTree.fromstring(document)
    assert not list(root.iter(f"{SVG}script"))
    assert root.findtext(f"{SVG}title") == "".join(c for c in hostile if c.isprintable())


def test_nothing_is_loaded() -> None:
    document = svg(storyboard(TRACES["granted"]))
    assert "url(" not in document
    assert "@import" not in document
    assert "href" not in document
    assert re.findall(r"https?://[^\"]+", document) == ["http://www.w3.org/2000/svg"]


def test_the_same_trace_gives_the_same_picture() -> None:
    assert svg(storyboard(TRACES["granted"])) == svg(storyboard(TRACES["granted"]))


def test_large_scopes_say_what_is_left_out() -> None:
    trace = Trace("canonical", Scope(20, 30, 30), (Operation("map", 3, 590),))
    document = svg(storyboard(trace))
    assert "shown are 2 of 600 slots: those that the trace touches" in _texts(document)


def test_panels_stay_on_the_paper() -> None:
    for trace in (random_trace(2, 9, Scope(3, 2, 2)), random_trace(2, 3, Scope(8, 8, 8))):
        root = ElementTree.fromstring(svg(storyboard(trace)))
        width = float(root.attrib["width"])
        for group in root.iter(f"{SVG}g"):
            if group.get("class") == "scene":
                moved = re.match(r"translate\(([\d.]+)", group.attrib["transform"])
                assert moved is not None
                x = float(moved[1])
                panel = next(r for r in group.iter(f"{SVG}rect") if r.get("class") == "panel")
                assert x + float(panel.attrib["x"]) + float(panel.attrib["width"]) <= width


def test_long_titles_are_broken_and_very_long_ones_cut() -> None:
    board = storyboard(Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1),)))
    texts = [text for text in _texts(svg(replace(board, title="a word " * 60))) if "word" in text]
    assert len(texts) == 3
    assert texts[-1].endswith(" …")
    assert sum(map(len, texts)) <= 201


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_stand_out(palette: dict[str, str]) -> None:
    """WCAG 2.1: 4.5 for words (1.4.3), 3 for lines that mean something (1.4.11)."""
    for words in ("text", "soft", "wrong", "moved"):
        assert _contrast(palette[words], palette["ground"]) >= 4.5, words
    for fill in ("cell", "empty", "wrongfill"):
        assert _contrast(palette["text"], palette[fill]) >= 4.5, fill
        assert _contrast(palette["soft"], palette[fill]) >= 4.5, fill
    for tag in ("new", "moved", "gone", "rights", "wrong"):
        assert _contrast(palette["mark"], palette[tag]) >= 4.5, tag
    for line in ("line", "new", "moved", "gone", "rights", "wrong"):
        assert _contrast(palette[line], palette["ground"]) >= 3, line
