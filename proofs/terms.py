"""Formulas that many obligations are made of."""

from collections.abc import Callable

import z3
from z3 import And, BoolVal, Exists, ForAll, Or

from model.signature import applied, symbols_of
from model.spaces.theory import Formula, Slot, State, Term, a, r, u, x
from proofs.obligation import Step


def observed(s: State, slot: Term) -> tuple[tuple[tuple[Term, ...], Term], ...]:
    """All that there is to a slot: whether it is in use, what it derives from, its frame, P and rights.

    Each with the variables that it is about beside the slot: that is every symbol of the state whose first argument is
    a slot. What derives from the slot is no part of it.
    """
    found = []
    for name, symbol in symbols_of(type(s)).items():
        if symbol.sorts[:1] == (Slot,):
            others = [variable for variable in symbol.arguments[1:] if variable.sort() == Slot]
            apart = dict(zip(others, (u, *z3.Consts("u2 u3 u4", Slot)), strict=False))
            rest = tuple(apart.get(variable, variable) for variable in symbol.arguments[1:])
            found.append((rest, applied(s, name, (slot, *rest))))
    return tuple(sorted(found, key=lambda each: len(each[0])))


def unchanged(one: State, other: State, slot: Term) -> Formula:
    """A slot has the same link, frame, P and rights in both states."""
    same = []
    for (variables, here), (_, there) in zip(observed(one, slot), observed(other, slot), strict=True):
        same.append(ForAll(list(variables), here == there) if variables else here == there)
    return And(*same)


def access_unchanged(one: State, other: State, slot: Term) -> Formula:
    """A slot has the same P and rights in both states; its link may lead elsewhere."""
    return And(
        ForAll([r], one.phys(slot, r) == other.phys(slot, r)),
        ForAll([a], one.right(slot, a) == other.right(slot, a)),
    )


def every_right(_: Term) -> Formula:
    """The set of all rights."""
    return BoolVal(True)


def is_or_derives(s: State, slot: Term, of: Term) -> Formula:
    """The slot is that one, or derives from it."""
    return Or(slot == of, s.derives(slot, of))


def evaluates(s: State, slot: Term, frame: Term) -> Formula:
    """σ(v) = r: the links from the slot end at one that holds the frame (A.eval)."""
    return Exists([u], And(s.holds(u, frame), Or(slot == u, s.derives(slot, u))))


def keeps_a_right(step: Step, slot: Term, kept: Callable[[Term], Formula]) -> Formula:
    """The slot, before the step, has some right out of a set."""
    return Exists([a], And(step.before.right(slot, a), kept(a)))


def everything_unchanged(step: Step) -> Formula:
    """Nothing changes at all."""
    return ForAll([x], unchanged(step.before, step.after, x))
