"""The folder graph: the project's own is acyclic, and what is wrong with a made-up one is named."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import import_graph
import pytest
from import_graph import back_arrows, circles, folder_graph, module_graph
from musigma_docs.base.build import RefusedError
from musigma_docs.pictures import architecture

from tests import ROOT

SOUND = {
    "model/__init__.py": "",
    "model/scope.py": "",
    "model/spaces/__init__.py": "from ..scope import Scope",
    "model/spaces/literal.py": "from model.scope import Scope\nfrom . import theory",
    "model/spaces/theory.py": "import json.decoder, os",
    "refinement/kernel/tree.py": "import model.spaces.literal as literal",
    "proofs/prove.py": "from refinement.kernel import tree\nfrom model import spaces",
}


def tree(root: Path, **changed: str) -> Path:
    """A made-up project; the names of changed files have __ for /, and lack .py."""
    files = SOUND | {
        f"{name.replace('__', '/').replace('INIT', '__init__')}.py": text for name, text in changed.items()
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


def told(root: Path, **changed: str) -> tuple[list[str], list[str]]:
    graph = module_graph(tree(root, **changed))
    return back_arrows(graph), circles(graph)


def test_a_sound_tree(tmp_path: Path) -> None:
    assert told(tmp_path) == ([], [])
    graph = module_graph(tmp_path)
    assert graph["model", "spaces", "literal"] == {("model", "scope"), ("model", "spaces", "theory")}
    assert graph["model", "spaces", "__init__"] == {("model", "scope")}
    assert graph["proofs", "prove"] == {("refinement", "kernel", "tree"), ("model", "spaces", "__init__")}
    assert folder_graph(graph)["proofs"] == {"refinement/kernel": 1, "model/spaces": 1}


@pytest.mark.parametrize(
    "text",
    [
        "import proofs.prove",
        "from proofs import prove",
        "def late():\n    from proofs.prove import prove",
        "if TYPE_CHECKING:\n    import proofs.prove",
        "class C:\n    async def late(self):\n        import os, proofs.prove as p",
    ],
)
def test_a_back_arrow(tmp_path: Path, text: str) -> None:
    (said,) = told(tmp_path, refinement__kernel__late=text)[0]
    assert said == ("refinement/kernel/late.py imports proofs/prove.py: refinement may import from machine and model")


def test_neither_of_the_two_at_the_bottom_knows_the_other(tmp_path: Path) -> None:
    assert told(tmp_path, machine__core="from model import scope")[0] == [
        "machine/core.py imports model/scope.py: machine may import from no other package"
    ]


def test_what_stands_beside_is_imported_by_nobody(tmp_path: Path) -> None:
    assert told(tmp_path, proofs__tried="from tests.proofs import misbehaving")[0][0].startswith(
        "proofs/tried.py imports tests: "
    )


@pytest.mark.parametrize(
    "text", ["from model.spaces import literal", "from . import literal", "def late():\n    from .literal import map_"]
)
def test_a_circle_of_files(tmp_path: Path, text: str) -> None:
    (said,) = told(tmp_path, model__spaces__theory=text)[1]
    assert said.startswith("in model/spaces: ")
    assert "model/spaces/theory.py imports model/spaces/literal.py" in said
    assert "model/spaces/literal.py imports model/spaces/theory.py" in said


@pytest.mark.parametrize(
    "text", ["from model.spaces.theory import x", "from .spaces import theory", "def late():\n    from . import spaces"]
)
def test_a_circle_of_a_file_and_a_folder(tmp_path: Path, text: str) -> None:
    (said,) = told(tmp_path, model__scope=text)[1]
    assert said.startswith("in model: ")
    assert "model/scope.py imports model/spaces/" in said


def test_a_circle_of_folders_without_one_of_files(tmp_path: Path) -> None:
    """Of three folders, each by another file: no file imports itself by any way."""
    files = {
        "proofs__a__one": "import proofs.b.one",
        "proofs__b__one": "",
        "proofs__b__two": "from ..c import one",
        "proofs__c__one": "",
        "proofs__c__two": "def late():\n    from ..a import two",
        "proofs__a__two": "",
    }
    (said,) = told(tmp_path, **files)[1]
    assert said.startswith("in proofs: ")
    for arrow in ("a/one.py imports proofs/b/one", "b/two.py imports proofs/c/one", "c/two.py imports proofs/a/two"):
        assert f"proofs/{arrow}" in said
    circle = said.split(": ")[1].split(" -> ")
    assert circle[0] == circle[-1]
    assert "".join(circle[:3]) in "abcab"


def test_a_circle_of_a_package_and_its_own_module(tmp_path: Path) -> None:
    (said,) = told(tmp_path, model__spaces__INIT="from .theory import x", model__spaces__theory="import model.spaces")[
        1
    ]
    assert "in model/spaces: " in said


@pytest.mark.long
def test_the_projects_own_graph_is_acyclic_at_every_level() -> None:
    graph = module_graph(ROOT)
    assert (back_arrows(graph), circles(graph)) == ([], [])
    assert {module[0] for module in graph} == {"model", "machine", "refinement", "proofs", "musigma"}
    assert folder_graph(graph)["refinement/kernel"]["machine"]


def command(root: Path) -> "subprocess.CompletedProcess[str]":
    script = ROOT / "docs" / "_ext" / "import_graph.py"
    return subprocess.run([sys.executable, "-I", script, root], capture_output=True, text=True, check=False)


def test_the_command(tmp_path: Path) -> None:
    sound = command(tree(tmp_path / "sound"))
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "proofs -> model/spaces, refinement/kernel\n" in sound.stdout
    wrong = command(
        tree(tmp_path / "wrong", model__scope="import proofs.prove", model__spaces__theory="from . import literal")
    )
    assert wrong.returncode == 1
    assert [line.split(":")[0] for line in wrong.stderr.splitlines()] == [
        "back arrow",
        "circle in the root",
        "circle in model/spaces",
    ]
    (tmp_path / "nothing").mkdir()
    nothing = command(tmp_path / "nothing")
    assert nothing.returncode == 2
    assert "has none of the folders" in nothing.stderr


def test_the_picture_is_refused_where_an_import_points_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    graph: Any = module_graph(tree(tmp_path, model__scope="import proofs.prove"))
    monkeypatch.setattr(architecture, "module_graph", lambda root: graph)
    with pytest.raises(RefusedError, match=r"imports go the wrong way: model/scope\.py imports proofs/prove\.py"):
        architecture.ImportGraph.make(Any)  # type: ignore[arg-type]


def test_packages_are_those_that_are_installed() -> None:
    assert f"packages = {[*import_graph.ARROWS]}".replace("'", '"') in (ROOT / "pyproject.toml").read_text("utf-8")
