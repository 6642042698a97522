"""Translations follow the database: at every moment a core reaches only what the mapping tree says (C4, C2).

The kernel's own methods are executed. After every step that changes the tree or an entry, whatever is in an entry or
may be in a buffer is said by the tree; so a frame that the tree has given to somebody else, or taken away, is reached
through no stale translation. After every operation, entries show exactly what the tree says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from z3 import And, Implies, Not, Or

from model.dialect import Dialect
from model.spaces import DONE
from model.theory import ACTIONS, Formula, Term, called
from proofs.obligation import Condition
from proofs.refinement.callees import CALLS, flushed_some, restricted_some, tree_holds, when
from proofs.refinement.code import Build, CodeObligation, Split, conditions_of, conjunction
from proofs.refinement.hardware import (
    ALLOWED,
    CLEARED,
    COHERENT,
    COHERENT_BEFORE,
    SymbolicKernel,
    Translations,
    database,
    exactly,
    flushed_wholly,
    only_active,
    pool_is_empty,
    restricted_wholly,
    symbolic_kernel,
    translations,
    within,
)
from proofs.refinement.invariants import room, up
from proofs.refinement.loops import (
    DECREASES,
    advances,
    cursor,
    flush_decreases,
    kept,
    leaving,
    top,
    truth,
    walk_holds,
)
from proofs.refinement.primitives import SPARE, hypotheses, same
from proofs.refinement.simulation import REFUSES, REQUIRES, SIMULATES
from proofs.refinement.source import CODE, Code
from proofs.refinement.symbolic import Cut, Path, Rights, Truth, Value, no_node, no_slot, paths
from proofs.refinement.tree import BEFORE, INDEX, TreeState, abstraction, fresh_state

DURING = fresh_state(" during")
KEEPS = "keeps__invariant"
STARTS = "loops__start_coherent"
AT_EXIT = "at_exit"


@dataclass(frozen=True, slots=True)
class Executed:
    """A method of the kernel to be executed."""

    name: str
    dialect: Dialect
    code: Code = CODE

    def walk(self, path: Path) -> None:
        """One path through it."""
        if self.name in LOOPS:
            kernel = symbolic_kernel(path, self.dialect.readings, self.code, promises={})
            LOOPS[self.name](kernel, getattr(kernel, self.name))
            return
        kernel = symbolic_kernel(path, self.dialect.readings, self.code)
        for formula in (called.src != no_slot, called.dst != no_slot):
            path.learn({"": formula})
        slots = [Value(slot, path) for slot in (called.src, called.dst)][: 1 if self.name == "flush" else 2]
        operation: Callable[..., Any] = getattr(kernel, self.name)
        result = operation(*slots, Rights(called.mask, path))
        kernel.coherent(COHERENT)
        start, end = abstraction(BEFORE), abstraction(kernel.symbolic.state())
        action = ACTIONS[self.name](self.dialect, start, called)
        guard = conjunction(action.guard.values())
        if result == DONE:
            path.demand(SIMULATES, lambda: And(guard, same(end, action.after)))
        else:
            path.demand(REFUSES, lambda: And(Or(Not(guard), pool_is_empty), same(end, start)))


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
    path = kernel.path
    started: list[Value] = []

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
        to: Value = kernel.own("flush_step")(of, Value(cursor, path))
        kernel.check()
        then = kernel.symbolic.state()
        path.demand(DECREASES, lambda: flush_decreases(then, to.term))
        return to

    kernel.flush_step = flush_step  # type: ignore[attr-defined]
    method(Value(top, path))
    after = kernel.symbolic.state()
    path.demand(AT_EXIT, lambda: And(*flushed_wholly(BEFORE, after, top).values()))
    kernel.coherent(COHERENT)


def _restrict_below(kernel: SymbolicKernel, method: Callable[..., Any]) -> None:
    path = kernel.path
    started: list[Value] = []

    def exact(t: TreeState, at: Term, left_it: Formula) -> Translations:
        slot = kernel.symbolic.look("slot", at)
        return _shown(t, slot, lambda a: Implies(left_it, kept(a)))

    def loop(t: TreeState, at: Term, left_it: Formula) -> dict[str, Formula]:
        return {**restricted_some(BEFORE, t, top, kept), **walk_holds(t, at, left_it), "not back": at != top}

    def restrict_step(at: Value, left_it: object, rights: Rights) -> tuple[Value, object]:
        now = kernel.symbolic.state()
        holds = And(*loop(now, at.term, truth(left_it)).values(), _reach(kernel, exact(now, at.term, truth(left_it))))
        path.demand(KEEPS, lambda: holds)
        if started:
            raise Cut
        started.append(at)
        kernel.symbolic.become(DURING)
        kernel.symbolic.look("parent", cursor)
        _resume(kernel, exact(DURING, cursor, leaving), loop(DURING, cursor, leaving))
        to, leaves_it = kernel.own("restrict_step")(Value(cursor, path), Truth(leaving, path), rights)
        path.demand(DECREASES, lambda: advances(BEFORE, cursor, leaving, to.term, truth(leaves_it)))
        kernel.check()
        return to, leaves_it

    kernel.restrict_step = restrict_step  # type: ignore[attr-defined]
    method(Value(top, path), Rights(kept, path))
    after = kernel.symbolic.state()
    path.demand(AT_EXIT, lambda: And(*restricted_wholly(BEFORE, after, top, kept).values()))
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
    split = Split.PARTS if what in (SIMULATES, KEEPS, ALLOWED) else Split.NOT
    return conditions_of(walked(executed), known, what, split)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(Executed(name, dialect, code), what)


EVERYWHERE = {
    ALLOWED: ("C4", "at every moment of {0} a core reaches only what the mapping tree says then"),
    CLEARED: ("C4", "{0} gives a table back only when nothing is translated through it any more"),
    COHERENT: ("C4", "after {0} entries show what the mapping tree says, and buffers hold nothing else"),
    CALLS: ("C5", "{0} calls primitives where it may, so that every invariant of the mapping tree is preserved"),
    INDEX: ("C5", "{0} reads and writes fields of nodes and slots only"),
}
IN_LOOPS = {
    KEEPS: ("C5", "{0}: its invariant holds at first, and each step keeps it"),
    DECREASES: ("C12", "{0}: each step comes closer to the end"),
    AT_EXIT: ("C5", "{0}: at its exit what was to go from below the top is gone, and nothing else has changed"),
}
IN_OPERATIONS = {
    STARTS: ("C4", "{0} calls loops only while entries show what the mapping tree says"),
    SIMULATES: ("C5", "done by the kernel, {0} is the theory's {0}, which is possible then"),
    REFUSES: ("C5", "refused by the kernel, {0} changes nothing, and the theory refuses it too, or no table is free"),
}


def obligations() -> Iterator[CodeObligation]:
    """For each method and loop of the kernel, what is demanded of it."""
    for name in ("map", "grant", "flush", *LOOPS):
        for what, (claim, sentence) in {**EVERYWHERE, **(IN_LOOPS if name in LOOPS else IN_OPERATIONS)}.items():
            if (name, what) in {("flush", ALLOWED), ("flush", CLEARED), ("flush", CALLS), ("flush", REFUSES)}:
                continue  # flush leaves all of it to its loops, and is never refused
            verb = {SIMULATES: f"simulates__{name}", INDEX: "accesses__nodes", CALLS: "calls__where_allowed"}
            verb |= {REFUSES: "refuses__with_the_theory", DECREASES: "steps__decrease"}
            yield CodeObligation(
                f"kernel_{name}__{verb.get(what, what)}", claim, sentence.format(name), _build(name, what)
            )
