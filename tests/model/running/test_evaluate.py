"""The evaluator against z3 itself: random formulas in random finite structures."""

from collections.abc import Callable
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from model.running import evaluate
from model.running.evaluate import Structure, UnsupportedTermError, compile_term
from model.spaces import theory as t

SIZES = {"Slot": 3, "Frame": 2, "Space": 2, "Right": 2}
SORTS = {"Slot": t.Slot, "Frame": t.Frame, "Space": t.Space, "Right": t.Right}
SYMBOLS = {
    "derives": ("Slot", "Slot"),
    "live": ("Slot",),
    "holds": ("Slot", "Frame"),
    "phys": ("Slot", "Frame"),
    "right": ("Slot", "Right"),
    "mask": ("Right",),
}
FUNCTIONS = {"holder": ("Frame", "Slot"), "owner": ("Slot", "Space")}
CONSTANTS = {"src": "Slot", "dst": "Slot", "sigma0": "Space"}
ELEMENTS = {sort: [z3.Const(f"{sort}!{number}", SORTS[sort]) for number in range(size)] for sort, size in SIZES.items()}


def predicate(name: str) -> z3.FuncDeclRef:
    return z3.Function(name, *(SORTS[sort] for sort in SYMBOLS[name]), z3.BoolSort())


def function(name: str) -> z3.FuncDeclRef:
    return z3.Function(name, *(SORTS[sort] for sort in FUNCTIONS[name]))


@st.composite
def terms(draw: st.DrawFn, sort: str, bound: tuple[z3.ExprRef, ...], depth: int = 1) -> z3.ExprRef:
    choices = [v for v in bound if v.sort().name() == sort]
    choices += [z3.Const(name, SORTS[of]) for name, of in CONSTANTS.items() if of == sort]
    apply = [name for name, (_, end) in FUNCTIONS.items() if end == sort] if depth else []
    if not choices or (apply and draw(st.booleans())):
        if not apply:
            return z3.Const(f"{sort}_given", SORTS[sort])
        name = draw(st.sampled_from(apply))
        return function(name)(draw(terms(FUNCTIONS[name][0], bound, depth - 1)))
    return draw(st.sampled_from(choices))


@st.composite
def formulas(draw: st.DrawFn, bound: tuple[z3.ExprRef, ...] = (), depth: int = 4) -> z3.BoolRef:
    kinds = ["atom", "equal"] + (
        ["not", "and", "or", "implies", "same", "if", "all", "some", "all", "some"] if depth else []
    )
    kind = draw(st.sampled_from(kinds))

    def inner(extra: tuple[z3.ExprRef, ...] = ()) -> z3.BoolRef:
        return draw(formulas((*bound, *extra), depth - 1))

    if kind == "atom":
        name = draw(st.sampled_from(sorted(SYMBOLS)))
        return predicate(name)(*(draw(terms(sort, bound)) for sort in SYMBOLS[name]))
    if kind == "equal":
        sort = draw(st.sampled_from(sorted(SORTS)))
        return draw(terms(sort, bound)) == draw(terms(sort, bound))
    if kind == "not":
        return z3.Not(inner())
    if kind in ("and", "or"):
        return (z3.And if kind == "and" else z3.Or)(*(inner() for _ in range(draw(st.integers(1, 3)))))
    if kind == "implies":
        return z3.Implies(inner(), inner())
    if kind == "same":
        return inner() == inner()
    if kind == "if":
        return z3.If(inner(), inner(), inner())
    # One or two variables at once; names repeat, so that inner ones hide outer ones.
    sorts = draw(st.lists(st.sampled_from(sorted(SORTS)), min_size=1, max_size=2))
    fresh = [
        z3.Const(f"{sort}_{position}_{draw(st.integers(0, 1))}", SORTS[sort]) for position, sort in enumerate(sorts)
    ]
    return (z3.ForAll if kind == "all" else z3.Exists)(fresh, inner(tuple(fresh)))


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    batch = 2
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    symbols: dict[str, Any] = {
        name: rng.random((batch, *(SIZES[sort] for sort in sorts))) < 0.5 for name, sorts in SYMBOLS.items()
    }
    for name, (start, end) in FUNCTIONS.items():
        symbols[name] = rng.integers(0, SIZES[end], (batch, SIZES[start]))
    for name, sort in CONSTANTS.items():
        symbols[name] = rng.integers(0, SIZES[sort], batch)
    for sort in SORTS:
        symbols[f"{sort}_given"] = rng.integers(0, SIZES[sort], batch)
    return Structure(batch, SIZES, symbols)


