"""What is no formula has no truth, order, elements, length or hash: each is an error that names the line."""

import operator
from collections.abc import Callable
from typing import Any

import pytest
import z3

from model.scope import ALL_RIGHTS
from model.spaces.theory import Frame, Right, Slot, Space
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import (
    Node,
    Numbered,
    Option,
    Page,
    Physical,
    Rights,
    Tag,
    Truth,
    Value,
    _Comparable,
    equal,
    free,
    lift,
    no_frame,
    no_node,
    no_slot,
    rights_of,
    roots,
    truth,
)
from refinement.kernel.mapping_tree import FREE, NONE, ROOTS

Write = Callable[[str], Callable[..., Any]]

p = z3.Bool("p")
KINDS: dict[str, Callable[[Path], Any]] = {
    "node": lambda path: Value(z3.Const("n", Node), path),
    "rights": lambda path: Rights(z3.Function("some", Right, z3.BoolSort()), path),
    "option": lambda path: Option(p, Value(z3.Const("t", Tag), path)),
    "number": lambda path: Numbered({Frame: z3.Const("r", Frame)}),
    "truth": lambda path: Truth(p, path),
}


def refusal(function: Callable[..., Any], kind: str) -> str:
    with pytest.raises(ExecutionError) as refused:
        list(paths(lambda path: bind(function, path, {"other": KINDS[kind](path)})(KINDS[kind](path))))
    return str(refused.value)


ASKED_FOR_ITS_TRUTH = (
    "if x:\n        return 1",
    "while x:\n        return 1",
    "return 1 if x else 2",
    "return not x",
    "return x and True",
    "return x or True",
    "return True and x",
    "return False or x",
)


@pytest.mark.parametrize("statement", ASKED_FOR_ITS_TRUTH)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "truth"])
def test_the_truth_of_what_is_no_formula_is_refused_with_its_line(kind: str, statement: str, written: Write) -> None:
    found = refusal(written(f"def f(x):\n    y = 1\n    {statement}\n    return y"), kind)
    assert ":3: " in found or "line 3" in found  # a while without a rule is refused by its line as well


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "statement",
    ["x < other", "x >= other", "x[0]", "[y, *x]", "(1, 2)[x]"],
)
def test_order_elements_and_use_as_a_number_are_refused_with_their_line(
    kind: str, statement: str, written: Write
) -> None:
    assert ":3: " in refusal(written(f"def f(x):\n    y = 1\n    return {statement}"), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_code_may_not_write_is_refused_by_the_values_too(kind: str) -> None:
    value = KINDS[kind](Path())
    for ask in (hash, iter, len, lambda x: 1 in x, lambda x: x < x, lambda x: sorted([x, x])):
        with pytest.raises((ExecutionError, TypeError)):
            ask(value)


@pytest.mark.parametrize("kind", ["option", "number", "truth"])
@pytest.mark.parametrize("operator", ["==", "!="])
def test_an_equation_that_is_no_formula_is_refused_with_its_line(kind: str, operator: str, written: Write) -> None:
    assert ":2: " in refusal(written(f"def f(x):\n    return x {operator} other"), kind)


@pytest.mark.parametrize("constant", ["True", "False", "0"])
def test_a_truth_equals_no_constant(constant: str, written: Write) -> None:
    assert ":2: an equation of a truth is no formula" in refusal(
        written(f"def f(x):\n    return x == {constant}"), "truth"
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "option"])
@pytest.mark.parametrize("question", ["x is None", "x is not None"])
def test_what_is_never_none_is_not_asked(kind: str, question: str, written: Write) -> None:
    assert ":2: " in refusal(written(f"def f(x):\n    return {question}"), kind)


def test_an_option_is_asked_before_it_is_used(written: Write) -> None:
    asks = written("def f(x):\n    if x is not None:\n        return use(x)\n    return 0")
    found = list(paths(lambda path: bind(asks, path, {"use": lambda x: x.get().term})(KINDS["option"](path))))
    assert [(str(result), path.facts) for path, result in found] == [("t", [z3.Not(p)]), ("0", [p])]
    with pytest.raises(ExecutionError, match="before the code asked"):
        KINDS["option"](Path()).get()


