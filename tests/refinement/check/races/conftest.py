"""Targets that threads call, compiled once a session."""

from collections.abc import Callable
from functools import cache

import pytest

from refinement.check.process import isolation
from refinement.check.process.order import Limits, Order
from refinement.check.races.building import raced
from refinement.check.races.work import Explore
from refinement.check.target.target import Target
from tests import EXAMPLES, ROOT

SOURCE = EXAMPLES / "mapdb_threads.c"
DESIGNS = ROOT / "tests" / "refinement" / "check" / "databases" / "threads.c"

Raced = Callable[[str], Target]


@cache
def example(race: str = "NO_RACE") -> Target:
    """The threaded example, with a race."""
    return raced(str(SOURCE), f"cc -g -O1 -DMUSIGMA_RACE={race}")


@cache
def design(name: str) -> Target:
    """The small database, excluding others in one way."""
    return raced(str(DESIGNS), f"cc -g -O1 -DDESIGN={name}" + " -DUNSEEN" * (name == "BLIND"))


def explored(target: Target, work: Explore) -> dict[str, object]:
    """What came of schedules in a process of their own."""
    ending = isolation.perform(Order(target, work, Limits(wall=60.0)))
    assert ending.how == "answered", ending
    return ending.value


@pytest.fixture(autouse=True)
def _close() -> None:
    """Nothing is kept between tests but what is compiled."""
