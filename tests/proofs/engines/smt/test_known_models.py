"""Models that were found for other hypotheses: what they show, and what they must not."""

from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from proofs.engines.smt import known_models, solver
from proofs.engines.smt.known_models import KnownModels
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligation import Condition
from proofs.verdict import Verdict

S, R = z3.DeclareSort("S"), z3.DeclareSort("R")
x, y = z3.Consts("x y", S)
a, b = z3.Consts("a b", S)
of = z3.Function("of", S, S, z3.BoolSort())
next_to = z3.Function("next_to", S, S)
Z3 = Settings(solvers=Solvers.Z3)

SOMETHING = {"something": z3.Exists([x, y], of(x, y))}
IRREFLEXIVE = {"irreflexive": z3.ForAll([x], z3.Not(of(x, x)))}
ONE_OF = {"a": of(a, b)}


def model(**tables: Any) -> Structure:
    return Structure(1, {"S": 2}, {name: np.array([table]) for name, table in tables.items()})


def knowing(**tables: Any) -> KnownModels:
    known = KnownModels()
    known.add(model(**tables), {"of these symbols": z3.And(of(x, a), of(a, b))})
    return known


FIRST_OF_SECOND = {"of": [[False, True], [False, False]], "a": 0, "b": 1, "x": 0}


def test_a_model_of_others_is_evaluated_in_these() -> None:
    known = knowing(**FIRST_OF_SECOND)
    found = known.of({**SOMETHING, **IRREFLEXIVE, **ONE_OF})
    assert found is not None
    assert found.verdict is None
    assert found.sentence == "evaluated in a model of 2 elements"
    assert found.model is not None
    assert found.model.symbols["of"].tolist() == [[[False, True], [False, False]]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reflexive": z3.ForAll([x], of(x, x))},
        {"backwards": of(b, a)},
        {"three elements": z3.Exists([x], z3.And(x != a, x != b))},
        {"neither": z3.And(of(a, b), z3.Not(of(a, b)))},
    ],
)
def test_a_model_in_which_one_of_them_is_false_shows_nothing(wrong: dict[str, z3.BoolRef]) -> None:
    known = knowing(**FIRST_OF_SECOND)
    assert known.of({**SOMETHING, **wrong}) is None
    assert known.of({**wrong, **SOMETHING}) is None


def test_a_symbol_that_the_model_does_not_have_is_nothing_everywhere() -> None:
    known = knowing(**FIRST_OF_SECOND)
    other = z3.Function("other", S, R, z3.BoolSort())
    r = z3.Const("r", R)
    found = known.of({**ONE_OF, "nothing": z3.ForAll([x, r], z3.Not(other(x, r))), "next": next_to(b) == a})
    assert found is not None
    assert found.model is not None
    assert found.model.sizes == {"S": 2, "R": 1}
    assert found.model.symbols["other"].tolist() == [[[False], [False]]]
    assert [found.model.symbols[name].dtype for name in ("other", "next_to")] == [np.dtype(bool), np.dtype(np.int64)]
    assert known.of({**ONE_OF, "some": z3.Exists([x, r], other(x, r))}) is None


def test_a_symbol_of_that_name_with_other_sorts_is_another() -> None:
    known = knowing(**FIRST_OF_SECOND)
    assert known.of({"b of R": z3.Const("b", R) == z3.Const("b", R)}) is None
    assert known.of({"to S": z3.Function("of", S, S, S)(a, a) == a}) is None
    one, two = z3.Function("new", S, z3.BoolSort()), z3.Function("new", S, S, z3.BoolSort())
    assert known.of({"new": z3.Not(two(a, b))}) is not None
    assert known.of({"two of one name": z3.And(z3.Not(one(a)), z3.Not(two(a, b)))}) is None


def test_a_sort_that_only_quantifiers_name_has_one_element() -> None:
    known = knowing(**FIRST_OF_SECOND)
    r, other = z3.Consts("r other", R)
    found = known.of({**ONE_OF, "one": z3.ForAll([r, other], r == other)})
    assert found is not None
    assert found.model is not None
    assert found.model.sizes == {"S": 2, "R": 1}
    assert known.of({**ONE_OF, "two": z3.Exists([r, other], r != other)}) is None


@pytest.mark.parametrize("interpreted", [z3.Bool("p"), z3.Int("n"), z3.Real("n")])
def test_what_z3_interprets_is_no_sort_of_that_name(interpreted: z3.ExprRef) -> None:
    sort, other = z3.DeclareSort(interpreted.sort().name()), z3.Const("other", interpreted.sort())
    of_that_name = z3.Function("of that name", sort, z3.BoolSort())(z3.Const("c", sort))
    first = Condition({"some": of_that_name}, {}, of_that_name)
    all_one = {"some": of_that_name, "all are one": z3.ForAll([interpreted, other], interpreted == other)}
    satisfiable = Satisfiable()
    assert satisfiable.check(first, Z3).verdict is None
    assert satisfiable.check(Condition(all_one, {}, of_that_name), Z3).verdict == Verdict.VACUOUS


