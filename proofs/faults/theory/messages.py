"""Wrong kernels of threads and messages: actions that are wrong in one way, each of which some obligation must refute.

The hypotheses are the invariants of the right kernel: what falls from a state that has them all, falls.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from z3 import And, BoolVal, Exists, If, Not, Or

from model.messages.readings import Afterwards, Faults, Ports, Sender, Window
from model.messages.theories import MESSAGES
from model.messages.vocabulary import System, i, machine, t
from model.signature import fresh
from model.spaces.theory import owner
from proofs.faults.theory.message_fault import MessageFault, Row, after, changed, misread, without
from proofs.faults.theory.message_threads import living

ident = machine.ident
MESSAGES_WITH_PAGE = ("send_map", "send_grant")
ALL_MESSAGES = ("send", *MESSAGES_WITH_PAGE)
_ANYTHING = fresh(System, "_anything")


def _telling() -> Iterator[Row]:
    """Faults of the ways that messages go: name, mechanism, action, the wrong action."""
    for action in MESSAGES_WITH_PAGE:
        yield (
            "window-ignored",
            "a page goes to any slot of the receiver",
            action,
            misread(action, window=Window.IGNORED),
        )
        yield (
            "window-of-another",
            "the window is looked for with any thread of the receiver's space, not with the receiver",
            action,
            changed(
                action,
                without(
                    "the partner opened a window there",
                    instead=lambda s, c: {
                        "some thread there opened a window": Exists(
                            [t], And(s.space(t) == s.space(c.other), s.window(t, c.dst))
                        )
                    },
                ),
            ),
        )
        yield "port-elsewhere", "a port goes to any page", action, misread(action, ports=Ports.ANYWHERE)
        yield (
            "page-of-another",
            "it is not asked whether the page sent is the sender's",
            action,
            changed(action, without("the page is the actor's")),
        )
    yield (
        "page-without-message",
        "the page is mapped although the receiver refused the message, and is not taken back",
        "send_map",
        changed(
            "send_map",
            lambda step, s, c: replace(
                step,
                guard={n: f for n, f in step.guard.items() if n != "the partner awaits the actor"},
                after=replace(step.after, got=s.got, awaits=s.awaits, sent=s.sent, has=s.has),
            ),
        ),
    )
    yield (
        "grant-not-undone",
        "the granted page stays away although the receiver refused the message",
        "send_grant",
        changed(
            "send_grant",
            lambda step, s, c: replace(
                step,
                guard={n: f for n, f in step.guard.items() if n != "the partner opened a window there"},
                after=replace(s, live=lambda x: And(s.live(x), x != c.src), phys=s.phys),
            ),
        ),
    )
    for action in ALL_MESSAGES:
        yield "window-kept", "the receiver's window stays open", action, misread(action, afterwards=Afterwards.OPEN)
        yield (
            "sender-claims",
            "the receiver sees the name that the sender claims",
            action,
            misread(action, sender=Sender.CLAIMED),
        )
        yield (
            "to-whoever-waits",
            "the message goes to a thread that waits for anybody else",
            action,
            changed(
                action,
                without(
                    "the partner awaits the actor",
                    instead=lambda s, c: {"the partner waits": Exists([i], s.awaits(c.other, i))},
                ),
            ),
        )
        yield (
            "delivered-twice",
            "every thread of the receiver's space gets the message",
            action,
            changed(
                action,
                after(
                    lambda s, n, c: {
                        "got": lambda t, i, w: Or(
                            n.got(t, i, w),
                            And(s.runs(t), s.space(t) == s.space(c.other), i == ident(c.actor), w == c.word),
                        )
                    }
                ),
            ),
        )
        yield (
            "lost-wakeup",
            "the receiver has the message and goes on waiting",
            action,
            changed(
                action,
                after(lambda s, n, c: {"awaits": lambda t, i: Or(n.awaits(t, i), And(t == c.other, s.awaits(t, i)))}),
            ),
        )
        yield (
            "overheard",
            "every space comes to know the message",
            action,
            changed(action, after(lambda s, n, c: {"has": lambda p, w: Or(n.has(p, w), w == c.word)})),
        )
        yield (
            "word-unknown",
            "the sender sends what it does not know",
            action,
            changed(action, without("the actor knows what it sends")),
        )
    for action in ("wait", *ALL_MESSAGES):
        yield (
            "window-elsewhere",
            "the window may be in another space",
            action,
            changed(action, without("the window is in the own space")),
        )
        yield (
            "registers-kept",
            "the registers of who waits keep the last message",
            action,
            changed(
                action,
                after(lambda s, n, c: {"got": lambda t, i, w: Or(n.got(t, i, w), And(t == c.actor, s.got(t, i, w)))}),
            ),
        )
    yield (
        "wait-opens-space",
        "who waits has all of its space open",
        "wait",
        changed(
            "wait",
            after(lambda s, n, c: {"window": lambda t, x: If(t == c.actor, owner(x) == s.space(t), s.window(t, x))}),
        ),
    )
    yield (
        "whole-space-open",
        "a page fault opens the whole space to the pager",
        "page_fault",
        misread("page_fault", faults=Faults.WHOLE_SPACE),
    )
    yield (
        "fault-forged",
        "the message of a page fault shows the name of the pager and not of the thread",
        "page_fault",
        changed(
            "page_fault",
            after(
                lambda s, n, c: {
                    "got": lambda t, i, w: If(
                        t == c.other, And(i == ident(c.other), w == machine.fault(c.dst)), n.got(t, i, w)
                    )
                }
            ),
        ),
    )
    yield (
        "fault-to-anybody",
        "the message of a page fault goes to any thread that waits for it",
        "page_fault",
        changed("page_fault", without("the partner is its pager", "the partner awaits the actor")),
    )
    yield (
        "timeout-leaves-window",
        "a wait that times out leaves its window open",
        "timeout",
        changed("timeout", after(lambda s, n, c: {"window": s.window})),
    )
    yield (
        "timeout-leaves-call",
        "a caller that timed out still counts as calling",
        "timeout",
        changed("timeout", after(lambda s, n, c: {"calls": s.calls})),
    )
    yield (
        "interrupt-to-another",
        "an interrupt goes to any thread that waits for it",
        "interrupt",
        changed("interrupt", without("the partner serves it")),
    )
    yield (
        "interrupt-with-word",
        "an interrupt carries what lies around",
        "interrupt",
        changed(
            "interrupt",
            after(
                lambda s, n, c: {
                    "sent": lambda t, u, w: Or(n.sent(t, u, w), And(t == c.actor, u == c.other, w == c.word))
                }
            ),
        ),
    )


def _of_every_action() -> Iterator[Row]:
    """What can go wrong with every action: each obligation about it must notice some of it."""
    for action in MESSAGES.actions:
        yield (
            "leaves-anything",
            "the kernel's memory holds anything afterwards",
            action,
            changed(action, lambda step, s, c: replace(step, after=_ANYTHING)),
        )
        yield (
            "tells-about-others",
            "the actor comes to know all words if some id is given, whoever has it",
            action,
            changed(
                action,
                after(
                    lambda s, n, c: {
                        "has": lambda p, w: Or(n.has(p, w), And(p == s.space(c.actor), s.named(c.claimed)))
                    }
                ),
            ),
        )
        if action not in ("timeout", "interrupt", "create", "associate", "think"):  # no answer, or it is told anyway
            yield (
                "asks-about-others",
                "whether it is done depends on an id that somebody elsewhere has",
                action,
                changed(action, without(instead=lambda s, c: {"nobody has that id": Not(s.named(c.claimed))})),
            )


def faults() -> Iterator[MessageFault]:
    """All faults of threads and messages; those that several actions can have are called after the action too."""
    rows = (*_telling(), *living(), *_of_every_action())
    times = Counter(name for name, *_ in rows)
    for name, mechanism, action, wrong in rows:
        of_action = f"-{action.replace('_', '-')}" if times[name] > 1 else ""
        yield MessageFault(f"message-{name}{of_action}", mechanism, action, wrong)
    for action in MESSAGES.actions:
        never = changed(action, lambda step, s, c: replace(step, guard={"nothing is ever done": BoolVal(False)}))
        yield MessageFault(
            f"message-refused-{action.replace('_', '-')}", "the kernel never does it", action, never, refuses=True
        )
