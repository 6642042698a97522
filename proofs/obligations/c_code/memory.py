"""The C data on a path: columns that code reads and writes, and the ghosts that follow.

Where a node stands among its siblings is read off when it is asked for: of a node that was taken from the list of free
nodes, and that a slot names since, by the links that it has then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from z3 import And, If, Not, Or

from model.spaces.theory import Formula, Relation, Term
from proofs.execution.named_after import constant_after, named
from proofs.execution.path import Path
from proofs.execution.values import Node, equal, free, lift, no_node, roots
from proofs.obligations.c_code.state import BEFORE, COLUMNS, LINKS, CState, Reading, slot_relation
from proofs.obligations.tree.tree import SymbolicColumn, TreeState

FREED = "uses__no_freed_node"
"""What is demanded of every field that is read or written: that its node is not in the list of free nodes."""


class Column(SymbolicColumn):
    """A column of C data: nothing of a freed node is read or written but the link of the first in their list."""

    owner: "CMemory"

    def __init__(self, owner: "CMemory", name: str) -> None:
        """Of one of the columns that C data can be bound to."""
        super().__init__(owner, name, COLUMNS[name])

    def place(self, index: object) -> Term:
        """The index as a term, which must be no freed node."""
        term = super().place(index)
        if self.kind.index == Node:
            listed, head = self.owner.listed(term), self.owner.head
            allowed = Or(Not(listed), term == head) if self.name == "next_sibling" else Not(listed)
            if not (self.name == "next_sibling" and term.eq(head)):
                self.owner.path.demand(FREED, lambda: allowed, self.owner.here())
        return term

    def named(self, place: Term) -> Term:
        """What the column held at first: a term for it, and the fact that it is held."""
        if not self.kind.related:
            return self.base(place)
        name = constant_after(f"{self.name}{self.owner.time}[{named(place)}]", self.kind.value, place)
        fact = self.base(place, name)
        if self.owner.path.known(fact) is None:
            self.owner.path.note(fact)
        return name

    def __setitem__(self, index: object, value: object) -> None:
        """The field at an index changes, and the ghosts with it."""
        if self.name == "node_of":
            self.owner.named_by(self.place(index), lift(value, Node))
        super().__setitem__(index, value)
        self.owner.dirty = True


@dataclass(frozen=True, slots=True)
class _Ghosts:
    named: Callable[[Term], Formula]
    listed: Callable[[Term], Formula]
    below: Callable[[Term, Term], Formula]
    left: Callable[[Term, Term], Formula]
    spare: Callable[[Term], Term]


class CMemory:
    """The data on a path. ``dirty`` says that something was written since its invariants were known.

    ``known`` is the state in which they last were; ``begun`` are all such, with the number of demands met before.
    """

    def __init__(self, path: Path, start: CState = BEFORE) -> None:
        """Starts in a state, the one before if none is given."""
        self.path, self.start = path, start
        self.here: Callable[[], str] = str
        self.begun: list[tuple[int, CState]] = []
        self.columns = {name: Column(self, name) for name in COLUMNS}
        self.become(start)

    def become(self, state: CState) -> None:
        """Be in another state, of which the invariants are known."""
        for name, column in self.columns.items():
            column.base = getattr(state, name)
            column.written = []
        self.head = state.head
        self.listed = state.listed
        self.named = state.named
        self._ghosts = _Ghosts(state.named, state.listed, state.tree.below, state.tree.left, state.tree.spare)
        self._taken: list[Term] = []
        self._joined: list[Term] = []
        self._named_since: list[tuple[Term, Term, Term]] = []
        self._touched: list[Term] = []
        self.known = state
        self.begun.append((len(self.path.demands), state))
        self.time = state.name
        self.dirty = False

    @property
    def untouched(self) -> bool:
        """Nothing was written, and nothing called that may write."""
        return not self.dirty and self.known is self.start

    def state(self) -> CState:
        """The data as it is now."""
        if not self.dirty:
            return self.known
        for node in self._joined:
            self._place(node)
            self._taken = [other for other in self._taken if not other.eq(node)]
        self._joined = []
        columns = {name: column.frozen() for name, column in self.columns.items()}
        g = self._ghosts
        reading = Reading(columns, self.head, g.named, g.listed)
        links = {link: self._read(link, getattr(reading, link)) for link in LINKS}
        tree = TreeState(
            **links,
            slot=slot_relation(g.named, columns["space"], columns["page"]),
            frame=columns["frame"],
            rights=columns["rights"],
            node_of=columns["node_of"],
            below=g.below,
            left=g.left,
            spare=g.spare,
        )
        return CState(**columns, head=self.head, named=g.named, listed=g.listed, tree=tree, name=self.known.name)

    def _read(self, link: str, reading: Relation) -> Relation:
        """The tree's relation: as it was, but of the nodes that were touched."""
        before = getattr(self.known.tree, link)
        nodes = list(self._touched)
        for column in LINKS:
            nodes += [place for place, _ in self.columns[column].written]
        unlike = [node for at, node in enumerate(nodes) if not any(node.eq(other) for other in nodes[:at])]

        def relation(node: Term, other: Term) -> Formula:
            found = before(node, other)
            if link == "first_child" and not self.head.eq(self.known.head):
                found = If(node == free, other == self.head, found)
            for place in unlike:
                if place.eq(node):
                    return reading(place, other)
                found = If(node == place, reading(place, other), found)
            return found

        return relation

    def met(self, node: Term) -> None:
        """A node is an argument: what is above and below it is named, where nothing was written since."""
        for column in ("first_child", "parent"):
            self.columns[column].named(node)

    # Ghosts.

    def take(self, node: Term) -> None:
        """The node is in no list and named by no slot."""
        self._taken.append(node)

    def join(self, node: Term) -> None:
        """The node, which was in no list, counts from now on as if a slot named it."""
        g = self._ghosts
        self._touched.append(node)
        self._update(named=lambda n: Or(g.named(n), n == node))
        self._joined.append(node)

    def leave(self, node: Term) -> None:
        """The node counts as named by no slot, and is below nothing."""
        g = self._ghosts
        self._touched.append(node)
        self._update(
            named=lambda n: And(g.named(n), n != node),
            below=lambda n, m: And(n != node, m != node, g.below(n, m)),
            left=lambda n, m: And(n != node, m != node, g.left(n, m)),
        )

    def _update(self, **changed: Callable[..., Term]) -> None:
        self._ghosts = replace(self._ghosts, **changed)
        self.named, self.listed = self._ghosts.named, self._ghosts.listed
        self.dirty = True

    def set_head(self, value: object) -> None:
        """Another node is the first free one: the second was, so that one is taken; or it is put before them."""
        new, old, g = lift(value, Node), self.head, self._ghosts
        if new.eq(old):
            return
        self._touched += [new, old]
        if not old.eq(no_node) and new.eq(self.columns["next_sibling"].held(old)):
            self._update(
                listed=lambda n: And(g.listed(n), n != old),
                below=lambda n, m: And(n != old, m != old, g.below(n, m)),
                left=lambda n, m: And(n != old, m != old, g.left(n, m)),
            )
            self.take(old)
        else:
            self._update(
                listed=lambda n: Or(g.listed(n), n == new),
                below=lambda n, m: Or(And(n != new, m != new, g.below(n, m)), And(n == new, m == free)),
                left=lambda n, m: Or(And(n != new, m != new, g.left(n, m)), And(n == new, m != new, g.listed(m))),
            )
            self._taken = [node for node in self._taken if not node.eq(new)]
            self._joined = [node for node in self._joined if not node.eq(new)]
        self.head = new

    def named_by(self, slot: Term, new: Term) -> None:
        """A slot comes to name a node, or none."""
        old, g = self.columns["node_of"].held(slot), self._ghosts
        self._touched += [node for node in (old, new) if not node.eq(no_node)]
        if new.eq(no_node):
            placed = tuple(self._named_since)
            elsewhere = [partial(names_still, slot, other, node) for other, node, _ in placed]
            self._update(
                named=lambda n: And(g.named(n), Or(n != old, *(since(n) for since in elsewhere))),
                spare=lambda x: If(And(x == slot, old != no_node), spared(slot, old, placed), g.spare(x)),
            )
            self._joined = [node for node in self._joined if not node.eq(old)]
            return
        self._named_since.append((slot, new, g.spare(slot)))
        self._update(
            named=lambda n: Or(And(g.named(n), n != old), n == new),
            spare=lambda x: If(g.spare(x) == new, g.spare(slot), g.spare(x)),
        )
        if any(node.eq(new) for node in self._taken) and not any(node.eq(new) for node in self._joined):
            self._joined.append(new)

    def follow(self, node: Term, parent: Term) -> None:
        """A node that stands in the tree gets another parent, with all that is below it, before all else there."""
        if any(taken.eq(node) for taken in self._taken):
            return
        above, g = self._above(parent), self._ghosts

        def inside(n: Term) -> Formula:
            return Or(n == node, g.below(n, node))

        def below(n: Term, m: Term) -> Formula:
            moved = Or(And(inside(m), g.below(n, m)), m == above, g.below(above, m))
            return If(inside(n), moved, g.below(n, m))

        def left(n: Term, m: Term) -> Formula:
            first = Or(g.below(m, above), g.left(above, m))
            return If(inside(n), If(inside(m), g.left(n, m), first), If(inside(m), g.left(n, above), g.left(n, m)))

        self._update(below=below, left=left)

    def _above(self, parent: Term) -> Term:
        known = self.path.known(equal(parent, no_node))
        return roots if known else parent if known is False else If(parent == no_node, roots, parent)

    def _place(self, node: Term) -> None:
        """The node stands where its links say: behind the one before it, or first below its parent."""
        parent, before = (self.columns[name].held(node) for name in ("parent", "prev_sibling"))
        above, g = self._above(parent), self._ghosts
        behind = self.path.known(equal(before, no_node))

        def below(n: Term, m: Term) -> Formula:
            return Or(g.below(n, m), And(n == node, Or(m == above, g.below(above, m))))

        def left(n: Term, m: Term) -> Formula:
            first = Or(
                And(n == node, m != node, Or(g.below(m, above), g.left(above, m))), And(m == node, g.left(n, above))
            )
            second = Or(
                And(n == node, m != node, g.left(before, m)),
                And(m == node, n != node, Or(n == before, g.below(n, before), g.left(n, before))),
            )
            where = first if behind else second if behind is False else If(before == no_node, first, second)
            return Or(g.left(n, m), where)

        self._update(below=below, left=left)


def is_pointer(term: Term) -> Formula:
    """What a pointer can be: a node of the pool, or NULL."""
    return And(term != free, term != roots)


def names_still(slot: Term, other: Term, node: Term, n: Term) -> Formula:
    """Where a slot comes to name nothing, a node that another one was made to name before stays named."""
    return And(n == node, other != slot)


def spared(slot: Term, old: Term, placed: Iterable[tuple[Term, Term, Term]]) -> Term:
    """The free node for a slot that comes to name nothing: the one that it named, or that of where this one went."""
    found = old
    for other, node, spare in placed:
        found = If(And(old == node, other != slot), spare, found)
    return found
