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
from refinement.check.driver.sequences import Sequences
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search import descent
from refinement.check.search import shrink as shrinking
from refinement.check.search.descent import IN_PART, WHOLE
from refinement.check.search.shrink import (
    EVERY_RIGHT,
    FEW,
    MOST_SLOTS,
    PATIENCE,
    _descend,
    _from_a_later_init,
    _looking,
    _made_short,
    _shortest,
    _simpler,
    _thinned,
    _what_was_searched,
    _with_history,
    _with_smaller_numbers,
    _with_smallest,
    _without_kinds,
    _without_single_steps,
    _without_stretches,
    confirmed,
    shrink,
)
from refinement.check.search.trial import Trial
from refinement.check.target.target import Target
from tests import clock as clocks
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
    program = rows(INIT, (1, 0, 0, 1, 0, 7), INIT, (3, 0, 0, 0, 0, 0), INIT, (3, 1, 0, 0, 0, 7))
    *stretches, last = _without_stretches(program)
    assert [len(batch) for batch in stretches] == [3, 5]
    assert [each.tolist() for each in last] == [program[4:].tolist(), program[2:].tolist()]
    *_, last = _without_stretches(program[[0, 2, 3]])
    assert [each.tolist() for each in last] == [program[2:4].tolist()]
    assert len(list(_without_stretches(program[:2]))) == 0


def test_rights_are_made_simpler_and_then_the_scope() -> None:
    map_, flush, look = (1, 0, 0, 2, 0, 6), (3, 2, 0, 0, 0, 0), (4, 0, 0, 0, 0, 0)
    full = (2, 0, 0, 2, 0, 7)
    last = (3, 2, 0, 0, 0, 4)
    one, _ = _simpler(rows((0, 3, 1, 1, 0, 0), map_, full, last))
    assert [each[:, 5].tolist() for each in one] == [[0, 7, 7, 4], [0, 6, 7, 7]]
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


@pytest.mark.slow
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
            " with any rights those of up to 1 step were tried",
        ),
        (
            [1, 0],
            True,
            "kept; of those in 1 space × 1 page × 1 frame, look-ups among the steps, with rights rwx or r--,"
            " all of up to 1 step agree, longer ones were not all tried",
        ),
    ],
)
def test_what_is_said_of_shorter_ones(reached: list[int], looks: bool, said: str) -> None:
    given = Finding(FAILURE, rows((0, 1, 1, 1, 0, 0), *[(3, 0, 0, 0, 0, 7)] * 3), "canonical", "random")
    assert _what_was_searched(given, (7, 4), looks, reached, "kept") == said


SEEN = Failure(Conformance.CRASHED, "it was seen again")
Better = tuple[Program, Failure]


