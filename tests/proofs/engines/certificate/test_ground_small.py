"""Grounding formula by formula: every assignment of truth values, every pair of statements, each name, each bound."""

from collections.abc import Iterable
from itertools import combinations, product

import pytest
import z3
from pysat.solvers import Solver

from proofs.engines.certificate.ground import GroundTooLargeError, ground
from proofs.engines.terms.formula import Reader, parts, used

S, T = z3.DeclareSort("S"), z3.DeclareSort("T")
C, D, E, X, Y, Z = z3.Consts("c d e x y z", S)
U, V = z3.Consts("u v", T)
BOOL = z3.BoolSort()
P, Q, R = z3.Bools("p q r")
ON, OFF = z3.Function("on", S, BOOL), z3.Function("off", S, BOOL)
LESS, MIXED = z3.Function("less", S, S, BOOL), z3.Function("mixed", S, T, BOOL)
F, G = z3.Function("f", S, T), z3.Function("g", S, S, T)
MARK = z3.Function("mark", T, BOOL)
And, Or, Not, Implies, If, All, Some = z3.And, z3.Or, z3.Not, z3.Implies, z3.If, z3.ForAll, z3.Exists
YES, NO = z3.BoolVal(True), z3.BoolVal(False)


def is_satisfiable(formulas: Iterable[z3.BoolRef]) -> bool:
    with Solver(name="glucose4", bootstrap_with=ground(formulas).clauses) as solver:
        return bool(solver.solve())


SIMPLE = [P, Not(Q), And(P, Q), Or(Q, R), Implies(P, R), Q == R, P != R, If(P, Q, R), YES, NO]
MADE = [
    *SIMPLE,
    And(P, Q, R),
    Or(P, Q, R),
    And(P, P),
    Or(P, Not(P)),
    *(And(P, each) for each in SIMPLE),
    *(Or(R, each) for each in SIMPLE),
    *(Implies(each, Q) for each in SIMPLE),
    *(Implies(Q, each) for each in SIMPLE),
    *(each == P for each in SIMPLE),
    *(each != R for each in SIMPLE),
    *(z3.Xor(each, Q) for each in SIMPLE),
    *(If(each, P, Q) for each in SIMPLE),
    *(If(R, each, P) for each in SIMPLE),
    *(If(Q, R, each) for each in SIMPLE),
    Or(And(P, Q), And(Q, R), And(P, Not(R))),
    And(Or(P, Q), Or(Not(P), R), Or(Q, R) == Or(P, R)),
]


@pytest.mark.parametrize("formula", MADE, ids=str)
def test_clauses_hold_exactly_where_the_formula_does(formula: z3.BoolRef) -> None:
    for values in product((True, False), repeat=3):
        assigned = [each if value else Not(each) for each, value in zip((P, Q, R), values, strict=True)]
        pairs = [(each, z3.BoolVal(value)) for each, value in zip((P, Q, R), values, strict=True)]
        holds = z3.is_true(z3.simplify(z3.substitute(formula, *pairs)))
        assert is_satisfiable([formula, *assigned]) is holds
        assert is_satisfiable([*assigned, Not(formula)]) is not holds


