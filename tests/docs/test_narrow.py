"""Tables on a telephone: those with sentences name the column in each cell, those that are read across keep columns."""

import re

from tests.docs.site import Site

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
