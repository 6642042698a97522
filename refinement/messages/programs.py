"""Programs on the simulated machine, as far as messages need them: what they know, read, write and make up.

Each space has a set of words that programs in it know: those of messages that the kernel put into registers, and those
that a core loaded in that space. Reading and writing go through page tables and buffers, of I/O ports through the
permission bits. A frame holds its number, and as bits the words that stand in it; a port holds the words.
"""

from contextlib import suppress
from typing import TypeAlias

from machine.core import Core
from machine.events import EXECUTE, READ, WRITE, HardwareEvent
from model.messages.operation import Operation
from model.spaces.literal import DONE, REFUSED
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import FREE
from refinement.messages.io_maps import BOTH
from refinement.messages.kernel import MessageKernel

Reached: TypeAlias = frozenset[tuple[int, int, int]]
"""Slots, frames and kinds of access."""

NUMBER, WORDS, SCRATCH = 0, 8, 16  # where in a frame its number stands, its words, and what is stored to try it


class PlayedPrograms:
    """All programs of a kernel's scope; the last core executes whichever of them does something."""

    def __init__(self, kernel: MessageKernel) -> None:
        """Frames hold no words, and nobody knows one."""
        self.kernel, self.scope, self.pages = kernel, kernel.scope, kernel.pages
        self.ports = range(self.pages.first_port, self.scope.frames)
        self.known = [0] * self.scope.spaces
        self._core: Core = self.pages.cores[-1]
        for frame in range(self.scope.frames):
            if frame not in self.ports:
                self.pages.memory.write(self._physical(frame) + NUMBER, frame + 1, 4)

    def _physical(self, frame: int) -> int:
        return (self.pages.first_frame + frame) << 12

    def granted(self, frame: int, rights: int) -> int:
        """The rights that the machine grants where a slot has some: what its format, or a port's bit, can express."""
        if frame in self.ports:
            return BOTH if rights & BOTH == BOTH else 0
        return int(self.pages.format.granted(rights))

    def contents(self) -> list[int]:
        """The words that stand in each frame."""
        return [
            self._core.ports.read(r - self.pages.first_port, 1)
            if r in self.ports
            else self.pages.memory.read(self._physical(r) + WORDS, 8)
            for r in range(self.scope.frames)
        ]

    def hear(self) -> None:
        """Programs know what is in the registers of their threads."""
        t = self.kernel.threads
        for block in range(self.kernel.numbers):
            if t.state[block] != FREE and t.message[block] != NONE:
                self.known[t.space[block]] |= 1 << t.message[block]

    def knows(self, actor: int, word: int) -> bool:
        """Return whether a thread can say the word."""
        return bool(self.known[self.kernel.threads.space[actor]] >> word & 1)

    def read(self, actor: int, o: Operation) -> int:
        """A thread reads that frame through that page of its space, if it reaches it there."""
        if not self._reaches(actor, o, READ):
            return REFUSED
        at = self.pages.tables.address(o.src) + WORDS
        is_port = o.frame in self.ports
        words = self._core.port_in(o.frame - self.pages.first_port) if is_port else self._core.load(at, 8)
        self.known[self.kernel.threads.space[actor]] |= words
        return DONE

    def write(self, actor: int, o: Operation) -> int:
        """A thread writes a word that it knows there, and leaves of the others what it likes."""
        if not self.knows(actor, o.word) or not self._reaches(actor, o, WRITE):
            return REFUSED
        new = self.contents()[o.frame] & o.keeps | 1 << o.word
        if o.frame in self.ports:
            self._core.port_out(o.frame - self.pages.first_port, new)
        else:
            self._core.store(self.pages.tables.address(o.src) + WORDS, new, 8)
        return DONE

    def think(self, actor: int, word: int) -> int:
        """A thread makes up a word that is nowhere."""
        if any(words >> word & 1 for words in (*self.known, *self.contents())) or not self.kernel.is_acting(actor):
            return REFUSED
        self.known[self.kernel.threads.space[actor]] |= 1 << word
        return DONE

    def reached(self) -> Reached:
        """All that the core reaches in each space, in turn."""
        found: set[tuple[int, int, int]] = set()
        for slot in range(self.scope.slots):
            self.pages.enter(self._core, self.scope.space(slot))
            found.update((slot, frame, access) for access in (READ, WRITE, EXECUTE) for frame in self._at(slot, access))
        return frozenset(found)

    def _reaches(self, actor: int, o: Operation, access: int) -> bool:
        """Whether the thread runs, the page is in its space, and an access there reaches the frame."""
        space = self.kernel.threads.space[actor]
        if not self.kernel.is_acting(actor) or self.scope.space(o.src) != space:
            return False
        self.pages.enter(self._core, space)
        return o.frame in self._at(o.src, access)

    def _at(self, slot: int, access: int) -> list[int]:
        """The frames that an access to a page of the current space reaches: by its address, and as a port."""
        found, page = [], slot % self.scope.pages
        with suppress(HardwareEvent):
            found.append(self._try(self.pages.tables.address(slot), access))
        if page in self.ports and access != EXECUTE:
            with suppress(HardwareEvent):
                self._core.port_in(page - self.pages.first_port)
                found.append(page)
        return found

    def _try(self, address: int, access: int) -> int:
        """The frame that an access reaches, told by its number; after a store, by where it went."""
        if access != WRITE:
            return (self._core.load if access == READ else self._core.fetch)(address + NUMBER, 4) - 1
        self._core.store(address + SCRATCH, 1, 4)
        memory = [frame for frame in range(self.scope.frames) if frame not in self.ports]
        written = [frame for frame in memory if self.pages.memory.read(self._physical(frame) + SCRATCH, 4)]
        for frame in written:
            self.pages.memory.write(self._physical(frame) + SCRATCH, 0, 4)
        return written[0] if written else NONE
