"""Grounding keeps what the formulas say: unsatisfiable exactly if they are, here against z3; certificates of all."""

from collections.abc import Callable
from itertools import combinations, product

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from model.spaces.dialect import DIALECTS
from model.spaces.invariants import INVARIANTS
from proofs.engines.certificate import certified as certificate
from proofs.engines.certificate.certified import certify
from proofs.engines.certificate.ground import GroundTooLargeError, ground
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligation import Condition
from proofs.registry import registry
from proofs.two_runs import about_model
from proofs.verdict import Verdict

S, T = z3.DeclareSort("S"), z3.DeclareSort("T")
c, d, x, y = z3.Consts("c d x y", S)
t = z3.Const("t", T)
p, q = (z3.Function(name, S, z3.BoolSort()) for name in "pq")
e = z3.Function("e", S, S, z3.BoolSort())
f = z3.Function("f", S, T)
h = z3.Function("h", T, z3.BoolSort())


def is_satisfiable(formulas: list[z3.BoolRef]) -> bool:
    with Solver(name="glucose4", bootstrap_with=ground(formulas).clauses) as solver:
        return bool(solver.solve())


@pytest.mark.parametrize(
    ("formulas", "satisfiable"),
    [
        ([p(c), z3.Not(p(c))], False),
        ([p(c), z3.Not(p(d))], True),
        ([p(c), z3.Not(p(d)), c == d], False),
        ([z3.ForAll([x], p(x)), z3.Exists([y], z3.Not(p(y)))], False),
        ([z3.Exists([x], p(x)), z3.Exists([x], z3.Not(p(x)))], True),
        ([z3.ForAll([x], z3.Exists([t], z3.And(h(t), f(x) != t))), z3.ForAll([t], z3.Not(h(t)))], False),
        ([c == d, f(c) != f(d)], False),
        ([c != d, f(c) == f(d)], True),
        ([e(c, d), c == d, z3.ForAll([x], z3.Not(e(x, x)))], False),
        ([p(c) != p(d), c == d], False),
        ([z3.Xor(p(c), q(c)), p(c), q(c)], False),
        ([z3.If(p(c), q(c), q(d)), z3.Not(q(c)), p(c)], False),
        ([h(f(z3.If(p(c), c, d))), z3.Not(h(f(c))), p(c)], False),
        ([h(f(z3.If(p(c), c, d))), z3.Not(h(f(c)))], True),
        ([z3.ForAll([x], p(x)) == z3.BoolVal(False), z3.ForAll([x], p(x))], False),
        ([z3.ForAll([x, y], x == y), c != d], False),
        ([z3.ForAll([x, y], x == y), p(c), z3.Exists([x], z3.Not(p(x)))], False),
        ([z3.ForAll([x], p(x))], True),
    ],
)
def test_small_ones(formulas: list[z3.BoolRef], satisfiable: bool) -> None:
    assert is_satisfiable(formulas) == satisfiable


def test_terms_and_clauses_to_the_digit() -> None:
    grounded = ground([z3.ForAll([x], z3.Exists([t], z3.And(h(t), f(x) != t))), p(c), p(d)])
    assert grounded.terms == {"S": 2, "T": 4}  # c, d; f(c), f(d) and a witness for each


def test_several_terms_that_differ() -> None:
    b = z3.Const("b", S)
    differ = z3.Distinct(b, c, d)
    assert is_satisfiable([differ, p(b), p(c)])
    for one, other in ((b, c), (b, d), (c, d)):
        assert not is_satisfiable([differ, one == other])
    assert is_satisfiable([z3.Not(differ), b == d, c != d])
    assert not is_satisfiable([z3.Not(differ), b != c, b != d, c != d])


# equality: the clauses admit exactly the tables that a structure can have


def are_equivalent(places: list[int], told: dict[tuple[int, int], bool]) -> bool:
    """Whether what is told to be equal is an equivalence of the places."""
    same = {(i, j) for i in places for j in places if i == j or told[min(i, j), max(i, j)]}
    return all((i, k) in same for i, j in same for j_, k in same if j == j_)


def test_what_is_equal_is_an_equivalence() -> None:
    some = z3.Consts("c0 c1 c2 c3", S)
    pairs = list(combinations(range(4), 2))
    found = 0
    for truth in product((False, True), repeat=len(pairs)):
        told = dict(zip(pairs, truth, strict=True))
        satisfiable = is_satisfiable([(some[i] == some[j]) == z3.BoolVal(same) for (i, j), same in told.items()])
        assert satisfiable == are_equivalent([0, 1, 2, 3], told), told
        found += satisfiable
    assert found == 15  # the partitions of four


def test_equals_have_the_same_truth_in_every_place_of_a_relation() -> None:
    relation = z3.Function("relation", S, T, z3.BoolSort())
    u = z3.Const("u", T)
    places = list(product(range(2), repeat=2))
    for first, second, *truth in product((False, True), repeat=6):
        holds = dict(zip(places, truth, strict=True))
        formulas = [relation((c, d)[i], (t, u)[j]) == z3.BoolVal(holds[i, j]) for i, j in places]
        formulas += [(c == d) == z3.BoolVal(first), (t == u) == z3.BoolVal(second)]
        possible = not any(
            holds[one] != holds[other] and (one[0] == other[0] or first) and (one[1] == other[1] or second)
            for one, other in combinations(places, 2)
        )
        assert is_satisfiable(formulas) == possible, (first, second, holds)


