"""I/O ports: the permission bits of a task state segment decide, port by port and byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine import READ, SV39, WRITE, Core, IoPorts, Memory, PortFault, Task, Tlb
from machine.ports import MAP_BASE, NO_TASK, PORTS

SEGMENT, BITS = 0x1000, 0x68


def core(denied: bytes, *, limit: int | None = None) -> Core:
    """A core whose task may use the ports whose bits are 0; behind them a byte of ones, as the manual asks for."""
    memory = Memory(4 << 12)
    memory.write(SEGMENT + MAP_BASE, BITS, 2)
    memory.write_bytes(SEGMENT + BITS, denied + b"\xff")
    made = Core(memory, SV39, Tlb(SV39, 1))
    made.task = Task(SEGMENT, BITS + len(denied) if limit is None else limit)
    return made


def test_a_port_is_used_where_its_bit_is_0() -> None:
    made = core(bytes([0b1111_1011, 0xFF]))
    made.port_out(2, 0x1A5)
    assert made.port_in(2) == 0xA5
    for port in (0, 1, 3, 8, 15):
        with pytest.raises(PortFault, match=f"in of 1 byte.* at port {port:#x} .vector 13"):
            made.port_in(port)


def test_every_port_of_an_access_has_to_be_permitted() -> None:
    made = core(bytes([0b0111_1111, 0b1111_1110]))
    made.port_out(7, 0xBEEF, 2)
    assert (made.port_in(7, 2), made.port_in(8)) == (0xBEEF, 0xBE)
    for port, size in ((7, 4), (6, 2), (8, 2)):
        with pytest.raises(PortFault):
            made.port_out(port, 0, size)
    assert made.port_in(7, 2) == 0xBEEF


def test_what_lies_beyond_the_limit_is_denied() -> None:
    assert core(b"\0\0").port_in(15) == 0
    with pytest.raises(PortFault):
        core(b"\0\0").port_in(16)  # its second byte would be behind the one of ones
    with pytest.raises(PortFault):
        core(b"\0\0", limit=BITS + 1).port_in(8)
    with pytest.raises(PortFault):
        core(b"\0\0", limit=MAP_BASE).port_in(0)


def test_without_a_task_nothing_is_permitted_and_privilege_needs_no_bit() -> None:
    made = core(b"\xff")
    made.task = NO_TASK
    with pytest.raises(PortFault) as caught:
        made.port_out(0, 1)
    assert (caught.value.port, caught.value.access, caught.value.vector, caught.value.code) == (0, WRITE, 13, 0)
    made.user = False
    made.port_out(PORTS - 1, 7)
    assert made.port_in(PORTS - 1) == 7


def test_a_device_is_read_and_written_once_an_access() -> None:
    """To read or write a device's register may do something each time."""
    done: list[tuple[str, int, int]] = []

    class Device(IoPorts):
        def read(self, port: int, size: int) -> int:
            done.append(("read", port, size))
            return super().read(port, size)

        def write(self, port: int, value: int, size: int) -> None:
            done.append(("write", port, value))
            super().write(port, value, size)

    made = core(b"\0")
    made.ports = Device()
    made.port_out(3, 0x55)
    assert made.port_in(3) == 0x55
    assert done == [("write", 3, 0x55), ("read", 3, 1)]


def test_cores_share_devices() -> None:
    memory, ports = Memory(1 << 12), IoPorts()
    one, other = (Core(memory, SV39, Tlb(SV39, 1), user=False, ports=ports) for _ in range(2))
    one.port_out(0x60, 0xFA)
    assert other.port_in(0x60) == 0xFA


@pytest.mark.parametrize(("port", "size"), [(-1, 1), (PORTS, 1), (PORTS - 1, 2), (0, 3), (0, 8)])
def test_no_such_ports(port: int, size: int) -> None:
    with pytest.raises(ValueError, match="give 1, 2 or 4"):
        core(b"\0").port_in(port, size)


@given(st.binary(min_size=1, max_size=6), st.integers(0, 60), st.sampled_from([1, 2, 4]))
def test_the_bits_decide(denied: bytes, port: int, size: int) -> None:
    """Against the manual's words, read bit by bit: all of the bits are clear, in bytes that are inside the segment."""
    inside = port // 8 + 1 <= len(denied)
    all_bits = [bool((denied + b"\xff")[n // 8] >> n % 8 & 1) for n in range(8 * len(denied) + 8)]
    allowed = inside and not any(all_bits[port : port + size])
    if allowed:
        assert core(denied).port_in(port, size) == 0
        return
    with pytest.raises(PortFault) as caught:
        core(denied).port_in(port, size)
    assert (caught.value.port, caught.value.size, caught.value.access) == (port, size, READ)
