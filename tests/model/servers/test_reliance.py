"""Reliance: what is taken for granted is what is proved, circles are refused, and subsystems hold side by side."""

import pytest
import z3
from z3 import And, ForAll, Implies, Not, Or

from model.messages.readings import MESSAGE_DIALECTS
from model.messages.vocabulary import Call, Space, i, p, w
from model.servers.description import (
    DescriptionError,
    Do,
    Subsystem,
    constant,
    ghost,
    guarantee,
    relation,
    rule,
    when,
)
from model.servers.reliance import others_of
from model.servers.systems.catalogue import VARIANTS
from model.servers.systems.managed_pager import ManagedPager, Tenant
from model.servers.systems.memory_manager import MemoryManager
from model.servers.theory import SubsystemTheory, theory_of_subsystem
from model.signature import Formula, Term, applied
from model.spaces.dialect import CANONICAL

SYSTEMS = [pytest.param(kind, id=kind.__name__) for kind in VARIANTS]


def test_what_is_relied_on_is_the_object_that_is_proved() -> None:
    manager, tenant = theory_of_subsystem(MemoryManager), theory_of_subsystem(Tenant)
    mine, theirs = tenant.theory.invariants["MemoryManager.apart"], manager.theory.invariants["apart"]
    assert mine.formula is theirs.formula
    names = {name.partition(".")[2] for name in tenant.relied}
    assert names >= {"apart", "exclusive", "fed", "assumed_users_are_below"}
    assert "MemoryManager.consent" not in tenant.relied


def test_others_come_before_those_that_rely_on_them() -> None:
    assert others_of(Tenant) == (MemoryManager, ManagedPager)
    assert tuple(each.kind for each in theory_of_subsystem(Tenant).others) == (MemoryManager, ManagedPager)


def test_runs_keep_what_is_relied_on() -> None:
    of = theory_of_subsystem(Tenant)
    assert "what is relied on is kept" in of.running.actions["send_map"](CANONICAL).guard
    assert "what is relied on is kept" not in of.theory.actions["send_map"](CANONICAL).guard


class Shop(Subsystem):
    """Something to rely on."""

    shop = constant(Space)
    sold = ghost(w, i)

    def members(self, space: Term) -> Formula:
        return space == self.shop

    @rule("wait")
    def listen(self, c: Call) -> Do:
        return when(no_window=self.closed(c))

    @guarantee
    def sealed_off(self) -> Formula:
        """It has no window."""
        return self.sealed(self.shop)


class Guest(Subsystem):
    """Relies on the shop."""

    relies = (Shop,)
    guest = constant(Space)

    def members(self, space: Term) -> Formula:
        return space == self.guest

    @rule("wait")
    def listen(self, c: Call) -> Do:
        return when(no_window=self.closed(c))

    @guarantee
    def closed_off(self) -> Formula:
        """It has no window."""
        return self.sealed(self.guest)


class First(Guest):
    """One half of a circle."""


class Second(Guest):
    """The other half."""

    relies = (First,)  # type: ignore[assignment]


class OnlyGhosts(Shop):
    """All that it guarantees is of its ghosts."""

    @guarantee
    def sealed_off(self) -> Formula:
        """What is sold was named."""
        return ForAll([w, i], Implies(self.sold(w, i), self.named(i)))


class OnGhosts(Guest):
    """Wrong."""

    relies = (OnlyGhosts,)


class OnNothing(Guest):
    """Wrong."""

    relies = (int,)  # type: ignore[assignment]


class NoTuple(Guest):
    """Wrong."""

    relies = Shop  # type: ignore[assignment]


class OtherSort(Guest):
    """Wrong."""

    shop = relation(p)


class GhostsName(Guest):
    """Wrong."""

    sold = relation(p)


class OtherKernel(Guest):
    """Wrong."""

    messages = MESSAGE_DIALECTS["v2"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (OnGhosts, "OnlyGhosts guarantees nothing but of its ghosts, which OnGhosts cannot see; rely on another"),
        (OnNothing, "OnNothing relies on <class 'int'>, which is no subsystem; name a description"),
        (NoTuple, r"relies is a type; write a tuple of descriptions, as in relies = \(Pager,\)"),
        (OtherSort, "shop is a Space in Shop, which this relies on, and a relation on Space here; choose another name"),
        (GhostsName, "sold is a ghost of Shop, which this relies on; choose another name"),
        (OtherKernel, "OtherKernel relies on Shop, which runs on another kernel"),
    ],
)
def test_mistakes_are_told_with_their_place(kind: type[Subsystem], said: str) -> None:
    with pytest.raises(DescriptionError, match=r"^test_reliance\.py:\d+: .*" + said):
        theory_of_subsystem(kind)


def test_a_circle_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(First, "relies", (Second,))
    said = r"First relies on Second relies on First: what rests on itself is proved by nothing; leave one of them out"
    with pytest.raises(DescriptionError, match=said):
        theory_of_subsystem(First)


def together(one: SubsystemTheory, other: SubsystemTheory, action: str) -> list[Formula]:
    """What may be done of a kernel's action where both are there: members follow the rules of each that they are in."""
    every = []
    for mine in (move for move, of in one.actions.items() if of == action):
        for theirs in (move for move, of in other.actions.items() if of == action):
            guards = (of.theory.actions[move](CANONICAL).guard for of, move in ((one, mine), (other, theirs)))
            every.append(And(*(formula for guard in guards for formula in guard.values())))
    return every


@pytest.mark.parametrize("kind", SYSTEMS)
def test_beside_another_a_subsystem_sees_what_it_was_proved_against(kind: type[Subsystem]) -> None:
    """Each step of both together is one that its proof has: by a rule of its own, or by an outsider."""
    one = theory_of_subsystem(kind)
    other = theory_of_subsystem(next(each for each in VARIANTS if not each.relies and each is not kind))
    for action in ("wait", "send", "send_map", "flush"):
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        moves = [move for move, of in one.actions.items() if of == action]
        alone = Or(*(And(*one.theory.actions[move](CANONICAL).guard.values()) for move in moves))
        solver.add(Or(*together(one, other, action)), Not(alone))
        assert solver.check() == z3.unsat, action


def test_no_rule_touches_the_notes_of_another() -> None:
    """A ghost is changed by the rules of its own description only: in the other's theory it is no symbol at all."""
    shop, guest = theory_of_subsystem(Shop), theory_of_subsystem(Guest)
    assert "sold" in shop.theory.state
    assert "sold" not in guest.theory.state
    for make in shop.theory.actions.values():
        assert applied(make(CANONICAL).after, "sold").eq(applied(shop.theory.before, "sold"))
