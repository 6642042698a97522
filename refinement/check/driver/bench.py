"""The jobs of a target's own process: each is a frozen record with a method that does it on a bench.

A job returns plain JSON values, for what comes back from a process that a stranger's code ran in is not trusted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model.spaces.dialect import Readings
from model.spaces.keeping import SETS
from refinement.check.driver import driver, indexed, masking
from refinement.check.target.calls import Call
from refinement.check.target.options import Option
from refinement.check.target.target import TargetError
from refinement.check.target.wrapping import SIGNATURES, Loaded

CAPACITY = 1 << 18  # steps that the journal holds
OWNERSHIP_ALONE = "it has ownership of pages, and no mapping database: check it with --ownership DIALECT"
SLICE = 0.05  # seconds between two looks at the clock


class Bench:
    """A loaded target with its journal."""

    def __init__(self, loaded: Loaded, cells: NDArray[np.int64], rows: NDArray[np.uint32]) -> None:
        """The addresses go into the journal's cells, where the compiled driver finds them."""
        self.loaded = loaded
        self.cells = cells
        self.rows = rows
        self.known = np.zeros(masking.CAUSES, np.int64)
        cells[driver.ADDRESSES : driver.ADDRESSES + len(loaded.addresses)] = loaded.addresses
        cells[driver.SOURCE_ONLY] = Option.SIGMA0_IS_SOURCE in loaded.options
        cells[driver.MAY_NOT_TELL] = bool(loaded.ranges)
        cells[driver.FRAMES_GO] = Option.FRAMES_GO in loaded.options

    def session(self, readings: Readings, slots: int) -> driver.Session:
        """The target with a model that has room for so many slots.

        :raises TargetError: it has no mapping database.
        """
        if self.loaded.addresses[Call.MAP] == 0:
            raise TargetError(OWNERSHIP_ALONE)
        return driver.Session(self.cells, self.rows, indexed.allocate(slots), Readings(*readings), self.known)

    def failure(self) -> dict[str, Any] | None:
        """Return the last failure, if there was one."""
        if self.cells[driver.FAULT] in (driver.Mismatch.NONE, driver.Mismatch.CYCLE):
            return None
        return {
            "cells": [int(cell) for cell in self.cells[driver.FAULT : driver.PAGE + 1]],
            "message": self.loaded.message() if self.cells[driver.FAULT] == driver.Mismatch.ERROR else "",
        }


class Work(Protocol):
    """A job to be done on a bench."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """JSON values; ``failure`` among them if the target differed from the model."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A job that finds out whether the target loads, and what it has."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """Which functions it has, which of the group for messages, and which for ranges.

        ``options``: how its interface differs. ``kept``: what its hardware keeps of each set of rights, asked twice;
        empty if it keeps all. ``said``: what an error of it said.
        """
        group = [address != 0 for address in bench.loaded.messages]
        has = [address != 0 for address in bench.loaded.addresses]
        ranges = [address != 0 for address in bench.loaded.ranges]
        kept = [[self._normalised(bench, rights) for rights in range(SETS)] for _ in range(2)]
        said = bench.loaded.message()
        return {
            "has": has,
            "messages": group,
            "ranges": ranges,
            "kept": kept if has[Call.NORMALISE] else [],
            "said": said,
            "options": int(bench.loaded.options),
        }

    def _normalised(self, bench: Bench, rights: int) -> int:
        """What the target makes of a set of rights, if it says so."""
        address = bench.loaded.addresses[Call.NORMALISE]
        if address == 0:
            return rights
        bench.cells[driver.INSIDE] = Call.NORMALISE + 1
        bench.cells[driver.CALLS] += 1
        kept = int(SIGNATURES[Call.NORMALISE](address)(rights))
        bench.cells[driver.INSIDE] = 0
        return kept


@dataclass(frozen=True, slots=True)
class Masked:
    """A job on single pages in which differences of those causes are passed over, and what lies behind them with them.

    A program ends with one of these; another goes on.
    """

    work: Work
    known: tuple[int, ...]

    def do(self, bench: Bench) -> dict[str, Any]:
        """What the job says; ``masked``: how often each of the causes was met; ``cause``: that of the failure."""
        bench.known[list(self.known)] = 1
        bench.cells[driver.MASKING], bench.cells[driver.CAUSE] = 1, masking.NO_CAUSE
        value = self.work.do(bench)
        masked = {masking.TEXTS[n]: int(bench.known[n]) - 1 for n in self.known if bench.known[n] > 1}
        cause = int(bench.cells[driver.CAUSE])
        failed = value.get("failure") is not None and cause != masking.NO_CAUSE
        said = masking.TEXTS[cause] if failed else ""
        if failed and cause == masking.UNREADABLE:
            said = masking.unreadable(bench.loaded.lacks())
        return {**value, "masked": masked, "cause": said}


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs one after the other, until one fails. ``every``: after how many steps all slots are compared."""

    readings: Readings
    programs: tuple[NDArray[np.uint32], ...]
    every: int = 1

    def do(self, bench: Bench) -> dict[str, Any]:
        """``index`` of the program that failed, and the ``step`` in it; or the ``seconds`` that all took."""
        session = bench.session(self.readings, max((slots_of(program) for program in self.programs), default=1))
        begun = bench.loaded.clock()
        for index, program in enumerate(self.programs):
            bench.cells[driver.PROGRAM], bench.cells[driver.BEGUN] = index, bench.cells[driver.ROWS]
            step = driver.run(session, program, self.every)
            if (failure := bench.failure()) is not None:
                return {"failure": failure, "index": index, "step": int(step)}
        return {"index": len(self.programs), "seconds": bench.loaded.clock() - begun}


def slots_of(program: NDArray[np.uint32]) -> int:
    """Return how many slots the largest scope of the program has."""
    inits = program[program[:, 0] == driver.StepKind.INIT].astype(np.int64)
    return max(1, int((inits[:, 1] * inits[:, 2]).max(initial=1)))


def in_slices(seconds: float, batch: int, step: Callable[[int], bool]) -> bool:
    """Call ``step(batch)`` until it says that it is done, or the time is over; the batch grows to fill a slice.

    Whether it was done.
    """
    end = time.monotonic() + seconds
    while True:
        before = time.monotonic()
        if step(batch):
            return True
        now = time.monotonic()
        if now >= end:
            return False
        if now - before < SLICE / 2:
            batch = min(2 * batch, 1 << 22)
        elif now - before > 2 * SLICE:
            batch = max(1, batch // 2)
