"""The part of a search that goes to the limits: programs of growing size, as far as the time goes, and leaks."""

import time
from dataclasses import replace
from itertools import groupby

import numpy as np

from model.scope import Scope
from refinement.check.driver.bench import Programs, slots_of
from refinement.check.driver.driver import Mismatch
from refinement.check.driver.program import Program
from refinement.check.finding.finding import Finding
from refinement.check.finding.report import Phase
from refinement.check.process.order import Ending
from refinement.check.search.context import SearchContext, since
from refinement.check.search.leak import CYCLES, LEAKING, START, Leak, leak_of
from refinement.check.search.limits import SMALL, Limit, init, limits, program
from refinement.check.search.remarks import NO_TIME, OVERDUE, TOO_LONG
from refinement.check.search.trial import place_of

LOOKUPS = {"library": 200_000, "class": 20_000, "command": 2_000}  # slots compared in all in a limit, about
SOON = 1.0  # seconds that leaks are looked for, however late it is
LEAKS = "each round of its last steps takes memory; the bytes are an average"


def run_limits(search: SearchContext, end: float) -> Finding | None:
    """Everything at the limits, until something is found or the time is over."""
    took: dict[str, tuple[int, float]] = {}
    looked_for_leaks = False
    for group, members in groupby(limits(), key=lambda limit: limit.group):
        if not group and not looked_for_leaks:
            looked_for_leaks = True
            found = _leaks(search, max(end - search.now(), SOON))
            if found is not None:
                return found
        found, alone = _group(search, group, list(members), took, end)
        for limit in alone:
            if found is None and (search.small_stack or not limit.small_stack):
                found = _if_there_is_time(search, limit, took, end)
        if found is not None:
            return found
    return None


def _group(
    search: SearchContext, group: str, members: list[Limit], took: dict[str, tuple[int, float]], end: float
) -> tuple[Finding | None, list[Limit]]:
    """What several limits found in one process, and those that are to be tried alone."""
    if not group or search.target.kind != "library":
        return None, members
    stack = search.small_stack if members[0].small_stack else 0
    if members[0].small_stack and not stack:
        return None, []
    if search.now() > end:
        search.remarks.leave_out(group, NO_TIME)
        return None, []
    begun, programs = time.monotonic(), [limit.program() for limit in members]
    every = max(_interval(search, rows) for rows in programs)
    work = Programs(search.dialect.readings, tuple(programs), every)
    ending = search.submit(work, max(end - search.now(), 1.0), stack=stack).result()
    if search.found("limits", group, ending, stack=stack) is None and ending.how == "answered":
        each = group == SMALL or len(members) == 1
        names = ", ".join(limit.name for limit in members) if each else f"{group}, {len(members)} of them"
        search.note(Phase("limits", group, f"{names}: no difference", True, ending.operations, since(begun)), ending)
        took.update({limit.family: (limit.size, ending.value["seconds"] / len(members)) for limit in members})
        return None, []
    if ending.how == "answered" and not does_not_fit(ending):
        members = [members[int(ending.value["index"])], *members]
    for limit in members if ending.how != "overdue" else ():
        found, _ = _one(search, limit, 0.0, max(end, search.now() + 1.0))
        if found is not None:
            return found, []
    if ending.how == "overdue" or does_not_fit(ending):
        return None, members if ending.how == "overdue" else []
    return search.found("limits", group, ending, stack=stack), []


def _if_there_is_time(
    search: SearchContext, limit: Limit, took: dict[str, tuple[int, float]], end: float
) -> Finding | None:
    """One limit, unless a smaller one of its kind has shown that it would take too long."""
    smaller, seconds = took.get(limit.family, (limit.size, 0.0))
    predicted = max(0.0, seconds - 0.05) * (limit.size / max(1, smaller)) ** 2
    left = end - search.now()
    if left <= 0:
        search.remarks.leave_out(limit.name, NO_TIME)
        return None
    if predicted > max(left, search.seconds / 3):
        search.remarks.leave_out(f"{limit.name} (about {predicted:.0f} s)", TOO_LONG)
        return None
    begun = time.monotonic()
    found, ending = _one(search, limit, 20 * predicted, end)
    took[limit.family] = (limit.size, ending.value.get("seconds", since(begun)))
    return found


