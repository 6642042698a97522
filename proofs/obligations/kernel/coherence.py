"""Translations follow the database: at every moment a core reaches only what the mapping tree says (C4, C2).

The kernel's own methods are executed. After every step that changes the tree or an entry, whatever is in an entry or
may be in a buffer is said by the tree; so a frame that the tree has given to somebody else, or taken away, is reached
through no stale translation. After every operation, entries show exactly what the tree says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from z3 import And, BoolVal, ForAll, Not, Or

from model.spaces.dialect import Dialect
from model.spaces.theory import Right, a, called
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import Values
from proofs.execution.path import Path, paths
from proofs.execution.values import Rights, Value
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.kernel.hardware import FREES, LEAKS, PRECISE
from proofs.obligations.kernel.kernel_terms import (
    KERNEL_LOOPS,
    SymbolicKernel,
    loop_promise,
    loop_requires,
    symbolic_kernel,
)
from proofs.obligations.kernel.simulation import ENDS, REFUSES, REQUIRES, SIMULATES, arguments, demand_outcome
from proofs.obligations.kernel.world import (
    ADDRESSES,
    ALLOWED,
    START,
    accounted,
    coherent,
    released_what_is_gone,
    settled,
    world,
)
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree import steps
from proofs.obligations.tree.contracts import CONTRACTS
from proofs.obligations.tree.invariants import room, tree_holds
from proofs.obligations.tree.loops import (
    AT_EXIT,
    AT_FIRST,
    DECREASES,
    KEEPS,
    RUNS,
    LoopProof,
    advances,
    flush_decreases,
    flush_holds,
    node_in,
    position,
    restrict_holds,
    top,
)
from proofs.obligations.tree.primitives import hypotheses
from proofs.obligations.tree.tree import BEFORE, INDEX, TreeState

COHERENT = "ends__coherent"
ROOM = "keeps__room"
SHOWS = "shows__what_is_mapped"

DURING = world(" during")


@dataclass(frozen=True, slots=True)
class ExecutedMethod:
    """A method of the kernel to be executed."""

    name: str
    dialect: Dialect
    code: Code = CODE

    def walk(self, path: Path) -> None:
        """One path through it."""
        if self.name in KERNEL_LOOPS:
            _loop(self, path)
        elif self.name == "lookup":
            _lookup(self, path)
        else:
            _operation(self, path)

    @property
    def requires(self) -> Named:
        """What is assumed at first, beside the invariants of the tree: what every operation leaves behind."""
        if self.name in KERNEL_LOOPS:
            return {**ADDRESSES, **loop_requires(self.name, START, *RUNS[self.name][1])}
        return {**ADDRESSES, **REQUIRES, **between_operations()}


@cache
def between_operations() -> Named:
    """What holds before and after every operation, beside the invariants of the tree."""
    return {**coherent(START), **accounted(START), **settled(START.tables), **room(BEFORE)}


def _operation(executed: ExecutedMethod, path: Path) -> None:
    given = arguments(executed.name, path)
    kernel = symbolic_kernel(path, executed.dialect.readings, executed.code)
    result = getattr(kernel, executed.name)(*given)
    kernel.check_memory()
    now, shortages = kernel.world(), tuple(kernel.machine.shortages)
    path.demand_all(COHERENT, lambda: {**coherent(now), **accounted(now)})
    path.demand_all(ROOM, lambda: room(now.tree))
    kernel.machine.demand_no_leak()
    excuse = None if executed.name == "flush" else lambda: Or(BoolVal(False), *shortages)
    demand_outcome(path, result, executed.name, executed.dialect, now.tree, excuse)


def _lookup(executed: ExecutedMethod, path: Path) -> None:
    slot, *_ = arguments("flush", path)
    kernel = symbolic_kernel(path, executed.dialect.readings, executed.code)
    result = kernel.lookup(slot)
    kernel.check_memory()
    node, now = BEFORE.node_of(called.src), kernel.world()
    unchanged = not path.writes and now.tables is START.tables and now.cached is START.cached
    path.demand(SHOWS, lambda: BoolVal(unchanged))
    if result is None:
        path.demand(SHOWS, lambda: Not(BEFORE.live(node)))
        return
    frame, rights = result
    right = isinstance(frame, Value) and isinstance(rights, Rights)
    path.demand(SHOWS, lambda: And(BoolVal(right), BEFORE.live(node), *_fields(node, frame, rights)))


def _fields(node: Any, frame: Value, rights: Rights) -> Iterator[Any]:
    yield frame.term == BEFORE.frame(node)
    yield ForAll([a], rights.has(a) == BEFORE.rights(node, a))


def _loop(executed: ExecutedMethod, path: Path) -> None:
    name, given = executed.name, RUNS[executed.name][1]
    path.learn(executed.requires)
    rules: dict[tuple[str, int], LoopProof] = {}
    kernel = symbolic_kernel(path, executed.dialect.readings, executed.code, rules)
    rules[name, 0] = LOOP_RULES[name](kernel)
    values = [
        Rights(term, path) if sort == Right else Value(term, path)
        for term, sort in zip(given, CONTRACTS[name].sorts, strict=True)
    ]
    result = getattr(kernel, name)(*values)
    kernel.check_memory()
    now = kernel.world()
    path.demand_all(AT_EXIT, lambda: loop_promise(name, START, now, *given))
    path.demand(AT_EXIT, lambda: BoolVal(result is None))
    kernel.machine.demand_no_leak()


def _resume(kernel: SymbolicKernel, looks: str = "") -> Callable[[Values], Named]:
    """Be in any state in the middle of a loop."""

    def resume(values: Values) -> Named:
        kernel.become(DURING)
        if looks:
            kernel.callees.symbolic.look(looks, node_in(values, "cursor"))
        return tree_holds(DURING.tree)

    return resume


def _holds(kernel: SymbolicKernel, of_tree: Named) -> Named:
    """The invariant of a loop: that of the loop on the tree, and that tables and buffers follow the tree."""
    now = kernel.world()
    follows = {**coherent(now), **released_what_is_gone(START, now), **settled(now.tables)}
    return {**of_tree, **follows, **room(now.tree)}


def _tree(kernel: SymbolicKernel) -> TreeState:
    return kernel.callees.symbolic.state()


def _flush_rule(kernel: SymbolicKernel) -> LoopProof:
    return LoopProof(
        kernel.path,
        lambda values: _holds(kernel, flush_holds(_tree(kernel), node_in(values, "cursor"))),
        _resume(kernel),
        lambda: _tree(kernel),
        lambda b, was, t, now: flush_decreases(b, node_in(was, "cursor"), t, node_in(now, "cursor")),
        lambda b, was, t, now: steps.flush_counts(b, node_in(was, "cursor"), t, node_in(now, "cursor")),
        lambda values: node_in(values, "cursor") == top,
    )


def _restrict_rule(kernel: SymbolicKernel) -> LoopProof:
    return LoopProof(
        kernel.path,
        lambda values: _holds(kernel, restrict_holds(_tree(kernel), *position(values))),
        _resume(kernel, "parent"),
        lambda: _tree(kernel),
        lambda b, was, t, now: advances(BEFORE, *position(was), *position(now)),
        lambda b, was, t, now: steps.walk_counts(BEFORE, top, *position(was), *position(now)),
        lambda values: steps.walk_starts(BEFORE, top, *position(values)),
    )


LOOP_RULES: dict[str, Callable[[SymbolicKernel], LoopProof]] = {
    "flush_below": _flush_rule,
    "restrict_below": _restrict_rule,
}


@cache
def walked(executed: ExecutedMethod) -> tuple[Path, ...]:
    """All paths through the method."""
    return tuple(path for path, _ in paths(executed.walk))


def conditions(executed: ExecutedMethod, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the method."""
    counted = steps.depths(BEFORE) if what == steps.STEPS else {}
    known = {**hypotheses(), **executed.requires, **counted}
    split = Split.PARTS if what in (SIMULATES, KEEPS, ALLOWED, COHERENT, AT_EXIT) else Split.NOT
    return conditions_of(walked(executed), known, what, split)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(ExecutedMethod(name, dialect, code), what)


