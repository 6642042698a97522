"""All of it was executed: every statement and both ways of every branch are on a path that is possible.

What is proved of code is proved of what was executed. A statement that no path comes to would be proved of nothing, so
that some path comes to it is a condition of its own: that what the path decided and assumed can hold together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from z3 import And, BoolVal, Or

from model.theory import Formula
from proofs.execution.instrument import instrumented
from proofs.execution.path import Path, Point, conjunction
from proofs.execution.syntax import source_of
from proofs.obligation import Condition


def points_of(functions: Iterable[Callable[..., Any]]) -> list[Point]:
    """All points of the functions, in the order of their sources."""
    return [point for function in functions for point in instrumented(source_of(function)).points]


def way(path: Path) -> Formula:
    """What was decided, read and assumed on a path."""
    return And(conjunction(path.facts), conjunction(path.assumed.values()))


def reached(points: Iterable[Point], walked: Sequence[Path]) -> dict[Point, frozenset[int]]:
    """For each point the numbers of the paths that come to it."""
    return {point: frozenset(i for i, path in enumerate(walked) if point in path.reached) for point in points}


def conditions(
    functions: Iterable[Callable[..., Any]], walked: Sequence[Path], hypotheses: Mapping[str, Formula]
) -> Iterator[Condition]:
    """Conditions whose hypotheses say of each point that some path to it is possible; vacuous where none is.

    A point is left out if another one is reached by some of its paths only.
    """
    comes = reached(points_of(functions), walked)
    asked: list[frozenset[int]] = []
    for point, through in sorted(comes.items(), key=lambda item: len(item[1])):
        if any(fewer <= through for fewer in asked):
            continue
        if through:
            asked.append(through)
        possible = Or(*(way(walked[i]) for i in sorted(through))) if through else BoolVal(False)
        what = f"some way leads to {point}"
        yield Condition(
            {**hypotheses, what: possible}, {**dict.fromkeys(hypotheses, "invariant"), what: "guard"}, _TRUE
        )


_TRUE = BoolVal(True)
