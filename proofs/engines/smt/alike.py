"""A model of hypotheses about several times, looked for where nothing has changed between them.

The formulas are simpler then, by far. The model is extended to the symbols of the other times, and the hypotheses as
they are evaluated in it: so nothing is believed that was not evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import z3

from model.running.solving import answer_of, limit
from proofs.engines.smt.confirm import Confirmation, judged, least, read_model
from proofs.engines.terms.smtlib import symbols

Hypotheses = Mapping[str, z3.BoolRef]


def confirm_alike(hypotheses: Hypotheses, ends: Sequence[tuple[str, str]], seconds: float) -> Confirmation | None:
    """Confirm the hypotheses by a model that has the same tables for symbols that differ in these ends of names.

    :returns: none if no such model was found: there may be another one.
    """
    _, declarations = symbols(hypotheses.values())
    earlier = {each: _without(each, ends) for each in declarations}
    later = {each: found for each, found in earlier.items() if found is not None}
    if not later:
        return None
    simpler = {name: _replaced(formula, later) for name, formula in hypotheses.items()}
    solver = z3.Solver()
    limit(solver, seconds)
    solver.add(*simpler.values())
    answer = answer_of(solver)
    if answer == z3.unsat:
        return None
    model = read_model(solver.model(), simpler.values()) if answer == z3.sat else least(simpler, seconds)
    if model is None:
        return None
    copies = {each.name(): model.symbols[of.name()] for each, of in later.items() if of.name() in model.symbols}
    found = judged(replace(model, symbols={**model.symbols, **copies}), hypotheses)
    return found if found is not None and found.verdict is None else None


def _without(declaration: z3.FuncDeclRef, ends: Sequence[tuple[str, str]]) -> z3.FuncDeclRef | None:
    """The symbol of the earlier time."""
    name = declaration.name()
    found = next(((end, other) for end, other in ends if name.endswith(end)), None)
    if found is None:
        return None
    end, other = found
    domain = [declaration.domain(i) for i in range(declaration.arity())]
    return z3.Function(name.removesuffix(end) + other, *domain, declaration.range())


def _replaced(formula: z3.BoolRef, later: Mapping[z3.FuncDeclRef, z3.FuncDeclRef]) -> z3.BoolRef:
    """The formula with the symbols of the earlier time."""
    constants = [(each(), of()) for each, of in later.items() if each.arity() == 0]
    functions = [
        (each, of(*(z3.Var(i, each.domain(i)) for i in range(each.arity()))))
        for each, of in later.items()
        if each.arity()
    ]
    return z3.substitute(z3.substitute_funs(formula, *functions) if functions else formula, *constants)
