"""Helpers that the tests of the model share."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    full = f"model_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@pytest.fixture(scope="session")
def appendix() -> ModuleType:
    """Appendix A, written a second time."""
    return _load("appendix")


@pytest.fixture(scope="session")
def scopes() -> ModuleType:
    """Every reachable state of a scope, and every operation on it."""
    return _load("scopes")
