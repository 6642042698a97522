"""From a trace to its storyboard: replay, compare each state with the one before, and find what is wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from model.scope import Scope, rights_name
from model.spaces.literal import CYCLE, CYCLE_MET, DONE, NIL, REFUSED, Spaces, evaluate, frame_of
from model.spaces.operation import Kind, Operation
from model.trace import Trace
from proofs.report.storyboard.replays.run import ReplayedSteps, choose_steps, replayed, wrong_in_step
from proofs.report.storyboard.replays.visible import shown_frames, shown_slots
from proofs.report.storyboard.scenes import findings
from proofs.report.storyboard.scenes.scene import (
    Anomaly,
    Cell,
    Change,
    Edge,
    FrameMark,
    Scene,
    Storyboard,
    frame_key,
    slot_key,
)
from proofs.report.storyboard.scenes.selection import gaps
from proofs.report.storyboard.scenes.views import Views
from proofs.report.storyboard.scenes.witness import witness_of
from proofs.two_runs import TwoRuns

ENDINGS = {
    DONE: "",
    REFUSED: "refused",
    CYCLE_MET: "meets a cycle and would not end",
}

MOST_CHANGES = 4
"""So many changes of a kind are told one by one in a step; of more, the first ones, and how many there are besides."""


def storyboard(trace: Trace, views: Sequence[Views] = (), *, aside: str = "") -> Storyboard:
    """The storyboard of a trace, replayed on the literal model.

    :param views: for each state, the initial one first, what ran beside the model; or nothing.
    :param aside: says why no views are shown, where a reader would expect them.
    :raises ValueError: a number of views that is not the number of states.
    :raises TooLargeError: the trace is too large to be replayed for a picture.

    >>> from model.scope import Scope
    >>> board = storyboard(Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1, 6),)))
    >>> board.scenes[1].changes
    ('new: σ1[0], from σ0[0], rw-',)
    """
    if views and len(views) != len(trace.operations) + 1:
        number = len(trace.operations) + 1
        raise ValueError(f"{len(views)} views of {number} states: give one for each, the initial state first")
    steps = choose_steps(trace)
    return storyboard_of(ReplayedSteps(trace, steps, replayed(trace, steps), dict(enumerate(views)), aside=aside))


def storyboard_of(run: ReplayedSteps) -> Storyboard:
    """The storyboard of a run: of the model, or of what ran beside it or in its place."""
    trace, scope = run.trace, run.trace.scope
    wrong: dict[int, tuple[Anomaly, ...]] = {}
    known: set[str] = set()
    for number in run.steps:
        found = _wrong(run, number)
        wrong[number] = findings.condensed((replace(each, fresh=each.text not in known) for each in found), scope)
        known = {finding.text for finding in found}
    slots, left_out = shown_slots(run, wrong)
    frames = shown_frames(run, slots)
    scenes = tuple(_scene(run, number, slots, frames, wrong[number]) for number in run.steps)
    left_between = gaps(trace.operations, run.steps, scope)
    title, witness = run.title or trace.shows, None if run.title else witness_of(trace)
    violated = (witness.obligation.id, witness.obligation.sentence) if witness else (_of_two_runs(run), "")
    return Storyboard(title, trace.dialect, scope, scenes, left_out, run.aside, left_between, run.drawn, *violated)


def _of_two_runs(run: ReplayedSteps) -> str:
    """The id of an obligation about two runs that the trace is one of; no state of it is wrong by itself."""
    from proofs.registry import registry

    return run.trace.obligation if isinstance(registry().get(run.trace.obligation), TwoRuns) else ""


def _wrong(run: ReplayedSteps, number: int) -> list[Anomaly]:
    """What is wrong after a step; after the last one also what the trace is said to violate, if it is."""
    dialect, state = run.trace.resolved_dialect(), run.states[number]
    found = wrong_in_step(run, number, dialect.readings)
    if state.operation is not None and number == run.steps[-1] and (witness := witness_of(run.trace)):
        before = run.states[number - 1].spaces
        found.append(witness.finding(before, state.operation, state.spaces, run.trace.scope, dialect))
    return sorted(found, key=lambda finding: finding.kind == "violated")


def _scene(
    run: ReplayedSteps, number: int, slots: Sequence[int], frames: Sequence[int], wrong: tuple[Anomaly, ...]
) -> Scene:
    scope, state = run.trace.scope, run.states[number]
    before = run.states[number - 1].spaces if number else state.spaces
    operation, after = state.operation, state.spaces
    model, views = run.model.get(number, state).spaces, run.views.get(number)

    def beside(slot: int) -> tuple[str, ...]:
        return findings.beside(after, model, views, slot)

    cells, edges = cells_and_edges(scope, before, operation, after, wrong, slots=slots, beside=beside)
    marks = tuple(FrameMark(r, _holders(after, r)) for r in frames)
    return Scene(
        number=number,
        title=operation.text(scope) if operation else "at first",
        ending=ENDINGS[state.status],
        cells=cells,
        frames=marks,
        edges=edges,
        changes=tuple(changes_of_slots(scope, before, operation, after)),
        findings=wrong,
        views=views,
        model=model,
    )


Called: TypeAlias = Operation | Mapping[int, Operation] | None
"""The operation of a step; of one with many pages, for each slot that it names, that of its page."""


def _of(called: Called, slot: int) -> Operation | None:
    return called.get(slot) if isinstance(called, Mapping) else called


def cells_and_edges(
    scope: Scope,
    before: Spaces,
    operation: Called,
    after: Spaces,
    wrong: Sequence[Anomaly],
    windows: Callable[[int], tuple[str, ...]] = lambda slot: (),
    *,
    slots: Sequence[int] | None = None,
    beside: Callable[[int], tuple[str, ...]] = lambda slot: (),
) -> tuple[tuple[Cell, ...], tuple[Edge, ...]]:
    """The slots after a step, all of them unless some are named, and the links between them.

    :param windows: the threads that have a window on a slot.
    :param beside: where something that ran along differs in a slot.
    """
    told = [finding for finding in wrong if finding.kind != "violated" and finding.slots] or wrong
    wrong_slots = {slot for finding in told for slot in finding.slots}
    cells = tuple(
        replace(
            _cell(scope, before, _of(operation, slot), after, slot, slot in wrong_slots),
            beside=beside(slot) if slot in wrong_slots else (),
            windows=windows(slot),
        )
        for slot in (range(scope.slots) if slots is None else slots)
    )
    shown = frozenset(cell.slot for cell in cells)
    return cells, tuple(edge for cell in cells for edge in _edges(before, after, cell, wrong, shown))


def _holders(state: Spaces, r: int) -> tuple[int, ...]:
    return tuple(np.nonzero(state.sigma == -2 - r)[0].tolist())


def changes_of_slots(scope: Scope, before: Spaces, operation: Called, after: Spaces) -> Iterable[str]:
    """Say in words what a step changed; of many changes of a kind only the first ones, and the number of the others."""
    differs = np.logical_or.reduce([was != now for was, now in zip(before, after, strict=True)])
    changed = [(slot, _change(before, _of(operation, slot), after, slot)) for slot in np.nonzero(differs)[0].tolist()]
    told: dict[Change, int] = {}
    total = {kind: [slot for slot, change in changed if change == kind] for kind in Change}
    for slot, change in changed:
        told[change] = told.get(change, 0) + 1
        same = total[change]
        if told[change] <= MOST_CHANGES or len(same) == MOST_CHANGES + 1:
            called = _of(operation, slot)
            yield _words(scope, before, _cell(scope, before, called, after, slot, False), called)
        elif told[change] == MOST_CHANGES + 1:
            yield f"{change.value}: {len(same) - MOST_CHANGES} more, {scope.name(slot)} … {scope.name(same[-1])}"


def _cell(scope: Scope, before: Spaces, operation: Operation | None, after: Spaces, slot: int, wrong: bool) -> Cell:
    element, phys = int(after.sigma[slot]), int(after.phys[slot])
    role = ""
    if operation is not None and slot in (operation.src, operation.dst):
        role = "flushed" if operation.kind == Kind.FLUSH else "from" if slot == operation.src else "to"
        if operation.src == operation.dst:
            role = "itself"
    chain, ends = _chain(after, slot)
    return Cell(
        slot=slot,
        name=scope.name(slot),
        space=scope.space(slot),
        page=slot % scope.pages,
        in_use=element != NIL,
        holds=_holds(after, slot),
        link=element if element >= 0 else None,
        phys=None if phys == NIL else phys,
        chain=chain,
        ends=ends,
        rights=int(after.rights[slot]),
        change=_change(before, operation, after, slot),
        role=role,
        wrong=wrong,
    )


def _holds(state: Spaces, slot: int) -> int | None:
    element = int(state.sigma[slot])
    return frame_of(element) if element < NIL else None


def _chain(state: Spaces, slot: int) -> tuple[tuple[int, ...], str]:
    """The slots that an evaluation of σ(v) passes, each once, and how it ends."""
    passed = {slot: None}
    while (parent := int(state.sigma[next(reversed(passed))])) >= 0 and parent not in passed:
        passed[parent] = None
    value = evaluate(state, slot)
    return tuple(passed), "a cycle" if value == CYCLE else findings.value_name(value)


def _change(before: Spaces, operation: Operation | None, after: Spaces, slot: int) -> Change:
    was, now = int(before.sigma[slot]), int(after.sigma[slot])
    granted = operation is not None and operation.kind == Kind.GRANT and operation.src != operation.dst
    if was != now:
        moved = (
            granted
            and operation is not None
            and (slot == operation.dst or (was, now) == (operation.src, operation.dst))
        )
        if now == NIL:
            return Change.GONE
        return Change.MOVED if moved else Change.NEW if was == NIL else Change.REPLACED
    had, has = int(before.rights[slot]), int(after.rights[slot])
    if had != has:
        return Change.NARROWED if had | has == had else Change.WIDENED if had | has == has else Change.CHANGED
    return Change.CHANGED if before.phys[slot] != after.phys[slot] else Change.NONE


def _edges(before: Spaces, after: Spaces, cell: Cell, wrong: Iterable[Anomaly], shown: frozenset[int]) -> list[Edge]:
    """The edge that leads to a slot now, and the one that led there before the step if it is gone."""
    slot, edges = cell.slot, []
    was, now = int(before.sigma[slot]), int(after.sigma[slot])
    kinds = {finding.kind for finding in wrong if slot in finding.slots}
    bad = bool(kinds & {"cycle", "dangling", "rights", "held twice"})
    if now != NIL:
        source, hidden, hold = _source(after, slot, shown)
        value = evaluate(after, slot)
        frame = None if value < 0 else int(value)
        edges.append(Edge(source, cell.key, cell.rights, cell.change, bad, frame, hidden, hold))
    if was not in (NIL, now):
        source, hidden, hold = _source(before, slot, shown)
        value = evaluate(before, slot)
        had = int(before.rights[slot])
        frame = None if value < 0 else int(value)
        edges.append(Edge(source, cell.key, had, Change.GONE, False, frame, hidden, hold))
    return edges


def _source(state: Spaces, slot: int, shown: frozenset[int]) -> tuple[str, int, bool]:
    """The node that a slot's page came from, or the nearest before it that is shown; how many are passed over; and
    whether it is a frame.
    """
    at, hidden = int(state.sigma[slot]), 0
    while at >= 0 and at not in shown and hidden < len(state.sigma):
        at, hidden = int(state.sigma[at]), hidden + 1
    return (slot_key(at) if at >= 0 else frame_key(frame_of(at))), hidden, at < 0


def _words(scope: Scope, before: Spaces, cell: Cell, operation: Operation | None) -> str:
    """One change: what happened to a slot, in words."""
    origin = f"from {scope.name(cell.link)}" if cell.link is not None else f"holds {cell.ends}"
    rights, had = rights_name(cell.rights), rights_name(int(before.rights[cell.slot]))
    match cell.change:
        case Change.GONE:
            return f"gone: {cell.name}"
        case Change.NARROWED | Change.WIDENED:
            return f"rights {cell.change.value}: {cell.name}, {rights} instead of {had}"
        case Change.MOVED if operation is not None and cell.slot == operation.dst:
            return f"moved: {scope.name(operation.src)} to {cell.name}, {rights}"
        case _:
            return f"{cell.change.value}: {cell.name}, {origin}, {rights}"
