"""Instrumented code does on concrete values what plain Python does: over the subset, and over the real functions."""

import ast
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL, dialect_named
from proofs.execution.instrument import instrumented
from proofs.execution.loop_rules import UNROLLED
from proofs.execution.monitor import MAY_BE_STORED, PathMonitor, bind
from proofs.execution.path import ExecutionError, Path, Raised
from proofs.execution.syntax import OutsideSubsetError, source_of
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


@pytest.mark.long
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

    executed = bind(Keeping.step, Path(), {"__class__": Keeping}, stands=[Base.step])
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
    names: dict[str, Any] = {"np": SimpleNamespace(**vars(np))}
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
    scope: Any = SimpleNamespace(slots=SCOPE.slots, frames=SCOPE.frames)
    assert lists(bind(initial, Path(), names)(scope)) == lists(initial(SCOPE))


def test_linking_does_the_same() -> None:
    tree, same = trees([12])
    for t, call in ((tree, on_the_tree()), (same, EXECUTED)):
        node = t.first_child[FREE]
        call["unlink_leaf"](t, node)
        call["link_leaf"](t, ROOTS, node)
    assert lists(same) == lists(tree)


# The places, loops and names of a function, to the letter.


def test_points_have_their_place_and_a_number_that_tells_them_apart(written: Write) -> None:
    text = "def f(p, q):\n    x = 1; y = 2\n    z: int\n    w: int = x\n    return p and q and x or y if w else z"
    points = instrumented(source_of(written(text))).points
    assert [(point.line, point.column, point.number) for point in points] == [
        (2, 4, 0),
        (2, 11, 1),
        (3, 4, 2),
        (4, 4, 3),
        (5, 4, 4),
        *[(5, 33, 5)] * 2,
        *[(5, 11, 6)] * 2,
        *[(5, 11, 7)] * 2,
        *[(5, 17, 8)] * 2,
    ]
    assert {point.function for point in points} == {source_of(written(text)).name}
    ways = [(point.text, point.way) for point in points if point.way is not None]
    assert ways == [(text, way) for text in ("w", "p and q and x", "p", "q") for way in (True, False)]


def test_loops_have_the_line_of_their_head_and_the_names_that_a_turn_assigns(written: Write) -> None:
    function = written(
        "def f(x, y):\n    for a, (b, c) in x:\n        d = e = x\n        y[0] = a\n        while y:\n"
        "            g += h\n            self.i = 1\n    while x: pass\n"
    )
    assert instrumented(source_of(function)).loops == (
        (2, frozenset("abcdeg")),
        (5, frozenset("g")),
        (7 + 1, frozenset()),
    )


def test_names_from_outside_are_those_that_are_read_and_nowhere_assigned(written: Write) -> None:
    function = written(
        "def f(a, /, b, *, c=1):\n    d: Type = a + b + c\n    for e in xs:\n        use(e, d, key=word)\n"
        "    other.field[i] = g\n    return f'{h}' if m else d"
    )
    assert instrumented(source_of(function)).outer == frozenset({"xs", "use", "word", "other", "i", "g", "h", "m"})


def test_what_is_outside_the_subset_is_not_instrumented(written: Write) -> None:
    for statement in ("assert x", "return [y for y in x]", "return 1 < x < 3"):
        function = written(f"def f(x):\n    {statement}")
        for attempt in (lambda: instrumented(source_of(function)), lambda: bind(function, Path())):  # noqa: B023
            with pytest.raises(OutsideSubsetError, match=r":2: .* is outside the subset that is executed"):
                attempt()