def described(structure: Structure, row: int) -> list[z3.BoolRef]:
    """The structure in z3's words: how many elements there are, and the value of every symbol everywhere."""
    said: list[z3.BoolRef] = []
    for sort, elements in ELEMENTS.items():
        said.append(z3.Distinct(*elements))
        every = z3.Const(f"every_{sort}", SORTS[sort])
        said.append(z3.ForAll([every], z3.Or(*(every == element for element in elements))))
    for name, sorts in SYMBOLS.items():
        for index in product(*(range(SIZES[sort]) for sort in sorts)):
            fact = predicate(name)(*(ELEMENTS[sort][i] for sort, i in zip(sorts, index, strict=True)))
            said.append(fact if structure.symbols[name][(row, *index)] else z3.Not(fact))
    for name, (start, end) in FUNCTIONS.items():
        for i in range(SIZES[start]):
            value = ELEMENTS[end][structure.symbols[name][row, i]]
            said.append(function(name)(ELEMENTS[start][i]) == value)
    for name, sort in [*CONSTANTS.items(), *((f"{sort}_given", sort) for sort in SORTS)]:
        said.append(z3.Const(name, SORTS[sort]) == ELEMENTS[sort][structure.symbols[name][row]])
    return said


@pytest.mark.long
@given(formula=formulas(), structure=structures())
@settings(max_examples=60, deadline=None)
def test_a_formula_has_the_value_that_z3_gives_it(formula: z3.BoolRef, structure: Structure) -> None:
    values = compile_term(formula)(structure)
    assert values.shape == (structure.batch,)
    for row in range(structure.batch):
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        solver.add(*described(structure, row), formula if values[row] else z3.Not(formula))
        assert solver.check() == z3.sat  # z3 finds the value right, and …
        opposite = z3.Solver()
        opposite.set("timeout", 20_000)
        opposite.add(*described(structure, row), z3.Not(formula) if values[row] else formula)
        assert opposite.check() == z3.unsat  # … the opposite wrong


def one(**symbols: object) -> Structure:
    return Structure(1, SIZES, {name: np.array([value]) for name, value in symbols.items()})


def test_variables_become_axes_in_the_order_given() -> None:
    table = [[False, True, False], [False, False, True], [False, False, False]]
    structure = one(derives=table)
    assert compile_term(t.before.derives(t.x, t.y), [t.x, t.y])(structure)[0].tolist() == table
    turned = compile_term(t.before.derives(t.x, t.y), [t.y, t.x])(structure)[0]
    assert turned.tolist() == np.array(table).T.tolist()
    assert compile_term(z3.BoolVal(True), [t.x, t.a])(structure).shape == (1, 3, 2)


def test_terms_that_are_no_formulas_are_evaluated_too() -> None:
    structure = one(holder=[2, 0], holds=[[True, False]] * 3, dst=1, src=0)
    chosen = z3.If(t.before.holds(t.called.src, t.r), t.called.dst, t.before.holder(t.r))
    assert compile_term(chosen, [t.r])(structure).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("term", "says"),
    [
        (z3.Int("n") + 1 > 2, "cannot evaluate"),
        (z3.Lambda([t.x], t.before.live(t.x)), "lambda"),
        (z3.Lambda([z3.Int("n")], z3.Int("n") > 0), "lambda"),
        (z3.ForAll([t.x, z3.Int("n")], t.before.live(t.x)), "cannot evaluate all elements of Int"),
        (z3.Distinct(t.x), "cannot evaluate distinct"),
    ],
)
def test_terms_beyond_the_theory_are_refused(term: z3.ExprRef, says: str) -> None:
    with pytest.raises(UnsupportedTermError, match=says):
        compile_term(term)


@pytest.mark.parametrize(
    ("interpreted", "sort"), [(z3.Bool("p"), "Bool"), (z3.Int("n"), "Int"), (z3.Real("n"), "Real")]
)
def test_a_sort_named_as_one_that_z3_interprets_is_another(interpreted: z3.ExprRef, sort: str) -> None:
    named = z3.Const("c", z3.DeclareSort(sort))
    same = Structure(1, {sort: 1}, {"c": np.array([0])})
    assert compile_term(z3.ForAll([named], named == named))(same).tolist() == [True]
    other = z3.Const("other", interpreted.sort())
    with pytest.raises(UnsupportedTermError, match=f"cannot evaluate all elements of {sort}"):
        compile_term(z3.And(named == named, z3.ForAll([interpreted, other], interpreted == other)))


