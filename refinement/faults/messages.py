"""Broken kernels whose threads and messages are wrong: each is the kernel with a method or two replaced.

>>> MESSAGE_FAULTS["window-kept"].sentence
'A window stays open when its message has come.'
"""

from collections.abc import Callable
from dataclasses import dataclass

from model.spaces.literal import DONE, REFUSED
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY, EMPTY, FREE, LINE, NOBODY, RUNS
from refinement.messages.kernel import MessageKernel


@dataclass(frozen=True, slots=True)
class MessageKernelFault:
    """A kernel whose messages are wrong in one way.

    :param mechanism: the row of the catalogue that it belongs to.
    """

    name: str
    mechanism: str
    sentence: str
    kernel: type[MessageKernel]


MESSAGE_FAULTS: dict[str, MessageKernelFault] = {}
"""All of them, by name."""


def _fault(name: str, mechanism: str, sentence: str) -> Callable[[type[MessageKernel]], type[MessageKernel]]:
    def enter(kernel: type[MessageKernel]) -> type[MessageKernel]:
        MESSAGE_FAULTS[name] = MessageKernelFault(name, mechanism, sentence, kernel)
        return kernel

    return enter


@_fault(
    "mapped-before-window",
    "message-page-without-message",
    "A page is mapped before its receiver's window is looked at.",
)
class _MappedBeforeWindow(MessageKernel):
    def send_map(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        if not self.passes(actor, other, window) or self.pages.scope.space(src) != self.threads.space[actor]:
            return REFUSED
        if self.pages.map(src, dst, rights) != DONE or not self.accepts(actor, other, src, dst):
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return DONE


@_fault(
    "grant-not-undone",
    "message-grant-not-undone",
    "A message whose page finds no window is refused, and the page is gone.",
)
class _GrantNotUndone(MessageKernel):
    def send_grant(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        if not self.passes(actor, other, window) or self.pages.scope.space(src) != self.threads.space[actor]:
            return REFUSED
        if self.pages.grant(src, dst, rights) != DONE or not self.accepts(actor, other, src, dst):
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return DONE


@_fault("delivered-before-mapped", "message-delivered-too-early", "A message is delivered before its page is mapped.")
class _DeliveredBeforeMapped(MessageKernel):
    def send_map(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        if not self.passes(actor, other, window) or not self.accepts(actor, other, src, dst):
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return self.pages.map(src, dst, rights)

    def send_grant(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        if not self.passes(actor, other, window) or not self.accepts(actor, other, src, dst):
            return REFUSED
        self.complete(actor, other, word, partner, window)
        return self.pages.grant(src, dst, rights)


@_fault("window-unchecked", "message-window-ignored", "A page goes into any slot of its receiver's space.")
class _WindowUnchecked(MessageKernel):
    def accepts(self, actor: int, other: int, src: int, dst: int) -> bool:
        t = self.threads
        if self.pages.scope.space(dst) != t.space[self.block_of(other)]:
            return False
        return self.pages.scope.space(src) == t.space[actor]


@_fault("window-of-the-sender", "message-window-of-another", "The window that is looked at is the sender's.")
class _WindowOfTheSender(MessageKernel):
    def accepts(self, actor: int, other: int, src: int, dst: int) -> bool:
        return super().accepts(actor, self.threads.ident[actor], src, dst)


@_fault("page-of-another", "message-page-of-another", "A page that comes with a message may be anybody's.")
class _PageOfAnother(MessageKernel):
    def accepts(self, actor: int, other: int, src: int, dst: int) -> bool:
        return self.threads.window[self.block_of(other)] == dst


@_fault("port-moved", "message-port-elsewhere", "An I/O port is mapped to another place.")
class _PortMoved(MessageKernel):
    def accepts(self, actor: int, other: int, src: int, dst: int) -> bool:
        if self.pages.scope.space(src) != self.threads.space[actor]:
            return False
        return self.threads.window[self.block_of(other)] == dst


@_fault("window-kept", "message-window-kept", "A window stays open when its message has come.")
class _WindowKept(MessageKernel):
    def stop_waiting(self, thread: int) -> None:
        self.threads.partner[thread] = NOBODY


@_fault("window-of-another-space", "message-window-elsewhere", "A thread opens a window in any space.")
class _WindowOfAnotherSpace(MessageKernel):
    def is_own_window(self, thread: int, window: int) -> bool:
        return True


@_fault("any-sender", "message-to-whoever-waits", "A thread that waits for somebody hears whoever comes.")
class _AnySender(MessageKernel):
    def awaits(self, thread: int, sender: int) -> bool:
        return self.threads.partner[thread] != NOBODY


@_fault("nobody-by-name", "message-wrong-partner", "A thread that waits for one sender hears nobody.")
class _NobodyByName(MessageKernel):
    def awaits(self, thread: int, sender: int) -> bool:
        return self.threads.partner[thread] == ANYBODY


@_fault("version-ignored", "message-id-reused", "A message goes to whatever thread is in the block that its id names.")
class _VersionIgnored(MessageKernel):
    def is_heard(self, actor: int, other: int) -> bool:
        block = self.block_of(other)
        return self.threads.state[block] == RUNS and self.awaits(block, actor)


@_fault("version-kept", "message-id-reused", "A new thread may have an id that was given before.")
class _VersionKept(MessageKernel):
    def is_newer(self, ident: int, block: int) -> bool:
        return True


@_fault("block-overwritten", "message-begins-twice", "A thread begins in a block that another one is in.")
class _BlockOverwritten(MessageKernel):
    def create(self, actor: int, new: int, into: int, pager: int) -> int:
        block, t = self.block_of(new), self.threads
        if t.state[block] == RUNS and self.is_acting(actor) and self.is_newer(new, block):
            t.state[block] = FREE
        return super().create(actor, new, into, pager)


@_fault("begun-anywhere", "message-begins-anywhere", "A thread begins another in anybody's space.")
class _BegunAnywhere(MessageKernel):
    def create(self, actor: int, new: int, into: int, pager: int) -> int:
        t = self.threads
        born = t.born[into]
        t.born[into] = 0
        done = super().create(actor, new, into, pager)
        if done != DONE:
            t.born[into] = born
        return done


@_fault("space-not-counted", "message-begins-anywhere", "A space that a thread was given does not count as given.")
class _SpaceNotCounted(MessageKernel):
    def create(self, actor: int, new: int, into: int, pager: int) -> int:
        born = self.threads.born[into]
        done = super().create(actor, new, into, pager)
        self.threads.born[into] = born
        return done


@_fault("ended-by-anybody", "message-ends-anybody", "A thread ends threads of other spaces.")
class _EndedByAnybody(MessageKernel):
    def end(self, actor: int, other: int) -> int:
        t, block = self.threads, self.block_of(other)
        if not self.is_acting(actor) or t.state[block] != RUNS or t.ident[block] != other:
            return REFUSED
        t.state[block] = FREE
        self.forget(block)
        return DONE


@_fault(
    "end-leaves-window",
    "message-end-leaves-window",
    "What a thread waits for, and its window, stay for the next in its block.",
)
class _EndLeavesWindow(MessageKernel):
    def forget(self, block: int) -> None:
        t = self.threads
        t.sender[block] = NONE
        t.message[block] = NONE
        t.pager[block] = NONE
        t.line[block] = NONE


@_fault(
    "end-leaves-registers",
    "message-end-leaves-message",
    "The message that a thread got last is left to the next in its block.",
)
class _EndLeavesRegisters(MessageKernel):
    def forget(self, block: int) -> None:
        self.stop_waiting(block)
        self.threads.pager[block] = NONE
        self.threads.line[block] = NONE


@_fault("old-answer", "message-registers-kept", "A thread that waits has its last message in its registers still.")
class _OldAnswer(MessageKernel):
    def start_waiting(self, thread: int, partner: int, window: int) -> None:
        sender, message = self.threads.sender[thread], self.threads.message[thread]
        super().start_waiting(thread, partner, window)
        self.threads.sender[thread] = sender
        self.threads.message[thread] = message


@_fault("delivered-twice", "message-lost-wakeup", "A thread that got its message still waits for it.")
class _DeliveredTwice(MessageKernel):
    def deliver(self, sender: int, receiver: int, word: int) -> None:
        partner = self.threads.partner[receiver]
        super().deliver(sender, receiver, word)
        self.threads.partner[receiver] = partner


@_fault("sender-claimed", "message-sender-claims", "The name in the registers is the receiver's own.")
class _SenderClaimed(MessageKernel):
    def deliver(self, sender: int, receiver: int, word: int) -> None:
        super().deliver(receiver, receiver, word)


@_fault("message-lost", "message-lost", "A receiver runs on and its registers are empty.")
class _MessageLost(MessageKernel):
    def deliver(self, sender: int, receiver: int, word: int) -> None:
        self.stop_waiting(receiver)


@_fault("flush-of-another", "message-flush-of-another", "A thread flushes pages of other spaces.")
class _FlushOfAnother(MessageKernel):
    def flush(self, actor: int, src: int, rights: int) -> int:
        return self.pages.flush(src, rights) if self.is_acting(actor) else REFUSED


@_fault("blocked-acts", "message-blocked-acts", "A thread that waits can act.")
class _BlockedActs(MessageKernel):
    def is_acting(self, thread: int) -> bool:
        return self.threads.state[thread] == RUNS


@_fault("fault-from-the-pager", "message-fault-forged", "The message of a page fault has the pager's own name.")
class _FaultFromThePager(MessageKernel):
    def page_fault(self, actor: int, slot: int) -> int:
        pager = self.threads.pager[actor]
        done = super().page_fault(actor, slot)
        if done == DONE:
            self.threads.sender[self.block_of(pager)] = pager
        return done


@_fault("fault-without-window", "message-fault-without-window", "A page fault opens no window.")
class _FaultWithoutWindow(MessageKernel):
    def page_fault(self, actor: int, slot: int) -> int:
        done = super().page_fault(actor, slot)
        if done == DONE:
            self.threads.window[actor] = NONE
        return done


@_fault(
    "fault-to-anybody",
    "message-fault-answered-by-anybody",
    "Who faults waits for anybody, so that anybody can fill its page.",
)
class _FaultToAnybody(MessageKernel):
    def page_fault(self, actor: int, slot: int) -> int:
        done = super().page_fault(actor, slot)
        if done == DONE:
            self.threads.partner[actor] = ANYBODY
        return done


@_fault(
    "interrupt-to-the-block", "message-interrupt-to-another", "An interrupt goes to the block of who served it once."
)
class _InterruptToTheBlock(MessageKernel):
    def server_of(self, line: int) -> int:
        server = self.threads.server[line]
        if server == NONE:
            return NONE
        block = self.block_of(server)
        return block if self.threads.state[block] == RUNS else NONE


@_fault(
    "server-replaced", "message-serves-taken-interrupt", "A thread comes to serve an interrupt that another one serves."
)
class _ServerReplaced(MessageKernel):
    def associate(self, actor: int, line: int) -> int:
        t, block = self.threads, self.block_of(line)
        if not self.is_acting(actor) or t.state[block] != LINE or t.ident[block] != line or t.line[actor] != NONE:
            return REFUSED
        t.server[block] = t.ident[actor]
        t.line[actor] = block
        return DONE


@_fault(
    "interrupt-unasked",
    "message-interrupt-to-another",
    "An interrupt is delivered to a server that does not wait for it.",
)
class _InterruptUnasked(MessageKernel):
    def interrupt(self, line: int) -> int:
        server = self.server_of(line)
        if server == NONE:
            return REFUSED
        self.deliver(line, server, EMPTY)
        return DONE


@_fault("wake-up-lost", "message-interrupt-lost", "A line that was masked stays masked when its server waits again.")
class _WakeUpLost(MessageKernel):
    def start_waiting(self, thread: int, partner: int, window: int) -> None:
        line = self.threads.line[thread]
        self.threads.line[thread] = NONE
        super().start_waiting(thread, partner, window)
        self.threads.line[thread] = line


@_fault("timeout-leaves-window", "message-timeout-leaves-window", "When a wait times out its window stays open.")
class _TimeoutLeavesWindow(MessageKernel):
    def timeout(self, other: int) -> int:
        block = self.block_of(other)
        window = self.threads.window[block]
        done = super().timeout(other)
        if done == DONE:
            self.threads.window[block] = window
        return done


@_fault(
    "line-unmasked", "message-line-not-settled", "A line that is taken before its server waits comes again at once."
)
class _LineUnmasked(MessageKernel):
    def take_interrupt(self, core: int) -> int:
        line = self.lines.acknowledge(core)
        if line is None:
            return REFUSED
        self.lines.end(line)
        return self.interrupt(line)


@_fault(
    "line-in-service", "message-line-not-settled", "A line that was taken keeps itself and all after it from coming."
)
class _LineInService(MessageKernel):
    def take_interrupt(self, core: int) -> int:
        line = self.lines.acknowledge(core)
        if line is None:
            return REFUSED
        self.lines.mask(line)
        return self.interrupt(line)


@_fault(
    "message-left", "message-registers-kept", "A thread that waits has the word of its last message still, and no name."
)
class _MessageLeft(MessageKernel):
    def start_waiting(self, thread: int, partner: int, window: int) -> None:
        message = self.threads.message[thread]
        super().start_waiting(thread, partner, window)
        self.threads.message[thread] = message
