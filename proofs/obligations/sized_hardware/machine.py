"""Page tables, cores and buffers as the kernel with ranges finds them: each does what is proved of it, at most.

An invalidation takes from a buffer what translates one address, an entry of any size. The addresses of a mapping's
leaves are gone through in a loop that does the same for each: what is done for one, which may be any of them, is done
for all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolRef, BoolVal, Const, Exists, ForAll, Function, Implies, Not, Or, substitute

from machine.formats import Format
from model.running.z3_terms import remembered
from model.spaces.theory import Formula, Predicate, Slot, Space, Term, owner
from proofs.execution.contract import CALLS
from proofs.execution.loop_rules import Values
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Opaque, Option, Physical, Tag, Value, lift, rights_of
from proofs.obligations.kernel.hardware import FREES, LEAKS, Cores, running_tag
from proofs.obligations.kernel.world import idle, tag_of
from proofs.obligations.page_tables.table_state import Index, index
from proofs.obligations.sized_hardware.detached import Detached, Noted
from proofs.obligations.sized_hardware.world import World, meets, translates_none, x
from proofs.obligations.sized_tables.arithmetic import numbers
from proofs.obligations.sized_tables.contracts import CLEAR, DETACH, DIVIDE, LIFT, RELEASE, RESERVE, WRITE, Shown
from proofs.obligations.sized_tables.leaves import Leaves
from proofs.obligations.source import Code

PRECISE = "invalidates__its_pages_only"

LeavesAt = Callable[[Term, int], Leaves | None]
"""Of a slot and an order: the leaves of the mapping of that order at the slot, if there may be one."""

Doomed = Callable[[int, Term], Formula]
"""Of a level and a page: the entry of a page of that level in which it lies is to go."""

_i = Const("any_leaf", Index)
_leaf = Const("some_leaf", Index)


@dataclass(frozen=True, slots=True, eq=False)
class LeafNumber(Opaque):
    """The number of a leaf of a mapping of that order, by the place where it stands; any of them."""

    order: int

    def __lshift__(self, bits: int) -> "Distance":
        """Times a power of two."""
        return Distance(self, bits)


@dataclass(frozen=True, slots=True, eq=False)
class Distance(Opaque):
    """How far an address is behind that of the mapping's slot."""

    leaf: LeafNumber
    bits: int


@dataclass(frozen=True, slots=True, eq=False)
class VirtualAddress(Opaque):
    """A virtual address, by its index on each level, where that condition holds; else there is none."""

    machine: "SizedMachine"
    slot: Term
    indexes: tuple[Term, ...]
    exists: Formula = field(default_factory=lambda: BoolVal(True))

    def __add__(self, distance: object) -> "VirtualAddress":
        """The first address of a leaf, if it is as far away as that leaf is; else any address."""
        if type(distance) is int and distance == 0:
            return self
        if not isinstance(distance, Distance):
            raise ExecutionError(f"{distance!r} is added to an address")
        machine, order = self.machine, distance.leaf.order
        leaves, size = machine.leaves_at(self.slot, order), machine.numbers.leaf_order(order)
        if leaves is None or distance.bits != 12 + size:
            some = (Function(f"index {k} {distance.bits} bits further", Index, Index) for k in machine.levels)
            return VirtualAddress(machine, self.slot, tuple(each(_leaf) for each in some))
        its = [_leaf if k == leaves.level else one for k, one in enumerate(self.indexes)]
        return VirtualAddress(machine, self.slot, tuple(its), leaves.stands(_leaf))


@dataclass(frozen=True, slots=True, eq=False)
class LeafCount(Opaque):
    """How many leaves a mapping of an order has."""

    order: int


