"""Instrumented code does on concrete values what plain Python does: over the subset, and over the real functions."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL, dialect_named
from proofs.execution.instrument import instrumented
from proofs.execution.monitor import UNROLLED, bind
from proofs.execution.path import Path
from proofs.execution.syntax import source_of
from proofs.obligations.source import making, on_the_tree
from refinement.kernel import operations
from refinement.kernel.mapping_tree import FIRST, FREE, NONE, ROOTS, MappingTree, empty, on_lists
from refinement.kernel.operations import initial
from refinement.rewriting import rewritten

Write = Callable[[str], Callable[..., Any]]

# Small programs.

INTEGERS, FLAGS = ("a", "b", "c"), ("p", "q")
numbers = st.recursive(
    st.sampled_from([*INTEGERS, "0", "1", "3", "x[0]", "x[1]"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "&", "|", "^"]), inner),
        st.builds("(~{})".format, inner),
        st.builds("({} if {} < {} else {})".format, inner, inner, inner, inner),
    ),
    max_leaves=4,
)
truths = st.recursive(
    st.one_of(
        st.sampled_from([*FLAGS, "o is None", "o is not None", "True"]),
        st.builds("{} {} {}".format, numbers, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), numbers),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {} or {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=4,
)


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def blocks(draw: st.DrawFn, depth: int, looping: bool) -> list[str]:
    """A block of statements; loops end, since each turn counts first."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = ["number", "flag", "element", "swap", "add", "pass", "return", *(["if", "while", "for"] * (depth > 0))]
        kind = draw(st.sampled_from(kinds + ["continue", "break"] * looping))
        match kind:
            case "number":
                lines.append(f"{draw(st.sampled_from(INTEGERS))} = {draw(numbers)}")
            case "flag":
                lines.append(f"{draw(st.sampled_from(FLAGS))} = {draw(truths)}")
            case "element":
                lines.append(f"x[0 if {draw(truths)} else 1] = {draw(numbers)}")
            case "swap":
                lines.append("a, (b, x[0]) = b, (x[1], a)")
            case "add":
                lines.append(f"{draw(st.sampled_from([*INTEGERS, 'x[1]']))} += {draw(numbers)}")
            case "return":
                lines += [f"if {draw(truths)}:", f"    return {draw(numbers)}, {draw(truths)}, x"]
            case "if":
                lines += [f"if {draw(truths)}:", *indented(draw(blocks(depth - 1, looping)))]
                if draw(st.booleans()):
                    lines += [f"elif {draw(truths)}:", *indented(draw(blocks(depth - 1, looping)))]
                lines += ["else:", *indented(draw(blocks(depth - 1, looping)))]
            case "while":
                body = ["turns += 1", *draw(blocks(depth - 1, True))]
                lines += [f"while turns < 12 and {draw(truths)}:", *indented(body)]
            case "for":
                over = draw(st.sampled_from(["range(3)", "range(2, 0, -1)", "(a, b)", "[c, 1, a]", "()"]))
                body = draw(blocks(depth - 1, True))
                lines += [f"for {draw(st.sampled_from(INTEGERS))} in {over}:", *indented(body)]
            case _:
                lines.append(kind)
    return lines


HEAD = "def program(a, b, c, p, q, o, x, turns=0):"
ENDS = "return a, b, c, p, q, x"
ALL_UNROLLED = {("program", number): UNROLLED for number in range(64)}


@given(
    blocks(depth=3, looping=False),
    st.tuples(*[st.integers(-4, 4)] * 3, st.booleans(), st.booleans()),
    st.lists(st.integers(-4, 4), min_size=2, max_size=2),
)
@settings(max_examples=120, deadline=None)
def test_small_programs_do_the_same(lines: list[str], arguments: tuple[Any, ...], elements: list[int]) -> None:
    text = "\n".join([HEAD, *indented([*lines, ENDS])])
    program = written_globally(text)
    plain, executed, path = [*elements], [*elements], Path()
    expected = program(*arguments, None, plain, 0)
    found = bind(program, path, {}, ALL_UNROLLED, "program")(*arguments, None, executed, 0)
    assert (found, executed) == (expected, plain), text
    assert path.reached.keys() <= set(instrumented(source_of(program)).points)


