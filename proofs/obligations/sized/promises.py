"""The contracts of the functions on trees with sizes that the kernel with ranges calls, and of its own methods.

What is required is demanded from the record from which the callee's proof begins, and what is ensured is assumed from
the formulas that are demanded at its end. Some speak of the tree's nodes, some of the pages that it stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from z3 import And, BoolSort, Exists, ForAll, Implies, Not, Or, SortRef

from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import Formula, Frame, Right, Slot, Term, a, x, y
from proofs.execution.contract import Named
from proofs.execution.values import Node, no_node, no_slot
from proofs.obligations.sized.blocks.order import ABSTRACT, Order
from proofs.obligations.sized.contracts import REQUIRES, Offset, given, has_no_buddy, joinable
from proofs.obligations.sized.ensures import (
    all_joined,
    dropped,
    flushed,
    found,
    halved,
    is_shown,
    isolated,
    joined,
    merged,
    moved,
    moved_mapping,
    narrowed,
    restricted,
    taken,
    two_halves,
)
from proofs.obligations.sized.going import pair, pairs_of, room
from proofs.obligations.sized.pages import PAGES
from proofs.obligations.sized.room import Number, before_it
from proofs.obligations.sized.search import are_slots, is_part, no_later, requires_part
from proofs.obligations.sized.state import SizedState, has, is_block, s
from proofs.obligations.tree.contracts import CONTRACTS as OF_TREE
from proofs.obligations.tree.invariants import n

both_are_live = OF_TREE["is_below"].requires


@dataclass(frozen=True, slots=True)
class KernelContract:
    """The contract of a function on trees with sizes, as a caller knows it.

    :param sorts: of what it is called with.
    :param requires: of the tree before and the arguments.
    :param ensures: of the trees before and after, the arguments, and the node that is returned, or that is new.
    :param returns: of which sorts its results are, if they are terms.
    :param changes: whether the tree is another one afterwards.
    :param answers: what it may return, if that is no term.
    :param looks: a column of which it requires something for the first node: columns are total.
    """

    sorts: tuple[SortRef, ...]
    requires: Callable[..., Named]
    ensures: Callable[..., Named]
    returns: tuple[SortRef, ...] = ()
    changes: bool = True
    looks: str = "slot"
    answers: tuple[int | None, ...] = (None,)


def _nothing(*arguments: Any) -> Named:
    return {}


def _is_live(f: SizedState, node: Term, *more: Any) -> Named:
    return {"the node is live": f.live(node)}


def _split(f: SizedState, top: Term) -> Named:
    return {"the node is live and no single page": And(f.live(top), f.order(top) != ABSTRACT.zero)}


def _isolate(f: SizedState, slot: Term, order: Term) -> Named:
    return {
        "it is a block": is_block(slot, order),
        "a mapping that is as large shows its first page": is_shown(f, slot, order),
    }


def _block(f: SizedState, slot: Term, order: Term, rights: Any) -> Named:
    return _isolate(f, slot, order)


def _range(f: SizedState, slot: Term, order: Term, rights: Any, own: Formula) -> Named:
    """A range is a block of slots."""
    return {
        "it is a block": is_block(slot, order),
        "what is before its end is a slot": are_slots(ABSTRACT.upper(slot, order)),
    }


def _buddy(was: SizedState, f: SizedState, node: Term, other: Term) -> Named:
    """It is demanded of every node: either it is returned and fits, or it is not returned or does not fit."""
    return {
        "it can be joined with the node, or is NONE": Or(other == no_node, And(*joinable(was, node, other).values())),
        "it is NONE only if nothing can be joined with the node": Implies(other == no_node, has_no_buddy(was, node)),
    }


def _answers(was: SizedState, f: SizedState, lower: Term, upper: Term, answer: Formula) -> Named:
    return {"the answer is right": answer == was.below(lower, upper)}


def _window(slot: Term, order: Term) -> Named:
    return {
        f"{slot} begins a block": is_block(slot, order),
        f"what is before the end of {slot} is a slot": are_slots(ABSTRACT.upper(slot, order)),
    }


def _two(f: SizedState, one: Term, order: Term, other: Term, size: Term) -> Named:
    first, second = _isolate(f, one, order), _isolate(f, other, size)
    return {**first, **{f"of the other: {said}": formula for said, formula in second.items()}}


def _lacks(f: SizedState, slot: Term, order: Term, last: Term) -> Named:
    return {**_window(slot, order), **before_it(last, slot)}


def _crosses(f: SizedState, slot: Term, order: Term, source: Term, size: Term, rights: Any) -> Named:
    return {**_isolate(f, slot, order), **_window(source, size)}


def _must_stay(f: SizedState, slot: Term, order: Term, source: Term, size: Term, rights: Any) -> Named:
    return {**_window(slot, order), **_window(source, size)}


def _windows(f: SizedState, source: Term, target: Term, size: Term, rights: Any) -> Named:
    return {**_window(source, size), **_window(target, size)}


def _apart(f: SizedState, source: Term, target: Term, size: Term, rights: Any) -> Named:
    return {**_windows(f, source, target, size, rights), "the two differ": source != target}


def _is_shown(f: SizedState, slot: Term) -> Named:
    there = And(f.live(n), f.slot(n, s), has(s, f.order(n), slot))
    return {"a mapping has the page": Exists([n, s], there)}


def _next_part(f: SizedState, start: Term, end: Term, rights: Any) -> Named:
    return requires_part(f, start, end)


def _piece(was: SizedState, f: SizedState, start: Term, end: Term, rights: Any, at: Term, part: Term) -> Named:
    return {
        "it is no earlier": no_later(start, at),
        "it is not behind the end": no_later(at, end),
        **{said: Implies(ABSTRACT.earlier(at, end), formula) for said, formula in is_part(f, end, at, part).items()},
    }


def _map_piece(f: SizedState, slot: Term, order: Term, target: Term, rights: Any) -> Named:
    return {
        **_isolate(f, slot, order),
        "it goes to a block of slots": And(target != no_slot, is_block(target, order)),
    }


def _map_range(f: SizedState, src: Term, order: Term, dst: Term, dst_order: Term, *more: Any) -> Named:
    return {**_window(src, order), **_window(dst, dst_order)}


def _sent(was: SizedState, f: SizedState, *terms: Any) -> Named:
    *window, source, target, size = terms
    sent = pairs_of(*window)(x, y) == pair(source, target, size)(x, y)
    return {
        **_windows(f, source, target, size, None),
        "it is what goes, and where it goes": ForAll([x, y], sent),
        "the pool has frames for these if it has for those": room(PAGES, given, *window)
        == room(PAGES, given, source, target, size),
    }


def _is_made(was: SizedState, f: SizedState, *given: Any) -> Named:
    """The node is new; what it shows is said of pages."""
    return {"the node is live": f.live(given[-1])}


def alone(f: SizedState, start: Term, end: Term) -> Named:
    """No mapping has a page of a range and another."""
    there = And(f.live(n), f.slot(n, s), has(s, f.order(n), x), has(s, f.order(n), y))
    inside = And(no_later(start, x), ABSTRACT.earlier(x, end))
    other = And(no_later(start, y), ABSTRACT.earlier(y, end))
    return {"no mapping has a page of the range and another": ForAll([n, s, x, y], Implies(And(there, inside), other))}


def is_mapping(f: SizedState, slot: Term, order: Term) -> Named:
    """A block is what a mapping shows."""
    return {"a mapping is the block": Exists([n], And(f.live(n), f.slot(n, slot), f.order(n) == order))}


def goes_at(f: SizedState, slot: Term, rights: Any) -> Formula:
    """A mapping begins at the slot that has one of the rights to pass on."""
    return Exists([n, a], And(f.live(n), f.slot(n, slot), f.rights(n, a), rights(a)))


def going_from(f: SizedState, start: Term, end: Term, rights: Any) -> Callable[[Term], Formula]:
    """The slots of a range at which mappings begin that go."""
    return lambda at: And(no_later(start, at), ABSTRACT.earlier(at, end), goes_at(f, at, rights))


def _next_mapping(f: SizedState, start: Term, end: Term, rights: Any) -> Named:
    return {**requires_part(f, start, end), **alone(f, start, end)}


def _mapping(was: SizedState, f: SizedState, start: Term, end: Term, rights: Any, at: Term, part: Term) -> Named:
    return {
        "it is no earlier": no_later(start, at),
        "it is not behind the end": no_later(at, end),
        "no mapping that begins before it has a right to pass on": ForAll(
            [s], Not(going_from(f, start, at, rights)(s))
        ),
        **{said: Implies(ABSTRACT.earlier(at, end), formula) for said, formula in goes_there(f, end, rights, at, part)},
    }


def goes_there(f: SizedState, end: Term, rights: Any, at: Term, part: Term) -> list[tuple[str, Formula]]:
    """The block is a mapping that goes, it ends in time, and what comes then stands alone."""
    behind = ABSTRACT.upper(at, part)
    return list(
        {
            "a block begins there": is_block(at, part),
            **is_mapping(f, at, part),
            "it has a right to pass on": goes_at(f, at, rights),
            "it ends no later": no_later(behind, end),
            **alone(f, behind, end),
        }.items()
    )


def _range_alone(f: SizedState, source: Term, size: Term, *more: Any) -> Named:
    return {**_window(source, size), **alone(f, source, ABSTRACT.upper(source, size))}


def _move_piece(f: SizedState, slot: Term, order: Term, target: Term) -> Named:
    return {
        **is_mapping(f, slot, order),
        "it goes to a block of slots": And(target != no_slot, is_block(target, order)),
    }


def _move_pieces(f: SizedState, source: Term, target: Term, size: Term, rights: Any) -> Named:
    return {**_apart(f, source, target, size, rights), **_range_alone(f, source, size)}


_halve, _join = REQUIRES["halve"], REQUIRES["join"]

TRUTH = (BoolSort(),)
WINDOW = (Slot, Order, Slot, Order, Offset)
BLOCK = (Node, Slot, Order, Frame, Right)

CONTRACTS: dict[str, KernelContract] = {
    "halve": KernelContract((Node,), _halve, halved),
    "join": KernelContract((Node, Node), _join, joined, returns=(Node,)),
    "buddy": KernelContract((Node,), REQUIRES["buddy"], _buddy, returns=(Node,), changes=False),
    "find": KernelContract((Slot,), _nothing, found, returns=(Node,), changes=False),
    "divide": KernelContract((Node,), _halve, halved),
    "unite": KernelContract((Node, Node), _join, joined, returns=(Node,)),
    "split": KernelContract((Node,), _split, two_halves),
    "isolate": KernelContract((Slot, Order), _isolate, isolated, returns=(Node,)),
    "merge": KernelContract((Node,), _is_live, merged),
    "move_node": KernelContract((Node, Slot), REQUIRES["move_block"], moved),
    "drop_block": KernelContract((Node,), REQUIRES["drop_block"], dropped, looks="first_child"),
    "narrow_block": KernelContract((Node, Right), REQUIRES["narrow_block"], narrowed),
    "flush_below": KernelContract((Node,), _is_live, flushed),
    "restrict_below": KernelContract((Node, Right), _is_live, restricted),
    "take_rights": KernelContract((Node, Right), _is_live, taken),
    "flush_part": KernelContract((Slot, Order, Right), _block, _nothing),
    "take_block": KernelContract((Slot, Order, Right), _block, _nothing),
    "flush_range": KernelContract((Slot, Order, Right, BoolSort()), _range, _nothing, answers=(DONE,)),
    "is_below": KernelContract((Node, Node), both_are_live, _answers, returns=TRUTH, changes=False),
    "next_piece": KernelContract((Slot, Slot, Right), _next_part, _piece, returns=(Slot, Order), changes=False),
    "is_held": KernelContract((Slot,), _is_shown, _nothing, returns=TRUTH, changes=False),
    "derives_from": KernelContract((Slot, Order, Slot, Order), _two, _nothing, returns=TRUTH, changes=False),
    "crosses": KernelContract((Slot, Order, Slot, Order, Right), _crosses, _nothing, returns=TRUTH, changes=False),
    "must_stay": KernelContract((Slot, Order, Slot, Order, Right), _must_stay, _nothing, returns=TRUTH, changes=False),
    "lacks": KernelContract((Slot, Order, Slot), _lacks, _nothing, returns=(Number,), changes=False),
    "has_frames": KernelContract((Slot, Slot, Order, Right), _windows, _nothing, returns=TRUTH, changes=False),
    "refuses": KernelContract((Slot, Slot, Order, Right), _windows, _nothing, returns=TRUTH, changes=False),
    "clear_target": KernelContract((Slot, Slot, Order, Right), _apart, _nothing),
    "create_block": KernelContract(
        (Node, Slot, Order, Frame, Right), REQUIRES["create_block"], _is_made, returns=(Node,)
    ),
    "map_piece": KernelContract((Slot, Order, Slot, Right), _map_piece, _nothing),
    "map_pieces": KernelContract((Slot, Slot, Order, Right), _apart, _nothing),
    "merge_pieces": KernelContract((Slot, Order), lambda f, *terms: _window(*terms), all_joined),
    "windows": KernelContract(WINDOW, _map_range, _sent, returns=(Slot, Slot, Order), changes=False),
    "map_range": KernelContract((*WINDOW, Right), _map_range, _nothing, answers=(DONE, REFUSED)),
    "restrict_pieces": KernelContract((Slot, Order, Right), lambda f, *terms: _window(*terms[:2]), _nothing),
    "isolate_range": KernelContract(
        (Slot, Order),
        lambda f, *terms: _window(*terms),
        lambda was, f, source, size, made: alone(f, source, ABSTRACT.upper(source, size)),
    ),
    "next_mapping": KernelContract((Slot, Slot, Right), _next_mapping, _mapping, returns=(Slot, Order), changes=False),
    "withdraw_pieces": KernelContract((Slot, Order, Right), _range_alone, _nothing, changes=False),
    "move_piece": KernelContract((Slot, Order, Slot), _move_piece, moved_mapping),
    "move_pieces": KernelContract((Slot, Slot, Order, Right), _move_pieces, _nothing),
    "grant_range": KernelContract((*WINDOW, Right), _map_range, _nothing, answers=(DONE, REFUSED)),
}
"""By name; each is proved by those before it alone, so that no call leads back to who makes it."""

ON_BLOCKS = {"move_node": "move_block", "remove_leaf": "drop_block", "restrict_rights": "narrow_block"}
"""What methods are called that only hand on, as functions on the tree."""

CONTRACTS = {name: CONTRACTS[on] for name, on in ON_BLOCKS.items() if on in CONTRACTS} | CONTRACTS

ON_TREES = ("find", "buddy", "drop_block", "narrow_block")
"""Functions that the kernel calls on its tree; the others are methods."""
