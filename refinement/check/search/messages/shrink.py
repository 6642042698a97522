"""From a program of threads that fails to a shortest one.

Stretches of operations are left out, then operations are made simple and the scope small; then every shorter sequence
of the scope is tried. What is returned has failed as it stands, alone, in a fresh process, in its last operation.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from model.counting import counted
from model.messages.operation import Kind, Operation
from model.messages.readings import MessageReadings
from model.messages.scope import MessageScope
from model.scope import ALL_RIGHTS, ArgumentError
from model.spaces.dialect import Readings
from refinement.check.finding.finding import Failure
from refinement.check.finding.message_finding import MessageFinding, place_of, talk_failure_of
from refinement.check.messages.alphabet import alphabet
from refinement.check.messages.programs import MessagePrograms
from refinement.check.messages.steps import Program, label, program_in
from refinement.check.messages.trees import Trees
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.search.descent import IN_PART, WHOLE, descend, without_stretches
from refinement.check.target.target import Target

PATIENCE = 2.0  # seconds after which a call of a short program hangs
BATCH = 128  # candidates in one process
MOST_REPEATED = 600_000  # operations of a program that is done again and again
FEW = 1_000  # operations of a program that is made shorter by leaving some out
MOST_ANY = 4_000_000  # sequences of a length, for those with steps that are refused to be tried as well

Found = tuple[Program, Failure]


@dataclass(frozen=True, slots=True)
class MessageTrial:
    """A target and how to run programs on it, each as if nothing had been before it.

    ``watched``: all is compared after each operation, and not only after the last. ``rounds``: a program is done so
    often in one process, each time from its first state.
    """

    target: Target
    messages: MessageReadings
    readings: Readings
    limits: Limits
    perform: Callable[[Order], Ending]
    watched: bool = True
    rounds: int = 1

    def first(self, programs: list[Program]) -> Found | None:
        """The first that fails, up to the operation that does; many run in one process, and it fails alone as well."""
        for first in range(0, len(programs), BATCH):
            batch = programs[first : first + BATCH]
            found = self._together(batch)
            if found is not None and found[0] > 0 and self._together([batch[found[0]]]) is None:
                alone = (self._together([program]) for program in batch)
                found = next((one for one in alone if one is not None), None)
            if found is not None:
                return found[1], found[2]
        return None

    def alone(self, program: Program) -> Found | None:
        """One program in a process of its own."""
        return self.first([program])

    def either(self, program: Program) -> "tuple[MessageTrial, Found] | None":
        """One program, watched and then not: how it fails, and the trial in which it does."""
        for watched in (True, False):
            trial = replace(self, watched=watched)
            found = trial.alone(program)
            if found is not None:
                return trial, found
        return None

    def _together(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        done = tuple(program for program in programs for _ in range(self.rounds))
        work = MessagePrograms(self.messages, self.readings, done, self.watched)
        ending = self.perform(Order(self.target, work, self.limits))
        failure = talk_failure_of(ending, self.limits)
        if failure is None:
            return None
        index, step = place_of(ending)
        return index // self.rounds, done[index][: step + 1], failure

    def sequences(self, work: Trees) -> tuple[bool, Found | None]:
        """Whether all were tried, and the first that fails, if it fails alone."""
        ending = self.perform(Order(self.target, work, replace(self.limits, wall=work.seconds + self.limits.hang)))
        if talk_failure_of(ending, self.limits) is not None:
            program = program_in(ending.journal)
            return False, None if program is None else self.alone(program)
        return ending.how == "answered" and bool(ending.value["complete"]), None


def shrink_messages(trial: MessageTrial, finding: MessageFinding, seconds: float) -> MessageFinding:
    """The same or another failure by a program as short as could be found in about that time."""
    end = time.monotonic() + seconds
    trial = replace(trial, limits=replace(trial.limits, hang=min(trial.limits.hang, PATIENCE)))
    again = trial.either(finding.program)
    if again is None:
        return _after_many(trial, finding, end)
    trial, found = again
    if len(found[0]) > FEW:
        return confirmed(trial, replace(finding, program=found[0], failure=found[1]))
    found = descend(trial.first, found, _without_stretches, end)
    found = descend(trial.first, found, _simpler, end)
    found = descend(trial.first, found, _without_stretches, end)
    found = descend(trial.first, found, _in_smaller_scopes, end)
    program, sentence, is_shortest = _shortest(trial, found, end)
    return confirmed(
        trial, replace(finding, program=program[0], failure=program[1], shortest=sentence, is_shortest=is_shortest)
    )


def _after_many(trial: MessageTrial, finding: MessageFinding, end: float) -> MessageFinding:
    """A failure that comes when the program was done many times; or that does not come again."""
    rounds, agrees = 16, 1
    while rounds * (len(finding.program) + 1) <= MOST_REPEATED and time.monotonic() < end:
        many = replace(trial, rounds=rounds)
        if many.alone(finding.program) is not None:
            while rounds - agrees > 1 and time.monotonic() < end:
                middle = (rounds + agrees) // 2
                fails = replace(trial, rounds=middle).alone(finding.program) is not None
                rounds, agrees = (middle, agrees) if fails else (rounds, middle)
            again = replace(trial, rounds=rounds).alone(finding.program)
            if again is not None:
                said = "it fails after it was done many times"
                return replace(finding, failure=again[1], rounds=rounds, shortest=said, is_shortest=False)
        agrees, rounds = rounds, 8 * rounds
    return confirmed(trial, finding)


def confirmed(trial: MessageTrial, finding: MessageFinding) -> MessageFinding:
    """The finding, cut off where it fails as it stands, alone, in a fresh process; or not reproducible."""
    again = trial.either(finding.program)
    if again is None:
        said = "it did not fail again in a fresh process"
        return replace(finding, reproducible=False, shortest=said, is_shortest=False)
    program, failure = again[1]
    return replace(finding, program=program, failure=failure)


def _without_stretches(program: Program) -> Iterator[list[Program]]:
    """The program without a stretch of its operations."""
    for batch in without_stretches(program.operations):
        yield [Program(program.scope, kept) for kept in batch]


def _simpler(program: Program) -> Iterator[list[Program]]:
    """The program with one operation made simpler."""
    batch = []
    for n, o in enumerate(program.operations):
        for simpler in simpler_operations(o):
            changed = (*program.operations[:n], simpler, *program.operations[n + 1 :])
            batch.append(Program(program.scope, changed))
    if batch:
        yield batch


def simpler_operations(o: Operation) -> Iterator[Operation]:
    """An operation with one thing less in it."""
    is_message = o.kind in (Kind.SEND, Kind.SEND_MAP, Kind.SEND_GRANT)
    if is_message and o.willing:
        yield o._replace(willing=0, opens=0)
    if o.opens:
        yield o._replace(opens=0)
    if is_message and o.claimed >= 0:
        yield o._replace(claimed=-1)
    if o.kind in (Kind.SEND_MAP, Kind.SEND_GRANT):
        yield o._replace(kind=Kind.SEND, src=-1, dst=-1, rights=ALL_RIGHTS)
    if o.word > 0:
        yield o._replace(word=0)
    if o.rights != ALL_RIGHTS:
        yield o._replace(rights=ALL_RIGHTS)


def _in_smaller_scopes(program: Program) -> Iterator[list[Program]]:
    """The program by its names in a scope with one thing less."""
    batch = []
    for field in ("pages", "threads", "hardware", "booted", "spaces", "frames", "ports", "words"):
        fewer = {field: getattr(program.scope, field) - 1}
        if field == "pages":
            fewer["frames"] = min(program.scope.frames, fewer["pages"])
        if fewer.get("words", program.scope.words) <= program.scope.pages:  # no room for what page faults say
            continue
        for more in ({}, {"ids": program.scope.ids - 1}):
            try:
                batch.append(program.in_scope(replace(program.scope, **fewer, **more)))
            except (ArgumentError, ValueError):
                continue
    if batch:
        yield batch


def _shortest(trial: MessageTrial, found: Found, end: float) -> tuple[Found, str, bool]:
    """Every shorter sequence of the scope: what was found, a sentence, and whether none is shorter."""
    scope, shorter = found[0].scope, len(found[0]) - 1
    reached = {False: 0, True: 0}
    for refusals in (False, True):
        for length in range(1, shorter + 1):
            count = len(alphabet(scope, trial.messages)) ** length
            seconds = end - time.monotonic()
            if seconds <= 0 or (refusals and count > MOST_ANY):
                break
            work = Trees(trial.messages, trial.readings, scope, length, seconds, refusals=refusals)
            complete, better = trial.sequences(work)
            if better is not None and len(better[0]) < len(found[0]):
                better = descend(trial.first, better, _without_stretches, end)
                better = descend(trial.first, better, _in_smaller_scopes, end)
                return _shortest(trial, better, end)
            if not complete:
                break
            reached[refusals] = length
    in_time = time.monotonic() < end
    if reached[False] < shorter and in_time:
        better = trial.first([*_without_stretches(found[0])][-1])
        if better is not None:
            return _shortest(trial, better, end)
    sentence = _what_was_searched(scope, shorter, reached, WHOLE if in_time else IN_PART)
    return found, sentence, reached[True] >= shorter


def _what_was_searched(scope: MessageScope, shorter: int, reached: dict[bool, int], kept: str) -> str:
    """Which shorter traces there are not, and which were not all tried."""
    if reached[True] >= shorter:
        return f"no shorter trace in {label(scope)}"
    possible = "with all steps possible but the last"
    if reached[False] >= shorter:
        return f"no shorter trace in {label(scope)} {possible}"
    return f"{kept}; in {label(scope)}, {possible}, all of up to {counted(reached[False], 'step')} agree"
