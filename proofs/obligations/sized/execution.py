"""The functions of :mod:`refinement.ranges.sized_tree` executed on terms: what each requires, and what is demanded.

A function is executed with all that it calls, primitives among them, so that what it requires is all that its proof
assumes beside the invariants. The loop over the children of a node that is halved is cut at its own head.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Consts, Exists, ForAll, Function, If, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Right, Slot, Term, a, r, x, y
from proofs.execution.contract import CALLS, Named
from proofs.execution.monitor import Values, bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Rights, Value, no_node, no_slot, roots
from proofs.obligation import Condition
from proofs.obligations.code import Split, conditions_of
from proofs.obligations.sized.order import ABSTRACT, Order, general, largest, law_of
from proofs.obligations.sized.state import (
    BEFORE,
    INVARIANTS,
    WITHIN,
    BlockFunctions,
    OrderValue,
    Shown,
    SizedState,
    SymbolicSized,
    at_most,
    fresh_sized,
    has,
    holds,
    is_block,
    m,
    n,
    p,
    shown,
    shows,
    t,
)
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_FIRST, DECREASES, KEEPS, node_in

node, other, parent = Consts("node other above", Node)
slot = Const("given_slot", Slot)
first = Const("given_first", Frame)
order = Const("given_order", Order)
given = Function("given", Right, BoolSort())
DURING = fresh_sized(" during")
b = BEFORE

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "create_block": (parent, slot, order, first, given),
    "move_block": (node, slot),
    "drop_block": (node,),
    "halve": (node,),
    "join": (node, other),
    "buddy": (node,),
}


def no_page_shown(f: SizedState, slot: Term, order: Term) -> Formula:
    """No mapping shows a page of the block."""
    there = And(f.live(m), f.slot(m, t), has(t, f.order(m), x))
    return ForAll([m, t, x], Implies(there, Not(has(slot, order, x))))


def _create(f: SizedState, parent: Term, slot: Term, order: Term, first: Term, rights: Any) -> Named:
    inside = And(at_most(order, f.order(parent)), has(f.frame(parent), f.order(parent), first))
    return {
        "it is a block of slots and of frames": And(slot != no_slot, is_block(slot, order), is_block(first, order)),
        "its order is no larger than the largest": at_most(order, largest),
        "no page of it is shown": no_page_shown(f, slot, order),
        "the parent is ROOTS or live": Or(parent == roots, f.live(parent)),
        "the frames lie within the parent's": Implies(f.live(parent), inside),
        "the rights are some of the parent's": And(
            Exists([a], rights(a)), ForAll([a], Implies(And(f.live(parent), rights(a)), f.rights(parent, a)))
        ),
    }


def _move(f: SizedState, node: Term, slot: Term) -> Named:
    return {
        "the node is live": f.live(node),
        "it is a block of slots": And(slot != no_slot, is_block(slot, f.order(node))),
        "no page of it is shown": no_page_shown(f, slot, f.order(node)),
    }


def _drop(f: SizedState, node: Term) -> Named:
    return {"the node is live": f.live(node), "the node has no child": f.first_child(node, no_node)}


def _halve(f: SizedState, node: Term) -> Named:
    return {
        "the node is live and no single page": And(f.live(node), f.order(node) != ABSTRACT.zero),
        "what is below it is smaller": ForAll([n], Implies(f.below(n, node), f.order(n) != f.order(node))),
    }


def _slot_of(node: Term) -> Term:
    return Const(f"slot[{node.decl().name()}]", Slot)


def _join(f: SizedState, one: Term, other: Term) -> Named:
    k, w = f.order(one), ABSTRACT.more(f.order(one))
    slots, frames = (_slot_of(one), _slot_of(other)), (f.frame(one), f.frame(other))
    return {
        "both are live and of one order": And(f.live(one), f.live(other), f.order(other) == k, k != largest),
        "they have one parent": ForAll([p], f.parent(one, p) == f.parent(other, p)),
        "they have the same rights": ForAll([a], f.rights(one, a) == f.rights(other, a)),
        "one has no child": Or(f.first_child(one, no_node), f.first_child(other, no_node)),
        "their pages and frames are buddies": And(
            ABSTRACT.are_buddies(*slots, k),
            ABSTRACT.are_buddies(*frames, k),
            is_block(slots[0], w) == is_block(frames[0], w),
        ),
    }


def _buddy(f: SizedState, node: Term) -> Named:
    return {"the node is live": f.live(node)}


REQUIRES: dict[str, Callable[..., Named]] = {
    "create_block": _create,
    "move_block": _move,
    "drop_block": _drop,
    "halve": _halve,
    "join": _join,
    "buddy": _buddy,
}


def _read(f: SizedState, *nodes: Term) -> Named:
    """What the names of slots stand for."""
    return {f"{_slot_of(each)} is the slot of {each}": f.slot(each, _slot_of(each)) for each in nodes}


@cache
def known(name: str) -> Named:
    """What a proof about a function may use: invariants, what is required, and the laws of the blocks it speaks of."""
    arguments = ARGUMENTS[name]
    laws: Named = {}
    if name in ("move_block", "drop_block"):
        laws = _read(b, node)
    if name in ("halve", "buddy"):
        made = ABSTRACT.upper if name == "halve" else ABSTRACT.buddy
        order = ABSTRACT.less(b.order(node)) if name == "halve" else b.order(node)
        laws = {"what is computed from a slot is a slot": made(_slot_of(node), order) != no_slot}
    if name == "halve":
        k = b.order(node)
        laws |= {
            **_read(b, node),
            **law_of("halves__make__the_block", _slot_of(node), k),
            **law_of("halves__make__the_block", b.frame(node), k),
            **law_of("halves__show__the_same", _slot_of(node), b.frame(node), k),
        }
    if name in ("join", "buddy"):
        k, one, two = b.order(node), _slot_of(node), _slot_of(other)
        laws |= {
            **_read(b, node, other),
            **law_of("buddies__make__the_block", one, two, k, largest),
            **law_of("buddies__make__the_block", b.frame(node), b.frame(other), k, largest),
            **law_of("buddies__show__the_same", one, two, b.frame(node), b.frame(other), k, largest),
        }
    return {**holds(b), **general(), **REQUIRES[name](b, *arguments), **laws}


CALLED = ("create_block", "move_block", "drop_block")


class SizedCallees:
    """What the functions on a tree with sizes find under the names that they use."""

    def __init__(self, tree: SymbolicSized, code: Code = CODE) -> None:
        """Nothing is called yet."""
        self.tree, self.path, self.code = tree, tree.path, code
        self.blocks = BlockFunctions(tree.path)
        self.names: dict[str, Any] = {**self.blocks.names, "count": self._count}
        for name in ("create_leaf", "remove_leaf", "move_node", "unlink_leaf", "link_leaf"):
            self.names[name] = self._primitive(name)
        for name in CALLED:
            self.names[name] = self._called(name)
        self.under_way: list[str] = []

    def _count(self, sized: object, slot: object, by: object) -> None:
        self._same(sized)
        self.tree.count(slot, by)

    def _same(self, sized: object) -> None:
        if sized is not self.tree.sized:
            raise ExecutionError(f"a function is called with {sized!r} and not with the tree")

    def _primitive(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: bind(self.code.function(name), self.path, self.names, None, name)(*arguments)

    def _called(self, name: str) -> Callable[..., Any]:
        def call(sized: object, *arguments: Any) -> Any:
            self._same(sized)
            terms = [each.has if isinstance(each, Rights) else each.term for each in arguments]
            if self.under_way[-1] == "join":
                before = self.tree.state()
                self.path.demand_all(CALLS, lambda: REQUIRES[name](before, *terms))
            return self.bound(name)(sized, *arguments)

        return call

    def bound(self, name: str, rules: Any = None) -> Callable[..., Any]:
        """A function of the tree, to be executed; who is spare afterwards is chosen."""
        execute = bind(self.code.sized_function(name), self.path, self.names, rules, name)

        def call(*arguments: Any) -> Any:
            before = self.tree.state()
            self.under_way.append(name)
            result = execute(*arguments)
            self.under_way.pop()
            spare = before.spare
            if name == "create_block":
                made, to = result.term, arguments[2].term
                self.tree.spare = lambda x: If(spare(x) == made, spare(to), spare(x))
            elif name == "drop_block":
                gone = arguments[1].term
                self.tree.spare = lambda x: If(before.node_of(x) == gone, gone, spare(x))
            elif name == "move_block":
                moved, to = arguments[1].term, arguments[2].term
                self.tree.spare = lambda x: If(before.node_of(x) == moved, spare(to), spare(x))
            return result

        return call


RETURNS = "returns__what_is_meant"
INDEXED = "accesses nodes and slots only"


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a function, with what must hold at their ends."""

    def run(path: Path) -> None:
        path.learn(known(name))
        tree = SymbolicSized(path)
        callees = SizedCallees(tree, code)
        rules = {("halve", 0): Children(tree)} if name == "halve" else None
        arguments = [value_of(term, path) for term in ARGUMENTS[name]]
        result = callees.bound(name, rules)(tree.sized, *arguments)
        ends(name, tree, result)

    return tuple(path for path, _ in paths(run))


