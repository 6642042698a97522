"""The audit of protocols of many cores: a condition is needed if programs notice that it is missing."""

from collections.abc import Iterator

import jsonschema
import pytest

from model.cores.invariants import ALIKE, SAFE
from model.cores.readings import PROTOCOLS
from model.cores.theories import conditions, theory_of_cores
from model.spaces.dialect import CANONICAL
from proofs.core_audit import CoreAudit, Dropped, Needed, audit_cores, is_noticed, without
from proofs.engines.pool import Workers, workers
from proofs.engines.search.theory_search import replay_theory
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.obligations.cores.inventory import of_protocol
from proofs.report.writers.json_report import core_audit_json, schema
from proofs.verdict import Verdict

INTERRUPT = PROTOCOLS["interrupt"]


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with workers(2, Settings(solvers=Solvers.Z3, seconds=30)) as found:
        yield found


def dropped(*verdicts: Verdict) -> Dropped:
    outcomes = {f"o{n}": Outcome(verdict) for n, verdict in enumerate(verdicts)}
    return Dropped(INTERRUPT, "finish", "all have answered", outcomes, None, ())


@pytest.mark.parametrize(
    ("verdicts", "needed"),
    [
        ([Verdict.PROVED, Verdict.PROVED], Needed.NOT),
        ([Verdict.PROVED, Verdict.UNPROVED], Needed.BY_PROOF),
        ([Verdict.UNPROVED, Verdict.UNKNOWN], Needed.OPEN),
        ([Verdict.PROVED, Verdict.ERROR], Needed.OPEN),
        ([Verdict.VACUOUS], Needed.OPEN),
        ([Verdict.DISAGREEMENT], Needed.OPEN),
    ],
)
def test_what_is_undecided_is_no_verdict_on_the_condition(verdicts: list[Verdict], needed: Needed) -> None:
    assert dropped(*verdicts).needed == needed
    assert dropped(*verdicts).sentence.startswith(needed.value.partition(":")[0])


def test_what_a_program_notices_is_said_of_every_step() -> None:
    noticed = [each for each in of_protocol(INTERRUPT).values() if is_noticed(each)]
    for invariant in (SAFE, ALIKE):
        asked = {each.action for each in noticed if each.invariant == invariant}
        assert asked >= theory_of_cores(INTERRUPT).actions.keys()
    assert len([each for each in noticed if not each.invariant]) == 3


@pytest.mark.long
def test_a_flush_that_does_not_await_answers_is_noticed(pool: Workers) -> None:
    found = without(INTERRUPT, "finish", "all have answered", pool)
    assert (found.needed, found.trace is None) == (Needed.BY_PROGRAMS, False)
    assert found.trace is not None
    assert found.sentence == "needed: frame__without_holder__is_forgotten does not hold after 5 steps"
    theory = theory_of_cores(found.trace.resolved())
    assert found.trace.resolved().dropped == (("finish", "all have answered"),)
    assert all(possible for possible, _ in replay_theory(CANONICAL, theory, found.trace.scope, found.trace.operations))
    right = theory_of_cores(INTERRUPT)
    ways = replay_theory(CANONICAL, right, found.trace.scope, found.trace.operations)
    assert [possible for possible, _ in ways].count(False) == 1


@pytest.mark.long
def test_a_condition_that_only_keeps_a_step_from_doing_nothing_is_not_needed(pool: Workers) -> None:
    found = without(INTERRUPT, "answer", "the core was told", pool)
    assert (found.needed, found.trace, found.undecided) == (Needed.NOT, None, ())


@pytest.mark.long
def test_every_condition_of_a_protocol_is_dropped_once(pool: Workers) -> None:
    told: list[str] = []
    batch = PROTOCOLS["batch"]
    found = audit_cores([batch], pool, lambda name, known: told.append(f"{len(known.dropped)} {name}"))
    assert [(each.action, each.condition) for each in found.dropped] == conditions(batch)
    assert told == [f"{n} {batch.without(*each).name}" for n, each in enumerate(conditions(batch))]
    assert {each.needed for each in found.dropped} == {Needed.BY_PROGRAMS, Needed.BY_PROOF, Needed.NOT}
    assert "without enter: it executes elsewhere" not in [each.condition for each in found.dropped if each.trace]
    assert found.left == ()
    jsonschema.validate(core_audit_json(found, 1.0), schema("audit"))


def test_a_report_says_what_was_left_out() -> None:
    value = core_audit_json(CoreAudit((dropped(Verdict.UNKNOWN),), ("interrupt without x",)), 1.0)
    jsonschema.validate(value, schema("audit"))
    assert (value["undecided"], value["protocols"][0]["needed"]) == (["interrupt without x"], "open")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**value, "cells": [], "conditions": []}, schema("audit"))
