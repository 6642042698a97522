"""Between two methods the database says what the nodes do, and leaves stand of the pages that these show, no others.

A node is *shown* if its entries are written: so are all between two operations, and one that was made, or whose entries
were cleared, is not. The proofs of the methods that change leaves begin with what is so of one mapping, and with what
the database says of it. Both follow here from what holds of all nodes; and where a method ends, that holds again of the
nodes that are shown then. So by induction it holds of every tree that the kernel makes.

Which pages a node has, and that a page is in one node, is the tree's (:mod:`proofs.obligations.sized.state`); which
leaves are a mapping's is proved of the bits (:mod:`proofs.obligations.sized_tables.leaf_bits`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, If, Implies, Not, Or

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula, Right, Slot, Term, r
from proofs.execution.contract import Named
from proofs.execution.values import Node, Physical
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.kernel.world import physical
from proofs.obligations.machine.agreement import Translations
from proofs.obligations.sized.state import BEFORE, INVARIANTS, SizedState, has, s, shown, shows
from proofs.obligations.sized_hardware import theorem
from proofs.obligations.sized_hardware.execution import cases, standing
from proofs.obligations.sized_hardware.kernel import SizedCase, joined, kept, node, other, rights
from proofs.obligations.sized_hardware.units import UNITS, BufferMethod, own
from proofs.obligations.sized_hardware.world import a, before, coherent, f, said, x
from proofs.obligations.sized_tables.contracts import Shown
from proofs.obligations.sized_tables.leaves import Leaves, slot
from proofs.obligations.source import Code
from proofs.obligations.tree.invariants import m, n

ONE_MAPPING = "sized_*__preserves__blocks: a page is in one node"
SHOWN = "a node that is shown is in the tree"
OWN_PAGES = "a node says something of its own pages"
NO_OTHER = "leaves stand of no other page"
METHODS_NODE = "the method's node is shown, or is new"

higher = Const("node_of_upper_half", Node)


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a tree as page tables see them.

    :param in_tree: which are live.
    :param shown: which of them have entries.
    :param has: of a node and a page: the page is one of its mapping's.
    :param says: of a node, a page, a physical frame and a right: the node shows the frame there with the right.
    :param leaves_on: of a level and a node: its leaves are of that level.
    """

    in_tree: Callable[[Term], Formula]
    shown: Callable[[Term], Formula]
    has: Callable[[Term, Term], Formula]
    says: Callable[[Term, Term, Term, Term], Formula]
    leaves_on: Callable[[int, Term], Formula]

    def database(self, x: Term, f: Term, a: Term) -> Formula:
        """What the nodes that are shown say."""
        return Exists([n], And(self.shown(n), self.says(n, x, f, a)))

    def stand(self, tables: Shown, says: Translations) -> Named:
        """What holds between two methods."""
        levels = range(tables.levels)
        page = And(self.shown(n), self.has(n, x))
        on = And(*(Implies(self.leaves_on(k, n), tables.held(k, x)) for k in levels))
        some = Or(*(tables.held(k, x) for k in levels))
        return {
            "the database says what the nodes do that are shown": ForAll(
                [x, f, a], says(x, f, a) == self.database(x, f, a)
            ),
            "leaves of their nodes' levels stand of all pages that are shown": ForAll([n, x], Implies(page, on)),
            NO_OTHER: ForAll([x], Implies(some, Exists([n], page))),
        }


@cache
def nodes(levels: int) -> Nodes:
    """Those of any tree."""
    on = [Function(f"leaves_of_level{k}", Node, BoolSort()) for k in range(levels)]
    return Nodes(
        Function("is_in_tree", Node, BoolSort()),
        Function("is_shown", Node, BoolSort()),
        Function("has_page", Node, Slot, BoolSort()),
        Function("says", Node, Slot, Physical, Right, BoolSort()),
        lambda k, n: on[k](n),
    )


def of_tree(tree: Nodes) -> Named:
    """What holds of the nodes of every tree."""
    both = And(tree.in_tree(n), tree.in_tree(m), tree.has(n, x), tree.has(m, x))
    return {
        ONE_MAPPING: ForAll([n, m, x], Implies(both, n == m)),
        SHOWN: ForAll([n], Implies(tree.shown(n), tree.in_tree(n))),
        OWN_PAGES: ForAll([n, x, f, a], Implies(tree.says(n, x, f, a), tree.has(n, x))),
    }


