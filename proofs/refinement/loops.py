"""The loops, each proved by an invariant: it holds at first, a step keeps it, and at the exit it says what was wanted.

A loop is executed as it stands. Where it calls its step for the first time, the invariant must hold; from there on the
tree and the arguments are any for which it does; where it calls the step again, it must hold once more, and the path
ends. So what happens before the first step, in one step and after the last is the code's own.

Termination is shown without counting. A flush either removes a node from the finite set of those below the top, or
leaves the tree and goes to a child. A walk round a subtree advances in a strict order on entering and leaving the
nodes of the tree that it started with. The question whether one node is below another climbs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from z3 import And, Bool, BoolSort, BoolVal, Consts, ForAll, Function, Implies, Not, Or, is_expr

from model.theory import Formula, Right, Term, a
from proofs.obligation import Condition
from proofs.refinement.callees import (
    CALLS,
    Callees,
    flush_step_of,
    flushed_some,
    restrict_step_of,
    restricted_some,
    tree_holds,
    when,
)
from proofs.refinement.code import Build, CodeObligation, Split, conditions_of, conjunction
from proofs.refinement.invariants import m, n, up
from proofs.refinement.primitives import hypotheses
from proofs.refinement.source import CODE, Code, rebind
from proofs.refinement.symbolic import (
    Cut,
    Node,
    Path,
    Rights,
    Truth,
    Value,
    no_node,
    paths,
    roots,
)
from proofs.refinement.tree import BEFORE, SymbolicTree, TreeState, fresh_state
from refinement.mapping_tree import MappingTree

top, cursor, lower, upper, climbed = Consts("top cursor lower upper climbed", Node)
leaving = Bool("leaving")
kept = Function("kept", Right, BoolSort())
DURING = fresh_state(" during")

DECREASES = "decreases"
Named = dict[str, Callable[[], Formula]]


def advances(t: TreeState, at: Term, left_it: Formula, to: Term, leaves_it: Formula) -> Formula:
    """Entering or leaving a node comes before entering or leaving another, on a walk round the tree."""
    return Or(
        And(at == to, Not(left_it), leaves_it),
        t.left(at, to),
        And(t.below(to, at), Not(left_it)),
        And(t.below(at, to), leaves_it),
    )


def truth(value: object) -> Formula:
    """The formula for what may be a formula or a Python bool."""
    if isinstance(value, Truth):
        return value.term
    return value if is_expr(value) else BoolVal(bool(value))


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop: what is required, what must hold, by the names that the obligations get.

    :param run: executes the loop on a path, with all demands.
    :param demands: what is demanded, by name: a sentence for each.
    """

    requires: dict[str, Formula]
    run: Callable[[Code, Path], None]
    demands: dict[str, str]


def demand_all(path: Path, prefix: str, formulas: dict[str, Formula]) -> None:
    """All of them, as parts of one demand."""
    path.demand(prefix, lambda: conjunction(formulas.values()))


def _flush(code: Code, path: Path) -> None:
    tree = SymbolicTree(path)
    started: list[Value] = []

    def step(t: MappingTree, of: Value, at: Value) -> Value:
        now = tree.state()
        holds = {**flushed_some(BEFORE, now, top), "the cursor is the top or below it": up(now, at.term, top)}
        demand_all(path, "at_first" if not started else "keeps_invariant", holds)
        if started:
            raise Cut
        started.append(at)
        tree.become(DURING)
        at_cursor = {
            "the cursor is the top or below it": up(DURING, cursor, top),
            "the top has a child": Not(DURING.first_child(top, no_node)),
        }
        path.assume(when("in the loop", {**tree_holds(DURING), **flushed_some(BEFORE, DURING, top), **at_cursor}))
        to: Value = flush_step_of(code, Callees(tree, code))(t, of, Value(cursor, path))
        then = tree.state()
        path.demand(DECREASES, lambda: flush_decreases(then, to.term))
        return to

    rebind(code.function("flush_below"), flush_step=step)(tree.tree, Value(top, path))
    after = tree.state()
    demand_all(path, "at_exit", flushed_some(BEFORE, after, top))
    path.demand("at_exit", lambda: ForAll([n], Not(after.below(n, top))))


def flush_decreases(then: TreeState, to: Term) -> Formula:
    """A node is gone, or nothing has changed and the cursor is further down: both can happen finitely often."""
    fewer = And(DURING.live(cursor), Not(then.live(cursor)), ForAll([n], Implies(then.live(n), DURING.live(n))))
    unmoved = ForAll([n, m], And(then.live(n) == DURING.live(n), then.below(n, m) == DURING.below(n, m)))
    return Or(fewer, And(unmoved, DURING.below(to, cursor)))


def walk_holds(t: TreeState, at: Term, left_it: Formula) -> dict[str, Formula]:
    """What a walk round the tree below the top has left behind has no right outside the set."""
    passed = Or(t.left(n, at), And(left_it, t.below(n, at)))
    return {
        "the cursor is the top or below it": up(t, at, top),
        "at the top, the walk leaves it": Implies(at == top, left_it),
        "what the walk has left has no other right": ForAll(
            [n, a], Implies(And(t.below(n, top), passed, t.rights(n, a)), kept(a))
        ),
    }


