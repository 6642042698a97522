"""A command starts quickly: what is heavy is imported when it is needed, and the workers are forks of this process."""

import subprocess
import sys

import pytest

from proofs.input.extension import theory_of
from proofs.input.naming import obligations_matching
from proofs.obligation import Provable
from tests import ROOT

LIGHT = ("prove", "audit", "counterexample", "attack", "explore", "faults", "costs", "examples")


@pytest.mark.parametrize("command", LIGHT)
def test_what_is_heavy_is_not_imported_to_read_the_arguments(command: str) -> None:
    """numpy starts threads when it is imported, beside which no worker is forked; then all is imported twice."""
    code = f"import sys, proofs.commands.{command}; print({{'numpy', 'z3', 'numba', 'cvc5'}} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"


def test_a_claim_waits_for_nothing_that_stands_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> dict[str, Provable]:
        raise AssertionError("made")

    monkeypatch.setattr("proofs.obligations.cores.inventory.of_cores", made)
    monkeypatch.setattr("proofs.obligations.ownership.inventory.of_ownership", made)
    for name in ("ranges.inventory.of_ranges", "messages.inventory.of_messages"):
        monkeypatch.setattr(f"proofs.obligations.{name}", lambda _: made())
    assert {obligation.claim for obligation in obligations_matching("C1", theory_of())} == {"C1"}
    for pattern in ("cores_*", "ownership_*", "ranges_*", "messages_*", "C7", None):
        with pytest.raises(AssertionError, match="made"):
            obligations_matching(pattern, theory_of())


@pytest.mark.long
def test_the_workers_of_a_proof_are_forks() -> None:
    code = """
import sys
from proofs.engines import server
server._start_server = lambda: print("a server was started")
sys.argv = ["musigma", "prove", "initial__has__forest", "--quiet"]
from musigma.__main__ import main
main()
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "a server was started" not in said.stdout
    assert said.returncode == 0
