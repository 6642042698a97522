"""Coverage: every statement of an executed function, and every way of its branches, lies on a path that exists."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from z3 import BoolVal, Or

from model.theory import Formula
from proofs.execution.instrument import instrumented
from proofs.execution.path import Path, Point, conjunction
from proofs.execution.syntax import source_of
from proofs.obligation import Condition

LEADS = "some way leads here: "


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A path, and what is given where it begins."""

    path: Path
    given: Mapping[str, Formula]


def points_of(functions: Iterable[Callable[..., Any]]) -> list[Point]:
    """What there is to be reached in these functions."""
    return [point for function in functions for point in instrumented(source_of(function)).points]


def whole(runs: Iterable[Run], functions: Iterable[Callable[..., Any]]) -> Iterator[Condition]:
    """For each point a condition that is vacuous unless some path comes to it, and false if none was found."""
    ways: dict[Point, dict[tuple[int, ...], Formula]] = {}
    for run in runs:
        for point, (facts, assumed) in run.path.reached.items():
            known = [*run.given.values(), *list(run.path.assumed.values())[:assumed], *run.path.facts[:facts]]
            ways.setdefault(point, {}).setdefault(tuple(each.get_id() for each in known), conjunction(known))
    for point in points_of(functions):
        found = list(ways.get(point, {}).values())
        given = {f"{LEADS}{point}": Or(*found)} if found else {}
        yield Condition(given, dict.fromkeys(given, "guard"), BoolVal(bool(found)))