def test_annotations_defaults_and_decorators_are_left_behind() -> None:
    def decorated(key: Callable[[], int]) -> Callable[[Any], Any]:
        return lambda function: function

    @decorated(lambda: 1)
    def f(a: "nowhere", /, b: "nowhere", *, c: "nowhere" = 1) -> "nowhere":  # type: ignore[name-defined] # noqa: F821
        d: "nowhere" = a + b + c  # type: ignore[name-defined] # noqa: F821, UP037
        return d

    bound = bind(f, Path())
    assert bound(1, 2) == 4
    assert instrumented(source_of(f)).outer == frozenset()
    tree = source_of(f).tree
    assert tree.returns is not None
    assert all(each.annotation is not None for each in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs))

    def g(a: int, b: Callable[[int], int] = lambda x: x + 1) -> int:
        return b(a)

    with pytest.raises(ExecutionError, match=r"g has a function for an argument left out"):
        bind(g, Path())


def test_the_code_has_the_lines_of_its_file_and_what_is_inserted_is_on_the_first_line_of_its_statement() -> None:
    def f(x: int) -> int:
        y = (
            x
            + 1
            )  # fmt: skip
        while y > 10:
            y = 1
        return y

    source = source_of(f)
    code = instrumented(source).code
    first = f.__code__.co_firstlineno
    assert (code.co_filename, code.co_name, code.co_firstlineno) == (f"executed: {__name__}", "f", first)
    lines = {line - first for _, _, line in code.co_lines() if line is not None}
    assert lines == {0, 1, 2, 3, 5, 6, 7}
    places = [(line - first, end - first, column, to) for line, end, column, to in code.co_positions() if line and end]
    # What was inserted before the first statement has no width; beside it there is the name that is assigned.
    assert {(end, column, to) for line, end, column, to in places if line == 1} == {(1, 4, 4), (1, 4, 5)}
    assert all(line == end for line, end, _, _ in places if line != 2)
    assert instrumented(source) is instrumented(source)
    assert instrumented(source).name == source.name


def test_a_docstring_stays_and_a_bare_constant_is_no_point(written: Write) -> None:
    function = written("def f(x):\n    'Text.'\n    1\n    x(2)\n    return 3")
    made = instrumented(source_of(function))
    assert [point.text for point in made.points] == ["x(2)", "return 3"]
    asked: list[int] = []
    assert bind(function, Path())(asked.append) == 3
    assert asked == [2]
    alone = written("def f(x):\n    'Text.'")
    assert instrumented(source_of(alone)).points == ()
    assert bind(alone, Path())(1) is None


def test_texts_of_points_are_the_first_line_without_its_colon(written: Write) -> None:
    text = "def f(x):\n    if x:\n        pass\n    for y in x:\n        z = x[1:2]\n    while x:\n        continue\n"
    texts = [point.text for point in instrumented(source_of(written(text))).points if point.way is None]
    assert texts == ["if x", "pass", "for y in x", "z = x[1:2]", "while x", "continue"]


def test_points_of_a_loop_are_in_the_order_of_the_source(written: Write) -> None:
    function = written(
        "def f(p, q):\n    while p or q:\n        p = q and p\n    for x in p if q else q:\n        pass"
    )
    points = [(point.text, point.way) for point in instrumented(source_of(function)).points]
    ways = {text: [(text, True), (text, False)] for text in ("p or q", "p", "q")}
    assert points == [
        *(("while p or q", None), *ways["p or q"], *ways["p"], ("p = q and p", None), *ways["q"]),
        *(("for x in p if q else q", None), *ways["q"], ("pass", None)),
    ]


def test_what_stands_in_a_call_is_instrumented_once(written: Write) -> None:
    function = written("def f(p, q, use):\n    use(p and q, key=q or p)\n    return use(use(p == q))")
    points = [(point.text, point.way) for point in instrumented(source_of(function)).points]
    assert points == [
        *(("use(p and q, key=q or p)", None), ("p", True), ("p", False), ("q", True), ("q", False)),
        ("return use(use(p == q))", None),
    ]
    told: list[Any] = []

    def use(value: Any, key: Any = None) -> Any:
        told.append((value, key))
        return value

    assert bind(function, Path(), stands=[use])(True, False, use) is False
    assert told == [(False, True), (False, None), (False, None)]


