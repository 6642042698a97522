"""Symbolic execution of the kernel's own functions: a replay for each way through their branches.

The functions under proof are called as they are. What they compare, index and store are the values of this module,
each of which knows the path that it is on; an ``if`` on a formula asks that path, which answers one way now and the
other way in a later replay. Nothing is patched, and nothing outlives an execution.

Nodes are an uninterpreted sort and rights are sets over an uninterpreted sort, so no bound on either is assumed; a set
of rights is kept as the predicate that says what is in it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import z3

from model.scope import ALL_RIGHTS
from model.theory import Formula, Frame, Predicate, Right, Slot, Term
from refinement.mapping_tree import FREE, NONE, ROOTS

Node = z3.DeclareSort("Node")
no_node, free, roots = z3.Consts("no_node FREE ROOTS", Node)
no_slot = z3.Const("no_slot", Slot)
no_frame = z3.Const("no_frame", Frame)

NUMBERS: Mapping[z3.SortRef, Mapping[int, Term]] = {
    Node: {NONE: no_node, FREE: free, ROOTS: roots},
    Slot: {NONE: no_slot},
    Frame: {NONE: no_frame},
}
"""What the numbers that the code writes down stand for, by the sort that is expected there."""

DISTINCT = {"NONE, FREE and ROOTS differ": z3.Distinct(no_node, free, roots)}
"""Named, so that it can stand among the hypotheses."""

MOST_PATHS = 2_000
MOST_DECISIONS = 200

Result = TypeVar("Result")


class TooManyPathsError(Exception):
    """The code has more ways through its branches than can be replayed: it loops, or its loop has no cut."""


class Cut(Exception):  # noqa: N818 - the way a path ends where a loop's invariant takes over, and no failure
    """The path ends here: what comes next is shown by another path."""


def equal(one: Term, other: Term) -> Formula:
    """An equation, the same term whichever side is named first; decided where both sides are written alike."""
    if one.eq(other):
        return z3.BoolVal(True)
    if all(any(term.eq(c) for c in NUMBERS.get(one.sort(), {}).values()) for term in (one, other)):
        return z3.BoolVal(False)
    return one == other if one.get_id() < other.get_id() else other == one


@dataclass(frozen=True, slots=True)
class Demand:
    """What must hold at a point of a path: its name, and the formula, built when it is asked for.

    ``facts`` and ``assumed`` say how many of the path's facts and assumptions were known at that point.
    """

    what: str
    formula: Callable[[], Formula]
    facts: int
    assumed: int


@dataclass(slots=True)
class Path:
    """One way through the branches.

    ``facts`` are the decisions made so far, and what was read; ``assumed`` what a contract or an invariant granted, by
    name; ``demands`` what must hold; ``reads`` and ``writes`` count cells, by column.
    """

    chosen: tuple[bool, ...] = ()
    taken: list[bool] = field(default_factory=list)
    facts: list[Formula] = field(default_factory=list)
    assumed: dict[str, Formula] = field(default_factory=dict)
    demands: list[Demand] = field(default_factory=list)
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    _known: dict[int, bool] = field(default_factory=dict)
    _kept: list[Formula] = field(default_factory=list)

    def known(self, formula: Formula) -> bool | None:
        """Whether the formula was decided or assumed on this path, and which way."""
        if z3.is_true(formula) or z3.is_false(formula):
            return bool(z3.is_true(formula))
        if z3.is_not(formula):
            inner = self.known(formula.arg(0))
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

    def learn(self, formula: Formula, value: bool = True) -> None:
        """Branches on the formula need no replay; it is among the hypotheses anyway."""
        self._learn(formula, value)

    def _learn(self, formula: Formula, value: bool) -> None:
        if z3.is_not(formula):
            self._learn(formula.arg(0), not value)
        elif z3.is_and(formula) and value:
            for part in formula.children():
                self._learn(part, True)
        else:
            self._known[formula.get_id()] = value
            self._kept.append(formula)  # a term's number is its own only as long as the term lives

    def decide(self, formula: Formula) -> bool:
        """Which way a branch goes on this path."""
        answer = self.known(formula)
        if answer is None:
            number = len(self.taken)
            if number >= MOST_DECISIONS:
                raise TooManyPathsError(f"more than {number} decisions on one way through the code: it loops")
            answer = self.chosen[number] if number < len(self.chosen) else True
            self.taken.append(answer)
            self.note(formula if answer else negated(formula))
        return answer

    def demand(self, what: str, formula: Callable[[], Formula]) -> None:
        """This must hold here."""
        self.demands.append(Demand(what, formula, len(self.facts), len(self.assumed)))


def paths(run: Callable[[Path], Result], most: int = MOST_PATHS) -> Iterator[tuple[Path, Result | None]]:
    """Run once for each way through the branches; the path and the result, or nothing if the path was cut.

    >>> condition = z3.Bool("c")
    >>> [(path.facts, result) for path, result in paths(lambda path: 1 if Truth(condition, path) else 2)]
    [([c], 1), ([Not(c)], 2)]

    :raises TooManyPathsError: there are more than ``most``.
    """
    pending: list[tuple[bool, ...]] = [()]
    found = 0
    while pending:
        path = Path(pending.pop())
        found += 1
        if found > most:
            raise TooManyPathsError(f"more than {most} ways through the code")
        result: Result | None
        try:
            result = run(path)
        except Cut:
            result = None
        new = range(len(path.chosen), len(path.taken))
        pending.extend((*path.taken[:number], not path.taken[number]) for number in new)
        yield path, result


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A formula that code may branch on."""

    term: Formula
    path: Path

    def __bool__(self) -> bool:
        """The way that the path goes."""
        return self.path.decide(self.term)


