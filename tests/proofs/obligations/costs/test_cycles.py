"""Cycles from cells and prices (C12): proved of the code, and refuted of code that touches more."""

import pytest

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import Path
from proofs.faults.hunts.proof_of_code import CODE_FAULTS
from proofs.obligations.code import CodeObligation
from proofs.obligations.costs.cycles import within_price
from proofs.registry import registry
from proofs.verdict import Verdict

BOTH = Settings(seconds=20.0)


def verdict(name: str, fault: str = "") -> Verdict:
    obligation = registry()[name]
    assert isinstance(obligation, CodeObligation)
    code = {"code": CODE_FAULTS[fault].code} if fault else {}
    settings = Settings(solvers=Solvers.Z3, seconds=20.0) if fault else BOTH
    return discharge_all(obligation.conditions(CANONICAL, frozenset(), **code), Satisfiable(), settings).verdict


def path(cells: int) -> Path:
    made = Path()
    made.reads["slot"] = cells
    return made


@pytest.mark.parametrize(("cells", "bound", "expected"), [(3, 3, "proved"), (0, 0, "proved"), (4, 3, "unproved")])
def test_more_cells_than_the_bound_are_seen(cells: int, bound: int, expected: str) -> None:
    paths = [path(cells), path(1)] if bound else [path(cells)]
    assert discharge_all(within_price(paths, bound), Satisfiable(), BOTH).verdict.value == expected


def test_kernel_flush__costs__cells_times_price() -> None:
    assert verdict("kernel_flush__costs__cells_times_price") == Verdict.PROVED
    assert verdict("kernel_flush__costs__cells_times_price", "looked-up-again") == Verdict.UNPROVED


@pytest.mark.long
def test_kernel_flush_below__costs__cells_times_price() -> None:
    assert verdict("kernel_flush_below__costs__cells_times_price") == Verdict.PROVED
    assert verdict("kernel_flush_below__costs__cells_times_price", "kernel-flush-below-looks-often") == Verdict.UNPROVED


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kernel_map", "kernel_grant"])
def test_map_and_grant(name: str) -> None:
    assert verdict(f"{name}__costs__cells_times_price") == Verdict.PROVED
    assert verdict(f"{name}__costs__cells_times_price", "looked-up-again") == Verdict.UNPROVED
