"""Halving a mapping: all of it that is as large at once, in steps that do not grow with what is smaller."""

import pytest

from machine import tlb
from model.ranges.scope import RangeScope
from model.spaces.literal import DONE
from refinement.kernel import primitives
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import boot
from refinement.ranges.small import small
from refinement.rewriting import replaced

FIRST, SECOND, THIRD, FOURTH = 0, 4, 8, 12
"""The first slots of four spaces."""


def booted(kernel: type[SizedKernel] = SizedKernel) -> SizedKernel:
    """One mapping of four pages below another, and below that of one page two more."""
    made = boot(RangeScope(4, 4, 4, 0b111), format=small(1), buffer=tlb.riscv_asid, cores=1, kernel=kernel)
    assert made.map_range(FIRST, 2, SECOND, 2, 0) == DONE
    assert made.map(SECOND, THIRD) == made.map(THIRD, FOURTH) == DONE
    return made


def orders(kernel: SizedKernel) -> list[int]:
    return [kernel.sized.order[kernel.tree.node_of[slot]] for slot in (FIRST, SECOND, THIRD, FOURTH)]


def steps(kernel: SizedKernel, slot: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many steps round the subtree the halving of a mapping takes."""
    taken, step = [0], primitives.tour_step

    def counted(*arguments: object) -> tuple[int, bool]:
        taken[0] += 1
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(primitives, "tour_step", counted)
    kernel.split(kernel.tree.node_of[slot])
    monkeypatch.undo()
    return taken[0]


def wrong(old: str, new: str) -> type[SizedKernel]:
    return type("Wrong", (SizedKernel,), {"split": replaced(SizedKernel.split, old, new)})


def test_a_mapping_is_halved_with_all_below_it_that_are_as_large() -> None:
    kernel = booted()
    kernel.split(kernel.tree.node_of[FIRST])
    assert orders(kernel) == [1, 1, 0, 0]


def test_what_is_below_a_smaller_mapping_costs_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(booted(), SECOND, monkeypatch) == 3  # into the child, back, and out


@pytest.mark.parametrize(
    ("old", "new"), [("if cursor == top:", "if True:"), ("if cursor == top:", "if cursor != top:")]
)
def test_a_halving_that_ends_early_is_found(old: str, new: str) -> None:
    kernel = booted(wrong(old, new))
    kernel.split(kernel.tree.node_of[FIRST])
    assert orders(kernel) != [1, 1, 0, 0]


@pytest.mark.parametrize("new", ["leaving", "leaving or self.sized.order[top] < order"])
def test_a_halving_that_goes_through_what_is_smaller_is_found(new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = "leaving or self.sized.order[cursor] < order"
    assert steps(booted(wrong(old, new)), SECOND, monkeypatch) > 3
