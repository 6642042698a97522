"""An invariant's obligation without an answer leaves everything open that rests on it, and no more than that."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner

from model.running.solving import PATIENCE
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.invariants import INVARIANTS
from musigma.cli import app
from proofs.audits.spaces import Audit, audit, cell_of, undecided
from proofs.counterexamples.by_name import ViolatingTrace
from proofs.engines import pool as engine
from proofs.engines.pool import Workers, workers
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Solvers
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.faults.hunts import matrix, proof
from proofs.faults.record import Engine, HuntEnding
from proofs.inductive import Inductive, inductive_invariants
from proofs.input.extension import theory_of
from proofs.obligation import Obligation, Provable
from proofs.prove import prove
from proofs.registry import registry
from proofs.result import Result
from proofs.verdict import EXIT_ALARM, EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED, Verdict, exit_status
from tests.proofs.engines import misbehaving

VICTIM = "map__preserves__forest"
RESTS = "map__preserves__irreflexive"  # needs invariants, as most do
FREE = "initial__has__irreflexive"  # needs none
LATER = "grant__empties__source"  # no part of the search for the invariants
BY = Answer("z3", "unsat", 0.0)


def sabotage(how: str, victim: str = VICTIM, settings: Settings | None = None) -> AbstractContextManager[Workers]:
    conditions = partial(misbehaving.sabotaged, victim, how)
    return workers(2, settings or Settings(Solvers.Z3, 5.0), 1 << 30, conditions=conditions)


def results(how: str, names: tuple[str, ...], dialect: str = "canonical", victim: str = VICTIM) -> dict[str, Result]:
    with sabotage(how, victim) as pool:
        run = prove(DIALECTS[dialect], [registry()[name] for name in names], pool)
    assert run.invariants == frozenset()  # none is known to hold
    return {result.obligation.id: result for result in run.results}


@pytest.mark.long
@pytest.mark.parametrize(
    ("how", "verdict", "reason"),
    [
        ("crashes", Verdict.ERROR, "the worker process ended with status -11"),
        ("leaves", Verdict.ERROR, "the worker process ended with status 3"),
        ("raises", Verdict.ERROR, "ValueError: as it says"),
        ("has no condition", Verdict.ERROR, "no condition"),
        ("eats memory in Python", Verdict.UNKNOWN, "out of memory"),
        ("contradicts itself", Verdict.VACUOUS, "contradict each other"),
    ],
)
def test_what_rests_on_an_invariant_without_an_answer_is_undecided(how: str, verdict: Verdict, reason: str) -> None:
    found = results(how, (VICTIM, RESTS, FREE, LATER))
    assert found[VICTIM].verdict == verdict
    assert reason in found[VICTIM].reason
    for name in (RESTS, LATER):
        assert found[name].verdict == Verdict.UNKNOWN
        assert found[name].reason.startswith("it rests on invariants that are not decided, since ")
        assert f"{VICTIM} is {verdict.value}" in found[name].reason
        assert exit_status([found[name].verdict]) == EXIT_INCOMPLETE
    assert found[FREE].verdict == Verdict.PROVED


@pytest.mark.long
def test_an_answer_that_comes_too_late_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STARTING", 3.0)
    with sabotage("hangs", settings=Settings(Solvers.Z3, 1.0)) as pool:
        (result,) = prove(CANONICAL, [registry()[RESTS]], pool).results
    assert result.verdict == Verdict.UNKNOWN
    assert f"stopped after {3 + 2 * PATIENCE} seconds" in result.reason


@pytest.mark.long
def test_a_counterexample_drops_an_invariant_and_leaves_nothing_open() -> None:
    with sabotage("holds not") as pool:
        run = prove(CANONICAL, [registry()[name] for name in (VICTIM, RESTS, FREE)], pool)
    assert run.invariants
    assert "forest" not in run.invariants
    verdicts = {result.obligation.id: result.verdict for result in run.results}
    assert verdicts[FREE] == verdicts[RESTS] == Verdict.PROVED
    assert verdicts[VICTIM] not in (Verdict.PROVED, Verdict.UNKNOWN)


@pytest.mark.long
def test_what_has_a_trace_is_refuted_all_the_same() -> None:
    refuted = "map__onto_itself__makes_no_cycle"
    found = results("crashes", (refuted, "initial__has__transitive"), "literal-eager", "initial__has__transitive")
    assert found["initial__has__transitive"].verdict == Verdict.ERROR
    assert found[refuted].verdict == Verdict.REFUTED
    assert found[refuted].trace is not None


def shows(outcomes: Iterable[str]) -> dict[str, str]:
    """Which invariant each of the obligations is about."""
    return {name: each.invariant for name in outcomes if isinstance(each := registry()[name], Obligation)}


@pytest.mark.parametrize(
    ("obligation", "used", "answers", "undecided", "verdict"),
    [
        (RESTS, ("forest",), (BY,), Verdict.ERROR, Verdict.UNKNOWN),
        (RESTS, ("forest",), (BY,), Verdict.UNKNOWN, Verdict.UNKNOWN),
        (RESTS, ("forest",), (BY,), Verdict.VACUOUS, Verdict.UNKNOWN),
        (RESTS, ("forest",), (BY,), Verdict.DISAGREEMENT, Verdict.DISAGREEMENT),
        (RESTS, ("forest",), (BY,), Verdict.PROVED, Verdict.PROVED),
        (RESTS, ("the source is accessible",), (BY,), Verdict.ERROR, Verdict.PROVED),
        (RESTS, (), (Answer("cvc5", "unsat", 0.0),), Verdict.ERROR, Verdict.UNKNOWN),  # nobody says what it needs
        (FREE, (), (Answer("cvc5", "unsat", 0.0),), Verdict.ERROR, Verdict.PROVED),
    ],
)
def test_a_proof_is_worth_what_it_rests_on(
    obligation: str, used: tuple[str, ...], answers: tuple[Answer, ...], undecided: Verdict, verdict: Verdict
) -> None:
    outcomes = {RESTS: Outcome(Verdict.PROVED), VICTIM: Outcome(undecided, reason="as told")}
    inductive = Inductive(frozenset(INVARIANTS), outcomes, shows(outcomes))
    proved = Outcome(Verdict.PROVED, used=used, answers=answers)
    judged = inductive.judged(registry()[obligation], proved)
    assert judged.verdict == verdict
    assert (judged is proved) == (verdict == Verdict.PROVED)
    assert inductive.shown == (frozenset(INVARIANTS) if undecided == Verdict.PROVED else frozenset())
    if verdict != Verdict.PROVED:
        assert f"{VICTIM} is {undecided.value}: as told" in judged.reason
    for other in (Verdict.UNPROVED, Verdict.ERROR, Verdict.VACUOUS):
        assert inductive.judged(registry()[obligation], Outcome(other)).verdict == other


def test_the_alarm_among_what_is_undecided_comes_first() -> None:
    outcomes = {
        "initial__has__forest": Outcome(Verdict.ERROR),
        VICTIM: Outcome(Verdict.DISAGREEMENT),
    }
    proved = Outcome(Verdict.PROVED, used=("forest",), answers=(BY,))
    judged = Inductive(frozenset(INVARIANTS), outcomes, shows(outcomes)).judged(registry()[RESTS], proved)
    assert exit_status([judged.verdict]) == EXIT_ALARM
    assert f"{VICTIM} is disagreement and 1 more" in judged.reason


def test_a_later_round_may_decide_what_an_earlier_one_did_not() -> None:
    rounds: list[int] = []

    class Once:
        """Fails the first time, and has a counterexample to another invariant."""

        def discharge(self, names: list[str], *_: object) -> Iterator[tuple[str, Outcome]]:
            rounds.append(len(names))
            for name in names:
                bad = Verdict.UNPROVED if name == "map__preserves__transitive" else Verdict.PROVED
                yield name, Outcome(Verdict.ERROR if name == VICTIM and len(rounds) == 1 else bad)

    pretended: Any = Once()
    found = inductive_invariants(CANONICAL, pretended, theory_of())
    assert len(rounds) == 2
    assert found.undecided == {}
    assert found.shown == frozenset(INVARIANTS) - {"transitive"}


# the commands


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every command, the worker that is to decide an invariant's obligation dies."""
    made: Callable[..., Any] = engine.workers

    def start(jobs: int | None = None, settings: Settings | None = None, memory: int = engine.MEMORY) -> Any:
        return made(jobs, settings, memory, partial(misbehaving.sabotaged, VICTIM, "crashes"))

    monkeypatch.setattr(engine, "workers", start)


