"""What others do meanwhile, and what stands for taking and giving back a lock, where code of locks is executed.

Before each look at what others may change, they do: what is read is of any moment that what is held allows
(:func:`proofs.obligations.locks.held.left_alone`). So nothing that was seen before a lock was taken says anything of
later, unless it is shown to. Before a lock is taken they do too, since it may be waited for.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from types import FunctionType, SimpleNamespace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, ForAll, Function, If, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Slot, Term, q, r, x, y
from proofs.execution.contract import Named
from proofs.execution.monitor import MAY_BE_STORED
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, Truth, Value, lift, no_frame, no_node, no_slot
from proofs.obligations.locks.held import NOTHING, Held, has_frames, left_alone
from proofs.obligations.tree.tree import TreeState, fresh_state
from refinement.cores.stepping import is_stepped

ORDER, ONCE, ENDS = "takes__in_order", "gives_back__once", "fails__for_others_only"
SEES = "looks__where_something_is"
KINDS = {"frame": (Frame, no_frame), "slot": (Slot, no_slot)}
BELOW = {kind: Function(f"{kind}_below", sort, sort, BoolSort()) for kind, (sort, _) in KINDS.items()}


def _total(kind: str, one: Term, other: Term, third: Term) -> Named:
    below, nothing = BELOW[kind], KINDS[kind][1]
    return {
        f"numbers of {kind}s are in order": And(
            ForAll([one], Not(below(one, one))),
            ForAll([one, other, third], Implies(And(below(one, other), below(other, third)), below(one, third))),
            ForAll([one, other], Or(one == other, below(one, other), below(other, one))),
            ForAll([one], Implies(one != nothing, below(nothing, one))),
        )
    }


FIELDS = ("kernel", "tree", "mine")
"""What objects of the classes of locks have."""
NUMBERS: Named = {
    **_total("frame", r, q, Const("third_frame", Frame)),
    **_total("slot", x, y, Const("third_slot", Slot)),
}
"""Frames and slots are numbers, and ``NONE`` is below them all."""


def check_steps(cls: type) -> None:
    """Each method of a class of locks takes its steps one by one where it runs.

    :raises ExecutionError: one does not: the locks that it takes would be taken in the proof alone.
    """
    for each in cls.__mro__[:-1]:
        for name, method in vars(each).items():
            if isinstance(method, FunctionType) and name != "__init__" and not is_stepped(method):
                raise ExecutionError(f"{method.__qualname__} takes no steps where it runs: mark it with @takes_steps")


def made_for(kernel: Any, methods: type) -> Any:
    """An object of a class of locks: where it is made its fields may be assigned, and nowhere else.

    :raises ExecutionError: they are of another kernel.
    """
    setattr(methods, MAY_BE_STORED, FIELDS)
    made: Any = methods(kernel)
    delattr(methods, MAY_BE_STORED)
    if made.kernel is not kernel or getattr(made, "tree", kernel.tree) is not kernel.tree:
        raise ExecutionError(f"{methods.__name__} calls or looks at another kernel than it is made for")
    return made


class Ranked(Value):
    """A frame or a slot whose number code compares with another."""

    __slots__ = ()

    def __le__(self, other: object) -> Truth:  # type: ignore[override]
        """Its number is no higher."""
        return _is_below(self.term, lift(other, self.term.sort()), self.path)

    def __ge__(self, other: object) -> Truth:  # type: ignore[override]
        """Its number is no lower."""
        return _is_below(lift(other, self.term.sort()), self.term, self.path)


def _is_below(low: Term, high: Term, path: Path) -> Truth:
    kind = "frame" if low.sort() == Frame else "slot"
    return Truth(Or(low == high, BELOW[kind](low, high)), path)


class Others:
    """What others may have changed, by the moment; what is held against them; and the moments that were looked at."""

    def __init__(self, path: Path, held: Held = NOTHING) -> None:
        """At first."""
        self.path, self.held, self.moments = path, held, 0
        self.now = fresh_state("")
        self.looks: list[TreeState] = []
        self.given_back = 0
        self.tree = SimpleNamespace(node_of=_Seen(self, "node_of"), frame=_Seen(self, "frame"))

    def go_on(self) -> TreeState:
        """Others do what they may; the tree then."""
        self.moments += 1
        moment = f"at moment {self.moments}"
        before, self.now = self.now, fresh_state(f" {moment}")
        now, held = self.now, self.held
        build = lambda: {f"{name}, {moment}": formula for name, formula in left_alone(held, before, now).items()}  # noqa: E731
        self.path.assume(self.path.once(moment, build))
        return now

    def wait(self) -> None:
        """A lock is waited for: nothing is known of what was seen before."""
        self.moments += 1
        self.now = fresh_state(f" when moment {self.moments} is over")

    def forget(self) -> None:
        """A loop goes on: nothing is known of what was seen in its earlier turns."""
        self.moments += 1
        self.now = fresh_state(f" in the loop {self.moments}")
        self.path.assume({f"{name}, {self.moments}": each for name, each in has_frames(self.now).items()})
        self.looks, self.given_back = [self.now], 0


class _Seen:
    """A column as it is when it is looked at."""

    def __init__(self, others: Others, name: str) -> None:
        self.others, self.name = others, name

    def __getitem__(self, index: Value) -> Value:
        now = self.others.go_on()
        self.others.looks.append(now)
        if self.name == "node_of":
            slot = lift(index, Slot)
            self.others.path.demand(SEES, lambda: slot != no_slot)
            return Value(now.node_of(slot), self.others.path)
        node = lift(index, Node)
        self.others.path.demand(SEES, lambda: node != no_node)
        return Ranked(now.frame(node), self.others.path)


def shown(t: TreeState, slot: Term) -> Term:
    """The frame that a slot shows; ``NONE`` if it is nil or no slot."""
    node = t.node_of(slot)
    return If(Or(slot == no_slot, node == no_node), no_frame, t.frame(node))


def disturbed(moments: Sequence[TreeState], slots: Iterable[Term]) -> Formula:
    """Between these moments others have changed what one of the slots shows."""

    def alike(one: TreeState, two: TreeState, slot: Term) -> Formula:
        node = one.node_of(slot)
        same = And(node == two.node_of(slot), Implies(node != no_node, one.frame(node) == two.frame(node)))
        return Implies(slot != no_slot, same)

    named = tuple(slots)
    return Not(And(*(alike(one, two, slot) for one, two in pairwise(moments) for slot in named)))


def one_of(kind: str, which: tuple[object, ...]) -> object:
    """The frame or slot whose lock is meant: a lock with more to its name, or less, is another one.

    :raises ExecutionError: it is no lock of one frame or of one slot.
    """
    if kind not in KINDS or len(which) != 1:
        raise ExecutionError(f"{kind} {which} is no lock of one frame or slot: a lock is known by all of its name")
    return which[0]


def only(kind: str, which: tuple[object, ...]) -> None:
    """There is one lock of the kind.

    :raises ExecutionError: it is one of several.
    """
    if which:
        raise ExecutionError(f"{kind} {which} is another lock than {kind}: a lock is known by all of its name")


def locks_of(others: Others) -> dict[str, Callable[..., None]]:
    """What stands for taking a lock and for giving one back."""
    path = others.path

    def acquire(kind: str, *which: object) -> None:
        others.wait()
        held = others.held
        if kind == "kernel":
            only(kind, which)
            path.demand(ORDER, held.nothing)
            others.held = Held(held.frame, held.slot, BoolVal(True))
            return
        term, below = lift(one_of(kind, which), KINDS[kind][0]), BELOW[kind]
        lower = ForAll([r], Implies(held.frame(r), below(r, term))) if kind == "frame" else BoolVal(True)
        slots = ForAll([x], Implies(held.slot(x), below(x, term) if kind == "slot" else BoolVal(False)))
        path.demand(ORDER, lambda: And(term != KINDS[kind][1], lower, slots))
        others.held = changed(held, kind, lambda each: Or(part_of(held, kind)(each), each == term))

    def release(kind: str, *which: object) -> None:
        held = others.held
        if kind == "kernel":
            only(kind, which)
            path.demand(ONCE, lambda: held.kernel)
            others.held = Held(held.frame, held.slot, BoolVal(False))
            return
        term = lift(one_of(kind, which), KINDS[kind][0])
        path.demand(ONCE, lambda: part_of(held, kind)(term))
        others.held = changed(held, kind, lambda each: And(part_of(held, kind)(each), each != term))

    return {"acquire": acquire, "release": release}


def part_of(held: Held, kind: str) -> Callable[[Term], Formula]:
    """The locks of a kind that are held."""
    return held.frame if kind == "frame" else held.slot


def changed(held: Held, kind: str, part: Callable[[Term], Formula]) -> Held:
    """The same, with other locks of a kind."""
    return Held(part, held.slot, held.kernel) if kind == "frame" else Held(held.frame, part, held.kernel)


def both(kind: str, one: object, two: object) -> Callable[[Term], Formula]:
    """The locks of two frames or slots; of ``NONE`` there is none."""
    sort, nothing = KINDS[kind]
    first, second = lift(one, sort), lift(two, sort)
    return lambda each: And(each != nothing, Or(each == first, each == second))


def same_locks(kind: str, held: Held, part: Callable[[Term], Formula]) -> Formula:
    """Of a kind just these are held."""
    each = r if kind == "frame" else x
    return ForAll([each], part_of(held, kind)(each) == part(each))
