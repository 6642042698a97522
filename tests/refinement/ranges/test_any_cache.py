"""For each permission, a kernel with ranges that lacks an invalidation is found, and the right one passes."""

import random
from dataclasses import replace

import pytest

from machine import AARCH64, Format, tlb
from machine.caching import ARM, INTEL, RISCV, SVVPTC, Allowed
from machine.formats.aarch64 import contiguous
from model.ranges.scope import RangeScope
from model.spaces.literal import DONE
from refinement.faults.ranges import SIZED_FAULTS
from refinement.kernel.any_cache import FencingKernel
from refinement.kernel.lockstep import Difference
from refinement.ranges.any_cache import AnyRangeLockstep, FencingSizedKernel, PagewiseSizedKernel, boot_any
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep, boot
from refinement.ranges.sized_tables import SizedTables
from refinement.ranges.small import small
from tests.refinement.ranges.test_lockstep import every
from tests.refinement.ranges.written import operations

SCOPE = RangeScope(3, 4, 4, 0b111)
MANUALS = {"nothing": Allowed(), "Intel": INTEL, "Arm": ARM, "Svvptc": SVVPTC, "RISC-V": RISCV}

DIVIDED = "map 0[0..3] 1[0..3]; grant 0[0] 2[0]"
UNITED = "map 0[0] 1[0]; map 0[1] 1[1]"
REPLACED = "map 0[0] 1[0]; map 0[1] 1[1]; flush 0[0..1]"
TRACES = {
    "divided": DIVIDED,
    "united": UNITED,
    "replaced": REPLACED,
    "narrowed": "map 0[0..1] 1[0..1]; flush 0[0..1] w; flush 0[0]",
}


def lockstep(
    allowed: Allowed, kernel: type[SizedKernel], *, bits: int = 1, tagged: bool = True, format: Format | None = None
) -> AnyRangeLockstep:
    machine = boot_any(
        SCOPE, format=format or small(bits), allowed=allowed, cores=SCOPE.spaces + 1, kernel=kernel, tagged=tagged
    )
    return AnyRangeLockstep(machine)


def differences(
    trace: str, allowed: Allowed, kernel: type[SizedKernel], *, bits: int = 1, tagged: bool = True
) -> list[Difference]:
    """What the first operation shows at which anything differs; no operation is refused."""
    both = lockstep(allowed, kernel, bits=bits, tagged=tagged)
    for o in operations(trace, SCOPE):
        if found := both.do_range(o):
            return found
        assert both.status == DONE, o.text(SCOPE)
    return []


@pytest.mark.long
@pytest.mark.parametrize("allowed", MANUALS.values(), ids=MANUALS)
@pytest.mark.parametrize("tagged", [True, False])
def test_the_fencing_kernel_passes_whatever_a_manual_allows(allowed: Allowed, tagged: bool) -> None:
    for trace in TRACES.values():
        assert differences(trace, allowed, FencingSizedKernel, tagged=tagged) == []


RIGHT = {"nothing": SizedKernel, "Arm": SizedKernel, "Intel": PagewiseSizedKernel}


@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
@pytest.mark.parametrize("name", RIGHT)
def test_kernels_that_fence_nothing_pass_what_other_manuals_allow(name: str, trace: str) -> None:
    assert differences(trace, MANUALS[name], RIGHT[name], bits=2 if trace == REPLACED else 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MANUALS)
def test_long_walks(name: str) -> None:
    possible = every(SCOPE, (7, 7, 6, 3))
    for seed in range(20):
        kernel = FencingSizedKernel if seed < 10 else RIGHT.get(name, FencingSizedKernel)
        choose, both = random.Random(seed), lockstep(MANUALS[name], kernel, bits=1 + seed % 2)
        for _ in range(40):
            o = choose.choice(possible)
            assert both.do_range(o) == [], (seed, o.text(SCOPE))


class _InvalidatesBeforeDetaching(SizedKernel):
    def withdraw(self, slot: int) -> None:
        self.clear_entry(slot)
        self.invalidate(slot)
        self.free_tables(self.release_tables(slot))


class _FencesEntriesOnly(FencingKernel, SizedKernel):
    pass


class _ForgetsDivided(FencingSizedKernel):
    def divide_leaf(self, slot: int, noted: int) -> None:
        SizedKernel.divide_leaf(self, slot, noted)


class _ForgetsSettled(FencingSizedKernel):
    def settle(self, slot: int, detached: list[int]) -> None:
        SizedKernel.settle(self, slot, detached)


NOTHING, ABSENT, DIRECTORIES = Allowed(), Allowed(absent=True), Allowed(directories=True)
PARTS, WITHOUT_PARTS = Allowed(parts=True), replace(INTEL, parts=False)
LEAVES = Allowed(directories=True, page_leaves_directories=True)
CASES = {
    "a table that one leaf replaced": (REPLACED, LEAVES, SizedKernel, DIRECTORIES),
    "a table that went": (
        "map 0[0] 1[0]; flush 0[0]; map 0[0] 2[0]",
        DIRECTORIES,
        _InvalidatesBeforeDetaching,
        NOTHING,
    ),
    "a large page held as parts": ("map 0[0..1] 1[0..1]; flush 0[0..1]", PARTS, SizedKernel, NOTHING),
    "parts of a page that was taken apart": ("map 0[0..1] 1[0..1]; flush 0[0]", INTEL, SizedKernel, WITHOUT_PARTS),
    "a new mapping": ("map 0[0..1] 1[0..1]", ABSENT, SizedKernel, NOTHING),
    "a leaf taken apart": (DIVIDED, ABSENT, _ForgetsDivided, NOTHING),
    "a leaf put together": (UNITED, ABSENT, _ForgetsSettled, NOTHING),
    "both, divided": (DIVIDED, RISCV, _FencesEntriesOnly, SVVPTC),
    "both, united": (UNITED, RISCV, _FencesEntriesOnly, SVVPTC),
}
"""The trace, what is allowed, the kernel that is wrong then, and without which permission it is right."""