def value_of(term: Any, path: Path) -> Any:
    """An argument as code gets it."""
    if term is given:
        return Rights(given, path)
    return OrderValue(term, path) if term.sort() == Order else Value(term, path)


def ends(name: str, tree: SymbolicSized, result: Any) -> None:
    """What is demanded where a function returns."""
    path, after = tree.path, tree.state()
    if name == "buddy":
        path.demand(RETURNS, lambda: BoolVal(not path.writes))
        path.demand(RETURNS, lambda: _is_buddy(result))
        return
    for invariant, (_, formula) in INVARIANTS.items():
        path.demand(invariant, lambda formula=formula: formula(after))  # type: ignore[misc]
    if name == "create_block":
        made = result.term if isinstance(result, Value) else no_node
        path.demand(RETURNS, lambda: And(after.node_of(slot) == made, Not(b.live(made)), after.order(made) == order))
    elif name == "join":
        kept = result.term if isinstance(result, Value) else no_node
        path.demand(RETURNS, lambda: And(after.live(kept), Or(kept == node, kept == other)))
    else:
        path.demand(RETURNS, lambda: BoolVal(result is None))
    if name in EFFECTS:
        for part, formula in effect(name, after).items():
            path.demand(EFFECT, lambda formula=formula: formula, part)  # type: ignore[misc]


