"""What is said of a trace is what was tried of it: which steps were left out, each alone."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.driver import WIDTH, StepKind
from refinement.check.driver.program import Program
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search.descent import IN_PART, WHOLE
from refinement.check.search.shrink import (
    FEW,
    _from_a_later_init,
    _simpler,
    _thinned,
    _what_was_searched,
    _without_kinds,
    _without_single_steps,
    _without_stretches,
    confirmed,
    shrink,
)
from refinement.check.search.trial import Trial
from refinement.check.target.target import Target
from tests.refinement.check.plain import Database, Here

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
        return kind(Target("library", "here"), CANONICAL.readings, DEFAULT_LIMITS, Here().perform)

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


INIT = (0, 3, 2, 1, 0, 0)


def rows(*steps: tuple[int, ...]) -> Any:
    return np.array(steps, np.uint32).reshape(-1, WIDTH)


def numbers(program: Program) -> list[int]:
    """Which steps of :func:`of_steps` there are."""
    return [int(row[2]) for row in program[1:]]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (0, []),
        (1, []),
        (2, [[[0], [1]]]),
        (3, [[[0, 1], [0, 2], [1, 2]]]),
        (
            5,
            [
                [[0, 1, 2], [0, 3, 4], [1, 2, 3, 4]],
                [[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 3, 4], [0, 2, 3, 4], [1, 2, 3, 4]],
            ],
        ),
    ],
)
def test_stretches_from_the_end_on_the_longest_first(steps: int, left: list[Any]) -> None:
    program = of_steps(steps).program[[0, *range(2, 2 * steps + 1, 2)]]
    found = list(_without_stretches(program))
    assert [[numbers(each) for each in batch] for batch in found] == left
    assert all(each[0].tolist() == program[0].tolist() for batch in found for each in batch)


def test_what_comes_after_a_later_init_is_a_program_too() -> None:
    program = rows(INIT, (1, 0, 0, 1, 0, 7), INIT, (3, 0, 0, 0, 0, 7), INIT, (3, 1, 0, 0, 0, 7))
    *_, last = _without_stretches(program)
    assert [each.tolist() for each in last] == [program[4:].tolist(), program[2:].tolist()]


def test_rights_are_made_simpler_and_then_the_scope() -> None:
    map_, flush, look = (1, 0, 0, 2, 0, 6), (3, 2, 0, 0, 0, 0), (4, 0, 0, 0, 0, 0)
    full = (2, 0, 0, 2, 0, 7)
    rights, scope = _simpler(rows(INIT, map_, flush, look, full))
    assert [each[[1, 2], 5].tolist() for each in rights] == [[7, 0], [6, 7], [6, 4], [6, 2], [6, 1]]
    assert all((each[3:] == rows(look, full)).all() for each in rights)
    (small,) = scope
    steps = rows((1, 0, 0, 1, 0, 6), (3, 1, 0, 0, 0, 0), look, (2, 0, 0, 1, 0, 7))
    assert small.tolist() == [[0, 2, 1, 1, 0, 0], *steps.tolist()]
    assert list(_simpler(rows((0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7)))) == []
    (again,) = _simpler(rows((0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 5), (0, 2, 1, 1, 0, 0)))
    assert [each[1, 5] for each in again] == [7]


def test_a_long_program_is_thinned(trial: Callable[[Fails], Trial]) -> None:
    given = of_steps(3 * FEW)
    end = time.monotonic() + 60
    found = _thinned(trial(needs(7, 2 * FEW)), given, end)
    assert len(found.program) <= FEW
    assert {7, 2 * FEW} <= {*numbers(found.program)}
    assert _thinned(trial(needs(7)), given, end - 120).program[:, 0].tolist().count(StepKind.LOOK) == 0
    short = of_steps(3)
    assert _thinned(trial(needs(1)), short, end) is short


def test_of_many_inits_the_last_that_fails_is_the_first(trial: Callable[[Fails], Trial]) -> None:
    part = of_steps(FEW // 8).program[[0, *range(2, FEW // 4 + 1, 2)]]
    given = replace(of_steps(1), program=np.concatenate([part] * 12))
    found = _from_a_later_init(trial(lambda program: len(program) >= 5 * len(part)), given, time.monotonic() + 60)
    assert found.program.tolist() == np.concatenate([part] * 5).tolist()
    thinned = _thinned(trial(lambda program: len(program) >= 2 * len(part)), given, time.monotonic() + 60)
    assert len(thinned.program) == 2 * len(part)


def test_what_does_not_fail_again_is_not_reproducible(trial: Callable[[Fails], Trial]) -> None:
    given = of_steps(3)
    never = confirmed(trial(lambda program: False), given)
    assert (never.reproducible, never.shortest, never.program) == (
        *(False, "it did not fail again in a fresh process"),
        given.program,
    )
    again = confirmed(trial(needs(1)), given)
    assert (again.reproducible, again.shortest, again.failure) == (True, "", FAILURE)


def in_process(make: Callable[[], Database]) -> Trial:
    return Trial(Target("library", "here"), CANONICAL.readings, DEFAULT_LIMITS, Here(make).perform)


MAPPED = rows(
    (0, 3, 2, 2, 0, 0),
    *[(1, 0, 1, 2, 1, 5), (3, 0, 0, 0, 0, 7), (2, 2, 1, 1, 1, 7), (1, 0, 0, 2, 0, 5)],
    *[(4, 1, 1, 0, 0, 0), (3, 0, 0, 0, 0, 6)],
)


def test_a_program_is_made_as_short_as_can_be() -> None:
    """A second page mapped is one too many, wherever they are."""

    def made() -> Database:
        one = Database()
        one.answers = lambda name, *given: 9 if name == "map" and sum(x >= 0 for x in one.state.sigma) > 1 else None
        return one

    found = shrink(in_process(made), Finding(FAILURE, MAPPED, "canonical", "random"), 60.0)
    assert found.texts() == ["map σ0[0] → σ1[0]", "map σ0[0] → σ1[1]"]
    assert (found.scope, found.is_shortest, found.reproducible) == (Scope(2, 2, 2), True, True)
    assert found.shortest == f"no shorter trace in {Scope(2, 2, 2)} with any rights"
    assert found.failure.sentence == "map failed: what it said"


def test_what_no_program_repeats_is_said() -> None:
    found = shrink(in_process(Database), Finding(FAILURE, MAPPED, "canonical", "random"), 0.0)
    assert not found.reproducible
    assert found.program.tolist() == MAPPED.tolist()


def test_what_was_done_before_may_be_needed() -> None:
    """The flush fails once there were two inits; no program with one of them does."""

    def made() -> Database:
        one = Database()
        one.answers = lambda name, *given: (
            9 if name == "flush" and sum(call[0] == "init" for call in one.log) > 1 else None
        )
        return one

    given = Finding(FAILURE, MAPPED, "canonical", "random", history=MAPPED[:3])
    found = shrink(in_process(made), given, 60.0)
    assert found.shortest == "it needs what was done before the last init"
    assert [row[0] for row in found.program.tolist()] == [0, 0, 3]
    assert found.history is None


def test_what_fails_only_after_many_times_is_said() -> None:
    def made() -> Database:
        one = Database()
        one.answers = lambda name, *given: 9 if name == "flush" and len(one.log) > 60 else None
        return one

    short = MAPPED[[0, 2]]
    found = shrink(in_process(made), Finding(FAILURE, short, "canonical", "random"), 60.0)
    assert found.shortest == "it fails after it was done many times"
    assert len(found.program) > len(short)


def test_a_difference_that_a_look_makes_is_found_with_it() -> None:
    """A target that keeps what it was asked for: the flush goes wrong once the second page was looked at."""

    def made() -> Database:
        one = Database()

        def answers(name: str, *given: int) -> int | None:
            mapped = [n for n, call in enumerate(one.log) if call[0] == "map"]
            return 9 if name == "flush" and mapped and ("lookup", 1, 0) in one.log[mapped[0] :] else None

        one.answers = answers
        return one

    given = Finding(FAILURE, rows((0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7)), "canonical", "random")
    found = shrink(in_process(made), given, 60.0)
    assert found.texts() == ["map σ0[0] → σ1[0]", "look σ1[0]", "flush σ0[0]"]
    assert "look-ups among the steps" in found.shortest


@pytest.mark.parametrize(
    ("reached", "looks", "said"),
    [
        ([1, 2], False, "no shorter trace in 1 space × 1 page × 1 frame with any rights"),
        (
            [2, 1],
            False,
            "no shorter trace in 1 space × 1 page × 1 frame with rights rwx or r--;"
            " with any rights those of up to 1 steps were tried",
        ),
        (
            [1, 0],
            True,
            "kept; of those in 1 space × 1 page × 1 frame, look-ups among the steps, with rights rwx or r--,"
            " all of up to 1 steps agree, longer ones were not all tried",
        ),
    ],
)
def test_what_is_said_of_shorter_ones(reached: list[int], looks: bool, said: str) -> None:
    given = Finding(FAILURE, rows((0, 1, 1, 1, 0, 0), *[(3, 0, 0, 0, 0, 7)] * 3), "canonical", "random")
    assert _what_was_searched(given, (7, 4), looks, reached, "kept") == said
