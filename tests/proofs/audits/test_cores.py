"""The audit of a protocol: what is needed is shown by a run, what is not by a proof, and a wrong one is not audited."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from model.cores.readings import PROTOCOLS, protocol_named
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL
from proofs.audits import cores as core_audit
from proofs.audits.cores import CoreAudit, Need, audit_condition, audit_cores, audit_invariant, questions, relied_on
from proofs.engines.pool import Workers, workers
from proofs.engines.search.theory_search import replay_theory
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.faults.hunts.cores import theory_of_trace
from proofs.searches.core_areas import CORE_AREAS
from proofs.verdict import Verdict

INTERRUPT = PROTOCOLS["interrupt"]


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with workers(1, Settings(solvers=Solvers.Z3)) as pool:
        yield pool


def test_every_condition_and_every_invariant_that_no_program_notices_is_asked() -> None:
    asked = list(questions(INTERRUPT))
    assert ("finish", "all have answered") in asked
    assert ("", "asked_owe") in asked
    assert ("", "used_is_allowed") not in asked
    assert len(asked) == 23 + 13
    assert {each.invariant for each in relied_on(INTERRUPT)} == {"", "used_is_allowed", "used_alike"}
    assert not any(each.sometimes for each in relied_on(INTERRUPT))


@pytest.mark.long
def test_a_condition_that_is_needed_comes_with_a_run(pool: Workers) -> None:
    part = audit_condition(INTERRUPT, "finish", "all have answered", pool)
    assert (part.need, part.searched != ()) == (Need.NEEDED, True)
    assert part.trace is not None
    assert part.trace.protocol == "interrupt without finish: all have answered"
    assert [each.action for each in part.trace.operations] == ["install", "load", "clear", "ask", "finish"]
    steps = list(replay_theory(CANONICAL, theory_of_trace(part.trace), part.trace.scope, part.trace.operations))
    assert all(possible for possible, _ in steps)
    assert str(part) == "finish: all have answered"


@pytest.mark.long
def test_a_condition_that_is_not_needed_is_proved_away(pool: Workers) -> None:
    part = audit_condition(INTERRUPT, "assign", "the space has none", pool)
    assert (part.need, part.obligation, part.trace) == (Need.SPARE, "", None)
    assert part.fallen == ("one_tag_a_space",)


@pytest.mark.long
def test_an_invariant_that_the_proof_rests_on_and_one_that_it_does_not(pool: Workers) -> None:
    needed, spare = (audit_invariant(INTERRUPT, name, pool) for name in ("asked_owe", "owed_is_asked"))
    assert (needed.need, needed.fallen) == (Need.NEEDED, ("used_is_allowed", "used_alike"))
    assert (spare.need, spare.fallen, str(spare)) == (Need.SPARE, (), "owed-is-asked")


@pytest.mark.slow
def test_what_is_neither_refuted_by_a_run_nor_proved_is_exhausted(pool: Workers) -> None:
    part = audit_condition(INTERRUPT, "install", "no shootdown of it goes on", pool)
    assert (part.need, part.trace, len(part.searched)) == (Need.EXHAUSTED, None, 3)
    assert part.obligation


@pytest.mark.long
def test_a_search_that_is_cut_short_decides_nothing(pool: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tuple(replace(area, max_states=5) for area in CORE_AREAS)
    monkeypatch.setattr("proofs.searches.core_search.CORE_AREAS", small)
    part = audit_condition(INTERRUPT, "finish", "all have answered", pool)
    assert (part.need, part.trace) == (Need.OPEN, None)
    assert CoreAudit(INTERRUPT, (part,)).undecided == (part,)


def test_a_solver_without_an_answer_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = core_audit._Shown(("cores_interrupt__x", Outcome(Verdict.UNKNOWN, reason="timeout")), ())
    monkeypatch.setattr(core_audit, "_shown", lambda *_: said)
    nobody: Workers = None  # type: ignore[assignment]
    part = audit_invariant(INTERRUPT, "asked_owe", nobody)
    assert (part.need, part.sentence) == (Need.OPEN, "timeout")
    said = core_audit._Shown(("cores_interrupt__x", Outcome(Verdict.DISAGREEMENT, reason="two words")), ())
    assert audit_invariant(INTERRUPT, "asked_owe", nobody).need == Need.ALARM
    assert audit_condition(INTERRUPT, "finish", "all have answered", nobody).need == Need.ALARM


@pytest.mark.long
def test_a_wrong_protocol_is_not_audited(pool: Workers) -> None:
    with pytest.raises(ArgumentError, match="is refuted as it is"):
        audit_cores(protocol_named("interrupt with wait=none"), pool)
