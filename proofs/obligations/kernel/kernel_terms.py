"""The kernel's class on terms: every method of it is executed, on a tree, tables and buffers of any size."""

from collections import Counter
from collections.abc import Callable, Mapping
from types import FunctionType, SimpleNamespace
from typing import Any

from z3 import And, BoolVal, ForAll, Implies

from model.spaces.theory import Slot, x
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import Rules
from proofs.execution.monitor import KNOWN
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Rights, Value, lift
from proofs.obligations.kernel.hardware import PRECISE, Cores, FirstFrame, SymbolicMachine, SymbolicScope
from proofs.obligations.kernel.world import (
    ALLOWED,
    START,
    World,
    cached_within,
    coherent,
    database,
    entry_requires,
    released_what_is_gone,
    reserved_once_below,
    settled,
    world,
)
from proofs.obligations.machine.agreement import within
from proofs.obligations.source import Code, copied, on_the_tree
from proofs.obligations.tree.callees import Callees, argument, named_when
from proofs.obligations.tree.contracts import CONTRACTS, LOOPS
from proofs.obligations.tree.invariants import room, tree_holds
from proofs.obligations.tree.tree import SymbolicTree
from refinement.kernel.page_table import PageTables
from refinement.kernel.tags import Tags

STEPS = ("create_leaf", "remove_leaf", "move_node", "restrict_rights")
"""The kernel's steps that change the tree: after each a core can reach only what the tree says.

So it is after every change of an entry, whichever method makes it.
"""

ENTRY_STEPS = ("write_entry", "narrow_entry", "clear_entry")
"""The kernel's steps that change an entry, which kernels with other things to show do otherwise."""

KERNEL_LOOPS = tuple(name for name in LOOPS if name != "is_below")

MADE = frozenset({"__init__"})
"""What makes a kernel is executed by itself."""


_NOTHING = object()
_OURS = frozenset({"path", "callees", "machine", "promised", "remembered"})


class SymbolicKernel:
    """A kernel's state on terms: a tree, page tables and buffers.

    A class that derives from this and then from the kernel's, see :func:`symbolic_kernel`, has the kernel's methods.
    """

    def __init__(self, path: Path, readings: object, code: Code) -> None:
        """In any state between two operations."""
        self.path = path
        self.callees = Callees(SymbolicTree(path), code)
        self.tree = self.callees.tree
        self.readings = readings
        self.machine = SymbolicMachine(path, START)
        self.machine.moment = self.check
        self.tables, self.tags = self.machine.page_tables(), self.machine.tags()
        self.cores = Cores(self.machine)
        self.scope = SymbolicScope(path)
        self.first_frame = FirstFrame(path)
        self.promised: Counter[str] = Counter()
        self.remembered: dict[str, object] = {}

    def check_memory(self) -> None:
        """The operation leaves nothing behind but in tree, tables and buffers.

        :raises ExecutionError: a field is another than before, so that an operation depends on those before it.
        """
        now = self.fields()
        for name in sorted(self.remembered.keys() | now.keys()):
            before, after = self.remembered.get(name, _NOTHING), now.get(name, _NOTHING)
            if before is not after and not (
                isinstance(after, KNOWN) and type(before) is type(after) and before == after
            ):
                raise ExecutionError(f"self.{name} is left changed: no invariant speaks of it")

    def fields(self) -> dict[str, object]:
        """All that the kernel remembers beside tree, tables and buffers, which no invariant speaks of."""
        of_class = {name: value for each in reversed(type(self).__mro__) for name, value in vars(each).items()}
        data = {name: value for name, value in of_class.items() if not isinstance(value, property | FunctionType)}
        found = {**data, **vars(self)}
        return {name: value for name, value in found.items() if not name.startswith("__") and name not in _OURS}

    def world(self) -> World:
        """Everything as it is now."""
        return World(self.callees.symbolic.state(), self.machine.tables, self.machine.cached)

    def become(self, new: World) -> None:
        """Be in another state."""
        self.callees.symbolic.become(new.tree)
        self.machine.become(new)

    def check(self) -> None:
        """Here a core can reach only what the database says."""
        now = self.world()
        said = database(now.tree)
        self.path.demand(ALLOWED, lambda: And(within(now.tables.entry, said), cached_within(now.cached, said)))


def loop_requires(name: str, now: World, *arguments: Any) -> Named:
    """What a loop of the kernel requires: what that of the tree does, and that tables and buffers are in order."""
    return {
        **CONTRACTS[name].requires(now.tree, *arguments),
        **coherent(now),
        **reserved_once_below(now, arguments[0]),
        **settled(now.tables),
        **room(now.tree),
    }


