"""What of the documentation is no test: what sessions execute, and what the build makes."""

from collections.abc import Iterator

import pytest

from tests.proofs.faults.registers import restored

collect_ignore = ["_build", "conf.py", "examples"]


@pytest.fixture(autouse=True)
def registers() -> Iterator[None]:
    """What a page's example adds to the registers of faults is gone after it."""
    with restored():
        yield
