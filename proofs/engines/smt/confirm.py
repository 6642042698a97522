"""Hypotheses count as satisfiable by a model that is evaluated here, and not for a solver's word.

The evaluator is :mod:`model.running.evaluate` for finite structures, and Python's integers and fractions for numbers
and bits (:mod:`proofs.engines.smt.numbers`). Where neither can, a second solver has to find the hypotheses satisfiable
as well; where it cannot either, nothing is known.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import z3

from model.running.evaluate import Array, Structure, UnsupportedTermError, compile_term
from model.running.z3_terms import Term, noted, read, subterms
from proofs.engines.smt.numbers import Meaning, Value, numeral, speaks_of_numbers, told_apart, value_of
from proofs.engines.smt.outcome import Answer
from proofs.engines.smt.smallest import is_finite, least_model, read_tables
from proofs.engines.terms.smtlib import symbols
from proofs.verdict import Verdict

MOST_READ = 20_000  # places of all tables, read one by one
MOST_EVALUATED = 4_000_000  # places of the largest array that a formula needs

Hypotheses = Mapping[str, z3.BoolRef]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether hypotheses have a model: ``verdict`` is none if they do, and otherwise what follows.

    ``reason`` says why they are not known to have one. ``sentence`` says how it was shown that they do, and ``model``
    is the one that was evaluated.
    """

    verdict: Verdict | None
    reason: str = ""
    contradiction: tuple[str, ...] = ()
    sentence: str = ""
    model: Structure | None = None


def read_model(model: z3.ModelRef, formulas: Iterable[z3.BoolRef]) -> Structure | None:
    """z3's model as a batch of one: tables over the elements that it names, or values of constants and functions.

    :returns: none if it is no finite structure, or too large to be read.
    """
    formulas = list(formulas)
    sorts, declarations = symbols(formulas)
    once = Counter(declaration.name() for declaration in declarations)
    if all(is_finite(declaration) for declaration in declarations):
        if len(once) < len(declarations):
            return None  # a table is found by its symbol's name
        elements = [_elements(model, sort) for sort in sorts]
        by_name = {sort.name(): len(some) for sort, some in zip(sorts, elements, strict=True)}
        places = (prod(by_name[d.domain(i).name()] for i in range(d.arity())) for d in declarations)
        if sum(places) > MOST_READ:
            return None
        try:
            return read_tables(model, tuple(map(len, elements)), sorts, declarations, elements)
        except KeyError:  # a value that is none of the elements
            return None
    if not all(speaks_of_numbers(read(formula)) for formula in formulas):
        return None
    named = {each: each.name() if once[each.name()] == 1 else told_apart(each) for each in declarations}
    meanings: dict[str, Meaning | None] = {
        name: _values(model, each, formulas) if each.arity() else _number(model, each()) for each, name in named.items()
    }
    return Structure(1, {}, {name: _only(meaning) for name, meaning in meanings.items() if meaning is not None})


def _elements(model: z3.ModelRef, sort: z3.SortRef) -> list[z3.ExprRef]:
    """All elements of a sort; the one that stands for all where the model names none."""
    return list(model.get_universe(sort) or [z3.Const("some", sort)])


def _number(model: z3.ModelRef, term: z3.ExprRef) -> Value | None:
    return numeral(model.eval(term, model_completion=True))


def _values(model: z3.ModelRef, function: z3.FuncDeclRef, formulas: Iterable[z3.BoolRef]) -> Meaning | None:
    """The function's values at the places that the formulas name; none if one of them is no number."""
    found: dict[tuple[Value, ...], Value] = {}
    for term in subterms(map(read, formulas)):
        if term.declaration is not None and term.declaration == function:
            value, *place = (_number(model, each.ast) for each in (term, *term.children))
            if value is None or None in place:
                return None
            found[tuple(each for each in place if each is not None)] = value
    return found


def _only(meaning: Meaning) -> Array:
    """A value as a batch of one; a function stands in it as a whole."""
    batch = np.empty(1, bool if isinstance(meaning, bool) else object)
    batch[0] = meaning
    return batch


