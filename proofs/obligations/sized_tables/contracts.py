"""Contracts of page tables with leaves on every level: what walks find of a mapping's pages, and what leaves stand."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from z3 import And, Const, ForAll, Implies, Not, Or

from model.running.z3_terms import remembered
from model.spaces.theory import Formula, Predicate, Slot, Term
from proofs.execution.contract import Contract, Named
from proofs.obligations.page_tables.table_state import a, f
from proofs.obligations.sized_tables.leaves import Leaves, along, filling

Sees = Callable[[int, Term, Term, Term], Formula]
"""Of a level, a page, a physical frame and a right."""

Held = Callable[[int, Term], Formula]
"""Of a level and a page: a leaf of that level stands on the page's way."""

x = Const("page_of_contract", Slot)


@dataclass(frozen=True, slots=True)
class Shown:
    """All page tables as a kernel needs them.

    :param entry: of a page, a frame and a right: a walk ends on that level, and finds that frame with that right.
    :param held: which pages have a leaf on their way that is counted, written or not.
    """

    levels: int
    entry: Sees
    held: Held

    def __post_init__(self) -> None:
        """What both say of the same is built once: each step's are made of those before."""
        object.__setattr__(self, "entry", remembered(self.entry))
        object.__setattr__(self, "held", remembered(self.held))


def _of_all(leaves: Leaves, said: Callable[[Term], Formula]) -> Formula:
    return ForAll([x], Implies(leaves.has(x), said(x)))


def _of_none(leaves: Leaves, said: Callable[[Term], Formula]) -> Formula:
    return _of_all(leaves, lambda x: Not(said(x)))


def _is_absent(b: Shown, leaves: Leaves) -> Formula:
    nowhere = Not(Or(*(b.entry(level, x, f, a) for level in range(leaves.levels))))
    return ForAll([x, f, a], Implies(leaves.has(x), nowhere))


def _is_held(b: Shown, leaves: Leaves, *more: object) -> Named:
    return {"its leaves stand": _of_all(leaves, lambda x: b.held(leaves.level, x))}


def _is_lifted(b: Shown, leaves: Leaves, *more: object) -> Named:
    return {**_is_held(b, leaves), "its leaves are absent": _is_absent(b, leaves)}


def _reserve_requires(b: Shown, leaves: Leaves) -> Named:
    def held(x: Term) -> Formula:
        return Or(*(b.held(level, x) for level in range(leaves.levels)))

    return {"no page of the mapping is held": _of_none(leaves, held)}


def _reserve(b: Shown, leaves: Leaves) -> Shown:
    return replace(b, held=lambda k, x: Or(b.held(k, x), leaves.has(x)) if k == leaves.level else b.held(k, x))


def _release(b: Shown, leaves: Leaves) -> Shown:
    return replace(b, held=lambda k, x: And(b.held(k, x), Not(leaves.has(x))))


def _write(b: Shown, leaves: Leaves, frame: Term, has: Predicate) -> Shown:
    def entry(level: int, x: Term, f: Term, a: Term) -> Formula:
        others = And(Not(leaves.has(x)), b.entry(level, x, f, a))
        new = And(leaves.has(x), f == along(frame, x), has(a))
        return Or(others, new) if level == leaves.level else others

    return replace(b, entry=entry)


def _clear(b: Shown, leaves: Leaves, *more: object) -> Shown:
    return replace(b, entry=lambda level, x, f, a: And(Not(leaves.has(x)), b.entry(level, x, f, a)))


def _divide(b: Shown, leaves: Leaves, frame: Term, has: Predicate) -> Shown:
    finer = filling(leaves.level - 1, leaves.levels)
    return _reserve(_release(_write(b, finer, frame, has), leaves), finer)


def _detach_requires(b: Shown, leaves: Leaves) -> Named:
    finer = filling(leaves.level - 1, leaves.levels)
    return {"the leaves of a table stand": _of_all(leaves, lambda x: b.held(finer.level, x))}


def _detach(b: Shown, leaves: Leaves) -> Shown:
    return _reserve(_release(_clear(b, leaves), leaves), leaves)


RESERVE: Contract[Shown] = Contract("reserve", _reserve_requires, _reserve)
"""If it returns True; it may also return False and change nothing, since too few frames are free and not promised."""

WRITE: Contract[Shown] = Contract("write", _is_held, _write)
"""Its pages see frames from the first on, with some rights, as far as the format has them."""

CLEAR: Contract[Shown] = Contract("clear", _is_held, _clear)
LIFT: Contract[Shown] = Contract("lift", _is_held, _clear)
RELEASE: Contract[Shown] = Contract("release", _is_lifted, lambda b, leaves: _release(b, leaves))
"""Returns tables in which nothing stands any more, detached."""

DIVIDE: Contract[Shown] = Contract("divide", _is_lifted, _divide)
"""Of a mapping that is one leaf, above the last level: its pages see what they are to through smaller leaves."""

DETACH: Contract[Shown] = Contract("detach", _detach_requires, _detach)
"""Of a mapping whose leaves fill a table: one leaf stands in its place, absent. Returns the table."""

SETTLE: Contract[Shown] = Contract("settle", _is_lifted, _write)
"""After a detach: the table is free, and its pages see the mapping's frames through one leaf."""