def test_equals_have_the_same_value_in_every_place_of_a_function() -> None:
    value = z3.Function("value", S, T, z3.DeclareSort("V"))
    u = z3.Const("u", T)
    terms = [value(i, j) for i, j in product((c, d), (t, u))]
    pairs = list(combinations(range(4), 2))
    for first, second, *truth in product((False, True), repeat=2 + len(pairs)):
        told = dict(zip(pairs, truth, strict=True))
        if not are_equivalent([0, 1, 2, 3], told):
            continue
        formulas = [(terms[i] == terms[j]) == z3.BoolVal(same) for (i, j), same in told.items()]
        formulas += [(c == d) == z3.BoolVal(first), (t == u) == z3.BoolVal(second)]
        by_first, by_second = told[0, 2] and told[1, 3], told[0, 1] and told[2, 3]
        possible = (by_first or not first) and (by_second or not second) and (all(truth) or not (first and second))
        assert is_satisfiable(formulas) == possible, (first, second, told)


def test_values_of_values_of_equals_are_equal() -> None:
    sort = z3.DeclareSort("V")
    k, has = z3.Function("k", T, sort), z3.Function("has", sort, z3.BoolSort())
    for one, other in ((c, d), (d, c)):
        assert not is_satisfiable([c == d, has(k(f(one))), z3.Not(has(k(f(other))))])
        assert not is_satisfiable([has(k(f(one))), z3.Not(has(k(f(other)))), c == d])
    assert is_satisfiable([c != d, has(k(f(c))), z3.Not(has(k(f(d))))])
    assert is_satisfiable([c == d, has(k(f(c))), has(k(f(d)))])


def test_too_large_is_said() -> None:
    with pytest.raises(GroundTooLargeError, match=r"more than 20 clauses or steps; terms: .* of S"):
        ground([z3.ForAll([x, y], e(x, y)), *(p(z3.Const(f"c{i}", S)) for i in range(10))], most=20)


@pytest.mark.parametrize("term", [z3.Int("n") > 0, z3.Lambda([x], p(x))[c], z3.Distinct(*z3.Bools("u v w"))])
def test_what_is_no_such_formula_is_refused(term: z3.BoolRef) -> None:
    with pytest.raises(ValueError, match=r"uninterpreted|lambda|distinct"):
        ground([term])


atoms = st.sampled_from(
    [p(x), p(y), q(x), q(y), e(x, y), e(y, x), e(x, x), x == y, p(c), q(d), x == c, y == d, e(c, d)]
)
bodies = st.recursive(
    atoms,
    lambda each: st.one_of(
        st.tuples(each, each).map(lambda two: z3.And(*two)),
        st.tuples(each, each).map(lambda two: z3.Or(*two)),
        st.tuples(each, each).map(lambda two: z3.Implies(*two)),
        st.tuples(each, each).map(lambda two: two[0] == two[1]),
        each.map(z3.Not),
    ),
    max_leaves=5,
)
closed = st.tuples(bodies, st.sampled_from(["∀∀", "∃∃", "∃∀"])).map(
    lambda made: {
        "∀∀": lambda body: z3.ForAll([x, y], body),
        "∃∃": lambda body: z3.Exists([x, y], body),
        "∃∀": lambda body: z3.Exists([x], z3.ForAll([y], body)),
    }[made[1]](made[0])
)


@pytest.mark.long
@settings(deadline=None, max_examples=100)
@given(st.lists(closed, min_size=1, max_size=4))
def test_agrees_with_z3(formulas: list[z3.BoolRef]) -> None:
    solver = z3.Solver()
    solver.add(*formulas)
    answer = solver.check()
    assert answer != z3.unknown
    assert is_satisfiable(formulas) == (answer == z3.sat)


TOO_LARGE = ("x2-keep", "grant__keeps__states_alike")


@pytest.mark.parametrize("dialect", ["canonical", pytest.param("x2-keep", marks=pytest.mark.slow)])
def test_certificates(dialect: str) -> None:
    chosen = [o for o in registry().values() if about_model(o) and not o.sometimes]
    checked = 0
    for obligation in chosen[:: 7 if dialect == "canonical" else 1]:
        if obligation.applies(DIALECTS[dialect].readings):
            for each in obligation.conditions(DIALECTS[dialect], frozenset(INVARIANTS)):
                found = certify(each)
                if (dialect, obligation.id) == TOO_LARGE:
                    assert found.sentence.startswith("too large to ground: more than 1000000 clauses")
                elif discharge(each, Satisfiable(), Settings(Solvers.Z3)).verdict == Verdict.PROVED:
                    assert found.checked, found
                    checked += 1
                else:
                    assert found.refuted_by
    assert checked > 15


def test_a_certificate_says_why_there_is_none(
    monkeypatch: pytest.MonkeyPatch, condition: Callable[..., Condition]
) -> None:
    each = condition("map__preserves__forest")
    assert certify(each, most=100).sentence.startswith("too large to ground: more than 100")
    assert certify(Condition({}, {}, z3.Int("n") > 0)).sentence.startswith("not grounded: ")
    monkeypatch.setattr("proofs.engines.certificate.rup.check", lambda clauses, proof: False)
    found = certify(each)
    assert not found.checked
    assert found.sentence.startswith(f"the proof of {certificate.SOLVER} was not accepted")


def test_clauses_with_a_model_contradict_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = Condition({"p": p(c)}, {}, p(d))
    assert certify(claims).refuted_by
    monkeypatch.setattr("proofs.engines.smt.solver.joint", lambda answers: (Verdict.PROVED, ""))
    outcome = discharge(claims, Satisfiable(), Settings(certify=True))
    assert outcome.verdict == Verdict.DISAGREEMENT
    assert "have a model" in outcome.reason
