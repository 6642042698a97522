"""Contracts of page tables: reserve, write, clear, release, give_back, as changes of relations and a count.

A slot is reserved once for what is mapped there, and once more while an operation is about to replace that. Tables that
a release detached are named by the slot that was released: they may be given back once, and not while a core may
still walk through them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from z3 import And, BoolSort, BoolVal, Const, ForAll, Function, Not, Or

from model.spaces.theory import Formula, Predicate, Right, Slot, Term, a
from proofs.execution.contract import Contract, Named
from proofs.execution.values import Physical

Translations = Callable[[Term, Term, Term], Formula]


def _none(_: Term) -> Formula:
    return BoolVal(False)


@dataclass(frozen=True, slots=True)
class TableState:
    """All page tables as the kernel needs them.

    :param entry: of a slot, a physical frame and a right: the slot's entry shows that frame with that right.
    :param reserved: the slot's tables exist, and are counted for it.
    :param twice: they are counted for it once more.
    :param detached: the slot was released, and what that detached is not given back.
    """

    entry: Translations
    reserved: Predicate
    twice: Predicate
    detached: Predicate = _none


def tables(name: str) -> TableState:
    """Any page tables."""
    entry: Translations = Function(f"entry{name}", Slot, Physical, Right, BoolSort())
    reserved, twice, detached = (
        Function(f"{what}{name}", Slot, BoolSort()) for what in ("reserved", "twice", "detached")
    )
    return TableState(entry, reserved, twice, detached)


def _reserve_requires(t: TableState, slot: Term) -> Named:
    return {"the slot is reserved once at most": Not(t.twice(slot))}


def _reserve(t: TableState, slot: Term) -> TableState:
    return replace(
        t,
        reserved=lambda x: Or(t.reserved(x), x == slot),
        twice=lambda x: Or(t.twice(x), And(x == slot, t.reserved(x))),
    )


def _is_reserved(t: TableState, slot: Term, *more: object) -> Named:
    return {"the slot is reserved": t.reserved(slot)}


def _write(t: TableState, slot: Term, frame: Term, has: Predicate) -> TableState:
    return replace(t, entry=lambda x, f, a: Or(And(x != slot, t.entry(x, f, a)), And(x == slot, f == frame, has(a))))


def _clear(t: TableState, slot: Term) -> TableState:
    return replace(t, entry=lambda x, f, a: And(x != slot, t.entry(x, f, a)))


def _is_absent(shown: Translations, slot: Term) -> Formula:
    return ForAll([_f, a], Not(shown(slot, _f, a)))


def _release_requires(t: TableState, slot: Term) -> Named:
    return {
        "the slot is reserved": t.reserved(slot),
        "the slot's entry is absent, or the slot stays reserved": Or(t.twice(slot), _is_absent(t.entry, slot)),
        "what its last release detached was given back": Not(t.detached(slot)),
    }


def _release(t: TableState, slot: Term) -> TableState:
    return replace(
        t,
        reserved=lambda x: And(t.reserved(x), Or(x != slot, t.twice(x))),
        twice=lambda x: And(t.twice(x), x != slot),
        detached=lambda x: Or(t.detached(x), And(x == slot, Not(t.twice(x)))),
    )


def _give_back_requires(t: TableState, slot: Term, cached: Translations) -> Named:
    return {
        "a release of the slot detached them, and they were not given back": t.detached(slot),
        "no core translates the slot any more": _is_absent(cached, slot),
    }


def _give_back(t: TableState, slot: Term, cached: Translations) -> TableState:
    return replace(t, detached=lambda x: And(t.detached(x), x != slot))


_f = Const("any_physical", Physical)

RESERVE: Contract[TableState] = Contract("reserve", _reserve_requires, _reserve)
"""If it returns True; it may also return False and change nothing, since the pool has too few frames."""

WRITE: Contract[TableState] = Contract("write", _is_reserved, _write)
"""The entry shows a frame with some rights, as far as the format has them."""

CLEAR: Contract[TableState] = Contract("clear", _is_reserved, _clear)
RELEASE: Contract[TableState] = Contract("release", _release_requires, _release)
"""Returns tables in which nothing stands any more, detached; none if the slot stays reserved."""

GIVE_BACK: Contract[TableState] = Contract("give_back", _give_back_requires, _give_back)
"""Of what a release of the slot returned, while ``cached`` says what cores may hold of translations.

No other slot is translated through those tables: none that is reserved has one of them on its path.
"""
