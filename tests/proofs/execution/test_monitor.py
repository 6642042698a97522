"""What executed code asks, to the letter: truths, comparisons, None, stores, loops, and the names from outside."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import z3

from proofs.execution import monitor
from proofs.execution.instrument import instrumented
from proofs.execution.integers import natural
from proofs.execution.loop_rules import UNROLLED, LoopRule, Rules, Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, Raised, paths
from proofs.execution.syntax import source_of
from proofs.execution.values import Node, Option, Tag, Truth, Value

Write = Callable[[str], Callable[..., Any]]

P, Q = z3.Bools("p q")
X, Y = z3.BitVecs("x y", 4)


def said(value: object) -> str:
    """A name for a case that is the same in every process: what stands at an address is named by its kind."""
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)


def refused(function: Callable[..., Any], *arguments: Any, rules: Rules | None = None, **names: Any) -> str:
    """What a refusal says, without the place."""
    with pytest.raises(ExecutionError) as error:
        bind(function, Path(), names, rules, "f")(*arguments)
    return str(error.value)


# Truths.


def test_a_formula_is_decided_both_ways_like_a_truth(written: Write) -> None:
    function = written("def f(x):\n    if x:\n        return 1\n    return 2")
    for make in (lambda path: P, lambda path: Truth(P, path)):
        found = list(paths(lambda path, make=make: bind(function, path)(make(path))))  # type: ignore[misc]
        assert [(path.facts, result) for path, result in found] == [([P], 1), ([z3.Not(P)], 2)]
        ways = [[str(point).partition(": ")[2] for point in path.reached if point.way is not None] for path, _ in found]
        assert ways == [["x is True"], ["x is False"]]


class Answers:
    """Stands for a value that has a truth."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def asked(self) -> Any:
        return self.answer


def test_what_says_its_truth_is_asked_for_it(written: Write) -> None:
    function = written("def f(x):\n    return (1 if x else 2), (True and x), not x")
    yes, no = (result for _, result in paths(lambda path: bind(function, path)(Answers(P))))
    assert yes is not None
    assert no is not None
    assert (yes[0], no[0]) == (1, 2)
    assert yes[1].eq(P)
    assert yes[2].eq(z3.Not(P))
    path = Path()
    denied = bind(written("def f(x):\n    return not x"), path)(Answers(Truth(P, path)))
    assert denied.term.eq(z3.Not(P))
    assert path.taken == []  # it is a formula, and no decision


def test_connectives_end_in_the_value_itself(written: Write) -> None:
    function = written("def f(x, y):\n    return x and y, x or y, not y")
    path = Path()
    truth = Truth(Q, path)
    both, either, neither = bind(function, path)(True, truth)
    assert both is truth
    assert either is True
    assert neither.term.eq(z3.Not(Q))
    assert bind(function, Path())(True, False) == (False, True, True)
    assert bind(function, Path())(False, True) == (False, True, False)
    plain = bind(function, Path())(True, Q)
    assert plain[0].eq(Q)
    assert plain[2].eq(z3.Not(Q))


@pytest.mark.parametrize("value", [0, 1, "text", None, X, object()], ids=said)
def test_what_is_no_truth_stands_nowhere_for_one(value: object, written: Write) -> None:
    assert "is no formula: compare it" in refused(written("def f(x):\n    return 1 if x else 2"), value)
    for connective in ("True and x", "False or x", "not x"):
        said = refused(written(f"def f(x):\n    return {connective}"), value)
        assert said.endswith("is no truth, so that it cannot stand beside and, or, not")


@pytest.mark.parametrize("constant", ["0", "1", "'text'", "None"])
def test_a_constant_that_is_no_truth_decides_nothing(constant: str, written: Write) -> None:
    for text in (f"if {constant}:\n        return 1", f"return {constant} and True", f"return 1 if {constant} else 2"):
        assert "is no formula: compare it" in refused(written(f"def f():\n    {text}"))
    assert "is no formula: compare it" in refused(
        written(f"def f():\n    while {constant}:\n        return 1"), rules={("f", 0): UNROLLED}
    )


