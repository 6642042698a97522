"""Contracts of :mod:`refinement.ranges.sized_tree`: what is required, and what proofs may use beside that."""

from collections.abc import Callable
from functools import cache
from typing import Any

from z3 import And, Bool, BoolSort, Const, Consts, DeclareSort, Exists, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Right, Slot, Term, a, x
from proofs.execution.contract import Named
from proofs.execution.named_after import constant_after, named
from proofs.execution.values import Node, no_node, no_slot, roots
from proofs.obligations.sized.blocks.laws import law_of, of_steps
from proofs.obligations.sized.blocks.order import ABSTRACT, Order, largest
from proofs.obligations.sized.state import BEFORE, SizedState, at_most, has, holds, is_block, k, s, t
from proofs.obligations.tree.invariants import m, n, p

node, other, parent = Consts("node other above", Node)
slot = Const("given_slot", Slot)
first = Const("given_first", Frame)
order = Const("given_order", Order)
given = Function("given", Right, BoolSort())
own = Bool("own")
lower, upper = Consts("lower upper", Node)
last, source, target = Consts("given_end given_source given_target", Slot)
before_block = Const("given_page_before", Slot)
size = Const("given_size", Order)
Offset = DeclareSort("Offset")
src, dst = Consts("src dst", Slot)
src_order, dst_order = Consts("src_order dst_order", Order)
offset = Const("offset", Offset)
any_right = Const("any_right", Right)
b = BEFORE
i = Const("i", Order)


def slot_of(node: Term, f: SizedState = b) -> Term:
    """The name that the slot of a node has where code reads it, in a tree of which nothing was written."""
    return constant_after(f"{f.slot}[{named(node)}]", Slot, node)


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "create_block": (parent, slot, order, first, given),
    "move_block": (node, slot),
    "drop_block": (node,),
    "narrow_block": (node, given),
    "halve": (node,),
    "join": (node, other),
    "buddy": (node,),
    "flush_below": (node,),
    "restrict_below": (node, given),
    "take_rights": (node, given),
    "flush_part": (slot, order, given),
    "take_block": (slot, order, given),
    "flush_range": (slot, order, given, own),
    "is_below": (lower, upper),
    "next_piece": (slot, last, given),
    "is_held": (slot,),
    "derives_from": (slot, order, source, size),
    "crosses": (slot, order, source, size, given),
    "must_stay": (slot, order, source, size, given),
    "lacks": (slot, order, before_block),
    "has_frames": (source, target, size, given),
    "refuses": (source, target, size, given),
    "clear_target": (source, target, size, given),
    "map_piece": (slot, order, target, given),
    "map_pieces": (source, target, size, given),
    "map_range": (src, src_order, dst, dst_order, offset, given),
    "restrict_pieces": (source, size, given),
    "isolate_range": (source, size),
    "next_mapping": (slot, last, given),
    "withdraw_pieces": (source, size, given),
    "move_piece": (slot, order, target),
    "move_pieces": (source, target, size, given),
    "merge_pieces": (target, size),
    "grant_range": (src, src_order, dst, dst_order, offset, given),
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


def _narrow(f: SizedState, node: Term, rights: Any) -> Named:
    return {
        "the node is live": f.live(node),
        "some right is left": Exists([a], And(f.rights(node, a), rights(a))),
        "what is below it has no right that goes": ForAll(
            [n, a], Implies(And(f.below(n, node), f.rights(n, a)), rights(a))
        ),
    }


def _halve(f: SizedState, node: Term) -> Named:
    return {
        "the node is live and no single page": And(f.live(node), f.order(node) != ABSTRACT.zero),
        "what is below it is smaller": ForAll([n], Implies(f.below(n, node), f.order(n) != f.order(node))),
    }


def next_below(less: Term, order: Term) -> Formula:
    """The one order is smaller, and none lies between."""
    between = ForAll([i], Implies(at_most(i, order), Or(i == order, at_most(i, less))))
    return And(at_most(less, order), less != order, between)


