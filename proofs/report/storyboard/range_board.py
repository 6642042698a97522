"""From a trace of ranges to its storyboard: a scene for each state, and what is wrong there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from model.ranges.abstraction import steps_structure
from model.ranges.literal import Ranged, sources_and_targets
from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, Spaces
from model.spaces.operation import Kind, Operation
from proofs.engines.search.monitor import Monitor
from proofs.obligation import Obligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.report.storyboard import findings
from proofs.report.storyboard.build import ENDINGS, cells_and_edges, changes_of_slots
from proofs.report.storyboard.run import TooLargeError
from proofs.report.storyboard.scene import Anomaly, FrameMark, Scene, Storyboard
from proofs.report.storyboard.views import Views
from proofs.report.storyboard.witness import Witness

MOST = 40
"""Steps of the longest trace of ranges that is drawn."""

LARGEST = 64
"""Slots of the largest scope that is drawn, all of them; obligations speak of up to three slots at a time."""

NO_VIEWS: Mapping[int, Views] = MappingProxyType({})

State = tuple[RangeOperation | None, int, Ranged]


def range_board(trace: RangeTrace, views: Mapping[int, Views] = NO_VIEWS) -> Storyboard:
    """The storyboard of a trace of ranges, replayed on the literal model.

    :param views: what a target showed in states, by their numbers.
    :raises TooLargeError: it has too many steps, or slots, for a picture.
    """
    scope, length = trace.scope, len(trace.operations)
    if length > MOST or scope.slots > LARGEST:
        raise TooLargeError(
            f"no picture of {length} steps in {scope.slots} slots: at most {MOST} steps, {LARGEST} slots"
        )
    states = list(trace.states())
    scenes = []
    known: set[str] = set()
    for number in range(len(states)):
        found = list(_findings(trace, states, number, views.get(number)))
        wrong = findings.condensed((replace(each, fresh=each.text not in known) for each in found), scope)
        known = {each.text for each in found}
        scenes.append(_scene(trace, states, number, wrong, views.get(number)))
    obligation = of_ranges().get(trace.obligation)
    shown = any(each.kind == "violated" for each in scenes[-1].findings)
    violated = (obligation.id, obligation.sentence) if obligation and shown else ("", "")
    named = f"{trace.dialect}, ranges {trace.ranges}"
    return Storyboard(trace.shows, named, scope, tuple(scenes), "", "", (), "", *violated)


def _findings(trace: RangeTrace, states: Sequence[State], number: int, views: Views | None) -> Iterator[Anomaly]:
    """What is wrong in a state; in the last one also what the trace is said to violate, by that formula."""
    operation, status, state = states[number]
    yield from findings.of_state(_spaces(state), trace.scope)
    if views is not None:
        yield from findings.of_views(_spaces(state), status, views, trace.scope)
    obligation = of_ranges().get(trace.obligation) if number == len(states) - 1 and operation else None
    if not isinstance(obligation, Obligation) or obligation.sometimes or operation is None:
        return
    witness = Witness(obligation)
    if status != DONE or obligation.action != f"{operation.kind.word}_range":
        said = "; its last step is refused, or another action's"
        yield Anomaly("unconfirmed", f"said to violate {witness.about}{said}")
        return
    readings = trace.of_pages().readings, trace.of_ranges().readings
    structure = steps_structure([(states[number - 1][2], operation, state)], trace.scope, *readings)
    if Monitor(obligation, CANONICAL).holds(structure).all():
        yield Anomaly("unconfirmed", f"said to violate {witness.about}; evaluated on this step, it does not")
    else:
        yield witness.finding_in(structure, trace.scope, CANONICAL)


def _spaces(s: Ranged) -> Spaces:
    """The state without what says how large mappings are."""
    return Spaces(s.sigma, s.phys, s.rights)


def _pages(trace: RangeTrace, operation: RangeOperation | None) -> dict[int, Operation]:
    """For each slot that an operation on ranges names, the operation on its page."""
    if operation is None:
        return {}
    o = operation
    if o.kind == Kind.FLUSH:
        return {x: Operation(o.kind, x, -1, o.rights) for x in range(o.src, o.src + (1 << o.order))}
    w = trace.of_ranges().readings
    sources, targets = (each.tolist() for each in sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, w))
    pairs = [Operation(o.kind, x, y, o.rights) for x, y in zip(sources, targets, strict=True)]
    return {pair.src: pair for pair in pairs} | {pair.dst: pair for pair in pairs}


def _scene(
    trace: RangeTrace, states: Sequence[State], number: int, wrong: tuple[Anomaly, ...], views: Views | None
) -> Scene:
    scope = trace.scope
    operation, status, state = states[number]
    spaces, before = _spaces(state), _spaces(states[number - 1][2] if number else state)
    called = _pages(trace, operation if status == DONE else None)

    def beside(slot: int) -> tuple[str, ...]:
        return () if views is None else findings.beside(spaces, spaces, views, slot)

    cells, edges = cells_and_edges(scope, before, called, spaces, wrong, beside=beside)
    holders = (np.nonzero(spaces.sigma == -2 - r)[0].tolist() for r in range(scope.frames))
    told = list(changes_of_slots(scope, before, called, spaces))
    return Scene(
        number=number,
        title=operation.text(scope) if operation else "at first",
        ending=ENDINGS[status],
        cells=cells,
        frames=tuple(FrameMark(r, tuple(slots)) for r, slots in enumerate(holders)),
        edges=edges,
        changes=(*told, *(f"one mapping: {name}" for name in mappings(state, scope))),
        findings=wrong,
        model=spaces,
        views=views,
    )


def mappings(s: Ranged, scope: RangeScope) -> list[str]:
    """The mappings of more than one page, in dialects that have them; others take single pages apart anywhere."""
    found = []
    for x, name in enumerate(s.unit.tolist()):
        pages = np.flatnonzero(s.unit == x)
        if name == x and len(pages) > 1:
            first, last = scope.name(x), int(pages[-1]) % scope.pages
            found.append(f"{first[:-1]}..{last}]")
    return found
