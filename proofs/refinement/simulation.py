"""Forward simulation: what map, grant and flush do to the mapping tree is what the theory's actions do (C5).

The operations of :mod:`refinement.operations` are executed as they are, on any tree. The loops that they call are
replaced by what was proved of these; the primitives are the real ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from z3 import And, Not, Or

from model.dialect import Dialect
from model.spaces import DONE
from model.theory import ACTIONS, called
from proofs.obligation import Condition
from proofs.refinement.callees import CALLS, Callees, guarded
from proofs.refinement.code import Build, CodeObligation, Split, conditions_of, conjunction
from proofs.refinement.primitives import hypotheses, same
from proofs.refinement.source import CODE, Code, rebind_used
from proofs.refinement.symbolic import Path, Rights, Value, free, no_node, no_slot, paths
from proofs.refinement.tree import BEFORE, INDEX, SymbolicTree, abstraction

SIMULATES = "simulates"
REFUSES = "refuses"

OPERATIONS = {"map": "map_", "grant": "grant", "flush": "flush"}
"""The functions that do the theory's actions on the tree."""


def asks_of(code: Code, callees: Callees) -> dict[str, Callable[..., Any]]:
    """The questions that operations ask of the tree, with what was proved of the walk that answers them."""
    return {
        name: rebind_used(code.function(name), {"is_below": callees.is_below}) for name in ("is_refused", "is_emptied")
    }


def bound(function: Callable[..., Any], callees: Callees) -> Callable[..., Any]:
    """The operation with its callees replaced: the loops by their promises, the primitives by checked ones."""
    return rebind_used(function, {**callees.by_name(), **asks_of(callees.code, callees)})


@dataclass(frozen=True, slots=True)
class Executed:
    """An operation to be executed: which action it stands for, and the code."""

    action: str
    dialect: Dialect
    code: Code = CODE


REQUIRES = {"source and destination are slots": And(called.src != no_slot, called.dst != no_slot)}


def _run(executed: Executed, path: Path) -> None:
    for formula in (called.src != no_slot, called.dst != no_slot):
        path.learn({"": formula})
    tree = SymbolicTree(path)
    slots = [Value(slot, path) for slot in (called.src, called.dst)]
    if executed.action == "flush":
        slots.pop()
    function = bound(executed.code.function(OPERATIONS[executed.action]), Callees(tree, executed.code))
    result = function(guarded(tree), *slots, Rights(called.mask, path), executed.dialect.readings)
    start, end = abstraction(BEFORE), abstraction(tree.state())
    action = ACTIONS[executed.action](executed.dialect, start, called)
    guard = conjunction(action.guard.values())
    if result == DONE:
        path.demand(SIMULATES, lambda: And(guard, same(end, action.after)))
    else:
        path.demand(REFUSES, lambda: And(Or(Not(guard), BEFORE.first_child(free, no_node)), same(end, start)))


@cache
def walked(executed: Executed) -> tuple[Path, ...]:
    """All paths through the operation."""
    return tuple(path for path, _ in paths(lambda path: _run(executed, path)))


def conditions(executed: Executed, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the operation."""
    return conditions_of(
        walked(executed), {**hypotheses(), **REQUIRES}, what, Split.PARTS if what == SIMULATES else Split.NOT
    )


def _build(action: str, what: str) -> Build:
    return lambda dialect, code: conditions(Executed(action, dialect, code), what)


SENTENCES = {
    SIMULATES: "done on the mapping tree, {0} is the theory's {0}, which is possible then",
    REFUSES: "refused on the mapping tree, {0} changes nothing, and the theory refuses it too, or no node is free",
    CALLS: "{0} calls loops and primitives where it may, so that every invariant of the tree is preserved",
    INDEX: "{0} reads and writes fields of nodes and slots only",
}


def obligations() -> Iterator[CodeObligation]:
    """For each operation: it simulates its action, refuses when that does, and calls what it calls where it may."""
    for action in OPERATIONS:
        for what, sentence in SENTENCES.items():
            if action == "flush" and what == REFUSES:
                continue
            name = {
                SIMULATES: f"simulates__{action}",
                REFUSES: "refuses__with_the_theory",
                CALLS: "calls__where_allowed",
                INDEX: "accesses__nodes",
            }[what]
            yield CodeObligation(f"tree_{action}__{name}", "C5", sentence.format(action), _build(action, what))
