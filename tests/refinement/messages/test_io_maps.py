"""The permission bits of each space, against what a processor reads in them."""

import pytest

from machine import Memory
from machine.ports import permits
from refinement.messages.io_maps import BITS, MOST, IoMaps


@pytest.mark.parametrize("ports", [1, 7, 8, 9, 20])
def test_each_port_of_each_space_has_its_own_bit(ports: int) -> None:
    memory = Memory(4 * 4096)
    maps = IoMaps(memory, 1, spaces=3, ports=ports)
    permitted: set[tuple[int, int]] = set()
    for space, port in [(s, p) for p in range(ports) for s in (2, 0, 1)]:
        maps.permit(space, port, permitted=True)
        permitted.add((space, port))
        found = {(s, p) for s in range(3) for p in range(ports) if permits(memory, maps.task(s), p, 1)}
        assert found == permitted == {(s, p) for s in range(3) for p in range(ports) if maps.is_permitted(s, p)}
    maps.permit(1, ports - 1, permitted=False)
    assert not permits(memory, maps.task(1), ports - 1, 1)
    assert permits(memory, maps.task(0), ports - 1, 1)


def test_no_port_beyond_the_last_is_permitted() -> None:
    memory = Memory(4096)
    maps = IoMaps(memory, 0, spaces=1, ports=8)
    for port in range(8):
        maps.permit(0, port, permitted=True)
    assert [port for port in range(8, 64) if permits(memory, maps.task(0), port, 1)] == []
    assert not permits(memory, maps.task(0), 7, 2)


def test_the_most_ports_fill_a_frame_and_no_more() -> None:
    memory = Memory(2 * 4096)
    maps = IoMaps(memory, 0, spaces=1, ports=MOST)
    maps.permit(0, MOST - 1, permitted=True)
    assert permits(memory, maps.task(0), MOST - 1, 1)
    assert maps.task(0).limit == 4095
    assert memory.read(4096, 8) == 0
    assert MOST == 8 * (4095 - BITS)
    for wrong in ((0, 1, MOST + 1), (0, 1, -1), (0, 3, 1), (-1, 1, 1)):
        with pytest.raises(ValueError, match="give at most"):
            IoMaps(memory, wrong[0], spaces=wrong[1], ports=wrong[2])
