"""The kernel on its machine and the literal model, step by step; every difference is named (C4, C5).

Each frame's memory holds a tag of its own, so that a wrong frame is seen as wrong data. All cores but the last stay in
a space of their own, so that their buffers keep what they once translated; the last roams through all spaces. After
each step of the kernel, the cores that stay try every page of their space, and so fill their buffers in the worst
moment; after each operation all cores do, and the database and the page tables check themselves.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from machine.core import Core
from machine.events import EXECUTE, READ, WRITE, HardwareEvent
from machine.formats import Format
from machine.memory import Memory
from machine.tlb import TranslationBuffer
from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE, NIL, REFUSED, Spaces
from model.spaces.operation import Operation
from refinement.kernel import page_check, tree_check
from refinement.kernel.broken import Broken
from refinement.kernel.kernel import STEPS, Kernel, observe
from refinement.kernel.mapping_tree import abstraction, on_checked_lists
from refinement.kernel.page_table import TablePool

Access: TypeAlias = tuple[int, int, int]
"""A slot, what was seen there, and the kind of access: READ, WRITE or EXECUTE."""

MOST_NAMED = 6  # accesses; of more, the first ones are named
STRANGE = -1  # seen: something that is no frame of the scope
TAG = 0x5AFE_0000


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between kernel and model: the check that saw it, and what it saw.

    ``check`` is ``status``, ``database`` (against the model), ``tree``, ``tables`` (the self checks), ``moment`` (a
    core reached too much within an operation) or ``reach`` (or too much, or too little, after it); ``slots`` are those
    that cores reached, or did not. For ``reach``, ``core`` is the number of the core that looked, and ``too_little``
    says that it did not reach what it should.
    """

    check: str
    message: str
    slots: tuple[int, ...] = ()
    core: int | None = None
    too_little: bool = False


def boot(
    scope: Scope,
    dialect: Dialect = CANONICAL,
    *,
    format: Format,
    buffer: Callable[[Format], TranslationBuffer],
    cores: int,
    core: Callable[[Memory, Format, Any], Core] = Core,
    tables: int = 0,
    addresses: Sequence[int] = (),
    tags: int = 64,
    kernel: type[Kernel] = Kernel,
) -> Kernel:
    """A machine with that many cores (``core`` makes each) and just enough memory, and a kernel on it.

    ``tables`` is the size of the pool, by default enough for every page of every space; ``addresses`` are those of
    the pages, by default one after the other from the 16th page on. The mapping tree is on checked columns, so that
    reading at ``NONE`` is an error and not the last element.

    >>> from machine import SV39, tlb
    >>> kernel = boot(Scope(2, 2, 1), format=SV39, buffer=tlb.riscv_asid, cores=1)
    >>> kernel.map(0, 2), kernel.lookup(2)
    (0, Mapping(frame=0, rights=7))
    """
    tables = tables or scope.spaces * (1 + scope.pages * (format.levels - 1))
    memory = Memory((tables + scope.frames + 1) << 12)
    booted = kernel(
        scope,
        dialect,
        cores=[core(memory, format, buffer(format)) for _ in range(cores)],
        pool=TablePool(1, tables),
        first_frame=tables + 1,
        addresses=addresses or [(16 + page) << 12 for page in range(scope.pages)],
        tags=tags,
    )
    booted.tree = on_checked_lists(booted.tree)
    return booted