STATED = [
    ON(C),
    Not(ON(D)),
    C == D,
    C != D,
    D == E,
    LESS(C, D),
    Not(LESS(C, E)),
    All([X], ON(X)),
    Some([X], Not(ON(X))),
    All([X, Y], X == Y),
    Some([X, Y], And(X != Y, LESS(X, Y))),
    All([X, Y, Z], Implies(And(LESS(X, Y), LESS(Y, Z)), LESS(X, Z))),
    All([X], Not(LESS(X, X))),
    All([X], Implies(ON(X), OFF(X))),
    Not(OFF(C)),
    All([X], Or(ON(X), All([Y], LESS(X, Y)))),
    F(C) != F(D),
    F(C) == U,
    G(C, D) != G(C, E),
    G(D, C) != G(E, C),
    MARK(F(C)),
    All([U], Not(MARK(U))),
    All([X], Some([U], And(MARK(U), MIXED(X, U)))),
    All([X], Some([U], And(Not(MARK(U)), MIXED(X, U)))),
    All([X, U], Implies(MIXED(X, U), F(X) == U)),
    All([U, V], U == V),
    Some([X], All([U], MIXED(X, U))),
    All([X], All([U], Not(MIXED(X, U)))),
    Some([X], ON(C)),
    All([X, U], ON(C)),
    All([X], ON(X)) == P,
    Implies(P, Some([X], ON(X))),
    If(ON(C), ON(D), Some([X], OFF(X))),
    F(If(ON(C), C, D)) == F(E),
    Not(P),
]


@pytest.mark.long
def test_every_pair_of_statements_is_satisfiable_if_z3_says_so() -> None:
    counts = {True: 0, False: 0}
    solver = z3.SimpleSolver()
    for some in (*combinations(STATED, 2), *list(combinations(STATED, 3))[::70]):
        solver.push()
        solver.add(*some)
        answer = solver.check()
        solver.pop()
        assert answer != z3.unknown
        expected = answer == z3.sat
        assert is_satisfiable(some) is expected, some
        counts[expected] += 1
    assert min(counts.values()) > 30


@pytest.mark.parametrize(
    ("formulas", "terms"),
    [
        ([P], {}),
        ([ON(C)], {"S": 1}),
        ([ON(C), ON(D), ON(C)], {"S": 2}),
        ([All([X], ON(X))], {"S": 1}),  # no sort is empty
        ([Not(Some([X], ON(X)))], {"S": 1}),
        ([Some([X], ON(X))], {"S": 1}),
        ([Some([X], ON(X)), Some([X], ON(X))], {"S": 1}),  # the same has the same name
        ([Some([X], ON(X)), Some([X], OFF(X))], {"S": 2}),
        ([Some([X], ON(X)), Not(All([X], ON(X)))], {"S": 2}),
        ([Some([X, Y], LESS(X, Y))], {"S": 2}),
        ([Some([X], ON(X)) == P], {"S": 1}),  # denied as well, which names nothing
        ([All([X], MARK(F(X))), ON(C), ON(D)], {"S": 2, "T": 2}),
        ([All([X], Some([U], MIXED(X, U))), ON(C), ON(D)], {"S": 2, "T": 2}),
        ([All([X], Some([U], MARK(U))), ON(C), ON(D)], {"S": 2, "T": 1}),  # it depends on nothing
        ([All([X], Some([U], MIXED(X, U))), Some([X], ON(X)), ON(C)], {"S": 2, "T": 2}),
        ([MARK(G(C, D)), ON(E)], {"S": 3, "T": 9}),
        ([All([X, U], MIXED(X, U))], {"S": 1, "T": 1}),
        ([All([X], P)], {"S": 1}),
        ([ON(C), Some([X], And(ON(X), Some([U], MIXED(X, U))))], {"S": 2, "T": 1}),  # U is named of X alone
    ],
)
def test_names(formulas: list[z3.BoolRef], terms: dict[str, int]) -> None:
    found = ground(formulas)
    assert found.terms == terms
    assert found.variables == max(abs(literal) for clause in found.clauses for literal in clause) or not terms


