"""Check a target against a dialect, and replay a trace on it. Both return a value and print nothing."""

import secrets
import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from model.spaces.dialect import CANONICAL, Dialect
from refinement.check.driver.answers import Asking
from refinement.check.driver.bench import Probe
from refinement.check.driver.program import Program
from refinement.check.driver.steps import step_text
from refinement.check.finding.finding import Conformance, Failure, Finding, failure_of
from refinement.check.finding.report import CheckReport, situations_named
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.zygote import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.search.campaign import FEWEST, SMALLEST, Search
from refinement.check.search.shrink import Trial, shrink
from refinement.check.target.calls import Call
from refinement.check.target.target import Target


def check(
    target: Target,
    dialect: Dialect = CANONICAL,
    *,
    seconds: float = 30.0,
    seed: int | None = None,
    jobs: int = 1,
    limits: Limits = DEFAULT_LIMITS,
    shrinking: float = 20.0,
    executor: Executor | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> CheckReport:
    """Whether a target agrees with the model under a dialect, as far as it was searched.

    :param seconds: for the search; the first piece of each phase is done whatever it takes.
    :param seed: of the random programs; drawn if not given.
    :param jobs: how many processes run the target at a time.
    :param shrinking: seconds to look for a shortest trace.
    :param executor: where jobs run; by default in threads here, each with processes of its own.
    :param tell: called with a line for each piece of the search.
    :returns: what was found; after an interrupt what was known by then.
    :raises TargetError: the target does not have the interface.
    """
    begun = time.monotonic()
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    views: tuple[str, ...] = ()
    finding: Finding | None = None
    interrupted = False
    with ThreadPoolExecutor(jobs) if executor is None else nullcontext(executor) as pool:
        search = Search(target, dialect, limits, seconds, seed, pool, jobs, tell)
        try:
            # One for each job, so that the driver is compiled wherever it runs before the time counts.
            probes = [pool.submit(isolation.perform, Order(target, Probe(), limits)) for _ in range(jobs)]
            endings = [future.result() for future in probes]
            probe = endings[0]
            failure = failure_of(probe)
            if failure is not None:
                finding = Finding(failure, probe.journal, dialect.name, "loading", shortest="it does not load")
            else:
                views = ("lookup", "lookup_hw") if probe.value["has"][Call.LOOKUP_HW] else ("lookup",)
                finding = search.run()
                if finding is not None and finding.shortest == "":
                    tell(f"found: {finding.failure.sentence}; looking for a shortest trace")
                    trial = Trial(target, dialect.readings, limits, search.perform)
                    finding = shrink(trial, finding, shrinking)
        except KeyboardInterrupt:
            interrupted = True
            search.remarks.append("interrupted: what was not searched by then is not known")
            pool.shutdown(wait=False, cancel_futures=True)
            isolation.stop_all()
    if finding is not None and finding.shortest == "":
        finding = replace(finding, shortest="interrupted before a shorter trace was looked for")
    return CheckReport(
        target=str(target),
        dialect=dialect,
        verdict=Conformance.UNDECIDED if interrupted and finding is None else _verdict(search, finding),
        finding=finding,
        phases=tuple(search.phases),
        seed=seed,
        seconds=time.monotonic() - begun,
        views=views,
        situations=situations_named([int(count) for count in search.situations]),
        remarks=tuple(search.remarks),
        interrupted=interrupted,
    )


def _verdict(search: Search, finding: Finding | None) -> Conformance:
    """Conforming takes all of the first sequences, and random programs besides."""
    if finding is not None:
        return finding.failure.verdict
    first = [phase for phase in search.phases if phase.name == f"sequences of {FEWEST} over {SMALLEST}"]
    walked = [phase for phase in search.phases if phase.kind == "random" and phase.operations]
    return Conformance.CONFORMS if first and all(p.complete for p in first) and walked else Conformance.UNDECIDED


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """One program again: how it failed and in which step, or neither."""

    target: str
    dialect: Dialect
    program: Program
    failure: Failure | None
    step: int

    @property
    def exit_status(self) -> int:
        """0 if the target agreed with the model all the way, 1 otherwise."""
        return 0 if self.failure is None else 1

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_replay": 1,
            "target": self.target,
            "dialect": self.dialect.name,
            "verdict": "agrees" if self.failure is None else self.failure.verdict.value,
            "sentence": "" if self.failure is None else self.failure.sentence,
            "step": self.step,
            "steps": [step_text(row) for row in self.program],
        }


def replay(
    target: Target, program: Program, dialect: Dialect = CANONICAL, *, limits: Limits = DEFAULT_LIMITS
) -> ReplayReport:
    """Run a program on a target, comparing after each step.

    :raises TargetError: the target does not have the interface.
    :raises ToolError: it was not done in time.
    """
    found = Trial(target, dialect.readings, limits, perform_or_raise).programs([program])
    if found is None:
        return ReplayReport(str(target), dialect, program, None, len(program))
    return ReplayReport(str(target), dialect, program, found[2], len(found[1]) - 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What there was after a step.

    :param status: what the operation returned; None if that is what the model expects.
    :param shown: for ``lookup``, and for ``lookup_hw`` if the target has it, the frame and the rights in each slot.
    :param broke: how the target ended in this step, in words; then there is nothing else.
    """

    status: int | None = None
    shown: tuple[tuple[tuple[int, int], ...], ...] = ()
    broke: str = ""


def ask(
    target: Target,
    program: Program,
    steps: Collection[int],
    dialect: Dialect = CANONICAL,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[int, Answer]:
    """What a target answers after these steps of a program, which are numbered as its rows are.

    A target that dies or hangs is run once more up to the step before, so that what came before is known.

    :raises TargetError: the target does not have the interface.
    :raises ToolError: the tool failed.
    """
    ending = perform_or_raise(Order(target, Asking(dialect.readings, program, tuple(steps)), limits))
    failure = failure_of(ending)
    if failure is None:
        return {int(step): _answer(value) for step, value in ending.value["answers"].items()}
    last = max(ending.step, 0)
    before = [step for step in steps if step < last]
    known = ask(target, program[:last], before, dialect, limits=limits) if before else {}
    return {**known, last: Answer(broke=failure.sentence)}


def _answer(value: Any) -> Answer:
    shown = tuple(tuple((int(frame), int(rights)) for frame, rights in view) for view in value["shown"])
    return Answer(None if value["status"] is None else int(value["status"]), shown)


def perform_or_raise(order: Order) -> Ending:
    """A job that has to end by itself or by the target's fault."""
    ending = isolation.perform(order)
    if ending.how == "overdue":
        raise ToolError(f"the target was not done after {order.limits.wall:.0f} s")
    return ending
