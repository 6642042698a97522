"""The machine as the kernel's methods find it: stand-ins for page tables, buffers, cores, tags and the scope.

Each does to the relations of :mod:`proofs.obligations.kernel.world` what the part that it stands for does at most, and
demands what that part relies on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

from z3 import And, Bool, BoolRef, BoolVal, Const, Exists, Function, If, Not, Or, substitute

from model.spaces.theory import Formula, Frame, Slot, Space, Term, owner
from proofs.execution.loop_rules import Values
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Option, Page, Physical, Tag, Truth, Value, lift, rights_of
from proofs.obligations.kernel.world import CoreSort, World, c, idle, page_of, physical, settled, tag_of
from proofs.obligations.page_tables.table_contracts import CLEAR, GIVE_BACK, RELEASE, RESERVE, WRITE

FREES = "frees__unused_tables"
LEAKS = "frees__every_table"
PRECISE = "invalidates__one_page_only"

some_core, first_core = Const("some_core", CoreSort), Const("first_core", CoreSort)
running_tag = Function("running_tag", CoreSort, Tag)


@dataclass(slots=True, eq=False)
class Detached:
    """Tables that stood for a slot alone.

    :param none: there are none, since the slot stays reserved.
    """

    slot: Term
    none: Formula
    some: Truth

    def asked(self) -> Truth:
        """Return whether there is one: a table stays while something else stands in it."""
        return self.some


class SymbolicMachine:
    """Page tables, and the buffers of all cores."""

    def __init__(self, path: Path, world: World) -> None:
        """In some state."""
        self.path = path
        self.tables, self.cached = world.tables, world.cached
        self.releases = 0
        self.shortages: list[BoolRef] = []
        self.moment: Callable[[], None] = lambda: None
        self.invalidating = False
        self.dropped: list[Callable[[Term], Formula]] = []

    def become(self, world: World) -> None:
        """Be in another state."""
        self.tables, self.cached = world.tables, world.cached

    def page_tables(self) -> SimpleNamespace:
        """Return the page tables that code finds, and no more than they have."""
        names = ("reserve", "write", "clear", "release", "give_back", "address")
        return SimpleNamespace(**{name: getattr(self, name) for name in names})

    def tags(self) -> SimpleNamespace:
        """Return the tags that code finds."""
        return SimpleNamespace(current=self.current)

    # The interface of PageTables, by its contracts.

    def reserve(self, slot: Value) -> bool:
        """There may be too few frames."""
        term = lift(slot, Slot)
        after = RESERVE.call(self.path, self.tables, term)
        shortage = Bool(f"the pool has too few frames, {len(self.shortages) + 1}")
        self.shortages.append(shortage)
        if self.path.decide(shortage):
            return False
        self.tables = after
        return True

    def write(self, slot: Value, frame: Value, rights: object) -> None:
        """Write an entry; at once it may be cached."""
        term, to, has = lift(slot, Slot), lift(frame, Physical), rights_of(rights)
        self.tables = WRITE.call(self.path, self.tables, term, to, has)
        cached = self.cached

        def filled(c: Term, x: Term, f: Term, a: Term) -> Formula:
            return Or(cached(c, x, f, a), And(x == term, f == to, has(a), Not(idle(owner(x)))))

        self.cached = filled
        self.moment()

    def clear(self, slot: Value) -> None:
        """Clear an entry; it may still be cached."""
        self.tables = CLEAR.call(self.path, self.tables, lift(slot, Slot))
        self.moment()

    def release(self, slot: Value) -> Detached:
        """Tables that stood for the slot alone; none if it stays reserved."""
        term = lift(slot, Slot)
        none = self.tables.twice(term)
        self.tables = RELEASE.call(self.path, self.tables, term)
        self.releases += 1
        any_left = Bool(f"tables are detached, {self.releases}")
        return Detached(term, none, Truth(And(Not(none), any_left), self.path))

    def give_back(self, detached: Detached) -> None:
        """Only when nothing of the slot is translated may its tables be used for something else."""
        if not isinstance(detached, Detached):
            raise ExecutionError(f"{detached!r} is no list of detached tables")
        tables, cached, slot = self.tables, self.cached, detached.slot

        def somewhere(x: Term, f: Term, a: Term) -> Formula:
            return Exists([c], cached(c, x, f, a))

        self.path.demand(FREES, lambda: Or(detached.none, And(*GIVE_BACK.requires(tables, slot, somewhere).values())))
        given = GIVE_BACK.effect(tables, slot, somewhere)
        self.tables = replace(tables, detached=lambda x: If(detached.none, tables.detached(x), given.detached(x)))

    def demand_no_leak(self) -> None:
        """Here all detached tables have been given back."""
        now = self.tables
        self.path.demand_all(LEAKS, lambda: settled(now))

    def address(self, slot: Value) -> Value:
        """The virtual address of a slot's page."""
        return Value(page_of(lift(slot, Slot)), self.path)

    # The interface of Tags.

    def current(self, space: Value) -> Option:
        """The tag of a space, if it has one."""
        term = lift(space, Space)
        return Option(idle(term), Value(tag_of(term), self.path))


