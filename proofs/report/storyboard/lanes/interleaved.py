"""From a schedule of interleaved calls to its storyboard: who holds which lock, what each buffer remembers."""

from collections.abc import Iterator

from model.scope import Scope
from proofs.explorer.interleaved.execution import Execution
from proofs.explorer.interleaved.judging import judged
from proofs.explorer.interleaved.search import Found
from proofs.faults.interleaved import INTERLEAVED_FAULTS
from proofs.report.storyboard.lanes.lanes import LaneBoard, LaneState, LaneStep
from refinement.cores.locking import Call
from refinement.cores.stepping import DRAIN, INVALIDATE, LOCK, TRY, UNLOCK, WRITE, Access

QUIET_COLUMNS = ("parent", "first_child", "next_sibling", "prev_sibling")


def interleaved_board(fault: str, found: Found) -> LaneBoard:
    """The storyboard of the wrong schedule that shows a fault; accesses that tell little are counted, not shown."""
    about = INTERLEAVED_FAULTS[fault]
    program = about.program()
    execution = Execution(program)
    scope = execution.kernel.scope
    steps = [LaneStep(0, 0, "at first", tuple(_lanes(execution, scope, -1)))]
    quiet = 0
    for number, (agent, access) in enumerate(found.schedule, 1):
        execution.step(agent)
        last = number == len(found.schedule)
        if not last and not _is_told(access):
            quiet += 1
            continue
        core = agent % execution.cores
        before = f" (after {quiet} other accesses)" if quiet else ""
        goes_on = not execution.failure and bool(execution.enabled())
        wrong = (found.wrong if goes_on else judged(execution),) if last else ()
        guilty = core if last else -1
        title = _words(access, scope) + before
        steps.append(LaneStep(number, core + 1, title, tuple(_lanes(execution, scope, guilty)), wrong))
        quiet = 0
    calls = "; ".join(
        f"core {core}: {', '.join(_call(call, scope) for call in calls)}" for core, calls in enumerate(program.calls)
    )
    said = (f"The fault {fault}: {about.mechanism}.", f"At once: {calls}.", f"Locking: {program.locking.sentence}.")
    names = ("memory", *(f"core {core}" for core in range(execution.cores)))
    return LaneBoard(f"{fault}: {found.wrong}", said, names, tuple(steps))


def _is_told(access: Access) -> bool:
    """Whether others see the step at once: locks, entries, buffers, which node a slot has."""
    if access.kind in (WRITE, DRAIN):
        return access.place[0] not in QUIET_COLUMNS
    return access.kind in (LOCK, TRY, UNLOCK, INVALIDATE)


def _words(access: Access, scope: Scope) -> str:
    """A step in words, slots by their names."""
    kind, place, _ = access
    if kind == INVALIDATE:
        return f"core {place[1]} forgets {scope.name(place[3])}"
    if kind in (WRITE, DRAIN) and place[0] in ("entry", "node_of"):
        what = "the entry of" if place[0] == "entry" else "the node of"
        return f"{'writes' if kind == WRITE else 'drains'} {what} {scope.name(place[1])}"
    return str(access)


def _call(call: Call, scope: Scope) -> str:
    target = f" → {scope.name(call.dst)}" if call.dst >= 0 else ""
    return f"{call.kind} {scope.name(call.src)}{target}"


def _lanes(execution: Execution, scope: Scope, guilty: int) -> Iterator[LaneState]:
    """Memory first, then each core."""
    kernel = execution.kernel
    memory = []
    for slot in range(scope.slots):
        node, entry = kernel.tree.node_of[slot], kernel.shared.entries.values[slot]
        if node >= 0 or entry is not None:
            database = f"frame {kernel.tree.frame[node]}" if node >= 0 else "nothing"
            shown = f"frame {entry.frame}" if entry is not None else "nothing"
            memory.append(f"{scope.name(slot)}: database {database}, entry {shown}")
    yield LaneState(tuple(memory))
    for core in range(execution.cores):
        held = [lock for lock, owner in execution.owner.items() if owner == core]
        words = [f"holds the lock {' '.join(map(str, lock))}" for lock in held]
        pending = execution.pending[core]
        if pending is not None and pending.kind == LOCK and pending.place in execution.owner:
            words.append(f"waits for the lock {' '.join(map(str, pending.place))}")
        waiting = kernel.shared.waiting[core]
        words += [f"{len(waiting)} writes wait in its store buffer"] if waiting else []
        for slot, entries in enumerate(kernel.shared.remembered[core]):
            frames = ", ".join(f"frame {entry.frame}" for entry in sorted(entries))
            words += [f"may remember {scope.name(slot)}: {frames}"] if entries else []
        yield LaneState(tuple(words), wrong=core == guilty)
