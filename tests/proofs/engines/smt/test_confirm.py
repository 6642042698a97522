"""z3's models read and evaluated: every symbol, every hypothesis, and nothing that is too large."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure, UnsupportedTermError
from model.running.z3_terms import read
from proofs.engines.smt import confirm
from proofs.engines.smt.confirm import Confirmation, false_in, judged, least, read_model, size_of
from proofs.engines.smt.outcome import Answer
from proofs.verdict import Verdict

P, Q = z3.Bools("p q")
N, M = z3.Ints("n m")
X = z3.BitVec("x", 8)
S, T = z3.DeclareSort("S"), z3.DeclareSort("T")
C, D = z3.Consts("c d", S)
E = z3.Const("e", T)
UP = z3.Function("up", S, S)
PAIR = z3.Function("pair", S, T, z3.BoolSort())
HEIGHT = z3.Function("height", S, z3.IntSort())
TWO, ONE = z3.Exists([C, D], C != D), z3.ForAll([C, D], C == D)
THREE = z3.Exists([E], z3.Exists([z3.Const("f", T), z3.Const("g", T)], z3.Distinct(E, *z3.Consts("f g", T))))


def model_of(*formulas: z3.BoolRef) -> z3.ModelRef:
    solver = z3.Solver()
    solver.add(*formulas)
    assert solver.check() == z3.sat
    return solver.model()


def the(structure: Structure | None) -> Structure:
    assert structure is not None
    return structure


# reading


def test_numbers_bits_and_truth_values_are_read_together() -> None:
    formulas = [P, z3.Not(Q), N == 4, X == 200]
    found = the(read_model(model_of(*formulas), iter(formulas)))
    for some in ([P, N == 4], [N == 4, P], [N == 4, P, Q]):
        assert the(read_model(model_of(*some), some)).symbols["n"].tolist() == [4]
    assert (found.batch, found.sizes) == (1, {})
    assert {name: table.tolist() for name, table in found.symbols.items()} == {
        "p": [True],
        "q": [False],
        "n": [4],
        "x": [200],
    }
    assert false_in(found, {str(i): formula for i, formula in enumerate(formulas)}) == ""


def test_what_a_model_does_not_name_has_some_value() -> None:
    found = the(read_model(model_of(P), [P, Q, N > -1]))
    assert found.symbols["n"].tolist() == [0]
    assert found.symbols["q"].tolist() == [False]
    alone = the(read_model(model_of(P), [P, z3.ForAll([C], UP(C) == C)]))
    assert (alone.sizes, alone.symbols["up"].tolist()) == ({"S": 1}, [[0]])


def test_a_function_of_numbers_is_read_at_the_places_that_are_named() -> None:
    double, even = z3.Function("double", z3.IntSort(), z3.IntSort()), z3.Function("even", z3.IntSort(), z3.BoolSort())
    price = z3.Real("price")
    formulas = {
        "twice": double(N) == N + N,
        "once more": z3.Implies(double(N) > 5, double(double(N)) == 12),
        "n is 3": N == 3,
        "it is even": z3.And(even(double(N)), z3.Not(even(N))),
        "less than one": z3.And(price > 0, price < 1, 2 * price == 1),
    }
    found = the(read_model(model_of(*formulas.values()), formulas.values()))
    assert {name: table.tolist() for name, table in found.symbols.items()} == {
        "double": [{(3,): 6, (6,): 12}],
        "even": [{(6,): True, (3,): False}],
        "n": [3],
        "price": [Fraction(1, 2)],
    }
    assert false_in(found, formulas) == ""
    assert size_of(found) == "an assignment of 4 symbols"
    for name, meaning in (
        ("double", {(3,): 6, (6,): 13}),
        ("even", {(6,): True, (3,): True}),
        ("price", Fraction(1, 3)),
    ):
        table = np.empty(1, object)
        table[0] = meaning
        wrong = {"double": "once more", "even": "it is even", "price": "less than one"}[name]
        assert false_in(found.with_symbols(**{name: table}), formulas) == wrong


def test_symbols_of_one_name() -> None:
    one, other = z3.Int("same"), z3.Real("same")
    found = the(read_model(model_of(one == 3, 2 * other == 1), [one == 3, 2 * other == 1]))
    assert {name: table.tolist() for name, table in found.symbols.items()} == {
        "same of Int": [3],
        "same of Real": [Fraction(1, 2)],
    }
    finite = [z3.Bool("up"), z3.ForAll([C], UP(C) == C)]
    assert read_model(model_of(*finite), finite) is None


def test_a_place_that_is_zero_and_a_function_that_is_said_alone() -> None:
    even = z3.Function("even", z3.IntSort(), z3.BoolSort())
    zero = z3.IntVal(0)
    found = the(read_model(model_of(even(zero)), [even(zero)]))
    assert found.symbols["even"].tolist() == [{(0,): True}]
    assert size_of(found) == "an assignment of 1 symbol"
    said = the(read_model(model_of(even(zero), Q), [even(zero), Q]))
    assert said.symbols["q"].dtype == bool
    assert size_of(said) == "an assignment of 2 symbols"
    assert size_of(the(read_model(model_of(Q, even(zero)), [Q, even(zero)]))) == "an assignment of 2 symbols"


def test_numbers_beside_a_finite_structure_are_evaluated() -> None:
    two = Structure(1, {"S": 2}, {"up": np.array([[1, 0]]), "p": np.array([True])})
    formulas = {"p": P, "apart": z3.ForAll([C], UP(C) != C), "numbers": z3.IntVal(1) <= 2}
    assert false_in(two, formulas) == ""
    assert false_in(two, {**formulas, "wrong": z3.IntVal(3) <= 2}) == "wrong"


def test_a_function_whose_value_is_no_fraction_is_not_read() -> None:
    root = z3.Function("root", z3.IntSort(), z3.RealSort())
    formulas = [root(0) * root(0) == 2]
    assert the(read_model(model_of(*formulas), formulas)).symbols == {}


def test_a_value_that_is_no_fraction_is_not_read() -> None:
    side, places = z3.Real("side"), z3.Function("places", z3.RealSort(), z3.IntSort())
    formulas = [side * side == 2, places(side) == 2]
    assert the(read_model(model_of(*formulas), formulas)).symbols == {}


def test_a_formula_of_numbers_without_a_symbol_is_evaluated() -> None:
    found = the(read_model(model_of(N == 3), [N == 3]))
    assert false_in(found, {"n": N == 3, "it holds": z3.If(z3.BoolVal(True), z3.IntVal(1), z3.IntVal(0)) <= 1}) == ""
    assert false_in(found, {"n": N == 3, "it does not": z3.IntVal(2) <= 1}) == "it does not"


@pytest.mark.parametrize("other", [z3.ForAll([M], M + N > M), z3.ForAll([C], HEIGHT(C) > 3)])
def test_what_is_neither_finite_nor_without_quantifiers_is_not_read(other: z3.BoolRef) -> None:
    for formulas in ([N > 3, other], [other, N > 3], [other]):
        assert read_model(model_of(*formulas), formulas) is None
        assert read_model(model_of(*formulas), iter(formulas)) is None


def test_a_constant_whose_value_is_no_number_is_left_out() -> None:
    class Odd:
        """Says of everything that it is n + 1."""

        def eval(self, term: z3.ExprRef, model_completion: bool) -> z3.ExprRef:
            return N + 1 if z3.is_int(term) else z3.BoolVal(True)

    odd: Any = Odd()
    assert the(read_model(odd, [P, N > 3])).symbols.keys() == {"p"}


def test_a_value_that_is_none_of_the_elements_is_no_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = z3.Consts("one other", S)
    monkeypatch.setattr(confirm, "_elements", lambda model, sort: [one])
    assert read_model(model_of(one != other), [one != other]) is None


def test_as_many_places_are_read_as_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [TWO, THREE, z3.ForAll([C, E], PAIR(C, E)), z3.ForAll([C], z3.Or(*(d == C for d in z3.Consts("a b", S))))]
    pairs.append(z3.ForAll([E], z3.Or(*(e == E for e in z3.Consts("h i j", T)))))
    found = model_of(*pairs)
    for most, is_read in ((11, True), (10, False)):  # two by three pairs, and five constants
        monkeypatch.setattr(confirm, "MOST_READ", most)
        assert (read_model(found, pairs) is not None) is is_read


# evaluating


def test_each_hypothesis_is_evaluated() -> None:
    numbers = Structure(1, {}, {"p": np.array([True]), "n": np.array([4], object)})
    given = {"p": P, "n": N > 3, "either": z3.If(N > 3, P, z3.Not(P))}
    assert false_in(numbers, given) == ""
    assert false_in(numbers, {**given, "less": N < 4}) == "less"
    assert false_in(numbers, {"less": N < 4, **given, "no": z3.Not(P)}) == "less"
    two = Structure(1, {"S": 2}, {})
    assert (false_in(two, {"two": TWO}), false_in(two, {"two": TWO, "one": ONE})) == ("", "one")
    with pytest.raises(UnsupportedTermError):
        false_in(numbers, {"m": M > 3})


def test_what_would_take_too_much_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    two = Structure(1, {"S": 2}, {})
    monkeypatch.setattr(confirm, "MOST_EVALUATED", 4)
    assert false_in(two, {"two": TWO}) == ""
    monkeypatch.setattr(confirm, "MOST_EVALUATED", 3)
    monkeypatch.setattr(confirm, "_evaluator", lambda term: pytest.fail("it is begun"))
    with pytest.raises(UnsupportedTermError, match="too large to evaluate: two"):
        false_in(two, {"two": TWO})


@pytest.mark.parametrize(
    ("formula", "places"),
    [
        (P, 1),
        (z3.ForAll([C], UP(C) == C), 3),
        (z3.And(P, z3.ForAll([C], UP(C) == C), Q), 3),
        (z3.And(z3.ForAll([C], UP(C) == C), Q), 3),
        (z3.And(P, z3.ForAll([C], UP(C) == C)), 3),
        (z3.ForAll([C], z3.Or(UP(C) == C, z3.Exists([D, E], z3.And(C != D, PAIR(D, E))))), 3 * 3 * 2),
        (z3.ForAll([M], M > N), 1),
    ],
)
def test_places_of_the_largest_array(formula: z3.BoolRef, places: int) -> None:
    assert confirm._places(read(formula), (("S", 3), ("T", 2))) == places


def test_what_a_model_amounts_to() -> None:
    given = {"one": P, "two": N > 3}
    right = Structure(1, {}, {"p": np.array([True]), "n": np.array([4], object)})
    wrong = Structure(1, {}, {"p": np.array([True]), "n": np.array([3], object)})
    said = "evaluated in an assignment of 2 constants"
    assert judged(right, given) == Confirmation(None, sentence=said, model=right)
    reason = "z3 finds the hypotheses satisfiable, but in its model this one is false: two"
    assert judged(wrong, given) == Confirmation(Verdict.DISAGREEMENT, reason, ("two",))
    assert judged(Structure(1, {}, {}), given) is None
    assert judged(None, given) is None


# confirming


def nobody() -> Answer:
    raise AssertionError("nobody need be asked")


def test_a_model_that_is_evaluated_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []

    def find(hypotheses: object, seconds: float) -> Structure:
        limits.append(seconds)
        return Structure(1, {}, {"p": np.array([True])})

    monkeypatch.setattr(confirm, "least", find)
    found = Structure(1, {}, {"p": np.array([True])})
    assert confirm.confirm({"one": P}, found, nobody, 1.5).model is found
    assert limits == []
    assert confirm.confirm({"one": P}, None, nobody, 1.5).sentence == "evaluated in an assignment of 1 constant"
    assert limits == [1.5]
    wrong = Structure(1, {}, {"p": np.array([False])})
    assert confirm.confirm({"one": P}, wrong, nobody, 1.5).verdict == Verdict.DISAGREEMENT


@pytest.mark.parametrize(
    ("result", "reason", "verdict", "said", "names"),
    [
        ("sat", "", None, "", ()),
        (
            "unsat",
            "why",
            Verdict.DISAGREEMENT,
            "z3 finds the hypotheses satisfiable, cvc5 that they contradict each other: one; two",
            ("one", "two"),
        ),
        (
            "unknown",
            "too hard",
            Verdict.UNKNOWN,
            "z3 finds the hypotheses satisfiable, but no model of them can be evaluated, and cvc5 gives no answer: "
            "too hard",
            (),
        ),
        (
            "unknown",
            "",
            Verdict.UNKNOWN,
            "z3 finds the hypotheses satisfiable, but no model of them can be evaluated, and cvc5 gives no answer: "
            "none",
            (),
        ),
    ],
)
def test_else_the_second_solver_says(
    monkeypatch: pytest.MonkeyPatch,
    result: str,
    reason: str,
    verdict: Verdict | None,
    said: str,
    names: tuple[str, ...],
) -> None:
    monkeypatch.setattr(confirm, "least", lambda *_: None)
    shown = confirm.confirm({"one": P, "two": Q}, None, lambda: Answer("cvc5", result, 0.0, reason), 1.0)
    sentence = "z3 and cvc5 find a model, which was not evaluated" if verdict is None else ""
    assert shown == Confirmation(verdict, said, names, sentence)


@pytest.mark.parametrize(
    ("error", "raised"),
    [(z3.Z3Exception("out of memory"), True), (z3.Z3Exception("other"), False), (KeyError(1), False)],
)
def test_no_smaller_model_is_none_but_for_want_of_memory(
    monkeypatch: pytest.MonkeyPatch, error: Exception, raised: bool
) -> None:
    asked: list[tuple[list[z3.BoolRef], float]] = []

    def fail(formulas: Any, seconds: float) -> None:
        asked.append((list(formulas), seconds))
        raise error

    monkeypatch.setattr(confirm, "least_model", fail)
    if raised:
        with pytest.raises(z3.Z3Exception, match="memory"):
            least({"one": P}, 2.5)
    else:
        assert least({"one": P}, 2.5) is None
    assert asked == [([P], 2.5)]


@pytest.mark.parametrize(
    ("sizes", "constants", "said"),
    [
        ({}, 0, "an assignment of 0 constants"),
        ({}, 1, "an assignment of 1 constant"),
        ({}, 2, "an assignment of 2 constants"),
        ({"S": 1}, 1, "a model of 1 element"),
        ({"S": 2, "T": 3}, 0, "a model of 5 elements"),
    ],
)
def test_sizes_in_words(sizes: dict[str, int], constants: int, said: str) -> None:
    assert size_of(Structure(1, sizes, {str(i): np.array([True]) for i in range(constants)})) == said
