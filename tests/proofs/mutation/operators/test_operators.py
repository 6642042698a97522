"""Each operator on small functions: exactly these changes."""

import ast
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
import z3
from numpy.typing import NDArray

from proofs.mutation.operators.kinds import neighbours
from proofs.mutation.operators.mutants import ModuleSource
from proofs.mutation.runner.inplace import compiled

Text = Callable[..., ModuleSource]


class Colour(Enum):
    RED = 1
    GREEN = 2


class Node:
    first: int
    second: int
    name: str
    here: NDArray[Any]
    there: NDArray[Any]


CASES = [
    ("operator", "return a - b", ["return a + b"]),
    ("operator", "return a & b", ["return a | b"]),
    ("operand dropped", "return a & b", ["return a", "return b"]),
    ("operand dropped", "return a >> b", ["return a"]),
    ("operands swapped", "return a >> b", ["return b >> a"]),
    ("comparison", "return a < b", ["return a <= b", "return a >= b"]),
    ("comparison", "return a == b", ["return a != b"]),
    ("comparison", "return a is not b", ["return a is b"]),
    ("comparison", "return a in b", ["return a not in b"]),
    ("condition dropped", "return 0 <= a < b", ["return a < b", "return 0 <= a"]),
    ("constant", "return 7", ["return 8", "return 6"]),
    ("constant", "return True", ["return False"]),
    ("constant", "return 'seven'", []),
    ("and for or", "return a and b", ["return a or b"]),
    ("condition dropped", "return a and b", ["return b", "return a"]),
    ("condition dropped", "return a or b or c", ["return b or c", "return a or c", "return a or b"]),
    ("unary operator dropped", "return not a", ["return a"]),
    ("unary operator dropped", "return ~a", ["return a"]),
    ("truth for is not None", "return a is not None", ["return a"]),
    ("truth for is not None", "return a is None", ["return not a"]),
    ("truth for is not None", "return a if a is not None else b", ["return a if a else b"]),
    ("condition negated", "return a if b else c", ["return a if not b else c"]),
    ("condition decided", "return a if b else c", ["return a if True else c", "return a if False else c"]),
    ("condition decided", "if a: b()", ["if True:", "if False:"]),
    ("condition negated", "if a < b: c()", []),
    ("arguments swapped", "f(a, b, c)", ["f(b, a, c)", "f(a, c, b)"]),
    ("arguments swapped", "f(a, a)", []),
    ("arguments swapped", "return np.maximum(a, b)", []),
    ("keyword dropped", "f(a, x=1)", ["f(a)"]),
    ("keyword dropped", "zip(a, b, strict=True)", []),
    ("keyword dropped", "zip(a, b, strict=False)", ["zip(a, b)"]),
    ("constant", "zip(a, b, strict=True)", []),
    ("constant", "zip(a, b, strict=False)", ["zip(a, b, strict=True)"]),
    ("connective", "return And(a, b)", ["return Or(a, b)"]),
    ("connective", "return z3.ForAll([a], b)", ["return z3.Exists([a], b)"]),
    ("connective", "return all(a)", ["return any(a)"]),
    ("condition dropped", "return And(a, b)", ["return And(b)", "return And(a)"]),
    ("condition dropped", "return Implies(a, b)", ["return b"]),
    ("unary operator dropped", "return Not(a)", ["return a"]),
    ("element dropped", "return [a, b]", ["return [b]", "return [a]"]),
    ("element dropped", "return {a: b, b: c}", ["return {b: c}", "return {a: b}"]),
    ("enum member", "return Colour.RED", ["return Colour.GREEN"]),
    ("other attribute", "return a.first", ["return a.second"]),
    ("other attribute", "return a.name", []),
    ("other attribute", "return len(a.here)", []),
    ("other attribute", "return max(a.here)", ["return max(a.there)"]),
    ("zero", "return a.first", ["return 0"]),
    ("zero", "return a.first[1]", []),
    ("statement dropped", "a.b()", ["pass"]),
    ("statement dropped", "assert a", []),
    ("statement dropped", "if a: return None\nreturn None", ["pass"]),
    ("statement dropped", "try: a.b()\nexcept E: return None", ["pass", "pass"]),
    ("statement dropped", "for d in a: return None", ["pass", "pass"]),
    ("statement doubled", "a.b()", ["a.b(); a.b()"]),
    ("statement doubled", "a.n += 1", ["a.n += 1; a.n += 1"]),
    ("statement doubled", "a.n = 1", []),
    ("statement doubled", "a = list(a)", []),
    ("statement doubled", "a = replace(a, n=b)", []),
    ("statement doubled", "a = list(b(a))", ["a = list(b(a)); a = list(b(a))"]),
    ("statements swapped", "d = [c for c in a]\ne = [c for c in b]", []),
    ("statement doubled", "a.n[b] = c(b)", []),
    ("statement doubled", "a.n[b] = c(a.n)", ["a.n[b] = c(a.n); a.n[b] = c(a.n)"]),
    ("statement doubled", "a = c(a)", ["a = c(a); a = c(a)"]),
    ("statements swapped", "a.b()\nb.c()", ["b.c(); a.b()"]),
    ("statements swapped", "d = 1\ne = 2", []),
    ("statements swapped", "d = 1\ne = d", ["e = d; d = 1"]),
    ("statements swapped", "a.x[b] = 1\na.y[b] = 1", []),
    ("statements swapped", "a.x[b] = 1\na.y[a.x[b]] = 1", ["a.y[a.x[b]] = 1; a.x[b] = 1"]),
    ("statements swapped", "d = g(a)\ne = B(h=lambda: a.i())", []),
    ("statements swapped", "d = g(a)\ne = a.i()", ["e = a.i(); d = g(a)"]),
    ("statements swapped", "d = np.e(a)\ne = z3.f(b)", []),
    ("statements swapped", "d = [h for h in a]\ne = [h for h in b]", []),
    ("statements swapped", "if a == Colour.RED: return b\nif a == Colour.GREEN: return c", []),
    ("statements swapped", "if a == Colour.RED and c: return b\nif a == Colour.GREEN: return c", []),
    (
        "statements swapped",
        "if a == Colour.RED: b()\nif a == Colour.GREEN: c()",
        ["if a == Colour.GREEN:; if a == Colour.RED:"],
    ),
    (
        "statements swapped",
        "if a == Colour.RED: return b\nif a == Colour.RED: return c",
        ["if a == Colour.RED:; if a == Colour.RED:"],
    ),
    ("statement doubled", "d = [h for h in a]", []),
    ("statement doubled", "d = f(h for h in a)", []),
    ("with dropped", "with a: b()", ["b()"]),
    ("break for continue", "while a: break", ["continue"]),
    ("loop runs once at most", "while a: b()", ["for _once in range(1):"]),
    ("loop runs once at least", "while a: b()", ["_first = True; while _first or a:"]),
    ("loop without its first round", "for d in a: b(d)", ["for d in [*a][1:]:"]),
    ("loop without its last round", "for d in a: b(d)", ["for d in [*a][:-1]:"]),
    ("loop runs once at most", "for d in a: b(d)", ["for d in [*a][:1]:"]),
    ("loop with its last round twice", "for d in a: b(d)", ["for d in (lambda _all: _all + _all[-1:])([*a]):"]),
    ("loop with its last round twice", "for d in a: b.x[d] = c(d)", []),
    ("loop with its last round twice", "for d in a: b = d + b", ["for d in (lambda _all: _all + _all[-1:])([*a]):"]),
    ("loop without its first round", "return [d for d in a]", ["return [d for d in [*a][1:]]"]),
    ("early return", "a.b()\nb.c()", ["return; a.b()", "return; b.c()"]),
    ("early return", "try: return a\nexcept E: raise", ["return None; try:"]),
    ("early return", "if a: return b\nelse: raise c", ["return None; if a:"]),
    ("early return", "if a: return b\nelse: c()", ["return None; if a:"]),
]