def _restrict(code: Code, path: Path) -> None:
    tree = SymbolicTree(path)
    started: list[Value] = []

    def step(t: MappingTree, at: Value, left_it: object, rights: Rights) -> tuple[Value, object]:
        now = tree.state()
        holds = {**restricted_some(BEFORE, now, top, kept), **walk_holds(now, at.term, truth(left_it))}
        demand_all(path, "at_first" if not started else "keeps_invariant", holds)
        if started:
            raise Cut
        started.append(at)
        tree.become(DURING)
        at_cursor = {**walk_holds(DURING, cursor, leaving), "the walk is not back at the top": cursor != top}
        some = restricted_some(BEFORE, DURING, top, kept)
        path.assume(when("in the loop", {**tree_holds(DURING), **some, **at_cursor}))
        tree.look("parent", cursor)
        once = restrict_step_of(code, Callees(tree, code))
        to, leaves_it = once(t, Value(cursor, path), Truth(leaving, path), rights)
        path.demand(DECREASES, lambda: advances(BEFORE, cursor, leaving, to.term, truth(leaves_it)))
        return to, leaves_it

    rebind(code.function("restrict_below"), restrict_step=step)(tree.tree, Value(top, path), Rights(kept, path))
    after = tree.state()
    demand_all(path, "at_exit", restricted_some(BEFORE, after, top, kept))
    path.demand("at_exit", lambda: ForAll([n, a], Implies(And(after.below(n, top), after.rights(n, a)), kept(a))))


class _Climbing:
    """The column ``parent``, whose second read is of any node that the walk upwards may have reached."""

    def __init__(self, column: Any, path: Path) -> None:
        self.column = column
        self.path = path
        self.reads: list[Term] = []

    def __getitem__(self, index: Value) -> Any:
        self.reads.append(index.term)
        return self.column[Value(climbed, self.path) if len(self.reads) == 2 else index]


def _search_holds(climbs_at: Term, at: Term, left_it: Formula) -> dict[str, Formula]:
    t = BEFORE
    passed = Or(at == lower, t.left(lower, at), t.below(at, lower), And(left_it, t.below(lower, at)))
    return {
        "the climber is above the lower node": t.below(lower, climbs_at),
        "the climber has not passed the upper node": Implies(t.below(lower, upper), t.below(climbs_at, upper)),
        "the climber is not at the end": And(climbs_at != roots, climbs_at != upper),
        "the cursor is the upper node or below it": up(t, at, upper),
        "the walk has not passed the lower node": Implies(t.below(lower, upper), Not(passed)),
        "the walk has not come back": Not(And(at == upper, left_it)),
    }


def _is_below(code: Code, path: Path) -> None:
    tree = SymbolicTree(path)
    parents = _Climbing(tree.tree.parent, path)
    started: list[Value] = []

    def step(t: MappingTree, at: Value, left_it: object) -> tuple[Value, object]:
        demand_all(
            path,
            "at_first" if not started else "keeps_invariant",
            _search_holds(parents.reads[-1], at.term, truth(left_it)),
        )
        if started:
            path.demand(DECREASES, lambda: BEFORE.below(climbed, parents.reads[-1]))
            raise Cut
        started.append(at)
        path.assume(when("in the loop", _search_holds(climbed, cursor, leaving)))
        tree.look("parent", cursor)
        to, leaves_it = code.function("tour_step")(tree.tree, Value(cursor, path), Truth(leaving, path))
        path.demand(DECREASES, lambda: advances(BEFORE, cursor, leaving, to.term, truth(leaves_it)))
        return to, leaves_it

    asks = rebind(code.function("is_below"), tour_step=step)
    found = asks(tree.tree._replace(parent=cast(Any, parents)), Value(lower, path), Value(upper, path))
    path.demand("at_exit", lambda: truth(found) == BEFORE.below(lower, upper))
    path.demand("at_exit", lambda: BoolVal(not path.writes))


_TOP_IS_LIVE = {"the top is live": BEFORE.live(top)}
_BOTH_ARE_LIVE = {"both are live and differ": And(BEFORE.live(lower), BEFORE.live(upper), lower != upper)}
_PARTS = {
    "at_first": "its invariant holds at first",
    "keeps_invariant": "each step keeps its invariant",
    DECREASES: "each step comes closer to the end",
}
_ALLOWED = {CALLS: "the primitives are called where they may be, so that every invariant of the tree is preserved"}

LOOPS: dict[str, Loop] = {
    "flush_below": Loop(
        _TOP_IS_LIVE,
        _flush,
        {**_PARTS, **_ALLOWED, "at_exit": "nothing is below the top, and nothing else has changed"},
    ),
    "restrict_below": Loop(
        _TOP_IS_LIVE,
        _restrict,
        {
            **_PARTS,
            **_ALLOWED,
            "at_exit": "nothing below the top has another right; gone is what had none of them",
        },
    ),
    "is_below": Loop(
        _BOTH_ARE_LIVE,
        _is_below,
        {**_PARTS, "at_exit": "its answer is right, and nothing has changed"},
    ),
}


@cache
def walked(loop: Loop, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the loop, cut after one step."""
    return tuple(path for path, _ in paths(lambda path: loop.run(code, path)))


def conditions(loop: Loop, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the loop."""
    split = Split.PARTS if what == "keeps_invariant" else Split.NOT
    return conditions_of(walked(loop, code), {**hypotheses(), **loop.requires}, what, split)


def _build(loop: Loop, what: str) -> Build:
    return lambda dialect, code: conditions(loop, what, code)


def obligations() -> Iterator[CodeObligation]:
    """For each loop: its invariant, its exit, that it ends, and that it calls primitives only where it may."""
    for name, loop in LOOPS.items():
        for what, sentence in loop.demands.items():
            claim = "C5" if what != DECREASES else "C12"
            yield CodeObligation(f"{name}__{what}", claim, f"{name}: {sentence}", _build(loop, what))
