"""Lists in C on a path: columns that code reads and writes, and the ghosts that follow.

A node that was taken from the list of free nodes stands, once a slot names it, where its link back says when that is
asked for: behind that node, below those of it and of what is above it that are less deep than itself. Whether the links
and depths fit that place is what the invariants say, which are then demanded.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from z3 import ULT, And, If, Not, Or

from model.spaces.theory import Formula, Predicate, Relation, Term
from proofs.execution.path import Path
from proofs.execution.values import Node, lift, no_node
from proofs.obligations.c_code.memory import FREED, names_still, spared
from proofs.obligations.c_preorder.state import Lists, column_types
from proofs.obligations.tree.tree import Field, SymbolicColumn


class Column(SymbolicColumn):
    """A column of lists in C: nothing of a free node is read or written but the link of the first in their list."""

    owner: "Memory"

    def place(self, index: object) -> Term:
        """The index as a term, which must be no free node."""
        term = super().place(index)
        if self.kind.index == Node and not (self.name == "next" and term.eq(self.owner.head)):
            listed, head = self.owner.ghosts.listed(term), self.owner.head
            allowed = Or(Not(listed), term == head) if self.name == "next" else Not(listed)
            self.owner.path.demand(FREED, lambda: allowed, self.owner.here())
        return term

    def __setitem__(self, index: object, value: object) -> None:
        """The field at an index changes, and the ghosts with it."""
        if self.name == "node_of":
            self.owner.named_by(self.place(index), lift(value, Node))
        super().__setitem__(index, value)
        self.owner.dirty = True


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Ghosts, which no code keeps: see :class:`proofs.obligations.c_preorder.state.Lists`."""

    named: Predicate
    listed: Predicate
    before: Relation
    below: Relation
    spare: Field


class Memory:
    """The lists on a path. ``dirty`` says that something was written since their invariants were known.

    ``begun`` are the states in which they were known, with the number of demands met before.
    """

    def __init__(self, path: Path, start: Lists) -> None:
        """Starts in a state."""
        self.path = path
        self.here: Callable[[], str] = str
        self.begun: list[tuple[int, Lists]] = []
        self.columns = {name: Column(self, name, kind) for name, kind in column_types(start.width).items()}
        self.start = start
        self.become(start)

    def become(self, state: Lists) -> None:
        """Be in another state, of which the invariants are known."""
        for name, column in self.columns.items():
            column.base = getattr(state, name)
            column.written = []
        self.head = state.head
        self.ghosts = Ghosts(state.named, state.listed, state.before, state.below, state.spare)
        self._taken: list[Term] = []
        self._joined: list[Term] = []
        self._named_since: list[tuple[Term, Term, Term]] = []
        self._known = state
        self.begun.append((len(self.path.demands), state))
        self.dirty = False

    @property
    def untouched(self) -> bool:
        """Nothing was written, and nothing called that may write."""
        return not self.dirty and self._known is self.start

    def met(self, node: Term) -> None:
        """A node is an argument: of lists nothing follows from that."""

    def follow(self, node: Term, parent: Term) -> None:
        """No column says of which node one is the child.

        :raises TypeError: always.
        """
        raise TypeError("lists in pre-order keep no parent")

    def state(self) -> Lists:
        """The lists as they are now."""
        if not self.dirty:
            return self._known
        for node in self._joined:
            self._place(node)
            self._taken = [each for each in self._taken if not each.eq(node)]
        self._joined = []
        g = self.ghosts
        return Lists(
            **{name: column.frozen() for name, column in self.columns.items()},
            head=self.head,
            named=g.named,
            listed=g.listed,
            before=g.before,
            below=g.below,
            spare=g.spare,
            width=self._known.width,
            name=self._known.name,
        )

    # Ghosts.

    def _update(self, **changed: Callable[..., Term]) -> None:
        self.ghosts = replace(self.ghosts, **changed)
        self.dirty = True

    def set_head(self, value: object) -> None:
        """Another node is the first free one: the second was, so that one is taken; or it is put before them."""
        new, old, g = lift(value, Node), self.head, self.ghosts
        if new.eq(old):
            return
        if not old.eq(no_node) and new.eq(self.columns["next"].held(old)):
            self._update(
                listed=lambda n: And(g.listed(n), n != old),
                before=lambda n, m: And(n != old, m != old, g.before(n, m)),
            )
            self._taken.append(old)
        else:
            self._update(
                listed=lambda n: Or(g.listed(n), n == new),
                before=lambda n, m: If(Or(n == new, m == new), And(n == new, m != new, g.listed(m)), g.before(n, m)),
                below=lambda n, m: And(n != new, m != new, g.below(n, m)),
            )
            self._taken = [each for each in self._taken if not each.eq(new)]
            self._joined = [each for each in self._joined if not each.eq(new)]
        self.head = new

    def named_by(self, slot: Term, new: Term) -> None:
        """A slot comes to name a node, or none."""
        old, g = self.columns["node_of"].held(slot), self.ghosts
        if new.eq(no_node):
            placed = tuple(self._named_since)
            elsewhere = [partial(names_still, slot, other, node) for other, node, _ in placed]
            self._update(
                named=lambda n: And(g.named(n), Or(n != old, *(since(n) for since in elsewhere))),
                spare=lambda x: If(And(x == slot, old != no_node), spared(slot, old, placed), g.spare(x)),
            )
            self._joined = [each for each in self._joined if not each.eq(old)]
            return
        self._named_since.append((slot, new, g.spare(slot)))
        self._update(
            named=lambda n: Or(And(g.named(n), n != old), n == new),
            spare=lambda x: If(g.spare(x) == new, g.spare(slot), g.spare(x)),
        )
        if any(each.eq(new) for each in self._taken) and not any(each.eq(new) for each in self._joined):
            self._joined.append(new)

    def _place(self, node: Term) -> None:
        """The node stands behind the one to which its link back leads, and below what is less deep there."""
        back, depth, g = self.columns["prev"].held(node), self.columns["depth"].frozen(), self.ghosts

        def before(n: Term, m: Term) -> Formula:
            behind = And(m == node, n != node, Or(n == back, g.before(n, back)))
            return Or(g.before(n, m), behind, And(n == node, m != node, g.before(back, m)))

        def below(n: Term, m: Term) -> Formula:
            above = And(n == node, m != node, Or(m == back, g.below(back, m)), ULT(depth(m), depth(node)))
            return Or(g.below(n, m), above)

        self._update(before=before, below=below)