def test_a_refusal_names_the_term_or_the_kind_of_a_value(written: Write) -> None:
    asks = written("def f(x):\n    return 1 if x else 2")
    assert refused(asks, Value(z3.Const("n", Node), Path())).startswith("the truth of n is no formula")
    assert refused(asks, "text").startswith("the truth of a str is no formula")
    assert refused(asks, SimpleNamespace(term=0)).startswith("the truth of 0 is no formula")


# None.


def test_none_is_none_and_an_option_may_be(written: Write) -> None:
    function = written("def f(x):\n    return x is None, x is not None")
    assert bind(function, Path())(None) == (True, False)
    path = Path()
    absent, there = bind(function, path)(Option(P, Value(z3.Const("t", Tag), path)))
    assert absent.term.eq(P)
    assert there.term.eq(z3.Not(P))
    for value in (0, False, "", X):
        assert refused(function, value).endswith("is never None, so that asking for it is no question")


# Comparisons.

COMPARED = {
    "==": (operator.eq, operator.eq),
    "!=": (operator.ne, operator.ne),
    "<": (operator.lt, z3.ULT),
    "<=": (operator.le, z3.ULE),
    ">": (operator.gt, z3.UGT),
    ">=": (operator.ge, z3.UGE),
}


@pytest.mark.parametrize("sign", COMPARED)
def test_numbers_are_compared_as_python_does_and_words_without_a_sign(sign: str, written: Write) -> None:
    function = written(f"def f(x, y):\n    return x {sign} y")
    plain, words = COMPARED[sign]
    for one, other in ((1, 2), (2, 1), (2, 2), (0, 1)):
        assert bind(function, Path())(one, other) is plain(one, other)
    integers = bind(function, Path())(z3.Int("n"), 3)
    assert integers.eq(plain(z3.Int("n"), 3))
    for left, right in ((X, Y), (X, 9), (9, X)):
        found = bind(function, Path())(left, right)
        assert found.eq(words(left, right))


def test_what_may_be_none_is_not_compared(written: Write) -> None:
    function = written("def f(x, y):\n    return x == y")
    option = Option(P, Value(z3.Const("t", Tag), Path()))
    for left, right in ((None, 1), (1, None), (option, 1), (1, option), (None, None)):
        assert refused(function, left, right) == "what may be None is compared before the code asked whether it is"


class Colour(Enum):
    RED = 1
    GREEN = 2


