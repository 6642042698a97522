"""A model of hypotheses with as many elements of each sort as is said, or with few, by a SAT solver.

Many formulas with many quantifiers ask too much of a solver that looks for a model of any size. Where somebody knows
how large one is, or few elements are enough, every quantifier is expanded, and what is left is a question about truth
values.
"""

from collections.abc import Collection, Iterable, Mapping
from time import process_time

import z3

from model.running.evaluate import Structure
from proofs.engines.smt.smallest import is_finite
from proofs.engines.terms.expanded import TRUE, Expansion, OutOfTimeError
from proofs.engines.terms.smtlib import symbols


def model_of_sizes(formulas: Iterable[z3.BoolRef], sizes: Mapping[str, int], seconds: float) -> Structure | None:
    """A model of these sizes; a sort of which nothing is said has one element.

    :param seconds: limit for the whole search.
    :returns: the model as a batch of one; none if no sizes are given, if there is none, if a symbol has a sort that is
        not uninterpreted, if two have one name, or if the time is over.

    >>> from model.spaces.theory import Slot, x
    >>> some_other = z3.Exists([x], x != z3.Const("src", Slot))
    >>> model_of_sizes([some_other], {"Slot": 2}, 10).sizes
    {'Slot': 2}
    >>> model_of_sizes([some_other], {"Slot": 1}, 10)
    """
    if not sizes:
        return None
    formulas = list(formulas)
    sorts, declarations = symbols(formulas)
    if not _is_expandable(declarations):
        return None
    return _expanded(formulas, {sort.name(): sizes.get(sort.name(), 1) for sort in sorts}, declarations, seconds)


FEW = (2, 3)  # elements of each sort: what goes wrong mostly does so with as many


def model_of_few(formulas: Iterable[z3.BoolRef], seconds: float) -> Structure | None:
    """A model with two elements of each sort, or else with three.

    :param seconds: limit for the whole search.
    :returns: as :func:`model_of_sizes`; none as well if the formulas speak of no sort that is not interpreted.

    >>> from model.spaces.theory import Slot, x, y
    >>> src = z3.Const("src", Slot)
    >>> model_of_few([z3.Exists([x, y], z3.Distinct(x, y, src))], 10).sizes
    {'Slot': 3}
    """
    formulas = list(formulas)
    sorts, declarations = symbols(formulas)
    if not sorts or not _is_expandable(declarations):
        return None
    deadline = process_time() + seconds
    for number in FEW:
        sizes = dict.fromkeys((sort.name() for sort in sorts), number)
        if found := _expanded(formulas, sizes, declarations, deadline - process_time()):
            return found
    return None


def _is_expandable(declarations: Collection[z3.FuncDeclRef]) -> bool:
    """Whether each symbol's table is finite, holds no number, and is found by the symbol's name."""
    finite = all(is_finite(each) and not isinstance(each.range(), z3.BitVecSortRef) for each in declarations)
    return finite and len({each.name() for each in declarations}) == len(declarations)


def _expanded(
    formulas: Iterable[z3.BoolRef], sizes: Mapping[str, int], declarations: Iterable[z3.FuncDeclRef], seconds: float
) -> Structure | None:
    deadline = process_time() + seconds
    expansion = Expansion(sizes, deadline)
    try:
        for formula in formulas:
            expansion.state(formula)
        true = expansion.solve(TRUE, deadline - process_time())
        return expansion.structure(true, declarations) if true else None
    except OutOfTimeError:
        return None
    finally:
        expansion.close()
