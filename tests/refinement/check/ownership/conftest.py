"""The example of ownership, compiled for a dialect, with a defect in it or none, or with other words in its source."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import refinement.check as check
from refinement.check import Target, parse_target

SOURCE = Path(__file__).parents[4] / "docs" / "examples" / "owned.c"
HEADERS = Path(check.__file__).parent


@pytest.fixture(scope="session")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Target]:
    """Build the example for that dialect, with that defect, and with words replaced."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("owned")

    def build(dialect: str, fault: str = "NO_FAULT", **changed: tuple[str, str]) -> Target:
        name = "-".join([dialect, fault, *changed])
        source, library = folder / f"{name}.c", folder / f"{name}.so"
        text = SOURCE.read_text("utf-8")
        for old, new in changed.values():
            assert old in text
            text = text.replace(old, new)
        source.write_text(text, "utf-8")
        flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-DDIALECT={dialect.upper()}"]
        named = [f"-DMUSIGMA_FAULT={fault}", "-I", str(HEADERS)]
        subprocess.run([compiler, *flags, *named, "-o", str(library), str(source)], check=True)
        return parse_target(str(library))

    return build
