"""A third way to a verdict: the grounded negation refuted by a SAT solver, and its proof checked by another program."""

from dataclasses import dataclass

import z3

from model.counting import counted
from proofs.engines.certificate.ground import GroundTooLargeError, ground
from proofs.obligation import Condition

SOLVER = "cadical195"
MOST_CLAUSES = 1_000_000


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whether a proof was checked, and what happened in words; ``refuted_by`` if the clauses have a model."""

    checked: bool
    sentence: str
    refuted_by: str = ""


def certify(condition: Condition, most: int = MOST_CLAUSES) -> Certificate:
    """Ground the hypotheses with the negated goal, refute the clauses, check the proof.

    :param most: how many clauses are too many.

    >>> p = z3.Bool("p")
    >>> certify(Condition({"p": p}, {"p": "assumption"}, p)).sentence
    'certificate checked: 3 clauses, 1 step'
    """
    # Imported when needed: compiling the checker takes a moment.
    from pysat.solvers import Solver

    from proofs.engines.certificate.rup import MalformedProofError, check

    try:
        grounded = ground([*condition.hypotheses.values(), z3.Not(condition.goal)], most)
    except GroundTooLargeError as error:
        return Certificate(checked=False, sentence=f"too large to ground: {error}")
    except ValueError as error:
        return Certificate(checked=False, sentence=f"not grounded: {error}")
    size = f"{len(grounded.clauses)} clauses"
    with Solver(name=SOLVER, bootstrap_with=grounded.clauses, with_proof=True) as solver:
        if solver.solve():
            return Certificate(False, f"not refuted: {size}", f"the {size} that come of grounding it have a model")
        proof = solver.get_proof() or []
    try:
        accepted = check(grounded.clauses, proof)
    except MalformedProofError as error:
        return Certificate(checked=False, sentence=f"no proof to check: {error}")
    if not accepted:
        return Certificate(checked=False, sentence=f"the proof of {SOLVER} was not accepted: {size}")
    steps = sum(not line.startswith("d") for line in proof)
    return Certificate(checked=True, sentence=f"certificate checked: {size}, {counted(steps, 'step')}")
