"""Every primitive step preserves every invariant of the mapping tree, and does what the theory's step does.

The functions of :mod:`refinement.kernel.primitives` are executed as they are, on trees of any size.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Consts, ForAll, Function, Implies, Not, Or

from model.signature import unchanged_symbols
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Formula, Frame, Parameters, Right, State, Term, called, grant, map_
from proofs.execution.contract import CALLS, Named
from proofs.execution.path import Path, paths
from proofs.execution.values import Node, Rights, Value, all_rights, no_slot, roots
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.callees import Callees
from proofs.obligations.tree.contracts import CONTRACTS, PRIMITIVES, TreeContract, in_no_list
from proofs.obligations.tree.invariants import TREE_INVARIANTS, columns_are_functions, n, room
from proofs.obligations.tree.tree import BEFORE, INDEX, SymbolicTree, TreeState, abstraction

node, parent = Consts("node above", Node)
source, slot = called.src, called.dst
frame = Const("given_frame", Frame)
given = Function("given", Right, BoolSort())

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "link_leaf": (parent, node),
    "unlink_leaf": (node,),
    "create_leaf": (parent, slot, frame, given),
    "remove_leaf": (node,),
    "move_node": (node, slot),
    "restrict_rights": (node, given),
}
"""What each primitive is called with in its proof."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a step, as a formula about the states before and after it."""

    id: str
    claim: str
    sentence: str
    formula: Callable[[TreeState], Formula]
    assumes: tuple[tuple[str, Formula], ...] = ()


REWIRED = {"first_child", "next_sibling", "prev_sibling", "neighbours"}
"""The invariants of the links themselves, proved path by path."""


def same(one: State, other: State) -> Formula:
    """Both states are the same in all that a tree says; it has no witness ``holder``."""
    return And(*unchanged_symbols(one, other, but=("holder",)).values())


def without(s: State, gone: Callable[[Term], Formula]) -> State:
    """The state with some slots nil."""
    return replace(
        s,
        derives=lambda x, y: And(s.derives(x, y), Not(gone(x)), Not(gone(y))),
        live=lambda x: And(s.live(x), Not(gone(x))),
        holds=lambda x, r: And(s.holds(x, r), Not(gone(x))),
        phys=lambda x, r: And(s.phys(x, r), Not(gone(x))),
        right=lambda x, a: And(s.right(x, a), Not(gone(x))),
    )


@cache
def invariant_before(name: str) -> Formula:
    """An invariant of the tree before the step, built once."""
    return TREE_INVARIANTS[name].formula(BEFORE)


@cache
def _columns_before() -> dict[str, Formula]:
    return columns_are_functions(BEFORE)


def hypotheses(names: tuple[str, ...] = tuple(TREE_INVARIANTS)) -> Named:
    """State these invariants of the tree before the step, and that its columns are functions."""
    return {**_columns_before(), **{name: invariant_before(name) for name in names}}


@cache
def requires(name: str) -> Named:
    """Return what a primitive's contract requires of its arguments."""
    return CONTRACTS[name].requires(BEFORE, *ARGUMENTS[name])


def invariants_of(contract: TreeContract) -> tuple[str, ...]:
    """State the invariants that hold before, and are to be preserved."""
    return tuple(i.name for i in TREE_INVARIANTS.values() if i.structural or not contract.structural)


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the primitive, with what must hold at their ends."""
    contract = CONTRACTS[name]

    def run(path: Path) -> None:
        path.learn(requires(name))
        tree = SymbolicTree(path)
        arguments = (
            Rights(given, path) if sort == Right else Value(term, path)
            for term, sort in zip(ARGUMENTS[name], contract.sorts, strict=True)
        )
        result = Callees(tree, code, in_primitive=True).bound(name)(tree.tree, *arguments)
        after = tree.state()
        if contract.spare is not None:
            made = result.term if isinstance(result, Value) else None
            tree.spare = contract.spare(BEFORE, made, *ARGUMENTS[name])
        for invariant in invariants_of(contract):
            path.demand(invariant, _holds(invariant, after))
        for effect in EFFECTS[name]:
            path.demand(effect.id, _happens(effect, tree.state()))
        if name == "create_leaf":
            made = after.node_of(slot) == result.term if isinstance(result, Value) else BoolVal(False)
            path.demand(RETURNS, lambda: made)

    return tuple(path for path, _ in paths(run))


RETURNS = "returns__its_node"
"""What is demanded of the result of the one primitive that has one."""


def _holds(name: str, after: TreeState) -> Callable[[], Formula]:
    return lambda: TREE_INVARIANTS[name].formula(after)


def _happens(effect: Effect, after: TreeState) -> Callable[[], Formula]:
    return lambda: effect.formula(after)


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the primitive on all its paths."""
    assumes = next((dict(effect.assumes) for effect in EFFECTS[name] if effect.id == what), {})
    known = {**hypotheses(invariants_of(CONTRACTS[name])), **requires(name), **assumes}
    return conditions_of(walked(name, code), known, what, Split.PATHS if what in REWIRED else Split.NOT)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(name, what, code)


