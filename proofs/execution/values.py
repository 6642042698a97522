"""The values that code under proof computes with: nodes, slots, frames, sets of rights, and formulas to branch on.

Nodes are an uninterpreted sort and rights are sets over an uninterpreted sort, so no bound on either is assumed; a set
of rights is kept as the predicate that says what is in it. Different things have different sorts: a frame's number in
the scope is no physical frame, a page of a space no slot, a tag no space; storing one as another is refused.

Whatever Python would answer by itself, whichever formula is meant, is an error here: the truth of what is no formula,
``==`` on a formula, ``is``, ``in``, an order, iteration, ``hash``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import z3

from model.messages.vocabulary import Id, Number, Word, machine
from model.scope import ALL_RIGHTS
from model.spaces.theory import Formula, Frame, Predicate, Right, Slot, Space, Term, sigma0
from proofs.execution.path import ExecutionError, Path, negated
from refinement.kernel.mapping_tree import FREE, NONE, ROOTS
from refinement.messages import blocks

Node = z3.DeclareSort("Node")
Physical = z3.DeclareSort("PhysicalFrame")
Page = z3.DeclareSort("Page")
Tag = z3.DeclareSort("Tag")
Content = z3.DeclareSort("Content")
Mark = z3.DeclareSort("Mark")
no_node, free, roots = z3.Consts("no_node FREE ROOTS", Node)
no_slot = z3.Const("no_slot", Slot)
no_frame = z3.Const("no_frame", Frame)
nobody, anybody, first_ident = z3.Consts("NOBODY ANYBODY first_id", Id)
no_block, first_block = z3.Consts("no_block first_block", Number)
no_word = z3.Const("no_word", Word)
nothing, a_program, a_line = z3.Consts("FREE_BLOCK RUNS LINE", Content)
unmarked, marked = z3.Consts("unmarked marked", Mark)

NUMBERS: Mapping[z3.SortRef, Mapping[int, Term]] = {
    Node: {NONE: no_node, FREE: free, ROOTS: roots},
    Slot: {NONE: no_slot},
    Frame: {NONE: no_frame},
    Physical: {},
    Page: {},
    Tag: {},
    Space: {0: sigma0},
    Id: {blocks.NOBODY: nobody, blocks.ANYBODY: anybody, 0: first_ident},
    Number: {NONE: no_block, 0: first_block},
    Word: {NONE: no_word, blocks.EMPTY: machine.empty},
    Content: {blocks.FREE: nothing, blocks.RUNS: a_program, blocks.LINE: a_line},
    Mark: {0: unmarked, 1: marked},
}
"""What the numbers that the code writes down stand for, by the sort that is expected there."""

DISTINCT = {"NONE, FREE and ROOTS differ": z3.Distinct(no_node, free, roots)}
"""Named, so that it can stand among the hypotheses."""


def equal(one: Term, other: Term) -> Formula:
    """An equation, the same term whichever side is named first; decided where both sides are written alike."""
    if one.eq(other):
        return z3.BoolVal(True)
    if all(any(term.eq(c) for c in NUMBERS.get(one.sort(), {}).values()) for term in (one, other)):
        return z3.BoolVal(False)
    return one == other if one.get_id() < other.get_id() else other == one


def in_words(kind: type) -> str:
    """Return the name of a class's values in messages.

    >>> in_words(type("SymbolicEntry", (), {}))
    'symbolic entry'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


