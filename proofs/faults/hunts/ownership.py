"""Shortest ways to what a wrong kind of ownership breaks."""

from dataclasses import dataclass, replace

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Operation
from proofs.engines.search.theory_search import search_theory
from proofs.faults.theory.ownership import OWNERSHIP_FAULTS, OwnershipFault
from proofs.obligations.ownership.inventory import of_dialect, prefix
from proofs.searches.ownership_areas import OWNERSHIP_AREAS


@dataclass(frozen=True, slots=True)
class OwnershipWay:
    """The result of a search.

    :param way: the shortest operations whose last breaks the obligation; none if there are none.
    :param scope: where they are done; the last that was searched.
    :param complete: all states were visited, if there is no way.
    """

    way: tuple[Operation, ...] | None
    scope: Scope
    states: int
    complete: bool


def wrong_ownership() -> list[str]:
    """The names of wrong kinds of ownership of which a shortest way is known to show what they break."""
    return [name for name, fault in OWNERSHIP_FAULTS.items() if fault.shows]


def way_to(fault: OwnershipFault) -> OwnershipWay:
    """The shortest way to what the fault is known to break, in the first scope that has one."""
    broken = replace(of_dialect(fault.right)[prefix(fault.right) + fault.shows], theory=fault.theory())
    states, complete = 0, True
    for area in OWNERSHIP_AREAS:
        found = search_theory(CANONICAL, area, fault.theory(), [broken])
        states, complete = states + found.states, complete and found.complete
        if broken.id in found.traces:
            return OwnershipWay(found.traces[broken.id], area.scope, states, complete)
    return OwnershipWay(None, OWNERSHIP_AREAS[-1].scope, states, complete)
