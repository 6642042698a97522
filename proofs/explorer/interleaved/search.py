"""Schedules of a program: all of them, one of each class (partial order reduction), or those with few switches.

The reduction is the dynamic one of Flanagan and Godefroid (POPL 2005), without sleep sets. Where a core's next step can
race with one made before, the core gets a chance at that place too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from time import process_time
from typing import TypeAlias

from proofs.explorer.interleaved.execution import MOST_STEPS, Execution, Program, can_race, dependent
from proofs.explorer.interleaved.judging import judged
from refinement.cores.stepping import Access


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search of schedules.

    :param wrong: what is wrong with the last schedule; empty if nothing was.
    :param schedules: how many were run, and ``steps`` how many steps all together.
    :param complete: all were run that there are to run, or one that is wrong was found.
    :param schedule: the agents and their steps of the schedule that is wrong.
    :param switches: how often another core went on than the one before, though that could have.
    """

    wrong: str
    schedules: int
    steps: int
    complete: bool
    seconds: float
    schedule: tuple[tuple[int, Access], ...] = ()
    switches: int = 0
    outcomes: frozenset[str] = frozenset()


class _Place:
    """A place in the schedule: who could go on, who has to be tried, who was, and who goes on now."""

    __slots__ = ("access", "agent", "clock", "done", "enabled", "marks", "wanted")

    def __init__(self, enabled: list[int], wanted: set[int]) -> None:
        self.enabled, self.wanted, self.done = enabled, wanted, set[int]()
        self.agent = -1
        self.access = Access("", ())
        self.clock: frozenset[int] = frozenset()
        self.marks: Marks = frozenset()


Marks: TypeAlias = frozenset[tuple[str, int]]
Judge: TypeAlias = Callable[[Execution], str]


def every_schedule(program: Program, *, most: int = 1_000_000, judge: Judge = judged) -> Found:
    """Run all schedules, one after the other; for comparison."""
    return _explored(program, judge, reduced=False, most=most, seconds=1e9, stop=False)


def explored(
    program: Program, *, seconds: float = 60.0, most: int = 1_000_000, stop: bool = True, judge: Judge = judged
) -> Found:
    """Run one schedule of each class, until one is wrong.

    :param stop: end with the first that is wrong; else all outcomes are collected.
    :param judge: what is wrong with a schedule that has ended; empty if nothing is.
    """
    return _explored(program, judge, reduced=True, most=most, seconds=seconds, stop=stop)


def _explored(program: Program, judge: Judge, *, reduced: bool, most: int, seconds: float, stop: bool) -> Found:
    begun = process_time()
    stack: list[_Place] = []
    schedules = steps = 0
    outcomes: set[str] = set()
    while True:
        execution, depth = Execution(program), 0
        buffered = execution.kernel.shared.buffered
        while True:
            if depth == len(stack) and reduced:
                for agent, access in enumerate(execution.pending):
                    if access is not None:
                        _add_races(stack, depth, agent, access, execution.marks(agent), execution.cores, buffered)
            enabled = execution.enabled()
            if execution.failure or not enabled or depth >= MOST_STEPS:
                break
            if depth == len(stack):
                stack.append(_Place(enabled, {enabled[0]} if reduced else set(enabled)))
            place = stack[depth]
            if place.agent < 0:
                place.agent = min(place.wanted - place.done)
                access = execution.pending[place.agent]
                assert access is not None
                place.access, place.marks = access, execution.marks(place.agent)
                place.clock = _clock(stack, depth, execution.cores, buffered) if reduced else frozenset()
            execution.step(place.agent)
            steps, depth = steps + 1, depth + 1
        schedules += 1
        del stack[depth:]
        wrong = f"more than {MOST_STEPS} steps" if depth >= MOST_STEPS else judge(execution)
        outcomes.add(wrong or _outcome(execution))
        if wrong and stop:
            schedule = tuple((place.agent, place.access) for place in stack)
            spent = process_time() - begun
            return Found(wrong, schedules, steps, True, spent, schedule, _switches(schedule), frozenset(outcomes))
        while stack:
            last = stack[-1]
            last.done.add(last.agent)
            last.agent = -1
            if last.wanted - last.done:
                break
            stack.pop()
        spent = process_time() - begun
        if not stack or spent > seconds or schedules >= most:
            return Found("", schedules, steps, not stack, spent, outcomes=frozenset(outcomes))


def _outcome(execution: Execution) -> str:
    """What a schedule leaves behind, to be compared."""
    shared = execution.kernel.shared
    values = [list(column.values) for column in shared.columns]
    return f"{sorted(execution.status.items())} {values} {shared.remembered}"


def _same_core(one: int, other: int, cores: int) -> bool:
    return one != other and one % cores == other % cores


