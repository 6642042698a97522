"""A trace of ranges as it goes with the fault that it names: in the theory, in the kernel with ranges, or in C."""

from dataclasses import replace

import numpy as np

from model.near_names import near_names
from model.ranges.literal import Ranged
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, NIL, REFUSED, Spaces
from proofs.engines.search.theory_of_ranges import ExecutedRanges
from proofs.faults.hunts import sized
from proofs.faults.hunts.reference import BuildError, unavailable
from proofs.faults.hunts.sized_machine import BROKEN, plan_of
from proofs.faults.theory import RANGE_FAULTS
from proofs.obligation import Obligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.report.storyboard.replays.fault_trace import title_of
from proofs.report.storyboard.replays.range_machine import database_of, sized_views
from proofs.report.storyboard.replays.ranges import RangeRun, State, board_of, check_size, range_board_with_kernel
from proofs.report.storyboard.replays.target import range_views
from proofs.report.storyboard.scenes.findings import of_views
from proofs.report.storyboard.scenes.scene import Anomaly, Storyboard
from proofs.report.storyboard.scenes.tables_of import spaces_of
from proofs.report.storyboard.scenes.views import Views
from proofs.report.storyboard.scenes.witness import Witness
from refinement.check import replay_ranges
from refinement.faults.ranges import SIZED_FAULTS
from refinement.kernel.lockstep import Difference
from refinement.ranges.lockstep import RangeLockstep


def range_fault_board(trace: RangeTrace) -> Storyboard:
    """The storyboard of a trace of ranges with the fault that it names in every step; without one, beside the kernel.

    :raises ValueError: no fault is called so, or its example in C cannot be compiled here.
    :raises TooLargeError: it has too many steps, or slots, for a picture.
    """
    check_size(trace)
    if not trace.fault:
        return range_board_with_kernel(trace)
    refuse_unknown(trace.fault)
    if trace.fault in RANGE_FAULTS:
        run = _theory_run(trace)
    elif trace.fault in SIZED_FAULTS:
        run = _kernel_run(trace)
    else:
        run = _example_run(trace)
    return board_of(replace(run, title=title_of(trace.fault)))


def refuse_unknown(fault: str) -> None:
    """The fault is one that a trace of ranges can name.

    :raises ValueError: none is called so.
    """
    known = (*RANGE_FAULTS, *SIZED_FAULTS, *sized.names())
    if fault not in known:
        raise ValueError(f"no fault of ranges is called {fault!r}{near_names(fault, known)}")


def _theory_run(trace: RangeTrace) -> RangeRun:
    """The theory with the fault in it, beside the literal model."""
    fault, scope, model = RANGE_FAULTS[trace.fault], trace.scope, list(trace.states())
    executed = ExecutedRanges(scope, actions=fault.actions())
    state, states = executed.first, list[State](model[:1])
    told: dict[int, tuple[Anomaly, ...]] = {}
    for number, operation in enumerate(trace.operations, 1):
        steps = executed.step(state, operation)
        if not steps.calls:
            states.append((operation, REFUSED, states[-1][2]))
            continue
        spaces, odd = spaces_of(steps.structure, scope)
        states.append((operation, DONE, _ranged(spaces)))
        told[number], state = tuple(odd), steps.after
        obligation = of_ranges().get(trace.obligation) if number == len(trace.operations) else None
        if isinstance(obligation, Obligation):
            told[number] += (Witness(obligation).finding_in(steps.structure, scope, CANONICAL),)
    return RangeRun(trace, states, model, drawn=f"the theory with the fault {trace.fault}", told=told)


def _ranged(spaces: Spaces) -> Ranged:
    return Ranged(*spaces, np.full(len(spaces.sigma), NIL, np.int64))


def _kernel_run(trace: RangeTrace) -> RangeRun:
    """The kernel with the fault on the machine on which it was found, in lockstep with the model."""
    kernel, model = SIZED_FAULTS[trace.fault].kernel, list(trace.states())
    states, views, told = list[State](), dict[int, Views](), dict[int, list[Anomaly]]()
    plan = plan_of(trace.scope, kernel, trace.operations)
    machine = f"{plan.format.name}, {trace.scope.spaces + 1} cores: core n in space n, the last one in all"
    both: RangeLockstep | None = None
    for number, (operation, status, state) in enumerate(model):
        differences: list[Difference] = []
        try:
            if both is None:
                both = plan.boot(kernel)
            if operation is not None:
                differences = both.do_range(operation)
            views[number] = sized_views(both.kernel, both.status, machine)
            shown = database_of(both.kernel)
            states.append((operation, both.status, state if shown is None else _ranged(shown)))
        except BROKEN as error:
            views[number] = Views(machine, "the kernel", crashed=f"broke down: {type(error).__name__}: {error}")
            states.append((operation, status, states[-1][2] if states else state))
        wrong = of_views(Spaces(*state[:3]), status, views[number], trace.scope)
        seen = {slot for each in wrong for slot in each.slots}
        told[number] = [_in_words(each) for each in differences if not _is_shown(each, seen)]
        if views[number].crashed:
            break
    whole = model[: len(states)]
    return RangeRun(trace, states, whole, views, f"the kernel with the fault {trace.fault}", told)


def _is_shown(each: Difference, seen: set[int]) -> bool:
    """Whether the views tell of it: of the database, the status, and what cores reach in slots that are seen wrong."""
    return each.check in ("database", "status") or (each.check == "reach" and seen.issuperset(each.slots))


def _in_words(each: Difference) -> Anomaly:
    words = {"tree": "the mapping tree: ", "tables": "the page tables: "}
    return Anomaly("machine", f"{words.get(each.check, '')}{each.message}", each.slots)


def _example_run(trace: RangeTrace) -> RangeRun:
    """The database in C with the defect, compiled and asked after each step, beside the model."""
    if why := unavailable():
        raise ValueError(why)
    named = f"sized.c with {trace.fault.removeprefix(sized.PREFIX)}"
    try:
        with sized.built(trace.fault) as target:
            failure = replay_ranges(target, trace).failure
            found = range_views(target, trace, failure)
    except BuildError as error:
        raise ValueError(f"{named}: {error}") from None
    views = {step: replace(each, machine=named) for step, each in found.items()}
    last = len(trace.operations)
    run = RangeRun(trace, list(trace.states()), views=views)
    if failure is not None and not any(each.findings for each in board_of(run).scenes):
        return replace(run, told={last: (Anomaly("machine", failure.sentence),)})  # what cannot be seen is told
    return run
