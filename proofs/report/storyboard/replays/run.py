"""A run: a trace on the model, and beside it or in its place a kernel, a theory with a fault, a target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.scope import Scope
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, Spaces
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard.scenes import findings
from proofs.report.storyboard.scenes.scene import Anomaly
from proofs.report.storyboard.scenes.selection import steps_shown
from proofs.report.storyboard.scenes.views import Views

LITERAL = 1 << 21
"""Steps times slots of the largest trace that is replayed on the literal model; beyond, the one with an index runs."""

LARGEST = 1 << 17
"""Steps, or slots, of the largest trace that there is a picture of."""


class TooLargeError(ValueError):
    """Raised where a trace is too large for a picture."""


@dataclass(frozen=True, slots=True)
class ReplayState:
    """A state of a replay, the operation that led to it, and how the operation ended."""

    operation: Operation | None
    status: int
    spaces: Spaces


@dataclass(frozen=True, slots=True)
class ReplayedSteps:
    """A trace as it went, in the steps that are to be shown.

    :param steps: their numbers; 0 is the initial state.
    :param states: of what is drawn, by the number of the step; those before the steps shown are among them.
    :param views: what there was beside it.
    :param model: the states of the model, if something else is drawn.
    :param drawn: what is drawn, in words, if not the model.
    :param told: what was found wrong in a step by the run itself, besides what the states and views show.
    :param title: what the picture shows, in a line.
    :param aside: says why no views are shown, where a reader would expect them.
    """

    trace: Trace
    steps: tuple[int, ...]
    states: Mapping[int, ReplayState]
    views: Mapping[int, Views] = field(default_factory=dict)
    model: Mapping[int, ReplayState] = field(default_factory=dict)
    drawn: str = ""
    told: Mapping[int, tuple[Anomaly, ...]] = field(default_factory=dict)
    title: str = ""
    aside: str = ""


def choose_steps(trace: Trace) -> tuple[int, ...]:
    """Choose the steps to show: all, or of a long trace those that tell most, and those where something goes wrong.

    :raises TooLargeError: the trace is too long, in too large a scope, to be replayed for a picture.
    """
    if max(len(trace.operations), trace.scope.slots) > LARGEST:
        raise TooLargeError(f"no picture of {len(trace.operations):,} steps in {trace.scope.slots:,} slots: too large")
    all_of_them = steps_shown(trace.operations)
    if len(all_of_them) == len(trace.operations) + 1 or not _is_small(trace):
        return all_of_them
    return steps_shown(trace.operations, _mistakes(trace))


def _mistakes(trace: Trace) -> list[int]:
    """The steps at which something begins to be wrong in the model."""
    known: set[str] = set()
    found = []
    for number, (_, _, state) in enumerate(trace.states()):
        texts = {finding.text for finding in findings.of_state(state, trace.scope)}
        if texts - known:
            found.append(number)
        known |= texts
    return found


def _is_small(trace: Trace) -> bool:
    return len(trace.operations) * trace.scope.slots <= LITERAL


def replayed(trace: Trace, steps: Sequence[int]) -> dict[int, ReplayState]:
    """The model's states at those steps and before them."""
    wanted = with_those_before(steps)
    if not _is_small(trace):
        return dict(_states_of_large(trace, sorted(wanted)))
    return {number: ReplayState(*state) for number, state in enumerate(trace.states()) if number in wanted}


def _states_of_large(trace: Trace, wanted: Sequence[int]) -> Iterator[tuple[int, ReplayState]]:
    """The same, by the model that has an index, compiled."""
    from refinement.check.driver import indexed

    slots, readings = trace.scope.slots, trace.resolved_dialect().readings
    rows = np.array([(o.kind, o.src, o.dst, o.rights) for o in trace.operations], np.int64)
    state = indexed.allocate(slots)
    indexed.reset(state, slots, trace.scope.frames)
    done = 0
    for number in wanted:
        status = int(indexed.follow(state, rows, done, number, readings))
        operation = trace.operations[number - 1] if number else None
        yield number, ReplayState(operation, status, indexed.spaces_of(state, slots))
        done = number


def with_those_before(steps: Sequence[int]) -> frozenset[int]:
    """The steps, and the step before each: both are needed to see what a step did."""
    return frozenset({*steps, *(step - 1 for step in steps if step)})


def wrong_in_step(run: ReplayedSteps, number: int, readings: Readings) -> list[Anomaly]:
    """Find all that is wrong after a step, in words."""
    scope: Scope = run.trace.scope
    state = run.states[number]
    found = list(findings.of_state(state.spaces, scope))
    if state.operation is not None and state.status == DONE:
        before = run.states[number - 1].spaces
        found += findings.of_step(before, state.operation, state.spaces, scope, readings)
    told = {slot for finding in found for slot in finding.slots} if run.drawn else set()
    model = run.model.get(number, state)
    if number in run.views:
        beside = findings.of_views(model.spaces, model.status, run.views[number], scope)
    else:
        beside = findings.from_model(state.spaces, model.spaces, scope)
    # What is drawn is told already where it is wrong by itself.
    found += [each for each in beside if each.kind not in ("the database", "differs") or not told & set(each.slots)]
    return [*found, *run.told.get(number, ())]
