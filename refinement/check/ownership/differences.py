"""Jobs that go on past differences in ownership, and keep one of each cause that is not known."""

import random
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.ownership.literal import DONE, REFUSED
from model.ownership.operation import PageOperation
from model.ownership.readings import OwnershipReadings
from model.scope import Scope
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import FAULT, Mismatch
from refinement.check.ownership.cause import cause_of
from refinement.check.ownership.lockstep import DiffersError, Lockstep, ending_of
from refinement.check.ownership.works import MOST_STATES, lockstep, next_operation

Path = tuple[PageOperation, ...]


class _Collected:
    """Differences that were met, by their causes."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.causes = set(known)
        self.found: list[dict[str, Any]] = []
        self.passed_over: dict[str, int] = {}
        self.agreed: set[str] = set()

    def note(self, pages: Lockstep) -> None:
        """Keep the difference that the target and the model have now, unless its cause is known; the next may come.

        :raises DiffersError: the target refuses the size.
        """
        self.keep(pages, tuple(pages.done), self.taken(pages))

    @staticmethod
    def taken(pages: Lockstep) -> dict[str, Any]:
        """The difference, taken from the journal's cells, so that the next may come.

        :raises DiffersError: the target refuses the size.
        """
        failure = pages.bench.failure()
        assert failure is not None
        if failure["cells"][0] == Mismatch.UNFIT:
            raise DiffersError
        pages.bench.cells[FAULT] = Mismatch.NONE
        return failure

    @property
    def count(self) -> int:
        """How many differences were met, known or not."""
        return sum(self.passed_over.values()) + len(self.found)

    def keep(self, pages: Lockstep, operations: Path, failure: dict[str, Any]) -> None:
        """The same, of a difference that came earlier."""
        cause = cause_of(pages.scope, operations, failure["cells"], pages.readings)
        if cause in self.causes:
            self.passed_over[cause] = self.passed_over.get(cause, 0) + 1
            return
        self.causes.add(cause)
        self.found.append({"cause": cause, "path": [[int(n) for n in each] for each in operations], **failure})

    def answer(self, bench: Bench, **more: Any) -> dict[str, Any]:
        """``found``, what was ``passed_over`` and how often, and the kinds that changed something rightly."""
        return ending_of(bench, found=self.found, passed_over=self.passed_over, agreed=sorted(self.agreed), **more)


@dataclass(frozen=True, slots=True)
class OwnershipDifferences:
    """Every operation after every step from each of a scope's states, past differences; nothing lies behind one.

    :param known: causes that are passed over.
    """

    readings: OwnershipReadings
    scope: Scope
    seconds: float
    known: tuple[str, ...]

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """``states`` whose steps were gone through, how many operations were ``tried``, and whether that is all."""
        pages = lockstep(bench, self.scope, OwnershipReadings(*self.readings))
        kept, tried, states = _Collected(self.known), 0, 0
        end = time.monotonic() + self.seconds
        try:
            met, waiting = {0}, deque([(0, Path(), _around(pages, (), kept))])
            while waiting:
                state, path, differing = waiting.popleft()
                for each in pages.offered:
                    status, after = pages.graph.step(state, each)
                    if status == REFUSED or each in differing:
                        continue
                    if time.monotonic() > end:
                        return kept.answer(bench, states=states, tried=tried, complete=False)
                    longer = (*path, each)
                    beyond = _around(pages, longer, kept)
                    tried += len(pages.offered)
                    if after not in met:
                        met.add(after)
                        waiting.append((after, longer, beyond))
                states += 1
        except DiffersError:  # the target refuses the size
            return kept.answer(bench, states=states, tried=tried, complete=False)
        return kept.answer(bench, states=states, tried=tried, complete=True)


def _around(pages: Lockstep, path: Path, kept: _Collected) -> frozenset[PageOperation]:
    """Try every operation after the path; those that differ there.

    All go together first. Where something differs each is tried alone, then those that are refused one after the other.

    :raises DiffersError: the target refuses the size.
    """
    state = pages.graph.after(path)
    ends = {each: pages.graph.step(state, each)[0] for each in pages.offered}
    try:
        pages.around(path)
    except DiffersError:
        first, failure = tuple(pages.done), kept.taken(pages)
    else:
        kept.agreed |= {each.kind.word for each, end in ends.items() if end == DONE}
        return frozenset()
    met = kept.count
    differing = _alone(pages, path, kept, ends)
    try:
        pages.follow(path)
        for each, end in ends.items():
            if end == REFUSED and each not in differing:
                pages.do(each)
                pages.look()
    except DiffersError:
        kept.note(pages)
    if kept.count == met:  # it showed only after all that went before it
        kept.keep(pages, first, failure)
    return differing


def _alone(
    pages: Lockstep, path: Path, kept: _Collected, ends: Mapping[PageOperation, int]
) -> frozenset[PageOperation]:
    """Each operation after the path, from a fresh start; those that differ, and all if the path does."""
    differing = set()
    for each, end in ends.items():
        try:
            pages.follow(path)
            pages.look()
        except DiffersError:
            kept.note(pages)
            return frozenset(ends)
        try:
            pages.do(each)
            pages.look()
        except DiffersError:
            kept.note(pages)
            differing.add(each)
        else:
            kept.agreed |= {each.kind.word} if end == DONE else set()
    return frozenset(differing)


@dataclass(frozen=True, slots=True)
class OwnershipRandomDifferences:
    """Random programs until the time is over, past differences: each ends at the first that it meets."""

    readings: OwnershipReadings
    scope: Scope
    length: int
    seed: int
    seconds: float
    known: tuple[str, ...]

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """How many ``programs`` there were."""
        chosen, readings = random.Random(self.seed), OwnershipReadings(*self.readings)
        pages, programs, kept = lockstep(bench, self.scope, readings), 0, _Collected(self.known)
        end = time.monotonic() + self.seconds
        while programs == 0 or time.monotonic() < end:
            if len(pages.graph) > MOST_STATES:
                pages = lockstep(bench, self.scope, readings)
            try:
                pages.start()
                for _ in range(chosen.randint(1, self.length)):
                    operation = next_operation(pages, chosen)
                    before = pages.state
                    pages.do(operation)
                    pages.look()
                    kept.agreed |= {operation.kind.word} if pages.state != before else set()
            except DiffersError:
                try:
                    kept.note(pages)
                except DiffersError:  # the target refuses the size
                    break
            programs += 1
        return kept.answer(bench, programs=programs)
