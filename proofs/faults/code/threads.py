"""Code of threads and messages that is wrong in ways that no run shows so clearly: for the proof alone."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from model.spaces.literal import REFUSED
from proofs.faults.code.text import with_idle_branch
from proofs.faults.code.wrong import WrongCode
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads.operations import OPERATIONS
from refinement.kernel.mapping_tree import NONE
from refinement.messages import blocks
from refinement.messages.blocks import ANYBODY, FREE
from refinement.messages.kernel import MessageKernel
from refinement.rewriting import replaced


def _wrong(
    name: str, mechanism: str, sentence: str, make: Callable[[], Code], subjects: tuple[str, ...] = ("threads_",)
) -> WrongCode:
    return WrongCode(name, sentence, mechanism, subjects, make)


class _Refuses(MessageKernel):
    """A kernel in which nothing is ever done; each method has its own arguments, which is what is executed."""

    def create(self, actor: int, new: int, into: int, pager: int) -> int:
        return REFUSED

    def end(self, actor: int, other: int) -> int:
        return REFUSED

    def wait(self, actor: int, partner: int, window: int) -> int:
        return REFUSED

    def passes(self, actor: int, other: int, window: int) -> bool:
        return False

    def flush(self, actor: int, src: int, rights: int) -> int:
        return REFUSED

    def associate(self, actor: int, line: int) -> int:
        return REFUSED

    def timeout(self, other: int) -> int:
        return REFUSED

    def interrupt(self, line: int) -> int:
        return REFUSED

    def page_fault(self, actor: int, slot: int) -> int:
        return REFUSED


class _Otherwise(MessageKernel):
    """A kernel whose operations end in a status that there is not."""

    def create(self, actor: int, new: int, into: int, pager: int) -> int:
        return OTHERWISE

    def end(self, actor: int, other: int) -> int:
        return OTHERWISE

    def wait(self, actor: int, partner: int, window: int) -> int:
        return OTHERWISE

    def send(self, actor: int, other: int, word: int, partner: int, window: int) -> int:
        return OTHERWISE

    def send_map(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        return OTHERWISE

    def send_grant(
        self, actor: int, other: int, word: int, src: int, dst: int, rights: int, partner: int, window: int
    ) -> int:
        return OTHERWISE

    def flush(self, actor: int, src: int, rights: int) -> int:
        return OTHERWISE

    def associate(self, actor: int, line: int) -> int:
        return OTHERWISE

    def timeout(self, other: int) -> int:
        return OTHERWISE

    def take_interrupt(self, core: int) -> int:
        return OTHERWISE

    def interrupt(self, line: int) -> int:
        return OTHERWISE

    def page_fault(self, actor: int, slot: int) -> int:
        return OTHERWISE


class _ReadsNone(MessageKernel):
    """A kernel that looks into the block of nobody, whoever acts and whoever is named."""

    def is_acting(self, thread: int) -> bool:
        return self.threads.state[NONE] == FREE and super().is_acting(thread)

    def block_of(self, ident: int) -> int:
        return super().block_of(ident) if self.threads.state[NONE] == FREE else NONE

    def server_of(self, line: int) -> int:
        return super().server_of(line) if self.threads.state[NONE] == FREE else NONE


class _WrongLines(MessageKernel):
    """A kernel that tells the controller of lines, and the pages of slots, that there are not."""

    def start_waiting(self, thread: int, partner: int, window: int) -> None:
        super().start_waiting(thread, partner, window)
        self.lines.unmask(thread)

    def flush(self, actor: int, src: int, rights: int) -> int:
        return self.pages.flush(NONE, rights) if super().is_acting(actor) else REFUSED

    def take_interrupt(self, core: int) -> int:
        self.lines.mask(NONE)
        return super().take_interrupt(core)


class _Spoils(MessageKernel):
    """A kernel that writes a thread into its own line, and makes lines wait."""

    def is_acting(self, thread: int) -> bool:
        self.threads.line[thread] = thread
        return super().is_acting(thread)

    def timeout(self, other: int) -> int:
        self.threads.line[self.block_of(other)] = self.block_of(other)
        return super().timeout(other)

    def interrupt(self, line: int) -> int:
        self.threads.partner[line] = ANYBODY
        return super().interrupt(line)


OTHERWISE = 17
_RUNS = "t.state[number] = RUNS"
_LINE = "t.state[number] = LINE"
_LAST = "t.pager[0] = NONE"
_BORN = "t.born[0] = 1"


def _start(name: str, sentence: str, old: str, new: str) -> WrongCode:
    make = partial(_begun, old, new)
    return _wrong(f"threads-start-{name}", "message-start", sentence, make, ("threads_start__",))


def _begun(old: str, new: str) -> Code:
    return Code({"begun": replaced(blocks.begun, old, new)})


def _idle(operation: str) -> Code:
    methods = {operation: with_idle_branch(getattr(MessageKernel, operation))}
    return Code(messages=type("MessageKernel", (MessageKernel,), methods))


def _start_idle() -> Code:
    return Code({"begun": with_idle_branch(blocks.begun)})


def _ports(of: str, old: str, new: str) -> Code:
    return Code(ports={of: replaced(CODE.port_function(of) if of in READERS else CODE.port_method(of), old, new)})


def _ports_idle() -> Code:
    return Code(ports={"permits": with_idle_branch(CODE.port_function("permits"))})


def _faults() -> Iterator[WrongCode]:
    yield _wrong("threads-refuse", "message-refused", "Nothing is ever done.", partial(Code, messages=_Refuses))
    for name, mechanism, sentence, kernel in (
        ("threads-end-otherwise", "message-ends-otherwise", "Operations end in another status.", _Otherwise),
        ("threads-read-none", "message-block-of-nobody", "The block of nobody is read.", _ReadsNone),
        ("threads-wrong-lines", "message-wrong-line", "Lines are masked and unmasked that are none.", _WrongLines),
        ("threads-spoil", "message-blocks-spoiled", "Threads are in their own lines, and lines wait.", _Spoils),
    ):
        yield _wrong(name, mechanism, sentence, partial(Code, messages=kernel))
    for name in OPERATIONS:
        said = f"There is a branch in {name} that is never taken."
        of = f"threads-{name.replace('_', '-')}-branch-idle"
        yield _wrong(of, "message-branch-idle", said, partial(_idle, name), (f"threads_{name}__",))
    yield _start("born-unmarked", "σ₀ does not count as given.", _BORN, "pass")
    yield _start("home-of-blocks", "A thread's space is asked of the blocks.", "home_of(scope", "home_of(t")
    yield _start("line-runs", "The block of a line holds a program's thread.", _LINE, _RUNS)
    yield _start("one-block", "There is one block for each space.", "scope.numbers", "scope.spaces")
    yield _start("reads-none", "The block of nobody is written.", _BORN, "t.born[0] = 1\n    t.state[NONE] = FREE")
    yield _start("own-line", "The first thread serves itself.", _LAST, "t.line[0] = 0")
    yield _start("waits", "The first thread waits.", _LAST, "t.partner[0] = ANYBODY")
    yield _start("line-first", "The first block is a line's.", _LAST, "t.state[0] = LINE")
    said = "There is a branch of the start that is never taken."
    yield _wrong("threads-start-branch-idle", "message-branch-idle", said, _start_idle, ("threads_start__",))


READERS = ("permits", "check")  # of the processor's
_PORTS = (
    ("first-only", "permits", "& (1 << size) - 1", "& 1", "Of an access to several ports the first is looked at."),
    ("beyond-limit", "permits", "at + 1 > task.limit", "at > task.limit", "A bit behind the segment counts."),
    ("no-limit", "permits", "task.limit < MAP_BASE + 1", "0 == 1", "A segment too short for bits permits ports."),
    (
        "kernel-too",
        "check",
        "user and (not permits(memory, task, port, size))",
        "not permits(memory, task, port, size)",
        "The kernel is denied ports as well.",
    ),
    ("checks-swapped", "check", "_check(port, size)", "_check(size, port)", "A size is taken for a port."),
    ("whole-byte", "permit", "bits & ~bit", "bits & 0", "With a port its neighbours are permitted."),
    ("next-byte", "is_permitted", "BITS + (port >> 3)", "BITS + 1 + (port >> 3)", "Another port's bit is read."),
    ("one-segment", "task", "self.first + space << 12", "self.first << 12", "All spaces have one segment."),
    ("half-a-right", "_show_port", "rights & BOTH == BOTH", "rights & BOTH != 0", "One right shows a port."),
    ("entry-too", "write_entry", "self.is_port(frame)", "frame > self.first_port", "The first port has an entry."),
)


def _of_ports() -> Iterator[WrongCode]:
    for name, of, old, new, sentence in _PORTS:
        yield _wrong(f"ports-{name}", "message-port-bits", sentence, partial(_ports, of, old, new), ("ports_",))
    said = "There is a branch of the look at permission bits that is never taken."
    yield _wrong("ports-branch-idle", "message-branch-idle", said, _ports_idle, ("ports_",))


OF_THREADS_CODE: Mapping[str, WrongCode] = MappingProxyType({each.name: each for each in (*_faults(), *_of_ports())})
"""All of them, by name."""
