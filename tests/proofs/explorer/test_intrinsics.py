# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
# mypy: disable-error-code="attr-defined,func-returns-value"
"""The instructions do, compiled, what their plain forms do."""

import numpy as np
import pytest
from numba.core.registry import CPUDispatcher

from proofs.explorer import plain
from proofs.explorer.intrinsics import COMPILED, LINE


def dispatcher(function):
    """Compiled code, even where numba is told to compile nothing."""
    return CPUDispatcher(function, targetoptions={"nopython": True})


add, or_, xor, swap = (COMPILED[name] for name in ("atomic_add", "atomic_or", "atomic_xor", "compare_and_swap"))
ask, line, lowest, count = (COMPILED[name] for name in ("prefetch", "search_line", "lowest_bit", "count_bits"))


def _add(array, index, value):
    return add(array, index, value)


def _or(array, index, value):
    return or_(array, index, value)


def _xor(array, index, value):
    return xor(array, index, value)


def _swap(array, index, expected, value):
    return swap(array, index, expected, value)


def _ask(array, index):
    ask(array, index)


def _line(array, start, wanted):
    return line(array, start, wanted)


def _lowest(value):
    return lowest(value)


def _count(value):
    return count(value)


@pytest.mark.parametrize(("name", "function"), [("atomic_add", _add), ("atomic_or", _or), ("atomic_xor", _xor)])
def test_updates(name, function):
    compiled, by_hand = dispatcher(function), getattr(plain, name)
    for kind in (np.int64, np.uint64):
        one, other = (np.array([12, 10, 3], kind) for _ in range(2))
        for index, value in ((1, 6), (2, 5), (1, 6)):
            assert compiled(one, index, kind(value)) == by_hand(other, index, kind(value))
            assert one.tolist() == other.tolist()
        assert one.tolist() != [12, 10, 3]
    expected = {"atomic_add": 16, "atomic_or": 14, "atomic_xor": 12}[name]
    array = np.array([0, 10], np.uint64)
    assert by_hand(array, 1, 6) == 10
    assert array.tolist() == [0, expected]


def test_a_swap_happens_only_if_nobody_was_there_before():
    compiled = dispatcher(_swap)
    for kind in (np.uint32, np.uint64):
        one, other = (np.array([0, 7, 0], kind) for _ in range(2))
        for index, expected, value in ((0, 0, 5), (1, 0, 5), (1, 7, 9), (2, 1, 4)):
            arguments = index, kind(expected), kind(value)
            assert compiled(one, *arguments) == plain.compare_and_swap(other, *arguments)
            assert one.tolist() == other.tolist()
        assert one.tolist() == [5, 9, 0]


def test_a_line_is_searched_at_once():
    compiled = dispatcher(_line)
    for kind in (np.uint32, np.uint64):
        lanes = LINE // kind().itemsize
        raw = np.zeros(3 * LINE, np.uint8)
        at = -raw.ctypes.data % LINE
        array = raw[at : at + 2 * LINE].view(kind)
        array[:] = [number % 5 for number in range(2 * lanes)]
        for start in (0, lanes):
            for wanted in (0, 1, 4, 9):
                entries = array[start : start + lanes].tolist()
                equal = sum(1 << n for n, entry in enumerate(entries) if entry == wanted)
                zeros = sum(1 << 32 + n for n, entry in enumerate(entries) if entry == 0)
                assert compiled(array, start, kind(wanted)) == equal | zeros
                assert plain.search_line(array, start, kind(wanted)) == equal | zeros


def test_bits():
    one, other = dispatcher(_lowest), dispatcher(_count)
    for value in (1, 2, 12, 1 << 40, 1 << 62, -8, -(1 << 63), -1):
        lowest_set = next(n for n in range(64) if value >> n & 1)
        assert one(value) == plain.lowest_bit(value) == lowest_set
        assert other(value) == plain.count_bits(value) == sum(value >> n & 1 for n in range(64))
    assert other(0) == plain.count_bits(0) == 0


def test_a_prefetch_changes_nothing():
    array = np.array([1, 2, 3], np.uint64)
    assert dispatcher(_ask)(array, 1) is None
    assert plain.prefetch(array, 1) is None
    assert array.tolist() == [1, 2, 3]
