"""Rules can be followed: of each a shortest run that ends in it, on a small machine."""

from typing import Any

import pytest
from z3 import BoolVal, Exists

from model.messages.vocabulary import p
from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import theory_of_subsystem
from model.spaces.dialect import CANONICAL
from proofs.engines.search.small_runs import shortest_run_of_size
from proofs.engines.search.unrolled import NotFound

STEPS = {
    "UnrulyClient": {"listen": 1, "talk": 2, "allot": 2, "give": 4, "lend": 4, "take_back": 1, "store": 5},
    "PageFaults": {"rest": 1, "miss": 2, "talk": 2, "listen": 1, "answer": 3, "take": 1},
    "RemotePartner": {"listen": 1, "hand_on": 4},
    "DeviceKeeper": {"listen": 1, "talk": 2, "appoint": 2, "forward": 5, "stop": 1, "dismiss": 1},
}


def steps_to(name: str, rule: str, most: int, ending: Any = lambda first, step: BoolVal(True)) -> int | None:
    """How many steps the shortest run has that ends in the rule; none if no run does."""
    of = theory_of_subsystem(SYSTEMS[name])
    found = shortest_run_of_size(of.running, CANONICAL, ending, of.kind.machine, last=[rule], most=most, seconds=120)
    return None if isinstance(found, NotFound) else len(found.actions)


@pytest.mark.long
@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, rules in STEPS.items() for rule in rules])
def test_a_rule_can_be_followed(name: str, rule: str) -> None:
    assert steps_to(name, rule, most=6) == STEPS[name][rule]


def test_every_rule_has_a_witness() -> None:
    for name, rules in STEPS.items():
        assert rules.keys() == {*theory_of_subsystem(SYSTEMS[name]).rules}


@pytest.mark.long
def test_another_driver_is_appointed_when_one_has_ended() -> None:
    """It waits, is appointed, ends, is dismissed; the next waits, and is appointed."""
    assert steps_to("DeviceKeeper", "appoint", 6, lambda first, step: Exists([p], step.before.gone(p))) == 6
