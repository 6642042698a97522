"""An obligation about code is taken over by another dialect only where its conditions cannot depend on the dialect."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from proofs import any_dialect
from proofs.any_dialect import is_the_same_everywhere, the_same_everywhere
from proofs.audits import spaces as audit
from proofs.audits.spaces import claimed
from proofs.engines.pool import Workers, workers
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.source import Code
from proofs.registry import registry
from proofs.result import Result, Run
from proofs.verdict import Verdict

SAME, OTHER = "link_leaf__preserves__alone", "kernel_map__simulates__map"


def of_code(name: str) -> CodeObligation:
    obligation = registry()[name]
    assert isinstance(obligation, CodeObligation)
    return obligation


def test_what_looks_at_the_dialect_is_not_the_same_everywhere() -> None:
    assert is_the_same_everywhere(of_code(SAME))
    assert not is_the_same_everywhere(of_code(OTHER))


@pytest.mark.parametrize(
    "look",
    [
        lambda dialect: dialect.readings,
        lambda dialect: dialect.name == "tree",
        lambda dialect: dialect == CANONICAL,
        lambda dialect: dialect in (CANONICAL,),
        lambda dialect: bool(dialect),
        lambda dialect: f"{dialect}",
        lambda dialect: repr(dialect),
        lambda dialect: {CANONICAL.name: 1}.get(dialect.name),
        lambda dialect: 1 // 0,
    ],
)
def test_every_look_is_noticed(look: Any) -> None:
    real = of_code(SAME)

    def build(dialect: Dialect, code: Code) -> Iterable[Condition]:
        look(dialect)
        return real.build(CANONICAL, code)

    assert not is_the_same_everywhere(replace(real, build=build))
    assert is_the_same_everywhere(replace(real, build=lambda dialect, code: real.build(CANONICAL, code)))


def test_workers_say_the_same() -> None:
    with workers(1) as pool:
        assert the_same_everywhere(pool, [SAME, OTHER]) == {SAME}


def terms(obligation: CodeObligation, dialect: Dialect) -> list[int]:
    """The numbers of the terms of all conditions, which z3 gives once to what is the same."""
    conditions = obligation.conditions(dialect, frozenset())
    return [term.get_id() for each in conditions for term in (*each.hypotheses.values(), each.goal)]


@pytest.mark.slow
def test_what_is_the_same_everywhere_has_the_same_conditions() -> None:
    tree = DIALECTS["tree"]
    every = [o for o in claimed() if isinstance(o, CodeObligation) and o.applies(tree.readings)]
    some = [o for o in every if not o.id.startswith("sized")]
    same = [o for o in some if is_the_same_everywhere(o)]
    assert len(some) // 2 < len(same) < len(some)
    for obligation in same[::4]:
        here = list(obligation.conditions(CANONICAL, frozenset()))  # kept, so that no number is given again
        assert terms(obligation, CANONICAL) == terms(obligation, tree), (obligation.id, len(here))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The obligations that are proved, in which dialect; nothing is."""
    names: list[tuple[str, str]] = []

    def prove(dialect: Dialect, chosen: Iterable[Any], pool: Workers) -> Run:
        chosen = list(chosen)
        names.extend((dialect.name, each.id) for each in chosen)
        found = (Result(each, dialect.name, Outcome(Verdict.PROVED, reason="now")) for each in chosen)
        return Run(dialect, tuple(found), frozenset())

    monkeypatch.setattr(audit, "claimed", lambda: [of_code(OTHER), of_code(SAME)])
    monkeypatch.setattr(audit, "prove", prove)
    monkeypatch.setattr(audit, "the_same_everywhere", lambda pool, names: frozenset({SAME}.intersection(names)))
    return names


def test_an_audit_proves_it_once(asked: list[tuple[str, str]]) -> None:
    with workers(1, Settings(solvers=Solvers.Z3)) as pool:
        found = audit.audit(pool, [CANONICAL, DIALECTS["tree"]], [])
    assert asked == [("canonical", OTHER), ("canonical", SAME), ("tree", OTHER)]
    cell = found.cell(of_code(OTHER).claim, "tree")
    assert {result.dialect for result in cell.results} == {"tree"}
    assert OTHER in {result.obligation.id for result in cell.results}


def test_an_audit_takes_over_what_was_proved_before(asked: list[tuple[str, str]]) -> None:
    before = {name: Outcome(Verdict.PROVED, reason="before") for name in (SAME, OTHER)}
    with workers(1, Settings(solvers=Solvers.Z3)) as pool:
        found = audit.audit(pool, [DIALECTS["tree"], CANONICAL], [], before)
    assert asked == [("tree", OTHER)]
    results = [result for cell in found.cells for result in cell.results]
    assert {(r.dialect, r.obligation.id, r.reason) for r in results} == {
        ("tree", OTHER, "now"),
        ("tree", SAME, "before"),
        ("canonical", OTHER, "before"),
        ("canonical", SAME, "before"),
    }


def test_a_job_that_fails_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(any_dialect, "LIMIT", 1e-6)
    with workers(1) as pool:
        assert the_same_everywhere(pool, [OTHER]) == frozenset()
