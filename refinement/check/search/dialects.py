"""Find the readings of a target: experiments whose outcome tells dialects apart.

A target is asked to do each experiment, and what it shows is compared with what each dialect would. So a dialect is
ruled out by an observation that anybody can repeat, and the target's faults elsewhere do not matter.
"""

import ctypes
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from model.choice import Choice, choices_of
from model.spaces import literal as spaces
from model.spaces.dialect import (
    CANONICAL,
    DIALECTS,
    Ancestor,
    Dialect,
    FrameHolder,
    GrantedChildren,
    NoRights,
    Occupied,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Reading,
    Readings,
)
from model.spaces.literal import CYCLE_MET, NIL
from refinement.check.driver import driver
from refinement.check.driver.bench import Bench
from refinement.check.driver.program import Program, program_of, scope_at
from refinement.check.finding.finding import shown
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.search.experiments import EXPERIMENTS, SCOPE, Experiment
from refinement.check.search.hardware import kept_on
from refinement.check.search.predicting import predictor
from refinement.check.target.calls import UNKNOWN, Call
from refinement.check.target.target import Target
from refinement.check.target.wrapping import SIGNATURES

FEW_CHANGES = 3
ALL_CHANGES = len(choices_of(Readings()))

Seen: TypeAlias = tuple[Sequence[int | None], list[tuple[int, int]]]
"""The status of each step, None if not told, and then each slot's frame and rights (0 where there is no frame)."""


@dataclass(frozen=True, slots=True)
class Observe:
    """A program done without comparing, and what each step returned and each slot shows then."""

    program: Program

    def do(self, bench: Bench) -> dict[str, Any]:
        """``statuses``, and ``slots`` as pairs of frame and rights; nothing if the target cannot be asked all of it."""
        if any(driver.cannot_be_said(bench.cells, row[0], row[1], row[3]) for row in self.program):
            return {}
        bench.cells[driver.BEGUN] = bench.cells[driver.ROWS]

        def called(call: Call, *arguments: Any) -> int:
            bench.cells[driver.INSIDE] = call + 1
            bench.cells[driver.CALLS] += 1
            result = int(SIGNATURES[call](bench.loaded.addresses[call])(*arguments))
            bench.cells[driver.INSIDE] = 0
            return result

        statuses: list[int | None] = []
        for row in self.program:
            bench.rows[bench.cells[driver.ROWS]] = row
            bench.cells[driver.ROWS] += 1
            kind, a, b, c, d, rights = (int(number) for number in row)
            arguments = {0: (a, b, c), 3: (a, b, rights)}.get(kind, (a, b, c, d, rights))
            status = called(Call(kind), *arguments)
            untold = status == UNKNOWN and bench.cells[driver.MAY_NOT_TELL] and kind != driver.StepKind.INIT
            statuses.append(None if untold else status)
        scope, slots = scope_at(self.program, 0), []
        for x in range(scope.slots):
            out = ctypes.c_uint32(0)
            frame = called(Call.LOOKUP, *divmod(x, scope.pages), ctypes.byref(out))
            slots.append((frame, int(out.value) if frame >= 0 else 0))
        return {"statuses": statuses[1:], "slots": slots}


@dataclass(frozen=True, slots=True)
class Ruling:
    """An observation that rules a dialect out."""

    dialect: str
    experiment: Experiment
    difference: str

    def __str__(self) -> str:
        """In one line."""
        return f"{self.experiment.question}: {self.experiment.steps}: {self.difference}"


