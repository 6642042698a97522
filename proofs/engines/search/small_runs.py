"""Shortest runs of a theory on machines of a given size."""

from collections.abc import Mapping, Sequence
from time import process_time
from typing import Any

from z3 import And, BoolVal, Or

from model.running.evaluate import compile_term
from model.signature import Formula, symbols_of
from model.spaces.dialect import Dialect
from model.theory import Theory
from proofs.engines.search.unrolled import (
    NO_BEGINNING,
    Definition,
    Ending,
    NotFound,
    UnrolledRun,
    checked_run,
    ends_as,
    first_of,
    label,
    step_of,
)
from proofs.engines.terms.expanded import Expansion, OutOfTimeError
from proofs.engines.terms.smtlib import symbols

OUT_OF_TIME = "out of time"


def shortest_run_of_size(
    theory: Theory[Any],
    dialect: Dialect,
    ending: Ending,
    sizes: Mapping[str, int],
    *,
    last: Sequence[str] = (),
    most: int = 12,
    seconds: float = 60.0,
) -> UnrolledRun | NotFound:
    """The shortest run from a first state that ends as asked, with so many elements of each sort.

    :param last: the actions that the last step may be; any, if none is named.
    :param most: the most steps tried.
    :param seconds: limit for all.
    """
    deadline = process_time() + seconds
    every = tuple(name for name in theory.actions if theory.offers(name)(dialect.readings))
    stated: list[Formula] = first_of(theory)
    defined: dict[str, Definition] = {}
    expansion = Expansion(sizes, deadline)
    number = 0
    called = _constants_of(theory.actions[every[0]](dialect).called)
    try:
        for formula in stated:
            expansion.state(formula)
        expansion.ordered(_constants_of(theory.rigid))
        begins = expansion.solve(expansion.literal(BoolVal(True)), deadline - process_time())
        if not begins:
            return NotFound(0, OUT_OF_TIME if begins is None else NO_BEGINNING)
        for number in range(most):
            step = step_of(theory, dialect, number, every)
            stated += step.formulas
            for definition in step.definitions:
                defined[definition.name] = definition
                expansion.define(definition.name, definition.arguments, definition.value)
            for condition in step.conditions:
                expansion.state(condition)
            expansion.ordered((f"{name}@{number}", sort) for name, sort in called)
            by_those = Or(*(label(action, number) for action in last)) if last else BoolVal(True)
            ends = And(by_those, ends_as(theory, dialect, number, every, ending))
            literal = expansion.literal(ends)
            true = expansion.solve(literal, deadline - process_time())
            if true is None:
                return NotFound(number, OUT_OF_TIME)
            if true:
                _, declarations = symbols([*stated, ends])
                structure = expansion.structure(true, [each for each in declarations if each.name() not in defined])
                for name, definition in defined.items():
                    value = compile_term(definition.value, definition.arguments)(structure)
                    structure = structure.with_symbols(**{name: value})
                found = checked_run([*stated, ends], structure, number + 1)
                return found if isinstance(found, UnrolledRun) else NotFound(number, found)
            expansion.exclude(literal)
        return NotFound(most, "")
    except OutOfTimeError:
        return NotFound(number, OUT_OF_TIME)
    finally:
        expansion.close()


def _constants_of(meaning: Any) -> list[tuple[str, str]]:
    """The constants among a vocabulary's symbols, each with its sort."""
    found = symbols_of(type(meaning)).items()
    return [(name, symbol.result.name()) for name, symbol in found if not symbol.arguments and not symbol.is_relation]
