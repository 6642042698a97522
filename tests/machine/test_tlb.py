"""Translation lookaside buffers: capacity, associativity, replacement, tags, invalidation."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import EXECUTE, READ, SV39, X86_32, Replacement, SplitTlb, Tlb, Translation
from machine.tlb import PRESETS, SHARED_TAG, Entry, i486, pentium, powerpc, r4000, riscv_asid


def translation(frame: int, level: int = 0, shared: bool = False) -> Translation:
    return Translation(frame << 12, level, frame, 0b111111, False, shared)


def fill(tlb: Tlb, pages: list[int], tag: int = 0) -> None:
    for page in pages:
        tlb.insert(page << 12, tag, READ, translation(page))


def frame_of(entry: Entry | None) -> int:
    assert entry is not None
    return entry.frame


def cached(tlb: Tlb, pages: Iterable[int], tag: int = 0) -> list[int]:
    """Which of the pages are there, without a lookup that would count as a use."""
    there = {entry.page for entry in tlb.entries() if entry.tag in (tag, SHARED_TAG)}
    return [page for page in pages if page in there]


def test_lru_evicts_the_longest_unused() -> None:
    tlb = Tlb(X86_32, 4)
    fill(tlb, [1, 2, 3, 4])
    assert frame_of(tlb.lookup(1 << 12, 0, READ)) == 1
    fill(tlb, [5])
    assert cached(tlb, range(8)) == [1, 3, 4, 5]


def test_fifo_evicts_the_oldest_used_or_not() -> None:
    tlb = Tlb(X86_32, 4, replacement=Replacement.FIFO)
    fill(tlb, [1, 2, 3, 4])
    assert frame_of(tlb.lookup(1 << 12, 0, READ)) == 1
    fill(tlb, [5])
    assert cached(tlb, range(8)) == [2, 3, 4, 5]


def test_random_replacement_is_fixed_by_its_seed() -> None:
    def survivors(seed: int) -> list[int]:
        tlb = Tlb(X86_32, 8, replacement=Replacement.RANDOM, seed=seed)
        fill(tlb, list(range(40)))
        assert len(tlb.entries()) == 8
        return cached(tlb, range(40))

    assert survivors(1) == survivors(1)
    assert len({tuple(survivors(seed)) for seed in range(10)}) > 5


def test_sets_do_not_take_room_from_each_other() -> None:
    tlb = i486(X86_32)
    fill(tlb, [0, 8, 16, 24, 32])
    assert cached(tlb, range(40)) == [8, 16, 24, 32], "8 sets of 4: five pages of set 0"
    fill(tlb, list(range(1, 8)))
    assert cached(tlb, range(40)) == [*range(1, 9), 16, 24, 32]


@pytest.mark.parametrize(
    ("preset", "capacity", "ways", "tagged"),
    [(i486, 32, 4, False), (powerpc, 256, 2, False), (r4000, 48, 48, True), (riscv_asid, 32, 32, True)],
)
def test_presets(preset: Callable[..., Any], capacity: int, ways: int, tagged: bool) -> None:
    tlb = preset(SV39)
    assert (tlb.capacity, tlb.ways, tlb.tagged) == (capacity, ways, tagged)
    fill(tlb, list(range(1000)))
    assert len(tlb.entries()) == capacity
    assert preset in PRESETS.values()


def test_split_buffer_has_two_sides() -> None:
    tlb = pentium(X86_32)
    assert isinstance(tlb.code, Tlb)
    assert isinstance(tlb.data, Tlb)
    assert (tlb.code.capacity, tlb.data.capacity) == (32, 64)
    tlb.insert(0x1000, 0, EXECUTE, translation(1))
    assert tlb.lookup(0x1000, 0, READ) is None
    assert frame_of(tlb.lookup(0x1000, 0, EXECUTE)) == 1
    tlb.insert(0x1000, 0, READ, translation(2))
    assert [entry.frame for entry in tlb.entries()] == [1, 2]
    tlb.invalidate_page(0x1FFF)
    assert tlb.entries() == []
    with pytest.raises(ValueError, match="one rule"):
        SplitTlb(i486(X86_32), r4000(X86_32))


def test_tags_keep_spaces_apart_and_global_entries_do_not() -> None:
    tlb = Tlb(SV39, 8, tagged=True)
    tlb.insert(0x1000, 1, READ, translation(11))
    tlb.insert(0x1000, 2, READ, translation(22))
    tlb.insert(0x2000, 1, READ, translation(33, shared=True))
    assert [tlb.lookup(0x1000, tag, READ) and frame_of(tlb.lookup(0x1000, tag, READ)) for tag in (1, 2, 3)] == [
        11,
        22,
        None,
    ]
    assert [frame_of(tlb.lookup(0x2000, tag, READ)) for tag in (1, 2, 3)] == [33] * 3


def test_untagged_buffer_ignores_tags() -> None:
    tlb = Tlb(X86_32, 8)
    tlb.insert(0x1000, 1, READ, translation(11))
    assert frame_of(tlb.lookup(0x1000, 2, READ)) == 11


@pytest.mark.parametrize(
    ("invalidate", "left"),
    [
        (lambda t: t.invalidate_page(0x1000), {(2, 2), (SHARED_TAG, 3), (1, 2)}),
        (lambda t: t.invalidate_page(0x1000, 1), {(2, 1), (2, 2), (SHARED_TAG, 3), (1, 2)}),
        (lambda t: t.invalidate_page(0x3000, 1), {(1, 1), (2, 1), (1, 2), (2, 2)}),
        (lambda t: t.invalidate_page(0x3000, 1, shared=False), {(1, 1), (2, 1), (1, 2), (2, 2), (SHARED_TAG, 3)}),
        (lambda t: t.invalidate_page(0x3000, None, shared=False), {(1, 1), (2, 1), (1, 2), (2, 2), (SHARED_TAG, 3)}),
        (lambda t: t.invalidate_tag(1), {(2, 1), (2, 2), (SHARED_TAG, 3)}),
        (lambda t: t.invalidate_all(shared=False), {(SHARED_TAG, 3)}),
        (lambda t: t.invalidate_all(), set()),
    ],
)
def test_invalidations_drop_exactly_what_they_name(invalidate: Callable[..., Any], left: set[Any]) -> None:
    tlb = Tlb(SV39, 8, tagged=True)
    for tag in (1, 2):
        for page in (1, 2):
            tlb.insert(page << 12, tag, READ, translation(page))
    tlb.insert(0x3000, 1, READ, translation(3, shared=True))
    invalidate(tlb)
    assert {(entry.tag, entry.page) for entry in tlb.entries()} == left


def test_untagged_buffer_takes_every_tag_for_all_of_them() -> None:
    tlb = Tlb(X86_32, 8)
    tlb.insert(0x1000, 1, READ, translation(1))
    tlb.insert(0x2000, 1, READ, translation(2, shared=True))
    tlb.invalidate_tag(5)
    assert [entry.page for entry in tlb.entries()] == [2]
    tlb.insert(0x1000, 1, READ, translation(1))
    tlb.invalidate_page(0x1000, tag=5)
    assert [entry.page for entry in tlb.entries()] == [2]


def test_superpage_is_one_entry_and_goes_with_any_of_its_addresses() -> None:
    tlb = Tlb(X86_32, 8)
    tlb.insert(0x00400000, 0, READ, translation(0x400, level=1))
    assert frame_of(tlb.lookup(0x007FF123, 0, READ)) == 0x400
    assert tlb.lookup(0x00800000, 0, READ) is None
    tlb.insert(0x00401000, 0, READ, translation(7))
    assert [entry.level for entry in tlb.entries()] == [0], "one address never has two translations"
    tlb.insert(0x00400000, 0, READ, translation(0x400, level=1))
    tlb.invalidate_page(0x007FF000)
    assert tlb.lookup(0x00400000, 0, READ) is None


def test_a_page_is_cached_once() -> None:
    tlb = Tlb(X86_32, 2)
    fill(tlb, [1, 1, 1])
    tlb.insert(1 << 12, 0, READ, translation(9))
    assert [(entry.page, entry.frame) for entry in tlb.entries()] == [(1, 9)]


def test_ways_divide_the_capacity() -> None:
    with pytest.raises(ValueError, match="multiple of the ways"):
        Tlb(X86_32, 30, 4)
    for capacity, ways in ((0, 0), (0, 4), (-4, 2)):
        with pytest.raises(ValueError, match="give a positive multiple"):
            Tlb(X86_32, capacity, ways)
    assert (Tlb(X86_32, 1).ways, Tlb(X86_32, 1).capacity) == (1, 1)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "lookup", "page", "tag", "all", "all but shared"]),
        st.integers(0, 9),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=60,
)


@pytest.mark.long
@settings(deadline=None, max_examples=200)
@given(
    actions=ACTIONS,
    shape=st.sampled_from([(4, 0), (4, 2), (4, 1), (6, 3), (1, 1)]),
    lru=st.booleans(),
    tagged=st.booleans(),
)
def test_buffer_is_its_plain_model(actions: Any, shape: tuple[int, int], lru: bool, tagged: bool) -> None:
    """Against a model that keeps one list of (page, owner, frame), oldest first, and searches it."""
    capacity, ways = shape
    replacement = Replacement.LRU if lru else Replacement.FIFO
    tlb = Tlb(X86_32, capacity, ways, replacement=replacement, tagged=tagged)
    sets = capacity // (ways or capacity)
    model: list[tuple[int, int, int]] = []
    for number, (action, page, tag, shared) in enumerate(actions):
        own = tag if tagged else 0
        if action == "insert":
            tlb.insert(page << 12, tag, READ, translation(number, shared=shared))
            model = [e for e in model if not (e[0] == page and e[1] in (own, SHARED_TAG))]
            peers = [e for e in model if e[0] % sets == page % sets]
            if len(peers) == (ways or capacity):
                model.remove(peers[0])
            model.append((page, SHARED_TAG if shared else own, number))
        elif action == "lookup":
            found = tlb.lookup(page << 12, tag, READ)
            matches = [e for owner in (own, SHARED_TAG) for e in model if e[0] == page and e[1] == owner]
            assert (found.frame if found else None) == (matches[0][2] if matches else None)
            if matches and lru:
                model.remove(matches[0])
                model.append(matches[0])
        elif action == "page":
            tlb.invalidate_page(page << 12, tag)
            model = [e for e in model if not (e[0] == page and e[1] in (own, SHARED_TAG))]
        elif action == "tag":
            tlb.invalidate_tag(tag)
            model = [e for e in model if e[1] == SHARED_TAG or (tagged and e[1] != tag)]
        else:
            tlb.invalidate_all(shared=action == "all")
            model = [e for e in model if action != "all" and e[1] == SHARED_TAG]
        assert sorted((e.page, e.tag, e.frame) for e in tlb.entries()) == sorted(model)


class Told:
    """A buffer that remembers what it is asked."""

    tagged = True

    def __init__(self, name: str, told: list[tuple[object, ...]]) -> None:
        self.name, self.told = name, told

    def __getattr__(self, method: str) -> Callable[..., None]:
        return lambda *given: self.told.append((self.name, method, *given))


def test_a_split_buffer_hands_on_what_it_is_asked() -> None:
    told: list[tuple[object, ...]] = []
    code: Any = Told("code", told)
    data: Any = Told("data", told)
    split = SplitTlb(code, data)
    assert split.tagged
    for access in (READ, EXECUTE):
        split.lookup(0x5000, 9, access)
        split.insert(0x5000, 9, access, translation(7))
    assert told == [
        ("data", "lookup", 0x5000, 9, READ),
        ("data", "insert", 0x5000, 9, READ, translation(7)),
        ("code", "lookup", 0x5000, 9, EXECUTE),
        ("code", "insert", 0x5000, 9, EXECUTE, translation(7)),
    ]
    told.clear()
    split.invalidate_page(0x5000, 9, False)
    split.invalidate_tag(9)
    split.invalidate_all(False)
    calls = [("invalidate_page", 0x5000, 9, False), ("invalidate_tag", 9), ("invalidate_all", False)]
    assert told == [(side, *call) for call in calls for side in ("code", "data")]


def test_entries_are_counted_by_level() -> None:
    tlb = Tlb(X86_32, 8)
    for page in (1, 2, 3):
        tlb.insert(page << 12, 0, READ, translation(page))
    tlb.insert(5 << 22, 0, READ, translation(0, level=1))
    assert tlb._levels == {0: 3, 1: 1}
    tlb.invalidate_page(2 << 12)
    tlb.invalidate_page(5 << 22)
    assert tlb._levels == {0: 2}


def test_tag_0_is_a_tag() -> None:
    tlb = Tlb(X86_32, 8, tagged=True)
    for tag in (0, 1):
        tlb.insert(1 << 12, tag, READ, translation(tag))
    tlb.invalidate_page(1 << 12, 0)
    assert [entry.tag for entry in tlb.entries()] == [1]


def test_the_r4000_replaces_by_chance_that_a_seed_fixes() -> None:
    buffer = r4000(X86_32, seed=3)
    assert buffer.replacement is Replacement.RANDOM
    assert buffer._random.random() == random.Random(3).random()
