"""A model of hypotheses with as many elements of each sort as is said, by a SAT solver.

Many formulas with many quantifiers ask too much of a solver that looks for a model of any size. Where somebody knows
how large one is, every quantifier is expanded, and what is left is a question about truth values.
"""

from collections.abc import Iterable, Mapping
from time import monotonic

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
    if not all(map(is_finite, declarations)) or any(
        isinstance(each.range(), z3.BitVecSortRef) for each in declarations
    ):
        return None
    if len({each.name() for each in declarations}) < len(declarations):
        return None  # a table is found by its symbol's name
    deadline = monotonic() + seconds
    expansion = Expansion({sort.name(): sizes.get(sort.name(), 1) for sort in sorts}, deadline)
    try:
        for formula in formulas:
            expansion.state(formula)
        true = expansion.solve(TRUE, deadline - monotonic())
        return expansion.structure(true, declarations) if true else None
    except OutOfTimeError:
        return None
    finally:
        expansion.close()
