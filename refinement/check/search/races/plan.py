"""Plan the scenarios to race: every pair of calls in every state of small scopes, then more calls, then random ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from math import gcd

import numpy as np

from model.counting import counted
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, DONE
from model.spaces.operation import Kind
from refinement.check.driver.driver import StepKind
from refinement.check.races.judging import NOTHING, Judge
from refinement.check.races.scenario import Call, Scenario

SOME = 4  # a right that is passed, or taken, alone
ONE_FRAME, TWO_FRAMES = Scope(3, 1, 1), Scope(2, 2, 2)
LARGE = (Scope(3, 1, 1), Scope(2, 2, 2), Scope(3, 2, 1), Scope(3, 2, 2), Scope(4, 1, 1))


@dataclass(frozen=True, slots=True)
class RacePart:
    """A part of the search: so many calls in so many threads, in states at most so many calls deep.

    ``looks``: the calls of the first thread are looks; ``refills``: they empty a page and fill it anew, and the call of
    the second is of this page, so that what it saw there may have been given to another. ``narrows``: one at least is
    not of all rights.
    """

    scope: Scope
    sizes: tuple[int, ...]
    depth: int
    preemptions: int
    share: float
    looks: bool = False
    refills: bool = False
    narrows: bool = False

    @property
    def name(self) -> str:
        """What is tried."""
        calls = {(1, 1): "pairs of calls", (1, 1, 1): "triples of calls", (2, 1): "two calls beside one"}
        what = "two looks beside a call" if self.looks else calls[self.sizes]
        what = "a page emptied and filled beside a call of it" if self.refills else what
        what += ", one of some rights," if self.narrows else ""
        bound = f"{counted(self.preemptions, 'preemption')}"
        states = "" if self.depth > 8 else f", in states {self.depth} deep"
        return f"{what} over {self.scope}{states}, {bound}"


def parts(threads: int) -> list[RacePart]:
    """What is gone through, in this order."""
    found = [
        RacePart(ONE_FRAME, (1, 1), 9, 1, 0.5),
        RacePart(ONE_FRAME, (2, 1), 9, 1, 0.15, looks=True),
        RacePart(ONE_FRAME, (1, 1), 1, 1, 0.25, narrows=True),
        RacePart(TWO_FRAMES, (2, 1), 1, 1, 0.25, refills=True),
        RacePart(ONE_FRAME, (1, 1), 9, 2, 0.2),
        RacePart(TWO_FRAMES, (1, 1), 2, 1, 0.4),
    ]
    if threads > 2:
        found.append(RacePart(ONE_FRAME, (1, 1, 1), 1, 1, 0.4))
    return [
        *found,
        RacePart(ONE_FRAME, (2, 1), 1, 1, 0.4),
        RacePart(TWO_FRAMES, (1, 1), 2, 2, 0.7),
        RacePart(ONE_FRAME, (1, 1), 9, 3, 0.9),
    ]


def alphabet(scope: Scope) -> list[Call]:
    """Every call of a scope with all rights, and a look at each page."""
    slots = [divmod(slot, scope.pages) for slot in range(scope.slots)]
    passes = [(int(kind), *src, *dst, ALL_RIGHTS) for kind in (Kind.MAP, Kind.GRANT) for src in slots for dst in slots]
    flushes = [(int(Kind.FLUSH), *src, 0, 0, ALL_RIGHTS) for src in slots]
    looks = [(int(StepKind.LOOK), *src, 0, 0, 0) for src in slots]
    return [*(each for each in passes if each[1:3] != each[3:5]), *flushes, *looks]


def setups(judge: Judge, depth: int) -> list[tuple[Call, ...]]:
    """A shortest list of calls to each state that is at most so many calls deep."""
    calls = [call for call in alphabet(judge.scope) if call[0] != StepKind.LOOK]
    paths: dict[int, tuple[Call, ...]] = {judge.initial(): ()}
    frontier = [judge.initial()]
    for _ in range(depth):
        found = []
        for state in frontier:
            for call in calls:
                status, after = judge.step(state, call)
                if status == DONE and after not in paths:
                    paths[after] = (*paths[state], call)
                    found.append(after)
        frontier = found
    return list(paths.values())


def scenarios(part: RacePart, readings: Readings) -> Iterator[Scenario]:
    """The scenarios of a part: each set of calls once, and none that only looks.

    They come in an order in which those that are cut off for want of time are spread evenly.
    """
    judge = Judge(part.scope, readings)
    calls = alphabet(part.scope)
    before = setups(judge, part.depth)
    if part.refills:
        refills = list(_refills(judge, before, calls))
        yield from (refills[at] for at in _spread(len(refills)))
        return
    threads: list[tuple[tuple[Call, ...], ...]]
    if part.narrows:
        narrow = [(*call[:5], SOME) for call in calls if call[0] != StepKind.LOOK]
        threads = [((a,), (b,)) for n, a in enumerate(narrow) for b in (*calls, *narrow[n:])]
    elif part.sizes == (2, 1):
        first = [call for call in calls if call[0] == StepKind.LOOK] if part.looks else calls
        threads = [((a, b), (c,)) for a in first for b in first for c in calls if part.looks or a != b]
    else:
        threads = [tuple((call,) for call in each) for each in combinations_with_replacement(calls, len(part.sizes))]
    looks = int(StepKind.LOOK)
    threads = [each for each in threads if sum(any(c[0] != looks for c in calls) for calls in each) > 0]
    for at in _spread(len(before) * len(threads)):
        setup, calls_of = divmod(at, len(threads))
        yield Scenario(part.scope, before[setup], threads[calls_of])


def _spread(count: int) -> Iterator[int]:
    """The numbers below the count, each once, of which the first few lie evenly."""
    stride = next(n for n in range(int(0.618 * count) | 1, 2 * count + 2) if gcd(n, count) == 1)
    return (n * stride % count for n in range(count))


def _refills(judge: Judge, before: list[tuple[Call, ...]], calls: list[Call]) -> Iterator[Scenario]:
    """A page is emptied and filled by one thread, while a call of another begins there."""
    flush, look, nothing = int(Kind.FLUSH), int(StepKind.LOOK), frozenset((NOTHING,))
    empties = [call for call in calls if call[0] in (flush, int(Kind.GRANT))]
    fills = [call for call in calls if call[0] not in (flush, look)]
    for setup, first in product(before, empties):
        state = judge.after(setup)
        done, emptied = (CYCLE_MET, 0) if state is None else judge.step(state, first)
        if state is None or done != DONE:
            continue
        for second in fills:
            slot = judge.scope.slot(second[3], second[4])
            if judge.shows(state, slot) == nothing or judge.shows(emptied, slot) != nothing:
                continue
            if judge.step(emptied, second)[0] == DONE:
                beside = (call for call in calls if call[1:3] == second[3:5])
                yield from (Scenario(judge.scope, setup, ((first, second), (call,))) for call in beside)


def random_scenarios(seed: int, count: int, threads: int, readings: Readings) -> list[Scenario]:
    """Scenarios with more calls, more threads, and fewer rights, drawn to pages that hold something."""
    random, found = np.random.default_rng(seed), []
    for _ in range(count):
        scope = LARGE[int(random.integers(len(LARGE)))]
        judge = Judge(scope, readings)
        setup, state = [], judge.initial()
        for _ in range(int(random.integers(0, 7))):
            call = _random_call(random, scope, looks=False)
            status, after = judge.step(state, call)
            if status == DONE:
                setup.append(call)
                state = after
            if status == CYCLE_MET:
                break
        sizes = random.integers(1, 4, int(random.integers(2, threads + 1)))
        calls = tuple(tuple(_random_call(random, scope, looks=True) for _ in range(size)) for size in sizes)
        found.append(Scenario(scope, tuple(setup), calls))
    return found


def _random_call(random: np.random.Generator, scope: Scope, *, looks: bool) -> Call:
    kind = int(random.choice((1, 1, 2, 3, 4) if looks else (1, 1, 1, 2, 3)))
    src, dst = (divmod(int(slot), scope.pages) for slot in random.integers(scope.slots, size=2))
    rights = ALL_RIGHTS if random.random() < 0.7 else int(random.integers(1, ALL_RIGHTS))
    if kind in (int(Kind.MAP), int(Kind.GRANT)):
        return (kind, *src, *dst, rights)
    return (kind, *src, 0, 0, rights if kind == int(Kind.FLUSH) else 0)
