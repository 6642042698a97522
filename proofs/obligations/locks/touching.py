"""What the kernel's operations touch under locks: cells whose lock is held, and nothing else.

The kernel's own methods are executed on any tree, of which the locks are held that the operation needs, by the way to
lock (:mod:`proofs.obligations.locks.schemes`). Each access to a field, an entry or a translation is shown to be of a
cell that a held lock guards. A primitive runs without giving any lock back, so that what a cell's lock is depends on
the tree before it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula, Right, Slot, Term, called
from proofs.execution.contract import Named
from proofs.execution.loop_rules import LoopRule, Values
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import Rights, Value, lift
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.kernel import coherence
from proofs.obligations.kernel.kernel_terms import KERNEL_LOOPS, SymbolicKernel, symbolic_kernel
from proofs.obligations.kernel.simulation import arguments
from proofs.obligations.locks.interference import KINDS
from proofs.obligations.locks.schemes import FRAME_LOCKS, SCHEMES, Scheme
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree import loops, primitives
from proofs.obligations.tree.callees import Callees
from proofs.obligations.tree.contracts import CONTRACTS
from proofs.obligations.tree.loops import LoopProof, node_in
from proofs.obligations.tree.primitives import hypotheses
from proofs.obligations.tree.tree import BEFORE, SymbolicTree, TreeState
from refinement.cores.locked import POOL, TURN

TOUCHES, CHANGES = "touches__what_it_holds", "changes__nothing_of_others"
OF_SLOTS = ("reserve", "write", "clear", "release", "address")
"""Of the page tables, what is about one slot; a translation is invalidated by the slot's address."""


OPERATIONS = ("map", "grant", "flush")
PRIMITIVES = ("create_leaf", "remove_leaf", "move_node", "restrict_rights")
CHANGING = ("create_leaf", "remove_leaf", "move_node")
"""Names of the primitives that change what a slot shows."""


@dataclass(frozen=True, slots=True)
class Touching:
    """A method of the kernel, or the tree's ``is_below``, executed under locks."""

    name: str
    dialect: Dialect
    code: Code = CODE
    scheme: Scheme = FRAME_LOCKS

    @property
    def requires(self) -> Named:
        """What is assumed at first, beside the invariants of the tree: that the locks are held."""
        known = dict(self.scheme.known)
        if self.name in OPERATIONS:
            slots = [called.src] if self.name == "flush" else [called.src, called.dst]
            known |= {"the locks of what is named are held": self.scheme.needed(self.name, BEFORE, slots)}
            return {**coherence.ExecutedMethod(self.name, self.dialect).requires, **known}
        given = primitives.ARGUMENTS[self.name] if self.name in PRIMITIVES else loops.RUNS[self.name][1]
        known |= self.scheme.asks(self.name, BEFORE, *given)
        if self.name in KERNEL_LOOPS:
            return {**coherence.ExecutedMethod(self.name, self.dialect).requires, **known}
        return {**CONTRACTS[self.name].requires(BEFORE, *given), **known}


class _Watch:
    """What is told of each access, and demands that the cell's lock is held.

    :param primitive: the primitive whose own accesses these are; else primitives are taken by what they ask of a call.
    :param lower: the node from which the search climbs.
    """

    def __init__(self, callees: Callees, scheme: Scheme, primitive: str = "", lower: Term | None = None) -> None:
        self.callees, self.path, self.primitive = callees, callees.path, primitive
        self.scheme, self.lower = scheme, lower
        around = callees.code.locking(scheme.locks).around
        others = {name for name, _ in around.locks} - set(PRIMITIVES)
        if others:
            raise ExecutionError(f"a lock is taken around {', '.join(sorted(others))}, which is no primitive")
        again = {lock for _, lock in around.locks} & {"kernel", TURN, *KINDS}
        if again:
            raise ExecutionError(f"{', '.join(sorted(again))} is taken within a primitive, and held around operations")
        self.pool = around.lock_of(primitive) == POOL
        for column in callees.symbolic.columns.values():
            column.touched = self.touched
        if not primitive:
            callees.told = self.called

    def touched(self, column: str, place: Term, new: Term | None) -> None:
        """A field is read or written; a primitive is one with what it does."""
        if self.callees.depth and not self.primitive:
            return
        now = self.callees.symbolic.state()
        before, pool = BEFORE if self.primitive else now, self.pool
        if column == "node_of":
            self.path.demand(TOUCHES, lambda: self.scheme.slot(before, place))
        else:
            self.path.demand(TOUCHES, lambda: self.scheme.node(before, column, place, pool, self.lower))
        allowed = None if new is None else self.scheme.change(before, now, column, place, new)
        if allowed is not None:
            self.path.demand(CHANGES, lambda: allowed)

    def called(self, name: str, before: TreeState, given: list[Any]) -> None:
        """A primitive or a loop is called."""
        self.path.demand_all(TOUCHES, lambda: self.scheme.asks(name, before, *given))

    def slot(self, slot: Value) -> None:
        """A slot's entry, its tables or its translations are touched."""
        now, term = self.callees.symbolic.state(), lift(slot, Slot)
        self.path.demand(TOUCHES, lambda: self.scheme.slot(now, term))

    def loop(self, top: Value) -> None:
        """A loop of the kernel's goes over a tree."""
        now = self.callees.symbolic.state()
        self.path.demand(TOUCHES, lambda: self.scheme.walked(now, top.term, top.term))


