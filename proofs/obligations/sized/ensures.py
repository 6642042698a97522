"""What the functions on trees with sizes have done where they return, as whoever calls them may use it.

It is proved at the end of each function, and assumed after each call, from the same formulas. They speak of orders
next to each other and of pages, and not of what is computed from numbers: so a caller needs no law of halves.
"""

from collections.abc import Callable
from typing import Any

from z3 import And, BoolVal, Const, Exists, ForAll, Implies, Not, Or, is_and, is_quantifier, substitute_vars

from model.spaces.theory import Formula, Term, a, x
from proofs.execution.contract import Named
from proofs.execution.values import Node, no_node
from proofs.obligations.sized.contracts import has_no_buddy, next_below
from proofs.obligations.sized.state import SizedState, at_most, has, s, t
from proofs.obligations.tree.contracts import (
    flushed_some,
    flushed_wholly,
    kept_nodes,
    restricted_some,
    restricted_wholly,
)
from proofs.obligations.tree.invariants import is_at_or_below, m, n, p

of = Const("of", Node)


def has_page(f: SizedState, node: Term, slot: Term) -> Formula:
    """The node is a mapping that has the page."""
    return And(f.live(node), ForAll([s], Implies(f.slot(node, s), has(s, f.order(node), slot))))


def is_shown(f: SizedState, slot: Term, order: Term) -> Formula:
    """A mapping of that order or a larger one has the page."""
    there = And(f.live(n), f.slot(n, s), has(s, f.order(n), slot))
    return Exists([n, s], And(there, at_most(order, f.order(n))))


def shown_by_none(f: SizedState, slot: Term, orders: Callable[[Term], Formula]) -> Formula:
    """No mapping of one of these orders has the page."""
    there = And(f.live(m), f.slot(m, s), orders(f.order(m)))
    return ForAll([m, s], Implies(there, Not(has(s, f.order(m), slot))))


def found(was: SizedState, f: SizedState, slot: Term, node: Term) -> Named:
    """What ``find`` returns: a mapping that has the page; ``NONE`` only if there is none."""
    nowhere = shown_by_none(f, slot, lambda order: BoolVal(True))
    return {
        "it has the page, or is NONE": Or(node == no_node, has_page(f, node, slot)),
        "it is NONE only if nothing has the page": Implies(node == no_node, nowhere),
    }


def apart(was: SizedState, f: SizedState, node: Term) -> Named:
    """What is neither a node nor below it is as it was; what else there is has no other nodes above and left of it."""

    def elsewhere(of: Term) -> Formula:
        return And(was.live(of), Not(is_at_or_below(was, of, node)))

    rights = ForAll([n, a], Implies(elsewhere(n), f.rights(n, a) == was.rights(n, a)))
    other = And(f.live(n), Not(elsewhere(n)), elsewhere(m))
    above, left = Implies(f.below(n, m), was.below(node, m)), Implies(f.left(m, n), was.left(m, node))
    return {
        "what is elsewhere stands where it stood": And(_stands(was, f, elsewhere), rights),
        "what is left and above of the others was so of the node": ForAll([n, m], Implies(other, And(above, left))),
    }


def apart_from_the_page(was: SizedState, f: SizedState, slot: Term) -> Named:
    """Likewise of the node that had a page."""
    there = And(was.live(of), was.slot(of, t), has(t, was.order(of), slot))
    return {part: _of_each([of, t], there, formula) for part, formula in apart(was, f, of).items()}


def _of_each(terms: list[Term], given: Formula, formula: Formula) -> Formula:
    """Of all terms of which the one holds, the other: with all quantifiers in front, which solvers need."""
    if is_and(formula):
        return And(*(_of_each(terms, given, each) for each in formula.children()))
    if is_quantifier(formula) and formula.is_forall():
        bound = [Const(formula.var_name(i), formula.var_sort(i)) for i in range(formula.num_vars())]
        return ForAll([*terms, *bound], Implies(given, substitute_vars(formula.body(), *reversed(bound))))
    return ForAll(terms, Implies(given, formula))


def two_halves(was: SizedState, f: SizedState, node: Term, made: Term) -> Named:
    """A node and a new one have the pages that the node had, as halves."""
    pages = And(was.slot(node, s), has(s, was.order(node), x))
    return {
        **apart(was, f, node),
        "both halves are mappings": And(f.live(node), f.live(made), made != node),
        "both have the next smaller order": And(
            f.order(made) == f.order(node), next_below(f.order(node), was.order(node))
        ),
        "both together have its pages": ForAll([x, s], Implies(pages, Or(has_page(f, node, x), has_page(f, made, x)))),
    }


