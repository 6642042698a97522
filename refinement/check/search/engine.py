"""Check a target against a dialect, and replay a trace on it. Both return a value and print nothing."""

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.scope import Scope
from model.spaces.dialect import CANONICAL, Dialect
from refinement.check.driver import masking
from refinement.check.driver.answers import Asking
from refinement.check.driver.bench import Probe, Programs
from refinement.check.driver.program import Program
from refinement.check.driver.sequences import init_row
from refinement.check.driver.steps import step_text
from refinement.check.finding.finding import INTERRUPTED, NOT_RUN_AGAIN, Conformance, Failure, Finding, failure_of
from refinement.check.finding.message_finding import MessageFinding
from refinement.check.finding.report import REPLAY_VERSION, CheckReport, is_reached, situations_named
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.search.campaign import run
from refinement.check.search.context import SearchContext
from refinement.check.search.hardware import LOADING, dialect_on, on_hardware, remarks_on, unsound
from refinement.check.search.leak import leak_of
from refinement.check.search.messages.engine import NOT_OFFERED, NOT_REACHED, SHARE, Conversation, conversation
from refinement.check.search.plan import FEWEST, name_of
from refinement.check.search.shrink import confirmed, shrink
from refinement.check.search.spent import Spent
from refinement.check.search.trial import Trial
from refinement.check.target.calls import Call
from refinement.check.target.options import Option
from refinement.check.target.target import Target
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

SMALL_STACK = 64 << 10


def check(
    target: Target,
    dialect: Dialect = CANONICAL,
    *,
    messages: MessageDialect = CANONICAL_MESSAGES,
    seconds: float = 30.0,
    seed: int | None = None,
    jobs: int = 1,
    limits: Limits = DEFAULT_LIMITS,
    shrinking: float = 20.0,
    small_stack: int = SMALL_STACK,
    required: tuple[str, ...] = (),
    known: Sequence[str] | None = None,
    executor: Executor | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> CheckReport:
    """Whether a target agrees with the model under a dialect, as far as it was searched.

    :param messages: the dialect of threads and messages, if the target offers them.
    :param seconds: for the search, without compiling the driver.
    :param seed: of the random programs; drawn if not given.
    :param jobs: how many processes run the target at a time.
    :param shrinking: seconds to look for a shortest trace, besides.
    :param small_stack: bytes of stack on which some of the limits are run, if the target is a library; 0: none are.
    :param required: names of phases that must have been gone through whole.
    :param known: causes of differences in single pages that are passed over, with what lies behind them; the report
        says which were met, and the cause of what was found. None: what is found needs no cause.
    :param executor: where jobs run; by default in threads here, each with processes of its own.
    :param tell: called with a line for each piece of the search.
    :returns: what was found; after an interrupt what was known by then.
    :raises TargetError: the target does not have the interface.
    """
    begun, spent = time.monotonic(), Spent(seconds)
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    views: tuple[str, ...] = ()
    finding: Finding | MessageFinding | None = None
    talk: Conversation | None = None
    interrupted = False
    small_stack = small_stack if target.kind == "library" else 0
    with ThreadPoolExecutor(jobs) if executor is None else nullcontext(executor) as pool:
        search = SearchContext(target, dialect, limits, seconds, seed, pool, jobs, small_stack, tell)
        search.known = None if known is None else tuple(masking.numbers(known))
        try:
            # One for each job, so that it is known wherever it runs.
            probes = [pool.submit(isolation.perform, Order(target, Probe(), limits)) for _ in range(jobs)]
            endings = [future.result() for future in probes]
            failure = failure_of(endings[0], limits)
            on = dialect if failure is not None else on_hardware(dialect, endings[0].value)
            if failure is not None:
                finding = Finding(failure, init_row(Scope(1, 1, 1)), dialect.name, LOADING, "it does not load")
                finding = confirmed(Trial(target, dialect.readings, limits, search.perform), finding)
            elif isinstance(on, Failure):
                finding = unsound(on, dialect)
            else:
                spent.note("loading")
                search.dialect = dialect = on
                search.remarks.sentences += remarks_on(dialect, Option(endings[0].value["options"]))
                has = endings[0].value["has"]
                views = ("lookup", "lookup_hw") if has[Call.LOOKUP_HW] else ("lookup",)
                talk = conversation(messages, endings[0].value["messages"])
                of_talk = SHARE * seconds if talk.offers else 0.0
                search.seconds = seconds - of_talk
                finding = found = run(search)
                spent.note("searching", compiling=search.stood)
                if found is not None and found.shortest == "":
                    tell(f"found: {found.failure.sentence}; looking for a shortest trace, {shrinking:.0f} s at most")
                    bounds = replace(limits, stack=found.stack, wall=min(limits.wall, shrinking + limits.hang))
                    finding = shrink(Trial(target, dialect.readings, bounds, search.perform), found, shrinking)
                    search.cause = cause_of(search, finding)
                    spent.note("looking for a shortest trace")
                if not talk.offers:
                    search.remarks.append(NOT_OFFERED)
                elif finding is not None:
                    search.remarks.append(NOT_REACHED)
                else:
                    finding = said = talk.search(search, of_talk)
                    if said is not None:
                        finding = talk.shrunk(search, said, shrinking)
                    spent.note("searching with threads")
        except KeyboardInterrupt:
            interrupted = True
            search.remarks.append(INTERRUPTED)
            pool.shutdown(wait=False, cancel_futures=True)
            isolation.stop_all()
    if spent.too_much():
        search.remarks.append(spent.sentence())
    if finding is not None and finding.shortest == "":
        finding = replace(finding, shortest=NOT_RUN_AGAIN, reproducible=False)
    return CheckReport(
        target=str(target),
        dialect=dialect,
        verdict=Conformance.UNDECIDED if interrupted and finding is None else _verdict(search, finding, required, talk),
        finding=finding,
        phases=tuple(search.phases),
        seed=seed,
        seconds=time.monotonic() - begun,
        views=views,
        situations=situations_named([int(count) for count in search.situations]),
        remarks=search.remarks.lines(),
        interrupted=interrupted,
        required=required,
        stack=small_stack,
        messages=None if talk is None else talk.report(),
        known=search.masked,
        cause=search.cause if isinstance(finding, Finding) else "",
    )


def cause_of(search: SearchContext, found: Finding) -> str:
    """The cause of what was found, by its last step; empty where causes are not asked for, or it has none."""
    if search.known is None or found.repeated:
        return ""
    ending = search.perform(Order(search.target, Programs(search.dialect.readings, (found.program,)), search.limits))
    return str(ending.value.get("cause", ""))


def _verdict(
    search: SearchContext,
    finding: Finding | MessageFinding | None,
    required: tuple[str, ...],
    talk: Conversation | None,
) -> Conformance:
    """Conforming takes all of the first sequences, what was required, and random programs besides; so for threads."""
    if finding is not None:
        return finding.failure.verdict
    first = [phase for phase in search.phases if phase.name == name_of(FEWEST)]
    if not any(phase.operations for phase in search.phases):
        return Conformance.UNDECIDED
    walked = any(phase.name == "random" and phase.operations for phase in search.phases)
    talked = talk is None or talk.is_enough
    if not (first and all(phase.complete for phase in first) and walked and talked):
        return Conformance.SAMPLED
    missing = [name for name in required if not is_reached(name, search.phases)]
    return Conformance.UNDECIDED if missing else Conformance.CONFORMS


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """One program again: how it failed and in which step, or neither."""

    target: str
    dialect: Dialect
    program: Program
    failure: Failure | None
    step: int

    @property
    def verdict(self) -> Conformance | None:
        """How it failed; None if it agreed; of a program that asks nothing nothing is known."""
        if self.failure is not None:
            return self.failure.verdict
        return None if len(self.program) > 1 else Conformance.UNDECIDED

    @property
    def exit_status(self) -> int:
        """0 if the target agreed with the model all the way, 3 if it was asked nothing, 1 otherwise."""
        return {None: EXIT_PASSED, Conformance.UNDECIDED: EXIT_INCOMPLETE}.get(self.verdict, EXIT_FAILED)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_replay": REPLAY_VERSION,
            "target": self.target,
            "dialect": self.dialect.name,
            "messages": None,
            "verdict": "agrees" if self.verdict is None else self.verdict.value,
            "sentence": "" if self.failure is None else self.failure.sentence,
            "step": self.step,
            "steps": [step_text(row) for row in self.program],
        }


