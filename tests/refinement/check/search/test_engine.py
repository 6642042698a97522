"""What a check, a replay and a question make of what their parts find, on a database in this process."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.spaces.keeping import table_of
from refinement.check.driver.answers import Asking
from refinement.check.driver.bench import Probe, Programs
from refinement.check.driver.situations import PROSE, Situation
from refinement.check.finding.finding import INTERRUPTED, NOT_RUN_AGAIN, Conformance, Failure, Finding
from refinement.check.finding.report import CheckReport, Phase
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import DEFAULT_LIMITS, LOADING, Ending, Limits, Order
from refinement.check.search import campaign, context, engine, limit_runs, spent
from refinement.check.search.context import SearchContext
from refinement.check.search.engine import StepAnswer, ask, check, perform_or_raise, replay
from refinement.check.search.hardware import remarks_on
from refinement.check.search.messages.engine import NOT_OFFERED, NOT_REACHED, SHARE
from refinement.check.search.plan import FEWEST, name_of
from refinement.check.target.calls import Call
from refinement.check.target.target import Target
from tests import clock as clocks
from tests.refinement.check.plain import Database, Here, ending

TARGET = Target("library", "here.so")
PROGRAM = np.array([(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7)], np.uint32)
DIFFERS = Failure(Conformance.DIVERGES, "it differs")
PAIRS = Phase("exhaustive", name_of(FEWEST), "all agree", True, 441, 0.1)
RANDOM = Phase("random", "random", "random operations", True, 9, 0.1)

Search = Callable[[SearchContext], Finding | None]
Set = Callable[..., list[Any]]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Puts other parts in place of those of a check; jobs are done here, and what is called is noted."""

    def put(
        run: Search = lambda search: None,
        make: Callable[[], Database] = Database,
        perform: Callable[[Order], Ending] | None = None,
        shrink: Callable[..., Finding] = lambda trial, found, seconds: found,
    ) -> list[Any]:
        noted: list[Any] = []

        def ran(search: SearchContext) -> Finding | None:
            noted.append(search)
            return run(search)

        def shrunk(*given: Any) -> Finding:
            noted.append(given)
            return shrink(*given)

        monkeypatch.setattr(engine, "run", ran)
        monkeypatch.setattr(engine, "shrink", shrunk)
        monkeypatch.setattr(isolation, "perform", perform or Here(make).perform)
        return noted

    return put


def found(**more: Any) -> Finding:
    return replace(Finding(DIFFERS, PROGRAM, "canonical", "random: 3"), **more)


def covered(search: SearchContext) -> None:
    search.phases += [PAIRS, RANDOM]
    search.situations[Situation.ITSELF] = 5


def test_what_a_search_without_a_finding_says(parts: Set) -> None:
    said: list[str] = []
    noted = parts(covered)
    bounds = Limits(hang=3.0)
    report = check(TARGET, seconds=7.0, seed=11, jobs=2, limits=bounds, small_stack=4096, tell=said.append)
    (search,) = noted
    assert (search.target, search.dialect, search.limits, search.seconds, search.seed) == (
        *(TARGET, CANONICAL, bounds, 7.0, 11),
    )
    assert (search.jobs, search.small_stack, search.tell) == (2, 4096, said.append)
    assert report == CheckReport(
        *(str(TARGET), CANONICAL, Conformance.CONFORMS, None),
        phases=(PAIRS, RANDOM),
        seed=11,
        seconds=report.seconds,
        views=("lookup", "lookup_hw"),
        situations={**dict.fromkeys(PROSE.values(), 0), PROSE[Situation.ITSELF]: 5},
        remarks=(NOT_OFFERED,),
        stack=4096,
        messages=report.messages,
    )
    assert 0 <= report.seconds < 7
    assert report.messages is not None
    assert not report.messages.compared
    assert said == []


def test_views_seeds_and_stacks(parts: Set) -> None:
    parts(covered, lambda: Database(without=(Call.LOOKUP_HW,)))
    reports = [check(replace(TARGET, kind="class"), seconds=7.0, small_stack=4096) for _ in range(3)]
    assert [(report.views, report.stack) for report in reports] == [(("lookup",), 0)] * 3
    assert len({report.seed for report in reports}) > 1
    assert all(0 <= report.seed < 1 << 32 for report in reports)


