"""A vocabulary declares each symbol once; what follows from the declaration is right of a record made for the test."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure, compile_meaning, compile_term
from model.scope import Scope
from model.signature import (
    Formula,
    Term,
    Vocabulary,
    applied,
    atoms,
    choose,
    constant,
    fresh,
    function,
    relation,
    rewritten,
    symbols_of,
    unchanged_symbols,
)
from model.spaces.dialect import CANONICAL
from model.spaces.invariants import Invariant
from model.spaces.theory import ACTIONS, Action, Parameters, State, called, x, y
from model.spaces.vocabulary import Predicate, Rigid
from model.theory import APPENDIX_A, extended

Thing = z3.DeclareSort("Thing")
t, v = z3.Consts("t v", Thing)


@dataclass(frozen=True, slots=True)
class Base(Vocabulary):
    """One of each."""

    near: Annotated[Callable[[Term, Term], Formula], relation(t, v, meaning="t is near v")]
    next: Annotated[Callable[[Term], Term], function(t, result=Thing)]
    first: Annotated[Term, constant(Thing)]
    on: Annotated[Formula, relation(meaning="it is on")]


@dataclass(frozen=True, slots=True)
class More(Base):
    """One more."""

    red: Annotated[Callable[[Term], Formula], relation(t)]


def test_symbols_come_in_order_with_their_sorts() -> None:
    assert {name: symbol.kind for name, symbol in symbols_of(More).items()} == {
        "near": "Thing × Thing",
        "next": "Thing → Thing",
        "first": "Thing",
        "on": "truth value",
        "red": "Thing",
    }
    assert symbols_of(Base)["near"].meaning == "t is near v"
    assert dict(symbols_of(Vocabulary)) == {}


def test_fresh_symbols_are_told_apart_by_their_suffix() -> None:
    one, other = fresh(Base), fresh(More, "'")
    shown = [str(term) for term in atoms(one).values()]
    assert shown == ["near(t, v)", "next(t)", "first", "on"]
    assert [str(term) for term in atoms(other).values()] == ["near'(t, v)", "next'(t)", "first'", "on'", "red'(t)"]
    assert z3.eq(fresh(Base).near(t, v), one.near(t, v))


def test_a_choice_is_made_symbol_by_symbol() -> None:
    chosen = choose(t == v, fresh(Base), fresh(Base, "'"))
    for name, symbol in symbols_of(Base).items():
        then, otherwise = applied(fresh(Base), name), applied(fresh(Base, "'"), name)
        assert z3.eq(applied(chosen, name), z3.If(t == v, then, otherwise)), symbol


def test_unchanged_is_said_of_every_symbol_but_those_left_out() -> None:
    one = fresh(More)
    same = unchanged_symbols(one, replace(one, red=lambda t: t == one.first), but=("near",))
    assert list(same) == ["next", "first", "on", "red"]
    assert str(same["red"]) == "ForAll(t, red(t) == (t == first))"
    assert str(unchanged_symbols(fresh(Base), fresh(Base, "'"))["first"]) == "first == first'"


def test_a_formula_is_rewritten_by_a_meaning() -> None:
    one, after = fresh(Base), fresh(Base, "'")
    meaning = replace(one, near=lambda t, v: z3.And(one.near(v, t), one.on), first=one.next(one.first))
    formula = z3.ForAll([t], z3.And(after.near(t, after.first), after.on))
    expected = z3.ForAll([t], z3.And(z3.And(one.near(one.next(one.first), t), one.on), one.on))
    assert z3.eq(rewritten(formula, after, meaning), expected)


def test_a_meaning_is_evaluated_table_by_table() -> None:
    one = fresh(Base)
    meaning = replace(one, near=lambda t, v: one.next(t) == v, on=z3.Not(one.on))
    tables = {"near": np.zeros((1, 2, 2), bool), "next": np.array([[1, 1]]), "first": np.array([0])}
    found = compile_meaning(meaning)(Structure(1, {"Thing": 2}, tables | {"on": np.array([True])}))
    assert {name: table.tolist() for name, table in found.items()} == {
        "near": [[[False, True], [False, True]]],
        "next": [[1, 1]],
        "first": [0],
        "on": [False],
    }


def test_a_field_that_declares_nothing_is_named() -> None:
    @dataclass(frozen=True, slots=True)
    class Silent(Vocabulary):
        what: Callable[[Term], Formula]

    class Plain(Vocabulary):
        what: Annotated[Term, constant(Thing)]

    with pytest.raises(TypeError, match=r"Silent\.what declares no symbol; write Annotated\[\.\.\., relation"):
        symbols_of(Silent)
    with pytest.raises(TypeError, match="Plain is no dataclass; write @dataclass"):
        symbols_of(Plain)


# theories


@dataclass(frozen=True, slots=True)
class Pinned(State):
    """Pages that are to stay."""

    pinned: Annotated[Predicate, relation(x)]


PINS = extended(
    APPENDIX_A,
    "pins",
    state=Pinned,
    invariants=[Invariant("pins", "B.own", "", lambda s: z3.ForAll([x], z3.Implies(s.pinned(x), s.live(x))))],
    initial=lambda s: {"nothing is pinned": z3.ForAll([x], z3.Not(s.pinned(x)))},
)


@pytest.mark.parametrize("name", ACTIONS)
def test_the_actions_of_the_base_leave_alone_what_is_added(name: str) -> None:
    action, of_base = PINS.actions[name](CANONICAL), ACTIONS[name](CANONICAL)
    assert isinstance(action.after, Pinned)
    assert z3.eq(action.after.pinned(x), PINS.before.pinned(x))
    assert z3.eq(action.after.derives(x, y), of_base.after.derives(x, y))
    assert action.guard.keys() == of_base.guard.keys()


def test_a_search_begins_where_nothing_added_holds() -> None:
    first = PINS.first(Scope(2, 1, 1))
    assert first is not None
    assert first.symbols["pinned"].tolist() == [[False, False]]
    wrong = replace(PINS, initial=lambda s, invariant: {"all is pinned": z3.ForAll([x], s.pinned(x))})
    with pytest.raises(ValueError, match="pins: the state that a search begins with is no first one: all is pinned"):
        wrong.first(Scope(2, 1, 1))


def test_the_first_state_of_appendix_a_is_the_literal_one() -> None:
    first = APPENDIX_A.first(Scope(2, 2, 1))
    assert first is not None
    assert first.symbols["live"].tolist() == [[True, False, False, False]]
    assert all(compile_term(each.formula(APPENDIX_A.before))(first)[0] for each in APPENDIX_A.invariants.values())


def test_with_sorts_of_its_own_it_is_not_searched() -> None:
    @dataclass(frozen=True, slots=True)
    class Owned(Rigid):
        of: Annotated[Callable[[Term], Term], function(t, result=Thing)]

    assert extended(APPENDIX_A, "things", rigid=Owned).first(Scope(2, 1, 1)) is None


def test_a_theory_that_does_not_extend_its_base_is_refused() -> None:
    with pytest.raises(TypeError, match="wrong: the state Base does not extend State; write it as a subclass"):
        extended(APPENDIX_A, "wrong", state=Base)
    with pytest.raises(TypeError, match="wrong: Appendix A has map already; choose another name"):
        extended(APPENDIX_A, "wrong", actions={"map": ACTIONS["map"]})


def test_one_name_stands_for_one_symbol() -> None:
    @dataclass(frozen=True, slots=True)
    class Call(Vocabulary):
        holder: Annotated[Term, constant(Thing)]

    def act(dialect: object, s: State = APPENDIX_A.before) -> Action[State, Call]:
        return Action("act", {}, s, fresh(Call))

    theory = extended(APPENDIX_A, "twice", actions={"act": act})
    with pytest.raises(TypeError, match="holder stands for a Frame → Slot and for a Thing; give one another name"):
        dict(theory.symbols)


def test_actions_declare_what_they_are_called_with() -> None:
    for make in ACTIONS.values():
        assert make(CANONICAL).called == called
    assert list(symbols_of(Parameters)) == ["src", "dst", "mask"]
