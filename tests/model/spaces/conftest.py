"""Helpers that the tests of the model share."""

from types import ModuleType

import pytest

from tests.model.spaces import appendix as second
from tests.model.spaces import scopes as of_scopes


@pytest.fixture(scope="session")
def appendix() -> ModuleType:
    """Appendix A, written a second time."""
    return second


@pytest.fixture(scope="session")
def scopes() -> ModuleType:
    """Every reachable state of a scope, and every operation on it."""
    return of_scopes
