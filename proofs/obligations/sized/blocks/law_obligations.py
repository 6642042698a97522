"""The obligations that the laws of aligned blocks hold of numbers, by the functions that run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from model.ranges import blocks as the_functions
from model.spaces.dialect import Dialect
from proofs.obligation import Condition, always
from proofs.obligations.sized.blocks.laws import Law, laws


@dataclass(frozen=True, slots=True)
class LawObligation:
    """The obligation that a law holds of numbers, the same in every dialect."""

    law: Law
    claim: str = "A.sets"
    applies: Callable[[Any], bool] = always

    @property
    def id(self) -> str:
        """Its name, after the law."""
        return f"sized_blocks__{self.law.name}"

    @property
    def sentence(self) -> str:
        """Return what the law says."""
        return f"on numbers: {self.law.sentence}"

    def conditions(
        self, dialect: Dialect, invariants: frozenset[str], functions: Any = the_functions
    ) -> Iterable[Condition]:
        """The one condition; of the theory's invariants none is used.

        :param functions: the functions on blocks that it speaks of, wrong ones perhaps.
        """
        return (self.law.condition(functions),)


def obligations() -> Iterator[LawObligation]:
    """The laws, of numbers."""
    yield from map(LawObligation, laws().values())
