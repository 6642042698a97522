"""The loops, each proved by an invariant: it holds at first, a step keeps it, and at the exit it says what was wanted.

A loop is executed as it stands and cut at its own head. Where the execution comes to the head, the invariant must hold;
from there on the tree and the variables are any for which it does; the loop's condition and one turn of its body are
executed; at the end of the body the invariant must hold once more, and the path ends. One function gives the invariant
for all three. What holds at the head because the loop goes on is what the path decided there, and nothing else.

Termination is shown without counting. A flush either removes a node from the finite set of those below the top, or
leaves the tree and goes to a child. A walk round a subtree advances in a strict order on entering and leaving the
nodes of the tree that it started with. The question whether one node is below another climbs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Consts, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Right, Term, a
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import OfCondition, Values
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Rights, Truth, Value, truth
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree import steps
from proofs.obligations.tree.callees import Callees, named_when
from proofs.obligations.tree.contracts import CONTRACTS, LOOPS, flushed_some, restricted_some
from proofs.obligations.tree.invariants import is_at_or_below, m, n, tree_holds
from proofs.obligations.tree.primitives import hypotheses
from proofs.obligations.tree.tree import BEFORE, INDEX, SymbolicTree, TreeState, fresh_state

top, lower, upper = Consts("top lower upper", Node)
kept = Function("kept", Right, BoolSort())
DURING = fresh_state(" during")

AT_FIRST = "at_first"
KEEPS = "keeps_invariant"
DECREASES = "decreases"
AT_EXIT = "at_exit"


def advances(t: TreeState, at: Term, left_it: Formula, to: Term, leaves_it: Formula) -> Formula:
    """Entering or leaving a node comes before entering or leaving another, on a walk round the tree."""
    return Or(
        And(at == to, Not(left_it), leaves_it),
        t.left(at, to),
        And(t.below(to, at), Not(left_it)),
        And(t.below(at, to), leaves_it),
    )


def flush_decreases(start: TreeState, at: Term, then: TreeState, to: Term) -> Formula:
    """A node is gone, or nothing has changed and the cursor is further down: both can happen finitely often."""
    fewer = And(start.live(at), Not(then.live(at)), ForAll([n], Implies(then.live(n), start.live(n))))
    unmoved = ForAll([n, m], And(then.live(n) == start.live(n), then.below(n, m) == start.below(n, m)))
    return Or(fewer, And(unmoved, start.below(to, at)))


def node_in(values: Values, name: str) -> Term:
    """The node in a local variable of which an invariant speaks.

    :raises ExecutionError: the code has no such variable there, or something else in it.
    """
    value = values.get(name)
    if not isinstance(value, Value) or value.term.sort() != Node:
        raise ExecutionError(f"the loop's invariant speaks of a node in {name!r}, which is {value!r} here")
    return value.term


def truth_in(values: Values, name: str) -> Formula:
    """The truth in a local variable of which an invariant speaks."""
    if name not in values:
        raise ExecutionError(f"the loop's invariant speaks of {name!r}, which the code does not have here")
    return truth(values[name])


@dataclass(slots=True, eq=False)
class LoopProof(OfCondition):
    """The rule for a loop with an invariant: see :class:`proofs.execution.monitor.LoopRule`.

    :param holds: the invariant: of the present state and the local variables.
    :param resume: makes the state any, and says what is known of it beside the invariant.
    :param snapshot: the present state, as the measure takes it.
    :param decreases: that a turn comes closer to the end: of state and variables before and after it.
    :param counts: how far a turn comes on the way that has so many steps: likewise.
    :param starts: of the state and variables at first: that the way begins there.
    """

    path: Path
    holds: Callable[[Values], Named]
    resume: Callable[[Values], Named]
    snapshot: Callable[[], Any]
    decreases: Callable[[Any, Values, Any, Values], Formula]
    counts: Callable[[Any, Values, Any, Values], Formula]
    starts: Callable[[Values], Formula]
    began: tuple[Any, Values] | None = field(default=None, init=False)

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The invariant holds; from here on the state is any that has it."""
        if self.began is not None:
            raise ExecutionError("the loop is entered twice on one path: its proof speaks of one time")
        holds = self.holds(values)
        self.path.demand_all(AT_FIRST, lambda: holds)
        self.path.demand(steps.STEPS, lambda: self.starts(values))
        new = {name: anything(values[name], name, self.path) for name in sorted(assigned & values.keys())}
        then = {**values, **new}
        known = self.resume(then)
        self.path.assume(named_when("in the loop", {**known, **self.holds(then)}))
        self.began = (self.snapshot(), then)
        return new

    def tail(self, values: Values) -> None:
        """The invariant holds again, and the turn came closer to the end."""
        if self.began is None:
            raise ExecutionError("the end of a loop that was not entered")
        start, before = self.began
        now = self.snapshot()
        holds = self.holds(values)
        self.path.demand_all(KEEPS, lambda: holds)
        self.path.demand(DECREASES, lambda: self.decreases(start, before, now, values))
        self.path.demand(steps.STEPS, lambda: self.counts(start, before, now, values))
        raise Cut


