"""The buffer is a list of entries, in all sequences of a small scope: its sets and counts change nothing that shows."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from machine import READ, X86_32, Replacement, Tlb, Translation
from machine.tlb import SHARED_TAG, Entry

ADDRESSES = (0x1000, 0x2000, 0x40_1000)
TAGS = (1, 2)


@dataclass
class Naive:
    """Entries in the order of their use, or of their insertion: what is to be dropped is looked for among all."""

    tagged: bool
    capacity: int
    lru: bool
    entries: list[Entry] = field(default_factory=list)

    def translating(self, address: int, tag: int) -> list[Entry]:
        """In the order of page sizes as they came into use: all entries that translate the address under the tag."""
        owners = (tag if self.tagged else 0, SHARED_TAG)
        return [e for e in self.entries if e.page == address >> (12 + 10 * e.level) and e.tag in owners]

    def lookup(self, address: int, tag: int, found: Entry | None) -> bool:
        """Whether what was found may be: one that translates, or nothing if none does."""
        candidates = self.translating(address, tag)
        if found is None:
            return not candidates
        if self.lru and found in candidates:
            self.entries.remove(found)
            self.entries.append(found)
        return found in candidates

    def insert(self, address: int, tag: int, translation: Translation) -> None:
        gone = self.translating(address, tag)
        self.entries = [e for e in self.entries if e not in gone]
        if len(self.entries) == self.capacity:
            self.entries.pop(0)
        owner = SHARED_TAG if translation.shared else tag if self.tagged else 0
        page = address >> (12 + 10 * translation.level)
        self.entries.append(
            Entry(owner, translation.level, page, translation.frame, translation.attributes, translation.dirty)
        )

    def invalidate_page(self, address: int, tag: int | None, shared: bool) -> None:
        anyone = tag is None or not self.tagged
        self.entries = [
            e
            for e in self.entries
            if e.page != address >> (12 + 10 * e.level)
            or (e.tag != tag and not anyone and e.tag != SHARED_TAG)
            or (e.tag == SHARED_TAG and not shared)
        ]

    def invalidate_tag(self, tag: int) -> None:
        self.entries = [e for e in self.entries if e.tag == SHARED_TAG or (self.tagged and e.tag != tag)]

    def invalidate_all(self, shared: bool) -> None:
        self.entries = [e for e in self.entries if e.tag == SHARED_TAG and not shared]


OPERATIONS = (
    *(
        ("insert", a, t, level, shared)
        for a, t, (level, shared) in product(ADDRESSES[:2], TAGS, ((0, False), (1, True)))
    ),
    ("insert", ADDRESSES[2], 1, 0, False),
    ("insert", ADDRESSES[0], 1, 1, False),
    ("insert", ADDRESSES[0], 1, 0, True),
    *(("lookup", a, t) for a, t in product(ADDRESSES[::2], TAGS)),
    *(("page", ADDRESSES[0], t, s) for t, s in product((1, None), (True, False))),
    ("tag", 1),
    ("all", False),
    ("all", True),
)


def step(tlb: Tlb, naive: Naive, operation: tuple[Any, ...], number: int) -> bool:
    match operation:
        case ("insert", address, tag, level, shared):
            translation = Translation(number << 12, level, number, 0b111111, False, shared)
            tlb.insert(address, tag, READ, translation)
            naive.insert(address, tag, translation)
        case ("lookup", address, tag):
            if not naive.lookup(address, tag, tlb.lookup(address, tag, READ)):
                return False
        case ("page", address, tag, shared):
            tlb.invalidate_page(address, tag, shared)
            naive.invalidate_page(address, tag, shared)
        case ("tag", tag):
            tlb.invalidate_tag(tag)
            naive.invalidate_tag(tag)
        case ("all", shared):
            tlb.invalidate_all(shared)
            naive.invalidate_all(shared)
    return tlb.entries() == naive.entries


@pytest.mark.long
@pytest.mark.parametrize(("tagged", "replacement"), list(product((True, False), (Replacement.LRU, Replacement.FIFO))))
def test_a_buffer_of_one_set_is_a_list(tagged: bool, replacement: Replacement) -> None:
    """Every sequence of four operations, the first of which inserts; with room for two entries."""
    inserts = [operation for operation in OPERATIONS if operation[0] == "insert"]
    for sequence in product(inserts[::2], OPERATIONS, inserts, OPERATIONS):
        tlb = Tlb(X86_32, 2, replacement=replacement, tagged=tagged)
        naive = Naive(tagged, 2, replacement == Replacement.LRU)
        for number, operation in enumerate(sequence, 1):
            assert step(tlb, naive, operation, number), sequence[:number]


@pytest.mark.parametrize("tagged", [True, False])
def test_sets_change_only_what_makes_room(tagged: bool) -> None:
    """With room for all, a buffer of two sets has the entries of one of one set."""
    for sequence in product(OPERATIONS[::2], OPERATIONS, OPERATIONS[::2]):
        tlb, naive = Tlb(X86_32, 16, 8, tagged=tagged), Naive(tagged, 16, True)
        for number, operation in enumerate(sequence, 1):
            step(tlb, naive, operation, number)
            assert set(tlb.entries()) == set(naive.entries), sequence[:number]
