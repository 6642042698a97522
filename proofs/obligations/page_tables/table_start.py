"""The first state of all page tables: built by taking a root for each space, it has every invariant.

``PageTables`` takes one table after the other from a pool in which all frames are free. The code that takes one is
executed, from a state in which some spaces have a root.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Consts, Exists, ForAll, Function, If, Implies, IntVal, Not, Or, Xor

from model.spaces.theory import Formula, Predicate, Space, Term
from proofs.execution.contract import Named
from proofs.execution.path import Path, conjunction, paths
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation, conditions_of
from proofs.obligations.page_tables.page_tables import FORMAT_OF
from proofs.obligations.page_tables.symbolic_tables import SymbolicTables
from proofs.obligations.page_tables.table_effects import f, i, r, some, t, u
from proofs.obligations.page_tables.table_state import (
    LinkedTables,
    Tables,
    accounted,
    addresses,
    apart,
    before,
    counted,
    numbers,
    root,
)
from proofs.obligations.source import CODE, Code

s, s2 = Consts("one_space other_space", Space)
space = Const("space_without_root", Space)
has_root = Function("has_root", Space, BoolSort())


def built(b: LinkedTables, done: Predicate, root: Callable[[Term], Term]) -> Named:
    """Some spaces have a root; nothing else is in use, and nothing stands anywhere."""
    two = And(done(s), done(s2), root(s) == root(s2))
    return {
        "no two spaces have one root": ForAll([s, s2], Implies(two, s == s2)),
        "roots are in use": ForAll([s], Implies(done(s), b.used(root(s)))),
        "what is in use is a root": Implies(b.used(some), Exists([s], And(done(s), root(s) == some))),
        "tables in use show nothing": ForAll([t, i, f, r], Implies(b.used(t), Not(b.shows(t, i, f, r)))),
        "they count nothing": ForAll([t], Implies(b.used(t), b.uses(t) == 0)),
        "no table hangs": ForAll([t, i, u], Not(b.points(t, i, u))),
        "a frame is free or in use": ForAll([t], Xor(b.free(t), b.used(t))),
    }


def first(b: Tables) -> Tables:
    """The state when every space has a root, with what is kept for the proof alone."""
    return replace(
        b,
        at=(*(_none for _ in range(b.levels - 1)), b.used),
        of=lambda t, s: root(s) == t,
        number=lambda t: IntVal(0),
        reserved=_none,
        twice=_none,
        detached=_none,
    )


def _none(_: Term) -> Formula:
    return BoolVal(False)


def _all(_: Term) -> Formula:
    return BoolVal(True)


def root_is_added(start: LinkedTables, symbolic: Callable[[Path], SymbolicTables[Any]]) -> Iterator[Condition]:
    """Nothing is built at first; and one more root leaves all that was said of those built.

    :param start: any page tables; ``symbolic`` makes the objects that stand for them on a path.
    """
    nothing = replace(start, used=_none, free=_all, points=lambda *_: BoolVal(False))
    yield from _conditions({}, built(nothing, _none, root))
    given = {
        **built(start, has_root, root),
        "there is a free frame": start.frames >= 1,
        "the space has no root": Not(has_root(space)),
    }

    def run(path: Path) -> None:
        tables = symbolic(path)
        new = tables.code._take().term
        roots = built(tables.now, lambda s: Or(has_root(s), s == space), lambda s: If(s == space, new, root(s)))
        for name, goal in roots.items():
            path.demand(name, partial(conjunction, [goal]))

    walked = tuple(path for path, _ in paths(run))
    for name in built(start, has_root, root):
        yield from conditions_of(walked, given, name)


def _root_is_added(code: Code = CODE) -> Iterator[Condition]:
    levels = min(FORMAT_OF)
    start = before(levels)
    return root_is_added(start, lambda path: SymbolicTables(path, start, FORMAT_OF[levels], code))


def first_state_is_sound() -> Iterator[Condition]:
    """When every space has its root, all invariants hold."""
    for levels in FORMAT_OF:
        b = before(levels)
        given = {**addresses(levels), **built(b, _all, root), "frames are counted": b.frames >= 0}
        state = first(b)
        yield from _conditions(given, {**apart(state), **counted(state), **numbers(state), "": accounted(state, some)})


def _conditions(given: Named, goals: Named) -> Iterator[Condition]:
    for goal in goals.values():
        yield Condition(given, dict.fromkeys(given, "assumption"), goal)


def obligations() -> Iterator[CodeObligation]:
    """The base of the induction."""
    yield CodeObligation(
        "page_tables_start__has__invariants",
        "B.integrity",
        "when a root was taken for every space, tables are apart, and each counts what stands in it",
        lambda dialect, code: chain(_root_is_added(code), first_state_is_sound()),
    )
