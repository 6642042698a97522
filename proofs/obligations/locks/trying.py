"""How locks of slots are tried, waited for and given back: :class:`refinement.cores.locked.SlotLocks`, executed.

The code walks a tree that others change, and takes locks on the way. What it reads is of two kinds. Cells whose guard
is held already are what they will be when all locks are held, since nobody else changes them meanwhile: they are read
from the tree of that moment, and that the guard is held is demanded. Which slot a node stands for is read without its
lock, and is any slot, until it is looked at again.

An attempt that fails does so because another core holds a lock, or has changed what was read. Whoever fails waits for
its turn with nothing held, and waits for locks of slots from then on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Slot, Term, called, x
from proofs.execution.contract import Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.monitor import LoopRule, Values
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import DISTINCT, Node, Rights, Truth, Value, lift, no_node, no_slot, truth
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.executed import executed_whole
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.locks.held import Held
from proofs.obligations.locks.interference import ONCE, ORDER
from proofs.obligations.locks.schemes import (
    all_below_held,
    parent_held,
    slot_guards_node,
    slots_needed,
    stands_held,
)
from proofs.obligations.locks.taking import CALLED, NEEDS
from proofs.obligations.locks.touching import TOUCHES
from proofs.obligations.source import CODE, Code, copied
from proofs.obligations.tree.callees import Callees
from proofs.obligations.tree.invariants import is_at_or_below, is_node, n, tree_holds
from proofs.obligations.tree.loops import advances, anything, position
from proofs.obligations.tree.tree import BEFORE, SymbolicTree
from refinement.cores.locked import TURN

ENDS = "fails__for_others_only"
SLOTS, OPERATIONS = "SlotLocks", ("map", "grant", "flush")
METHODS = ("one", "node", "above", "below", "attempt", "let_go")
given_slot, given_node = Const("given_slot", Slot), Const("given_node", Node)
waits, deep, has_turn = Bool("waits"), Bool("deep"), Bool("has_turn")
_at_first = Function("locked_at_first", Slot, BoolSort())


def nothing(_: Term) -> Formula:
    """No lock."""
    return BoolVal(False)


def same(one: Predicate, other: Predicate) -> Formula:
    """The same locks."""
    return ForAll([x], one(x) == other(x))


def within(one: Predicate, other: Predicate) -> Formula:
    """The other has all of the one."""
    return ForAll([x], Implies(one(x), other(x)))


def held(locks: Predicate) -> Held:
    """These locks of slots, and no others."""
    return Held(nothing, locks, BoolVal(False))


class Trying:
    """What a core holds on a path, and what stands for all that executed code of locks calls.

    ``locks`` are held, ``mine`` are noted as held; ``others`` says that another core was met: a lock that it has, or
    something that it changed.
    """

    def __init__(self, path: Path, code: Code, locks: Predicate, turn: Formula) -> None:
        """Holding these."""
        self.path, self.code = path, code
        self.locks, self.mine, self.turn = locks, locks, turn
        self.begun = locks
        self.others: list[Formula] = []
        self.moments = 0
        symbolic = SymbolicTree(path)
        self.symbolic, self.callees = symbolic, Callees(symbolic, code)
        for column in symbolic.columns.values():
            column.touched = self._touched
        columns: dict[str, Any] = {**symbolic.columns, "slot": _Hints(self)}
        self.tree = SimpleNamespace(**columns)

    def moment(self, what: str) -> str:
        """A name that no other has on the path."""
        self.moments += 1
        return f"{what} {self.moments}"

    def _touched(self, column: str, place: Term, new: Term | None) -> None:
        locks = held(self.locks)
        if new is not None:
            raise ExecutionError(f"{column} is written while locks are taken")
        if column == "node_of":
            self.path.demand(TOUCHES, lambda: locks.slot(place))
        else:
            self.path.demand(TOUCHES, lambda: slot_guards_node(locks, BEFORE, column, place, False, None))

    def answer(self, what: str) -> bool:
        """One way or the other, whichever others choose."""
        return self.path.decide(Bool(self.moment(what)))

    def some(self, what: str) -> Predicate:
        """Any locks."""
        found: Predicate = Function(self.moment(what), Slot, BoolSort())
        return found

    def be(self, locks: Predicate) -> None:
        """Hold these, and have noted them."""
        self.locks = self.mine = locks

    def grow(self, what: str) -> Predicate:
        """Hold any locks beside those that are held."""
        before, after = self.locks, self.some(f"locked by {what}")
        self.path.assume({self.moment("what was held still is"): within(before, after)})
        self.be(after)
        return after

    # The locks themselves.

    def acquire(self, kind: str, *which: object) -> None:
        """A lock is waited for and taken."""
        locks, turn = self.locks, self.turn
        if kind == TURN:
            self.path.demand(ORDER, lambda: And(same(locks, nothing), Not(turn)))
            self.turn = BoolVal(True)
            return
        slot = self._slot(kind, which)
        self.path.demand(ORDER, lambda: And(turn, slot != no_slot, Not(locks(slot))))
        self.locks = lambda each: Or(locks(each), each == slot)

    def try_acquire(self, kind: str, *which: object) -> bool:
        """A lock is taken if nobody has it."""
        locks, slot = self.locks, self._slot(kind, which)
        self.path.demand(ORDER, lambda: And(slot != no_slot, Not(locks(slot))))
        free = self.answer("the lock is free")
        if free:
            self.locks = lambda each: Or(locks(each), each == slot)
        else:
            self.others.append(BoolVal(True))
        return free

    def release(self, kind: str, *which: object) -> None:
        """A lock is given back."""
        locks, turn = self.locks, self.turn
        if kind == TURN:
            self.path.demand(ONCE, lambda: turn)
            self.turn = BoolVal(False)
            return
        slot = self._slot(kind, which)
        self.path.demand(ONCE, lambda: locks(slot))
        self.locks = lambda each: And(locks(each), each != slot)

    def _slot(self, kind: str, which: tuple[object, ...]) -> Term:
        if kind != "slot" or len(which) != 1:
            raise ExecutionError(f"{kind} {which} is no lock of a slot and not the turn")
        return lift(which[0], Slot)

    # What a core has noted.

    def notes(self) -> SimpleNamespace:
        """What stands for the list of its own locks."""

        def has(slot: object) -> Truth:
            return Truth(self.mine(lift(slot, Slot)), self.path)

        def add(slot: object) -> None:
            mine, term = self.mine, lift(slot, Slot)
            self.mine = lambda each: Or(mine(each), each == term)

        def some() -> bool:
            mine, more = self.mine, self.answer("some is noted")
            known = Exists([x], mine(x)) if more else Not(Exists([x], mine(x)))
            self.path.assume({self.moment("that some is noted, or none"): known})
            return more

        def take_out() -> Value:
            mine, slot = self.mine, Const(self.moment("taken out"), Slot)
            self.path.demand(ONCE, lambda: Exists([x], mine(x)))
            self.path.assume({self.moment("it was noted"): mine(slot)})
            self.mine = lambda each: And(mine(each), each != slot)
            return Value(slot, self.path)

        return SimpleNamespace(has=has, add=add, some=some, take_out=take_out)

    # What stands for methods that are proved by themselves.

    def asks_turn(self, waiting: object) -> None:
        """Who is to wait has the turn."""
        turn = self.turn
        self.path.demand(ORDER, lambda: Implies(truth(waiting), turn))

    def one(self, _: object, slot: object, waiting: object) -> bool:
        """The slot's lock is held; or not, and nothing else is."""
        self.asks_turn(waiting)
        locks, term = self.locks, lift(slot, Slot)
        if self.answer("the lock is had"):
            self.be(lambda each: Or(locks(each), each == term))
            return True
        self.path.assume({self.moment("who waits gets it"): Not(truth(waiting))})
        self.others.append(BoolVal(True))
        return False

    def node(self, _: object, node: object, waiting: object) -> bool:
        """The lock of the node's slot is held; or perhaps that of some slot."""
        self.asks_turn(waiting)
        locks, term = self.locks, lift(node, Node)
        self.path.demand(NEEDS, lambda: BEFORE.live(term))
        if self.answer("the node is had"):
            self.be(lambda each: Or(locks(each), BEFORE.slot(term, each)))
            return True
        self.grow("node")
        self.others.append(BoolVal(True))
        return False

    def above(self, _: object, slot: object, waiting: object) -> bool:
        """What the slot was mapped from is held; or perhaps some more."""
        return self._more(slot, waiting, "above", parent_held)

    def below(self, _: object, slot: object, waiting: object) -> bool:
        """What derives from the slot is held; or perhaps some more."""
        return self._more(slot, waiting, "below", all_below_held)

    def _more(self, slot: object, waiting: object, what: str, has: Callable[..., Formula]) -> bool:
        self.asks_turn(waiting)
        term, locks = lift(slot, Slot), self.locks
        self.path.demand(NEEDS, lambda: locks(term))
        done, after = self.answer(f"{what} is had"), self.grow(what)
        if done:
            top = BEFORE.node_of(term)
            self.path.assume({self.moment(what): Implies(is_node(top), has(held(after), BEFORE, top))})
        else:
            self.others.append(BoolVal(True))
        return done

    def attempt(self, _: object, src: object, dst: object, far: object, waiting: object) -> bool:
        """All is held that the operation needs; or perhaps some of it."""
        self.asks_turn(waiting)
        locks = self.locks
        self.path.demand(NEEDS, lambda: same(locks, nothing))
        done, after = self.answer("all is had"), self.grow("an attempt")
        if done:
            source, target = lift(src, Slot), lift(dst, Slot)
            needs = slots_needed(held(after), BEFORE, source, None if target.eq(no_slot) else target, deep=bool(far))
            self.path.assume({self.moment("all is held"): needs})
        return done

    def let_go(self, _: object) -> None:
        """No lock of a slot is held."""
        self.be(nothing)


