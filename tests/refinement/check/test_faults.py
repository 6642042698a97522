"""Every fault of the reference database is found, by a shortest trace; the reference itself is right."""

from collections.abc import Callable
from typing import Any

import pytest

from refinement.check import Conformance, Finding, Limits, Target, check, replay

Faulty = Callable[[str], Target]

# The operations; or how many there are: of a chain, and where several phases find it, each in a scope of its own.
TRACES: dict[str, list[str] | int] = {
    "STALE_CURSOR": ["map σ0[0] → σ1[0]", "map σ0[0] → σ1[0]", "flush σ0[0]"],
    "EARLY_ASCENT": ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]", "flush σ0[0]"],
    "DEPTH_WRAP_8": 257,
    "DEPTH_WRAP_16": 65_537,
    "SELF_MAP_LOSES_PAGE": ["map σ0[0] → σ0[0]"],
    "ANCESTOR_SLOT": ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "map σ2[0] → σ1[0]"],
    "EAGER_GRANT_CYCLE": ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "grant σ2[0] → σ1[0]"],
    "FRAME_LOST": ["map σ0[0] → σ0[1]"],
    "GRANT_FORGETS_CHILDREN": ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0]", "flush σ2[0]"],
    "GRANT_KEEPS_SOURCE": ["grant σ0[0] → σ1[0]"],
    "GRANT_TO_GRANTER": ["grant σ0[0] → σ1[0]"],
    "FLUSH_TOO_WIDE": 4,
    "FLUSH_ONE_LEVEL": ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "flush σ0[0]"],
    "FLUSH_TAKES_OWN_PAGE": ["map σ0[0] → σ1[0]", "flush σ1[0]"],
    "FOREIGN_UNMAP": ["map σ0[0] → σ1[0]", "map σ0[0] → σ1[0]"],
    "DATABASE_NOT_PAGE_TABLE": ["grant σ0[0] → σ1[0]"],
    "ENTRY_SURVIVES_OVERMAP": ["grant σ0[0] → σ1[0]"],
    "WRONG_SLOT_UNMAPPED": ["map σ0[0] → σ0[1]", "flush σ0[0]"],
    "NON_FINAL_DELETE": ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]", "flush σ0[0]"],
    "HANDLE_FRAME_MISMATCH": ["map σ0[0] → σ1[1]"],
    "NARROWING_SKIPPED": ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0] rw-"],
    "RIGHTS_NOT_INTERSECTED": ["map σ0[0] → σ1[0] rw-", "map σ1[0] → σ2[0]"],
    "GRANT_WIDENS": ["map σ0[0] → σ1[0] rw-", "grant σ1[0] → σ2[0]"],
    "RIGHTS_CACHED": ["flush σ0[0] -w-", "map σ0[0] → σ1[0]", "flush σ0[0] -w-"],
    "UPGRADE_WRONG": ["map σ0[0] → σ1[0]", "map σ0[0] → σ1[0] rw-"],
    "EMPTY_RIGHTS_MAP": ["map σ0[0] → σ1[0] ---"],
    "GRANT_RESTRICT_CHILD_KEEPS": ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0] rw-"],
    "UNMAP_WRONG_RIGHTS": ["map σ0[0] → σ1[0]", "flush σ0[0] rw-"],
    "NODE_LEAK": ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]", "map σ1[0] → σ0[0]"],
    "DOUBLE_RELEASE": ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0] rw-", "map σ1[0] → σ0[0]"],
    "PARTIAL_SUCCESS_KEPT": ["map σ0[0] → σ1[0]", "map σ0[0] → σ1[0] ---"],
    "INIT_KEEPS_STATE": ["map σ0[0] → σ1[0]", "init 3 × 1 × 1"],
    "SPACE_IN_4_BITS": ["map σ0[0] → σ16[0]"],
    "RANGE_OFF_BY_ONE": ["map σ0[0] → σ1[0]", "map σ0[2] → σ1[1]"],
    "LOCK_KEPT_ON_ALIAS": ["map σ0[0] → σ0[0]"],
}
# Found by a chain so long that the number of its operations depends on the size of the stack, which may be a small one.
CRASHES = ("RECURSION_OVERFLOW",)
# Each shows another of the verdicts, or of the phases, and none takes long.
QUICK = (
    "STALE_CURSOR",
    "GRANT_FORGETS_CHILDREN",
    "DATABASE_NOT_PAGE_TABLE",
    "FLUSH_TOO_WIDE",
    "RIGHTS_CACHED",
    "INIT_KEEPS_STATE",
    "LOCK_KEPT_ON_ALIAS",
)


def test_every_fault_has_its_trace(fault_names: list[str]) -> None:
    assert {*TRACES, *CRASHES} == set(fault_names)
    assert len(fault_names) >= 25


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in TRACES]
)
def test_faults(faulty: Faulty, reference: Target, name: str) -> None:
    quick: dict[str, Any] = {"seconds": 8.0} if name in QUICK else {}
    report = check(faulty(name), seed=1, limits=Limits(hang=2.0), **quick)
    finding, expected = report.finding, TRACES[name]
    assert isinstance(finding, Finding)
    assert finding.reproducible
    assert report.verdict == (Conformance.HUNG if name == "LOCK_KEPT_ON_ALIAS" else Conformance.DIVERGES)
    assert (finding.length if isinstance(expected, int) else finding.texts()) == expected
    if finding.length <= 4 and "init" not in "".join(finding.texts()) and name != "RANGE_OFF_BY_ONE":
        assert finding.shortest.startswith(f"no shorter trace in {finding.scope} with ")
    assert replay(reference, finding.program).failure is None


@pytest.mark.slow
def test_a_stack_that_overflows(faulty: Faulty) -> None:
    report = check(faulty("RECURSION_OVERFLOW"), seed=1)
    assert report.verdict == Conformance.CRASHED
    assert isinstance(report.finding, Finding)
    assert report.finding.failure.sentence.startswith("the target died of SIGSEGV in flush")
    assert report.finding.length > (200 if report.finding.stack else 5_000)


@pytest.mark.long
def test_the_reference_is_right(reference: Target) -> None:
    report = check(reference, seconds=3.0, seed=1)
    assert (report.verdict, report.exit_status, report.finding) == (Conformance.CONFORMS, 0, None)
    assert report.views == ("lookup", "lookup_hw")


@pytest.mark.slow
def test_the_reference_is_right_with_the_default_time(reference: Target) -> None:
    report = check(reference, seed=2)
    assert report.verdict == Conformance.CONFORMS
    assert not [remark for remark in report.remarks if "given up" in remark]
