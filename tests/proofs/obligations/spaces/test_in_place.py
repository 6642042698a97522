"""What is done in place, and what is done without effect: nothing else speaks of the second."""

import pytest

from model.spaces.dialect import Dialect, dialect_named
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.faults.theory import THEORY_FAULTS
from proofs.obligation import Obligation, condition_of, something_is_done
from proofs.obligations.spaces import in_place
from proofs.registry import CLAIMING, registry
from proofs.verdict import Verdict

MINE = {each.id: each for each in in_place.obligations()}
SETTINGS = Settings(solvers=Solvers.Z3, seconds=20.0)
DATABASES = (
    "x2-keep",
    "fiasco",
    "canonical with ancestor=extended",
    "canonical with regrant=source_kept",
    "canonical with no_rights=nothing",
    "literal-eager with ancestor=extended, regrant=source_kept, no_rights=nothing, granted_entry=kept",
    "tree with regrant=source_kept, own_slot=nothing, passing=as_given, no_rights=nothing",
)
satisfiable = Satisfiable()


@pytest.mark.parametrize("name", DATABASES)
def test_each_is_proved_where_it_is_claimed(name: str) -> None:
    dialect = dialect_named(name)
    claimed = [each for each in MINE.values() if each.applies(dialect.readings)]
    assert claimed
    for each in claimed:
        condition = condition_of(each, dialect, frozenset(each.invariants))
        assert discharge(condition, satisfiable, SETTINGS).verdict == Verdict.PROVED, each.id


@pytest.mark.long
@pytest.mark.parametrize("action", ["map", "grant"])
def test_an_operation_without_effect_that_has_one_is_noticed_here_alone(action: str) -> None:
    dialect, fault = dialect_named("x2-keep"), THEORY_FAULTS[f"{action}-idle-erases-entry"]
    noticed = []
    for each in registry().values():
        if (
            isinstance(each, Obligation)
            and each.action == action
            and each.applies(dialect.readings)
            and not each.sometimes
        ):
            assumed = frozenset(each.invariants)
            conditions = (condition_of(each, dialect, assumed), fault.condition(each, dialect, assumed))
            verdicts = [discharge(condition, satisfiable, SETTINGS).verdict for condition in conditions]
            if verdicts == [Verdict.PROVED, Verdict.UNPROVED]:
                noticed.append(each.id)
    assert noticed == [f"{action}__without_effect__changes_nothing"]


@pytest.mark.parametrize("dialect", CLAIMING, ids=lambda dialect: dialect.name)
def test_where_all_others_assume_that_something_is_done_the_rest_is_demanded(dialect: Dialect) -> None:
    for each in registry().values():
        if isinstance(each, Obligation) and each.action in ("map", "grant") and each.applies(dialect.readings):
            step, _ = each.step(dialect)
            done, assumed = something_is_done(step), each.assumptions(step)
            assert ("nothing is done" in assumed) == each.idle
            assert each.idle or done.keys() <= assumed.keys()
            demanded = MINE[f"{each.action}__without_effect__changes_nothing"]
            assert demanded.applies(dialect.readings) == bool(done)


def test_each_obligation_is_claimed_by_some_dialect() -> None:
    unclaimed = [each.id for each in registry().values() if not any(each.applies(d.readings) for d in CLAIMING)]
    assert unclaimed == []
