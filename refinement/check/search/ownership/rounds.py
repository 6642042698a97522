"""A difference that shows only after other programs in the same process: what the target's init leaves behind.

A *round* is a program from a fresh init. Rounds are run one after the other in one process, and made fewer and shorter
as long as one of them fails.
"""

from collections.abc import Iterator
from dataclasses import replace

from model.ownership.operation import PageOperation
from model.ownership.trace import OwnershipTrace
from model.scope import Scope
from refinement.check.finding.finding import Failure
from refinement.check.finding.ownership_finding import OwnershipFinding
from refinement.check.search.descent import descend, without_stretches
from refinement.check.search.ownership.trial import OwnershipTrial, failed

Rounds = tuple[tuple[PageOperation, ...], ...]


def in_rounds(trial: OwnershipTrial, finding: OwnershipFinding, end: float) -> OwnershipFinding | None:
    """The same or another failure by as few and short rounds as could be found; None if it does not show again."""
    scope, rounds = finding.trace.scope, _rounds_before(finding)
    for watched in (True, False):
        each = replace(trial, watched=watched)
        count = 2
        while True:
            found = first_to_fail(each, scope, [rounds[-count:]])
            if found is not None:
                return _made_small(each, scope, found, finding, end)
            if count >= len(rounds):
                break
            count *= 2
    return None


def _rounds_before(finding: OwnershipFinding) -> Rounds:
    """The programs of this scope that came just before, and the one that failed."""
    rounds = [finding.trace.operations]
    for scope, operations in reversed(finding.earlier):
        if scope != finding.trace.scope:
            break
        rounds.insert(0, operations)
    return tuple(rounds)


def first_to_fail(trial: OwnershipTrial, scope: Scope, candidates: list[Rounds]) -> tuple[Rounds, Failure] | None:
    """The first candidate of which a round fails, up to that round and the operation that does; a process for each."""
    for rounds in candidates:
        ending = trial.perform([(scope, operations) for operations in rounds])
        found = failed(ending, trial.limits)
        if found is not None:
            return (*rounds[: ending.program], found[0][1]), found[1]
    return None


def _made_small(
    trial: OwnershipTrial, scope: Scope, found: tuple[Rounds, Failure], finding: OwnershipFinding, end: float
) -> OwnershipFinding:
    for candidates in (_fewer, _shorter):
        found = descend(lambda batch: first_to_fail(trial, scope, batch), found, candidates, end)
    rounds, failure = found
    said = f"found by {finding.phase}; it takes {len(rounds)} rounds: musigma_init_ownership leaves something behind"
    trace = OwnershipTrace(finding.trace.dialect, scope, rounds[-1], failure.sentence, rounds[:-1])
    return replace(finding, failure=failure, trace=trace, shortest=said)


def _fewer(rounds: Rounds) -> Iterator[list[Rounds]]:
    for batch in without_stretches(rounds[:-1]):
        yield [(*kept, rounds[-1]) for kept in batch if kept]


def _shorter(rounds: Rounds) -> Iterator[list[Rounds]]:
    for n, operations in enumerate(rounds):
        for batch in without_stretches(operations):
            yield [(*rounds[:n], kept, *rounds[n + 1 :]) for kept in batch]
