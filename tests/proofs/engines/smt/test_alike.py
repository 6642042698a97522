"""A model in which nothing has changed: it is shown only if the hypotheses hold in it as they are."""

from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from proofs.engines.smt import alike
from proofs.engines.smt.alike import confirm_alike
from proofs.engines.smt.confirm import Confirmation, false_in

S, T = z3.DeclareSort("S"), z3.DeclareSort("T")
X, Y = z3.Const("x", S), z3.Const("y", T)
CALLED, LATER = z3.Const("called", S), z3.Const("called'", S)
HAS, STILL = z3.Function("has", S, T, z3.BoolSort()), z3.Function("has'", S, T, z3.BoolSort())
ENDS = (("'", ""),)
BEFORE = {"two": z3.Exists([X], X != CALLED), "it has all": z3.ForAll([X, Y], HAS(X, Y) == (X == CALLED))}
KEPT = {**BEFORE, "the same is called": LATER == CALLED, "it has them still": z3.ForAll([Y], STILL(CALLED, Y))}


def shown(found: Confirmation | None) -> Structure:
    """The model that was found."""
    assert found is not None
    assert found.verdict is None
    assert found.model is not None
    return found.model


def test_later_symbols_have_the_tables_of_the_earlier_ones() -> None:
    model = shown(confirm_alike(KEPT, ENDS, 5.0))
    assert set(model.symbols) == {"called", "called'", "has", "has'"}
    assert np.array_equal(model.symbols["called"], model.symbols["called'"])
    assert np.array_equal(model.symbols["has"], model.symbols["has'"])
    assert model.symbols["has"].any()
    assert not false_in(model, KEPT)


@pytest.mark.parametrize("ends", [(), (("*", ""),), (("called", ""),)])
def test_symbols_without_such_an_end_are_left_as_they_are(ends: tuple[tuple[str, str], ...]) -> None:
    assert confirm_alike({"p": z3.Bool("p'")}, ends, 5.0) is None  # nothing is looked for


@pytest.mark.parametrize(
    "further",
    [
        {"another is called": LATER != CALLED},
        {"one has lost what it had": z3.Exists([Y], z3.Not(STILL(CALLED, Y)))},
        {"contradiction": z3.BoolVal(False)},
    ],
)
def test_what_has_changed_is_not_shown_so(further: dict[str, z3.BoolRef]) -> None:
    assert confirm_alike({**KEPT, **further}, ENDS, 5.0) is None


def test_the_first_end_that_fits_says_what_the_symbol_was_called() -> None:
    p, middle, last = z3.Bools("p p' p''")
    hypotheses = {"all": z3.And(p, middle, last)}
    assert set(shown(confirm_alike(hypotheses, (("''", ""), ("'", "")), 5.0)).symbols) == {"p", "p'", "p''"}
    assert alike._without(last.decl(), (("'", "!"), ("''", ""))) == z3.Bool("p'!").decl()
    assert alike._without(last.decl(), (("''", ""), ("'", "!"))) == p.decl()
    assert alike._without(STILL, ENDS) == HAS
    assert alike._without(HAS, ENDS) is None


def test_symbols_are_replaced_with_their_arguments_in_order() -> None:
    later = {STILL: HAS, LATER.decl(): CALLED.decl()}
    said = z3.ForAll([Y], z3.And(STILL(LATER, Y), HAS(CALLED, Y)))
    assert z3.eq(alike._replaced(said, later), z3.ForAll([Y], z3.And(HAS(CALLED, Y), HAS(CALLED, Y))))
    turned = {LATER.decl(): CALLED.decl(), STILL: HAS}
    assert z3.eq(alike._replaced(said, turned), alike._replaced(said, later)), "in whatever order they are given"
    assert z3.eq(alike._replaced(LATER != X, {LATER.decl(): CALLED.decl()}), CALLED != X)  # no function


def test_no_model_is_believed_that_was_not_evaluated_in_the_hypotheses(monkeypatch: pytest.MonkeyPatch) -> None:
    p, later = z3.Bools("p p'")
    hypotheses = {"it is not so": z3.Not(later), "it was": z3.Or(p, z3.Not(p))}
    shown(confirm_alike(hypotheses, ENDS, 5.0))
    monkeypatch.setattr(alike, "_replaced", lambda formula, _: p)  # another formula than what is said
    assert confirm_alike(hypotheses, ENDS, 5.0) is None


def test_a_value_that_cannot_be_read_shows_nothing() -> None:
    root = z3.Real("root'")
    assert confirm_alike({"two": root * root == 2}, ENDS, 5.0) is None


def test_the_model_that_z3_found_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look for a small one would cost as much again."""
    monkeypatch.setattr(alike, "least", None)
    shown(confirm_alike(KEPT, ENDS, 5.0))


class Undecided:
    """A solver that gives up, and what it was told."""

    told: list[Any]

    def __init__(self) -> None:
        """Nothing yet."""
        Undecided.told = []

    def reason_unknown(self) -> str:
        """Its time is over."""
        return "timeout"

    def add(self, *formulas: z3.BoolRef) -> None:
        """Formulas."""
        self.told.append(formulas)

    def check(self) -> z3.CheckSatResult:
        """No answer."""
        self.told.append("check")
        return z3.unknown


def test_a_small_one_is_looked_for_where_z3_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 2.5
    p, later = z3.Bools("p p'")
    small: Structure | None = Structure(1, {}, {"p": np.array([True])})
    looked = []

    def least(formulas: dict[str, z3.BoolRef], seconds: float) -> Structure | None:
        looked.append((formulas, seconds))
        return small

    monkeypatch.setattr(z3, "Solver", Undecided)
    monkeypatch.setattr(alike, "limit", lambda solver, seconds: solver.told.append(seconds))
    monkeypatch.setattr(alike, "least", least)
    model = shown(confirm_alike({"it is still so": later}, ENDS, seconds))
    assert {name: table.tolist() for name, table in model.symbols.items()} == {"p": [True], "p'": [True]}
    assert looked == [({"it is still so": p}, seconds)]
    assert Undecided.told == [seconds, (p,), "check"]
    small = None
    assert confirm_alike({"it is still so": later}, ENDS, seconds) is None
