"""Finite models of least size: sorts grow one element at a time until the formulas have a model."""

import heapq
from collections.abc import Iterable, Sequence
from itertools import product
from time import process_time

import numpy as np
import z3

from model.running.evaluate import MOST_BITS, Structure
from model.running.solving import answer_of, limit
from proofs.engines.terms.smtlib import symbols

MOST_ELEMENTS = 24  # of all sorts together


def least_model(
    formulas: Iterable[z3.BoolRef], seconds: float = 10.0, largest: dict[str, int] | None = None
) -> Structure | None:
    """A model with as few elements as possible, all sorts together.

    :param seconds: limit for the whole search.
    :param largest: for some sorts the largest number of elements allowed.
    :returns: the model as a batch of one; none if there is none of up to ``MOST_ELEMENTS`` elements, if a symbol has
        a sort that is not uninterpreted, if two have one name, or if the time is over.

    >>> from model.spaces.theory import Slot, x
    >>> least_model([z3.Exists([x], x != z3.Const("src", Slot))]).sizes
    {'Slot': 2}
    """
    formulas = list(formulas)
    sorts, declarations = symbols(formulas)
    if not all(is_finite(declaration) for declaration in declarations):
        return None
    if len({declaration.name() for declaration in declarations}) < len(declarations):
        return None  # a table is found by its symbol's name
    deadline = process_time() + seconds
    names = [sort.name() for sort in sorts]
    limits = [(largest or {}).get(name, MOST_ELEMENTS) for name in names]
    elements = [[z3.Const(f"{sort.name()}!{i}", sort) for i in range(MOST_ELEMENTS)] for sort in sorts]
    solver = z3.Solver()
    solver.add(*formulas)
    queue, seen = [(len(sorts), (1,) * len(sorts))], {(1,) * len(sorts)}
    failed: list[tuple[tuple[int, int], ...]] = []  # for the sorts of a core the numbers that were too few
    while queue:
        total, sizes = heapq.heappop(queue)
        if total > MOST_ELEMENTS or (left := deadline - process_time()) <= 0:
            return None
        too_few = next((core for core in failed if all(sizes[i] <= n for i, n in core)), None)
        if too_few is None:
            bounds = [_at_most(sort, n, some) for sort, n, some in zip(sorts, sizes, elements, strict=True)]
            labels = [z3.Bool(f"at most {n} {name}") for n, name in zip(sizes, names, strict=True)]
            limit(solver, left)
            solver.push()
            for label, bound in zip(labels, bounds, strict=True):
                solver.add(z3.Implies(label, bound))
            answer = answer_of(solver, *labels)
            if answer == z3.sat:
                return read_tables(solver.model(), sizes, sorts, declarations, elements)
            core = {str(label) for label in solver.unsat_core()} if answer == z3.unsat else set()
            solver.pop()
            if answer == z3.unknown:
                return None
            too_few = tuple((i, sizes[i]) for i, label in enumerate(labels) if str(label) in core)
            if not too_few:
                return None  # not satisfiable at all
            failed.append(too_few)
        for i, _ in too_few:
            larger = (*sizes[:i], sizes[i] + 1, *sizes[i + 1 :])
            if larger not in seen and larger[i] <= limits[i]:
                seen.add(larger)
                heapq.heappush(queue, (sum(larger), larger))
    return None


def is_finite(declaration: z3.FuncDeclRef) -> bool:
    """Whether a symbol leads from uninterpreted sorts to one of them, to a truth value, or to a number of few bits."""
    *domain, end = (*(declaration.domain(i) for i in range(declaration.arity())), declaration.range())
    kinds = {sort.kind() for sort in domain} <= {z3.Z3_UNINTERPRETED_SORT}
    if isinstance(end, z3.BitVecSortRef):
        return kinds and bool(domain) and end.size() <= MOST_BITS
    return kinds and end.kind() in (z3.Z3_UNINTERPRETED_SORT, z3.Z3_BOOL_SORT)


def _at_most(sort: z3.SortRef, number: int, elements: Sequence[z3.ExprRef]) -> z3.BoolRef:
    some = z3.Const("some", sort)
    return z3.ForAll([some], z3.Or(*(some == element for element in elements[:number])))


def read_tables(
    model: z3.ModelRef,
    sizes: tuple[int, ...],
    sorts: Sequence[z3.SortRef],
    declarations: Iterable[z3.FuncDeclRef],
    elements: Sequence[Sequence[z3.ExprRef]],
) -> Structure:
    """The model's tables, over those elements of each sort that are said to be all.

    :raises KeyError: a value is none of the elements, or z3 leaves a truth value open.
    """
    by_sort = {sort.name(): some[:n] for sort, n, some in zip(sorts, sizes, elements, strict=True)}
    values = {name: [_value(model, each) for each in some] for name, some in by_sort.items()}
    # By the address of the term, which is no other's as long as ``values`` keep it.
    number = {name: {each.ast.value: i for i, each in enumerate(some)} for name, some in values.items()}
    truths = [z3.BoolVal(False), z3.BoolVal(True)]
    truth_of = {each.ast.value: bool(i) for i, each in enumerate(truths)}
    tables = {}
    for declaration in declarations:
        domain = [by_sort[declaration.domain(i).name()] for i in range(declaration.arity())]
        range_ = declaration.range()
        truth, bits = range_.kind() == z3.Z3_BOOL_SORT, range_.kind() == z3.Z3_BV_SORT
        meant = truth_of if truth else number.get(range_.name(), {})
        table = np.zeros((1, *(len(some) for some in domain)), bool if truth else np.int64)
        for place in product(*(range(len(some)) for some in domain)):
            value = _value(model, _application(declaration, [some[i] for some, i in zip(domain, place, strict=True)]))
            table[(0, *place)] = _number(model, value) if bits else meant[value.ast.value]
        tables[declaration.name()] = table
    return Structure(1, dict(zip(by_sort, sizes, strict=True)), tables)


# Tables have thousands of places, and z3's Python asks z3 for the sorts of each term some ten times.


def _application(function: z3.FuncDeclRef, arguments: Sequence[z3.ExprRef]) -> z3.ExprRef:
    """The function of arguments that are of its sorts; z3 itself refuses others."""
    given = (z3.Ast * len(arguments))(*(each.ast for each in arguments))
    return z3.ExprRef(z3.Z3_mk_app(function.ctx_ref(), function.ast, len(arguments), given), function.ctx)


def _number(model: z3.ModelRef, value: z3.ExprRef) -> int:
    """The number that a value is.

    :raises KeyError: it is none.
    """
    numeral = model.eval(value)
    if not z3.is_bv_value(numeral):
        raise KeyError(str(numeral))
    return int(numeral.as_long())


def _value(model: z3.ModelRef, term: z3.ExprRef) -> z3.ExprRef:
    """What a model, completed, says that a term is.

    :raises KeyError: z3 cannot say.
    """
    found = (z3.Ast * 1)()
    if not z3.Z3_model_eval(model.ctx.ref(), model.model, term.ast, True, found):
        raise KeyError(str(term))
    return z3.ExprRef(found[0], model.ctx)
