"""The registry: every obligation there is, by id.

Those of threads and messages, of ranges, of many cores, and of ownership, are of theories of their own, with invariants
of their own, and stand apart.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType

from model.spaces.dialect import DIALECTS, Dialect
from proofs.obligation import Provable
from proofs.obligations import of_code as refinement
from proofs.obligations.cores.inventory import of_cores
from proofs.obligations.costs import refills, strings
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.ownership.inventory import of_ownership
from proofs.obligations.ranges import blocks
from proofs.obligations.ranges.inventory import of_ranges
from proofs.obligations.sized.blocks import law_obligations
from proofs.obligations.spaces import (
    flush_effects,
    grant_effects,
    granting,
    in_place,
    independence,
    map_effects,
    noninterference,
    preservation,
    progress,
    readings,
)
from proofs.obligations.spaces import mapping_tables as tables

CLAIMING: tuple[Dialect, ...] = (*DIALECTS.values(), in_place.IN_PLACE)
"""The dialects in which obligations are looked for: each is claimed by one of them."""


@cache
def registry() -> Mapping[str, Provable]:
    """All obligations of address spaces, of code and of costs by id, in the order in which reports list them.

    :raises ValueError: two obligations have the same id.
    """
    found: dict[str, Provable] = {}
    sources: tuple[Iterable[Provable], ...] = (
        preservation.obligations(),
        flush_effects.obligations(),
        map_effects.obligations(),
        grant_effects.obligations(),
        tables.obligations(),
        granting.obligations(),
        independence.obligations(),
        noninterference.closedness(),
        noninterference.two_runs(),
        progress.obligations(),
        readings.obligations(),
        in_place.obligations(),
        refinement.obligations(),
        refills.obligations(),
        strings.obligations(),
        blocks.obligations(),
        law_obligations.obligations(),
    )
    for obligation in chain.from_iterable(sources):
        if obligation.id in found:
            raise ValueError(f"two obligations are called {obligation.id}")
        found[obligation.id] = obligation
    return MappingProxyType(found)


@cache
def known() -> Mapping[str, Provable]:
    """Every obligation: of address spaces and code, of messages and ranges in their canonical dialects, of many cores
    and of ownership.

    :raises ValueError: two obligations have the same id.
    """
    found: dict[str, Provable] = dict(registry())
    for more in (of_messages(), of_ranges(), of_cores(), of_ownership()):
        for name in found.keys() & more.keys():
            raise ValueError(f"two obligations are called {name}")
        found |= more
    return MappingProxyType(found)
