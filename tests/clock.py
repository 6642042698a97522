"""A clock for one module: what it calls ``time`` tells the time that a test sets.

``time.monotonic`` itself belongs to the whole process. Where a test replaced it, threads of libraries went by it as
well: one waited fifty minutes for a moment of the test's clock.
"""

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


class Time:
    """The module ``time``, but for its clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def tells(monkeypatch: pytest.MonkeyPatch, monotonic: Callable[[], float], *modules: ModuleType) -> None:
    """In these modules the clock is the test's."""
    for module in modules:
        assert module.__dict__["time"] is time, module
        monkeypatch.setattr(module, "time", Time(monotonic))
