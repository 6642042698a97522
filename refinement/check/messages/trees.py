"""Every sequence of threads' operations of a length, compiled: each step but the last possible, or any at all.

What the model refuses in a state is tried there one after the other, since it must change nothing, and all is compared
afterwards; what is possible is tried from a fresh start each.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.messages.operation import Operation
from model.messages.readings import MessageReadings
from model.messages.scope import MessageScope
from model.messages.tables import Table
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, REFUSED
from refinement.check.driver.bench import Bench, in_slices
from refinement.check.driver.compiling import Integer, compile_for, compiled
from refinement.check.driver.driver import FAULT
from refinement.check.messages.alphabet import alphabet
from refinement.check.messages.lockstep import expect, operate, operation
from refinement.check.messages.looking import look_all
from refinement.check.messages.naming import can_be_asked
from refinement.check.messages.steps import Rows
from refinement.check.messages.talk import Talk, copy, failure, start, talk_on
from refinement.check.messages.warm import on_model

NO_STEP = -1  # where the model has a status
DEPTH, OVER, TRIED = 0, 1, 2  # cells of the notes: of the search's stack, whether it is over, sequences done


@compiled
def outcome(k: Talk, row: Table, rows: Rows, n: Integer) -> int:
    """Return how an operation ends on the model in that row, which it changes; ``NO_STEP`` if it is none there."""
    o = operation(rows, n)
    if not can_be_asked(k, row, o):
        return NO_STEP
    return expect(row, k, o)


@compiled
def replay(k: Talk, rows: Rows, digits: NDArray[np.int64]) -> int:
    """A fresh start, and the operations that the digits name, on target and model."""
    fault = start(k)
    for place in range(len(digits)):
        if fault == 0:
            fault = operate(k, rows, digits[place])
    return int(k.cells[FAULT])


@compiled
def finish(
    k: Talk,
    rows: Rows,
    digits: NDArray[np.int64],
    state: Table,
    ends: NDArray[np.int64],
    notes: NDArray[np.int64],
) -> int:
    """Every operation after those that the digits name; the number of the fault, or 0. ``ends`` has room for each."""
    fault = replay(k, rows, digits)
    if fault == 0:
        fault = look_all(k)
    if fault != 0:
        return fault
    copy(state, k.spare)
    for n in range(len(rows)):
        o = operation(rows, n)
        status = NO_STEP
        if can_be_asked(k, state, o):
            status = expect(k.spare, k, o)
        ends[n] = status
        if status == DONE:
            copy(state, k.spare)
        if status == REFUSED:
            notes[TRIED] += 1
            fault = operate(k, rows, n)
            if fault != 0:
                return fault
    fault = look_all(k)
    if fault != 0:
        return fault
    for n in range(len(rows)):
        if ends[n] == DONE:
            notes[TRIED] += 1
            fault = replay(k, rows, digits)
            if fault == 0:
                fault = operate(k, rows, n)
            if fault == 0:
                fault = look_all(k)
            if fault != 0:
                return fault
    return 0


@compiled
def grow(
    k: Talk,
    rows: Rows,
    digits: NDArray[np.int64],
    states: Table,
    ends: NDArray[np.int64],
    notes: NDArray[np.int64],
    stop: Integer,
    refusals: Integer,
    count: Integer,
) -> int:
    """So many beginnings, each with every last step, depth first from where the notes and digits say.

    ``states`` has the model's row before each digit; ``stop`` is where the first digit ends. Without ``refusals`` all
    steps but the last are possible. How many were done; ``cells[FAULT]`` says whether one failed.
    """
    d, done, length = notes[DEPTH], 0, len(digits)
    k.cells[FAULT] = 0
    while done < count:
        if d == length:
            if finish(k, rows, digits, states[d], ends, notes) != 0:
                return done
            done += 1
        elif digits[d] < (stop if d == 0 else len(rows)):
            copy(states[d], states[d + 1])
            status = outcome(k, states[d + 1], rows, digits[d])
            if status == DONE or (status == REFUSED and refusals != 0):
                d += 1
                if d < length:
                    digits[d] = 0
            else:
                digits[d] += 1
            continue
        d -= 1
        if d < 0:
            notes[OVER] = 1
            break
        digits[d] += 1
    notes[DEPTH] = d
    return done


@dataclass(frozen=True, slots=True)
class Trees:
    """All sequences of a length over a scope's operations, or those whose first step is from ``first`` below ``stop``.

    ``lean``: over few operations of each kind (see :mod:`refinement.check.messages.alphabet`). ``refusals``: the steps
    before the last are any; otherwise they are such as the model does.
    """

    messages: MessageReadings
    readings: Readings
    scope: MessageScope
    length: int
    seconds: float
    lean: bool = False
    refusals: bool = False
    first: int = 0
    stop: int | None = None

    @property
    def operations(self) -> list[Operation]:
        """Return the operations that sequences are made of."""
        return alphabet(self.scope, self.messages, lean=self.lean)

    def do(self, bench: Bench) -> dict[str, Any]:
        """How many sequences were ``done``, and whether that is ``complete``."""
        k = talk_on(bench, self.scope, self.messages, self.readings)
        rows = np.array(self.operations, np.int64)
        digits, notes = np.zeros(self.length - 1, np.int64), np.zeros(3, np.int64)
        digits[:1] = self.first
        states, ends = np.array([k.first] * self.length), np.zeros(len(rows), np.int64)
        stop = np.int64(len(rows) if self.stop is None else self.stop)

        def step(batch: int) -> bool:
            grow(k, rows, digits, states, ends, notes, stop, np.int64(self.refusals), np.int64(batch))
            return bool(notes[OVER]) or failure(bench) is not None

        in_slices(self.seconds, 1, step)
        return {"failure": failure(bench), "done": int(notes[TRIED]), "complete": bool(notes[OVER])}

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        k, number = on_model(), np.int64(0)
        rows, digits = np.zeros((0, len(Operation._fields)), np.int64), np.zeros(0, np.int64)
        compile_for(grow, k, rows, digits, np.array([k.first]), digits, np.zeros(3, np.int64), number, number, number)
