"""The loops of code that keeps lists in pre-order: each cut at its head by what is known of the node at its cursor.

``end`` goes from a node to the last that derives from it. ``restrict`` goes back from there, and restricts or removes
what it leaves. ``scan`` goes forward behind a node, and looks for another among what derives from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Term
from proofs.execution.contract import Named
from proofs.execution.llvm.interpreter import Environment
from proofs.execution.path import Cut, Path
from proofs.execution.values import no_node
from proofs.obligations.c_code.binding import LoopBinding
from proofs.obligations.c_code.loops import CLoop, Tested
from proofs.obligations.c_preorder.contracts import restricted
from proofs.obligations.c_preorder.memory import Memory
from proofs.obligations.c_preorder.state import Lists, fresh, holds, n
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.loops import AT_FIRST, DECREASES, KEEPS


@dataclass(frozen=True, slots=True)
class Kind:
    """An invariant that a loop may follow.

    :param holds: the invariant, of the lists and the cursor.
    :param nearer: that the second cursor is strictly nearer to the end than the first.
    :param writes: whether the loop changes the lists.
    :param instead: what it follows where its cursor begins at a node, which then is no node to look at.
    """

    holds: Callable[[Lists, Term], Named]
    nearer: Callable[[Term, Term], Formula]
    writes: bool
    instead: "tuple[Term, Kind] | None" = None


def end_kind(top: Term, start: Lists) -> Kind:
    """From a node forward to the last that derives from it."""
    return Kind(
        lambda c, at: {"the cursor is the top or derives from it": Or(at == top, start.below(at, top))},
        lambda was, now: start.before(was, now),
        False,
    )


def restrict_kind(top: Term, has: Predicate, start: Lists) -> Kind:
    """Back to a node, over what derives from it; what was left behind is restricted."""
    return Kind(
        lambda c, at: {
            "the cursor is the top or derives from it": Or(at == top, start.below(at, top)),
            "the cursor stands for a mapping": c.named(at),
            **restricted(start, c, top, has, lambda node: start.before(at, node)),
        },
        lambda was, now: start.before(now, was),
        True,
    )


def scan_kind(lower: Term, upper: Term, start: Lists) -> Kind:
    """Forward behind a node, while what is there derives from it and is not what is looked for."""
    passed = And(start.before(upper, n), Or(n == lower, Not(start.below(n, upper))))
    looked = Kind(
        lambda c, at: {
            "the cursor is the upper node or derives from it": Or(at == upper, start.below(at, upper)),
            "what was looked at derives from the upper node, and is not the lower": ForAll(
                [n], Implies(passed, start.before(at, n))
            ),
        },
        lambda was, now: start.before(was, now),
        False,
    )
    return Kind(
        lambda c, at: {
            "the cursor is behind the upper node": Or(at == no_node, start.before(upper, at)),
            "where the cursor is deeper it derives from the upper node": Implies(
                And(at != no_node, start.deeper(at, upper)), start.below(at, upper)
            ),
            "what was passed derives from the upper node, and is not the lower": ForAll(
                [n], Implies(passed, And(at != no_node, Not(start.before(n, at))))
            ),
        },
        lambda was, now: And(was != no_node, Or(now == no_node, start.before(was, now))),
        False,
        (upper, looked),
    )


class Loop(CLoop):
    """The rule for one loop head; heads that stand in one another are known to each other by the lists alone."""

    def __init__(
        self,
        memory: Memory,
        number: int,
        said: LoopBinding,
        kind: Kind,
        check: Callable[[], None],
        tested: Tested | None = None,
    ) -> None:
        """Nothing is known of its turns yet."""
        super().__init__(memory, number, said, kind, (), [], check, tested=tested)  # type: ignore[arg-type]
        self.lists, self.follows = memory, kind
        self._at: Term | None = None

    def head(self, values: Environment, again: bool) -> Environment:
        """Demand the invariant; the second time the path ends, else the loop's variables are any for which it holds."""
        path: Path = self.lists.path
        at = self._position(values)[0]
        self.check()
        if not again and self.follows.instead is not None and at.eq(self.follows.instead[0]):
            self.follows = self.follows.instead[1]
        if self.tested is not None and not self.follows.writes:
            self.tested.look(self.number, path, at, again)
        if not self.follows.writes:
            untouched = BoolVal(self.lists.untouched)
            path.demand(KEEPS if again else AT_FIRST, lambda: untouched)
        path.demand_all(KEEPS if again else AT_FIRST, partial(self._known, self.lists.state(), at))
        if again:
            assert self._at is not None
            path.demand(DECREASES, partial(self.follows.nearer, self._at, at))
            self._same_kinds(values)
            raise Cut
        return self._any(values)

    def _known(self, lists: Lists, at: Term) -> Named:
        named = self.follows.holds(lists, at)
        if self.tested is None or self.follows.writes:
            return named
        return {**named, **self.tested.holds(self.number, at)}

    def _any(self, values: Environment) -> Environment:
        time = f"in loop {self.number}"
        given = {name: self._anything(values[name], name) for name in sorted(values[""])}
        known: Named = {}
        if self.follows.writes:
            state = fresh(f" {time}", self.lists.start.width)
            self.lists.become(state)
            known = dict(holds(state))
        at = self._position({**values, **given})[0]
        self.lists.path.assume(named_when(time, {**known, **self._known(self.lists.state(), at)}))
        self._at, self._given = at, given
        return given
