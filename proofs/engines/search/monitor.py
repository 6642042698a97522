"""Obligations as run-time monitors: the very formulas that are proved, evaluated on steps that were executed."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_term
from model.signature import fresh
from model.spaces.abstraction import AFTER
from model.spaces.dialect import Dialect
from model.spaces.theory import State
from proofs.obligation import Obligation, Step

after = fresh(State, AFTER)


def watched_step(obligation: Obligation[Any, Any], dialect: Dialect) -> Step[Any, Any]:
    """The obligation's step with symbols of its own for the state after, to be looked up in what was executed."""
    made, _ = obligation.step(dialect)
    after = obligation.theory.after(AFTER)
    return Step(dialect, made.before if obligation.action else after, after, made.called, made.actions)


class Monitor:
    """An obligation of a dialect, to be evaluated on steps."""

    def __init__(self, obligation: Obligation[Any, Any], dialect: Dialect) -> None:
        """Compile the obligation's formula: its assumptions imply its goal; one of «sometimes» is as it says or not."""
        self.obligation = obligation
        step = watched_step(obligation, dialect)
        formula = obligation.goal(step)
        assumed = list(obligation.assumptions(step).values())
        if assumed:
            formula = z3.And(*assumed, formula) if obligation.sometimes else z3.Implies(z3.And(*assumed), formula)
        constants = [symbol for symbol in obligation.free if not isinstance(symbol, z3.FuncDeclRef)]
        self._predicates = [symbol for symbol in obligation.free if isinstance(symbol, z3.FuncDeclRef)]
        self._evaluate: Callable[[Structure], NDArray[np.bool_]] = compile_term(formula, constants)

    def holds(self, structure: Structure) -> NDArray[np.bool_]:
        """Whether each step of the batch is as the obligation says, for every interpretation of what it leaves free."""
        result = np.ones(structure.batch, bool)
        for interpreted in self._interpretations(structure):
            values = self._evaluate(interpreted)
            result &= values.reshape(structure.batch, -1).all(axis=1)
        return result

    def _interpretations(self, structure: Structure) -> Iterator[Structure]:
        """The structure with each interpretation of the obligation's free predicates."""
        sizes = [structure.sizes[predicate.domain(0).name()] for predicate in self._predicates]
        for members in product(*(product((False, True), repeat=size) for size in sizes)):
            tables = {
                predicate.name(): np.broadcast_to(np.array(chosen), (structure.batch, len(chosen)))
                for predicate, chosen in zip(self._predicates, members, strict=True)
            }
            yield structure.with_symbols(**tables)
