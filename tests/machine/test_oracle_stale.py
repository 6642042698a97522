"""Stale translations on x86-32: our core with an untagged buffer against Unicorn, step by step in one scenario.

Both see the same writes to the tables and the same accesses, INVLPG and reloads of CR3. The accesses stay in few
pages, so that neither buffer has to make room: Unicorn doesn't model capacity.
"""

import random
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest

from machine import READ, WRITE, X86_32, Core, Memory, PageFault
from machine.formats import GLOBAL
from machine.formats import x86 as modes
from machine.tlb import Tlb, TranslationBuffer

PAGE = 0x4001_0000
"""Eight pages from here on; Unicorn's buffer is direct-mapped, and none shares a line with the page of the code."""
PTE = 0x20000 + 0x10 * 4
A, B = 0x300, 0x400

RELOAD_DROPS_GLOBAL = "a reload of CR3 drops global entries"
"""Intel SDM vol. 3A, 4.10.4.1: MOV to CR3 keeps global translations if CR4.PGE; Unicorn drops them."""

FAULT_KEEPS_ENTRY = "a page fault leaves the entry in the buffer"
"""Same section: a page fault invalidates what is cached for its address; Unicorn leaves it there."""

DEVIANT = replace(X86_32, faults_invalidate=False)


Outcome = tuple[int, ...]


@dataclass
class Pair:
    """The two processors over two memories with the same contents at the start."""

    engine: Any
    theirs: Memory
    core: Core

    def entry(self, slot: int, entry: int) -> None:
        self.theirs.write(slot, entry, 4)
        self.core.memory.write(slot, entry, 4)

    def access(self, address: int, access: int) -> tuple[Outcome, Outcome]:
        """Outcomes: (physical) or (vector, code, address)."""
        try:
            ours: Outcome = (self.core.translate(address, access),)
        except PageFault as fault:
            ours = (fault.vector, fault.code, fault.address)
        got = self.engine.ask(address, access)
        return ours, (got.physical,) if got.physical is not None else (got.vector, got.code, got.address)

    def same(self, address: int, access: int) -> Outcome:
        ours, theirs = self.access(address, access)
        assert ours == theirs
        return ours

    def invalidate(self, address: int) -> None:
        self.engine.invalidate(address)
        self.core.tlb.invalidate_page(address)

    def reload(self) -> None:
        self.engine.reload_root()
        self.core.switch(self.core.root)

    def flags_agree(self, *slots: int) -> None:
        assert [self.theirs.read(s, 4) for s in slots] == [self.core.memory.read(s, 4) for s in slots]


@pytest.fixture(params=[X86_32], ids=["manual"])
def pair(oracle: ModuleType, request: pytest.FixtureRequest) -> Pair:
    theirs = oracle.shared_memory()
    engine = oracle.X86(theirs, X86_32, False)
    ours = Memory(theirs.size)
    buffer: TranslationBuffer = Tlb(X86_32, 512)
    result = Pair(engine, theirs, Core(ours, request.param, buffer, root=oracle.ROOT, user=False))
    ours.bytes[:] = theirs.bytes
    result.entry(oracle.ROOT + (PAGE >> 22) * 4, X86_32.encode_pointer(PTE >> 12))
    return result


deviant = pytest.mark.parametrize("pair", [DEVIANT], ids=["fault keeps entry"], indirect=True)


def leaf(frame: int, rights: int = 7, flags: int = 0) -> int:
    entry: int = X86_32.encode_leaf(frame, rights, 1, 0, flags)
    return entry


def test_rewritten_entry_is_stale_until_invlpg(pair: Pair) -> None:
    pair.entry(PTE, leaf(A))
    assert pair.same(PAGE, READ) == (A << 12,)
    pair.entry(PTE, leaf(B))
    assert pair.same(PAGE, READ) == (A << 12,)
    pair.invalidate(PAGE + 0x1000)
    assert pair.same(PAGE, READ) == (A << 12,)
    pair.invalidate(PAGE)
    assert pair.same(PAGE, READ) == (B << 12,)
    pair.flags_agree(PTE)


def test_cleared_entry_is_stale_until_the_root_is_reloaded(pair: Pair) -> None:
    pair.entry(PTE, leaf(A))
    assert pair.same(PAGE, WRITE) == (A << 12,)
    pair.entry(PTE, 0)
    assert pair.same(PAGE, WRITE) == (A << 12,)
    pair.reload()
    assert pair.same(PAGE, WRITE) == (modes.PAGE_FAULT, 2, PAGE)
    pair.flags_agree(PTE)


def test_absence_is_not_cached(pair: Pair) -> None:
    pair.entry(PTE, 0)
    assert pair.same(PAGE, READ) == (modes.PAGE_FAULT, 0, PAGE)
    pair.entry(PTE, leaf(A))
    assert pair.same(PAGE, READ) == (A << 12,)


