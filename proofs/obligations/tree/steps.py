"""How many steps a loop takes: a rank in the naturals, which every step changes by exactly one (C12).

The rank is an expression in numbers of nodes and depths. That a finite set which gains or loses one element has one
element more or less, and that an empty one has none, is arithmetic; what is proved of the code is which nodes a step
adds to or takes from the sets, and how the depth of the cursor changes.

*Flush.* Let k be the number of nodes below the top that are left, d the cursor's depth below the top. The rank is
2k - d. It begins at 2n for n nodes below the top, since d = 0. A step goes to a child, and d is one more; or it removes
the node where it stands and goes to its parent, and k and d are one less. At the exit nothing is below the top, so that
k = d = 0, and the flush has taken exactly 2n steps. A flush that starts again at the top after each removal does not
change its rank by one.

*Walk.* Let p be the number of nodes that the walk has entered and left for good, d as before, e = 1 if the cursor is
being left and else 0. The position 2p + d + e grows by one with every step. It is 1 at the first child of the top,
which is entered, and 2n + 1 at the top, which is left, when all n nodes below it have been passed: 2n steps.
"""

from z3 import And, ForAll, Function, Implies, IntSort, Not, Or

from model.spaces.theory import Formula, Term
from proofs.execution.contract import Named
from proofs.execution.values import Node
from proofs.obligations.tree.invariants import is_node, n, p
from proofs.obligations.tree.tree import TreeState

STEPS = "takes__linear_steps"

SENTENCES = {
    "flush_below": "for n nodes below the top it takes exactly 2n steps",
    "restrict_below": "for n nodes below the top it takes exactly 2n steps",
    "is_below": "with n nodes below the upper one it takes at most 2n + 1 steps",
}

depth = Function("depth", Node, IntSort())


def depths(t: TreeState) -> Named:
    """The depth of a node of a mapping: one more than its parent's."""
    return {
        "depth counts parents": ForAll(
            [n, p], Implies(And(t.live(n), t.parent(n, p), is_node(p)), depth(n) == depth(p) + 1)
        )
    }


def flush_counts(b: TreeState, at: Term, t: TreeState, to: Term) -> Formula:
    """Nothing is gone and the cursor is one deeper; or the cursor's node alone is gone, and it is one less deep."""
    unmoved = ForAll([n], t.live(n) == b.live(n))
    one_fewer = And(b.live(at), ForAll([n], t.live(n) == And(b.live(n), n != at)))
    return Or(And(unmoved, depth(to) == depth(at) + 1), And(one_fewer, depth(to) == depth(at) - 1))


def walk_counts(t: TreeState, top: Term, at: Term, left_it: Formula, to: Term, leaves_it: Formula) -> Formula:
    """The position is one more: the sum of twice the nodes passed, the depth, and one if the cursor is being left."""

    def passed(x: Term, cursor: Term, leaving: Formula) -> Formula:
        return And(t.below(x, top), Or(t.left(x, cursor), And(leaving, t.below(x, cursor))))

    same = ForAll([n], passed(n, to, leaves_it) == passed(n, at, left_it))
    one_more = And(
        t.below(at, top),
        Not(passed(at, at, left_it)),
        ForAll([n], passed(n, to, leaves_it) == Or(passed(n, at, left_it), n == at)),
    )
    turns = And(to == at, Not(left_it), leaves_it)
    goes_down = And(Not(left_it), Not(leaves_it), depth(to) == depth(at) + 1)
    goes_on = And(left_it, Not(leaves_it), depth(to) == depth(at))
    goes_up = And(left_it, leaves_it, depth(to) == depth(at) - 1)
    return Or(And(same, Or(turns, goes_down)), And(one_more, Or(goes_on, goes_up)))


def walk_starts(t: TreeState, top: Term, at: Term, left_it: Formula) -> Formula:
    """The walk enters a child of the top, before which it has passed nothing."""
    return And(Not(left_it), t.parent(at, top), ForAll([n], Implies(t.below(n, top), Not(t.left(n, at)))))
