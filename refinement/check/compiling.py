"""How the driver is compiled: without reference counting, and kept on disk under a digest of all its sources."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numba import config, njit, typeof

F = TypeVar("F", bound=Callable[..., Any])

SOURCES = (
    *(f"model/{name}.py" for name in ("compiled", "dialect", "scope", "spaces")),
    *(f"refinement/check/{name}.py" for name in ("calls", "compiling", "indexed", "driver", "situations")),
    *(f"refinement/check/{name}.py" for name in ("sequences", "closure", "walk")),
)
"""All that compiled code is made from."""

Integer: TypeAlias = int | np.signedinteger[Any]
"""A number of 64 bits in compiled code; converted with ``np.int64``, for ``int`` of an unsigned number is unsigned."""


def compiled(function: F) -> F:
    """The function compiled; it allocates nothing, and whoever calls it from Python holds the arrays."""
    settings = cast(Any, config)
    before = settings.CACHE_DIR
    settings.CACHE_DIR = before or cache_directory()
    try:
        return cast(F, njit(cache=True, _nrt=False)(function))  # type: ignore[call-overload]
    finally:
        settings.CACHE_DIR = before


def compile_for(function: Callable[..., Any], *arguments: object) -> None:
    """Compile for arguments like these, or load what was compiled before."""
    cast(Any, function).compile(tuple(cast(Any, typeof)(argument) for argument in arguments))


@cache
def cache_directory() -> str:
    """Where compiled code is kept.

    Numba looks only at the file of a function to tell whether it is still what was compiled, and not at those that it
    calls. So each state of the sources has a folder of its own.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for name in SOURCES:
        digest.update((Path(__file__).parents[2] / name).read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return str(Path(base) / "musigma" / digest.hexdigest()[:16])
