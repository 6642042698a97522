"""Every move of a subsystem among others is a step of the kernel it runs on, and changes nothing else but ghosts."""

import pytest
import z3

from model.messages.vocabulary import System
from model.servers.description import Subsystem, ghosts_of, lines_of
from model.servers.moves import FOR_ANYBODY
from model.servers.systems.catalogue import SYSTEMS, VARIANTS, VIOLATED
from model.servers.theory import BORN, theory_of_subsystem
from model.signature import applied, symbols_of
from model.spaces.dialect import CANONICAL

EVERY = [pytest.param(kind, id=name) for name, kind in SYSTEMS.items()]


@pytest.mark.long
@pytest.mark.parametrize("kind", EVERY)
def test_a_move_is_a_step_of_the_kernel_under_more_conditions(kind: type[Subsystem]) -> None:
    of = theory_of_subsystem(kind)
    for move, make in of.theory.actions.items():
        done, allowed = make(CANONICAL), of.kernel.actions[of.actions[move]](CANONICAL)
        for name, condition in allowed.guard.items():
            assert done.guard[name].eq(condition), (move, name)
        for name in symbols_of(System):
            assert applied(done.after, name).eq(applied(allowed.after, name)), (move, name)
        changed = {
            name for name in ghosts_of(kind) if not applied(done.after, name).eq(applied(of.theory.before, name))
        }
        assert not changed or move in of.rules
        assert len(done.guard) == len(allowed.guard) + _more(of, move)


def _more(of: object, move: str) -> int:
    if move in FOR_ANYBODY:
        return 0
    made = of.theory.actions[move](CANONICAL)  # type: ignore[attr-defined]
    mine = [name for name in made.guard if name.startswith(f"{move}: ")]
    return len(mine) + 1


@pytest.mark.parametrize("kind", EVERY)
def test_members_and_outsiders_share_the_actions(kind: type[Subsystem]) -> None:
    """Whoever acts, a program's action is one of an outsider or follows a rule, and not both."""
    of = theory_of_subsystem(kind)
    for move, make in of.theory.actions.items():
        guard = make(CANONICAL).guard
        if move in of.rules:
            assert "a member acts" in guard
            other = of.theory.actions[of.actions[move]](CANONICAL).guard
            if of.actions[move] not in FOR_ANYBODY:
                solver = z3.Solver()
                solver.add(guard["a member acts"], other["an outsider acts"])
                assert solver.check() == z3.unsat
        elif move not in FOR_ANYBODY:
            assert "an outsider acts" in guard


def test_a_beginning_has_what_is_assumed_and_nothing_noted() -> None:
    of = theory_of_subsystem(SYSTEMS["KeyServer"])
    said = of.beginning(of.theory.before)
    assert {
        "nothing is sold yet",
        "the_server_runs",
        f"{BORN} at first",
        "assumed_the_server_is_no_buyer at first",
    } <= set(said)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in VARIANTS])
def test_a_description_is_short(kind: type[Subsystem]) -> None:
    lines = list(lines_of(kind))
    assert 10 < len(lines) <= 60


def test_each_system_has_two_wrong_variants_and_each_clause_a_system() -> None:
    assert all(len(wrong) >= 2 for wrong in VARIANTS.values())
    assert sorted({kind.clause for kind in VARIANTS}) == [f"S{n}" for n in range(1, 9)]
    assert VIOLATED.keys() == {kind.__name__ for wrong in VARIANTS.values() for kind in wrong}
