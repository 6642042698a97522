"""Copies of a kernel: what they hold, and, without a compiler, that they run the kernel's own functions."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numba import config

from proofs.explorer.searches import specialise
from proofs.explorer.searches.kernels import bitmap as kernel
from proofs.explorer.searches.specialise import specialised

NAME = kernel.__name__
LINES = [
    *("SLOTS, FRAMES = 3, 2", "ANCESTOR_REFUSED = FRAME_HOLDER_REFUSED = OWN_SLOT_COUNTS = OWN_PAGE_INCLUDED = False"),
    *("OCCUPIED_REFUSED = EXTENDED_CHILD = EXTENDED_FRAME = NO_GRANT = CHILDREN_FLUSHED = True",),
]


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """As where functions are compiled, which happens only when they are called."""
    monkeypatch.setattr("numba.config.DISABLE_JIT", 0)
    monkeypatch.setenv("MUSIGMA_CACHE", str(tmp_path))
    return tmp_path / "kernels"


def test_the_copy_has_the_lines(compiling: Any) -> None:
    copy = specialised(NAME, LINES, [])
    assert (copy.SLOTS, copy.RADIX, copy.KINDS, copy.CHILDREN_FLUSHED) == (3, 5, 1, True)
    (file,) = compiling.glob("*.py")
    assert Path(str(copy.__file__)) == file
    text, own = file.read_text("utf-8"), Path(kernel.__file__).read_text("utf-8")
    start, end = specialise.START, specialise.END
    assert text.count(start) == text.count(end) == 1
    assert text.split(start)[0] == own.split(start)[0]
    assert text.split(end)[1] == own.split(end)[1]
    assert text.split(start)[1].split(end)[0].splitlines() == LINES
    assert sys.modules[copy.__name__] is copy
    assert copy.__name__.startswith("musigma_bitmap_")
    assert len(copy.__name__) == len("musigma_bitmap_") + 16
    del sys.modules[copy.__name__]


def test_a_copy_is_made_once_and_found_again(compiling: Any) -> None:
    first = specialised(NAME, LINES, [])
    assert specialised(NAME, LINES, []) is first
    (file,) = compiling.glob("*.py")
    del sys.modules[first.__name__]
    before = file.stat().st_ino
    again = specialised(NAME, LINES, [])
    assert again is not first
    assert file.stat().st_ino == before
    file.write_text("spoiled = True\n", "utf-8")
    del sys.modules[first.__name__]
    assert specialised(NAME, LINES, []).SLOTS == 3
    assert [each.name for each in compiling.glob("*.py")] == [file.name]
    del sys.modules[first.__name__]


def test_other_lines_and_other_sources_make_other_copies(compiling: Any) -> None:
    names = {
        specialised(NAME, LINES, []).__name__,
        specialised(NAME, ["SLOTS, FRAMES = 2, 2", *LINES[1:]], []).__name__,
        specialised(NAME, LINES, ["model.scope"]).__name__,
    }
    assert len(names) == 3
    assert specialised(NAME, LINES, [NAME]).__name__ in names
    for name in names:
        del sys.modules[name]


def test_what_cannot_be_imported_leaves_nothing(compiling: Any) -> None:
    before = {*sys.modules}
    with pytest.raises(ZeroDivisionError):
        specialised(NAME, ["1 / 0"], [])
    assert not any(name.startswith("musigma_bitmap_") for name in {*sys.modules} - before)
    with pytest.raises(ValueError, match=r"there is no kernel proofs\.nowhere"):
        specialised("proofs.nowhere", LINES, [])


PROGRAM = f"""
from proofs.explorer.searches.kernels import bitmap as kernel
from proofs.explorer.searches.specialise import specialised

def instead(found, violated, number):
    return SLOTS, 'instead'

before, kernel.note.__code__ = kernel.note.__code__, instead.__code__
copy = specialised({NAME!r}, {LINES!r}, [])
kernel.note.__code__ = before
said = copy.note(1, 2, 3), copy.RADIX, copy.mark.__globals__ is vars(copy), kernel.RADIX, copy.__name__
"""


@pytest.mark.long
def test_without_a_compiler_a_copy_runs_what_took_the_place_of_the_kernel() -> None:
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        namespace: dict[str, Any] = {}
        exec(PROGRAM, namespace)
        said = str(namespace["said"])
    else:
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(specialise.__file__).parents[3])}
        command = [sys.executable, "-c", f"{PROGRAM}\nprint(said)"]
        said = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.strip()
    assert said == "((3, 'instead'), 5, True, 3, 'musigma_bitmap')"