def written_globally(text: str) -> Callable[..., Any]:
    """A function from a text, with that text for its source."""
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return rewritten(indented, tree)


# What each construct does.


@pytest.mark.parametrize("p", [True, False])
@pytest.mark.parametrize("q", [True, False])
def test_and_or_not_have_the_value_that_python_gives(p: bool, q: bool, written: Write) -> None:
    asked: list[str] = []

    def ask(name: str, value: bool) -> bool:
        asked.append(name)
        return value

    function = written(
        "def f(p, q):\n    return ask('p', p) and ask('q', q), ask('r', p) or ask('s', q), not ask('t', p)"
    )
    expected = (p and q, p or q, not p)
    assert bind(function, Path(), {"ask": ask})(p, q) == expected
    assert asked == ["p", *(["q"] if p else []), "r", *([] if p else ["s"]), "t"]


class Base:
    def step(self, x: int) -> tuple[str, int]:
        return "base", x


def test_super_leads_to_the_next_class() -> None:
    class Keeping(Base):
        def step(self, x: int) -> tuple[str, int]:
            name, y = super().step(x + 1)
            return name, y + 1

    executed = bind(Keeping.step, Path(), {"__class__": Keeping})
    assert executed(Keeping(), 4) == Keeping().step(4) == ("base", 6)


def test_what_a_function_has_from_the_one_around_it_stays_its_own() -> None:
    def around(number: int) -> Callable[[int], int]:
        def inside(x: int) -> int:
            return x + number

        return inside

    assert bind(around(3), Path())(4) == around(3)(4) == 7


def test_defaults_and_named_arguments_stay() -> None:
    def function(x: int, y: int = 2, *, z: int = 3) -> tuple[int, int, int]:
        return x, y, z

    executed = bind(function, Path())
    assert (executed(1), executed(1, 5, z=6)) == ((1, 2, 3), (1, 5, 6))


def test_names_stand_for_what_is_given_and_the_function_is_left_alone(written: Write) -> None:
    function = written("def f():\n    return 2 * helper()")
    assert bind(function, Path(), {"helper": lambda: 4})() == 8
    with pytest.raises(NameError):
        function()


def test_statements_and_ways_are_points_in_the_order_of_the_source(written: Write) -> None:
    function = written("def f(p):\n    '''Text.'''\n    x = 1\n    if p and x == 1:\n        return x\n    return 2")
    points = instrumented(source_of(function)).points
    assert [(point.line, point.text, point.way) for point in points] == [
        (3, "x = 1", None),
        (4, "if p and x == 1", None),
        (4, "p and x == 1", True),
        (4, "p and x == 1", False),
        (4, "p", True),
        (4, "p", False),
        (5, "return x", None),
        (6, "return 2", None),
    ]
    path = Path()
    bind(function, path)(False)
    assert [str(point).partition(": ")[2] for point in path.reached] == [
        "x = 1",
        "if p and x == 1",
        "p is False",
        "p and x == 1 is False",
        "return 2",
    ]


def test_a_statement_after_the_end_of_a_block_is_a_point_that_is_not_reached(written: Write) -> None:
    function, path = written("def f():\n    return 1\n    return 2"), Path()
    assert bind(function, path)() == 1
    assert [point.text for point in instrumented(source_of(function)).points if point not in path.reached] == [
        "return 2"
    ]


# The functions of the tree.


def executing() -> dict[str, Any]:
    """All functions on the tree and those that make it, each executed, and calling executed ones."""
    names: dict[str, Any] = {"np": np}
    functions = {**on_the_tree(), **making()}
    rules = {(name, 0): UNROLLED for name in functions}

    def executed(name: str) -> Callable[..., Any]:
        return lambda *arguments: bind(functions[name], Path(), names, rules, name)(*arguments)

    names.update({name: executed(name) for name in functions})
    return names


EXECUTED = executing()
SCOPE = Scope(3, 2, 2)


def lists(tree: MappingTree) -> list[list[int]]:
    return [list(column) for column in tree]  # type: ignore[call-overload]


