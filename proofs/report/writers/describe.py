"""The words of a run beyond its verdicts, in plain lines that every writer uses; and where an obligation is written."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from inspect import unwrap
from pathlib import Path
from typing import Any

import numpy as np

import proofs
from model.running.evaluate import Structure
from model.scope import Scope, rights_name
from model.signature import Symbol
from model.spaces.invariants import Invariant
from model.spaces.literal import NIL, Spaces, frame_of
from model.theory import APPENDIX_A
from proofs.engines.search.induction import InductionCounterexample
from proofs.obligation import Obligation, Provable
from proofs.obligations.inventory import executed_by
from proofs.report.writers.states import state_lines
from proofs.result import Result, Run
from proofs.verdict import Verdict

ROOT = Path(proofs.__file__).parent.parent
LARGEST_SPREAD = 10  # between the runs of one condition; more is named


def source_of(obligation: Provable) -> tuple[str, int]:
    """The file, relative to the folder of the packages, and the line where an obligation's goal is written.

    What an invariant's obligations say is written at the invariant.

    >>> from proofs.registry import registry
    >>> source_of(registry()["map__preserves__forest"])[0]
    'model/spaces/invariants.py'

    What those about code say is written where their conditions are built.

    >>> source_of(registry()["kernel_map__simulates__map"])[0]
    'proofs/obligations/kernel/coherence.py'
    """
    place: tuple[str, int] | None = getattr(obligation, "place", None)
    if place is not None:
        return place  # of C code that is proved: its own file and line
    goal = getattr(obligation, "goal", None) or getattr(obligation, "build", None) or type(obligation).conditions
    while isinstance(goal, partial):
        goal = goal.func
    code = unwrap(goal).__code__
    for cell in getattr(goal, "__closure__", None) or ():
        if isinstance(cell.cell_contents, Invariant):
            code = cell.cell_contents.formula.__code__
    path = Path(code.co_filename)
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return name.as_posix(), code.co_firstlineno


def slot_text(scope: Scope, state: Spaces, slot: int) -> str:
    """A slot in one line: its element, P, rights.

    >>> from model.spaces.literal import initial
    >>> slot_text(Scope(1, 1, 1), initial(Scope(1, 1, 1)), 0)
    'σ0[0] = frame 0, P = 0, rwx'
    """
    element, phys = int(state.sigma[slot]), int(state.phys[slot])
    value = "φ" if element == NIL else f"frame {frame_of(element)}" if element < NIL else scope.name(element)
    shown = "φ" if phys == NIL else str(phys)
    return f"{scope.name(slot)} = {value}, P = {shown}, {rights_name(int(state.rights[slot]))}"


def counterexample_lines(found: InductionCounterexample, symbols: Mapping[str, Symbol] | None = None) -> Iterator[str]:
    """A counterexample: the values of a condition about bits or numbers; the state, the operation, the state after.

    :param symbols: what a state that is none of the literal model consists of, by name.
    """
    if not found.structure.sizes:
        yield "a counterexample, evaluated:"
        yield from (f"  {line}" for line in structure_lines(found.structure))
        return
    if found.scope is None or found.state is None:
        yield "a counterexample to induction, which is no state of the literal model:"
        lines = state_lines(found.structure, symbols) if symbols else structure_lines(found.structure)
        yield from (f"  {line}" for line in lines)
        return
    yield f"a counterexample to induction of least size ({found.scope}):"
    yield from (f"  {line}" for line in _slots(found.scope, found.state))
    if found.operation is not None:
        yield f"then {found.operation.text(found.scope)}"
    if found.later is not None and found.operation is not None and not found.fault:
        yield "gives"
        yield from (f"  {line}" for line in _slots(found.scope, found.later))


def reach_lines(found: InductionCounterexample) -> Iterator[str]:
    """Say whether the state of a counterexample to induction is reachable in its scope, if that was asked."""
    if found.reach is None or found.scope is None:
        return
    reach, scope = found.reach, found.scope
    if reach.reachable:
        way = "; ".join(operation.text(scope) for operation in reach.way)
        yield f"it begins in a state that is reached by: {way}" if way else "it begins in the initial state"
    elif reach.reachable is False:
        yield f"it begins in no reachable state: none of the {reach.states:,} of {scope}"
    else:
        yield f"not known whether it begins in a reachable state: it is none of the first {reach.states:,} of {scope}"


def _slots(scope: Scope, state: Spaces) -> Iterator[str]:
    in_use = [slot for slot in range(scope.slots) if state.sigma[slot] != NIL]
    yield from (slot_text(scope, state, slot) for slot in in_use)
    if not in_use:
        yield "every slot nil"


def structure_lines(structure: Structure) -> Iterator[str]:
    """A finite structure, a symbol a line: for a relation where it holds, for a function its values.

    >>> list(structure_lines(Structure(1, {"Slot": 2}, {"live": np.array([[True, False]]), "src": np.array([1])})))
    ['2 Slot', 'live: Slot0', 'src = Slot1']

    Of numbers and bits the constants' values, and those of functions where they are known.

    >>> word, even = np.array([255], object), np.array([{(2,): True, (3,): False}], object)
    >>> list(structure_lines(Structure(1, {}, {"word": word, "some": np.array([True]), "even": even})))
    ['even: 0x2 ↦ true, 0x3 ↦ false', 'some = true', 'word = 0xff']
    """
    if structure.sizes:
        yield ", ".join(f"{size} {sort}" for sort, size in structure.sizes.items())
    by_size = list(structure.sizes)
    for name, table in sorted(structure.symbols.items()):
        values = np.asarray(table[0], table.dtype)
        if values.dtype == bool and not values.ndim:
            yield f"{name} = {str(bool(values)).lower()}"
        elif values.dtype == object:
            meaning = values.item()
            if isinstance(meaning, dict):
                places = [f"{','.join(map(_written, place))} ↦ {_written(meaning[place])}" for place in sorted(meaning)]
                yield f"{name}: {', '.join(places) or 'nowhere'}"
            else:
                yield f"{name} = {_written(meaning)}"
        elif values.dtype == bool:
            places = [",".join(map(str, place)) for place in zip(*np.nonzero(values), strict=True)]
            if values.ndim == 1 and len(by_size) == 1:
                places = [by_size[0] + place for place in places]
            yield f"{name}: {' '.join(places) or 'nowhere'}"
        elif values.ndim == 0:
            yield f"{name} = {by_size[0] if len(by_size) == 1 else ''}{int(values)}"
        else:
            yield f"{name} = {values.tolist()}"


def _written(value: int | Fraction) -> str:
    """A number, bits or a truth value."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:#x}" if isinstance(value, int) else str(value)


