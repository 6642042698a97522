"""The Hypothesis state machine of a description: a right one passes, a wrong one is shrunk to what breaks it."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import theory_of_subsystem
from proofs.servers.states import state_machine

QUICK = settings(
    max_examples=8,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
def test_a_right_description_passes() -> None:
    run_state_machine_as_test(state_machine(theory_of_subsystem(SYSTEMS["ColouredPager"])), settings=QUICK)


@pytest.mark.long
def test_a_wrong_description_fails() -> None:
    machine = state_machine(theory_of_subsystem(SYSTEMS["SecondPager"]))
    assert machine.__name__ == "SecondPagerMachine"
    with pytest.raises(AssertionError, match="SecondPager: consent broke"):
        run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=60))
