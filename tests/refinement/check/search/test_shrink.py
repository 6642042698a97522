"""What is said of a trace is what was tried of it: which steps were left out, each alone."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from refinement.check.driver.driver import WIDTH, StepKind
from refinement.check.driver.program import Program
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.search.descent import IN_PART, WHOLE
from refinement.check.search.shrink import FEW, _without_kinds, _without_single_steps
from refinement.check.search.trial import Trial

FAILURE = Failure(Conformance.DIVERGES, "it was seen")
Fails = Callable[[Program], bool]


class Said(Trial):
    """Programs that fail as they are said to."""

    fails: Fails

    def programs(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        return next(((n, each, FAILURE) for n, each in enumerate(programs) if self.fails(each)), None)

    def alone(self, program: Program) -> tuple[Program, Failure] | None:
        return (program, FAILURE) if self.fails(program) else None


@pytest.fixture
def trial() -> Callable[[Fails], Trial]:
    def made(fails: Fails) -> Trial:
        kind: type[Said] = type("Each", (Said,), {"fails": staticmethod(fails)})
        return object.__new__(kind)

    return made


def of_steps(count: int) -> Finding:
    """Maps from a page numbered like the step, a look before each."""
    program = np.zeros((2 * count + 1, WIDTH), np.uint32)
    program[0, :4] = StepKind.INIT, 2, count + 1, 1
    program[1::2, 0], program[2::2, 0] = StepKind.LOOK, StepKind.MAP
    program[2::2, 2] = np.arange(count)
    return Finding(FAILURE, program, "canonical", "here")


def needs(*pages: int) -> Fails:
    return lambda program: {*pages} <= {int(row[2]) for row in program if row[0] == StepKind.MAP}


def test_each_step_is_left_out_alone(trial: Callable[[Fails], Trial]) -> None:
    found, said = _without_single_steps(trial(needs(1, 4)), of_steps(5), time.monotonic() + 60)
    assert said == WHOLE
    assert found.program[1:, 2].tolist() == [1, 4]


@pytest.mark.parametrize(("steps", "seconds"), [(5, -1.0), (FEW, 60.0)])
def test_what_was_not_tried_is_said(trial: Callable[[Fails], Trial], steps: int, seconds: float) -> None:
    given = of_steps(steps)
    found, said = _without_single_steps(trial(needs(1, 4)), given, time.monotonic() + seconds)
    assert (said, len(found.program)) == (IN_PART, len(given.program))


def test_looks_that_nothing_needs_go_at_once(trial: Callable[[Fails], Trial]) -> None:
    given = of_steps(FEW)
    found = _without_kinds(trial(needs(*range(FEW))), given)
    assert (found.program[1:, 0] == StepKind.MAP).all()
    looking = _without_kinds(trial(lambda program: len(program) > FEW + 1), replace(given))
    assert (looking.program[:, 0] == StepKind.LOOK).any()
