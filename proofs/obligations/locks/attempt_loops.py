"""The loops that take and give back locks of slots, each cut at its own head: the walk, giving back, the next try."""

from z3 import And, Bool, Const, Exists, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Slot, x
from proofs.execution.loop_rules import OfCondition, Values
from proofs.execution.path import Cut, ExecutionError
from proofs.execution.values import Truth, truth
from proofs.obligations.locks.attempts import Trying, held, nothing, same, within
from proofs.obligations.locks.interference import ENDS, ONCE
from proofs.obligations.locks.schemes import (
    stands_held,
)
from proofs.obligations.locks.taking import NEEDS
from proofs.obligations.tree.invariants import is_at_or_below, n
from proofs.obligations.tree.loops import advances, anything, position
from proofs.obligations.tree.tree import BEFORE

given_slot = Const("given_slot", Slot)


class Rule(OfCondition):
    """Of a loop: what it changes, and that it is entered once."""

    changes: frozenset[str]

    def __init__(self, trying: Trying) -> None:
        """On the path of a method that is under way."""
        self.trying, self.path = trying, trying.path

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """At first the loop's invariant is demanded; then it is assumed of any turn."""
        if assigned != self.changes:
            raise ExecutionError(f"the loop changes {sorted(assigned)}: its invariant speaks of {sorted(self.changes)}")
        return self.begins(values)

    def begins(self, values: Values) -> Values:
        """Demand the invariant, and be in any turn of the loop."""
        raise NotImplementedError


class Walk(Rule):
    """The walk through what derives from a slot: what it has entered is held."""

    changes = frozenset({"cursor", "leaving"})

    def holds(self, values: Values) -> Formula:
        """The invariant: what was entered is held."""
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
        """Demand the invariant, and be anywhere on the walk."""
        at_first = self.holds(values)
        self.path.demand(NEEDS, lambda: at_first)
        new = {name: anything(values[name], name, self.path) for name in sorted(self.changes)}
        self.trying.be(self.trying.some("locked in the loop"))
        self.was = {**values, **new}
        self.trying.symbolic.look("parent", position(self.was)[0])
        self.path.assume({"in the loop what was entered is held": self.holds(self.was)})
        return dict(new)

    def tail(self, values: Values) -> None:
        """The invariant holds again, and the walk is closer to its end."""
        again = self.holds(values)
        self.path.demand(NEEDS, lambda: again)
        self.path.demand(ENDS, lambda: advances(BEFORE, *position(self.was), *position(values)))
        raise Cut


class GivesBack(Rule):
    """The loop that gives all back: what is noted is what is held, and in each turn one less."""

    changes = frozenset({"slot"})

    def begins(self, values: Values) -> Values:
        """Demand that what is noted is what is held, and hold any locks."""
        mine, locks = self.trying.mine, self.trying.locks
        self.path.demand(ONCE, lambda: same(mine, locks))
        self.trying.be(self.trying.some("locked in the loop"))
        self.was = self.trying.locks
        return {}

    def tail(self, values: Values) -> None:
        """What is noted is what is held, and that is less."""
        mine, locks, was = self.trying.mine, self.trying.locks, self.was
        self.path.demand(ONCE, lambda: same(mine, locks))
        self.path.demand(ENDS, lambda: And(within(locks, was), Exists([x], And(was(x), Not(locks(x))))))
        raise Cut


class Again(Rule):
    """The loop that tries again: nothing is held between attempts but the turn, and from the second on that is."""

    changes = frozenset({"waits"})

    def _demand(self, values: Values) -> None:
        locks, turn, waiting = self.trying.locks, self.trying.turn, truth(values["waits"])
        self.path.demand(ONCE, lambda: And(same(locks, nothing), turn == waiting))

    def begins(self, values: Values) -> Values:
        """Demand that nothing is held but the turn, by who waits, and try at first or again."""
        self._demand(values)
        self.trying.turn = Bool("waits_in_loop")
        self.trying.be(nothing)
        return {"waits": Truth(Bool("waits_in_loop"), self.path)}

    def tail(self, values: Values) -> None:
        """Nothing is held but the turn, which the next attempt has."""
        self._demand(values)
        turn = self.trying.turn
        self.path.demand(ENDS, lambda: turn)
        raise Cut
