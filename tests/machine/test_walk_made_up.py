"""The walk of formats that no processor has, whose functions answer by chance: which of them is asked what, and when.

A format of a processor asks little of most arguments. These depend on each of theirs, so that the walk is what
:func:`expected` says only if it hands each function just what the format's record says.
"""

import random
from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

import pytest

from machine import FORMATS, READ, SV39, BusError, Format, Memory, PageFault, Reason, Walker
from machine.events import ACCESSES
from machine.formats import ABSENT, ACCESSED, DIRTY, LEAF, MALFORMED, POINTER
from machine.walker import Outcome, _refusable, build_walk
from tests.machine.tables import Tables

Request: TypeAlias = tuple[int, int, int, int, int]
"""Root, address, access, user flag, control."""

MARKS = 0xFF  # the bits of an entry that a processor sets: neither its kind nor its table depend on them
SOME_MARKS = (0, 0x0F, 0xF0, MARKS)


def chance(name: str, *numbers: int) -> int:
    """A number that depends on each of these."""
    return random.Random(f"{name} {[int(each) for each in numbers]}").getrandbits(32)


def made_up(seed: int, tables: int, unmarked_first: bool) -> Format:
    """A format of 32 bytes a table: four entries of 8 bytes, or eight of 4; one in so many leads outside."""
    levels = 2 + seed % 3
    index_bits = 2 + seed % 2

    def kind(entry: int, level: int, control: int) -> int:
        kinds = (POINTER, POINTER, POINTER, POINTER, LEAF, LEAF, ABSENT, MALFORMED)
        return kinds[chance("kind", entry // (MARKS + 1), level, control) % (8 if level else 4) + (0 if level else 4)]

    def marked(entry: int, leaf: int, access: int) -> int:
        return entry | SOME_MARKS[chance("mark", entry // (MARKS + 1), leaf, access) % 4]

    return replace(
        SV39,
        levels=levels,
        index_bits=index_bits,
        entry_bytes=32 >> index_bits,
        page_bits=5,
        unmarked_first=unmarked_first,
        canonical=lambda address: chance("canonical", address) % 8,
        kind=kind,
        table=lambda entry: chance("table", entry // (MARKS + 1)) % (tables + 1),
        limits=lambda entry: chance("limits", entry) | 0b0101_011_101,
        attributes=lambda entry, level: chance("attributes", entry, level) & 0b1111_111_111,
        all_attributes=0b1101_111_111,
        permits=lambda attributes, access, user, control: chance("permits", attributes, access, user, control) % 3,
        bars=lambda attributes, access, user, control: chance("bars", attributes, access, user, control) % 2,
        shared=lambda entry, leaf, control: chance("shared", entry, leaf, control) % 3 & 1,
        mark=marked,
        updates=lambda control: control % 3,
    )


class Spread(list[int]):
    """Small tables, each at the beginning of a frame of 4 KiB: what a walk finds at its place in the whole memory."""

    def __init__(self, words: list[int], format: Format) -> None:
        super().__init__(words)
        self.format = format

    def __len__(self) -> int:
        return super().__len__() // self.format.entries * 4096 // self.format.entry_bytes

    def _at(self, place: int) -> int:
        table, index = divmod(place, 4096 // self.format.entry_bytes)
        assert index < self.format.entries
        return table * self.format.entries + index

    def __getitem__(self, place: int) -> int:  # type: ignore[override]
        return super().__getitem__(self._at(place))

    def __setitem__(self, place: int, word: int) -> None:  # type: ignore[override]
        super().__setitem__(self._at(place), word)


def expected(format: Format, words: list[int], request: Request) -> tuple[Outcome, list[int]]:
    """How a walk has to end, and the words after it."""
    root, address, access, user, control = request
    if not format.canonical(address):
        return (Reason.NONCANONICAL, format.levels - 1, 0, 0, 0), words
    path: list[int] = []
    table = root // 4096
    for level in range(format.levels - 1, -1, -1):
        index = address // 2 ** (format.page_bits + level * format.index_bits) % format.entries
        path.append(table * format.entries + index)
        if path[-1] >= len(words):
            return (Reason.TABLE_OUTSIDE, level, 0, 0, 0), words
        kind = format.kind(words[path[-1]], level, control)
        if kind != POINTER:
            break
        table = format.table(words[path[-1]])
    if kind != LEAF:
        return (Reason.MALFORMED if kind == MALFORMED else Reason.ABSENT, level, 0, 0, 0), words
    *pointers, leaf = (words[slot] for slot in path)
    attributes = reduce(and_, map(format.limits, pointers), format.attributes(leaf, level) & format.all_attributes)
    shared = reduce(or_, (format.shared(each, 0, control) for each in pointers), format.shared(leaf, 1, control))
    after = list(words)
    for slot in path[:-1]:
        after[slot] = format.mark(after[slot], 0, access)
    after[path[-1]] = format.mark(after[path[-1]], 1, access)
    why = Reason.BARRED if format.bars(attributes, access, user, control) else Reason.DENIED
    faults = [why] * (not format.permits(attributes, access, user, control))
    wanted = format.mark(leaf, 1, access) != leaf or any(format.mark(each, 0, access) != each for each in pointers)
    if wanted and not format.updates(control):
        faults.insert(0 if format.unmarked_first else len(faults), Reason.UNMARKED)
    if faults:
        return (faults[0], level, 0, 0, 0), words
    return (Reason.OK, level, after[path[-1]], attributes, shared), after


@pytest.mark.parametrize("unmarked_first", [False, True])
@pytest.mark.parametrize("tables", [1, 2, 8])
@pytest.mark.parametrize("seed", range(6))
def test_walk_is_what_the_record_says(seed: int, tables: int, unmarked_first: bool) -> None:
    """With few tables an entry is often a pointer and the leaf of the same walk."""
    format = made_up(seed, tables, unmarked_first)
    walk = build_walk(format)
    draw = random.Random(seed)
    ended = dict.fromkeys(Reason, 0)
    for _ in range(100):
        marked = draw.choice((SOME_MARKS, (MARKS,), (MARKS, *SOME_MARKS)))
        words = [
            draw.getrandbits(format.entry_bits - 8) << 8 | draw.choice(marked) for _ in range(tables * format.entries)
        ]
        for _ in range(2):
            address = draw.getrandbits(format.span_bits(format.levels))
            request = (
                *(draw.randrange(tables) * 4096, address),
                *(draw.choice(tuple(ACCESSES)), draw.randrange(2), draw.randrange(16)),
            )
            outcome, after = expected(format, words, request)
            spread = Spread(words, format)
            assert walk(spread, *request) == outcome
            words = list(iter(spread))
            assert words == after
            ended[Reason(outcome[0])] += 1
    assert all(ended[reason] for reason in ended if reason not in (Reason.PAGE_OUTSIDE, Reason.CONFLICT)), ended


@pytest.mark.parametrize("user", [False, True])
@pytest.mark.parametrize("control", [None, 0, 5])
def test_fault_is_the_formats(user: bool, control: int | None) -> None:
    """With the level where the walk ended, and who asked for what under which control."""
    format = replace(SV39, default_control=3, fault=lambda *told: (chance("vector", *told), chance("code", *told)))
    made = Tables(Memory(1 << 20), format)
    made.map(0x200000, 0x80)
    for address, level in ((0x1000, 1), (0x201000, 0), (1 << 30, 2)):
        told = (Reason.ABSENT, level, READ, int(user), 3 if control is None else control)
        found = Walker(made.memory, format, control).translate(address, READ, user, made.root)
        assert found == PageFault(Reason.ABSENT, address, READ, user, chance("vector", *told), chance("code", *told))


class Counted(list[int]):
    """Words of memory that count how many of them are read."""

    reads = 0


def test_refused_entry_ends_the_walk_where_it_was_to_be_read() -> None:
    """Entries are counted afresh in each walk; those that are read again to be marked lie below all others."""
    words = Counted()
    asked = []

    def walk(words: Counted, *request: int) -> Outcome:
        asked.append((words, words.reads, *request))
        words.reads += request[-1]
        if request[-1]:
            raise BusError(0, 8, 0)
        return Reason.OK, 1, 2, 3, 4

    refusable = _refusable(walk, 3)
    for reads, level in ((1, 3), (2, 2), (4, 0), (5, 0), (7, 0)):
        assert refusable(words, 11, 12, 13, 14, reads) == (Reason.TABLE_OUTSIDE, level, 0, 0, 0)
        assert asked.pop() == (words, 0, 11, 12, 13, 14, reads)
    assert refusable(words, 11, 12, 13, 14, 0) == (Reason.OK, 1, 2, 3, 4)


@pytest.mark.parametrize("format", FORMATS, ids=lambda each: each.name)
def test_what_is_marked_already_is_not_written(format: Format) -> None:
    """A table may lie in memory that only hands out its words."""
    made = Tables(Memory(1 << 20), format)
    made.map(0x200000, 0x80, flags=ACCESSED | DIRTY)
    walk = build_walk(format)
    request = (made.root, 0x200000, READ, 1, format.default_control)
    first = walk(made.memory.words(format.entry_bytes), *request)
    assert walk(tuple(made.memory.words(format.entry_bytes)), *request) == first
    assert first[0] == Reason.OK
