"""A function of C on lists in pre-order: their invariants, contracts and loops."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from z3 import And

from model.spaces.theory import Formula, called
from proofs.execution.contract import Named
from proofs.execution.llvm.interpreter import LoopHead
from proofs.execution.path import Path
from proofs.execution.values import no_node
from proofs.obligations.c_code.binding import FunctionBinding, LoopBinding
from proofs.obligations.c_code.execution import Execution
from proofs.obligations.c_code.shape import CCode
from proofs.obligations.c_preorder.contracts import CONTRACTS
from proofs.obligations.c_preorder.domain import Domain
from proofs.obligations.c_preorder.loops import Kind, Loop, end_kind, restrict_kind, scan_kind
from proofs.obligations.c_preorder.memory import Memory
from proofs.obligations.c_preorder.state import INVARIANTS, Lists, as_tree, column_types, fresh, holds
from proofs.obligations.tree.tree import ColumnType, TreeState


def depth_width(code: CCode) -> int:
    """Return how many bits the field has that is bound as the depth."""
    fields = code.program.structs[code.binding.struct].fields.values()
    return next(each.bits for each in fields if each.name == code.binding.columns["depth"])


def start_of(code: CCode) -> Lists:
    """The lists before whatever is executed."""
    return fresh("", depth_width(code))


class ListExecution(Execution):
    """One function on lists executed on one path."""

    contracts = CONTRACTS

    @classmethod
    def of(cls, path: Path, code: CCode, bound: FunctionBinding) -> Self:
        """One on a path."""
        memory = Memory(path, start_of(code))
        return cls(path, code, bound, memory, Domain(code.program, code.binding, memory))

    @classmethod
    def start(cls, code: CCode) -> Lists:
        """The lists before whatever is executed."""
        return start_of(code)

    @classmethod
    def fresh(cls, name: str, before: Any) -> Lists:
        """Lists of another time, of which nothing is known."""
        return fresh(name, before.width)

    @classmethod
    def columns(cls, code: CCode) -> Mapping[str, ColumnType]:
        """Return the columns that the lists can be bound to."""
        return column_types(depth_width(code))

    @classmethod
    def invariants(cls, code: CCode) -> Mapping[str, Callable[[Any], Formula]]:
        """The invariants that the lists are to have."""
        return {name: each.formula for name, each in INVARIANTS.items()}

    @classmethod
    def holds(cls, code: CCode, state: Any) -> Named:
        """All of them, and what the lists owe to being columns."""
        return dict(holds(state))

    @staticmethod
    def tree(state: Any) -> TreeState:
        """Return the tree that the lists stand for, as far as the theory's state needs it."""
        return as_tree(state)

    def kinds(self) -> Mapping[str, Kind]:
        """The invariants that the function's loops may follow."""
        start, given = start_of(self.code), self.contracts[self.bound.role].given
        if self.bound.role == "restrict_below":
            top, has = given
            return {"end": end_kind(top, start), "restrict": restrict_kind(top, has, start)}
        if self.bound.role == "is_below":
            lower, upper = given
            return {"scan": scan_kind(lower, upper, start)}
        return {}

    def loop(self, number: int, said: LoopBinding, kind: Kind) -> LoopHead:
        """The rule for one of its loops."""
        assert isinstance(self.memory, Memory)
        return Loop(self.memory, number, said, kind, self.check_invariants, self.tested)

    def excuse(self) -> Formula:
        """A mapping that is as deep as can be said is not mapped on."""
        if self.bound.role != "map":
            return super().excuse()
        start = start_of(self.code)
        source = start.node_of(called.src)
        return And(source != no_node, start.depth(source) == start.deepest)
