"""Address-space tags: the code that gives them out, and what the kernel and the buffers may rely on.

``Tags.of`` and what it calls are executed on any number of spaces, tags and cores. The functions at the top are the
assumptions of whoever relies on tags, and the goals here.

``Tags.__init__`` is executed as well, for any number of them. One thing is taken as it is: invalidating a tag leaves
nothing under it, which is proved of the buffer.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from typing import Any

from z3 import And, BoolVal, ForAll, Implies, Not

from proofs.execution.coverage import CoveringPath
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import Option, Value
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import executed_whole, theorems
from proofs.obligations.machine.demands import granted
from proofs.obligations.machine.tags_line import ENOUGH, FINDS, FIRST, QUEUE, c, start, t
from proofs.obligations.machine.tags_state import (
    BEFORE,
    CURRENT,
    DISTINCT,
    EVERY_CORE,
    EXECUTING,
    REQUIRES,
    RETIRES,
    TELLS,
    OneCore,
    SymbolicTags,
    core,
    executes,
    invariants,
    s,
    silent,
    space,
    term_of,
)
from proofs.obligations.source import CODE, Code


@cache
def walked(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through giving a tag, and through asking for one, with what must hold at their ends."""
    given, asked = paths(lambda path: _give(path, code)), paths(lambda path: _ask(path, code))
    return tuple(path for path, _ in chain(given, asked))


@cache
def started(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through making the tags."""
    return tuple(path for path, _ in paths(lambda path: start(path, code)))


def _give(path: Path, code: Code) -> None:
    tags = SymbolicTags(path, code)
    got = term_of(tags.of(Value(space, path), OneCore(tags, core)))
    state = tags.state
    path.demand_all(DISTINCT, lambda: invariants(state))
    queue_is_whole = BoolVal(not tags._queue.taken)
    path.demand(QUEUE, lambda: queue_is_whole)
    path.demand(TELLS, lambda: And(state.has(space), got == state.of(space)))
    kept = ForAll([s], Implies(And(BEFORE.has(s), state.has(s)), state.of(s) == BEFORE.of(s)))
    gains = ForAll([s], Implies(And(state.has(s), s != space), BEFORE.has(s)))
    path.demand(TELLS, lambda: And(kept, gains))
    quiet = Implies(Not(BEFORE.has(space)), silent(state.held, got))
    grows = ForAll([c, t], Implies(state.held(c, t), BEFORE.held(c, t)))
    path.demand(RETIRES, lambda: And(quiet, grows))
    stays = ForAll([c], Implies(c != core, executes(state.of, state.has, c)))
    path.demand(EXECUTING, lambda: stays)


def _ask(path: Path, code: Code) -> None:
    tags = SymbolicTags(path, code)
    got = tags.current(Value(space, path))
    if not isinstance(got, Option):
        raise ExecutionError(f"the current tag of a space is {got!r}, which may never be None")
    same = Implies(BEFORE.has(space), got.value.term == BEFORE.of(space))
    path.demand(CURRENT, lambda: And(got.absent == Not(BEFORE.has(space)), same, BoolVal(tags.state is BEFORE)))


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the code."""
    if what == FIRST:
        return granted(started(code), what, {})
    return granted(walked(code), what, {**REQUIRES, **ENOUGH} if what == FINDS else REQUIRES)


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths, with what holds where they begin."""
    return chain(
        (CoveringPath(path, REQUIRES) for path in walked(code)), (CoveringPath(path) for path in started(code))
    )


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """The functions of the code of tags that the proofs execute."""
    return tuple(getattr(code.tags, name) for name in ("of", "current", "_next", "_in_use", "retire", "__init__"))


WHOLE = "tags__is__executed_whole"

THEOREMS = {
    DISTINCT: (
        "C4",
        "after a tag was given, no two spaces have the same tag, and buffers hold nothing of nobody's tag",
    ),
    TELLS: ("C4", "a space gets its own tag, and no other space gets one or has its tag changed"),
    RETIRES: ("C4", "when a space gets a tag, no core's buffer translates anything under it, whosever it was"),
    QUEUE: ("C4", "the queue is gone through from its start, and every tag stays in it"),
    FINDS: ("C4", "in line there is always a tag with which no other core executes, if there are more tags than cores"),
    FIRST: (
        "C4",
        "at first no space has a tag, all tags stand in line and are more than cores; without tags all spaces have 0",
    ),
    EXECUTING: ("C4", "a tag with which another core executes is never taken from that core's space"),
    CURRENT: ("C4", "a space's current tag is that which it has, and None only if it has none"),
    EVERY_CORE: ("C4", "retiring a tag reaches every core's buffer, and touches nothing under other tags"),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of the tags."""
    yield from theorems(THEOREMS, conditions)
    yield executed_whole(WHOLE, "the tags is executed", (executed, runs))