def test_elements_of_a_sort_that_the_structure_lacks_are_none() -> None:
    lost = z3.Const("lost", z3.DeclareSort("Lost"))
    with pytest.raises(UnsupportedTermError, match="no elements of Lost"):
        compile_term(z3.ForAll([lost], lost == lost))(one())


def test_a_symbol_that_the_structure_lacks_is_named() -> None:
    with pytest.raises(UnsupportedTermError, match="does not interpret live"):
        compile_term(z3.ForAll([t.x], t.before.live(t.x)))(one())


def test_that_three_or_more_are_distinct() -> None:
    some = z3.Consts("one two three four", t.Slot)
    for values in product(range(3), repeat=4):
        structure = Structure(1, {"Slot": 3}, {str(c): np.array([v]) for c, v in zip(some, values, strict=True)})
        for number in (2, 3, 4):
            holds = compile_term(z3.Distinct(*some[:number]))(structure)[0]
            assert holds == (len(set(values[:number])) == number)


SMALL, MIDDLE, LARGE = (z3.DeclareSort(name) for name in ("Small", "Middle", "Large"))
THREE = (SMALL, MIDDLE, LARGE)
THREE_SIZES = {"Small": 2, "Middle": 3, "Large": 4}
RELATION = z3.Function("relation", *THREE, z3.BoolSort())
BOUND = [z3.Const(f"bound {sort}", sort) for sort in THREE]
FIXED = [z3.Const(f"fixed {sort}", sort) for sort in THREE]
SAME = [z3.Function(f"same {sort}", sort, sort) for sort in THREE]


def three() -> Structure:
    """A relation of three sorts of different sizes, in two states; elements, and functions of each sort to itself."""
    rng = np.random.default_rng(1)
    sizes = list(THREE_SIZES.values())
    symbols = {"relation": rng.random((2, *sizes)) < 0.5}
    for sort, size in THREE_SIZES.items():
        symbols[f"fixed {sort}"] = np.array([size - 1, 0])
        symbols[f"same {sort}"] = np.array([np.roll(np.arange(size), 1), np.zeros(size, int)])
    return Structure(2, THREE_SIZES, symbols)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("kinds", list(product(("variable", "constant", "function"), repeat=3)))
def test_a_symbol_is_looked_up_whatever_its_arguments(kinds: tuple[str, ...], order: tuple[int, ...]) -> None:
    structure = three()
    given = {"variable": BOUND, "constant": FIXED, "function": [f(v) for f, v in zip(SAME, BOUND, strict=True)]}
    term = RELATION(*(given[kind][place] for place, kind in enumerate(kinds)))
    found = compile_term(term, [BOUND[place] for place in order])(structure)
    assert found.shape == (2, *(list(THREE_SIZES.values())[place] for place in order))

    def value(place: int, row: int, at: int) -> int:
        name = str(THREE[place])
        constant, function = structure.symbols[f"fixed {name}"][row], structure.symbols[f"same {name}"][row]
        values: dict[str, int] = {"variable": at, "constant": constant, "function": function[at]}
        return values[kinds[place]]

    for row, *index in product(range(2), *(range(size) for size in THREE_SIZES.values())):
        at = tuple(value(place, row, index[place]) for place in range(3))
        assert found[(row, *(index[place] for place in order))] == structure.symbols["relation"][(row, *at)]


def test_one_variable_in_two_places_is_a_diagonal() -> None:
    table = np.array([[True, False, True], [False, False, True], [True, True, True]])
    structure = one(derives=table)
    assert compile_term(t.before.derives(t.x, t.x), [t.x])(structure)[0].tolist() == table.diagonal().tolist()
    found = compile_term(t.before.derives(t.y, t.y), [t.x, t.y])(structure)[0]
    assert found.tolist() == [table.diagonal().tolist()] * 3


def test_a_table_is_not_copied_where_its_arguments_are_variables() -> None:
    structure = three()
    for order in permutations(BOUND):
        assert np.shares_memory(compile_term(RELATION(*BOUND), order)(structure), structure.symbols["relation"])


def test_a_constant_is_looked_up_once_and_not_for_each_value_of_the_variables() -> None:
    structure = three()
    size = 10**9
    structure = Structure(2, {**structure.sizes, "Frame": size}, structure.symbols)
    found = compile_term(RELATION(BOUND[0], FIXED[1], BOUND[2]), [BOUND[2], t.r, BOUND[0]])(structure)
    assert found.shape == (2, 4, size, 2)
    assert found.strides[2] == 0


