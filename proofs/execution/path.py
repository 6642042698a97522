"""Paths: one replay of the code under proof for each way through its branches.

What code compares, indexes and stores are values that know the path they are on. An ``if`` on a formula asks that
path, which answers one way now and the other way in a later replay. Nothing outlives an execution.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import z3

from model.running.z3_terms import conjuncts, negand
from model.spaces.theory import Formula

MOST_PATHS = 2_000
MOST_DECISIONS = 200

Result = TypeVar("Result")


class ExecutionError(Exception):
    """The code cannot be executed on terms; says where and why. What is refused is not proved."""


class TooManyPathsError(ExecutionError):
    """The code has more ways through its branches than can be replayed: it loops, or its loop has no cut."""


class Cut(Exception):  # noqa: N818 - the way a path ends where a loop's invariant takes over, and no failure
    """The path ends here: what comes next is shown by another path."""


class Raised(Exception):  # noqa: N818 - an outcome of the code under proof
    """The code executed a ``raise``: one of the ways in which a path ends."""

    def __init__(self, exception: object, where: str) -> None:
        """What was raised, and at which line."""
        super().__init__(f"{where}: raises {exception!r}")
        self.exception = exception


@dataclass(frozen=True, slots=True)
class Point:
    """A place in executed code that some path must come to: a statement, or a way that a branch goes.

    ``text`` is the source of the statement or of the condition, ``way`` how the condition came out; ``number`` tells
    apart what stands at one place of the source.
    """

    function: str
    line: int
    column: int
    text: str
    way: bool | None = None
    number: int = 0

    def __str__(self) -> str:
        """The place as a report names it."""
        way = "" if self.way is None else f" is {self.way}"
        return f"{self.function}, line {self.line}: {self.text}{way}"


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand at a point of a path: its name, and the formula, built when it is asked for.

    ``facts`` and ``assumed`` say how many of the path's facts and assumptions were known at that point, ``since`` and
    ``granted`` how many of these are of what was before, and of no use to it; ``part`` names one of several formulas
    that are demanded under one name.
    """

    what: str
    formula: Callable[[], Formula]
    facts: int
    assumed: int
    part: str = ""
    since: int = 0
    granted: int = 0


