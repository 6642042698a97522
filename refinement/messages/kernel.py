"""Threads and messages of the kernel: a message passes when its receiver waits for its sender (B.ipc, section 2).

Everything is done with thread control blocks (:mod:`refinement.messages.blocks`) in constant time, but what a page
that comes along replaces. There is no queue: who sends to somebody that does not wait for it is refused, and tries
again. The pages go the way of :class:`~refinement.kernel.kernel.Kernel`, whose map, grant and flush are called.

The order of steps is the one that hardware asks for:

- a message is checked whole, its receiver's window too, before anything is changed;
- a page that comes with it is mapped before it is delivered: the mapping stands, and no buffer says otherwise, when its
  receiver runs. If the page is refused, so is the message;
- an interrupt's line is masked until its server waits for it again, so that a request is late at most, and not lost.
"""

from collections.abc import Callable

from machine.interrupts import InterruptController
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.scope import MessageScope
from model.spaces.literal import DONE, REFUSED
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY, EMPTY, FREE, LINE, NOBODY, RUNS, begun
from refinement.messages.io_maps import PortKernel


class MessageKernel:
    """The threads of a scope, in their blocks, on a kernel that has the scope's pages.

    A thread that calls the kernel is known by the number of its block, every other one by its id. Each operation ends
    ``DONE``, or ``REFUSED``, and then nothing has changed.

    :param lines: the interrupt controller; the line n is that of the hardware thread in block n.
    :raises ValueError: a dialect of messages other than canonical, or a controller that lacks lines.
    """

    def __init__(
        self,
        scope: MessageScope,
        pages: PortKernel,
        lines: InterruptController,
        dialect: MessageDialect = CANONICAL_MESSAGES,
    ) -> None:
        """What is booted runs."""
        if dialect.readings != CANONICAL_MESSAGES.readings:
            raise ValueError(f"this kernel does not do {dialect.name!r}: choose the dialect canonical")
        if lines.count < scope.numbers:
            raise ValueError(f"a controller of {lines.count} lines: give one line for each of {scope.numbers} blocks")
        self.scope, self.pages, self.lines = scope, pages, lines
        self.numbers = scope.numbers
        self.threads = begun(scope)
        self.fault_words = tuple(slot % scope.pages + 1 for slot in range(scope.slots))
        self.places = tuple(slot % scope.pages for slot in range(scope.slots))

    # What programs ask for.

    def create(self, actor: int, new: int, into: int, pager: int) -> int:
        """The actor begins a thread with a newer id, in its own space or in one that nobody has had (B.uid)."""
        t, block = self.threads, self.block_of(new)
        if not self.is_acting(actor) or t.state[block] != FREE or not self.is_newer(new, block):
            return REFUSED
        if into != t.space[actor] and t.born[into] != 0:
            return REFUSED
        self.forget(block)
        t.ident[block] = new
        t.space[block] = into
        t.pager[block] = pager
        t.born[into] = 1
        t.state[block] = RUNS
        return DONE

    def end(self, actor: int, other: int) -> int:
        """The actor ends a thread of its own space, itself perhaps; of it nothing is left but that its id was given."""
        t, block = self.threads, self.block_of(other)
        if not self.is_acting(actor) or t.state[block] != RUNS or t.ident[block] != other:
            return REFUSED
        if t.space[block] != t.space[actor]:
            return REFUSED
        t.state[block] = FREE
        self.forget(block)
        return DONE

    def wait(self, actor: int, partner: int, window: int) -> int:
        """The actor waits: for whom, and into which of its slots a page may come (B.ipc, B.consent)."""
        if not self.is_acting(actor) or not self.is_own_window(actor, window):
            return REFUSED
        self.start_waiting(actor, partner, window)
        return DONE

    def send(self, actor: int, other: int, word: int, partner: int, window: int) -> int:
        """A message passes to a thread that waits for the actor, which waits for its partner then (B.ipc, B.rpc)."""
        if not self.passes(actor, other, window):
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return DONE

    def send_map(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        """A message passes, and with it a page of the actor's is mapped into the receiver's window (B.consent)."""
        if not self.passes(actor, other, window) or not self.accepts(actor, other, src, dst):
            return REFUSED
        if self.pages.map(src, dst, rights) != DONE:
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return DONE

    def send_grant(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        """A message passes, and with it a page of the actor's is granted into the receiver's window (B.consent)."""
        if not self.passes(actor, other, window) or not self.accepts(actor, other, src, dst):
            return REFUSED
        if self.pages.grant(src, dst, rights) != DONE:
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return DONE

    def flush(self, actor: int, src: int, rights: int) -> int:
        """The actor flushes a page of its own, and asks nobody (A.flush, B.owner)."""
        if not self.is_acting(actor) or self.pages.scope.space(src) != self.threads.space[actor]:
            return REFUSED
        return self.pages.flush(src, rights)

    def associate(self, actor: int, line: int) -> int:
        """The actor comes to serve an interrupt that nobody serves, if it serves no other (B.irq)."""
        t, block = self.threads, self.block_of(line)
        if not self.is_acting(actor) or t.state[block] != LINE or t.ident[block] != line:
            return REFUSED
        if t.line[actor] != NONE or self.server_of(block) != NONE:
            return REFUSED
        t.server[block] = t.ident[actor]
        t.line[actor] = block
        return DONE

    # What the machine and the clock make happen.

    def timeout(self, other: int) -> int:
        """The wait of a thread ends without a message."""
        t, block = self.threads, self.block_of(other)
        if t.state[block] != RUNS or t.ident[block] != other or t.partner[block] == NOBODY:
            return REFUSED
        self.stop_waiting(block)
        return DONE

    def take_interrupt(self, core: int) -> int:
        """A core takes an interrupt: its line is masked, and its message goes to its server if that waits (B.irq)."""
        line = self.lines.acknowledge(core)
        if line is None:
            return REFUSED
        self.lines.mask(line)
        self.lines.end(line)
        return self.interrupt(line)

    def interrupt(self, line: int) -> int:
        """The empty message of a hardware thread to the thread that serves it and waits for it (B.irq)."""
        server = self.server_of(line)
        if server == NONE or not self.awaits(server, line):
            return REFUSED
        self.deliver(line, server, EMPTY)
        return DONE

    def page_fault(self, actor: int, slot: int) -> int:
        """The kernel calls the pager in the actor's name, with a window where the page is missing (B.rpc)."""
        t = self.threads
        if not self.is_acting(actor) or self.pages.scope.space(slot) != t.space[actor]:
            return REFUSED
        pager = t.pager[actor]
        if pager == NONE or not self.is_heard(actor, pager):
            return REFUSED
        self.deliver(actor, self.block_of(pager), self.fault_words[slot])
        self.start_waiting(actor, pager, slot)
        return DONE

    # What the operations are made of.

    def block_of(self, ident: int) -> int:
        """The block whose thread may have the id."""
        return ident % self.numbers

    def is_newer(self, ident: int, block: int) -> bool:
        """Return whether no thread of the block has had the id (B.uid)."""
        return ident > self.threads.ident[block]

    def is_acting(self, thread: int) -> bool:
        """Return whether it is a program's thread that runs and is not blocked."""
        return self.threads.state[thread] == RUNS and self.threads.partner[thread] == NOBODY

    def is_own_window(self, thread: int, window: int) -> bool:
        """Return whether a window is in the thread's own space, or is none."""
        return window == NONE or self.pages.scope.space(window) == self.threads.space[thread]

    def awaits(self, thread: int, sender: int) -> bool:
        """Return whether the thread in a block waits for the one in another."""
        partner = self.threads.partner[thread]
        return partner == ANYBODY or (partner != NOBODY and partner == self.threads.ident[sender])

    def is_heard(self, actor: int, other: int) -> bool:
        """Return whether a thread of that id is there, and waits for the actor."""
        t, block = self.threads, self.block_of(other)
        return t.state[block] == RUNS and t.ident[block] == other and self.awaits(block, actor)

    def passes(self, actor: int, other: int, window: int) -> bool:
        """Whether both sides agree on a message: the actor sends it, its receiver waits for the actor (B.ipc)."""
        return self.is_acting(actor) and self.is_heard(actor, other) and self.is_own_window(actor, window)

    def accepts(self, actor: int, other: int, src: int, dst: int) -> bool:
        """Whether a page is the actor's, goes into its receiver's window, and, if a port, stays in place (B.io)."""
        if self.pages.scope.space(src) != self.threads.space[actor]:
            return False
        if self.threads.window[self.block_of(other)] != dst:
            return False
        shown = self.pages.lookup(src)
        return shown is None or not self.pages.is_port(shown.frame) or self.places[src] == self.places[dst]

    def server_of(self, line: int) -> int:
        """The block of the thread that serves an interrupt, if there is one still."""
        t, server = self.threads, self.threads.server[line]
        if server == NONE:
            return NONE
        block = self.block_of(server)
        return block if t.state[block] == RUNS and t.ident[block] == server else NONE

    # The steps.

    def complete(self, actor: int, other: int, word: int, partner: int, window: int) -> None:
        """The message is delivered, and its sender waits for its partner."""
        self.deliver(actor, self.block_of(other), word)
        self.start_waiting(actor, partner, window)

    def deliver(self, sender: int, receiver: int, word: int) -> None:
        """The message is in the receiver's registers with the sender's id, and the receiver runs on."""
        self.stop_waiting(receiver)
        self.threads.sender[receiver] = self.threads.ident[sender]
        self.threads.message[receiver] = word

    def stop_waiting(self, thread: int) -> None:
        """The wait of a thread ends, and its window is closed (B.consent)."""
        self.threads.partner[thread] = NOBODY
        self.threads.window[thread] = NONE

    def start_waiting(self, thread: int, partner: int, window: int) -> None:
        """The thread waits, with that window; its registers are empty, and the interrupt that it waits for may come."""
        t = self.threads
        t.sender[thread] = NONE
        t.message[thread] = NONE
        t.window[thread] = window
        t.partner[thread] = partner
        line = t.line[thread]
        if line != NONE and self.awaits(thread, line):
            self.lines.unmask(line)

    def forget(self, block: int) -> None:
        """Nothing is left in a block but the last id that it had, and the space."""
        self.stop_waiting(block)
        t = self.threads
        t.sender[block] = NONE
        t.message[block] = NONE
        t.pager[block] = NONE
        t.line[block] = NONE


def observe(kernel: MessageKernel, name: str, callback: Callable[[], None]) -> None:
    """Call back before each step of that name; only this kernel is changed."""
    step = getattr(kernel, name)

    def then_step(*arguments: int) -> None:
        callback()
        step(*arguments)

    setattr(kernel, name, then_step)