def test_a_part_that_occurs_many_times_is_compiled_once() -> None:
    formula = t.before.live(t.x)
    for _ in range(80):
        formula = z3.And(formula, z3.Not(formula))
    compile_term(formula, [t.x])


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda p, q: z3.Not(p), [1, 1, 0, 0]),
        (lambda p, q: z3.And(p, q), [0, 0, 0, 1]),
        (lambda p, q: z3.Or(p, q), [0, 1, 1, 1]),
        (lambda p, q: z3.Implies(p, q), [1, 1, 0, 1]),
        (lambda p, q: p == q, [1, 0, 0, 1]),
        (lambda p, q: z3.Xor(p, q), [0, 1, 1, 0]),
        (lambda p, q: z3.If(p, q, z3.Not(q)), [1, 0, 0, 1]),
    ],
)
def test_a_connective_has_its_truth_table(formula: Callable[..., z3.BoolRef], expected: list[int]) -> None:
    structure = Structure(
        1, {"Slot": 4}, {"p": np.array([[False, False, True, True]]), "q": np.array([[False, True] * 2])}
    )
    p, q = (z3.Function(name, t.Slot, z3.BoolSort()) for name in "pq")
    assert compile_term(formula(p(t.x), q(t.x)), [t.x])(structure)[0].tolist() == [bool(value) for value in expected]


def test_a_quantifier_is_of_all_or_of_some() -> None:
    structure = one(derives=[[True, True, True], [True, False, True], [False, False, False]])
    of_x = t.before.derives(t.x, t.y)
    assert compile_term(z3.ForAll([t.y], of_x), [t.x])(structure).tolist() == [[True, False, False]]
    assert compile_term(z3.Exists([t.y], of_x), [t.x])(structure).tolist() == [[True, True, False]]
    assert compile_term(z3.ForAll([t.x], z3.Exists([t.y], of_x)))(structure).tolist() == [False]
    assert compile_term(z3.Exists([t.x], z3.ForAll([t.y], of_x)))(structure).tolist() == [True]


def test_truth_values_and_exclusive_or() -> None:
    structure = one(live=[True, False, True], mask=[True, False])
    live = t.before.live(t.x)
    for truth in (True, False):
        assert compile_term(z3.Xor(live, z3.BoolVal(truth)), [t.x])(structure)[0].tolist() == [
            value != truth for value in (True, False, True)
        ]
        for quantifier in (z3.ForAll, z3.Exists):
            found = compile_term(quantifier([t.y], z3.BoolVal(truth)), [t.x])(structure)
            assert found.tolist() == [[truth] * 3]
            assert compile_term(quantifier([t.x, t.a], z3.BoolVal(truth)))(structure).tolist() == [truth]


def test_a_variable_has_its_place_at_any_depth() -> None:
    structure = one(src=1)
    assert compile_term(t.x == t.called.src, [t.a, t.x])(structure).tolist() == [[[False, True, False]] * 2]
    assert compile_term(z3.Exists([t.a], t.x == t.called.src), [t.x])(structure).tolist() == [[False, True, False]]
    assert compile_term(z3.ForAll([t.r], z3.Exists([t.y], t.x == t.y)), [t.x])(structure).tolist() == [[True] * 3]


def test_symbols_are_added_and_replaced() -> None:
    structure = one(src=1, dst=2)
    changed = structure.with_symbols(dst=np.array([0]), live=np.array([[True, False, True]]))
    assert {name: table.tolist() for name, table in changed.symbols.items()} == {
        "src": [1],
        "dst": [0],
        "live": [[True, False, True]],
    }
    assert (changed.batch, changed.sizes) == (1, SIZES)
    assert list(structure.symbols) == ["src", "dst"]


@pytest.mark.parametrize(("formula", "value"), [(z3.And(), True), (z3.Or(), False), (z3.Not(z3.Or()), True)])
def test_all_of_nothing_holds_and_some_of_nothing_does_not(formula: z3.BoolRef, value: bool) -> None:
    assert bool(compile_term(formula)(Structure(1, {}, {}))[0]) is value


DEPTH = z3.Function("depth", t.Slot, z3.BitVecSort(3))
ONE, OTHER = z3.Consts("one other", t.Slot)