class Cores:
    """All cores, to be gone through: one stands for every one of them.

    The body of the loop is executed for any core. It may change what that core's buffer holds, and decide nothing: so
    it does the same on each.
    """

    def __init__(self, machine: SymbolicMachine, core: Term = some_core, *, every: bool = True) -> None:
        """The cores of that machine: every one of them, or one only."""
        self.machine = machine
        self.rule = self
        self._core = core
        self._every = every

    def __getitem__(self, index: object) -> object:
        """The first core, or the cores up to the second, which is the first core only."""
        if index == 0:
            return self._core_object(first_core)
        if index == slice(None, 1):
            return type(self)(self.machine, first_core, every=False)
        raise ExecutionError(f"of the cores there are the first and all, not {index!r}")

    def _core_object(self, core: Term) -> SimpleNamespace:
        """What code finds as a core: its buffer, and the tag that it runs with, which may be any."""
        return SimpleNamespace(tlb=CoreBuffer(self.machine, core), tag=Value(running_tag(core), self.machine.path))

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The body changes no variable."""
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """One core; afterwards all of them have had done to them what it had."""
        machine, core = self.machine, self._core
        before, tables = self._done(), machine.tables
        yield self._core_object(core)
        if self._done() != before or machine.tables is not tables:
            raise ExecutionError("the loop over cores does more than to change each core's buffer alike")
        after = machine.cached
        if self._every:
            machine.cached = lambda c, *of: substitute(after(core, *of), (core, c))

    def _done(self) -> tuple[int, ...]:
        """What was decided, assumed and written in the tree so far: a turn of the loop leaves it alone."""
        path = self.machine.path
        return len(path.facts), len(path.assumed), path.writes.total()

    def tail(self, values: Values) -> None:
        """On to the next core."""


class CoreBuffer:
    """The translation lookaside buffer of one core."""

    def __init__(self, machine: SymbolicMachine, core: Term) -> None:
        """Select the buffer of that core."""
        self._machine = machine
        self._core = core

    def _drop(self, doomed: Callable[[Term], Formula]) -> None:
        """Slots that are doomed are cached no more on this core, apart from what their entries show now.

        Only the step that says which page it is for may do it.
        """
        if not self._machine.invalidating:
            self._machine.path.demand(PRECISE, lambda: BoolVal(False))
        entry, cached, core = self._machine.tables.entry, self._machine.cached, self._core

        def left(c: Term, x: Term, f: Term, a: Term) -> Formula:
            return And(cached(c, x, f, a), Or(c != core, Not(doomed(x)), entry(x, f, a)))

        self._machine.cached = left
        self._machine.dropped.append(doomed)

    def invalidate_page(self, address: Value, tag: Value | Option | None = None, shared: bool = True) -> None:
        """Under a tag, or under all, an address is cached no more."""
        page = lift(address, Page)
        if shared is not True:
            raise ExecutionError("translations that all spaces share are left, of which a proof does not speak")
        if tag is None:
            self._drop(lambda x: page_of(x) == page)
            return
        under = lift(tag.get() if isinstance(tag, Option) else tag, Tag)
        self._drop(lambda x: And(page_of(x) == page, tag_of(owner(x)) == under, Not(idle(owner(x)))))

    def invalidate_tag(self, tag: Value | Option) -> None:
        """Nothing is cached under a tag."""
        under = lift(tag.get() if isinstance(tag, Option) else tag, Tag)
        self._drop(lambda x: And(tag_of(owner(x)) == under, Not(idle(owner(x)))))

    def invalidate_all(self, shared: bool = True) -> None:
        """Nothing is cached."""
        if shared is not True:
            raise ExecutionError("translations that all spaces share are left, of which a proof does not speak")
        self._drop(lambda x: BoolVal(True))


class FirstFrame:
    """The physical frame of the scope's frame 0; adding the number of a frame gives that frame's physical one."""

    def __init__(self, path: Path) -> None:
        """On a path."""
        self._path = path

    def __add__(self, frame: Value) -> Value:
        """The physical frame."""
        return Value(physical(lift(frame, Frame)), self._path)

    __radd__ = __add__


class SymbolicScope:
    """The scope: which space a slot is of."""

    def __init__(self, path: Path) -> None:
        """On a path."""
        self._path = path

    def space(self, slot: Value) -> Value:
        """The space that owns the slot."""
        return Value(owner(lift(slot, Slot)), self._path)
