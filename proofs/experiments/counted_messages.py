"""A kernel whose messages are noted: two threads that call each other, and each field of their blocks that it touches.

The kernel is :class:`refinement.messages.kernel.MessageKernel` itself, on a core that others may work on as well. Noted
are fields that are read or written, and what they miss in the data cache; the instructions between them are not. The
blocks are reached by physical address, so that they take no entry of the buffer.
"""

from typing import Final

from machine import tlb
from machine.costs.core import PricedCore
from machine.costs.events import Event, Ledger
from machine.formats import X86_32
from model.messages.scope import MessageScope
from model.spaces.literal import DONE
from proofs.experiments.noted import Accesses, noted
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY, ThreadBlocks
from refinement.messages.lockstep import boot

CLIENT, SERVER = 0, 1
"""The threads, each in the space of its number."""

A_QUARTER: Final = 1 << 10


class CountedMessages:
    """A client that calls a server, and a server that waits for anybody; first the client runs.

    :param core: whose ledger and data cache note the accesses; the blocks lie behind its memory, a quarter of a page
        on, where in the caches of the 486 and the Pentium they share no set with the beginnings of pages.
    """

    def __init__(self, core: PricedCore) -> None:
        """Before the first message."""
        scope = MessageScope(2, 1, 1, threads=2, ids=2, booted=2)
        self.core = core
        self.accesses = Accesses()
        self.kernel = boot(scope, format=X86_32, buffer=tlb.i486)
        self.kernel.wait(SERVER, ANYBODY, NONE)
        base = core.memory.size + A_QUARTER
        self.kernel.threads = ThreadBlocks(*noted(self.kernel.threads, Event.FIELD, base, self.accesses))
        self.accesses.core = core

    def send(self, sender: int) -> int:
        """The thread sends a word to the other, and waits: the client for its answer, the server for anybody.

        :returns: the space of the thread that runs then, which the kernel reads in its block.
        :raises RuntimeError: the kernel refused it.
        """
        receiver = SERVER if sender == CLIENT else CLIENT
        partner = SERVER if sender == CLIENT else ANYBODY
        if self.kernel.send(sender, receiver, 0, partner, NONE) != DONE:
            raise RuntimeError(f"thread {sender} may not send: it waits itself, or nobody waits for it")
        return int(self.kernel.threads.space[receiver])

    def start(self) -> None:
        """Forget what was noted; caches and buffer stay."""
        self.core.ledger.clear()
        self.accesses.missed.clear()

    def counted(self) -> Ledger:
        """What was noted, and of misses of the data cache those of fields alone."""
        found = Ledger()
        found.counts.update(self.core.ledger.counts)
        found.counts[Event.DATA_MISS] = self.accesses.missed[Event.FIELD]
        return found
