"""The kernel with threads on its machine and the literal model of messages, step by step; differences are named."""

from collections.abc import Callable, Iterator

import numpy as np

from machine.core import Core
from machine.events import EXECUTE, READ, WRITE
from machine.formats import Format
from machine.interrupts import InterruptController
from machine.memory import Memory
from machine.tlb import TranslationBuffer
from model.messages import literal, tables
from model.messages.operation import Kind, Operation
from model.messages.readings import MessageReadings
from model.messages.scope import MessageScope, members
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE, NIL, REFUSED
from refinement.kernel import page_check, tree_check
from refinement.kernel.lockstep import Difference
from refinement.kernel.mapping_tree import NONE, on_checked_lists
from refinement.kernel.mapping_tree import abstraction as spaces_of
from refinement.kernel.page_table import TablePool
from refinement.messages.abstraction import block_with, shown, wanted
from refinement.messages.blocks import ANYBODY, LINE, NOBODY, on_checked_columns
from refinement.messages.io_maps import PortKernel
from refinement.messages.kernel import MessageKernel, observe
from refinement.messages.programs import PlayedPrograms, Reached

READINGS = MessageReadings()
WITH_PAGE = (Kind.SEND_MAP, Kind.SEND_GRANT)


def boot(
    scope: MessageScope,
    dialect: Dialect = CANONICAL,
    *,
    format: Format,
    buffer: Callable[[Format], TranslationBuffer],
    cores: int = 1,
    tables: int = 0,
    kernel: type[MessageKernel] = MessageKernel,
) -> MessageKernel:
    """A machine with devices and just enough memory, and a kernel with threads on it; columns are checked.

    >>> from machine import SV39, tlb
    >>> kernel = boot(MessageScope(2, 1, 1, threads=2, ids=2, booted=2), format=SV39, buffer=tlb.riscv_asid)
    >>> kernel.wait(actor=1, partner=0, window=1)
    0
    >>> kernel.send_map(0, 1, 0, src=0, dst=1, rights=7, partner=NOBODY, window=NONE)
    0
    >>> kernel.pages.lookup(1)
    Mapping(frame=0, rights=7)
    """
    tables = tables or scope.spaces * (1 + scope.pages * (format.levels - 1))
    memory = Memory((1 + tables + scope.frames + scope.spaces) << 12)
    pages = PortKernel(
        scope,
        dialect,
        cores=[Core(memory, format, buffer(format)) for _ in range(cores)],
        pool=TablePool(1, tables),
        first_frame=1 + tables,
        addresses=[(16 + page) << 12 for page in range(scope.pages)],
        ports=scope.ports,
        segments=1 + tables + scope.frames,
    )
    pages.tree = on_checked_lists(pages.tree)
    booted = kernel(scope, pages, InterruptController(scope.numbers))
    booted.threads = on_checked_columns(booted.threads)
    return booted


