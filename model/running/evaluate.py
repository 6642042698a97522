"""The theory's formulas evaluated on concrete states: many states at once, with numpy.

:func:`compile_term` turns a z3 term into a function from a :class:`Structure`, a batch of finite interpretations of
the theory's symbols, to an array with one value for each state of the batch. The same formula that is proved for all
states can so be checked on any of them: in the comparison with the literal model, and as a run-time monitor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations, starmap
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.z3_terms import FORALL, LAMBDA, VARIABLE, Term, read
from model.signature import Vocabulary, applied, symbols_of

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Structure:
    """A batch of interpretations.

    ``sizes`` gives the number of elements of each sort; elements are numbers from 0. ``symbols`` gives for a constant
    an array of shape (batch,), for a function or relation one of shape (batch, size of each argument's sort).
    """

    batch: int
    sizes: dict[str, int]
    symbols: dict[str, Array]

    def with_symbols(self, **symbols: Array) -> "Structure":
        """The same with further symbols interpreted, or some interpreted otherwise."""
        return replace(self, symbols={**self.symbols, **symbols})


class UnsupportedTermError(ValueError):
    """The term has a construct that the theory does not use."""


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One evaluation: the structure, and the values of terms that stand in several places, each computed once."""

    batch: int
    sizes: dict[str, int]
    symbols: dict[str, Array]
    known: "dict[_Part, Array]"


_Compiled = Callable[[_Run], Array]

MOST_KEPT = 1 << 16
"""Elements of a value that is kept during an evaluation: of more, to compute it again costs less than the memory."""


@dataclass(slots=True, eq=False)
class _Part:
    """A compiled term; ``shared`` if it stands in several places."""

    compiled: _Compiled
    shared: bool = False

    def __call__(self, structure: _Run) -> Array:
        """Its value."""
        if not self.shared:
            return self.compiled(structure)
        value = structure.known.get(self)
        if value is None:
            value = self.compiled(structure)
            if value.size <= MOST_KEPT:
                structure.known[self] = value
        return value


_FOLDS: dict[int, Callable[[Array, Array], Array]] = {
    z3.Z3_OP_AND: np.logical_and,
    z3.Z3_OP_OR: np.logical_or,
    z3.Z3_OP_EQ: np.equal,
    z3.Z3_OP_IMPLIES: lambda one, other: np.logical_or(np.logical_not(one), other),
    z3.Z3_OP_XOR: np.logical_xor,
}

_UNSIGNED: dict[int, Callable[[Array, Array], Array]] = {
    z3.Z3_OP_ULT: np.less,
    z3.Z3_OP_ULEQ: np.less_equal,
    z3.Z3_OP_UGT: np.greater,
    z3.Z3_OP_UGEQ: np.greater_equal,
}
_SIGNED: dict[int, Callable[[Array, Array], Array]] = {
    z3.Z3_OP_SLT: np.less,
    z3.Z3_OP_SLEQ: np.less_equal,
    z3.Z3_OP_SGT: np.greater,
    z3.Z3_OP_SGEQ: np.greater_equal,
}
MOST_BITS = 32
"""Numbers of so many bits, and their sums, are exact in the arrays."""


def compile_term(term: z3.ExprRef, variables: Sequence[z3.ExprRef] = ()) -> Callable[[Structure], Array]:
    """A function that evaluates the term in each structure of a batch.

    :param variables: constants that range over their sort; each adds an axis to the result, in this order.
    :returns: a function from a structure to an array of shape (batch, size of each variable's sort).
    :raises UnsupportedTermError: the term goes beyond equality, connectives, quantifiers, uninterpreted symbols, and of
        numbers of a few bits, which no quantifier binds, their order and sums.

    >>> from model.spaces.abstraction import structure_of
    >>> from model.scope import Scope
    >>> from model.spaces.literal import initial
    >>> from model.spaces import theory as t
    >>> scope = Scope(spaces=2, pages=1, frames=1)
    >>> compile_term(t.accessible(t.before, t.x), [t.x])(structure_of([initial(scope)], scope)).tolist()
    [[True, False]]
    """
    term = z3.substitute(term, *((v, z3.Var(i, v.sort())) for i, v in enumerate(reversed(variables))))
    sorts = tuple(v.sort().name() for v in variables)
    evaluate = _Compiler().compile(read(term), sorts)

    def run(structure: Structure) -> Array:
        shape = (structure.batch, *(structure.sizes[sort] for sort in sorts))
        return np.broadcast_to(evaluate(_Run(structure.batch, structure.sizes, structure.symbols, {})), shape)

    return run


def compile_meaning(meaning: Vocabulary) -> Callable[[Structure], dict[str, Array]]:
    """A function that evaluates all symbols of an interpretation, such as a state after a step, in each structure."""
    declared = symbols_of(type(meaning))
    compiled = {name: compile_term(applied(meaning, name), symbol.arguments) for name, symbol in declared.items()}
    return lambda structure: {name: run(structure) for name, run in compiled.items()}


class _Compiler:
    """Compiles terms; axis 0 is the batch, axis i + 1 the i-th variable bound so far, outermost first."""

    def __init__(self) -> None:
        self._done: dict[tuple[Term, tuple[str, ...]], _Part] = {}

    def compile(self, term: Term, bound: tuple[str, ...]) -> _Part:
        key = (term, bound)
        known = self._done.get(key)
        if known is None:
            known = self._done[key] = _Part(self._compile(term, bound))
        else:
            known.shared = True
        return known

    def _compile(self, term: Term, bound: tuple[str, ...]) -> _Compiled:
        rank = 1 + len(bound)
        if term.bound:
            return self._quantifier(term, bound)
        if term.kind == VARIABLE:
            axis = rank - 1 - term.index
            sort = bound[axis - 1]
            shape = [1] * rank

            def variable(structure: _Run) -> Array:
                if sort not in structure.sizes:
                    raise UnsupportedTermError(f"the structure has no elements of {sort}")
                shape[axis] = structure.sizes[sort]
                return np.arange(structure.sizes[sort]).reshape(shape)

            return variable
        operator = term.operator
        of_nothing = operator in (z3.Z3_OP_AND, z3.Z3_OP_OR) and not term.children
        if operator in (z3.Z3_OP_TRUE, z3.Z3_OP_FALSE) or of_nothing:
            truth = np.full([1] * rank, operator in (z3.Z3_OP_TRUE, z3.Z3_OP_AND))
            return lambda structure: truth
        children = [self.compile(child, bound) for child in term.children]
        if term.sort.kind() == z3.Z3_BV_SORT and (term.sort.size() > MOST_BITS):
            raise UnsupportedTermError(f"cannot evaluate {term.sort.size()} bits in {term.ast}")
        if operator == z3.Z3_OP_BNUM:
            number = np.full([1] * rank, term.ast.as_long(), np.int64)
            return lambda structure: number
        if operator == z3.Z3_OP_BADD:
            modulus = 1 << term.sort.size()
            return lambda structure: reduce(np.add, (child(structure) for child in children)) % modulus
        if term.declaration is not None:
            return _application(term, children, rank)
        if operator == z3.Z3_OP_NOT:
            return lambda structure: np.logical_not(*(child(structure) for child in children))
        if operator == z3.Z3_OP_ITE:
            return lambda structure: np.where(*(child(structure) for child in children))
        if operator == z3.Z3_OP_DISTINCT and len(children) > 1:
            return lambda structure: reduce(
                np.logical_and, starmap(np.not_equal, combinations([child(structure) for child in children], 2))
            )
        if operator in _UNSIGNED:
            compare = _UNSIGNED[operator]
            return lambda structure: compare(*(child(structure) for child in children))
        if operator in _SIGNED:
            order, half = _SIGNED[operator], 1 << (term.children[0].sort.size() - 1)
            return lambda structure: order(*((child(structure) + half) % (2 * half) for child in children))
        if operator == z3.Z3_OP_ZERO_EXT:
            return children[0]
        if operator in _FOLDS:
            fold = _FOLDS[operator]
            return lambda structure: reduce(fold, (child(structure) for child in children))
        raise UnsupportedTermError(f"cannot evaluate {term.ast.decl().name()} in {term.ast}")

    def _quantifier(self, term: Term, bound: tuple[str, ...]) -> _Compiled:
        if term.kind == LAMBDA:
            raise UnsupportedTermError(f"cannot evaluate a lambda: {term.ast}")
        for sort in term.bound:
            if sort.kind() != z3.Z3_UNINTERPRETED_SORT:  # a sort of the same name may have some elements
                raise UnsupportedTermError(f"cannot evaluate all elements of {sort}: {term.ast}")
        inner = tuple(sort.name() for sort in term.bound)
        body = self.compile(term.children[0], bound + inner)
        axes = tuple(range(1 + len(bound), 1 + len(bound) + len(inner)))
        over = np.all if term.kind == FORALL else np.any
        return lambda structure: np.asarray(over(body(structure), axis=axes))


def _application(term: Term, arguments: Sequence[_Compiled], rank: int) -> _Compiled:
    """The value of a symbol, looked up in its table for every combination of its arguments.

    Most arguments are variables, each another one, or constants. Then only the constants are looked up, and the axes of
    the table that are left are put where the variables' axes are, which copies nothing.
    """
    assert term.declaration is not None
    name = term.declaration.name()
    axes = [rank - 1 - child.index if child.kind == VARIABLE else 0 for child in term.children]
    bound = [axis for axis in axes if axis]
    looked_up = [place for place, axis in enumerate(axes) if not axis]
    direct = len(set(bound)) == len(bound) and not any(term.children[place].children for place in looked_up)

    def table_of(structure: _Run) -> Array:
        try:
            return structure.symbols[name]
        except KeyError:
            raise UnsupportedTermError(f"the structure does not interpret {name}") from None

    def rearrange(structure: _Run) -> Array:
        table = table_of(structure)
        rows = np.arange(structure.batch)
        for place in reversed(looked_up):
            table = np.moveaxis(table, place + 1, 1)[rows, arguments[place](structure).ravel()]
        shape = np.ones(rank, int)
        shape[[0, *bound]] = table.shape
        return table.transpose([0, *(1 + np.argsort(bound))]).reshape(shape)

    def look_up(structure: _Run) -> Array:
        rows = np.expand_dims(np.arange(structure.batch), tuple(range(1, rank)))
        return np.asarray(table_of(structure)[(rows, *(argument(structure) for argument in arguments))])

    return rearrange if direct else look_up
