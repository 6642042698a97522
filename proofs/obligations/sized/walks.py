"""The loops of the kernel with ranges that halve and join: what each keeps, and that it ends.

``split`` walks round the nodes below a mapping and halves those that are as large: none that the walk has left is. Each
turn makes the nodes of that order fewer, or leaves the tree alone and comes further on the walk. ``isolate`` comes to a
smaller order each time, ``merge`` to a larger one, and there is a smallest and a largest.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from z3 import And, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Term, x
from proofs.execution.contract import Named
from proofs.execution.loop_rules import OfCondition, Values
from proofs.execution.path import Cut, ExecutionError
from proofs.execution.values import no_node
from proofs.obligations.sized.contracts import b, given, node, order, slot
from proofs.obligations.sized.ensures import (
    apart,
    apart_from_the_page,
    flushed_so_far,
    has_page,
    rest_stands,
    restricted_so_far,
)
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.promises import CONTRACTS
from proofs.obligations.sized.state import SizedState, at_most, s, t
from proofs.obligations.sized.with_tables import WRITTEN
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.invariants import is_at_or_below, n
from proofs.obligations.tree.loops import (
    AT_FIRST,
    DECREASES,
    KEEPS,
    LoopProof,
    advances,
    anything,
    flush_decreases,
    node_in,
    position,
    restrict_holds,
    search_rule,
    truth_in,
)
from proofs.obligations.tree.steps import STEPS, flush_counts, walk_counts, walk_starts

Holds = Callable[[SizedState, Values], Named]
Closer = Callable[[SizedState, Values, SizedState, Values], Formula]
Starts = Callable[[Values], Formula]


@dataclass(slots=True, eq=False)
class KernelLoop(OfCondition):
    """The rule for a loop of the kernel's.

    :param holds: the invariant: of the tree and the local variables.
    :param closer: that a turn comes closer to the end: of tree and variables before and after it.
    :param counts: how far a turn comes on the way that has so many steps, if these are counted: likewise.
    :param starts: that the way begins there: of the variables at first.
    :param laws: of the blocks of which a turn speaks: of the tree and the variables that it begins with.
    """

    kernel: Kernel
    holds: Holds
    closer: Closer
    counts: Closer | None = None
    starts: Starts | None = None
    laws: Holds | None = None
    began: tuple[SizedState, Values] | None = field(default=None, init=False)

    def _demand(self, what: str, values: Values) -> None:
        self._look(values)
        written = self.kernel.all_written()
        self.kernel.path.demand(what, lambda: written, WRITTEN)
        for part, formula in self.holds(self.kernel.tree.state(), values).items():
            self.kernel.path.demand(what, lambda formula=formula: formula, part)  # type: ignore[misc]

    def _look(self, values: Values) -> None:
        """The nodes of which the invariant speaks have a slot and a parent."""
        for name in ("node", "other", "cursor", "child", "top"):
            if name in values:
                self.kernel.look(node_in(values, name))
                self.kernel.tree.look("parent", node_in(values, name))

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The invariant holds; from here on the tree is any that has it.

        :raises ExecutionError: one path comes to the loop twice.
        """
        if self.began is not None:
            raise ExecutionError("the loop is entered twice on one path: its proof speaks of one time")
        self._demand(AT_FIRST, values)
        path, starts = self.kernel.path, self.starts
        if starts is not None:
            path.demand(STEPS, lambda: starts(values))
        new = {name: anything(values[name], name, path) for name in sorted(assigned & values.keys())}
        then = {**values, **new}
        path.begin_anew()
        state = self.kernel.become("in the loop")
        self._look(then)
        path.assume(named_when("in the loop", self.holds(state, then)))
        if self.laws is not None:
            path.assume({law: said for law, said in self.laws(state, then).items() if law not in path.assumed})
        self.began = (state, then)
        return new

    def tail(self, values: Values) -> None:
        """The invariant holds again, the turn came closer to the end, and no page has changed if none may."""
        assert self.began is not None
        self._demand(KEEPS, values)
        self.kernel.stays_the_same()
        start, before = self.began
        now, counts = self.kernel.tree.state(), self.counts
        self.kernel.path.demand(DECREASES, lambda: self.closer(start, before, now, values))
        if counts is not None:
            self.kernel.path.demand(STEPS, lambda: counts(start, before, now, values))
        raise Cut


# Halving all that is as large.


