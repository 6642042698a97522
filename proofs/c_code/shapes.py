"""The shapes of data in which C code can keep its mappings: how each is executed, and what is proved of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from model.spaces.dialect import dialect_named
from proofs.obligation import Condition
from proofs.obligations.c_code import obligations as of_trees
from proofs.obligations.c_code import state as tree_state
from proofs.obligations.c_code.execution import Execution
from proofs.obligations.c_code.obligations import CObligation, loaded
from proofs.obligations.c_code.shape import Loaded
from proofs.obligations.c_code.trees import TreeExecution
from proofs.obligations.c_preorder import obligations as of_lists
from proofs.obligations.c_preorder import state as list_state
from proofs.obligations.c_preorder.execution import ListExecution


@dataclass(frozen=True, slots=True)
class ShapeOfData:
    """One of them.

    :param invariants: those that some binding's data has.
    :param links: the columns that lead from node to node.
    :param relevant: a condition without what it need not assume for what is to be shown.
    """

    execution: type[Execution]
    obligations: Callable[[Loaded, str], Iterator[CObligation]]
    invariants: tuple[str, ...]
    links: tuple[str, ...]
    relevant: Callable[[Condition, str], Condition] = lambda condition, _: condition


SHAPES = {
    "tree": ShapeOfData(
        TreeExecution, of_trees.obligations, tuple(tree_state.INVARIANTS), tree_state.LINKS, of_trees.relevant
    ),
    "preorder": ShapeOfData(ListExecution, of_lists.obligations, tuple(list_state.INVARIANTS), list_state.LINKS),
}
"""By the name that a binding gives."""


def shape_of(code: Loaded) -> ShapeOfData:
    """The shape of code that was read."""
    return SHAPES[code.code.binding.shape]


@cache
def by_id(file: str, binding: str, flags: tuple[str, ...], dialect: str) -> dict[str, CObligation]:
    """All obligations of a file of C, by id; made once in a process."""
    code = loaded(file, binding, flags)
    return {each.id: each for each in shape_of(code).obligations(code, dialect)}


def conditions_named(
    obligation: str, dialect: str, invariants: frozenset[str], *, file: str, binding: str, flags: tuple[str, ...]
) -> list[Condition]:
    """The conditions of an obligation, given by name so that a worker process can build the formulas itself."""
    found = by_id(file, binding, flags, dialect)[obligation]
    return list(found.conditions(dialect_named(dialect), invariants))
