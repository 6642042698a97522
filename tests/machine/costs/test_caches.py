"""Caches against a plain list of lines, and the three kinds of misses against their definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine.costs.caches import Cache, Misses, ThreeCs, cache_of, classify
from machine.costs.processor import CacheData, Kind
from machine.costs.quantity import exactly

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
