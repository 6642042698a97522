"""A third way to a verdict: a grounded refutation by a SAT solver, its proof checked by a checker that is not the solver."""

from dataclasses import dataclass

from proofs.obligation import Condition


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whether a proof was checked, and what happened in words; ``refuted_by`` if the ground problem has a model."""

    checked: bool
    sentence: str
    refuted_by: str = ""


def certify(condition: Condition) -> Certificate:
    """Not grounded yet."""
    return Certificate(checked=False, sentence="not grounded")