def _is(tree: Nodes, it: Term, leaves: Leaves) -> Named:
    """The node is that of these leaves."""
    levels = (tree.leaves_on(k, it) == BoolVal(k == leaves.level) for k in range(leaves.levels))
    return {
        f"{it}: *__leaves__cover__their_mapping": ForAll([x], tree.has(it, x) == leaves.has(x)),
        f"{it}: *__mapping__has__largest_leaves": And(*levels),
        f"{it}: *__pages__see__their_frames": ForAll(
            [x, f, a], tree.says(it, x, f, a) == And(leaves.has(x), own(x, f, a))
        ),
    }


@dataclass(frozen=True, slots=True)
class Change:
    """What a method finds in the tree and what is in it afterwards, for one mapping.

    :param known: of the mapping's nodes, before.
    :param after: the nodes afterwards, of those before.
    """

    known: Named
    after: Nodes


def _of_one(case: SizedCase, code: Code, tree: Nodes, *, is_shown: bool = True) -> Named:
    """One node has the mapping; it is shown, or not."""
    return {
        "the node is in the tree": tree.in_tree(node),
        METHODS_NODE: tree.shown(node) == BoolVal(is_shown),
        "a mapping begins with its slot": tree.has(node, slot),
        **_is(tree, node, case.leaves(code)),
    }


def _withdraw(case: SizedCase, code: Code, tree: Nodes) -> Change:
    return Change(_of_one(case, code, tree), replace(tree, shown=lambda n: And(tree.shown(n), n != node)))


def _narrow(case: SizedCase, code: Code, tree: Nodes) -> Change:
    """The node has the rights that are left; where none is, it is shown no more."""
    left = Exists([a], And(rights(a), kept(a)))
    narrower = replace(
        tree,
        shown=lambda n: And(tree.shown(n), Or(n != node, left)),
        says=lambda n, x, f, a: And(tree.says(n, x, f, a), Or(n != node, kept(a))),
    )
    return Change(_of_one(case, code, tree), narrower)


def _show(case: SizedCase, code: Code, tree: Nodes) -> Change:
    known = _of_one(case, code, tree, is_shown=False)
    return Change(known, replace(tree, shown=lambda n: Or(tree.shown(n), n == node)))


def _halves(case: SizedCase, code: Code) -> Named:
    lower, upper = (case.half(code, each) for each in (True, False))
    both = ForAll([x], case.leaves(code).has(x) == Or(lower.has(x), upper.has(x)))
    return {**case.halves(code), "halves__make__the_block": both}


def _divide(case: SizedCase, code: Code, tree: Nodes) -> Change:
    """The node has the lower half, and one that is new the upper."""
    lower, upper = (case.half(code, each) for each in (True, False))

    def has(n: Term, x: Term) -> Formula:
        return If(n == node, lower.has(x), If(n == higher, upper.has(x), tree.has(n, x)))

    halved = Nodes(
        lambda n: Or(tree.in_tree(n), n == higher),
        lambda n: Or(tree.shown(n), n == higher),
        has,
        lambda n, x, f, a: And(has(n, x), If(Or(n == node, n == higher), own(x, f, a), tree.says(n, x, f, a))),
        lambda k, n: If(Or(n == node, n == higher), BoolVal(k == lower.level), tree.leaves_on(k, n)),
    )
    new = {"the node of the upper half is new": Not(tree.in_tree(higher))}
    return Change({**_of_one(case, code, tree), **new, **_halves(case, code)}, halved)


def _unite(case: SizedCase, code: Code, tree: Nodes) -> Change:
    """One node has the mapping in place of two."""
    leaves = case.leaves(code)
    pair = (node, other) if case.ascending else (other, node)
    known: Named = {"the nodes are in the tree": And(tree.in_tree(node), tree.in_tree(other), node != other)}
    known["both are shown"] = And(tree.shown(node), tree.shown(other))
    known["a mapping begins with its slot"] = tree.has(pair[0], slot)
    for it, lower in zip(pair, (True, False), strict=True):
        known |= _is(tree, it, case.half(code, lower))
    known["the joined node is one of both, or new"] = Or(joined == node, joined == other, Not(tree.in_tree(joined)))

    def gone(n: Term) -> Formula:
        return Or(n == node, n == other)

    one = Nodes(
        lambda n: Or(n == joined, And(tree.in_tree(n), Not(gone(n)))),
        lambda n: Or(n == joined, And(tree.shown(n), Not(gone(n)))),
        lambda n, x: If(n == joined, leaves.has(x), tree.has(n, x)),
        lambda n, x, f, a: If(n == joined, And(leaves.has(x), own(x, f, a)), tree.says(n, x, f, a)),
        lambda k, n: If(n == joined, BoolVal(k == leaves.level), tree.leaves_on(k, n)),
    )
    return Change({**known, **_halves(case, code)}, one)


