"""The graph of sorts and the terms that it is read from: every edge of small formulas, and no other."""

from weakref import ref

import pytest
import z3

from model.running.z3_terms import APPLICATION, EXISTS, FORALL, LAMBDA, VARIABLE, KeptTerms, Term, noted, read, subterms
from proofs.engines.terms.fragment import outside_of_fragment, sort_graph
from proofs.obligation import Condition

S, T, U = (z3.DeclareSort(name) for name in "STU")
x, y = z3.Consts("x y", S)
t, u = z3.Const("t", T), z3.Const("u", U)
P, Q = z3.Bools("p q")
BOOL = z3.BoolSort()
R, ON_T, ON_U = z3.Function("r", S, T, BOOL), z3.Function("on_t", T, BOOL), z3.Function("on_u", U, BOOL)
US = z3.Function("us", U, S, BOOL)
TU, TWO = z3.Function("tu", T, U, BOOL), z3.Function("two", S, S, BOOL)
F, G = z3.Function("f", S, T), z3.Function("g", T, U)
PAIR, BACK = z3.Function("pair", S, T, U), z3.Function("back", U, S)

EACH = z3.ForAll([x], z3.Exists([t], R(x, t)))  # for every S some T
SOME = z3.Exists([x], z3.ForAll([t], R(x, t)))  # denied, it says that
Not, And, Or, Implies, If = z3.Not, z3.And, z3.Or, z3.Implies, z3.If
ST = {("S", "T"): "for every S some T"}


@pytest.mark.parametrize("around", [SOME, EACH], ids=["some", "each"])
@pytest.mark.parametrize("place", range(24))
def test_polarity(around: z3.BoolRef, place: int) -> None:
    # What is asserted, denied, or both.
    plus = [
        around,
        Not(Not(around)),
        And(around, P),
        And(P, around),
        And(P, Q, around),
        Or(around, P, Q),
        Or(P, around),
        Implies(P, around),
        Not(Implies(around, P)),
        If(P, around, Q),
        If(P, Q, around),
    ]
    minus = [Not(around), Implies(around, P), Not(And(P, around)), Not(Implies(P, around)), Not(If(P, Q, around))]
    both = [
        around == P,
        around == P,
        around != P,
        around != P,
        z3.Xor(around, P),
        z3.Xor(P, around),
        If(around, P, Q),
        If(around, x, y) == x,
    ]
    formula = (plus + minus + both)[place]
    sign = {SOME.get_id(): -1, EACH.get_id(): 1}[around.get_id()]
    says = place >= len(plus + minus) or sign == (1 if place < len(plus) else -1)
    assert sort_graph([formula]) == (ST if says else {})


@pytest.mark.parametrize(
    ("formula", "edges"),
    [
        (z3.ForAll([x, t], R(x, t)), {}),
        (z3.Exists([x], z3.Exists([t], R(x, t))), {}),
        (z3.ForAll([x], z3.ForAll([u], z3.Exists([t], R(x, t)))), {"ST"}),  # it depends on what it speaks of
        (z3.ForAll([x], z3.ForAll([u], z3.Exists([t], TU(t, u)))), {"UT"}),
        (z3.ForAll([x], z3.ForAll([u], z3.ForAll([y], z3.Exists([t], TU(t, u))))), {"UT"}),
        (z3.ForAll([x, u], z3.Exists([t], R(x, t))), {"ST"}),
        (z3.ForAll([u, x], z3.Exists([t], R(x, t))), {"ST"}),
        (z3.ForAll([x, u], z3.Exists([t], And(R(x, t), TU(t, u)))), {"ST", "UT"}),
        (z3.ForAll([x], z3.Exists([t, u], And(R(x, t), TU(t, u)))), {"ST", "SU"}),
        (z3.ForAll([x], z3.Exists([t], And(R(x, t), z3.Exists([u], TU(t, u))))), {"ST", "SU"}),  # by way of t
        (z3.ForAll([x], z3.Exists([t], And(R(x, t), z3.Exists([u], ON_U(u))))), {"ST"}),
        (z3.Exists([x], z3.ForAll([t], z3.Exists([u], And(R(x, t), TU(t, u))))), {"TU"}),
        (z3.ForAll([x], z3.Exists([t], And(R(x, t), z3.ForAll([u], z3.Exists([y], US(u, y)))))), {"ST", "US"}),
    ],
)
def test_what_is_said_to_exist_depends_on_what_its_formula_speaks_of(formula: z3.BoolRef, edges: set[str]) -> None:
    expected = {(each[0], each[1]): f"for every {each[0]} some {each[1]}" for each in edges}
    assert sort_graph([formula]) == expected


def test_functions_lead_from_their_arguments_to_their_value() -> None:
    assert sort_graph([P, x == y, R(x, t)]) == {}
    f, g = {("S", "T"): "the function f"}, {("T", "U"): "the function g"}
    assert sort_graph([ON_T(F(x))]) == f
    assert sort_graph([ON_U(G(F(x)))]) == {**f, **g}
    assert sort_graph([R(x, F(y))]) == f
    assert sort_graph([ON_U(PAIR(x, t))]) == {("S", "U"): "the function pair", ("T", "U"): "the function pair"}
    assert sort_graph([P, ON_T(F(x)), Q, ON_U(G(t)), P]) == {**f, **g}
    assert sort_graph([z3.ForAll([x], ON_T(F(x)))]) == f


