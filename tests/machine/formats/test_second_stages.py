"""Second stages: what a hypervisor is told beside what the format says of a fault, and options."""

from itertools import product

import pytest

from machine.events import READ, WRITE
from machine.formats import ACCESSED, DIRTY, ept


@pytest.mark.parametrize("vector", [ept.EPT_MISCONFIGURATION, ept.MACHINE_CHECK])
def test_what_is_no_ept_violation_has_no_qualification(vector: int) -> None:
    """SDM vol. 3C, table 27-7 is of EPT violations alone, whatever the path permits and whoever accesses."""
    for implicit, rights, reads_as in product((0, READ, WRITE), range(8), (READ, WRITE)):
        assert ept.told(vector, 0, implicit, rights, reads_as) == 0


def test_flags_are_asked_for_only_where_they_are_kept() -> None:
    """EPTP[6], without which bits 8 and 9 of an entry are ignored (SDM vol. 3C, 28.3.5)."""
    assert [ept.ept(accessed_dirty=on).kept_flags for on in (True, False)] == [ACCESSED | DIRTY, 0]