def anything(value: object, name: str, path: Path) -> Value | Truth:
    """Any value of the same kind.

    :raises ExecutionError: the invariants speak of no such values.
    """
    if isinstance(value, Value):
        (term,) = Consts(f"{name}_in_loop", value.term.sort())
        return type(value)(term, path)
    if isinstance(value, bool | Truth):
        return Truth(Bool(f"{name}_in_loop"), path)
    raise ExecutionError(f"the loop changes {name!r}, which is {value!r}: no invariant speaks of it")


def resumed(tree: SymbolicTree, looks: str = "") -> Callable[[Values], Named]:
    """Be any tree with all invariants; columns are total, so that the cursor has some value in the column named."""

    def resume(values: Values) -> Named:
        tree.become(DURING)
        if looks:
            tree.look(looks, node_in(values, "cursor"))
        return tree_holds(DURING)

    return resume


# The invariants.


def flush_holds(t: TreeState, at: Term) -> Named:
    """What is left stands where it stood, and the cursor is the top or below it."""
    return {**flushed_some(BEFORE, t, top), "the cursor is the top or below it": is_at_or_below(t, at, top)}


def walk_holds(t: TreeState, at: Term, left_it: Formula, has: Predicate = kept, top: Term = top) -> Named:
    """The invariant of a walk below the top: nodes that it has left behind have no right outside the set."""
    passed = Or(t.left(n, at), And(left_it, t.below(n, at)))
    return {
        "the cursor is the top or below it": is_at_or_below(t, at, top),
        "at the top, the walk leaves it": Implies(at == top, left_it),
        "what the walk has left has no other right": ForAll(
            [n, a], Implies(And(t.below(n, top), passed, t.rights(n, a)), has(a))
        ),
    }


def restrict_holds(
    t: TreeState, at: Term, left_it: Formula, has: Predicate = kept, start: TreeState = BEFORE, top: Term = top
) -> Named:
    """What the walk has left behind is restricted, and nothing else has changed.

    :param start: the tree with which the walk began.
    """
    gone = And(start.live(n), Not(t.live(n)))
    passed = Or(start.left(n, at), And(left_it, start.below(n, at)))
    return {
        **restricted_some(start, t, top, has),
        **walk_holds(t, at, left_it, has, top),
        "what is gone was passed by the walk": ForAll([n], Implies(gone, passed)),
    }


def search_holds(climbs_at: Term, at: Term, left_it: Formula) -> Named:
    """Neither the climb from the lower node nor the walk round the upper one has passed what it looks for."""
    t = BEFORE
    passed = Or(t.left(lower, at), t.below(at, lower), And(left_it, t.below(lower, at)))
    return {
        "the climber is above the lower node": t.below(lower, climbs_at),
        "the climber has not passed the upper node": Implies(
            t.below(lower, upper), is_at_or_below(t, climbs_at, upper)
        ),
        "the cursor is the upper node or below it": is_at_or_below(t, at, upper),
        "the walk has not passed the lower node": Implies(t.below(lower, upper), Not(passed)),
        "the walk has not come back": Not(And(at == upper, left_it)),
    }


# The loops on the tree.


def _flush(callees: Callees) -> None:
    tree, path = callees.symbolic, callees.path
    rule = LoopProof(
        path,
        lambda values: flush_holds(tree.state(), node_in(values, "cursor")),
        resumed(tree),
        tree.state,
        lambda b, was, t, now: flush_decreases(b, node_in(was, "cursor"), t, node_in(now, "cursor")),
        lambda b, was, t, now: steps.flush_counts(b, node_in(was, "cursor"), t, node_in(now, "cursor")),
        lambda values: node_in(values, "cursor") == top,
    )
    result = callees.bound("flush_below", {("flush_below", 0): rule})(callees.tree, Value(top, path))
    _exits(callees, "flush_below", result, top)


def _restrict(callees: Callees) -> None:
    tree, path = callees.symbolic, callees.path
    rule = LoopProof(
        path,
        lambda values: restrict_holds(tree.state(), node_in(values, "cursor"), truth_in(values, "leaving")),
        resumed(tree, "parent"),
        tree.state,
        lambda b, was, t, now: advances(BEFORE, *position(was), *position(now)),
        lambda b, was, t, now: steps.walk_counts(BEFORE, top, *position(was), *position(now)),
        lambda values: steps.walk_starts(BEFORE, top, *position(values)),
    )
    execute = callees.bound("restrict_below", {("restrict_below", 0): rule})
    result = execute(callees.tree, Value(top, path), Rights(kept, path))
    _exits(callees, "restrict_below", result, top, kept)


