"""Attacks: each wrong variant of a system is attacked in so many steps, and the right system in none."""

import pytest

from model.servers.systems.catalogue import MOVES, SYSTEMS, VARIANTS, VIOLATED
from model.servers.theory import theory_of_subsystem
from proofs.servers.attack import attack, attacked

STEPS = {
    "FirstComeFirstServed": 4,
    "OpenClients": 4,
    "HalfTaken": 5,
    "StillLent": 6,
    "LentTwice": 6,
    "Trustful": 5,
    "OpenTenant": 1,
    "Lonely": 4,
    "Subletting": 6,
    "OpenUsers": 2,
    "OpenUser": 4,
    "HalfFlushed": 3,
    "Forgetful": 3,
    "WrongThread": 5,
    "StaleNotes": 6,
    "Begging": 2,
    "AnyVictim": 5,
    "WithoutTick": 5,
    "QuittingDriver": 4,
    "SharedPorts": 2,
    "Lingering": 4,
    "TooEarly": 3,
    "StillDelivered": 4,
    "TwoDrivers": 4,
    "ColourBlind": 2,
    "SecondPager": 2,
    "AnyFrame": 4,
    "Overwriting": 5,
    "Hasty": 6,
    "Crowded": 5,
    "HalfEvicted": 6,
    "Mistranslated": 3,
    "Inventing": 2,
    "Forging": 2,
    "Dropping": 3,
    "MadeUp": 2,
    "Overheard": 2,
    "WritableBuffers": 4,
    "Scribbling": 3,
    "WritableFork": 4,
    "SharedFill": 4,
    "TwiceSold": 6,
    "ToAnybody": 3,
    "IdsReused": 6,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_a_wrong_variant_is_attacked(name: str) -> None:
    guarantee, steps = VIOLATED[name], STEPS[name]
    of = theory_of_subsystem(SYSTEMS[name])
    found = attack(of, guarantee, machine=of.kind.machine, most=steps, seconds=300)
    assert found.found, found.summary
    assert found.steps == steps == len(found.lines)
    assert found.lines[-1].startswith(f"{steps}. ")


@pytest.mark.slow
def test_who_maps_what_it_should_grant_stays_in_the_books() -> None:
    of = theory_of_subsystem(SYSTEMS["MappedOn"])
    found = attack(of, "out_of_the_books", machine=of.kind.machine, moves=MOVES["MappedOn"], most=8, seconds=600)
    assert (found.found, found.steps) == (True, 8), found.summary


def test_every_variant_is_attacked() -> None:
    assert {*STEPS, "MappedOn"} == {kind.__name__ for wrong in VARIANTS.values() for kind in wrong}


@pytest.mark.slow
@pytest.mark.parametrize("name", [kind.__name__ for kind in VARIANTS])
def test_a_right_system_is_attacked_in_vain(name: str) -> None:
    of = theory_of_subsystem(SYSTEMS[name])
    for guarantee in attacked(of):
        found = attack(of, guarantee, machine=of.kind.machine, most=2, seconds=300)
        assert not found.found
        assert (found.steps, found.reason) == (2, "")


@pytest.mark.long
def test_no_shorter_attack_on_machines_of_every_size() -> None:
    of = theory_of_subsystem(SYSTEMS["SharedPorts"])
    assert attack(of, "own_ports", most=1).steps == 1
    found = attack(of, "own_ports", most=2, seconds=120)
    assert (found.found, found.steps) == (True, 2)
    assert found.where == "a machine of any size"


@pytest.mark.long
@pytest.mark.parametrize(("name", "right"), [("ToAnybody", "KeyServer"), ("QuittingDriver", "DeviceDriver")])
def test_that_there_is_no_shorter_one_is_decided_for_every_size(name: str, right: str) -> None:
    """None of fewer steps; with more steps allowed the known one, as long as it is; none of the right system."""
    of, guarantee, steps = theory_of_subsystem(SYSTEMS[name]), VIOLATED[name], STEPS[name]
    shorter = attack(of, guarantee, most=steps - 1, seconds=120)
    assert (shorter.found, shorter.steps, shorter.reason) == (False, steps - 1, "")
    found = attack(of, guarantee, most=steps + 3, seconds=120)
    assert (found.found, found.steps, len(found.run)) == (True, steps, steps)
    assert found.where == "a machine of any size"
    held = attack(theory_of_subsystem(SYSTEMS[right]), guarantee, most=steps, seconds=120)
    assert (held.found, held.steps, held.reason) == (False, steps, "")


def test_a_search_out_of_time_says_so() -> None:
    of = theory_of_subsystem(SYSTEMS["KeyServer"])
    found = attack(of, "once", machine=of.kind.machine, most=30, seconds=0.1)
    assert not found.found
    assert found.reason == "out of time"
    assert found.steps < 30
