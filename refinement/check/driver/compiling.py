"""Compile the driver: without reference counting, and kept on disk under a digest of all its sources."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import config, typeof

from model.running.compiling import compile_on_disk

F = TypeVar("F", bound=Callable[..., Any])

Integer: TypeAlias = int | np.signedinteger[Any]
"""A number of 64 bits in compiled code; converted with ``np.int64``, for ``int`` of an unsigned number is unsigned."""


def compiled(function: F) -> F:
    """The function compiled; it allocates nothing, and whoever calls it from Python holds the arrays."""
    return cast(F, compile_on_disk(function, _nrt=False))


def compile_for(function: Callable[..., Any], *arguments: object) -> None:
    """Compile for arguments like these, or load what was compiled before; nothing where nothing is compiled."""
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return
    cast(Any, function).compile(tuple(cast(Any, typeof)(argument) for argument in arguments))
