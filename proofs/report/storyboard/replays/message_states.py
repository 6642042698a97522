"""The states of a trace of threads and messages: the literal model's, with a wrong last step, or a broken kernel's."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from machine import SV39, tlb
from model.messages import tables
from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES
from model.messages.theories import MESSAGES
from model.messages.trace import MessageTrace
from model.running.evaluate import Structure
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, REFUSED
from proofs.explorer.messages.wrong import rows_with
from proofs.faults.theory import MESSAGE_FAULTS
from proofs.report.storyboard.scenes.scene import Anomaly
from proofs.searches.message_search import LastStep
from refinement.faults.messages import MESSAGE_FAULTS as KERNELS
from refinement.kernel import tree_check
from refinement.kernel.lockstep import Difference
from refinement.kernel.mapping_tree import abstraction as spaces_of
from refinement.messages.abstraction import shown
from refinement.messages.lockstep import MessageLockstep, boot


@dataclass(frozen=True, slots=True)
class MessageState:
    """A state of a replay, the operation that led to it, how the operation ended, and the step, if there is one.

    :param told: what is wrong in it beside what the state itself shows.
    """

    operation: Operation | None
    status: int
    structure: Structure
    step: Structure | None = None
    told: tuple[Anomaly, ...] = ()


class FaultError(ValueError):
    """Raised where a trace names a fault that cannot be done as the trace says."""


def replayed_messages(trace: MessageTrace, kernel_faults: Collection[str] = ()) -> list[MessageState]:
    """The states of a trace; its last step is done with the fault that the trace names, all others rightly.

    If the fault is one of :mod:`refinement.faults.messages`, that kernel does every step, on its machine.

    :param kernel_faults: faults of :mod:`proofs.explorer.messages.wrong` that every step has.
    :raises FaultError: there is no such fault, or it is of another action than the last operation's.
    """
    if trace.fault in KERNELS:
        return _of_kernel(trace)
    fault = MESSAGE_FAULTS.get(trace.fault)
    if trace.fault and (fault is None or fault.refuses or trace.messages != CANONICAL_MESSAGES.name):
        raise FaultError(f"no fault of the messages {trace.messages} that takes steps is called {trace.fault!r}")
    states: list[MessageState] = []
    last = len(trace.operations)
    if fault is not None and not last:
        raise FaultError(f"the fault {trace.fault} is one of the last step, and there is none")
    rows = rows_with(trace, kernel_faults) if kernel_faults else trace.rows()
    for number, (operation, status, row) in enumerate(rows):
        if fault is not None and number == last:
            assert operation is not None
            if Kind(operation.kind).name.lower() != fault.action:
                raise FaultError(f"the fault {trace.fault} is one of {fault.action}, and the last operation is another")
            wrong = LastStep(fault.theory(), trace.of_spaces(), fault.action, fault.actions())
            states.append(_with_fault(wrong, operation, states[-1].structure))
            continue
        structure = structure_of([row], trace.scope)
        step = None
        if operation is not None and status == DONE:
            before = called_with(states[-1].structure, [operation])
            step = before.with_symbols(**{name + AFTER: structure.symbols[name] for name in MESSAGES.state})
        states.append(MessageState(operation, status, structure, step))
    return states


def _with_fault(wrong: LastStep, operation: Operation, before: Structure) -> MessageState:
    for _, step in wrong.taken(before, [operation]):
        later = {name: step.symbols[name + AFTER] for name in MESSAGES.state}
        return MessageState(operation, DONE, before.with_symbols(**later), step)
    return MessageState(operation, REFUSED, before)


def _of_kernel(trace: MessageTrace) -> list[MessageState]:
    """What the blocks, pages and frames of a broken kernel stand for after each operation, and where it went wrong."""
    if trace.messages != CANONICAL_MESSAGES.name or trace.dialect != CANONICAL.name:
        raise FaultError(f"the kernel with the fault {trace.fault} is of the canonical dialects")
    try:
        booted = boot(trace.scope, format=SV39, buffer=tlb.riscv_asid, kernel=KERNELS[trace.fault].kernel)
        both = MessageLockstep(booted)
    except ValueError as error:
        raise FaultError(f"the kernel with the fault {trace.fault} cannot have this scope: {error}") from None
    return list(_kernel_states(trace, both))


def _kernel_states(trace: MessageTrace, both: MessageLockstep) -> Iterator[MessageState]:
    for operation in (None, *trace.operations):
        try:
            differences = both.do(operation) if operation is not None else list(both.compare())
        except (LookupError, ValueError) as error:
            told = Anomaly("machine", f"the kernel breaks down: {type(error).__name__}: {error}")
            yield MessageState(operation, REFUSED, structure_of([both.row], trace.scope), told=(told,))
            return
        told_all = tuple(_in_words(each) for each in differences)
        yield MessageState(operation, both.status, structure_of([_row_of(both)], trace.scope), told=told_all)


def _in_words(difference: Difference) -> Anomaly:
    return Anomaly("machine", f"{difference.check}: {difference.message}", difference.slots)


def _row_of(both: MessageLockstep) -> tables.Table:
    """The kernel's state as a row of the model's; what no kernel keeps, and what has no such form, is the model's."""
    row, blocks = both.row.copy(), shown(both.kernel)
    state = tables.view(row, both.board)
    runs = blocks["life"] == tables.RUNS
    state.life[:] = np.where(runs, tables.RUNS, np.where(state.life == tables.RUNS, tables.ENDED, state.life))
    state.space[:] = np.where(runs, blocks["space"], state.space)
    for name in ("awaits", "window", "sender", "message", "pager", "server", "born"):
        getattr(state, name)[:] = blocks[name]
    state.known[:] = both.programs.known
    tree = both.kernel.pages.tree
    if not tree_check.check(tree):
        for mine, theirs in zip(state.spaces, spaces_of(tree), strict=True):
            mine[:] = theirs
    return row
