"""Try, wait for and give back locks of slots: :class:`refinement.cores.locked.SlotLocks`, executed.

An attempt that fails does so because another core holds a lock, or has changed what was read. Whoever fails waits for
its turn with nothing held, and waits for locks of slots from then on.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, Function, Implies, Not, Or

from model.spaces.theory import Slot, called
from proofs.execution.contract import Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.loop_rules import LoopRule
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import DISTINCT, Node, Rights, Truth, Value, truth
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.executed import executed_whole
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.locks.attempt_loops import Again, GivesBack, Walk, given_slot
from proofs.obligations.locks.attempts import Trying, held, nothing, requires, same, within
from proofs.obligations.locks.interference import ENDS, ONCE, ORDER, check_steps, made_for
from proofs.obligations.locks.schemes import (
    all_below_held,
    parent_held,
    slots_needed,
)
from proofs.obligations.locks.taking import CALLED, NEEDS
from proofs.obligations.locks.touching import TOUCHES
from proofs.obligations.source import CODE, Code, copied
from proofs.obligations.tree.invariants import is_node, tree_holds
from proofs.obligations.tree.tree import BEFORE

SLOTS, OPERATIONS = "SlotLocks", ("map", "grant", "flush")
METHODS = ("one", "node", "above", "below", "attempt", "let_go")
given_node = Const("given_node", Node)
waits, deep, has_turn = Bool("waits"), Bool("deep"), Bool("has_turn")
_at_first = Function("locked_at_first", Slot, BoolSort())


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the locks to be executed: an operation, or one that is proved by itself."""

    name: str
    code: Code = CODE


STUBS = {
    "one": (),
    "node": ("one",),
    "above": ("node",),
    "below": ("node",),
    "attempt": ("one", "above", "below"),
    "let_go": (),
}
"""Of each method that is proved by itself, those that stand for themselves in it."""


def _made(method: Method, trying: Trying) -> Any:
    cls = method.code.locking(SLOTS)
    check_steps(cls)
    stubs = STUBS.get(method.name, ("attempt", "let_go"))
    rules: dict[tuple[str, int], LoopRule] = {
        ("below", 0): Walk(trying),
        ("let_go", 0): GivesBack(trying),
        ("take", 0): Again(trying),
    }
    names = {"acquire": trying.acquire, "try_acquire": trying.try_acquire, "release": trying.release}
    names["tour_step"] = trying.callees.names["tour_step"]  # type: ignore[assignment]
    instead: Any = {name: getattr(trying, name) for name in stubs}
    names["Mine"] = trying.notes  # type: ignore[assignment]
    methods = copied(cls, trying.path, names, _bound(instead), rules, frozenset())
    made = made_for(SimpleNamespace(tree=trying.tree), methods)
    if not any(made.mine is each for each in trying.noted):
        raise ExecutionError(f"{SLOTS} begin with a list that is not their own")
    return made