def false_in(structure: Structure, hypotheses: Hypotheses) -> str:
    """The first of the hypotheses that does not hold in the structure; empty if all hold.

    :raises UnsupportedTermError: one cannot be evaluated, or it would take too much.

    >>> from model.spaces.theory import before, x
    >>> nothing_derives = {"nothing derives": z3.ForAll([x], z3.Not(before.derives(x, x)))}
    >>> false_in(Structure(1, {"Slot": 1}, {"derives": np.array([[[True]]])}), nothing_derives)
    'nothing derives'
    """
    numbers: dict[str, Meaning] | None = None
    for name, formula in hypotheses.items():
        term = read(formula)
        if not speaks_of_numbers(term):
            if _places(term, tuple(sorted(structure.sizes.items()))) > MOST_EVALUATED:
                raise UnsupportedTermError(f"too large to evaluate: {name}")
            holds = bool(_evaluator(term)(structure)[0])
        else:
            numbers = numbers or {symbol: _plain(table) for symbol, table in structure.symbols.items()}
            holds = value_of(formula, numbers) is True
        if not holds:
            return name
    return ""


def _plain(table: Array) -> Meaning:
    value = table[0]
    meaning: Meaning = value.item() if isinstance(value, np.generic) else value
    return meaning


@noted  # most conditions share most of their hypotheses
def _evaluator(formula: Term) -> Callable[[Structure], Array]:
    return compile_term(formula.ast)


@noted
def _places(term: Term, sizes: tuple[tuple[str, int], ...]) -> int:
    """How many places the largest array has that evaluating a formula needs: one for all values of its variables."""
    inside = max((_places(child, sizes) for child in term.children), default=1)
    known = dict(sizes)
    return inside * prod(known.get(sort.name(), 1) for sort in term.bound)


def judged(structure: Structure | None, hypotheses: Hypotheses) -> Confirmation | None:
    """Judge z3's model by evaluating it; None if there is none, or if that cannot be done."""
    if structure is None:
        return None
    try:
        wrong = false_in(structure, hypotheses)
    except UnsupportedTermError:
        return None
    if wrong:
        reason = f"z3 finds the hypotheses satisfiable, but in its model this one is false: {wrong}"
        return Confirmation(Verdict.DISAGREEMENT, reason, (wrong,))
    return Confirmation(None, sentence=f"evaluated in {size_of(structure)}", model=structure)


def confirm(
    hypotheses: Hypotheses, found: Structure | None, second: Callable[[], Answer], seconds: float
) -> Confirmation:
    """Whether hypotheses that z3 finds satisfiable are so.

    :param found: z3's model, if it could be read.
    :param second: asks the second solver whether they are satisfiable.
    :param seconds: limit for finding a smaller model, where z3's cannot be read or evaluated.
    """
    evaluated = judged(found, hypotheses) or judged(least(hypotheses, seconds), hypotheses)
    if evaluated is not None:
        return evaluated
    answer = second()
    if answer.result == "sat":
        return Confirmation(None, sentence=f"z3 and {answer.solver} find a model, which was not evaluated")
    if answer.result == "unsat":
        reason = f"z3 finds the hypotheses satisfiable, {answer.solver} that they contradict each other: "
        return Confirmation(Verdict.DISAGREEMENT, reason + "; ".join(hypotheses), tuple(hypotheses))
    reason = "z3 finds the hypotheses satisfiable, but no model of them can be evaluated, and "
    return Confirmation(Verdict.UNKNOWN, reason + f"{answer.solver} gives no answer: {answer.reason or 'none'}")


def least(hypotheses: Hypotheses, seconds: float) -> Structure | None:
    """A model of least size, if z3 finds one."""
    try:
        return least_model(hypotheses.values(), seconds)
    except z3.Z3Exception as error:
        if "memory" in str(error):
            raise  # the process is of no use any more
        return None
    except KeyError:  # a value that is none of the elements
        return None


def size_of(structure: Structure) -> str:
    """A structure's size in words.

    >>> size_of(Structure(1, {"Slot": 2, "Frame": 1}, {}))
    'a model of 3 elements'
    """
    elements = sum(structure.sizes.values())
    if not structure.sizes:
        functions = any(isinstance(_plain(table), Mapping) for table in structure.symbols.values())
        what = "symbol" if functions else "constant"
        return f"an assignment of {len(structure.symbols)} {what}{'s' * (len(structure.symbols) != 1)}"
    return f"a model of {elements} element{'s' * (elements != 1)}"
