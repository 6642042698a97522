"""Programs of threads run one after the other on a target, until one fails."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.messages.readings import MessageReadings
from model.spaces.dialect import Readings
from refinement.check.driver import driver
from refinement.check.driver.bench import Bench
from refinement.check.driver.compiling import compile_for
from refinement.check.messages.lockstep import run
from refinement.check.messages.steps import Program, rows_of
from refinement.check.messages.talk import failure, talk_on
from refinement.check.messages.warm import on_model


@dataclass(frozen=True, slots=True)
class MessagePrograms:
    """Programs; ``watched``: all is compared after each operation, and not only after the last."""

    messages: MessageReadings
    readings: Readings
    programs: tuple[Program, ...]
    watched: bool = True

    def do(self, bench: Bench) -> dict[str, Any]:
        """``index`` of the program that failed, and the operation in it, ``step``, -1 for the first state.

        ``stopped`` is the operation at which the last program ended before its end, since the target cannot be asked
        it, or the model has no next state; -1 if it did not.
        """
        step = 0
        for index, program in enumerate(self.programs):
            k = talk_on(bench, program.scope, self.messages, self.readings)
            bench.cells[driver.PROGRAM], bench.cells[driver.BEGUN] = index, bench.cells[driver.ROWS]
            step = run(k, program.rows, np.int64(self.watched))
            if (failed := failure(bench)) is not None:
                return {"failure": failed, "index": index, "step": int(step)}
        whole = not self.programs or step == len(self.programs[-1])
        return {"failure": None, "index": len(self.programs), "stopped": -1 if whole else int(step)}

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        compile_for(run, on_model(), rows_of([]), np.int64(0))