def condition(goal: z3.BoolRef, *hypotheses: z3.BoolRef) -> Condition:
    return Condition({str(i): each for i, each in enumerate(hypotheses)}, {}, goal)


def test_a_cycle_of_three_sorts_is_outside_and_no_two_of_its_edges_are() -> None:
    cycle = [ON_T(F(x)), ON_U(G(t)), TWO(BACK(u), x)]
    why = outside_of_fragment(condition(P, *cycle))
    assert sorted(why.split("; ")) == ["the function back", "the function f", "the function g"]
    names = [each.rpartition(" ")[2] for each in why.split("; ")]
    assert "".join(name[0] for name in names) in ("fgb", "gbf", "bfg")  # one after the other
    for number in range(3):
        assert outside_of_fragment(condition(P, *cycle[:number], *cycle[number + 1 :])) == ""


def test_the_goal_is_denied() -> None:
    own = z3.ForAll([x], z3.Exists([y], TWO(x, y)))
    root = z3.Exists([x], z3.ForAll([y], TWO(x, y)))
    assert outside_of_fragment(condition(own)) == ""
    assert outside_of_fragment(condition(root)) == "for every S some S"
    assert outside_of_fragment(condition(P, own)) == "for every S some S"
    assert outside_of_fragment(condition(P, root)) == ""
    assert outside_of_fragment(condition(TWO(x, y), own, P)) == outside_of_fragment(condition(root, P)) != ""


# terms


def test_terms_and_all_that_occurs_in_them_once_in_order() -> None:
    formula = And(Or(P, Q), P, Not(Or(P, Q)))
    expected = [formula, Or(P, Q), P, Q, Not(Or(P, Q))]
    assert [each.ast for each in subterms([read(formula)])] == expected
    assert [each.ast for each in subterms(iter([read(Q), read(Or(P, Q)), read(Q)]))] == [Q, Or(P, Q), P]
    assert [each.ast for each in subterms([read(Q), read(P)])] == [Q, P]
    assert list(subterms([])) == []


def test_a_term_as_a_record() -> None:
    formula = z3.ForAll([x, u], z3.Exists([t], And(R(x, t), TU(t, u), P)))
    outer = read(formula)
    (inner,) = outer.children
    (both,) = inner.children
    kinds = [outer.kind, inner.kind, both.kind, both.children[0].children[0].kind]
    assert kinds == [FORALL, EXISTS, APPLICATION, VARIABLE]
    assert read(z3.Lambda([x], TWO(x, x))).kind == LAMBDA
    assert [outer.bound, inner.bound, both.bound] == [(S, U), (T,), ()]
    assert [outer.free, inner.free, both.free] == [frozenset(), {0, 1}, {0, 1, 2}]
    assert [each.free for each in both.children] == [{0, 2}, {0, 1}, frozenset()]
    assert read(z3.Exists([t], R(x, t)).body()).free == {0}
    assert [outer.operator, inner.operator, both.operator] == [0, 0, z3.Z3_OP_AND]
    variable = both.children[0].children[0]
    assert (variable.operator, variable.declaration, variable.children) == (0, None, ())
    assert variable.free == {2}
    assert [outer.declaration, both.declaration, both.children[0].declaration] == [None, None, R]
    assert [each.sort for each in (outer, both, variable)] == [BOOL, BOOL, S]
    assert [each.is_bool for each in (outer, both, variable)] == [True, True, False]
    assert outer.ast.eq(formula)
    assert read(formula) is outer
    assert read(And(x == y, R(x, t))).children[0].children[0] is read(x)
    assert read(x).sort is read(y).sort


def conjunction(first: str) -> z3.BoolRef:
    return And(z3.Bool(first), Q)


def test_a_term_lives_as_long_as_somebody_keeps_it() -> None:
    gone = ref(read(conjunction("nobody's")))
    assert gone() is None
    kept = KeptTerms()
    kept.keep([conjunction("kept")])
    one = ref(read(conjunction("kept")))
    kept.keep([P])
    assert one() is not None
    assert read(conjunction("kept")) is one()
    del kept
    assert one() is None


def test_kept_terms_are_given_up_once_they_are_many() -> None:
    kept = KeptTerms(most=0)
    kept.keep([conjunction("first")])
    first = ref(read(conjunction("first")))
    assert first() is not None
    kept.keep([conjunction("second")])
    assert first() is None
    assert ref(read(conjunction("second")))() is not None


def test_what_was_found_out_is_kept_with_the_term() -> None:
    asked = []

    @noted
    def count(term: Term, base: int) -> int:
        asked.append(base)
        return base + len(term.children)

    term = read(conjunction("asked"))
    assert [count(term, 1), count(term, 1), count(term, 5), count(read(conjunction("asked")), 5)] == [3, 3, 7, 7]
    assert asked == [1, 5]
    assert count(term.children[0], 1) == 1
    again = ref(term)
    del term
    assert again() is None


def test_free_variables_of_any_argument_count() -> None:
    body = z3.ForAll([x], TWO(y, x)).body()
    again = z3.ForAll([x], TWO(x, y)).body()
    assert read(body).free == read(again).free == {0}
    (inside,) = read(z3.ForAll([u], z3.Exists([t], ON_U(u)))).children
    assert inside.free == {0}  # of u, though t is not spoken of
