"""Compile what each kind of work needs before its clock runs, in the process that its own is forked from."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from model.running.caching import has_to_be_compiled
from model.spaces.dialect import CANONICAL
from refinement.check.driver import answers, closure, driver, indexed, sequences, walk
from refinement.check.driver.bench import Bench, Masked, Probe, Work
from refinement.check.driver.compiling import compile_for
from refinement.parent import die_with_parent


@contextmanager
def _meanwhile(function: Callable[..., Any], *arguments: Any) -> Iterator[None]:
    """Have the function compiled by another process while the block runs, from where it is then on disk.

    Nothing is started if it is there already, or if there is no second processor or no process for it.
    """
    if not has_to_be_compiled(function) or len(os.sched_getaffinity(0)) == 1:
        yield
        return
    try:
        child = os.fork()
    except OSError:  # no room for one more
        yield
        return
    if child == 0:
        try:
            die_with_parent()
            compile_for(function, *arguments)
        finally:  # the rest is not for this process; what is missing then is compiled by the other
            os._exit(0)
    try:
        yield
    finally:
        os.waitpid(child, 0)


def _both_sides(session: driver.Session) -> None:
    """What nearly all works run: what is done with the model, and what is done with the target, half of it each."""
    row, n = session.rows, np.int64(0)
    with _meanwhile(driver.expect, session, row, n):
        compile_for(driver.start, session, row, n)
        compile_for(driver.look_changed, session)
        compile_for(driver.look_all, session)


def _programs(session: driver.Session) -> None:
    driver.run(session, session.rows[:0], 1)


def _sequences(session: driver.Session) -> None:
    sequences.enumerate_sequences(session, session.rows, session.rows, np.zeros(1, np.int64), 0)


NEEDED: dict[type[Any], Callable[[driver.Session], None]] = {
    answers.Asking: answers.warm_up,
    sequences.Sequences: _sequences,
    closure.Closure: closure.warm_up,
    walk.Walk: walk.warm_up,
}
"""What compiles, or loads from the disk, what works of a kind run; others run programs."""


@dataclass(frozen=True, slots=True)
class Compile:
    """Nothing but what works of these kinds have compiled before."""

    kinds: tuple[type[Work], ...]

    def do(self, bench: Bench) -> dict[str, Any]:
        """Nothing is left to do."""
        return {}


def warm_up(work: Work) -> None:
    """Compile, or load from numba's cache on disk, what this work runs, once."""
    of = work.work if isinstance(work, Masked) else work
    for kind in of.kinds if isinstance(of, Compile) else (type(of),):
        _warm_up(kind)


@cache
def _warm_up(kind: type[Work]) -> None:
    if kind is Probe:
        return
    if hasattr(kind, "warm_up"):  # what this folder does not know
        kind.warm_up()
        return
    cells, rows = np.zeros(driver.CELLS, np.int64), np.zeros((1, driver.WIDTH), np.uint32)
    session = driver.Session(cells, rows, indexed.allocate(1), CANONICAL.readings, np.zeros(1, np.int64))
    if kind is not answers.Asking:  # it compares nothing
        _both_sides(session)
    NEEDED.get(kind, _programs)(session)
