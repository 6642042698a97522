"""All obligations about the kernel's code and the hardware under it, in the order of reports."""

from collections.abc import Iterable, Iterator
from itertools import chain

from machine.formats import Format
from proofs.obligations.code import CodeObligation
from proofs.obligations.costs import cycles
from proofs.obligations.kernel import (
    coherence,
    cost,
    empty_tree,
    entering,
    handing_on,
    simulation,
    start,
    theorem,
    units,
)
from proofs.obligations.locks import taking, touching, trying
from proofs.obligations.machine import bits, bytes_moved, core, kernel_walk, options, pieces, rows, tags, tlb, walk
from proofs.obligations.page_tables import places, table_start, table_walks, tables
from proofs.obligations.sized import inventory as sized
from proofs.obligations.sized_hardware import addresses
from proofs.obligations.sized_hardware import inventory as sized_hardware
from proofs.obligations.sized_tables import arithmetic, leaf_bits, table_numbers
from proofs.obligations.sized_tables import inventory as sized_tables
from proofs.obligations.threads import ports
from proofs.obligations.threads import simulation as threads
from proofs.obligations.threads import start as threads_start
from proofs.obligations.tree import loops, primitives


def obligations() -> Iterator[CodeObligation]:
    """Primitives, loops, operations, the kernel, its costs, bits, page tables, the machine, and the hardware theorem.

    >>> "kernel_map__simulates__map" in {obligation.id for obligation in obligations()}
    True
    """
    return chain(
        empty_tree.obligations(),
        start.obligations(),
        primitives.obligations(),
        loops.obligations(),
        simulation.obligations(),
        coherence.obligations(),
        entering.obligations(),
        cost.obligations(),
        cycles.obligations(),
        units.obligations(),
        bits.obligations(),
        rows.obligations(),
        options.obligations(),
        places.obligations(),
        tables.obligations(),
        table_start.obligations(),
        table_walks.obligations(),
        walk.obligations(),
        kernel_walk.obligations(),
        (walk.whole_obligation(),),
        core.obligations(),
        pieces.obligations(),
        bytes_moved.obligations(),
        tlb.obligations(),
        handing_on.obligations(),
        tags.obligations(),
        theorem.obligations(),
        threads_start.obligations(),
        threads.obligations(),
        ports.obligations(),
        taking.obligations(),
        touching.obligations(),
        trying.obligations(),
        sized.obligations(),
        sized_tables.obligations(),
        sized_hardware.obligations(),
    )


def format_obligations(formats: Iterable[Format]) -> Iterator[CodeObligation]:
    """Return the obligations of each paging format, for formats that the machine does not have."""
    return chain(
        bits.obligations(formats),
        rows.obligations(formats),
        places.format_obligations(formats),
        tables.obligations(formats),
        walk.obligations(formats),
        kernel_walk.obligations(formats),
        arithmetic.obligations(formats),
        leaf_bits.obligations(formats),
        table_numbers.obligations(formats),
        addresses.obligations(formats),
    )
