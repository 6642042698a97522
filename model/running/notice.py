"""Whoever waits is told that something has to be compiled: once, since it is kept."""

import sys
from collections.abc import Callable

_listening: list[Callable[[], None]] = []


def tell_when_compiling(tell: Callable[[], None] | None) -> None:
    """Have this called before the first function is compiled that was not found on disk; none: tell nobody."""
    _listening[:] = [] if tell is None else [tell]


def is_told() -> bool:
    """Return whether somebody still waits to be told."""
    return bool(_listening)


def compiling() -> None:
    """Tell who listens, the first time.

    >>> tell_when_compiling(lambda: print("compiling, once"))
    >>> compiling(), compiling()
    compiling, once
    (None, None)
    """
    try:
        tell = _listening.pop()  # one of several threads that compile
    except IndexError:
        return
    tell()


def say_compiling() -> None:
    """Tell the command's user why this run takes longer."""
    print("musigma: compiling, once", file=sys.stderr, flush=True)
