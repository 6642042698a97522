"""Each page says what it was made from; numbers of parts go on from one table of contents to the next."""

import re

import pytest
from musigma_docs.pages import stamp

from tests import ROOT
from tests.docs.site import Site

PARTS = ".. toctree::\n   :numbered:\n\n   one\n   two\n\n.. toctree::\n   :numbered:\n\n   three\n"
PAGES = {
    "one": "Section\n-------\n",
    "two": "Text.\n",
    "three": "Section\n-------\n\n.. toctree::\n{hidden}\n   four\n",
    "four": "Section\n-------\n",
}


def numbers(site: Site, name: str) -> list[str]:
    text = (site.folder / "out" / "html" / f"{name}.html").read_text("utf-8")
    return re.findall(r'<h\d><span class="section-number">([\d.]+)', text)


@pytest.mark.long
def test_numbers_go_on_from_table_to_table_in_every_build(site: Site) -> None:
    for hidden in ("", "   :hidden:\n"):
        index = site.build(PARTS, whole=True, **{name: text.format(hidden=hidden) for name, text in PAGES.items()})
        assert site.warnings == ""
        assert [numbers(site, name) for name in PAGES] == [["1.", "1.1."], ["2."], ["3.", "3.1."], ["3.2.", "3.2.1."]]
        assert re.findall(r'href="(\w+).html">([\d.]+) Page', index)[:3] == [
            ("one", "1."),
            ("two", "2."),
            ("three", "3."),
        ]


def test_each_page_says_version_and_commit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamp, "commit", lambda: "commit 0123abc, changed since")
    page = site.build("Text.\n")
    said = f'<p class="mu-stamp">musigma {stamp.version()}, commit 0123abc, changed since</p>'
    assert page.count(said) == 1
    site.build("Text.\n", "latex")
    (tex,) = (site.folder / "out" / "latex").glob("*.tex")
    assert r"\g@addto@macro\py@release{, commit 0123abc, changed since}" in tex.read_text("utf-8")


def test_sources_in_no_repository_have_no_commit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp.commit.cache_clear()
    try:
        if (ROOT / ".git").exists():
            assert re.fullmatch("commit [0-9a-f]{12}(, changed since)?", stamp.commit())
        stamp.commit.cache_clear()
        monkeypatch.setattr(stamp, "ROOT", site.folder)
        assert stamp.commit() == "commit unknown"
    finally:
        stamp.commit.cache_clear()
