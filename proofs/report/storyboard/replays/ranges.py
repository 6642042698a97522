"""From a trace of ranges to its storyboard: a scene for each state, and what is wrong there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from proofs.report.storyboard.replays.build import ENDINGS, cells_and_edges, changes_of_slots
from proofs.report.storyboard.replays.range_machine import not_runnable, range_kernel_views
from proofs.report.storyboard.replays.run import TooLargeError
from proofs.report.storyboard.scenes import findings
from proofs.report.storyboard.scenes.scene import Anomaly, FrameMark, Scene, Storyboard
from proofs.report.storyboard.scenes.views import Views
from proofs.report.storyboard.scenes.witness import Witness

MOST = 40
"""Steps of the longest trace of ranges that is drawn."""

LARGEST = 64
"""Slots of the largest scope that is drawn, all of them; obligations speak of up to three slots at a time."""

NO_VIEWS: Mapping[int, Views] = MappingProxyType({})

State = tuple[RangeOperation | None, int, Ranged]


@dataclass(frozen=True, slots=True)
class RangeRun:
    """A trace of ranges as it went.

    :param states: what is drawn: each operation, none first, how it ended, and the state after it.
    :param model: the states of the model, if something else is drawn.
    :param views: what there was beside it, by the number of the step.
    :param drawn: what is drawn, in words, if not the model.
    :param told: what the run itself found wrong in a step, besides what the states and views show.
    :param title: what the picture shows, in a line; by default what the trace says.
    :param aside: says why no views are shown, where a reader would expect them.
    """

    trace: RangeTrace
    states: Sequence[State]
    model: Sequence[State] = ()
    views: Mapping[int, Views] = field(default_factory=dict)
    drawn: str = ""
    told: Mapping[int, Sequence[Anomaly]] = field(default_factory=dict)
    title: str = ""
    aside: str = ""


def range_board(trace: RangeTrace, views: Mapping[int, Views] = NO_VIEWS) -> Storyboard:
    """The storyboard of a trace of ranges, replayed on the literal model.

    :param views: what a target showed in states, by their numbers.
    :raises TooLargeError: it has too many steps, or slots, for a picture.
    """
    check_size(trace)
    return board_of(RangeRun(trace, list(trace.states()), views=views))


def range_board_with_kernel(trace: RangeTrace) -> Storyboard:
    """The same with the kernel with ranges beside the model, or with the reason why not.

    :raises TooLargeError: it has too many steps, or slots, for a picture.
    """
    check_size(trace)
    aside = not_runnable(trace)
    views = NO_VIEWS if aside else range_kernel_views(trace)
    return board_of(RangeRun(trace, list(trace.states()), views=views, aside=aside))


def check_size(trace: RangeTrace) -> None:
    """Refuse what is too large.

    :raises TooLargeError: it has too many steps, or slots, for a picture.
    """
    scope, length = trace.scope, len(trace.operations)
    if length > MOST or scope.slots > LARGEST:
        raise TooLargeError(
            f"no picture of {length} steps in {scope.slots} slots: at most {MOST} steps, {LARGEST} slots"
        )


def board_of(run: RangeRun) -> Storyboard:
    """The storyboard of a run: of the model, or of what ran beside it or in its place."""
    trace, scope = run.trace, run.trace.scope
    scenes = []
    known: set[str] = set()
    for number in range(len(run.states)):
        found = list(_findings(run, number))
        wrong = findings.condensed((replace(each, fresh=each.text not in known) for each in found), scope)
        known = {each.text for each in found}
        scenes.append(_scene(run, number, wrong))
    obligation = of_ranges().get(trace.obligation)
    shown = not run.drawn and any(each.kind == "violated" for each in scenes[-1].findings)
    violated = (obligation.id, obligation.sentence) if obligation and shown else ("", "")
    named = f"{trace.dialect}, ranges {trace.ranges}"
    title = run.title or trace.shows
    return Storyboard(title, named, scope, tuple(scenes), "", run.aside, (), run.drawn, *violated)


def _findings(run: RangeRun, number: int) -> Iterator[Anomaly]:
    """What is wrong in a state; in the last one also what the trace is said to violate, by that formula."""
    trace, scope, state, views = run.trace, run.trace.scope, _spaces(run.states[number][2]), run.views.get(number)
    _, status, model = run.model[number] if run.model else run.states[number]
    anyway = {each.text for each in findings.of_state(_spaces(model), scope)} if run.drawn else set()
    wrong = [each for each in findings.of_state(state, scope) if each.text not in anyway]
    yield from wrong
    told = {slot for each in wrong for slot in each.slots} if run.drawn else set()
    if views is not None:
        beside = findings.of_views(_spaces(model), status, views, scope)
    else:
        beside = findings.from_model(state, _spaces(model), scope) if run.model else iter(())
    # What is drawn is told already where it is wrong by itself.
    yield from (each for each in beside if each.kind not in ("the database", "differs") or not told & set(each.slots))
    yield from run.told.get(number, ())
    if not run.drawn:
        yield from _said_to_violate(trace, run.states, number)


def _said_to_violate(trace: RangeTrace, states: Sequence[State], number: int) -> Iterator[Anomaly]:
    operation, status, state = states[number]
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


def _scene(run: RangeRun, number: int, wrong: tuple[Anomaly, ...]) -> Scene:
    trace, scope, views = run.trace, run.trace.scope, run.views.get(number)
    operation, status, state = run.states[number]
    spaces, before = _spaces(state), _spaces(run.states[number - 1][2] if number else state)
    model = _spaces(run.model[number][2]) if run.model else spaces
    called = _pages(trace, operation if status == DONE else None)

    drawn = views.database if run.model and views and views.database else spaces  # what is drawn is told once

    def beside(slot: int) -> tuple[str, ...]:
        return findings.beside(drawn, model, views, slot) if views is not None or run.model else ()

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
        model=model,
        views=views,
        blocks=tuple((slot, order) for slot, order in views.mappings if order) if views else (),
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
