"""The path of I/O ports: what is proved of it, what falls with a fault in it, what its hypotheses are for."""

import pytest

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.threads import OF_THREADS_CODE
from proofs.faults.hunts import proof_of_code as code
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads import ports
from proofs.verdict import Verdict

satisfiable = Satisfiable()
ALL = {each.id: each for each in ports.obligations()}
FAULTS = [name for name in OF_THREADS_CODE if name.startswith("ports-")]


def verdict(obligation: str, changed: Code = CODE) -> Verdict:
    settings = Settings(seconds=60, solvers=Solvers.Z3 if changed is not CODE else Solvers.BOTH)
    return discharge_all(ALL[obligation].conditions(CANONICAL, frozenset(), changed), satisfiable, settings).verdict


@pytest.mark.long
@pytest.mark.parametrize("obligation", ALL)
def test_both_solvers_prove_it(obligation: str) -> None:
    assert verdict(obligation) == Verdict.PROVED


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_falls(fault: str) -> None:
    assert verdict(code.hints()[fault][0], OF_THREADS_CODE[fault].code) in (Verdict.UNPROVED, Verdict.VACUOUS)


def test_every_obligation_falls_by_some_fault() -> None:
    assert {fell for fault in FAULTS for fell in code.hints()[fault]} == set(ALL)


@pytest.mark.parametrize("name", ports.GIVEN)
def test_a_hypothesis_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "GIVEN", {each: formula for each, formula in ports.GIVEN.items() if each != name})
    assert Verdict.UNPROVED in {verdict(ports.WRITES), verdict(ports.COVERS)}
