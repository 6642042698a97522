"""The search for a difference among threads and messages: every short sequence, the limits, then random programs."""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from model.counting import counted
from model.messages.operation import Kind
from model.messages.readings import MessageDialect
from model.messages.scope import MessageScope
from refinement.check.finding.message_finding import MessageFinding, talk_failure_of
from refinement.check.finding.report import Phase
from refinement.check.messages.programs import MessagePrograms
from refinement.check.messages.steps import KINDS, label, program_in
from refinement.check.messages.talk import Differs
from refinement.check.messages.trees import Trees
from refinement.check.messages.walk import MessageWalk, sizes
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import Ending
from refinement.check.search.context import SearchContext, since
from refinement.check.search.messages.limits import run_message_limits
from refinement.check.search.messages.plan import Part, is_needed, parts
from refinement.check.search.remarks import NO_TIME, OVERDUE, REFUSED
from refinement.check.target.message_calls import MessageCall

STREAM = {"library": 4_000, "class": 500, "command": 200}  # operations of a random stream at each size
LARGEST = {"library": 3, "class": 3, "command": 2}  # of the sizes of random programs
EXHAUSTIVE = 0.65  # of the time; the rest is for the limits and for random programs
AT_LIMITS = 0.5  # of what is left then
LEAST = 1.0  # seconds for what nothing conforms without, and for a random stream
ENOUGH = 20.0  # seconds for what nothing conforms without, if the search has as many


@dataclass(slots=True)
class Talking:
    """What became known: how each kind of operation ended in random programs, and which parts nothing conforms without.

    ``needed`` says of each such part that the target did not refuse whether it was gone through whole.
    """

    met: dict[str, tuple[int, int]] = field(default_factory=dict)
    needed: dict[str, bool] = field(default_factory=dict)
    walked: bool = False
    begun: bool = False

    @property
    def is_enough(self) -> bool:
        """Whether a target without a difference conforms."""
        return bool(self.needed) and all(self.needed.values()) and self.walked


def run_messages(
    ground: SearchContext, messages: MessageDialect, offers: Collection[MessageCall], seconds: float, talking: Talking
) -> MessageFinding | None:
    """Everything in its order, until something is found. ``talking`` is told what became known."""
    talking.begun = True
    ground.prepare(MessagePrograms, Trees, MessageWalk)
    ground.end = ground.now() + seconds
    found = _exhaustive(ground, messages, offers, ground.now() + EXHAUSTIVE * seconds, talking)
    if found is None:
        found = run_message_limits(ground, messages, offers, ground.now() + AT_LIMITS * ground.left())
    return found if found is not None else _random(ground, messages, talking)


def _exhaustive(
    ground: SearchContext, messages: MessageDialect, offers: Collection[MessageCall], end: float, talking: Talking
) -> MessageFinding | None:
    refused: set[MessageScope] = set()
    no_time: list[Part] = []
    for part in parts(messages.readings, offers):
        seconds = part.share * (end - ground.now())
        if is_needed(part):
            seconds = max(seconds, min(ENOUGH, ground.left()), LEAST)
        if part.scope in refused:
            continue
        if seconds <= 0:
            no_time.append(part)
            continue
        begun = time.monotonic()
        works = part.works(messages.readings, ground.dialect.readings, seconds, ground.jobs)
        endings = [future.result() for future in [ground.submit(work, seconds) for work in works]]
        if is_unfit(endings[0]):
            refused.add(part.scope)
            ground.remarks.leave_out(f"threads over {label(part.scope)}", REFUSED)
            continue
        differ = (found_by(ground, messages, f"exhaustive: {part.name}", ending) for ending in endings)
        found = next((each for each in differ if each is not None), None)
        complete = found is None and all(each.how == "answered" and each.value["complete"] for each in endings)
        if is_needed(part):
            talking.needed[part.name] = complete
        _note(ground, part, endings, found, complete, since(begun))
        if found is not None:
            return found
    for each in _summary(no_time):
        ground.remarks.leave_out(each, NO_TIME)
    return None


def _summary(left_out: list[Part]) -> list[str]:
    """Parts by what they try, and over how many scopes."""
    kinds = Counter(part.name.partition(" over ")[0] + " (few operations)" * part.lean for part in left_out)
    return [f"{kind} over {counted(count, 'scope')}" for kind, count in kinds.items()]


def _note(
    ground: SearchContext,
    part: Part,
    endings: list[Ending],
    found: MessageFinding | None,
    complete: bool,
    seconds: float,
) -> None:
    """What is known after a part."""
    done = sum(int(ending.value.get("done", 0)) for ending in endings if ending.how == "answered")
    operations = sum(ending.operations for ending in endings)
    sentence = part.sentence(done, complete=complete) if found is None else f"{part.name}: a difference"
    ground.phases.append(Phase("exhaustive", part.name, sentence, complete, operations, seconds))
    ground.tell(f"exhaustive: {sentence}")


def _random(ground: SearchContext, messages: MessageDialect, talking: Talking) -> MessageFinding | None:
    """Random programs until the time is over; at least one stream."""
    begun, operations, stream = time.monotonic(), 0, 0
    met, refused = np.zeros((len(Kind), 2), np.int64), set()
    most, largest = STREAM[ground.target.kind], LARGEST[ground.target.kind]
    found = None
    while found is None and (stream == 0 or ground.left() > 0):
        seconds = max(ground.left(), LEAST)
        readings = messages.readings, ground.dialect.readings
        walk = MessageWalk(*readings, ground.seed, stream, most, largest, seconds)
        ending = ground.submit(walk, seconds).result()
        found = found_by(ground, messages, f"random: messages, stream {stream} of seed {ground.seed}", ending)
        stream += 1
        operations += ending.operations
        if ending.how == "answered":
            met += np.array(ending.value["met"], np.int64)
            refused |= set(ending.value["refused"])
        elif found is None:
            ground.remarks.leave_out(f"messages, stream {stream}", OVERDUE)
        ground.tell(f"random: {counted(operations, 'random operation')} of threads")
    scopes = sizes(messages.readings)
    for n in sorted(refused):
        ground.remarks.leave_out(f"random threads over {label(scopes[n][0])}", REFUSED)
    sentence = (
        f"{counted(operations, 'random operation')} of threads in {counted(stream, 'stream')} of seed {ground.seed}"
    )
    ground.phases.append(Phase("random", "messages: random", sentence, found is None, operations, since(begun)))
    talking.walked = operations > 0
    talking.met.update({kind.name.lower(): (int(met[kind, 0]), int(met[kind, 1])) for kind in KINDS})
    return found


def is_unfit(ending: Ending) -> bool:
    """Return whether the job ended since the target refused the size."""
    failure = ending.value.get("failure") if ending.how == "answered" else None
    return failure is not None and failure["cells"][0] == Differs.UNFIT


def found_by(ground: SearchContext, messages: MessageDialect, phase: str, ending: Ending) -> MessageFinding | None:
    """Return what a job found.

    :raises ToolError: it failed before any program.
    """
    failure = talk_failure_of(ending, ground.limits)
    if failure is None:
        return None
    program = program_in(ending.journal)
    if program is None:
        raise ToolError(f"a target failed before it was asked anything: {failure.sentence}")
    return MessageFinding(failure, program, ground.dialect.name, messages.name, phase)
