"""Kernels with their constants written in: copies of a source file, importable, so that numba's cache on disk hits.

A kernel in :mod:`proofs.explorer.kernels` is ordinary Python, complete with constants for the smallest case between
two marks. :func:`specialised` writes a copy with other lines between the marks and imports it. The name of the copy
is a digest of everything that its compiled code depends on, so a stale one is never used. Closures would do the same
job without files, but numba compiles those anew in each process.
"""

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import numba
import numpy as np

START, END = (
    "# The lines from here are written by specialise.py.\n",
    "# The lines to here are written by specialise.py.\n",
)


def cache_directory() -> Path:
    """Where generated kernels are kept: ``$MUSIGMA_CACHE``, or ``musigma`` in the user's cache directory.

    A directory that cannot be written to is replaced by a temporary one of this user, so that a read-only home costs
    compile time, not a failure.
    """
    named = os.environ.get("MUSIGMA_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "musigma"
    try:
        directory = base / "kernels"
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:
        directory = Path(tempfile.gettempdir()) / f"musigma-{os.getuid()}" / "kernels"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return directory


@cache
def _digest_of_sources(directories: tuple[Path, ...]) -> str:
    """A digest of all Python files in these directories: whatever a kernel may have compiled in."""
    digest = hashlib.sha256()
    for directory in directories:
        for path in sorted(directory.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def specialised(kernel: str, lines: Sequence[str], sources: Sequence[str]) -> ModuleType:
    """The kernel module of that name with these lines between its marks.

    :param kernel: a module that has the two marks, such as ``proofs.explorer.kernels.search``.
    :param lines: Python, one statement a line.
    :param sources: names of the modules whose functions the lines import; when a file beside one of them changes, a
        new copy is made.
    """
    origins = [_origin(name) for name in (kernel, "proofs.explorer", *sources)]
    text = origins[0].read_text("utf-8")
    head, rest = text.split(START)
    text = head + START + "".join(f"{line}\n" for line in lines) + END + rest.split(END)[1]
    directories = tuple(sorted({origin.parent for origin in origins}))
    basis = "\0".join((text, _digest_of_sources(directories), numba.__version__, np.__version__, sys.version))
    name = f"musigma_{kernel.rpartition('.')[2]}_{hashlib.sha256(basis.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    path = cache_directory() / f"{name}.py"
    if not path.exists() or path.read_text("utf-8") != text:
        _write(path, text)
    return _load(name, path)


def _origin(name: str) -> Path:
    """The file of a module."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"{name} is in no file: a compiled system needs functions of an importable module")
    return Path(spec.origin)


def _write(path: Path, text: str) -> None:
    """Put the file there whole, whoever else may be doing the same."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def _load(name: str, path: Path) -> ModuleType:
    """Import the file under that name. It stands in ``sys.modules``, where numba looks when it loads compiled code."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
