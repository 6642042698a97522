"""The readings that real databases have: what each dialect with one of them claims is proved, but what it breaks."""

import pytest

from model.spaces.dialect import dialect_named
from model.theory import APPENDIX_A
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.inductive import inductive_invariants
from proofs.input.extension import theory_of
from proofs.registry import registry
from proofs.two_runs import about_model
from proofs.verdict import Verdict

SPACES = [o for o in registry().values() if about_model(o) and o.theory is APPENDIX_A and not o.sometimes]

# A page granted onto one of the same frame adds rights there, whoever that was mapped from: rights grow.
GROWN = {
    "grant__preserves__rights_never_grow",
    "grant__keeps__states_alike",
    "grant__then_flush__reaches_user_from_f1",
    "grant__then_flush__reaches_user_from_pager",
    "grant__then_flush__spares_user_from_granter",
    "flush__takes__exactly_the_rights_named",
    "flush__removes__exactly_what_has_none_left",
}
BROKEN = {
    "ancestor=extended": set[str](),
    "regrant=source_kept": GROWN,
    "partial_flush=empty_stays": {"flush__preserves__live_has_a_right", "flush__removes__exactly_what_has_none_left"},
    "no_rights=nothing": set[str](),
    "occupied=map_refused": set[str](),
}


@pytest.mark.long
@pytest.mark.parametrize("reading", BROKEN)
def test_what_is_claimed_is_proved_but_what_the_reading_breaks(reading: str) -> None:
    dialect = dialect_named(f"canonical with {reading}")
    with workers(1, Settings(solvers=Solvers.Z3)) as pool:
        known = inductive_invariants(dialect, pool, theory_of())
        claimed = [o.id for o in SPACES if o.applies(dialect.readings) and o.id not in known.outcomes]
        outcomes = known.outcomes | dict(pool.discharge(claimed, dialect.name, known.assumed))
    found = {name: known.judged(registry()[name], outcome).verdict for name, outcome in outcomes.items()}
    assert len(found) > 80
    assert {name for name, verdict in found.items() if verdict != Verdict.PROVED} == BROKEN[reading]
    assert {verdict for name, verdict in found.items() if name in BROKEN[reading]} <= {Verdict.UNPROVED}


def test_who_is_asked_before_a_page_goes_there() -> None:
    obligations = [registry()[f"{action}__answers__alike_anywhere"] for action in ("map", "grant")]
    for more, fails in {
        "": (True, True),
        ", occupied=refused": (True, True),
        ", occupied=map_refused": (True, False),
        ", occupied=replaced": (False, False),
    }.items():
        if more:
            readings = dialect_named("canonical with frame_holder=replaced" + more).readings
        else:
            readings = dialect_named("canonical").readings
        assert tuple(o.fails(readings) for o in obligations if about_model(o)) == fails
        assert tuple(not o.applies(readings) for o in obligations) == fails