_LIVE_SOURCE = (
    ("the source is the parent's slot", And(BEFORE.node_of(source) == parent, source != no_slot, parent != roots)),
)
_MOVED_SOURCE = (("the source is the node's slot", BEFORE.node_of(source) == node),)


def _is_map(after: TreeState) -> Formula:
    return same(abstraction(after), map_(CANONICAL, abstraction(BEFORE), Parameters(source, slot, given)).after)


def _is_new_holder(after: TreeState) -> Formula:
    return same(abstraction(after), with_holder(abstraction(BEFORE), slot, frame, given))


def with_holder(s: State, slot: Term, frame: Term, has: Callable[[Term], Formula]) -> State:
    """The state in which a nil slot holds a frame as well."""
    return replace(
        s,
        live=lambda x: Or(s.live(x), x == slot),
        holds=lambda x, r: Or(s.holds(x, r), And(x == slot, r == frame)),
        phys=lambda x, r: Or(s.phys(x, r), And(x == slot, r == frame)),
        right=lambda x, a: Or(s.right(x, a), And(x == slot, has(a))),
    )


def _is_removal(after: TreeState) -> Formula:
    return same(abstraction(after), without(abstraction(BEFORE), lambda x: BEFORE.node_of(x) == node))


def _is_grant(after: TreeState) -> Formula:
    return same(abstraction(after), grant(CANONICAL, abstraction(BEFORE), Parameters(source, slot, all_rights)).after)


def _is_narrowing(after: TreeState) -> Formula:
    s = abstraction(BEFORE)
    narrowed = replace(s, right=lambda x, a: And(s.right(x, a), Implies(BEFORE.node_of(x) == node, given(a))))
    return same(abstraction(after), narrowed)


def _room(name: str) -> Effect:
    """The step leaves room for every slot, which node is spare for which being chosen anew."""
    return Effect(
        f"{name}__preserves__room",
        "C12",
        f"after {name}: there is a free node for every nil slot",
        lambda after: And(*room(after).values()),
        tuple(room(BEFORE).items()),
    )


EFFECTS: dict[str, tuple[Effect, ...]] = {
    "link_leaf": (),
    "unlink_leaf": (
        Effect(
            "unlink_leaf__leaves__no_list",
            "C5",
            "after unlink_leaf the node is in no list, and below nothing",
            lambda after: And(in_no_list(after, node), ForAll([n], Not(after.below(node, n)))),
        ),
    ),
    "create_leaf": (
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
        _room("create_leaf"),
    ),
    "remove_leaf": (
        Effect(
            "remove_leaf__is__removal",
            "A.tree.flush",
            "remove_leaf makes the node's slot nil, and nothing else changes",
            _is_removal,
        ),
        _room("remove_leaf"),
    ),
    "move_node": (
        Effect(
            "move_node__is__grant",
            "A.tree.grant",
            "move_node is the theory's grant of all rights into a nil slot",
            _is_grant,
            _MOVED_SOURCE,
        ),
        _room("move_node"),
    ),
    "restrict_rights": (
        Effect(
            "restrict_rights__is__narrowing",
            "B.rights",
            "restrict_rights takes rights from the node's slot, and nothing else changes",
            _is_narrowing,
        ),
        _room("restrict_rights"),
    ),
}


CALLING = ("create_leaf", "remove_leaf")
"""The primitives that call others."""


def asked(name: str) -> frozenset[str]:
    """Return what obligations ask about a primitive."""
    found = {*invariants_of(CONTRACTS[name]), *(effect.id for effect in EFFECTS[name]), INDEX}
    return frozenset(found | ({CALLS} if name in CALLING else set()) | ({RETURNS} if name == "create_leaf" else set()))


def obligations() -> Iterator[CodeObligation]:
    """Primitives × invariants, the effect of each, that no index leads outside, and that it calls where it may."""
    for name in PRIMITIVES:
        for invariant in invariants_of(CONTRACTS[name]):
            yield CodeObligation(
                f"{name}__preserves__{invariant}",
                "C5",
                f"after {name}: {TREE_INVARIANTS[invariant].sentence}",
                _build(name, invariant),
            )
        for effect in EFFECTS[name]:
            yield CodeObligation(effect.id, effect.claim, effect.sentence, _build(name, effect.id))
        yield CodeObligation(
            f"{name}__accesses__nodes",
            "C5",
            f"{name} reads and writes fields of nodes and slots only, and nothing at NONE",
            _build(name, INDEX),
        )
        if name == "create_leaf":
            yield CodeObligation(
                f"{name}__{RETURNS}", "C5", "create_leaf returns the node that the slot names", _build(name, RETURNS)
            )
        if name in CALLING:
            yield CodeObligation(
                f"{name}__calls__where_allowed",
                "C5",
                f"{name} unlinks and links a leaf only where what these require holds",
                _build(name, CALLS),
            )