def position(values: Values) -> tuple[Term, Formula]:
    """Return where a walk is: the cursor, and whether it is being left."""
    return node_in(values, "cursor"), truth_in(values, "leaving")


def _exits(callees: Callees, name: str, result: object, *arguments: Any) -> None:
    """The loop is over: what its contract promises, and it returns nothing."""
    after, promise = callees.symbolic.state(), CONTRACTS[name].promise
    assert promise is not None
    callees.path.demand_all(AT_EXIT, lambda: promise(BEFORE, after, *arguments))
    callees.path.demand(AT_EXIT, lambda: BoolVal(result is None))


def _is_below(callees: Callees) -> None:
    path = callees.path
    execute = callees.bound("is_below", {("is_below", 0): search_rule(callees.symbolic, path)})
    found = execute(callees.tree, Value(lower, path), Value(upper, path))
    path.demand(AT_EXIT, lambda: truth(found) == BEFORE.below(lower, upper))
    path.demand(AT_EXIT, lambda: BoolVal(not path.writes))


def search_rule(tree: SymbolicTree, path: Path) -> LoopProof:
    """Return the rule by which the loop of the search for a node above another is proved."""

    def resume(values: Values) -> Named:
        tree.look("parent", node_in(values, "cursor"))
        return {}

    return LoopProof(
        path,
        lambda values: {
            **search_holds(node_in(values, "up"), *position(values)),
            "nothing was written": BoolVal(not path.writes),
        },
        resume,
        tree.state,
        lambda b, was, t, now: BEFORE.below(node_in(was, "up"), node_in(now, "up")),
        lambda b, was, t, now: steps.walk_counts(BEFORE, upper, *position(was), *position(now)),
        lambda values: And(node_in(values, "cursor") == upper, Not(truth_in(values, "leaving"))),
    )


RUNS: dict[str, tuple[Callable[[Callees], None], tuple[Any, ...]]] = {
    "flush_below": (_flush, (top,)),
    "restrict_below": (_restrict, (top, kept)),
    "is_below": (_is_below, (lower, upper)),
}
"""How each loop is executed, and what it is called with in its proof."""

DEMANDS = {
    AT_FIRST: ("C5", "its invariant holds at first"),
    KEEPS: ("C5", "each step keeps its invariant"),
    DECREASES: ("C12", "each step comes closer to the end"),
    CALLS: ("C5", "the primitives are called where they may be, so that every invariant of the tree is preserved"),
    INDEX: ("C5", "fields of nodes and slots only are read and written"),
}
EXITS = {
    "flush_below": "nothing is below the top, and nothing else has changed",
    "restrict_below": "nothing below the top has another right; gone is what had none of them",
    "is_below": "its answer is right, and nothing has changed",
}


@cache
def requires(name: str) -> Named:
    """Return what a loop's contract requires of its arguments."""
    return CONTRACTS[name].requires(BEFORE, *RUNS[name][1])


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths to the loop, through one turn of it, and from its exit on."""

    def run(path: Path) -> None:
        path.learn(requires(name))
        RUNS[name][0](Callees(SymbolicTree(path), code))

    return tuple(path for path, _ in paths(run))


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the loop."""
    counted = steps.depths(BEFORE) if what == steps.STEPS else {}
    split = Split.PARTS if what == KEEPS else Split.NOT
    return conditions_of(walked(name, code), {**hypotheses(), **requires(name), **counted}, what, split)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(name, what, code)


def asked(name: str) -> frozenset[str]:
    """Return what obligations ask about a loop."""
    found = {*DEMANDS, AT_EXIT, steps.STEPS}
    return frozenset(found - {CALLS} if name == "is_below" else found)


def obligations() -> Iterator[CodeObligation]:
    """For each loop: its invariant, its exit, that it ends, in how many steps, and that it calls where it may."""
    for name in LOOPS:
        for what, (claim, sentence) in {**DEMANDS, AT_EXIT: ("C5", EXITS[name])}.items():
            if what not in asked(name):
                continue  # it calls no primitive, so that no call is demanded
            verb = {CALLS: "calls__where_allowed", INDEX: "accesses__nodes"}.get(what, what)
            yield CodeObligation(f"{name}__{verb}", claim, f"{name}: {sentence}", _build(name, what))
        yield CodeObligation(
            f"{name}__{steps.STEPS}", "C12", f"{name}: {steps.SENTENCES[name]}", _build(name, steps.STEPS)
        )
