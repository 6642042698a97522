"""Partial order reduction loses no outcome: compared with all schedules of random small programs."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from model.scope import Scope
from proofs.explorer.interleaved import execution, search
from proofs.explorer.interleaved.execution import Execution, Program, seen_wrong
from proofs.explorer.interleaved.search import every_schedule, explored
from refinement.cores.locking import Call, Locking
from refinement.cores.machine import Entry, SharedKernel
from refinement.cores.stepping import FENCE, INVALIDATE, Access, Column, Steps, acquire, release, try_acquire

MOST = 2_000
MEANWHILE = {
    "node": (("node_of", 0, -1), ("node_of", 0, 2)),
    "rights": (("rights", 2, 6), ("rights", 2, 7)),
    "frame": (("frame", 2, 1), ("frame", 2, 0)),
}
"""Two writes each, to the tree's slot or to its node, 2; with the first no core may reach the slot."""
Step = tuple[str, int]


def operation(steps: tuple[Step, ...]) -> Any:
    """A made-up operation of reads, writes, locks, fences and invalidations; it returns what it read."""

    def done(kernel: SharedKernel, call: Call) -> Steps:
        read, column = [], kernel.made_up  # type: ignore[attr-defined]
        tried = []
        for kind, place in steps:
            if kind == "read":
                read.append((yield from column.reading(place)))
            elif kind == "write":
                yield from column.writing(place, (call.src, len(read), kind))
            elif kind == "lock":
                yield from acquire("lock", place)
            elif kind == "try":
                got = yield from try_acquire("lock", place)
                read.append(got)
                tried += [place] * got
            elif kind == "unlock":
                yield from release("lock", place)
            elif kind == "fence":
                yield Access(FENCE, ("of stores",))
            elif kind in MEANWHILE:
                column, index, value = MEANWHILE[kind][place]
                yield from getattr(kernel.tree, column).writing(index, value)
            elif kind == "enter":
                yield from kernel.shared.entries.writing(0, Entry(call.src, 7))
            elif kind == "clear":
                yield from kernel.shared.entries.writing(0, None)
            else:
                yield Access(INVALIDATE, ("core", place % 2, "slot", 0))
                kernel.shared.invalidate(place % 2, 0)
        for place in tried:
            yield from release("lock", place)
        return tuple(read)

    return done


def program(seed: int, *, buffered: bool, tries: bool = False) -> Program:
    source = random.Random(seed)
    cores = 2 if buffered else source.choice((2, 2, 3))
    kinds = ["read", "write", "write", "read", "enter", "clear", "invalidate", *(["fence"] if buffered else [])]
    kinds += ["try"] * 5 if tries else []
    made = []
    for _ in range(cores):
        length = source.choice((1, 2, 3) if buffered else (2, 3, 4) if cores == 2 else (1, 2))
        steps = [(source.choice(kinds), source.randrange(2)) for _ in range(length)]
        for lock in source.sample((0, 1), source.choice((0, 1, 2) if cores == 2 and not buffered else (0, 0, 1))):
            first = source.randrange(len(steps) + 1)
            steps.insert(first, ("lock", lock))
            steps.insert(source.randrange(first + 1, len(steps) + 1), ("unlock", lock))
        made.append(tuple(steps))
    return made_of(made, lambda kernel: "", buffered=buffered)


def made_of(made: list[tuple[Step, ...]], look: Callable[[SharedKernel], str], *, buffered: bool) -> Program:
    cores = len(made)

    def make() -> SharedKernel:
        kernel = SharedKernel(Scope(1, 1, 1), cores, buffered=buffered)
        kernel.made_up = Column("made up", [0, 0], kernel.shared)  # type: ignore[attr-defined]
        return kernel

    def any_of(kernel: SharedKernel, call: Call) -> Steps:
        steps: Steps = operation(made[call.src])(kernel, call)
        return steps

    locking = Locking("made up", "", any_of)
    return Program(make, locking, tuple((Call("any", core),) for core in range(cores)), look=look)


def deadlock(run: Execution) -> str:
    return "" if run.ended else f"deadlock: {[access for access in run.pending if access]}"


def compared(seeds: range, *, buffered: bool, tries: bool = False) -> tuple[int, int, int]:
    """How many programs were compared, and how many schedules all and the reduced search ran."""
    programs = whole = reduced = 0
    for seed in seeds:
        made = program(seed, buffered=buffered, tries=tries)
        every = every_schedule(made, most=MOST, judge=deadlock)
        if not every.complete:
            continue
        some = explored(made, stop=False, judge=deadlock)
        assert some.complete
        assert some.outcomes == every.outcomes, f"seed {seed}: lost {sorted(every.outcomes - some.outcomes)[:2]}"
        programs, whole, reduced = programs + 1, whole + every.schedules, reduced + some.schedules
    return programs, whole, reduced


@pytest.mark.long
@pytest.mark.parametrize("buffered", [False, True])
def test_no_outcome_is_lost(buffered: bool) -> None:
    programs, whole, reduced = compared(range(40), buffered=buffered)
    assert programs >= 20
    assert reduced < whole / 3


def seen(what: str, search: Callable[..., Any], *, buffered: bool) -> set[str]:
    """What is seen to be wrong when one core shows a page for a while, which another forbids for a while."""
    found = set[str]()

    def look(kernel: SharedKernel) -> str:
        found.add(seen_wrong(kernel))
        return ""

    shows = (("enter", 0), ("clear", 0), *([("fence", 0)] if buffered else []), ("invalidate", 0), ("invalidate", 1))
    made = made_of([shows, ((what, 0), (what, 1))], look, buffered=buffered)

    def empty() -> SharedKernel:
        kernel = made.make()
        kernel.shared.entries.values[0] = None
        for core in range(2):
            kernel.shared.invalidate(core, 0)
        return kernel

    search(replace(made, make=empty), judge=deadlock)
    return found


@pytest.mark.long
@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize("what", MEANWHILE)
def test_nothing_that_is_wrong_only_meanwhile_is_lost(what: str, buffered: bool) -> None:
    every, some = (seen(what, search, buffered=buffered) for search in (every_schedule, explored))
    assert len(every) > 1
    assert some == every


@pytest.mark.long
@pytest.mark.parametrize("buffered", [False, True])
def test_no_outcome_is_lost_where_locks_are_tried(buffered: bool) -> None:
    programs, whole, reduced = compared(range(24), buffered=buffered, tries=True)
    assert programs >= 12
    assert reduced < whole


@pytest.mark.slow
@pytest.mark.parametrize("buffered", [False, True])
def test_no_outcome_of_many_programs_with_tries_is_lost(buffered: bool) -> None:
    programs, _, _ = compared(range(60, 360), buffered=buffered, tries=True)
    assert programs > 100


@pytest.mark.slow
@pytest.mark.parametrize("buffered", [False, True])
def test_no_outcome_of_many_programs_is_lost(buffered: bool) -> None:
    programs, _, _ = compared(range(60, 700), buffered=buffered)
    assert programs >= 200


def test_a_reduction_that_forgets_a_dependency_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = execution.dependent

    def wrong(one: Access, other: Access, **given: bool) -> bool:
        return INVALIDATE not in (one.kind, other.kind) and right(one, other, **given)

    monkeypatch.setattr(search, "dependent", wrong)
    with pytest.raises(AssertionError, match="lost"):
        compared(range(60), buffered=False)


def test_a_reduction_that_tries_too_little_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "can_race", lambda one, other, **given: "lock" not in (one.kind, other.kind))
    with pytest.raises(AssertionError, match="lost"):
        compared(range(60), buffered=False)
