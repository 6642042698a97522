"""A function of C on trees of parent, first child and siblings: their invariants, contracts and loops."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from z3 import And, BoolSort, BoolVal, Consts, ForAll, Function, Implies

from model.spaces.theory import Formula, Predicate, Right, Term, a
from proofs.execution.contract import Named
from proofs.execution.llvm.interpreter import LoopHead
from proofs.execution.path import Path
from proofs.execution.values import Node
from proofs.obligations.c_code.binding import FunctionBinding, LoopBinding
from proofs.obligations.c_code.domain import CDomain
from proofs.obligations.c_code.execution import Execution
from proofs.obligations.c_code.loops import CLoop, Kind, climb_kind, flush_kind, restrict_kind
from proofs.obligations.c_code.memory import CMemory
from proofs.obligations.c_code.own import own_invariant
from proofs.obligations.c_code.shape import CCode, Contract
from proofs.obligations.c_code.state import BEFORE, COLUMNS, INVARIANTS, CState, fresh, holds, tree_of
from proofs.obligations.tree.contracts import CONTRACTS, flushed_wholly, kept_nodes, restricted_wholly
from proofs.obligations.tree.invariants import n
from proofs.obligations.tree.tree import ColumnType, TreeState

TREE = tree_of(BEFORE)

node, top, lower, upper = Consts("node top lower upper", Node)
kept = Function("kept", Right, BoolSort())
NOTHING_KEPT: Predicate = lambda _: BoolVal(False)  # noqa: E731


def removed_alone(b: TreeState, t: TreeState, gone: Term) -> Named:
    """The node is gone, and nothing else changed."""
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "the node alone is gone": ForAll([n], t.live(n) == And(b.live(n), n != gone)),
        "what is left has its rights": ForAll([n, a], Implies(t.live(n), t.rights(n, a) == b.rights(n, a))),
    }


APART: dict[str, Contract] = {
    "remove": Contract((node,), CONTRACTS["remove_leaf"].requires, removed_alone),
    "flush_below": Contract((top,), CONTRACTS["flush_below"].requires, flushed_wholly),
    "restrict_below": Contract((top, kept), CONTRACTS["restrict_below"].requires, restricted_wholly),
    "is_below": Contract((lower, upper), CONTRACTS["is_below"].requires, lambda *_: {}),
}
"""By role; the requirements are those of our kernel's functions."""


class TreeExecution(Execution):
    """One function on trees executed on one path."""

    contracts = APART
    under_way: list[CLoop]

    @classmethod
    def of(cls, path: Path, code: CCode, bound: FunctionBinding) -> Self:
        """One on a path."""
        memory = CMemory(path)
        made = cls(path, code, bound, memory, CDomain(code.program, code.binding, memory))
        made.under_way = []
        return made

    @classmethod
    def start(cls, code: CCode) -> CState:
        """The data before whatever is executed."""
        return BEFORE

    @classmethod
    def fresh(cls, name: str, before: Any) -> CState:
        """Data of another time, of which nothing is known."""
        return fresh(name)

    @classmethod
    def columns(cls, code: CCode) -> Mapping[str, ColumnType]:
        """Return the columns that the data can be bound to."""
        return COLUMNS

    @classmethod
    def invariants(cls, code: CCode) -> Mapping[str, Callable[[Any], Formula]]:
        """The invariants that the data is to have."""
        return {name: INVARIANTS[name].formula for name in code.invariants}

    @classmethod
    def holds(cls, code: CCode, state: Any) -> Named:
        """All of them, and what the data owes to being columns."""
        return holds(state, code.invariants)

    @staticmethod
    def tree(state: Any) -> TreeState:
        """The mapping tree that data stands for."""
        return tree_of(state)

    @staticmethod
    def told(state: Any) -> TreeState:
        """Contracts speak of the tree."""
        return tree_of(state)

    def kinds(self) -> Mapping[str, Kind]:
        """The invariants that the function's loops may follow."""
        kinds: dict[str, Callable[[], dict[str, Kind]]] = {
            "flush_below": lambda: {"flush": flush_kind(top, TREE), "restrict": restrict_kind(top, NOTHING_KEPT, TREE)},
            "restrict_below": lambda: {"restrict": restrict_kind(top, kept, TREE)},
            "is_below": lambda: {"climb": climb_kind(lower, upper, TREE)},
        }
        return kinds.get(self.bound.role, dict)()

    def loop(self, number: int, said: LoopBinding, kind: Kind) -> LoopHead:
        """The rule for one of its loops, with the user's own invariant if the binding names one."""
        assert isinstance(self.memory, CMemory)
        own = own_invariant(self.code.binding.file, said.also) if said.also else None
        return CLoop(
            self.memory,
            number,
            said,
            kind,
            self.code.invariants,
            self.under_way,
            self.check_invariants,
            own,
            self.tested,
        )
