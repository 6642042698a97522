"""Every state of a description: all are visited, what does not hold is met by a shortest run, what matters is kept."""

from functools import cache
from typing import Any

import pytest
from z3 import ForAll, Not

from model.messages.vocabulary import Call, Space, i, t, w
from model.scope import ArgumentError
from model.servers.description import Do, Subsystem, constant, ensures, ghost, guarantee, machine_with, rule, when
from model.servers.theory import theory_of_subsystem
from model.signature import Formula, Term
from proofs.explorer.result import SearchEnd
from proofs.report.walk import graph_of
from proofs.report.walk.servers import SubsystemToWalk
from proofs.servers import search as server_search
from proofs.servers.attack import attack
from proofs.servers.search import ServerExploration, SubsystemStates, explore_server


class Teller(Subsystem):
    """A word is told to who waits for the teller."""

    machine = machine_with(Thread=2, Id=2, Space=2, Slot=2, Word=3, Number=2, Right=1)
    teller = constant(Space)
    told = ghost(w, i, meaning="the word was told to who is called i")

    def members(self, space: Term) -> Formula:
        """The teller alone."""
        return space == self.teller

    @rule("send")
    def tell(self, c: Call) -> Do:
        """It says what is not empty."""
        return when(something=c.word != self.empty, no_window=self.closed(c)).then(told=(c.word, self.ident(c.other)))

    @guarantee
    def something(self) -> Formula:
        """Nothing empty is told."""
        return ForAll([i], Not(self.told(self.empty, i)))

    @ensures("tell")
    def heard(self, after: Any, c: Call) -> Formula:
        """Who is told something does not wait any more."""
        return ForAll([i], Not(after.awaits(c.other, i)))


class Empty(Teller):
    """Wrong: it says anything."""

    @rule("send")
    def tell(self, c: Call) -> Do:
        """Wrong: the empty word as well."""
        return super().tell(c).without("something")


class Deaf(Teller):
    """Wrong in what it ensures."""

    @ensures("tell")
    def heard(self, after: Any, c: Call) -> Formula:
        """Wrong: who is told something has not waited."""
        return ForAll([i], Not(self.awaits(c.other, i)))


class Sent(Teller):
    """It speaks of history as well."""

    @guarantee
    def from_somebody(self) -> Formula:
        """Nobody says the empty word to itself."""
        return ForAll([t], Not(self.sent(t, t, self.empty)))


def explored(kind: type[Subsystem], max_states: int | None = None) -> tuple[SubsystemStates, ServerExploration]:
    return _explored(kind, max_states)  # type: ignore[arg-type]


@cache
def _explored(kind: Any, max_states: int | None) -> tuple[SubsystemStates, ServerExploration]:
    states = SubsystemStates(theory_of_subsystem(kind))
    return states, explore_server(states, max_states=max_states)


@pytest.mark.long
def test_every_state_of_a_right_description_is_visited() -> None:
    states, found = explored(Teller)
    assert (found.verdict, found.complete, found.violations, found.way) == (SearchEnd.EXHAUSTED, True, (), ())
    assert found.properties == ("something", "heard")
    assert found.followed["tell"] > 0
    assert found.exit_status == 0
    graph = graph_of(SubsystemToWalk(states))
    assert (len(graph.looks), graph.complete) == (found.states, True)
    assert sum(map(len, graph.edges)) == found.transitions
    assert not any(graph.violated)
    assert "told" in [graph.cells[n] for n in dict(graph.groups)["notes"]]


@pytest.mark.long
@pytest.mark.parametrize(("kind", "what", "word"), [(Empty, "something", "the empty word"), (Deaf, "heard", "word")])
def test_what_does_not_hold_is_met_by_a_shortest_run(kind: type[Subsystem], what: str, word: str) -> None:
    states, found = explored(kind)
    assert (found.verdict, found.complete, found.verdict.exit_status) == (SearchEnd.VIOLATED, False, 1)
    (violation,) = found.violations
    assert violation.property == what
    waits, tells = violation.lines
    assert "wait waits for" in waits
    assert "tell (send)" in tells
    assert word in tells
    by_sat = attack(states.of, what, machine=kind.machine, most=3)
    assert by_sat.steps == len(violation.lines) == len(found.way)


def test_an_element_is_called_the_same_in_every_step() -> None:
    _, found = explored(Empty)
    waits, tells = found.violations[0].lines
    who = waits.split(" ")[0]
    assert f"with {who}," in tells
    assert f"({tells.split(' ')[0]})" in waits


@pytest.mark.long
def test_a_search_cut_short_is_no_pass() -> None:
    _, found = explored(Teller, max_states=5)
    assert (found.verdict, found.complete, found.verdict.exit_status) == (SearchEnd.TRUNCATED, False, 3)
    assert found.reason == "more than 5 states"
    with pytest.raises(ArgumentError, match="at least one state is visited, not 0"):
        explored(Teller, max_states=0)


@pytest.mark.long
def test_a_rule_that_is_never_followed_is_no_pass() -> None:
    """The teller is alone, and all is visited."""
    found = explore_server(SubsystemStates(theory_of_subsystem(Teller), {"Thread": 1, "Id": 1, "Space": 1}))
    assert (found.complete, found.followed, found.exit_status) == (True, {"tell": 0}, 3)


@pytest.mark.long
def test_what_matters_is_kept() -> None:
    """History is, where something that is checked speaks of it, and the registers of messages are not."""
    plain, history = (SubsystemStates(theory_of_subsystem(kind)).kept for kind in (Teller, Sent))
    assert {"told", "awaits", "has"} <= set(plain)
    assert "got" not in plain
    assert set(history) - set(plain) == {"sent"}


@pytest.mark.long
def test_only_what_is_asked_for_is_looked_at() -> None:
    of = theory_of_subsystem(Empty)
    assert SubsystemStates(of, properties=("heard",)).properties == ("heard",)
    assert explore_server(SubsystemStates(of, properties=("heard",)), max_states=30).violations == ()
    with pytest.raises(ArgumentError, match="Empty guarantees no 'once'; write some of something, heard"):
        SubsystemStates(of, properties=("once",))


def test_too_many_calls_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_search, "MOST_CALLS", 8)
    with pytest.raises(ArgumentError, match="calls in every state are too many: make the machine smaller"):
        SubsystemStates(theory_of_subsystem(Teller))