def failure_lines(result: Result) -> list[str]:
    """Say why a result is no pass: the reason, the trace, the counterexample to induction and whether it is reached."""
    lines = []
    if result.trace and not result.told:
        lines += [operation.text(result.trace.scope) for operation in result.trace.operations]
        lines.append(f"(a shortest trace within {result.trace.scope}: reachable)")
    if result.reason:
        lines.append(result.reason)
    if result.told:
        lines += result.told
    elif result.counterexample and not result.trace:
        obligation = result.obligation
        theory = obligation.theory if isinstance(obligation, Obligation) else APPENDIX_A
        lines += counterexample_lines(result.counterexample, None if theory is APPENDIX_A else theory.symbols)
        lines += reach_lines(result.counterexample)
    return lines


def evidence_lines(run: Run) -> list[str]:
    """Say what the run shows beyond verdicts: who agreed, what was certified, how stable it is, what nobody needed."""
    claimed = [result for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    return [
        *_executed(run),
        *_agreement(claimed),
        *_satisfiable(claimed),
        *_certificates(claimed),
        *_stability(claimed),
        *_unneeded(run),
    ]


MOST_NAMED = 4  # obligations in a line of the totals


def executed_whole(run: Run) -> tuple[str, ...]:
    """The functions of kernel and machine that were proved, by this run, to be executed whole."""
    return executed_by(r.obligation.id for r in run.results if r.verdict == Verdict.PROVED)


def _executed(run: Run) -> Iterator[str]:
    names = executed_whole(run)
    if names:
        functions = "1 function" if len(names) == 1 else f"{len(names)} functions"
        yield f"executed whole: {functions}, each statement and both ways of each branch"


def _agreement(results: list[Result]) -> Iterator[str]:
    names = sorted({answer.solver for result in results for answer in result.outcome.answers})
    proved = [result for result in results if result.verdict == Verdict.PROVED and result.outcome.answers]
    if len(names) > 1 and proved:
        agreed = sum(len({answer.solver for answer in result.outcome.answers}) > 1 for result in proved)
        yield f"{' and '.join(names)} agree on {agreed} of {len(proved)} proved"
    elif proved:
        yield f"{names[0]} alone was asked"
    alarms = [result.obligation.id for result in results if result.verdict == Verdict.DISAGREEMENT]
    if alarms:
        yield f"ALARM, solvers contradict each other; trust nothing here: {', '.join(alarms)}"


def _satisfiable(results: list[Result]) -> Iterator[str]:
    """Where no model of the hypotheses was evaluated: the rule is that one was."""
    believed = [r.obligation.id for r in results if r.outcome.satisfiable and not r.outcome.evaluated]
    if believed:
        few = ", ".join(believed[:MOST_NAMED]) + (", …" if len(believed) > MOST_NAMED else "")
        yield f"hypotheses of {len(believed)} with a model that two solvers find and that was not evaluated: {few}"


def _certificates(results: list[Result]) -> Iterator[str]:
    asked = [result for result in results if result.outcome.certificate]
    if not asked:
        return
    yield f"certificate checked for {sum(result.outcome.certified for result in asked)} of {len(asked)} proved"
    for result in asked:
        if not result.outcome.certified:
            yield f"  {result.obligation.id}: {result.outcome.certificate}"


def _stability(results: list[Result]) -> Iterator[str]:
    spreads = {result.obligation.id: result.outcome.spread for result in results if result.outcome.spread}
    if not spreads:
        return
    runs = max(spread.runs for spread in spreads.values())
    resources = max(spread.resources for spread in spreads.values())
    seconds = max(spread.time for spread in spreads.values())
    yield f"{runs} runs of each condition: resources vary up to {resources:.1f}×, time up to {seconds:.1f}×"
    wide = [name for name, spread in spreads.items() if spread.resources > LARGEST_SPREAD]
    if wide:
        yield f"resources vary more than {LARGEST_SPREAD}×: {', '.join(wide)}"
    slow = [name for name, spread in spreads.items() if spread.time > LARGEST_SPREAD and name not in wide]
    if slow:
        yield f"time varies more than {LARGEST_SPREAD}×: {', '.join(slow)}"


def _unneeded(run: Run) -> Iterator[str]:
    if not run.whole or not any(result.outcome.used for result in run.results):
        return
    if run.unneeded:
        yield f"invariants that no obligation here needed: {'; '.join(run.unneeded)}"
    if run.idle:
        yield f"guards and assumptions that no proof here needed: {'; '.join(run.idle)}"


def structure_json(structure: Structure) -> dict[str, Any]:
    """A structure as JSON values: for a relation the places where it holds, for a function its table or its pairs."""
    tables = {name: np.asarray(table[0], table.dtype) for name, table in structure.symbols.items()}
    return {
        "sizes": dict(structure.sizes),
        "relations": {name: np.argwhere(table).tolist() for name, table in tables.items() if table.dtype == bool},
        "functions": {name: _table_json(table.tolist()) for name, table in tables.items() if table.dtype != bool},
    }


def _table_json(table: Any) -> Any:
    """A table; of a function of numbers a list of its arguments and what it is there; a fraction as text."""
    if isinstance(table, dict):
        return [[[*map(_table_json, place)], _table_json(value)] for place, value in sorted(table.items())]
    return str(table) if isinstance(table, Fraction) else table
