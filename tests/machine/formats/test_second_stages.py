"""What a hypervisor is told of a fault of the second stage, beside what the format says of the fault alone."""

from itertools import product

import pytest

from machine.events import READ, WRITE
from machine.formats import ept


@pytest.mark.parametrize("vector", [ept.EPT_MISCONFIGURATION, ept.MACHINE_CHECK])
def test_what_is_no_ept_violation_has_no_qualification(vector: int) -> None:
    """SDM vol. 3C, table 27-7 is of EPT violations alone, whatever the path permits and whoever accesses."""
    for implicit, rights, reads_as in product((0, READ, WRITE), range(8), (READ, WRITE)):
        assert ept.told(vector, 0, implicit, rights, reads_as) == 0
