"""Physical memory."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import BusError, HardwareEvent, Memory
from machine.memory import SIZES, Words


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


def test_sizes_and_buffers_at_the_bounds() -> None:
    for size in (0, -4096, 4097):
        with pytest.raises(ValueError, match="positive multiple of 4096"):
            Memory(size)
    for buffer in (np.zeros(4096, np.uint16), np.zeros((2, 2048), np.uint8)):
        with pytest.raises(ValueError, match="flat uint8 array of 4096 bytes"):
            Memory(4096, buffer=buffer)  # type: ignore[arg-type]
    mine = np.zeros(4096, np.uint8)
    assert Memory(4096, buffer=mine).bytes is mine


@pytest.mark.parametrize("method", ["read", "write", "check"])
def test_words_of_a_memory_of_its_own_are_read_and_written_by_its_methods(method: str) -> None:
    def same(self: Memory, *given: int) -> object:
        return getattr(Memory, method)(self, *given)

    assert not isinstance(Memory(4096).words(4), Words)
    memory: Memory = type("Own", (Memory,), {method: same})(8192)
    words = memory.words(4)
    assert isinstance(words, Words)
    assert (words.reads, len(words), words.memory) == (0, 2048, memory)
    words[3] = 0x1122334455
    assert (words[3], words[2], words[4], words.reads) == (0x22334455, 0, 0, 3)
    assert memory.read(12, 4) == 0x22334455
    memory.words(8)[1] = 1 << 63
    assert (memory.read(8, 8), words[3]) == (1 << 63, 1 << 31)


def test_a_host_that_is_not_little_endian_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("machine.memory.sys", SimpleNamespace(byteorder="big"))
    with pytest.raises(ValueError, match="the host must be, too"):
        Memory(4096)


def test_memory_ends_after_its_last_byte() -> None:
    memory = Memory(4096)
    memory.write_bytes(4090, b"123456")
    assert (memory.read_bytes(4090, 6), memory.read(4088, 8)) == (b"123456", int.from_bytes(b"\0\x00123456", "little"))
    for access in (lambda: memory.read_bytes(4090, 7), lambda: memory.write_bytes(4090, bytes(7))):
        with pytest.raises(BusError) as event:
            access()
        assert event.value == BusError(4090, 7, 4096)


def test_a_size_that_hardware_lacks_is_told_wherever_it_is_tried() -> None:
    for address in (0, 5000):
        with pytest.raises(ValueError, match="hardware does 1, 2, 4 or 8"):
            Memory(4096).read(address, 3)
        with pytest.raises(ValueError, match="hardware does 1, 2, 4 or 8"):
            Memory(4096).write(address, 0, 3)
