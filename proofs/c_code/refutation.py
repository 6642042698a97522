"""Refute C code: the path to a demand that fails, and a least structure before and after it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import process_time
from typing import Any

import z3
from z3 import And, Const, ForAll, Function, Implies, Not

from model.running.evaluate import Structure, compile_term
from model.running.solving import answer_of, limit
from model.spaces.dialect import Dialect
from model.spaces.theory import Formula, Slot
from proofs.c_code.shapes import SHAPES, shape_of
from proofs.engines.smt.confirm import judged
from proofs.engines.smt.smallest import least_model
from proofs.engines.terms.expanded import Expansion, OutOfTimeError
from proofs.engines.terms.formula import sort_name
from proofs.engines.terms.smtlib import symbols
from proofs.execution.contract import CALLS, Named
from proofs.execution.llvm.interpreter import Passed
from proofs.execution.path import Demand
from proofs.execution.values import DISTINCT, Node, no_slot
from proofs.obligation import Condition
from proofs.obligations.c_code.execution import ANSWERS, Execution, executed, hypotheses
from proofs.obligations.c_code.obligations import CObligation
from proofs.obligations.c_code.shape import Loaded
from proofs.obligations.c_code.state import page_of, space_of
from proofs.obligations.c_code.values import right_named
from proofs.obligations.kernel.simulation import ENDS, REFUSES, SIMULATES
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from proofs.obligations.tree.tree import ColumnType

BEFORE, AFTER = "before", "after"
OF_CALLS = frozenset({SIMULATES, REFUSES, ENDS, ANSWERS, CALLS, AT_EXIT, AT_FIRST, KEEPS, DECREASES})
OF_STATES = OF_CALLS.union(*(each.invariants for each in SHAPES.values()))
"""What is demanded of a state: there is one after the path to show. What else fails, fails before it is done."""

MOST_NODES = 5
"""Of the largest structure that is looked for."""

Finder = Callable[[Iterable[Formula], float, dict[str, int]], Structure | None]

FIRST = (0.5, 5.0)
"""Seconds for one path, where none is known to be wrong; and for those that this is too short for."""


@dataclass(frozen=True, slots=True)
class Refutation:
    """A demand that fails on a path.

    :param began: where the structure before is: empty for the beginning, else a loop or a call in words.
    :param trail: the lines and decisions from there on.
    :param structure: a finite model, with tables for every column before, and after if there is such a state.
    :param whole: every hypothesis holds in it, and not only those on which the proof is taken to depend.
    """

    obligation: CObligation
    began: str
    trail: tuple[Passed, ...]
    structure: Structure
    after: bool
    whole: bool


def refutation(
    loaded: Loaded, obligation: CObligation, dialect: Dialect, found: Structure | None, seconds: float
) -> Refutation | None:
    """A least counterexample to an obligation of C code, with its path; none if none is found in time.

    :param found: a counterexample that a solver gave.
    """
    bound = loaded.code.binding.functions[obligation.function]
    given = {**DISTINCT, **hypotheses(shape_of(loaded).execution, loaded.code, bound)}
    until = process_time() + 2 * seconds
    for execution, number in _candidates(loaded, obligation, dialect, given, found):
        shown = _structure(loaded, obligation, given, execution, number, seconds)
        if shown is not None or process_time() > until:
            return shown
    return None


def _structure(
    loaded: Loaded, obligation: CObligation, given: Named, execution: Execution, number: int, seconds: float
) -> Refutation | None:
    """A least structure in which a demand of an execution fails."""
    path, demand = execution.path, execution.path.demands[number]
    begun, before = max((each for each in execution.memory.begun if each[0] <= number), key=lambda each: each[0])
    moments = [state for at, state in execution.moments if begun <= at <= number]
    after = moments[-1] if moments and obligation.what in OF_STATES else None
    columns = execution.columns(loaded.code)
    tables = {**_tables(BEFORE, before, columns), **(_tables(AFTER, after, columns) if after else {})}
    assumed = dict(list(path.assumed.items())[: demand.assumed])
    known = {**given, **assumed}
    way = {f"fact {at}": fact for at, fact in enumerate(path.facts[: demand.facts])}
    fails = {"it fails": Not(demand.formula())}
    fewer = _fewer(loaded, known, obligation.what)
    rights = len(loaded.code.binding.rights)
    every: tuple[tuple[Named, Finder], ...] = (
        ({**known, **_data(before, shape_of(loaded).links), **_told_apart(loaded)}, _expanded),
        (known, least_model),
        (fewer, least_model),
    )
    for some, find in every:
        formulas = {**some, **way, **fails, **tables}
        structure = find(formulas.values(), seconds, {"Right": rights})
        shown = judged(structure, formulas)
        if structure is not None and shown is not None and shown.verdict is None:
            trail = tuple(each for each in execution.interpreter.trail if begun <= each.demands <= number)
            whole = some is not fewer or len(fewer) == len(known)
            return Refutation(obligation, before.name.strip(), trail, structure, after is not None, whole)
    return None


def _candidates(
    loaded: Loaded, obligation: CObligation, dialect: Dialect, given: Named, found: Structure | None
) -> Iterator[tuple[Execution, int]]:
    """Executions and the numbers of demands that may fail on them, the likely ones first."""
    every = list(_demands(loaded, obligation, dialect))
    for execution, number, demand in every:
        way = execution.path.facts[: demand.facts]
        if found and all(_holds(found, fact) for fact in way) and _holds(found, demand.formula()) is False:
            yield execution, number
    open_: list[tuple[Execution, int, Demand]] = []
    for seconds in FIRST:
        left, open_ = open_ or every, []
        for execution, number, demand in left:
            answer = _answer(loaded, obligation, given, execution, demand, seconds)
            if answer == z3.sat:
                yield execution, number
            elif answer == z3.unknown:
                open_.append((execution, number, demand))
        if not open_:
            return
    yield from ((execution, number) for execution, number, _ in open_)


def _fewer(loaded: Loaded, known: Named, what: str) -> Named:
    """Select the hypotheses on which a proof may depend."""
    return shape_of(loaded).relevant(Condition(known, dict.fromkeys(known, ""), z3.BoolVal(True)), what).hypotheses


def _answer(
    loaded: Loaded, obligation: CObligation, given: Named, execution: Execution, demand: Demand, seconds: float
) -> z3.CheckSatResult:
    """Whether z3 finds that the demand can fail there."""
    path = execution.path
    known = {**given, **dict(list(path.assumed.items())[: demand.assumed])}
    some = _fewer(loaded, known, obligation.what)
    solver = z3.Solver()
    limit(solver, seconds)
    solver.add(*some.values(), *path.facts[: demand.facts], Not(demand.formula()))
    return answer_of(solver)


def _demands(loaded: Loaded, obligation: CObligation, dialect: Dialect) -> Iterator[tuple[Execution, int, Demand]]:
    met: set[tuple[int, tuple[int, ...]]] = set()
    for execution in executed(shape_of(loaded).execution, loaded, obligation.function, dialect.name):
        numbers = tuple(fact.get_id() for fact in execution.path.facts)
        for number, demand in enumerate(execution.path.demands):
            here = (number, numbers[: demand.facts])
            if demand.what == obligation.what and here not in met:
                met.add(here)
                yield execution, number, demand


def _holds(structure: Structure, formula: Formula) -> bool | None:
    """Whether a formula holds in a structure; none if that has not all of its symbols."""
    try:
        return bool(compile_term(formula)(structure)[0])
    except (KeyError, ValueError):
        return None


def _expanded(formulas: Iterable[Formula], seconds: float, largest: dict[str, int]) -> Structure | None:
    """A model with as few nodes as possible; a slot for each node, and numbers and frames enough.

    A depth is less than the number of nodes, as it is in lists that have no gaps.
    """
    stated, deadline = list(formulas), process_time() + seconds
    sorts, declarations = symbols(stated)
    numbers = {sort_name(each.range()) for each in declarations if each.range().kind() == z3.Z3_BV_SORT}
    for nodes in range(1, MOST_NODES + 1):
        most = {"Node": 3 + nodes, "Slot": 1 + nodes, "Count": 1 + nodes, "Frame": 1 + min(nodes, 2), **largest}
        every = {sort.name(): most.get(sort.name(), nodes) for sort in sorts}
        expansion = Expansion({**every, **dict.fromkeys(numbers, 1 + nodes)}, deadline)
        try:
            for formula in stated:
                expansion.state(formula)
            true = expansion.solve(expansion.literal(z3.BoolVal(True)), deadline - process_time())
            if true is None:
                return None
            if true:
                return expansion.structure(true, declarations)
        except (OutOfTimeError, ValueError):  # the time is over, or a formula is none that is expanded
            return None
        finally:
            expansion.close()
    return None


def _told_apart(loaded: Loaded) -> Named:
    """Rights with different names differ."""
    return {"rights differ": z3.Distinct(*(right_named(name) for name in loaded.code.binding.rights))}


def _data(c: Any, links: tuple[str, ...]) -> Named:
    """What C data has, and no proof needs: fields have values, and the numbers in a node are those of its slot."""
    node, its = Const("some node", Node), Function("slot of", Node, Slot)
    of = {link: Function(f"{link} of", Node, Node) for link in links}
    numbered = And(space_of(its(node)) == c.space(node), page_of(its(node)) == c.page(node))
    placed = And(its(node) != no_slot, c.node_of(its(node)) == node, numbered)
    linked = And(*(getattr(c, link)(node, of[link](node)) for link in links))
    (onward,) = (link for link in links if link.startswith("next"))
    return {
        "a slot names each node that some slot names": ForAll([node], Implies(c.named(node), placed)),
        "links have values": ForAll([node], Implies(c.named(node), linked)),
        "free nodes are linked": ForAll([node], Implies(c.listed(node), getattr(c, onward)(node, of[onward](node)))),
    }


def _tables(when: str, c: Any, columns: Mapping[str, ColumnType]) -> Named:
    """Definitions by which a model has a table for each column of a state, under names of their own."""
    made: dict[str, Formula] = {f"head {when}": Const(f"{when} head", Node) == c.head}
    for column, kind in columns.items():
        held = getattr(c, column)
        index, value = Const("shown index", kind.index), Const("shown value", kind.value)
        if kind.related:
            table = Function(f"{when} {column}", kind.index, kind.value, z3.BoolSort())
            made[f"{column} {when}"] = ForAll([index, value], table(index, value) == held(index, value))
        else:
            column_of = Function(f"{when} {column}", kind.index, kind.value)
            made[f"{column} {when}"] = ForAll([index], column_of(index) == held(index))
    index = Const("shown index", Node)
    for ghost in ("named", "listed"):
        of = Function(f"{when} {ghost}", Node, z3.BoolSort())
        made[f"{ghost} {when}"] = ForAll([index], of(index) == getattr(c, ghost)(index))
    return made
