"""All obligations about the kernel's code and the hardware under it, in the order of reports."""

from collections.abc import Iterable, Iterator
from itertools import chain

from machine.formats import Format
from proofs.refinement import (
    base,
    bits,
    coherence,
    cost,
    loops,
    places,
    primitives,
    simulation,
    table_start,
    table_walks,
    tables,
    theorem,
    units,
)
from proofs.refinement.code import CodeObligation


def obligations() -> Iterator[CodeObligation]:
    """Primitives, loops, operations, the kernel, its costs, bits, page tables, and the hardware theorem.

    >>> "kernel_map__simulates__map" in {obligation.id for obligation in obligations()}
    True
    """
    return chain(
        base.obligations(),
        primitives.obligations(),
        loops.obligations(),
        simulation.obligations(),
        coherence.obligations(),
        cost.obligations(),
        units.obligations(),
        bits.obligations(),
        places.obligations(),
        tables.obligations(),
        table_start.obligations(),
        table_walks.obligations(),
        theorem.obligations(),
    )


def format_obligations(formats: Iterable[Format]) -> Iterator[CodeObligation]:
    """What is proved of each paging format, for formats that the machine does not have."""
    return chain(bits.obligations(formats), places.format_obligations(formats), tables.obligations(formats))
