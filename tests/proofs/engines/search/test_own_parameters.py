"""Actions with parameters of their own are searched and replayed: elements of any sort, sets, truth values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.scope import Scope
from model.signature import Term, Vocabulary, constant, fresh, relation
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.operation import Argument, Operation
from model.spaces.vocabulary import Action, Predicate, Relation, Slot, State, x
from model.theory import APPENDIX_A, Theory, extended
from proofs.engines.search.calls import NotExecutableError
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.pairs import search_pairs
from proofs.engines.search.theory_search import replay_theory, search_theory
from proofs.obligation import Obligation, Step

Thread = z3.DeclareSort("Thread")
t = z3.Const("t", Thread)
SCOPE = Scope(2, 1, 1)


@dataclass(frozen=True, slots=True)
class Waiting(State):
    waits: Annotated[Relation, relation(t, x, meaning="t waits for a page in its slot x")]


@dataclass(frozen=True, slots=True)
class Wait(Vocabulary):
    who: Annotated[Term, constant(Thread, meaning="the thread that waits")]
    window: Annotated[Predicate, relation(x, meaning="the slots that it opens")]
    at_once: Annotated[Any, constant(z3.BoolSort(), meaning="whether it gives up what it waited for")]
    ignored: Annotated[Term, constant(Thread, meaning="what no formula looks at")]


now, given = fresh(Waiting), fresh(Wait)


def wait(dialect: Dialect, s: Waiting = now, p: Wait = given) -> Action[Waiting, Wait]:
    def waits(thread: Term, slot: Term) -> z3.BoolRef:
        kept = z3.And(s.waits(thread, slot), z3.Not(p.at_once))
        return z3.If(thread == p.who, z3.Or(kept, p.window(slot)), s.waits(thread, slot))

    some = z3.Exists([x], p.window(x))
    return Action("wait", {"some slot is open": some}, replace(s, waits=waits), p)


def start(scope: Scope) -> Structure:
    """Two threads, of which none waits."""
    assert APPENDIX_A.start is not None
    structure = APPENDIX_A.start(scope)
    sizes = {**structure.sizes, "Thread": 2}
    return Structure(1, sizes, {**structure.symbols, "waits": np.zeros((1, 2, scope.slots), bool)})


def without_sizes(scope: Scope) -> Structure:
    made = start(scope)
    return Structure(1, {sort: size for sort, size in made.sizes.items() if sort != "Thread"}, made.symbols)


def theory_with(action: Callable[..., Action[Any, Any]], name: str = "wait", **more: Any) -> Theory[Any]:
    return extended(APPENDIX_A, "waiting", state=Waiting, actions={name: action}, **{"start": start, **more})


WAITING = theory_with(wait)


def obligation(id: str, goal: Callable[[Step[Any, Any]], z3.BoolRef]) -> Obligation[Any, Any]:
    return Obligation(id, "B.own", "in words", "wait", goal, theory=WAITING)


def nobody_waits_for_two(step: Step[Any, Any]) -> z3.BoolRef:
    y = z3.Const("y", Slot)
    one, other = step.after.waits(t, x), step.after.waits(t, y)
    return z3.ForAll([t, x, y], z3.Implies(z3.And(one, other), x == y))


def nothing_is_given_up(step: Step[Any, Any]) -> z3.BoolRef:
    return z3.ForAll([t, x], z3.Implies(step.before.waits(t, x), step.after.waits(t, x)))


def what_is_opened_is_waited_for(step: Step[Any, Any]) -> z3.BoolRef:
    return z3.ForAll([x], z3.Implies(step.called.window(x), step.after.waits(step.called.who, x)))


def arguments(who: int, window: Sequence[int], at_once: int) -> list[Argument]:
    opened = frozenset(window)
    return [Argument("who", "Thread", who), Argument("window", "Slot", opened), Argument("at_once", "Bool", at_once)]


def call(who: int, window: Sequence[int], at_once: int = 0) -> Operation:
    return Operation.call("wait", arguments(who, window, at_once))


def test_such_an_action_is_searched() -> None:
    asked = [obligation("two", nobody_waits_for_two), obligation("given_up", nothing_is_given_up)]
    true = obligation("true", what_is_opened_is_waited_for)
    reached = search_theory(CANONICAL, SearchArea(SCOPE), WAITING, [*asked, true])
    assert reached.traces == {"two": (call(0, [0, 1]),), "given_up": (call(0, [0]), call(0, [1], 1))}
    assert reached.complete
    states_of_spaces = search_theory(CANONICAL, SearchArea(SCOPE), APPENDIX_A, [true]).states
    assert reached.states == states_of_spaces * 16  # each thread waits for any set of the two slots


def test_the_call_is_told_in_words() -> None:
    assert call(1, [0, 1]).text(SCOPE) == "wait (at_once Bool 0, who Thread 1, window {σ0[0], σ1[0]})"


def test_such_calls_are_replayed() -> None:
    steps = [call(0, [1]), call(1, []), Operation("map", 0, 1, 4), call(0, [0], 1)]
    replayed = list(replay_theory(CANONICAL, WAITING, SCOPE, steps))
    assert [possible for possible, _ in replayed] == [True, False, True, True]
    tables = [structure.symbols["waits'"][0].astype(int).tolist() for _, structure in replayed]
    assert tables == [[[0, 1], [0, 0]], [[0, 1], [0, 0]], [[0, 1], [0, 0]], [[1, 0], [0, 0]]]


def test_what_a_call_does_not_say_is_the_first_element_and_the_whole_set() -> None:
    ((possible, structure),) = replay_theory(CANONICAL, WAITING, SCOPE, [Operation.call("wait", [])])
    assert possible
    assert structure.symbols["waits'"][0].tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (Operation("pin", 0), "waiting has no action pin; it has map, grant, flush, wait"),
        (Operation("wait", 0), "wait has no parameter src; there are: who, window, at_once, ignored"),
        (call(2, [0]), "wait: who names Thread 2; there are 2, counted from 0"),
        (call(0, [0, 2]), "wait: window names Slot 2; there are 2, counted from 0"),
        (Operation.call("wait", [Argument("who", "Slot", 1)]), "who is Thread; it was given an element of Slot"),
        (
            Operation.call("wait", [Argument("who", "Thread", frozenset({1}))]),
            "who is Thread; it was given a set of Thread",
        ),
    ],
)
def test_what_is_no_call_of_the_theory_is_said_to_be_none(operation: Operation, said: str) -> None:
    with pytest.raises(NotExecutableError) as caught:
        list(replay_theory(CANONICAL, WAITING, SCOPE, [operation]))
    assert said in str(caught.value)


# what cannot be called in all ways is not searched, which is no complete search


@dataclass(frozen=True, slots=True)
class Pairing(Vocabulary):
    pairs: Annotated[Relation, relation(t, x, meaning="which thread gets which slot")]


paired = fresh(Pairing)


def pair(dialect: Dialect, s: Waiting = now, p: Pairing = paired) -> Action[Waiting, Pairing]:
    return Action("pair", {}, replace(s, waits=p.pairs), p)


@pytest.mark.parametrize(
    ("theory", "scope"),
    [(theory_with(pair, "pair"), SCOPE), (theory_with(wait, start=without_sizes), SCOPE), (WAITING, Scope(5, 4, 1))],
    ids=["a relation of two", "no size of a sort", "too many sets"],
)
def test_what_cannot_be_called_in_all_ways_is_not_searched(theory: Theory[Any], scope: Scope) -> None:
    asked = [obligation("two", nobody_waits_for_two)]
    reached = search_theory(CANONICAL, SearchArea(scope), theory, asked)
    assert (reached.complete, reached.traces) == (False, {})
    assert not search_pairs(CANONICAL, SearchArea(scope), [], theory).complete