EFFECT = "does__what_is_meant"


def shown_at(slot: Term, first: Term, order: Term, page: Term, frame: Term) -> Formula:
    """A block that begins at the slot and at the first frame shows the frame at the page."""
    return And(has(slot, order, page), has(first, order, frame), ABSTRACT.alongside(slot, first, page, frame))


def _created(s: Shown) -> Shown:
    def new(page: Term, frame: Term) -> Formula:
        return shown_at(slot, first, order, page, frame)

    def above(page: Term, frame: Term) -> Formula:
        return Exists([n], And(Or(n == parent, b.below(parent, n)), shows(b, n, page, frame)))

    return Shown(
        lambda one, two, frame: Or(s.derives(one, two, frame), And(new(one, frame), above(two, frame))),
        lambda page, frame: Or(s.phys(page, frame), new(page, frame)),
        lambda page, frame: Or(s.holds(page, frame), And(new(page, frame), parent == roots)),
        lambda page, right, frame: Or(s.right(page, right, frame), And(new(page, frame), given(right))),
    )


def _moved(s: Shown) -> Shown:
    def new(page: Term, frame: Term) -> Formula:
        return shown_at(slot, b.frame(node), b.order(node), page, frame)

    def derives(one: Term, two: Term, frame: Term) -> Formula:
        up = Exists([n], And(b.below(node, n), shows(b, n, two, frame)))
        down = Exists([n], And(b.below(n, node), shows(b, n, one, frame)))
        return Or(kept.derives(one, two, frame), And(new(one, frame), up), And(new(two, frame), down))

    kept = _dropped(s)
    return Shown(
        derives,
        lambda page, frame: Or(kept.phys(page, frame), new(page, frame)),
        lambda page, frame: Or(kept.holds(page, frame), And(new(page, frame), b.parent(node, roots))),
        lambda page, right, frame: Or(kept.right(page, right, frame), And(new(page, frame), b.rights(node, right))),
    )


