"""Compiled code on disk, kept apart for each state of the sources that it was made from.

Numba looks only at the file of a function to tell whether compiled code is still good, not at the files of what the
function calls or of the constants it reads. So the code is kept in a folder that is named after a digest of all of
them, in files that :mod:`model.running.caching` checks. Importing this module does not import numba.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any, cast

ROOM = 1 << 16  # bytes that a directory must have room for
_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|[^\n]*)|import\s+([^\n]*))", re.MULTILINE)


def compile_on_disk(function: Callable[..., Any], **options: Any) -> Any:
    """The function compiled by numba when it is first called, or found on disk if none of its sources has changed.

    :param options: those of ``numba.njit``.
    """
    from numba import config

    from model.running.caching import cached

    base = cast(Any, config).CACHE_DIR
    directory = writable_directory(digest_of(function.__module__)[:16], Path(base) if base else None)
    return cached(directory, **options)(function)


def cache_directory() -> Path:
    """Return the folder of compiled code: ``$MUSIGMA_CACHE``, or ``musigma`` in the user's cache directory.

    A directory that cannot be written to is replaced by a temporary one, so that a read-only home costs compile time,
    not a failure.
    """
    named = os.environ.get("MUSIGMA_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "musigma"
    return _writable(base) or _temporary_directory()


def writable_directory(name: str, base: Path | None = None) -> Path:
    """The directory of that name where compiled code is kept; a temporary one if that one cannot be used.

    :param base: where it is, if not in :func:`cache_directory`.
    """
    return _writable((base or cache_directory()) / name) or _temporary_directory(name)


def _writable(directory: Path) -> Path | None:
    """The directory, made if need be; none if there is no room: a full disk takes empty files."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(bytes(ROOM))
            file.flush()
            return directory
    except OSError:
        return None


@cache
def _temporary_directory(name: str = "musigma") -> Path:
    """A directory of this process alone: nobody else can have put code there."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-"))


@cache
def digest_of(*modules: str) -> str:
    """A digest of these modules, of all that they import from our packages or their own, and of numba's version."""
    from numba import __version__

    ours = {__name__.partition(".")[0], *(name.partition(".")[0] for name in modules)}
    pending, digest = sorted(set(modules)), hashlib.sha256(__version__.encode())
    seen = set(pending)
    for name in pending:
        path = file_of(name)
        if path is None:
            raise ValueError(f"{name} is in no file: what is compiled has to be in an importable module")
        text = path.read_text("utf-8")
        digest.update(text.encode())
        for other in _imported(text, name if path.name == "__init__.py" else name.rpartition(".")[0]):
            if other not in seen and other.partition(".")[0] in ours and file_of(other) is not None:
                seen.add(other)
                pending.append(other)
    return digest.hexdigest()


def _imported(text: str, inside: str) -> Iterator[str]:
    """What a source inside a package may import: modules, and names that may be modules."""
    for package, names, modules in _IMPORT.findall(text):
        if package.startswith("."):
            package = resolve_name(package, inside)
        if package:
            yield package
        for name in re.split(r"[\s,()]+", names or modules):
            if name:
                yield f"{package}.{name}" if package else name


@cache
def file_of(module: str) -> Path | None:
    """The file of a module, or none; nothing is imported to find it."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except ValueError:
        return None
    if spec is None or spec.origin is None:
        return None
    if not rest:
        return Path(spec.origin)
    place = Path(spec.origin).parent.joinpath(*rest)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)