def test_clauses_to_the_letter() -> None:
    def clauses(*formulas: z3.BoolRef) -> set[tuple[int, ...]]:
        found = ground(formulas)
        assert found.clauses[0] == (1,)
        return set(found.clauses) - {(1,)}

    assert clauses(P, Not(Q)) == {(2,), (-3,)}
    assert clauses(And(P, Q)) == clauses(Not(Or(Not(P), Not(Q)))) == {(2,), (3,)}
    assert clauses(Or(P, Q)) == {(2, 3)}
    assert clauses(Implies(P, Q)) == {(-2, 3)}
    assert clauses(Not(Implies(P, Q))) == {(2,), (-3,)}
    assert clauses(Or(P, P)) == {(2,)}
    assert clauses(Or(P, Not(P))) == clauses(YES) == clauses(Or(P, YES)) == set()
    assert clauses(NO) == clauses(And(NO, YES)) == {()}
    assert clauses(Or(P, And(Q, R))) == {(2, 5), (3, -5), (4, -5)}
    assert clauses(All([X], Or(ON(X), P)), ON(C), ON(D)) == {(2, 3), (3, 4), (2,), (4,)}


@pytest.mark.parametrize("most", range(1, 14))
def test_no_more_is_made_than_allowed(most: int) -> None:
    formulas = [All([X, Y], LESS(X, Y)), ON(C), ON(D)]
    if most >= 12:  # a literal and a clause each
        assert len(ground(formulas, most).clauses) == 7
        return
    with pytest.raises(GroundTooLargeError, match=f"^more than {most} clauses or steps; terms: 2 of S$"):
        ground(formulas, most)


EXACTLY: list[tuple[list[z3.BoolRef], list[tuple[int, ...]], int, int]] = [
    ([And(P, Not(And(Q, R)))], [(2,), (-3, -4)], 4, 5),
    ([Or(And(P, Q), And(Not(P), R))], [(2, -4), (3, -4), (-2, -6), (5, -6), (4, 6)], 6, 12),
    ([P == Q], [(2, -3, -4), (-2, 3, -5), (4, -6), (5, -6), (6,)], 6, 10),
    ([P != Q], [(-2, -3, -4), (2, 3, -5), (4, -6), (5, -6), (6,)], 6, 10),
    ([Not(P == Q)], [(-2, -3, -4), (2, 3, -5), (4, -6), (5, -6), (6,)], 6, 10),
    ([Not(P != Q)], [(2, -3, -4), (-2, 3, -5), (4, -6), (5, -6), (6,)], 6, 10),
    ([If(P, Q, R)], [(2, -4, -5), (3, 4, -6), (5, -7), (6, -7), (7,)], 7, 10),
    ([Not(If(P, Q, R))], [(-2, -4, -5), (-3, 4, -6), (5, -7), (6, -7), (7,)], 7, 10),
    ([Or(P, And(Q, R)), Or(Not(P), And(Q, R))], [(3, -5), (4, -5), (2, 5), (-2, 5)], 5, 10),
    ([Or(P, And(Q, Q))], [(2, 3)], 3, 4),
    ([Or(P, And(Q, YES))], [(2, 3)], 3, 5),
    ([Or(P, And(Q, NO))], [(2,)], 3, 5),
    ([Or(P, And(Q, Or(Q, R)))], [(3, 4, -5), (3, -6), (5, -6), (2, 6)], 6, 9),
    ([Or(P, And(Q, Or(R, YES)))], [(2, 3)], 4, 7),
    ([Or(P, And(Q, Or(R, NO)))], [(3, -5), (4, -5), (2, 5)], 5, 9),
    ([Or(P, Not(Or(Q, R)))], [(-4, -5), (-3, -5), (2, 5)], 5, 8),
    ([Or(P, And(R, Implies(Q, P)))], [(2, -4, -5), (3, -6), (5, -6), (2, 6)], 6, 9),
    ([Or(P, Not(Implies(Q, R)))], [(-4, -5), (3, -5), (2, 5)], 5, 8),
    ([Or(P, All([X], ON(X))), ON(C), ON(D)], [(3, -5), (4, -5), (2, 5), (3,), (4,)], 5, 11),
    ([Or(P, Not(Some([X], ON(X)))), ON(C), ON(D)], [(-4, -5), (-3, -5), (2, 5), (3,), (4,)], 5, 12),
    ([Or(P, Some([X], ON(X)))], [(2, 3)], 3, 8),
    ([Or(P, Not(All([X], ON(X))))], [(2, -3)], 3, 11),
    ([Or(P, All([X, U], MARK(U))), MARK(F(C)), MARK(F(D))], [(3, -5), (4, -5), (2, 5), (3,), (4,)], 5, 11),
    ([All([X], Some([U], MIXED(X, U))), ON(C), ON(D)], [(2,), (3,), (4,), (5,)], 5, 14),
    ([All([X], Or(OFF(X), Some([U], MIXED(X, U)))), ON(C), ON(D)], [(2, 3), (4, 5), (6,), (7,)], 7, 22),
    ([Some([X], All([Y], LESS(X, Y))), ON(C)], [(2,), (3,), (4,)], 4, 8),
    ([Some([X, Y], And(LESS(X, Y), ON(Y)))], [(2,), (3,)], 3, 6),
    ([Not(Some([X], And(ON(X), OFF(X)))), ON(C), ON(D)], [(-2, -3), (-4, -5), (2,), (4,)], 5, 10),
    ([Not(All([X, Y], LESS(X, Y)))], [(-2,)], 2, 6),
    ([Not(And(ON(C), Or(P, Q)))], [(-4, -5), (-3, -5), (-2, 5)], 5, 7),
    ([C == D, ON(C)], [(2,), (3,), (-2, -3, 4), (-2, 3, -4)], 4, 6),
    ([Or(P, And(Q, C != D)), ON(C)], [(-4, -5), (3, -5), (2, 5), (6,), (-4, -6, 7), (-4, 6, -7)], 7, 11),
    ([Or(P, C == C)], [], 2, 3),
    (
        [F(C) == U, MARK(U), C == D],
        [
            (2,),
            (3,),
            (4,),
            (-2, -5, 6),
            (2, -5, -6),
            (-2, 5, -6),
            (-4, 6),
            (-2, 3, -7),
            (-6, -7, 8),
            (-2, -3, 7),
            (-3, -5, 8),
            (-6, 7, -8),
            (3, -5, -8),
        ],
        8,
        16,
    ),
    ([C == D, D == E], [(2,), (3,), (-2, -3, 4), (2, -3, -4), (-2, 3, -4)], 4, 7),
    ([MIXED(C, U), U == V], [(2,), (3,), (-2, -3, 4), (2, -3, -4)], 4, 6),
]


