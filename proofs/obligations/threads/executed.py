"""The kernel's class of threads and messages on terms, and what it finds as pages, interrupt controller and scope.

Pages go by the contracts of :class:`~refinement.kernel.kernel.Kernel`: what its proof assumes of a call is demanded
here, from the same object, and its outcome is what :obl:`kernel_map__simulates__map` and its like conclude. Code gets
nothing of pages but these methods, so what holds between two of their operations holds when the next begins.
"""

from collections.abc import Callable
from dataclasses import replace
from types import FunctionType, SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolRef, BoolVal, Const, Implies, Not, Or, substitute

from model.messages.vocabulary import Call, Number, System, before, called, machine
from model.spaces.dialect import Dialect
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import ACTIONS, Formula, Slot, Term
from model.spaces.vocabulary import Frame
from proofs.execution.contract import CALLS
from proofs.execution.monitor import KNOWN
from proofs.execution.path import ExecutionError, Path, conjunction
from proofs.execution.values import Option, Rights, Truth, Value, a_line, lift, no_block, no_slot, rights_of
from proofs.obligations.kernel.hardware import SymbolicScope
from proofs.obligations.kernel.simulation import REQUIRES
from proofs.obligations.source import Code, copied
from proofs.obligations.threads.state import Numbers, SymbolicBlocks

ORDER = "maps__before_it_delivers"
TAKEN, NONE_TAKEN = Const("line taken", Number), Bool("no line interrupts the core")
CORE = object()
"""The core that takes an interrupt."""
OF_SPACES = frozenset({"derives", "live", "holds", "phys", "right", "holder"})


class Shown(Option):
    """The content of a slot, or ``None`` if it is nil."""

    __slots__ = ()

    @property
    def frame(self) -> Value:
        """The frame; code has asked whether there is one."""
        return self.get()


class ContractPages:
    """The kernel of the address spaces, by its contracts."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        """As they are before."""
        self.path, self.dialect = path, dialect
        self.state: System = before
        self.shortages: list[BoolRef] = []
        self.calls = 0

    def found(self) -> SimpleNamespace:
        """What code finds as its pages."""
        names = ("map", "grant", "flush", "lookup", "is_port")
        return SimpleNamespace(scope=SymbolicScope(self.path), **{name: getattr(self, name) for name in names})

    def map(self, src: Value, dst: Value, rights: object) -> int:
        """Map, done or refused."""
        return self._passes("map", src, dst, rights)

    def grant(self, src: Value, dst: Value, rights: object) -> int:
        """Grant, done or refused."""
        return self._passes("grant", src, dst, rights)

    def flush(self, slot: Value, rights: object) -> int:
        """Flush, which is always done."""
        act, _ = self._act("flush", slot, slot, rights)
        self._become(act.after)
        return DONE

    def lookup(self, slot: Value) -> Shown:
        """The frame that a slot shows, which must be one."""
        at = lift(slot, Slot)
        self.path.demand(CALLS, lambda: at != no_slot)
        self.calls += 1
        frame = Const(f"frame looked up, {self.calls}", Frame)
        self.path.note(Implies(self.state.live(at), self.state.phys(at, frame)))
        return Shown(Not(self.state.live(at)), Value(frame, self.path))

    def is_port(self, frame: Value) -> Truth:
        """Return whether the frame is an I/O port."""
        return Truth(machine.port(lift(frame, Frame)), self.path)

    def _passes(self, name: str, src: Value, dst: Value, rights: object) -> int:
        untouched = not self.path.writes.total()
        self.path.demand(ORDER, lambda: BoolVal(untouched))
        act, guard = self._act(name, src, dst, rights)
        self.calls += 1
        said = f"{name}, call {self.calls}"
        shortage = Bool(f"no table is free for {said}")
        if self.path.decide(Bool(f"{said}, is done")):
            self.path.assume({f"{said}, was possible": guard})
            self._become(act.after)
            return DONE
        self.shortages.append(shortage)
        self.path.assume({f"{said}, was not possible": Or(Not(guard), shortage)})
        return REFUSED

    def _act(self, name: str, src: Value, dst: Value, rights: object) -> tuple[Any, Formula]:
        """The theory's action from the present state, and its guard; what it requires is demanded."""
        one, other, mask = lift(src, Slot), lift(dst, Slot), rights_of(rights)
        self.path.demand(CALLS, lambda: substitute(conjunction(REQUIRES.values()), *_slots(one, other)))
        act = ACTIONS[name](self.dialect, self.state, replace(called, src=one, dst=other, mask=mask))
        return act, conjunction(act.guard.values())

    def _become(self, after: Any) -> None:
        self.state = replace(self.state, **{name: getattr(after, name) for name in OF_SPACES})


