"""Demands on the paths through executed code, as conditions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from z3 import Implies

from model.spaces.theory import Formula
from proofs.execution.path import Path, conjunction
from proofs.obligation import Condition

AT_ONCE = 8
"""How many demands make one condition."""


def demanded(every: Iterable[Path], what: str, given: Mapping[str, Formula]) -> Iterator[Condition]:
    """Every demand of that name on these paths, a few at once, none twice."""
    goals: dict[int, Formula] = {}
    for path in every:
        for demand in path.demands:
            if demand.what == what:
                goal = Implies(conjunction(path.facts[: demand.facts]), demand.formula())
                goals[goal.get_id()] = goal
    pending = list(goals.values())
    for first in range(0, len(pending), AT_ONCE):
        yield Condition(dict(given), dict.fromkeys(given, "assumption"), conjunction(pending[first : first + AT_ONCE]))


def by_assumptions(path: Path, what: str) -> Iterator[Path]:
    """The path once for each set of assumptions under which something of that name is demanded."""
    for number in sorted({demand.assumed for demand in path.demands if demand.what == what}):
        granted = dict(list(path.assumed.items())[:number])
        demands = [demand for demand in path.demands if demand.what == what and demand.assumed == number]
        yield replace(path, assumed=granted, demands=demands)


def granted(every: Iterable[Path], what: str, given: Mapping[str, Formula]) -> Iterator[Condition]:
    """The same, where something was assumed on the way: paths by what each demand of them may use."""
    groups: dict[tuple[int, ...], list[Path]] = {}
    for path in every:
        for one in by_assumptions(path, what):
            groups.setdefault(tuple(each.get_id() for each in one.assumed.values()), []).append(one)
    for some in groups.values():
        yield from demanded(some, what, {**given, **some[0].assumed})
