"""All of it was executed: every statement and both ways of every branch are on a path that is possible.

What is proved of code is proved of what was executed. A statement that no path comes to would be proved of nothing, so
that some path comes to it is a condition of its own: that what the path decided and assumed can hold together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from z3 import And, BoolVal, Or

from model.spaces.theory import Formula
from proofs.execution.instrument import instrumented
from proofs.execution.path import Path, Point, conjunction
from proofs.execution.syntax import source_of
from proofs.obligation import Condition

NO_WAY = "no way leads to"
"""How the hypothesis is called that stands for a point to which no path comes."""


@dataclass(frozen=True, slots=True, eq=False)
class CoveringPath:
    """A path, and what is given where it begins.

    :param used: whether what is proved on the path uses what has that name: the rest is left out of both.
    """

    path: Path
    given: Mapping[str, Formula] = field(default_factory=dict)
    used: Callable[[str], bool] = lambda name: True

    def way(self) -> Formula:
        """Return what was given, decided, read and assumed on the path."""
        parts = (self.given, self.path.assumed)
        given, assumed = ([said for name, said in part.items() if self.used(name)] for part in parts)
        return And(conjunction(given), conjunction(self.path.facts), conjunction(assumed))


def points_of(functions: Iterable[Callable[..., Any]]) -> list[Point]:
    """All points of the functions, in the order of their sources."""
    return [point for function in functions for point in instrumented(source_of(function)).points]


def conditions(
    functions: Iterable[Callable[..., Any]],
    runs: Iterable[CoveringPath],
    hypotheses: Mapping[str, Formula] | None = None,
) -> Iterator[Condition]:
    """The conditions that all of the functions is executed."""
    return of_points(points_of(functions), runs, hypotheses)


def of_points(
    points: Iterable[Point], runs: Iterable[CoveringPath], hypotheses: Mapping[str, Formula] | None = None
) -> Iterator[Condition]:
    """Conditions whose hypotheses say of each point that some path to it is possible; vacuous where none is.

    A point is left out if another one is reached by some of its paths only. A point that no path comes to is a goal
    that fails.
    """
    every = [CoveringPath(part, run.given, run.used) for run in runs for part in run.path.parts()]
    known = dict(hypotheses or {})
    comes = {point: frozenset(i for i, run in enumerate(every) if point in run.path.reached) for point in points}
    asked: list[frozenset[int]] = []
    for point, through in sorted(comes.items(), key=lambda item: len(item[1])):
        if any(fewer <= through for fewer in asked):
            continue
        if not through:
            what = f"{NO_WAY} {point}"
            yield Condition({what: _TRUE}, {what: "guard"}, BoolVal(False))
            continue
        asked.append(through)
        what = f"some way leads to {point}"
        given = {**known, what: Or(*(every[i].way() for i in sorted(through)))}
        yield Condition(given, dict.fromkeys(given, "invariant") | {what: "guard"}, _TRUE)


_TRUE = BoolVal(True)
