"""What only hands on: operations on a page to those on a range, steps to the functions on the tree, a look-up to both.

Each is executed with objects of which nothing is known in place of its arguments, and a recorder in place of whatever
it calls: it makes exactly one call, of the right one with the right arguments, and returns what that returns. What a
call of an operation on a range leaves out counts with the value that it has there: a flush leaves the range's own
pages, and all rights go.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from inspect import signature
from types import SimpleNamespace
from typing import Any

from z3 import BoolVal, Const, If

from model.ranges.operation import RangeOperation
from model.scope import ALL_RIGHTS
from model.spaces.operation import Kind
from proofs.execution.coverage import CoveringPath
from proofs.execution.monitor import bind
from proofs.execution.path import Path, paths
from proofs.execution.values import Node, Value, no_node
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import executed_whole, theorems
from proofs.obligations.machine.demands import demanded
from proofs.obligations.source import CODE, Code
from refinement.kernel.kernel import Mapping
from refinement.ranges.kernel import SizedKernel

OPERATIONS, STEPS, LOOKS = "sized_operations__hand_on", "sized_steps__hand_on", "sized_lookup__says__what_is_shown"
WHOLE = "sized_operations__is__executed_whole"

Call = tuple[str, tuple[object, ...], dict[str, object]]
result = object()
shows = Const("shows", Node)


src, order, dst, rights, node, slot, parent, first, cursor, leaving, tree, sized = (object() for _ in range(12))
dst_order, offset, own = (object() for _ in range(3))


class Recorder:
    """Whatever is called: it remembers each call, and gives the result."""

    def __init__(self) -> None:
        """Nothing was called."""
        self.calls: list[Call] = []

    def called(self, name: str, stands_for: Callable[..., Any] | None = None) -> Callable[..., object]:
        """A function of that name.

        :param stands_for: the method in whose place it stands, which says what a call leaves out.
        """

        def record(*arguments: object, **named: object) -> object:
            if stands_for is not None:
                arguments, named = given_to(stands_for, *arguments, **named)
            self.calls.append((name, arguments, named))
            return result

        return record


def given_to(
    method: Callable[..., Any], *arguments: object, **named: object
) -> tuple[tuple[object, ...], dict[str, object]]:
    """All that a method gets by a call, with what the call leaves out."""
    bound = signature(method).bind(None, *arguments, **named)
    bound.apply_defaults()
    return bound.args[1:], bound.kwargs


ONE_PAGE, WINDOW = (src, 0, dst, 0, 0), (src, order, dst, dst_order, offset)
STAY: dict[str, object] = {"own": False}
OF_OPERATIONS: tuple[tuple[str, tuple[object, ...], Call], ...] = (
    ("map", (src, dst, rights), ("map_range", (*ONE_PAGE, rights), {})),
    ("grant", (src, dst, rights), ("grant_range", (*ONE_PAGE, rights), {})),
    ("flush", (src, rights), ("flush_range", (src, 0, rights), STAY)),
    ("map", (src, dst), ("map_range", (*ONE_PAGE, ALL_RIGHTS), {})),
    ("grant", (src, dst), ("grant_range", (*ONE_PAGE, ALL_RIGHTS), {})),
    ("flush", (src,), ("flush_range", (src, 0, ALL_RIGHTS), STAY)),
    *(
        ("do", (tuple(RangeOperation(int(kind), *WINDOW, rights, own)),), call)  # type: ignore[arg-type]
        for kind, call in (
            (Kind.MAP, ("map_range", (*WINDOW, rights), {})),
            (Kind.GRANT, ("grant_range", (*WINDOW, rights), {})),
            (Kind.FLUSH, ("flush_range", (src, order, rights), {"own": own})),
        )
    ),
)
"""Each operation with its arguments, and the call that it is to make."""

ON_RANGES: dict[str, tuple[tuple[object, ...], tuple[object, ...], dict[str, object]]] = {
    "map_range": (WINDOW, (*WINDOW, ALL_RIGHTS), {}),
    "grant_range": (WINDOW, (*WINDOW, ALL_RIGHTS), {}),
    "flush_range": ((src, order), (src, order, ALL_RIGHTS), STAY),
}
"""The operations on ranges, what a call has to give, and what they get by it."""

MADE = (parent, slot, order, first, rights)
OF_STEPS: tuple[tuple[str, tuple[object, ...], Call], ...] = (
    ("create_block", MADE, ("create_block", (sized, *MADE), {})),
    ("move_node", (node, slot), ("move_block", (sized, node, slot), {})),
    ("remove_leaf", (node,), ("drop_block", (sized, node), {})),
    ("restrict_rights", (node, rights), ("narrow_block", (sized, node, rights), {})),
    ("flush_step", (node, cursor), ("flush_step", (sized, cursor), {})),
    ("restrict_step", (cursor, leaving, rights), ("restrict_step", (sized, cursor, leaving, rights), {})),
    ("buddy", (node,), ("buddy", (sized, node), {})),
)  # fmt: skip
"""Likewise of the steps on the tree."""

RETURN_NOTHING = ("move_node", "remove_leaf", "restrict_rights")
CALLED_ON_TREE = ("create_block", "move_block", "drop_block", "narrow_block", "flush_step", "restrict_step", "buddy")


def method(name: str, code: Code = CODE) -> Callable[..., Any]:
    """A method of the kernel, where a function on the tree has the same name perhaps."""
    found: Callable[..., Any] = code.sized.get(f"self.{name}") or getattr(SizedKernel, name)
    return found


def _hand_on(path: Path, what: str, name: str, arguments: tuple[object, ...], expected: Call, code: Code) -> None:
    recorder = Recorder()
    methods = {each: recorder.called(each, code.sized_method(each)) for each in ON_RANGES}
    trees = SimpleNamespace(**{each: recorder.called(each) for each in CALLED_ON_TREE})
    kernel = SimpleNamespace(sized=sized, tree=tree, **methods)
    names = {"trees": trees, "Kind": SimpleNamespace(**{each.name: int(each) for each in Kind})}
    got = bind(method(name, code), path, names, None, name)(kernel, *arguments)
    returned = got is None if name in RETURN_NOTHING else got is result
    path.demand(what, lambda: BoolVal(returned and recorder.calls == [expected]))


def _leave_out(path: Path, code: Code) -> None:
    """What a call of an operation on a range leaves out is all rights, and not the range's own pages."""
    for name, (given, *meant) in ON_RANGES.items():
        got = given_to(code.sized_method(name), *given)
        path.demand(OPERATIONS, partial(BoolVal, list(got) == meant))


