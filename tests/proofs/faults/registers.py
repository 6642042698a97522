"""The registers of faults, as they were before."""

from collections.abc import Iterator
from contextlib import contextmanager

from proofs.faults import fault_file
from proofs.faults.theory import ALL_THEORY_FAULTS, THEORY_FAULTS, AnyTheoryFault


@contextmanager
def restored() -> Iterator[None]:
    """What a file adds to the registers of faults is gone afterwards."""
    every: dict[str, AnyTheoryFault] = dict(ALL_THEORY_FAULTS)
    of_spaces = dict(THEORY_FAULTS)
    try:
        yield
    finally:
        ALL_THEORY_FAULTS.clear()
        ALL_THEORY_FAULTS.update(every)
        THEORY_FAULTS.clear()
        THEORY_FAULTS.update(of_spaces)
        fault_file._faults_in.cache_clear()