def _clock(stack: list[_Place], depth: int, cores: int, buffered: bool) -> frozenset[int]:
    """Which earlier steps happen before this one: by the same agent, dependent, or before such a one."""
    seen: set[int] = set()
    here = stack[depth]
    for number in range(depth - 1, -1, -1):
        if number in seen:
            continue
        there = stack[number]
        same, of_core = there.agent == here.agent, _same_core(there.agent, here.agent, cores)
        seen_both = bool(there.marks & here.marks)
        if same or dependent(there.access, here.access, same_core=of_core, buffered=buffered, seen=seen_both):
            seen |= there.clock
            seen.add(number)
    return frozenset(seen)


def _add_races(
    stack: list[_Place], depth: int, agent: int, access: Access, marks: Marks, cores: int, buffered: bool
) -> None:
    """At the last step that races with an agent's next, the agent is to be tried as well."""
    before: set[int] = set()
    for number in range(depth - 1, -1, -1):
        if stack[number].agent == agent:
            before = set(stack[number].clock)
            break
    for number in range(depth - 1, -1, -1):
        place = stack[number]
        if place.agent == agent or number in before:
            continue
        of_core = _same_core(place.agent, agent, cores)
        if not dependent(place.access, access, same_core=of_core, buffered=buffered, seen=bool(place.marks & marks)):
            continue
        if not can_race(place.access, access, same_core=of_core):
            continue
        place.wanted.update([agent] if agent in place.enabled else place.enabled)
        return


def _switches(schedule: tuple[tuple[int, Access], ...]) -> int:
    """How often a schedule goes from one agent to another."""
    return sum(one != two for (one, _), (two, _) in pairwise(schedule))


def fewest_switches(program: Program, *, most: int = 4, seconds: float = 60.0) -> Found:
    """A wrong schedule with as few switches as there can be, up to so many; none, if there is none."""
    begun = process_time()
    schedules = steps = 0
    for bound in range(most + 1):
        for execution, schedule in _with_switches(program, bound):
            schedules, steps = schedules + 1, steps + len(schedule)
            wrong = judged(execution)
            if wrong:
                return Found(wrong, schedules, steps, True, process_time() - begun, schedule, bound)
            if process_time() - begun > seconds:
                return Found("", schedules, steps, False, process_time() - begun)
    return Found("", schedules, steps, True, process_time() - begun, switches=most)


def goes_round(program: Program, *, leads: int = 40) -> Found:
    """Whether calls go round for ever though every core goes on: the cores step in turn, the first so many steps ahead.

    Wrong is a state that comes again while calls are under way: a livelock.

    :param leads: how many leads of the first core are tried.
    """
    begun = process_time()
    steps = 0
    for lead in range(leads):
        execution, schedule, seen = Execution(program), list[tuple[int, Access]](), dict[str, int]()
        turn = [0] * lead
        while (enabled := execution.enabled()) and not execution.failure and len(schedule) < MOST_STEPS:
            turn = [agent for agent in turn if agent in enabled] or enabled
            if len(turn) == len(enabled):
                now = execution.signature()
                if now in seen:
                    wrong = f"livelock: the last {len(schedule) - seen[now]} steps, of all cores in turn, lead nowhere"
                    spent = process_time() - begun
                    return Found(wrong, lead + 1, steps, True, spent, tuple(schedule), _switches(tuple(schedule)))
                seen[now] = len(schedule)
            agent, *turn = turn
            access = execution.pending[agent]
            assert access is not None
            schedule.append((agent, access))
            execution.step(agent)
            steps += 1
    return Found("", leads, steps, True, process_time() - begun)


def _with_switches(program: Program, bound: int) -> Iterator[tuple[Execution, tuple[tuple[int, Access], ...]]]:
    """Every schedule with just so many switches away from an agent that could go on."""
    pending: list[tuple[list[int], int]] = [([], bound)]
    while pending:
        prefix, left = pending.pop()
        execution, schedule = Execution(program), list[tuple[int, Access]]()
        for agent in prefix:
            access = execution.pending[agent]
            assert access is not None
            schedule.append((agent, access))
            execution.step(agent)
        current = prefix[-1] if prefix else -1
        while not execution.failure and (enabled := execution.enabled()) and len(schedule) < MOST_STEPS:
            free = current not in enabled
            chosen = enabled[0] if free else current
            done = [agent for agent, _ in schedule]
            pending += [([*done, each], left - (not free)) for each in enabled if each != chosen and (free or left)]
            access = execution.pending[chosen]
            assert access is not None
            schedule.append((chosen, access))
            execution.step(chosen)
            current = chosen
        if left == 0 or execution.failure:
            yield execution, tuple(schedule)
