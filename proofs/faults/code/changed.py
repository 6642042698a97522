"""Code with pieces of its text replaced: what else can be wrong in the functions and methods that are proved."""

from collections.abc import Iterator, Mapping
from functools import partial

from proofs.faults.code.text import Changed, with_function, with_idle_branch
from proofs.faults.code.text_beginnings import OF_EMPTY, OF_START
from proofs.faults.code.text_steps import OF_LOOPS, OF_OPERATIONS, OF_STEPS
from proofs.obligations.kernel.units import UNITS, function_named
from proofs.obligations.source import CODE, Code


def _idle(of: str) -> Code:
    return with_function(of, with_idle_branch(function_named(of, CODE)))


def idle() -> Iterator[Changed]:
    """In the first function of each unit a branch that is never taken."""
    for unit in UNITS:
        of = unit.home[0]
        name = f"{unit.id.replace('_', '-')}-branch-idle"
        yield Changed(name, f"There is a branch in {of} that is never taken.", of, (unit.id,), partial(_idle, of))


IDLE = tuple(idle())

CHANGED: Mapping[str, Changed] = {
    each.name: each for each in (*OF_EMPTY, *OF_START, *OF_STEPS, *OF_LOOPS, *OF_OPERATIONS, *IDLE)
}
"""All of them, by name."""

__all__ = ["CHANGED", "IDLE", "OF_EMPTY"]