EVERYWHERE = {
    ALLOWED: ("C4", "at every moment of {0} a core reaches only what the mapping tree says then"),
    FREES: ("C4", "{0} gives a table back only when nothing is translated through it any more"),
    LEAKS: ("C4", "{0} gives every detached table back"),
    PRECISE: ("C12", "{0} invalidates the translations of the pages that it takes or narrows, and no others"),
    CALLS: ("C5", "{0} calls primitives, loops and page tables where it may, so that all invariants are preserved"),
    INDEX: ("C5", "{0} reads and writes fields of nodes and slots only"),
}
IN_LOOPS = {
    AT_FIRST: ("C5", "{0}: its invariant holds at first"),
    KEEPS: ("C5", "{0}: each step keeps its invariant"),
    DECREASES: ("C12", "{0}: each step comes closer to the end"),
    AT_EXIT: ("C5", "{0}: at its exit what was to go from below the top is gone, and nothing else has changed"),
    steps.STEPS: ("C12", "{0}: for n nodes below the top it takes exactly 2n steps"),
}
IN_OPERATIONS = {
    COHERENT: ("C4", "after {0} entries show what the mapping tree says, and buffers hold nothing else"),
    ROOM: ("C12", "after {0} there is a free node for every nil slot"),
    SIMULATES: ("C5", "done by the kernel, {0} is the theory's {0}, which is possible then"),
    REFUSES: ("C5", "refused by the kernel, {0} changes nothing, and the theory refuses it too, or no table is free"),
    ENDS: ("C5", "{0} ends done, or refused unless it is flush, and in no other way"),
}
LEFT_OUT = {("flush", what) for what in (ALLOWED, FREES, PRECISE, REFUSES)} | {(name, LEAKS) for name in KERNEL_LOOPS}
"""What flush leaves to its loops, and it is never refused; that tables are given back is part of a loop's invariant."""


def asked(name: str) -> frozenset[str]:
    """Return what obligations ask about a method."""
    if name == "lookup":
        return frozenset({SHOWS})
    found = {**EVERYWHERE, **(IN_LOOPS if name in KERNEL_LOOPS else IN_OPERATIONS)}
    return frozenset(what for what in found if (name, what) not in LEFT_OUT)


def obligations() -> Iterator[CodeObligation]:
    """For each method and loop of the kernel, what is demanded of it."""
    verbs = {INDEX: "accesses__nodes", CALLS: "calls__where_allowed", REFUSES: "refuses__with_the_theory"}
    verbs |= {KEEPS: "keeps__invariant", AT_FIRST: "starts__with_invariant", DECREASES: "steps__decrease"}
    for name in ("map", "grant", "flush", *KERNEL_LOOPS):
        for what, (claim, sentence) in {**EVERYWHERE, **(IN_LOOPS if name in KERNEL_LOOPS else IN_OPERATIONS)}.items():
            if what in asked(name):
                verb = f"simulates__{name}" if what == SIMULATES else verbs.get(what, what)
                yield CodeObligation(f"kernel_{name}__{verb}", claim, sentence.format(name), _build(name, what))
    yield CodeObligation(
        f"kernel_lookup__{SHOWS}",
        "A.P",
        "lookup gives the frame and the rights of a slot, or nothing if it is nil, in one step",
        _build("lookup", SHOWS),
    )
