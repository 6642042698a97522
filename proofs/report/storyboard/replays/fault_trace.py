"""A fault's trace as it goes with the fault: on the theory with the wrong action, on the broken kernel, or in C."""

from dataclasses import replace

from model.messages.trace import MessageTrace
from model.ranges.trace import RangeTrace
from model.scope import Scope
from model.spaces.literal import DONE, REFUSED, Spaces, initial
from model.trace import Trace
from proofs.engines.search.theory_search import replay_theory
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.faults.hunts import reference
from proofs.faults.hunts.state_machine import BENCHES, WalkPlan, failing
from proofs.faults.record import Engine, HuntResult
from proofs.faults.theory import RANGE_FAULTS, THEORY_FAULTS
from proofs.obligation import Obligation
from proofs.registry import registry
from proofs.report.storyboard.replays.machine import views_of
from proofs.report.storyboard.replays.run import ReplayedSteps, ReplayState, choose_steps, replayed, with_those_before
from proofs.report.storyboard.replays.target import target_run
from proofs.report.storyboard.scenes import scene
from proofs.report.storyboard.scenes.tables_of import spaces_of
from proofs.report.storyboard.scenes.views import Views
from proofs.report.storyboard.scenes.witness import Witness
from refinement.check import Conformance, Failure, program_of
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.faults.ranges import SIZED_FAULTS
from refinement.faults.tables_and_tags import KERNEL_FAULTS
from refinement.kernel import tree_check
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import Difference
from refinement.kernel.mapping_tree import abstraction


def run_of(found: HuntResult, name: str) -> ReplayedSteps:
    """The run of a trace with the fault in it, by which an engine found that fault.

    :param name: what the fault was asked for by: a mechanism, or one of its changes.
    :raises ValueError: the engine found no trace of address spaces.
    """
    if found.trace is None or isinstance(found.trace, MessageTrace | RangeTrace):
        raise ValueError(f"no trace shows {name}")
    title = title_of(name)
    if found.engine == Engine.CHECK:
        with reference.built(found.change) as target:
            failure = Failure(Conformance(found.fell[0]), found.said)
            run = target_run(target, program_of(found.trace), found.trace.resolved_dialect(), failure)
        named = {step: replace(views, machine=f"mapdb.c with {found.change}") for step, views in run.views.items()}
        return replace(run, title=title, views=named)
    run = _theory_run(found, found.trace) if found.engine == Engine.EXPLORATION else _kernel_run(found, found.trace)
    return replace(run, title=title)


def title_of(name: str) -> str:
    """The title of a picture of a fault."""
    return f"Fault {name}: {sentence_of(name)}"


def sentence_of(name: str) -> str:
    """Say how a fault goes wrong, by the name of its mechanism or of its change in one of the layers."""
    if name in CATALOGUE:
        return CATALOGUE[name].mechanism
    for theories in (THEORY_FAULTS, RANGE_FAULTS):
        if name in theories:
            return theories[name].mechanism
    for kernels in (KERNEL_FAULTS, MESSAGE_FAULTS, SIZED_FAULTS):
        if name in kernels:
            return kernels[name].sentence.removesuffix(".")
    return next(each.mechanism for each in CATALOGUE.values() if name in each.reference or name in each.sized)


def _theory_run(found: HuntResult, trace: Trace) -> ReplayedSteps:
    fault, dialect, scope = THEORY_FAULTS[found.change], trace.resolved_dialect(), trace.scope
    steps = choose_steps(trace)
    states = {0: ReplayState(None, DONE, initial(scope))}
    told: dict[int, tuple[scene.Anomaly, ...]] = {}
    replay = replay_theory(dialect, fault.theory(), scope, trace.operations)
    for number, (possible, structure) in enumerate(replay, start=1):
        state, odd = spaces_of(structure, scope)
        states[number] = ReplayState(trace.operations[number - 1], DONE if possible else REFUSED, state)
        told[number] = tuple(odd)
        if number == len(trace.operations):
            obligation = registry()[found.fell[0]]
            assert isinstance(obligation, Obligation)
            told[number] += (Witness(obligation).finding_in(structure, scope, dialect),)
    drawn = f"the theory with the fault {found.change}"
    return ReplayedSteps(trace, steps, states, model=replayed(trace, steps), drawn=drawn, told=told)


def _kernel_run(found: HuntResult, trace: Trace) -> ReplayedSteps:
    """The kernel with the fault on the machine on which it was found, in lockstep with the model."""
    kernel = KERNEL_FAULTS[found.change].kernel
    bench = _bench_of(kernel, trace)
    steps = choose_steps(trace)
    wanted, lockstep = with_those_before(steps), bench.boot(kernel)
    roams = len(lockstep.kernel.cores) - 1
    machine = f"{lockstep.kernel.format.name}, {len(lockstep.kernel.cores)} cores: the last one goes through all spaces"
    machine += ", core n of the others is in space n" if len(lockstep.kernel.cores) > 1 else ""
    states, model = {}, {}
    views: dict[int, Views] = {}
    told: dict[int, tuple[scene.Anomaly, ...]] = {}
    for number, operation in enumerate((None, *trace.operations)):
        differences: list[Difference] = []
        try:
            if operation is not None and bench.chain and number < len(trace.operations):
                lockstep.skip(operation)
            elif operation is not None:
                differences = lockstep.do(operation)
            if number in steps:
                views[number] = replace(views_of(lockstep.kernel, lockstep.status), machine=machine)
        except (LookupError, ValueError) as error:
            views |= {number: Views(machine, crashed=f"broke down: {type(error).__name__}: {error}")}
        model[number] = ReplayState(operation, lockstep.expected, Spaces(*(column.copy() for column in lockstep.model)))
        if number in wanted:
            states[number] = _database(lockstep.kernel, model[number], lockstep.status)
        told[number] = tuple(_in_words(each) for each in differences if not _is_shown(each, trace.scope, roams))
    model = {number: state for number, state in model.items() if number in wanted}
    drawn = f"the kernel with the fault {found.change}"
    return ReplayedSteps(trace, steps, states, views, model, drawn, told)


def _bench_of(kernel: type[Kernel], trace: Trace) -> WalkPlan:
    """The machine on which the trace fails."""
    fitting = [bench for bench in BENCHES if bench.scope == trace.scope]
    return next((bench for bench in fitting if failing(bench, kernel, trace.operations)[1]), fitting[0])


def _database(kernel: Kernel, model: ReplayState, status: int) -> ReplayState:
    """What the kernel's mapping database says; what the model says if it cannot be read."""
    if any(broken.invariant == tree_check.RANGE for broken in tree_check.check(kernel.tree)):
        return model
    return ReplayState(model.operation, status, abstraction(kernel.tree))


def _is_shown(difference: Difference, scope: Scope, roams: int) -> bool:
    """Whether the views tell of it: of the database, the status, and the cores where they are, the last in the last
    space.

    :param roams: the number of the core that goes through all spaces.
    """
    if difference.check != "reach" or difference.too_little:
        return difference.check in ("database", "status")
    return difference.core != roams or all(scope.space(slot) == scope.spaces - 1 for slot in difference.slots)


def _in_words(difference: Difference) -> scene.Anomaly:
    words = {"tree": "the mapping tree: ", "tables": "the page tables: "}
    return scene.Anomaly("machine", f"{words.get(difference.check, '')}{difference.message}", difference.slots)