class _Hints:
    """The column of slots, read without locks: what is read is any slot, or none."""

    def __init__(self, trying: Trying) -> None:
        self.trying = trying

    def __getitem__(self, index: Value) -> Value:
        trying, node = self.trying, lift(index, Node)
        trying.path.demand(TOUCHES, lambda: node != no_node)
        hint = Const(trying.moment("slot seen"), Slot)
        trying.others.append(Not(BEFORE.slot(node, hint)))
        return Value(hint, trying.path)


class _Rule:
    """Of a loop: what it changes, and that it is entered once."""

    changes: frozenset[str]

    def __init__(self, trying: Trying) -> None:
        self.trying, self.path = trying, trying.path

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        if assigned != self.changes:
            raise ExecutionError(f"the loop changes {sorted(assigned)}: its invariant speaks of {sorted(self.changes)}")
        return self.begins(values)

    def begins(self, values: Values) -> Values:
        raise NotImplementedError

    def each(self, iterable: object) -> Iterator[object]:
        raise ExecutionError(f"a loop over {iterable!r} where one with a condition is proved")


class _Walk(_Rule):
    """The walk through what derives from a slot: what it has entered is held."""

    changes = frozenset({"cursor", "leaving"})

    def holds(self, values: Values) -> Formula:
        (at, left_it), t, locks = position(values), BEFORE, self.trying.locks
        top = t.node_of(given_slot)
        passed = Or(t.left(n, at), And(left_it, t.below(n, at)))
        on_the_way = And(Or(n == top, t.below(n, top)), t.below(at, n))
        return And(
            is_at_or_below(t, at, top),
            Implies(at == top, left_it),
            Implies(left_it, stands_held(held(locks), t, at)),
            ForAll([n], Implies(And(t.below(n, top), passed), stands_held(held(locks), t, n))),
            ForAll([n], Implies(on_the_way, stands_held(held(locks), t, n))),
            within(self.trying.begun, locks),
        )

    def begins(self, values: Values) -> Values:
        at_first = self.holds(values)
        self.path.demand(NEEDS, lambda: at_first)
        new = {name: anything(values[name], name, self.path) for name in sorted(self.changes)}
        self.trying.be(self.trying.some("locked in the loop"))
        self.was = {**values, **new}
        self.trying.symbolic.look("parent", position(self.was)[0])
        self.path.assume({"in the loop what was entered is held": self.holds(self.was)})
        return dict(new)

    def tail(self, values: Values) -> None:
        again = self.holds(values)
        self.path.demand(NEEDS, lambda: again)
        self.path.demand(ENDS, lambda: advances(BEFORE, *position(self.was), *position(values)))
        raise Cut