def test_objects_are_not_told_apart(written: Write) -> None:
    same = written("def f(x):\n    return x == other")
    with pytest.raises(ExecutionError, match=":2: a object is compared"):
        list(paths(lambda path: bind(same, path, {"other": object()})(object())))


def test_a_text_answers_nothing(written: Write) -> None:
    for statement in ('f"{x}" == f"{other}"', 'f"{x}" == "n"', '1 if f"{x}" else 2', 'f"{x}"[0]'):
        assert ":2: " in refusal(written(f"def f(x):\n    return {statement}"), "node")


SORTS = {"node": Node, "slot": Slot, "frame": Frame, "physical": Physical, "page": Page, "tag": Tag, "space": Space}


@pytest.mark.parametrize("one", SORTS)
@pytest.mark.parametrize("other", SORTS)
def test_different_things_have_different_sorts(one: str, other: str) -> None:
    path = Path()
    value = Value(z3.Const("v", SORTS[one]), path)
    if one == other:
        assert lift(value, SORTS[other]).eq(value.term)
        return
    with pytest.raises(ExecutionError, match="mixes up what it stores"):
        lift(value, SORTS[other])
    with pytest.raises(ExecutionError, match="mixes up what it stores"):
        value == Value(z3.Const("w", SORTS[other]), path)  # noqa: B015


@pytest.mark.parametrize("number", [2, -2, True, 1.0, "0", None])
def test_only_numbers_with_a_meaning_are_named(number: object) -> None:
    with pytest.raises(ExecutionError, match="is no Node"):
        lift(number, Node)


def test_minus_one_is_none_of_each_sort_that_has_it() -> None:
    assert [lift(-1, sort) for sort in (Node, Slot, Frame)] == [no_node, no_slot, no_frame]
    for sort in (Physical, Page, Tag):
        with pytest.raises(ExecutionError, match="may name none"):
            lift(-1, sort)
    with pytest.raises(ExecutionError, match="may name \\[0\\] only"):
        lift(-1, Space)


def test_a_number_stands_for_what_counts_alike_only() -> None:
    number = KINDS["number"](Path())
    assert str(lift(number, Frame)) == "r"
    with pytest.raises(ExecutionError, match="is taken for a Node"):
        lift(number, Node)


def test_a_truth_is_a_formula_or_a_bool() -> None:
    assert truth(Truth(p, Path())).eq(p)
    assert z3.is_true(truth(True))
    for value in (1, None, KINDS["node"](Path())):
        with pytest.raises(ExecutionError, match="is no truth"):
            truth(value)


def test_a_truth_is_branched_on_both_ways(written: Write) -> None:
    function = written("def f(x):\n    return 1 if not x else 2")
    found = list(paths(lambda path: bind(function, path)(Truth(p, path))))
    assert [(result, path.facts) for path, result in found] == [(1, [z3.Not(p)]), (2, [p])]


N, M = z3.Consts("n m", Node)
SOME, OTHER = z3.Function("some", Right, z3.BoolSort()), z3.Function("other", Right, z3.BoolSort())
A = z3.Const("a", Right)


def test_an_equation_is_one_term_whichever_side_is_named_first() -> None:
    for one, other in ((N, M), (M, N)):
        assert equal(one, other).eq(equal(other, one))
        assert z3.simplify(equal(one, other) == (N == M)).eq(z3.BoolVal(True))
    assert {str(child) for child in equal(N, M).children()} == {"n", "m"}


def test_an_equation_of_constants_that_the_code_names_is_decided() -> None:
    named = (no_node, free, roots)
    for one in named:
        for other in named:
            assert equal(one, other).eq(z3.BoolVal(one is other))
        assert equal(one, N).eq(equal(N, one))
        assert z3.is_eq(equal(one, N))
    assert equal(N, N).eq(z3.BoolVal(True))
    assert z3.is_eq(equal(no_slot, z3.Const("s", Slot)))
    words = z3.BitVecs("x y", 4)  # of a sort in which the code names nothing
    assert z3.is_eq(equal(*words))


