"""Programs: what a check runs, as rows of numbers that the compiled driver reads."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.scope import Scope
from model.trace import Trace
from refinement.check.driver.driver import StepKind

Program: TypeAlias = NDArray[np.uint32]
"""Steps; the first is an ``INIT``. See :mod:`refinement.check.driver.driver`."""


def scope_at(program: Program, step: int) -> Scope:
    """The scope that a step is in."""
    inits = [n for n in range(step + 1) if program[n, 0] == StepKind.INIT]
    return Scope(*(int(number) for number in program[inits[-1], 1:4]))


def program_of(trace: Trace) -> Program:
    """The trace as a program."""
    scope = trace.scope
    rows: list[tuple[int, ...]] = [(StepKind.INIT, scope.spaces, scope.pages, scope.frames, 0, 0)]
    for operation in trace.operations:
        dst = max(operation.dst, 0)
        slots = *divmod(operation.src, scope.pages), *divmod(dst, scope.pages)
        rows.append((operation.kind, *slots, operation.rights))
    return np.array(rows, np.uint32)
