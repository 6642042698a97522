"""The context that the parts of a search share: target, time, how jobs are given out, what became known."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from model.spaces.dialect import Dialect
from refinement.check.driver.bench import Masked, Probe, Work
from refinement.check.driver.driver import CELLS, SITUATIONS, StepKind
from refinement.check.driver.situations import Situation
from refinement.check.driver.warming import Compile
from refinement.check.finding.finding import Finding, failure_of
from refinement.check.finding.report import Phase
from refinement.check.process import isolation
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.search.remarks import Remarks
from refinement.check.target.target import Target

LEAST = 0.5  # seconds that a job has, however late it is
BEHIND = "but for what lies behind known causes"
LATE = "late: the time is over; what every check has to do is still done, a second or so for each part"


@dataclass(slots=True)
class SearchContext:
    """A search under way. ``tell`` is called with a line for each piece of it; ``end`` is when its time is over.

    ``known``: the numbers of causes of differences that are passed over, none if all differences end it; ``masked``:
    how often each was met; ``cause``: that of what was found last, if it has one.
    """

    target: Target
    dialect: Dialect
    limits: Limits
    seconds: float
    seed: int
    executor: Executor
    jobs: int = 1
    small_stack: int = 0
    tell: Callable[[str], None] = lambda line: None
    end: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    situations: NDArray[np.int64] = field(default_factory=lambda: np.zeros(CELLS - SITUATIONS, np.int64))
    prepared: set[type[Work]] = field(default_factory=set)
    stood: float = 0.0
    is_late: bool = False
    known: tuple[int, ...] | None = None
    masked: dict[str, int] = field(default_factory=dict)
    cause: str = ""

    def now(self) -> float:
        """The search's own clock, which stands still while something is compiled."""
        return time.monotonic() - self.stood

    def left(self) -> float:
        """Seconds that are left."""
        return self.end - self.now()

    def prepare(self, *kinds: type[Work]) -> None:
        """Have compiled what works of these kinds run, before the first of them; several jobs find it on disk then."""
        missing = tuple(kind for kind in kinds if kind not in self.prepared)
        if missing:
            begun = time.monotonic()
            self.perform(Order(self.target, Compile(missing), self.limits))
            self.prepared.update(missing)
            self.stood += time.monotonic() - begun

    def perform(self, order: Order) -> Ending:
        """A job by way of the executor."""
        order = replace(order, work=self._masking(order.work))
        return self.executor.submit(isolation.perform, order).result()

    def _masking(self, work: Work) -> Work:
        """The work, or where causes are known that which passes them over."""
        if self.known is None or isinstance(work, Compile | Probe):
            return work
        return Masked(work, self.known)

    def submit(self, work: Work, seconds: float, *, hang: float = 0.0, stack: int = 0) -> "Future[Ending]":
        """A job that has about so many seconds; one that a call of it takes longer than may be is ended."""
        if self.end and self.left() < 0 and not self.is_late:
            self.is_late = True
            self.tell(LATE)
        hang = max(hang, self.limits.hang)
        wall = min(max(seconds, LEAST) + hang, self.limits.wall)
        bounds = Limits(hang, self.limits.memory, wall, stack, self.limits.processes)
        return self.executor.submit(isolation.perform, Order(self.target, self._masking(work), bounds))

    def found(self, kind: str, name: str, ending: Ending, *, stack: int = 0) -> Finding | None:
        """What a job found, with the steps before its last program."""
        limits = Limits(self.limits.hang, self.limits.memory, self.limits.wall, stack, self.limits.processes)
        failure = failure_of(ending, limits)
        for cause, count in ending.value.get("masked", {}).items():
            self.masked[cause] = self.masked.get(cause, 0) + count
        if failure is None:
            return None
        self.cause = ending.value.get("cause", "")
        starts = np.flatnonzero(ending.journal[:, 0] == StepKind.INIT)
        last = starts[-1] if len(starts) else 0
        return Finding(
            failure,
            ending.journal[last:],
            self.dialect.name,
            f"{kind}: {name}",
            history=ending.journal[:last] if last else None,
            stack=stack,
        )

    def note(self, phase: Phase, ending: Ending) -> None:
        """What is known after a piece of the search."""
        if ending.value.get("masked"):
            phase = replace(phase, sentence=f"{phase.sentence}, {BEHIND}")
        self.phases.append(phase)
        self.tell(f"{phase.kind}: {phase.sentence}")
        self.count(ending)

    def count(self, ending: Ending) -> None:
        """The situations that a job has met."""
        deepest = max(self.situations[Situation.DEEPEST], ending.situations[Situation.DEEPEST])
        self.situations += ending.situations
        self.situations[Situation.DEEPEST] = deepest


def since(begun: float) -> float:
    """Seconds since then."""
    return time.monotonic() - begun
