"""The readings of threads and messages: what section 2 leaves open, and what real kernels chose.

As for address spaces (:mod:`model.spaces.dialect`), a *dialect* holds one member of each choice. The named ones are our
reading of public manuals, of what they say of messages and of nothing else; where our vocabulary has no word for what a
manual says, the sentence says what stands for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from model.choice import Choice, NamedChoice, choices_of, read_named


class Ids(Choice):
    """Which id a new thread may get (B.uid)."""

    NEVER_AGAIN = 0, "an id is given once and never again"
    VERSIONS_WRAP = 1, "an id is a number and a version; a number in no use is given with any version but its last one"
    REUSED = 2, "an id may be given again when its thread has ended"


class Chooses(Choice):
    """Who chooses the id and the space of a new thread, among those that may be given."""

    CALLER = 0, "who begins a thread names its id, and the new space if it wants one"
    KERNEL = 1, "the kernel chooses them from a supply that it keeps for the actor's space alone"


class Begins(Choice):
    """Where a new thread may execute (B.thread)."""

    OWN_OR_NEW = 0, "a thread begins in the space of who begins it, or in one that nobody has had"
    ANYWHERE = 1, "a thread begins in any space"


class Sender(Choice):
    """The name that a receiver sees (B.uid)."""

    KERNEL = 0, "the receiver sees the sender's id"
    BADGE = 1, "the receiver sees the badge of the capability that the sender used, which others may have too"
    CLAIMED = 2, "the receiver sees the name that the sender claims"


class Window(Choice):
    """Where a page sent may go (B.consent)."""

    CHECKED = 0, "a page goes only where the receiver opened a window"
    IGNORED = 1, "a page goes to any slot of the receiver's space"


class Afterwards(Choice):
    """The window when the wait has ended."""

    CLOSED = 0, "a window closes when the wait ends that it was opened for"
    OPEN = 1, "a window stays open"


class Item(Choice):
    """A message whose page finds no window, or cannot be mapped there."""

    REFUSED = 0, "the message does not pass"
    DROPPED = 1, "the message passes, truncated by the page"


class Strings(Choice):
    """Whether a message can be longer than the registers, and where the kernel copies it."""

    NONE = 0, "a message is what registers hold"
    BUFFER = 1, "a message may be copied to a page of the receiver's window that the receiver may write"
    ANYWHERE = 2, "a message may be copied to any page of the receiver's space"


class Ports(Choice):
    """Where I/O ports may be mapped (B.io)."""

    IN_PLACE = 0, "a port is mapped only to the page where it lies, v = v′"
    ANYWHERE = 1, "a port is mapped like any page"


class Faults(Choice):
    """The window that the kernel opens for a page fault."""

    MISSING_PAGE = 0, "the pager may fill the page that is missing, and no other"
    WHOLE_SPACE = 1, "the pager may fill any page of the thread's space"
    NO_CALL = 2, "the kernel makes no message of a page fault"


class Timeouts(Choice):
    """Whether a wait can end without a message."""

    ANY = 0, "a wait may end without a message"
    NONE = 1, "a wait ends with a message and in no other way"


class Waits(Choice):
    """From whom a thread can wait."""

    CHOSEN = 0, "a thread waits for those that it chooses"
    ANYBODY_OR_CALLEE = 1, "a thread waits for the one that it calls, or for anybody"


class Lines(Choice):
    """Who may come to serve an interrupt (B.irq)."""

    FIRST_COME = 0, "an interrupt goes to the first that asks for it"
    ASSIGNED = 1, "an interrupt was assigned to one space when the machine was built"


class MessageReadings(NamedTuple):
    """One member of each choice; the defaults are the canonical ones."""

    ids: Ids = Ids.NEVER_AGAIN
    chooses: Chooses = Chooses.CALLER
    begins: Begins = Begins.OWN_OR_NEW
    sender: Sender = Sender.KERNEL
    window: Window = Window.CHECKED
    afterwards: Afterwards = Afterwards.CLOSED
    item: Item = Item.REFUSED
    ports: Ports = Ports.IN_PLACE
    faults: Faults = Faults.MISSING_PAGE
    timeouts: Timeouts = Timeouts.ANY
    waits: Waits = Waits.CHOSEN
    lines: Lines = Lines.FIRST_COME
    strings: Strings = Strings.NONE


CHOICES: Mapping[str, type[Choice]] = MappingProxyType(choices_of(MessageReadings()))


@dataclass(frozen=True, slots=True)
class MessageDialect(NamedChoice[MessageReadings]):
    """A named choice of readings of messages.

    >>> CANONICAL_MESSAGES.reading(ids=Ids.REUSED).name
    'canonical with ids=reused'
    """


CANONICAL_MESSAGES = MessageDialect(
    "canonical", "readings under which what section 2 says of threads and messages holds", MessageReadings()
)

MESSAGE_DIALECTS: Mapping[str, MessageDialect] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            CANONICAL_MESSAGES,
            MessageDialect(
                "no-channels",
                "as canonical, and nobody learns from a refusal what others took: the kernel chooses ids and spaces, "
                "and interrupts are assigned",
                MessageReadings(chooses=Chooses.KERNEL, lines=Lines.ASSIGNED),
            ),
            MessageDialect(
                "paper",
                "section 2 as we read it: a message whose page is not accepted does not pass; no wait ends by itself",
                MessageReadings(timeouts=Timeouts.NONE),
            ),
            MessageDialect(
                "v2",
                "L4 version 2, our reading: a page fault opens the whole space to the pager, a page that finds no "
                "window is left out of the message, a string is copied where the receiver expects it, ids are numbers "
                "with versions",
                MessageReadings(
                    ids=Ids.VERSIONS_WRAP, item=Item.DROPPED, faults=Faults.WHOLE_SPACE, strings=Strings.BUFFER
                ),
                hazard="when versions wrap, a message reaches another thread than was meant",
            ),
            MessageDialect(
                "x2",
                "L4 X.2, our reading: as version 2, but a privileged task chooses ids, here their being given again",
                MessageReadings(ids=Ids.REUSED, item=Item.DROPPED, faults=Faults.WHOLE_SPACE, strings=Strings.BUFFER),
                hazard="an id may be given again, and a message reaches another thread than was meant",
            ),
            MessageDialect(
                "nova",
                "NOVA, our reading: a portal's thread takes calls from anybody who has the portal, a caller waits for "
                "the callee only, what does not fit the window is left out; the portal's id stands for the sender",
                MessageReadings(
                    sender=Sender.BADGE, waits=Waits.ANYBODY_OR_CALLEE, item=Item.DROPPED, timeouts=Timeouts.NONE
                ),
                hazard="the receiver knows the portal that was used, and not who used it",
            ),
            MessageDialect(
                "sel4",
                "seL4, our reading: endpoints take from anybody, the receiver sees the capability's badge, a caller "
                "waits for the callee only, interrupts are assigned by capability; faults are messages",
                MessageReadings(
                    sender=Sender.BADGE,
                    waits=Waits.ANYBODY_OR_CALLEE,
                    item=Item.DROPPED,
                    timeouts=Timeouts.NONE,
                    lines=Lines.ASSIGNED,
                ),
                hazard="the receiver knows the badge of the capability that was used, and not who used it",
            ),
        )
    }
)


def message_dialect_named(name: str) -> MessageDialect:
    """The dialect of that name; ``NAME with CHOICE=READING, ...`` is understood too.

    >>> message_dialect_named("canonical with afterwards=open, ports=anywhere").readings.afterwards.name
    'OPEN'

    :raises KeyError: there is no such dialect, choice or reading.
    """
    return read_named(name, MESSAGE_DIALECTS.__getitem__)
