"""Ways to take a translation from all cores, choice by choice: right ones of three machines, and wrong ones.

Right are all first members, with each ``reach`` and each ``flush``. All others are wrong, and stand here so that each
is refuted by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from model.choice import Choice, GuardedChoice, choices_of, guarded_named


class Reach(Choice):
    """How other cores are reached."""

    INTERRUPT = 0, "the cores that the mask names are interrupted; each forgets, and answers (x86)"
    BROADCAST = 1, "hardware tells every core, and no mask is read (AArch64: TLBI …IS, DSB)"
    MESSAGE = 2, "the cores that the mask names get a message; each fences, then says so (RISC-V: SFENCE.VMA)"


class Flush(Choice):
    """How much is taken at a time."""

    PAGE = 0, "one page, and its cores are awaited"
    BATCH = 1, "a core forgets the whole space; a counter of generations says which pages that was in time for"


class Wait(Choice):
    """When a shootdown is finished."""

    ANSWERS = 0, "every core that was told has answered"
    NONE = 1, "nobody is awaited"


class Frees(Choice):
    """When the database forgets."""

    AT_END = 0, "when the shootdown is finished"
    AT_ONCE = 1, "when the entry is cleared, before the answers"


class Order(Choice):
    """In which order entry and cores are dealt with."""

    CLEAR_FIRST = 0, "the entry is cleared, then the mask is read, then cores are told"
    TELL_FIRST = 1, "cores are told while the entry stands; it is cleared when they have answered"
    MASK_FIRST = 2, "the mask is read, then the entry is cleared, and cores are told by the mask that was read"


class Leaves(Choice):
    """A core that goes over to another space."""

    IN_MASK = 0, "it stays in the mask of the space it leaves, until it has forgotten it"
    OUT_OF_MASK = 1, "it leaves the mask and remembers the space all the same: a lazy core is skipped"


class Tags(Choice):
    """When a tag is given to another space."""

    WIPED = 0, "when every core has forgotten what it remembered under it"
    AT_ONCE = 1, "as soon as no space has it"


class Told(Choice):
    """Who is told to forget."""

    MASK = 0, "every core that may remember"
    ITSELF = 1, "the core alone that takes the page away"


class Answers(Choice):
    """When a core answers."""

    HAVING_FORGOTTEN = 0, "when it has forgotten"
    AT_ONCE = 1, "when it is told, and it forgets later"


class Busy(Choice):
    """An entry whose shootdown goes on."""

    LEFT = 0, "no new mapping is written there"
    REUSED = 1, "a new mapping may be written there at once"


class Replaces(Choice):
    """How one frame comes in the place of another."""

    BREAKS_FIRST = 0, "the entry is cleared, the cores forget, then the new one is written (break before make)"
    IN_PLACE = 1, "the new one is written over the old, and the cores are told afterwards"


class Counter(Choice):
    """The generation of a page that joins a batch which has begun."""

    ADVANCES = 0, "a new one, so that a core which has forgotten before has to forget again"
    STANDS = 1, "that of the batch: who has forgotten once counts for all pages of it"


class Entering(Choice):
    """A core that enters a space whose generation it has not seen."""

    CATCHES_UP = 0, "it forgets the space first"
    UNCHECKED = 1, "it goes on with what it remembers"


class CoreReadings(NamedTuple):
    """One member of each choice."""

    reach: Reach = Reach.INTERRUPT
    flush: Flush = Flush.PAGE
    wait: Wait = Wait.ANSWERS
    frees: Frees = Frees.AT_END
    order: Order = Order.CLEAR_FIRST
    leaves: Leaves = Leaves.IN_MASK
    tags: Tags = Tags.WIPED
    told: Told = Told.MASK
    answers: Answers = Answers.HAVING_FORGOTTEN
    busy: Busy = Busy.LEFT
    replaces: Replaces = Replaces.BREAKS_FIRST
    counter: Counter = Counter.ADVANCES
    entering: Entering = Entering.CATCHES_UP


CHOICES: Mapping[str, type[Choice]] = MappingProxyType(choices_of(CoreReadings()))


@dataclass(frozen=True, slots=True)
class Protocol(GuardedChoice[CoreReadings]):
    """A named choice of readings of how a translation is taken from all cores.

    >>> PROTOCOLS["batch"].reading(counter=Counter.STANDS).name
    'batch with counter=stands'
    >>> PROTOCOLS["interrupt"].without("finish", "all have answered").name
    'interrupt without finish: all have answered'
    """


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        protocol.name: protocol
        for protocol in (
            Protocol("interrupt", "page by page, by interrupts to the cores of a mask: x86", CoreReadings()),
            Protocol(
                "broadcast", "page by page, by broadcast of the hardware: AArch64", CoreReadings(reach=Reach.BROADCAST)
            ),
            Protocol(
                "message", "page by page, by messages to the cores of a mask: RISC-V", CoreReadings(reach=Reach.MESSAGE)
            ),
            Protocol(
                "batch",
                "many pages at a time, and cores that execute elsewhere when they come back: generations",
                CoreReadings(flush=Flush.BATCH),
            ),
        )
    }
)
"""The protocols that are right."""


def protocol_named(name: str) -> Protocol:
    """The protocol of that name; ``NAME with CHOICE=READING, ...`` is understood too, and at the end of either
    `` without ACTION: CONDITION``. Whether the action asks for that condition, its theory says.

    >>> protocol_named("interrupt with wait=none").readings.wait.prose
    'nobody is awaited'
    >>> protocol_named("interrupt without finish: all have answered").dropped
    (('finish', 'all have answered'),)

    :raises KeyError: there is no such protocol, choice or reading.
    """
    return guarded_named(name, PROTOCOLS.__getitem__)
