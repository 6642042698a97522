"""For each permission that manuals give: a kernel that lacks the invalidation is found, and the right one passes."""

import random
from collections.abc import Sequence

import pytest

from machine import AARCH64, FORMATS, READ, SV39, X86_32, X86_64, Format
from machine.caching import INTEL, RISCV, SVVPTC, Allowed
from model.scope import Scope
from model.spaces.operation import Operation
from refinement.kernel.any_cache import KERNELS, MANUALS, AnyLockstep, FencingKernel, boot_any
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import Difference

SCOPE = Scope(3, 2, 2)

# Pages one after the other, and pages that share no table but the root.
NEAR, FAR = (0x10000, 0x11000), (0x10000, 0x4000_1000)


def walk(
    format: Format,
    seed: int,
    *,
    allowed: Allowed | None = None,
    kernel: type[Kernel] | None = None,
    tagged: bool = True,
    addresses: Sequence[int] = FAR,
    steps: int = 30,
) -> list[Difference]:
    """What differs first in a random walk."""
    choose = random.Random(seed)
    machine = boot_any(
        SCOPE,
        format=format,
        allowed=allowed,
        kernel=kernel,
        tagged=tagged,
        cores=3,
        addresses=addresses,
        tags=4,
        tables=SCOPE.spaces + (format.levels - 1) * (SCOPE.frames + 1),
    )
    lockstep = AnyLockstep(machine)
    for _ in range(steps):
        used = [s for s in range(SCOPE.slots) if lockstep.kernel.lookup(s)]
        kind = choose.choice(["map", "map", "grant", "flush"])
        dst = -1 if kind == "flush" else choose.randrange(SCOPE.slots)
        operation = Operation(kind, choose.choice(used or [0]), dst, choose.choice([7, 7, 7, 6, 5, 4, 3, 1]))
        if found := lockstep.do(operation):
            return found
    return []


@pytest.mark.long
@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@pytest.mark.parametrize("tagged", [True, False])
def test_the_right_kernel_passes_whatever_the_manual_allows(format: Format, tagged: bool) -> None:
    for seed, addresses in enumerate((NEAR, FAR)):
        assert walk(format, seed, tagged=tagged, addresses=addresses) == []


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_long_walks(format: Format) -> None:
    for seed in range(40):
        assert walk(format, seed, tagged=seed % 2 == 0, addresses=(NEAR, FAR)[seed // 2 % 2], steps=100) == []


class _NeverInvalidates(Kernel):
    def invalidate(self, slot: int) -> None:
        pass


class _InvalidatesBeforeDetaching(Kernel):
    def withdraw(self, slot: int) -> None:
        self.clear_entry(slot)
        self.invalidate(slot)
        self.free_tables(self.release_tables(slot))


class _InvalidatesElsewhere(Kernel):
    """After the tables are detached, another page of the space is invalidated, for all pointers of its tag to go."""

    def withdraw(self, slot: int) -> None:
        self.clear_entry(slot)
        self.invalidate(slot)
        detached = self.release_tables(slot)
        space, page = divmod(slot, self.scope.pages)
        self.invalidate(self.scope.slot(space, (page + 1) % self.scope.pages))
        self.free_tables(detached)


class _WidensUntold(Kernel):
    def write_entry(self, slot: int) -> None:
        self.narrow_entry(slot, READ & self.tree.rights[self.tree.node_of[slot]])
        super().write_entry(slot)


class _WidensTold(_WidensUntold):
    def write_entry(self, slot: int) -> None:
        super().write_entry(slot)
        self.invalidate(slot)


NOTHING, DIRECTORIES = Allowed(), Allowed(directories=True)
EVERYWHERE = Allowed(directories=True, page_takes_directories=True)
LEAVES = Allowed(directories=True, page_leaves_directories=True)
CASES = {
    "translations": (X86_64, NOTHING, _NeverInvalidates, None, Kernel),
    "pointers": (X86_64, DIRECTORIES, _InvalidatesBeforeDetaching, NOTHING, Kernel),
    "pointers, two levels": (X86_32, DIRECTORIES, _InvalidatesBeforeDetaching, NOTHING, Kernel),
    "pointers of other regions": (X86_32, DIRECTORIES, _InvalidatesElsewhere, EVERYWHERE, Kernel),
    "pointers that a page leaves": (SV39, LEAVES, Kernel, DIRECTORIES, FencingKernel),
    "absence": (SV39, Allowed(absent=True), Kernel, NOTHING, FencingKernel),
    "denials": (AARCH64, Allowed(denials=True), _WidensUntold, NOTHING, _WidensTold),
}
"""The format, what is allowed, the kernel that is wrong then, without which permission it is right, and a right one."""


@pytest.mark.long
@pytest.mark.parametrize(("format", "allowed", "wrong", "less", "right"), CASES.values(), ids=CASES)
def test_each_permission_finds_its_kernel(
    format: Format, allowed: Allowed, wrong: type[Kernel], less: Allowed | None, right: type[Kernel]
) -> None:
    """The wrong kernel is found by this permission and not without it; the right kernel passes."""
    seeds = (0, 4, 8)
    assert any(walk(format, seed, allowed=allowed, kernel=wrong) for seed in seeds)
    assert less is None or not any(walk(format, seed, allowed=less, kernel=wrong) for seed in seeds)
    assert not any(walk(format, seed, allowed=allowed, kernel=right) for seed in seeds)


def first(format: Format, allowed: Allowed, kernel: type[Kernel]) -> Difference:
    return next(found for seed in (0, 4, 8) if (found := walk(format, seed, allowed=allowed, kernel=kernel)))[0]


def test_what_is_seen_is_told() -> None:
    """A page that may be missed names the core; one that may be reached through an old table is reached too much."""
    missed = first(SV39, Allowed(absent=True), Kernel)
    assert (missed.check, missed.too_little) == ("reach", True)
    assert "may not reach: " in missed.message
    reached = first(X86_64, DIRECTORIES, _InvalidatesBeforeDetaching)
    assert not reached.too_little
    assert reached.slots


def test_each_format_has_its_manual_and_its_kernel() -> None:
    assert {format.name for format in FORMATS} == MANUALS.keys()
    assert MANUALS["x86-64"] == INTEL
    assert MANUALS["Sv39"] == RISCV
    assert set(KERNELS.items()) == {("Sv39", FencingKernel), ("Sv48", FencingKernel)}
    assert walk(SV39, 0, allowed=SVVPTC, kernel=FencingKernel) == []
