"""Runs on machines of a given size, by a SAT solver: every quantifier expanded, every element a number.

Runs of many steps take minutes on machines of every size at once; those of a small machine take seconds. A run found
here is a run. That there is no shorter one is known of machines of this size only.
"""

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import inf
from threading import Timer
from time import process_time
from typing import Any, TypeAlias

import numpy as np
import z3
from numpy.typing import NDArray
from pysat.solvers import Solver

from model.running.evaluate import Structure
from proofs.engines.terms.formula import Node, Reader, sort_name, width_of

TRUE = 1  # the literal that is always true

Environment: TypeAlias = tuple[int, ...]  # the elements that the bound variables stand for, innermost first
Element: TypeAlias = Mapping[int, int]  # for each element that a term may be, the literal that it is


_ORDERS = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
_OF_BITS = frozenset(sign + order for sign in "us" for order in _ORDERS)


def _ordered(node: Node, *pair: int) -> bool:
    """Whether two numbers stand in the order that a formula says, with a sign (``s``) or without."""
    half = 1 << (width_of(node.children[0].sort) - 1)
    one, other = ((each ^ half) if node.kind.startswith("s") else each for each in pair)
    return bool(_ORDERS[node.kind[1:]](one, other))


class OutOfTimeError(RuntimeError):
    """The time was over before all was expanded; nothing is known."""


