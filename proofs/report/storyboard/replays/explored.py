"""The storyboard of a trace as operations with faults go: wrong states where a fault shows, the model beside them."""

from collections.abc import Collection

from model.spaces.dialect import dialect_named
from model.trace import Trace
from proofs.explorer.case import Case
from proofs.explorer.states.wrong_operations import faults_named
from proofs.report.storyboard.replays.build import storyboard_of
from proofs.report.storyboard.replays.run import ReplayedSteps, ReplayState, choose_steps, replayed, with_those_before
from proofs.report.storyboard.scenes.scene import Storyboard


def storyboard_with_faults(trace: Trace, faults: Collection[str]) -> Storyboard:
    """The storyboard of a trace whose operations have these faults.

    :raises ValueError: there is no such fault.
    :raises TooLargeError: the trace is too large to be replayed for a picture.
    """
    chosen = faults_named(faults)
    case = Case(trace.scope, dialect_named(trace.dialect), faults=chosen)
    steps = choose_steps(trace)
    wanted = with_those_before(steps)
    states = {number: ReplayState(*state) for number, state in enumerate(case.states(trace)) if number in wanted}
    drawn = "operations with the fault " + " and the fault ".join(fault.name for fault in chosen)
    title = f"{trace.shows}: {'; '.join(fault.sentence for fault in chosen)}"
    return storyboard_of(ReplayedSteps(trace, steps, states, model=replayed(trace, steps), drawn=drawn, title=title))
