"""The kernel with ranges on that machine: its steps and what calls them, executed for mappings of every order.

Of the tree there are only the nodes that a method is about, and what is known of the steps on it: halving a node and
joining two change no page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from z3 import And, BoolSort, Const, ForAll, Function, Or

from machine.formats import Format
from model.spaces.theory import Frame, Right, Slot, Term, owner
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.execution.monitor import MAY_BE_STORED
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, Rights, Value, lift
from proofs.obligations.kernel.hardware import FirstFrame
from proofs.obligations.page_tables.executed_object import ExecutedObject
from proofs.obligations.page_tables.table_state import Index, index
from proofs.obligations.sized_hardware.machine import SizedCores, SizedMachine
from proofs.obligations.sized_hardware.world import World
from proofs.obligations.sized_tables.arithmetic import numbers
from proofs.obligations.sized_tables.leaves import Leaves, of_mapping, one_leaf, slot
from proofs.obligations.source import Code
from refinement.ranges.kernel import SizedKernel

node, other, joined = Const("node", Node), Const("other_node", Node), Const("joined_node", Node)
upper = Const("upper_slot", Slot)
first_frame = Const("first_frame", Frame)
rights, kept = Function("rights_of_node", Right, BoolSort()), Function("rights_kept", Right, BoolSort())
_lower_stands, _upper_stands = (Function(f"leaf_of_{half}_half", Index, BoolSort()) for half in ("lower", "upper"))
_i = Const("leaf_of_some_half", Index)


@dataclass(frozen=True, slots=True)
class SizedCase:
    """A mapping of an order, in a format.

    :param resized: it is halved, or put together of two halves: so its leaves may change their size.
    :param ascending: the first of two halves is the lower one.
    """

    format: Format
    order: int
    resized: bool = False
    ascending: bool = True

    @property
    def levels(self) -> int:
        """How many levels the format has."""
        return self.format.levels

    def is_one_leaf(self, code: Code) -> bool:
        """The leaves of the mapping change their size: one shows all of it."""
        return self.resized and bool(numbers(self.format, code).leaf_order(self.order) == self.order)

    def leaves(self, code: Code) -> Leaves:
        """The leaves of the mapping: one, or any."""
        level = numbers(self.format, code).level(self.order)
        return (one_leaf if self.is_one_leaf(code) else of_mapping)(level, self.levels)

    def half(self, code: Code, lower: bool) -> Leaves:
        """The leaves of one of its halves."""
        level = numbers(self.format, code).level(self.order - 1)
        return Leaves(level, self.levels, _lower_stands if lower else _upper_stands)

    def leaves_at(self, code: Code, at: Term, order: int) -> Leaves | None:
        """The leaves of the mapping, or of a half of it."""
        if at.eq(slot) and order == self.order:
            return self.leaves(code)
        if order == self.order - 1 and (at.eq(slot) or at.eq(upper)):
            return self.half(code, at.eq(slot))
        return None

    def halves(self, code: Code) -> Named:
        """What is proved of the bits of the two halves: they are the mapping, and where one leaf shows it, a table."""
        lower, higher = (self.half(code, each) for each in (True, False))
        level = lower.level
        known = {
            "the upper half is of the same space": owner(upper) == owner(slot),
            "it lies in the same table": And(
                *(index(k, upper) == index(k, slot) for k in range(level + 1, self.levels))
            ),
            "each half begins with its first leaf": And(
                lower.stands(index(level, slot)), higher.stands(index(level, upper))
            ),
        }
        if self.is_one_leaf(code):
            known["the leaves of both halves fill a table"] = ForAll([_i], Or(lower.stands(_i), higher.stands(_i)))
        return known


class Column:
    """A column of the tree, of the nodes or slots of which something is known."""

    def __init__(self, *known: tuple[Term, Any]) -> None:
        """This is known."""
        self.known = list(known)

    def __getitem__(self, at: Value) -> Any:
        """What is known of one.

        :raises ExecutionError: nothing is.
        """
        term = lift(at, at.term.sort())
        found = next((value for each, value in self.known if each.eq(term)), None)
        if found is None:
            raise ExecutionError(f"nothing is known of {term} there")
        return found


class ExecutedKernel(ExecutedObject):
    """The kernel with ranges whose methods are executed, as some code has them."""

    def __init__(self, code: Code, fields: dict[str, object], path: Path, **names: object) -> None:
        """With these parts."""
        super().__init__(SizedKernel, fields, path, **names)
        self.__dict__.update({"_code": code, "_first": {}, MAY_BE_STORED: ("sized", "tree")})

    def forget_tree(self) -> None:
        """It has no tree yet: it is to get the first one."""
        self.__dict__["_first"] = {name: self.__dict__.pop(name) for name in ("sized", "tree")}

    def has_tree(self) -> bool:
        """Whether it has got it."""
        return all(self.__dict__.get(name) is value for name, value in self._first.items())

    def __setattr__(self, name: str, value: object) -> None:
        """At first it gets the tree, of which a proof knows what it knows from the start.

        :raises ExecutionError: it gets something else.
        """
        if value is not self._first.get(name):
            raise ExecutionError(f"self.{name} is {value!r}, and not the first tree")
        self.__dict__[name] = value

    def _found(self, classes: Sequence[type], name: str) -> Any:
        return partial(self._bound(self._code.sized_method(name)), self)


class FirstMappings:
    """The nodes of the first tree, to be gone through: one turn, for a node whose entries are not written yet.

    Where a turn begins, it knows no more than any method does; so each ends as the next begins. Nothing else is done.
    """

    def __init__(self, machine: SizedMachine, it: Value) -> None:
        """A turn for this node."""
        self.machine, self.it, self.done, self.rule = machine, it, False, self
        self.at_first = machine.changes()

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """No turn hands anything to the next."""
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """One of them."""
        if self.done or self.machine.changes() != self.at_first:
            raise ExecutionError("something is done before the loop that shows the first mappings")
        self.done = True
        yield self.it
        self.at_first = self.machine.changes()

    def tail(self, values: Values) -> None:
        """On to the next mapping."""

    def end(self) -> None:
        """The method has ended.

        :raises ExecutionError: it did not go through them, or did more.
        """
        if not self.done or self.machine.changes() != self.at_first:
            raise ExecutionError("more is done at first than to show each mapping")


class KernelOnMachine:
    """The kernel on terms, for one mapping: what code finds, and what becomes of the tree."""

    def __init__(self, path: Path, start: World, case: SizedCase, code: Code, *, joins: bool) -> None:
        """Between two steps.

        :param joins: the mapping is that of two nodes that are to be joined.
        """
        self.path, self.case, self.code, self.joins = path, case, code, joins
        self.made = self.resized = False  # the first tree; the mapping as two, or as one
        self.leaves = case.leaves(code)
        self.machine = SizedMachine(path, start, case.format, code, partial(case.leaves_at, code), self.leaves.has)
        self.tree = SimpleNamespace()
        self.sized = SimpleNamespace(links=self.tree)
        self._become(*(self._two() if joins else self._one(node, case.order)))
        machine = self.machine
        fields: dict[str, object] = {
            "tree": self.tree,
            "sized": self.sized,
            "tables": machine.page_tables(),
            "tags": SimpleNamespace(current=machine.current),
            "scope": SimpleNamespace(space=machine.space),
            "cores": SizedCores(machine),  # type: ignore[arg-type]
            "first_frame": FirstFrame(path),
        }
        trees = SimpleNamespace(halve=self._halve, join=self._join, initial=self._initial)
        names = {"trees": trees, "around": self._around, "range": machine.range, "mappings": self._mappings}
        names |= {"RuntimeError": RuntimeError, "ValueError": ValueError}
        self.kernel: Any = ExecutedKernel(code, fields, path, **names)

    def show_first(self) -> None:
        """σ0's first mappings are shown, of which one stands for any."""
        self.first = FirstMappings(self.machine, self.value(node))
        self.kernel.forget_tree()
        self.kernel._show_sigma0()
        if not self.kernel.has_tree():
            raise ExecutionError("at first the kernel does not get its tree")
        self.first.end()

    def _initial(self, scope: object) -> object:
        if scope is not self.kernel.scope or self.made:
            raise ExecutionError(f"the first tree is made of {scope!r}, once, and of the kernel's scope")
        self.made = True
        return self.sized

    def _mappings(self, tree: object) -> FirstMappings:
        if tree is not self.tree:
            raise ExecutionError(f"{tree!r} is not the tree")
        return self.first

    def value(self, term: Term) -> Value:
        """The value for a term."""
        return Value(term, self.path)

    def _one(self, it: Term, order: int) -> tuple[list[Any], list[Any]]:
        """One node, that of the mapping."""
        return [(slot, self.value(it))], [(it, self.value(slot), order, self.value(first_frame))]

    def _two(self) -> tuple[list[Any], list[Any]]:
        """The nodes of both halves."""
        lower, higher = (node, other) if self.case.ascending else (other, node)
        behind, half = Const("frame_of_upper_half", Frame), self.case.order - 1
        nodes = [(slot, self.value(lower)), (upper, self.value(higher))]
        columns = [
            (lower, self.value(slot), half, self.value(first_frame)),
            (higher, self.value(upper), half, self.value(behind)),
        ]
        return nodes, columns

    def _become(self, nodes: list[Any], columns: list[Any]) -> None:
        tree, granted = self.tree, Rights(rights, self.path)
        tree.node_of = Column(*nodes)
        tree.slot = Column(*((it, at) for it, at, _, _ in columns))
        tree.frame = Column(*((it, begins) for it, _, _, begins in columns))
        tree.rights = Column(*((it, granted) for it, _, _, _ in columns))
        self.sized.order = Column(*((it, order) for it, _, order, _ in columns))

    # Steps on the tree.

    def _of_this(self, tree: object, *nodes: Term) -> None:
        if tree is not self.sized:
            raise ExecutionError(f"{tree!r} is not the tree")

    def _resize(self, tree: object, *, joins: bool) -> None:
        self._of_this(tree)
        if not self.case.resized or joins != self.joins or self.resized:
            raise ExecutionError("a mapping is halved or joined by a method that is about something else, or twice")
        self.resized = True

    def end(self) -> None:
        """The method has ended.

        :raises ExecutionError: it has not halved or joined what it is about.
        """
        if self.case.resized != self.resized:
            raise ExecutionError("the mapping is neither halved nor joined")

    def _halve(self, tree: object, it: Value) -> None:
        """The node has the lower half; the upper half has a new one."""
        self._resize(tree, joins=False)
        if not lift(it, Node).eq(node):
            raise ExecutionError(f"{it.term} is halved, and not the node")
        higher = self.value(Const("node_of_upper_half", Node))
        half = self.case.order - 1
        self._become(
            [(slot, self.value(node)), (upper, higher)],
            [
                (node, self.value(slot), half, self.value(first_frame)),
                (higher.term, self.value(upper), half, self.value(Const("frame_of_upper_half", Frame))),
            ],
        )

    def _join(self, tree: object, one: Value, another: Value) -> Value:
        """One node has both halves."""
        self._resize(tree, joins=True)
        pair = lift(one, Node), lift(another, Node)
        if not (pair[0].eq(node) and pair[1].eq(other)) and not (pair[0].eq(other) and pair[1].eq(node)):
            raise ExecutionError(f"{pair[0]} and {pair[1]} are joined, and not the two")
        self._become(*self._one(joined, self.case.order))
        return self.value(joined)

    def _around(self, page: Value, order: int) -> Value:
        """The first page of the mapping, of a page of its halves; else any."""
        at = lift(page, Slot)
        if order == self.case.order and (at.eq(slot) or at.eq(upper)):
            return self.value(slot)
        return self.value(Const(f"around {at} of order {order}", Slot))