class _Comparable(Generic[Result]):
    """What code compares with ``==`` and ``!=``, which gives a formula and no Python bool."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def same(self, other: object) -> Truth:
        """The formula that both are equal."""
        raise NotImplementedError

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return self.same(other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        truth = self.same(other)
        return Truth(negated(truth.term), truth.path)


def negated(formula: Formula) -> Formula:
    """Not, without piling up."""
    return formula.arg(0) if z3.is_not(formula) else z3.Not(formula)


def lift(value: object, sort: z3.SortRef) -> Term:
    """The term for a value or a number of the code.

    :raises TypeError: a number that means nothing in that sort: the code would depend on how nodes are numbered.
    """
    if isinstance(value, Value):
        if value.term.sort() != sort:
            raise TypeError(f"{value.term} is no {sort}: the code mixes up what it stores")
        return value.term
    if isinstance(value, int) and value in NUMBERS[sort]:
        return NUMBERS[sort][value]
    raise TypeError(f"{value!r} is no {sort}: the code may name {sorted(NUMBERS[sort])} only")


@dataclass(frozen=True, slots=True, eq=False)
class Value(_Comparable[Term]):
    """A node, slot or frame."""

    term: Term
    path: Path

    def same(self, other: object) -> Truth:
        """Equality of two of one sort."""
        return Truth(equal(self.term, lift(other, self.term.sort())), self.path)


_right = z3.Const("any_right", Right)


@dataclass(frozen=True, slots=True, eq=False)
class Rights(_Comparable[Predicate]):
    """A set of rights, as the predicate that says which are in it."""

    has: Predicate
    path: Path

    def same(self, other: object) -> Truth:
        """Equality of two sets."""
        has = rights_of(other)
        return Truth(z3.ForAll([_right], self.has(_right) == has(_right)), self.path)

    def __and__(self, other: object) -> "Rights":
        """What is in both."""
        has = rights_of(other)
        return Rights(lambda a: z3.And(self.has(a), has(a)), self.path)

    __rand__ = __and__

    def __invert__(self) -> "Rights":
        """What is not in it."""
        return Rights(lambda a: z3.Not(self.has(a)), self.path)


def no_rights(_: Term) -> Formula:
    """The empty set."""
    return z3.BoolVal(False)


def all_rights(_: Term) -> Formula:
    """The set of all rights."""
    return z3.BoolVal(True)


def rights_of(value: object) -> Predicate:
    """The predicate of a set of rights; of numbers the code may name none and all."""
    if isinstance(value, Rights):
        return value.has
    if value == 0:
        return no_rights
    if value == ALL_RIGHTS:
        return all_rights
    raise TypeError(f"{value!r} is no set of rights: the code may name 0 and {ALL_RIGHTS} only")
