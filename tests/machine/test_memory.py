"""Physical memory."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import BusError, HardwareEvent, Memory
from machine.memory import SIZES


def test_little_endian_to_the_byte() -> None:
    memory = Memory(4096)
    memory.write(16, 0x1122334455667788, 8)
    assert memory.read_bytes(16, 8) == bytes.fromhex("8877665544332211")
    assert [memory.read(16, size) for size in SIZES] == [0x88, 0x7788, 0x55667788, 0x1122334455667788]
    memory.write(17, 0xABCD, 1)
    assert memory.read(16, 2) == 0xCD88


def test_views_share_the_storage() -> None:
    memory = Memory(8192)
    memory.write(4096, 0xDEADBEEF, 4)
    assert memory.words(4)[1024] == memory.array(4)[1024] == 0xDEADBEEF
    memory.array(8)[1] = 1 << 63
    assert memory.words(8)[1] == memory.read(8, 8) == 1 << 63
    assert memory.bytes[15] == 0x80


@pytest.mark.parametrize(("address", "size"), [(4096, 1), (4095, 2), (4093, 4), (4089, 8), (-1, 1), (1 << 60, 8)])
def test_outside_is_a_bus_error_and_stores_nothing(address: int, size: int) -> None:
    memory = Memory(4096)
    memory.bytes[:] = 7
    for access in (lambda: memory.read(address, size), lambda: memory.write(address, 0, size)):
        with pytest.raises(BusError) as event:
            access()
        assert event.value == BusError(address, size, 4096)
        assert not isinstance(event.value, IndexError)
        assert isinstance(event.value, HardwareEvent)
        assert pickle.loads(pickle.dumps(event.value)) == event.value
    with pytest.raises(BusError):
        memory.write_bytes(4090, bytes(8))
    assert (memory.bytes == 7).all()


def test_callers_mistakes_are_told_apart_from_events() -> None:
    with pytest.raises(ValueError, match="multiple of 4096"):
        Memory(1000)
    with pytest.raises(ValueError, match="1, 2, 4 or 8"):
        Memory(4096).read(0, 3)
    with pytest.raises(ValueError, match="flat uint8 array"):
        Memory(4096, buffer=np.zeros(4095, np.uint8))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4103), st.sampled_from(SIZES), st.integers(0, (1 << 64) - 1)), max_size=30))
def test_memory_is_an_array_of_bytes(writes: list[tuple[int, int, int]]) -> None:
    memory = Memory(4096)
    expected = bytearray(4096)
    for address, size, value in writes:
        if address + size > 4096:
            with pytest.raises(BusError):
                memory.write(address, value, size)
            continue
        memory.write(address, value, size)
        expected[address : address + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
        assert memory.read(address, size) == value % (1 << 8 * size)
    assert bytes(memory.bytes) == bytes(expected)
