"""Code with its binding, and what a shape of data has of its own: its invariants, contracts, loops and columns."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from z3 import BoolVal

from model.spaces.theory import Formula, Term
from proofs.execution.contract import Named
from proofs.execution.llvm.interpreter import LoopHead
from proofs.execution.llvm.program import Program
from proofs.execution.path import Path
from proofs.execution.values import Node
from proofs.obligations.c_code.binding import Binding, FunctionBinding, LoopBinding
from proofs.obligations.c_code.state import INVARIANTS
from proofs.obligations.tree.tree import ColumnType, TreeState


@dataclass(frozen=True, slots=True)
class CCode:
    """A program and its binding."""

    program: Program
    binding: Binding

    @property
    def invariants(self) -> tuple[str, ...]:
        """The invariants that its data is to have, if that is a tree."""
        return tuple(name for name in INVARIANTS if name != "page_table" or self.binding.page_table)

    def structural(self) -> tuple[str, ...]:
        """Select the invariants that hold also while a node is in no list."""
        return tuple(name for name in self.invariants if INVARIANTS[name].structural)


@dataclass(frozen=True, eq=False)
class Loaded:
    """Code that was read: one object for one reading."""

    code: CCode


@dataclass(frozen=True, slots=True)
class Contract:
    """A function that is proved by itself: what it requires, and what it promises, of the data and its arguments.

    :param given: what it is called with in its proof, in the order of its role's arguments; in place of a slot's two
        numbers the slot.
    :param counts: what a caller has to show so that no depth wraps around.
    """

    given: tuple[Any, ...]
    requires: Callable[..., Named]
    promise: Callable[..., Named]
    counts: Callable[..., Named] = lambda *_: {}

    @property
    def nodes(self) -> list[Term]:
        """Select the arguments that are nodes."""
        return [term for term in self.given if not callable_predicate(term) and term.sort() == Node]


def callable_predicate(term: object) -> bool:
    """Return whether it stands for a set of rights."""
    return not hasattr(term, "sort")


class Memory(Protocol):
    """The data on a path; ``begun`` are the states whose invariants were known, each with the demands met before."""

    path: Path
    here: Callable[[], str]
    begun: list[tuple[int, Any]]
    dirty: bool
    start: Any

    @property
    def untouched(self) -> bool:
        """Nothing was written, and nothing called that may write."""

    def state(self) -> Any:
        """The data as it is now."""

    def become(self, state: Any) -> None:
        """Be in another state, of which the invariants are known."""

    def met(self, node: Term) -> None:
        """A node is an argument."""


class Shape(ABC):
    """The shape of the data, as the execution of a function knows it."""

    contracts: ClassVar[Mapping[str, Contract]]
    """By role."""

    @classmethod
    @abstractmethod
    def of(cls, path: Path, code: CCode, bound: FunctionBinding) -> Self:
        """One on a path."""

    @classmethod
    @abstractmethod
    def start(cls, code: CCode) -> Any:
        """The data before whatever is executed."""

    @classmethod
    @abstractmethod
    def fresh(cls, name: str, before: Any) -> Any:
        """Data of another time, of which nothing is known."""

    @classmethod
    @abstractmethod
    def columns(cls, code: CCode) -> Mapping[str, ColumnType]:
        """Return the columns that the data can be bound to."""

    @classmethod
    @abstractmethod
    def invariants(cls, code: CCode) -> Mapping[str, Callable[[Any], Formula]]:
        """The invariants that the data is to have."""

    @classmethod
    @abstractmethod
    def holds(cls, code: CCode, state: Any) -> Named:
        """All of them, and what the data owes to being such."""

    @staticmethod
    @abstractmethod
    def tree(state: Any) -> TreeState:
        """The mapping tree that data stands for, as far as the theory's state needs it."""

    @staticmethod
    def told(state: Any) -> Any:
        """Return the state that contracts speak of."""
        return state

    @abstractmethod
    def kinds(self) -> Mapping[str, Any]:
        """The invariants that the function's loops may follow."""

    @abstractmethod
    def loop(self, number: int, said: LoopBinding, kind: Any) -> LoopHead:
        """The rule for one of its loops."""

    def excuse(self) -> Formula:
        """Return why an operation may be refused although its arguments are in range and the theory would do it."""
        return BoolVal(False)