def trees(numbers: list[int]) -> Iterator[MappingTree]:
    """Twice the tree to which some operations lead."""
    for _ in range(2):
        tree = on_lists(initial(SCOPE))
        for number in numbers:
            src, dst, rights = number % 6, number // 6 % 6, (7, 3, 5, 1)[number // 36 % 4]
            operation = (operations.map_, operations.map_, operations.grant)[number // 144 % 3]
            operation(tree, src, dst, rights, CANONICAL.readings)
        yield tree


histories = st.lists(st.integers(0, 431), max_size=8)


@given(histories, st.data())
@settings(max_examples=60, deadline=None)
def test_functions_on_real_trees_do_the_same(history: list[int], data: st.DataObject) -> None:
    tree, same = trees(history)
    calls = possible(tree)
    name, arguments = data.draw(st.sampled_from(calls))
    expected = on_the_tree()[name](tree, *arguments)
    assert EXECUTED[name](same, *arguments) == expected
    assert lists(same) == lists(tree)


def possible(t: MappingTree) -> list[tuple[str, tuple[Any, ...]]]:
    """Calls that the functions' contracts allow on a tree."""
    live = [n for n in range(FIRST, len(t.parent)) if t.slot[n] != NONE]
    leaves = [n for n in live if t.first_child[n] == NONE]
    nil = [s for s in range(len(t.node_of)) if t.node_of[s] == NONE]
    slots = range(len(t.node_of))
    pairs = [(n, m) for n in live for m in live if n != m]
    found: list[tuple[str, tuple[Any, ...]]] = [
        *(("unlink_leaf", (n,)) for n in leaves),
        *(("remove_leaf", (n,)) for n in leaves),
        *(("move_node", (n, s)) for n in live for s in nil),
        *(("restrict_rights", (n, t.rights[n] & 3 or 7)) for n in leaves),
        *(("flush_below", (n,)) for n in live),
        *(("flush_step", (t.parent[n], n)) for n in leaves if t.parent[n] != ROOTS),
        *(("restrict_below", (n, kept)) for n in live for kept in (0, 1, 5)),
        *((step, (n, leaving, *more)) for n in leaves for leaving in (True, False) for step, more in STEPS),
        *(("is_below", pair) for pair in pairs),
        *(("is_emptied", (t.slot[n], t.slot[m])) for n, m in pairs),
        *((name, (s, d, r, q)) for name in ASKING for s in slots for d in slots for r in (0, 3, 7) for q in READINGS),
        *(("flush", (s, r, CANONICAL.readings)) for s in slots for r in (0, 3, 7)),
        *(("create_leaf", (ROOTS, s, 0, ALL_RIGHTS)) for s in nil if t.first_child[FREE] != NONE),
    ]
    return found


STEPS = (("tour_step", ()), ("restrict_step", (1,)))
ASKING = ("is_refused", "map_", "grant")
READINGS = (CANONICAL.readings, dialect_named("tree").readings)


def test_every_function_on_the_tree_is_among_those() -> None:
    (tree, _) = trees([0 + 6 * 2, 2 + 6 * 4, 0 + 6 * 5])
    called = {name for name, _ in possible(tree)}
    assert on_the_tree().keys() - called == {"initial", "is_supported", "link_leaf"}


def test_a_tree_is_made_the_same() -> None:
    made = EXECUTED["empty"](5, 4)
    assert lists(made) == lists(empty(5, 4))
    assert [column.dtype for column in made] == [column.dtype for column in empty(5, 4)]  # type: ignore[attr-defined]


def test_the_initial_tree_is_the_same() -> None:
    names = {**EXECUTED, "empty": lambda slots, mappings: on_lists(empty(slots, mappings))}
    assert lists(bind(initial, Path(), names)(SCOPE)) == lists(initial(SCOPE))


def test_linking_does_the_same() -> None:
    tree, same = trees([12])
    for t, call in ((tree, on_the_tree()), (same, EXECUTED)):
        node = t.first_child[FREE]
        call["unlink_leaf"](t, node)
        call["link_leaf"](t, ROOTS, node)
    assert lists(same) == lists(tree)