class Lockstep:
    """A kernel in its first state, and the literal model in the same; core n stays in space n, the last one roams.

    :raises ValueError: no core to roam, or more that would stay than there are spaces.
    """

    steps: Sequence[str] = STEPS

    def __init__(self, kernel: Kernel) -> None:
        """Tags are written into all frames, and each core enters its space.

        ``status`` and ``expected`` are how the last operation ended on the kernel and on the model.
        """
        if not 1 <= len(kernel.cores) <= kernel.scope.spaces + 1:
            raise ValueError(f"{len(kernel.cores)} cores for {kernel.scope}: one roams, the others need a space each")
        self.kernel = kernel
        self.model = spaces.initial(kernel.scope)
        self._stays, self._roams = kernel.cores[:-1], kernel.cores[-1]
        self._pages: Sequence[int] = range(kernel.scope.pages)
        self._stamp = 0
        self._differences: list[Difference] = []
        self._before = self._after = frozenset[Access]()
        self._watching = False
        self.status = self.expected = DONE
        for r in range(kernel.scope.frames):
            kernel.memory.write((kernel.first_frame + r) << 12, TAG + r, 4)
        for space, core in enumerate(self._stays):
            kernel.enter(core, space)
        self._look(self._stays)
        observe(kernel, self._moment, self.steps)

    def do(self, operation: Operation) -> list[Difference]:
        """The operation on both; what differs, in the order in which it was seen."""
        return self._watched(lambda: self._step(operation))

    def skip(self, operation: Operation) -> None:
        """The operation on both, on the way to a state of interest.

        Only how it ended is compared; should that differ, the next :meth:`do` says so first.
        """
        self._step(operation)

    def _watched(self, step: Callable[[], None]) -> list[Difference]:
        self._watching = True
        step()
        self._watching = False
        self._compare()
        found, self._differences = self._differences, []
        return found

    def _step(self, operation: Operation) -> None:
        lacking = operation.kind.names_destination and not self._has_tables(operation.dst)
        readings = self.kernel.readings
        self._both(lambda after: operation.apply(after, readings), lambda: operation.on(self.kernel), lacking=lacking)

    def _both(self, apply: Callable[[Spaces], int], act: Callable[[], int], *, lacking: bool) -> None:
        """An operation on the model and on the kernel, which refuses it if frames for tables are lacking."""
        after = Spaces(*(column.copy() for column in self.model))
        expected = apply(after)
        if lacking and expected == DONE:
            expected, after = REFUSED, self.model
        if self._watching:
            self._before, self._after = self._allowed(self.model), self._allowed(after)
        status = act()
        self.status, self.expected = status, expected
        if status != expected:
            self._saw("status", f"the kernel ends with {status}, the model with {expected}")
        self.model = after

    def _has_tables(self, slot: int) -> bool:
        """Whether the page tables for a slot exist, or there are frames enough for them."""
        tables = self.kernel.tables
        return self.model.sigma[slot] != NIL or tables.missing(slot) <= tables.pool.free

    def _saw(
        self,
        check: str,
        message: str,
        accesses: Iterable[Access] = (),
        core: int | None = None,
        too_little: bool = False,
    ) -> None:
        slots = tuple(sorted({slot for slot, _, _ in accesses}))
        self._differences.append(Difference(check, message, slots, core, too_little))

    def _allowed(self, state: Spaces) -> frozenset[Access]:
        """What hardware should grant in a state of the model: the format's form of the rights."""
        accesses: set[Access] = set()
        for slot in range(self.kernel.scope.slots):
            if state.phys[slot] != NIL and slot % self.kernel.scope.pages in self._pages:
                granted = self.kernel.format.granted(int(state.rights[slot]))
                accesses.update((slot, int(state.phys[slot]), a) for a in (READ, WRITE, EXECUTE) if granted & a)
        return frozenset(accesses)

    def _moment(self, step: str) -> None:
        """Within an operation: what can be reached is allowed before the operation, or it is afterwards."""
        if not self._watching:
            return
        reached = self._look(self._stays)
        if not (reached <= self._before or reached <= self._after):
            new, old = self._named(reached - self._before), self._named(reached - self._after)
            said = f"after {step}: not allowed before, {new}; nor afterwards, {old}"
            self._saw("moment", said, reached - self._after)

    def _compare(self) -> None:
        """After an operation: everything, the cores that stay first, since a switch may empty a buffer."""
        for space, core in enumerate(self._stays):
            self._reach(self._look([core]), space, space)
        for space in range(self.kernel.scope.spaces):
            self.kernel.enter(self._roams, space)
            self._reach(self._look([self._roams]), len(self._stays), space)
        found = self._abstraction() if not self._broken_tree() else None
        if found is not None:
            for name, ours, model in zip(Spaces._fields, found, self.model, strict=True):
                for slot in (ours != model).nonzero()[0].tolist():
                    self._saw("database", f"{name} of {self.kernel.scope.name(slot)}: {ours[slot]}, not {model[slot]}")
        for broken in self._check_tables():
            self._saw("tables", str(broken))

    def _abstraction(self) -> Spaces:
        """The address spaces that the kernel's tree stands for."""
        return abstraction(self.kernel.tree)

    def _check_tree(self) -> list[Broken]:
        """What is broken in the kernel's tree."""
        return tree_check.check(self.kernel.tree)

    def _check_tables(self) -> list[Broken]:
        """What is broken in the kernel's page tables."""
        return page_check.check(self.kernel)

    def _broken_tree(self) -> bool:
        """Whether the tree cannot be read at all; says all that is broken in it."""
        found = self._check_tree()
        for broken in found:
            self._saw("tree", str(broken))
        return any(broken.invariant == tree_check.RANGE for broken in found)

    def _reach(self, reached: frozenset[Access], core: int, space: int) -> None:
        """What the core of that number reached of the space, against what it should."""
        who = "a core that stays" if core < len(self._stays) else "the core that roams"
        allowed = {access for access in self._after if self.kernel.scope.space(access[0]) == space}
        if reached - allowed:
            self._saw("reach", f"{who} reaches too much: {self._named(reached - allowed)}", reached - allowed, core)
        if allowed - reached:
            missing = self._named(allowed - reached)
            self._saw("reach", f"{who} does not reach: {missing}", allowed - reached, core, too_little=True)

    def _named(self, accesses: frozenset[Access] | set[Access]) -> str:
        kinds = {READ: "load", WRITE: "store", EXECUTE: "fetch"}
        named = [f"{kinds[a]} {self.kernel.scope.name(s)} frame {r}" for s, r, a in sorted(accesses)]
        more = [f"and {len(named) - MOST_NAMED} more, up to {named[-1]}"] if len(named) > MOST_NAMED else []
        return ", ".join(named[:MOST_NAMED] + more)

    def _look(self, cores: Sequence[Core]) -> frozenset[Access]:
        """Every access that succeeds on every page of the current spaces of those cores."""
        seen = set()
        scope = self.kernel.scope
        for core in cores:
            space = self.kernel.tables.roots.index(core.root >> 12)
            for page in self._pages:
                slot, address = scope.slot(space, page), self.kernel.tables.addresses[page]
                for access in (READ, WRITE, EXECUTE):
                    try:
                        seen.add((slot, self._try(core, address, access), access))
                    except HardwareEvent:
                        continue
        return frozenset(seen)

    def _try(self, core: Core, address: int, access: int) -> int:
        """The frame that an access reaches, told by its data; a store is looked for in all frames."""
        if access != WRITE:
            frame = (core.load if access == READ else core.fetch)(address, 4) - TAG
            return frame if 0 <= frame < self.kernel.scope.frames else STRANGE
        self._stamp += 1
        core.store(address + 8, self._stamp, 4)
        for r in range(self.kernel.scope.frames):
            if self.kernel.memory.read(((self.kernel.first_frame + r) << 12) + 8, 4) == self._stamp:
                return r
        return STRANGE
