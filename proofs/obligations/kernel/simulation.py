"""Forward simulation: what map, grant and flush do to the mapping tree is what the theory's actions do (C5).

The operations of :mod:`refinement.kernel.operations` are executed as they are, on any tree. The loops that they call
are replaced by what was proved of these; the primitives are the real ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from z3 import And, BoolVal, Not, Or

from model.spaces.dialect import Dialect
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import ACTIONS, Formula, called
from proofs.execution.contract import CALLS, Named
from proofs.execution.path import Path, conjunction, paths
from proofs.execution.values import Rights, Value, free, no_node, no_slot
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.callees import Callees
from proofs.obligations.tree.primitives import hypotheses, same
from proofs.obligations.tree.tree import BEFORE, INDEX, SymbolicTree, TreeState, abstraction

SIMULATES = "simulates"
REFUSES = "refuses"
ENDS = "ends__in_one_way"

OPERATIONS = {"map": "map_", "grant": "grant", "flush": "flush"}
"""The functions that do the theory's actions on the tree."""

REQUIRES: Named = {"source and destination are slots": And(called.src != no_slot, called.dst != no_slot)}
"""What the user of the kernel owes: numbers of slots. It is all that is assumed of a call."""


@dataclass(frozen=True, slots=True)
class ExecutedOperation:
    """An operation to be executed: which action it stands for, and the code."""

    action: str
    dialect: Dialect
    code: Code = CODE


def arguments(action: str, path: Path) -> tuple[Value | Rights, ...]:
    """Return an operation's arguments: the slots of the action, and the set of rights."""
    path.learn(REQUIRES)
    slots = [Value(slot, path) for slot in (called.src, called.dst)][: 1 if action == "flush" else 2]
    return (*slots, Rights(called.mask, path))


Excuse = Callable[[], Formula]
"""When an operation may refuse though the theory does not."""


def demand_outcome(
    path: Path,
    result: object,
    action: str,
    dialect: Dialect,
    end: TreeState,
    excuse: Excuse | None,
    start: TreeState = BEFORE,
) -> None:
    """The operation is done, or refused, and nothing else; either is what the theory says.

    :param excuse: nothing for an operation that is never refused.
    :param start: the tree before it.
    """
    before, after = abstraction(start), abstraction(end)
    stands_for = ACTIONS[action](dialect, before, called)
    guard = conjunction(stands_for.guard.values())
    done = type(result) is int and result == DONE
    refused = type(result) is int and result == REFUSED and excuse is not None
    path.demand(ENDS, lambda: BoolVal(done or refused))
    if done:
        path.demand(SIMULATES, lambda: And(guard, same(after, stands_for.after)))
    elif refused and excuse is not None:
        path.demand(REFUSES, lambda: And(Or(Not(guard), excuse()), same(after, before)))


def _no_node_is_free() -> Formula:
    return BEFORE.first_child(free, no_node)


def _run(executed: ExecutedOperation, path: Path) -> None:
    given = arguments(executed.action, path)
    callees = Callees(SymbolicTree(path), executed.code)
    operation = callees.bound(OPERATIONS[executed.action])
    result = operation(callees.tree, *given, executed.dialect.readings)
    excuse = None if executed.action == "flush" else _no_node_is_free
    demand_outcome(path, result, executed.action, executed.dialect, callees.symbolic.state(), excuse)


@cache
def walked(executed: ExecutedOperation) -> tuple[Path, ...]:
    """All paths through the operation."""
    return tuple(path for path, _ in paths(lambda path: _run(executed, path)))


def conditions(executed: ExecutedOperation, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the operation."""
    split = Split.PARTS if what == SIMULATES else Split.NOT
    return conditions_of(walked(executed), {**hypotheses(), **REQUIRES}, what, split)


def _build(action: str, what: str) -> Build:
    return lambda dialect, code: conditions(ExecutedOperation(action, dialect, code), what)


SENTENCES = {
    SIMULATES: "done on the mapping tree, {0} is the theory's {0}, which is possible then",
    REFUSES: "refused on the mapping tree, {0} changes nothing, and the theory refuses it too, or no node is free",
    ENDS: "{0} ends done, or refused unless it is flush, and in no other way",
    CALLS: "{0} calls loops and primitives where it may, so that every invariant of the tree is preserved",
    INDEX: "{0} reads and writes fields of nodes and slots only",
}


def asked(action: str) -> frozenset[str]:
    """Return what obligations ask about an operation."""
    return frozenset(SENTENCES.keys() - ({REFUSES} if action == "flush" else set()))


def obligations() -> Iterator[CodeObligation]:
    """For each operation: it simulates its action, refuses when that does, and calls what it calls where it may."""
    for action in OPERATIONS:
        for what, sentence in SENTENCES.items():
            if what not in asked(action):
                continue  # flush never is refused: see the next one
            name = {
                SIMULATES: f"simulates__{action}",
                REFUSES: "refuses__with_the_theory",
                ENDS: ENDS,
                CALLS: "calls__where_allowed",
                INDEX: "accesses__nodes",
            }[what]
            yield CodeObligation(f"tree_{action}__{name}", "C5", sentence.format(action), _build(action, what))