W = z3.DeclareSort("W")
K, HAS = z3.Function("k", T, W), z3.Function("has", W, BOOL)
SHARED = Some([X], And(ON(X), OFF(X)))
EXACTLY += [
    ([Some([X], ON(X)), ON(C), All([X], Not(ON(X)))], [(2,), (3,), (-3,), (-2,)], 3, 10),
    (
        [C == D, D == E, MARK(F(C)), MARK(F(D)), MARK(F(E))],
        [
            (2,),
            (3,),
            (4,),
            (5,),
            (6,),
            (-2, -3, 7),
            (2, -3, -7),
            (-2, 3, -7),
            (-8, -9, 10),
            (8, -9, -10),
            (-8, 9, -10),
            (-2, 8),
            (-7, 10),
            (-3, 9),
            (-4, 5, -8),
            (-4, 6, -10),
            (4, -5, -8),
            (-5, 6, -9),
            (4, -6, -10),
            (5, -6, -9),
        ],
        10,
        25,
    ),
    ([Or()], [()], 1, 1),
    ([All([X], MARK(F(X))), C == D], [(2,), (3,), (4,), (-4, 5), (-2, 3, -5), (2, -3, -5)], 5, 9),
    ([Or(P, And(YES, YES))], [], 2, 4),
    ([Or(P, And(Q, Or(NO, NO)))], [(2,)], 3, 6),
    ([Or(P, And(Q, R)), Or(Not(P), And(R, Q))], [(3, -5), (4, -5), (2, 5), (-2, 5)], 5, 11),
    ([Not(HAS(K(F(D)))), HAS(K(F(C))), C == D], [(-2,), (3,), (4,), (-4, 5), (-5, 6), (-2, 3, -6), (2, -3, -6)], 6, 10),
    ([C == D, HAS(K(F(C))), Not(HAS(K(F(D))))], [(2,), (3,), (-4,), (-2, 5), (-5, 6), (-3, 4, -6), (3, -4, -6)], 6, 10),
    ([And(SHARED, Or(P, SHARED))], [(2,), (3,), (2, -5), (3, -5), (4, 5)], 5, 16),
]