@pytest.mark.long
@pytest.mark.usefixtures("broken")
def test_prove_ends_undecided() -> None:
    for pattern in (RESTS, LATER):
        done = CliRunner().invoke(app, ["prove", pattern, "--solver", "z3"])
        assert done.exit_code == EXIT_INCOMPLETE
        assert f"{VICTIM} is error: the worker process ended with status -11" in " ".join(done.output.split())
    assert CliRunner().invoke(app, ["prove", FREE, "--solver", "z3"]).exit_code == EXIT_PASSED


@pytest.mark.long
@pytest.mark.usefixtures("broken")
def test_audit_ends_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    rests = "map__preserves__rights_never_grow"  # for a claim; that for the forest stands for a clause
    chosen: list[Provable] = [registry()[name] for name in (VICTIM, RESTS, rests)]
    monkeypatch.setattr("proofs.audits.spaces.claimed", lambda: chosen)
    with engine.workers(2, Settings(Solvers.Z3)) as pool:
        found = audit(pool, [CANONICAL], [])
    assert {result.obligation.id for result in undecided(found)} == {RESTS, rests}
    assert all(VICTIM in result.reason for result in undecided(found))
    monkeypatch.setattr("proofs.audits.spaces.audit", lambda *_, **__: found)
    monkeypatch.setattr("proofs.report.writers.terminal.print_audit", lambda *_: None)
    assert CliRunner().invoke(app, ["audit"]).exit_code == EXIT_INCOMPLETE


