"""The witnesses of a violation: the very formula that is proved, evaluated for each slot, frame and right on its own.

An obligation says of all slots that something holds of them. Taken apart at its conjunctions and quantifiers and
evaluated on the last step of a trace, it names those of which it does not hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import z3

from model.running.evaluate import Structure, compile_term
from model.running.z3_terms import conjuncts, instantiated
from model.scope import RIGHTS, Scope
from model.spaces.abstraction import steps_structure
from model.spaces.dialect import Dialect
from model.spaces.literal import Spaces
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.engines.search.monitor import Monitor, watched_step
from proofs.obligation import Obligation
from proofs.report.storyboard.scenes.scene import Anomaly

MOST = 3
"""How many witnesses are named; the others are counted."""

LARGEST = 64
"""Slots of the largest scope that obligations are evaluated in: they speak of up to three slots at a time."""


@dataclass(frozen=True, slots=True)
class Witness:
    """An obligation that a trace says its last step violates; ``Trace.obligation`` names it."""

    obligation: Obligation

    def finding(self, earlier: Spaces, operation: Operation, later: Spaces, scope: Scope, dialect: Dialect) -> Anomaly:
        """The violation in words, with its witnesses; or that the step does not violate it after all."""
        if scope.slots > LARGEST:
            return Anomaly("unconfirmed", f"said to violate {self.about}; not evaluated in a scope as large as this")
        structure = steps_structure([earlier], [operation], [later], scope)
        right_action = self.obligation.action in ("", operation.action)
        if not right_action or Monitor(self.obligation, dialect).holds(structure).all():
            return Anomaly("unconfirmed", f"said to violate {self.about}; evaluated on this step, it does not")
        return self.finding_in(structure, scope, dialect)

    def finding_in(self, structure: Structure, scope: Scope, dialect: Dialect) -> Anomaly:
        """The violation in words, with the witnesses that a step's structure gives (see :func:`steps_structure`)."""
        found = list(dict.fromkeys(_witnesses(self.obligation, structure, dialect)))
        slots = tuple(dict.fromkeys(number for witness in found for sort, number in witness if sort == "Slot"))
        frames = tuple(dict.fromkeys(number for witness in found for sort, number in witness if sort == "Frame"))
        threads = tuple(dict.fromkeys(number for witness in found for sort, number in witness if sort == "Thread"))
        named = "; ".join(_words(witness, scope) for witness in found[:MOST])
        more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
        text = f"violated: {self.about}" + (f" (not so for {named}{more})" if named else "")
        return Anomaly("violated", text, slots, frames, threads=threads)

    @property
    def about(self) -> str:
        """The claim and the sentence of the obligation."""
        return f"{self.obligation.claim}, {self.obligation.sentence}"


Elements = tuple[tuple[str, int], ...]
"""For each variable its sort and which element it stands for."""


def _witnesses(obligation: Obligation, structure: Structure, dialect: Dialect) -> Iterator[Elements]:
    """The elements for which a part of the obligation's goal is false; none if it speaks of free predicates."""
    if any(isinstance(symbol, z3.FuncDeclRef) for symbol in obligation.free):
        return
    step = watched_step(obligation, dialect)
    free = [symbol for symbol in obligation.free if not isinstance(symbol, z3.FuncDeclRef)]
    yield from failing(obligation.goal(step), structure, free, list(obligation.assumptions(step).values()))


def failing(
    goal: z3.ExprRef, structure: Structure, free: Sequence[z3.ExprRef] = (), assumed: Sequence[z3.ExprRef] = ()
) -> Iterator[Elements]:
    """The elements for which a part of a formula is false in a structure.

    :param free: constants that stand for elements as well.
    :param assumed: where one of these is false, nothing is.
    """
    for part, variables in _parts(goal, list(free)):
        formula = z3.Implies(z3.And(*assumed), part) if assumed else part
        values = compile_term(formula, variables)(structure)[0]
        for place in np.argwhere(~np.asarray(values)):
            yield tuple((v.sort().name(), int(n)) for v, n in zip(variables, place.tolist(), strict=True))


def _parts(term: z3.ExprRef, variables: list[z3.ExprRef]) -> Iterator[tuple[z3.ExprRef, list[z3.ExprRef]]]:
    """The conjuncts of a term, below any universal quantifiers, each with the variables that it is about."""
    for part in conjuncts(term):
        said = instantiated(part)
        if said is None:
            yield part, variables
        else:
            body, fresh = said
            yield from _parts(body, [*variables, *fresh])


_LETTERS = {"Frame": "frame ", "Space": "σ", "Thread": "τ", "Id": "#", "Word": "w"}


def _words(witness: Elements, scope: Scope) -> str:
    names = []
    for sort, number in dict.fromkeys(witness):
        if sort == "Slot":
            names.append(scope.name(number))
        elif sort == "Right":
            names.append(f"the right {list(RIGHTS)[number]}")
        else:
            names.append(f"{_LETTERS.get(sort, sort + ' ')}{number}")
    return ", ".join(names)


def witness_of(trace: Trace) -> Witness | None:
    """The obligation that a trace says is violated, if it is one of ours and speaks of every step of the model."""
    from proofs.registry import registry

    obligation = registry().get(trace.obligation)
    if not isinstance(obligation, Obligation) or obligation.sometimes:
        return None
    return Witness(obligation)
