"""An obligation about costs that is neither of the model's steps nor of the kernel's code."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from model.spaces.dialect import Dialect
from proofs.obligation import Condition, always


@dataclass(frozen=True, slots=True)
class CostObligation:
    """One thing to be proved of costs, the same in every dialect.

    :param build: its verification conditions.
    """

    id: str
    claim: str
    sentence: str
    build: Callable[[], Iterable[Condition]]
    applies: Callable[[Any], bool] = always

    def conditions(self, dialect: Dialect, invariants: frozenset[str]) -> Iterable[Condition]:
        """The conditions; of the theory's invariants none is used."""
        return self.build()
