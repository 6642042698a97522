"""Every primitive step preserves every invariant of the mapping tree, and does what the theory's step does.

The functions of :mod:`refinement.primitives` are executed as they are, on trees of any size.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3
from z3 import And, BoolSort, Const, Consts, Exists, ForAll, Implies, Not, Or

from model.dialect import CANONICAL
from model.theory import Formula, Frame, Parameters, Right, Slot, State, Term, a, called, grant, map_, r, x, y
from proofs.obligation import Condition
from proofs.refinement.code import Build, CodeObligation, Split, conditions_of
from proofs.refinement.invariants import TREE_INVARIANTS, columns_are_functions, is_mapping, is_node, n, room
from proofs.refinement.source import CODE, Code
from proofs.refinement.symbolic import (
    Node,
    Path,
    Rights,
    Value,
    all_rights,
    free,
    no_node,
    no_slot,
    paths,
    roots,
)
from proofs.refinement.tree import BEFORE, INDEX, SymbolicTree, TreeState, abstraction
from refinement import primitives
from refinement.mapping_tree import MappingTree

node, parent = Consts("node above", Node)
source, slot = called.src, called.dst
frame = Const("given_frame", Frame)
given = z3.Function("given", Right, BoolSort())


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step does, as a formula about the states before and after it, and its result."""

    id: str
    claim: str
    sentence: str
    formula: Callable[[TreeState, Any], Formula]
    assumes: tuple[tuple[str, Formula], ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """A primitive: what it requires, and what it does.

    :param call: calls the function on a tree, with terms for its arguments.
    :param structural: only the structural invariants hold before, and are to be preserved.
    """

    function: Callable[..., Any]
    call: Callable[[Callable[..., Any], MappingTree, Path], Any]
    requires: tuple[tuple[str, Formula], ...]
    effects: tuple[Effect, ...] = ()
    structural: bool = False

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def invariants(self) -> tuple[str, ...]:
        """Those that hold before, and are to be preserved."""
        return tuple(i.name for i in TREE_INVARIANTS.values() if i.structural or not self.structural)


REWIRED = {"first_child", "next_sibling", "prev_sibling", "neighbours"}
"""The invariants of the links themselves, proved path by path."""


def same(one: State, other: State) -> Formula:
    """Both states are the same in all that the theory speaks of."""
    return And(
        ForAll([x, y], one.derives(x, y) == other.derives(x, y)),
        ForAll([x], one.live(x) == other.live(x)),
        ForAll([x, r], And(one.holds(x, r) == other.holds(x, r), one.phys(x, r) == other.phys(x, r))),
        ForAll([x, a], one.right(x, a) == other.right(x, a)),
    )


def without(s: State, gone: Callable[[Term], Formula]) -> State:
    """The state with some slots nil."""
    return State(
        derives=lambda x, y: And(s.derives(x, y), Not(gone(x)), Not(gone(y))),
        live=lambda x: And(s.live(x), Not(gone(x))),
        holds=lambda x, r: And(s.holds(x, r), Not(gone(x))),
        phys=lambda x, r: And(s.phys(x, r), Not(gone(x))),
        right=lambda x, a: And(s.right(x, a), Not(gone(x))),
        holder=s.holder,
    )


@cache
def invariant_before(name: str) -> Formula:
    """An invariant of the tree before the step, built once."""
    return TREE_INVARIANTS[name].formula(BEFORE)


@cache
def _columns_before() -> dict[str, Formula]:
    return columns_are_functions(BEFORE)


def hypotheses(names: tuple[str, ...] = tuple(TREE_INVARIANTS)) -> dict[str, Formula]:
    """Those invariants of the tree before the step, and that its columns are functions."""
    return {**_columns_before(), **{name: invariant_before(name) for name in names}}


@cache
def walked(contract: Contract, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the primitive, with what must hold at their ends."""
    function = code.function(contract.name)

    def run(path: Path) -> None:
        for _, formula in contract.requires:
            path.learn({"": formula})
        tree = SymbolicTree(path)
        result = contract.call(function, tree.tree, path)
        after = tree.state()
        for name in contract.invariants:
            path.demand(name, _holds(name, after))
        for effect in contract.effects:
            path.demand(effect.id, _happens(effect, after, result))

    return tuple(path for path, _ in paths(run))


def _holds(name: str, after: TreeState) -> Callable[[], Formula]:
    return lambda: TREE_INVARIANTS[name].formula(after)


def _happens(effect: Effect, after: TreeState, result: Any) -> Callable[[], Formula]:
    return lambda: effect.formula(after, result)


def conditions(contract: Contract, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the primitive on all its paths."""
    assumes = next((dict(effect.assumes) for effect in contract.effects if effect.id == what), {})
    known = {**hypotheses(contract.invariants), **dict(contract.requires), **assumes}
    return conditions_of(walked(contract, code), known, what, Split.PATHS if what in REWIRED else Split.NOT)


def _build(contract: Contract, what: str) -> Build:
    return lambda dialect, code: conditions(contract, what, code)


_LIVE_SOURCE = (
    ("the source is the parent's slot", And(BEFORE.node_of(source) == parent, source != no_slot, parent != roots)),
)
_MOVED_SOURCE = (("the source is the node's slot", BEFORE.node_of(source) == node),)


def _is_map(after: TreeState, result: Any) -> Formula:
    return same(abstraction(after), map_(CANONICAL, abstraction(BEFORE), Parameters(source, slot, given)).after)


def _is_new_holder(after: TreeState, result: Any) -> Formula:
    s = abstraction(BEFORE)
    new = State(
        derives=s.derives,
        live=lambda x: Or(s.live(x), x == slot),
        holds=lambda x, r: Or(s.holds(x, r), And(x == slot, r == frame)),
        phys=lambda x, r: Or(s.phys(x, r), And(x == slot, r == frame)),
        right=lambda x, a: Or(s.right(x, a), And(x == slot, given(a))),
        holder=s.holder,
    )
    return same(abstraction(after), new)


def _is_removal(after: TreeState, result: Any) -> Formula:
    return same(abstraction(after), without(abstraction(BEFORE), lambda x: BEFORE.node_of(x) == node))


def _is_grant(after: TreeState, result: Any) -> Formula:
    return same(abstraction(after), grant(CANONICAL, abstraction(BEFORE), Parameters(source, slot, all_rights)).after)


def _is_narrowing(after: TreeState, result: Any) -> Formula:
    s = abstraction(BEFORE)
    narrowed = State(
        s.derives,
        s.live,
        s.holds,
        s.phys,
        lambda x, a: And(s.right(x, a), Implies(BEFORE.node_of(x) == node, given(a))),
        s.holder,
    )
    return same(abstraction(after), narrowed)


SPARE = z3.Function("spare", Slot, Node)


def _room(name: str, spare: Callable[[Any], Callable[[Term], Term]]) -> Effect:
    """The step leaves room for every slot, which node is spare for which being chosen anew."""
    return Effect(
        f"{name}__preserves__room",
        "C12",
        f"after {name}: there is a free node for every nil slot",
        lambda after, result: room(after, spare(result)),
        (("room", room(BEFORE, SPARE)),),
    )


def _in_no_list(t: TreeState, node: Term) -> Formula:
    return And(*(link(node, no_node) for link in (t.parent, t.next_sibling, t.prev_sibling)))


def _valid_parent(t: TreeState) -> Formula:
    return And(is_node(parent), Not(t.parent(parent, free)), parent != node)


CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        Contract(
            primitives.link_leaf,
            lambda f, t, p: f(t, Value(parent, p), Value(node, p)),
            (
                ("the node is in no list", And(is_mapping(node), _in_no_list(BEFORE, node))),
                ("the node has no child", BEFORE.first_child(node, no_node)),
                ("the parent is FREE, ROOTS or not free", _valid_parent(BEFORE)),
                ("FREE and ROOTS have no parent", And(BEFORE.parent(free, no_node), BEFORE.parent(roots, no_node))),
            ),
            structural=True,
        ),
        Contract(
            primitives.unlink_leaf,
            lambda f, t, p: f(t, Value(node, p)),
            (
                ("the node has a parent", And(is_node(node), Not(BEFORE.parent(node, no_node)))),
                ("the node has no child", BEFORE.first_child(node, no_node)),
            ),
            (
                Effect(
                    "unlink_leaf__leaves__no_list",
                    "C5",
                    "after unlink_leaf the node is in no list, and below nothing",
                    lambda after, result: And(_in_no_list(after, node), ForAll([n], Not(after.below(node, n)))),
                ),
            ),
            structural=True,
        ),
        Contract(
            primitives.create_leaf,
            lambda f, t, p: f(t, Value(parent, p), Value(slot, p), Value(frame, p), Rights(given, p)),
            (
                ("there is a free node", Not(BEFORE.first_child(free, no_node))),
                ("the slot is nil", And(slot != no_slot, Not(is_node(BEFORE.node_of(slot))))),
                ("the parent is ROOTS or live", Or(parent == roots, BEFORE.live(parent))),
                ("the frame is the parent's", Implies(BEFORE.live(parent), frame == BEFORE.frame(parent))),
                (
                    "the rights are some of the parent's",
                    And(
                        Exists([a], given(a)),
                        ForAll([a], Implies(And(BEFORE.live(parent), given(a)), BEFORE.rights(parent, a))),
                    ),
                ),
            ),
            (
                Effect(
                    "create_leaf__is__map",
                    "A.tree.map",
                    "below a live parent, create_leaf is the theory's map into a nil slot",
                    _is_map,
                    _LIVE_SOURCE,
                ),
                Effect(
                    "create_leaf__is__new_holder",
                    "A.sigma0",
                    "below ROOTS, create_leaf makes the slot hold the frame, and nothing else changes",
                    _is_new_holder,
                    (("the parent is ROOTS", parent == roots),),
                ),
                _room("create_leaf", lambda new: lambda x: z3.If(SPARE(x) == new.term, SPARE(slot), SPARE(x))),
            ),
        ),
        Contract(
            primitives.remove_leaf,
            lambda f, t, p: f(t, Value(node, p)),
            (
                ("the node is live", BEFORE.live(node)),
                ("the node has no child", BEFORE.first_child(node, no_node)),
            ),
            (
                Effect(
                    "remove_leaf__is__removal",
                    "A.tree.flush",
                    "remove_leaf makes the node's slot nil, and nothing else changes",
                    _is_removal,
                ),
                _room("remove_leaf", lambda _: lambda x: z3.If(BEFORE.node_of(x) == node, node, SPARE(x))),
            ),
        ),
        Contract(
            primitives.move_node,
            lambda f, t, p: f(t, Value(node, p), Value(slot, p)),
            (
                ("the node is live", BEFORE.live(node)),
                ("the slot is nil", And(slot != no_slot, Not(is_node(BEFORE.node_of(slot))))),
            ),
            (
                Effect(
                    "move_node__is__grant",
                    "A.tree.grant",
                    "move_node is the theory's grant of all rights into a nil slot",
                    _is_grant,
                    _MOVED_SOURCE,
                ),
                _room("move_node", lambda _: lambda x: z3.If(BEFORE.node_of(x) == node, SPARE(slot), SPARE(x))),
            ),
        ),
        Contract(
            primitives.restrict_rights,
            lambda f, t, p: f(t, Value(node, p), Rights(given, p)),
            (
                ("the node is live", BEFORE.live(node)),
                ("some right is left", Exists([a], And(BEFORE.rights(node, a), given(a)))),
                (
                    "nothing below has a right that goes",
                    ForAll([n, a], Implies(And(BEFORE.below(n, node), BEFORE.rights(n, a)), given(a))),
                ),
            ),
            (
                Effect(
                    "restrict_rights__is__narrowing",
                    "B.rights",
                    "restrict_rights takes rights from the node's slot, and nothing else changes",
                    _is_narrowing,
                ),
            ),
        ),
    )
}


def obligations() -> Iterator[CodeObligation]:
    """Primitives × invariants, the effect of each, and that no index leads outside."""
    for contract in CONTRACTS.values():
        for name in contract.invariants:
            yield CodeObligation(
                f"{contract.name}__preserves__{name}",
                "C5",
                f"after {contract.name}: {TREE_INVARIANTS[name].sentence}",
                _build(contract, name),
            )
        for effect in contract.effects:
            yield CodeObligation(effect.id, effect.claim, effect.sentence, _build(contract, effect.id))
        yield CodeObligation(
            f"{contract.name}__accesses__nodes",
            "C5",
            f"{contract.name} reads and writes fields of nodes and slots only, and nothing at NONE",
            _build(contract, INDEX),
        )