class Odd:
    """Compares to a number."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __eq__(self, other: object) -> Any:
        return self.answer

    __hash__ = None  # type: ignore[assignment]


def test_only_what_has_an_equality_is_compared(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "check_runs_nothing", lambda value: None)  # as if a proof had put it there
    function = written("def f(x, y):\n    return x == y")
    assert bind(function, Path())(Colour.RED, Colour.RED) is True
    assert bind(function, Path())(Colour.RED, Colour.GREEN) is False
    for left, right in ((object(), 1), (1, object()), (SimpleNamespace(), 1), (1, SimpleNamespace())):
        assert refused(function, left, right).endswith("is compared, which would tell one object from another only")
    for answer in (1, None, "yes", np.array([True])):
        assert refused(function, Odd(answer), 1) == "comparing a odd with a int gives no truth"
    for truth in (True, P, Truth(P, Path())):
        assert bind(function, Path())(Odd(truth), 1) is truth


# Exceptions.


def test_what_is_raised_carries_its_text_as_far_as_it_is_known(written: Write) -> None:
    function = written("def f(x):\n    y = 1\n    raise ValueError(f'no {x} of {y}!')")
    with pytest.raises(Raised) as error:
        bind(function, Path())(X)
    assert str(error.value).endswith("line 3: raises ValueError(no ... of ...!)")
    assert isinstance(error.value.exception, ValueError)


# Fields.


class Counted:
    may_be_stored = frozenset({"hits"})
    hits = misses = 0


def test_only_fields_of_self_and_counted_ones_are_assigned(written: Write) -> None:
    text = "def f(self):\n    self.{}.{} = 1\n    self.field = 2\n    return self.me"
    made = bind(written(text.format("counters", "hits")), Path())(looked())
    assert (made.counters.hits, made.field) == (1, 2)
    said = refused(written(text.format("counters", "hits")), SimpleNamespace(counters=Counted()))
    assert said == "the field field of a simple namespace is assigned, at which no proof looks"
    said = refused(written(text.format("counters", "misses")), Looked(counters=Counted()))
    assert said == "the field misses of a counted is assigned, at which no proof looks"
    said = refused(written(text.format("counters", "hits")), Looked(counters=SimpleNamespace()))
    assert said == "the field hits of a simple namespace is assigned, at which no proof looks"
    loop = "def f(self, x):\n    for y in x:\n        self.counters.{} = 1\n    return self.counters.hits"
    said = refused(written(loop.format("misses")), SimpleNamespace(counters=Counted()), 1, rules={("f", 0): Rule()})
    assert said == "the field misses of a counted is assigned, at which no proof looks"
    counted = bind(written(loop.format("hits")), Path(), {}, {("f", 0): Rule()}, "f")
    assert counted(SimpleNamespace(counters=Counted()), 1) == 1  # of these a loop's invariant need not speak


def looked() -> "Looked":
    """One that has itself as a field."""
    made = Looked(counters=Counted())
    made.me = made
    return made


class Looked(SimpleNamespace):
    """An object at whose field a proof looks."""

    may_be_stored = ("field",)


def remembering() -> SimpleNamespace:
    """An object that tells whether one of its fields is left changed: none was before the loop."""
    return SimpleNamespace(check_memory=lambda: None)


class Empty:
    def __len__(self) -> int:
        return 0


# Loops.


class Rule:
    """Any turn; of the names in ``known`` the value is 5."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self.seen: list[tuple[str, Values]] = []

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        self.seen.append((" ".join(["head", *sorted(assigned)]), dict(values)))
        return dict.fromkeys(self.known, 5)

    def each(self, iterable: object) -> Iterator[object]:
        yield "element"

    def tail(self, values: Values) -> None:
        self.seen.append(("tail", dict(values)))


def test_a_rule_is_told_the_variables_and_nothing_else(written: Write) -> None:
    function = written("def f(x, y):\n    z = y\n    while x == z:\n        x = 6\n        w = x\n    return x, y, z")
    rule = Rule("x")
    assert bind(function, Path(), {}, {("f", 0): rule}, "f")(4, 5) == (6, 5, 5)
    assert rule.seen == [
        ("head w x", {"x": 4, "y": 5, "z": 5}),
        ("tail", {"x": 6, "y": 5, "z": 5, "w": 6}),
    ]
    function = written("def f(x, y):\n    for z in y:\n        x = z\n    return x")
    rule = Rule("x")
    assert bind(function, Path(), {}, {("f", 0): rule}, "f")(4, ()) == 5
    assert rule.seen == [("head x z", {"x": 4, "y": ()}), ("tail", {"x": "element", "y": (), "z": "element"})]


def test_loops_have_rules_by_function_and_number(written: Write) -> None:
    function = written(
        "def f(x):\n    for y in (1,):\n        pass\n    while x == 1:\n        x = 2\n"
        "    while x == 2:\n        x = 3\n    return x"
    )
    rules = {("f", 1): UNROLLED, ("f", 2): UNROLLED}
    assert bind(function, Path(), {}, rules, "f")(1) == 3
    name = source_of(function).name
    assert bind(function, Path(), {}, {(name, number): UNROLLED for number in (1, 2)})(1) == 3
    for missing, line in (((1), 4), ((2), 6)):
        some: Rules = {key: rule for key, rule in rules.items() if key[1] != missing}
        assert refused(function, 1, rules=some) == f"{name}, line {line}: a loop without an invariant"
    assert "line 4: a loop without an invariant" in refused(function, 1)


def test_rules_may_be_entered_after_the_function_was_bound(written: Write) -> None:
    rules: dict[tuple[str, int], LoopRule] = {}
    bound = bind(written("def f(x):\n    while x == 1:\n        x = 2\n    return x"), Path(), {}, rules, "f")
    rules["f", 0] = UNROLLED
    assert bound(1) == 2


