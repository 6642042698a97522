"""The world of the kernel's operations: a mapping tree, page tables and translation buffers of any size.

``entry(x, f, a)``: the page-table entry of slot x shows the physical frame f and grants right a.
``cached(c, x, f, a)``: the buffer of core c may translate so. A core may fill its buffer at any time, so ``cached`` is
kept as large as it can be: what an entry shows is taken to be cached at once on every core, and nothing leaves but by
invalidation. What holds of this relation holds of the buffers' real contents at any moment, of any number of cores.

A slot is a page of a space. A space without a tag is executed by no core, and no buffer holds anything of it; tags
change between operations only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from z3 import And, BoolSort, Const, DeclareSort, ForAll, Function, Implies, Not

from model.spaces.theory import Formula, Frame, Right, Slot, Space, Term, a, owner, q, r, x, y
from proofs.execution.contract import Named
from proofs.execution.values import Page, Physical, Tag, no_node
from proofs.obligations.machine import agreement
from proofs.obligations.machine.agreement import exactly
from proofs.obligations.machine.tags_state import distinct
from proofs.obligations.page_tables.table_contracts import TableState, Translations, tables
from proofs.obligations.tree.invariants import is_node
from proofs.obligations.tree.tree import BEFORE, TreeState, fresh_state

CoreSort = DeclareSort("Core")
c = Const("c", CoreSort)
f = agreement.frame

idle = Function("idle", Space, BoolSort())
tag_of = Function("tag_of", Space, Tag)
page_of = Function("page_of", Slot, Page)
physical = Function("physical", Frame, Physical)

Cached = Callable[[Term, Term, Term, Term], Formula]
"""Of a core, a slot, a physical frame and a right: what buffers may hold."""

ALLOWED = "reaches__nothing_else"


def caches(name: str) -> Cached:
    """Any contents of all buffers."""
    relation: Cached = Function(name, CoreSort, Slot, Physical, Right, BoolSort())
    return relation


ADDRESSES: Named = {
    "a slot is one page of one space": ForAll(
        [x, y], Implies(And(owner(x) == owner(y), page_of(x) == page_of(y)), x == y)
    ),
    "spaces in use have tags of their own": distinct(tag_of, lambda s: Not(idle(s))),
    "frames of the scope are different physical ones": ForAll([r, q], Implies(physical(r) == physical(q), r == q)),
}
"""What numbers stand for: slots and physical frames by arithmetic, tags as they are given out."""


def database(t: TreeState) -> Translations:
    """What the mapping tree says of a slot, since P is kept (A.P): a physical frame, and rights."""

    def said(x: Term, f: Term, a: Term) -> Formula:
        node = t.node_of(x)
        return And(t.live(node), t.node_of(x) != no_node, f == physical(t.frame(node)), t.rights(node, a))

    return said


def entry_requires(t: TreeState, slot: Term) -> Named:
    """What every change of an entry requires: kernels that show other things find what a slot shows by its node."""
    return {"a node stands for the slot": t.node_of(slot) != no_node}


def cached_within(cached: Cached, all_of: Translations) -> Formula:
    """No core's buffer holds anything but that."""
    return ForAll([c, x, f, a], Implies(cached(c, x, f, a), all_of(x, f, a)))


def only_active(cached: Cached) -> Formula:
    """Nothing is cached of a space that no core may execute."""
    return ForAll([c, x, f, a], Implies(cached(c, x, f, a), Not(idle(owner(x)))))


@dataclass(frozen=True, slots=True)
class World:
    """Mapping tree, page tables and buffers at one time."""

    tree: TreeState
    tables: TableState
    cached: Cached


@lru_cache(maxsize=64)
def coherent(world: World) -> Named:
    """Entries show exactly what the database says, and buffers hold nothing else."""
    said = database(world.tree)
    return {
        "entries show what the database says": exactly(world.tables.entry, said),
        "buffers hold only what the database says": cached_within(world.cached, said),
        "buffers hold nothing of an idle space": only_active(world.cached),
    }


def accounted(world: World) -> Named:
    """What is mapped is reserved, once, and nothing else is."""
    mapped = is_node(world.tree.node_of(x))
    return {
        "what is mapped is reserved": ForAll([x], world.tables.reserved(x) == mapped),
        "nothing is reserved twice": ForAll([x], Not(world.tables.twice(x))),
    }


def settled(tables: TableState) -> Named:
    """What was detached from the tables was given back."""
    return {"all detached tables were given back": ForAll([x], Not(tables.detached(x)))}


def reserved_once_below(world: World, top: Term) -> Named:
    """What was mapped from a node is reserved, once."""
    node = world.tree.node_of(x)
    once = And(world.tables.reserved(x), Not(world.tables.twice(x)))
    return {"what is below the top is reserved once": ForAll([x], Implies(world.tree.below(node, top), once))}


def released_what_is_gone(before: World, after: World) -> Named:
    """What is not mapped any more is not reserved any more, and else no reservation has changed."""
    gone = And(is_node(before.tree.node_of(x)), Not(is_node(after.tree.node_of(x))))
    return {
        "what is gone is released": ForAll([x], after.tables.reserved(x) == And(before.tables.reserved(x), Not(gone))),
        "what was reserved twice still is": ForAll([x], after.tables.twice(x) == before.tables.twice(x)),
    }


CACHED = caches("cached")
"""What buffers may hold before an operation."""

TABLES = tables("")
"""The page tables before an operation."""

START = World(BEFORE, TABLES, CACHED)
"""Everything before an operation."""


@cache
def world(name: str) -> World:
    """Any mapping tree, page tables and buffers; the name tells their symbols apart from those of others."""
    return World(fresh_state(name), tables(name), caches(f"cached{name}"))