@pytest.mark.parametrize(("formulas", "clauses", "variables", "least"), EXACTLY)
def test_clauses_in_their_order_and_the_steps_that_they_take(
    formulas: list[z3.BoolRef], clauses: list[tuple[int, ...]], variables: int, least: int
) -> None:
    """A part of a formula has one literal, which implies it; saying it again takes neither clauses nor steps."""
    found = ground(formulas, least)
    assert list(found.clauses) == [(1,), *clauses]
    assert found.variables == variables
    with pytest.raises(GroundTooLargeError):
        ground(formulas, least - 1)


def test_a_step_is_counted_before_it_names_anything() -> None:
    with pytest.raises(GroundTooLargeError, match=r"^more than 1 clauses or steps; terms: 2 of S$"):
        ground([All([X], Some([U], MIXED(X, U))), ON(C), ON(D)], 1)


# formulas as they are read


def test_parts_and_whether_they_are_asserted_or_denied() -> None:
    def told(formula: z3.BoolRef, sign: bool) -> list[tuple[str, bool]]:
        node = Reader().read(formula)
        return [(child.name, each) for child, each in parts(node, sign)]

    for sign in (True, False):
        assert told(Not(P), sign) == [("p", not sign)]
        assert told(Implies(P, Q), sign) == [("p", not sign), ("q", sign)]
        assert told(And(P, Q), sign) == told(Or(P, Q), sign) == [("p", sign), ("q", sign)]
        assert told(If(P, Q, R), sign) == [("p", True), ("p", False), ("q", sign), ("r", sign)]
        for each in (P == Q, P != Q, z3.Xor(P, Q)):
            assert told(each, sign) == [("p", True), ("p", False), ("q", True), ("q", False)]
        assert told(P, sign) == told(C == D, sign) == told(YES, sign) == []


def test_bound_variables_that_the_body_speaks_of() -> None:
    def told(formula: z3.BoolRef) -> tuple[str, ...]:
        return used(Reader().read(formula))

    assert told(All([X], ON(X))) == ("S",)
    assert told(All([X, U], MIXED(X, U))) == ("T", "S")  # the innermost first
    assert told(All([X, U], ON(X))) == ("", "S")
    assert told(All([X, U], MARK(U))) == ("T", "")
    assert told(All([X, U], P)) == ("", "")
    assert told(All([X, Y, U], And(LESS(X, Y), MARK(U)))) == ("T", "S", "S")
    (inner,) = Reader().read(All([U], All([X], Some([Y], And(LESS(X, Y), MARK(U)))))).children
    (innermost,) = inner.children
    assert used(inner) == used(innermost) == ("S",)


def test_variables_that_are_free_are_counted_from_the_innermost_quantifier_around() -> None:
    node = Reader().read(All([X], All([Y], Some([Z], LESS(X, Z)))))
    (inner,) = node.children
    (innermost,) = inner.children
    assert [each.free for each in (node, inner, innermost)] == [(), (0,), (1,)]
    (inner,) = Reader().read(All([X], Some([Y], ON(X)))).children
    assert inner.free == (0,)
    assert (inner.kind, inner.name, inner.sort) == ("exists", "", "Bool")
    (lifted,) = Reader().read(All([X], LESS(If(P, X, C), C))).children
    assert (lifted.kind, lifted.free) == ("ite", (0,))


