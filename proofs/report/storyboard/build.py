"""From a trace to its storyboard: replay, compare each state with the one before, and find what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from model.scope import Scope, rights_name
from model.spaces import CYCLE, CYCLE_MET, DONE, NIL, REFUSED, Spaces, evaluate, frame_of
from model.trace import Operation, Trace
from proofs.report.storyboard import findings
from proofs.report.storyboard.scene import (
    Cell,
    Change,
    Edge,
    Finding,
    FrameMark,
    Scene,
    Storyboard,
    frame_key,
    slot_key,
)
from proofs.report.storyboard.views import Views
from proofs.report.storyboard.witness import violation_of

LARGEST = 8
"""Up to so many spaces of so many pages every slot is shown; beyond it those that the trace touches."""

OUTCOMES = {
    DONE: "",
    REFUSED: "refused: nothing changes",
    CYCLE_MET: "meets a cycle and would not end: nothing changes",
}


@dataclass(frozen=True, slots=True)
class State:
    """One state of a replay, the operation that led to it, and how that ended."""

    operation: Operation | None
    status: int
    spaces: Spaces


def storyboard(trace: Trace, views: Sequence[Views] = (), *, aside: str = "") -> Storyboard:
    """The storyboard of a trace, replayed on the literal model.

    :param views: for each state, the initial one first, what ran beside the model; or nothing.
    :param aside: why there are no views, if a reader may ask.
    :raises ValueError: a number of views that is not the number of states.

    >>> from model.scope import Scope
    >>> board = storyboard(Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1, 6),)))
    >>> board.scenes[1].changes
    ('new: σ1[0], from σ0[0], rw-',)
    """
    states = [State(*step) for step in trace.states()]
    if views and len(views) != len(states):
        raise ValueError(f"{len(views)} views of {len(states)} states: give one for each, the initial state first")
    slots, left_out = shown_slots(trace.scope, states)
    frames = shown_frames(trace.scope, states, slots)
    scenes: list[Scene] = []
    for number, state in enumerate(states):
        before = states[number - 1].spaces if number else state.spaces
        beside = views[number] if views else None
        wrong = _findings(trace, states, number, beside, scenes[-1].findings if scenes else ())
        scenes.append(_scene(trace.scope, number, before, state, slots, frames, wrong, beside))
    return Storyboard(trace.shows, trace.dialect, trace.scope, tuple(scenes), left_out, aside)


def shown_slots(scope: Scope, states: Iterable[State]) -> tuple[tuple[int, ...], str]:
    """The slots to be shown, and in words what is left out."""
    if scope.spaces <= LARGEST and scope.pages <= LARGEST:
        return tuple(range(scope.slots)), ""
    named = {s for state in states if (o := state.operation) for s in (o.src, o.dst) if s >= 0}
    touched = set(named)
    for state in states:
        touched |= {slot for slot in range(scope.frames, scope.slots) if state.spaces.sigma[slot] != NIL}
        for slot in list(touched):
            touched.update(_chain(state.spaces, slot)[0])
    shown = tuple(sorted(touched)) or tuple(range(min(scope.frames, LARGEST)))
    return shown, f"shown are {len(shown)} of {scope.slots} slots: those that the trace touches"


def shown_frames(scope: Scope, states: Iterable[State], slots: Sequence[int]) -> tuple[int, ...]:
    """The frames to be shown: those that a shown slot holds or shows at some time."""
    if len(slots) == scope.slots:
        return tuple(range(scope.frames))
    shown: set[int] = set()
    for state in states:
        for slot in slots:
            element = int(state.spaces.sigma[slot])
            shown |= {frame_of(element)} if element < NIL else set()
            shown |= {int(state.spaces.phys[slot])} - {NIL}
    return tuple(sorted(shown))


def _findings(
    trace: Trace, states: Sequence[State], number: int, views: Views | None, earlier: Sequence[Finding]
) -> tuple[Finding, ...]:
    state, scope = states[number], trace.scope
    found = list(findings.of_state(state.spaces, scope))
    operation = state.operation
    if operation is not None:
        dialect, before = trace.resolved_dialect(), states[number - 1].spaces
        if state.status == DONE:
            found += findings.of_step(before, operation, state.spaces, scope, dialect.readings)
        if number == len(states) - 1 and (violation := violation_of(trace.shows)):
            found.append(violation.finding(before, operation, state.spaces, scope, dialect))
    if views is not None:
        found += findings.of_views(state.spaces, state.status, views, scope)
    known = {finding.text for finding in earlier}
    return tuple(replace(finding, fresh=finding.text not in known) for finding in found)


def _scene(
    scope: Scope,
    number: int,
    before: Spaces,
    state: State,
    slots: Sequence[int],
    frames: Sequence[int],
    wrong: tuple[Finding, ...],
    views: Views | None,
) -> Scene:
    operation, after = state.operation, state.spaces
    told = [finding for finding in wrong if finding.kind != "violated" and finding.slots] or wrong
    wrong_slots = {slot for finding in told for slot in finding.slots}
    cells = tuple(_cell(scope, before, operation, after, slot, slot in wrong_slots) for slot in slots)
    marks = tuple(FrameMark(r, tuple(slot for slot in slots if _holds(after, slot) == r)) for r in frames)
    edges = tuple(edge for cell in cells for edge in _edges(before, after, cell, wrong))
    title = operation.text(scope) if operation else "at first"
    changes = tuple(_words(scope, before, after, cell, operation) for cell in cells if cell.change != Change.NONE)
    return Scene(number, title, OUTCOMES[state.status], cells, marks, edges, changes, wrong, views)


def _cell(scope: Scope, before: Spaces, operation: Operation | None, after: Spaces, slot: int, wrong: bool) -> Cell:
    element, phys = int(after.sigma[slot]), int(after.phys[slot])
    role = ""
    if operation is not None and slot in (operation.src, operation.dst):
        role = "flushed" if operation.kind == "flush" else "from" if slot == operation.src else "to"
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
    passed = [slot]
    while (parent := int(state.sigma[passed[-1]])) >= 0 and parent not in passed:
        passed.append(parent)
    value = evaluate(state, slot)
    return tuple(passed), "a cycle" if value == CYCLE else findings.value_name(value)


def _change(before: Spaces, operation: Operation | None, after: Spaces, slot: int) -> Change:
    was, now = int(before.sigma[slot]), int(after.sigma[slot])
    granted = operation is not None and operation.kind == "grant" and operation.src != operation.dst
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


def _edges(before: Spaces, after: Spaces, cell: Cell, wrong: Iterable[Finding]) -> list[Edge]:
    """The edge that leads to a slot now, and the one that led there before the step if it is gone."""
    slot, edges = cell.slot, []
    was, now = int(before.sigma[slot]), int(after.sigma[slot])
    kinds = {finding.kind for finding in wrong if slot in finding.slots}
    bad = bool(kinds & {"cycle", "dangling", "rights", "held twice"})
    if now != NIL:
        source = slot_key(now) if now >= 0 else frame_key(frame_of(now))
        value = evaluate(after, slot)
        edges.append(Edge(source, cell.key, cell.rights, cell.change, bad, None if value < 0 else int(value)))
    if was not in (NIL, now):
        source = slot_key(was) if was >= 0 else frame_key(frame_of(was))
        value = evaluate(before, slot)
        had = int(before.rights[slot])
        edges.append(Edge(source, cell.key, had, Change.GONE, False, None if value < 0 else int(value)))
    return edges


def _words(scope: Scope, before: Spaces, after: Spaces, cell: Cell, operation: Operation | None) -> str:
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
