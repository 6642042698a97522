"""The kernel on terms: its own methods, on a mapping tree, page tables and translation buffers of any size.

Page tables and buffers are relations. ``entry(x, r, a)``: the entry of slot x shows frame r and grants right a.
``cached(x, r, a)``: some core's buffer may translate so. A core may fill its buffer at any time, so ``cached`` is kept
as large as it can be: what an entry shows is taken to be cached at once, and nothing leaves but by invalidation. What
holds of this relation holds of the buffers' real contents at any moment, of any number of cores.

A space without a tag is executed by no core, and no buffer holds anything of it; tags change between operations only.
"""

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from z3 import And, BoolSort, Const, ForAll, Function, Implies, Not, Or

from model.theory import Formula, Frame, Right, Slot, Term, a, r, x
from proofs.refinement.callees import (
    Callees,
    flush_step_of,
    flushed_some,
    guarded,
    restrict_step_of,
    restricted_some,
    tree_holds,
    when,
)
from proofs.refinement.invariants import n
from proofs.refinement.simulation import asks_of
from proofs.refinement.source import Code, copied
from proofs.refinement.symbolic import Path, Value, rights_of
from proofs.refinement.tree import BEFORE, SymbolicTree, TreeState, abstraction, fresh_state

Translations = Callable[[Term, Term, Term], Formula]

ALLOWED = "reaches__nothing_else"
COHERENT = "ends__coherent"
CLEARED = "frees__unused_tables"

idle = Function("idle", Slot, BoolSort())
pool_is_empty = Const("pool_is_empty", BoolSort())


def translations(name: str) -> Translations:
    """Any relation of slots, frames and rights."""
    relation: Translations = Function(name, Slot, Frame, Right, BoolSort())
    return relation


CACHED = translations("cached")
"""What buffers may hold before an operation."""


def database(t: TreeState) -> Translations:
    """What the mapping tree says: σ(x) = r with right a, since P is kept (A.P)."""
    s = abstraction(t)
    return lambda x, r, a: And(s.phys(x, r), s.right(x, a))


def within(some: Translations, all_of: Translations) -> Formula:
    """The one relation is part of the other."""
    return ForAll([x, r, a], Implies(some(x, r, a), all_of(x, r, a)))


def exactly(one: Translations, other: Translations) -> Formula:
    """Both relations are the same."""
    return ForAll([x, r, a], one(x, r, a) == other(x, r, a))


def only_active(cached: Translations) -> Formula:
    """Nothing is cached of a space that no core may execute."""
    return ForAll([x, r, a], Implies(cached(x, r, a), Not(idle(x))))


COHERENT_BEFORE = {
    "buffers hold only what the database says": within(CACHED, database(BEFORE)),
    "buffers hold nothing of an idle space": only_active(CACHED),
}


class Machine:
    """Page tables, and the buffers of all cores."""

    def __init__(self, path: Path) -> None:
        """Before an operation every entry shows what the database says."""
        self.path = path
        self.become(database(BEFORE), CACHED)

    def become(self, entry: Translations, cached: Translations) -> None:
        """Be in another state."""
        self.entry, self.cached = entry, cached

    def write(self, slot: Value, frame: Value, rights: object) -> None:
        """Write an entry; at once it may be cached."""
        entry, cached, has = self.entry, self.cached, rights_of(rights)

        def shows(x: Term, r: Term, a: Term) -> Formula:
            return And(x == slot.term, r == frame.term, has(a))

        self.become(
            lambda x, r, a: Or(And(x != slot.term, entry(x, r, a)), shows(x, r, a)),
            lambda x, r, a: Or(cached(x, r, a), And(shows(x, r, a), Not(idle(x)))),
        )

    def clear(self, slot: Value) -> None:
        """Clear an entry; it may still be cached."""
        entry = self.entry
        self.entry = lambda x, r, a: And(x != slot.term, entry(x, r, a))

    def reserve(self, slot: Value) -> bool:
        """There may be too few frames."""
        return not self.path.decide(pool_is_empty)

    def release(self, slot: Value) -> Value:
        """Tables that stood for the slot alone; named by the slot."""
        return slot

    def give_back(self, detached: Value) -> None:
        """Only when nothing of the slot is translated may its tables be used for something else."""
        entry, cached, slot = self.entry, self.cached, detached.term
        self.path.demand(CLEARED, lambda: ForAll([r, a], Not(Or(entry(slot, r, a), cached(slot, r, a)))))

    def address(self, slot: Value) -> Value:
        """The slot itself stands for its address and space."""
        return slot

    def invalidate_page(self, address: Value, tag: Value) -> None:
        """Under its space's tag an address is cached no more, apart from what its entry shows now.

        :raises ValueError: the tag is not that of the address's space.
        """
        if not address.term.eq(tag.term):
            raise ValueError(f"{address.term} is invalidated under the tag of {tag.term}")
        entry, cached = self.entry, self.cached
        self.cached = lambda x, r, a: And(cached(x, r, a), Or(x != address.term, entry(x, r, a)))

    def current(self, space: Value) -> Value | None:
        """The tag of a space, if it has one."""
        return None if self.path.decide(idle(space.term)) else space

    def __iter__(self) -> Iterator[SimpleNamespace]:
        """All cores, as one that stands for every one of them."""
        yield SimpleNamespace(tlb=self)


