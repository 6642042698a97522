"""What holds of every mapping tree between two steps: the table of :mod:`refinement.kernel.primitives`, a formula each.

*Ghost* invariants pin down the two ghosts, the closure of parent and the order of subtrees, or say of all that is below
a node what others say of its children. On finite trees they say exactly what the ghosts are: ``below`` holds the
parent, is transitive, and whatever is above a node is its parent or above that; without cycles nothing else fits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from z3 import And, Consts, Exists, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Term, a, x, y
from proofs.execution.values import Node, free, no_frame, no_node, no_slot, roots
from proofs.obligations.tree.tree import COLUMNS, FUNCTIONAL, TreeState

n, m, k, p = Consts("n m k p", Node)


@dataclass(frozen=True, slots=True)
class TreeInvariant:
    """A predicate on trees.

    :param structural: holds also between unlinking a leaf and linking it again.
    """

    name: str
    sentence: str
    formula: Callable[[TreeState], Formula]
    structural: bool = False


def is_node(term: Term) -> Formula:
    """There is such an element: no column has one at ``NONE``."""
    return term != no_node


def is_mapping(term: Term) -> Formula:
    """A node other than ``FREE`` and ``ROOTS``."""
    return And(term != no_node, term != free, term != roots)


def is_at_or_below(t: TreeState, lower: Term, upper: Term) -> Formula:
    """The one is the other or below it."""
    return Or(lower == upper, t.below(lower, upper))


def _first_child(t: TreeState) -> Formula:
    holds = And(t.parent(m, n), t.prev_sibling(m, no_node))
    return ForAll([n, m], Implies(And(t.first_child(n, m), is_node(m)), holds))


def _next_sibling(t: TreeState) -> Formula:
    holds = And(t.prev_sibling(m, n), t.parent(n, p) == t.parent(m, p))
    return ForAll([n, m, p], Implies(And(t.next_sibling(n, m), is_node(m)), holds))


def _prev_sibling(t: TreeState) -> Formula:
    holds = And(t.next_sibling(m, n), t.parent(n, p) == t.parent(m, p))
    return ForAll([n, m, p], Implies(And(t.prev_sibling(n, m), is_node(m)), holds))


def _first_of_parent(t: TreeState) -> Formula:
    first = And(t.parent(n, p), is_node(p), t.prev_sibling(n, no_node))
    return ForAll([n, p], Implies(first, t.first_child(p, n)))


def _no_child(t: TreeState) -> Formula:
    return ForAll([n, m], Implies(And(is_node(n), t.first_child(n, no_node)), Not(t.parent(m, n))))


def _in_one_list(t: TreeState) -> Formula:
    return And(
        *(And(t.parent(node, no_node), Not(t.live(node))) for node in (free, roots)),
        ForAll([n], Implies(is_mapping(n), Not(t.parent(n, no_node)))),
    )


def _alone(t: TreeState) -> Formula:
    return And(*(And(t.next_sibling(node, no_node), t.prev_sibling(node, no_node)) for node in (free, roots)))


def _live_or_free(t: TreeState) -> Formula:
    return And(
        ForAll([n], Implies(is_mapping(n), t.live(n) == Not(t.parent(n, free)))),
        ForAll([n, p], Implies(And(t.live(n), t.parent(n, p)), Or(p == roots, t.live(p)))),
    )


def _free(t: TreeState) -> Formula:
    return ForAll([n], Implies(t.parent(n, free), t.first_child(n, no_node)))


def _blank(t: TreeState) -> Formula:
    blank = And(t.frame(n) == no_frame, ForAll([a], Not(t.rights(n, a))))
    return ForAll([n], Implies(t.parent(n, free), blank))


def _no_cycle(t: TreeState) -> Formula:
    return ForAll([n], Not(t.below(n, n)))


def _slot_node(t: TreeState) -> Formula:
    return And(
        ForAll([n, x], Implies(And(t.slot(n, x), x != no_slot), t.node_of(x) == n)),
        ForAll([x], Implies(is_node(t.node_of(x)), t.slot(t.node_of(x), x))),
    )


def _same_frame(t: TreeState) -> Formula:
    return ForAll([n, p], Implies(And(t.live(n), t.parent(n, p), t.live(p)), t.frame(n) == t.frame(p)))


def _fewer_rights(t: TreeState) -> Formula:
    linked = And(t.live(n), t.parent(n, p), t.live(p))
    return ForAll([n, p, a], Implies(And(linked, t.rights(n, a)), t.rights(p, a)))


def _some_right(t: TreeState) -> Formula:
    return ForAll([n], Implies(t.live(n), Exists([a], t.rights(n, a))))


def _nothing_at_none(t: TreeState) -> Formula:
    links = (t.parent, t.first_child, t.next_sibling, t.prev_sibling)
    return And(*(link(no_node, no_node) for link in links), t.slot(no_node, no_slot), Not(is_node(t.node_of(no_slot))))


def _closure(t: TreeState) -> Formula:
    below = t.below
    return And(
        ForAll([n, p], Implies(And(t.parent(n, p), is_node(p)), below(n, p))),
        ForAll([n, m, k], Implies(And(below(n, m), below(m, k)), below(n, k))),
        ForAll([n, m], Implies(below(n, m), And(is_node(n), is_node(m), Not(t.parent(n, no_node))))),
        ForAll([n, m, p], Implies(And(below(n, m), t.parent(n, p)), is_at_or_below(t, p, m))),
        ForAll([n, m, k], Implies(And(below(n, m), below(n, k)), Or(is_at_or_below(t, m, k), below(k, m)))),
    )


def _subtree_order(t: TreeState) -> Formula:
    left, below = t.left, t.below
    listed = And(is_node(n), is_node(m), Not(t.parent(n, no_node)), Not(t.parent(m, no_node)))
    apart = And(listed, Not(is_at_or_below(t, n, m)), Not(is_at_or_below(t, m, n)), Not(left(m, n)))
    return And(
        ForAll([n, m], Implies(left(n, m), apart)),
        ForAll([n, m, k], Implies(And(left(n, m), left(m, k)), left(n, k))),
        ForAll([n, m, k], Implies(And(left(n, m), below(k, n)), left(k, m))),
        ForAll([n, m, k], Implies(And(left(n, m), below(k, m)), left(n, k))),
        ForAll([n, m, p], Implies(And(left(n, m), below(n, p)), Or(below(m, p), left(p, m)))),
        ForAll([n, m, p], Implies(And(left(n, m), below(m, p)), Or(below(n, p), left(n, p)))),
        ForAll(
            [n, m, p],
            Implies(And(below(n, p), below(m, p)), Or(n == m, below(n, m), below(m, n), left(n, m), left(m, n))),
        ),
    )


def _neighbours(t: TreeState) -> Formula:
    after, before, left = t.next_sibling, t.prev_sibling, t.left
    inside = And(t.parent(n, p), t.below(k, p))
    return And(
        ForAll([n, m], Implies(And(after(n, m), is_node(m)), left(n, m))),
        ForAll(
            [n, m, p, k],
            Implies(And(after(n, m), inside, left(n, k)), And(is_node(m), Or(is_at_or_below(t, k, m), left(m, k)))),
        ),
        ForAll(
            [n, m, p, k],
            Implies(And(before(n, m), inside, left(k, n)), And(is_node(m), Or(is_at_or_below(t, k, m), left(k, m)))),
        ),
    )


def _no_descendant(t: TreeState) -> Formula:
    return ForAll([n, m], Implies(And(is_node(n), t.first_child(n, no_node)), Not(t.below(m, n))))


def _live_above(t: TreeState) -> Formula:
    return And(
        ForAll([n, m], Implies(And(t.below(n, m), is_mapping(m)), And(t.live(n), t.live(m)))),
        ForAll([n], Implies(t.below(n, free), Not(t.live(n)))),
    )


def _fewer_rights_below(t: TreeState) -> Formula:
    return ForAll([n, m, a], Implies(And(t.below(n, m), t.live(m), t.rights(n, a)), t.rights(m, a)))


TREE_INVARIANTS: dict[str, TreeInvariant] = {
    i.name: i
    for i in (
        TreeInvariant("first_child", "a first child has that parent, and nothing before it", _first_child, True),
        TreeInvariant("next_sibling", "what comes next has this node before it, and its parent", _next_sibling, True),
        TreeInvariant("prev_sibling", "what comes before has this node next, and its parent", _prev_sibling, True),
        TreeInvariant(
            "first_of_parent", "a child with nothing before it is its parent's first", _first_of_parent, True
        ),
        TreeInvariant("no_child", "a node without a first child has no child", _no_child, True),
        TreeInvariant(
            "in_one_list", "every node but FREE and ROOTS has a parent; those stand for nothing", _in_one_list
        ),
        TreeInvariant("alone", "FREE and ROOTS have no sibling", _alone, True),
        TreeInvariant(
            "live_or_free", "a node is live or free; the parent of a live one is ROOTS or live", _live_or_free
        ),
        TreeInvariant("free", "a free node has no child", _free, True),
        TreeInvariant("blank", "a free node has no frame and no rights", _blank),
        TreeInvariant("no_cycle", "no node is below itself", _no_cycle, True),
        TreeInvariant("slot_node", "a live node is the one that its slot names, and the other way round", _slot_node),
        TreeInvariant("same_frame", "a live node has the frame of its live parent", _same_frame),
        TreeInvariant("fewer_rights", "a live node has no right that its live parent lacks", _fewer_rights),
        TreeInvariant("some_right", "a live node has some right", _some_right),
        TreeInvariant("nothing_at_none", "NONE is no node and no slot", _nothing_at_none, True),
        TreeInvariant("closure", "ghost: below is the transitive closure of parent", _closure, True),
        TreeInvariant(
            "subtree_order", "ghost: left orders subtrees of which neither holds the other", _subtree_order, True
        ),
        TreeInvariant(
            "neighbours", "ghost: the siblings' links follow that order and leave out none", _neighbours, True
        ),
        TreeInvariant("no_descendant", "ghost: nothing is below a node without a first child", _no_descendant, True),
        TreeInvariant(
            "live_above", "ghost: what is below a node of a mapping is live, and so is that node", _live_above
        ),
        TreeInvariant("fewer_rights_below", "ghost: no node has a right that one above it lacks", _fewer_rights_below),
    )
}


@lru_cache(maxsize=64)
def room(t: TreeState) -> dict[str, Formula]:
    """There is a free node for every nil slot, each another one: the ghost ``spare`` is any such choice.

    A tree has it that was made with as many nodes as there are slots; then no mapping fails for want of a node.
    """
    spare = t.spare
    nil = And(x != no_slot, Not(is_node(t.node_of(x))))
    other_nil = And(y != no_slot, Not(is_node(t.node_of(y))))
    return {
        "every nil slot has a spare node, which is free": ForAll(
            [x], Implies(nil, And(t.parent(spare(x), free), spare(x) != no_node))
        ),
        "no two nil slots have the same spare node": ForAll(
            [x, y], Implies(And(nil, other_nil, spare(x) == spare(y)), x == y)
        ),
    }


@lru_cache(maxsize=64)
def tree_holds(t: TreeState) -> dict[str, Formula]:
    """All invariants of a tree between two steps, and that its columns are functions."""
    return {**columns_are_functions(t), **{name: i.formula(t) for name, i in TREE_INVARIANTS.items()}}


def columns_are_functions(t: TreeState) -> dict[str, Formula]:
    """A field holds one value at a time: what the relations owe to being columns, and no step could break."""
    return {
        f"one {name}": ForAll(
            [n, *values], Implies(And(held(n, values[0]), held(n, values[1])), values[0] == values[1])
        )
        for name in FUNCTIONAL
        for held, values in [(getattr(t, name), Consts("one other", COLUMNS[name].value))]
    }
