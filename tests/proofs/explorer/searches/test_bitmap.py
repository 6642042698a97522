"""What surrounds the bitmap's kernel: its numbers by hand, its counts by the set, its limits."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numba import config

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, Occupied, OwnPage
from proofs.explorer.result import SearchEnd
from proofs.explorer.searches import bitmap as module
from proofs.explorer.searches.bitmap import bitmap_bytes, constants, search_bitmap, weights_of
from proofs.explorer.searches.breadth_first import search
from proofs.explorer.searches.resources import Team
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.properties import IDS, STATE_IDS

TREE = DIALECTS["tree"]
NAMES = ("tree", "canonical", "x2-keep", "x2-flush", "fiasco", "nova") if config.DISABLE_JIT else ("tree",)  # type: ignore[attr-defined]


def test_two_bits_for_each_number() -> None:
    assert bitmap_bytes(Scope(2, 1, 1)) == 8
    assert bitmap_bytes(Scope(1, 5, 2)) == 8 * ((7**5 + 31) // 32)
    assert bitmap_bytes(Scope(1, 2, 2)) == 8
    assert bitmap_bytes(Scope(4, 1, 1)) == 8 * 20


def test_constants() -> None:
    assert constants(Scope(2, 3, 1), CANONICAL) == [
        "SLOTS = 6",
        "FRAMES = 1",
        "ANCESTOR_REFUSED = True",
        "FRAME_HOLDER_REFUSED = True",
        "OWN_SLOT_COUNTS = False",
        "OWN_PAGE_INCLUDED = False",
        "OCCUPIED_REFUSED = False",
        "EXTENDED_CHILD = False",
        "EXTENDED_FRAME = False",
        "NO_GRANT = False",
        "CHILDREN_FLUSHED = False",
    ]
    for name, chosen in TRUE.items():
        found = constants(Scope(2, 1, 1), DIALECTS[name])
        assert [line.split(" = ")[0] for line in found if line.endswith(" = True")] == chosen
    for occupied, name in ((Occupied.EXTENDED_CHILD, "EXTENDED_CHILD"), (Occupied.EXTENDED_FRAME, "EXTENDED_FRAME")):
        dialect = Dialect("any", "", TREE.readings._replace(occupied=occupied, own_page=OwnPage.INCLUDED))
        found = constants(Scope(2, 1, 1), dialect)
        assert [line for line in found if line.endswith("True")] == [
            "OWN_PAGE_INCLUDED = True",
            f"{name} = True",
        ]


TRUE = {
    "tree": [],
    "x2-keep": ["ANCESTOR_REFUSED", "FRAME_HOLDER_REFUSED", "OWN_SLOT_COUNTS", "EXTENDED_FRAME"],
    "x2-flush": ["ANCESTOR_REFUSED", "FRAME_HOLDER_REFUSED", "OWN_SLOT_COUNTS", "EXTENDED_FRAME", "CHILDREN_FLUSHED"],
    "fiasco": ["FRAME_HOLDER_REFUSED", "OWN_SLOT_COUNTS", "EXTENDED_CHILD"],
    "nova": ["ANCESTOR_REFUSED", "FRAME_HOLDER_REFUSED", "OCCUPIED_REFUSED", "NO_GRANT"],
}


@pytest.mark.parametrize("size", [(2, 1, 1), (1, 3, 2)])
def test_weights(size: tuple[int, int, int]) -> None:
    scope = Scope(*size)
    weights, moves = weights_of(scope)
    slots, frames, radix = scope.slots, scope.frames, scope.slots + scope.frames
    for x in range(slots):
        links = [(frames + (y - x) % slots) * radix**x if x != y else 0 for y in range(slots)]
        assert weights[x].tolist() == [code * radix**x for code in range(frames + 1)] + links
        for old in range(slots):
            for new in range(slots):
                expected = 0 if x in (old, new) else links[new] - links[old]
                assert moves[x, old, new] == expected


@pytest.mark.parametrize("size", [(2, 1, 1), (3, 1, 1), (1, 3, 2)], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_counts_as_the_set(size: tuple[int, int, int], name: str) -> None:
    scope, dialect = Scope(*size), DIALECTS[name]
    found, violated = search_bitmap(scope, dialect, properties=STATE_IDS, threads=1)
    other = search(mapping_system(scope, dialect, masks=True), threads=1)
    assert (found.states, found.transitions, found.layers) == (other.states, other.transitions, other.layers)
    assert violated == tuple(flaw.property for flaw in other.flaws)
    assert (found.complete, found.reason, found.interrupted, found.flaws) == (True, "", False, ())
    assert found.checked == STATE_IDS
    assert found.bytes_used == bitmap_bytes(scope)
    assert 0 < found.seconds < 60


def test_only_what_is_asked_for() -> None:
    for wanted, violated in ((("no-cycle",), ()), (("no-frame-lost",), ("no-frame-lost",)), ((), ())):
        found, seen = search_bitmap(Scope(2, 1, 1), TREE, properties=wanted, threads=2)
        assert (seen, found.checked) == (violated, wanted)
    with pytest.raises(ValueError, match=r"checks no-cycle, .*, accessible-has-right, not no-cycle, grant-moves"):
        search_bitmap(Scope(2, 1, 1), TREE, properties=("no-cycle", "grant-moves"))
    assert IDS[: len(STATE_IDS)] == STATE_IDS


@pytest.mark.long
def test_limits() -> None:
    scope = Scope(2, 2, 1)
    found, _ = search_bitmap(scope, TREE, properties=(), threads=1, max_states=6)
    assert (found.complete, found.reason, found.layers) == (False, "more than 6 states", (1, 6))
    assert found.verdict is SearchEnd.TRUNCATED
    found, _ = search_bitmap(scope, TREE, properties=(), threads=1, max_states=117)
    assert (found.complete, found.states) == (True, 117)
    found, _ = search_bitmap(scope, TREE, properties=(), threads=1, max_states=116)
    assert not found.complete
    with pytest.raises(MemoryError, match="takes 160 bytes"):
        search_bitmap(scope, TREE, properties=(), memory=159)
    assert search_bitmap(scope, TREE, properties=(), memory=160, threads=1)[0].complete
    with pytest.raises(ValueError, match="at least one thread"):
        search_bitmap(scope, TREE, properties=(), threads=0)


class Interrupted(Team):
    """A team that is interrupted while it works."""

    def run(self, work: Any, stop: Any, watch: Any) -> None:
        watch()
        stop()
        work(0)
        watch()
        self.interrupted = True


def test_an_interrupt_and_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Team", Interrupted)
    told: list[Any] = []
    found, _ = search_bitmap(Scope(2, 1, 1), TREE, properties=(), threads=1, on_progress=told.append)
    assert (found.complete, found.reason, found.interrupted, found.layers) == (False, "interrupted", True, ())
    assert found.states == 0
    assert [(each.states, each.depth, each.layer_done, each.bytes_used, each.expanded) for each in told] == [
        (0, 0, 0.0, 8, 0),
        (0, 0, 0.0, 8, 0),
    ]


class Watched(Team):
    """A team that watches each layer once, afterwards."""

    def run(self, work: Any, stop: Any, watch: Any) -> None:
        work(0)
        watch()


def test_progress_is_told_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Team", Watched)
    told: list[Any] = []
    found, _ = search_bitmap(Scope(2, 1, 1), TREE, properties=(), threads=1, on_progress=told.append)
    assert found.layers == (1, 2, 2)
    assert [(each.states, each.depth, each.layer_done, each.expanded) for each in told] == [
        (1, 0, 1.0, 1),
        (3, 1, 1.0, 3),
        (5, 2, 1.0, 5),
        (5, 3, 1.0, 5),
    ]
    assert all(0 <= each.seconds <= found.seconds for each in told)


def test_the_least_state_of_each_thread_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Last(Team):
        def run(self, work: Any, stop: Any, watch: Any) -> None:
            work(self.threads - 1)

    monkeypatch.setattr(module, "Team", Last)
    found, violated = search_bitmap(Scope(2, 1, 1), TREE, properties=STATE_IDS, threads=3)
    assert (found.layers, violated) == ((1, 2, 2), ("no-frame-lost",))
    assert np.iinfo(np.int64).max == module.NOT_FOUND == module.UNLIMITED


def test_how_far_a_layer_is_is_told_as_a_part() -> None:
    told: list[Any] = []
    kernel = SimpleNamespace(NEXT=0, EXPANDED=1, CHUNK=4, WORDS=16)
    for following in (0, 2, 4, 5):
        module._report(told.append, kernel, [following, 7], 30, 3, 99, 0.0)
    assert [(each.states, each.depth, each.layer_done, each.bytes_used) for each in told] == [
        (37, 3, part, 99) for part in (0.0, 0.5, 1.0, 1.0)
    ]
    module._report(None, kernel, [0, 0], 0, 0, 0, 0.0)
