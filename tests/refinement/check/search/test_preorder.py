"""The example of lists in pre-order conforms, and its depths wrap around where nothing tests them."""

import ctypes
from collections.abc import Callable

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check import Target
from refinement.check.driver.closure import Closure
from refinement.check.process.isolation import perform
from refinement.check.process.order import DEFAULT_LIMITS, Order
from tests import EXAMPLES

Build = Callable[..., Target]

LISTS = EXAMPLES / "preorder.c"
TESTED = " || source->depth == DEEPEST"


@pytest.mark.long
@pytest.mark.parametrize(
    ("scope", "rights", "states"),
    [(Scope(3, 1, 1), tuple(range(8)), 594), (Scope(2, 2, 2), (7,), 156)],
)
def test_every_state_of_a_scope_is_as_in_the_model(
    build: Build, scope: Scope, rights: tuple[int, ...], states: int
) -> None:
    work = Closure(CANONICAL.readings, scope, rights, 60.0)
    value = perform(Order(build(LISTS), work, DEFAULT_LIMITS)).value
    assert (value["failure"], value["complete"], value["states"]) == (None, True, states)


@pytest.mark.parametrize(
    ("mappings", "tested", "bits", "shown"),
    [
        (256, False, 8, "gone"),
        (257, False, 8, "left"),
        (257, True, 8, "refused"),
        (65536, False, 16, "gone"),
        (65537, False, 16, "left"),
    ],
)
def test_how_many_mappings_in_a_chain_wrap_a_depth_around(
    build: Build, mappings: int, tested: bool, bits: int, shown: str
) -> None:
    """A flush of the first takes all that were made from it, each from the one before."""
    text = LISTS.read_text("utf-8")
    assert text.count(TESTED) == 1
    target = build(text if tested else text.replace(TESTED, ""), f"DEPTH=uint{bits}_t")
    library = ctypes.CDLL(target.where)
    library.musigma_lookup.restype = ctypes.c_int64
    assert library.musigma_init(mappings, 1, 1) == 0
    done = [library.musigma_map(space, 0, space + 1, 0, 7) for space in range(mappings - 1)]
    if shown == "refused":
        assert done == [0] * (mappings - 2) + [1]
        return
    assert not any(done)
    assert library.musigma_flush(0, 0, 7) == 0
    last = library.musigma_lookup(mappings - 1, 0, ctypes.byref(ctypes.c_uint32()))
    assert {"gone": -1, "left": 0}[shown] == last
