"""Digests of the sources: what was recorded or kept of them is good until they change."""

import hashlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

LISTS = ("proofs/mutation/targets.py", "proofs/mutation/equivalent.py", "proofs/mutation/equivalent.toml")


def is_of_the_list(root: Path, file: Path) -> bool:
    """Whether a file lists what is mutated and what is equivalent; a run says so itself where that matters to it."""
    return file.relative_to(root).as_posix() in LISTS


def digest(root: Path, folders: Sequence[str], name: str) -> str:
    """Changes with any source or version that a record depends on, and with whatever a file of tests may share.

    Other files of tests are left out: a new test leaves the records of those that were there.
    """
    found = hashlib.sha256(f"{root} {name}".encode())  # the places in a record are whole paths
    for package in ("z3-solver", "pytest", "hypothesis", "numpy", "numba"):
        found.update(f"{package} {version(package)} {sys.version}".encode())
    for folder in sorted(set(folders)):
        path = root / folder
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if file.is_file() and not file.name.startswith("test_") and not is_of_the_list(root, file):
                found.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return found.hexdigest()