def halved(was: SizedState, f: SizedState, node: Term, made: Term) -> Named:
    """A node is halved, and nothing changed elsewhere."""
    old = n != made
    return {
        **two_halves(was, f, node, made),
        "the new node was free": Not(was.live(made)),
        "the other nodes are what they were": And(
            ForAll([n], Implies(old, And(f.live(n) == was.live(n), f.frame(n) == was.frame(n)))),
            ForAll([n, x], Implies(old, f.slot(n, x) == was.slot(n, x))),
            ForAll([n, a], Implies(old, f.rights(n, a) == was.rights(n, a))),
            ForAll([n], Implies(And(old, n != node), f.order(n) == was.order(n))),
        ),
        "what is below others is below them": ForAll(
            [n, m], Implies(And(old, m != made, m != node), f.below(n, m) == was.below(n, m))
        ),
    }


def joined(was: SizedState, f: SizedState, one: Term, other: Term, kept: Term) -> Named:
    """Two nodes are one, which is of the next larger order; the others are what they were."""
    before = Or(*(And(was.slot(of, t), has(t, was.order(of), x)) for of in (one, other)))
    rest = And(n != one, n != other)
    return {
        "one of the two is left": And(f.live(kept), Or(kept == one, kept == other)),
        "it has the next larger order": next_below(was.order(one), f.order(kept)),
        "it has the pages of both": ForAll([t, x], Implies(before, has_page(f, kept, x))),
        "the other of the two is gone": ForAll([n], Implies(And(Not(rest), n != kept), Not(f.live(n)))),
        "the other nodes stand where they stood": And(
            ForAll([n], Implies(rest, And(f.live(n) == was.live(n), f.order(n) == was.order(n)))),
            ForAll([n, x], Implies(rest, f.slot(n, x) == was.slot(n, x))),
            ForAll([n], Implies(rest, f.frame(n) == was.frame(n))),
        ),
        "the other nodes have their parents, their rights, and children as before": And(
            ForAll([n, p], Implies(And(rest, was.live(n)), f.parent(n, p) == was.parent(n, p))),
            ForAll([n, a], Implies(rest, f.rights(n, a) == was.rights(n, a))),
            ForAll([n], Implies(And(rest, was.live(n)), f.first_child(n, no_node) == was.first_child(n, no_node))),
        ),
    }


def rest_stands(was: SizedState, f: SizedState, of: Formula) -> Named:
    """Those nodes stand where they stood, with children if they had some."""
    return {
        "what else there is stands where it stood": And(
            ForAll([n, t], Implies(of, And(was.live(n), f.order(n) == was.order(n), f.frame(n) == was.frame(n)))),
            ForAll([n, t, x], Implies(of, f.slot(n, x) == was.slot(n, x))),
        ),
        "what else there is has its parent, its rights, and children as before": And(
            ForAll([n, t, p], Implies(of, f.parent(n, p) == was.parent(n, p))),
            ForAll([n, t, a], Implies(of, f.rights(n, a) == was.rights(n, a))),
            ForAll([n, t], Implies(of, f.first_child(n, no_node) == was.first_child(n, no_node))),
        ),
    }


def merged(was: SizedState, f: SizedState, node: Term, made: Term) -> Named:
    """Nothing can be joined any more with what has the node's first page; the other mappings are what they were."""
    began, shows = was.slot(node, s), And(f.live(n), f.slot(n, t))
    page = has(t, f.order(n), s)
    rest = rest_stands(was, f, And(shows, Not(page)))
    return {
        "nothing can be joined with it": ForAll([n, s, t], Implies(And(began, shows, page), has_no_buddy(f, n))),
        **{said: _of_each([s], began, formula) for said, formula in rest.items()},
    }


def all_joined(was: SizedState, f: SizedState, slot: Term, order: Term, made: Term) -> Named:
    """Nothing can be joined with what shows a page of the block."""
    return {"nothing can be joined with what shows a page of it": joined_where(f, lambda page: has(slot, order, page))}


def joined_where(f: SizedState, there: Callable[[Term], Formula]) -> Formula:
    """Nothing can be joined with what shows one of these pages."""
    shows = And(f.live(n), f.slot(n, t), has(t, f.order(n), x), there(x))
    return ForAll([n, t, x], Implies(shows, has_no_buddy(f, n)))


def isolated(was: SizedState, f: SizedState, slot: Term, order: Term, node: Term) -> Named:
    """A node shows a block and nothing else."""
    return {
        "the node is a mapping of that order": And(f.live(node), f.order(node) == order),
        "it begins where the block does": f.slot(node, slot),
        **apart_from_the_page(was, f, slot),
    }


# Taking rights, and what has none left.


