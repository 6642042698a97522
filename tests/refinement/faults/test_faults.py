"""Every broken kernel is caught, by the check and with the words that are expected; the healthy one passes the same."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from machine import SV39, X86_64, Tlb, tlb
from model.scope import ALL_RIGHTS, Scope, parse_rights
from model.spaces.operation import Operation
from refinement.faults import FAULTS
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import Difference, Lockstep, boot

SCOPE = Scope(3, 2, 2)


@dataclass(frozen=True, slots=True)
class Case:
    """A trace that shows a fault, where it is seen first, and the words of it."""

    trace: str
    check: str
    words: str
    scope: Scope = SCOPE
    machine: dict[str, Any] = field(default_factory=dict)
    unwatched: int = 0


SPREAD = {"addresses": (0x10000, 0x4000_0000), "tables": 9}
CHAIN = "; ".join(f"map 0[{n}] 0[{n + 1}]" for n in range(257)) + "; flush 0[0]"

CASES = {
    "early-ascent": Case("map 0[0] 1[1]; map 0[0] 2[1]; flush 0[0]", "reach", "too much: fetch σ1\\[1\\] frame 0"),
    "depth-wrap": Case(CHAIN, "reach", "too much: .*σ0\\[257\\]", Scope(1, 258, 1), {"cores": 1}, 257),
    "stale-cursor": Case("map 0[0] 1[1]; map 0[0] 1[1]", "tree", "next-sibling: 4 comes after node 4"),
    "grant-forgets-children": Case("map 0[0] 1[0]; grant 0[0] 2[0]", "tree", "live-or-free: node 2 has slot -1"),
    "node-leak": Case("map 0[0] 2[1]; map 0[1] 2[1]", "tree", "in-one-list: node 4 is in no list"),
    "flush-too-wide": Case("map 0[0] 1[0]; map 0[0] 2[1]; flush 2[1]", "reach", "does not reach: .*σ1\\[0\\]"),
    "ancestor-slot": Case(
        "map 0[0] 1[0]; map 1[0] 1[1]; map 1[1] 2[0]; map 2[0] 1[0]", "reach", "does not reach: .*σ2\\[0\\]"
    ),
    "rights-not-intersected": Case("map 0[0] 1[0] r; map 1[0] 2[0]", "moment", "not allowed before.*σ2\\[0\\]"),
    "database-out-of-step": Case("map 0[0] 2[1]; flush 0[0] w", "database", "rights of σ2\\[1\\]: 7, not 5"),
    "grant-restrict-child-keeps": Case("map 0[0] 1[0]; grant 0[0] 2[0] r", "moment", "store σ1\\[0\\] frame 0"),
    "unmap-wrong-rights": Case("map 0[0] 2[1]; flush 0[0] rw", "reach", "too much: store σ2\\[1\\] frame 0"),
    "empty-rights-map": Case("map 0[0] 2[0] -", "status", "the kernel ends with 0, the model with 1"),
    "entry-survives": Case("map 0[0] 1[0]; map 0[1] 1[1]; flush 0[0]", "reach", "too much: fetch σ1\\[0\\] frame 0"),
    "wrong-slot-unmapped": Case("map 0[0] 1[0]; map 0[1] 1[1]; flush 0[0]", "reach", "too much: fetch σ1\\[0\\]"),
    "own-entry-erased": Case("flush 0[0]", "reach", "does not reach: .*σ0\\[0\\]"),
    "wrong-frame-entered": Case("map 0[1] 1[0] r", "moment", "load σ1\\[0\\] frame -1"),
    "table-freed-in-use": Case(
        "map 0[0] 1[0]; map 0[1] 1[1]; flush 0[0]", "tables", "same-pages: σ1\\[1\\] is in the database, but has no"
    ),
    "table-leak": Case("map 0[0] 1[0]; flush 0[0]", "tables", "accounting: frame 8 is neither free", machine=SPREAD),
    "refusal-too-late": Case(
        "map 0[1] 1[0]; grant 1[0] 2[0]", "reach", "does not reach: .*σ1\\[0\\] frame 1", machine=SPREAD
    ),
    "no-invalidation": Case("map 0[0] 1[0]; flush 0[0]", "reach", "too much: fetch σ1\\[0\\]"),
    "flush-skipped": Case("map 0[0] 2[1]; flush 0[0] w", "reach", "too much: store σ2\\[1\\]"),
    "remote-core-forgotten": Case("map 0[0] 2[1]; flush 0[0]", "reach", "too much: fetch σ2\\[1\\]"),
    "current-tag-invalidated": Case("map 0[0] 1[1]; flush 0[0]", "reach", "roams reaches too much: fetch σ1\\[1\\]"),
    "invalidate-before-write": Case("map 0[0] 2[1]; flush 0[0]", "reach", "too much: fetch σ2\\[1\\]"),
    "frame-freed-before-flush": Case("grant 0[1] 2[0]", "moment", "not allowed before, .*σ2.*nor afterwards, .*σ0"),
    "shootdown-not-awaited": Case(
        "map 0[1] 1[0]; grant 1[0] 2[0]", "moment", "not allowed before, .*σ2.*nor afterwards, .*σ1"
    ),
    "tag-reused": Case(
        "map 0[0] 1[0]", "reach", "roams reaches too much: .*σ3\\[0\\]", Scope(4, 1, 1), {"cores": 2, "tags": 3}
    ),
}


def operations(trace: str, scope: Scope) -> list[Operation]:
    steps = []
    for step in trace.split("; "):
        kind, *words = step.split()
        slots = [scope.parse(word) for word in words if "[" in word]
        rights = [parse_rights(word) for word in words if "[" not in word]
        steps.append(Operation(kind, slots[0], slots[1] if len(slots) > 1 else -1, *rights or [ALL_RIGHTS]))
    return steps


def differences(case: Case, kernel: type[Kernel]) -> list[Difference]:
    """What the first operation shows at which anything differs."""
    machine = {"format": SV39, "buffer": tlb.riscv_asid, "cores": case.scope.spaces + 1, **case.machine}
    lockstep = Lockstep(boot(case.scope, kernel=kernel, **machine))
    steps = operations(case.trace, case.scope)
    for operation in steps[: case.unwatched]:
        lockstep.skip(operation)
    for operation in steps[case.unwatched :]:
        found = lockstep.do(operation)
        if found:
            return found
    return []


def test_every_fault_has_a_case() -> None:
    assert set(CASES) == set(FAULTS)


def test_faults_describe_themselves() -> None:
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert re.fullmatch(r"[A-Z].*\.", fault.sentence), name
        assert fault.seen
        assert fault.layer in {"tree", "rights", "page table", "buffer"}
        assert issubclass(fault.kernel, Kernel)


@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_caught(name: str) -> None:
    found = differences(CASES[name], FAULTS[name].kernel)
    assert any(d.check == CASES[name].check and re.search(CASES[name].words, d.message) for d in found), found


@pytest.mark.parametrize("name", CASES)
def test_the_healthy_kernel_passes_the_same_trace(name: str) -> None:
    assert differences(CASES[name], Kernel) == []


def test_a_reach_under_all_tags_would_hide_the_current_tag() -> None:
    """On a machine whose invalidation goes under every tag nothing is found."""

    class AllTags(Tlb):
        def invalidate_page(self, address: int, tag: int | None = None, shared: bool = True) -> None:
            super().invalidate_page(address, None, shared)

    case = CASES["current-tag-invalidated"]
    hidden = replace(case, machine={"buffer": lambda format: AllTags(format, 32, tagged=True)})
    assert differences(hidden, FAULTS["current-tag-invalidated"].kernel) == []


@pytest.mark.parametrize("name", ["flush-skipped", "rights-not-intersected", "table-leak"])
def test_caught_on_other_hardware_as_well(name: str) -> None:
    case = CASES[name]
    other = Case(case.trace, case.check, case.words, case.scope, {**case.machine, "format": X86_64})
    if name == "table-leak":
        other = Case(case.trace, case.check, "accounting", case.scope, {"format": X86_64, "addresses": (0, 1 << 39)})
    assert {d.check for d in differences(other, FAULTS[name].kernel)} >= {case.check}
    assert differences(other, Kernel) == []
