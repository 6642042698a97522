"""Kernels with their constants written in: copies of a source file, importable, so that numba's cache on disk hits.

A kernel in :mod:`proofs.explorer.kernels` is ordinary Python, complete with constants for the smallest case between
two marks. :func:`specialised` writes a copy with other lines between the marks and imports it. The name of the copy
is a digest of everything that its compiled code depends on, so a stale one is never used. Closures would do the same
job without files, but numba compiles those anew in each process.
"""

import ast
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

    A directory that cannot be written to is replaced by a temporary one, so that a read-only home costs compile time,
    not a failure.
    """
    named = os.environ.get("MUSIGMA_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "musigma"
    try:
        directory = base / "kernels"
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:
        return _temporary_directory()


@cache
def _temporary_directory() -> Path:
    """A directory of this process alone: nobody else can have put code there."""
    return Path(tempfile.mkdtemp(prefix="musigma-"))


@cache
def _digest_of_sources(modules: tuple[str, ...]) -> str:
    """A digest of these modules and of all of ours that they import: whatever a kernel may have compiled in."""
    ours = {"model", *(name.partition(".")[0] for name in modules)}
    pending, seen, digest = sorted(modules), set(modules), hashlib.sha256()
    for name in pending:
        text = _origin(name).read_bytes()
        digest.update(text)
        imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.module]
        for node in imports:
            for other in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                if other and other.partition(".")[0] in ours and other not in seen and _is_module(other):
                    seen.add(other)
                    pending.append(other)
    return digest.hexdigest()


def _is_module(name: str) -> bool:
    """Whether a module of that name exists, rather than an attribute of one."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def specialised(kernel: str, lines: Sequence[str], sources: Sequence[str]) -> ModuleType:
    """The kernel module of that name with these lines between its marks.

    :param kernel: a module that has the two marks, such as ``proofs.explorer.kernels.search``.
    :param lines: Python, one statement a line.
    :param sources: names of the modules whose functions the lines import; when one of them changes, or
        a module of ours that they import by ``from``, a new copy is made.
    """
    text = _origin(kernel).read_text("utf-8")
    head, rest = text.split(START)
    text = head + START + "".join(f"{line}\n" for line in lines) + END + rest.split(END)[1]
    modules = tuple(sorted({kernel, *sources}))
    basis = "\0".join((text, _digest_of_sources(modules), numba.__version__, np.__version__, sys.version))
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
