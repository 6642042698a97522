"""Record what a target answers, step by step, whether right or wrong: for those who want to look at it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.spaces.dialect import Readings
from model.spaces.literal import NIL
from refinement.check.driver import driver
from refinement.check.driver.bench import Bench, slots_of
from refinement.check.driver.compiling import compile_for
from refinement.check.driver.program import Program
from refinement.check.target.calls import Call

VIEWS = (Call.LOOKUP, Call.LOOKUP_HW)


@dataclass(frozen=True, slots=True)
class Asking:
    """A program, and after some of its steps every slot asked for. A wrong status ends it, as it does a check."""

    readings: Readings
    program: Program
    steps: tuple[int, ...]

    def do(self, bench: Bench) -> dict[str, Any]:
        """``answers``: for each step what was seen; and ``status``: what the last operation returned, if wrong."""
        session = bench.session(self.readings, slots_of(self.program))
        views = [np.int64(view) for view in VIEWS if bench.loaded.addresses[view]]
        answers: dict[str, Any] = {}
        done = 0
        for step in sorted({*self.steps, len(self.program) - 1}):
            done = int(driver.advance(session, self.program, np.int64(done), np.int64(step + 1)))
            if session.cells[driver.FAULT] in (
                driver.Mismatch.CYCLE,
                driver.Mismatch.LOOKUP,
                driver.Mismatch.LOOKUP_HW,
            ):
                break
            failed = done <= step
            slots = range(int(session.cells[driver.SLOTS]))
            answers[str(min(done, step))] = {
                "status": int(session.cells[driver.GOT]) if failed else None,
                "shown": [[_ask(session, view, slot) for slot in slots] for view in views],
            }
            if failed:
                break
        return {"answers": answers}


def _ask(session: driver.Session, view: np.int64, slot: int) -> tuple[int, int]:
    frame = int(driver.ask(session, view, np.int64(slot)))
    return (frame, int(session.cells[driver.OUT]) & 0xFFFF_FFFF) if frame >= 0 else (NIL, 0)


def warm_up(session: driver.Session) -> None:
    """Compile what only this asks for."""
    first = driver.FIRST_STEP
    compile_for(driver.advance, session, session.rows, first, first)
    compile_for(driver.ask, session, first, first)
