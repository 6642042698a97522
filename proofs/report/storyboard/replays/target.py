"""A target beside the model: what its lookups answered after each step, and where that is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from model.spaces.dialect import Dialect
from model.spaces.literal import DONE, REFUSED
from model.trace import Trace
from proofs.report.storyboard.replays.run import ReplayedSteps, ReplayState, choose_steps, replayed
from proofs.report.storyboard.scenes.findings import of_views
from proofs.report.storyboard.scenes.scene import Anomaly
from proofs.report.storyboard.scenes.views import Answers, Block, Cached, Views

if TYPE_CHECKING:
    from model.ranges.scope import RangeScope
    from model.ranges.trace import RangeTrace
    from refinement.check import Failure, Limits, StepAnswer, Target
    from refinement.check.driver.program import Program

WHOSE = ("the target", "its page table")


def target_run(
    target: "Target",
    program: "Program",
    dialect: Dialect,
    failure: "Failure | None",
    *,
    limits: "Limits | None" = None,
    history: "Program | None" = None,
) -> ReplayedSteps:
    """A program on a target and on the model.

    :param program: up to the step that fails, if one does.
    :param failure: how the last step fails.
    :param history: steps that have to come before in the same process.
    :raises ValueError: a step is out of range, or a second init, so that there is no trace of it.
    :raises TooLargeError: it is too large to be replayed for a picture.
    :raises TargetError: the target does not have the interface.
    :raises ToolError: the tool failed.
    """
    from refinement.check import Limits, ask
    from refinement.check.driver.program import scope_at
    from refinement.check.finding.finding import operations_of

    said = failure.sentence if failure else f"{target} does as the model does"
    trace = Trace(dialect.name, scope_at(program, 0), operations_of(program), said)
    steps = choose_steps(trace)
    first = 0 if history is None else len(history)
    whole = program if history is None else np.concatenate([history, program])
    answers = ask(target, whole, [first + step for step in steps], dialect, limits=limits or Limits())
    states = replayed(trace, steps)
    views = {
        step - first: _views(target, states[step - first], answer) for step, answer in answers.items() if step >= first
    }
    told: dict[int, tuple[Anomaly, ...]] = {}
    if failure is not None:
        last = steps[-1]
        shown = last in views and any(of_views(states[last].spaces, states[last].status, views[last], trace.scope))
        # What cannot be seen once more is told as it was found.
        told = {} if shown else {last: (Anomaly("machine", failure.sentence),)}
    return ReplayedSteps(trace, steps, states, views, told=told)


def range_views(
    target: "Target", trace: "RangeTrace", failure: "Failure | None", *, limits: "Limits | None" = None
) -> dict[int, Views]:
    """What a target shows in each state of a trace of ranges, by its number; in the last one also how it broke down.

    :raises TargetError: the target does not have the interface.
    """
    from refinement.check import Limits, ask_ranges

    beside = Views(machine=str(target), name="the target")
    found = {}
    for number, answer in enumerate(ask_ranges(target, trace, limits=limits or Limits())):
        tables = tuple(
            Answers(whose, *zip(*shown, strict=True)) for whose, shown in zip(WHOSE, answer.tables, strict=False)
        )
        cached = tuple(
            Cached(core, slot, frame, rights, dirty=False)
            for core, shown in answer.buffers
            for slot, (frame, rights) in enumerate(shown)
            if frame >= 0
        )
        status = answer.status if answer.status in (DONE, REFUSED) else None
        blocks = tuple(_blocks(answer.orders, trace.scope))
        found[number] = replace(beside, status=status, answers=tables, cached=cached, mappings=blocks)
    last = len(trace.operations)
    if failure is not None and last not in found:
        found[last] = replace(beside, crashed=failure.sentence.removeprefix("the target "))
    return found


def _blocks(orders: Sequence[int], scope: "RangeScope") -> Iterator[Block]:
    """The mappings of many pages that a database tells of: each page of one is said to be in one of its order."""
    for slot, order in scope.ranges():
        if order and all(each == order for each in orders[slot : slot + (1 << order)]):
            yield slot, order


def _views(target: "Target", state: ReplayState, answer: "StepAnswer") -> Views:
    beside = Views(machine=str(target), name="the target")
    if answer.broke:
        return replace(beside, crashed=answer.broke.removeprefix("the target "))
    tables = tuple(Answers(whose, *zip(*shown, strict=True)) for whose, shown in zip(WHOSE, answer.shown, strict=False))
    known = answer.status in (DONE, REFUSED)
    return replace(beside, status=answer.status if known else state.status, answers=tables)
