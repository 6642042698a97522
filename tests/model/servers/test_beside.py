"""Two subsystems as one description: each member follows its own rules, to each the other's members are outsiders."""

import pytest
from z3 import And, Not, Or, Solver, unsat

from model.servers.beside import beside
from model.servers.description import DescriptionError, Subsystem
from model.servers.systems.coloured_pager import ColouredPager
from model.servers.systems.key_server import IdsReused
from model.servers.systems.locked_frames import LockedFrames
from model.servers.systems.managed_pager import ManagedPager
from model.servers.systems.memory_manager import MemoryManager
from model.servers.systems.unix_server import UnixServer
from model.servers.theory import theory_of_subsystem
from model.spaces.dialect import CANONICAL


@pytest.mark.long
@pytest.mark.parametrize("kind", [LockedFrames, UnixServer])
def test_to_each_it_is_a_run_beside_outsiders(kind: type[Subsystem]) -> None:
    """Whatever is done, a member of it follows a rule of it, and notes what that notes; who is none is an outsider."""
    both, alone = theory_of_subsystem(beside(LockedFrames, UnixServer)), theory_of_subsystem(kind)
    before = both.theory.before
    for move, make in both.theory.actions.items():
        step = make(CANONICAL)
        ways = [
            And(*alone.theory.actions[own](CANONICAL, before, step.called).guard.values())
            for own, action in alone.actions.items()
            if action == both.actions[move]
        ]
        assert ways
        solver = Solver()
        solver.set("timeout", 20_000)
        solver.add(*step.guard.values(), Not(Or(*ways)))
        assert solver.check() == unsat, move


def test_the_rules_and_guarantees_of_both_are_there() -> None:
    of = theory_of_subsystem(beside(LockedFrames, UnixServer))
    assert {"lock_of_LockedFrames", "fill_of_UnixServer", "give_and_fill", "listen_and_listen"} <= set(of.rules)
    assert of.guarantees == ("stays_of_LockedFrames", "copy_on_write_of_UnixServer")
    assert set(of.ensured) == {"until_the_tick_of_LockedFrames"}
    assert of.ensured["until_the_tick_of_LockedFrames"].moves == tuple(of.actions)


def test_what_a_rule_notes_it_notes_beside_another() -> None:
    of = theory_of_subsystem(beside(LockedFrames, UnixServer))
    step = of.theory.actions["lock_and_fill"](CANONICAL)
    solver = Solver()
    solver.add(Not(step.after.locked(step.called.dst, step.called.frame)))
    assert solver.check() == unsat


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (LockedFrames, ColouredPager, "LockedFrames and ColouredPager both have client; rename one"),
        (UnixServer, ManagedPager, "have to run on one kernel, and rely on nobody"),
        (MemoryManager, IdsReused, "have to run on one kernel"),
    ],
)
def test_what_cannot_stand_together_is_told(one: type[Subsystem], other: type[Subsystem], said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        beside(one, other)
