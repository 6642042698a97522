"""The compiled functions do what the plain ones do, on states of every kind."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import DIALECTS, Readings
from model.spaces.literal import Spaces, frame

compiled = pytest.importorskip("model.spaces.compiled")

N = 7
MASKS = st.integers(0, 7)
STEPS = st.lists(
    st.tuples(st.sampled_from(["map_", "grant", "flush"]), st.integers(0, N - 1), st.integers(0, N - 1), MASKS),
    min_size=1,
    max_size=30,
)


def assert_same_steps(state: Spaces, readings: Readings, steps: Any) -> None:
    plain = Spaces(*(column.copy() for column in state))
    fast = Spaces(*(column.copy() for column in state))
    for name, src, dst, rights in steps:
        arguments = (src, rights) if name == "flush" else (src, dst, rights)
        expected = getattr(spaces, name)(plain, *arguments, readings)
        assert getattr(compiled, name)(fast, *arguments, readings) == expected
        for one, other in zip(plain, fast, strict=True):
            assert one.tolist() == other.tolist()
        assert compiled.evaluate(fast, src) == spaces.evaluate(plain, src)
        assert bool(compiled.derives(fast, src, dst)) == bool(spaces.derives(plain, src, dst))


@pytest.mark.long
@pytest.mark.parametrize("name", DIALECTS)
def test_random_walks_from_the_first_state(name: str) -> None:
    @given(steps=STEPS)
    @settings(max_examples=25, deadline=None)
    def walk(steps: Any) -> None:
        assert_same_steps(spaces.initial(Scope(1, N, 3)), DIALECTS[name].readings, steps)

    walk()


@pytest.mark.long
@given(
    name=st.sampled_from(sorted(DIALECTS)),
    sigma=st.lists(st.integers(-4, N - 1), min_size=N, max_size=N),
    phys=st.lists(st.integers(-1, 2), min_size=N, max_size=N),
    rights=st.lists(MASKS, min_size=N, max_size=N),
    steps=STEPS,
)
@settings(max_examples=200, deadline=None)
def test_random_walks_from_any_state_at_all(
    name: str, sigma: list[int], phys: list[int], rights: list[int], steps: Any
) -> None:
    state = Spaces(*(np.array(column, np.int64) for column in (sigma, phys, rights)))
    assert_same_steps(state, DIALECTS[name].readings, steps)


def test_a_chain_of_5000_is_flushed() -> None:
    n = 5_000
    state = Spaces(np.array([frame(0), *range(n - 1)], np.int64), np.zeros(n, np.int64), np.full(n, 7, dtype=np.int64))
    assert compiled.evaluate(state, n - 1) == 0
    assert compiled.map_(state, 0, 1, 7, DIALECTS["canonical"].readings) == spaces.DONE
    assert np.flatnonzero(state.sigma != spaces.NIL).tolist() == [0, 1]
