"""What the inventory lists as executed whole is what conditions ask for, statement by statement and way by way."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL
from proofs.execution import coverage
from proofs.obligation import Condition
from proofs.obligations.inventory import SOURCES, name_of
from proofs.registry import registry

LISTED: dict[str, list[Callable[..., Any]]] = {}
for _source in SOURCES:
    for _by, _function in _source():
        LISTED.setdefault(_by, []).append(_function)


def uncovered(
    build: Callable[[], Iterable[object]], listed: Iterable[Callable[..., Any]], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The functions of which no condition says that all of them is executed."""
    asked = set[object]()

    def conditions(functions: Iterable[Callable[..., Any]], *_: object) -> Iterator[Condition]:
        asked.update(function.__code__ for function in functions)
        return iter(())

    monkeypatch.setattr(coverage, "conditions", conditions)
    for _ in build():
        pass
    return [name_of(function) for function in listed if function.__code__ not in asked]


@pytest.mark.slow
@pytest.mark.parametrize("by", LISTED)
def test_what_is_listed_as_executed_whole_is_covered(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    obligation: Any = registry()[by]
    assert not uncovered(lambda: obligation.conditions(CANONICAL, frozenset()), LISTED[by], monkeypatch)


def test_a_function_without_a_condition_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    build = lambda: coverage.conditions([name_of], [])  # noqa: E731 - what an obligation does
    listed: list[Callable[..., Any]] = [name_of, uncovered]
    assert uncovered(build, listed, monkeypatch) == ["tests.proofs.obligations.test_covered.uncovered"]