class Jobs:
    """What a trial is asked, and its answers; a second goes by with each job."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[Any] = []
        self.hangs: list[float] = []
        self.fails: Callable[[Program], int] = lambda program: 0
        self.answers: list[tuple[bool, Better | None]] = []

    def __call__(self) -> float:
        return self.now

    def done(self, trial: Trial, what: Any) -> None:
        self.asked.append((trial.watched, what))
        self.hangs.append(trial.limits.hang)
        self.now += 1

    def programs(self) -> list[Any]:
        """Those that were asked for alone."""
        return [what for _, what in self.asked]


class Noting(Trial):
    """Programs that fail after as many rows as it is said; if after none, they agree."""

    jobs: Jobs

    def alone(self, program: Program) -> Better | None:
        self.jobs.done(self, program.tolist())
        fails = self.jobs.fails(program)
        return (program[:fails], SEEN) if fails else None

    def programs(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        self.jobs.done(self, [program.tolist() for program in programs])
        tried = ((n, program, self.jobs.fails(program)) for n, program in enumerate(programs))
        return next(((n, program[:fails], SEEN) for n, program, fails in tried if fails), None)

    def sequences(self, work: Sequences) -> tuple[bool, Better | None]:
        self.jobs.done(self, work)
        return self.jobs.answers.pop(0)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """No job yet, at a clock that stands still but for jobs."""
    made = Jobs()
    clocks.tells(monkeypatch, made, shrinking, descent)
    return made


def noting(jobs: Jobs, watched: bool = True) -> Trial:
    kind: type[Noting] = type("Each", (Noting,), {"jobs": jobs})
    return kind(Target("library", "here"), CANONICAL.readings, DEFAULT_LIMITS, Here().perform, watched)


def finding(program: Any, **more: Any) -> Finding:
    return replace(Finding(FAILURE, program, "canonical", "here"), **more)


def maps(*pages: int) -> Any:
    """Maps from these pages, which have no other numbers but 0."""
    return rows((0, 2, 9, 9, 0, 0), *[(1, 0, page, 1, page, 7) for page in pages])


Stages = list[tuple[Any, ...]]


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stages]:
    """Puts stages that only note how they are called in place of these."""

    def put(*names: str) -> Stages:
        noted: Stages = []

        def stage_of(name: str) -> Callable[..., Any]:
            def stage(trial: Trial, found: Finding, *given: Any) -> Any:
                noted.append((name, trial, found, *given))
                found = replace(found, phase=f"{found.phase}, {name}")
                return (replace(trial, watched=False), found) if name == "_looking" else found

            return stage

        for name in names:
            monkeypatch.setattr(shrinking, name, stage_of(name))
        return noted

    return put


def told(found: Finding) -> tuple[Any, ...]:
    """What a finding says: its program, how that fails, and what must come before."""
    return found.program.tolist(), found.failure, None if found.history is None else found.history.tolist()


@pytest.mark.parametrize(("length", "hang", "least"), [(FEW, 5.0, PATIENCE), (FEW + 1, 5.0, 5.0), (3, 1.0, 1.0)])
def test_a_short_program_has_less_time_in_a_call(
    jobs: Jobs, staged: Callable[..., Stages], length: int, hang: float, least: float
) -> None:
    noted = staged("_made_short", "_with_history", "confirmed")
    program = maps(*[1] * (length - 1))
    trial = noting(jobs)
    trial = replace(trial, limits=replace(trial.limits, hang=hang))
    jobs.fails = lambda program: 2
    given = finding(program, history=program[:1])
    assert shrink(trial, given, 7.0).phase == "here, _made_short, confirmed"
    short, kept = noted
    assert (short[0], told(short[2]), short[3]) == ("_made_short", (program[:2].tolist(), SEEN, None), 107.0)
    assert jobs.asked == [(True, program.tolist())]
    assert {*jobs.hangs, short[1].limits.hang, kept[1].limits.hang} == {least}
    jobs.fails = lambda program: 0
    assert shrink(trial, given, 7.0).phase == "here, _with_history, confirmed"
    assert (noted[2][0], noted[2][2] is given, noted[2][3]) == ("_with_history", True, 108.0)
    assert {*jobs.hangs, noted[2][1].limits.hang} == {least}


def test_what_is_confirmed_ends_where_it_fails(jobs: Jobs) -> None:
    """Whether each step is looked at or not."""
    program = maps(1, 2, 3)
    jobs.fails = lambda program: 3 if len(jobs.asked) == 2 else 0
    assert told(confirmed(noting(jobs), finding(program))) == (program[:3].tolist(), SEEN, None)
    assert [watched for watched, _ in jobs.asked] == [True, False]


@pytest.mark.parametrize("length", [4, 5])
def test_the_order_in_which_a_program_is_made_short(
    jobs: Jobs, staged: Callable[..., Stages], monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(shrinking, "FEW", 4)
    noted = staged("_thinned", "_descend", "_with_smaller_numbers", "_looking", "_shortest")
    trial = noting(jobs)
    made = _made_short(trial, finding(maps(*range(1, length))), 150.0)
    few: Stages = [("_descend", _without_stretches), ("_descend", _simpler), ("_descend", _without_stretches)]
    stages: Stages = [("_thinned",), *few * (length == 4), ("_with_smaller_numbers",), ("_looking",), ("_shortest",)]
    assert [(name, *given) for name, _, _, *given in noted] == [(*stage, 150.0) for stage in stages]
    assert made.phase == ", ".join(["here", *(stage[0] for stage in stages)])
    assert [each[1].watched for each in noted] == [True] * (len(stages) - 1) + [False]


HISTORY = rows((0, 2, 9, 9, 0, 0), (3, 0, 0, 0, 0, 0))
LATER = np.concatenate([HISTORY, maps(1)])


@pytest.mark.parametrize(
    ("program", "few", "descended", "short"),
    [(LATER, 4, True, False), (LATER, 3, False, False), (LATER[[0, 2, 3]], 4, True, False), (LATER[:2], 2, True, True)],
)
def test_a_history_that_is_needed(
    jobs: Jobs,
    staged: Callable[..., Stages],
    monkeypatch: pytest.MonkeyPatch,
    program: Any,
    few: int,
    descended: bool,
    short: bool,
) -> None:
    """It is made short as far as it goes; with a single init left it is a program as any other."""
    monkeypatch.setattr(shrinking, "FEW", few)
    noted = staged("_thinned", "_descend", "_made_short")
    jobs.fails = lambda whole: len(program)
    more = maps(1, 2)
    given = finding(more, history=np.concatenate([program, maps(3)]))
    made = _with_history(noting(jobs), given, 150.0)
    whole = [*program.tolist(), *maps(3).tolist(), *more.tolist()]
    assert jobs.asked == [(True, whole)]
    assert [told(each[2]) for each in noted] == [(program.tolist(), SEEN, None)] * len(noted)
    stages: Stages = [("_thinned",), *[("_descend", _without_stretches)] * descended, *[("_made_short",)] * short]
    assert [(name, *given) for name, _, _, *given in noted] == [(*stage, 150.0) for stage in stages]
    assert made.phase == ", ".join(["here", *(stage[0] for stage in stages)])
    assert made.shortest == ("" if short else "it needs what was done before the last init")


def test_what_is_thinned_before_it_is_made_short(
    jobs: Jobs, staged: Callable[..., Stages], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stage has what the one before has left."""
    monkeypatch.setattr(shrinking, "FEW", 3)
    noted = staged("_made_short")
    monkeypatch.setattr(shrinking, "_thinned", lambda trial, found, end: replace(found, program=LATER[1:]))
    monkeypatch.setattr(
        shrinking, "_descend", lambda trial, found, candidates, end: replace(found, program=found.program[1:])
    )
    jobs.fails = lambda whole: 4
    given = finding(maps(1), history=LATER)
    _with_history(noting(jobs), given, 150.0)
    ((_, _, found, _),) = noted
    assert found.program.tolist() == LATER[2:].tolist()