def _run(search: SearchContext, limit: Limit, rows: Program, hang: float, seconds: float) -> Ending:
    """A program of a limit in a process of its own."""
    work = Programs(search.dialect.readings, (rows,), _interval(search, rows))
    stack = search.small_stack if limit.small_stack else 0
    return search.submit(work, seconds, hang=min(hang, seconds), stack=stack).result()


def _one(search: SearchContext, limit: Limit, hang: float, end: float) -> tuple[Finding | None, Ending]:
    """One limit, and where it fails the smallest size at which it does."""
    begun, rows = time.monotonic(), limit.program()
    ending = _run(search, limit, rows, hang, max(end - search.now(), 1.0))
    stack = search.small_stack if limit.small_stack else 0
    found = search.found("limits", limit.name, ending, stack=stack)
    if found is not None and does_not_fit(ending):
        search.remarks.leave_out(limit.name, f"left out, for {found.failure.sentence}")
        return None, ending
    if ending.how == "overdue":
        search.remarks.leave_out(limit.name, OVERDUE)
    known = "a difference" if found else "no difference" if ending.how == "answered" else "not known"
    complete = known == "no difference"
    phase = Phase("limits", limit.name, f"{limit.name}: {known}", complete, ending.operations, since(begun))
    search.note(phase, ending)
    if found is not None:
        found = _smaller(search, limit, replace(found, program=_failing(rows, ending), history=None))
    return found, ending


def _failing(rows: Program, ending: Ending) -> Program:
    """The program up to the step that failed, which may be an ``INIT`` of several."""
    return rows[: place_of(ending)[1] + 1]


def _interval(search: SearchContext, rows: Program) -> int:
    """After how many steps all slots are compared."""
    return 1 + slots_of(rows) * len(rows) // LOOKUPS[search.target.kind]


def _smaller(search: SearchContext, limit: Limit, found: Finding) -> Finding:
    """The smallest size at which the limit's program fails, by bisection."""
    low, high = 0, limit.size
    while high - low > 1 and search.left() > 0:
        middle = (low + high) // 2
        rows = limit.make(middle)
        ending = _run(search, limit, rows, 0.0, max(search.left(), 1.0))
        smaller = search.found("limits", limit.name, ending, stack=found.stack)
        if smaller is None or does_not_fit(ending):
            low = middle
        else:
            high = middle
            found = replace(smaller, program=_failing(rows, ending), history=None)
    return found


def does_not_fit(ending: Ending) -> bool:
    """Return whether the target said at init that it cannot be that large, which is no difference."""
    failure = ending.value.get("failure")
    return failure is not None and failure["cells"][0] == Mismatch.UNFIT and failure["cells"][4] > 0


def _leaks(search: SearchContext, seconds: float) -> Finding | None:
    """Memory that grows with every round, twice."""
    begun = time.monotonic()
    work = Leak(search.dialect.readings, LEAKING[search.target.kind], seconds)
    ending = search.submit(work, seconds).result()
    found = search.found("limits", "leaks", ending)
    leaks = {} if found is not None else ending.value.get("leaks", {})
    for name in leaks:
        start = program(init(Scope(3, 2, 2))) if CYCLES[name][0, 0] == 0 else START
        rows, repeated = np.concatenate([start, CYCLES[name]]), len(CYCLES[name])
        leak = leak_of(search.perform, search.target, search.dialect.readings, rows, repeated, search.limits)
        if leak is not None:
            found = Finding(leak, rows, search.dialect.name, "limits: leaks", shortest=LEAKS, repeated=repeated)
            break
    known = "no leak" if ending.value.get("measured") else "leaks cannot be measured in a target of this kind"
    if found is None and not ending.value.get("complete", False):
        known = "leaks: there was no time for all operations"
    known = known if found is None else found.failure.sentence
    complete = known == "no leak"
    search.note(Phase("limits", "leaks", known, complete, ending.operations, since(begun)), ending)
    return found