def ahead(f: SizedState, cursor: Term, leaving: Formula, of: Term) -> Formula:
    """A walk has not left a node."""
    return Or(of == cursor, f.below(cursor, of), f.left(cursor, of), And(Not(leaving), f.below(of, cursor)))


def _split_holds(f: SizedState, values: Values) -> Named:
    cursor, leaving, large = node_in(values, "cursor"), truth_in(values, "leaving"), b.order(node)
    there = And(is_at_or_below(f, n, node), f.order(n) == large)
    return {
        **apart(b, f, node),
        "the node is what it was": And(
            f.live(node), f.order(node) == large, ForAll([s], f.slot(node, s) == b.slot(node, s))
        ),
        "the cursor is the node or below it": is_at_or_below(f, cursor, node),
        "what is as large is ahead": ForAll([n], Implies(there, ahead(f, cursor, leaving, n))),
    }


def _split_closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
    cursor, large = node_in(before, "cursor"), b.order(node)
    subset = ForAll([n], Implies(And(f.live(n), f.order(n) == large), And(was.live(n), was.order(n) == large)))
    fewer = And(subset, was.live(cursor), was.order(cursor) == large, f.order(cursor) != large)
    if f != was:
        return fewer
    further = advances(was, cursor, truth_in(before, "leaving"), node_in(now, "cursor"), truth_in(now, "leaving"))
    return Or(fewer, further)


def of_split(kernel: Kernel) -> KernelLoop:
    """The loop of ``split``."""
    return KernelLoop(kernel, _split_holds, _split_closer)


# Halving until a block is shown alone.


def _isolate_holds(f: SizedState, values: Values) -> Named:
    at = node_in(values, "node")
    return {
        **apart_from_the_page(b, f, slot),
        "the node has the page": And(at != no_node, has_page(f, at, slot)),
        "the node is as large as the block": at_most(order, f.order(at)),
    }


def _isolate_closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
    old, new = was.order(node_in(before, "node")), f.order(node_in(now, "node"))
    return And(at_most(new, old), new != old)


def of_isolate(kernel: Kernel) -> KernelLoop:
    """The loop of ``isolate``."""
    return KernelLoop(kernel, _isolate_holds, _isolate_closer)


# Joining as long as there is a buddy.


def _merge_holds(f: SizedState, values: Values) -> Named:
    at, other = node_in(values, "node"), node_in(values, "other")
    return {
        "the node has the page that it began with": ForAll([x], Implies(b.slot(node, x), has_page(f, at, x))),
        **rest_stands(b, f, And(f.live(n), f.slot(n, t), n != at)),
        **CONTRACTS["buddy"].ensures(f, f, at, other),
    }


def _merge_closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
    old, new = was.order(node_in(before, "node")), f.order(node_in(now, "node"))
    return And(at_most(old, new), new != old)


def of_merge(kernel: Kernel) -> KernelLoop:
    """The loop of ``merge``; no order is above the largest."""
    return KernelLoop(kernel, _merge_holds, _merge_closer)


# Flushing and restricting what is below a node.


def _flush_holds(f: SizedState, values: Values) -> Named:
    at = node_in(values, "cursor")
    return {**flushed_so_far(b, f, node), "the cursor is the node or below it": is_at_or_below(f, at, node)}


def of_flush(kernel: Kernel) -> KernelLoop:
    """The loop of ``flush_below``: a node is gone, or the cursor is further down."""

    def closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
        return flush_decreases(was, node_in(before, "cursor"), f, node_in(now, "cursor"))

    def counts(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
        return flush_counts(was, node_in(before, "cursor"), f, node_in(now, "cursor"))

    return KernelLoop(kernel, _flush_holds, closer, counts, lambda values: node_in(values, "cursor") == node)


def _restrict_holds(f: SizedState, values: Values) -> Named:
    walked = restrict_holds(f, *position(values), given, b, node)
    return {**walked, **restricted_so_far(b, f, node, given)}


def of_restrict_below(kernel: Kernel) -> KernelLoop:
    """The loop of ``restrict_below``: the walk round the tree that it began with goes on."""

    def closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
        return advances(b, *position(before), *position(now))

    def counts(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
        return walk_counts(b, node, *position(before), *position(now))

    return KernelLoop(kernel, _restrict_holds, closer, counts, lambda values: walk_starts(b, node, *position(values)))


def of_below(kernel: Kernel) -> LoopProof:
    """The loop of the question whether one node is below another, on the tree alone: it changes nothing."""
    return search_rule(kernel.tree, kernel.path)
