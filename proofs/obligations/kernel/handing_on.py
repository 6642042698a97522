"""What is handed on: a pair of buffers hands each call to the right one or to both, a switch asks the buffer."""

from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import BoolVal

from machine.events import EXECUTE
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import natural
from proofs.execution.monitor import bind
from proofs.execution.path import Path, paths
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import executed_whole, theorems
from proofs.obligations.machine.demands import demanded
from proofs.obligations.source import CODE, Code

SPLIT = "split_tlb__hands__each_call_on"
SWITCH = "core_switch__leaves__no_other_space"

address, tag, access, root = object(), object(), natural("access", 3), object()
translation, result = object(), object()
SHARED = (True, False)


class Recorder:
    """A buffer that remembers what it is asked."""

    def __init__(self, calls: list[tuple[object, ...]], name: str, tagged: bool = True) -> None:
        """Of that name."""
        self.calls, self.name, self.tagged = calls, name, tagged

    def __getattr__(self, method: str) -> Callable[..., object]:
        """Any method, which gives the result."""

        def record(*arguments: object, **more: object) -> object:
            self.calls.append((self.name, method, *arguments, *more.items()))
            return result

        return record


CALLS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("lookup", (address, tag, access)),
    ("insert", (address, tag, access, translation)),
    *(("invalidate_page", (address, tag, shared)) for shared in SHARED),
    ("invalidate_tag", (tag,)),
    *(("invalidate_all", (shared,)) for shared in SHARED),
)


def _pair(path: Path, method: str, arguments: tuple[object, ...], code: Code) -> None:
    calls: list[tuple[object, ...]] = []
    pair = SimpleNamespace(code=Recorder(calls, "code"), data=Recorder(calls, "data"))
    side = bind(code.split_tlb._side, path)
    pair._side = lambda kind: side(pair, kind)
    got = bind(getattr(code.split_tlb, method), path)(pair, *arguments)
    if method in ("lookup", "insert"):
        fetches = path.known(access == EXECUTE)
        expected = [("code" if fetches else "data", method, *arguments)]
        right = fetches is not None and got is result
    else:
        expected, right = [(name, method, *arguments) for name in ("code", "data")], got is None
    path.demand(SPLIT, lambda: BoolVal(right and calls == expected))


class _SwitchedCore(SimpleNamespace):
    """A core whose space is looked at afterwards."""

    may_be_stored = ("root", "tag")


def _switch(path: Path, tagged: bool, code: Code) -> None:
    calls: list[tuple[object, ...]] = []
    core = _SwitchedCore(tlb=Recorder(calls, "tlb", tagged), root=None, tag=None)
    bind(code.core.switch, path)(core, root, tag)
    expected = [] if tagged else [("tlb", "invalidate_all", ("shared", False))]
    right = core.root is root and core.tag is tag and calls == expected
    path.demand(SWITCH, lambda: BoolVal(right))


@cache
def walked(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through all calls."""
    calls: list[Callable[[Path], None]] = [
        lambda path, method=method, arguments=arguments: _pair(path, method, arguments, code)  # type: ignore[misc]
        for method, arguments in CALLS
    ]
    calls += [lambda path, tagged=tagged: _switch(path, tagged, code) for tagged in (True, False)]  # type: ignore[misc]
    return tuple(path for call in calls for path, _ in paths(call))


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of all calls."""
    return demanded(walked(code), what, {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths."""
    return (CoveringPath(path, {}) for path in walked(code))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    methods = ("_side", *dict.fromkeys(method for method, _ in CALLS))
    return (*(getattr(code.split_tlb, method) for method in methods), code.core.switch)


WHOLE = "split_tlb__is__executed_whole"

THEOREMS = {
    SPLIT: ("C4", "a pair of buffers hands fetches to the one, loads and stores to the other, invalidations to both"),
    SWITCH: ("C4", "a switch makes the space current, and leaves an untagged buffer nothing but global entries"),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of both."""
    yield from theorems(THEOREMS, conditions)
    yield executed_whole(WHOLE, "the pair of buffers and of a switch is executed", (executed, runs))