@dataclass(slots=True)
class Path:
    """One way through the branches.

    ``facts`` are the decisions made so far, and what was read; ``assumed`` what a contract or an invariant granted, by
    name; ``demands`` what must hold; ``reads`` and ``writes`` count cells, by column; ``reached`` are the points that
    the path came to, with the number of facts and assumptions known there at first; ``turns`` counts loops under way
    of which one turn stands for all; ``since`` counts the facts that the path came with to where it began anew, and
    ``granted`` the assumptions; ``shared`` is kept for all paths of a run.
    """

    chosen: tuple[bool, ...] = ()
    taken: list[bool] = field(default_factory=list)
    facts: list[Formula] = field(default_factory=list)
    assumed: dict[str, Formula] = field(default_factory=dict)
    demands: list[Demand] = field(default_factory=list)
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    reached: dict[Point, tuple[int, int]] = field(default_factory=dict)
    turns: int = 0
    since: int = 0
    granted: int = 0
    shared: dict[tuple[tuple[bool, ...], str], Any] = field(default_factory=dict)
    _known: dict[int, bool] = field(default_factory=dict)
    _kept: list[Formula] = field(default_factory=list)

    def known(self, formula: Formula) -> bool | None:
        """Whether the formula was decided or assumed on this path, and which way."""
        if z3.is_true(formula) or z3.is_false(formula):
            return bool(z3.is_true(formula))
        inside = negand(formula)
        if inside is not None:
            inner = self.known(inside)
            return None if inner is None else not inner
        return self._known.get(formula.get_id())

    def note(self, formula: Formula) -> None:
        """On this path the formula holds: it was decided so, or read."""
        self.facts.append(formula)
        self._learn(formula, True)

    def assume(self, assumptions: Mapping[str, Formula]) -> None:
        """From here on these hold, on this path and on every other that comes here."""
        for name, formula in assumptions.items():
            if name in self.assumed:
                raise ValueError(f"{name!r} is assumed twice on one path: name what holds at different times apart")
            self.assumed[name] = formula
            self._learn(formula, True)

    def learn(self, formulas: Mapping[str, Formula]) -> None:
        """Branches on these need no replay; they are among the hypotheses anyway."""
        for formula in formulas.values():
            self._learn(formula, True)

    def _learn(self, formula: Formula, value: bool) -> None:
        inside = negand(formula)
        if inside is not None:
            self._learn(inside, not value)
        elif z3.is_and(formula) and value:
            for part in conjuncts(formula):
                self._learn(part, True)
        else:
            self._known[formula.get_id()] = value
            self._kept.append(formula)  # a term's number is its own only as long as the term lives

    def decide(self, formula: Formula) -> bool:
        """Return which way a branch goes on this path."""
        answer = self.known(formula)
        if answer is None:
            number = len(self.taken)
            if number >= MOST_DECISIONS:
                raise TooManyPathsError(f"more than {number} decisions on one way through the code: it loops")
            answer = self.chosen[number] if number < len(self.chosen) else True
            self.taken.append(answer)
            self.note(formula if answer else negated(formula))
        return answer

    def demand(self, what: str, formula: Callable[[], Formula], part: str = "") -> None:
        """This must hold here."""
        self.demands.append(Demand(what, formula, len(self.facts), len(self.assumed), part, self.since, self.granted))

    def begin_anew(self) -> None:
        """What comes now is shown of any state with what is assumed from here on, whichever way led here.

        So nothing that was decided, read or assumed before is known any more.
        """
        self.since, self.granted = len(self.facts), len(self.assumed)
        self._known.clear()

    def parts(self) -> "tuple[Path, ...]":
        """The path; what was before it began anew and what came afterwards, if it did."""
        if self.since == 0:
            return (self,)
        known = list(self.assumed.items())
        later = {
            point for point, (facts, granted) in self.reached.items() if (facts, granted) > (self.since, self.granted)
        }
        before = Path(
            facts=self.facts[: self.since],
            assumed=dict(known[: self.granted]),
            reached={point: at for point, at in self.reached.items() if point not in later},
        )
        after = Path(
            facts=self.facts[self.since :],
            assumed=dict(known[self.granted :]),
            reached={point: at for point, at in self.reached.items() if point in later},
        )
        return before, after

    def demand_all(self, what: str, formulas: Callable[[], Mapping[str, Formula]]) -> None:
        """All of these must hold here."""
        self.demand(what, lambda: conjunction(formulas().values()))

    def once(self, what: str, build: Callable[[], Result]) -> Result:
        """Build something once for all paths that have decided alike so far: replays do the same again."""
        key = (tuple(self.taken), what)
        if key not in self.shared:
            self.shared[key] = build()
        found: Result = self.shared[key]
        return found

    def reach(self, point: Point) -> None:
        """The path comes to a point of the code."""
        self.reached.setdefault(point, (len(self.facts), len(self.assumed)))


def paths(run: Callable[[Path], Result], most: int = MOST_PATHS) -> Iterator[tuple[Path, Result | None]]:
    """Run once for each way through the branches; the path and the result, or nothing if the path was cut.

    >>> condition = z3.Bool("c")
    >>> [(path.facts, result) for path, result in paths(lambda path: 1 if path.decide(condition) else 2)]
    [([c], 1), ([Not(c)], 2)]

    :raises ExecutionError: the code cannot be executed on terms: it has too many paths, ends in an exception that no
        contract speaks of, or does what the values of a proof do not do. Says at which line.
    """
    pending: list[tuple[bool, ...]] = [()]
    shared: dict[tuple[tuple[bool, ...], str], Any] = {}
    found = 0
    while pending:
        path = Path(pending.pop(), shared=shared)
        found += 1
        if found > most:
            raise TooManyPathsError(f"more than {most} ways through the code")
        result: Result | None
        try:
            result = run(path)
        except Cut:
            result = None
        except ExecutionError as error:
            raise type(error)(_placed(error)) from error
        except Raised as error:
            raise ExecutionError(str(error)) from error
        except Exception as error:
            raise ExecutionError(f"{_placed(error)} ({type(error).__name__})") from error
        new = range(len(path.chosen), len(path.taken))
        pending.extend((*path.taken[:number], not path.taken[number]) for number in new)
        yield path, result


EXECUTED = "executed: "
"""How the names of files of executed code begin in tracebacks."""


def _placed(error: Exception) -> str:
    """What went wrong, with the innermost line of executed code."""
    inside = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(EXECUTED)]
    if not inside:
        return str(error)
    return f"{inside[-1].filename.removeprefix(EXECUTED)}:{inside[-1].lineno}: {error}"


def negated(formula: Formula) -> Formula:
    """Not, without piling up."""
    inside = negand(formula)
    return z3.Not(formula) if inside is None else inside


def conjunction(formulas: Any) -> Formula:
    """All of them; true if there is none."""
    found = list(formulas)
    return z3.And(*found) if len(found) > 1 else found[0] if found else z3.BoolVal(True)
