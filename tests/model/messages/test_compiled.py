"""The compiled actions do what the plain ones do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.messages.readings import MESSAGE_DIALECTS
from model.messages.scope import MessageScope
from model.messages.steps import Steps, operations_of
from model.spaces.dialect import DIALECTS

compiled = pytest.importorskip("model.messages.compiled")

SCOPE = MessageScope(2, 2, 2, threads=4, ids=3, words=2, booted=2, hardware=1, ports=1)


WAYS = {
    "messages": st.sampled_from(sorted(MESSAGE_DIALECTS)),
    "spaces": st.sampled_from(sorted(DIALECTS)),
    "seed": st.integers(0, 2**32 - 1),
}


@pytest.mark.long
@given(**WAYS)
@settings(max_examples=5, deadline=None)
def test_random_ways(messages: str, spaces: str, seed: int) -> None:
    assert_way_agrees(messages, spaces, seed)


@pytest.mark.slow
@given(**WAYS)
@settings(max_examples=150, deadline=None)
def test_many_random_ways(messages: str, spaces: str, seed: int) -> None:
    assert_way_agrees(messages, spaces, seed)


def assert_way_agrees(messages: str, spaces: str, seed: int) -> None:
    dialect, source = MESSAGE_DIALECTS[messages], np.random.default_rng(seed)
    operations = operations_of(SCOPE, dialect, willing=(0, 1, 7), opens=(0, 1, 12))
    tried = tuple(operations[n] for n in source.choice(len(operations), 400))
    plain = Steps(SCOPE, dialect, DIALECTS[spaces], tried)
    fast = Steps(SCOPE, dialect, DIALECTS[spaces], tried, compiled.every_step)
    state = plain.rows([plain.first])
    for _ in range(10):
        one, other = plain.after(state), fast.after(state)
        assert all((expected == found).all() for expected, found in zip(one, other, strict=True))
        if not len(one[1]):
            break
        state = one[1][source.integers(len(one[1])), None]