def replay(
    target: Target,
    program: Program,
    dialect: Dialect = CANONICAL,
    *,
    limits: Limits = DEFAULT_LIMITS,
    repeated: int = 0,
) -> ReplayReport:
    """Run a program on a target, comparing after each step, and once more where it looks and at its end.

    :param repeated: so many of the last steps are a round, which is done many times to see whether memory grows.
    :raises TargetError: the target does not have the interface.
    :raises ToolError: it was not done in time.
    """
    ending = isolation.perform(Order(target, Probe(), limits))
    on = on_hardware(dialect, ending.value) if ending.how == "answered" else dialect
    if isinstance(on, Failure):
        return ReplayReport(str(target), dialect, program, on, 0)
    dialect = on
    if repeated:
        failure = leak_of(perform_or_raise, target, dialect.readings, program, repeated, limits)
        return ReplayReport(str(target), dialect, program, failure, len(program) - (failure is not None))
    found = Trial(target, dialect.readings, limits, perform_or_raise).either(program)
    if found is None:
        return ReplayReport(str(target), dialect, program, None, len(program))
    return ReplayReport(str(target), dialect, program, found[2], len(found[1]) - 1)


@dataclass(frozen=True, slots=True)
class StepAnswer:
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
) -> dict[int, StepAnswer]:
    """What a target answers after these steps of a program, which are numbered as its rows are.

    A target that dies or hangs is run once more up to the step before, so that what came before is known.

    :raises TargetError: the target does not have the interface.
    :raises ToolError: the tool failed.
    """
    dialect = dialect_on(target, dialect, limits=limits)
    ending = perform_or_raise(Order(target, Asking(dialect.readings, program, tuple(steps)), limits))
    failure = failure_of(ending, limits)
    if failure is None:
        return {int(step): _answer(value) for step, value in ending.value["answers"].items()}
    last = max(ending.step, 0)
    before = [step for step in steps if step < last]
    known = ask(target, program[:last], before, dialect, limits=limits) if before else {}
    return {**known, last: StepAnswer(broke=failure.sentence)}


def _answer(value: Any) -> StepAnswer:
    shown = tuple(tuple((int(frame), int(rights)) for frame, rights in view) for view in value["shown"])
    return StepAnswer(None if value["status"] is None else int(value["status"]), shown)


def perform_or_raise(order: Order) -> Ending:
    """A job that has to end by itself or by the target's fault."""
    ending = isolation.perform(order)
    if ending.how == "overdue":
        raise ToolError(f"the target was not done after {order.limits.wall:.0f} s")
    return ending
