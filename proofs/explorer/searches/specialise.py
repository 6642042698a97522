"""Kernels with their constants written in: copies of a source file, importable, so that numba's cache on disk hits.

A kernel in :mod:`proofs.explorer.searches.kernels` is ordinary Python, complete with constants for the smallest case
between
two marks. :func:`specialised` writes a copy with other lines between the marks and imports it. The name of the copy
is a digest of everything that its compiled code depends on, so a stale one is never used. Closures would do the same
job without files, but numba compiles those anew in each process.

Where nothing is compiled there is no file either: the kernel's own functions are bound to the copy's constants.
"""

import hashlib
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
from numba import config

from model.running.compiling import digest_of, file_of, writable_directory
from refinement.source_file import module_from

START, END = (
    "# The lines from here are written by specialise.py.\n",
    "# The lines to here are written by specialise.py.\n",
)


def specialised(kernel: str, lines: Sequence[str], sources: Sequence[str]) -> ModuleType:
    """The kernel module of that name with these lines between its marks.

    :param kernel: a module that has the two marks, such as ``proofs.explorer.searches.kernels.search``.
    :param lines: Python, one statement a line.
    :param sources: names of the modules whose functions the lines import; when one of them changes, or
        a module of ours that they import by ``from``, a new copy is made.
    """
    source = file_of(kernel)
    if source is None:
        raise ValueError(f"there is no kernel {kernel}")
    text = source.read_text("utf-8")
    head, rest = text.split(START)
    text = head + START + "".join(f"{line}\n" for line in lines) + END + rest.split(END)[1]
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return _bound(kernel, text)
    modules = tuple(sorted({kernel, *sources}))
    basis = "\0".join((text, digest_of(*modules), np.__version__, sys.version))
    name = f"musigma_{kernel.rpartition('.')[2]}_{hashlib.sha256(basis.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    path = writable_directory("kernels") / f"{name}.py"
    if not path.is_file() or path.read_bytes() != text.encode():
        _write(path, text)
    return module_from(path, name)  # in sys.modules, where numba looks when it loads compiled code


def _bound(kernel: str, text: str) -> ModuleType:
    """The kernel's functions as they are now, whatever took their place, with the constants that a text computes."""
    own, module = importlib.import_module(kernel), ModuleType(f"musigma_{kernel.rpartition('.')[2]}")
    exec(compile(text, module.__name__, "exec"), vars(module))
    for name, function in vars(own).items():
        if isinstance(function, FunctionType) and function.__module__ == kernel:
            vars(module)[name].__code__ = function.__code__
    return module


def _write(path: Path, text: str) -> None:
    """Put the file there whole, whoever else may be doing the same."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False) as file:
        written = Path(file.name)
        try:
            file.write(text)
            file.flush()
        except OSError:
            written.unlink()
            raise
    os.replace(written, path)