def test_numbers_of_the_code_are_terms_of_the_sort_that_is_expected() -> None:
    assert [lift(number, Node) for number in (NONE, FREE, ROOTS)] == [no_node, free, roots]
    for number in (FREE, ROOTS):
        with pytest.raises(ExecutionError, match=f"{number} is no Slot: the code may name "):
            lift(number, Slot)
    with pytest.raises(ExecutionError, match="0 is no Order: the code may name none"):
        lift(0, z3.DeclareSort("Order"))


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (bool, "the truth"),
        (lambda x: x < x, "the order"),
        (lambda x: x <= x, "the order"),
        (lambda x: x > x, "the order"),
        (lambda x: x >= x, "the order"),
        (iter, "an element"),
        (lambda x: 1 in x, "an element"),
        (len, "the length"),
    ],
)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "truth"])
def test_a_refusal_says_what_was_asked_of_which_kind(kind: str, ask: Callable[[Any], object], what: str) -> None:
    value = KINDS[kind](Path())
    with pytest.raises(ExecutionError) as error:
        ask(value)
    said = f"{what} of a {type(value).__name__.lower()} is no formula: compare it, with == or !="
    assert str(error.value) == said


def test_what_a_value_compares_to_is_a_truth_on_its_path() -> None:
    path = Path()
    same, other = Value(N, path) == Value(M, path), Value(N, path) != Value(M, path)
    assert isinstance(same, Truth)
    assert isinstance(other, Truth)
    assert same.path is other.path is path
    assert (same.term.eq(equal(N, M)), other.term.eq(z3.Not(equal(N, M)))) == (True, True)
    rights = Rights(SOME, path) == Rights(OTHER, path)
    assert rights.path is path
    (Value(N, path) == Value(N, path)).negated().path.decide(p)
    assert path.facts == [p]


def holds(formula: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(z3.Not(formula))
    return bool(solver.check() == z3.unsat)


def test_rights_are_combined_as_sets_are() -> None:
    path = Path()
    one, two = Rights(SOME, path), Rights(OTHER, path)
    for made, expected in (
        (one & two, z3.And(SOME(A), OTHER(A))),
        (one | two, z3.Or(SOME(A), OTHER(A))),
        (~one, z3.Not(SOME(A))),
        (one & 0, z3.BoolVal(False)),
        (ALL_RIGHTS & one, SOME(A)),
        (0 | one, SOME(A)),
        (one | ALL_RIGHTS, z3.BoolVal(True)),
    ):
        assert holds(made.has(A) == expected)
        assert made.path is path
    same = (one == two).term
    assert holds(z3.Implies(same, SOME(A) == OTHER(A)))
    assert not holds(z3.Implies(SOME(A) == OTHER(A), same))
    assert not holds(same)
    assert not holds(z3.Not(same))
    assert holds((one != two).term == z3.Not(same))


@pytest.mark.parametrize("number", [1, -1, 6, 8, True, False, 0.0, 7.0, "0", None])
def test_of_numbers_only_none_and_all_are_sets_of_rights(number: object) -> None:
    assert z3.is_false(rights_of(0)(A))
    assert z3.is_true(rights_of(ALL_RIGHTS)(A))
    assert rights_of(Rights(SOME, Path()))(A).eq(SOME(A))
    with pytest.raises(ExecutionError, match=f"{number!r} is no set of rights: the code may name 0 and {ALL_RIGHTS}"):
        rights_of(number)


def test_an_option_that_is_known_to_be_absent_or_not_known_gives_nothing() -> None:
    path = Path()
    value = Value(z3.Const("t", Tag), path)
    option = Option(p, value)
    assert option.is_none().path is path
    with pytest.raises(ExecutionError, match="before the code asked whether it is"):
        option.get()
    path.note(p)
    with pytest.raises(ExecutionError, match="before the code asked whether it is"):
        option.get()
    other = Path()
    other.note(z3.Not(p))
    value = Value(z3.Const("t", Tag), other)
    assert Option(p, value).get() is value


def test_what_is_compared_says_how() -> None:
    class Silent(_Comparable):
        pass

    for compare in (operator.eq, operator.ne):
        with pytest.raises(NotImplementedError):
            compare(Silent(), 1)
