"""Whether a verification condition lies in effectively propositional logic, functions stratified.

The solver decides a set of formulas for certain if no sort reaches itself in this graph: an edge from one sort to
another where a function leads from the first to the second, or where an existential quantifier over the second
speaks of a variable that is bound universally over the first, so that its witness is a function of that variable.
"""

from collections.abc import Iterable
from functools import cache

import networkx as nx
import z3

from proofs.obligation import Condition

POSITIVE, NEGATIVE = 1, -1

# The variables bound around a term, outermost first: the sort of each, and the sorts of the universal variables that
# it stands for or whose choice its witness depends on.
Scope = tuple[tuple[str, frozenset[str]], ...]


def sort_graph(formulas: Iterable[z3.BoolRef]) -> "nx.DiGraph[str]":
    """The graph of sorts of the formulas' conjunction; each edge carries in ``why`` what it comes from.

    >>> from model.theory import accessible, before, x
    >>> sorted(sort_graph([z3.ForAll([x], accessible(before, x))]).edges)
    [('Slot', 'Frame')]
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    for formula in formulas:
        graph.add_edges_from((start, end, {"why": why}) for start, end, why in _edges(formula))
    return graph


@cache  # most conditions share most of their hypotheses
def _edges(formula: z3.BoolRef) -> frozenset[tuple[str, str, str]]:
    """The edges that one formula contributes: from, to, and what it comes from.

    Terms are told apart by their numbers, which are theirs as long as the formula lives.
    """
    edges: set[tuple[str, str, str]] = set()
    seen: set[tuple[int, int, Scope]] = set()
    free: dict[int, frozenset[int]] = {}

    def visit(term: z3.ExprRef, polarity: int, scope: Scope) -> None:
        if (term.get_id(), polarity, scope) in seen:
            return
        seen.add((term.get_id(), polarity, scope))
        if z3.is_quantifier(term):
            sorts = tuple(term.var_sort(i).name() for i in range(term.num_vars()))
            if term.is_forall() == (polarity == POSITIVE):
                visit(term.body(), polarity, (*scope, *((sort, frozenset({sort})) for sort in sorts)))
                return
            depends = frozenset[str]().union(*(scope[-1 - i][1] for i in _free(term, free)))
            edges.update((outer, inner, f"for every {outer} some {inner}") for outer in depends for inner in sorts)
            visit(term.body(), polarity, (*scope, *((sort, depends) for sort in sorts)))
        elif z3.is_app(term):
            kind = term.decl().kind()
            if kind == z3.Z3_OP_UNINTERPRETED and not z3.is_bool(term):
                end, why = term.sort().name(), f"the function {term.decl().name()}"
                edges.update((argument.sort().name(), end, why) for argument in term.children())
            for number, child in enumerate(term.children()):
                for inner in _polarities(term, kind, number, polarity):
                    visit(child, inner, scope)

    visit(formula, POSITIVE, ())
    return frozenset(edges)


def _free(term: z3.ExprRef, known: dict[int, frozenset[int]]) -> frozenset[int]:
    """The variables free in a term, as indices counted from the innermost quantifier around it."""
    number = term.get_id()
    if number not in known:
        if z3.is_var(term):
            known[number] = frozenset({z3.get_var_index(term)})
        elif z3.is_quantifier(term):
            bound = term.num_vars()
            known[number] = frozenset(i - bound for i in _free(term.body(), known) if i >= bound)
        else:
            known[number] = frozenset[int]().union(*(_free(child, known) for child in term.children()))
    return known[number]


def _polarities(term: z3.ExprRef, kind: int, number: int, polarity: int) -> tuple[int, ...]:
    """With which polarities the numbered argument occurs in a term that occurs with one."""
    if kind == z3.Z3_OP_NOT or (kind == z3.Z3_OP_IMPLIES and number == 0):
        return (-polarity,)
    two_sided = kind in (z3.Z3_OP_XOR, z3.Z3_OP_DISTINCT, z3.Z3_OP_EQ) or (kind == z3.Z3_OP_ITE and number == 0)
    if two_sided and z3.is_bool(term.arg(number)):
        return (POSITIVE, NEGATIVE)
    return (polarity,)


def outside_of_fragment(condition: Condition) -> str:
    """Why a verification condition is not in the fragment; empty if it is."""
    graph = sort_graph([*condition.hypotheses.values(), z3.Not(condition.goal)])
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return ""
    return "; ".join(graph.edges[edge]["why"] for edge in cycle)
