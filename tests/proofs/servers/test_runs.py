"""Subsystems executed at random: rules are followed, right systems keep what is proved, a wrong one is caught."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import theory_of_subsystem
from proofs.engines.search.random_runs import NoBeginningError, Walk, Walker, taken
from proofs.servers.runs import walker_of


@pytest.fixture(scope="module")
def key_server() -> Walker:
    return walker_of(theory_of_subsystem(SYSTEMS["KeyServer"]))


@pytest.mark.long
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1 << 32))
def test_a_right_system_keeps_what_is_proved(key_server: Walker, seed: int) -> None:
    walk = key_server.walk(seed, 30)
    assert not walk.broken
    assert len(walk.actions) == 30


@pytest.mark.long
def test_a_run_is_the_same_for_a_seed(key_server: Walker) -> None:
    assert key_server.walk(7, 20) == key_server.walk(7, 20)
    assert key_server.walk(7, 20) != key_server.walk(8, 20)


@pytest.mark.long
def test_rules_are_followed(key_server: Walker) -> None:
    walks = [key_server.walk(seed, 60) for seed in range(4)]
    followed = taken(walks, ("listen", "ask"))
    assert min(followed.values()) > 0


def test_what_was_never_done_counts_as_never() -> None:
    assert taken([Walk(("a", "b", "a"), ())], ("a", "c")) == {"a": 2, "c": 0}


@pytest.mark.long
def test_a_wrong_system_is_caught() -> None:
    walker = walker_of(theory_of_subsystem(SYSTEMS["OpenClients"]))
    assert ("consent",) in {walker.walk(seed, 60).broken for seed in range(20)}


def test_a_machine_that_is_too_small_is_told() -> None:
    of = theory_of_subsystem(SYSTEMS["MemoryManager"])
    with pytest.raises(NoBeginningError, match="MemoryManager: no first state fits on a machine with"):
        walker_of(of, {**of.kind.machine, "Space": 1})
