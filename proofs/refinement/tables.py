"""Page tables stay the kernel's own: no user reaches a table's frame, and no space another space's tables.

In two parts. What entries the kernel writes is bits: a pointer to a frame of the pool, or a leaf for a frame outside,
with what the processor marks in it; a walk from a pool frame then meets tables of the pool only, and ends outside.
Which table hangs where is a transition system of three steps: a free table is attached below a table, an empty one is
detached, and given back; a table in use then always hangs in one place, of one space.
"""

from collections.abc import Callable, Iterable, Iterator

from z3 import (
    ULE,
    ULT,
    And,
    BoolSort,
    Const,
    Consts,
    DeclareSort,
    ForAll,
    Function,
    If,
    Implies,
    Not,
    Or,
)

from machine.formats import FORMATS, LEAF, POINTER, Format
from model.theory import Formula, Space, Term
from proofs.obligation import Condition
from proofs.refinement.bits import prefix, word
from proofs.refinement.code import Build, CodeObligation
from proofs.refinement.source import CODE, Code

# What the kernel writes, as bits.


def walk_stays_outside_pool(format: Format) -> Iterator[Condition]:
    """At every level of a walk: an entry that the kernel wrote leads to the pool, or is a leaf outside it."""
    first, end, target, rights, flags, access = (
        word(format, name) for name in ("first", "end", "target", "rights", "flags", "access")
    )
    in_pool = And(ULE(first, target), ULT(target, end))
    fits = {
        "the pool is a range of frames": ULT(first, end),
        "rights and flags fit": And(ULE(rights, 7), ULE(flags, 7)),
    }
    for level in range(format.levels):
        if level:
            entry, what = format.encode_pointer(target), {"a pointer is to a frame of the pool": in_pool}
        else:
            entry = format.encode_leaf(target, rights, 1, 0, flags)
            what = {"a leaf is for a frame outside the pool": Not(in_pool)}
        mask = format.table_mask if level else format.frame_mask(0)
        given = {**fits, **what, "the frame fits": target & ~mask == 0}
        for read in (entry, format.mark(entry, int(level == 0), access)):
            got = format.decode(read, level)
            inside = And(ULE(first, got.frame), ULT(got.frame, end))
            goal = And(
                Implies(got.kind == POINTER, And(inside, level > 0)),
                Implies(got.kind == LEAF, And(Not(inside), level == 0)),
            )
            yield Condition(given, dict.fromkeys(given, "assumption"), goal)


# Which table hangs where.

Table, Index = DeclareSort("PageTable"), DeclareSort("Index")
t, u, v = Consts("t u v", Table)
i, j = Consts("i j", Index)
above, table = Consts("above table", Table)
place = Const("place", Index)

hangs = Function("hangs", Table, Index, Table, BoolSort())
used = Function("used", Table, BoolSort())
root = Function("root", Table, BoolSort())
of = Function("of", Table, Space)

Hangs = Callable[[Term, Term, Term], Formula]
Tables = tuple[Hangs, Callable[[Term], Formula], Callable[[Term], Term]]


def invariants(hangs: Hangs, used: Callable[[Term], Formula], of: Callable[[Term], Term]) -> dict[str, Formula]:
    """What holds of the tables of all spaces."""
    return {
        "a table hangs in one place at most": ForAll(
            [t, u, v, i, j], Implies(And(hangs(t, i, v), hangs(u, j, v)), And(t == u, i == j))
        ),
        "a place has one table at most": ForAll([t, i, u, v], Implies(And(hangs(t, i, u), hangs(t, i, v)), u == v)),
        "what hangs below a table is its space's": ForAll([t, i, u], Implies(hangs(t, i, u), of(t) == of(u))),
        "only tables in use hang, and hang on such": ForAll([t, i, u], Implies(hangs(t, i, u), And(used(t), used(u)))),
        "a root hangs nowhere": ForAll([t, i, u], Implies(hangs(t, i, u), Not(root(u)))),
        "roots are in use": ForAll([t], Implies(root(t), used(t))),
    }


STEPS: dict[str, tuple[dict[str, Formula], Tables]] = {
    "reserve": (
        {
            "the table above is in use": used(above),
            "the place is empty": ForAll([u], Not(hangs(above, place, u))),
            "the new table is free": Not(used(table)),
        },
        (
            lambda t, i, u: Or(hangs(t, i, u), And(t == above, i == place, u == table)),
            lambda t: Or(used(t), t == table),
            lambda t: If(t == table, of(above), of(t)),
        ),
    ),
    "release": (
        {
            "the table hangs there": hangs(above, place, table),
            "nothing hangs below it": ForAll([i, u], Not(hangs(table, i, u))),
        },
        (lambda t, i, u: And(hangs(t, i, u), u != table), lambda t: used(t), lambda t: of(t)),
    ),
    "give_back": (
        {
            "the table is detached": And(
                Not(root(table)), ForAll([t, i], And(Not(hangs(t, i, table)), Not(hangs(table, i, t))))
            )
        },
        (hangs, lambda t: And(used(t), t != table), of),
    ),
}


def stay_apart(step: str, code: Code = CODE) -> Iterator[Condition]:
    """The step keeps all invariants of the tables, one condition each."""
    requires, after = code.tables.get(step, STEPS[step])
    given = {**invariants(hangs, used, of), **requires}
    about = {name: "guard" if name in requires else "invariant" for name in given}
    for goal in invariants(*after).values():
        yield Condition(given, about, goal)


def _bits(format: Format) -> Build:
    return lambda dialect, code: walk_stays_outside_pool(code.formats.get(format.name, format))


def _step(step: str) -> Build:
    return lambda dialect, code: stay_apart(step, code)


def walk_obligations(formats: Iterable[Format] = FORMATS) -> Iterator[CodeObligation]:
    """For each format what entries lead to."""
    for format in formats:
        yield CodeObligation(
            f"{prefix(format)}__walk__stays__outside_tables",
            "B.integrity",
            f"{format.name}: a walk over entries that the kernel wrote gives the user no frame of a page table",
            _bits(format),
        )


def obligations() -> Iterator[CodeObligation]:
    """For each format what entries lead to; for each step on tables that they stay apart."""
    yield from walk_obligations()
    for step in STEPS:
        yield CodeObligation(
            f"{step}__keeps__tables_apart",
            "B.integrity",
            f"after {step} every page table in use hangs in one place at most, below tables of one space",
            _step(step),
        )