def _watched(kernel: SymbolicKernel, name: str, scheme: Scheme) -> None:
    """Watch a kernel's tree, its page tables, its buffers and its calls of loops."""
    watch = _Watch(kernel.callees, scheme)

    def first(told: Callable[[Value], None], then: Callable[..., Any]) -> Callable[..., Any]:
        def both(*given: Any) -> Any:
            told(given[0])
            return then(*given)

        return both

    tables = kernel.tables
    kernel.tables = SimpleNamespace(
        **{each: first(watch.slot, call) if each in OF_SLOTS else call for each, call in vars(tables).items()}
    )
    for loop in KERNEL_LOOPS:
        if name not in KERNEL_LOOPS:
            setattr(kernel, loop, first(watch.loop, getattr(kernel, loop)))
    kernel.remembered = kernel.fields()


class _InTrees:
    """A loop's own rule, and that the nodes it goes through are of held frames.

    :param inner: the rule by which the loop is proved.
    :param holds: of the variables, what is held in each turn.
    """

    def __init__(self, inner: LoopProof, holds: Callable[[Values], Formula]) -> None:
        self.inner, self.holds = inner, holds

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        at_first = self.holds(values)
        self.inner.path.demand(TOUCHES, lambda: at_first)
        new = self.inner.head(values, assigned)
        self.inner.path.assume({"in the loop the tree's lock is held": self.holds({**values, **new})})
        return new

    def each(self, iterable: object) -> Iterator[object]:
        return self.inner.each(iterable)

    def tail(self, values: Values) -> None:
        again = self.holds(values)
        self.inner.path.demand(TOUCHES, lambda: again)
        self.inner.tail(values)


def _run(touching: Touching, path: Path) -> None:
    path.learn(touching.requires)
    if touching.name == "is_below":
        _search(touching, path)
        return
    if touching.name in PRIMITIVES:
        _primitive(touching, path)
        return
    loop = touching.name in KERNEL_LOOPS
    rules: dict[tuple[str, int], LoopRule] | None = {} if loop else None
    kernel = symbolic_kernel(path, touching.dialect.readings, touching.code, rules)
    _watched(kernel, touching.name, touching.scheme)
    if not loop:
        getattr(kernel, touching.name)(*arguments(touching.name, path))
        return
    assert rules is not None
    rules[touching.name, 0] = _InTrees(
        coherence.LOOP_RULES[touching.name](kernel),
        lambda values: touching.scheme.walked(kernel.callees.symbolic.state(), loops.top, node_in(values, "cursor")),
    )
    getattr(kernel, touching.name)(*_given(touching.name, loops.RUNS[touching.name][1], path))


def _primitive(touching: Touching, path: Path) -> None:
    callees = Callees(SymbolicTree(path), touching.code, in_primitive=True)
    _Watch(callees, touching.scheme, touching.name)
    callees.bound(touching.name)(
        callees.symbolic.tree, *_given(touching.name, primitives.ARGUMENTS[touching.name], path)
    )


def _given(name: str, terms: tuple[Any, ...], path: Path) -> tuple[Value | Rights, ...]:
    """What a function is called with in its proof."""
    pairs = zip(terms, CONTRACTS[name].sorts, strict=True)
    return tuple(Rights(term, path) if sort == Right else Value(term, path) for term, sort in pairs)


def _search(touching: Touching, path: Path) -> None:
    callees = Callees(SymbolicTree(path), touching.code)
    _Watch(callees, touching.scheme, lower=loops.lower)

    def holds(values: Values) -> Formula:
        return touching.scheme.searched(node_in(values, "up"), node_in(values, "cursor"))

    rule = _InTrees(loops.search_rule(callees.symbolic, callees.path), holds)
    execute = callees.bound("is_below", {("is_below", 0): rule})
    execute(callees.tree, Value(loops.lower, path), Value(loops.upper, path))


@cache
def walked(touching: Touching) -> tuple[Path, ...]:
    """All paths through it."""
    return tuple(path for path, _ in paths(lambda path: _run(touching, path)))


def conditions(touching: Touching, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the function."""
    return conditions_of(walked(touching), {**hypotheses(), **touching.requires}, what, Split.NOT)


def _build(name: str, what: str, scheme: Scheme) -> Build:
    return lambda dialect, code: conditions(Touching(name, dialect, code, scheme), what)


def obligations() -> Iterator[CodeObligation]:
    """Of each operation, loop and primitive what it touches; of primitives that change slots and frames, what."""
    for scheme in SCHEMES:
        for name in (*OPERATIONS, *KERNEL_LOOPS, "is_below", *PRIMITIVES):
            yield CodeObligation(
                f"{scheme.name}_{name}__{TOUCHES}",
                "C5",
                f"{scheme.words}, {name} reads and writes only what the locks that it holds guard",
                _build(name, TOUCHES, scheme),
            )
        for name in CHANGING:
            yield CodeObligation(
                f"{scheme.name}_{name}__{CHANGES}",
                "C5",
                f"{scheme.words}, {name} makes no change that who holds other locks relies on not to be made",
                _build(name, CHANGES, scheme),
            )
