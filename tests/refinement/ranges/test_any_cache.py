"""For each permission of manuals, a kernel with ranges that lacks an invalidation is found, and the right one passes."""

import random

import pytest

from machine import Format, tlb
from machine.caching import ARM, INTEL, RISCV, SVVPTC, Allowed
from model.ranges.scope import RangeScope
from model.spaces.literal import DONE
from refinement.kernel.any_cache import FencingKernel
from refinement.kernel.lockstep import Difference
from refinement.ranges.any_cache import AnyRangeLockstep, FencingSizedKernel, boot_any
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep, boot
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


@pytest.mark.parametrize("allowed", MANUALS.values(), ids=MANUALS)
@pytest.mark.parametrize("tagged", [True, False])
def test_the_fencing_kernel_passes_whatever_a_manual_allows(allowed: Allowed, tagged: bool) -> None:
    for trace in TRACES.values():
        assert differences(trace, allowed, FencingSizedKernel, tagged=tagged) == []


@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
@pytest.mark.parametrize("name", ["nothing", "Intel", "Arm"])
def test_the_plain_kernel_passes_what_other_manuals_allow(name: str, trace: str) -> None:
    assert differences(trace, MANUALS[name], SizedKernel, bits=2 if trace == REPLACED else 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("allowed", MANUALS.values(), ids=MANUALS)
def test_long_walks(allowed: Allowed) -> None:
    possible = every(SCOPE, (7, 7, 6, 3))
    for seed in range(20):
        choose, both = random.Random(seed), lockstep(allowed, FencingSizedKernel, bits=1 + seed % 2)
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
LEAVES = Allowed(directories=True, page_leaves_directories=True)
CASES = {
    "a table that one leaf replaced": (REPLACED, LEAVES, SizedKernel, DIRECTORIES),
    "a table that went": (
        "map 0[0] 1[0]; flush 0[0]; map 0[0] 2[0]",
        DIRECTORIES,
        _InvalidatesBeforeDetaching,
        NOTHING,
    ),
    "a new mapping": ("map 0[0..1] 1[0..1]", ABSENT, SizedKernel, NOTHING),
    "a leaf taken apart": (DIVIDED, ABSENT, _ForgetsDivided, NOTHING),
    "a leaf put together": (UNITED, ABSENT, _ForgetsSettled, NOTHING),
    "both, divided": (DIVIDED, RISCV, _FencesEntriesOnly, SVVPTC),
    "both, united": (UNITED, RISCV, _FencesEntriesOnly, SVVPTC),
}
"""The trace, what is allowed, the kernel that is wrong then, and without which permission it is right."""


@pytest.mark.parametrize(("trace", "allowed", "wrong", "less"), CASES.values(), ids=CASES)
def test_each_permission_finds_its_kernel(
    trace: str, allowed: Allowed, wrong: type[SizedKernel], less: Allowed
) -> None:
    assert differences(trace, allowed, wrong)
    assert differences(trace, less, wrong) == []
    assert differences(trace, allowed, FencingSizedKernel) == []


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