class LeafNumbers:
    """The numbers of all leaves of a mapping, to be gone through: one stands for every one of them."""

    def __init__(self, machine: "SizedMachine", order: int) -> None:
        """Of a mapping of that order."""
        self.machine, self.order, self.rule = machine, order, self

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The body changes no variable."""
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """One leaf; afterwards of all of them has gone from buffers what went of it."""
        machine = self.machine
        before, done = machine.cached, machine.changes()
        dropped = len(machine.dropped)
        yield LeafNumber(self.order)
        if machine.changes() != done:
            raise ExecutionError("the loop over leaves does more than to take entries from a buffer")
        gone = machine.dropped[dropped:]
        del machine.dropped[dropped:]
        machine.cached = before
        for core, doomed in gone:
            machine.take(core, _of_any_leaf(doomed))

    def tail(self, values: Values) -> None:
        """On to the next leaf."""


def _of_any_leaf(doomed: Doomed) -> Doomed:
    """What goes for some leaf, if that goes for the one that stands for any."""
    return lambda level, x: Exists([_i], substitute(doomed(level, x), (_leaf, _i)))


class SizedCores(Cores):
    """All cores, each with a buffer that has entries of several sizes."""

    machine: Any

    def _core_object(self, core: Term) -> SimpleNamespace:
        """What code finds as a core."""
        machine = self.machine

        def invalidate_page(address: object, tag: Any = None, shared: bool = True) -> None:
            machine.drop_address(core, address, tag, shared)

        def invalidate_tag(tag: Any) -> None:
            machine.drop(core, lambda level, x: of_tag(tag, x))

        def invalidate_all(shared: bool = True) -> None:
            check_shared(shared)
            machine.drop(core, lambda level, x: BoolVal(True))

        names = (invalidate_page, invalidate_tag, invalidate_all)
        tlb = SimpleNamespace(**{each.__name__: each for each in names})
        return SimpleNamespace(tlb=tlb, tag=Value(running_tag(core), machine.path))


def of_tag(tag: Any, x: Term) -> Formula:
    """What is cached of a page is so under that tag; under any if there is none."""
    if tag is None:
        return BoolVal(True)
    under = lift(tag.get() if isinstance(tag, Option) else tag, Tag)
    return And(tag_of(owner(x)) == under, Not(idle(owner(x))))


def check_shared(shared: bool) -> None:
    """Global entries go as well: the kernel makes none.

    :raises ExecutionError: they are left.
    """
    if shared is not True:
        raise ExecutionError("translations that all spaces share are left, of which a proof does not speak")


class SizedMachine:
    """Page tables by their contracts, and the buffers of all cores, on a path."""

    def __init__(
        self,
        path: Path,
        world: World,
        format: Format,
        code: Code,
        leaves_at: LeavesAt,
        pages: Predicate,
    ) -> None:
        """In some state.

        :param pages: those of which entries may be taken from buffers.
        """
        self.path, self.format, self.leaves_at, self.pages = path, format, leaves_at, pages
        self.tables, self.cached = world.tables, world.cached
        self.levels = range(world.tables.levels)
        self.numbers = numbers(format, code)
        self.moment: Callable[[], None] = lambda: None
        self.dropped: list[tuple[Term, Doomed]] = []
        self.waiting: list[Detached] = []
        self.due, self.together = 0, False
        self.shortages: list[BoolRef] = []

    def world(self) -> World:
        """Everything as it is now."""
        return World(self.tables, self.cached)

    def changes(self) -> tuple[object, ...]:
        """What was decided, assumed and done but to buffers: a turn of a loop leaves it alone."""
        path = self.path
        return len(path.facts), len(path.assumed), id(self.tables), len(self.waiting), self.due

    # Buffers.

    def drop(self, core: Term, doomed: Doomed) -> None:
        """Entries go from the buffer of a core; what a leaf shows now may be there again at once."""
        pages, levels = self.pages, self.levels

        def near() -> Formula:
            every = (Implies(doomed(k, x), meets(len(levels), k, x, pages)) for k in levels)
            return ForAll([x], And(*every))

        self.path.demand(PRECISE, near)
        self.take(core, doomed)

    def take(self, core: Term, doomed: Doomed) -> None:
        """They go, whichever they are."""
        tables, cached = self.tables, self.cached

        def left(c: Term, level: int, x: Term, f: Term, a: Term) -> Formula:
            shown = And(tables.entry(level, x, f, a), Not(idle(owner(x))))
            return And(cached(c, level, x, f, a), Or(c != core, Not(doomed(level, x)), shown))

        self.cached = remembered(left)
        self.dropped.append((core, doomed))

    def drop_address(self, core: Term, address: object, tag: Any, shared: bool) -> None:
        """What translates the address goes, of whatever size."""
        check_shared(shared)
        if not isinstance(address, VirtualAddress):
            raise ExecutionError(f"{address!r} is no virtual address")
        under = tag.get() if isinstance(tag, Option) else tag

        def doomed(level: int, x: Term) -> Formula:
            same = (index(k, x) == address.indexes[k] for k in self.levels if k >= level)
            return And(address.exists, of_tag(under, x), *same)

        self.drop(core, doomed)

    def fill(self) -> None:
        """What leaves show may be cached at once."""
        tables, cached = self.tables, self.cached

        def filled(c: Term, level: int, x: Term, f: Term, a: Term) -> Formula:
            return Or(cached(c, level, x, f, a), And(tables.entry(level, x, f, a), Not(idle(owner(x)))))

        self.cached = remembered(filled)
        self.moment()

    # Page tables, by their contracts.

    def page_tables(self) -> SimpleNamespace:
        """Return the page tables that code finds."""
        names = (
            "reserve", "write", "clear", "release", "give_back", "lift", "divide", "detach", "noted_in", "promise",
            "address", "leaves",
        )  # fmt: skip
        pool = SimpleNamespace(count="so many")
        return SimpleNamespace(**{name: getattr(self, name) for name in names}, leaf_order=self._leaf_order, pool=pool)

    def _leaf_order(self, order: int) -> int:
        found: int = self.numbers.leaf_order(order)
        return found

    def leaves(self, order: int) -> LeafCount:
        """How many leaves a mapping has."""
        return LeafCount(order)

    def range(self, *bounds: Any) -> Any:
        """The numbers of leaves, or numbers."""
        if len(bounds) == 1 and isinstance(bounds[0], LeafCount):
            return LeafNumbers(self, bounds[0].order)
        return range(*bounds)

    def address(self, slot: Value) -> VirtualAddress:
        """The virtual address of a slot's page."""
        term = lift(slot, Slot)
        return VirtualAddress(self, term, tuple(index(k, term) for k in self.levels))

    def _mapping(self, slot: Value, order: int) -> Leaves:
        found = self.leaves_at(lift(slot, Slot), order)
        if found is None:
            self.path.demand(CALLS, lambda: BoolVal(False))
            raise ExecutionError(f"of no mapping of order {order} at {slot.term} is anything known")
        return found

    def _change(self, tables: Shown) -> None:
        self.tables = tables
        self.fill()

    def reserve(self, slot: Value, order: int = 0) -> bool:
        """There may be too few frames."""
        after = RESERVE.call(self.path, self.tables, self._mapping(slot, order))
        shortage = Bool(f"the pool has too few frames, {len(self.shortages) + 1}")
        self.shortages.append(shortage)
        if self.path.decide(shortage):
            return False
        self._change(after)
        return True

    def write(self, slot: Value, frame: Value, rights: object, order: int = 0, flags: object = 0) -> None:
        """Write a mapping's leaves; what was noted where a table was put together is kept."""
        self._check_noted(flags, lift(slot, Slot), in_table=True)
        leaves, to, has = self._mapping(slot, order), lift(frame, Physical), rights_of(rights)
        self._change(WRITE.call(self.path, self.tables, leaves, to, has))

    def clear(self, slot: Value, order: int = 0) -> None:
        """Clear a mapping's leaves; they may still be cached."""
        self._change(CLEAR.call(self.path, self.tables, self._mapping(slot, order)))

    def lift(self, slot: Value, order: int) -> Noted:
        """Clear a mapping's one leaf."""
        self._is_one_leaf(order)
        self._change(LIFT.call(self.path, self.tables, self._mapping(slot, order)))
        return Noted(slot.term)

    def divide(self, slot: Value, order: int, frame: Value, rights: object, flags: object) -> None:
        """Smaller leaves stand where the one did, with what was noted in it."""
        self._is_one_leaf(order)
        self._check_noted(flags, lift(slot, Slot), in_table=False)
        self.path.demand(CALLS, lambda due=self.due: BoolVal(due == 0))  # type: ignore[misc]
        leaves, to, has = self._mapping(slot, order), lift(frame, Physical), rights_of(rights)
        self._change(DIVIDE.call(self.path, self.tables, leaves, to, has))

    def detach(self, slot: Value, order: int) -> Detached:
        """The table of a mapping's leaves hangs no more."""
        self._is_one_leaf(order)
        leaves = self._mapping(slot, order)
        self._change(DETACH.call(self.path, self.tables, leaves))
        self.due, self.together = self.due + 1, True
        return self._wait(leaves, slot)

    def noted_in(self, table: Detached) -> Noted:
        """What was noted in its leaves."""
        waits = any(each is table for each in self.waiting)
        self.path.demand(CALLS, lambda: BoolVal(waits))
        return Noted(table.slot, table)

    def promise(self) -> None:
        """A frame is kept for the leaf that took a table's place, which is free."""
        may = self.due > 0 and not self.waiting
        self.path.demand(CALLS, lambda: BoolVal(may))
        self.due -= 1

    def release(self, slot: Value, order: int = 0) -> Detached:
        """Tables that stood for the mapping alone are detached."""
        leaves = self._mapping(slot, order)
        self._change(RELEASE.call(self.path, self.tables, leaves))
        return self._wait(leaves, slot)

    def give_back(self, detached: object) -> None:
        """Only when nothing of the mapping is translated may its tables be used for something else."""
        if not isinstance(detached, Detached):
            raise ExecutionError(f"{detached!r} is no list of detached tables")
        now, waits = self.world(), any(each is detached for each in self.waiting)
        self.path.demand(FREES, lambda: And(BoolVal(waits), translates_none(now, detached.leaves.has)))
        self.waiting = [each for each in self.waiting if each is not detached]

    def demand_no_leak(self) -> None:
        """Here all detached tables have been given back, and those promised that are."""
        done = not self.waiting and self.due == 0
        self.path.demand(LEAKS, lambda: BoolVal(done))

    def _wait(self, leaves: Leaves, slot: Value) -> Detached:
        self.waiting = [*self.waiting, Detached(leaves, slot.term)]
        return self.waiting[-1]

    def _is_one_leaf(self, order: int) -> None:
        one = self._leaf_order(order) == order and order > 0
        self.path.demand(CALLS, lambda: BoolVal(one))

    def _check_noted(self, flags: object, slot: Term, in_table: bool) -> None:
        """What is written as noted was noted of the same mapping, and where leaves were put together in their table."""
        if isinstance(flags, Noted):
            same = flags.slot is not None and flags.slot.eq(slot) and (flags.table is not None) == in_table
        else:
            same = type(flags) is int and flags == 0 and in_table and not self.together
        self.path.demand(CALLS, lambda: BoolVal(same))

    # Tags and the scope.

    def current(self, space: Value) -> Option:
        """The tag of a space, if it has one."""
        term = lift(space, Space)
        return Option(idle(term), Value(tag_of(term), self.path))

    def space(self, slot: Value) -> Value:
        """The space that owns the slot."""
        return Value(owner(lift(slot, Slot)), self.path)