def test_withdrawn_write_is_stale_after_a_store_only(pair: Pair) -> None:
    pair.entry(PTE, leaf(A))
    pair.same(PAGE, READ)
    pair.entry(PTE, leaf(A, READ))
    assert pair.same(PAGE, WRITE) == (modes.PAGE_FAULT, 3, PAGE), "the entry was clean: the store walks"
    pair.entry(PTE, leaf(A))
    pair.same(PAGE, WRITE)
    pair.entry(PTE, leaf(A, READ))
    assert pair.same(PAGE, WRITE) == (A << 12,), "the entry was dirty: the store is let through"
    pair.invalidate(PAGE)
    assert pair.same(PAGE, WRITE) == (modes.PAGE_FAULT, 3, PAGE)


def test_added_write_is_found_by_walking_again(pair: Pair) -> None:
    pair.entry(PTE, leaf(A, READ))
    pair.same(PAGE, READ)
    pair.entry(PTE, leaf(A))
    assert pair.same(PAGE, WRITE) == (A << 12,)
    pair.flags_agree(PTE)


def test_flags_cleared_under_a_cached_entry_are_not_set_again(pair: Pair) -> None:
    pair.entry(PTE, leaf(A))
    pair.same(PAGE, WRITE)
    pair.flags_agree(PTE)
    pair.entry(PTE, leaf(A))
    pair.same(PAGE, READ)
    pair.same(PAGE, WRITE)
    assert pair.theirs.read(PTE, 4) == leaf(A) == pair.core.memory.read(PTE, 4)


def test_global_entry_and_the_reload_where_unicorn_deviates(pair: Pair) -> None:
    pair.entry(PTE, leaf(A, flags=GLOBAL))
    pair.same(PAGE, READ)
    pair.entry(PTE, leaf(B, flags=GLOBAL))
    assert pair.same(PAGE, READ) == (A << 12,)
    pair.reload()
    ours, theirs = pair.access(PAGE, READ)
    assert (ours, theirs) == ((A << 12,), (B << 12,)), f"deviation gone: {RELOAD_DROPS_GLOBAL}"
    pair.invalidate(PAGE)
    assert pair.same(PAGE, READ) == (B << 12,)


def fault_on_a_cached_page(pair: Pair) -> tuple[Outcome, Outcome]:
    """A read is cached, a store then faults, and the entry is rewritten: is the read stale?"""
    pair.entry(PTE, leaf(A, READ))
    pair.same(PAGE, READ)
    assert pair.same(PAGE, WRITE) == (modes.PAGE_FAULT, 3, PAGE)
    pair.entry(PTE, leaf(B, READ))
    return pair.access(PAGE, READ)


def test_fault_drops_the_entry_where_unicorn_deviates(pair: Pair) -> None:
    ours, theirs = fault_on_a_cached_page(pair)
    assert (ours, theirs) == ((B << 12,), (A << 12,)), f"deviation gone: {FAULT_KEEPS_ENTRY}"


@deviant
def test_fault_that_leaves_the_entry_agrees(pair: Pair) -> None:
    assert fault_on_a_cached_page(pair) == ((A << 12,), (A << 12,))


def scenario(pair: Pair, rng: random.Random, steps: int) -> None:
    """Random writes of entries, accesses, INVLPG and reloads in eight pages; every outcome is the same."""
    slots = [PTE + 4 * i for i in range(8)]
    outcomes = set()
    for _ in range(steps):
        page = rng.randrange(8)
        address = PAGE + 0x1000 * page + rng.randrange(4096)
        action = rng.choices(("write", "access", "invlpg", "reload"), (30, 60, 8, 2))[0]
        if action == "write":
            pair.entry(slots[page], leaf(rng.choice((A, B, 0x500)), rng.choice((0, 4, 6, 7)), rng.randrange(4)))
        elif action == "access":
            access = rng.choice((READ, WRITE))
            before = X86_32.decode(pair.theirs.read(slots[page], 4))
            result = pair.same(address, access)
            stale = len(result) == 1 and (before.kind == 0 or before.frame != result[0] >> 12)
            outcomes.add("stale" if stale else "fault" if len(result) > 1 else "fresh")
            pair.flags_agree(*slots)
        elif action == "invlpg":
            pair.invalidate(address)
        else:
            pair.reload()
    assert outcomes == {"stale", "fault", "fresh"}


@deviant
def test_random_scenarios_agree(pair: Pair) -> None:
    scenario(pair, random.Random(1), 3000)


@pytest.mark.slow
@deviant
@pytest.mark.parametrize("seed", range(5))
def test_random_scenarios_agree_at_length(pair: Pair, seed: int) -> None:
    scenario(pair, random.Random(100 + seed), 20_000)
