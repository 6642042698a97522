"""Stand-ins for the functions on the tree where they are called: each call demands what its contract requires.

A primitive then does what it really does; in a loop's place the tree becomes any for which its promise holds. All other
functions, which are steps of loops and questions, are executed where they are called.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from z3 import BoolSort, BoolVal, SortRef

from model.spaces.theory import Right
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import Rules
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Rights, Truth, Value, lift, rights_of, truth
from proofs.obligations.source import CODE, Code, on_the_tree
from proofs.obligations.tree.contracts import CONTRACTS, TreeContract
from proofs.obligations.tree.invariants import tree_holds
from proofs.obligations.tree.tree import SymbolicColumn, SymbolicTree, TreeState, fresh_state
from refinement.kernel.mapping_tree import MappingTree


def named_when(what: str, formulas: Named) -> Named:
    """The same formulas, with names that say when they hold."""
    return {f"{name}, {what}": formula for name, formula in formulas.items()}


def argument(value: object, sort: SortRef) -> Any:
    """An argument of a call: a term, or the predicate of a set of rights.

    :raises ExecutionError: it is of another sort.
    """
    if sort == BoolSort():
        return truth(value)
    return rights_of(value) if sort == Right else lift(value, sort)


class Callees:
    """The functions on the tree, for one tree on one path.

    ``names`` has what each name of a function stands for in executed code; ``tree`` is what code gets, which may write
    it by primitives only. ``told`` hears of each call that no primitive makes, before it is made: the function, the
    tree and the arguments.
    """

    def __init__(self, symbolic: SymbolicTree, code: Code = CODE, *, in_primitive: bool = False) -> None:
        """Nothing is called yet.

        :param in_primitive: they are called by a primitive in its own proof, which shows every invariant at its end.
        """
        self._in_primitive = in_primitive
        self.symbolic = symbolic
        self.path: Path = symbolic.path
        self.code = code
        self.tree = guarded(symbolic)
        self.names: dict[str, object] = {}
        self._flushes: Counter[str] = Counter()
        self.depth = 0  # of primitives that are under way
        self.told: Callable[[str, TreeState, list[Any]], None] | None = None
        for name in on_the_tree():
            contract = CONTRACTS.get(name)
            self.names[name] = self._checked(contract) if contract else self._inline(name)

    def bound(self, name: str, rules: Rules | None = None) -> Callable[..., Any]:
        """A function of the code, to be executed."""
        return bind(self.code.function(name), self.path, self.names, rules, name)

    def _inline(self, name: str) -> Callable[..., Any]:
        """A function that is executed where it is called."""
        return lambda *arguments: self.bound(name)(*arguments)

    def _checked(self, contract: TreeContract) -> Callable[..., Any]:
        def call(t: MappingTree, *arguments: object) -> object:
            if t is not self.tree and t is not self.symbolic.tree:
                raise ExecutionError(f"{contract.name} is called with {t!r} and not with the mapping tree")
            if len(arguments) != len(contract.sorts):
                raise ExecutionError(f"{contract.name} takes {len(contract.sorts)} arguments, not {len(arguments)}")
            terms = [argument(value, sort) for value, sort in zip(arguments, contract.sorts, strict=True)]
            for column, number in contract.looks:
                self.symbolic.look(column, terms[number])
            before = self.symbolic.state()
            if not self.depth:  # what a primitive calls is demanded in the primitive's own proof
                if self.told is not None:
                    self.told(contract.name, before, terms)
                self.path.demand_all(CALLS, lambda: contract.requires(before, *terms))
                if contract.structural and not self._in_primitive:  # it leaves invariants to the primitive around it
                    self.path.demand(CALLS, lambda: BoolVal(False))
            if contract.promise is None:
                return self._execute(contract, before, terms)
            return self._promised(contract, before, terms)

        return call

    def _execute(self, contract: TreeContract, before: TreeState, terms: list[Any]) -> object:
        values = [
            Rights(term, self.path) if sort == Right else Value(term, self.path)
            for term, sort in zip(terms, contract.sorts, strict=True)
        ]
        self.depth += 1
        result = self.bound(contract.name)(self.symbolic.tree, *values)
        self.depth -= 1
        if contract.spare is not None:
            made = result.term if isinstance(result, Value) else None
            self.symbolic.spare = contract.spare(before, made, *terms)
        return result

    def _promised(self, contract: TreeContract, before: TreeState, terms: list[Any]) -> object:
        assert contract.promise is not None
        if contract.name == "is_below":
            return Truth(before.below(*terms), self.path)
        new = fresh_state(f" {self.moment(contract.name)}")
        self.symbolic.become(new)
        moment, promise = self.moment(contract.name), contract.promise
        build = lambda: named_when(moment, {**tree_holds(new), **promise(before, new, *terms)})  # noqa: E731
        self.path.assume(self.path.once(moment, build))
        self._flushes[contract.name] += 1
        return None

    def moment(self, name: str) -> str:
        """The time after a loop: the same loop may be called more than once on a path."""
        number = self._flushes[name]
        return f"after {name}" + (f" {number + 1}" if number else "")


class _Guarded:
    """A column that is to be written by primitives only."""

    def __init__(self, column: SymbolicColumn) -> None:
        self._column = column

    def __getitem__(self, index: object) -> Value | Rights:
        return self._column[index]

    def __setitem__(self, index: object, value: object) -> None:
        self._column.owner.path.demand(CALLS, lambda: BoolVal(False))
        self._column[index] = value


def only_read(column: SymbolicColumn) -> Any:
    """The column for code that may write it by primitives only."""
    return _Guarded(column)


def guarded(tree: SymbolicTree) -> MappingTree:
    """The tree for code that may write it by primitives only: any other write breaks what is demanded of calls."""
    return MappingTree(*map(only_read, tree.columns.values()))