def test_a_rule_without_elements_is_a_rule(written: Write) -> None:
    class Without(Rule):
        def __len__(self) -> int:
            return 0

    function = written("def f(x):\n    while x == 1:\n        x = 2\n    return x")
    assert bind(function, Path(), {}, {("f", 0): Without("x")}, "f")(1) == 5


def test_what_is_gone_through_may_bring_its_rule(written: Write) -> None:
    function = written("def f(x):\n    for y in x:\n        z = y\n    return z")
    own, other = Rule(), Rule()
    assert bind(function, Path(), {}, {("f", 0): other}, "f")(SimpleNamespace(rule=own)) == "element"
    assert (len(own.seen), len(other.seen)) == (2, 0)
    assert bind(function, Path(), {}, {("f", 0): other}, "f")(object()) == "element"
    assert len(other.seen) == 2


def test_one_turn_stands_for_all_until_the_loop_is_over(written: Write) -> None:
    loops = {
        "while": "    while x == 5:\n        {}\n        x = 6\n",
        "for": "    for y in x:\n        {}\n",
    }
    for kind, loop in loops.items():
        stores = written(f"def f(self, x):\n{loop.format('self.field = 1')}    return x")
        assert refused(stores, remembering(), 5, rules={("f", 0): Rule("x")}) == (
            "self.field is assigned in a loop, whose invariant does not speak of it"
        )
        before = 5 if kind == "while" else [1]
        bind(stores, Path(), {}, {("f", 0): UNROLLED}, "f")(remembering(), before)
        path = Path()
        after = written(
            f"def f(self, x):\n{loop.format('look()')}    look()\n    self.field = 1\n    return self.field"
        )
        turns: list[int] = []
        look = {"look": lambda path=path, turns=turns: turns.append(path.turns)}
        assert bind(after, path, look, {("f", 0): Rule("x")}, "f")(remembering(), 5) == 1
        assert turns == [1, 0]
        turns.clear()
        bind(after, path, look, {("f", 0): UNROLLED}, "f")(remembering(), before)
        assert turns == [0, 0]


@pytest.mark.parametrize("loop", ["while x == 5", "for y in x"])
def test_what_was_remembered_is_looked_at_before_the_turn_begins_and_the_rule_after(loop: str, written: Write) -> None:
    path = Path()
    turns: list[int] = []

    class Asked(Rule):
        def head(self, values: Values, assigned: frozenset[str]) -> Values:
            turns.append(path.turns)
            return super().head(values, assigned)

    function = written(f"def f(x, memory):\n    {loop}:\n        x = 6\n    return x")
    memory = SimpleNamespace(check_memory=lambda: turns.append(path.turns))
    bind(function, path, {}, {("f", 0): Asked("x")}, "f")(5, memory)
    assert turns == [0, 1]


def test_loops_inside_loops_are_counted(written: Write) -> None:
    function = written(
        "def f(x):\n    for y in x:\n        look()\n        for z in x:\n            look()\n"
        "        look()\n    look()\n"
    )
    path, turns = Path(), list[int]()
    bind(function, path, {"look": lambda: turns.append(path.turns)}, {("f", 0): Rule(), ("f", 1): Rule()}, "f")(
        object()
    )
    assert turns == [1, 2, 1, 0]


class Remembers:
    def __init__(self) -> None:
        self.checked = 0

    def check_memory(self) -> None:
        self.checked += 1


@pytest.mark.parametrize("place", range(3))
def test_every_variable_is_looked_at_before_a_loop_and_after_it_none(place: int, written: Write) -> None:
    function = written("def f(x, y, z):\n    for w in (1,):\n        pass\n    return 1")
    changing: tuple[object, ...] = ([], {}, set(), bytearray(), ((1, []),))
    for value in changing:
        arguments: list[Any] = [1, (2,), "three"]
        arguments[place] = value
        said = refused(function, *arguments, rules={("f", 0): Rule()})
        assert said == f"{'xyz'[place]!r} is a {type(value).__name__}, of which no loop's invariant speaks"
        assert bind(function, Path(), {}, {("f", 0): UNROLLED}, "f")(*arguments) == 1
    several = [Remembers() for _ in range(3)]
    bind(function, Path(), {}, {("f", 0): Rule()}, "f")(*several)
    assert [each.checked for each in several] == [1, 1, 1]
    bind(function, Path(), {}, {("f", 0): UNROLLED}, "f")(*several)
    assert [each.checked for each in several] == [1, 1, 1]


