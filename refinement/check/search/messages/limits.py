"""The limits of threads and messages: many of each, and numbers of so many bits that come to their end.

As for address spaces, each limit is a program that can be made of any size; where it fails, the smallest size at which
it does is looked for. Sets of ids and of slots have 31 elements in a journal, so no program has more threads, ids or
pages than that; what can be counted without end is messages, waits, refusals and pages that come and go.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from model.messages.operation import Kind, Operation
from model.messages.readings import MessageDialect
from model.messages.scope import MessageScope, set_of
from refinement.check.finding.message_finding import MessageFinding, place_of, talk_failure_of
from refinement.check.finding.report import Phase
from refinement.check.messages.programs import MessagePrograms
from refinement.check.messages.steps import Program, label
from refinement.check.messages.talk import Differs, call_of
from refinement.check.process.order import Ending
from refinement.check.search.context import SearchContext, since
from refinement.check.search.remarks import NO_TIME, OVERDUE, REFUSED
from refinement.check.target.message_calls import MessageCall

MANY = {"library": (300, 66_000), "class": (300,), "command": (40,)}
"""Rounds: beyond the end of a number of 8 bits, and of 16."""

MOST = 31
PAIR = MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2)
ANYBODY, BACK = set_of(0, 1), set_of(1)


@dataclass(frozen=True, slots=True)
class MessageLimit:
    """A program at a limit; ``make`` makes it of any size."""

    name: str
    size: int
    make: Callable[[int], Program]

    def needs(self) -> set[MessageCall]:
        """What a target has to offer for it."""
        return {call_of(o.kind) for o in self.make(1).operations}


def _rounds(*operations: Operation) -> Callable[[int], Program]:
    return lambda size: Program(PAIR, operations * size)


def calls(size: int) -> Program:
    """τ1 waits, and τ0 calls it and is answered, so many times."""
    waits = Operation(Kind.WAIT, actor=1, willing=ANYBODY)
    called = Operation(Kind.SEND, actor=0, other=1, word=0, willing=BACK)
    answered = Operation(Kind.SEND, actor=1, other=0, word=1, willing=ANYBODY)
    return Program(PAIR, (waits, *(called, answered) * size))


pages = _rounds(
    Operation(Kind.WAIT, actor=1, willing=ANYBODY, opens=set_of(1)),
    Operation(Kind.SEND_MAP, actor=0, other=1, word=0, src=0, dst=1),
    Operation(Kind.FLUSH, actor=0, src=0),
)
"""A page comes through a window and is flushed."""

waits = _rounds(Operation(Kind.WAIT, actor=1, willing=ANYBODY, opens=set_of(1)), Operation(Kind.TIMEOUT, other=1))
"""A thread waits with a window, in vain."""


def refusals(size: int) -> Program:
    """So many messages to who does not wait: none of them is there when it waits at last, and then one comes."""
    refused = Operation(Kind.SEND, actor=0, other=1, word=0)
    waits = Operation(Kind.WAIT, actor=1, willing=ANYBODY)
    return Program(PAIR, (*(refused,) * size, waits, Operation(Kind.SEND, actor=0, other=1, word=1)))


def threads(size: int) -> Program:
    """All of so many threads wait for the first, the last of them first, and each hears it once."""
    count = max(2, size)
    scope = MessageScope(2, 1, 1, threads=count, ids=count, words=2, booted=count)
    others = range(count - 1, 0, -1)
    waiting = [Operation(Kind.WAIT, actor=t, willing=set_of(0)) for t in others]
    return Program(scope, (*waiting, *(Operation(Kind.SEND, actor=0, other=t, word=t % 2) for t in range(1, count))))


def callers(size: int) -> Program:
    """A server waits for anybody, and each of so many threads calls it; it answers one before it hears the next."""
    count = max(2, size)
    scope = MessageScope(2, 1, 1, threads=count, ids=count, words=2, booted=count)
    everybody, steps = set_of(*range(count)), [Operation(Kind.WAIT, actor=0, willing=set_of(*range(count)))]
    for t in range(1, count):
        steps.append(Operation(Kind.SEND, actor=t, other=0, word=1, willing=set_of(0)))
        steps.append(Operation(Kind.SEND, actor=0, other=t, word=0, willing=everybody))
    return Program(scope, tuple(steps))


def ids(size: int) -> Program:
    """So many threads begin in turn and end, each with an id of its own; then all ids are asked for again in vain."""
    count = max(2, size + 1)
    scope = MessageScope(1, 1, 1, threads=count, ids=count, words=2, booted=1)
    begins = [Operation(Kind.CREATE, actor=0, other=t, into=0, paged_by=0) for t in range(1, count)]
    in_turn = [o for begin in begins for o in (begin, Operation(Kind.END, actor=0, other=begin.other))]
    return Program(scope, (*in_turn, *begins))


def windows(size: int) -> Program:
    """A page comes into each page of a space, through a window there; into all others in vain."""
    count = max(1, size)
    scope = MessageScope(2, count, 1, threads=2, ids=2, words=count + 1, booted=2)
    steps = []
    for v in range(count):
        steps.append(Operation(Kind.WAIT, actor=1, willing=ANYBODY, opens=set_of(count + v)))
        others = sorted({0, count - 1, (v + 1) % count} - {v})
        steps += [Operation(Kind.SEND_MAP, actor=0, other=1, word=0, src=0, dst=count + other) for other in others]
        steps.append(Operation(Kind.SEND_MAP, actor=0, other=1, word=0, src=0, dst=count + v))
    return Program(scope, (*steps, Operation(Kind.FLUSH, actor=0, src=0)))


COUNTED = {"calls": calls, "pages that come and go": pages, "waits in vain": waits, "refused messages": refusals}
SIZED = {"threads": threads, "callers": callers, "ids": ids, "windows": windows}
LARGEST = {"threads": MOST, "callers": MOST, "ids": MOST - 1, "windows": MOST // 2}


def message_limits(kind: str, offers: Collection[MessageCall]) -> Iterator[MessageLimit]:
    """What a target of that kind is asked for, the smaller first, without what it does not offer."""
    every = [MessageLimit(f"{LARGEST[name]} {name}", LARGEST[name], make) for name, make in SIZED.items()]
    for size in MANY[kind]:
        every += [MessageLimit(f"{size:,} {name}", size, make) for name, make in COUNTED.items()]
    yield from (limit for limit in every if limit.needs() <= set(offers))


def run_message_limits(
    ground: SearchContext, messages: MessageDialect, offers: Collection[MessageCall], end: float
) -> MessageFinding | None:
    """Everything at the limits, until something is found or the time is over."""
    for limit in message_limits(ground.target.kind, offers):
        if ground.now() > end:
            ground.remarks.leave_out(limit.name, NO_TIME)
            continue
        found = _one(ground, messages, limit, end)
        if found is not None:
            return found
    return None


def _one(ground: SearchContext, messages: MessageDialect, limit: MessageLimit, end: float) -> MessageFinding | None:
    begun, name = time.monotonic(), f"messages: {limit.name}"
    program = limit.make(limit.size)
    ending = _run(ground, messages, program, end)
    failure = talk_failure_of(ending, ground.limits)
    if failure is not None and ending.how == "answered" and failure_is_unfit(ending):
        ground.remarks.leave_out(f"{name} over {label(program.scope)}", REFUSED)
        return None
    if failure is None and ending.how != "answered":
        ground.remarks.leave_out(name, OVERDUE)
    known = "no difference" if failure is None and ending.how == "answered" else "not known"
    sentence = f"{name}: {'a difference' if failure else known}"
    complete = failure is None and ending.how == "answered"
    ground.phases.append(Phase("limits", name, sentence, complete, ending.operations, since(begun)))
    ground.tell(f"limits: {sentence}")
    return None if failure is None else _smallest(ground, messages, limit, ending, end)


def failure_is_unfit(ending: Ending) -> bool:
    """Return whether the target refused the size."""
    return bool(ending.value["failure"]["cells"][0] == Differs.UNFIT)


def _run(ground: SearchContext, messages: MessageDialect, program: Program, end: float) -> Ending:
    work = MessagePrograms(messages.readings, ground.dialect.readings, (program,))
    return ground.submit(work, max(end - ground.now(), 1.0)).result()


def _smallest(
    ground: SearchContext, messages: MessageDialect, limit: MessageLimit, ending: Ending, end: float
) -> MessageFinding | None:
    """What was found, at the smallest size at which the limit fails, as far as halving finds it."""
    fails, agrees, largest = limit.size, 0, ending
    while fails - agrees > 1 and ground.now() < end:
        size = (fails + agrees) // 2
        tried = _run(ground, messages, limit.make(size), end)
        if talk_failure_of(tried, ground.limits) is None:
            agrees = size
        else:
            fails, largest = size, tried
    failure = talk_failure_of(largest, ground.limits)
    assert failure is not None
    program = limit.make(fails)
    _, step = place_of(largest)
    found = MessageFinding(failure, program[: step + 1], ground.dialect.name, messages.name, f"limits: {limit.name}")
    return found if fails - agrees > 1 else replace(found, shortest=f"{agrees:,} of these agree")