@pytest.mark.parametrize(
    "formula",
    [
        z3.ULT(DEPTH(ONE), DEPTH(OTHER)),
        z3.ULE(DEPTH(ONE), DEPTH(OTHER)),
        z3.UGT(DEPTH(ONE), DEPTH(OTHER)),
        z3.UGE(DEPTH(ONE), DEPTH(OTHER)),
        DEPTH(ONE) < DEPTH(OTHER),
        DEPTH(ONE) <= DEPTH(OTHER),
        DEPTH(ONE) > DEPTH(OTHER),
        DEPTH(ONE) >= DEPTH(OTHER),
        z3.ZeroExt(2, DEPTH(ONE)) + 1 == z3.ZeroExt(2, DEPTH(OTHER)),
        z3.ZeroExt(1, DEPTH(ONE)) > z3.ZeroExt(1, DEPTH(OTHER)),
        DEPTH(ONE) == DEPTH(OTHER) + 1,
        DEPTH(ONE) + DEPTH(OTHER) + 6 == 5,
        z3.If(ONE == OTHER, DEPTH(ONE), DEPTH(OTHER)) != 7,
    ],
    ids=str,
)
def test_numbers_of_a_few_bits_are_compared_and_added_as_z3_does(formula: z3.BoolRef) -> None:
    depths = [0, 3, 4, 6, 7]
    structure = Structure(1, {"Slot": len(depths)}, {"depth": np.array([depths])})
    found = compile_term(formula, [ONE, OTHER])(structure)[0]
    for (i, one), (j, other) in product(enumerate(depths), repeat=2):
        inside = z3.substitute(formula, (ONE == OTHER, z3.BoolVal(i == j)))
        values = [(DEPTH(ONE), z3.BitVecVal(one, 3)), (DEPTH(OTHER), z3.BitVecVal(other, 3))]
        assert found[i, j] == z3.is_true(z3.simplify(z3.substitute(inside, *values)))


@pytest.mark.parametrize(
    ("term", "says"),
    [
        (z3.ForAll([z3.BitVec("b", 3)], z3.BitVec("b", 3) == 0), r"cannot evaluate all elements of BitVec\(3\)"),
        (z3.BitVec("wide", 33) + 1 == 0, "cannot evaluate 33 bits in wide$"),
        (z3.BitVecVal(1, 33) == z3.BitVecVal(2, 33), "cannot evaluate 33 bits in 1$"),
        (z3.BitVec("b", 3) * 2 == 0, "cannot evaluate bvmul"),
    ],
)
def test_other_terms_of_bits_are_refused(term: z3.BoolRef, says: str) -> None:
    with pytest.raises(UnsupportedTermError, match=says):
        compile_term(term)


def test_numbers_of_as_many_bits_as_are_exact() -> None:
    one, other = z3.BitVecs("one other", 32)
    structure = Structure(1, {}, {"one": np.array([(1 << 32) - 1]), "other": np.array([1])})
    assert compile_term(one + other == 0)(structure).tolist() == [True]
    assert compile_term(one < other)(structure).tolist() == [True]
    assert compile_term(z3.ULT(one, other))(structure).tolist() == [False]


def test_what_stands_in_several_places_is_computed_once_in_each_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    some = z3.DeclareSort("S")
    p, q = (z3.Function(name, some, z3.BoolSort()) for name in "pq")
    x = z3.Const("x", some)
    both = z3.Exists([x], z3.And(p(x), q(x)))
    term = z3.Or(z3.And(both, z3.ForAll([x], p(x))), z3.And(both, z3.ForAll([x], q(x))), z3.Not(both))
    looks: list[int] = []
    any_of = np.any

    def counted(value: Any, axis: Any) -> Any:
        looks.append(1)
        return any_of(value, axis=axis)

    monkeypatch.setattr(np, "any", counted)
    run = compile_term(term)

    def value(of_p: list[bool], of_q: list[bool]) -> bool:
        looks.clear()
        structure = Structure(1, {"S": 2}, {"p": np.array([of_p]), "q": np.array([of_q])})
        return bool(run(structure)[0])

    assert value([True, False], [True, False]) is False
    assert looks == [1]
    assert value([True, True], [True, False]) is True
    assert value([True, False], [False, True]) is True
    assert looks == [1]
    monkeypatch.setattr(evaluate, "MOST_KEPT", 1)
    assert value([True, False], [True, False]) is False
    assert looks == [1]
    monkeypatch.setattr(evaluate, "MOST_KEPT", 0)
    assert value([True, False], [True, False]) is False
    assert looks == [1, 1, 1]
