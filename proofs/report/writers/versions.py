"""What made a report: the versions of musigma, Python and the solvers, and the sources."""

import hashlib
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import proofs

ROOT = Path(proofs.__file__).parents[1]
PACKAGES = ("model", "machine", "refinement", "proofs", "musigma")
_PACKAGES = {"musigma": "musigma", "z3": "z3-solver", "cvc5": "cvc5"}


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = {"musigma": "", "python": platform.python_version()}
    for name, package in _PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            found[name] = "unknown"
    return tuple(found.items())


def versions() -> dict[str, str]:
    """The versions of musigma, Python, z3 and cvc5, as their packages state them; nothing is imported.

    >>> list(versions())
    ['musigma', 'python', 'z3', 'cvc5']
    """
    return dict(_versions())


def sources(root: Path = ROOT, folders: Sequence[str] = PACKAGES) -> str:
    """A digest of all files of the packages: reports in which it is the same are of the same code.

    :param root: the folder that the packages are in.
    :param folders: the packages, and whatever else is to count.
    """
    digest = hashlib.sha256()
    for name in folders:
        for path in sorted((root / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
