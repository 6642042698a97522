"""Contracts: what a callee requires and what it does, one record for its proof and for all of its calls.

``requires`` is assumed where the callee is proved and demanded where it is called, from this one object: whatever a
proof assumes, somebody demands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from model.spaces.theory import Formula
from proofs.execution.path import Path

State = TypeVar("State")

Named = dict[str, Formula]
"""Formulas, each with a sentence for a name."""

CALLS = "calls"
"""What is demanded of every call: that the callee's requirement holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Contract(Generic[State]):
    """A callee.

    :param name: the function's name.
    :param requires: of the state before and the arguments, as terms and predicates: what must hold at the call.
    :param effect: of the same: the state afterwards.
    """

    name: str
    requires: Callable[..., Named]
    effect: Callable[..., State]

    def call(self, path: Path, state: State, *arguments: Any, what: str = CALLS) -> State:
        """Demand on the path what is required of the state; the state afterwards."""
        path.demand_all(what, lambda: self.requires(state, *arguments))
        return self.effect(state, *arguments)