@dataclass(frozen=True, slots=True)
class DialectReport:
    """The results of the experiments.

    ``dialect`` fits all of them if ``fits``; otherwise none that was tried does, and it is the one with the fewest
    differences. ``rulings``: for each named dialect that is ruled out, an observation; ``against``: all observations
    that contradict the dialect that fits best. ``tried``: how many combinations of readings were,
    and ``complete`` whether that is all of them, or one fits.
    ``unanswered``: experiments that the target did not survive, or that it has no words for.
    """

    dialect: Dialect
    fits: bool
    rulings: tuple[Ruling, ...]
    unanswered: tuple[str, ...]
    against: tuple[Ruling, ...] = ()
    tried: int = 0
    complete: bool = True

    def readings(self) -> list[str]:
        """The readings of the dialect, in sentences."""
        return [choice.prose for choice in self.dialect.readings if isinstance(choice, Choice)]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "dialect": self.dialect.name,
            "fits": self.fits,
            "hazard": self.dialect.hazard,
            "readings": self.readings(),
            "ruled_out": [{"dialect": ruling.dialect, "by": str(ruling)} for ruling in self.rulings],
            "unanswered": list(self.unanswered),
            "against": [str(ruling) for ruling in self.against],
            "tried": self.tried,
            "complete": self.complete,
        }


def find_dialect(
    target: Target,
    *,
    limits: Limits = DEFAULT_LIMITS,
    perform: Callable[[Order], Ending] = isolation.perform,
    changes: int = FEW_CHANGES,
    seconds: float = math.inf,
) -> DialectReport:
    """The dialect that the target speaks.

    What a target's hardware keeps of rights is no reading; a function that breaks a law there is left to the check.

    :param changes: how many readings of canonical are changed at once, where no named dialect fits.
    :param seconds: for these; the report says if that was not enough for all.
    :raises TargetError: the target does not have the interface.
    """
    kept = kept_on(target, limits=limits, perform=perform)
    seen: list[Seen | None] = []
    for experiment in EXPERIMENTS:
        ending = perform(Order(target, Observe(_program(experiment)), limits))
        answered = ending.how == "answered" and bool(ending.value)
        seen.append((ending.value["statuses"], [tuple(slot) for slot in ending.value["slots"]]) if answered else None)
    unanswered = tuple(e.question for e, observed in zip(EXPERIMENTS, seen, strict=True) if observed is None)
    named = {dialect.name: dialect for dialect in (each.keeping(kept) for each in DIALECTS.values())}
    against = {name: contradictions(dialect.readings, seen) for name, dialect in named.items()}
    fitting, tried, complete = [named[name] for name, found in against.items() if not found], len(named), True
    if not fitting:
        known = min(named.values(), key=lambda dialect: len(against[dialect.name]))
        others = InTime((dialect.keeping(kept) for dialect in variations(changes)), seconds)
        nearest, more = nearest_to(seen, known, iter(others))
        fitting, tried, complete = [nearest], tried + more, not others.late
    # Where σ(v) and P_v differ either may be shown, so that several can fit; the one whose P_v are shown is meant.
    strictly = {dialect.name: contradictions(dialect.readings, seen, strict=True) for dialect in fitting}
    best, *rest = sorted(fitting, key=lambda dialect: len(strictly[dialect.name]))
    for dialect in rest:
        against[dialect.name] = strictly[dialect.name]
    rulings = tuple(Ruling(name, *found[0]) for name, found in against.items() if found)
    contradicts = tuple(Ruling(best.name, *found) for found in contradictions(best.readings, seen))
    fits = not contradicts
    return DialectReport(best, fits, rulings, unanswered, contradicts, tried, complete or fits)


class InTime:
    """Dialects as long as the time goes; ``late``: it was over before they were."""

    def __init__(self, dialects: Iterator[Dialect], seconds: float) -> None:
        """The time begins now."""
        self._dialects, self._end, self.late = dialects, time.monotonic() + seconds, False

    def __iter__(self) -> Iterator[Dialect]:
        """One after the other."""
        for dialect in self._dialects:
            self.late = time.monotonic() > self._end
            if self.late:
                return
            yield dialect


def nearest_to(seen: Sequence[Seen | None], known: Dialect, others: Iterator[Dialect]) -> tuple[Dialect, int]:
    """The dialect that fewest experiments contradict, the first of several, and how many were tried.

    :param known: the best that is known already; of the others the first that fits ends the search.
    """
    best, fewest, tried = known, len(contradictions(known.readings, seen)), 0
    for dialect in others:
        tried += 1
        count = 0
        for experiment, observed in zip(EXPERIMENTS, seen, strict=True):
            differs = observed is not None and difference_between(experiment, dialect.readings, observed, False)
            count += bool(differs)
            if count >= fewest:
                break
        if count < fewest:
            best, fewest = dialect, count
        if fewest == 0:
            break
    return best, tried


