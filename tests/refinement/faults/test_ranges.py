"""Every broken kernel with ranges is caught, by the check and with the words expected; the sound one passes."""

import re
from dataclasses import dataclass

import pytest

from machine import tlb
from model.ranges.scope import RangeScope
from refinement.faults.ranges import SIZED_FAULTS
from refinement.kernel.lockstep import Difference
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep, boot
from refinement.ranges.small import small
from tests.refinement.ranges.written import operations

SCOPE = RangeScope(3, 4, 4, 0b111)


@dataclass(frozen=True, slots=True)
class Case:
    """A trace that shows a fault, a check that sees it, and the words of it; tables have 2^bits entries."""

    trace: str
    check: str
    words: str
    bits: int = 1
    tables: int = 0


CASES = {
    "half-forgets-child": Case("map 0[0..1] 1[0..1]; grant 0[0] 2[0]", "tree", "within: node"),
    "half-widens": Case("map 0[0..1] 1[0..1] r; grant 0[1] 2[0]", "database", "rights of σ1\\[1\\]: 7, not 4"),
    "only-top-halved": Case("map 0[0..1] 1[0..1]; grant 0[0] 2[0]", "tree", "within: node"),
    "joined-uncontiguous": Case("map 0[1] 1[0]; map 0[0] 1[1]", "reach", "σ1\\[0\\] frame 0"),
    "joined-over-two-parents": Case(
        "grant 0[0] 1[0]; map 0[0..1] 1[0..1]", "database", "sigma of σ1\\[1\\]: -3, not 1"
    ),
    "order-one-less": Case("map 0[0..1] 1[0..1]", "reach", "does not reach: .*σ1\\[1\\] frame 1"),
    "flush-stops-at-half": Case(
        "map 0[0..1] 1[0..1]; map 0[0..1] 2[0..1]; flush 0[0]", "reach", "too much: .*σ1\\[0\\] frame 0"
    ),
    "met-in-part-goes-whole": Case("map 0[0..1] 1[0..1]; flush 0[1]", "reach", "does not reach: .*σ1\\[0\\]"),
    "replaced-in-part-goes-whole": Case("map 0[0..1] 1[0..1]; map 0[1] 1[0]", "reach", "does not reach: .*σ1\\[1\\]"),
    "offset-in-mapping-lost": Case("map 0[1] 1[0]", "moment", "σ1\\[0\\] frame 0"),
    "crossing-unasked": Case(
        "map 0[0] 1[0]; map 0[0] 2[0]; map 1[0] 2[1]; map 2[0..1] 1[0..1]", "status", "ends with 0, the model with 1"
    ),
    "first-mapping-granted": Case("map 0[0] 1[0]; map 0[3] 1[1]; grant 1[0..1] 2[0..1]", "moment", "σ2\\[0\\] frame 0"),
    "granted-one-by-one": Case("map 0[0] 1[0]; map 0[3] 1[1]; grant 1[0..1] 2[0..1]", "moment", "σ2\\[0\\] frame 0"),
    "count-not-moved": Case("map 0[0] 1[1]; grant 1[1] 1[0]", "tree", "begins: 1 nodes of order 1"),
    "leaf-on-wrong-level": Case("map 0[0..1] 1[0..1]", "reach", "frame", bits=2),
    "frame-repeated-in-table": Case("map 0[0..1] 1[0..1]; flush 0[1]", "moment", "after divide_leaf: .*frame 0"),
    "no-frame-to-take-apart": Case("map 0[0..3] 1[0..3]; flush 0[0]", "status", "ends with 0, the model with 1", 1, 7),
    "part-granted-leaf-stays": Case("grant 0[1] 1[0]", "moment", "σ0\\[1\\] frame 1"),
    "first-leaf-cleared": Case(
        "map 0[0..1] 1[0..1]; map 0[2] 1[3]; flush 0[0..1]", "reach", "too much: .*σ1\\[1\\]", bits=2
    ),
    "first-leaf-invalidated": Case("map 0[0..1] 1[0..1]; flush 0[0..1]", "reach", "too much: .*σ1\\[1\\]", bits=2),
    "one-size-invalidated": Case("grant 0[0] 1[0]; grant 1[0] 0[0]", "buffer", "core 0 still has .* σ0\\[0..1\\]"),
    "halves-while-cached": Case("map 0[0..1] 1[0..1]; flush 0[1]", "buffer", "core 1 has .*leaves of another size"),
}


def differences(case: Case, kernel: type[SizedKernel]) -> list[Difference]:
    """What the first operation shows at which anything differs."""
    machine = {"format": small(case.bits), "buffer": tlb.riscv_asid, "cores": 4, "tables": case.tables}
    both = RangeLockstep(boot(SCOPE, kernel=kernel, **machine))  # type: ignore[arg-type]
    return next((found for o in operations(case.trace, SCOPE) if (found := both.do_range(o))), [])


def test_every_fault_has_a_case_and_describes_itself() -> None:
    assert set(CASES) == set(SIZED_FAULTS)
    for name, fault in SIZED_FAULTS.items():
        assert fault.name == name
        assert re.fullmatch(r"[A-Z].*\.", fault.sentence), name


@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_caught(name: str) -> None:
    found = differences(CASES[name], SIZED_FAULTS[name].kernel)
    assert any(d.check == CASES[name].check and re.search(CASES[name].words, d.message) for d in found), found


@pytest.mark.parametrize("name", CASES)
def test_the_sound_kernel_passes_the_same_trace(name: str) -> None:
    assert differences(CASES[name], SizedKernel) == []