@pytest.mark.long
def test_faults_are_not_said_to_survive_what_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "CLAIMING", (CANONICAL,))
    with sabotage("crashes") as pool:
        grounds = proof.grounds(pool, [RESTS, VICTIM])
        assert (grounds.proved, grounds.failed, grounds.refuted) == ({}, {}, {})
        assert set(grounds.undecided) == {f"{RESTS} in canonical", f"{VICTIM} in canonical"}
        assert grounds.undecided[f"{RESTS} in canonical"].startswith("unknown in canonical: it rests on")
        mechanism = next(m for m in CATALOGUE.values() if "grant-empty-child-stays" in m.theory)
        found = matrix.run(pool, [mechanism], engines=[Engine.PROOF], judge=False)
    findings = [finding for _, row in found.rows for finding in row]
    assert findings
    assert {finding.ending for finding in findings} == {HuntEnding.ERROR}
    assert found.unsettled
    assert found.exit_status == EXIT_INCOMPLETE


def test_an_obligation_that_cannot_be_judged_is_not_said_to_fall_by_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_verdict", lambda fault, ground: Verdict.UNKNOWN)
    found = proof.find_for(proof.ProofContext(LATER, "canonical", frozenset(INVARIANTS)))
    assert found is not None
    assert (found.ending, found.said) == (HuntEnding.ERROR, f"{LATER}: unknown")
    row = (next(iter(CATALOGUE.values())), (found,))
    open_ = matrix.Matrix((), (), {}, (), {}, {}, unsettled={LATER: "as told"})
    assert open_.exit_status == EXIT_INCOMPLETE
    assert matrix.Matrix((row,), (), {}, (LATER,), {}, {}).exit_status == EXIT_FAILED


@pytest.mark.parametrize(("complete", "status"), [(True, EXIT_FAILED), (False, EXIT_INCOMPLETE)])
def test_a_search_that_was_cut_short_does_not_say_that_there_is_no_counterexample(
    monkeypatch: pytest.MonkeyPatch, complete: bool, status: int
) -> None:
    nothing = ViolatingTrace(CANONICAL, None, None, ("an area",), complete)
    monkeypatch.setattr("proofs.counterexamples.by_name.counterexample", lambda *_: nothing)
    assert CliRunner().invoke(app, ["counterexample", "C1"]).exit_code == status


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.PROVED, EXIT_PASSED),
        (Verdict.REFUTED, EXIT_PASSED),
        (Verdict.ERROR, EXIT_INCOMPLETE),
        (Verdict.DISAGREEMENT, EXIT_ALARM),
    ],
)
def test_the_status_of_an_audit(monkeypatch: pytest.MonkeyPatch, verdict: Verdict, status: int) -> None:
    cell = cell_of("C1", CANONICAL, [Result(registry()[RESTS], "canonical", Outcome(verdict))])
    monkeypatch.setattr("proofs.audits.spaces.audit", lambda *_, **__: Audit((cell,), ()))
    monkeypatch.setattr("proofs.report.writers.terminal.print_audit", lambda *_: None)
    assert CliRunner().invoke(app, ["audit"]).exit_code == status


def test_an_audit_gives_questions_the_time_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def asked(workers: Workers, *_: object, **__: object) -> Audit:
        given.append(workers.settings.seconds)
        return Audit((), ())

    monkeypatch.setattr("proofs.audits.spaces.audit", asked)
    assert CliRunner().invoke(app, ["audit", "--timeout", "77"]).exit_code == 0
    assert given == [77.0]