class MessageLockstep:
    """A kernel with threads in its first state, and the literal model in the same.

    ``status`` and ``expected`` are how the last operation ended on the kernel and on the model.

    :raises ValueError: there are not as many threads as ids: a kernel tells threads apart by these.
    """

    def __init__(self, kernel: MessageKernel) -> None:
        """Nobody knows a word."""
        if kernel.scope.threads != kernel.scope.ids:
            raise ValueError(f"{kernel.scope}: give each thread an id of its own")
        self.kernel, self.scope = kernel, kernel.scope
        self.board = tables.board_of(self.scope)
        kernel.fault_words = tuple(int(word) for word in self.board.fault)
        self.row = tables.first_row(self.scope)
        self.programs = PlayedPrograms(kernel)
        self.status = self.expected = DONE
        self._after = self.state
        self._watching = True
        self._differences: list[Difference] = []
        observe(kernel, "deliver", self._delivering)

    @property
    def state(self) -> tables.Threads:
        """The model's state."""
        return tables.view(self.row, self.board)

    def do(self, o: Operation, *, pages: bool = True) -> list[Difference]:
        """The operation on both, and then the interrupts that the machine still owes; what differs.

        :param pages: whether memory, tables and what a core reaches are compared as well, and not only threads.
        """
        self._step(o)
        self._interrupts()
        found = [*self._differences, *self.compare(pages=pages)]
        self._differences = []
        return found

    def skip(self, o: Operation) -> None:
        """The operation on both, on the way to a state of interest: nothing is compared."""
        self._watching = False
        self._step(o)
        self._watching, self._differences = True, []

    def raise_line(self, line: int) -> None:
        """A device raises its line and keeps it so until it is served."""
        self.kernel.lines.set_level(line, raised=True)

    # The model.

    def _step(self, o: Operation) -> None:
        if o.kind == Kind.INTERRUPT and self.state.server[o.actor] != NIL:
            o = o._replace(other=int(self.state.server[o.actor]))  # a device does not know who serves it
        row = self.row.copy()
        self._after = tables.view(row, self.board)
        self.expected = REFUSED if self._lacks(o) else self._act(self._after, o)
        if self.expected != DONE:
            row[:] = self.row
        self.status = self._on_kernel(o)
        self.programs.hear()
        self.row = row
        if self.status != self.expected:
            self._saw("status", f"{o.text(self.scope)}: {self.status}, and in the model {self.expected}")

    def _act(self, after: tables.Threads, o: Operation) -> int:
        """The model's action; what is read and written needs rights that the machine can express."""
        readings = READINGS, self.kernel.pages.readings
        rights = after.spaces.rights.copy()
        if o.kind in (Kind.READ, Kind.WRITE):
            phys = after.spaces.phys
            after.spaces.rights[:] = [
                self.programs.granted(int(r), int(has)) for r, has in zip(phys, rights, strict=True)
            ]
        status = literal.act(after, self.board, o, *readings)
        if o.kind in (Kind.READ, Kind.WRITE):
            after.spaces.rights[:] = rights
        return status

    def _lacks(self, o: Operation) -> bool:
        """Whether the kernel may refuse for want of a block, a newer version, a second interrupt, or tables."""
        s, numbers = self.state, self.board.number
        if o.kind == Kind.CREATE:
            alike = [t for t in range(self.scope.threads) if numbers[t] == numbers[o.other]]
            return any(s.life[t] == tables.RUNS for t in alike) or bool(o.other <= s.latest[numbers[o.other]])
        if o.kind == Kind.ASSOCIATE:
            return o.actor in s.server
        if o.kind in WITH_PAGE:
            pool = self.kernel.pages.tables
            return bool(s.spaces.sigma[o.dst] == NIL and pool.missing(o.dst) > pool.pool.free)
        return False

    # The kernel.

    def _on_kernel(self, o: Operation) -> int:
        """What a program, the clock or a device does; refused where there is nobody to do it."""
        kernel = self.kernel
        if o.kind == Kind.TIMEOUT:
            return kernel.timeout(o.other)
        actor = block_with(kernel, o.actor)
        if actor == NONE:
            return REFUSED
        if kernel.threads.state[actor] == LINE:
            return self._device(actor) if o.kind == Kind.INTERRUPT else REFUSED
        if o.kind == Kind.INTERRUPT:
            return REFUSED
        return self._program(actor, o)

    def _program(self, actor: int, o: Operation) -> int:
        kernel, programs = self.kernel, self.programs
        if o.kind in (Kind.SEND, *WITH_PAGE) and not programs.knows(actor, o.word):
            return REFUSED
        if o.kind == Kind.PAGE_FAULT and kernel.threads.pager[actor] != o.other:
            return REFUSED  # the kernel asks another one, which is another operation
        then = self._wait_of(o)
        calls: dict[int, Callable[[], int]] = {
            Kind.CREATE: lambda: kernel.create(actor, o.other, o.into, o.paged_by),
            Kind.END: lambda: kernel.end(actor, o.other),
            Kind.WAIT: lambda: kernel.wait(actor, *then),
            Kind.SEND: lambda: kernel.send(actor, o.other, o.word, *then),
            Kind.SEND_MAP: lambda: kernel.send_map(actor, o.other, o.word, o.src, o.dst, o.rights, *then),
            Kind.SEND_GRANT: lambda: kernel.send_grant(actor, o.other, o.word, o.src, o.dst, o.rights, *then),
            Kind.FLUSH: lambda: kernel.flush(actor, o.src, o.rights),
            Kind.PAGE_FAULT: lambda: kernel.page_fault(actor, o.dst),
            Kind.ASSOCIATE: lambda: kernel.associate(actor, o.other),
            Kind.READ: lambda: programs.read(actor, o),
            Kind.WRITE: lambda: programs.write(actor, o),
            Kind.THINK: lambda: programs.think(actor, o.word),
        }
        return calls.get(o.kind, lambda: REFUSED)()  # a string is no message of this kernel's

    def _wait_of(self, o: Operation) -> tuple[int, int]:
        """The partner and the window that the kernel is given, for those whom a thread is willing to hear."""
        everybody, slots = (1 << self.scope.ids) - 1, members(o.opens)
        if o.willing not in (0, everybody, *(1 << i for i in range(self.scope.ids))) or len(slots) > 1:
            raise ValueError(f"{o.text(self.scope)}: a thread waits for one, for anybody or for nobody, at one slot")
        named = members(o.willing)
        partner = NOBODY if not named else named[0] if len(named) == 1 else ANYBODY
        return partner, slots[0] if slots else NONE

    def _device(self, line: int) -> int:
        """A device raises its line; if the interrupt is not delivered, the device gives up."""
        self.raise_line(line)
        status = self._take()
        self.kernel.lines.set_level(line, raised=False)
        return status

    def _take(self) -> int:
        """A core takes an interrupt, whose line is masked then: it would come at once again, and again."""
        lines = self.kernel.lines
        due = [n for n in range(self.kernel.numbers) if lines.is_raised(n) and not lines.is_masked(n)]
        status = self.kernel.take_interrupt(0)
        if due and not lines.is_masked(due[0]):
            self._saw("status", f"the interrupt of line {due[0]} was taken, and the line is not masked")
        return status

    def _interrupts(self) -> None:
        """The machine takes interrupts that are raised; one that is delivered is an action of the model's."""
        kernel, lines = self.kernel, self.kernel.lines
        raised = [n for n in range(kernel.numbers) if lines.is_raised(n)]
        for _ in raised:
            due = [line for line in raised if lines.is_raised(line) and not lines.is_masked(line)]
            if due:
                self._interrupt(due[0])
        for line in raised:
            if lines.is_raised(line) and self._delivered(line) is not None:
                self._saw("status", f"line {line} is raised, its server waits for it, and no interrupt comes")

    def _delivered(self, line: int) -> tables.Table | None:
        """The model's state after the interrupt of a line, if it can be delivered."""
        ident, row = self.kernel.threads.ident[line], self.row.copy()
        self._after, server = tables.view(row, self.board), int(self.state.server[ident])
        if server == NIL or self._act(self._after, Operation(Kind.INTERRUPT, ident, server)) != DONE:
            return None
        return row

    def _interrupt(self, line: int) -> None:
        """A core takes the interrupt of that line."""
        row = self._delivered(line)
        expected = REFUSED if row is None else DONE
        status = self._take()
        self.programs.hear()
        if status != expected:
            self._saw("status", f"line {line} is raised: {status}, and in the model {expected}")
        if row is not None:
            self.row = row
            self.kernel.lines.set_level(line, raised=False)

    # What is compared.

    def _saw(self, check: str, message: str) -> None:
        self._differences.append(Difference(check, message))

    def _delivering(self) -> None:
        """Before a receiver runs on, the page of its message shows, and no buffer says otherwise."""
        if self._watching and self.programs.reached() != self._allowed(self._after):
            self._saw("moment", "a message is delivered, and cores do not reach what they should then")

    def _allowed(self, state: tables.Threads) -> Reached:
        found: set[tuple[int, int, int]] = set()
        for slot in range(self.scope.slots):
            frame = int(state.spaces.phys[slot])
            granted = 0 if frame == NIL else self.programs.granted(frame, int(state.spaces.rights[slot]))
            found.update((slot, frame, access) for access in (READ, WRITE, EXECUTE) if granted & access)
        return frozenset(found)

    def compare(self, *, pages: bool = True) -> Iterator[Difference]:
        """Compare threads and words, pages, and what a core reaches, between operations."""
        state, ours, programs = self.state, shown(self.kernel), self.programs
        for name, theirs in wanted(state).items():
            if not np.array_equal(ours[name], theirs):
                yield Difference("threads", f"{name}: {ours[name].tolist()}, not {theirs.tolist()}")
        if programs.known != state.known.tolist():
            yield Difference("words", f"spaces know {programs.known}, not {state.known.tolist()}")
        if not pages:
            return
        if programs.contents() != state.contains.tolist():
            yield Difference("words", f"frames contain {programs.contents()}, not {state.contains.tolist()}")
        differing = programs.reached() ^ self._allowed(state)
        if differing:
            yield Difference("reach", f"slots, frames and accesses that differ: {sorted(differing)[:4]}")
        yield from self._of_pages(state)

    def _of_pages(self, state: tables.Threads) -> Iterator[Difference]:
        pages = self.kernel.pages
        broken = tree_check.check(pages.tree)
        yield from (Difference("tree", str(each)) for each in broken)
        if not broken:
            for name, ours, theirs in zip(state.spaces._fields, spaces_of(pages.tree), state.spaces, strict=True):
                if not np.array_equal(ours, theirs):
                    yield Difference("database", f"{name}: {ours.tolist()}, not {theirs.tolist()}")
            yield from (Difference("tables", str(each)) for each in page_check.check(pages, self.programs.ports))