def _dropped(s: Shown) -> Shown:
    def stays(page: Term) -> Formula:
        return Not(has(_slot_of(node), b.order(node), page))

    return Shown(
        lambda one, two, frame: And(s.derives(one, two, frame), stays(one), stays(two)),
        lambda page, frame: And(s.phys(page, frame), stays(page)),
        lambda page, frame: And(s.holds(page, frame), stays(page)),
        lambda page, right, frame: And(s.right(page, right, frame), stays(page)),
    )


def _same(s: Shown) -> Shown:
    return s


EFFECTS: dict[str, tuple[str, Callable[[Shown], Shown]]] = {
    "create_block": (
        "the pages of the block show its frames with the rights, each below the pages that show its frame from the "
        "parent on upwards, and nothing else changes",
        _created,
    ),
    "move_block": (
        "the frames of the node are shown from the slot on, with what is above and below each, and nothing else changes",
        _moved,
    ),
    "drop_block": ("the pages of the node become nil, and nothing else changes", _dropped),
    "halve": ("no page changes: what it shows, with which rights, and from what it derives", _same),
    "join": ("no page changes: what it shows, with which rights, and from what it derives", _same),
}
"""What a function makes of what the tree stands for, in words and as a formula."""

SAID: dict[str, tuple[Term, ...]] = {"derives": (x, y, r), "phys": (x, r), "holds": (x, r), "right": (x, a, r)}


def effect(name: str, after: SizedState) -> Named:
    """What a function makes of what the tree stands for: each relation gains and loses nothing but what is meant."""
    became, meant = shown(after), EFFECTS[name][1](shown(b))
    found: Named = {}
    for symbol, terms in SAID.items():
        is_so, shall = getattr(became, symbol)(*terms), getattr(meant, symbol)(*terms)
        found[f"{symbol} gains nothing else"] = ForAll(terms, Implies(is_so, shall))
        found[f"{symbol} loses nothing else"] = ForAll(terms, Implies(shall, is_so))
    return found


def _is_buddy(result: Any) -> Formula:
    if isinstance(result, Value):
        return Implies(result.term == other, And(*REQUIRES["join"](b, node, other).values()))
    return BoolVal(type(result) is int and result == -1)


# The loop.


def upper_half(f: SizedState, node: Term) -> tuple[Term, Term, Term]:
    """The slot, the first frame and the order of the upper half of a node."""
    half = ABSTRACT.less(f.order(node))
    return ABSTRACT.upper(_slot_of(node), half), ABSTRACT.upper(f.frame(node), half), half


def dealt(f: SizedState, made: Term, child: Term) -> Named:
    """Some children of a node that is halved are dealt out: those before the cursor."""
    us, uf, half = upper_half(b, node)
    old, old_m = n != made, m != made
    child_of = b.parent(n, node)
    high = has(uf, half, b.frame(n))
    ahead = And(child != no_node, Or(n == child, f.below(n, child), f.left(child, n)))
    return {
        "the other nodes are what they were": And(
            ForAll([n], Implies(old, And(f.live(n) == b.live(n), f.frame(n) == b.frame(n)))),
            ForAll([n, x], Implies(old, f.slot(n, x) == b.slot(n, x))),
            ForAll([n, a], Implies(old, f.rights(n, a) == b.rights(n, a))),
            ForAll([n], Implies(And(old, n != node), f.order(n) == b.order(n))),
            f.order(node) == half,
        ),
        "the new node is the upper half": And(
            made != node,
            Not(b.live(made)),
            f.live(made),
            f.slot(made, us),
            f.frame(made) == uf,
            f.order(made) == half,
            ForAll([a], f.rights(made, a) == b.rights(node, a)),
            ForAll([p], f.parent(made, p) == b.parent(node, p)),
        ),
        "only children of the node have another parent": And(
            ForAll([n, p], Implies(And(old, Not(child_of)), f.parent(n, p) == b.parent(n, p))),
            ForAll([n], Implies(And(old, child_of), Or(f.parent(n, node), f.parent(n, made)))),
            ForAll([n], Implies(f.parent(n, node), child_of)),
        ),
        "what is below the two was below the one": And(
            ForAll([n, m], Implies(And(old, old_m, m != node), f.below(n, m) == b.below(n, m))),
            ForAll([n], Implies(old, b.below(n, node) == Or(f.below(n, node), f.below(n, made)))),
            ForAll([m], f.below(made, m) == b.below(node, m)),
        ),
        "what is below the new node is in the upper half": ForAll([n], Implies(f.below(n, made), high)),
        "what is in the upper half and not below it is ahead": ForAll([n], Implies(And(f.below(n, node), high), ahead)),
        "the cursor is a child of the node": Or(child == no_node, f.parent(child, node)),
        "the order of what is left is as it was": ForAll(
            [n, m], Implies(And(f.below(n, node), f.below(m, node)), f.left(n, m) == b.left(n, m))
        ),
    }


