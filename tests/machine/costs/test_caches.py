"""Caches against a plain list of lines, and the three kinds of misses against their definitions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine.costs.caches import Cache, Misses, ThreeCs, cache_of, classify
from machine.costs.processor import CacheData, Kind
from machine.costs.quantity import UNKNOWN, exactly

shapes = st.tuples(st.sampled_from([1, 2, 4, 0]), st.sampled_from([4, 16]), st.sampled_from([1, 2, 4])).map(
    lambda shape: (shape[1] * 4 * shape[2], shape[0], shape[1])
)
traces = st.lists(st.integers(0, 400), max_size=60)


def plain_hits(trace: list[int], size: int, ways: int, line: int) -> list[bool]:
    """Hits by the definition: fewer than *ways* other lines of the set were used since the line was."""
    ways = ways or size // line
    sets = size // (ways * line)
    lines = [address // line for address in trace]
    found = []
    for now, wanted in enumerate(lines):
        before = [last for last in range(now) if lines[last] == wanted]
        since = {other for other in lines[before[-1] + 1 : now] if other % sets == wanted % sets} if before else set()
        found.append(bool(before) and len(since) < ways)
    return found


@given(traces, shapes)
def test_a_cache_hits_where_the_definition_says(trace: list[int], shape: tuple[int, int, int]) -> None:
    cache = Cache(*shape)
    assert [cache.touch(address) for address in trace] == plain_hits(trace, *shape)


@given(traces, shapes)
def test_misses_by_kind(trace: list[int], shape: tuple[int, int, int]) -> None:
    size, ways, line = shape
    real, full = plain_hits(trace, size, ways, line), plain_hits(trace, size, 0, line)
    lines = [address // line for address in trace]
    kinds = {"hits": 0, "compulsory": 0, "capacity": 0, "conflict": 0}
    for now, wanted in enumerate(lines):
        if real[now]:
            kinds["hits"] += 1
        elif wanted not in lines[:now]:
            kinds["compulsory"] += 1
        else:
            kinds["conflict" if full[now] else "capacity"] += 1
    assert classify(trace, size, ways, line) == Misses(**kinds)


def test_the_textbook_cases() -> None:
    assert classify([0, 64, 0, 64], 64, 1, 16) == Misses(compulsory=2, conflict=2)
    assert classify([0, 64, 0, 64], 64, 2, 16) == Misses(hits=2, compulsory=2)
    loop = [16 * n for n in range(5)] * 3
    assert classify(loop, 64, 0, 16) == Misses(compulsory=5, capacity=10)
    assert classify(loop, 64, 0, 16).conflict_share == 0.0


def test_an_access_uses_each_line_that_it_touches() -> None:
    three = ThreeCs(64, 2, 16)
    three.access(14, 4)
    three.access(0, 1)
    three.access(31, 1)
    assert three.misses() == Misses(hits=2, compulsory=2)


def test_what_is_no_cache_is_refused() -> None:
    for shape in ((64, 1, 12), (60, 2, 16), (0, 1, 16), (64, -1, 16), (64, 1, 0)):
        with pytest.raises(ValueError, match="bytes"):
            Cache(*shape)


def test_the_cache_that_data_describe() -> None:
    cache = cache_of(CacheData(Kind.DATA, exactly(8192), exactly(2), exactly(32)))
    assert cache is not None
    assert (cache.sets, cache.ways, cache.set_of(4096 + 32)) == (128, 2, 1)
    assert cache_of(CacheData(Kind.DATA, exactly(8192), exactly(2))) is None


def test_a_cache_is_as_it_was_asked_for() -> None:
    cache = Cache(128, 2, 16)
    assert (cache.size, cache.ways, cache.line_bytes, cache.sets) == (128, 2, 16, 4)
    assert [cache.set_of(16 * n) for n in range(6)] == [0, 1, 2, 3, 0, 1]
    assert (Cache(3, 0, 1).ways, Cache(1, 1, 1).sets) == (3, 1)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((72, 1, 12), "lines of 12 bytes: give a power of two"),
        ((36, 1, 12), "lines of 12 bytes: give a power of two"),
        ((16, 0, 0), "lines of 0 bytes: give a power of two"),
        ((8, 0, 16), "a cache of 8 bytes in 0 ways of 16: give a positive multiple of both"),
        ((48, 2, 16), "a cache of 48 bytes in 2 ways of 16: give a positive multiple of both"),
    ],
)
def test_what_is_no_cache_is_told(shape: tuple[int, int, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Cache(*shape)


def test_what_was_used_last_stays() -> None:
    cache = Cache(32, 0, 16)
    assert [cache.touch(address) for address in (0, 16, 0, 32, 0, 16)] == [False, False, True, False, True, False]


def test_an_empty_cache_has_nothing() -> None:
    cache = Cache(64, 1, 16)
    assert not any(cache.touch(16 * n) for n in range(4))
    assert all(cache.touch(16 * n) for n in range(4))
    cache.empty()
    assert not any(cache.touch(16 * n) for n in range(4))


def test_misses_are_added() -> None:
    misses = Misses(hits=1000, compulsory=1, capacity=10, conflict=100)
    assert (misses.misses, misses.references, misses.conflict_share) == (111, 1111, 100 / 111)
    assert Misses(hits=3).conflict_share == 0.0


def test_each_access_uses_its_own_line() -> None:
    three = ThreeCs(64, 0, 16)
    for address, size in ((0, 1), (16, 1), (32, 0), (40, 0)):
        three.access(address, size)
    assert three.misses() == Misses(hits=1, compulsory=3)


def test_a_cache_of_which_one_size_is_unknown_is_none() -> None:
    known = CacheData(Kind.DATA, bytes=exactly(64), ways=exactly(1), line_bytes=exactly(16))
    assert cache_of(known) is not None
    for unknown in (
        replace(known, bytes=UNKNOWN),
        replace(known, ways=UNKNOWN),
        replace(known, line_bytes=UNKNOWN),
    ):
        assert cache_of(unknown) is None