@pytest.mark.long
@pytest.mark.parametrize(("trace", "allowed", "wrong", "less"), CASES.values(), ids=CASES)
def test_each_permission_finds_its_kernel(
    trace: str, allowed: Allowed, wrong: type[SizedKernel], less: Allowed
) -> None:
    assert differences(trace, allowed, wrong)
    assert differences(trace, less, wrong) == []
    assert differences(trace, allowed, FencingSizedKernel) == []
    assert not allowed.parts or differences(trace, allowed, PagewiseSizedKernel) == []


CONFLICT = Allowed(conflict=True)
MIXED = "grant 0[0] 1[0]; grant 1[0] 0[0]"


def reached(trace: str, allowed: Allowed, kernel: type[SizedKernel]) -> list[Difference]:
    """What cores see of it, whatever is in their buffers."""
    both = lockstep(allowed, kernel)
    found = [each for o in operations(trace, SCOPE) for each in both.do_range(o)]
    return [each for each in found if each.check in ("reach", "moment")]


@pytest.mark.long
def test_two_sizes_of_one_address_end_an_access() -> None:
    """Pages that a large leaf replaces are not invalidated; what they translate to is right, where both may be held."""
    wrong = SIZED_FAULTS["one-size-invalidated"].kernel
    assert reached(MIXED, NOTHING, wrong) == []
    found = reached(MIXED, CONFLICT, wrong)
    assert [(each.check, each.core, each.slots, each.too_little) for each in found] == [
        ("reach", 0, (1, 2, 3), True),
        ("reach", 3, (1, 2, 3), True),
    ]
    assert reached(MIXED, CONFLICT, SizedKernel) == reached(MIXED, ARM, SizedKernel) == []


class _Hinting(SizedTables):
    """Tables that tell the processor of 16 leaves in a row."""

    def write(self, slot: int, frame: int, rights: int, order: int = 0, flags: int = 0) -> None:
        super().write(slot, frame, rights, order, flags)
        if order == ROW:
            place = self.place(slot, order)
            for leaf in range(1 << ROW):
                self.entries[place + leaf] = contiguous(self.entries[place + leaf])


class _HintStays(SizedKernel):
    page_tables = _Hinting


class _HintWithdrawn(_HintStays):
    def divide(self, node: int) -> None:
        slot, order = self.tree.slot[node], self.sized.order[node]
        if order < ROW:
            super().divide(node)
            return
        self.clear_entry(slot)
        self.invalidate(slot)
        super().divide(node)
        for half in (slot, slot + (1 << ROW - 1)):
            self.write_entry(half)


ROW = 4
ROW_SCOPE = RangeScope(2, 16, 16, 1 | 1 << ROW)


def of_a_row(allowed: Allowed, kernel: type[SizedKernel]) -> list[Difference]:
    """A row is mapped, and one page of it flushed."""
    machine = boot_any(ROW_SCOPE, format=AARCH64, allowed=allowed, cores=3, kernel=kernel)
    both = AnyRangeLockstep(machine, pages=(4, 5, 15))
    return [each for o in operations("map 0[0..15] 1[0..15]; flush 0[5]", ROW_SCOPE) for each in both.do_range(o)]


def test_a_row_that_is_held_as_one() -> None:
    """A page is flushed, and the hint stays with its neighbours: by their entries it may be translated on."""
    rows = Allowed(rows=True)
    found = of_a_row(rows, _HintStays)
    assert ("reach", 1, (16 + 5,), False) in [(each.check, each.core, each.slots, each.too_little) for each in found]
    assert of_a_row(NOTHING, _HintStays) == []
    assert of_a_row(rows, _HintWithdrawn) == of_a_row(ARM, _HintWithdrawn) == []


def test_what_is_seen_is_told() -> None:
    """An old table that is walked on, so that what was flushed stays; and a mapping that is missed while it is new."""
    both = lockstep(SVVPTC, SizedKernel)
    reached = [each for o in operations(REPLACED, SCOPE) for each in both.do_range(o)]
    assert any(each.check == "buffer" and "leaves of another size" in each.message for each in reached)
    assert any(each.check == "reach" and "reaches too much: fetch σ1[0] frame 0" in each.message for each in reached)
    missed = differences(UNITED, ABSENT, _ForgetsSettled)
    assert [(each.check, each.core, each.slots, each.too_little) for each in missed] == [("reach", 1, (4, 5), True)]


def test_an_invalidation_may_take_more_here_and_not_where_buffers_are_exact() -> None:
    """The fencing kernel loses nothing but time; who asks for exact invalidations sees it."""
    assert AnyRangeLockstep.exact is False
    assert RangeLockstep.exact is True
    both = RangeLockstep(
        boot(SCOPE, format=small(1), buffer=tlb.riscv_asid, cores=SCOPE.spaces + 1, kernel=FencingSizedKernel)
    )
    found = [each for o in operations(REPLACED, SCOPE) for each in both.do_range(o)]
    assert {each.check for each in found} == {"buffer"}
    assert all("lost" in each.message for each in found)
