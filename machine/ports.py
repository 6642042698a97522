"""I/O ports, and who may use them: the permission bits of a task state segment in memory, one a port.

A program uses ports as far as the bits of its task state segment say so (Intel SDM vol. 1, "I/O Permission Bit Map";
vol. 3A, "Task-State Segment (TSS)"): a bit that is 1 denies its port. The segment's word at offset 66H says where in
it the bits begin. The processor reads two bytes at each access, so behind the last byte there has to be one more.
"""

from typing import Final, NamedTuple

from machine.events import PortFault
from machine.memory import Memory

PORTS: Final = 1 << 16
SIZES: Final = (1, 2, 4)
MAP_BASE: Final = 0x66
"""Where in a task state segment the 16 bits stand that say where its permission bits begin."""


class Task(NamedTuple):
    """The task register: where a task state segment lies in physical memory, and the offset of its last byte."""

    base: int
    limit: int


NO_TASK: Final = Task(0, 0)
"""A segment without permission bits: every port is denied."""


class IoPorts:
    """The devices' registers, a byte at each port."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        """All are 0."""
        self.bytes = bytearray(PORTS)

    def read(self, port: int, size: int) -> int:
        """Return the contents of the registers at 1, 2 or 4 ports from this one on."""
        _check(port, size)
        return int.from_bytes(self.bytes[port : port + size], "little")

    def write(self, port: int, value: int, size: int) -> None:
        """Write them."""
        _check(port, size)
        self.bytes[port : port + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def permits(memory: Memory, task: Task, port: int, size: int) -> bool:
    """Return whether the permission bits of all the ports that an access touches are there, and 0.

    What lies beyond the segment's limit counts as denied.
    """
    if task.limit < MAP_BASE + 1:
        return False
    at = memory.read(task.base + MAP_BASE, 2) + (port >> 3)
    if at + 1 > task.limit:
        return False
    bits = memory.read(task.base + at, 1) | memory.read(task.base + at + 1, 1) << 8
    return bits >> (port & 7) & ((1 << size) - 1) == 0


def check(memory: Memory, task: Task, port: int, size: int, access: int, *, user: bool) -> None:
    """Fault unless the access is privileged or permitted.

    :param user: whether the privilege is less than IOPL asks for.
    :raises PortFault: it is not (a general-protection exception, vector 13, with the code 0).
    """
    _check(port, size)
    if user and not permits(memory, task, port, size):
        raise PortFault(port, size, access)


def _check(port: int, size: int) -> None:
    if size not in SIZES or not 0 <= port <= PORTS - size:
        raise ValueError(f"{size} ports from {port:#x} on: give 1, 2 or 4 of those below {PORTS:#x}")