def _program(experiment: Experiment) -> Program:
    from model.trace import Trace

    return program_of(Trace(CANONICAL.name, SCOPE, experiment.operations))


def contradictions(
    readings: Readings, seen: Sequence[Seen | None], *, strict: bool = False
) -> list[tuple[Experiment, str]]:
    """The experiments whose outcome is not that of the readings, and how it differs; ``strict``: as P has it."""
    found = []
    for experiment, observed in zip(EXPERIMENTS, seen, strict=True):
        difference = None if observed is None else difference_between(experiment, readings, observed, strict)
        if difference is not None:
            found.append((experiment, difference))
    return found


def difference_between(experiment: Experiment, readings: Readings, seen: Seen, strict: bool) -> str | None:
    """Return how an observation differs from the readings' prediction; None where they agree, or predict nothing.

    :raises ValueError: not each operation has its status.
    """
    predicted = predictor(SCOPE, experiment.operations).outcome(readings)
    state = predicted.state
    statuses, slots = seen
    if len(statuses) != len(experiment.operations):
        raise ValueError(f"{experiment.question}: {len(experiment.operations)} operations, {len(statuses)} statuses")
    # The prediction may be shorter: it ends with the first operation that meets a circle, and there the loop ends too.
    for operation, status, expected in zip(experiment.operations, statuses, predicted.statuses, strict=True):
        if expected == CYCLE_MET:
            return None
        if status not in (expected, None):
            return f"{operation.text(SCOPE)} returned {status}, expected {expected}"
    for x, (frame, rights) in enumerate(slots):
        allowed = {int(state.phys[x])} | (set() if strict else {max(NIL, spaces.evaluate(state, x))})
        expected_rights = int(state.rights[x])
        if frame not in allowed or (frame >= 0 and rights != expected_rights):
            expected_shown = shown(int(state.phys[x]), expected_rights)
            return f"{SCOPE.name(x)} shows {shown(frame, rights)}, expected {expected_shown}"
    return None


# What may be chosen otherwise in a dialect without making it unsafe; those readings are tried first.
SAFE = {
    "own_slot": (OwnSlot.REFUSED, OwnSlot.NOTHING),
    "ancestor": (Ancestor.REFUSED, Ancestor.EMPTIED, Ancestor.EXTENDED),
    "frame_holder": (FrameHolder.REFUSED,),
    "occupied": (Occupied.REPLACED, Occupied.REFUSED, Occupied.EXTENDED_CHILD, Occupied.MAP_REFUSED),
    "reading": (Reading.AFTER,),
    "granted_children": (GrantedChildren.KEPT, GrantedChildren.FLUSHED, GrantedChildren.NO_GRANT),
    "no_rights": (NoRights.REFUSED, NoRights.NOTHING),
    "partial_flush": (PartialFlush.ANY, PartialFlush.ALL_ONLY),
    "own_page": (OwnPage.KEPT, OwnPage.INCLUDED),
}


def variations(most: int) -> Iterator[Dialect]:
    """Canonical with at most so many other readings: those without a hazard first, then all that there are."""
    every: dict[str, tuple[Any, ...]] = {name: tuple(choice) for name, choice in choices_of(Readings()).items()}
    seen = set()
    for choices in (SAFE, every):
        changes = [
            [(name, choice) for choice in options if choice != getattr(Readings(), name)]
            for name, options in choices.items()
        ]
        for number in range(1, min(most, len(changes)) + 1):
            for chosen in itertools.combinations(changes, number):
                for changed in itertools.product(*chosen):
                    if changed not in seen:
                        seen.add(changed)
                        yield CANONICAL.reading(**dict(changed))