def _bound(instead: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Functions that get the object, which they do not need."""
    return {name: (lambda *given, _method=method: _method(*given)) for name, method in instead.items()}


def _operation(method: Method, path: Path) -> None:
    """A call from its beginning to its end."""
    trying = Trying(path, method.code, nothing, BoolVal(False))
    made = _made(method, trying)
    slots = [called.src] if method.name == "flush" else [called.src, called.dst]
    given: list[object] = [*(Value(slot, path) for slot in slots), Rights(called.mask, path)]
    status, times = object(), list[int]()

    def call(*arguments: object) -> object:
        locks = held(trying.locks)
        alike = len(arguments) == len(given) and all(one is two for one, two in zip(arguments, given, strict=True))
        times.append(1)
        target = None if method.name == "flush" else called.dst
        needs = slots_needed(locks, BEFORE, called.src, target, deep=method.name != "map")
        path.demand(NEEDS, lambda: And(BoolVal(alike), needs))
        return status

    made.kernel = SimpleNamespace(**{method.name: call})
    result = getattr(made, method.name)(*given)
    locks, turn, ends = trying.locks, trying.turn, result is status and len(times) == 1
    path.demand(ONCE, lambda: And(BoolVal(ends), same(locks, nothing), Not(turn)))


def _alone(method: Method, path: Path) -> None:
    """A method by itself, with any locks held."""
    trying = Trying(path, method.code, nothing if method.name == "attempt" else _at_first, has_turn)
    made = _made(method, trying)
    slot, waiting = Value(given_slot, path), Truth(waits, path)
    if method.name == "let_go":
        result = made.let_go()
        locks, turn = trying.locks, trying.turn
        path.demand(ONCE, lambda: And(BoolVal(result is None), same(locks, nothing), turn == has_turn))
        return
    if method.name == "attempt":
        far = path.decide(deep)
        target = None if path.decide(Bool("no_destination")) else called.dst
        dst: object = -1 if target is None else Value(target, path)
        result = made.attempt(Value(called.src, path), dst, far, waiting)
        locks = trying.locks
        goal = slots_needed(held(locks), BEFORE, called.src, target, deep=far)
    else:
        result = getattr(made, method.name)(Value(given_node, path) if method.name == "node" else slot, waiting)
        locks = trying.locks
        top = BEFORE.node_of(given_slot)
        goal = {
            "one": lambda: same(locks, lambda each: Or(_at_first(each), each == given_slot)),
            "node": lambda: same(locks, lambda each: Or(_at_first(each), BEFORE.slot(given_node, each))),
            "above": lambda: Implies(is_node(top), parent_held(held(locks), BEFORE, top)),
            "below": lambda: Implies(is_node(top), all_below_held(held(locks), BEFORE, top)),
        }[method.name]()
    mine, begun, others, yes = trying.mine, trying.begun, tuple(trying.others), truth(result)
    kept = And(same(mine, locks), within(begun, locks), trying.turn == has_turn)
    if method.name == "one":
        path.demand(NEEDS, lambda: And(kept, Implies(yes, goal), Implies(Not(yes), same(locks, begun))))
        path.demand(ENDS, lambda: Or(yes, And(Not(waits), Or(BoolVal(False), *others))))
        return
    path.demand(NEEDS, lambda: And(kept, Implies(yes, goal)))
    path.demand(ENDS, lambda: Or(yes, *others))


@cache
def walked(method: Method) -> tuple[Path, ...]:
    """All paths through it."""
    run = _operation if method.name in OPERATIONS else _alone
    return tuple(path for path, _ in paths(lambda path: run(method, path)))


def hypotheses(name: str) -> Named:
    """What is known where a method begins: of an operation that it names slots, of others what they ask of a caller."""
    known: Named = dict(tree_holds(BEFORE))
    if name in OPERATIONS:
        return {**known, **CALLED}
    locks = nothing if name == "attempt" else _at_first
    given = {"attempt": (called.src, called.dst), "node": (given_node,), "let_go": ()}.get(name, (given_slot,))
    return {**known, **requires(name, given, waits, locks, locks, has_turn)}


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a method."""
    yield from conditions_of(walked(Method(name, code)), hypotheses(name), what)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(name, what, code)


def functions(code: Code) -> list[Callable[..., Any]]:
    """The methods, all of which are executed."""
    return [getattr(code.locking(SLOTS), name) for name in ("__init__", *OPERATIONS, *METHODS, "take", "give_back")]


def _runs(code: Code) -> Iterator[CoveringPath]:
    for name in (*OPERATIONS, *METHODS):
        known = {**DISTINCT, **hypotheses(name)}
        yield from (CoveringPath(path, known) for path in walked(Method(name, code)))


def _rest(code: Code) -> Iterator[tuple[tuple[Path, ...], Named, Collection[str]]]:
    for name in (*OPERATIONS, *METHODS):
        yield walked(Method(name, code)), hypotheses(name), OF_METHODS.get(name, OF_OPERATIONS)


OF_OPERATIONS = {
    NEEDS: "{0} is done once the locks are held of all slots that it touches",
    ORDER: "{0} waits for its turn with nothing held, and for a slot with the turn only",
    ONCE: "{0} gives back what it holds, once each, on every way, and holds nothing in the end or between attempts",
    ENDS: "of attempts to take the locks for {0}, one at most is made without the turn",
}
OF_METHODS = {
    "one": {
        NEEDS: "then the slot's lock is held, and nothing else is new; or nothing is new",
        ORDER: "no lock is tried or waited for that the core has, and none is waited for without the turn",
        ONCE: "a lock that is taken is noted once, so that it is given back once",
        ENDS: "that a lock is not got means that another core has it, and that the core does not wait",
    },
    "node": {
        NEEDS: "then the lock is held of the slot that the node stands for",
        ORDER: "nothing is waited for without the turn",
        TOUCHES: "what a slot shows is looked at while its lock is held",
        ENDS: "it fails because another core has the lock, or has changed which slot the node stands for",
    },
    "above": {
        NEEDS: "then the lock is held of what the slot was mapped from",
        ORDER: "upwards nothing is waited for without the turn",
        TOUCHES: "only what held locks guard is followed upwards",
        ENDS: "it fails because of another core only",
    },
    "below": {
        NEEDS: "then the locks are held of all that derives from the slot",
        ORDER: "downwards nothing is waited for without the turn",
        TOUCHES: "only what held locks guard is followed downwards",
        ENDS: "it fails because of another core only, and each step of the walk comes closer to its end",
    },
    "attempt": {
        NEEDS: "then the locks are held of all slots that the operation touches",
        ORDER: "for an operation nothing is waited for without the turn",
        ENDS: "it fails because of another core only",
    },
    "let_go": {
        ONCE: "all that is held is given back, once each",
        ENDS: "each step gives one lock back",
    },
}


def obligations() -> Iterator[CodeObligation]:
    """Of each operation under a lock a slot, and of each method that takes the locks, what it holds and how it ends."""
    for name in OPERATIONS:
        for what, sentence in OF_OPERATIONS.items():
            yield CodeObligation(f"slot_locks_{name}__{what}", "C5", sentence.format(name), _build(name, what))
    for name, asked in OF_METHODS.items():
        for what, sentence in asked.items():
            yield CodeObligation(f"slot_locks_{name}__{what}", "C5", sentence, _build(name, what))
    yield executed_whole(
        f"slot_locks__{EXECUTED_WHOLE}", "operations under a lock a slot is executed", (functions, _runs), rest=_rest
    )