def test_both_branches_are_executed_where_they_stand(written: Write) -> None:
    function = written("def f(x):\n    if x:\n        return 'yes'\n    else:\n        return 'no'")
    assert (bind(function, Path())(True), bind(function, Path())(False)) == ("yes", "no")


def test_an_exception_is_raised_with_its_line_and_without_one_with_nothing(written: Write) -> None:
    function = written("def f(x):\n    y = x\n    raise ValueError(y == 1)")
    with pytest.raises(Raised, match=r"line 3: raises ValueError\(True\)$"):
        bind(function, Path())(1)
    with pytest.raises(Raised, match=r"line 2: raises None$"):
        bind(written("def f():\n    raise"), Path())()


@pytest.mark.parametrize(
    ("target", "stored"),
    [
        ("self.a = x", ["a"]),
        ("self.a: int = x", ["a"]),
        ("self.a += x", ["a"]),
        ("self.a = self.b = x", ["a", "b"]),
        ("self.a, y = x, x", ["a"]),
        ("y, self.a = x, x", ["a"]),
        ("y, (self.a, z), self.b = x, (x, x), x", ["b", "a"]),
        ("self.inner.a = x", ["a of inner"]),
        ("self.inner.a += x", ["a of inner"]),
        ("x[self.b] = 1", []),
        ("y = self.b", []),
    ],
)
def test_the_monitor_is_told_of_each_field_that_is_assigned_before_it_is(
    target: str, stored: list[str], written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = SimpleNamespace(a=1, b=1, inner=SimpleNamespace(a=1))
    told: list[str] = []

    def storing(monitor: PathMonitor, name: str, holder: object) -> None:
        assert (owner.a, owner.inner.a) == (1, 1)  # nothing is assigned yet
        told.append(name if holder is owner else f"{name} of inner")
        assert holder is owner or holder is owner.inner

    monkeypatch.setattr(PathMonitor, "storing", storing)
    bind(written(f"def f(self, x):\n    {target}\n    return x"), Path())(owner, 5 if "[" not in target else [0, 0])
    assert told == stored


class Turns:
    """A rule that counts the ends of the body, and lets a loop run as it does."""

    def __init__(self) -> None:
        self.ends = 0

    def head(self, values: dict[str, Any], assigned: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name in assigned}

    def each(self, iterable: Any) -> Iterator[object]:
        yield from iterable

    def tail(self, values: dict[str, Any]) -> None:
        self.ends += 1


def test_continue_ends_the_body_of_the_loop_that_it_is_in(written: Write) -> None:
    function = written(
        "def f(xs):\n    for x in xs:\n        for y in xs:\n            if y == 1:\n                continue\n"
        "        if x == 2:\n            continue\n    for z in xs:\n        if z == 3:\n            continue\n"
        "        break\n    return 7"
    )
    rules = [Turns(), Turns(), Turns()]
    assert bind(function, Path(), {}, {("f", i): rule for i, rule in enumerate(rules)}, "f")((1, 2, 3)) == 7
    assert [rule.ends for rule in rules] == [3, 9, 0]
    assert bind(function, Path(), {}, {("f", i): rule for i, rule in enumerate(rules)}, "f")((3, 3)) == 7
    assert [rule.ends for rule in rules] == [5, 13, 2]


def test_what_a_rule_gives_is_what_the_turn_and_what_comes_after_start_from(written: Write) -> None:
    class Given(Turns):
        def head(self, values: dict[str, Any], assigned: frozenset[str]) -> dict[str, Any]:
            return {"a": 10, "b": 20, "other": 30}

    function = written(
        "def f(xs, a, b, other):\n    for x in xs:\n        see(a, b)\n        a = b = 1\n    return a, b, other"
    )
    seen: list[Any] = []
    names = {"see": lambda *values: seen.append(values)}
    assert bind(function, Path(), names, {("f", 0): Given()}, "f")((1, 2), 3, 4, 5) == (10, 20, 5)
    assert seen == [(10, 20), (10, 20)]
    function = written("def f(a, b):\n    while b > 1:\n        see(a, b)\n        b = a = 1\n    return a, b")
    seen.clear()
    assert bind(function, Path(), names, {("f", 0): Given()}, "f")(3, 4) == (1, 1)
    assert seen == [(10, 20)]


def test_super_without_arguments_alone_is_completed(written: Write) -> None:
    calls: list[Any] = []

    def super_(*arguments: Any) -> int:
        calls.append(arguments)
        return 1

    function = written("def f(self):\n    super()\n    super(1, 2)\n    self.super()\n    other()\n    return 1")
    owner = SimpleNamespace(super=lambda: calls.append("a method"))
    bind(function, Path(), {"owner": owner, "super": super_, "other": lambda: calls.append("other"), "__class__": int})(
        owner
    )
    assert calls == [(int, owner), (1, 2), "a method", "other"]


def test_a_decision_that_is_written_down_is_none(written: Write) -> None:
    function = written(
        "def f(x):\n    while True:\n        if False:\n            x = 1\n        if 1 == 1:\n            return x"
    )
    points = instrumented(source_of(function)).points
    assert [(point.text, point.way) for point in points if point.way is not None] == [
        ("1 == 1", True),
        ("1 == 1", False),
    ]


class _Cell:
    """Holds a number, and says when it is read and written."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def __getitem__(self, index: object) -> int:
        self.said.append(f"read {index}")
        return 1

    def __setitem__(self, index: object, value: object) -> None:
        self.said.append(f"{index} is {value}")


def test_what_an_element_is_of_is_evaluated_once_and_first(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    cell = _Cell(said)

    def say(what: str, gives: object) -> object:
        said.append(what)
        return gives

    for asked in ("called", "operand"):
        monkeypatch.setattr(PathMonitor, asked, lambda monitor, value: value)
    function = written("def f(say, cell):\n    say('the cell', cell)[say('its index', 3)] += say('the number', 2)")
    bind(function, Path())(say, cell)
    executed, said[:] = list(said), []
    function(say, cell)
    assert executed == said == ["the cell", "its index", "read 3", "the number", "3 is 3"]


def test_a_list_that_is_changed_by_a_sign_stays_the_same_list(written: Write) -> None:
    whole: list[int] = [1]
    holder = [whole]
    assert (
        bind(written("def f(x):\n    x[0] += [2]\n    y = x[0]\n    y += [3]\n    return y"), Path())(holder) is whole
    )
    assert whole == [1, 2, 3]


@pytest.mark.parametrize("sign", ["+", "-", "*", "//", "%", "**", "<<", ">>", "&", "|", "^"])
def test_each_sign_before_an_equals_is_pythons(sign: str, written: Write) -> None:
    function = written(f"def f(x, y):\n    x {sign}= y\n    return x")
    assert bind(function, Path())(13, 3) == function(13, 3)


@pytest.mark.parametrize(
    ("owner", "asked"), [("self", ["own a"]), ("self.inner", ["own inner", "own inner", "owner a"])]
)
def test_what_is_read_before_a_sign_is_looked_at_as_any_other_field(
    owner: str, asked: list[str], written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the field is of is asked for where the monitor is told of it, and where it is read."""
    told: list[str] = []

    def tell(what: str) -> Callable[[PathMonitor, Any, str], Any]:
        def asking(monitor: PathMonitor, value: object, name: str) -> object:
            told.append(f"{what} {name}")
            return value

        return asking

    for what in ("own", "owner"):
        monkeypatch.setattr(PathMonitor, what, tell(what))
    parts: dict[str, object] = {"a": 1, MAY_BE_STORED: {"a"}}
    bind(written(f"def f(self):\n    {owner}.a += 1"), Path())(SimpleNamespace(**parts, inner=SimpleNamespace(**parts)))
    assert told == asked


def test_a_slice_is_not_changed_in_place(written: Write) -> None:
    with pytest.raises(OutsideSubsetError, match=":2: a sign applied to a slice in place is outside"):
        bind(written("def f(x):\n    x[0:1] += [1]"), Path())([1])
