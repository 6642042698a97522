"""Descriptions of which a proof would say nothing are refused by name, and those of section 3 are not."""

from dataclasses import replace
from typing import Any

import pytest
from z3 import And, Exists, ForAll, Implies, Not

from model.messages.vocabulary import Call, Space, i, j, p, t, u, w
from model.servers.description import (
    DescriptionError,
    Do,
    Named,
    Subsystem,
    constant,
    ensures,
    ghost,
    guarantee,
    invariant,
    relation,
    rule,
    when,
)
from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import theory_of_subsystem
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, x
from proofs.vacuous import check_vacuity


class Lock(Subsystem):
    """A lock that one has at a time."""

    server = constant(Space)
    held = ghost(i)

    def members(self, space: Term) -> Formula:
        return space == self.server

    @rule("wait")
    def listen(self, c: Call) -> Do:
        return when(no_window=self.closed(c))

    @rule("send")
    def grant(self, c: Call) -> Do:
        free = ForAll([i], Not(self.held(i)))
        return when(free=free, no_window=self.closed(c)).then(held=(self.ident(c.other),))

    @guarantee
    def exclusive(self) -> Formula:
        """One has it."""
        return ForAll([i, j], Implies(And(self.held(i), self.held(j)), i == j))


class OfTheKernel(Lock):
    """Its second guarantee holds of every kernel."""

    @guarantee
    def own_slots(self) -> Formula:
        """Windows are in one's own space."""
        return ForAll([t, x], Implies(self.window(t, x), owner(x) == self.space(t)))


class OfWhatIsAssumed(Lock):
    """Its second guarantee is assumed."""

    quiet = relation(p)

    def assume(self) -> Named:
        return {"quiet": ForAll([p], self.quiet(p))}

    @guarantee
    def all_quiet(self) -> Formula:
        """Who is there is quiet."""
        return ForAll([p], Implies(self.born(p), self.quiet(p)))


class OfNoState(Lock):
    """Its second guarantee is of what an invariant rules out."""

    @invariant
    def holders_are_named(self) -> Formula:
        """Who holds it has an id."""
        return ForAll([i], Implies(self.held(i), self.named(i)))

    @guarantee
    def strangers(self) -> Formula:
        """A stranger who holds it has talked to everybody."""
        stranger = And(self.held(i), Not(self.named(i)))
        return ForAll([i, t, u, w], Implies(stranger, self.sent(t, u, w)))


class NeverNoted(Lock):
    """One ghost stays empty."""

    lost = ghost(i)

    @guarantee
    def lost_is_held(self) -> Formula:
        """What is lost is held."""
        return ForAll([i], Implies(self.lost(i), self.held(i)))


class NotedInACircle(Lock):
    """To be noted in one ghost one has to be in the other."""

    early = ghost(i)
    late = ghost(i)

    @rule("send")
    def sooner(self, c: Call) -> Do:
        return when(late=self.late(self.ident(c.actor))).then(early=(self.ident(c.other),))

    @rule("send")
    def later(self, c: Call) -> Do:
        return when(early=self.early(self.ident(c.actor))).then(late=(self.ident(c.other),))


class NobodyOutside(Lock):
    """All are members."""

    def members(self, space: Term) -> Formula:
        return space == space


class OneSpace(Lock):
    """There is no other space."""

    def assume(self) -> Named:
        return {"alone": ForAll([p], p == self.server)}


class NobodyRuns(Lock):
    """Nothing happens."""

    def start(self) -> Named:
        return {"nobody": ForAll([t], Not(self.runs(t)))}


class NoKernelsStart(Lock):
    """The kernel has no such state."""

    def start(self) -> Named:
        return {"foreign": Exists([t, x], And(self.window(t, x), owner(x) != self.space(t)))}


class Unfollowed(Lock):
    """A rule against the kernel."""

    @rule("write")
    def scribble(self, c: Call) -> Do:
        return when(unseen=Not(self.existed(c.actor)))


class EnsuresNothing(Lock):
    """What a step ensures is always so."""

    @ensures("grant")
    def same(self, after: Any, c: Call) -> Formula:
        """It is held or not."""
        return after.held(self.ident(c.other)) == after.held(self.ident(c.other))


class EnsuresOfNoStep(Lock):
    """What it ensures is of a step against its own rule."""

    @ensures("grant")
    def again(self, after: Any, c: Call) -> Formula:
        """A second grant takes all."""
        return ForAll([i, j], Implies(self.held(i), Not(after.held(j))))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (OfTheKernel, "own_slots follows from the kernel and what is assumed, whatever members do"),
        (OfWhatIsAssumed, "all_quiet follows from the kernel and what is assumed"),
        (OfNoState, "strangers speaks of a case that no state has"),
        (NeverNoted, "nothing is ever noted in lost, so that"),
        (NotedInACircle, "nothing is ever noted in early, late, so that"),
        (NobodyOutside, "members are all spaces, so that nobody is an outsider"),
        (OneSpace, "members are all spaces, so that nobody is an outsider"),
        (NobodyRuns, "start leaves no thread that runs, so that nothing happens"),
        (NoKernelsStart, "start can never be: no state has all that it asks for"),
        (Unfollowed, "scribble can never be followed: no state has all that it asks for"),
        (EnsuresNothing, "same holds of every step whatever"),
        (EnsuresOfNoStep, "again speaks of a step that is never made"),
    ],
)
def test_what_would_say_nothing_is_refused(kind: type[Subsystem], said: str) -> None:
    with pytest.raises(DescriptionError, match=r"^test_vacuous\.py:\d+: " + said):
        check_vacuity(theory_of_subsystem(kind))


def test_what_says_something_is_not() -> None:
    check_vacuity(theory_of_subsystem(Lock))


def test_those_that_are_relied_on_are_asked_as_well() -> None:
    of = replace(theory_of_subsystem(Lock), others=(theory_of_subsystem(NobodyRuns),))
    with pytest.raises(DescriptionError, match="start leaves no thread"):
        check_vacuity(of)


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_systems_and_their_wrong_variants_say_something(name: str) -> None:
    check_vacuity(theory_of_subsystem(SYSTEMS[name]))
