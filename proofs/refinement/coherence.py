"""Translations follow the database: at every moment a core reaches only what the mapping tree says (C4, C2).

The kernel's own methods are executed. After every step that changes the tree or an entry, whatever is in an entry or
may be in a buffer is said by the tree; so a frame that the tree has given to somebody else, or taken away, is reached
through no stale translation. After every operation, entries show exactly what the tree says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from z3 import And, BoolSort, Const, Exists, ForAll, Function, If, Implies, Not, Or

from model.dialect import Dialect
from model.invariants import INVARIANTS
from model.theory import Formula, Right, Slot, Term, a, before, called, r, x
from proofs.obligation import Condition
from proofs.obligations.terms import evaluates
from proofs.refinement.callees import flushed_some, restricted_some, tree_holds, when
from proofs.refinement.code import CodeObligation, Split, conditions_of
from proofs.refinement.hardware import (
    ALLOWED,
    CLEARED,
    COHERENT,
    COHERENT_BEFORE,
    SymbolicKernel,
    Translations,
    database,
    exactly,
    only_active,
    translations,
    within,
)
from proofs.refinement.loops import cursor, kept, leaving, top, truth, walk_holds
from proofs.refinement.invariants import room, up
from proofs.refinement.primitives import SPARE, hypotheses
from proofs.refinement.simulation import REQUIRES
from proofs.refinement.symbolic import Cut, Path, Rights, Truth, Value, no_node, no_slot, paths
from proofs.refinement.tree import BEFORE, TreeState, fresh_state
from refinement import primitives
from refinement.kernel import Kernel

DURING = fresh_state(" during")
KEEPS = "keeps__invariant"
STARTS = "loops__start_coherent"


@dataclass(frozen=True, slots=True)
class Executed:
    """A method of the kernel to be executed, of the kernel's own class or of a broken one."""

    name: str
    dialect: Dialect
    methods: type = Kernel

    def walk(self, path: Path) -> None:
        """One path through it."""
        kernel = SymbolicKernel(path, self.dialect.readings, self.methods)
        if self.name in LOOPS:
            LOOPS[self.name](kernel, getattr(self.methods, self.name))
            return
        for formula in (called.src != no_slot, called.dst != no_slot):
            path.learn(formula)
        slots = [Value(slot, path) for slot in (called.src, called.dst)][: 1 if self.name == "flush" else 2]
        getattr(kernel, self.name)(*slots, Rights(called.mask, path))
        kernel.coherent(COHERENT)


def _shown(t: TreeState, slot: Term, but: Callable[[Term], Formula]) -> Translations:
    """What the database says, but of one slot only some rights."""
    said = database(t)
    return lambda x, r, a: And(said(x, r, a), Implies(x == slot, but(a)))


def _reach(kernel: SymbolicKernel, exact: Translations) -> Formula:
    entry, cached = kernel.machine.entry, kernel.machine.cached
    return And(exactly(entry, exact), within(cached, exact), only_active(cached))


def _resume(kernel: SymbolicKernel, exact: Translations, loop: dict[str, Formula]) -> None:
    """Any state in the middle of a loop."""
    cached = translations("cached during")
    kernel.symbolic.become(DURING)
    kernel.machine.become(exact, cached)
    buffers = {"buffers": And(within(cached, exact), only_active(cached))}
    kernel.path.assume(when("in the loop", {**tree_holds(DURING), **loop, **buffers}))


def _flush_below(kernel: SymbolicKernel, method: Callable[..., Any]) -> None:
    path, started = kernel.path, []

    def exact(t: TreeState, at: Term) -> Translations:
        slot = kernel.symbolic.look("slot", at)
        return _shown(t, slot, lambda a: Not(t.first_child(at, no_node)))

    def loop(t: TreeState, at: Term) -> dict[str, Formula]:
        return {
            **flushed_some(BEFORE, t, top),
            "the cursor is the top or below it": up(t, at, top),
            "the top has a child": Not(t.first_child(top, no_node)),
        }

    def flush_step(of: Value, at: Value) -> Value:
        now = kernel.symbolic.state()
        holds = And(*loop(now, at.term).values(), _reach(kernel, exact(now, at.term)))
        path.demand(KEEPS, lambda: holds)
        if started:
            raise Cut
        started.append(at)
        kernel.symbolic.become(DURING)
        _resume(kernel, exact(DURING, cursor), loop(DURING, cursor))
        to: Value = primitives.flush_step(kernel.tree, of, Value(cursor, path))  # type: ignore[arg-type,assignment]
        kernel.check()
        return to

    kernel.flush_step = flush_step  # type: ignore[attr-defined]
    method(kernel, Value(top, path))
    after = kernel.symbolic.state()
    path.demand(COHERENT, lambda: And(*flushed_some(BEFORE, after, top).values()))
    kernel.coherent(COHERENT)


def _restrict_below(kernel: SymbolicKernel, method: Callable[..., Any]) -> None:
    path, started = kernel.path, []

    def exact(t: TreeState, at: Term, left_it: Formula) -> Translations:
        slot = kernel.symbolic.look("slot", at)
        return _shown(t, slot, lambda a: Implies(left_it, kept(a)))

    def loop(t: TreeState, at: Term, left_it: Formula) -> dict[str, Formula]:
        return {**restricted_some(BEFORE, t, top, kept), **walk_holds(t, at, left_it), "not back": at != top}

    def restrict_step(at: Value, left_it: object, rights: Rights) -> tuple[Value, object]:
        now = kernel.symbolic.state()
        holds = And(
            *loop(now, at.term, truth(left_it)).values(), _reach(kernel, exact(now, at.term, truth(left_it)))
        )
        path.demand(KEEPS, lambda: holds)
        if started:
            raise Cut
        started.append(at)
        kernel.symbolic.become(DURING)
        kernel.symbolic.look("parent", cursor)
        _resume(kernel, exact(DURING, cursor, leaving), loop(DURING, cursor, leaving))
        step: Any = primitives.restrict_step
        to, leaves_it = step(kernel.tree, Value(cursor, path), Truth(leaving, path), rights)
        kernel.check()
        return to, leaves_it

    kernel.restrict_step = restrict_step  # type: ignore[attr-defined]
    method(kernel, Value(top, path), Rights(kept, path))
    after = kernel.symbolic.state()
    path.demand(COHERENT, lambda: And(*restricted_some(BEFORE, after, top, kept).values()))
    kernel.coherent(COHERENT)


LOOPS: dict[str, Callable[[SymbolicKernel, Callable[..., Any]], None]] = {
    "flush_below": _flush_below,
    "restrict_below": _restrict_below,
}


@cache
def walked(executed: Executed) -> tuple[Path, ...]:
    """All paths through the method."""
    return tuple(path for path, _ in paths(executed.walk))


def conditions(executed: Executed, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the method."""
    called_with = {**REQUIRES, "room": room(BEFORE, SPARE)}
    requires = {"the top is live": BEFORE.live(top)} if executed.name in LOOPS else called_with
    known = {**hypotheses(), **COHERENT_BEFORE, **requires}
    return conditions_of(walked(executed), known, what)