def test_rights_are_those_that_the_hardware_keeps(parts: Set) -> None:
    kept = table_of([0, 5, 6, 7, 4, 5, 6, 7])
    noted = parts(covered, lambda: Database(CANONICAL.readings._replace(kept=kept)))
    report = check(TARGET)
    assert report.dialect.readings.kept == noted[0].dialect.readings.kept == kept
    assert report.remarks == (*remarks_on(report.dialect), NOT_OFFERED)
    assert len(report.remarks) == 3


@pytest.mark.parametrize(("stack", "wall"), [(0, 600.0), (8192, 2.0)])
def test_a_finding_is_made_short(parts: Set, stack: int, wall: float) -> None:
    said: list[str] = []
    short = found(shortest="none is shorter", stack=stack)
    noted = parts(lambda search: found(stack=stack), shrink=lambda *given: short)
    report = check(TARGET, limits=Limits(hang=1.5, wall=wall), shrinking=2.5, tell=said.append)
    trial, given, seconds = noted[1]
    assert report.finding is short
    assert (report.verdict, report.remarks) == (Conformance.DIVERGES, (NOT_OFFERED,))
    assert given.stack == stack
    assert seconds == 2.5
    assert (trial.target, trial.readings, trial.watched) == (TARGET, CANONICAL.readings, True)
    assert trial.limits == Limits(hang=1.5, wall=min(wall, 4.0), stack=stack)
    assert said == ["found: it differs; looking for a shortest trace, 2 s at most"]


def test_a_finding_that_is_short_is_left(parts: Set) -> None:
    short = found(shortest="none is shorter")
    noted = parts(lambda search: short)
    assert check(TARGET).finding is short
    assert len(noted) == 1


def test_a_target_that_does_not_load(parts: Set) -> None:
    gone, orders = ending("exit", number=4, inside=LOADING), []

    def perform(order: Order) -> Ending:
        orders.append(order)
        return gone

    noted = parts(perform=perform)
    report = check(TARGET, limits=Limits(hang=2.0))
    assert noted == []
    assert [(order.target, order.limits, type(order.work)) for order in orders] == [
        (TARGET, Limits(hang=2.0), Probe),
        (TARGET, Limits(hang=2.0), Programs),
    ]
    assert report.finding is not None
    assert (report.verdict, report.views, report.messages) == (Conformance.CRASHED, (), None)
    assert report.finding.failure.sentence == "the target ended its process with status 4 while it was loaded"
    assert (report.finding.phase, report.finding.shortest) == ("loading", "it does not load")
    assert report.finding.reproducible
    later = [gone, *[ending()] * 9]
    parts(perform=lambda order: later.pop(0))
    again = check(TARGET).finding
    assert again is not None
    assert not again.reproducible


def test_hardware_that_breaks_a_law(parts: Set) -> None:
    probed = Here(lambda: Database(CANONICAL.readings._replace(kept=table_of([0, 5, 6, 7, 4, 5, 6, 7]))))

    def perform(order: Order) -> Ending:
        told = probed.perform(order)
        told.value["kept"][0][0] = 1
        return told

    noted = parts(perform=perform)
    report = check(TARGET)
    assert noted == []
    assert report.finding is not None
    assert report.finding.failure.sentence.startswith("normalise: ")
    assert (report.verdict, report.finding.is_shortest) == (Conformance.DIVERGES, True)
    stopped = replay(TARGET, PROGRAM)
    assert (stopped.failure, stopped.step, stopped.dialect) == (report.finding.failure, 0, CANONICAL)


def interrupted(*given: Any) -> Finding:
    raise KeyboardInterrupt


class Pool(ThreadPoolExecutor):
    """Notes how it is shut down."""

    def __init__(self, noted: list[Any]) -> None:
        super().__init__(1)
        self.noted = noted

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.noted.append((wait, cancel_futures))
        super().shutdown(wait, cancel_futures=cancel_futures)


