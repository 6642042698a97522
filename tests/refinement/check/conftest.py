"""Databases to check: the reference with its faults, and others, compiled once a session."""

import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from refinement.check import Target, parse_target
from tests import EXAMPLES, ROOT

REFERENCE = EXAMPLES / "mapdb.c"

Build = Callable[..., Target]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A library from C source (a path, or text), with macros."""
    folder = tmp_path_factory.mktemp("libraries")
    built: dict[tuple[str, ...], Target] = {}

    def compiled(source: Path | str, *defines: str) -> Target:
        key = (str(source), *defines)
        if key not in built:
            path = folder / f"library{len(built)}.c"
            path.write_text(source.read_text("utf-8") if isinstance(source, Path) else source, "utf-8")
            library = path.with_suffix(".so")
            macros = [f"-D{define}" for define in defines]
            subprocess.run(
                [
                    *("cc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-I", str(ROOT / "refinement" / "check")),
                    *(*macros, "-o", str(library), str(path)),
                ],
                check=True,
            )
            built[key] = parse_target(str(library))
        return built[key]

    return compiled


@pytest.fixture(scope="session")
def reference(build: Build) -> Target:
    """The reference database, without a fault."""
    return build(REFERENCE)


@pytest.fixture(scope="session")
def faulty(build: Build) -> Callable[[str], Target]:
    """The reference database with one fault."""
    return lambda name: build(REFERENCE, f"MUSIGMA_FAULT={name}")


@pytest.fixture(scope="session")
def fault_names() -> list[str]:
    """The faults of the reference database."""
    text = REFERENCE.read_text("utf-8")
    return re.findall(r"^    ([A-Z0-9_]+),", text[text.index("NO_FAULT,") : text.index("};")], re.MULTILINE)


@pytest.fixture
def example() -> Callable[[str], Path]:
    """A file of the documentation's examples."""
    return lambda name: EXAMPLES / name


@pytest.fixture(autouse=True)
def _loaded_here(_process_as_before: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A target that is loaded in the tests' own process changes it as it would that of a check, which ends."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    limit = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(autouse=True)
def _numbers_wrap() -> Iterator[None]:
    """What is not compiled makes numpy tell that a number of 64 bits wrapped round, which hashes are meant to do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "overflow encountered", RuntimeWarning)
        yield
