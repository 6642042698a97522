"""The stages of continuous integration can be run alone; pre-commit runs the fast ones; what is said of them is so."""

import os
import re
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from tests import ROOT

STAGES = ["lint", "folders", "types", "obligations", "tests", "long", "specification", "paper", "slow", "wheel"]


def ci(*arguments: str, path: Path | None = None) -> tuple[int, str]:
    """``.ci/run``, with programs of the path's first; its status, and what was said."""
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else None
    ended = subprocess.run(
        [ROOT / ".ci" / "run", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_the_stages_are_listed() -> None:
    assert ci("--list") == (0, "".join(f"{stage}\n" for stage in STAGES))


def test_the_tests_are_those_of_the_readme_and_no_other_is_left_out() -> None:
    stages = (ROOT / ".ci" / "run").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    asked = re.findall(r"pytest -n 2 -m '([^']*)'", stages)
    assert asked == ["not slow and not long", "long and not slow"]
    assert f"pytest -n 2 -m '{asked[0]}'" in readme


def test_a_stage_that_is_none_is_refused_before_any_runs() -> None:
    status, text = ci("folders", "nonsense")
    assert (status, text.splitlines()) == (
        2,
        [f".ci/run: there is no stage 'nonsense'; write some of: {' '.join(STAGES)}"],
    )


@pytest.mark.parametrize("status", [0, 1])
def test_stages_run_in_order_until_one_fails(tmp_path: Path, status: int) -> None:
    for name in ("ruff", "mypy"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} $1\nexit {status}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    ended, text = ci("types", "lint", path=tmp_path)
    assert ended == status
    said = [line for line in text.splitlines() if line.split(" ")[0] in ("ruff", "mypy")]
    assert said == ["mypy --strict", *(["ruff check", "ruff format"] if status == 0 else [])]
    assert ("== done" in text) == (status == 0)


def test_modules_are_compiled_once_and_not_in_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "mypy").write_text('#!/bin/sh\necho "bytecode is kept: ${PYTHONDONTWRITEBYTECODE-yes}"\n', "utf-8")
    (tmp_path / "mypy").chmod(0o755)
    ended, text = ci("types", path=tmp_path)
    assert (ended, "bytecode is kept: yes" in text) == (0, True)


@pytest.mark.parametrize("fails", ["", "mypy", "musigma"])
def test_stages_beside_each_other_all_count(tmp_path: Path, fails: str) -> None:
    for name in ("mypy", "musigma"):
        status, text = int(name == fails), f"#!/bin/sh\necho {name}\n"
        (tmp_path / name).write_text(f"{text}exit {status}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    ended, text = ci("types", "obligations", path=tmp_path)
    assert ended == int(bool(fails))
    said = [line for line in text.splitlines() if line in ("mypy", "musigma")]
    assert said == (["musigma", "mypy"] if fails == "mypy" else ["mypy", "musigma"])
    assert ("== done" in text) == (not fails)


def test_site_and_book_are_kept_where_dist_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, kept = tmp_path / "programs", tmp_path / "kept"
    programs.mkdir()
    builds = 'for out; do :; done; mkdir -p "$out"; touch "$out/index.html"'
    for name, line in {"sphinx-build": builds, "make": 'touch "$3/musigma.pdf"'}.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("DIST", str(kept))
    status, text = ci("specification", "paper", path=programs)
    assert status == 0, text
    with tarfile.open(kept / "musigma-site.tar.gz") as site:
        assert "musigma-site/index.html" in site.getnames()
    assert (kept / "musigma.pdf").is_file()


@pytest.mark.parametrize("dist", ["", "kept"])
def test_the_whole_has_every_stage_and_the_book_where_somebody_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dist: str
) -> None:
    tools = ("cc", "clang", "chromedriver", "dot", "rsvg-convert", "latexmk", "apt-get")
    for name in (*tools, "python", "python3", "ruff", "mypy", "musigma", "pytest", "sphinx-build"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 0\n", "utf-8")
    (tmp_path / "make").write_text('#!/bin/sh\ntouch "$3/musigma.pdf"\n', "utf-8")
    (tmp_path / "sphinx-build").write_text('#!/bin/sh\nfor out; do :; done; mkdir -p "$out"\n', "utf-8")
    for each in tmp_path.iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("DIST", dist and str(tmp_path / dist))
    status, text = ci(path=tmp_path)
    assert status != 0  # the stub of an environment has no pip to build a wheel with
    begun = [stage for stage in STAGES if f"\n== {stage} (" in text]
    assert begun == [stage for stage in STAGES if dist or stage != "paper"]


def test_pre_commit_runs_what_the_fast_stages_run() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    entries = {line.split("entry: ")[1] for line in hooks.splitlines() if "entry: " in line}
    stages = (ROOT / ".ci" / "run").read_text("utf-8")
    lines = {line.strip().removesuffix(" .") for line in stages.splitlines()}
    assert entries == {"ruff check", "ruff format --check", "python docs/_ext/import_graph.py", "mypy --strict"}
    assert entries <= lines


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_paths_that_the_pages_name_are_there(page: str) -> None:
    words = (ROOT / page).read_text("utf-8").replace("\n", " ").split("`")[1::2]
    named = [word for word in words if "/" in word and " " not in word and not word.startswith(("dist", "http"))]
    missing = [word for word in named if not any((root / word).exists() for root in HOMES)]
    assert len(named) >= 3
    assert not missing


# Folders that the pages' tables speak of by the name inside another.
HOMES = [
    ROOT,
    ROOT / "docs",
    ROOT / "docs" / "_ext" / "musigma_docs",
    *(ROOT / "proofs").iterdir(),
    ROOT / "proofs",
    ROOT / "model",
    ROOT / "machine",
    ROOT / "refinement" / "check",
]


def test_every_place_that_names_the_version_names_the_same() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    texts = {name: (ROOT / name).read_text("utf-8") for name in ("CHANGELOG.md", "CITATION.cff", "README.md")}
    released = re.findall(r"^## ([\d.]+) — (\S+)$", texts["CHANGELOG.md"], re.MULTILINE)
    dated = re.search(r"^date-released: (\S+)$", texts["CITATION.cff"], re.MULTILINE)
    assert dated
    assert (version, dated[1]) in released or (version == released[0][0] and released[0][1] == "unreleased")
    assert re.findall(r"^version: (\S+)$", texts["CITATION.cff"], re.MULTILINE) == [version]
    assert re.findall(r"version = {([^}]+)}", texts["README.md"]) == [version]
    cite = (ROOT / "docs" / "reference" / "cite.rst").read_text("utf-8")
    assert re.findall(r"musigma (\d+\.\d+\.\d+)", cite) == [version, version]
    assert re.findall(r"version = {([^}]+)}", cite) == [version]
