"""The search for a difference: every small sequence, then limits, then random programs."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Dialect
from refinement.check.driver.bench import Programs, Work, slots_of
from refinement.check.driver.closure import Closure
from refinement.check.driver.driver import CELLS, SITUATIONS, Kind, Mismatch
from refinement.check.driver.program import Program
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.situations import Situation
from refinement.check.driver.walk import SIZES, Walk
from refinement.check.finding.finding import Conformance, Failure, Finding, failure_of
from refinement.check.finding.report import Phase
from refinement.check.process import isolation
from refinement.check.process.zygote import Ending, Limits, Order
from refinement.check.search.dialects import Observe
from refinement.check.search.leak import CYCLES, START, Leak
from refinement.check.search.limits import Limit, limits, rights_out_of_range
from refinement.check.target.target import Target

EVERY_RIGHT = tuple(range(ALL_RIGHTS, -1, -1))
SMALLEST = Scope(3, 1, 1)
LEAKS = "the last operations are one round of many"
ENOUGH = 20.0  # seconds for those
FEWEST = 2  # length to which all sequences of the smallest scope must be tried before anything conforms
STREAM = {"library": 100_000, "class": 4_000, "command": 200}  # operations of a random stream at each size
LARGEST = {"library": len(SIZES) - 1, "class": 7, "command": 5}  # of the sizes of random programs
LOOKUPS = {"library": 200_000, "class": 20_000, "command": 2_000}  # slots compared in all in a limit, about
SHARE = {"exhaustive": 0.45, "limits": 0.2}  # of the time; the rest is for random programs


@dataclass(slots=True)
class Search:
    """A search under way. ``tell`` is called with a line for each piece of it."""

    target: Target
    dialect: Dialect
    limits: Limits
    seconds: float
    seed: int
    executor: Executor
    jobs: int = 1
    tell: Callable[[str], None] = lambda line: None
    phases: list[Phase] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    situations: NDArray[np.int64] = field(default_factory=lambda: np.zeros(CELLS - SITUATIONS, np.int64))

    def perform(self, order: Order) -> Ending:
        """A job by way of the executor."""
        return self.executor.submit(isolation.perform, order).result()

    def run(self) -> Finding | None:
        """Everything in its order, until something is found."""
        begun = time.monotonic()
        end = begun + self.seconds
        exhaustive = begun + SHARE["exhaustive"] * self.seconds
        return (
            self._exhaustive(exhaustive)
            or self._limits(time.monotonic() + SHARE["limits"] * self.seconds)
            or self._random(end)
        )

    def _finding(self, kind: str, name: str, ending: Ending) -> Finding | None:
        """What a job found, with the steps before its last program."""
        failure = failure_of(ending)
        if failure is None:
            return None
        starts = np.flatnonzero(ending.journal[:, 0] == Kind.INIT)
        last = starts[-1] if len(starts) else 0
        return Finding(
            failure,
            ending.journal[last:],
            self.dialect.name,
            f"{kind}: {name}",
            history=ending.journal[:last] if last else None,
        )

    def _note(self, kind: str, name: str, sentence: str, complete: bool, ending: Ending, seconds: float) -> None:
        self.phases.append(Phase(kind, name, sentence, complete, ending.operations, seconds))
        self.tell(f"{kind}: {sentence}")
        counts = ending.situations
        deepest = max(self.situations[Situation.DEEPEST], counts[Situation.DEEPEST])
        self.situations += counts
        self.situations[Situation.DEEPEST] = deepest

    # Every small sequence.

    def _exhaustive(self, end: float) -> Finding | None:
        given_up: set[tuple[Scope, tuple[int, ...]]] = set()
        for name, make, share in self._scopes():
            seconds = share * (end - time.monotonic())
            work = make(max(seconds, 0.5))
            key = (work.scope, work.rights)
            if key in given_up:
                continue
            if isinstance(work, Sequences) and work.scope == SMALLEST and work.length <= FEWEST:
                work = replace(work, seconds=max(seconds, ENOUGH))
            elif seconds <= 0:
                continue
            begun = time.monotonic()
            endings = self._in_parts(work)
            for ending in endings:
                found = self._finding("exhaustive", name, ending)
                if found is not None:
                    self._note("exhaustive", name, f"{name}: a difference", False, ending, _since(begun))
                    return found
            complete = all(ending.how == "answered" and ending.value["complete"] for ending in endings)
            if not complete:
                given_up.add(key)
            self._note(
                "exhaustive", name, _guarantee(work, endings, complete), complete, endings[0], time.monotonic() - begun
            )
            for ending in endings[1:]:
                last = self.phases[-1]
                self.phases[-1] = replace(last, operations=last.operations + ending.operations)
        return None

    def _scopes(self) -> Iterator[tuple[str, Callable[[float], Sequences | Closure], float]]:
        """The exhaustive works, made when it is known how many seconds they have."""
        readings = self.dialect.readings
        full = (ALL_RIGHTS,)

        def sequences(scope: Scope, rights: tuple[int, ...], length: int) -> Callable[[float], Sequences]:
            return lambda seconds: Sequences(readings, scope, rights, length, seconds)

        def closure(scope: Scope, rights: tuple[int, ...]) -> Callable[[float], Closure]:
            return lambda seconds: Closure(readings, scope, rights, seconds)

        def of_length(length: int) -> str:
            return f"sequences of {length} over {SMALLEST}"

        for length in (1, 2, 3):
            yield of_length(length), sequences(SMALLEST, full, length), 0.5
        yield f"states of {SMALLEST}, all rights", closure(SMALLEST, EVERY_RIGHT), 0.3
        for length in (1, 2):
            yield f"{of_length(length)}, all rights", sequences(SMALLEST, EVERY_RIGHT, length), 0.3
        pair = Scope(2, 1, 1)
        yield f"sequences of 3 over {pair}, all rights", sequences(pair, EVERY_RIGHT, 3), 0.3
        small = Scope(2, 2, 2)
        yield f"states of {small}", closure(small, full), 0.3
        yield of_length(4), sequences(SMALLEST, full, 4), 0.4
        yield f"states of {small}, some rights", closure(small, (7, 6, 5)), 0.2
        yield of_length(5), sequences(SMALLEST, full, 5), 0.5
        for scope, share in ((Scope(3, 2, 2), 0.7), (Scope(4, 2, 1), 1.0)):
            yield f"states of {scope}", closure(scope, full), share

    def _in_parts(self, work: Sequences | Closure) -> list[Ending]:
        """A work done by all jobs at once, where it can be divided."""
        parts: list[Work] = [work]
        if isinstance(work, Sequences) and self.jobs > 1 and work.count > 100_000:
            cuts = [work.count * part // self.jobs for part in range(self.jobs + 1)]
            parts = [replace(work, first=first, stop=stop) for first, stop in pairwise(cuts)]
        return [future.result() for future in [self._submit(part) for part in parts]]

    def _submit(self, work: Work, hang: float = 0.0, wall: float = 600.0) -> "Future[Ending]":
        bounds = replace(self.limits, hang=max(hang, self.limits.hang), wall=min(wall, self.limits.wall))
        return self.executor.submit(isolation.perform, Order(self.target, work, bounds))

    # Limits.

    def _limits(self, end: float) -> Finding | None:
        every = list(limits())
        cheap = [limit for limit in every if limit.cheap and self.target.kind == "library"]
        found = self._cheap_limits(cheap) if cheap else None
        took: dict[str, tuple[int, float]] = {limit.family: (limit.size, 0.0) for limit in cheap}
        for limit in every:
            if limit in cheap or found is not None:
                continue
            smaller, seconds = took.get(limit.family, (limit.size, 0.0))
            predicted = max(0.0, seconds - 0.05) * (limit.size / max(1, smaller)) ** 2
            left = end - time.monotonic()
            if left <= 0 or predicted > max(left, self.seconds / 3):
                why = "no time was left" if left <= 0 else f"it would take about {predicted:.0f} s"
                self.remarks.append(f"left out: {limit.name}: {why}")
                continue
            begun = time.monotonic()
            found, ending = self._limit(limit, 20 * predicted)
            took[limit.family] = (limit.size, ending.value.get("seconds", _since(begun)))
        if found is None and time.monotonic() < end:
            found = self._leaks()
        return found

    def _limit(self, limit: Limit, hang: float) -> tuple[Finding | None, Ending]:
        """One limit in a process of its own."""
        begun, program = time.monotonic(), limit.program()
        wall = max(hang + 5.0, self.limits.hang + 1.0, self.seconds)
        ending = self._submit(Programs(self.dialect.readings, (program,), self._interval(program)), hang, wall).result()
        found = self._finding("limits", limit.name, ending)
        if found is not None and _does_not_fit(ending):
            self.remarks.append(f"left out: {limit.name}: {found.failure.sentence}")
            return None, ending
        if found is not None and self._is_masked(limit, ending):
            self.remarks.append("rights above 7 are not refused, but cut off to those below")
            found = None
        if ending.how == "overdue":
            self.remarks.append(f"given up: {limit.name}: it was not done in time")
        known = "a difference" if found else "no difference" if ending.how == "answered" else "not known"
        self._note("limits", limit.name, f"{limit.name}: {known}", known == "no difference", ending, _since(begun))
        if found is not None:
            found = self._smaller(limit, replace(found, program=program[: len(found.program)]))
        return found, ending

    def _cheap_limits(self, limits: list[Limit]) -> Finding | None:
        """Those that cost little, in one process as long as nothing is found; the one that fails again alone."""
        begun, programs = time.monotonic(), [limit.program() for limit in limits]
        every = max(self._interval(program) for program in programs)
        ending = self._submit(Programs(self.dialect.readings, tuple(programs), every)).result()
        if self._finding("limits", "together", ending) is None and ending.how == "answered":
            names = ", ".join(limit.name for limit in limits)
            self._note("limits", "together", f"{names}: no difference", True, ending, _since(begun))
            return None
        for limit in limits:
            found, _ = self._limit(limit, 0.0)
            if found is not None:
                return found
        return self._finding("limits", "together", ending) if not _does_not_fit(ending) else None

    def _interval(self, program: Program) -> int:
        """After how many steps all slots are compared."""
        return 1 + slots_of(program) * len(program) // LOOKUPS[self.target.kind]

    def _is_masked(self, limit: Limit, ending: Ending) -> bool:
        """Whether the only fault is that a set of rights above 7 stands for what it has below 8."""
        failure = ending.value.get("failure")
        if limit.make is not rights_out_of_range or failure is None or failure["cells"][0] != Mismatch.STATUS:
            return False
        seen = self._submit(Observe(limit.program())).result()
        return seen.how == "answered" and all(rights <= ALL_RIGHTS for _, rights in seen.value["slots"])

    def _leaks(self) -> Finding | None:
        """Memory that grows with every round, twice."""
        work = Leak(self.dialect.readings, STREAM[self.target.kind] // 8)
        begun = time.monotonic()
        ending = self._submit(work).result()
        found = self._finding("limits", "leaks", ending)
        leaks = {} if found is not None else ending.value.get("leaks", {})
        if leaks:
            again = self._submit(work).result().value.get("leaks", {})
            leaks = {name: most for name, most in leaks.items() if name in again}
        if leaks.pop("an init", None):
            self.remarks.append("each init takes memory that the next does not give back")
        for name, most in leaks.items():
            failure = Failure(Conformance.DIVERGES, f"each time, {name} takes {most:.0f} bytes that are not given back")
            program = np.concatenate([START, CYCLES[name]])
            found = Finding(failure, program, self.dialect.name, "limits: leaks", shortest=LEAKS)
            break
        measured = "no leak" if ending.value.get("measured") else "leaks cannot be measured in a target of this kind"
        sentence = measured if found is None else found.failure.sentence
        self._note("limits", "leaks", sentence, found is None, ending, _since(begun))
        return found

    def _smaller(self, limit: Limit, found: Finding) -> Finding:
        """The smallest size at which the limit's program fails, by bisection."""
        low, high = 0, limit.size
        while high - low > 1:
            middle = (low + high) // 2
            program = limit.make(middle)
            ending = self._submit(Programs(self.dialect.readings, (program,), self._interval(program))).result()
            smaller = self._finding("limits", limit.name, ending)
            if smaller is None or _does_not_fit(ending):
                low = middle
            else:
                high = middle
                found = smaller
        return found

    # Random programs.

    def _random(self, end: float) -> Finding | None:
        begun = time.monotonic()
        operations = streams = 0
        refused: set[int] = set()
        waiting: deque[Future[Ending]] = deque()
        most, largest = STREAM[self.target.kind], LARGEST[self.target.kind]
        number = 0
        while True:
            while len(waiting) < self.jobs and (time.monotonic() < end or number == 0):
                waiting.append(self._submit(Walk(self.dialect.readings, self.seed, number, most, 0, largest)))
                number += 1
            if not waiting:
                break
            ending = waiting.popleft().result()
            found = self._finding("random", f"stream {streams} of seed {self.seed}", ending)
            streams += 1
            operations += ending.operations
            self._note("random", f"stream {streams}", f"{operations:,} random operations", True, ending, 0.0)
            self.phases.pop()
            if found is not None or ending.how == "answered":
                refused |= set(ending.value.get("refused", ()))
            else:
                self.remarks.append(f"given up: stream {streams}: it was not done in time")
            if found is not None or time.monotonic() >= end:
                break
        for future in waiting:
            future.cancel()
        self.remarks += [f"left out: random programs over {SIZES[n][0]}: init refused" for n in sorted(refused)]
        sentence = f"{operations:,} random operations in {streams} streams of seed {self.seed}"
        self.phases.append(Phase("random", "random", sentence, found is None, operations, _since(begun)))
        return found