def test_numbers_of_some_bits_are_read_where_they_are_asked_for() -> None:
    number = z3.BitVec("number", 8)
    reader = Reader(bits=True)
    _, five = reader.read(number == 5).children
    assert (five.kind, five.name, five.sort, five.children, five.free) == ("number", "5", "8 bits", (), ())
    assert (reader.functions, reader.sorts) == ({"number": ((), "8 bits")}, {})
    with pytest.raises(ValueError, match=r"^number is a BitVec\(8\), no element of an uninterpreted sort$"):
        Reader().read(number == number)
    with pytest.raises(ValueError, match=r"^bv is neither uninterpreted nor a connective$"):
        Reader().read(z3.BitVecVal(1, 8) == z3.BitVecVal(2, 8))
    with pytest.raises(ValueError, match=r"^n is a Int, no element of an uninterpreted sort$"):
        reader.read(z3.Int("n") == z3.Int("m"))
    sorts = Reader(bits=True)
    sorts.read(And(ON(C), MARK(F(C))))
    assert list(sorts.sorts) == ["S", "T"]


def test_what_a_reader_notes() -> None:
    reader = Reader()
    node = reader.read(All([X], Some([U], And(MIXED(X, U), F(X) != U, LESS(X, C), P))))
    assert reader.functions == {"f": (("S",), "T"), "c": ((), "S")}
    assert reader.relations == {"mixed": ("S", "T"), "less": ("S", "S"), "p": ()}
    assert reader.compared == {"T"}
    assert set(reader.sorts) == {"S", "T"}
    (inner,) = node.children
    (both,) = inner.children
    assert (node.kind, inner.kind, both.kind) == ("forall", "exists", "and")
    assert (node.bound, inner.bound) == (("S",), ("T",))
    assert (node.free, inner.free, both.free) == ((), (0,), (0, 1))
    assert [each.kind for each in both.children] == ["apply", "different", "apply", "apply"]
    assert [each.free for each in both.children] == [(0, 1), (0, 1), (1,), ()]
    assert reader.read(P) is both.children[3]


def test_choices_between_terms_are_made_around_what_they_are_in() -> None:
    node = Reader().read(LESS(C, If(P, D, If(Q, C, E))))
    condition, then, otherwise = node.children
    assert (node.kind, condition.name, then.kind, otherwise.kind) == ("ite", "p", "apply", "ite")
    assert [each.name for each in then.children] == ["c", "d"]
    assert [[child.name for child in each.children] for each in otherwise.children[1:]] == [["c", "c"], ["c", "e"]]
    numbers = [node.number, then.number, otherwise.number, *(each.number for each in otherwise.children[1:])]
    assert len(set(numbers)) == 5
    assert all(number < 0 for number in numbers)
    choice = Reader().read(F(If(P, C, D)))
    assert (choice.kind, choice.sort, [each.name for each in choice.children[1:]]) == ("choice", "T", ["f", "f"])
    bound = Reader().read(All([X], ON(If(P, X, C))))
    assert [each.free for each in bound.children[0].children] == [(), (0,), ()]
    assert bound.free == ()


def test_what_is_read_first_is_refused_first_and_no_lambda_is_read() -> None:
    numbers = z3.Ints("n m")
    with pytest.raises(ValueError, match=r"^> is neither uninterpreted nor a connective$"):
        Reader().read(z3.Sum(numbers) > 0)
    taking = z3.Function("taking", z3.ArraySort(S, BOOL), BOOL)
    with pytest.raises(ValueError, match=r"^a lambda is not first-order$"):
        Reader().read(taking(z3.Lambda([X], ON(X))))


def test_sorts_are_noted_from_the_inside_out() -> None:
    reader = Reader()
    reader.read(All([X], All([U], P)))
    assert list(reader.sorts) == ["T", "S"]
