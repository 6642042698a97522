"""From a program of ownership that fails to a shortest one.

Operations are left out, parties and pages that nobody names as well; then every shorter sequence of the scope is tried.
What is returned has failed as it stands, alone, in a fresh process.
"""

import time
from collections.abc import Iterator
from dataclasses import replace

from model.counting import counted
from model.ownership.operation import NOBODY_ELSE, PageOperation, operations_of
from model.ownership.trace import OwnershipTrace, pages_of
from refinement.check.finding.ownership_finding import OwnershipFinding
from refinement.check.ownership.works import OwnershipSequences, Tried
from refinement.check.search.descent import IN_PART, WHOLE, descend, without_stretches
from refinement.check.search.ownership.plan import label
from refinement.check.search.ownership.rounds import in_rounds
from refinement.check.search.ownership.trial import Found, OwnershipTrial

PATIENCE = 2.0  # seconds after which a call of a short program hangs
FEW = 250  # operations of a program that is made shorter by leaving some out
MOST_ANY = 200_000  # sequences of a length, for those with steps that are refused to be tried as well


def shrink_ownership(trial: OwnershipTrial, finding: OwnershipFinding, seconds: float) -> OwnershipFinding:
    """The same or another failure by a program as short as could be found in about that time."""
    end = time.monotonic() + seconds
    trial = replace(trial, limits=replace(trial.limits, hang=min(trial.limits.hang, PATIENCE)))
    again = trial.either((finding.trace.scope, finding.trace.operations))
    if again is None and (in_several := in_rounds(trial, finding, end)) is not None:
        return in_several
    if again is None:
        left = "it did not fail again in a fresh process: musigma_init_ownership may leave something of what was before"
        return replace(finding, shortest=left, reproducible=False)
    trial, found = again
    if len(found[0][1]) > FEW:
        found = descend(trial.first, found, _renamed, end)
        trace = OwnershipTrace(finding.trace.dialect, *found[0], found[1].sentence)
        return replace(
            finding, failure=found[1], trace=trace, shortest=f"found by {finding.phase}, and not made shorter"
        )
    found = descend(trial.first, found, _shorter, end)
    found = descend(trial.first, found, _renamed, end)
    (scope, operations), said, is_shortest = _shortest(trial, found, end)
    program, failure = trial.first([(scope, operations)]) or found
    trace = OwnershipTrace(finding.trace.dialect, *program, failure.sentence)
    return replace(finding, failure=failure, trace=trace, shortest=said, is_shortest=is_shortest)


def _shorter(program: Tried) -> Iterator[list[Tried]]:
    for batch in without_stretches(program[1]):
        yield [(program[0], kept) for kept in batch]


def _renamed(program: Tried) -> Iterator[list[Tried]]:
    """Without parties and pages that it does not name: all of either or both, or one."""
    scope, operations = program
    named = {0, 1, *(each.by for each in operations), *(each.other for each in operations)} - {NOBODY_ELSE}
    used = {each.page for each in operations} or {0}
    parties, pages = list(range(scope.spaces)), list(range(scope.pages))
    smaller = [(sorted(named), sorted(used)), (sorted(named), pages), (parties, sorted(used))]
    smaller += [(parties[:n] + parties[n + 1 :], pages) for n in reversed(parties) if n not in named]
    smaller += [(parties, pages[:n] + pages[n + 1 :]) for n in reversed(pages) if n not in used]
    yield [
        (pages_of(len(few), len(kept)), tuple(_moved(each, few, kept) for each in operations))
        for few, kept in smaller
        if (len(few), len(kept)) != (scope.spaces, scope.pages)
    ]


def _moved(o: PageOperation, parties: list[int], pages: list[int]) -> PageOperation:
    other = o.other if o.other == NOBODY_ELSE else parties.index(o.other)
    return PageOperation(o.kind, parties.index(o.by), other, pages.index(o.page))


def _shortest(trial: OwnershipTrial, found: Found, end: float) -> tuple[Tried, str, bool]:
    """Every shorter sequence of the scope: what was found, a sentence, and whether none is shorter."""
    if trial.cause:
        return found[0], WHOLE if time.monotonic() < end else IN_PART, False
    (scope, operations), shorter = found[0], len(found[0][1]) - 1
    count, reached = len(operations_of(scope, trial.readings)), {False: 0, True: 0}
    for refusals in (False, True):
        for length in range(1, shorter + 1):
            seconds = end - time.monotonic()
            if seconds <= 0 or (refusals and count**length > MOST_ANY):
                break
            work = OwnershipSequences(trial.readings, scope, length, seconds, refusals)
            complete, better = trial.sequences(work)
            if better is not None and len(better[0][1]) < len(operations):
                return _shortest(trial, descend(trial.first, better, _renamed, end), end)
            if not complete:
                break
            reached[refusals] = length
    if reached[True] >= shorter:
        return found[0], f"no shorter trace in {label(scope)}", True
    possible = "with all steps possible but the last"
    if reached[False] >= shorter:
        return found[0], f"no shorter trace in {label(scope)} {possible}", False
    return found[0], f"in {label(scope)}, {possible}, all of up to {counted(reached[False], 'step')} agree", False
