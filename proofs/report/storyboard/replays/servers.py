"""From a run beside a subsystem to its storyboard: who acts, what moves, what is noted, what is violated at the end."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import z3

from model.running.evaluate import Structure
from model.servers.theory import SubsystemTheory
from model.signature import Formula
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import Spaces
from model.spaces.operation import Kind, Operation
from proofs.engines.search.unrolled import UnrolledRun, at
from proofs.obligation import Step
from proofs.report.storyboard.replays.build import cells_and_edges, changes_of_slots
from proofs.report.storyboard.replays.server_states import NamedScope, PlacedRun
from proofs.report.storyboard.scenes.scene import Anomaly, FrameMark, Scene, Storyboard
from proofs.report.storyboard.scenes.tables_of import spaces_of
from proofs.report.storyboard.scenes.threads import (
    Passed,
    Speech,
    ThreadMark,
    marks,
    thread_changes,
    word_changes,
    words_of,
)
from proofs.report.storyboard.scenes.witness import MOST, failing
from proofs.searches.named_runs import ToldStep, told_steps
from proofs.servers.attack import Attack, constants_of, notes_of, violating

_CARRYING = {"send_map": Kind.MAP, "send_grant": Kind.GRANT, "flush": Kind.FLUSH}


def attack_board(of: SubsystemTheory, attack: Attack, dialect: Dialect = CANONICAL) -> Storyboard:
    """The storyboard of an attack.

    :raises ValueError: no run was found.
    """
    if attack.states is None:
        raise ValueError(f"there is no run that violates {attack.guarantee}, and so no picture")
    return run_board(of, attack.states, attack.guarantee, attack.sentence, dialect)


def run_board(
    of: SubsystemTheory, run: UnrolledRun, guarantee: str, sentence: str, dialect: Dialect = CANONICAL
) -> Storyboard:
    """The storyboard of a run whose last step is said to violate a guarantee."""
    told, names = told_steps(run, of.actions, constants_of(of), notes_of(of))
    placed = PlacedRun(run, names)
    scenes: list[Scene] = []
    for number in range(len(told) + 1):
        wrong = (_violated(of, placed, guarantee, sentence, dialect),) if number == len(told) else ()
        scenes.append(_scene(of, placed, told[number - 1] if number else None, number, scenes, wrong))
    about = f"{of.name}.{guarantee}"
    return Storyboard(about, dialect.name, placed.scope, tuple(scenes), obligation=about, violated=sentence)


def _violated(of: SubsystemTheory, placed: PlacedRun, guarantee: str, sentence: str, dialect: Dialect) -> Anomaly:
    """The violation in words, with the elements for which the formula does not hold.

    :raises ValueError: the run does not violate it.
    """
    number, structure = len(placed.run.actions), placed.run.structure
    kind = type(of.theory.before)
    called = at(type(of.theory.actions[placed.run.actions[-1]](dialect).called), number - 1)
    wrong = violating(of, guarantee)(at(kind, 0), Step(dialect, at(kind, number - 1), at(kind, number), called))
    found = list(dict.fromkeys(failing(_negated(wrong), structure)))
    if not found:
        raise ValueError(f"the run does not violate {guarantee}")
    elements = [tuple(dict.fromkeys(witness)) for witness in found]
    said = [", ".join(placed.names.of(sort, n) for sort, n in witness) for witness in elements if witness]
    more = f"; and {len(said) - MOST} more" if len(said) > MOST else ""
    text = f"violated: {guarantee}, {sentence}" + (f" (not so for {'; '.join(said[:MOST])}{more})" if said else "")

    def some(sort: str) -> Iterator[int]:
        yield from dict.fromkeys(n for witness in elements for each, n in witness if each == sort)

    slots = tuple(int(placed.slot[n]) for n in some("Slot"))
    return Anomaly("violated", text, slots, tuple(some("Frame")), threads=tuple(some("Thread")))


def _negated(formula: Formula) -> Formula:
    return formula.arg(0) if z3.is_not(formula) else z3.Not(formula)


def _marked(structure: Structure) -> Structure:
    """A state under the names of the state after a step."""
    return structure.with_symbols(**{name + AFTER: table for name, table in structure.symbols.items()})


def _scene(
    of: SubsystemTheory,
    placed: PlacedRun,
    step: ToldStep | None,
    number: int,
    scenes: list[Scene],
    wrong: tuple[Anomaly, ...],
) -> Scene:
    scope, state = placed.scope, placed.state(number)
    spaces, odd = spaces_of(_marked(state), scope)
    earlier = scenes[-1] if scenes else None
    before = earlier.model if earlier else spaces
    wrong = (*odd, *wrong)
    speech = _speech(placed, state, number, earlier.speech if earlier else None, wrong)
    carried = _carried(of, placed, number)
    slots = sorted(placed.slot.tolist())
    cells, edges = cells_and_edges(scope, before, carried, spaces, wrong, speech.windows, slots=slots)
    return Scene(
        number=number,
        title=step.title if step else "at first",
        ending="",
        cells=cells,
        frames=_frames(spaces, scope),
        edges=edges,
        changes=tuple(_changes(step, earlier, speech, carried, spaces, scope)),
        findings=wrong,
        model=spaces,
        speech=speech,
        noted=tuple(words for ghost in placed.names.ghosts for words in placed.names.tuples(ghost, number).values()),
    )


def _frames(spaces: Spaces, scope: NamedScope) -> tuple[FrameMark, ...]:
    holders = (np.nonzero(spaces.sigma == -2 - r)[0].tolist() for r in range(scope.frames))
    return tuple(FrameMark(r, tuple(slots)) for r, slots in enumerate(holders))


def _changes(
    step: ToldStep | None,
    earlier: Scene | None,
    speech: Speech,
    carried: Operation | None,
    spaces: Spaces,
    scope: NamedScope,
) -> Iterator[str]:
    """What the step was called with, and what it changed, in words."""
    if step is None or earlier is None or earlier.speech is None:
        return
    yield from [", ".join(step.details)] if step.details else []
    yield from step.notes
    yield from thread_changes(earlier.speech.threads, speech.threads, scope)
    yield from word_changes(earlier.speech, speech)
    yield from changes_of_slots(scope, earlier.model, carried, spaces)


def _speech(
    placed: PlacedRun, state: Structure, number: int, earlier: Speech | None, wrong: tuple[Anomaly, ...]
) -> Speech:
    scope = placed.scope
    suspects = {thread for finding in wrong for thread in finding.threads}
    was = {mark.number: replace(mark, wrong=False, changed=False) for mark in earlier.threads} if earlier else {}

    def seen(mark: ThreadMark) -> ThreadMark:
        return replace(mark, wrong=mark.number in suspects, changed=bool(was) and was.get(mark.number) != mark)

    passed = _passed(placed, number) if earlier else ()
    knows, contains = words_of(state, "has", scope.spaces), words_of(state, "contains", scope.frames)
    return Speech(scope, tuple(map(seen, marks(state, scope))), tuple(passed), knows, contains)


def _passed(placed: PlacedRun, number: int) -> Iterator[Passed]:
    """The messages that came into registers in the step; all are the actor's."""
    was, now = (placed.table(f"got@{k}", None) for k in (number - 1, number))
    actor = int(placed.table(f"actor@{number - 1}", 0))
    if was is not None and now is not None:
        for receiver, _, word in np.argwhere(now & ~was).tolist():
            yield Passed(actor, receiver, placed.scope.word_name(word))


def _carried(of: SubsystemTheory, placed: PlacedRun, number: int) -> Operation | None:
    """What the step that led to a state did to address spaces."""
    kind = _CARRYING.get(of.actions[placed.run.actions[number - 1]]) if number else None
    if kind is None:
        return None
    src, dst = (int(placed.slot[int(placed.table(f"{name}@{number - 1}", 0))]) for name in ("src", "dst"))
    rights = placed.rights(placed.table(f"mask@{number - 1}", np.zeros(placed.size("Right"), bool)))
    return Operation(kind, src, dst if kind != Kind.FLUSH else -1, rights)