@pytest.mark.parametrize("interpreted", [z3.Bool("p"), z3.Int("n"), z3.Real("n")])
def test_what_is_said_of_all_that_z3_interprets_is_left_to_the_solvers(interpreted: z3.ExprRef) -> None:
    satisfiable = Satisfiable()
    assert satisfiable.check(Condition(ONE_OF, {}, ONE_OF["a"]), Z3).model is not None
    some = ONE_OF | {"it is itself": z3.ForAll([interpreted], interpreted == interpreted)}
    found = satisfiable.check(Condition(some, {}, ONE_OF["a"]), Z3)
    assert found.verdict is None
    assert found.sentence == "z3 and cvc5 find a model, which was not evaluated"


def test_numbers_are_left_to_the_solver() -> None:
    known = knowing(**FIRST_OF_SECOND)
    assert known.of({**ONE_OF, "bits": z3.BitVec("word", 64) == 0}) is None
    known.add(Structure(1, {}, {"word": np.array([0], object)}), {"bits": z3.BitVec("word", 64) == 0})
    assert known.of({"bits": z3.BitVec("word", 64) == 0}) is None
    assert known.of(ONE_OF) is not None


def test_those_of_use_are_kept_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_models, "MOST_MODELS", 2)
    known = KnownModels()
    told: dict[str, z3.BoolRef] = {"of these symbols": z3.And(of(a, b), of(b, a))}
    known.add(model(of=[[False, True], [False, False]], a=0, b=1), told)
    known.add(model(of=[[False, False], [True, False]], a=0, b=1), told)
    assert known.of(ONE_OF) is not None  # the older one is used, so that the newer one goes next
    known.add(model(of=[[True, True], [True, True]], a=0, b=1), told)
    assert known.of({**ONE_OF, **IRREFLEXIVE}) is not None
    assert known.of({"backwards": of(b, a), **IRREFLEXIVE}) is None


def test_a_model_that_was_of_use_comes_first_and_none_is_kept_twice_or_lost() -> None:
    known = KnownModels()
    for elements in (1, 2, 3):
        known.add(Structure(1, {"S": elements}, {}), {"of sorts only": z3.ForAll([x], x == x)})
    for at_least, order in ((3, [3, 2, 1]), (2, [3, 2, 1]), (1, [3, 2, 1])):
        assert known.of({"so many": z3.Exists([x, y], x != y) if at_least > 1 else z3.BoolVal(True)})
        assert [each.model.sizes["S"] for each in known._last] == order
    for _ in range(2):
        assert known.of({"one": z3.ForAll([x, y], x == y)})
        assert [each.model.sizes["S"] for each in known._last] == [1, 3, 2]


def test_of_what_has_no_symbols_and_only_a_sort_that_no_model_has_one_element_is_made() -> None:
    r, other = z3.Consts("r other", R)
    found = knowing(**FIRST_OF_SECOND).of({"there is one": z3.ForAll([r, other], r == other)})
    assert found is not None
    assert found.model is not None
    assert found.model.sizes["R"] == 1


def test_what_is_shown_so_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    confirmed = solver._confirmed

    def asking(condition: Condition, settings: Settings) -> Any:
        asked.append(tuple(condition.hypotheses))
        return confirmed(condition, settings)

    monkeypatch.setattr(solver, "_confirmed", asking)
    satisfiable = Satisfiable()
    reflexive = {"reflexive": z3.ForAll([x], of(x, x))}
    for hypotheses, verdict in (
        (SOMETHING | IRREFLEXIVE, Verdict.PROVED),
        (SOMETHING, Verdict.PROVED),
        (SOMETHING | IRREFLEXIVE | reflexive, Verdict.VACUOUS),
    ):
        condition = Condition(hypotheses, dict.fromkeys(hypotheses, "invariant"), SOMETHING["something"])
        assert discharge(condition, satisfiable, Z3).verdict == verdict
    assert asked == [("something", "irreflexive"), ("something", "irreflexive", "reflexive")]


def test_a_model_of_some_hypotheses_is_one_of_fewer_and_of_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    confirmed = solver._confirmed

    def asking(condition: Condition, settings: Settings) -> Any:
        asked.append(tuple(condition.hypotheses))
        return confirmed(condition, settings)

    monkeypatch.setattr(solver, "_confirmed", asking)
    satisfiable, number = Satisfiable(), z3.Function("number", S, z3.IntSort())
    positive = {"no number is negative": z3.ForAll([x], number(x) >= 0)}
    some, none = {"a has some": number(a) >= 1}, {"a has none": number(a) == 0}
    for hypotheses, verdict in (
        (positive | some, Verdict.PROVED),
        (positive, Verdict.PROVED),
        (some, Verdict.PROVED),
        (some | none, Verdict.VACUOUS),
        (none, Verdict.PROVED),
        (positive | none, Verdict.PROVED),
    ):
        goal = z3.Or(number(a) < 0, number(a) >= 0)
        assert discharge(Condition(hypotheses, {}, goal), satisfiable, Z3).verdict == verdict
    assert asked == [tuple(positive | some), tuple(some | none), tuple(none), tuple(positive | none)]


def test_only_the_last_sets_of_hypotheses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MOST_SETS", 1)
    satisfiable = Satisfiable()
    for n in range(3):
        hypotheses = {"number": z3.Int("n") >= n, "other": z3.Int("m") >= n}
        assert satisfiable.check(Condition(hypotheses, {}, z3.BoolVal(True)), Z3).verdict is None
    assert [len(key) for key, _ in satisfiable._more] == [2]