def test_what_a_turn_changes_has_a_value_from_the_rule(written: Write) -> None:
    function = written("def f(x, y):\n    while x == 5:\n        x = 6\n        y = x\n        z = y\n    return x, y")
    assert refused(function, 5, 5, rules={("f", 0): Rule("x")}) == (
        "the loop in line 2 changes 'y', of which its invariant does not speak"
    )
    assert refused(function, 5, 5, rules={("f", 0): Rule()}) == (
        "the loop in line 2 changes 'x', of which its invariant does not speak"
    )
    assert bind(function, Path(), {}, {("f", 0): Rule("x", "y")}, "f")(4, 4) == (6, 6)
    assert bind(function, Path(), {}, {("f", 0): UNROLLED}, "f")(5, 4) == (6, 6)
    over = written("def f(x, y):\n    for z in x:\n        y = z\n    return y")
    assert refused(over, object(), 4, rules={("f", 0): Rule()}) == (
        "the loop in line 2 changes 'y', of which its invariant does not speak"
    )
    assert bind(over, Path(), {}, {("f", 0): Rule("y")}, "f")(object(), 4) == 5
    once = written("def f(x, y):\n    for z in x:\n        y = z\n        return y")  # it is known before any turn
    assert "changes 'y'" in refused(once, object(), 4, rules={("f", 0): Rule()})


def test_a_rule_that_cuts_ends_the_path_at_the_end_of_the_body(written: Write) -> None:
    class Cuts(Rule):
        def tail(self, values: Values) -> None:
            raise Cut

    function = written("def f(x):\n    for y in x:\n        z = 1\n    return z")
    rule = Cuts()
    found = list(paths(lambda path: bind(function, path, {}, {("f", 0): rule}, "f")(object())))
    assert [result for _, result in found] == [None]


# Names from outside.


class Kept(NamedTuple):
    number: int


@dataclass
class Record:
    number: int


class Other:
    pass


def using(value: object) -> Callable[[], object]:
    def inside() -> object:
        return value

    return inside


@pytest.mark.parametrize(
    "value",
    [1, True, "text", (1, 2), frozenset({1}), None, Colour.RED, SimpleNamespace(), Colour, Kept, Record, KeyError],
    ids=said,
)
def test_constants_and_classes_of_such_are_used_as_they_are(value: object) -> None:
    assert bind(using(value), Path())() is value


@pytest.mark.parametrize("value", [[], {}, 1.5, len, using, Other, Other(), Record(1), np, b"bytes"], ids=said)
def test_all_else_is_refused(value: object) -> None:
    said = f"using.<locals>.inside uses value, a {type(value).__name__} not executed on terms"
    with pytest.raises(ExecutionError) as error:
        bind(using(value), Path())
    assert str(error.value) == said


def test_of_python_only_what_is_named_is_used(written: Write) -> None:
    function = written("def f(x):\n    return len(x), range(2), ValueError, IndexError, bytes")
    assert bind(function, Path())("ab") == (2, range(2), ValueError, IndexError, bytes)
    for name in ("sorted", "int", "KeyError", "nowhere"):
        with pytest.raises(ExecutionError) as error:
            bind(written(f"def f(x):\n    y = len(x)\n    return {name}"), Path())
        assert str(error.value) == f"_anywhere uses {name}, which is not executed on terms"
        assert bind(written(f"def f(x):\n    return {name}"), Path(), {name: 7})(1) == 7


def test_every_name_from_outside_is_looked_at(written: Write) -> None:
    for body in ("abs, len, sum", "len, sum, abs", "sum, abs, len"):
        with pytest.raises(ExecutionError, match="uses abs, which is not executed on terms"):
            bind(written(f"def f():\n    return {body}"), Path(), {"sum": 1})
        assert bind(written(f"def f():\n    return {body}"), Path(), {"sum": 1, "abs": 2})()


