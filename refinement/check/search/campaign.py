"""The search for a difference: every small sequence, then limits, then random programs."""

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from itertools import pairwise

from model.counting import counted
from model.scope import Scope
from refinement.check.driver.bench import Programs, Work
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.walk import SIZES, Walk
from refinement.check.finding.finding import Finding
from refinement.check.finding.report import Phase
from refinement.check.process.order import Ending
from refinement.check.search.context import SearchContext, since
from refinement.check.search.limit_runs import run_limits
from refinement.check.search.plan import FEWEST, SMALLEST, guarantee, scopes
from refinement.check.search.remarks import NO_TIME, OVERDUE, REFUSED

LEAST = 1.0  # seconds for the fewest sequences, and for a random stream, however few the whole search has
ENOUGH = 20.0  # seconds for the fewest sequences, if the whole search has as many
STREAM = {"library": 100_000, "class": 4_000, "command": 200}  # operations of a random stream at each size
LARGEST = {"library": len(SIZES) - 1, "class": 7, "command": 5}  # of the sizes of random programs
SHARE = {"exhaustive": 0.4, "limits": 0.35}  # of the time; the rest is for random programs
MANY = 100_000  # sequences, from which on several jobs divide them


def run(search: SearchContext) -> Finding | None:
    """Everything in its order, until something is found."""
    search.prepare(Programs, Sequences)
    search.end = search.now() + search.seconds
    found = _exhaustive(search, search.now() + SHARE["exhaustive"] * search.seconds)
    if found is None:
        limits = search.now() + SHARE["limits"] * search.seconds
        found = run_limits(search, min(limits, search.end))
    if found is None:
        found = _random(search)
    return found


def _exhaustive(search: SearchContext, end: float) -> Finding | None:
    """Every small sequence, and every state of small scopes."""
    given_up: set[tuple[Scope, tuple[int, ...], bool]] = set()
    for name, make, share in scopes(search.dialect.readings):
        seconds = share * (end - search.now())
        work = make(max(seconds, 0.5))
        key = (work.scope, work.rights, isinstance(work, Closure) or work.looks)
        fewest = isinstance(work, Sequences) and work.scope == SMALLEST and work.length <= FEWEST and not work.looks
        if key in given_up and not fewest:
            continue
        if fewest:
            work = replace(work, seconds=max(seconds, min(ENOUGH, search.left()), LEAST))
        elif seconds <= 0:
            search.remarks.leave_out(name, NO_TIME)
            continue
        search.prepare(type(work))
        begun = time.monotonic()
        endings = [
            future.result() for future in [search.submit(part, work.seconds) for part in _parts(work, search.jobs)]
        ]
        for ending in endings:
            found = search.found("exhaustive", name, ending)
            if found is not None:
                sentence = f"{name}: a difference"
                search.note(Phase("exhaustive", name, sentence, False, ending.operations, since(begun)), ending)
                return found
        complete = all(ending.how == "answered" and ending.value["complete"] for ending in endings)
        if not complete:
            given_up.add(key)
        operations = sum(ending.operations for ending in endings)
        sentence = guarantee(work, endings, complete)
        search.note(Phase("exhaustive", name, sentence, complete, operations, since(begun)), endings[0])
        for ending in endings[1:]:
            search.count(ending)
    return None


def _parts(work: Sequences | Closure, jobs: int) -> list[Work]:
    """A work for all jobs at once, where it can be divided."""
    if isinstance(work, Sequences) and jobs > 1 and work.count > MANY:
        cuts = [work.count * part // jobs for part in range(jobs + 1)]
        return [replace(work, first=first, stop=stop) for first, stop in pairwise(cuts)]
    return [work]


def _random(search: SearchContext) -> Finding | None:
    """Random programs until the time is over; at least one stream."""
    search.prepare(Walk)
    begun = time.monotonic()
    operations = streams = 0
    refused: set[int] = set()
    waiting: deque[Future[Ending]] = deque()
    most, largest = STREAM[search.target.kind], LARGEST[search.target.kind]
    number = 0
    while True:
        while len(waiting) < search.jobs and (search.left() > 0 or number == 0):
            seconds = max(search.left(), LEAST)
            walk = Walk(search.dialect.readings, search.seed, number, most, 0, largest, seconds)
            waiting.append(search.submit(walk, seconds))
            number += 1
        if not waiting:
            break
        ending = waiting.popleft().result()
        found = search.found("random", f"stream {streams} of seed {search.seed}", ending)
        operations += ending.operations
        search.count(ending)
        search.tell(f"random: {counted(operations, 'random operation')}")
        if found is not None or ending.how == "answered":
            refused |= set(ending.value.get("refused", ()))
        else:
            search.remarks.leave_out(f"stream {streams}", OVERDUE)
        streams += 1
        if found is not None or search.left() <= 0:
            break
    for future in waiting:
        future.cancel()
    for n in sorted(refused):
        search.remarks.leave_out(f"random programs over {SIZES[n][0]}", REFUSED)
    sentence = f"{counted(operations, 'random operation')} in {counted(streams, 'stream')} of seed {search.seed}"
    search.phases.append(Phase("random", "random", sentence, found is None, operations, since(begun)))
    return found