class _GivesBack(_Rule):
    """The loop that gives all back: what is noted is what is held, and in each turn one less."""

    changes = frozenset({"slot"})

    def begins(self, values: Values) -> Values:
        mine, locks = self.trying.mine, self.trying.locks
        self.path.demand(ONCE, lambda: same(mine, locks))
        self.trying.be(self.trying.some("locked in the loop"))
        self.was = self.trying.locks
        return {}

    def tail(self, values: Values) -> None:
        mine, locks, was = self.trying.mine, self.trying.locks, self.was
        self.path.demand(ONCE, lambda: same(mine, locks))
        self.path.demand(ENDS, lambda: And(within(locks, was), Exists([x], And(was(x), Not(locks(x))))))
        raise Cut


class _Again(_Rule):
    """The loop that tries again: nothing is held between attempts but the turn, and from the second on that is."""

    changes = frozenset({"waits"})

    def _demand(self, values: Values) -> None:
        locks, turn, waiting = self.trying.locks, self.trying.turn, truth(values["waits"])
        self.path.demand(ONCE, lambda: And(same(locks, nothing), turn == waiting))

    def begins(self, values: Values) -> Values:
        self._demand(values)
        self.trying.turn = Bool("waits_in_loop")
        self.trying.be(nothing)
        return {"waits": Truth(Bool("waits_in_loop"), self.path)}

    def tail(self, values: Values) -> None:
        self._demand(values)
        turn = self.trying.turn
        self.path.demand(ENDS, lambda: turn)
        raise Cut


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
    stubs = STUBS.get(method.name, ("attempt", "let_go"))
    rules: dict[tuple[str, int], LoopRule] = {
        ("below", 0): _Walk(trying),
        ("let_go", 0): _GivesBack(trying),
        ("take", 0): _Again(trying),
    }
    names = {"acquire": trying.acquire, "try_acquire": trying.try_acquire, "release": trying.release}
    names["tour_step"] = trying.callees.names["tour_step"]  # type: ignore[assignment]
    instead: Any = {name: getattr(trying, name) for name in stubs}
    methods: Any = copied(cls, trying.path, names, _bound(instead), rules, frozenset({"__init__"}))
    made = methods()
    made.tree, made.mine = trying.tree, trying.notes()
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
        locks = trying.locks
        path.demand(ONCE, lambda: And(BoolVal(result is None), same(locks, nothing)))
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
    kept = And(same(mine, locks), within(begun, locks))
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
    """What is known where a method begins."""
    known: Named = {**tree_holds(BEFORE), **CALLED, "who waits has the turn": Implies(waits, has_turn)}
    if name == "one":
        known["the slot is one"] = given_slot != no_slot
    if name == "node":
        known["the node is live"] = BEFORE.live(given_node)
    if name in ("above", "below"):
        known["the slot's lock is held"] = And(given_slot != no_slot, _at_first(given_slot))
    return known


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a method."""
    yield from conditions_of(walked(Method(name, code)), hypotheses(name), what)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(name, what, code)


def functions(code: Code) -> list[Callable[..., Any]]:
    """The methods, all of which are executed."""
    return [getattr(code.locking(SLOTS), name) for name in (*OPERATIONS, *METHODS, "take", "give_back")]


def _runs(code: Code) -> Iterator[CoveringPath]:
    for name in (*OPERATIONS, *METHODS):
        known = {**DISTINCT, **hypotheses(name)}
        yield from (CoveringPath(path, known) for path in walked(Method(name, code)))


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
    yield executed_whole(f"slot_locks__{EXECUTED_WHOLE}", "operations under a lock a slot", (functions, _runs))
