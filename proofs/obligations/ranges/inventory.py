"""All that is to be proved of ranges, in one of their dialects."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from model.ranges.readings import CANONICAL_RANGES, RangeDialect
from model.ranges.theories import theory_of_ranges
from model.spaces.vocabulary import State
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.ranges import effects, page_by_page, preservation


def obligations(theory: Theory[State], dialect: RangeDialect) -> Iterator[Obligation[State, Any]]:
    """All obligations about a theory of ranges, a faulty one perhaps."""
    yield from chain(
        preservation.obligations(theory),
        effects.obligations(theory),
        effects.possible(theory),
        page_by_page.obligations(theory, dialect),
    )


@cache
def of_ranges(dialect: RangeDialect = CANONICAL_RANGES) -> Mapping[str, Obligation[State, Any]]:
    """The obligations of a dialect by id.

    :raises ValueError: two have the same id, or the theory does not describe the dialect.
    """
    found: dict[str, Obligation[State, Any]] = {}
    for obligation in obligations(theory_of_ranges(dialect), dialect):
        if obligation.id in found:
            raise ValueError(f"two obligations are called {obligation.id}")
        found[obligation.id] = obligation
    return MappingProxyType(found)