def _stands(was: SizedState, f: SizedState, of: Callable[[Term], Formula]) -> Formula:
    """These nodes are where they were, and as large."""
    return And(
        ForAll([n], Implies(of(n), And(f.live(n) == was.live(n), f.frame(n) == was.frame(n)))),
        ForAll([n], Implies(of(n), f.order(n) == was.order(n))),
        ForAll([n, x], Implies(of(n), f.slot(n, x) == was.slot(n, x))),
        ForAll([n, p], Implies(of(n), And(f.parent(n, p) == was.parent(n, p), f.below(n, p) == was.below(n, p)))),
        ForAll([n, m], Implies(And(of(n), of(m)), f.left(n, m) == was.left(n, m))),
    )


def dropped(was: SizedState, f: SizedState, node: Term, made: Term) -> Named:
    """A node is gone, and nothing else has changed."""
    return {
        "the node is gone": Not(f.live(node)),
        "the other nodes stand where they stood": _stands(was, f, lambda n: n != node),
        "the other nodes have their rights": ForAll([n, a], Implies(n != node, f.rights(n, a) == was.rights(n, a))),
    }


def narrowed(was: SizedState, f: SizedState, node: Term, rights: Any, made: Term) -> Named:
    """A node has only those of its rights, and nothing else has changed."""
    keeps = And(was.rights(n, a), Or(n != node, rights(a)))
    return {
        "all nodes stand where they stood": _stands(was, f, lambda n: BoolVal(True)),
        "the node has only those of its rights": ForAll([n, a], f.rights(n, a) == keeps),
    }


def _orders(was: SizedState, f: SizedState) -> Named:
    return {"what is left is as large as it was": ForAll([n], Implies(f.live(n), f.order(n) == was.order(n)))}


def moved(was: SizedState, f: SizedState, node: Term, slot: Term, made: Term) -> Named:
    """A node is at other slots, and nothing else has changed."""
    return {
        "all nodes are what they were": And(
            ForAll([n], And(f.live(n) == was.live(n), f.frame(n) == was.frame(n), f.order(n) == was.order(n))),
            ForAll([n, a], f.rights(n, a) == was.rights(n, a)),
        ),
        "all nodes are below and above what they were": And(
            ForAll([n, p], f.parent(n, p) == was.parent(n, p)), ForAll([n, m], f.below(n, m) == was.below(n, m))
        ),
        "the others are where they were": ForAll([n, x], Implies(n != node, f.slot(n, x) == was.slot(n, x))),
        "the node is where it goes": ForAll([x], f.slot(node, x) == (x == slot)),
    }


def moved_mapping(was: SizedState, f: SizedState, slot: Term, order: Term, target: Term, made: Term) -> Named:
    """The mapping that began at a slot begins at another, and nothing else has changed."""
    it = And(was.live(n), was.slot(n, slot))
    return {
        "all mappings are what they were": And(
            ForAll([n], And(f.live(n) == was.live(n), f.order(n) == was.order(n))),
            ForAll([n, a], f.rights(n, a) == was.rights(n, a)),
        ),
        "the other mappings are where they were": ForAll([n, x], Implies(Not(it), f.slot(n, x) == was.slot(n, x))),
        "the mapping is where it goes": ForAll([n, x], Implies(it, f.slot(n, x) == (x == target))),
    }


def flushed_so_far(was: SizedState, f: SizedState, top: Term) -> Named:
    """Some of what was below a node is gone, and nothing else has changed."""
    return {**flushed_some(was, f, top), **_orders(was, f)}


def flushed(was: SizedState, f: SizedState, top: Term, made: Term) -> Named:
    """What was below a node is gone, and nothing else has changed."""
    return {**flushed_wholly(was, f, top), **_orders(was, f)}


def restricted_so_far(was: SizedState, f: SizedState, top: Term, rights: Any) -> Named:
    """Some of what was below a node has lost other rights, and nothing else has changed."""
    return {**restricted_some(was, f, top, rights), **_orders(was, f)}


def restricted(was: SizedState, f: SizedState, top: Term, rights: Any, made: Term) -> Named:
    """What was below a node has only those of its rights, and nothing else has changed."""
    return {**restricted_wholly(was, f, top, rights), **_orders(was, f)}


def taken(was: SizedState, f: SizedState, node: Term, rights: Any, made: Term) -> Named:
    """A node and what was below it have lost the rights; gone is what had no other, and nothing else has changed."""
    inside, other = is_at_or_below(was, n, node), Exists([a], And(was.rights(n, a), Not(rights(a))))
    keeps = And(was.rights(n, a), Not(And(inside, rights(a))))
    return {
        "what is left stands where it stood": kept_nodes(was, f),
        **_orders(was, f),
        "gone is what had no other right": ForAll([n], Implies(was.live(n), f.live(n) == Or(Not(inside), other))),
        "what is left has lost the rights": ForAll([n, a], Implies(f.live(n), f.rights(n, a) == keeps)),
    }
