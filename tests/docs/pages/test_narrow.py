"""On a telephone: tables with sentences are lists, others keep their columns; storyboards stand upright."""

import re
from xml.etree.ElementTree import fromstring

import pytest
from musigma_docs.pictures.upright import upright

from model.scope import Scope
from model.trace import Trace
from proofs.report.storyboard import storyboard, svg
from proofs.report.storyboard.drawing.svg import MARGIN
from tests.docs.site import TRACE, Site

SENTENCES = """
.. list-table::
   :header-rows: 1

   * - name
     - what & why
     - and
   * - first
     - a sentence that is longer than a telephone has room for beside others
     - something else that takes its room
   * - second
     -
     - a word
"""
WORDS = """
=====  =======
name   what
=====  =======
one    a word
=====  =======
"""


def test_a_table_with_sentences_names_its_columns_in_each_cell(site: Site) -> None:
    page = site.build(SENTENCES)
    assert site.warnings == ""
    assert re.search(r'<table class="[^"]*mu-stacks', page)
    assert re.findall(r'<span class="mu-label">(.*?)</span>(\w+ \w+)', page) == [
        ("what &amp; why", "a sentence"),
        ("and", "something else"),
        ("and", "a word"),
    ]


@pytest.mark.long
def test_a_small_table_and_one_of_signs_stay_as_they_are(site: Site) -> None:
    assert "mu-stacks" not in site.build(WORDS)
    signs = site.build(".. verdict-table::\n   :signs:\n")
    assert "mu-signs" in signs
    assert "mu-stacks" not in signs


def test_on_paper_no_cell_has_a_label(site: Site) -> None:
    site.build(SENTENCES, builder="latex")
    paper = next((site.folder / "out" / "latex").glob("*.tex")).read_text("utf-8")
    assert "a sentence that is longer" in paper
    assert paper.count("what \\& why") == 1


def test_a_storyboard_stands_upright_on_a_telephone(site: Site) -> None:
    page = site.build(".. trace:: not-ancestor\n")
    assert '<picture><source media="(max-width: 40em)" srcset="_traces/not-ancestor-upright.svg">' in page
    (inside,) = re.findall("<picture>(.*?)</picture>", page, re.DOTALL)
    assert re.findall(r"</?(\w+)", inside) == ["source", "img"], "nothing else, or a browser closes the picture early"
    drawn = fromstring((site.folder / "out" / "html" / "_traces" / "not-ancestor-upright.svg").read_bytes())
    panels = [scene for scene in drawn if scene.get("class") == "scene"]
    assert len(panels) == 1 + len(TRACE.operations)
    places = [tuple(map(float, (scene.get("transform") or "")[10:-1].split())) for scene in panels]
    assert {x for x, _ in places} == {MARGIN}
    tall = [float(next(each.get("height", "0") for each in scene if each.get("class") == "panel")) for scene in panels]
    assert all(y + height <= below for (_, y), height, (_, below) in zip(places, tall, places[1:], strict=False))
    assert float(drawn.get("height", "0")) >= places[-1][1] + tall[-1]


def test_one_scene_is_upright_already() -> None:
    alone = Trace("canonical", Scope(2, 1, 1), ())
    assert upright(svg(storyboard(alone))) == ""


@pytest.mark.long
def test_a_matrix_has_its_words_apart_and_once_more_below(site: Site) -> None:
    page = site.build(".. verdict-table::\n")
    assert site.warnings == ""
    cells, legend = page.split('<p class="mu-legend">')
    assert '<span class="mu-badge mu-proved">✓<span class="mu-verdict"> proved</span></span>' in cells
    assert '<span class="mu-badge mu-proved">✓ proved</span>' not in cells
    assert legend.split("</p>")[0].count('<span class="mu-badge mu-proved">✓ proved</span>') == 1


@pytest.mark.long
def test_on_paper_a_verdict_is_one_word(site: Site) -> None:
    site.build(".. verdict-table::\n", builder="latex")
    paper = next((site.folder / "out" / "latex").glob("*.tex")).read_text("utf-8")
    assert "proved" in paper
    assert "mu-verdict" not in paper
    assert "mu-legend" not in paper