@pytest.mark.parametrize(
    ("operator", "body", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_operator(source_of: Text, operator: str, body: str, expected: list[str]) -> None:
    lines = "\n".join("    " + line for line in body.splitlines())
    source = source_of(f"def f(a, b, c):\n{lines}\n", Colour=Colour, Node=Node)
    assert [mutant.after for mutant in source.mutants if mutant.operator == operator] == expected
    for mutant in source.mutants:
        compiled(source.mutated(mutant.id), "toy.py")


def afters(source: ModuleSource, operator: str) -> list[str]:
    return [mutant.after for mutant in source.mutants if mutant.operator == operator]


def test_variables_of_one_kind_take_each_others_place(source_of: Text) -> None:
    source = source_of("def f(src: int, dst: int, mask: str):\n    size = len(mask)\n    return g(src)\n")
    assert afters(source, "other variable") == ["return g(dst)", "return g(size)"]


def test_a_variable_is_not_taken_before_it_is_bound(source_of: Text) -> None:
    source = source_of("def f(src: int):\n    g(src)\n    size = 1\n    g(size)\n")
    assert afters(source, "other variable") == ["g(src)"]


def test_variables_of_formulas_are_of_one_kind_by_their_sort(source_of: Text) -> None:
    slot, frame = z3.DeclareSort("S"), z3.DeclareSort("F")
    names = {"x": z3.Const("x", slot), "y": z3.Const("y", slot), "r": z3.Const("r", frame)}
    source = source_of("TABLE = {'one': lambda s: s.of(x, r, y)}\n", **names)
    assert [m.function for m in source.mutants if m.operator == "other variable"] == ["toy.TABLE[one]"] * 2
    assert afters(source, "other variable") == ["lambda s: s.of(y, r, y)", "lambda s: s.of(x, r, x)"]


def test_a_named_number_is_replaced_by_another_one(source_of: Text) -> None:
    source = source_of("def f():\n    return g(READ)\n", READ=4, WRITE=2, ALSO_READ=4)
    assert afters(source, "other variable") == ["return g(WRITE)"]


def test_neighbours_are_the_nearest_two() -> None:
    assert neighbours("c", list("abcde")) == ["d", "b"]
    assert neighbours("a", list("abc")) == ["b", "c"]
    assert neighbours("a", ["a"]) == []
    assert neighbours("z", ["a"]) == []


@pytest.mark.parametrize(
    ("head", "last", "expected"),
    [
        ("def f(a) -> bool:", "return a", ["return False; return a", "return True; return a"]),
        ("def f(a) -> int:", "return a", ["return 0; return a"]),
        ("def f(a) -> int:", "return DONE if a else REFUSED", ["return 0; return DONE if a else REFUSED"]),
        ("def f(a) -> list[int]:", "return a", ["return []; return a"]),
        ("def f(a):", "yield a", ["return; yield a"]),
        (
            "def f(a) -> int:",
            "if a: return REFUSED\n    return DONE",
            ["return REFUSED; if a:", "return REFUSED; return DONE"],
        ),
    ],
)
def test_what_an_early_return_gives(source_of: Text, head: str, last: str, expected: list[str]) -> None:
    assert afters(source_of(f"{head}\n    {last}\n"), "early return") == expected


def test_an_early_return_comes_after_each_statement_of_a_branch(source_of: Text) -> None:
    source = source_of("def f(a):\n    if a:\n        g()\n        h()\n    k()\n")
    assert sorted(afters(source, "early return")) == ["h(); return", "return; h()", "return; if a:", "return; k()"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if a: g()\nelif b: h()\nelse: k()", ["return; if a:"]),
        ("with a: g()", ["return; with a:"]),
        ("try: g()\nexcept E: h()", ["return; try:"]),
        ("try: g()\nexcept E: h()\nelse: k()", ["g(); return", "return; try:"]),
        ("try: g()\nfinally: h()", ["g(); return", "h(); return", "return; try:"]),
        ("for a in b: g()", ["g(); return", "return; for a in b:"]),
        ("if a:\n    while b: g()", ["g(); return", "return; if a:"]),
    ],
)
def test_no_early_return_comes_where_the_function_ends_anyway(source_of: Text, body: str, expected: list[str]) -> None:
    lines = "\n".join("    " + line for line in body.splitlines())
    assert sorted(afters(source_of(f"def f(a, b):\n{lines}\n"), "early return")) == expected


def test_docstrings_annotations_and_assertions_are_no_code(source_of: Text) -> None:
    text = "def f(a: int = 3) -> 'str | None':\n    'says 1 + 1'\n    x: list[int]\n    assert a > 1, 'no'\n"
    assert [m for m in source_of(text).mutants if m.operator != "early return"] == []


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Node | None", []),
        ("Node", []),
        ("Colour | Node | None", []),
        ("Sized | None", ["return a"]),
        ("Node | Sized | None", ["return a"]),
        ("list[Node] | None", ["return a"]),
        ("int | None", ["return a"]),
        ("Unknown | None", ["return a"]),
        ("None", ["return a"]),
    ],
)
def test_an_object_without_a_truth_value_of_its_own_is_true(
    source_of: Text, annotation: str, expected: list[str]
) -> None:
    class Sized:
        def __len__(self) -> int:
            return 0

    source = source_of(
        f"def f(a: {annotation}):\n    return a is not None", Colour=Colour, Node=Node, Sized=Sized, int=int
    )
    assert afters(source, "truth for is not None") == expected


