"""Tables that are detached from a mapping, and what the processor noted in leaves that are gone."""

from dataclasses import dataclass

from model.spaces.theory import Term
from proofs.execution.path import ExecutionError
from proofs.execution.values import Opaque
from proofs.obligations.sized_tables.leaves import Leaves


@dataclass(frozen=True, slots=True, eq=False)
class Noted(Opaque):
    """What the processor noted in leaves that are gone: of which mapping, in which table if it stood in one."""

    slot: Term | None
    table: "Detached | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Detached(Opaque):
    """Tables that were detached from a mapping."""

    leaves: Leaves
    slot: Term

    def __getitem__(self, number: int) -> "Detached":
        """The one table that is detached where leaves are put together."""
        if type(number) is not int or number != 0:
            raise ExecutionError(f"table {number!r} of those detached: there need not be more than one")
        return self
