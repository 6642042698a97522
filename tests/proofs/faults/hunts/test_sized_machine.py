"""Random walks on the kernel with ranges: what they find, what they leave, and that the sound one passes."""

import pytest

from model.ranges.trace import RangeTrace
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.faults.hunts.matrix import find_in_kernel
from proofs.faults.hunts.selection import matching
from proofs.faults.hunts.sized_machine import PLANS, failing, find, plan_of, shortened, walk
from proofs.faults.record import HuntEnding
from refinement.faults.ranges import SIZED_FAULTS
from refinement.ranges.kernel import SizedKernel

QUICK = ("half-forgets-child", "offset-in-mapping-lost", "one-size-invalidated")


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in SIZED_FAULTS])
def test_every_broken_kernel_is_found(name: str) -> None:
    found = find_in_kernel(name)
    assert found.ending == HuntEnding.KILLED, found.said
    assert isinstance(found.trace, RangeTrace)
    assert (found.trace.fault, len(found.trace.operations)) == (name, found.steps)
    kernel = SIZED_FAULTS[name].kernel
    assert failing(plan_of(found.trace.scope, kernel, found.trace.operations), kernel, found.trace.operations)[1]


def test_a_broken_kernel_is_hunted_without_the_defects_of_other_layers() -> None:
    (found,) = matching("half-widens", tuple(CATALOGUE.values()))
    assert (found.name, found.changed) == ("sized-split-widens", ("half-widens",))
    (found,) = matching("sized:SPLIT_WIDENS", tuple(CATALOGUE.values()))
    assert found.changed == ("sized:SPLIT_WIDENS",)


@pytest.mark.long
def test_a_trace_has_no_operation_too_many() -> None:
    kernel, plan = SIZED_FAULTS["half-forgets-child"].kernel, PLANS[0]
    steps, found = next(f for seed in range(25) if (f := failing(plan, kernel, walk(plan, seed)))[1])
    steps, found = shortened(plan, kernel, steps, found)
    assert found
    assert failing(plan, kernel, steps)[1]
    assert not any(failing(plan, kernel, (*steps[:at], *steps[at + 1 :]))[1] for at in range(len(steps)))


@pytest.mark.long
def test_the_sound_kernel_survives() -> None:
    assert find("", SizedKernel, walks=1).ending == HuntEnding.SURVIVED


def test_a_kernel_that_raises_is_found() -> None:
    class Raising(SizedKernel):
        def write_entry(self, slot: int) -> None:
            raise LookupError("no such page")

    found = find("", Raising, walks=1)
    assert (found.ending, found.fell) == (HuntEnding.KILLED, ("crash",))
