"""From a trace of threads and messages to its storyboard: a scene for each state, and what is wrong there."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from model.messages.operation import Kind, Operation
from model.messages.scope import MessageScope
from model.messages.theories import MESSAGES
from model.messages.trace import MessageTrace
from model.running.evaluate import Structure
from model.spaces.abstraction import AFTER
from model.spaces.literal import Spaces
from model.spaces.operation import Operation as SpacesOperation
from proofs.engines.search.monitor import Monitor
from proofs.obligation import Obligation
from proofs.obligations.messages.inventory import of_messages
from proofs.report.storyboard.replays.build import ENDINGS, cells_and_edges, changes_of_slots
from proofs.report.storyboard.replays.message_states import MessageState, replayed_messages
from proofs.report.storyboard.scenes.scene import Anomaly, FrameMark, Scene, Storyboard
from proofs.report.storyboard.scenes.tables_of import spaces_of
from proofs.report.storyboard.scenes.threads import Passed, Speech, marks, thread_changes, word_changes, words_of
from proofs.report.storyboard.scenes.witness import Witness
from proofs.two_runs import TwoRuns
from refinement.faults.messages import MESSAGE_FAULTS as KERNELS

MOST = 40
"""Steps of the longest trace of threads that is drawn."""


def message_board(trace: MessageTrace, kernel_faults: Collection[str] = ()) -> Storyboard:
    """The storyboard of a trace of threads and messages.

    :param kernel_faults: faults of :mod:`proofs.explorer.messages.wrong` that every step has.
    :raises FaultError: it names a fault that it cannot be replayed with.
    :raises TooLargeError: it has too many steps for a picture.
    """
    from proofs.report.storyboard.replays.run import TooLargeError

    if len(trace.operations) > MOST:
        raise TooLargeError(f"no picture of {len(trace.operations)} steps of threads: {MOST} at most are drawn")
    states = replayed_messages(trace, kernel_faults)
    scenes: list[Scene] = []
    for number, state in enumerate(states):
        scenes.append(_scene(trace, states, scenes, number, _findings(trace, states, number), state))
    drawn = f"the theory with the fault {trace.fault} in its last step" if trace.fault else ""
    drawn = f"the kernel with the fault {trace.fault}" if trace.fault in KERNELS else drawn
    drawn = f"a kernel with the fault {', '.join(kernel_faults)}" if kernel_faults else drawn
    obligation = of_messages(trace.of_messages()).get(trace.obligation)
    violated = (obligation.id, obligation.sentence) if obligation and _shown(scenes) else ("", "")
    title = trace.shows
    if isinstance(obligation, TwoRuns):  # this is one of the two that break it: no state of it is wrong by itself
        title, violated = f"Does not hold: {obligation.sentence}", (obligation.id, "")
    named = f"{trace.dialect}, messages {trace.messages}"
    return Storyboard(title, named, trace.scope, tuple(scenes), "", "", (), drawn, *violated)


def _shown(scenes: Sequence[Scene]) -> bool:
    return any(finding.kind == "violated" for finding in scenes[-1].findings)


def _findings(trace: MessageTrace, states: Sequence[MessageState], number: int) -> tuple[Anomaly, ...]:
    """What the trace is said to violate, found by the obligation's own formula in the last step."""
    state, last = states[number], number == len(states) - 1
    _, odd = spaces_of(_marked(state.structure), trace.scope)
    obligation = of_messages(trace.of_messages()).get(trace.obligation) if last and number else None
    odd += state.told
    if not isinstance(obligation, Obligation) or obligation.sometimes:
        return tuple(odd)
    witness = Witness(obligation)
    if state.step is None or obligation.action != _action(state.operation):
        said = "; its last step is refused, or another action's"
        return (*odd, Anomaly("unconfirmed", f"said to violate {witness.about}{said}"))
    if Monitor(obligation, trace.of_spaces()).holds(state.step).all():
        return (*odd, Anomaly("unconfirmed", f"said to violate {witness.about}; evaluated on this step, it does not"))
    return (*odd, witness.finding_in(state.step, trace.scope, trace.of_spaces()))


def _action(operation: Operation | None) -> str:
    return "" if operation is None else Kind(operation.kind).name.lower()


def _marked(structure: Structure) -> Structure:
    """A state under the names of the state after a step."""
    return structure.with_symbols(**{name + AFTER: structure.symbols[name] for name in MESSAGES.state})


def _scene(
    trace: MessageTrace,
    states: Sequence[MessageState],
    scenes: Sequence[Scene],
    number: int,
    wrong: tuple[Anomaly, ...],
    state: MessageState,
) -> Scene:
    scope = trace.scope
    spaces, _ = spaces_of(_marked(state.structure), scope)
    before: Spaces = scenes[-1].model if scenes else spaces
    earlier = scenes[-1].speech if scenes else None
    wrong_threads = {thread for finding in wrong for thread in finding.threads}
    threads = tuple(
        replace(mark, wrong=mark.number in wrong_threads, changed=earlier is not None and not _same(earlier, mark))
        for mark in marks(state.structure, scope)
    )
    speech = Speech(
        scope,
        threads,
        () if earlier is None else _passed(state, states[number - 1].structure, scope),
        words_of(state.structure, "has", scope.spaces),
        words_of(state.structure, "contains", scope.frames),
    )
    carried = _carried(state.operation)
    cells, edges = cells_and_edges(scope, before, carried, spaces, wrong, speech.windows)
    told = list(changes_of_slots(scope, before, carried, spaces))
    if earlier is not None:
        told = [*thread_changes(earlier.threads, threads, scope), *word_changes(earlier, speech), *told]
    holders = (np.nonzero(spaces.sigma == -2 - r)[0].tolist() for r in range(scope.frames))
    return Scene(
        number=number,
        title=state.operation.text(scope) if state.operation else "at first",
        ending=ENDINGS.get(state.status, f"ends with {state.status}, which is nothing that it may end with"),
        cells=cells,
        frames=tuple(FrameMark(r, tuple(slots)) for r, slots in enumerate(holders)),
        edges=edges,
        changes=tuple(told),
        findings=wrong,
        model=spaces,
        speech=speech,
    )


def _same(earlier: Speech, mark: object) -> bool:
    return any(replace(was, wrong=False, changed=False) == mark for was in earlier.threads)


def _passed(state: MessageState, before: Structure, scope: MessageScope) -> tuple[Passed, ...]:
    """The messages that came into registers in the step; all are the actor's."""
    new = state.structure.symbols["got"][0] & ~before.symbols["got"][0]
    sender = state.operation.actor if state.operation else -1
    return tuple(Passed(sender, receiver, scope.word_name(word)) for receiver, _, word in np.argwhere(new).tolist())


_CARRYING = {Kind.SEND_MAP: "map", Kind.SEND_GRANT: "grant", Kind.FLUSH: "flush"}


def _carried(operation: Operation | None) -> SpacesOperation | None:
    """What an operation does to address spaces."""
    kind = None if operation is None else _CARRYING.get(Kind(operation.kind))
    if operation is None or kind is None:
        return None
    return SpacesOperation(kind, operation.src, operation.dst, operation.rights)
