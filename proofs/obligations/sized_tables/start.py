"""The first state of page tables with large leaves: built by taking a root for each space, it has every invariant."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from z3 import BoolVal, IntVal

from model.spaces.theory import Formula, Term
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.page_tables.table_start import built, root_is_added
from proofs.obligations.page_tables.table_state import accounted, root
from proofs.obligations.sized_tables.effects import some
from proofs.obligations.sized_tables.execution import FORMAT_OF
from proofs.obligations.sized_tables.state import SizedState, apart, before, counted, none
from proofs.obligations.sized_tables.symbolic import SymbolicSized
from proofs.obligations.source import CODE, Code


def _all(_: Term) -> Formula:
    return BoolVal(True)


def first(b: SizedState) -> SizedState:
    """The state when every space has its root, with what is kept for the proof alone."""
    zero = IntVal(0)
    return replace(
        b,
        at=(*(none for _ in range(b.levels - 1)), b.used),
        of=lambda t, s: root(s) == t,
        number=lambda t: zero,
        detached=none,
        taken=none,
        promised=zero,
        owed=zero,
        due=zero,
    )


def _root_is_added(code: Code = CODE) -> Iterator[Condition]:
    levels = min(FORMAT_OF)
    start = before(levels)
    return root_is_added(start, lambda path: SymbolicSized(path, start, FORMAT_OF[levels], code, 0, {}, ()))


def first_state_is_sound() -> Iterator[Condition]:
    """When every space has its root, all invariants hold."""
    for levels in FORMAT_OF:
        b = before(levels)
        given = {**built(b, _all, root), "frames are counted": b.frames >= 0}
        state = first(b)
        for goal in ({**apart(state), **counted(state), "": accounted(state, some)}).values():
            yield Condition(given, dict.fromkeys(given, "assumption"), goal)


def obligations() -> Iterator[CodeObligation]:
    """The base of the induction."""
    yield CodeObligation(
        "sized_tables_start__has__invariants",
        "B.integrity",
        "when a root was taken for every space, tables with large leaves are apart, no leaf stands, none is promised",
        lambda dialect, code: chain(_root_is_added(code), first_state_is_sound()),
    )
