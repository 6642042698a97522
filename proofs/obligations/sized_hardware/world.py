"""Page tables with leaves on every level and the buffers of all cores, as relations, and what holds of them.

``entry(k, x, f, a)``: the walk of page x ends at a leaf of level k, and finds frame f with right a.
``cached(c, k, x, f, a)``: core c may hold an entry of a page of level k, in which x lies, that translates x to f with
right a. A core may fill its buffer at any time, so this relation is kept as large as it can be: what a leaf shows is
taken to be cached at once on every core, of the leaf's size, and nothing leaves but by invalidation.

Two pages lie in one page of level k if their addresses have the same indexes from that level up. A space without a tag
is executed by no core, and no buffer holds anything of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Right, Slot, Term, owner
from proofs.execution.contract import Named
from proofs.execution.values import Physical
from proofs.obligations.kernel.world import CoreSort, c, idle, tag_of
from proofs.obligations.machine import agreement
from proofs.obligations.machine.tags_state import distinct
from proofs.obligations.page_tables.table_state import index
from proofs.obligations.sized_tables.contracts import Shown

Cached = Callable[[Term, int, Term, Term, Term], Formula]
"""Of a core, a level, a page, a physical frame and a right: what buffers may hold."""

x, y = Const("page_x", Slot), Const("page_y", Slot)
f, g = agreement.frame, Const("other_physical", Physical)
a, b = Const("right_a", Right), Const("right_b", Right)

# What the mapping database says of a page before a method.
said = Function("said", Slot, Physical, Right, BoolSort())


@dataclass(frozen=True, slots=True)
class World:
    """Page tables and buffers at one time."""

    tables: Shown
    cached: Cached

    @property
    def levels(self) -> range:
        """All levels, from the last one up."""
        return range(self.tables.levels)


@cache
def before(levels: int) -> World:
    """Any page tables of that many levels, and any buffers."""
    entries = [Function(f"entry{k}", Slot, Physical, Right, BoolSort()) for k in range(levels)]
    held = [Function(f"held{k}", Slot, BoolSort()) for k in range(levels)]
    cached = [Function(f"cached{k}", CoreSort, Slot, Physical, Right, BoolSort()) for k in range(levels)]
    tables = Shown(levels, lambda k, x, f, a: entries[k](x, f, a), lambda k, x: held[k](x))
    return World(tables, lambda c, k, x, f, a: cached[k](c, x, f, a))


def alike(levels: int, level: int, one: Term, other: Term) -> Formula:
    """Two pages lie in one page of that level."""
    return And(owner(one) == owner(other), *(index(k, one) == index(k, other) for k in range(level, levels)))


def shows(tables: Shown, x: Term, f: Term, a: Term) -> Formula:
    """The walk of a page finds a frame with a right, on whatever level it ends."""
    return Or(*(tables.entry(k, x, f, a) for k in range(tables.levels)))


def translates(world: World, c: Term, x: Term, f: Term, a: Term) -> Formula:
    """A core may translate a page so by its buffer, by an entry of whatever size."""
    return Or(*(world.cached(c, k, x, f, a) for k in world.levels))


ADDRESSES: Named = {"spaces in use have tags of their own": distinct(tag_of, lambda s: Not(idle(s)))}
"""What is proved of tags."""


def walks_end_once(tables: Shown) -> Named:
    """What holds of page tables between calls: a walk ends on one level, where a leaf stands."""
    k = range(tables.levels)
    apart = (Not(And(tables.held(one, x), tables.held(other, x))) for one, other in combinations(k, 2))
    shown = (Implies(tables.entry(level, x, f, a), tables.held(level, x)) for level in k)
    return {
        "leaves of one level stand on a page's way": ForAll([x], And(*apart)),
        "a walk finds something only where a leaf stands": ForAll([x, f, a], And(*shown)),
    }


def entries_say(tables: Shown, database: agreement.Translations) -> Formula:
    """A walk finds what the database says of its page, exactly."""
    return agreement.exactly(lambda x, f, a: shows(tables, x, f, a), database)


def buffers_follow(world: World) -> Formula:
    """An entry of a buffer translates each page that lies in it as that page's walk does, by a leaf of its size."""
    within = (Implies(world.cached(c, k, x, f, a), world.tables.entry(k, x, f, a)) for k in world.levels)
    return ForAll([c, x, f, a], And(*within))


def coherent(world: World, database: agreement.Translations) -> Named:
    """Tables show exactly what the database says, and buffers hold nothing that tables do not show."""
    return {
        "walks find what the database says": entries_say(world.tables, database),
        "buffers hold what walks find, of the leaf's size": buffers_follow(world),
        "buffers hold nothing of an idle space": only_active(world),
    }


def only_active(world: World) -> Formula:
    """Nothing is cached of a space that no core may execute."""
    return ForAll([c, x, f, a], Implies(translates(world, c, x, f, a), Not(idle(owner(x)))))


def reaches_only(world: World, allowed: agreement.Translations) -> Formula:
    """Neither a walk nor a buffer translates a page otherwise."""
    walks = agreement.within(lambda x, f, a: shows(world.tables, x, f, a), allowed)
    buffers = ForAll([c], agreement.within(lambda x, f, a: translates(world, c, x, f, a), allowed))
    return And(walks, buffers)


def of_one_size(world: World) -> Formula:
    """No buffer translates a page by entries of two sizes."""
    both = (
        Not(And(world.cached(c, one, x, f, a), world.cached(c, other, x, g, b)))
        for one, other in combinations(world.levels, 2)
    )
    return ForAll([c, x, f, g, a, b], And(*both))


def translates_none(world: World, has: Callable[[Term], Formula]) -> Formula:
    """No buffer translates one of these pages."""
    return ForAll([c, x, f, a], Implies(has(x), Not(translates(world, c, x, f, a))))


def meets(levels: int, level: int, x: Term, has: Callable[[Term], Formula]) -> Formula:
    """In the page of that level in which one lies there is one of these pages."""
    return Exists([y], And(has(y), alike(levels, level, x, y)))


def nothing(*_: Term) -> Formula:
    """Says nothing of any page."""
    return BoolVal(False)
