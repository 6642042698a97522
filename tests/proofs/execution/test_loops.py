"""The rules for loops: no rule, two entries, and what a rule does not speak of are refused."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import z3

from proofs.execution.loop_rules import UNROLLED, Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Truth, Value
from proofs.obligations.kernel.frames import AllFrames, EachFrame, ranges
from proofs.obligations.kernel.hardware import Cores, SymbolicMachine
from proofs.obligations.kernel.world import START
from proofs.obligations.tree.loops import LoopProof

Write = Callable[[str], Callable[..., Any]]

n = z3.Const("n", Node)


class Rule:
    """Any turn, of which the variable ``x`` is known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[tuple[str, Values]] = []

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        self.seen.append((f"head, which assigns {sorted(assigned)}", dict(values)))
        return {"x": Value(z3.Const("x_in_loop", Node), self.path)}

    def each(self, iterable: object) -> Iterator[object]:
        if self.path.decide(z3.Bool("another")):
            yield "element"

    def tail(self, values: Values) -> None:
        self.seen.append(("tail", dict(values)))
        raise Cut


def executed(function: Callable[..., Any], *arguments: Any, **names: Any) -> list[tuple[Path, Any, Rule]]:
    found: list[tuple[Path, Any, Rule]] = []
    rules: list[Rule] = []

    def run(path: Path) -> Any:
        rules.append(Rule(path))
        return bind(function, path, names, {("f", 0): rules[-1]}, "f")(Value(n, path), *arguments)

    for path, result in paths(run):
        found.append((path, result, rules[-1]))
    return found


def refused(function: Callable[..., Any], *arguments: Any, **names: Any) -> str:
    with pytest.raises(ExecutionError) as error:
        executed(function, *arguments, **names)
    return str(error.value)


def test_a_loop_is_cut_at_its_own_head_and_at_the_end_of_its_body(written: Write) -> None:
    function = written("def f(x):\n    while x != 0:\n        x = step(x)\n    return x")
    turn, end = executed(function, step=lambda x: x)
    assert [what for what, _ in turn[2].seen] == ["head, which assigns ['x']", "tail"]
    assert turn[2].seen[0][1]["x"].term.eq(n)
    assert str(turn[2].seen[1][1]["x"].term) == "x_in_loop"
    assert [what for what, _ in end[2].seen] == ["head, which assigns ['x']"]
    assert str(end[1].term) == "x_in_loop"


def test_continue_is_the_end_of_the_body_and_break_is_an_exit(written: Write) -> None:
    function = written(
        "def f(x):\n    while x != 0:\n        if x == 1:\n            continue\n        break\n    return x"
    )
    ends = [(rule.seen[-1][0].split(",")[0], result is None) for _, result, rule in executed(function)]
    assert ends == [("tail", True), ("head", False), ("head", False)]


def test_a_while_without_a_rule_is_refused_with_its_line(written: Write) -> None:
    function = written(
        "def f(x):\n    y = 1\n    while y == 1:\n        y = 2\n    while x != 0:\n        x = 0\n    return x"
    )
    with pytest.raises(ExecutionError, match="line 3: a loop without an invariant"):
        list(paths(lambda path: bind(function, path)(Value(n, path))))
    rules = {("f", 0): UNROLLED}
    with pytest.raises(ExecutionError, match="line 5: a loop without an invariant"):
        list(paths(lambda path: bind(function, path, {}, rules, "f")(Value(n, path))))


def test_a_for_over_what_has_no_known_elements_is_refused(written: Write) -> None:
    function = written("def f(x):\n    for y in x:\n        return y")
    for over in ("text", {1: 2}):
        with pytest.raises(ExecutionError, match=r":2: a loop over .* needs an invariant"):
            list(paths(lambda path, over=over: bind(function, path)(over)))  # type: ignore[misc]


def test_a_variable_that_no_rule_speaks_of_is_refused(written: Write) -> None:
    text = "def f(x, y):\n    while x != 0:\n        x = step(x, y)\n        y = x\n    return x"
    assert ":2: the loop in line 2 changes 'y'" in refused(written(text), 1, step=lambda x, y: x)


def test_the_target_of_a_loop_that_was_there_before_is_refused(written: Write) -> None:
    assert "changes 'y'" in refused(written("def f(x, y):\n    for y in (1, 2):\n        x = y\n    return y"), 1)


@pytest.mark.parametrize("value", [[], {}, set(), bytearray(), (1, ([],))])
def test_what_changes_without_an_assignment_is_refused_in_a_loop(value: object, written: Write) -> None:
    text = "def f(x, box):\n    while x != 0:\n        x = step(x, box)\n    return x"
    assert "of which no loop's invariant speaks" in refused(written(text), value, step=lambda x, box: x)