@pytest.mark.parametrize(("seconds", "most", "times"), [(60, 2048, 3), (60, 2047, 2), (2, 2048, 2), (0, 2048, 0)])
def test_how_often_a_program_is_repeated(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, seconds: int, most: int, times: int
) -> None:
    """Where it has no history: sixteen times, and then eight times as often as long as there is time."""
    monkeypatch.setattr(shrinking, "MOST_REPEATED", most)
    given = finding(maps(1), history=maps()[:0])
    assert _with_history(noting(jobs), given, jobs.now + seconds) is given
    asked = [(False, maps(1).tolist() * count) for count in (16, 128, 1024)]
    assert jobs.asked == asked[:times]


def test_a_program_that_fails_when_it_is_repeated(jobs: Jobs) -> None:
    jobs.fails = lambda program: 99 if len(program) > 100 else 0
    found = _with_history(noting(jobs), finding(maps(1), history=maps(2)), 150.0)
    assert told(found) == ((maps(1).tolist() * 50)[:99], SEEN, None)
    assert found.shortest == "it fails after it was done many times"
    whole = [*maps(2).tolist(), *maps(1).tolist()]
    assert jobs.asked == [
        *[(True, whole), (False, whole)],
        *[(False, maps(1).tolist() * count) for count in (16, 128)],
    ]


