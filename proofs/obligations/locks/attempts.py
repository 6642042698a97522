"""Stand-ins for locks of slots, and for the methods that take them, while code that takes locks is executed.

The code walks a tree that others change, and takes locks on the way. What it reads is of two kinds. Cells whose guard
is held already are what they will be when all locks are held, since nobody else changes them meanwhile: they are read
from the tree of that moment, and that the guard is held is demanded. Which slot a node stands for is read without its
lock, and is any slot, until it is looked at again.
"""

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Slot, Term, x
from proofs.execution.contract import Named
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, Truth, Value, lift, no_node, no_slot, truth
from proofs.obligations.locks.held import Held
from proofs.obligations.locks.interference import ONCE, ORDER, one_of, only
from proofs.obligations.locks.schemes import (
    all_below_held,
    parent_held,
    slot_guards_node,
    slots_needed,
)
from proofs.obligations.locks.taking import NEEDS
from proofs.obligations.locks.touching import TOUCHES
from proofs.obligations.source import Code
from proofs.obligations.tree.callees import Callees
from proofs.obligations.tree.invariants import is_node
from proofs.obligations.tree.tree import BEFORE, SymbolicTree
from refinement.cores.locked import TURN

TURNS = "who waits has the turn"


def nothing(_: Term) -> Formula:
    """No lock."""
    return BoolVal(False)


def same(one: Predicate, other: Predicate) -> Formula:
    """The same locks."""
    return ForAll([x], one(x) == other(x))


def within(one: Predicate, other: Predicate) -> Formula:
    """The other has all of the one."""
    return ForAll([x], Implies(one(x), other(x)))


def _itself(formula: Formula) -> Formula:
    return formula


def held(locks: Predicate) -> Held:
    """These locks of slots, and no others."""
    return Held(nothing, locks, BoolVal(False))


def requires(
    name: str, given: Sequence[Term], waiting: Formula, locks: Predicate, mine: Predicate, turn: Formula
) -> Named:
    """What a method asks of its caller: assumed where it is proved, and demanded at each call that it stands for.

    :param given: the slots or the node that it is called with.
    :param locks: those held; ``mine`` are noted as held.
    """
    asked: Named = {"what is held is what is noted": same(mine, locks)}
    if name != "let_go":
        asked[TURNS] = Implies(waiting, turn)
    if name == "node":
        asked["the node is live"] = BEFORE.live(given[0])
    else:
        asked |= {f"slot {number} is one": slot != no_slot for number, slot in enumerate(given)}
    if name in ("above", "below"):
        asked["the slot's lock is held"] = locks(given[0])
    if name == "attempt":
        asked["nothing is held"] = same(locks, nothing)
    return asked


class Trying:
    """The locks that a core holds on a path, and what stands for all that executed code of locks calls.

    ``locks`` are held, ``mine`` are noted as held; ``others`` says that another core was met: a lock that it has, or
    something that it changed.
    """

    def __init__(self, path: Path, code: Code, locks: Predicate, turn: Formula) -> None:
        """Holding these."""
        self.path, self.code = path, code
        self.locks, self.mine, self.turn = locks, locks, turn
        self.begun = locks
        self.others: list[Formula] = []
        self.noted: list[SimpleNamespace] = []
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
            only(kind, which)
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
            only(kind, which)
            self.path.demand(ONCE, lambda: turn)
            self.turn = BoolVal(False)
            return
        slot = self._slot(kind, which)
        self.path.demand(ONCE, lambda: locks(slot))
        self.locks = lambda each: And(locks(each), each != slot)

    def _slot(self, kind: str, which: tuple[object, ...]) -> Term:
        if kind != "slot":
            raise ExecutionError(f"{kind} {which} is no lock of a slot and not the turn")
        return lift(one_of(kind, which), Slot)

    # What a core has noted.

    def notes(self) -> SimpleNamespace:
        """Return what stands for the list of its own locks."""

        def has(slot: object) -> Truth:
            return Truth(self.mine(lift(slot, Slot)), self.path)

        def add(slot: object) -> None:
            mine, term = self.mine, lift(slot, Slot)
            self.path.demand(ONCE, lambda: Not(mine(term)))  # noted twice, its lock would be given back twice
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

        made = SimpleNamespace(has=has, add=add, some=some, take_out=take_out)
        self.noted.append(made)
        return made

    # What stands for methods that are proved by themselves.

    def _ask(self, name: str, waiting: object = False, *given: Term) -> None:
        """Demand what the method asks of its caller."""
        asked = requires(name, given, truth(waiting), self.locks, self.mine, self.turn)
        for what, formula in asked.items():
            self.path.demand(ORDER if what == TURNS else NEEDS, partial(_itself, formula))

    def one(self, _: object, slot: object, waiting: object) -> bool:
        """The slot's lock is held; or not, and nothing else is."""
        locks, term = self.locks, lift(slot, Slot)
        self._ask("one", waiting, term)
        if self.answer("the lock is had"):
            self.be(lambda each: Or(locks(each), each == term))
            return True
        self.path.assume({self.moment("who waits gets it"): Not(truth(waiting))})
        self.others.append(BoolVal(True))
        return False

    def node(self, _: object, node: object, waiting: object) -> bool:
        """The lock of the node's slot is held; or perhaps that of some slot."""
        locks, term = self.locks, lift(node, Node)
        self._ask("node", waiting, term)
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
        term = lift(slot, Slot)
        self._ask(what, waiting, term)
        done, after = self.answer(f"{what} is had"), self.grow(what)
        if done:
            top = BEFORE.node_of(term)
            self.path.assume({self.moment(what): Implies(is_node(top), has(held(after), BEFORE, top))})
        else:
            self.others.append(BoolVal(True))
        return done

    def attempt(self, _: object, src: object, dst: object, far: object, waiting: object) -> bool:
        """All is held that the operation needs; or perhaps some of it."""
        source, target = lift(src, Slot), lift(dst, Slot)
        self._ask("attempt", waiting, source, *(() if target.eq(no_slot) else (target,)))
        done, after = self.answer("all is had"), self.grow("an attempt")
        if done:
            needs = slots_needed(held(after), BEFORE, source, None if target.eq(no_slot) else target, deep=bool(far))
            self.path.assume({self.moment("all is held"): needs})
        return done

    def let_go(self, _: object) -> None:
        """No lock of a slot is held."""
        self._ask("let_go")
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
