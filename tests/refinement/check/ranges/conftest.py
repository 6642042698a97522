"""The sized example, compiled with a defect in it or none."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import refinement.check as check
from refinement.check import Target, parse_target

SOURCE = Path(__file__).parents[4] / "docs" / "examples" / "sized.c"
HEADERS = Path(check.__file__).parent


@pytest.fixture(scope="session")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Target]:
    """Build the sized example with that defect."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("sized")

    def build(fault: str = "NO_FAULT") -> Target:
        library = folder / f"{fault}.so"
        if not library.exists():
            flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
            named = [f"-DMUSIGMA_FAULT={fault}", "-I", str(HEADERS)]
            subprocess.run([compiler, *flags, *named, "-o", str(library), str(SOURCE)], check=True)
        return parse_target(str(library))

    return build