def test_batches_of_candidates(jobs: Jobs) -> None:
    """The first that fails is taken, and then its own; after the last, or when the time is over, it ends."""
    noted: list[Any] = []

    def candidates(program: Program) -> Any:
        noted.append(numbers(program))
        yield [maps(*numbers(program)[1:]), maps(*numbers(program)[:-1])]
        yield [maps(5)]

    jobs.fails = lambda program: 3 if numbers(program)[:2] == [1, 2] else 0
    given = finding(maps(1, 2, 3, 4))
    found = _descend(noting(jobs), given, candidates, 150.0)
    assert told(found) == (maps(1, 2).tolist(), SEEN, None)
    assert noted == [[1, 2, 3, 4], [1, 2]]
    assert jobs.programs() == [
        [maps(2, 3, 4).tolist(), maps(1, 2, 3).tolist()],
        [maps(2).tolist(), maps(1).tolist()],
        [maps(5).tolist()],
    ]
    jobs.asked.clear()
    assert told(_descend(noting(jobs), given, candidates, jobs.now)) == told(given)
    assert jobs.asked == []


def test_kinds_are_left_out_one_after_the_other(jobs: Jobs) -> None:
    """A kind that there is; not the last step."""
    each = rows(
        INIT, (4, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 7), (2, 1, 0, 2, 0, 7), (3, 0, 0, 0, 0, 7), (4, 1, 0, 0, 0, 0)
    )
    given = finding(each)
    assert _without_kinds(noting(jobs), given) is given
    left = ([0, 2, 3, 4, 5], [0, 1, 3, 4, 5], [0, 1, 2, 4, 5], [0, 1, 2, 3, 5])
    assert jobs.programs() == [each[kept].tolist() for kept in left]
    jobs.asked.clear()
    _without_kinds(noting(jobs), finding(each[[0, 2, 4]]))
    assert jobs.programs() == [each[[0, 4]].tolist()]
    jobs.fails = lambda program: 2 if len(program) == 5 else 0
    found = _without_kinds(noting(jobs), given)
    assert told(found) == (each[[0, 2]].tolist(), SEEN, None)


def test_a_number_is_made_small_by_bisection(jobs: Jobs) -> None:
    jobs.fails = lambda program: len(program) - 1 if len(program) > 4 else 0

    def lower(number: int) -> Any:
        return maps(*range(number))

    given = finding(maps(*range(9)))
    found = _with_smallest(noting(jobs), given, 1, 9, lower, 150.0)
    assert told(found) == (maps(0, 1, 2).tolist(), SEEN, None)
    assert jobs.programs() == [maps(*range(number)).tolist() for number in (1, 5, 3, 4)]
    jobs.asked.clear()
    found = _with_smallest(noting(jobs), given, 1, 9, lower, jobs.now + 2)
    assert [len(program) - 1 for program in jobs.programs()] == [1, 5, 3]
    jobs.asked.clear()
    assert _with_smallest(noting(jobs), given, 1, 3, lower, 150.0) is given
    assert [len(program) - 1 for program in jobs.programs()] == [1, 2]


def test_the_latest_init_is_tried_first(jobs: Jobs) -> None:
    part = rows(INIT, (3, 0, 0, 0, 0, 0))
    given = finding(np.concatenate([part] * 5))
    jobs.fails = lambda program: len(program) - 1 if len(program) > 4 else 0
    found = _from_a_later_init(noting(jobs), given, 150.0)
    assert told(found) == ((part.tolist() * 3)[:5], SEEN, None)
    assert [len(program) for program in jobs.programs()] == [2, 6, 4]
    jobs.fails = len
    assert told(_from_a_later_init(noting(jobs), given, 150.0))[0] == part.tolist()