CHANGES: dict[str, Callable[[SizedCase, Code, Nodes], Change]] = {
    "withdraw": _withdraw,
    "narrow": _narrow,
    "show": _show,
    "show_first": _show,
    "divide": _divide,
    "unite": _unite,
}
"""Of each method what it does to the nodes that are shown."""


def begins(unit: BufferMethod, case: SizedCase, code: Code) -> Iterator[Condition]:
    """What the method's proof begins with follows from what holds of the tree."""
    start, tree = before(case.levels), nodes(case.levels)
    stands = {**coherent(start, said), **tree.stand(start.tables, said)}
    known = {**of_tree(tree), **CHANGES[unit.name](case, code, tree).known, **stands}
    for goal in unit.requires(start, case, code).values():
        yield _condition(known, goal, code)


def ends(unit: BufferMethod, case: SizedCase, code: Code) -> Iterator[Condition]:
    """What stands where the method has ended is what the nodes ask for that are shown then."""
    start, tree = before(case.levels).tables, nodes(case.levels)
    change = CHANGES[unit.name](case, code, tree)
    now = replace(start, held=lambda k, x: _held[k](x))
    known = {**of_tree(tree), **change.known, **tree.stand(start, said), **standing(unit, case, code, start, now)}
    for goal in change.after.stand(now, unit.then(case.leaves(code))).values():
        yield _condition(known, goal, code)


_held = [Function(f"held{k} then", Slot, BoolSort()) for k in range(max(theorem.LEVELS))]


def _condition(told: Named, goal: Formula, code: Code) -> Condition:
    said = {name: code.hardware.get(name, formula) for name, formula in told.items()}
    known = {name: formula for name, formula in said.items() if formula is not None}
    return Condition(known, dict.fromkeys(known, "assumption"), goal)


def of_state(state: SizedState) -> Nodes:
    """The nodes of a tree with sizes, all of them shown."""
    return Nodes(
        state.live,
        state.live,
        lambda n, x: Exists([s], And(state.slot(n, s), has(s, state.order(n), x))),
        lambda n, x, f, a: Exists([r], And(f == physical(r), shows(state, n, x, r), state.rights(n, a))),
        lambda k, n: BoolVal(True),
    )


def tree_is_the_database(dialect: Dialect, code: Code) -> Iterator[Condition]:
    """The nodes of a tree with sizes are such nodes, and say what the database of the theorem does."""
    tree = of_state(BEFORE)
    known = {"one_mapping": INVARIANTS["one_mapping"][1](BEFORE)}
    for goal in of_tree(tree).values():
        yield _condition(known, goal, code)
    same = tree.database(x, f, a) == theorem.database(x, f, a, shown(BEFORE))
    yield _condition(known, ForAll([x, f, a], same), code)


def _build(conditions: Callable[[BufferMethod, SizedCase, Code], Iterator[Condition]], name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        met = set[tuple[int, ...]]()
        for case in cases(UNITS[name]):
            for condition in conditions(UNITS[name], case, code):
                key = (condition.goal.get_id(), *(each.get_id() for each in condition.hypotheses.values()))
                if key not in met:
                    met.add(key)
                    yield condition

    return build


def obligations() -> Iterator[CodeObligation]:
    """The tree is what the database says, and each method begins and ends with what stands for it."""
    yield CodeObligation(
        "sized_tree__is__the_database",
        "C4",
        "a page is in one node of a tree with sizes, and what the nodes say is what the database of the theorem does",
        tree_is_the_database,
    )
    for name in CHANGES:
        yield CodeObligation(
            f"sized_buffers_{name}__begins__where_leaves_stand",
            "C4",
            f"where leaves stand of the nodes that are shown and of no others, {name} begins as its proof does",
            _build(begins, name),
        )
        yield CodeObligation(
            f"sized_buffers_{name}__ends__where_leaves_stand",
            "C4",
            f"after {name} leaves stand of the nodes that are shown then and of no others, and the database says "
            "what these do",
            _build(ends, name),
        )
