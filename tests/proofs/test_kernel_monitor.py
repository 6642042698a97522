"""The kernel's steps held against the theory's formulas while it runs, and broken kernels found by them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import SV39, tlb
from model.scope import Scope, parse_rights
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Operation
from proofs.kernel_monitor import KernelMonitor
from refinement.faults import FAULTS
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import boot

SCOPE = Scope(3, 2, 2)
REFUTED = {
    "canonical": frozenset[str](),
    "tree": frozenset(
        {"no_frame_lost"}
        | {f"{action}__preserves__no_frame_lost" for action in ("map", "grant")}
        | {f"{action}__onto_ancestor__loses_no_frame" for action in ("map", "grant")}
    ),
}


def monitored(dialect: str = "canonical", kernel: type[Kernel] = Kernel, scope: Scope = SCOPE) -> KernelMonitor:
    made = boot(scope, DIALECTS[dialect], format=SV39, buffer=tlb.riscv_asid, cores=1, kernel=kernel)
    return KernelMonitor(made, REFUTED[dialect])


def operation(text: str) -> Operation:
    kind, *slots = text.split()
    rights = slots.pop() if not slots[-1].endswith("]") else "rwx"
    return Operation(kind, SCOPE.parse(slots[0]), SCOPE.parse(slots[1]) if len(slots) > 1 else -1, parse_rights(rights))


def test_a_map_a_grant_and_a_flush_are_steps_of_the_theory() -> None:
    monitor = monitored()
    script = ("map 0[0] 1[0]", "map 1[0] 2[0] rw", "grant 1[0] 1[1] r", "map 0[1] 1[1]", "flush 0[1] w", "flush 0[0]")
    assert [monitor.do(operation(text)) for text in script] == [DONE] * 6
    assert monitor.do(operation("map 2[0] 0[0]")) == REFUSED
    assert monitor.violations == []


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_every_step_of_a_random_history_is_allowed(dialect: str, data: st.DataObject) -> None:
    monitor = monitored(dialect)
    slots = st.integers(0, SCOPE.slots - 1)
    for _ in range(data.draw(st.integers(1, 12))):
        kind = data.draw(st.sampled_from(["map", "map", "grant", "flush"]))
        dst = -1 if kind == "flush" else data.draw(slots)
        monitor.do(Operation(kind, data.draw(slots), dst, data.draw(st.sampled_from([7, 7, 6, 4, 2]))))
        assert monitor.violations == []


@pytest.mark.parametrize(
    ("fault", "script", "formula"),
    [
        ("early-ascent", "map 0[0] 1[1]; map 0[0] 2[1]; flush 0[0]", "flush__leaves__nothing_below"),
        ("flush-too-wide", "map 0[0] 1[0]; map 0[0] 2[1]; flush 2[1]", "flush__changes__nothing_else"),
        ("rights-not-intersected", "map 0[0] 1[0] r; map 1[0] 2[0]", "rights_never_grow"),
        ("grant-restrict-child-keeps", "map 0[0] 1[0]; grant 0[0] 2[0] r", "grant__narrows__rights_of_children"),
        ("unmap-wrong-rights", "map 0[0] 2[1]; flush 0[0] rw", "flush__takes__exactly_the_rights_named"),
    ],
)
def test_a_broken_kernel_is_found_by_the_formula(fault: str, script: str, formula: str) -> None:
    monitor = monitored(kernel=FAULTS[fault].kernel)
    for text in script.split("; "):
        monitor.do(operation(text))
    assert formula in {violation.formula for violation in monitor.violations}


def test_the_healthy_kernel_passes_what_finds_the_broken_ones() -> None:
    monitor = monitored(CANONICAL.name)
    for text in (
        "map 0[0] 1[1]",
        "map 0[0] 2[1]",
        "flush 0[0]",
        "map 0[0] 1[0] r",
        "map 1[0] 2[0]",
        "grant 0[0] 2[1] r",
    ):
        monitor.do(operation(text))
    assert [str(violation) for violation in monitor.violations] == []
