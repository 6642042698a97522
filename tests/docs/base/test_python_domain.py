"""What Sphinx's own search finds among all of Python's names is found among those that end alike."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from musigma_docs.base.python_domain import NarrowedDomain
from sphinx.domains.python import ObjectEntry, PythonDomain
from sphinx.testing.util import SphinxTestApp

FULL = {
    "room": "module",
    "room.Thing": "class",
    "room.base.Thing": "class",
    "room.base.Thing.part": "method",
    "room.base.part": "function",
    "room.part": "attribute",
    "room.Nothing": "class",
}


@pytest.fixture
def app(tmp_path: Any) -> Any:
    (tmp_path / "conf.py").write_text("extensions = ['musigma_docs']\n")
    (tmp_path / "index.rst").write_text("Page\n====\n")
    app = SphinxTestApp("html", srcdir=tmp_path)
    yield app
    app.cleanup()


@pytest.mark.parametrize("mode", [0, 1])
def test_it_finds_what_sphinx_finds(mode: int, app: Any) -> None:
    domain = app.env.domains.python_domain
    assert isinstance(domain, NarrowedDomain)
    found = 0
    for more in (FULL, {"elsewhere.Thing": "class"}):  # and what is read later as well
        for name, kind in more.items():
            domain.objects[name] = ObjectEntry("index", name, kind, False)
        names = (
            "Thing",
            "part",
            "part()",
            "Thing.part",
            "room.part",
            "base.Thing",
            "Nothing",
            "hing",
            "",
            "()",
            "absent",
        )
        for name, module, cls, role in product(
            names, ("", "room", "room.base"), ("", "Thing"), ("class", "meth", "func", None)
        ):
            asked = (app.env, module, cls, name, role, mode)
            expected = PythonDomain.find_obj(domain, *asked)
            assert domain.find_obj(*asked) == expected
            found += len(expected)
    assert found > 100


def test_it_looks_at_few(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = app.env.domains.python_domain
    domain.objects.update({name: ObjectEntry("index", name, kind, False) for name, kind in FULL.items()})
    looked: list[set[str]] = []
    monkeypatch.setattr(PythonDomain, "find_obj", lambda self, *asked: looked.append(set(self.objects)))
    domain.find_obj(app.env, "", "", "Thing", "class", 1)
    assert looked == [{"room.Thing", "room.base.Thing"}]


def test_no_signature_shows_where_an_object_stands(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("extensions = ['sphinx.ext.autodoc', 'musigma_docs']\n")
    (tmp_path / "index.rst").write_text(
        "Page\n====\n\n.. autofunction:: proofs.commands.replay.replay\n\n.. autofunction:: model.counting.counted\n"
    )
    app = SphinxTestApp("text", srcdir=tmp_path)
    app.build()
    text = (tmp_path / "_build" / "text" / "index.txt").read_text("utf-8")
    app.cleanup()
    assert "proofs.commands.replay.replay(...)" in text
    assert "model.counting.counted(number" in text
    assert "object at 0x" not in text