def test_what_a_function_gives_is_of_the_kind_that_it_says(source_of: Text) -> None:
    def find(a: object) -> Node | None:
        return None

    text = "def f(a):\n    found = find(a) or find(a)\n    return found is None"
    assert afters(source_of(text, find=find, Node=Node), "truth for is not None") == []
    chosen = source_of(text.replace("or find(a)", "if a else None"), find=find, Node=Node)
    assert afters(chosen, "truth for is not None") == []

    class Finder:
        def find(self) -> Node | None:
            return None

    class Record:
        node: Node | None
        size: int | None

    for asked, expected in (("a.find()", []), ("b.node", []), ("b.size", ["return not b.size"])):
        typed = source_of(
            f"def f(a: Finder, b: Record):\n    return {asked} is None", Finder=Finder, Record=Record, Node=Node
        )
        assert afters(typed, "truth for is not None") == expected
    other = text.replace("or find(a)", "or a")
    assert afters(source_of(other, find=find, Node=Node), "truth for is not None") == ["return not found"]


def test_words_of_an_error_are_counted_apart(source_of: Text) -> None:
    source = source_of("def f(a):\n    raise E(f'{a + 1} is too much', a + 1)\n")
    texts = ("a - 1", "a", "1", "a + 2", "a + 0")
    assert {m.after for m in source.mutants if m.wording} == {
        f"raise E(f'{{{text}}} is too much', a + 1)" for text in texts
    }
    assert "raise E(f'{a + 1} is too much', a - 1)" in {m.after for m in source.mutants if not m.wording}


