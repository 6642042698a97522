"""Whoever waits is told that something has to be compiled: once, since it is kept, also by forks of this process."""

import os
import sys
from collections.abc import Callable

# Beside what is called, the end of a pipe that holds a byte until one of the processes that share it has told.
_listening: list[tuple[Callable[[], None], int]] = []


def tell_when_compiling(tell: Callable[[], None] | None) -> None:
    """Have this called before the first function is compiled that was not found on disk; none: tell nobody.

    Of this process and those forked from it one calls it.
    """
    while _listening:
        os.close(_listening.pop()[1])
    if tell is not None:
        unsaid, writing = os.pipe()
        os.write(writing, b"!")
        os.close(writing)
        _listening.append((tell, unsaid))


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
        tell, unsaid = _listening.pop()  # one of several threads that compile
    except IndexError:
        return
    first = os.read(unsaid, 1)
    os.close(unsaid)
    if first:
        tell()


def say_compiling() -> None:
    """Tell the command's user why this run takes longer."""
    print("musigma: compiling, once", file=sys.stderr, flush=True)