@pytest.mark.parametrize("program", [maps(*range(8)), maps(*range(7))])
def test_stretches_of_a_long_program(jobs: Jobs, monkeypatch: pytest.MonkeyPatch, program: Any) -> None:
    monkeypatch.setattr(shrinking, "FEW", 4)
    monkeypatch.setattr(shrinking, "_without_kinds", lambda trial, found: found)
    given = finding(program)
    assert _thinned(noting(jobs), given, 150.0) is given
    lengths = (4, 2, 1) if len(program) == 9 else (3, 1)
    assert jobs.programs() == [
        [row for n, row in enumerate(program.tolist()) if not first <= n < first + length]
        for length in lengths
        for first in range(len(program) - length, 0, -length)
    ]
    count = len(jobs.asked)
    assert _thinned(noting(jobs), given, jobs.now) is given
    assert len(jobs.asked) == count
    _thinned(noting(jobs), given, jobs.now + 1)
    assert len(jobs.asked) == count + 1


def test_a_long_program_becomes_a_short_one(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a step that fails nothing is left; what is short enough is left to others."""
    monkeypatch.setattr(shrinking, "FEW", 4)
    monkeypatch.setattr(shrinking, "_without_kinds", lambda trial, found: found)
    jobs.fails = lambda program: 2 + numbers(program).index(5) if 5 in numbers(program) else 0
    found = _thinned(noting(jobs), finding(maps(*range(1, 13))), 150.0)
    asked = [numbers(rows(*program)) for program in jobs.programs()]
    assert asked == [[1, 2, 3, 4, 5, 6], [1, 2], [1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 5], [1, 5], [5]]
    assert told(found) == (maps(5).tolist(), SEEN, None)


@pytest.mark.parametrize(
    ("few", "left", "later", "stages", "asked"),
    [
        (3, 4, True, ["kinds", "init"], [3, 3, 4, 4, 4, 4]),
        (3, 4, False, ["kinds"], [3, 3, 3]),
        (3, 3, True, ["kinds"], []),
        (4, 4, True, [], []),
    ],
)
def test_what_is_done_to_a_long_program_first(
    jobs: Jobs,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    left: int,
    later: bool,
    stages: list[str],
    asked: list[int],
) -> None:
    monkeypatch.setattr(shrinking, "FEW", few)
    noted: list[str] = []
    program = LATER if later else maps(0, 0, 0)

    def without_kinds(trial: Trial, found: Finding) -> Finding:
        noted.append("kinds")
        return replace(found, program=found.program[:left])

    def from_a_later_init(trial: Trial, found: Finding, end: float) -> Finding:
        assert end == 150.0
        noted.append("init")
        return replace(found, program=np.concatenate([found.program, maps(1)[1:]]))

    monkeypatch.setattr(shrinking, "_without_kinds", without_kinds)
    monkeypatch.setattr(shrinking, "_from_a_later_init", from_a_later_init)
    _thinned(noting(jobs), finding(program), 150.0)
    assert noted == stages
    assert [len(each) for each in jobs.programs()] == asked


def test_numbers_are_made_small_one_after_the_other(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which there are is asked again after each, for there may be fewer."""
    noted: list[Any] = []

    def with_smallest(trial: Trial, found: Finding, *given: Any) -> Finding:
        noted.append(given)
        jobs.now += 1
        return replace(found, program=found.program[:-1])

    monkeypatch.setattr(shrinking, "_with_smallest", with_smallest)
    monkeypatch.setattr(
        shrinking, "lowered", lambda program: iter([(n, len(program), f"less {n}") for n in range(len(program) - 3)])
    )
    found = _with_smaller_numbers(noting(jobs), finding(maps(*range(7))), 150.0)
    assert noted == [(0, 8, "less 0", 150.0), (1, 7, "less 1", 150.0), (2, 6, "less 2", 150.0)]
    assert len(found.program) == 5
    noted.clear()
    _with_smaller_numbers(noting(jobs), finding(maps(*range(7))), jobs.now + 2)
    assert [given[0] for given in noted] == [0, 1]
    noted.clear()
    _with_smaller_numbers(noting(jobs), finding(maps(*range(7))), jobs.now)
    assert noted == []


PAIR = rows((0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7), (3, 1, 0, 0, 0, 7))
LOOKS = [[4, 0, 0, 0, 0, 0], [4, 1, 0, 0, 0, 0]]


def test_where_a_program_has_to_look(
    jobs: Jobs, staged: Callable[..., Stages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shrinking, "FEW", 8)
    noted = staged("_descend")
    trial = noting(jobs)
    looking = [row for each in PAIR.tolist() for row in (each, *LOOKS)]
    jobs.fails = lambda program: {4: 3, 12: 8}[len(program)]
    given = finding(PAIR)
    unwatched, found = _looking(trial, given, 150.0)
    assert not unwatched.watched
    assert jobs.asked == [(False, PAIR.tolist()), (False, looking)]
    ((_, descends, better, *rest),) = noted
    assert not descends.watched
    assert (told(better), rest) == ((looking[:8], SEEN, None), [_without_stretches, 150.0])
    assert found.phase == "here, _descend"
    jobs.fails = lambda program: 0
    assert _looking(trial, given, 150.0) == (trial, given)
    assert len(jobs.asked) == 4
    long = finding(np.concatenate([PAIR, PAIR[1:2]]))
    assert _looking(trial, long, 150.0) == (trial, long)
    assert len(jobs.asked) == 5
    jobs.fails = len
    assert _looking(trial, long, 150.0) == (replace(trial, watched=False), long)
    assert len(jobs.asked) == 6


def test_what_needs_no_looks(jobs: Jobs) -> None:
    """A program that was not watched, and one with several inits."""
    jobs.fails = len
    for trial, program in ((noting(jobs, watched=False), PAIR), (noting(jobs), rows(INIT, INIT, PAIR[1]))):
        given = finding(program)
        assert _looking(trial, given, 150.0) == (trial, given)
    assert jobs.asked == []


def test_single_steps_are_tried_in_order(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrinking, "FEW", 4)
    jobs.fails = lambda program: 3 if numbers(program) == [1, 3] else 0
    found, said = _without_single_steps(noting(jobs), finding(maps(1, 2, 3)), 150.0)
    assert (told(found), said) == ((maps(1, 3).tolist(), SEEN, None), WHOLE)
    batches = [[[2, 3], [1, 3], [1, 2]], [[3], [1]]]
    assert jobs.programs() == [[maps(*pages).tolist() for pages in batch] for batch in batches]
    jobs.asked.clear()
    assert _without_single_steps(noting(jobs), found, jobs.now) == (found, IN_PART)
    assert jobs.asked == []


SCOPE = Scope(5, 1, 1)
SHORT = rows((0, 5, 1, 1, 0, 0), (1, 4, 0, 1, 0, 5), (4, 2, 0, 0, 0, 0), (1, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 4))
EVERY = rows((0, 5, 1, 1, 0, 0), *[(1, 4, 0, space, 0, 7) for space in range(4)])  # that names every space


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Leaves out the last step in place of those that can be left out, and notes of what."""
    noted: list[Any] = []

    def without(trial: Trial, found: Finding, end: float) -> tuple[Finding, str]:
        noted.append((found.program.tolist(), end))
        return replace(found, program=found.program[:-1]), "kept"

    monkeypatch.setattr(shrinking, "_without_single_steps", without)
    return noted


def works(jobs: Jobs, program: Any, *asked: tuple[int, tuple[int, ...], int]) -> list[Any]:
    """Sequences over the scope of a program: when they are asked for, with which rights, of which length."""
    looks = bool((program[:, 0] == StepKind.LOOK).any())
    scope = finding(program).scope
    return [
        (True, Sequences(CANONICAL.readings, scope, rights, length, 160.0 - at, looks=looks))
        for at, rights, length in asked
    ]


FEW_RIGHTS = (7, 5, 4)


def test_every_shorter_sequence_is_asked_for(jobs: Jobs, single: list[Any]) -> None:
    program = np.concatenate([SHORT, rows((3, 0, 0, 0, 0, 1))])
    jobs.answers = [(True, None)] * 7
    found = _shortest(noting(jobs), finding(program), 160.0)
    assert single == [(program.tolist(), 160.0)]
    few = [(100 + n, FEW_RIGHTS, 1 + n) for n in range(4)]
    every = [(104 + n, EVERY_RIGHT, 1 + n) for n in range(3)]
    assert jobs.asked == works(jobs, SHORT, *few, *every)
    assert found.program.tolist() == SHORT.tolist()
    assert (found.shortest, found.is_shortest) == (
        *(f"no shorter trace in {SCOPE}, look-ups among the steps, with any rights", True),
    )


@pytest.mark.parametrize(
    ("answers", "asked", "said"),
    [
        ([True, True, True, False, True, True, False], 7, (3, 2)),
        ([True, True, False, True, False], 5, (2, 1)),
        ([False, False], 2, (0, 0)),
    ],
)
def test_what_was_searched_ends_with_the_first_that_was_not_complete(
    jobs: Jobs, single: list[Any], answers: list[bool], asked: int, said: tuple[int, int]
) -> None:
    program = np.concatenate([SHORT, SHORT[-1:]])
    jobs.answers = [(complete, None) for complete in answers]
    found = _shortest(noting(jobs), finding(program), 160.0)
    assert (len(jobs.asked), jobs.answers) == (asked, [])
    sentence = _what_was_searched(finding(SHORT), FEW_RIGHTS, True, [*said], "kept")
    assert (found.shortest, found.is_shortest) == (sentence, False)


@pytest.mark.parametrize(("end", "asked"), [(102.0, 2), (101.5, 2), (100.0, 0)])
def test_nothing_is_searched_when_the_time_is_over(jobs: Jobs, single: list[Any], end: float, asked: int) -> None:
    jobs.answers = [(True, None)] * 9
    found = _shortest(noting(jobs), finding(np.concatenate([SHORT, SHORT[-1:]])), end)
    assert len(jobs.asked) == asked
    assert found.shortest == _what_was_searched(finding(SHORT), FEW_RIGHTS, True, [asked, 0], "kept")


@pytest.mark.parametrize(("less", "lengths"), [(0, [1, 2, 3, 4, 1]), (1, [1, 2, 3, 1])])
def test_sequences_may_be_too_many(
    jobs: Jobs, single: list[Any], monkeypatch: pytest.MonkeyPatch, less: int, lengths: list[int]
) -> None:
    """With any rights there are more of two operations than of four with one set."""
    program = rows((0, 1, 1, 1, 0, 0), *[(3, 0, 0, 0, 0, 7)] * 5)
    count = Sequences(CANONICAL.readings, Scope(1, 1, 1), (7,), 4, 1.0).count
    monkeypatch.setattr(shrinking, "MOST_SEQUENCES", count - less)
    jobs.answers = [(True, None)] * 9
    _shortest(noting(jobs), finding(program), 160.0)
    assert [work.length for work in jobs.programs()] == lengths


ALSO = Failure(Conformance.HUNG, "and in another way")


@pytest.mark.parametrize("fails", [True, False])
def test_a_sequence_that_is_shorter_is_searched_on(jobs: Jobs, single: list[Any], fails: bool) -> None:
    """If it can be with fewer spaces, and fails alone then, as that; from the start."""
    far = rows((0, 5, 1, 1, 0, 0), (1, 0, 0, 4, 0, 7), (1, 4, 0, 0, 0, 7))
    near = rows((0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (1, 1, 0, 0, 0, 7))
    jobs.fails = lambda program: 3 if fails else 0
    jobs.answers = [(True, None), (True, (far, ALSO)), *[(True, None)] * 9]
    program = np.concatenate([SHORT, SHORT[-1:]])
    found = _shortest(noting(jobs), finding(program), 160.0)
    then = near if fails else far
    assert single == [(each.tolist(), 160.0) for each in (program, then)]
    assert jobs.programs()[2] == near.tolist()
    assert told(found) == (then[:-1].tolist(), SEEN if fails else ALSO, None)


def test_the_first_of_the_same_length_is_taken(jobs: Jobs, single: list[Any]) -> None:
    """There is nothing before it, so that it is searched for no further, but with other rights."""
    jobs.answers = [*[(True, None)] * 3, (False, (EVERY, ALSO)), *[(True, None)] * 3]
    found = _shortest(noting(jobs), finding(np.concatenate([SHORT, SHORT[-1:]])), 160.0)
    assert jobs.answers == []
    assert len(single) == 1
    assert told(found) == (EVERY.tolist(), ALSO, None)
    assert found.is_shortest


def test_one_of_the_same_length_that_fails_with_fewer_spaces(jobs: Jobs, single: list[Any]) -> None:
    far = np.concatenate([EVERY[:1], EVERY[[1, 1, 1, 1]]])
    near = rows((0, 2, 1, 1, 0, 0), *[(1, 1, 0, 0, 0, 7)] * 4)
    jobs.fails = len
    jobs.answers = [*[(True, None)] * 3, (False, (far, ALSO)), *[(True, None)] * 9]
    found = _shortest(noting(jobs), finding(np.concatenate([SHORT, SHORT[-1:]])), 160.0)
    assert [len(each) for each, _ in single] == [6, 5]
    assert single[1][0] == near.tolist()
    assert told(found) == (near[:-1].tolist(), SEEN, None)


def test_a_sequence_that_is_longer_is_none(jobs: Jobs, single: list[Any]) -> None:
    """As a target might make one that writes where it was not asked to."""
    longer = np.concatenate([EVERY, EVERY[-1:]])
    jobs.answers = [(False, (longer, ALSO)), *[(True, None)] * 3]
    found = _shortest(noting(jobs), finding(np.concatenate([SHORT, SHORT[-1:]])), 160.0)
    assert jobs.answers == []
    assert told(found) == (SHORT.tolist(), FAILURE, None)


@pytest.mark.parametrize(
    ("program", "searched"),
    [
        (rows((0, MOST_SLOTS, 1, 1, 0, 0), (3, 0, 0, 0, 0, 7)), True),
        (rows((0, MOST_SLOTS + 1, 1, 1, 0, 0), (3, 0, 0, 0, 0, 7)), False),
        (rows((0, 2, 1, 1, 0, 0), (3, 0, 0, 0, 0, 8)), False),
        (rows((0, 2, 1, 1, 0, 0), (3, 2, 0, 0, 0, 7)), False),
        (rows((0, 2, 1, 1, 0, 0), (0, 2, 1, 1, 0, 0)), False),
    ],
)
def test_of_which_programs_all_that_are_shorter_are_searched(
    jobs: Jobs, single: list[Any], program: Any, searched: bool
) -> None:
    jobs.answers = [(True, None)]
    found = _shortest(noting(jobs), finding(np.concatenate([program, program[-1:]])), 160.0)
    assert len(jobs.asked) == searched
    assert found.program.tolist() == program.tolist()
    assert (found.shortest == "kept; other short traces were not searched") == (not searched)
