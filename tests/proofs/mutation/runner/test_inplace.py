"""The functions and caches of a process, as they are found."""

import gc
import weakref
from functools import cache, lru_cache

import pytest

from proofs.mutation.runner.inplace import Live


class Owner:
    def __call__(self) -> None:
        pass


@cache
def remembered(number: int) -> int:
    return number


@pytest.mark.long
def test_a_dead_weak_reference_does_not_disturb() -> None:
    owner = Owner()
    dead = weakref.proxy(owner)
    caching = lru_cache(dead)
    del owner
    gc.collect()
    assert gc.is_tracked(dead)
    assert gc.is_tracked(caching)
    remembered(1)
    live = Live.of(lambda file: file == __file__)
    assert any(each is remembered.__wrapped__ for each in live.functions[__file__])
    live.forget()
    assert remembered.cache_info().currsize == 0


@pytest.mark.long
def test_what_is_frozen_is_found() -> None:
    gc.freeze()
    live = Live.of(lambda file: file == __file__)
    assert any(each is remembered.__wrapped__ for each in live.functions[__file__])
    assert remembered in live.caches
