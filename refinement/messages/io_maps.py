"""I/O ports as pages: for each space a task state segment whose bits say which ports it shows (B.io).

A port is a frame of the scope that no memory stands behind. It is mapped as a page is, with the same tree; but the
place of a page-table entry is taken by a bit in the space's segment, which a core reads at each access. So there is
nothing to invalidate. A bit says both of reading and writing: a port with one of these rights only shows nothing.
"""

from collections.abc import Sequence
from typing import Any

from machine.core import Core
from machine.memory import Memory
from machine.ports import MAP_BASE, Task
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.spaces.dialect import CANONICAL, Dialect
from refinement.kernel.kernel import Kernel
from refinement.kernel.page_table import TablePool

BITS = 0x68
BOTH = RIGHTS["r"] | RIGHTS["w"]
MOST = 8 * (4096 - BITS - 1)
"""As many ports fit a segment of one frame."""


class IoMaps:
    """A segment for each space, each in a frame of its own from ``first`` on; no port is permitted at first.

    :raises ValueError: more ports than fit, or frames outside of memory.
    """

    def __init__(self, memory: Memory, first: int, spaces: int, ports: int) -> None:
        """All bits are 1, those of the byte behind the last one too."""
        if not 0 <= ports <= MOST or not 0 <= first <= (memory.size >> 12) - spaces:
            raise ValueError(f"{ports} ports of {spaces} spaces, in frames from {first} on: give at most {MOST} ports")
        self.memory, self.first, self.ports = memory, first, ports
        for space in range(spaces):
            memory.write((first + space << 12) + MAP_BASE, BITS, 2)
            memory.write_bytes((first + space << 12) + BITS, b"\xff" * (self._bytes + 1))

    @property
    def _bytes(self) -> int:
        return (self.ports + 7) // 8

    def task(self, space: int) -> Task:
        """What a core's task register has while it executes in the space."""
        return Task(self.first + space << 12, BITS + self._bytes)

    def permit(self, space: int, port: int, *, permitted: bool) -> None:
        """The space may use the port from now on, or may not."""
        at, bit = (self.first + space << 12) + BITS + (port >> 3), 1 << (port & 7)
        bits = self.memory.read(at, 1)
        self.memory.write(at, bits & ~bit if permitted else bits | bit, 1)

    def is_permitted(self, space: int, port: int) -> bool:
        """Return whether the space may use the port."""
        return self.memory.read((self.first + space << 12) + BITS + (port >> 3), 1) >> (port & 7) & 1 == 0


class PortKernel(Kernel):
    """A kernel whose last frames are I/O ports: they show by a bit, and in no page table.

    :param ports: how many of the scope's frames are ports; the first of these is port 0.
    :param segments: the frame of the first space's segment, outside of the pool and of the scope's frames.
    :param machine: what else :class:`~refinement.kernel.kernel.Kernel` takes.
    :raises ValueError: the segments lie where the pool or a frame of the scope lies, or what the kernel refuses.
    """

    def __init__(
        self,
        scope: Scope,
        dialect: Dialect = CANONICAL,
        *,
        cores: Sequence[Core],
        ports: int,
        segments: int,
        pool: TablePool,
        first_frame: int,
        **machine: Any,
    ) -> None:
        """σ0 shows every port at first, as it does every page."""
        for first, count, name in ((pool.first, pool.count, "the pool"), (first_frame, scope.frames, "the frames")):
            if segments < first + count and first < segments + scope.spaces:
                last = segments + scope.spaces - 1
                raise ValueError(f"segments {segments} to {last} overlap {name} {first} to {first + count - 1}")
        self.first_port = scope.frames - ports
        self.io_maps = IoMaps(cores[0].memory, segments, scope.spaces, ports)
        super().__init__(scope, dialect, cores=cores, pool=pool, first_frame=first_frame, **machine)

    def _show_sigma0(self) -> None:
        super()._show_sigma0()
        for frame in range(self.first_port, self.scope.frames):
            self.tables.clear(frame)
            self._show_port(frame, frame, ALL_RIGHTS)

    def is_port(self, frame: int) -> bool:
        """Return whether a frame is an I/O port."""
        return frame >= self.first_port

    def enter(self, core: Core, space: int) -> None:
        """The core executes in that space from now on, with the ports that it shows."""
        super().enter(core, space)
        core.task = self.io_maps.task(space)

    def write_entry(self, slot: int) -> None:
        """The slot's entry, or the bit of its port, shows what the database says."""
        node = self.tree.node_of[slot]
        frame = self.tree.frame[node]
        if self.is_port(frame):
            self._show_port(slot, frame, self.tree.rights[node])
        else:
            super().write_entry(slot)

    def narrow_entry(self, slot: int, rights: int) -> None:
        """The slot shows the same frame or port with fewer rights."""
        frame = self.tree.frame[self.tree.node_of[slot]]
        if self.is_port(frame):
            self._show_port(slot, frame, rights)
        else:
            super().narrow_entry(slot, rights)

    def clear_entry(self, slot: int) -> None:
        """The slot shows nothing."""
        frame = self.tree.frame[self.tree.node_of[slot]]
        if self.is_port(frame):
            self._show_port(slot, frame, 0)
        else:
            super().clear_entry(slot)

    def _show_port(self, slot: int, frame: int, rights: int) -> None:
        """The port shows in the slot's space if both rights are there."""
        self.io_maps.permit(self.scope.space(slot), frame - self.first_port, permitted=rights & BOTH == BOTH)