class Expansion:
    """Formulas about so many elements of each sort, as clauses that a solver has already.

    :param sizes: how many elements each sort has; of a sort of numbers with so many bits, as ``8 bits``, how many of
        them the values of symbols are, from 0 on.
    :param deadline: when to give up expanding, in seconds of the process, as ``process_time`` tells.
    """

    def __init__(self, sizes: Mapping[str, int], deadline: float = inf) -> None:
        """No formula is stated yet."""
        self.sizes, self._deadline = dict(sizes), deadline
        self._reader, self._top = Reader(bits=any(map(width_of, sizes))), TRUE
        self._solver = Solver(name="glucose4", bootstrap_with=[[TRUE]])
        self._gates: dict[frozenset[int], int] = {}
        self._literals: dict[tuple[int, Environment], int] = {}
        self._elements: dict[tuple[int, Environment], Element] = {}
        self._atoms: dict[tuple[str, Environment], int] = {}
        self._values: dict[tuple[str, Environment], Element] = {}
        self._defined: dict[str, Node] = {}
        self._named: dict[str, list[Element]] = {}

    def close(self) -> None:
        """Free what the solver holds."""
        self._solver.delete()

    def state(self, formula: z3.BoolRef) -> None:
        """The formula holds.

        :raises OutOfTimeError: it was not expanded in time.
        """
        self._add([self.literal(formula)])

    def exclude(self, literal: int) -> None:
        """The literal is false."""
        self._add((-literal,))

    def ordered(self, constants: Iterable[tuple[str, str]]) -> None:
        """Keep one of the models that differ by the names of elements alone: constants name new elements in turn.

        :param constants: names and sorts, in the order in which all constants are given to this method. Nothing that is
            stated may tell elements of a sort apart but by symbols.
        """
        for name, sort in constants:
            found, before = self._function(name, sort, ()), self._named.setdefault(sort, [])
            for element, literal in found.items():
                if element:
                    self._add((-literal, *(other[element - 1] for other in before)))
            before.append(found)

    def define(self, name: str, arguments: Sequence[z3.ExprRef], value: z3.ExprRef) -> None:
        """For these arguments, which are variables, the symbol has that value.

        :raises ValueError: the symbol was spoken of before, or is defined already.
        """
        spoken_of = (other for other, _ in (*self._atoms, *self._values))
        if name in self._defined or name in spoken_of:
            raise ValueError(f"{name} was spoken of before it is defined")
        last = len(arguments) - 1
        bound = [(argument, z3.Var(last - n, argument.sort())) for n, argument in enumerate(arguments)]
        self._defined[name] = self._reader.read(z3.substitute(value, *bound))

    def literal(self, formula: z3.BoolRef) -> int:
        """A literal that is equivalent to the formula.

        :raises OutOfTimeError: it was not expanded in time.
        """
        return self._literal(self._reader.read(formula), ())

    def solve(self, assumed: int, seconds: float) -> frozenset[int] | None:
        """The literals that are true where all that is stated holds, and the literal too; empty if that cannot be.

        :returns: none if the time was too short to know.
        """
        timer = Timer(max(seconds, 0.01), self._solver.interrupt)
        timer.start()
        try:
            answer = self._solver.solve_limited(assumptions=[assumed], expect_interrupt=True)
        finally:
            timer.cancel()
            timer.join()
        self._solver.clear_interrupt()
        if answer is None:
            return None
        return frozenset(self._solver.get_model()) if answer else frozenset()

    def structure(self, true: frozenset[int], symbols: Iterable[z3.FuncDeclRef]) -> Structure:
        """The tables of symbols that are not defined; what nothing was said of is false, or the first element."""
        tables: dict[str, NDArray[Any]] = {}
        for symbol in symbols:
            domain = [symbol.domain(i).name() for i in range(symbol.arity())]
            relation = symbol.range().kind() == z3.Z3_BOOL_SORT
            shape = (1, *(self.sizes[sort] for sort in domain))
            table: NDArray[Any] = np.zeros(shape, np.bool_ if relation else np.int64)
            for place in product(*(range(self.sizes[sort]) for sort in domain)):
                if relation:
                    table[(0, *place)] = self._atom(symbol.name(), place) in true
                else:
                    found = self._function(symbol.name(), sort_name(symbol.range()), place)
                    table[(0, *place)] = next((e for e, literal in found.items() if literal in true), 0)
            tables[symbol.name()] = table
        return Structure(1, dict(self.sizes), tables)

    def _new(self) -> int:
        self._top += 1
        return self._top

    def _add(self, clause: Iterable[int]) -> None:
        self._solver.add_clause(list(clause))

    def _all(self, literals: Iterable[int]) -> int:
        """A literal for the conjunction."""
        some = frozenset(literals) - {TRUE}
        if -TRUE in some or any(-one in some for one in some):
            return -TRUE
        if len(some) < 2:
            return next(iter(some), TRUE)
        gate = self._gates.get(some)
        if gate is None:
            gate = self._gates[some] = self._new()
            for one in some:
                self._add((-gate, one))
            self._add((gate, *(-one for one in some)))
        return gate

    def _any(self, literals: Iterable[int]) -> int:
        return -self._all(-one for one in literals)

    def _tuples(self, sorts: Iterable[str]) -> Iterator[Environment]:
        return product(*(range(self.sizes[sort]) for sort in sorts))

    # terms

    def _element(self, node: Node, env: Environment) -> Element:
        """Which element a term is."""
        if node.kind == "var":
            return {env[node.free[0]]: TRUE}
        if node.kind == "number":
            return {int(node.name): TRUE}
        key = (node.number, tuple(env[i] for i in node.free))
        found = self._elements.get(key)
        if found is None:
            found = self._elements[key] = self._which(node, env)
        return found

    def _which(self, node: Node, env: Environment) -> Element:
        ways: dict[int, list[int]] = {}
        if node.kind == "choice":
            condition = self._literal(node.children[0], env)
            for test, term in ((condition, node.children[1]), (-condition, node.children[2])):
                for element, literal in self._element(term, env).items():
                    ways.setdefault(element, []).append(self._all((test, literal)))
        elif node.kind in ("sum", "wider"):
            for terms, given in self._arguments(node, env):
                ways.setdefault(sum(terms) % (1 << width_of(node.sort)), []).append(given)
        else:
            for arguments, given in self._arguments(node, env):
                for element, literal in self._function(node.name, node.sort, arguments).items():
                    ways.setdefault(element, []).append(self._all((given, literal)))
        found = {element: self._any(some) for element, some in ways.items()}
        return {element: literal for element, literal in found.items() if literal != -TRUE}

    def _arguments(self, node: Node, env: Environment) -> Iterator[tuple[Environment, int]]:
        """The arguments that an application may have, each with a literal that it has these."""
        for chosen in product(*(self._element(child, env).items() for child in node.children)):
            yield tuple(element for element, _ in chosen), self._all(literal for _, literal in chosen)

    def _function(self, name: str, sort: str, arguments: Environment) -> Element:
        found = self._values.get((name, arguments))
        if found is None:
            if name in self._defined:
                found = self._element(self._defined[name], tuple(reversed(arguments)))
            else:
                literals = [self._new() for _ in range(self.sizes[sort])]
                self._add(literals)
                for one, other in combinations(literals, 2):
                    self._add((-one, -other))
                found = dict(enumerate(literals))
            self._values[name, arguments] = found
        return found

    def _atom(self, name: str, arguments: Environment) -> int:
        found = self._atoms.get((name, arguments))
        if found is None:
            if name in self._defined:
                found = self._literal(self._defined[name], tuple(reversed(arguments)))
            else:
                found = self._new()
            self._atoms[name, arguments] = found
        return found

    # formulas

    def _literal(self, node: Node, env: Environment) -> int:
        key = (node.number, tuple(env[i] for i in node.free))
        found = self._literals.get(key)
        if found is None:
            if process_time() > self._deadline:
                raise OutOfTimeError
            found = self._literals[key] = self._expanded(node, env)
        return found

    def _expanded(self, node: Node, env: Environment) -> int:
        kind = node.kind
        if kind in ("forall", "exists"):
            sorts = tuple(reversed(node.bound))
            each = (self._literal(node.children[0], (*values, *env)) for values in self._tuples(sorts))
            return self._all(each) if kind == "forall" else self._any(each)
        if kind in ("true", "false"):
            return TRUE if kind == "true" else -TRUE
        if kind in ("same", "different"):
            one, other = (self._element(child, env) for child in node.children)
            same = self._any(self._all((one[e], other[e])) for e in one if e in other)
            return same if kind == "same" else -same
        if kind == "apply":
            ways = (self._all((given, self._atom(node.name, args))) for args, given in self._arguments(node, env))
            return self._any(ways)
        if kind in _OF_BITS:
            return self._any(given for pair, given in self._arguments(node, env) if _ordered(node, *pair))
        some = [self._literal(child, env) for child in node.children]
        if kind == "not":
            return -some[0]
        if kind == "and":
            return self._all(some)
        if kind == "or":
            return self._any(some)
        if kind == "implies":
            return self._any((-some[0], some[1]))
        if kind == "ite":
            return self._any((self._all((some[0], some[1])), self._all((-some[0], some[2]))))
        equal = self._any((self._all(some), self._all(-one for one in some)))
        if kind == "eq":
            return equal
        if kind in ("xor", "distinct"):
            return -equal
        raise ValueError(f"a formula with {kind} is not expanded")
