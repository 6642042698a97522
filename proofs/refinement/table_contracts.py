"""What page tables promise the kernel: reserve, write, clear and release, as changes of two relations and a count.

A slot is reserved once for what is mapped there, and once more while an operation is about to replace that.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from z3 import And, BoolSort, Const, ForAll, Function, Not, Or

from model.theory import Formula, Predicate, Right, Slot, Term, a
from proofs.execution.contract import Contract, Named
from proofs.execution.values import Physical

Translations = Callable[[Term, Term, Term], Formula]


@dataclass(frozen=True, slots=True)
class TableState:
    """All page tables as the kernel needs them.

    :param entry: of a slot, a physical frame and a right: the slot's entry shows that frame with that right.
    :param reserved: the slot's tables exist, and are counted for it.
    :param twice: they are counted for it once more.
    """

    entry: Translations
    reserved: Predicate
    twice: Predicate


def tables(name: str) -> TableState:
    """Any page tables."""
    entry: Translations = Function(f"entry{name}", Slot, Physical, Right, BoolSort())
    return TableState(entry, Function(f"reserved{name}", Slot, BoolSort()), Function(f"twice{name}", Slot, BoolSort()))


def _reserve_requires(t: TableState, slot: Term) -> Named:
    return {"the slot is reserved once at most": Not(t.twice(slot))}


def _reserve(t: TableState, slot: Term) -> TableState:
    return TableState(
        t.entry,
        lambda x: Or(t.reserved(x), x == slot),
        lambda x: Or(t.twice(x), And(x == slot, t.reserved(x))),
    )


def _is_reserved(t: TableState, slot: Term, *more: object) -> Named:
    return {"the slot is reserved": t.reserved(slot)}


def _write(t: TableState, slot: Term, frame: Term, has: Predicate) -> TableState:
    return replace(t, entry=lambda x, f, a: Or(And(x != slot, t.entry(x, f, a)), And(x == slot, f == frame, has(a))))


def _clear(t: TableState, slot: Term) -> TableState:
    return replace(t, entry=lambda x, f, a: And(x != slot, t.entry(x, f, a)))


def _release_requires(t: TableState, slot: Term) -> Named:
    shows = ForAll([_f, a], Not(t.entry(slot, _f, a)))
    return {
        "the slot is reserved": t.reserved(slot),
        "the slot's entry is absent, or the slot stays reserved": Or(t.twice(slot), shows),
    }


def _release(t: TableState, slot: Term) -> TableState:
    return TableState(
        t.entry,
        lambda x: And(t.reserved(x), Or(x != slot, t.twice(x))),
        lambda x: And(t.twice(x), x != slot),
    )


_f = Const("any_physical", Physical)

RESERVE: Contract[TableState] = Contract("reserve", _reserve_requires, _reserve)
"""If it returns True; it may also return False and change nothing, since the pool has too few frames."""

WRITE: Contract[TableState] = Contract("write", _is_reserved, _write)
"""The entry shows a frame with some rights, as far as the format has them."""

CLEAR: Contract[TableState] = Contract("clear", _is_reserved, _clear)
RELEASE: Contract[TableState] = Contract("release", _release_requires, _release)
"""Returns tables in which nothing stands any more, detached."""