def test_an_interrupt_decides_nothing(parts: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is given up first, so that nothing begins when what runs is ended."""
    ended: list[Any] = []
    monkeypatch.setattr(isolation, "stop_all", lambda: ended.append("all"))

    def stopped_late(search: SearchContext) -> Finding:
        covered(search)
        return interrupted()

    parts(stopped_late)
    report = check(TARGET, required=("sequences",), executor=Pool(ended))
    assert (report.verdict, report.interrupted, report.finding) == (Conformance.UNDECIDED, True, None)
    assert (report.remarks, report.phases, report.required) == ((INTERRUPTED,), (PAIRS, RANDOM), ("sequences",))
    assert ended == [(False, True), "all"]


def test_an_interrupt_leaves_what_was_found(parts: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "stop_all", lambda: None)
    parts(lambda search: found(), shrink=interrupted)
    report = check(TARGET)
    assert report.finding == found(shortest=NOT_RUN_AGAIN, reproducible=False)
    assert (report.verdict, report.interrupted, report.exit_status) == (Conformance.DIVERGES, True, 130)


class Talk:
    """What is said of threads and messages, at a clock that is told how long it takes."""

    offers, is_enough = True, True

    def __init__(self, clock: list[float], said: Any = None) -> None:
        self.clock, self.said, self.noted = clock, said, list[Any]()

    def search(self, search: SearchContext, seconds: float) -> Any:
        self.noted.append((search.seconds, seconds))
        self.clock[0] += 4.0
        return self.said

    def shrunk(self, search: SearchContext, said: Any, seconds: float) -> Any:
        self.noted.append((said, seconds))
        self.clock[0] += 8.0
        return replace(said, shortest="short")

    def report(self) -> str:
        return "what was said"


@pytest.mark.parametrize("found_by", ["", "run", "talk"])
def test_where_the_time_went(parts: Set, monkeypatch: pytest.MonkeyPatch, found_by: str) -> None:
    clock = [time.monotonic()]
    talk = Talk(clock, found() if found_by == "talk" else None)
    asked: list[Any] = []

    def conversation(*given: Any) -> Talk:
        asked.append(given)
        return talk

    clocks.tells(monkeypatch, lambda: clock[0], campaign, context, engine, limit_runs, spent)
    monkeypatch.setattr(engine, "conversation", conversation)
    here = Here()

    def perform(order: Order) -> Ending:
        clock[0] += 2.0
        return here.perform(order)

    def run(search: SearchContext) -> Finding | None:
        clock[0] += 10.0
        search.stood = 3.0
        covered(search)
        return found() if found_by == "run" else None

    def shrink(trial: Any, given: Finding, seconds: float) -> Finding:
        clock[0] += 5.0
        return replace(given, shortest="short")

    parts(run, perform=perform, shrink=shrink)
    report = check(TARGET, seconds=8.0, shrinking=6.0)
    of_talk = SHARE * 8.0
    assert len(asked) == 1
    assert str(report.messages) == "what was said"
    begun = "2.0 s loading, 3.0 s compiling, 7.0 s searching"
    if found_by == "run":
        more, left, took = [NOT_REACHED], ", 5.0 s looking for a shortest trace", 17.0
        assert talk.noted == []
    else:
        took = 16.0 if found_by == "" else 24.0
        more, left = [], f", {took - 12:.1f} s searching with threads"
        assert talk.noted == [(8.0 - of_talk, of_talk), *[(found(), 6.0)] * (found_by == "talk")]
    assert report.remarks == (*more, f"it took {took:.1f} s, for a search of 8 s: {begun}{left}")
    assert report.seconds == pytest.approx(took)
    assert report.finding == (None if found_by == "" else found(shortest="short"))
    assert report.verdict == (Conformance.CONFORMS if found_by == "" else Conformance.DIVERGES)
    Talk.is_enough = not Talk.is_enough
    assert (check(TARGET).verdict == Conformance.SAMPLED) == (found_by == "")
    Talk.is_enough = not Talk.is_enough


@pytest.mark.parametrize(
    ("phases", "required", "verdict"),
    [
        ([], (), Conformance.UNDECIDED),
        ([replace(PAIRS, operations=0), replace(RANDOM, operations=0)], (), Conformance.UNDECIDED),
        ([RANDOM], (), Conformance.SAMPLED),
        ([PAIRS], (), Conformance.SAMPLED),
        ([PAIRS, replace(RANDOM, operations=0)], (), Conformance.SAMPLED),
        ([PAIRS, replace(RANDOM, name="other")], (), Conformance.SAMPLED),
        ([replace(PAIRS, complete=False), RANDOM], (), Conformance.SAMPLED),
        ([PAIRS, replace(PAIRS, complete=False), RANDOM], (), Conformance.SAMPLED),
        ([replace(PAIRS, name=name_of(3)), RANDOM], (), Conformance.SAMPLED),
        ([PAIRS, RANDOM], (), Conformance.CONFORMS),
        ([RANDOM, PAIRS], (), Conformance.CONFORMS),
        ([PAIRS, RANDOM], (name_of(FEWEST),), Conformance.CONFORMS),
        ([PAIRS, RANDOM], (name_of(FEWEST), name_of(3)), Conformance.UNDECIDED),
        ([PAIRS, RANDOM], (name_of(3), name_of(FEWEST)), Conformance.UNDECIDED),
    ],
)
def test_what_conforming_takes(phases: list[Phase], required: tuple[str, ...], verdict: Conformance) -> None:
    nobody = ThreadPoolExecutor(1)
    search = SearchContext(TARGET, CANONICAL, DEFAULT_LIMITS, 1.0, 1, nobody, phases=phases)
    assert engine._verdict(search, None, required, None) == verdict
    assert engine._verdict(search, found(), required, None) == Conformance.DIVERGES


def test_a_replay_says_how_a_program_ends(parts: Set) -> None:
    parts()
    agrees = replay(TARGET, PROGRAM)
    assert (agrees.verdict, agrees.failure, agrees.step, agrees.exit_status) == (None, None, 3, 0)
    assert agrees.to_json() == {
        **{"musigma_replay": 3, "target": str(TARGET), "dialect": "canonical", "messages": None},
        **{"verdict": "agrees", "sentence": "", "step": 3},
        "steps": ["init 2 × 1 × 1", "map σ0[0] → σ1[0]", "flush σ0[0]"],
    }
    one = replay(TARGET, PROGRAM[:2])
    assert (one.verdict, one.step, one.exit_status) == (None, 2, 0)
    nothing = replay(TARGET, PROGRAM[:1], DIALECTS["tree"])
    assert (nothing.verdict, nothing.exit_status, nothing.dialect.name) == (Conformance.UNDECIDED, 3, "tree")

    def wrong() -> Database:
        made = Database()
        made.answers = lambda name, *given: 1 if name == "map" else None
        return made

    parts(make=wrong)
    differs = replay(TARGET, PROGRAM)
    assert (differs.verdict, differs.step, differs.exit_status) == (Conformance.DIVERGES, 1, 1)
    assert differs.to_json()["sentence"] == "map returned 1 (refused), the model 0 (done)"
    assert differs.to_json()["verdict"] == "diverges"


def test_a_round_is_replayed_as_one(parts: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = table_of([0, 5, 6, 7, 4, 5, 6, 7])
    here = Here(lambda: Database(CANONICAL.readings._replace(kept=kept)))
    parts(perform=here.perform)
    asked: list[Any] = []
    answers = [None, DIFFERS]

    def leak_of(*given: Any) -> Failure | None:
        asked.append(given)
        return answers.pop(0)

    monkeypatch.setattr(engine, "leak_of", leak_of)
    whole, leaks = (replay(TARGET, PROGRAM, limits=Limits(hang=2.0), repeated=2) for _ in range(2))
    assert [(each.failure, each.step) for each in (whole, leaks)] == [(None, 3), (DIFFERS, 2)]
    assert [(each.target, each.dialect) for each in (whole, leaks)] == [(str(TARGET), CANONICAL.keeping(kept))] * 2
    assert all(each.program is PROGRAM for each in (whole, leaks))
    readings = CANONICAL.readings._replace(kept=kept)
    assert asked == [(perform_or_raise, TARGET, readings, PROGRAM, 2, Limits(hang=2.0))] * 2
    assert [type(order.work) for order in here.orders] == [Probe] * 2


def test_a_job_that_is_not_done_is_no_answer(parts: Set) -> None:
    parts(perform=lambda order: ending("overdue"))
    with pytest.raises(ToolError, match="not done after 12 s"):
        perform_or_raise(Order(TARGET, Probe(), Limits(wall=12.4)))
    with pytest.raises(ToolError, match="not done after"):
        replay(TARGET, PROGRAM)
    answered = ending("answered")
    parts(perform=lambda order: answered)
    assert perform_or_raise(Order(TARGET, Probe(), DEFAULT_LIMITS)) is answered


def test_what_there_was_after_a_step(parts: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "dialect_on", lambda target, dialect, limits: dialect)
    parts()
    everywhere, here = ((0, 7), (0, 7)), ((0, 7), (-1, 0))
    assert ask(TARGET, PROGRAM, (0, 1)) == {
        0: StepAnswer(None, (here, here)),
        1: StepAnswer(None, (everywhere, everywhere)),
        2: StepAnswer(None, (here, here)),
    }

    def refusing() -> Database:
        made = Database(without=(Call.LOOKUP_HW,))
        made.answers = lambda name, *given: 1 if name == "flush" else None
        return made

    parts(make=refusing)
    assert ask(TARGET, PROGRAM, (1,)) == {1: StepAnswer(None, (everywhere,)), 2: StepAnswer(1, (here,))}


def test_what_there_was_before_a_target_died(parts: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    on: list[Any] = []

    def dialect_on(target: Target, dialect: Dialect, limits: Limits) -> Dialect:
        on.append((target, dialect, limits))
        return DIALECTS["tree"]

    monkeypatch.setattr(engine, "dialect_on", dialect_on)
    here, asked = Here(), list[Any]()

    def perform(order: Order) -> Ending:
        asked.append((order.limits, order.work))
        program = order.work.program  # type: ignore[attr-defined]
        return ending("signal", number=11, step=2, inside=3) if len(program) > 2 else here.perform(order)

    parts(perform=perform)
    died = {2: StepAnswer(broke="the target died of SIGSEGV in flush")}
    assert ask(TARGET, PROGRAM, (2,), limits=Limits(hang=2.0)) == died
    assert len(asked) == 1
    assert asked[0][0] == Limits(hang=2.0)
    assert asked[0][1].readings == DIALECTS["tree"].readings
    assert on == [(TARGET, CANONICAL, Limits(hang=2.0))]
    known = ask(TARGET, PROGRAM, (0, 2))
    assert {step: (answer.status, answer.broke) for step, answer in known.items()} == {
        **{0: (None, ""), 1: (None, "")},
        2: (None, "the target died of SIGSEGV in flush"),
    }


def test_what_is_asked_again_of_a_target_that_died(parts: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that was asked for up to the step before, within the same limits."""
    monkeypatch.setattr(engine, "dialect_on", lambda target, dialect, limits: dialect)
    asked: list[Any] = []

    def perform(order: Order) -> Ending:
        assert isinstance(order.work, Asking)
        asked.append((len(order.work.program), order.work.steps, order.limits))
        dies = len(order.work.program) > 3
        answers = {"answers": {str(step): {"status": 0, "shown": []} for step in order.work.steps}}
        return ending("signal", number=11, step=3, inside=1) if dies else ending(value=answers)

    parts(perform=perform)
    program = np.concatenate([PROGRAM, PROGRAM[1:2]])
    died = StepAnswer(broke="the target died of SIGSEGV in map")
    assert ask(TARGET, program, (0, 1), limits=Limits(hang=2.0)) == {0: StepAnswer(0), 1: StepAnswer(0), 3: died}
    assert asked == [(4, (0, 1), Limits(hang=2.0)), (3, (0, 1), Limits(hang=2.0))]


@pytest.mark.parametrize("step", [-1, 0])
def test_what_dies_before_its_first_operation(parts: Set, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    monkeypatch.setattr(engine, "dialect_on", lambda target, dialect, limits: dialect)
    parts(perform=lambda order: ending("signal", number=11, step=step, inside=0))
    assert ask(TARGET, PROGRAM, (0, 1)) == {0: StepAnswer(broke="the target died of SIGSEGV in init")}


def test_a_program_is_replayed_with_looks_and_without(parts: Set) -> None:
    orders: list[Order] = []
    here = Here()

    def perform(order: Order) -> Ending:
        orders.append(order)
        return here.perform(order)

    parts(perform=perform)
    replay(TARGET, PROGRAM)
    assert [type(order.work) for order in orders] == [Probe, Programs, Programs]
    assert [order.work.every for order in orders[1:]] == [1, 0]  # type: ignore[attr-defined]


def test_the_cause_of_what_was_found_is_asked_for_where_causes_are_known() -> None:
    orders: list[Order] = []

    def perform(order: Order) -> Any:
        orders.append(order)
        return SimpleNamespace(value=answers.pop(0))

    target, limits, program = object(), object(), np.array([[0, 2, 1, 1, 0, 0]], np.uint32)
    search: Any = SimpleNamespace(known=(), target=target, limits=limits, dialect=CANONICAL, perform=perform)
    found: Any = SimpleNamespace(repeated=False, program=program, step=0, inside=-1, stack="")
    answers: list[dict[str, Any]] = [{"cause": "map of a page: no status"}, {}]
    assert [engine.cause_of(search, found), engine.cause_of(search, found)] == ["map of a page: no status", ""]
    for order in orders:
        assert order.target is target
        assert order.limits is limits
        assert isinstance(order.work, Programs)
        assert order.work.readings is CANONICAL.readings
        assert len(order.work.programs) == 1
        assert order.work.programs[0] is program
    found.repeated = True
    assert engine.cause_of(search, found) == ""
    found.repeated, search.known = False, None
    assert engine.cause_of(search, found) == ""
    assert len(orders) == 2
