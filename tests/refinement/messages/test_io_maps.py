"""The permission bits of each space, against what a processor reads in them."""

import pytest

from machine import SV39, Core, Memory, tlb
from machine.ports import permits
from model.scope import Scope
from refinement.kernel.page_table import TablePool
from refinement.messages.io_maps import BITS, MOST, IoMaps, PortKernel


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


@pytest.mark.parametrize(("segments", "overlapped"), [(0, "pool"), (6, "pool"), (7, "frames"), (9, "frames"), (10, "")])
def test_segments_lie_in_frames_of_their_own(segments: int, overlapped: str) -> None:
    memory = Memory(12 << 12)
    cores = [Core(memory, SV39, tlb.riscv_asid(SV39))]

    def made() -> PortKernel:
        return PortKernel(
            Scope(2, 3, 3),
            cores=cores,
            pool=TablePool(1, 6),
            first_frame=7,
            addresses=[16 << 12, 17 << 12, 18 << 12],
            ports=1,
            segments=segments,
        )

    if overlapped:
        with pytest.raises(ValueError, match=f"segments {segments} to {segments + 1} overlap the {overlapped}"):
            made()
        assert bytes(memory.read_bytes(0, 12 << 12)) == bytes(12 << 12), "nothing was written"
    else:
        assert made().io_maps.is_permitted(0, 0)
