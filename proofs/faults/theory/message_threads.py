"""Wrong kernels of threads: how they begin and end, serve interrupts, and use memory."""

from collections.abc import Iterator

from model.messages.readings import Begins, Ids
from proofs.faults.theory.message_fault import Row, after, changed, misread, without


def living() -> Iterator[Row]:
    """Faults of threads, interrupts and memory."""
    yield "id-reused", "an id is given again when its thread has ended", "create", misread("create", ids=Ids.REUSED)
    yield "version-wraps", "the version of an id wraps", "create", misread("create", ids=Ids.VERSIONS_WRAP)
    yield "begins-anywhere", "a thread begins in any space", "create", misread("create", begins=Begins.ANYWHERE)
    yield (
        "begins-twice",
        "a thread that exists is begun again, in another space",
        "create",
        changed("create", without("it has not been there", "the id was never given")),
    )
    yield "ends-anybody", "a thread of any space is ended", "end", changed("end", without("it is of the own space"))
    for name, symbol, what in (
        ("end-leaves-window", "window", "its window"),
        ("end-leaves-wait", "awaits", "its wait"),
        ("end-leaves-message", "got", "its message"),
        ("end-leaves-interrupt", "serves", "the interrupt that it serves"),
        ("end-leaves-pager", "pager", "its pager"),
        ("end-leaves-call", "calls", "its call"),
    ):
        kept = symbol
        yield (
            name,
            f"a thread that ends leaves {what}",
            "end",
            changed("end", after(lambda s, n, c, kept=kept: {kept: getattr(s, kept)})),  # type: ignore[misc]
        )
    yield (
        "serves-taken-interrupt",
        "an interrupt that somebody serves is taken",
        "associate",
        changed("associate", without("nobody serves it")),
    )
    yield (
        "flush-of-another",
        "a page of any space is flushed",
        "flush",
        changed("flush", without("the page is the actor's")),
    )
    for action in ("read", "write"):
        yield (
            "without-right",
            "memory is used without the right",
            action,
            changed(action, without("the right is there")),
        )
        yield (
            "foreign-page",
            "a page of any space is used",
            action,
            changed(action, without("the page is the actor's")),
        )
    yield (
        "write-what-is-unknown",
        "a word is written that its writer does not know",
        "write",
        changed("write", without("the actor knows it")),
    )
    yield (
        "thinks-a-known-word",
        "a word is made up that others know",
        "think",
        changed("think", without("nobody knows it", "it stands nowhere")),
    )