def joinable(f: SizedState, one: Term, other: Term) -> Named:
    """Two mappings show what one would, and none of their children is touched if they are one."""
    size = f.order(one)
    lie = And(*(is_block(at, k) == is_block(f.frame(of), k) for at, of in ((s, one), (t, other))))
    begin = And(f.slot(one, s), f.slot(other, t), _are_buddies(s, t, size))
    return {
        "both are live and of one order": And(f.live(one), f.live(other), f.order(other) == size, size != largest),
        "they have one parent": ForAll([p], f.parent(one, p) == f.parent(other, p)),
        "they have the same rights": ForAll([a], f.rights(one, a) == f.rights(other, a)),
        "one has no child": Or(f.first_child(one, no_node), f.first_child(other, no_node)),
        "their frames are buddies": _are_buddies(f.frame(one), f.frame(other), size),
        "their pages are buddies, and lie as their frames do": Exists(
            [s, t], And(begin, ForAll([k], Implies(next_below(size, k), lie)))
        ),
    }


def _are_buddies(one: Term, other: Term, order: Term) -> Formula:
    """Said of both, so that it is seen to be the same of the one and the other, and of the other and the one."""
    return And(ABSTRACT.are_buddies(one, other, order), ABSTRACT.are_buddies(other, one, order))


def used_of_join(f: SizedState, one: Term, other: Term) -> Named:
    """What the proof of ``join`` uses of that: of the slots and the order that have names there. It is proved of it."""
    size, slots, frames = f.order(one), (slot_of(one, f), slot_of(other, f)), (f.frame(one), f.frame(other))
    w = ABSTRACT.more(size)
    of_blocks = ("their frames are buddies", "their pages are buddies, and lie as their frames do")
    alike = {said: formula for said, formula in joinable(f, one, other).items() if said not in of_blocks}
    buddies = And(ABSTRACT.are_buddies(*slots, size), ABSTRACT.are_buddies(*frames, size))
    lie = is_block(slots[0], w) == is_block(frames[0], w)
    return {**alike, "their pages and frames are buddies": And(buddies, lie)}


def has_no_buddy(f: SizedState, node: Term) -> Formula:
    """No mapping can be joined with the node."""
    return ForAll([m], Not(And(*joinable(f, node, m).values())))


def _buddy(f: SizedState, node: Term) -> Named:
    return {"the node is live": f.live(node)}


REQUIRES: dict[str, Callable[..., Named]] = {
    "create_block": _create,
    "move_block": _move,
    "drop_block": _drop,
    "narrow_block": _narrow,
    "halve": _halve,
    "join": joinable,
    "buddy": _buddy,
}


def _read(f: SizedState, *nodes: Term) -> Named:
    """What the names of slots stand for."""
    return {f"{slot_of(each)} is the slot of {each}": f.slot(each, slot_of(each)) for each in nodes}


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
        laws = {"what is computed from a slot is a slot": made(slot_of(node), order) != no_slot}
    if name == "halve":
        k = b.order(node)
        laws |= {
            **_read(b, node),
            **law_of("halves__make__the_block", slot_of(node), k),
            **law_of("halves__make__the_block", b.frame(node), k),
            **law_of("halves__show__the_same", slot_of(node), b.frame(node), k),
        }
    if name in ("join", "buddy"):
        k, one, two = b.order(node), slot_of(node), slot_of(other)
        laws |= {
            **_read(b, node, other),
            **law_of("buddies__make__the_block", one, two, k, largest),
            **law_of("buddies__make__the_block", b.frame(node), b.frame(other), k, largest),
            **law_of("buddies__show__the_same", one, two, b.frame(node), b.frame(other), k, largest),
        }
    requires = used_of_join if name == "join" else REQUIRES[name]
    return {**holds(b), **of_steps(), **requires(b, *arguments), **laws}


def required_of_join() -> Named:
    """What ``join`` requires, and what else is known where its proof begins."""
    others = {said: formula for said, formula in known("join").items() if said not in used_of_join(b, node, other)}
    return {**others, **joinable(b, node, other)}