class Opaque:
    """What has no truth, no order, no elements and no hash: Python's own answers would be no formula's."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def _refuse(self, what: str) -> NoReturn:
        raise ExecutionError(f"{what} of a {in_words(type(self))} is no formula: compare it, with == or !=")

    def __bool__(self) -> bool:
        """It has no truth.

        :raises ExecutionError: always.
        """
        self._refuse("the truth")

    def __lt__(self, other: object) -> NoReturn:
        """It has no order.

        :raises ExecutionError: always.
        """
        self._refuse("the order")

    __le__ = __gt__ = __ge__ = __lt__

    def __iter__(self) -> NoReturn:
        """It has no elements.

        :raises ExecutionError: always.
        """
        self._refuse("an element")

    def __contains__(self, item: object) -> bool:
        """It has no elements.

        :raises ExecutionError: always.
        """
        self._refuse("an element")

    def __len__(self) -> int:
        """It has no length.

        :raises ExecutionError: always.
        """
        self._refuse("the length")


@dataclass(frozen=True, slots=True, eq=False)
class Truth(Opaque):
    """A formula that code may branch on."""

    term: Formula
    path: Path

    def __bool__(self) -> bool:
        """The way that the path goes."""
        return self.path.decide(self.term)

    def __eq__(self, other: object) -> NoReturn:  # noqa: D105 - it is what the class above says
        self._refuse("an equation")

    __ne__ = __eq__

    def negated(self) -> "Truth":
        """The formula that it is not so."""
        return Truth(negated(self.term), self.path)


def truth(value: object) -> Formula:
    """The formula for a truth or a Python bool.

    :raises ExecutionError: it is neither.
    """
    if isinstance(value, Truth):
        return value.term
    if isinstance(value, bool):
        return z3.BoolVal(value)
    raise ExecutionError(f"{value!r} is no truth")


class _Comparable(Opaque):
    """What code compares with ``==`` and ``!=``, which gives a formula and no Python bool."""

    __slots__ = ()

    def same(self, other: object) -> Truth:
        """The formula that both are equal."""
        raise NotImplementedError

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return self.same(other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return self.same(other).negated()


def lift(value: object, sort: z3.SortRef) -> Term:
    """The term for a value or a number of the code.

    :raises ExecutionError: another sort, or a number that means nothing in that sort: the code would depend on how
        nodes are numbered.
    """
    if isinstance(value, Numbered):
        if sort not in value.terms:
            raise ExecutionError(f"a number of {sorted(map(str, value.terms))} is taken for a {sort}")
        return value.terms[sort]
    if isinstance(value, Value):
        if value.term.sort() != sort:
            raise ExecutionError(
                f"{value.term} is a {value.term.sort()} and no {sort}: the code mixes up what it stores"
            )
        return value.term
    numbers = NUMBERS.get(sort, {})
    if type(value) is int and value in numbers:
        return numbers[value]
    may = f"may name {sorted(numbers)} only" if numbers else "may name none"
    raise ExecutionError(f"{value!r} is no {sort}: the code {may}")


@dataclass(frozen=True, slots=True, eq=False)
class Value(_Comparable):
    """A node, slot, frame, physical frame, page, space or tag."""

    term: Term
    path: Path

    def same(self, other: object) -> Truth:
        """Equality of two of one sort."""
        return Truth(equal(self.term, lift(other, self.term.sort())), self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Numbered(Opaque):
    """A number that code counts with: what it stands for in each sort that counts alike."""

    terms: Mapping[z3.SortRef, Term]


@dataclass(frozen=True, slots=True, eq=False)
class Option(Opaque):
    """A value, or ``None`` where it is absent; code asks with ``is None`` before it uses the value."""

    absent: Formula
    value: Value

    def is_none(self) -> Truth:
        """The formula that there is none."""
        return Truth(self.absent, self.value.path)

    def get(self) -> Value:
        """The value, which must be there on this path.

        :raises ExecutionError: nobody asked.
        """
        if self.value.path.known(self.absent) is not False:
            raise ExecutionError("a value that may be None is used before the code asked whether it is")
        return self.value


_right = z3.Const("any_right", Right)


@dataclass(frozen=True, slots=True, eq=False)
class Rights(_Comparable):
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

    def __or__(self, other: object) -> "Rights":
        """What is in one of them."""
        has = rights_of(other)
        return Rights(lambda a: z3.Or(self.has(a), has(a)), self.path)

    __ror__ = __or__

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
    """The predicate of a set of rights; of numbers the code may name none and all.

    :raises ExecutionError: it is no set of rights.
    """
    if isinstance(value, Rights):
        return value.has
    if type(value) is int and value == 0:
        return no_rights
    if type(value) is int and value == ALL_RIGHTS:
        return all_rights
    raise ExecutionError(f"{value!r} is no set of rights: the code may name 0 and {ALL_RIGHTS} only")
