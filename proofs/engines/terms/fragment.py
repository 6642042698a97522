"""Whether a verification condition lies in effectively propositional logic, functions stratified.

The solver decides a set of formulas for certain if no sort reaches itself in this graph: an edge from one sort to
another where a function leads from the first to the second, or where an existential quantifier over the second
speaks of a variable that is bound universally over the first, so that its witness is a function of that variable.
"""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import z3

from model.running.z3_terms import FORALL, Term, noted, read
from proofs.obligation import Condition

POSITIVE, NEGATIVE = 1, -1

# The variables bound around a term, outermost first: the sort of each, and the sorts of the universal variables that
# it stands for or whose choice its witness depends on.
Scope = tuple[tuple[str, frozenset[str]], ...]


def sort_graph(formulas: Iterable[z3.BoolRef]) -> dict[tuple[str, str], str]:
    """The edges of the graph of sorts of the formulas' conjunction, each with what it comes from.

    >>> from model.spaces.theory import accessible, before, x
    >>> sort_graph([z3.ForAll([x], accessible(before, x))])
    {('Slot', 'Frame'): 'for every Slot some Frame'}
    """
    graph: dict[tuple[str, str], str] = {}
    for formula in formulas:
        graph.update(_edges(read(formula)))
    return graph


@noted  # most conditions share most of their hypotheses
def _edges(formula: Term) -> dict[tuple[str, str], str]:
    """The edges that one formula contributes."""
    edges: dict[tuple[str, str], str] = {}
    seen: set[tuple[Term, int, Scope]] = set()

    def visit(term: Term, polarity: int, scope: Scope) -> None:
        if (term, polarity, scope) in seen:
            return
        seen.add((term, polarity, scope))
        if term.bound:
            sorts = tuple(sort.name() for sort in term.bound)
            if (term.kind == FORALL) == (polarity == POSITIVE):
                visit(term.children[0], polarity, (*scope, *((sort, frozenset({sort})) for sort in sorts)))
                return
            depends = frozenset[str]().union(*(scope[-1 - i][1] for i in term.free))
            edges.update(
                ((outer, inner), f"for every {outer} some {inner}") for outer in sorted(depends) for inner in sorts
            )
            visit(term.children[0], polarity, (*scope, *((sort, depends) for sort in sorts)))
            return
        if term.declaration is not None and not term.is_bool:
            end, why = term.sort.name(), f"the function {term.declaration.name()}"
            edges.update(((argument.sort.name(), end), why) for argument in term.children)
        for number, child in enumerate(term.children):
            for inner in _polarities(term, number, polarity):
                visit(child, inner, scope)

    visit(formula, POSITIVE, ())
    return edges


def _polarities(term: Term, number: int, polarity: int) -> tuple[int, ...]:
    """With which polarities the numbered argument occurs in a term that occurs with one."""
    kind = term.operator
    if kind == z3.Z3_OP_NOT or (kind == z3.Z3_OP_IMPLIES and number == 0):
        return (-polarity,)
    two_sided = kind in (z3.Z3_OP_XOR, z3.Z3_OP_DISTINCT, z3.Z3_OP_EQ) or (kind == z3.Z3_OP_ITE and number == 0)
    if two_sided and term.children[number].is_bool:
        return (POSITIVE, NEGATIVE)
    return (polarity,)


def outside_of_fragment(condition: Condition) -> str:
    """Return why a verification condition is not in the fragment; empty if it is."""
    graph = sort_graph([*condition.hypotheses.values(), z3.Not(condition.goal)])
    order: TopologicalSorter[str] = TopologicalSorter()
    for start, end in graph:
        order.add(end, start)
    try:
        order.prepare()
    except CycleError as error:
        cycle = error.args[1]
        return "; ".join(graph[edge] for edge in pairwise(cycle))
    return ""