def _operations(number: int) -> str:
    return f"{number} operation" + "s" * (number != 1)


def _since(begun: float) -> float:
    return time.monotonic() - begun


def _does_not_fit(ending: Ending) -> bool:
    """Whether the target said at init that it cannot be that large, which is no difference."""
    failure = ending.value.get("failure")
    return failure is not None and failure["cells"][0] == Mismatch.UNFIT and failure["cells"][4] > 0


def _guarantee(work: Sequences | Closure, endings: Iterable[Ending], complete: bool) -> str:
    """What is known after an exhaustive work that found nothing."""
    rights = "" if work.rights == (ALL_RIGHTS,) else ", with every set of rights"
    if 0 not in work.rights and len(work.rights) > 1:
        rights = f", with {len(work.rights)} sets of rights"
    values = [ending.value for ending in endings if ending.how == "answered"]
    if isinstance(work, Sequences):
        done = sum(value["done"] for value in values)
        if complete:
            return f"all {work.count:,} sequences of {_operations(work.length)} over {work.scope}{rights}"
        return f"{done:,} of {work.count:,} sequences of {_operations(work.length)} over {work.scope}{rights}"
    value = values[0] if values else {"states": 0, "transitions": 0, "level": 0, "expanded": 0}
    if complete:
        return f"every operation, and then every flush, in all {value['states']:,} states of {work.scope}{rights}"
    return (
        f"every operation, and then every flush, in {value['expanded']:,} states of {work.scope}{rights}"
        f" (all that {value['level'] - 1} operations reach)"
    )