class Remembers:
    left = ""

    def check_memory(self) -> None:
        if self.left:
            raise ExecutionError(f"self.{self.left} is left changed")


def test_a_field_of_self_is_not_assigned_in_a_loop(written: Write) -> None:
    text = "def f(x, self):\n    while x != 0:\n        self.field = x\n        x = step(x)\n    return x"
    assert "self.field is assigned in a loop" in refused(written(text), Remembers(), step=lambda x: x)


def test_what_was_remembered_before_a_loop_is_refused(written: Write) -> None:
    text = "def f(x, self):\n    while x != 0:\n        x = step(x)\n    return x"
    remembers = Remembers()
    remembers.left = "field"
    assert "is left changed" in refused(written(text), remembers, step=lambda x: x)


def proof(path: Path) -> LoopProof:
    formula = Truth(z3.Bool("p"), path).term
    return LoopProof(
        path,
        lambda values: {"it": formula},
        lambda values: {},
        lambda: None,
        lambda *_: formula,
        lambda *_: formula,
        lambda values: formula,
    )


def test_a_loop_that_is_entered_twice_on_a_path_is_refused(written: Write) -> None:
    function = written("def f(x):\n    while x != 0:\n        break\n    return x")

    def twice(path: Path) -> None:
        execute = bind(function, path, {}, {("f", 0): proof(path)}, "f")
        execute(execute(Value(n, path)))

    with pytest.raises(ExecutionError, match="entered twice on one path"):
        list(paths(twice))


def test_a_loop_proof_has_a_condition_and_was_entered() -> None:
    rule = proof(Path())
    with pytest.raises(ExecutionError, match="where one with a condition is proved"):
        next(rule.each([1]))
    with pytest.raises(ExecutionError, match="was not entered"):
        rule.tail({})


def test_the_invariant_is_demanded_kept_and_used_from_one_function(written: Write) -> None:
    function = written("def f(x):\n    while x != 0:\n        x = 1\n    return x")
    walked = [
        path for path, _ in paths(lambda path: bind(function, path, {}, {("f", 0): proof(path)}, "f")(Value(n, path)))
    ]
    assert [[demand.what for demand in path.demands] for path in walked] == [
        ["at_first", "takes__linear_steps", "keeps_invariant", "decreases", "takes__linear_steps"],
        ["at_first", "takes__linear_steps"],
    ]
    assert all(path.assumed == {"it, in the loop": z3.Bool("p")} for path in walked)


OF_TABLES = ("address", "clear", "give_back", "release")
CORES = "def f(self, slot):\n    for core in self.cores:\n        {}\n    {}"


def over_cores(body: str, written: Write, after: str = "return 1", **names: Any) -> None:
    function = written(CORES.format(body, after))

    def run(path: Path) -> None:
        machine = SymbolicMachine(path, START)
        machine.invalidating = True
        owner = type(
            "Owner",
            (),
            {
                "cores": Cores(machine),
                "tables": SimpleNamespace(**{name: getattr(machine, name) for name in OF_TABLES}),
            },
        )()
        bind(function, path, names)(owner, Value(z3.Const("s", START.tables.reserved.domain(0)), path))  # type: ignore[attr-defined]

    list(paths(run))


def test_a_loop_over_cores_changes_buffers_and_nothing_else(written: Write) -> None:
    over_cores("core.tlb.invalidate_page(self.tables.address(slot))", written)
    for body in (
        "self.tables.clear(slot)",
        "self.tables.give_back(self.tables.release(slot))",
        "x = 1 if slot == -1 else 2",
    ):
        with pytest.raises(ExecutionError, match="does more than to change each core's buffer"):
            over_cores(body, written)
    with pytest.raises(ExecutionError, match="the loop in line 2 changes 'slot'"):
        over_cores("slot = -1", written)


def test_all_frames_are_gone_through_once_and_counted_to(written: Write) -> None:
    function = written(
        "def f(frames):\n    for r in range(frames):\n        pass\n    for r in range(frames):\n        pass"
    )

    def run(path: Path) -> None:
        one = EachFrame(path, lambda frames: {}, dict)
        bind(function, path, {"range": ranges(lambda: one)})(AllFrames())

    with pytest.raises(ExecutionError, match="gone through twice"):
        list(paths(run))
    for arguments in ((3,), (0, AllFrames()), ()):
        with pytest.raises(ExecutionError, match="a range that is not that of all frames"):
            ranges(lambda: EachFrame(Path(), lambda frames: {}, dict))(*arguments)
