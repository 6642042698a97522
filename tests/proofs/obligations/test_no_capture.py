"""No quantifier takes a constant of an argument for its own: neither in the theory nor in the proofs of code."""

import os
import re
import subprocess
import sys

import pytest

from tests import ROOT

GUARD = "tests.proofs.obligations.guard"


def guarded(*arguments: str) -> tuple[int, list[str]]:
    """How many results were compared, and where variables are captured, in the conditions of these obligations."""
    command = [sys.executable, "-m", GUARD, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=600)
    *captures, last = ended.stdout.splitlines()
    found = re.fullmatch(r"built \d+ compared (\d+) of \d+", last)
    assert found
    return int(found[1]), [line.split()[1] for line in captures]


@pytest.mark.slow
@pytest.mark.parametrize(
    "dialects",
    [["canonical", "literal-eager"], ["x2-keep"], ["fiasco", "x2-keep with ancestor=allowed, reading=before"]],
)
def test_the_theory_captures_nothing(dialects: list[str]) -> None:
    compared, captures = guarded("map__", "grant__", "flush__", "--", *dialects)
    assert compared > 1_000
    assert not captures


CODE = (
    ["link_leaf__", "remove_leaf__preserves__n", "create_leaf__is", "kernel_lookup__"],
    pytest.param(["flush_below__", "is_below__", "empty__", "initial__"], marks=pytest.mark.slow),
)


@pytest.mark.slow
@pytest.mark.parametrize("patterns", CODE, ids=lambda patterns: patterns[0])
def test_the_proofs_of_code_capture_nothing(patterns: list[str]) -> None:
    compared, captures = guarded(*patterns)
    assert compared > 1_000
    assert not captures


CHANGES = (
    (
        "model.spaces.terms",
        "bound = beside(child, of)",
        "bound = z3.Const('u', Slot)",
        "grant__preserves__phys_is_sigma",
        "literal-eager",
    ),
    (
        "proofs.obligations.tree.invariants",
        "return Or(lower == upper, t.below(lower, upper))",
        "return Exists([n], And(n == lower, Or(n == upper, t.below(n, upper))))",
        "link_leaf__preserves__subtree_order",
        "canonical",
    ),
)


@pytest.mark.long
@pytest.mark.parametrize(("module", "old", "new", "obligation", "dialect"), CHANGES)
def test_a_capture_is_found(module: str, old: str, new: str, obligation: str, dialect: str) -> None:
    _, captures = guarded(obligation, f"{module}=>{old}=>{new}", "--", dialect)
    assert any(where.startswith(module) for where in captures)