FUNCTION = "def f(a):\n    'says.'\n    return a + 1\n\ndef g(a):\n    return a\n"


def ids(source: ModuleSource, function: str = "toy.f") -> set[str]:
    return {mutant.id for mutant in source.mutants if mutant.function == function}


@pytest.mark.parametrize(
    "same",
    [FUNCTION.replace("says.", "says more."), "import os\n" + FUNCTION, FUNCTION.replace("return a\n", "return 2\n")],
)
def test_ids_stay_while_a_function_stays(source_of: Text, same: str) -> None:
    assert ids(source_of(FUNCTION)) == ids(source_of(same))


@pytest.mark.parametrize("other", [FUNCTION.replace("a + 1", "a + 2"), FUNCTION.replace("def f", "def h")])
def test_ids_change_with_the_function(source_of: Text, other: str) -> None:
    assert not ids(source_of(FUNCTION)) & ids(source_of(other))


def test_every_mutant_compiles_and_the_tree_is_left_as_it_was(source_of: Text) -> None:
    source = source_of(FUNCTION + "\ndef h(a):\n    while a:\n        a.b([a, *a], {a, 1})\n        a = a.c\n")
    before = ast.dump(source.tree)
    for mutant in source.mutants:
        changed: Any = source.mutated(mutant.id)
        compile(changed, "toy.py", "exec")
        assert ast.dump(changed) != before
    assert ast.dump(source.tree) == before
