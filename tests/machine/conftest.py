"""Helpers that the tests of the machine share."""

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The module of emulated processors, or a skip where Unicorn is not installed."""
    pytest.importorskip("unicorn", minversion="2.1.4", reason="the extra 'oracle' is not installed")
    from tests.machine import unicorn_oracle

    return unicorn_oracle