def _slots(src: Term, dst: Term) -> tuple[tuple[Term, Term], ...]:
    return (called.src, src), (called.dst, dst)


class ControllerLines:
    """The interrupt controller: which lines are masked, and what a core takes."""

    def __init__(self, path: Path, blocks: SymbolicBlocks) -> None:
        """With masks as they are before, and no line in service."""
        self.path, self.blocks = path, blocks
        self.asked = False
        self.ended: list[Term] = []

    def found(self) -> SimpleNamespace:
        """What code finds as the controller."""
        return SimpleNamespace(
            mask=lambda line: self._set(line, masked=True),
            unmask=lambda line: self._set(line, masked=False),
            acknowledge=self.acknowledge,
            end=lambda line: self.ended.append(self._line(line)),
        )

    def acknowledge(self, core: object) -> Option:
        """A line that is not masked, or none; the core that takes an interrupt asks for it, once.

        :raises ExecutionError: another core's line would be taken, or a second one, and be in service for good.
        """
        if core is not CORE:
            raise ExecutionError("a line is acknowledged for a core that takes no interrupt: say which one takes it")
        if self.asked:
            raise ExecutionError(
                "a line is acknowledged a second time: the first is in service, and another one may be"
            )
        self.asked = True
        self.path.note(Implies(Not(NONE_TAKEN), Not(self.blocks.masked(TAKEN))))
        return Option(NONE_TAKEN, Value(TAKEN, self.path))

    def settled(self) -> Formula:
        """The line that was taken, if one was, is masked and in service no more."""
        return Or(NONE_TAKEN, And(self.blocks.masked(TAKEN), Or(*(line == TAKEN for line in self.ended))))

    def _line(self, line: Value | Option) -> Term:
        """There is such a line."""
        term = lift(line.get() if isinstance(line, Option) else line, Number)
        state = self.blocks.state()
        self.path.demand(CALLS, lambda: And(term != no_block, state.state(term) == a_line))
        return term

    def _set(self, line: Value | Option, *, masked: bool) -> None:
        term, old = self._line(line), self.blocks.masked
        self.blocks.masked = lambda n: Or(old(n), n == term) if masked else And(old(n), n != term)


class _Table:
    """A table that does not change, by slot."""

    def __init__(self, path: Path, of: Callable[[Term], Term]) -> None:
        self._path, self._of = path, of

    def __getitem__(self, slot: Value) -> Value:
        return Value(self._of(lift(slot, Slot)), self._path)


class Executed:
    """A kernel of threads and messages on a path, ``kernel``, with the methods of the code's class."""

    def __init__(self, path: Path, dialect: Dialect, code: Code) -> None:
        """In any state between two operations."""
        self.path = path
        self.blocks, self.pages = SymbolicBlocks(path), ContractPages(path, dialect)
        self.lines = ControllerLines(path, self.blocks)
        methods = copied(code.messages, path, {}, {}, {}, frozenset({"__init__"}))
        self.kernel: Any = methods()
        self.kernel.threads, self.kernel.pages = self.blocks.threads, self.pages.found()
        self.kernel.lines, self.kernel.numbers = self.lines.found(), Numbers()
        self.kernel.scope = SymbolicScope(path)
        self.kernel.fault_words, self.kernel.places = _Table(path, machine.fault), _Table(path, machine.place)
        self._remembered = self._fields()

    def _fields(self) -> dict[str, object]:
        of_class = {name: value for each in reversed(type(self.kernel).__mro__) for name, value in vars(each).items()}
        data = {name: value for name, value in of_class.items() if not isinstance(value, property | FunctionType)}
        return {name: value for name, value in {**data, **vars(self.kernel)}.items() if not name.startswith("__")}

    def check_memory(self) -> None:
        """The operation leaves nothing behind but in blocks, pages and the controller.

        :raises ExecutionError: a field is another than before, so that an operation depends on those before it.
        """
        now = self._fields()
        for name in sorted(self._remembered.keys() | now.keys()):
            one, other = self._remembered.get(name), now.get(name)
            if one is not other and not (isinstance(other, KNOWN) and type(one) is type(other) and one == other):
                raise ExecutionError(f"self.{name} is left changed: no invariant speaks of it")


def rights(path: Path, call: Call) -> Rights:
    """The rights of a call."""
    return Rights(call.mask, path)