def test_an_argument_that_remembers_is_refused() -> None:
    def first(x: object = [], y: int = 1) -> None:
        pass

    def last(x: int = 1, y: object = {}) -> None:
        pass

    def keyword(*, x: int = 1, y: object = set()) -> None:
        pass

    def both(y: int = 1, *, x: object = bytearray()) -> None:
        pass

    for function in (first, last, keyword, both):
        with pytest.raises(ExecutionError) as error:
            bind(function, Path())
        assert str(error.value).startswith(f"{function.__qualname__} has a ")
        assert str(error.value).endswith(" for an argument left out")

    def fine(x: int = 1, *, y: tuple[int, ...] = (2,), z: object = None) -> object:
        return x, y, z

    assert bind(fine, Path())() == (1, (2,), None)


@pytest.mark.parametrize("name", ["path", "term", "value", "anything"])
def test_a_number_has_no_fields(name: str, written: Write) -> None:
    path, node = Path(), z3.Const("node", Node)
    for value in (Value(node, path), natural("n", 8), Option(node == node, Value(node, path)), path, node):
        with pytest.raises(ExecutionError, match="is a number and has none"):
            bind(written(f"def f(x):\n    x.{name}"), path)(value)


@pytest.mark.parametrize("value", [True, z3.Bool("b"), Truth(z3.Bool("b"), Path())], ids=repr)
def test_no_sign_stands_before_a_truth(value: object, written: Write) -> None:
    for sign in ("~", "-", "+"):
        with pytest.raises(ExecutionError, match="is no number: write not"):
            bind(written(f"def f(x):\n    return {sign}x"), Path())(value)
    assert bind(written("def f(x):\n    return ~x - -x"), Path())(3) == -1


@dataclass(frozen=True)
class Holding:
    value: object


@pytest.mark.parametrize("operator", ["==", "!=", "<"])
@pytest.mark.parametrize("make", [lambda x: (x,), lambda x: [x], lambda x: ((1, x),), Holding, lambda x: {1: x}])
def test_words_are_not_compared_as_parts(operator: str, make: Callable[[object], object], written: Write) -> None:
    compares = bind(written(f"def f(x, y):\n    return x {operator} y"), Path())
    for value in (natural("n", 8), X, P):
        for pair in ((make(value), make(1)), (make(1), make(value))):
            with pytest.raises(ExecutionError, match=r"is compared as a part of a (tuple|list|dict|holding)"):
                compares(*pair)
    assert bind(written("def f(x, y):\n    return x == y"), Path())(make(1), make(1)) is True


def test_objects_are_not_compared_as_parts(written: Write) -> None:
    compares = bind(written("def f(x, y):\n    return (f'{x}',) == (f'{y}',)"), Path())
    with pytest.raises(ExecutionError, match="a text is compared, which would tell one object from another only"):
        compares(1, 1)


def test_an_argument_left_out_does_nothing_of_its_own() -> None:
    class Other:
        def __and__(self, other: object) -> object:
            return isinstance(other, int)

    def hides(x: object, y: Any = Other()) -> object:  # noqa: B008
        return y & x

    with pytest.raises(ExecutionError, match="hides has a Other for an argument left out"):
        bind(hides, Path())


def test_variables_are_read_by_python_s_own_function(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    function = written("def f(x):\n    y = 0\n    while x:\n        y = y + 1\n    return y")
    monkeypatch.setitem(function.__globals__, "locals", dict)
    assert bind(function, Path()).__globals__["locals"] is locals


def test_what_is_said_of_a_variable_without_a_value_makes_it_one(written: Write) -> None:
    function = written("def f(x):\n    x = ValueError\n    ValueError: x\n    return ValueError")
    with pytest.raises(UnboundLocalError):
        function(1)
    with pytest.raises(UnboundLocalError):
        bind(function, Path())(1)


def test_what_is_bound_has_the_function_s_name_and_leaves_it_alone(written: Write) -> None:
    def function(x: int) -> int:
        return x

    bound = bind(function, Path())
    assert bound.__name__ == "function"
    assert bound.__kwdefaults__ is None
    assert instrumented(source_of(function)).code is bound.__code__
    assert function.__globals__ is not bound.__globals__
