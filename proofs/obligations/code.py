"""Obligations about code: what must hold on every path through it, as verification conditions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from z3 import Implies, Or

from model.running.z3_terms import conjuncts
from model.spaces.dialect import Dialect, Readings
from model.spaces.theory import Formula
from proofs.execution.path import Path, conjunction
from proofs.execution.values import DISTINCT
from proofs.obligation import Condition
from proofs.obligations.source import CODE, Code
from refinement.kernel.operations import is_supported

Build = Callable[[Dialect, Code], Iterable[Condition]]


@dataclass(frozen=True, slots=True)
class CodeObligation:
    """One thing to be proved of the kernel's code, or of the hardware that it relies on.

    :param id: its name, ``<function>__<verb>__<what>``.
    :param claim: the claim or clause of the paper that it stands for.
    :param sentence: what it says.
    :param build: the verification conditions that together prove it, for a dialect and the code.
    :param applies: whether a dialect with these readings claims it; by default those that the mapping tree implements.
    """

    id: str
    claim: str
    sentence: str
    build: Build
    applies: Callable[[Readings], bool] = is_supported

    def conditions(self, dialect: Dialect, invariants: frozenset[str], code: Code = CODE) -> Iterable[Condition]:
        """The verification conditions; of the theory's invariants none is used, the tree has its own.

        :param code: the code that they speak of, if it is to be other than what runs.
        """
        return self.build(dialect, code)


class Split(Enum):
    """Into what a condition is split."""

    NOT = "not at all"
    PATHS = "the paths through the code"
    PARTS = "the parts of the goal, which paths share where it has as many"
    BOTH = "the paths through the code, and the parts of the goal on each"


SOME_WAY = "some way leads here"
"""The hypothesis that a demand is met on some path, from what the path decided: without it nothing need hold there."""


def conditions_of(
    walked: Iterable[Path],
    hypotheses: Mapping[str, Formula],
    what: str,
    split: Split = Split.NOT,
    part: str | None = None,
) -> Iterator[Condition]:
    """Every demand of that name, on every path, as one condition for each set of assumptions that it may use.

    :param split: into what to split the condition, which is the faster the more the goal holds.
    :param part: only those that have this part's name.

    Where something was assumed on the way, that some path gets there is a hypothesis as well, so that a contradiction
    between the code's decisions and what was assumed shows as a vacuous condition.
    """
    groups: dict[tuple[int, ...], list[tuple[Formula, Formula]]] = {}
    assumptions: dict[tuple[int, ...], dict[str, Formula]] = {}
    met: set[tuple[int, tuple[int, ...]]] = set()
    for path in walked:
        numbers = tuple(fact.get_id() for fact in path.facts)
        for place, demand in enumerate(path.demands):
            # Paths that part later have met the same demands before: same place, same facts.
            here = (place, numbers[: demand.facts])
            if demand.what == what and part in (None, demand.part) and here not in met:
                met.add(here)
                granted = dict(islice(path.assumed.items(), demand.granted, demand.assumed))
                key = tuple(formula.get_id() for formula in granted.values())
                assumptions[key] = granted
                way = conjunction(path.facts[demand.since : demand.facts])
                groups.setdefault(key, []).append((way, demand.formula()))
    for key, demanded in groups.items():
        given = {**DISTINCT, **hypotheses}
        about = dict.fromkeys(given, "invariant")
        for name, formula in assumptions[key].items():
            given[name], about[name] = formula, "assumption"
        if key:
            ways = {way.get_id(): way for way, _ in demanded}
            given[SOME_WAY] = Or(*ways.values())
            about[SOME_WAY] = "guard"
        yield from (Condition(given, about, goal) for goal in _goals(demanded, split))


def demanded(walked: Iterable[Path]) -> frozenset[str]:
    """The names of all that is demanded on some path."""
    return frozenset(demand.what for path in walked for demand in path.demands)


def left_over(
    walked: Collection[Path], hypotheses: Mapping[str, Formula], asked: Collection[str]
) -> Iterator[Condition]:
    """What is demanded on the paths under names that no obligation about them asks for, so that no demand is left out.

    :param asked: the names that obligations ask for.
    """
    for what in sorted(demanded(walked) - set(asked)):
        yield from conditions_of(walked, hypotheses, what)


def _goals(demanded: list[tuple[Formula, Formula]], split: Split) -> Iterator[Formula]:
    if split == Split.BOTH:
        demanded = [(way, part) for way, goal in demanded for part in conjuncts(goal)]
    if split != Split.PARTS:
        goals = {goal.get_id(): goal for goal in (Implies(way, goal) for way, goal in demanded)}.values()
        yield from (conjunction(goals),) if split == Split.NOT else goals
        return
    alike: dict[int, list[list[Formula]]] = {}
    for way, goal in demanded:
        parts = [Implies(way, part) for part in conjuncts(goal)]
        alike.setdefault(len(parts), []).append(parts)
    for same in alike.values():
        yield from map(conjunction, zip(*same, strict=True))