class Column:
    """A column, of which the field of one node is read."""

    def __init__(self, of: object, value: object) -> None:
        """Of that node."""
        self.of, self.value = of, value

    def __getitem__(self, index: object) -> object:
        """What it has, or nothing that is known."""
        return self.value if index is self.of else object()


def _look(path: Path, code: Code) -> None:
    recorder, found = Recorder(), Value(shows, path)

    def find(*arguments: object) -> object:
        recorder.called("find")(*arguments)
        return found

    trees = SimpleNamespace(find=find, frame_at=recorder.called("frame_at"))
    kernel = SimpleNamespace(
        sized=sized, tree=SimpleNamespace(rights=Column(found, rights), frame=Column(found, first))
    )
    got = bind(method("lookup", code), path, {"trees": trees}, None, "lookup")(kernel, slot)
    asked: list[Call] = [("find", (sized, slot), {})]
    nothing = got is None and recorder.calls == asked
    asked.append(("frame_at", (sized, found, slot), {}))
    mapping = type(got) is Mapping and (got.frame, got.rights) == (result, rights) and recorder.calls == asked
    path.demand(LOOKS, lambda: If(shows == no_node, BoolVal(nothing), BoolVal(mapping)))


@cache
def walked(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through all of them."""
    runs: list[Callable[[Path], None]] = []
    for what, calls in ((OPERATIONS, OF_OPERATIONS), (STEPS, OF_STEPS)):
        runs += [partial(_hand_on, what=what, name=n, arguments=a, expected=e, code=code) for n, a, e in calls]
    runs += [partial(_leave_out, code=code), partial(_look, code=code)]
    return tuple(path for run in runs for path, _ in paths(run))


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of all of them."""
    return demanded(walked(code), what, {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths."""
    return (CoveringPath(path, {}) for path in walked(code))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    names = dict.fromkeys(name for name, _, _ in (*OF_OPERATIONS, *OF_STEPS))
    return tuple(method(name, code) for name in (*names, "lookup"))


THEOREMS = {
    OPERATIONS: (
        "A.sets",
        "an operation on a page is that on the range of one page, with the rights that it is given, or all; the kernel "
        "does to a range what it is told, and what a call leaves out is all rights, and not the range's own pages",
    ),
    STEPS: ("C5", "a step of the kernel with ranges is the function on its tree, with its arguments"),
    LOOKS: ("C5", "a look-up gives the frame that the mapping of the slot shows there, with its rights, or nothing"),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of all of them."""
    yield from theorems(THEOREMS, conditions)
    yield executed_whole(WHOLE, "what hands operations and steps on, in the kernel with ranges", (executed, runs))