def loop_promise(name: str, before: World, after: World, *arguments: Any) -> Named:
    """What a loop of the kernel promises: what that of the tree does, and that tables and buffers follow."""
    promise = CONTRACTS[name].promise
    assert promise is not None
    return {
        **promise(before.tree, after.tree, *arguments),
        **coherent(after),
        **released_what_is_gone(before, after),
        **settled(after.tables),
        **room(after.tree),
    }


def _promised(name: str) -> Callable[..., None]:
    """What takes the place of a loop where it is called: any state for which its promise holds."""
    sorts = CONTRACTS[name].sorts

    def loop(kernel: SymbolicKernel, *arguments: Value | Rights) -> None:
        if len(arguments) != len(sorts):
            raise ExecutionError(f"{name} takes {len(sorts)} arguments, not {len(arguments)}")
        terms = [argument(value, sort) for value, sort in zip(arguments, sorts, strict=True)]
        kernel.check_memory()
        before = kernel.world()
        kernel.path.demand_all(CALLS, lambda: loop_requires(name, before, *terms))
        kernel.promised[name] += 1
        number = kernel.promised[name]
        moment = f"after {name}" + (f" {number}" if number > 1 else "")
        new = world(f" {moment}")
        kernel.become(new)
        build = lambda: named_when(moment, {**tree_holds(new.tree), **loop_promise(name, before, new, *terms)})  # noqa: E731
        kernel.path.assume(kernel.path.once(moment, build))

    return loop


PROMISES: dict[str, Callable[..., None]] = {name: _promised(name) for name in KERNEL_LOOPS}
"""What takes the place of the kernel's loops, when what calls them is executed."""


def _checked(name: str) -> Callable[..., Any]:
    """The step of the class that comes after, and then the check."""

    def step(self: Any, *arguments: object) -> object:
        result = getattr(super(SymbolicKernel, self), name)(*arguments)
        self.check()
        return result

    return step


def _entry_step(name: str) -> Callable[..., None]:
    """The step of the class that comes after, called where whatever may take its place may be called."""

    def step(self: Any, slot: Value, *rights: object) -> None:
        now, term = self.world(), lift(slot, Slot)
        self.path.demand_all(CALLS, lambda: entry_requires(now.tree, term))
        getattr(super(SymbolicKernel, self), name)(slot, *rights)

    return step


def _invalidate(self: Any, slot: Value) -> None:
    """The class's own step, which may forget translations of that slot only."""
    self.machine.dropped, self.machine.invalidating = [], True
    super(SymbolicKernel, self).invalidate(slot)
    self.machine.invalidating = False
    term, dropped = slot.term, tuple(self.machine.dropped)
    self.path.demand(PRECISE, lambda: And(BoolVal(True), *(ForAll([x], Implies(d(x), x == term)) for d in dropped)))


for _step in STEPS:
    setattr(SymbolicKernel, _step, _checked(_step))
for _step in ENTRY_STEPS:
    setattr(SymbolicKernel, _step, _entry_step(_step))
SymbolicKernel.invalidate = _invalidate  # type: ignore[attr-defined]


def _check_parts(code: Code) -> None:
    """The kernel makes its tables and tags of the classes of which it is proved what its own proof relies on.

    :raises ExecutionError: of another one.
    """
    for name, proved in (("page_tables", (PageTables, code.page_tables)), ("tag_allocator", (Tags, code.tags))):
        made_of = getattr(code.kernel, name, None)
        if made_of not in proved:
            what = getattr(made_of, "__qualname__", repr(made_of))
            raise ExecutionError(f"{code.kernel.__name__}.{name} is {what}: what is proved is of {proved[0].__name__}")


def symbolic_kernel(
    path: Path, readings: object, code: Code, rules: Rules | None = None, names: Mapping[str, object] | None = None
) -> Any:
    """A kernel on terms, with the methods of the code's class and of all classes that it derives from.

    The tree's functions are those of the code; what they require is demanded where they are called.

    :param rules: how the kernel's own loops are proved; without them their promises take their place.
    :param names: further names of its module that mean something else.
    """
    _check_parts(code)
    modules = {"operations": SimpleNamespace(), "primitives": SimpleNamespace()}
    instead = PROMISES if rules is None else {}
    methods = copied(code.kernel, path, {**modules, **(names or {})}, instead, {} if rules is None else rules, MADE)
    kernel: SymbolicKernel = type("ExecutedKernel", (SymbolicKernel, methods), {})(path, readings, code)
    ours = vars(SymbolicKernel).keys() - {*STEPS, *ENTRY_STEPS, "invalidate"}
    shadowed = {name for each in methods.__mro__[:-1] for name in vars(each) if not name.startswith("__")} & ours
    if shadowed:
        raise ExecutionError(f"the kernel has {sorted(shadowed)}, which the proof uses for itself: name them otherwise")
    for name, function in on_the_tree().items():
        setattr(modules[function.__module__.rpartition(".")[2]], name, kernel.callees.names[name])
    kernel.remembered = kernel.fields()
    return kernel