class _FirstFrame:
    """The physical frame of the scope's frame 0: adding it renames frames one to one, so a frame stays itself."""

    def __add__(self, frame: Value) -> Value:
        return frame


STEPS = ("create_leaf", "remove_leaf", "move_node", "restrict_rights", "write_entry", "narrow_entry", "clear_entry")
"""The kernel's steps that change tree or entries: after each a core can reach only what the tree says."""


class SymbolicKernel:
    """What takes the place of a kernel's state: a tree, page tables and buffers on terms.

    A class that derives from this and then from the kernel's, see :func:`symbolic_kernel`, has the kernel's methods.
    """

    def __init__(self, path: Path, readings: object, code: Code) -> None:
        """In any state between two operations."""
        self.path = path
        self.code = code
        self.symbolic = SymbolicTree(path)
        self.tree = guarded(self.symbolic)
        self.readings = readings
        self.machine = self.tables = self.tags = self.cores = Machine(path)
        self.scope = SimpleNamespace(space=lambda slot: slot)
        self.first_frame = _FirstFrame()

    def own(self, name: str) -> Callable[..., Any]:
        """A method of the kernel's class, whatever this one has under that name."""
        method: Callable[..., Any] = getattr(super(), name)
        return method

    def check(self) -> None:
        """Here a core can reach only what the database says."""
        said, entry, cached = database(self.symbolic.state()), self.machine.entry, self.machine.cached
        self.path.demand(ALLOWED, lambda: And(within(entry, said), within(cached, said)))

    def coherent(self, what: str) -> None:
        """Here entries show exactly what the database says, and buffers hold nothing else."""
        said, entry, cached = database(self.symbolic.state()), self.machine.entry, self.machine.cached
        self.path.demand(what, lambda: And(exactly(entry, said), within(cached, said), only_active(cached)))


def _become(kernel: SymbolicKernel, new: TreeState, promise: dict[str, Formula], what: str) -> None:
    cached = translations(f"cached {what}")
    buffers = {
        "buffers hold only what the database says": within(cached, database(new)),
        "buffers hold nothing of an idle space": only_active(cached),
    }
    kernel.symbolic.become(new)
    kernel.machine.become(database(new), cached)
    kernel.path.assume(when(what, {**tree_holds(new), **promise, **buffers}))


def flushed_wholly(old: TreeState, new: TreeState, of: Term) -> dict[str, Formula]:
    """What a flush promises of the tree."""
    return {**flushed_some(old, new, of), "nothing is below the top": ForAll([n], Not(new.below(n, of)))}


def restricted_wholly(old: TreeState, new: TreeState, of: Term, has: Callable[[Term], Formula]) -> dict[str, Formula]:
    """What a partial flush promises of the tree."""
    clear = ForAll([n, a], Implies(And(new.below(n, of), new.rights(n, a)), has(a)))
    return {**restricted_some(old, new, of, has), "nothing below the top has another right": clear}


def _flush_below(kernel: SymbolicKernel, top: Value) -> None:
    """The promise of the kernel's own loop."""
    kernel.coherent("loops__start_coherent")
    old, new = kernel.symbolic.state(), fresh_state(" flushed")
    _become(kernel, new, flushed_wholly(old, new, top.term), "flushed")


def _restrict_below(kernel: SymbolicKernel, top: Value, rights: object) -> None:
    """The promise of the kernel's own loop."""
    kernel.coherent("loops__start_coherent")
    old, new = kernel.symbolic.state(), fresh_state(" restricted")
    _become(kernel, new, restricted_wholly(old, new, top.term, rights_of(rights)), "restricted")


PROMISES = {"flush_below": _flush_below, "restrict_below": _restrict_below}
"""What takes the place of the kernel's loops, when what calls them is executed."""


def _checked(name: str) -> Callable[..., Any]:
    """The step of the class that comes after, and then the check."""

    def step(self: Any, *arguments: object) -> object:
        result = getattr(super(SymbolicKernel, self), name)(*arguments)
        self.check()
        return result

    return step


for _step in STEPS:
    setattr(SymbolicKernel, _step, _checked(_step))


def symbolic_kernel(path: Path, readings: object, code: Code, promises: Mapping[str, Any] = PROMISES) -> SymbolicKernel:
    """A kernel on terms, with the methods of the code's class and of all classes that it derives from.

    The tree's functions are those of the code; primitives are checked where they are called.

    :param promises: what takes the place of the kernel's loops; nothing where the loops themselves are executed.
    """
    asks, steps = SimpleNamespace(), SimpleNamespace()
    methods = copied(code.kernel, {"operations": asks, "primitives": steps}, promises)
    kernel: SymbolicKernel = type("ExecutedKernel", (SymbolicKernel, methods), {})(path, readings, code)
    callees = Callees(kernel.symbolic, code)
    vars(asks).update(asks_of(code, callees))
    vars(steps).update({name: code.function(name) for name in ("link_leaf", "unlink_leaf", "tour_step")})
    vars(steps).update(callees.by_name())
    vars(steps).update(flush_step=flush_step_of(code, callees), restrict_step=restrict_step_of(code, callees))
    return kernel
