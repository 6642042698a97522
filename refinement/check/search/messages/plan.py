"""The exhaustive part of a search among threads: which scopes, in which order, and what is known then."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from model.counting import counted
from model.messages.readings import Ids, MessageReadings
from model.messages.scope import MessageScope
from model.spaces.dialect import Readings
from refinement.check.messages.steps import label
from refinement.check.messages.trees import Trees
from refinement.check.target.message_calls import MessageCall

PAIR = MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2)
"""A thread in σ0 and one in σ1."""

THREE = MessageScope(2, 2, 1, threads=3, ids=3, words=3, booted=3)
"""A thread in σ0 and two in σ1, of two pages each."""

TRIO = MessageScope(2, 1, 1, threads=3, ids=3, words=2, booted=3)
"""A thread in σ0 and two in σ1, of a page each."""

LINES = MessageScope(2, 1, 1, threads=3, ids=3, words=2, booted=2, hardware=1)
"""A thread in each of two spaces, and an interrupt."""

PORT = MessageScope(2, 2, 1, threads=2, ids=2, words=3, booted=2, ports=1)
"""A thread in each of two spaces, of two pages, and a frame that is an I/O port."""


def begun(messages: MessageReadings) -> MessageScope:
    """A thread in each of two spaces, and two that can be begun, one with an id, or a number, that was given."""
    if messages.ids == Ids.VERSIONS_WRAP:
        return MessageScope(2, 1, 1, threads=4, ids=4, words=2, booted=2, versions=2)
    return MessageScope(2, 1, 1, threads=4, ids=3, words=2, booted=2)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the search: all sequences of a length over a scope, of the kind that :class:`Trees` tells."""

    scope: MessageScope
    length: int
    share: float
    lean: bool = False
    refusals: bool = False

    @property
    def name(self) -> str:
        """The name that ``--require`` knows."""
        kind = "any sequences" if self.refusals else "sequences"
        return f"messages: {kind} of {self.length} over {label(self.scope)}" + ", few operations" * self.lean

    def works(self, messages: MessageReadings, readings: Readings, seconds: float, jobs: int = 1) -> list[Trees]:
        """A work for each job, by the first operation; one for all where sequences are few."""
        whole = Trees(messages, readings, self.scope, self.length, seconds, lean=self.lean, refusals=self.refusals)
        if jobs == 1 or self.length <= 2:
            return [whole]
        count = len(whole.operations)
        cuts = [count * job // jobs for job in range(jobs + 1)]
        return [replace(whole, first=first, stop=stop) for first, stop in pairwise(cuts)]

    def sentence(self, done: int, *, complete: bool) -> str:
        """What is known after it found nothing."""
        steps = f"{counted(self.length, 'operation')} of threads over {label(self.scope)}"
        which = "" if self.refusals or self.length == 1 else ", those before the last possible"
        few = ", few of each kind" * self.lean
        return f"{'all ' if complete else ''}{counted(done, 'sequence')} of {steps}{few}{which}"


def parts(messages: MessageReadings, offers: Collection[MessageCall]) -> Iterator[Part]:
    """The parts in their order, without scopes that show nothing of what the target offers."""
    scopes = [PAIR, TRIO]
    if MessageCall.CREATE in offers:
        scopes.append(begun(messages))
    if MessageCall.INTERRUPT in offers:
        scopes.append(LINES)
    scopes += [PORT, THREE]
    small = [scope for scope in scopes if scope not in (PORT, THREE)]
    for length in (1, 2):
        yield from (Part(scope, length, 0.5) for scope in scopes)
    yield Part(PAIR, 2, 0.3, refusals=True)
    yield from (Part(scope, 3, 0.3, lean=True) for scope in scopes)
    yield from (Part(scope, 4, 0.5, lean=True) for scope in (PAIR, TRIO))
    yield from (Part(scope, 2, 0.3, refusals=True) for scope in small if scope != PAIR)
    yield from (Part(scope, 3, 0.3) for scope in small)
    yield from (Part(scope, 4, 0.4, lean=True) for scope in (*small[2:], PORT, THREE))
    yield Part(PAIR, 5, 0.4, lean=True)
    yield from (Part(scope, 3, 0.5) for scope in (PORT, THREE))


def is_needed(part: Part) -> bool:
    """Return whether nothing conforms before this part was gone through whole."""
    return part.length == 1 or (part.length == 2 and part.scope == PAIR and not part.refusals)