@dataclass(slots=True, eq=False)
class Children:
    """The rule for the loop over the children of a node that is halved."""

    tree: SymbolicSized
    began: Term | None = field(default=None, init=False)

    def _holds(self, values: Values) -> Named:
        state = self.tree.state()
        kept = {name: formula(state) for name, (_, formula) in INVARIANTS.items() if name not in WITHIN}
        return {**kept, **dealt(state, node_in(values, "other"), child_in(values))}

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The invariant holds; from here on the state is any that has it."""
        path, now = self.tree.path, self._holds(values)
        if self.began is not None:
            raise ExecutionError("the loop is entered twice on one path: its proof speaks of one time")
        for part, formula in now.items():
            path.demand(AT_FIRST, lambda formula=formula: formula, part)  # type: ignore[misc]
        made = node_in(values, "other")
        self.tree.become(DURING)
        self.began = Const("child_in_loop", Node)
        known = {**holds(DURING, WITHIN), **dealt(DURING, made, self.began)}
        path.assume({f"{name}, in the loop": formula for name, formula in known.items()})
        return {"child": Value(self.began, path)}

    def each(self, iterable: object) -> Iterator[object]:
        """It is no loop over elements."""
        raise ExecutionError(f"a loop over {iterable!r} where one with a condition is proved")

    def tail(self, values: Values) -> None:
        """The invariant holds again, and the cursor is further to the right."""
        path, now, was, to = self.tree.path, self._holds(values), self.began, child_in(values)
        for part, formula in now.items():
            path.demand(KEEPS, lambda formula=formula: formula, part)  # type: ignore[misc]
        path.demand(DECREASES, lambda: Or(to == no_node, b.left(was, to)))
        raise Cut


def child_in(values: Values) -> Term:
    """The cursor of the loop."""
    return node_in(values, "child")


PATH_BY_PATH = frozenset({"first_child", "next_sibling", "prev_sibling", "neighbours", "siblings"})
"""What is proved path by path: the links themselves."""


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a function, each part of it apart."""
    every = walked(name, code)
    for part in dict.fromkeys(demand.part for path in every for demand in path.demands if demand.what == what):
        yield from of_part(name, every, what, part)


def of_part(name: str, every: Iterable[Path], what: str, part: str) -> Iterator[Condition]:
    """The conditions of one part of what is demanded on the paths."""
    split = Split.PATHS if {what, part} & PATH_BY_PATH else Split.NOT
    for condition in conditions_of(every, known(name), what, split, part):
        left_out = (
            NOT_OF_LINKS if split == Split.PATHS else OF_LINKS if what == EFFECT and name != "create_block" else ()
        )
        yield without_these(condition, left_out)


OF_LINKS = (
    "first_child", "next_sibling", "prev_sibling", "first_of_parent", "no_child", "alone", "free", "blank",
    "neighbours", "siblings", "subtree_order", "room", "begins", "fewer_rights", "fewer_rights_below", "some_right", "nothing_at_none",
)  # fmt: skip
"""Invariants that no proof needs of what a tree stands for."""

NOT_OF_LINKS = (
    "one_mapping", "frames_within", "frames_within_below", "begins", "fewer_rights", "fewer_rights_below", "some_right",
    "blank", *(name for name in general() if not name.startswith("a block has its first page")),
)  # fmt: skip
"""Invariants and laws that no proof needs of the links themselves."""


def without_these(condition: Condition, names: Iterable[str]) -> Condition:
    """The condition with fewer hypotheses, which is no weaker: a solver has less to look through."""
    left_out = {f"{name}{when}" for name in names for when in ("", ", in the loop")}
    kept = {name: formula for name, formula in condition.hypotheses.items() if name not in left_out}
    return replace(condition, hypotheses=kept, about={name: condition.about[name] for name in kept})
